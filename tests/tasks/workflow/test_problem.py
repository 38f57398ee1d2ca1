"""问题台账的流程：每个状态 × 动作 × 角色有写下的预期；挂账、整改、申请、核验、调整、提请；汇总的数；谁看得到。"""

import datetime as dt
import threading
from functools import partial

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from departments.models import Department
from tasks import workflow
from tasks.figures import problem as problem_figures
from tasks.figures.problem import Figures, ProblemRow
from tasks.forms import ProblemFilterForm
from tasks.models import Attachment, Event, Measure, Problem
from tasks.models.event import EventQuerySet
from tasks.pages import home as home_pages
from tasks.pages import problem as problem_pages
from tasks.rules import evidence
from tests.tasks.expectations import nobody, outcome, read

pytestmark = pytest.mark.django_db
P = Problem.Status
HALL, MONEY = "审批中心", "财务部"
TODAY = dt.date(2023, 9, 22)

TABLE = read("""
对象    动作             状态    本部室 别部室 办公室 领导 管理员 未登录
problem note_problem     open    可     禁     禁     禁   禁     禁
problem note_problem     applied 拒     禁     禁     禁   禁     禁
problem note_problem     settled 拒     禁     禁     禁   禁     禁
problem note_problem     dropped 拒     禁     禁     禁   禁     禁
problem apply_problem    open    可     禁     禁     禁   禁     禁
problem apply_problem    applied 拒     禁     禁     禁   禁     禁
problem apply_problem    settled 拒     禁     禁     禁   禁     禁
problem apply_problem    dropped 拒     禁     禁     禁   禁     禁
problem withdraw_problem open    拒     禁     禁     禁   禁     禁
problem withdraw_problem applied 可     禁     禁     禁   禁     禁
problem withdraw_problem settled 拒     禁     禁     禁   禁     禁
problem withdraw_problem dropped 拒     禁     禁     禁   禁     禁
problem settle_problem   open    禁     禁     拒     禁   禁     禁
problem settle_problem   applied 禁     禁     可     禁   禁     禁
problem settle_problem   settled 禁     禁     拒     禁   禁     禁
problem settle_problem   dropped 禁     禁     拒     禁   禁     禁
problem return_problem   open    禁     禁     拒     禁   禁     禁
problem return_problem   applied 禁     禁     可     禁   禁     禁
problem return_problem   settled 禁     禁     拒     禁   禁     禁
problem return_problem   dropped 禁     禁     拒     禁   禁     禁
problem amend_problem    open    禁     禁     可     禁   禁     禁
problem amend_problem    applied 禁     禁     拒     禁   禁     禁
problem amend_problem    settled 禁     禁     拒     禁   禁     禁
problem amend_problem    dropped 禁     禁     拒     禁   禁     禁
problem amend_applied    open    禁     禁     拒     禁   禁     禁
problem amend_applied    applied 禁     禁     可     禁   禁     禁
problem amend_applied    settled 禁     禁     拒     禁   禁     禁
problem amend_applied    dropped 禁     禁     拒     禁   禁     禁
problem reword_problem   open    禁     禁     可     禁   禁     禁
problem reword_problem   applied 禁     禁     拒     禁   禁     禁
problem reword_problem   settled 禁     禁     拒     禁   禁     禁
problem reword_problem   dropped 禁     禁     拒     禁   禁     禁
problem reword_applied   open    禁     禁     拒     禁   禁     禁
problem reword_applied   applied 禁     禁     可     禁   禁     禁
problem reword_applied   settled 禁     禁     拒     禁   禁     禁
problem reword_applied   dropped 禁     禁     拒     禁   禁     禁
problem escalate_problem open    禁     禁     可     禁   禁     禁
problem escalate_problem applied 禁     禁     拒     禁   禁     禁
problem escalate_problem settled 禁     禁     拒     禁   禁     禁
problem escalate_problem dropped 禁     禁     拒     禁   禁     禁
problem drop_problem     open    禁     禁     可     禁   禁     禁
problem drop_problem     applied 禁     禁     可     禁   禁     禁
problem drop_problem     settled 禁     禁     拒     禁   禁     禁
problem drop_problem     dropped 禁     禁     拒     禁   禁     禁
""")
EVENTS = {
    "open_problem": ["problem_open"],
    "note_problem": ["problem_note"],
    "apply_problem": ["problem_note", "problem_apply"],
    "withdraw_problem": ["problem_withdraw"],
    "settle_problem": ["problem_settle"],
    "return_problem": ["problem_return"],
    "amend_problem": ["problem_amend"],
    "escalate_problem": ["problem_escalate"],
    "reword_problem": ["problem_reword"],
    "drop_problem": ["problem_drop"],
    "add_inspection": ["inspection_add"],
}
BY_REPORTER = {"note_problem", "apply_problem", "withdraw_problem"}


def amended(problem, **changes):
    """调整要交的四样：没有写的照旧。"""
    same = {name: getattr(problem, name) for name in ("category", "level", "department", "due_on")}
    return same | changes


