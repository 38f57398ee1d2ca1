"""配合报送的页面：办公室在举措页上请，配合单位在首页看到、报，牵头的填报时在旁边看到，清单上看谁没有报。"""

import datetime as dt

import pytest
from django.urls import reverse

from departments.models import Acting, Department, DepartmentAlias
from tasks import workflow
from tasks.models import Attachment, Cooperation, Event, Measure, Plan
from tests.factories import make_plan
from tests.markup import markup
from tests.world import form_on, upload

pytestmark = pytest.mark.django_db
HALL, MONEY, OTHER = "审批中心", "财务部", "综合办"


@pytest.fixture
def measure(plan, period):
    """财务部牵头的第 16 项。"""
    Measure.objects.filter(plan=plan, number="16").update(cooperating=f"{HALL}、{OTHER}、税务局")
    return Measure.objects.get(plan=plan, number="16")


@pytest.fixture
def look(sign_in, people, measure):
    """某人看举措页：（答复，HTML）。"""

    def see(user, url="/measures/16/"):
        response = sign_in(user).get(url)
        return response, response.content.decode()

    return see


def asking(**changed):
    said = {"departments": [Department.objects.get(name=HALL).pk], "text": "配合了哪几件。", "period": "2023-09",
            "span": "once", "due_on": "2023-09-24"}  # fmt: skip
    return {f"ask-{name}": value for name, value in (said | changed).items()}


@pytest.fixture
def asked(measure, period, people, at):
    said = {"departments": [Department.objects.get(name=HALL)], "period": period, "due_on": dt.date(2023, 9, 24)}
    [row] = workflow.ask_cooperation(
        measure, by=people.office, at=at("2023-09-20 09:00"), text="配合了哪几件。", **said
    )
    return row


def test_the_office_asks_on_the_page_of_the_measure(look, people, client):
    response, html = look(people.office)
    assert "请配合单位报" in html and "“税务局”不在部室名单里" in html and "加上这个别名" in html
    done = client.post(reverse("cooperation_ask", args=["16"]), asking(span="every"))
    assert done["Location"] == "/2023/measures/16/#h-coop" or done["Location"] == "/measures/16/#h-coop"
    row = Cooperation.objects.get()
    assert (row.department.name, row.is_standing, row.by) == (HALL, True, people.office)
    _, html = look(people.office)
    assert "9月24日以前报" in html and "每一期都要" in html and "撤销" in html


def test_what_is_wrong_is_put_back_on_the_page_with_the_words(look, people, client, measure):
    look(people.office)
    response = client.post(reverse("cooperation_ask", args=["16"]), asking(due_on="2023-09-01", text="亲手写的。"))
    html = response.content.decode()
    assert response.status_code == 422 and "已经过去，请另定哪天以前报" in html and "亲手写的。" in html
    gone = asking(departments=[Department.objects.get(name="规划建设部").pk])
    assert client.post(reverse("cooperation_ask", args=["16"]), gone).status_code == 422
    assert not Cooperation.objects.exists()


def test_an_alias_on_the_roster_is_enough_to_be_asked(look, people):
    DepartmentAlias.objects.create(name="税务局", department=Department.objects.get(name="规划建设部"))
    _, html = look(people.office)
    assert "“税务局”不在部室名单里" not in html and "规划建设部" in html


def test_a_unit_no_longer_used_says_whom_to_ask_to_mend_it(look, people):
    Department.objects.filter(name=OTHER).update(is_active=False)
    _, html = look(people.office)
    assert "“综合办”已不再使用，没有人报：请管理员导入修订" in html


def test_without_an_open_period_the_page_says_what_to_do_first(look, people, period, at):
    workflow.close_period(period, by=people.office, at=at("2023-09-21 09:00"))
    _, html = look(people.office)
    assert "没有在报送中的一期。请先到“报送期”开放一期" in html


def test_a_measure_without_cooperating_units_has_no_such_block(sign_in, people, period):
    assert "h-coop" not in sign_in(people.office).get("/measures/7/").content.decode()


def test_the_clerk_sees_it_on_the_desk_and_in_the_badge_files_it_and_corrects_it(look, people, client, asked):
    response, html = look(people.reporter(HALL), "/")
    assert "请本部室配合报的" in html and "1 份配合情况要报" in html
    nav = next(item for item in response.context["nav"] if item.label == "我的任务")
    before, url = nav.count, reverse("cooperation_report", args=[asked.pk])
    form = form_on(client.get(url), url)["fields"]
    name = f"k{asked.pk}"
    done = client.post(url, form | {f"{name}-text": "核对了三家企业。", f"{name}-evidence": upload()})
    assert done["Location"] == "/"
    response, html = look(people.reporter(HALL), "/")
    assert next(i for i in response.context["nav"] if i.label == "我的任务").count == before - 1
    assert "更正" in html and "份配合情况要报" not in html
    form = form_on(client.get(url), url)["fields"]
    client.post(url, form | {f"{name}-text": "核对了四家企业。"})
    assert Cooperation.objects.get().answer == "核对了四家企业。" and Attachment.objects.count() == 1


def test_a_colleague_who_saved_first_is_shown_and_the_words_stay(look, people, client, asked, at):
    user, url, name = people.reporter(HALL), reverse("cooperation_report", args=[asked.pk]), f"k{asked.pk}"
    workflow.report_cooperation(asked, by=user, at=at("2023-09-21 09:00"), version=0, text="先写的。")
    client.force_login(user)
    response = client.post(url, {f"{name}-version": 0, f"{name}-text": "后写的。"})
    html = response.content.decode()
    assert response.status_code == 409 and "刚存的是" in html and "先写的。" in html and "后写的。" in html


