"""催办页：默认全选、照写、一点复制；改了勾选不误记；记录与邮件；首页提醒与总览入口。"""

from types import SimpleNamespace

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from departments.models import Department, Role, User
from tasks import workflow
from tasks.figures import owed as owed_figures
from tasks.forms.reminder import TEXT_MAX
from tasks.models import Delivery, Event, Progress, Reminder
from tests import factories
from tests.factories import make_plan, make_user
from tests.markup import markup
from tests.tasks.parts import HALL, TODAY

pytestmark = pytest.mark.django_db
PAGE, SEND = "/remind/", "/remind/send/"


@pytest.fixture
def office(sign_in, people, period):
    return sign_in(people.office)


def text_of(response) -> str:
    return markup(response)


def filled(response, **changed) -> dict:
    """页面上现成的表单：勾了的与各段话，浏览器会原样交上来。"""
    page = response.context["page"]
    data = {field.html_name: field.value() for field in page.form if field.name != "items"}
    data["items"] = [i.key for group in page.groups for i in group.items if i.key in group.chosen]
    return data | {"do": "record"} | changed


def key_of(number, department=HALL):
    items = owed_figures.items(Reminder.plan.field.related_model.objects.get(), TODAY)
    return next(i.key for i in items if i.number == number and i.department.name == department)


def test_everything_owed_is_listed_and_ticked_with_its_words_ready_to_copy(office):
    response = office.get(PAGE)
    page = response.context["page"]
    assert (page.total, len(page.groups)) == (31, 9)
    html = text_of(response)
    assert html.count('name="items"') == html.count(" checked") == 31
    assert 'data-clip="#id_group"' in html
    assert "◆ 9月进展报送（9月25日周一截止，还有 3 天），尚未报送：" in html
    assert html.count("单独的话</summary>") == 9


def test_recording_keeps_the_words_and_tells_each_department(office, sign_in, people):
    response = office.post(SEND, filled(office.get(PAGE), group="改过的话"), follow=True)
    assert "已记录催办：9 个部室、31 件。" in text_of(response)
    assert "发到工作群的话还没有复制的，在下面“最近催办”的“看原话”里。" in text_of(response)
    assert Reminder.objects.count() == 9
    assert "审批中心：\n截至2023年9月22日，贵部室以下 8 件事" in Reminder.objects.get(department__name=HALL).text
    home = text_of(sign_in(people.reporter(HALL)).get("/"))
    assert "办公室提醒　9月22日催办：" in home
    assert "第 2、4、5、6、7、8、11、12 项尚未报送，请于 9月25日前完成。" in home


def test_only_what_is_ticked_is_recorded_in_the_words_as_edited(office):
    first = office.post(
        SEND, filled(office.get(PAGE), items=[key_of("第7项"), key_of("第17项", "纪工委")], do="refresh")
    )
    assert first.status_code == 200
    assert not Reminder.objects.exists()
    hall = Reminder.department.field.related_model.objects.get(name=HALL)
    response = office.post(SEND, filled(first, **{f"text_{hall.pk}": "第7项请抓紧。"}), follow=True)
    assert "已记录催办：2 个部室、2 件。" in text_of(response)
    assert Reminder.objects.get(department=hall).text == "第7项请抓紧。"


def test_ticks_that_changed_rewrite_the_words_before_anything_is_recorded(office):
    """去掉一个勾就直接点“记录”：不照旧的话记，先照新的勾选写好给人看。"""
    data = filled(office.get(PAGE))
    hall = Reminder.department.field.related_model.objects.get(name=HALL)
    money = Reminder.department.field.related_model.objects.get(name="财务部")
    data["items"].remove(key_of("第7项"))
    data[f"text_{money.pk}"] = "财务部的话改过。"
    response = office.post(SEND, data)
    html = text_of(response)
    assert "勾选变了。没有改过的催办语已照现在的勾选写好；您改过的（给财务部的话）一字没动" in html
    assert not Reminder.objects.exists()
    form = response.context["page"].form
    assert "第7项" not in form[f"text_{hall.pk}"].value()
    assert "第7项" not in form["group"].value()
    assert form[f"text_{money.pk}"].value() == "财务部的话改过。"
    assert html.count(" checked") == 30


