"""审核：一屏一条，通过或退回后到下一条；退回必须写意见；做过了的不再做；自审标出。"""

import datetime as dt

import pytest
from django.urls import reverse

from tasks import workflow
from tasks.models import Completion, Event, Progress
from tasks.pages import review as review_pages
from tests import factories
from tests.markup import markup
from tests.tasks.parts import ask_completion
from tests.world import OWN, form_on

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(sign_in, people, period):
    return sign_in(people.office)


@pytest.fixture
def waiting(submitted):
    return submitted("12", OWN, percent=75, problems="缺人手。", next_steps="抓紧。")


def url(row, action="detail"):
    return reverse("review_detail" if action == "detail" else f"progress_{action}", args=[row.pk])


def status(row):
    return Progress.objects.get(pk=row.pk).status


def test_an_empty_list_says_so(office):
    assert "没有待审核的报送。" in office.get(reverse("review_list")).content.decode()


def test_the_list_is_first_come_first_served(office, submitted):
    late = submitted("12", OWN, "2023-09-21 10:00", percent=75)
    early = submitted("2", OWN, "2023-09-20 10:00")
    assert [p.pk for p in office.get(reverse("review_list")).context["page_obj"]] == [early.pk, late.pk]


def test_a_long_list_comes_a_page_at_a_time_and_says_how_many_there_are(office, submitted, monkeypatch):
    monkeypatch.setattr(review_pages, "PAGE_SIZE", 2)
    rows = [submitted(n, OWN, f"2023-09-2{i} 10:00") for i, n in enumerate(("2", "6", "12"))]
    seen = [office.get(reverse("review_list"), {"page": page}) for page in ("1", "2", "9")]
    assert [[row.pk for row in response.context["page_obj"]] for response in seen] == [
        [rows[0].pk, rows[1].pk],
        [rows[2].pk],
        [rows[2].pk],
    ]
    assert all("3 项次待审核" in markup(response) and "共 2 页" in markup(response) for response in seen)
    assert ["从第一条审起<" in response.content.decode() for response in seen] == [
        True,
        False,
        False,
    ]  # 后页的头一条不是第一条，不从它审起


def test_a_report_is_shown_with_all_that_was_written(office, waiting):
    page = office.get(url(waiting)).content.decode()
    for text in ("完成了本月安排的工作。", "缺人手。", "抓紧。", "75%", "第 1 条，共 1 条"):
        assert text in page


def test_after_a_month_unchanged_the_words_it_carries_on_are_shown(office, people, plan, submitted, at):
    """上期报“本期无变化”的，对照着看、核实办结看的都是它沿用的那一期写的话。"""
    september = submitted("12", OWN, percent=100, text="九月写的。")
    workflow.approve_progress(september, by=people.office, at=at("2023-09-21 09:00"))
    rest = workflow.plan_periods(
        plan, by=people.office, at=at("2023-09-28 08:00"), first_month=10, last_month=11, due_day=25
    )
    for month, period in zip((10, 11), rest, strict=True):
        period = workflow.open_period(period, by=people.office, at=at(f"2023-{month}-01 08:00"))
        row, who = factories.report(period, "12", OWN), people.reporter(OWN)
        filed = workflow.submit_progress(
            row,
            by=who,
            at=at(f"2023-{month}-20 09:00"),
            version=row.version,
            content={"text": "本期无变化。" if month == 10 else "十一月写的。", "stage": "in_progress", "percent": 100},
            is_no_change=month == 10,
        )
        if month == 10:
            workflow.approve_progress(filed, by=people.office, at=at("2023-10-21 09:00"))
    page = markup(office.get(url(filed)))
    assert "10月无变化，9月写的：" in page and "九月写的。" in page and "本期无变化。" not in page.split("办理过程")[0]
    asked = ask_completion(people, at, filed.assignment, when="2023-11-20 10:00")
    page = markup(office.get(reverse("completion_detail", args=[asked.pk])))
    assert "10月无变化，9月写的：" in page and "九月写的。" in page


def test_approving_goes_on_to_the_next(office, submitted):
    first, second = submitted("12", OWN, percent=75), submitted("2", OWN, "2023-09-21 10:00")
    response = office.post(url(first, "approve"))
    assert response["Location"] == url(second)
    assert status(first) == "approved"
    assert office.post(url(second, "approve"))["Location"] == reverse("review_list")
    assert Event.objects.filter(action="progress_approve").count() == 2