CALLS = {
    "note_problem": lambda p, **who: workflow.note_problem(p, **who, text="又办了一步。"),
    "apply_problem": lambda p, **who: workflow.apply_problem(p, **who, text="已经到货。"),
    "withdraw_problem": workflow.withdraw_problem,
    "settle_problem": workflow.settle_problem,
    "return_problem": lambda p, **who: workflow.return_problem(p, **who, reason="没有改到位。"),
    "amend_problem": lambda p, **who: workflow.amend_problem(
        p, **who, reason="分错了", **amended(p, category="policy")
    ),
    "escalate_problem": lambda p, **who: workflow.escalate_problem(p, **who, reason="跨部门，部室解决不了"),
}
CALLS["reword_problem"] = lambda p, **who: workflow.reword_problem(p, **who, title="改过的题", text=p.text)
CALLS["drop_problem"] = lambda p, **who: workflow.drop_problem(p, **who, reason="与另一件重复。")
CALLS["amend_applied"] = CALLS["amend_problem"]
CALLS["reword_applied"] = CALLS["reword_problem"]


@pytest.fixture
def users(people):
    return {
        "本部室": people.reporter(HALL),
        "别部室": people.reporter(MONEY),
        "办公室": people.office,
        "领导": people.leader("李华斌"),
        "管理员": people.admin,
        "未登录": nobody(),
    }


@pytest.fixture
def listed(plan, people, at):
    """挂一件账：listed(due_on=…, department="财务部")。默认第 7 项、审批中心、9 月 28 日。"""

    def make(when="2023-09-01 09:00", *, number="7", department=HALL, title="设备没有到货", **extra):
        fields = {
            "text": "供货方没有答复。",
            "category": "approval",
            "level": "department",
            "due_on": dt.date(2023, 9, 28),
        }
        return workflow.open_problem(
            plan, by=people.office, at=at(when), title=title, department=Department.objects.get(name=department),
            measure=Measure.objects.get(number=number) if number else None, **fields | extra,
        )  # fmt: skip

    return make


@pytest.fixture
def problem_in(listed, people, at):
    """取一件处于某状态的问题，已有一条整改记录。"""

    def make(status, **extra):
        problem, hall = listed(**extra), people.reporter(HALL)
        workflow.note_problem(problem, by=hall, at=at("2023-09-05 10:00"), text="已催供货方。")
        if status == P.DROPPED:
            return workflow.drop_problem(problem, by=people.office, at=at("2023-09-06 10:00"), reason="重复。")
        if status != P.OPEN:
            problem = workflow.apply_problem(problem, by=hall, at=at("2023-09-06 10:00"), text="已到货。")
        if status == P.SETTLED:
            return workflow.settle_problem(problem, by=people.office, at=at("2023-09-07 10:00"))
        return Problem.objects.get(pk=problem.pk)

    return make


@pytest.fixture
def troubled(submitted):
    """一条写了存在问题的报送（第 16 项，财务部）。"""

    def make(**content):
        return submitted("16", MONEY, **{"problems": "历史沿革资料不全。年内完不成。", **content})

    return make


# ── 一、流程表 ────────────────────────────────────────────


@pytest.mark.parametrize("status", P.values)
def test_buttons_shown_are_exactly_the_moves_that_are_expected(status, problem_in, users):
    problem = problem_in(status)
    for role, user in users.items():
        expected = [action for (_, action, s), cells in TABLE.items() if s == status and cells[role] == "可"]
        assert workflow.allowed_actions(user, problem) == expected, role


def is_done_by_the_other_amendment(action, status) -> bool:
    """调整、更正文字各只有一个动词，自己分辨“整改中”与“申请销号”：表里是两行，做的是一件事。"""
    both = ("amend", "reword")
    return (action, status) in {(f"{v}_problem", "applied") for v in both} | {(f"{v}_applied", "open") for v in both}


MOVES = [key[1:] for key in TABLE if not is_done_by_the_other_amendment(*key[1:])]


@pytest.mark.parametrize(("action", "status"), MOVES)
def test_every_verb_does_refuses_or_forbids_as_written(action, status, problem_in, users, at):
    problem = problem_in(status)
    found = {role: outcome(CALLS[action], problem, user, at("2023-09-21 09:00")) for role, user in users.items()}
    assert found == TABLE["problem", action, status]


# ── 二、每个动词记什么 ────────────────────────────────────


@pytest.fixture
def ready(plan, people, at, problem_in):
    """某个动词可做的场合，返回“去做”的函数；换个人做：do(by=…)。"""

    def prepare(verb):
        who = {"by": people.reporter(HALL) if verb in BY_REPORTER else people.office, "at": at("2023-09-21 09:00")}
        if verb == "open_problem":
            fields = {"title": "题", "text": "情况", "category": "other", "level": "group", "due_on": TODAY}
            room = Department.objects.get(name=HALL)
            return partial(workflow.open_problem, plan, **who, **fields, department=room)
        if verb == "add_inspection":
            seen = {"held_on": dt.date(2023, 9, 20), "inspectors": "办公室", "place": "大厅", "findings": "有序"}
            return partial(workflow.add_inspection, plan, **who, **seen, measures=Measure.objects.filter(number="7"))
        return partial(CALLS[verb], problem_in(workflow.STEPS["problem"][verb].sources[0]), **who)

    return prepare


