"""催办：催谁、不催谁；一人一天至多一封；发不出去的记下再发；定时任务按日催、不重复。"""

import datetime as dt
import io
import smtplib
from functools import partial

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.locmem import EmailBackend as Memory
from django.core.management import call_command

from departments.models import Department, User
from tasks import workflow
from tasks.figures import owed as owed_figures
from tasks.models import Assignment, Delivery, Event, Measure, Problem, Reminder
from tasks.pages import reminder as reminder_pages
from tasks.papers import mail as mail_papers
from tasks.workflow.reminder import queue_mail
from tests.tasks.expectations import nobody
from tests.tasks.parts import (
    HALL,
    LATER,
    TODAY,
    ask_completion,
    ask_extension,
    complete,
    dated,
    overdue_problem,
    part,
    together,
)

pytestmark = pytest.mark.django_db
EVENTS = {"send_reminder": ["remind"]}
D = Delivery.Status


def owed(plan, department=HALL, today=TODAY):
    """一个部室欠着的：{序号: 种类与状态}。"""
    room = Department.objects.get(name=department)
    return {i.number: (i.kind, i.state) for i in owed_figures.items(plan, today, department=room)}


def room(name=HALL):
    return Department.objects.get(name=name)


def urge(plan, people, at, *, department=HALL, when="2023-09-22 09:00", numbers=None, text="请抓紧。", by="office"):
    """催办一个部室：默认催它欠着的全部。"""
    items = owed_figures.items(plan, at(when).date(), department=room(department))
    items = [i for i in items if numbers is None or i.number in numbers]
    by = people.office if by == "office" else by
    return reminder_pages.urge(plan, room(department), items, text, by=by, at=at(when))


# ── 催谁 ──────────────────────────────────────────────────


def test_who_has_not_reported_is_listed_with_what_is_missing(plan, period, report, people, at):
    workflow.save_progress(
        report("12", HALL), by=people.reporter(HALL), at=at("2023-09-20 09:00"), version=0, content={"text": "写了一半"}
    )
    assert owed(plan) == {f"第{n}项": ("report", "未报") for n in (2, 4, 5, 6, 7, 8, 11, 12)}


def test_what_was_submitted_or_approved_is_never_urged_but_a_return_is(plan, submitted, people, at):
    submitted("2", HALL, percent=60)
    workflow.approve_progress(submitted("11", HALL), by=people.office, at=at("2023-09-20 11:00"))
    workflow.return_progress(submitted("6", HALL), by=people.office, at=at("2023-09-20 11:00"), reason="请补充。")
    found = owed(plan)
    assert {"第2项", "第11项"} & set(found) == set()
    assert found["第6项"] == ("report", "已退回、待修改")


def test_what_is_completed_is_never_urged(plan, period, people, at):
    complete(people, at, dated("11", due_on=dt.date(2023, 9, 30)))
    assert "第11项" not in owed(plan)


def test_a_draft_begun_before_completion_is_never_urged(plan, period, report, people, at):
    workflow.save_progress(
        report("11", HALL), by=people.reporter(HALL), at=at("2023-09-19 09:00"), version=0, content={"text": "写了一半"}
    )
    complete(people, at, part("11"))
    assert "第11项" not in owed(plan)


@pytest.mark.parametrize("how", ["ended", "retired"])
def test_what_a_revision_withdrew_is_never_urged(plan, period, how):
    row = dated("11", due_on=dt.date(2023, 9, 30))
    if how == "ended":
        Assignment.objects.filter(pk=row.pk).update(ended_in=plan.revision)
    else:
        Measure.objects.filter(pk=row.measure_id).update(retired_in=plan.revision)
    assert "第11项" not in owed(plan)


def test_a_closed_or_unopened_period_is_not_urged(plan, period, people, at):
    workflow.plan_periods(plan, by=people.office, at=at("2023-09-01 09:00"), first_month=10, last_month=10, due_day=25)
    workflow.close_period(period, by=people.office, at=at("2023-09-30 17:00"))
    assert owed_figures.items(plan, dt.date(2023, 10, 8)) == []


@pytest.mark.parametrize(
    ("due_on", "listed"),
    [(dt.date(2023, 9, 1), True), (dt.date(2023, 10, 22), True), (dt.date(2023, 10, 23), False), (None, False)],
)
def test_a_due_date_is_urged_when_it_is_near_or_past(plan, due_on, listed):
    """“临近”是方案的设置，默认 30 天：9 月 22 日看，10 月 22 日在内，23 日不在。"""
    dated("11", due_on=due_on)
    assert ("第11项" in owed(plan)) is listed