def test_words_that_were_edited_survive_a_changed_tick_and_are_recorded(office):
    """工作群的话改过以后去掉一个勾：不丢，说明白，再点一次就照改过的记。"""
    data = filled(office.get(PAGE), group="【督办提醒】改过的话。")
    data["items"].remove(key_of("第7项"))
    response = office.post(SEND, data)
    assert "您改过的（发到工作群的话）一字没动，请看看还合不合现在的勾选。还没有记录" in text_of(response)
    assert response.context["page"].form["group"].value() == "【督办提醒】改过的话。"
    assert not Reminder.objects.exists()
    office.post(SEND, filled(response))
    assert {r.group_text for r in Reminder.objects.all()} == {"【督办提醒】改过的话。"}
    html = text_of(office.get(PAGE))
    assert '发到工作群的话</p><p class="pre small">【督办提醒】改过的话。' in html


def test_the_script_gets_fresh_words_for_what_was_not_edited_and_nothing_is_said(office):
    data = filled(office.get(PAGE), group="改过的话。", do="follow")
    data["items"].remove(key_of("第7项"))
    response = office.post(SEND, data)
    form = response.context["page"].form
    hall = Reminder.department.field.related_model.objects.get(name=HALL)
    assert form["group"].value() == "改过的话。"
    assert "第7项" in data[f"text_{hall.pk}"]
    assert "第7项" not in form[f"text_{hall.pk}"].value()
    assert form["shown"].value() == " ".join(sorted(data["items"]))
    assert list(response.context["messages"]) == []
    assert not Reminder.objects.exists()


def test_line_ends_do_not_count_as_an_edit(office):
    data = filled(office.get(PAGE), do="follow")
    data = {k: v.replace("\n", "\r\n") if isinstance(v, str) and k == "group" else v for k, v in data.items()}
    data["items"].remove(key_of("第7项"))
    assert "第7项" not in office.post(SEND, data).context["page"].form["group"].value()


def test_what_was_urged_today_is_not_ticked_again(office, settings):
    office.post(SEND, filled(office.get(PAGE), items=[key_of("第7项")], do="refresh"))
    office.post(SEND, filled(office.post(SEND, filled(office.get(PAGE), items=[key_of("第7项")], do="refresh"))))
    assert Reminder.objects.count() == 1
    page = office.get(PAGE).context["page"]
    chosen = {key for group in page.groups for key in group.chosen}
    assert key_of("第7项") not in chosen
    assert len(chosen) == 30
    settings.BUSINESS_DATE = "2023-09-23"
    assert key_of("第7项") in office.get(PAGE).context["page"].groups[0].chosen


def test_what_was_reported_since_the_page_was_opened_is_dropped(office, submitted):
    data = filled(office.get(PAGE))
    submitted("11", HALL)
    response = office.post(SEND, data)
    assert "刚才有 1 件已经报送或办结，已经去掉" in text_of(response)
    assert not Reminder.objects.exists()
    assert "第11项《科学统筹排污能耗》" not in response.context["page"].form["group"].value()


def test_a_second_click_is_recorded_once(office):
    data = filled(office.get(PAGE))
    office.post(SEND, data)
    response = office.post(SEND, data, follow=True)
    assert "今天已经用同样的话催办过审批中心，没有重复记录。" in text_of(response)
    assert Reminder.objects.count() == 9


def test_nothing_ticked_and_empty_words_are_explained(office):
    data = filled(office.get(PAGE))
    response = office.post(SEND, data | {"items": []})
    assert response.status_code == 422
    assert "请至少勾选一件。" in text_of(response)
    hall = Reminder.department.field.related_model.objects.get(name=HALL)
    response = office.post(SEND, data | {f"text_{hall.pk}": "  "})
    assert response.status_code == 422
    assert "给审批中心的催办语是空的" in text_of(response)
    assert not Reminder.objects.exists()