@pytest.mark.parametrize(("verb", "actions"), EVENTS.items())
def test_a_verb_writes_its_event_with_who_when_and_what(verb, actions, ready, people, at):
    do = ready(verb)
    known = set(Event.objects.values_list("pk", flat=True))
    do()
    made = Event.objects.exclude(pk__in=known)
    assert [e.action for e in made.order_by("pk")] == actions
    event = made.latest("pk")
    assert event.by == (people.reporter(HALL) if verb in BY_REPORTER else people.office)
    assert (event.at, bool(event.label), bool(event.plan_id)) == (at("2023-09-21 09:00"), True, True)
    if verb != "add_inspection":
        assert (event.problem_id, event.department.name, event.is_public) == (Problem.objects.get().pk, HALL, False)


@pytest.mark.parametrize("verb", EVENTS)
def test_when_the_event_cannot_be_written_nothing_else_is(verb, ready, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("写不进去")

    do = ready(verb)
    before = list(Problem.objects.values()), Attachment.objects.count(), Event.objects.count()
    monkeypatch.setattr(EventQuerySet, "create", broken)
    with pytest.raises(RuntimeError, match="写不进去"):
        do()
    assert (list(Problem.objects.values()), Attachment.objects.count(), Event.objects.count()) == before


@pytest.mark.parametrize("verb", EVENTS)
def test_the_administrator_and_the_leader_do_none_of_it(verb, ready, people):
    do = ready(verb)
    before = list(Problem.objects.values())
    for user in (people.admin, people.leader("李华斌")):
        with pytest.raises(PermissionDenied):
            do(by=user)
    assert list(Problem.objects.values()) == before


# ── 三、挂账 ──────────────────────────────────────────────


def test_numbers_run_on_within_a_plan(listed):
    assert [listed().number for _ in range(3)] == [1, 2, 3]


def test_a_report_becomes_a_problem_once_with_its_measure_and_assignment(troubled, listed, plan, people, at):
    report = troubled()
    problem = listed(number=None, department=HALL, progress=report)
    assert (problem.progress, problem.measure.number, problem.assignment) == (report, "16", report.assignment)
    assert problem.department.name == HALL, "责任部室可以不是报送的部室"
    with pytest.raises(workflow.Refused, match="已经列入问题台账（问题1号），不用重复列入。"):
        listed(number=None, progress=report)
    assert Problem.objects.count() == 1


def test_the_database_itself_refuses_a_second_problem_from_one_report(troubled, listed):
    report = troubled()
    problem = listed(number=None, progress=report)
    problem.pk, problem.number = None, 99
    with pytest.raises(IntegrityError), transaction.atomic():
        problem.save(force_insert=True)


@pytest.mark.parametrize("case", ["没有写问题", "退回了", "撤回了"])
def test_a_report_that_says_no_trouble_or_was_sent_back_cannot_be_listed(case, troubled, listed, people, at):
    report = troubled(problems="" if case == "没有写问题" else "资料不全。")
    if case == "退回了":
        report = workflow.return_progress(report, by=people.office, at=at("2023-09-21 09:00"), reason="请补充。")
    if case == "撤回了":
        report = workflow.withdraw_progress(report, by=people.reporter(MONEY), at=at("2023-09-21 09:00"))
    with pytest.raises(workflow.Refused, match="不能列入问题台账"):
        listed(number=None, progress=report)
    assert not Problem.objects.exists()


def test_a_report_with_only_a_coordination_matter_can_be_listed(troubled, listed):
    report = troubled(problems="", coordination="请规划建设部提供红线图。")
    assert listed(number=None, progress=report).progress == report


def test_a_corrected_report_is_listed_from_the_correction(troubled, listed, people, at):
    report = workflow.approve_progress(troubled(), by=people.office, at=at("2023-09-21 09:00"))
    copy = workflow.correct_progress(report, by=people.reporter(MONEY), at=at("2023-09-21 10:00"))
    content = {"text": "更正后的进展。", "problems": "资料仍不全。"}
    copy = workflow.submit_progress(
        copy, by=people.reporter(MONEY), at=at("2023-09-21 11:00"), version=0, content=content
    )
    copy = workflow.approve_progress(copy, by=people.office, at=at("2023-09-21 12:00"))
    with pytest.raises(workflow.Refused, match="更正后的那条"):
        listed(number=None, progress=report)
    assert listed(number=None, progress=copy).progress == copy


def test_without_a_plan_in_force_nothing_is_listed(people, at):
    fields = {"title": "题", "text": "情况", "category": "other", "level": "group", "due_on": TODAY}
    with pytest.raises(workflow.Refused, match="还没有现行方案"):
        workflow.open_problem(None, by=people.office, at=at("2023-09-21 09:00"), **fields, department=None)


# ── 四、整改与申请销号 ────────────────────────────────────


def a_file(name="照片.pdf"):
    return evidence.Checked(ContentFile(b"%PDF-1", "x"), name, "application/pdf", 6, "0" * 64)


def test_a_note_keeps_who_when_and_its_files(listed, people, at):
    problem, hall = listed(), people.reporter(HALL)
    note = workflow.note_problem(
        problem, by=hall, at=at("2023-09-05 10:00"), text=" 已催 ", uploads=[a_file(), a_file()]
    )
    assert (note.text, note.by, note.at) == ("已催", hall, at("2023-09-05 10:00"))
    assert [f.name for f in note.attachments.all()] == ["照片.pdf", "照片.pdf"]


@pytest.mark.parametrize("text", ["", "  ", "\n"])
def test_an_empty_note_is_refused(listed, people, at, text):
    problem = listed()
    with pytest.raises(workflow.Refused, match="请写明做了什么"):
        workflow.note_problem(problem, by=people.reporter(HALL), at=at("2023-09-05 10:00"), text=text)
    assert not problem.notes.exists()


@pytest.mark.parametrize("text", ["", " \n"])
def test_settling_is_not_asked_without_saying_how_it_ended(listed, people, at, text):
    """以前记的可能只是打算（“承诺下月到货”），不能凭它申请销号。"""
    problem, hall = listed(), people.reporter(HALL)
    workflow.note_problem(problem, by=hall, at=at("2023-09-04 10:00"), text="供货方承诺10月到货。")
    with pytest.raises(workflow.Refused, match="申请销号请写明整改结果"):
        workflow.apply_problem(problem, by=hall, at=at("2023-09-05 10:00"), text=text)
    problem.refresh_from_db()
    assert (problem.status, problem.notes.count()) == (P.OPEN, 1)


def test_an_application_is_taken_back_before_it_is_verified(problem_in, people, at):
    problem, hall = problem_in(P.APPLIED), people.reporter(HALL)
    problem = workflow.withdraw_problem(problem, by=hall, at=at("2023-09-06 15:00"))
    assert (problem.status, problem.applied_at, problem.notes.count()) == (P.OPEN, None, 2)
    again = workflow.apply_problem(problem, by=hall, at=at("2023-09-07 10:00"), text="补齐了材料。")
    assert (again.status, again.applied_at) == (P.APPLIED, at("2023-09-07 10:00"))


def test_the_last_note_may_be_written_with_the_application(listed, people, at):
    problem = workflow.apply_problem(
        listed(), by=people.reporter(HALL), at=at("2023-09-05 10:00"), text="设备已到。", uploads=[a_file()]
    )
    assert (problem.status, problem.applied_at) == (P.APPLIED, at("2023-09-05 10:00"))
    assert problem.notes.get().attachments.count() == 1
    assert [e.action for e in problem.events.order_by("pk")] == ["problem_open", "problem_note", "problem_apply"]


def test_after_a_return_something_new_must_be_written_before_asking_again(problem_in, people, at):
    problem, hall = problem_in(P.APPLIED), people.reporter(HALL)
    problem = workflow.return_problem(problem, by=people.office, at=at("2023-09-08 10:00"), reason="没有改到位。")
    assert (problem.status, problem.applied_at, problem.return_reason, problem.times_returned) == (
        P.OPEN,
        None,
        "没有改到位。",
        1,
    )
    with pytest.raises(workflow.Refused, match="申请销号请写明整改结果"):
        workflow.apply_problem(problem, by=hall, at=at("2023-09-09 10:00"), text="")
    assert workflow.apply_problem(problem, by=hall, at=at("2023-09-09 10:00"), text="已换新设备。").status == P.APPLIED


def test_a_return_needs_a_reason(problem_in, people, at):
    problem = problem_in(P.APPLIED)
    with pytest.raises(workflow.Refused, match="退回必须写明意见"):
        workflow.return_problem(problem, by=people.office, at=at("2023-09-08 10:00"), reason="  ")
    problem.refresh_from_db()
    assert problem.status == P.APPLIED


def test_settling_keeps_who_and_when_and_is_marked_when_it_is_a_self_review(problem_in, people, at):
    problem = problem_in(P.APPLIED)
    problem = workflow.settle_problem(problem, by=people.office_in_hall, at=at("2023-09-08 10:00"), note=" 现场看过。 ")
    assert (problem.status, problem.settled_by, problem.settled_at) == (
        P.SETTLED,
        people.office_in_hall,
        at("2023-09-08 10:00"),
    )
    event = problem.events.get(action="problem_settle")
    assert (event.note, event.is_self_review) == ("现场看过。", True)
    assert not problem.events.exclude(pk=event.pk).filter(is_self_review=True).exists()


# ── 五、调整与提请 ────────────────────────────────────────


def test_only_the_verdict_is_a_self_review_not_the_listing_or_an_amendment(plan, people, at):
    """自审说的是自己核验自己的；本部室的人列入、调整本部室的问题，不标。"""
    mine, room = people.office_in_hall, Department.objects.get(name=HALL)
    fields = {"category": "policy", "level": "department", "department": room}
    problem = workflow.open_problem(
        plan, by=mine, at=at("2023-09-02 09:00"), title="题", text="事", due_on=dt.date(2023, 9, 20), **fields
    )
    workflow.amend_problem(
        problem, by=mine, at=at("2023-09-03 09:00"), reason="等文件", due_on=dt.date(2023, 9, 30), **fields
    )
    workflow.drop_problem(problem, by=mine, at=at("2023-09-04 09:00"), reason="列错了")
    marks = dict(Event.objects.filter(problem=problem).values_list("action", "is_self_review"))
    assert marks == {"problem_open": False, "problem_amend": False, "problem_drop": True}


def test_an_amendment_records_before_and_after_with_the_reason(listed, people, at):
    problem = listed()
    wanted = amended(
        problem, category="factors", department=Department.objects.get(name=MONEY), due_on=dt.date(2023, 10, 8)
    )
    done = workflow.amend_problem(problem, by=people.office, at=at("2023-09-03 09:00"), reason="由出资方解决", **wanted)
    assert (done.category, done.department.name, done.due_on) == ("factors", MONEY, dt.date(2023, 10, 8))
    event = done.events.get(action="problem_amend")
    assert event.data == {
        "category": ["审批服务", "要素保障"],
        "department": [HALL, MONEY],
        "due_on": ["2023年9月28日", "2023年10月8日"],
        "reason": "由出资方解决",
    }
    assert (
        event.note
        == "分类：审批服务→要素保障；责任部室：审批中心→财务部；整改期限：2023年9月28日→2023年10月8日。理由：由出资方解决"
    )


def test_an_amendment_without_a_change_or_a_reason_is_refused(listed, people, at):
    problem = listed()
    who = {"by": people.office, "at": at("2023-09-03 09:00")}
    with pytest.raises(workflow.Refused, match="没有改动"):
        workflow.amend_problem(problem, **who, reason="看看", **amended(problem))
    with pytest.raises(workflow.Refused, match="调整必须写明理由"):
        workflow.amend_problem(problem, **who, reason=" ", **amended(problem, category="policy"))


def test_the_department_cannot_be_changed_under_an_application(problem_in, people, at):
    problem = problem_in(P.APPLIED)
    wanted = amended(problem, department=Department.objects.get(name=MONEY))
    with pytest.raises(workflow.Refused, match="要换责任部室请先核验退回"):
        workflow.amend_problem(problem, by=people.office, at=at("2023-09-08 10:00"), reason="换人", **wanted)
    problem.refresh_from_db()
    assert problem.department.name == HALL


def test_a_new_department_must_write_its_own_note_before_asking(problem_in, people, at):
    problem, money = problem_in(P.OPEN), Department.objects.get(name=MONEY)
    problem = workflow.amend_problem(
        problem, by=people.office, at=at("2023-09-06 09:00"), reason="换人", **amended(problem, department=money)
    )
    with pytest.raises(PermissionDenied):
        workflow.apply_problem(problem, by=people.reporter(HALL), at=at("2023-09-07 09:00"), text="办好了。")
    with pytest.raises(workflow.Refused, match="申请销号请写明整改结果"):
        workflow.apply_problem(problem, by=people.reporter(MONEY), at=at("2023-09-07 09:00"), text="")


def test_a_problem_goes_to_the_leading_group_once_and_with_a_reason(listed, people, at):
    who = {"by": people.office, "at": at("2023-09-03 09:00")}
    problem = listed()
    with pytest.raises(workflow.Refused, match="必须写明理由"):
        workflow.escalate_problem(problem, **who, reason="")
    problem = workflow.escalate_problem(problem, **who, reason="跨部门")
    assert (problem.level, problem.status) == ("group", P.OPEN)
    with pytest.raises(workflow.Refused, match="已经在提请领导小组研究的清单上"):
        workflow.escalate_problem(problem, **who, reason="再提一次")
    assert problem.events.filter(action="problem_escalate").count() == 1


# ── 六、谁看得到 ──────────────────────────────────────────


def seen_by(user, problem) -> bool:
    return Problem.objects.visible_to(user).filter(pk=problem.pk).exists()


def test_a_problem_is_seen_by_its_department_and_the_reporting_one(troubled, listed, people):
    problem = listed(number=None, department=HALL, progress=troubled())
    for user in (people.reporter(HALL), people.reporter(MONEY), people.office, people.admin, people.leader("陈向东")):
        assert seen_by(user, problem)
    for user in (people.reporter("规划建设部"), nobody()):
        assert not seen_by(user, problem)


def test_when_the_department_changes_the_old_one_loses_the_problem_its_events_and_its_files(problem_in, people, at):
    problem = problem_in(P.OPEN)
    workflow.note_problem(
        problem, by=people.reporter(HALL), at=at("2023-09-06 08:00"), text="附图。", uploads=[a_file()]
    )
    file, hall, money = Attachment.objects.get(), people.reporter(HALL), people.reporter(MONEY)
    assert Attachment.objects.visible_to(hall).filter(pk=file.pk).exists()
    assert not Attachment.objects.visible_to(money).exists()
    wanted = amended(problem, department=money.department)
    workflow.amend_problem(problem, by=people.office, at=at("2023-09-06 09:00"), reason="换人", **wanted)
    assert not seen_by(hall, problem)
    assert not Attachment.objects.visible_to(hall).exists()
    assert not Event.objects.visible_to(hall).filter(problem=problem).exists()
    assert Attachment.objects.visible_to(money).filter(pk=file.pk).exists()
    assert Event.objects.visible_to(money).filter(problem=problem).count() == problem.events.count()


# ── 七、办结与灯之外：没有销号的问题拦着办结 ──────────────


def test_an_unsettled_problem_of_the_same_department_blocks_completion(problem_in, submitted, people, at):
    problem = problem_in(P.OPEN, number="12", title="分工不明确")
    report = submitted("12", HALL, percent=100, stage="completed")
    blockers = workflow.what_blocks_completion(report.assignment, report)
    assert blockers == ["问题1号“分工不明确”还没有销号（整改中）。"]
    with pytest.raises(workflow.Refused, match="分工不明确"):
        workflow.approve_progress(report, by=people.office, at=at("2023-09-21 09:00"))
    workflow.apply_problem(problem, by=people.reporter(HALL), at=at("2023-09-21 10:00"), text="办好了。")
    workflow.settle_problem(problem, by=people.office, at=at("2023-09-21 11:00"))
    workflow.approve_progress(report, by=people.office, at=at("2023-09-21 12:00"))
    assert report.assignment.completions.in_force().exists()


@pytest.mark.parametrize(("number", "department"), [("12", MONEY), ("7", HALL)])
def test_a_problem_of_another_department_or_measure_does_not(number, department, listed, submitted):
    listed(number=number, department=department)
    report = submitted("12", HALL, percent=100, stage="completed")
    assert workflow.what_blocks_completion(report.assignment, report) == []


# ── 八、汇总的数 ──────────────────────────────────────────


@pytest.fixture
def history(listed, people, at):
    """七种情形各一件：逾期、今天到期、本周日、下周一、已申请、今年销号两件、去年销号一件。"""

    def settled(when, done, **extra):
        problem = listed(when, due_on=dt.date(2023, 12, 1), **extra)
        workflow.apply_problem(problem, by=people.reporter(HALL), at=at(done), text="办了。")
        return workflow.settle_problem(problem, by=people.office, at=at(done))

    found = {
        "overdue": listed(due_on=dt.date(2023, 9, 21)),
        "today": listed(due_on=TODAY),
        "sunday": listed(due_on=dt.date(2023, 9, 24)),
        "monday": listed(due_on=dt.date(2023, 9, 25)),
        "applied": listed(due_on=dt.date(2023, 10, 1)),
        "ten": settled("2023-05-01 09:00", "2023-05-11 09:00"),
        "twenty": settled("2023-06-01 09:00", "2023-06-21 09:00"),
        "last year": settled("2022-12-01 09:00", "2022-12-31 09:00"),
    }
    workflow.apply_problem(found["applied"], by=people.reporter(HALL), at=at("2023-09-20 09:00"), text="办了。")
    return found


def test_the_figures_count_unsettled_overdue_this_week_and_the_year(history, django_assert_num_queries):
    with django_assert_num_queries(1):
        found = problem_figures.figures(Problem.objects.all(), TODAY)
    assert (found.unsettled, found.overdue, found.this_week, found.settled) == (5, 1, 2, 2)
    assert found.average_days == 15


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("status=unsettled", {"overdue", "today", "sunday", "monday", "applied"}),
        ("due=overdue", {"overdue"}),
        ("due=week", {"today", "sunday"}),
        ("status=this_year", {"ten", "twenty"}),
        ("status=applied", {"applied"}),
        ("status=settled", {"ten", "twenty", "last year"}),
    ],
)
def test_each_figure_links_to_a_list_of_exactly_that_many(query, expected, history, people):
    page = problem_pages.listing(
        people.office, TODAY, ProblemFilterForm(dict(pair.split("=") for pair in query.split("&")))
    )
    names = {problem.pk: name for name, problem in history.items()}
    assert {names[row.problem.pk] for row in page["page_obj"].object_list} == expected
    assert page["total"] == len(expected)