def test_a_validly_extended_date_is_not_urged_and_a_waiting_request_still_is(plan, people, at):
    row = dated("11", due_on=dt.date(2023, 9, 1))
    asked = ask_extension(people, at, row, to=LATER)
    assert owed(plan) == {"第11项": ("due", "未办结")}
    workflow.approve_extension(asked, by=people.office, at=at("2023-09-21 09:00"))
    assert owed(plan) == {}
    assert owed(plan, today=dt.date(2023, 12, 19)) == {"第11项": ("due", "未办结")}


def test_who_waits_for_the_office_is_not_urged(plan, people, at):
    """申请了办结、申请了销号，都在等办公室。"""
    ask_completion(people, at, dated("11", due_on=dt.date(2023, 9, 1)))
    problem = overdue_problem(plan, people, at)
    Problem.objects.filter(pk=problem.pk).update(status="applied", applied_at=at("2023-09-21 09:00"))
    assert owed(plan) == {}


def test_an_overdue_problem_is_urged_from_the_department_responsible(plan, people, at):
    overdue_problem(plan, people, at, department="财务部")
    overdue_problem(plan, people, at, department="财务部", number=2, due_on=TODAY)
    assert owed(plan, "财务部") == {"问题1号": ("problem", "未销号")}
    assert owed(plan) == {}


def test_the_number_of_queries_does_not_grow_with_what_is_owed(plan, period, django_assert_num_queries, people, at):
    overdue_problem(plan, people, at)
    dated("11", due_on=dt.date(2023, 9, 1))
    with django_assert_num_queries(5):  # 先问有哪几种，没有的三种不取
        assert len(owed_figures.items(plan, TODAY)) == 33
    for number in ("2", "7"):
        workflow.issue_instruction(
            Measure.objects.get(number=number), by=people.leader("李华斌"), at=at("2023-09-01 09:00"), text="请抓紧。"
        )
    with django_assert_num_queries(8):  # 多了批示这一种，批示另取承办部室与回复，与几条无关
        assert len(owed_figures.items(plan, TODAY)) == 35


def test_one_department_and_the_counts_are_what_the_whole_list_says(plan, period, report, people, at):
    """只问一个部室的、只数件数的，都与读全部再挑出来的相符；各种都有，还有在等延期批复的。"""
    instruct(people, at)
    ask_coordination(report, people, at)
    overdue_problem(plan, people, at, department="财务部")
    ask_extension(people, at, dated("11", due_on=dt.date(2023, 9, 1)), to=LATER)
    dated("12", due_on=dt.date(2023, 9, 1))
    due = {"name": "主体完成", "due_on": dt.date(2023, 9, 18)}
    workflow.propose_milestone(report("12", HALL).assignment, by=people.office, at=at("2023-09-02 09:00"), **due)
    Measure.objects.filter(plan=plan, number="16").update(cooperating=HALL)
    asked = {"departments": [room()], "period": period, "text": "配合了哪几件。", "due_on": TODAY}
    helped = Measure.objects.get(plan=plan, number="16")
    workflow.ask_cooperation(helped, by=people.office, at=at("2023-09-10 09:00"), **asked)
    urge(plan, people, at, when="2023-09-21 09:00", numbers={"第12项", "第8项"})
    whole, to_urge = owed_figures.items(plan, TODAY), owed_figures.to_urge(plan, TODAY)
    assert {item.kind for item in whole} == set(owed_figures.ORDER)
    assert len(to_urge) == len(whole) - 1
    for one in Department.objects.all():
        assert owed_figures.items(plan, TODAY, department=one) == [i for i in whole if i.department == one]
    counted = [(one, len(items)) for one, items in owed_figures.by_department(to_urge)]
    assert owed_figures.urge_counts(plan, TODAY) == counted
    assert owed_figures.owing_periods(plan) == [period]
    two = [one for one, _ in counted][:2]
    assert owed_figures.to_urge(plan, TODAY, departments=two) == [i for i in to_urge if i.department in two]


def test_an_urging_counts_for_a_problem_whoever_is_responsible_now(plan, people, at):
    problem = overdue_problem(plan, people, at, department="财务部")
    urge(plan, people, at, department="财务部")
    Problem.objects.filter(pk=problem.pk).update(department=room())
    [item] = owed_figures.items(plan, TODAY, department=room())
    assert (item.urged, item.urged_on) == (1, TODAY)


def test_without_a_plan_nothing_is_owed():
    assert owed_figures.items(None, TODAY) == []


@pytest.mark.parametrize(
    ("day", "words", "late"), [(24, "还有 1 天", False), (25, "今天截止", False), (27, "已逾期 2 天", True)]
)
def test_days_are_said_in_words(plan, period, day, words, late):
    item = owed_figures.items(plan, dt.date(2023, 9, day), department=room())[0]
    assert (item.timing, item.is_late) == (words, late)