def test_the_leading_department_reads_it_beside_its_own_form(look, people, report, asked, at):
    row = report("16", MONEY)
    for url in ("/", "/month/", f"/progress/{row.pk}/"):
        _, html = look(people.reporter(MONEY), url)
        if url != f"/progress/{row.pk}/":
            assert "配合单位报了什么" in html and "还没有报，9月24日以前报。" in html, url
    said = {"by": people.reporter(HALL), "at": at("2023-09-21 09:00"), "version": 0}
    workflow.report_cooperation(asked, **said, text="核对了三家企业。")
    assert "核对了三家企业。" in look(people.reporter(MONEY), "/")[1]
    assert "核对了三家企业。" in look(people.leader("李华斌"))[1]
    assert "核对了三家企业。" not in look(people.reporter(OTHER))[1]


def test_somebody_else_gets_404_and_the_leading_may_read_but_not_write(look, people, client, asked):
    url = reverse("cooperation_report", args=[asked.pk])
    assert look(people.reporter(OTHER), url)[0].status_code == 404
    response, html = look(people.reporter(MONEY), url)
    assert response.status_code == 200 and f'name="k{asked.pk}-text"' not in html
    assert client.post(url, {f"k{asked.pk}-text": "代写。"}).status_code == 403


def test_who_acts_for_the_asked_department_files_it_marked_so(sign_in, people, asked, client):
    user = people.reporter("规划建设部")
    acting = Acting.objects.create(
        user=user, department=Department.objects.get(name=HALL), from_on="2023-09-01", reason="兼任"
    )
    sign_in(user).post(reverse("me_acting"), {"department": acting.department.slug})
    user.refresh_from_db()
    url, name = reverse("cooperation_report", args=[asked.pk]), f"k{asked.pk}"
    answer = client.post(url, {f"{name}-version": 0, f"{name}-text": "代报。"})
    assert answer.status_code == 302, answer.status_code
    assert Event.objects.get(action="cooperation_report").acting == acting


def test_the_list_says_who_has_not_reported_and_the_board_names_the_late(look, people, client, asked):
    Cooperation.objects.update(due_on=dt.date(2023, 9, 21))
    _, html = look(people.office, "/cooperation/?state=late")
    assert markup("<b>1</b> 份还没有报") in html and "逾期没有报" in html
    _, html = look(people.office, "/board/")
    assert "1 件配合情况过了截止没有报" in html
    _, html = look(people.leader("李华斌"), "/cooperation/")
    assert "逾期没有报" in html and "去催办" not in html
    assert "逾期没有报" not in look(people.reporter(OTHER), "/cooperation/")[1]
    assert "请报配合情况" in look(people.office, "/remind/")[1] or "配合情况" in look(people.office, "/remind/")[1]


def test_the_office_stops_it_with_a_reason(look, people, client, asked):
    look(people.office)
    url = reverse("cooperation_stop", args=[asked.pk])
    assert client.post(url, {f"s{asked.pk}-reason": ""}).status_code == 422
    assert client.post(url, {f"s{asked.pk}-reason": "牵头的已经报全了。"}).status_code == 302
    assert "办公室撤销：牵头的已经报全了。" in look(people.office)[1]
    assert "请本部室配合报的" not in look(people.reporter(HALL), "/")[1]


def test_a_unit_the_plan_no_longer_lists_keeps_what_was_asked_with_a_note(look, people, asked):
    Measure.objects.filter(number="16").update(cooperating=OTHER)
    _, html = look(people.office)
    assert "方案里现在没有把审批中心列为配合单位，请的照旧有效；不用了的请撤销。" in html


def test_an_archived_plan_shows_what_was_reported_and_offers_no_form(look, people, client, asked, measure, at):
    said = {"by": people.reporter(HALL), "at": at("2023-09-21 09:00"), "version": 0}
    workflow.report_cooperation(asked, **said, text="核对了三家企业。")
    Plan.objects.update(is_current=False, closing_at=at("2023-09-21 10:00"), archived_at=at("2023-09-21 11:00"))
    make_plan(measures=1, departments=1, year=2024)
    urls = {people.office: "/2023/measures/16/", people.reporter(HALL): f"/2023/cooperation/{asked.pk}/"}
    for user, url in urls.items():
        response, html = look(user, url)
        assert "核对了三家企业。" in html, url
        assert f"/cooperation/{asked.pk}/stop/" not in html and "/measures/16/cooperation/" not in html
        assert f'name="k{asked.pk}-text"' not in html
    answer = client.post(f"/2023/cooperation/{asked.pk}/", {f"k{asked.pk}-version": 1, f"k{asked.pk}-text": "太晚了。"})
    assert answer.status_code in (409, 422) and "已归档，只看不改" in answer.content.decode()
    assert Cooperation.objects.get().answer == "核对了三家企业。"


@pytest.mark.parametrize(
    "url", ["/board/", "/assessment/", "/milestones/", "/coordination/", "/problems/", "/cooperation/"]
)
def test_whatever_is_printed_says_on_which_day(period, sign_in, people, url):
    assert "打印日期：2023年9月22日" in markup(sign_in(people.office).get(url))