def test_returning_needs_a_reason_and_keeps_the_page(office, waiting):
    for reason in ("", "   ", "字" * 501):
        response = office.post(url(waiting, "return"), {"reason": reason})
        assert response.status_code == 422
        assert form_on(response, url(waiting, "return"))["fields"]["reason"] == reason.strip()
    assert "必须写明理由。" in office.post(url(waiting, "return")).content.decode()
    assert status(waiting) == "submitted"


def test_returning_with_a_reason(office, waiting):
    assert office.post(url(waiting, "return"), {"reason": "请补充数据。"})["Location"] == reverse("review_list")
    after = Progress.objects.get(pk=waiting.pk)
    assert (after.status, after.return_reason, after.times_returned) == ("returned", "请补充数据。", 1)


@pytest.mark.parametrize("first", ["approve", "return"])
@pytest.mark.parametrize("second", ["approve", "return"])
def test_what_is_decided_is_decided_once(office, waiting, first, second):
    office.post(url(waiting, first), {"reason": "补充"})
    before = status(waiting)
    typed = {"reason": "再来一次"} if second == "return" else {}
    response = office.post(url(waiting, second), typed, headers={"referer": f"http://testserver{url(waiting)}"})
    if typed:  # 写了意见的：意见连同原因都在答复的这一页
        assert response.status_code == 409 and "再来一次" in response.content.decode()
    else:
        assert response["Location"] == url(waiting)
        response = office.get(url(waiting))
    assert "这一条目前是" in response.content.decode()
    assert status(waiting) == before
    assert Event.objects.filter(action__in=["progress_approve", "progress_return"]).count() == 1


def test_what_was_withdrawn_meanwhile_cannot_be_approved(office, people, waiting, at):
    workflow.withdraw_progress(waiting, by=people.reporter(OWN), at=at("2023-09-21 09:00"))
    assert office.post(url(waiting, "approve")).status_code == 404
    assert status(waiting) == "draft"


def test_a_decided_report_can_still_be_read_but_has_no_buttons(office, waiting):
    office.post(url(waiting, "approve"))
    response = office.get(url(waiting))
    assert "这一条已处理：已通过" in response.content.decode()
    assert form_on(response, url(waiting, "approve")) is None


@pytest.mark.parametrize("state", ["missing", "draft"])
def test_what_was_not_sent_is_not_found(office, people, report, at, state):
    row = report("12", OWN)
    if state == "draft":
        workflow.save_progress(
            row, by=people.reporter(OWN), at=at("2023-09-20 09:00"), version=0, content={"text": "半"}
        )
    for action in ("detail", "approve", "return"):
        send = office.get if action == "detail" else office.post
        assert send(url(row, action), {"reason": "x"}).status_code == 404


def test_nobody_but_the_office_reviews(client, people, waiting):
    for user in (people.reporter(OWN), people.reporter("财务部"), people.leader("李华斌"), people.admin):
        client.force_login(user)
        assert client.get(reverse("review_list")).status_code == 403
        assert client.get(url(waiting)).status_code == 403
        assert client.post(url(waiting, "approve")).status_code == 403
        assert client.post(url(waiting, "return"), {"reason": "x"}).status_code == 403
    assert status(waiting) == "submitted"


def test_review_by_the_same_department_is_marked(client, people, waiting):
    client.force_login(people.office_in_hall)
    assert "这次审核会标为“自审”" in client.get(url(waiting)).content.decode()
    client.post(url(waiting, "approve"))
    assert Progress.objects.get(pk=waiting.pk).is_self_review
    assert Event.objects.get(action="progress_approve").is_self_review
    assert "自审" in client.get("/measures/12/").content.decode()


def test_review_by_another_department_is_not_marked(office, waiting):
    office.post(url(waiting, "approve"))
    assert not Progress.objects.get(pk=waiting.pk).is_self_review


def test_what_blocks_completion_is_printed_and_refused(office, submitted):
    row = submitted("12", OWN, percent=90, stage="completed")
    page = office.get(url(row)).content.decode()
    assert "完成进度是 90%，办结须为 100%。" in page
    response = office.post(url(row, "approve"), follow=True)
    assert "完成进度是 90%" in response.content.decode()
    assert status(row) == "submitted"
    assert not Completion.objects.exists()


def test_approving_a_finished_one_completes_it(office, submitted):
    row = submitted("12", OWN, percent=100, stage="completed")
    assert "通过即办结" in office.get(url(row)).content.decode()
    office.post(url(row, "approve"))
    assert Completion.objects.get().assignment == row.assignment


# ── 通过后是什么灯 ──