def test_a_returned_report_is_not_called_late(plan, submitted, people, at):
    workflow.return_progress(submitted("6", HALL), by=people.office, at=at("2023-09-20 11:00"), reason="请补充。")
    [item] = [i for i in owed_figures.items(plan, dt.date(2023, 9, 27), department=room()) if i.number == "第6项"]
    assert (item.timing, item.is_late) == ("截止日已过 2 天", False)


def test_an_extension_waiting_for_the_office_is_owed_but_not_urged(plan, people, at):
    row = dated("11", due_on=dt.date(2023, 9, 1))
    assert len(owed_figures.to_urge(plan, TODAY)) == 1
    asked = ask_extension(people, at, row, to=LATER)
    assert owed(plan) == {"第11项": ("due", "未办结")}
    assert owed_figures.to_urge(plan, TODAY) == []
    assert reminder_pages.due_now(plan, TODAY) == []
    with pytest.raises(workflow.Refused, match="刚刚已经报送或办结"):
        workflow.send_reminder(
            plan,
            by=people.office,
            at=at("2023-09-22 09:00"),
            department=room(),
            keys=[f"due-{row.pk}"],
            text="请抓紧。",
        )
    workflow.refuse_extension(asked, by=people.office, at=at("2023-09-21 09:00"), note="理由不足")
    assert len(owed_figures.to_urge(plan, TODAY)) == 1


# ── 批示、节点、协调 ──


def instruct(people, at, number="8", when="2023-09-10 09:00", **extra):
    measure = Measure.objects.get(number=number)
    return workflow.issue_instruction(
        measure, by=people.leader("陈向东"), at=at(when), **{"text": f"第{number}项请抓紧。"} | extra
    )


def test_an_instruction_is_urged_from_each_department_that_has_not_replied(plan, people, at):
    said = instruct(people, at)
    rooms = [d.name for d in said.departments.all()]
    assert len(rooms) == 2
    found = [i for i in owed_figures.items(plan, TODAY) if i.kind == "instruction"]
    assert sorted(i.department.name for i in found) == sorted(rooms)
    assert {(i.number, i.state, i.timing, i.is_late) for i in found} == {
        ("第8项", "陈向东批示", "已 12 天没有回复", False)
    }
    assert len({i.key for i in found}) == 2
    workflow.reply_instruction(said, by=people.reporter(HALL), at=at("2023-09-20 09:00"), text="已办。")
    assert [i.department.name for i in owed_figures.items(plan, TODAY)] == [r for r in rooms if r != HALL]


def test_a_milestone_past_its_date_is_urged_until_its_completion_is_reported(plan, period, report, people, at):
    row = report("12", HALL)
    made = workflow.propose_milestone(
        row.assignment, by=people.office, at=at("2023-09-02 09:00"), name="主体完成", due_on=dt.date(2023, 9, 18)
    )
    [item] = [i for i in owed_figures.items(plan, TODAY) if i.kind == "milestone"]
    assert (item.department.name, item.timing, item.limit) == (
        HALL,
        "已逾期 4 天",
        "节点“主体完成”，时限 9月18日",
    )
    assert not [i for i in owed_figures.items(plan, dt.date(2023, 9, 18)) if i.kind == "milestone"]
    content = {"text": "完成了。", "stage": "in_progress", "percent": 75}
    workflow.submit_progress(
        row, by=people.reporter(HALL), at=at("2023-09-20 10:00"), version=0, content=content, ticks=[made]
    )
    assert not [i for i in owed_figures.items(plan, TODAY) if i.kind == "milestone"]


def ask_coordination(report, people, at, when="2023-08-30 10:00"):
    content = {"text": "做了。", "stage": "in_progress", "coordination": "请出具证明。"}
    row = report("15", "财务部")
    return workflow.submit_progress(
        row, by=people.reporter("财务部"), at=at(when), version=0, content=content, coordinate_with=room()
    )


def test_an_unanswered_request_is_urged_from_the_department_asked(plan, period, report, people, at):
    row = ask_coordination(report, people, at)
    [item] = [i for i in owed_figures.items(plan, TODAY) if i.kind == "coordination"]
    assert (item.department.name, item.limit, item.timing) == (HALL, "财务部请协调 8月30日", "已 23 天没有答复")
    workflow.answer_coordination(
        row.coordination_requests.get(), by=people.reporter(HALL), at=at("2023-09-20 10:00"), text="下周办。"
    )
    assert not [i for i in owed_figures.items(plan, TODAY) if i.kind == "coordination"]