@pytest.mark.parametrize("items", [["report-0"], ["x"], ["report-999999999999999999999"], ["'; --"]])
def test_forged_ticks_record_nothing(office, items):
    assert office.post(SEND, filled(office.get(PAGE), items=items)).status_code == 422
    assert not Reminder.objects.exists()


def test_when_everything_is_reported_nothing_is_urged(sign_in, people, plan):
    html = text_of(sign_in(people.office).get(PAGE))
    assert "无需催办" in html
    assert 'name="items"' not in html


def test_mail_goes_out_after_recording(office, people, settings, django_capture_on_commit_callbacks):
    settings.EMAIL_ENABLED = True
    user = people.reporter(HALL)
    user.email = "spzx@example.cn"
    user.save()
    with django_capture_on_commit_callbacks(execute=True):
        office.post(SEND, filled(office.get(PAGE)))
    assert [m.to for m in mail.outbox] == [["spzx@example.cn"]]
    assert "已发" in text_of(office.get(PAGE))


def test_a_server_that_is_down_does_not_break_the_page(office, people, settings, django_capture_on_commit_callbacks):
    settings.EMAIL_ENABLED = True
    settings.EMAIL_BACKEND = "tests.tasks.workflow.test_reminder.Down"
    user = people.reporter(HALL)
    user.email = "spzx@example.cn"
    user.save()
    with django_capture_on_commit_callbacks(execute=True):
        response = office.post(SEND, filled(office.get(PAGE)), follow=True)
    assert "已记录催办：9 个部室、31 件。邮件发出 0 封，1 封没发出，已记下原因，稍后自动再发。" in text_of(response)
    assert Delivery.objects.get().status == "failed"
    assert "连不上邮件服务器" in text_of(office.get(PAGE))


def test_the_board_leads_to_urging(office):
    html = text_of(office.get("/board/"))
    assert "9月 31 项次未报" in html
    assert f'href="{PAGE}">催办' in html


def test_the_timeline_of_the_measure_tells_the_urging(office, sign_in, people):
    office.post(SEND, filled(office.get(PAGE)))
    assert "催办审批中心" in text_of(sign_in(people.reporter(HALL)).get("/measures/7/"))
    assert "催办审批中心" not in text_of(sign_in(people.reporter("财务部")).get("/measures/7/"))


def test_the_page_costs_the_same_however_much_is_owed(office, plan, people, at):
    def cost():
        with CaptureQueriesContext(connection) as found:
            office.get(PAGE)
        return len(found)

    cost()
    before = cost()
    [october] = workflow.plan_periods(
        plan, by=people.office, at=at("2023-09-20 08:00"), first_month=10, last_month=10, due_day=25
    )
    workflow.open_period(october, by=people.office, at=at("2023-09-20 09:00"))
    cost()  # 库变了，徽标重数一次
    assert cost() == before


# ── 件数多的时候 ──


def _large():
    """600 项、各由两个部室牵头（共四个部室），九月在报：1,200 件没有报。"""
    plan = make_plan(measures=600, departments=4, joint=2)
    who = {"by": make_user("office", Role.OFFICE), "at": factories.at("2023-09-01 09:00")}
    [period] = workflow.plan_periods(plan, **who, first_month=9, last_month=9, due_day=25)
    workflow.open_period(period, **who)
    return SimpleNamespace(plan=plan)


GROUNDS = {"large": _large}


@pytest.fixture
def large(ground):
    return ground.plan


@pytest.fixture
def at_large(large, sign_in):
    return sign_in(User.objects.get(username="office"))


def boxes(response) -> list:
    return [key for group in response.context["page"].groups for key, _ in group.boxes.boxes]


def sent(response, **changed) -> dict:
    """浏览器会原样交上来的：各栏、勾了的框。"""
    page = response.context["page"]
    data = {field.html_name: field.value() for field in page.form if field.name != "items"}
    return data | {"items": [key for key in boxes(response) if key in page.groups[0].chosen], "do": "record"} | changed