def test_the_figures_of_an_earlier_day_are_those_of_that_day(history):
    found = problem_figures.figures(Problem.objects.all(), dt.date(2023, 6, 10))
    assert (found.unsettled, found.settled, found.average_days) == (1, 1, 10)
    assert problem_figures.figures(Problem.objects.all(), dt.date(2022, 1, 1)) == Figures()


def test_nothing_at_all_gives_zeros_and_no_average(plan):
    found = problem_figures.figures(Problem.objects.all(), TODAY)
    assert found == Figures()
    assert found.average_days is None


def test_the_list_puts_the_overdue_first_then_by_date_then_the_settled(history, people):
    page = problem_pages.listing(people.office, TODAY, ProblemFilterForm({}))
    names = {problem.pk: name for name, problem in history.items()}
    found = [names[row.problem.pk] for row in page["page_obj"].object_list]
    assert found == ["overdue", "today", "sunday", "monday", "applied", "twenty", "ten", "last year"]


def test_days_are_said_in_words(listed):
    said = {day: ProblemRow(listed(due_on=dt.date(2023, 9, day)), TODAY).days for day in (21, 22, 23)}
    assert said == {21: "已逾期 1 天", 22: "就是今天", 23: "还有 1 天"}


@pytest.mark.parametrize(
    ("status", "due", "shown"),
    [("open", 28, "整改中"), ("open", 21, "逾期未销号"), ("applied", 21, "申请销号"), ("settled", 21, "已销号")],
)
def test_the_shown_status_adds_overdue(status, due, shown, problem_in):
    assert problem_in(status, due_on=dt.date(2023, 9, due)).shown_status(TODAY) == shown