def test_each_of_the_three_counts_its_own_urgings_and_is_told_to_the_department(plan, period, report, people, at):
    instruct(people, at, number="12")
    ask_coordination(report, people, at)
    workflow.propose_milestone(
        part("12"), by=people.office, at=at("2023-09-02 09:00"), name="主体完成", due_on=dt.date(2023, 9, 18)
    )
    kinds = ("instruction", "milestone", "coordination")
    items = [i for i in owed_figures.items(plan, TODAY, department=room()) if i.kind in kinds]
    assert [i.kind for i in items] == list(kinds)
    reminder_pages.urge(plan, room(), items, by=people.office, at=at("2023-09-22 09:00"))
    after = [i for i in owed_figures.items(plan, TODAY, department=room()) if i.kind in kinds]
    assert {(i.urged, i.urged_on) for i in after} == {(1, TODAY)}
    assert not any(i.urged for i in owed_figures.items(plan, TODAY, department=room()) if i.kind not in kinds)
    assert notice_of(plan).summary == (
        "第 12 项批示尚未回复，请抓紧；第 12 项节点尚未完成，已逾期，请抓紧完成；第 15 项协调事项尚未答复，请抓紧。"
    )
    text = Reminder.objects.get().text
    for said in (
        "领导批示，尚未回复：\n1. 第12项《优化环评流程》：陈向东批示 9月10日，已 12 天没有回复。",
        "已过时限，尚未完成的节点：\n1. 第12项《优化环评流程》：节点“主体完成”，时限 9月18日，已逾期 4 天。",
        "其他部室请协调，尚未答复：\n1. 第15项",
    ):
        assert said in text
    assert [n for _, n, _ in reminder_pages.recent(plan)] == [3]


def test_the_timed_job_leaves_what_has_no_date_to_the_office(plan, people, at, report):
    instruct(people, at)
    ask_coordination(report, people, at)
    assert {i.kind for i in reminder_pages.due_now(plan, TODAY)} == {"report"}


@pytest.mark.parametrize(
    ("days", "urgent", "ticked"), [(0, False, False), (7, False, False), (8, False, True), (0, True, True)]
)
def test_an_instruction_is_ticked_when_it_is_urgent_or_slow(plan, people, at, days, urgent, ticked):
    instruct(people, at, number="12", when=f"2023-09-{22 - days:02d} 09:00", is_urgent=urgent)
    [item] = owed_figures.items(plan, TODAY)
    assert item.is_pressing is ticked


# ── 记录 ──────────────────────────────────────────────────


def test_urging_is_recorded_on_the_department_and_every_measure(plan, period, people, at):
    made = urge(plan, people, at, numbers=["第7项", "第11项"], text="  请抓紧报送。\n谢谢。 ")
    assert (made.department.name, made.text, made.by, made.period) == (
        HALL,
        "请抓紧报送。\n谢谢。",
        people.office,
        period,
    )
    assert {a.measure.number for a in made.assignments.all()} == {"7", "11"}
    events = Event.objects.filter(action="remind")
    assert {e.measure.number for e in events} == {"7", "11"}
    for event in events:
        assert (event.label, event.by, event.at, event.period) == (
            "催办审批中心",
            people.office,
            at("2023-09-22 09:00"),
            period,
        )
        assert event.note == "9月进展未报，截止 9月25日，还有 3 天。"
        assert not event.is_public


def test_each_matter_counts_its_own_urgings(plan, period, people, at):
    """同一项既欠报送又过时限：催报送不算催时限。"""
    dated("11", due_on=dt.date(2023, 9, 1))
    items = [i for i in owed_figures.items(plan, TODAY, department=room()) if i.number == "第11项"]
    reminder_pages.urge(plan, room(), items[:1], "请报送。", by=people.office, at=at("2023-09-22 09:00"))
    after = {
        i.kind: (i.urged, i.urged_on)
        for i in owed_figures.items(plan, TODAY, department=room())
        if i.number == "第11项"
    }
    assert after == {"report": (1, TODAY), "due": (0, None)}


def test_an_urged_problem_is_recorded_on_the_problem(plan, people, at):
    problem = overdue_problem(plan, people, at)
    urge(plan, people, at)
    event = Event.objects.get(action="remind")
    assert (event.problem, event.department.name, event.note) == (
        problem,
        HALL,
        "尚未销号，整改期限 9月20日，已逾期 2 天。",
    )


@pytest.mark.parametrize("role", ["填报人", "领导", "管理员", "未登录"])
def test_only_the_office_urges(plan, period, people, at, role):
    by = {"填报人": people.reporter(HALL), "领导": people.leader("李华斌"), "管理员": people.admin, "未登录": nobody()}[
        role
    ]
    with pytest.raises(PermissionDenied):
        urge(plan, people, at, by=by)
    assert not Reminder.objects.exists()


