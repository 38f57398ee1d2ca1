"""填报时的数：指标有没有数、比上次差不差、选“已完成”还差什么，都在报送的那一刻说清。"""

from decimal import Decimal

import pytest
from django.urls import reverse

from tasks import workflow
from tasks.models import Progress, Target
from tests.markup import markup
from tests.world import OWN, form_data, form_on

pytestmark = pytest.mark.django_db
LAND, TECH, HOME = "规划建设部", "科技创新部", "/"


@pytest.fixture
def post(sign_in, people, report):
    """以某部室的名义报送一项：post("20", TECH, {"新增": "5"}, text=…)，数按目标名的开头给。"""

    def send(number, department, values=None, do="submit", **fields):
        row = report(number, department)
        client = sign_in(people.reporter(department))
        names = {t.pk: t.name for t in row.assignment.measure.targets.all()}
        for name, value in (values or {}).items():
            [pk] = [pk for pk, full in names.items() if name in full]
            fields[f"target_{pk}"] = value
        return client.post(reverse("progress_report", args=[row.pk]), form_data(row, do, **fields))

    return send


@pytest.fixture
def august(plan, people, at):
    """8 月通过的：第 20 项 6 家、0 家；第 8 项规划建设部“标准地”44%。"""
    [month] = workflow.plan_periods(
        plan, by=people.office, at=at("2023-08-01 08:00"), first_month=8, last_month=8, due_day=25
    )
    month = workflow.open_period(month, by=people.office, at=at("2023-08-01 08:30"))
    for number, department, found in (("20", TECH, {"新增": 6, "小巨人": 0}), ("8", LAND, {"标准地": 44})):
        row = Progress.objects.get(
            period=month, assignment__measure__number=number, assignment__department__name=department
        )
        values = {Target.objects.get(name__contains=name): Decimal(v) for name, v in found.items()}
        content = {"text": "八月的工作。", "stage": "in_progress"}
        who = {"by": people.reporter(department), "at": at("2023-08-20 09:00")}
        row = workflow.submit_progress(row, **who, version=0, content=content, values=values)
        workflow.approve_progress(row, by=people.office, at=at("2023-08-21 09:00"))
    return workflow.close_period(month, by=people.office, at=at("2023-08-31 17:00"))


def said(response) -> str:
    return markup(response)


def test_a_share_is_between_0_and_100(period, post):
    refused = post("8", LAND, {"标准地": "99999"})
    assert refused.status_code == 422
    assert "这是百分比，请填 0 到 100 之间的数。" in said(refused)
    assert post("8", LAND, {"标准地": "100"}).status_code == 302


@pytest.mark.parametrize(("value", "words"), [("多", "请填数字"), ("-1", "不能是负数。"), ("0.1234", "最多三位小数。")])
def test_a_wrong_figure_is_refused_in_our_own_words(period, post, value, words):
    refused = post("20", TECH, {"新增": value, "小巨人": "0"})
    assert refused.status_code == 422
    assert words in said(refused)
    assert "确保" not in said(refused)


def test_an_indicator_needs_its_figure_or_the_reason(period, post, report):
    refused = post("20", TECH, {"新增": "", "小巨人": "0"})
    assert refused.status_code == 422
    assert "请填完成值；没有变化的填目前的数，确实没有数的在下面写明原因。" in said(refused)
    assert post("20", TECH, {"新增": "", "小巨人": "0"}, decline_reason="评审结果十月公布。").status_code == 302
    assert report("20", TECH).decline_reason == "评审结果十月公布。"


def test_a_figure_of_a_joint_measure_that_another_department_may_report_is_not_demanded(period, post):
    assert post("8", OWN, {}).status_code == 302


def test_a_figure_given_last_time_is_not_dropped_without_a_word(august, period, post):
    refused = post("8", LAND, {"标准地": ""})
    assert "请填完成值；没有变化请保留上次的数" in said(refused)


def test_a_figure_worse_than_last_time_asks_for_the_reason(august, period, post):
    refused = post("8", LAND, {"标准地": "43"})
    assert refused.status_code == 422
    assert "“标准地”宗数占比比上次差（44→43%），请写明原因。" in said(refused)
    assert post("8", LAND, {"标准地": "43"}, decline_reason="新出让一宗，分母变大。").status_code == 302


@pytest.mark.parametrize(
    ("operator", "before", "now", "worse"),
    [("ge", 44, 43, True), ("ge", 44, 44, False), ("le", 1, 2, True), ("le", 2, 1, False), ("eq", 5, 4, True),
     ("eq", 4, 5, False), ("eq", 5, 6, True)],
)  # fmt: skip
def test_what_is_worse_depends_on_the_target(operator, before, now, worse):
    assert Target(operator=operator, value=Decimal(5)).is_worse(Decimal(now), Decimal(before)) is worse


def test_a_draft_may_leave_figures_out(august, period, post):
    assert post("20", TECH, {"新增": "", "小巨人": ""}, do="draft").status_code == 302