def test_a_returned_problem_is_shown_as_returned_until_it_is_asked_again(problem_in, people, at):
    problem = problem_in(P.APPLIED)
    problem = workflow.return_problem(problem, by=people.office, at=at("2023-09-08 10:00"), reason="没有改到位。")
    assert (problem.shown_status(TODAY), problem.is_returned) == ("退回整改", True)
    problem = workflow.apply_problem(problem, by=people.reporter(HALL), at=at("2023-09-09 10:00"), text="又改了。")
    assert (problem.shown_status(TODAY), problem.is_returned) == ("申请销号", False)


# ── 九、各处的数与清单 ────────────────────────────────────


def test_the_badge_counts_what_each_role_has_to_do(history, listed, people):
    listed(department=MONEY)
    assert problem_pages.waiting(people.office, TODAY).count() == 2, "逾期一件、申请销号一件"
    assert problem_pages.waiting(people.reporter(HALL), TODAY).count() == 5
    assert problem_pages.waiting(people.reporter(MONEY), TODAY).count() == 1
    assert (
        problem_pages.waiting(people.admin, TODAY).count()
        == problem_pages.waiting(people.leader("李华斌"), TODAY).count()
        == 0
    )


def test_the_office_is_told_of_applications_and_overdue_problems(history):
    said = [(chore.title, chore.detail, chore.url) for chore in problem_pages.chores(TODAY)]
    assert said == [
        ("1 件问题申请销号", HALL, "/problems/?status=applied"),
        ("1 件问题逾期", "第 7 项", "/problems/?due=overdue"),
    ]