@pytest.mark.parametrize("text", ["", " \r\n "])
def test_an_empty_text_is_refused(plan, period, people, at, text):
    items = owed_figures.items(plan, TODAY, department=room())
    with pytest.raises(workflow.Refused, match="催办语是空的"):
        workflow.send_reminder(
            plan, by=people.office, at=at("2023-09-22 09:00"), department=room(), keys=[i.key for i in items], text=text
        )


def test_what_was_reported_in_the_meantime_is_not_urged(plan, period, submitted, people, at):
    items = owed_figures.items(plan, TODAY, department=room())
    submitted("11", HALL)
    with pytest.raises(workflow.Refused, match="刚刚已经报送或办结"):
        reminder_pages.urge(plan, room(), items, "请抓紧。", by=people.office, at=at("2023-09-22 09:00"))
    assert not Reminder.objects.exists()


def test_the_same_words_are_recorded_once_a_day(plan, period, people, at):
    urge(plan, people, at)
    with pytest.raises(workflow.Refused, match="今天已经用同样的话催办过审批中心"):
        urge(plan, people, at, when="2023-09-22 09:01")
    urge(plan, people, at, when="2023-09-23 09:00")
    assert Reminder.objects.count() == 2


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_double_click_is_recorded_once(plan, period, people, at):
    items, office = owed_figures.items(plan, TODAY, department=room()), people.office
    call = partial(reminder_pages.urge, plan, room(), items, "请抓紧。", by=office, at=at("2023-09-22 09:00"))
    assert together(call, call).count("做成") == 1
    assert Reminder.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_urging_while_departments_report_never_locks_up(plan, period, report, people, at):
    """一边催办审批中心，一边它在报：不互锁；报在先的就不催，催在先的照报。"""
    items, office, own = owed_figures.items(plan, TODAY, department=room()), people.office, people.reporter(HALL)
    rows = [report(number, HALL) for number in ("2", "7", "11", "12")]
    calls = [
        partial(workflow.submit_progress, row, by=own, at=at("2023-09-22 09:00"), version=0, content={"text": "做了。"})
        for row in rows
    ]
    urge_all = partial(reminder_pages.urge, plan, room(), items, "请抓紧。", by=office, at=at("2023-09-22 09:00"))
    results = together(*calls[:2], urge_all, *calls[2:])
    assert results.count("做成") >= 4
    assert all(r == "做成" or "刚刚已经报送或办结" in r for r in results)


# ── 办公室提醒 ────────────────────────────────────────────


def notice_of(plan, today=TODAY):
    return reminder_pages.notice(plan, room(), owed_figures.items(plan, today, department=room()))


def test_the_department_sees_the_newest_urging_until_it_is_done(plan, period, submitted, people, at):
    assert notice_of(plan) is None
    urge(plan, people, at, numbers=["第2项"], when="2023-09-18 09:00")
    urge(plan, people, at, numbers=["第7项", "第11项", "第12项"], when="2023-09-20 09:00")
    notice = notice_of(plan)
    assert notice.summary == "第 7、11、12 项尚未报送，请于 9月25日前完成。"
    submitted("7", HALL, percent=60)
    assert notice_of(plan).summary == "第 11、12 项尚未报送，请于 9月25日前完成。"
    sent = submitted("11", HALL)
    submitted("12", HALL, percent=75)
    assert notice_of(plan) is None
    workflow.return_progress(sent, by=people.office, at=at("2023-09-22 09:00"), reason="补")
    assert notice_of(plan).summary == "第 11 项已退回、待修改，请于 9月25日前完成。"


def test_the_notice_says_what_is_late(plan, period, people, at):
    overdue_problem(plan, people, at)
    urge(plan, people, at, numbers=["第7项", "问题1号"], when="2023-09-21 09:00")
    assert notice_of(plan, dt.date(2023, 9, 26)).summary == (
        "第 7 项尚未报送，已逾期，请抓紧完成；问题1号尚未销号，已逾期，请抓紧完成。"
    )


# ── 邮件 ──────────────────────────────────────────────────


class Down(BaseEmailBackend):
    """连不上的邮件服务器。"""

    def open(self):
        raise ConnectionRefusedError("Connection refused")


class Picky(Memory):
    """不收某个地址的邮件服务器。"""

    def send_messages(self, messages):
        if messages[0].to == ["spzx@example.cn"]:
            raise smtplib.SMTPRecipientsRefused({"spzx@example.cn": (550, b"no such user")})
        return super().send_messages(messages)


class Drops(Memory):
    """发到一半断线。"""

    def send_messages(self, messages):
        raise smtplib.SMTPServerDisconnected("Connection unexpectedly closed")