def test_the_page_tells_the_light_now_and_after_approval(office, submitted):
    """节点类报了 20%：现在还没有通过的报送，没有可比的；通过后低于序时 50 个百分点，红灯。"""
    row = submitted("12", OWN, percent=20)
    response = office.get(url(row))
    assert response.context["part"].light.percent is None
    after = response.context["light_after"]
    assert (after.level, after.percent) == ("red", 20)
    assert "<b>通过后：</b>" in markup(response)
    assert status(row) == "submitted"
    office.post(url(row, "approve"))
    response = office.get(url(row))
    assert response.context["light_after"] is None
    assert response.context["part"].light == after


def test_what_is_promised_is_what_comes_for_targets_ticks_and_corrections(office, people, report, submitted, at):
    part = report("12", OWN).assignment
    made = workflow.propose_milestone(
        part, by=people.office, at=at("2023-09-02 09:00"), name="招标", due_on=dt.date(2023, 9, 20)
    )
    five = report("5", OWN).assignment.measure
    values = {target: target.value for target in five.targets.all()}
    rows = [submitted("5", OWN, values=values)]
    row = report("12", OWN)
    content = {"text": "完成了招标。", "stage": "in_progress", "percent": 75}
    rows.append(
        workflow.submit_progress(
            row, by=people.reporter(OWN), at=at("2023-09-20 10:00"), version=0, content=content, ticks=[made]
        )
    )
    first = workflow.approve_progress(submitted("7", OWN), by=people.office, at=at("2023-09-20 15:00"))
    copy = workflow.correct_progress(first, by=people.reporter(OWN), at=at("2023-09-20 16:00"))
    said = {"text": "改过了。", "stage": "in_progress"}
    rows.append(
        workflow.submit_progress(
            copy, by=people.reporter(OWN), at=at("2023-09-20 17:00"), version=copy.version, content=said
        )
    )
    for row in rows:
        promised = office.get(url(row)).context["light_after"]
        office.post(url(row, "approve"))
        assert office.get(url(row)).context["part"].light == promised


def test_a_correction_is_reviewed_beside_what_it_corrects(office, people, submitted, at):
    """不与上个月比：没有动的数不说成增减，改了哪里一看就知道。"""
    first = submitted("12", OWN, percent=66, text="原来写的。")
    first = workflow.approve_progress(first, by=people.office, at=at("2023-09-20 15:00"))
    copy = workflow.correct_progress(first, by=people.reporter(OWN), at=at("2023-09-20 16:00"))
    said = {"text": "更正了的。", "stage": "in_progress", "percent": 66}
    sent = workflow.submit_progress(
        copy, by=people.reporter(OWN), at=at("2023-09-20 17:00"), version=copy.version, content=said
    )
    one, every = office.get(url(sent)), markup(office.get(reverse("review_all")))
    assert (one.context["last"], one.context["last_when"], one.context["change"]) == (first, "更正前（9月）", 0)
    assert all("更正前（9月）" in page and "原来写的。" in page for page in (markup(one), every))
    assert "没有动" in every


def test_a_joint_measure_shows_the_light_of_the_reporting_department(office, submitted):
    row = submitted("8", OWN)
    response = office.get(url(row))
    assert response.context["part"].department.name == OWN


def test_a_report_that_is_dealt_with_is_not_said_to_become_a_self_review(sign_in, people, period, submitted, at):
    row = submitted("12", OWN, percent=75)
    client = sign_in(people.office_in_hall)
    page = client.get(url(row)).content.decode()
    assert "这次审核会标为“自审”" in page
    assert page.count('<span class="tag tag-o">自审</span>') == 1
    client.post(url(row, "approve"))
    page = client.get(url(row)).content.decode()
    assert "这次审核会标为“自审”" not in page
    assert page.count('<span class="tag tag-o">自审</span>') == 1


def test_a_blank_reason_puts_the_error_on_top(office, waiting):
    page = office.post(url(waiting, "return"), {"reason": ""}).content.decode()
    assert page.index("data-focus") < page.index("本期与上期")


def test_a_long_summary_ends_in_a_chinese_ellipsis(office, submitted):
    submitted("12", OWN, percent=75, text="长" * 60)
    assert "长" * 39 + "……" in office.get(reverse("review_list")).content.decode()


def test_a_text_too_long_is_refused_with_how_much(office, waiting):
    page = office.post(url(waiting, "return"), {"reason": "字" * 612}).content.decode()
    assert "写了 612 字，最多 500 字，请删减后再提交。" in page
    assert status(waiting) == "submitted"