def test_nothing_waiting_gives_no_chores(plan):
    assert problem_pages.chores(TODAY) == []


def test_the_desk_lists_the_departments_own_unsettled_problems(history, period, people):
    desk = home_pages.desk(people.reporter(HALL), TODAY)
    assert [row.problem for row in desk.problems] == [
        history[n] for n in ("overdue", "today", "sunday", "monday", "applied")
    ]
    assert home_pages.desk(people.reporter(MONEY), TODAY).problems == []


def test_the_number_of_queries_does_not_grow_with_the_number_of_problems(listed, people):
    form = ProblemFilterForm({})

    def cost():
        with CaptureQueriesContext(connection) as found:
            page = problem_pages.listing(people.office, TODAY, form)
            assert [
                (row.problem.measure.title, row.problem.department.name, row.source)
                for row in page["page_obj"].object_list
            ]
        return len(found)

    listed()
    before = cost()
    for _ in range(12):
        listed()
    assert cost() == before


# ── 十、并发（只在 PostgreSQL 上有意义）────────────────


def at_once(*acts) -> list:
    """几个人同时做；返回各人的结果（做成的东西，或拒绝）。"""
    barrier, found = threading.Barrier(len(acts)), [None] * len(acts)

    def run(index, act):
        try:
            barrier.wait(timeout=10)
            found[index] = act()
        except (workflow.Refused, IntegrityError) as error:
            found[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    [t.start() for t in threads]
    [t.join(timeout=20) for t in threads]
    return found


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_settled_by_one_and_returned_by_another_only_one_happens(self, problem_in, people, at):
        who = {"by": people.office, "at": at("2023-09-08 10:00")}
        for problem in [problem_in(P.APPLIED) for _ in range(6)]:
            found = at_once(
                partial(workflow.settle_problem, problem, **who),
                partial(workflow.return_problem, problem, **who, reason="没有改到位。"),
            )
            assert sorted(isinstance(f, workflow.Refused) for f in found) == [False, True]
            problem.refresh_from_db()
            decided = problem.events.filter(action__in=["problem_settle", "problem_return"])
            assert [e.action for e in decided] == [
                "problem_settle" if problem.status == P.SETTLED else "problem_return"
            ]

    def test_a_double_click_makes_one_problem_from_one_report(self, troubled, people, at, plan):
        report = troubled()
        room = Department.objects.get(name=HALL)
        fields = {
            "title": "题",
            "text": "情况",
            "category": "other",
            "level": "group",
            "due_on": TODAY,
            "department": room,
        }

        office = people.office

        def click():
            return workflow.open_problem(plan, by=office, at=at("2023-09-21 09:00"), progress=report, **fields)

        found = at_once(click, click, click)
        assert sum(isinstance(f, Problem) for f in found) == 1
        assert sum(isinstance(f, workflow.Refused) for f in found) == 2
        assert Problem.objects.get().progress == report

    def test_problems_listed_at_once_get_different_numbers(self, plan, people, at):
        office, room = people.office, Department.objects.get(name=HALL)
        fields = {
            "title": "题",
            "text": "情况",
            "category": "other",
            "level": "group",
            "due_on": TODAY,
            "department": room,
        }
        acts = [lambda: workflow.open_problem(plan, by=office, at=at("2023-09-21 09:00"), **fields) for _ in range(5)]
        at_once(*acts)
        assert sorted(Problem.objects.values_list("number", flat=True)) == [1, 2, 3, 4, 5]

    def test_applying_twice_at_once_applies_once(self, problem_in, people, at):
        problem, hall = problem_in(P.OPEN), people.reporter(HALL)
        acts = [
            lambda: workflow.apply_problem(problem, by=hall, at=at("2023-09-08 10:00"), text="办了。") for _ in range(2)
        ]
        found = at_once(*acts)
        assert sum(isinstance(f, workflow.Refused) for f in found) == 1
        assert problem.events.filter(action="problem_apply").count() == 1
        assert problem.notes.count() == 2, "先有的一条，加上申请时的一条"


# ── 更正文字、撤账 ────────────────────────────────────────


def test_words_are_corrected_and_what_was_there_is_kept_in_the_log(problem_in, people, at):
    problem = problem_in("applied")
    before = problem.title
    done = workflow.reword_problem(
        problem, by=people.office, at=at("2023-09-21 09:00"), title=" 供电线路没有架通 ", text=problem.text
    )
    done.refresh_from_db()
    assert (done.title, done.status) == ("供电线路没有架通", "applied")
    event = Event.objects.get(action="problem_reword")
    assert event.data == {"title": [before, "供电线路没有架通"]}
    assert event.note == f"问题：{before}→供电线路没有架通"


def test_correcting_nothing_or_to_nothing_is_refused(problem_in, people, at):
    problem, who = problem_in("open"), {"by": people.office, "at": at("2023-09-21 09:00")}
    with pytest.raises(workflow.Refused, match="没有改动"):
        workflow.reword_problem(problem, **who, title=problem.title, text=problem.text)
    with pytest.raises(workflow.Refused, match="都要写"):
        workflow.reword_problem(problem, **who, title=" ", text=problem.text)


@pytest.fixture
def dropped(problem_in, people, at):
    problem = problem_in("open", due_on=dt.date(2023, 9, 21))
    return workflow.drop_problem(problem, by=people.office, at=at("2023-09-21 09:00"), reason="与另一件重复。")


def test_a_dropped_problem_is_kept_with_who_when_and_why(dropped, people, at):
    dropped.refresh_from_db()
    assert (dropped.status, dropped.dropped_by, dropped.dropped_at, dropped.drop_reason) == (
        "dropped",
        people.office,
        at("2023-09-21 09:00"),
        "与另一件重复。",
    )
    assert Event.objects.get(action="problem_drop").note == "与另一件重复。"
    with pytest.raises(workflow.Refused, match="撤账必须写明理由。"):
        workflow.drop_problem(dropped, by=people.office, at=at("2023-09-21 09:00"), reason=" ")


def test_a_dropped_problem_leaves_every_count_and_list(dropped, people, plan):
    everything = Problem.objects.all()
    assert problem_figures.figures(everything, TODAY) == Figures()
    assert (
        problem_pages.waiting(people.office, TODAY).count()
        == problem_pages.waiting(people.reporter(HALL), TODAY).count()
        == 0
    )
    assert problem_pages.chores(TODAY) == []
    assert problem_pages.of_department(dropped.department, TODAY) == []
    for query, found in (({}, []), ({"status": "unsettled"}, []), ({"status": "dropped"}, [dropped])):
        page = problem_pages.listing(people.office, TODAY, ProblemFilterForm(query))
        assert [row.problem for row in page["page_obj"].object_list] == found
    assert (dropped.is_overdue(TODAY), dropped.shown_status(TODAY)) == (False, "已撤账")


def test_what_was_counted_when_a_period_closed_stays_counted_there(problem_in, people, at):
    """撤账从那一刻起算：以前关闭的各期，数字照旧。"""
    problem, closed = problem_in("open"), at("2023-09-20 12:00")
    workflow.drop_problem(problem, by=people.office, at=at("2023-09-21 09:00"), reason="重复。")
    assert problem_figures.figures(Problem.objects.all(), dt.date(2023, 9, 20), moment=closed).unsettled == 1
    assert problem_figures.figures(Problem.objects.all(), TODAY).unsettled == 0


def test_what_happens_later_on_the_day_of_closing_does_not_move_the_closed_figures(listed, people, at):
    """9 月 22 日 9 点关闭，当天随后挂账、销号的都不改它。"""
    closed = at("2023-09-22 09:00")
    listed("2023-09-22 08:00")
    listed("2023-09-22 10:00")
    old, later = listed("2023-09-01 09:00"), at("2023-09-22 11:00")
    workflow.apply_problem(old, by=people.reporter(HALL), at=later, text="办了。")
    workflow.settle_problem(old, by=people.office, at=later)
    assert problem_figures.figures(Problem.objects.all(), TODAY, moment=closed).unsettled == 2
    assert problem_figures.figures(Problem.objects.all(), TODAY).unsettled == 2
    assert problem_figures.figures(Problem.objects.all(), TODAY).settled == 1
    assert problem_figures.figures(Problem.objects.all(), TODAY, moment=closed).settled == 0