@pytest.fixture
def mailed(settings, people, plan, period):
    """开了邮件；审批中心、财务部的填报人登记了邮箱。"""
    settings.EMAIL_ENABLED = True
    settings.SITE_URL = "https://duban.example.cn"
    for name, address in ((HALL, "spzx@example.cn"), ("财务部", "cwb@example.cn")):
        user = people.reporter(name)
        user.email = address
        user.save()
    return plan


def broken(settings, name):
    settings.EMAIL_BACKEND = f"tests.tasks.workflow.test_reminder.{name}"


def mended(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def test_one_digest_goes_to_each_reporter_who_has_an_address(mailed, people, at):
    people.reporter(HALL, 2)
    urge(mailed, people, at)
    urge(mailed, people, at, department="财务部")
    outcome = mail_papers.deliver(at=at("2023-09-22 09:00"))
    assert (outcome.sent, outcome.failed) == (2, 0)
    assert {tuple(m.to) for m in mail.outbox} == {("spzx@example.cn",), ("cwb@example.cn",)}
    message = mail.outbox[0]
    assert message.subject == "【营商环境督办】进展报送提醒（8 件）"
    assert message.body.startswith("请抓紧。\n")
    assert "https://duban.example.cn/" in message.body
    assert Delivery.objects.filter(status=D.SENT, attempts=1, error="").count() == 2


def test_nobody_gets_two_mails_in_a_day(mailed, people, at):
    urge(mailed, people, at)
    mail_papers.deliver(at=at("2023-09-22 09:00"))
    urge(mailed, people, at, when="2023-09-22 15:00", text="再催一次。")
    mail_papers.deliver(at=at("2023-09-22 15:00"))
    assert len(mail.outbox) == 1
    urge(mailed, people, at, when="2023-09-23 09:00")
    mail_papers.deliver(at=at("2023-09-23 09:00"))
    assert len(mail.outbox) == 2


def test_without_mail_nothing_is_queued(plan, period, people, at, settings):
    settings.EMAIL_ENABLED = False
    urge(plan, people, at)
    assert not Delivery.objects.exists()
    assert mail_papers.deliver(at=at("2023-09-22 09:00")).sent == 0


def test_a_server_that_is_down_is_recorded_and_tried_again(mailed, people, at, settings):
    broken(settings, "Down")
    urge(mailed, people, at)
    urge(mailed, people, at, department="财务部")
    assert mail_papers.deliver(at=at("2023-09-22 09:00")).failed == 2
    for delivery in Delivery.objects.all():
        assert (delivery.status, delivery.attempts, delivery.sent_at) == (D.FAILED, 1, None)
        assert delivery.error == "连不上邮件服务器（ConnectionRefusedError：Connection refused）"
    mended(settings)
    assert mail_papers.deliver(at=at("2023-09-22 10:00")).sent == 2
    assert set(Delivery.objects.values_list("status", "attempts", "error")) == {(D.SENT, 2, "")}
    assert mail_papers.deliver(at=at("2023-09-22 11:00")).sent == 0


def test_one_bad_address_does_not_stop_the_others(mailed, people, at, settings):
    broken(settings, "Picky")
    urge(mailed, people, at)
    urge(mailed, people, at, department="财务部")
    outcome = mail_papers.deliver(at=at("2023-09-22 09:00"))
    assert (outcome.sent, outcome.failed) == (1, 1)
    assert [m.to for m in mail.outbox] == [["cwb@example.cn"]]
    assert "SMTPRecipientsRefused" in Delivery.objects.get(status=D.FAILED).error


def test_a_connection_that_drops_is_not_tried_for_each_mail(mailed, people, at, settings):
    broken(settings, "Drops")
    urge(mailed, people, at)
    urge(mailed, people, at, department="财务部")
    assert mail_papers.deliver(at=at("2023-09-22 09:00")).failed == 2
    assert Delivery.objects.filter(status=D.FAILED).count() == 2


def test_a_retry_says_only_what_is_still_owed(mailed, submitted, people, at, settings):
    broken(settings, "Down")
    urge(mailed, people, at, numbers=["第7项", "第11项"])
    mail_papers.deliver(at=at("2023-09-22 09:00"))
    submitted("11", HALL, when="2023-09-22 10:00")
    mended(settings)
    mail_papers.deliver(at=at("2023-09-22 11:00"))
    [message] = mail.outbox
    assert "第7项" in message.body
    assert "第11项" not in message.body


@pytest.mark.parametrize("how", ["报送", "办结", "终止"])
def test_a_retry_is_dropped_when_nothing_is_owed_any_more(mailed, submitted, people, at, settings, how):
    broken(settings, "Down")
    urge(mailed, people, at, numbers=["第11项"])
    mail_papers.deliver(at=at("2023-09-22 09:00"))
    if how == "报送":
        submitted("11", HALL, when="2023-09-22 10:00")
    elif how == "办结":
        complete(people, at, part("11"), when="2023-09-22 10:00")
    else:
        Assignment.objects.filter(measure__number="11").update(ended_in=mailed.revision)
    mended(settings)
    outcome = mail_papers.deliver(at=at("2023-09-22 11:00"))
    assert (outcome.sent, outcome.needless, mail.outbox) == (0, 1, [])
    assert Delivery.objects.get().error == "不用再发：所催各项都已办了。"


def test_what_failed_yesterday_goes_out_today_once(mailed, people, at, settings):
    broken(settings, "Down")
    urge(mailed, people, at)
    mail_papers.deliver(at=at("2023-09-22 09:00"))
    mended(settings)
    for hour in (9, 10):
        mail_papers.deliver(at=at(f"2023-09-23 {hour:02d}:00"))
    assert len(mail.outbox) == 1
    old, new = Delivery.objects.order_by("day")
    assert (old.status, old.error) == (D.FAILED, "当天没有发出，并入9月23日的汇总。")
    assert (new.status, list(new.reminders.all())) == (D.SENT, list(old.reminders.all()))


def test_yesterdays_failure_and_todays_urging_are_one_mail(mailed, people, at, settings):
    broken(settings, "Down")
    urge(mailed, people, at)
    mail_papers.deliver(at=at("2023-09-22 09:00"))
    mended(settings)
    urge(mailed, people, at, when="2023-09-23 09:00", text="今天再催。")
    mail_papers.deliver(at=at("2023-09-23 09:00"))
    [message] = mail.outbox
    assert message.body.startswith("今天再催。")
    mail_papers.deliver(at=at("2023-09-23 10:00"))
    assert len(mail.outbox) == 1


def test_what_need_not_be_sent_is_not_carried_from_day_to_day(mailed, submitted, people, at, settings):
    broken(settings, "Down")
    urge(mailed, people, at, numbers=["第11项"])
    mail_papers.deliver(at=at("2023-09-22 09:00"))
    submitted("11", HALL, when="2023-09-22 10:00")
    mended(settings)
    for day in (23, 24, 25):
        mail_papers.deliver(at=at(f"2023-09-{day} 09:00"))
    assert Delivery.objects.count() == 2
    assert mail.outbox == []


def test_who_left_gets_no_mail(mailed, people, at):
    urge(mailed, people, at)
    User.objects.filter(email="spzx@example.cn").update(is_active=False)
    assert mail_papers.deliver(at=at("2023-09-22 09:00")).needless == 1
    assert mail.outbox == []


def test_a_mail_whose_sending_broke_off_is_not_sent_again_that_day(mailed, people, at):
    """进程在发信时断了：发没发出不得而知，当天不重发。"""
    urge(mailed, people, at)
    delivery = Delivery.objects.get()
    workflow.reminder.claim_mail(delivery, text="请抓紧。")
    urge(mailed, people, at, when="2023-09-22 15:00", text="再催一次。")
    mail_papers.deliver(at=at("2023-09-22 15:00"))
    assert mail.outbox == []
    assert Delivery.objects.get().text == "请抓紧。"


def test_a_mail_of_unknown_fate_is_told_and_sent_again_when_asked(mailed, people, at, settings):
    urge(mailed, people, at)
    workflow.reminder.claim_mail(Delivery.objects.get(), text="请抓紧。")
    said = io.StringIO()
    call_command("remind", stdout=said)
    assert "发没发出不知道" in said.getvalue() and "remind --resend" in said.getvalue()
    assert [m.to for m in mail.outbox].count(["spzx@example.cn"]) == 0
    call_command("remind", "--resend", stdout=said)
    assert [m.to for m in mail.outbox].count(["spzx@example.cn"]) == 1
    assert not Delivery.objects.of_unknown_fate().exists()


def test_people_who_share_a_mailbox_get_one_copy(mailed, people, at):
    User.objects.filter(email="cwb@example.cn").update(email="SPZX@example.cn")
    urge(mailed, people, at)
    urge(mailed, people, at, department="财务部", text="财务部请抓紧。")
    outcome = mail_papers.deliver(at=at("2023-09-22 09:00"))
    [message] = mail.outbox
    assert (outcome.sent, len(message.to)) == (1, 1)
    assert "请抓紧。" in message.body and "财务部请抓紧。" in message.body
    assert set(Delivery.objects.values_list("status", flat=True)) == {D.SENT}


def test_a_mail_says_that_a_machine_wrote_it(mailed, people, at):
    urge(mailed, people, at)
    mail_papers.deliver(at=at("2023-09-22 09:00"))
    assert mail.outbox[0].message()["Auto-Submitted"] == "auto-generated"


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_senders_at_once_send_one_mail(mailed, people, at):
    urge(mailed, people, at)
    send = partial(mail_papers.deliver, at=at("2023-09-22 09:00"))
    together(send, send, send)
    assert len(mail.outbox) == 1
    assert Delivery.objects.get().attempts == 1


def test_a_queued_mail_is_not_queued_again_while_it_waits(mailed, people, at):
    made = urge(mailed, people, at)
    queue_mail(made, day=TODAY, subject="新的主题")
    assert Delivery.objects.get().subject == "新的主题"


# ── 定时任务 ──────────────────────────────────────────────


def days_of_turns(plan, people, at, first, last, **options):
    """从某天到某天每天跑一次，返回催了的日子。"""
    days, day = [], first
    while day <= last:
        for department, items in owed_figures.by_department(reminder_pages.due_now(plan, day, **options)):
            reminder_pages.urge(plan, department, items, by=None, at=at(f"{day} 08:00"))
            days.append(day)
        day += dt.timedelta(days=1)
    return sorted(set(days))


def test_a_report_is_urged_three_days_and_one_day_before_then_weekly_after(plan, period, people, at):
    days = days_of_turns(plan, people, at, dt.date(2023, 9, 18), dt.date(2023, 10, 5))
    assert [(d.month, d.day) for d in days] == [(9, 22), (9, 24), (9, 26), (10, 3)]


def test_a_due_date_is_urged_when_it_comes_near_too(plan, people, at):
    dated("11", due_on=dt.date(2023, 10, 31))
    days = days_of_turns(plan, people, at, dt.date(2023, 9, 20), dt.date(2023, 11, 10))
    assert [(d.month, d.day) for d in days] == [(10, 1), (10, 28), (10, 30), (11, 1), (11, 8)]


def test_a_run_that_was_missed_is_made_up_the_next_day(plan, period, people, at):
    days = days_of_turns(plan, people, at, dt.date(2023, 9, 23), dt.date(2023, 9, 25))
    assert [d.day for d in days] == [23, 24]


def test_who_was_urged_by_hand_that_day_is_not_urged_again(plan, period, people, at):
    urge(plan, people, at)
    assert HALL not in {i.department.name for i in reminder_pages.due_now(plan, TODAY)}


@pytest.mark.parametrize(
    ("today", "options", "found"),
    [
        (dt.date(2023, 9, 20), {"before": (5,), "after": False, "is_default": False}, True),
        (dt.date(2023, 9, 19), {"before": (5,), "after": False, "is_default": False}, False),
        (dt.date(2023, 9, 26), {"before": (5,), "after": False, "is_default": False}, False),
        (dt.date(2023, 9, 26), {"before": (), "after": True, "is_default": False}, True),
        (dt.date(2023, 9, 24), {"before": (), "after": True, "is_default": False}, False),
    ],
)
def test_before_and_after_can_be_chosen(plan, period, today, options, found):
    assert bool(reminder_pages.due_now(plan, today, **options)) is found


def run(*args) -> str:
    out = io.StringIO()
    assert call_command("remind", *args, stdout=out) is None
    return out.getvalue()


def test_the_command_says_what_it_did_and_does_it_once_a_day(plan, period):
    said = run()
    assert "已催办审批中心 8 件：第2项《全面放宽市场准入条件》还有 3 天；" in said
    assert "没有设置 EMAIL_URL，不发邮件" in said
    assert Reminder.objects.count() == 9
    assert {(r.by, e.label) for r in Reminder.objects.all() for e in Event.objects.filter(measure__number="17")} == {
        (None, "自动催办纪工委")
    }
    assert run().startswith("没有要催的。")
    assert Reminder.objects.count() == 9


def test_the_command_sends_and_retries_mail(mailed, settings):
    broken(settings, "Down")
    assert "邮件：发出 0 封，没发出 2 封，不用再发 0 封。" in run()
    mended(settings)
    assert run() == "没有要催的。\n邮件：发出 2 封，没发出 0 封，不用再发 0 封。\n"
    assert run() == "没有要催的。\n邮件：发出 0 封，没发出 0 封，不用再发 0 封。\n"
    assert len(mail.outbox) == 2


def test_the_command_takes_days(plan, period):
    assert "没有要催的。" in run("--before", "2", "1")
    assert "没有要催的。" in run("--after")
    assert "已催办" in run("--before", "3", "--after")


def test_the_command_without_a_plan_has_nothing_to_do(db):
    assert run() == "还没有在办的方案，没有要催的。\n"