def test_completed_is_refused_at_once_with_everything_that_is_missing(period, post, report):
    refused = post("12", OWN, stage="completed", percent="80")
    assert refused.status_code == 422
    assert "还不能选“已完成”：完成进度是 80%，办结须为 100%。" in said(refused)
    assert report("12", OWN).status == "missing"
    assert not report("12", OWN).events.exists()
    assert post("12", OWN, stage="completed", percent="100").status_code == 302


def test_completed_may_be_kept_as_a_draft(period, post):
    assert post("12", OWN, do="draft", stage="completed", percent="80").status_code == 302


def test_the_opinion_of_the_return_stays_until_the_report_is_approved(sign_in, people, submitted, at):
    row = workflow.return_progress(
        submitted("12", OWN, percent=70), by=people.office, at=at("2023-09-20 11:00"), reason="请补充宗地数量。"
    )
    client = sign_in(people.reporter(OWN))
    client.post(reverse("progress_report", args=[row.pk]), form_data(row))
    client.post(reverse("progress_withdraw", args=[row.pk]))
    for path in (HOME, "/measures/12/"):
        assert "上次退回的意见：</b>请补充宗地数量。" in client.get(path).content.decode(), path


def test_no_change_is_still_offered_after_a_draft(august, sign_in, people, period, report):
    row, client = report("20", TECH), sign_in(people.reporter(TECH))
    client.post(reverse("progress_report", args=[row.pk]), form_data(row, "draft", text="写了一半"))
    form = form_on(client.get(HOME), reverse("progress_report", args=[row.pk]))
    assert ("do", "no_change") in form["buttons"]
    emptied = form["fields"] | {f"p{row.pk}-text": "", "do": "no_change"}
    client.post(reverse("progress_report", args=[row.pk]), emptied)
    row.refresh_from_db()
    assert (row.status, row.text, row.is_no_change) == ("submitted", "本期无变化。", True)


def test_a_stale_window_is_told_at_once_that_it_was_sent(sign_in, people, period, report, at):
    """同事已经报上去了：一次说清不能再报，旁边就有撤回；所写内容还在，不算欠报；指标看得到别人填的数。"""
    row, client = report("20", TECH), sign_in(people.reporter(TECH))
    values = {Target.objects.get(name__contains="新增"): Decimal(7)}
    content = {"text": "同事报的。", "stage": "in_progress"}
    who = {"by": people.reporter(TECH, 2), "at": at("2023-09-21 09:00")}
    workflow.submit_progress(row, **who, version=0, content=content, values=values)
    ones = {f"target_{t.pk}": "8" for t in row.assignment.measure.targets.all()}
    page = client.post(reverse("progress_report", args=[row.pk]), form_data(row, text="我写的。", **ones))
    assert page.status_code == 409
    assert "刚才已把这一项报送，目前是“待审核”，不能再报。要改请先撤回那一份" in said(page)
    assert "新增高新技术企业 7家" in said(page)
    withdraw = reverse("progress_withdraw", args=[row.pk])
    assert f'formaction="{withdraw}"' in page.content.decode()
    assert "我写的。" in said(page)
    desk = page.context["desk"]
    assert (len(desk.put_back), [t for t in desk.owing if t.progress.pk == row.pk]) == (1, [])
    # 撤回那一份：自己写的随它交上来，放回原处；两份都看得到，接着交得成。
    form = form_on(page, reverse("progress_report", args=[row.pk]))
    page = client.post(withdraw, form["fields"])
    assert "已撤回，改好后请重新报送。下面写的还没有存。" in said(page)
    assert "同事报的。" in said(page)
    form = form_on(page, reverse("progress_report", args=[row.pk]))
    assert form["fields"][f"p{row.pk}-text"] == "我写的。"
    client.post(reverse("progress_report", args=[row.pk]), form["fields"] | {"do": "submit"})
    row.refresh_from_db()
    assert (row.status, row.text) == ("submitted", "我写的。")


def test_coordination_may_be_asked_of_the_office_which_answers_it(sign_in, people, report, period):
    row, client = report("15", "财务部"), sign_in(people.reporter("财务部"))
    said_so = {"coordination": "请协调银行。", "coordinate_with": "office"}
    assert client.post(reverse("progress_report", args=[row.pk]), form_data(row, **said_so)).status_code == 302
    assert "领导小组办公室：请协调银行。" in client.get(HOME).content.decode()
    client.force_login(people.office)
    board = client.get("/board/").content.decode()
    assert "1 件请办公室协调" in board
    [asked] = row.coordination_requests.all()
    url = reverse("coordination_answer", args=[asked.pk])
    form = form_on(client.get("/coordination/"), url)
    assert client.post(url, form["fields"] | {f"c{asked.pk}-text": "下周开会协调。"}).status_code == 302
    assert "1 件请办公室协调" not in client.get("/board/").content.decode()
    client.force_login(people.reporter("财务部"))
    assert "下周开会协调。" in client.get(HOME).content.decode()
    client.force_login(people.reporter(OWN))
    assert client.post(url, {}).status_code == 404