def test_a_large_plan_is_urged_whole_departments_at_a_time_with_few_boxes(at_large, settings):
    """一个部室 300 件：逐件列 15 件，其余合成一个勾；记录的是整个部室，字段数远在 Django 的上限之内。"""
    response = at_large.get(PAGE)
    page = response.context["page"]
    assert (page.total, len(page.counts), len(page.groups)) == (1200, 4, 4)
    assert len(boxes(response)) == 4 * (15 + 1)
    assert len(response.content) < 200_000
    data = sent(response)
    assert len(data) + len(data["items"]) < 100
    assert "贵部室以下 300 件事需要抓紧办理" in data[f"text_{page.groups[0].department.pk}"]
    answer = at_large.post(SEND, data, follow=True)
    assert "已记录催办：4 个部室、1200 件。" in text_of(answer)
    assert Event.objects.filter(action="remind").count() == 1200
    assert (
        boxes(at_large.get(PAGE))
        == boxes(response)[:15] + boxes(response)[16:31] + boxes(response)[32:47] + boxes(response)[48:63]
    )
    assert not at_large.get(PAGE).context["page"].groups[0].chosen


def test_words_stay_within_their_bound_and_say_how_many_are_left(at_large):
    page = at_large.get(PAGE).context["page"]
    for group in page.groups:
        assert len(group.text.value()) < TEXT_MAX // 2
        assert "件，请登录系统，在“我的任务”里看全部。" in group.text.value()
    assert len(page.form["group"].value()) < 5000
    assert "等 300 件" in page.form["group"].value()


def test_a_department_can_be_gone_through_item_by_item(at_large):
    room = Department.objects.order_by("order").first()
    address = f"{PAGE}?dept={room.slug}"
    first, second = at_large.get(address), at_large.get(f"{address}&page=2")
    assert [len(boxes(r)) for r in (first, second)] == [201, 101]
    assert f"rest-{room.pk}" not in first.context["page"].groups[0].chosen
    seen = {key for r in (first, second) for key in boxes(r) if not key.startswith("rest")}
    assert len(seen) == 300
    page = first.context["page"]
    data = sent(first, items=boxes(first)[:2], do="refresh")
    data = sent(at_large.post(page.action, data))
    answer = at_large.post(page.action, data)
    assert answer.headers["Location"] == address
    assert Event.objects.filter(action="remind").count() == 2


def test_what_was_reported_since_is_dropped_from_the_box_that_stands_for_many(at_large, large, at):
    data = sent(at_large.get(PAGE))
    row = Progress.objects.filter(assignment__department__slug="room0").order_by("-assignment__measure__position")[0]
    who = {"by": make_user("r", department=row.assignment.department), "at": at("2023-09-20 09:00")}
    workflow.submit_progress(row, **who, version=0, content={"text": "做了。", "stage": "in_progress", "percent": 50})
    response = at_large.post(SEND, data)
    assert "刚才有 1 件已经报送或办结，已经去掉" in text_of(response)
    assert not Reminder.objects.exists()
    at_large.post(SEND, sent(response))
    assert Event.objects.filter(action="remind").count() == 1199


def test_edited_words_survive_on_a_page_of_many(at_large):
    data = sent(at_large.get(PAGE), group="改过的话。")
    data["items"].remove(next(key for key in data["items"] if key.startswith("rest")))
    response = at_large.post(SEND, data)
    assert "您改过的（发到工作群的话）一字没动" in text_of(response)
    form = response.context["page"].form
    assert form["group"].value() == "改过的话。"
    assert "贵部室以下 15 件事" in response.context["page"].groups[0].text.value()


def test_departments_are_divided_into_pages_so_that_no_page_has_too_many_boxes(at_large, monkeypatch):
    monkeypatch.setattr("tasks.pages.reminder.PAGE_BOXES", 40)
    first, second = at_large.get(PAGE), at_large.get(f"{PAGE}?page=2")
    rooms = [[g.department.slug for g in r.context["page"].groups] for r in (first, second)]
    assert rooms == [["room0", "room1"], ["room2", "room3"]]
    answer = at_large.post(second.context["page"].action, sent(second))
    assert answer.headers["Location"] == f"{PAGE}?page=2"
    assert set(Reminder.objects.values_list("department__slug", flat=True)) == {"room2", "room3"}
