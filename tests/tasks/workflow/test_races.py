"""不同名词的两件事同时做：问题与报送、问题与办结、开放报送期与办结、开放报送期与修订。

一方停在自己的关口上（已核对、还没有提交），另一方这时动手：有锁就得等，等到了看见的是对方做完的样子。
"""

import csv
import datetime as dt
import io
import threading

import pytest

from departments.models import Department, Role
from tasks import workflow
from tasks.imports import applying
from tasks.models import Assignment, Completion, CompletionRequest, Measure, Problem, Progress
from tasks.workflow import completion as completion_verbs
from tasks.workflow import judgement as judging_verbs
from tasks.workflow import period as period_verbs
from tasks.workflow import problem as problem_verbs
from tests.factories import make_user
from tests.judging import WATCH
from tests.tasks.workflow.test_concurrency import NOON, World, kinds, together

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
# 另一方若没有被挡住，这么久足够它做完（于是露出毛病）；被挡住了，到时就放行。
PATIENCE = 1.5
DUE = dt.date(2023, 12, 1)


@pytest.fixture
def world(transactional_db):
    made = World()
    Measure.objects.update(kind="routine")
    return made


@pytest.fixture
def pause(monkeypatch):
    """让某个函数做完（或做之前）停住，等另一方动手。`race(先的, 后的)` 返回两方的结果。"""
    reached, over = threading.Event(), threading.Event()

    def on(module, name, *, before=False):
        original = getattr(module, name)

        def paused(*args, **kwargs):
            if before:
                reached.set()
                over.wait(PATIENCE)
                return original(*args, **kwargs)
            found = original(*args, **kwargs)
            reached.set()
            over.wait(PATIENCE)
            return found

        monkeypatch.setattr(module, name, paused)

    def race(first, second):
        def later():
            assert reached.wait(10)
            try:
                return second()
            finally:
                over.set()

        return together(first, later)

    on.race = race
    return on


def the_measure():
    return Measure.objects.get()


def the_part():
    return Assignment.objects.select_related("measure__plan", "department").get()


def list_problem(world, by=0, **where):
    return workflow.open_problem(
        world.plan, by=world.offices[by], at=NOON, title="缺资金", text="缺资金。", category="other", level="department",
        department=Department.objects.get(), due_on=DUE, **where,
    )  # fmt: skip


def october(world):
    who = {"by": world.offices[0], "at": NOON}
    [made] = workflow.plan_periods(world.plan, **who, first_month=10, last_month=10, due_day=25)
    return made


def asked(world):
    return CompletionRequest.objects.create(
        assignment=the_part(), note="做完了。", requested_by=world.reporters[0], requested_at=NOON
    )


def submitted(world, **content):
    row, content = world.row(), {"text": "报送"} | content
    return workflow.submit_progress(row, by=world.reporters[0], at=NOON, version=row.version, content=content)


def test_a_report_that_is_being_returned_does_not_become_a_problem(world, pause):
    """列入问题台账与退回同时：不会有一件问题挂在已退回的报送上。"""
    report = submitted(world, problems="缺资金。")
    other = world.row()
    pause(problem_verbs, "_reported")
    results = pause.race(
        lambda: list_problem(world, progress=report),
        lambda: workflow.return_progress(other, by=world.offices[1], at=NOON, reason="不实。"),
    )
    assert kinds(results) == ["做成", "做成"]
    problem = Problem.objects.get()
    assert problem.events.get(action="problem_open").pk < problem.progress.events.get(action="progress_return").pk


def test_a_report_returned_first_is_refused_as_a_problem(world, pause):
    report = submitted(world, problems="缺资金。")
    other = world.row()
    from tasks.workflow import progress as report_verbs

    pause(report_verbs, "_decide")
    results = pause.race(
        lambda: workflow.return_progress(other, by=world.offices[1], at=NOON, reason="不实。"),
        lambda: list_problem(world, progress=report),
    )
    assert kinds(results) == ["Refused", "做成"]
    assert not Problem.objects.exists()


def test_a_problem_listed_while_completion_is_granted_comes_after_it(world, pause):
    """同意办结时核对过没有问题，这时挂账的要等它办结完：先后分明，不是办结了才发现本来就有。"""
    request, measure = asked(world), the_measure()
    pause(completion_verbs, "complete", before=True)
    results = pause.race(
        lambda: workflow.grant_completion(request, by=world.offices[0], at=NOON),
        lambda: list_problem(world, by=1, measure=measure),
    )
    assert kinds(results) == ["做成", "做成"]
    assert Completion.objects.get().pk
    granted, opened = (the_measure().events.get(action=a).pk for a in ("completion_grant", "problem_open"))
    assert granted < opened


def test_a_problem_listed_first_stops_the_completion(world, pause):
    request, measure = asked(world), the_measure()
    pause(problem_verbs, "_record", before=True)
    results = pause.race(
        lambda: list_problem(world, measure=measure),
        lambda: workflow.grant_completion(request, by=world.offices[1], at=NOON),
    )
    assert kinds(results) == ["Refused", "做成"]
    assert not Completion.objects.exists()


def test_a_problem_given_to_this_department_while_completion_is_granted_comes_after_it(world, pause):
    """换责任部室与办结同时。"""
    other = Department.objects.create(name="别的部室", slug="other", order=9)
    request, here = asked(world), the_part().department
    problem = workflow.open_problem(
        world.plan, by=world.offices[0], at=NOON, title="题", text="事。", category="other", level="department",
        department=other, due_on=DUE, measure=the_measure(),
    )  # fmt: skip
    changed = {"category": "other", "level": "department", "department": here, "due_on": DUE}
    pause(problem_verbs, "_record", before=True)
    results = pause.race(
        lambda: workflow.amend_problem(problem, by=world.offices[0], at=NOON, reason="归口", **changed),
        lambda: workflow.grant_completion(request, by=world.offices[1], at=NOON),
    )
    assert kinds(results) == ["Refused", "做成"]


@pytest.mark.parametrize("how", ["月报", "申请"])
def test_what_is_completed_while_a_period_opens_owes_nothing_in_it(world, pause, how):
    """10 月正在开放（已数完谁应报），这时办结：办结之后 10 月没有它的“未报”。"""
    report, period = submitted(world, stage="completed"), october(world)
    other, request = world.row(), asked(world)
    pause(period_verbs, "record", before=True)
    complete = {
        "月报": lambda: workflow.approve_progress(other, by=world.offices[1], at=NOON),
        "申请": lambda: workflow.grant_completion(request, by=world.offices[1], at=NOON),
    }[how]
    results = pause.race(lambda: workflow.open_period(period, by=world.offices[0], at=NOON), complete)
    assert kinds(results) == ["做成", "做成"], results
    assert Completion.objects.filter(assignment=report.assignment).exists()
    assert not Progress.objects.filter(period=period).exists()


def test_a_period_that_opens_while_something_is_completed_does_not_ask_for_it(world, pause):
    submitted(world, stage="completed")
    row, period = world.row(), october(world)
    pause(completion_verbs, "record", before=True)
    results = pause.race(
        lambda: workflow.approve_progress(row, by=world.offices[0], at=NOON),
        lambda: workflow.open_period(period, by=world.offices[1], at=NOON),
    )
    assert kinds(results) == ["做成", "做成"], results
    assert Completion.objects.count() == 1
    assert not Progress.objects.filter(period=period).exists()


@pytest.mark.parametrize("first", ["修订", "开放"])
def test_a_department_that_starts_to_lead_while_a_period_opens_is_asked_in_it(world, pause, first):
    """方案修订加了一个部室，同时开放 10 月：不论谁先，两个部室都应报。"""
    admin = make_user("adm", Role.ADMIN)
    Department.objects.create(name="新部室", slug="new", order=9)
    measure, period = the_measure(), october(world)
    out = io.StringIO()
    csv.writer(out).writerows(
        [["序号", "举措名称", "具体内容", "牵头领导", "牵头部室"],
         [measure.number, measure.title, measure.text, "测试领导", "部室0、新部室"]]
    )  # fmt: skip
    draft = applying.draft(world.plan, out.getvalue().encode("utf-8-sig"), "a.csv", by=admin, at=NOON)
    revise = lambda: applying.apply_revision(draft, by=admin, at=NOON)  # noqa: E731
    opening = lambda: workflow.open_period(period, by=world.offices[1], at=NOON)  # noqa: E731
    pause(applying, "owe_new") if first == "修订" else pause(period_verbs, "record", before=True)
    calls = (revise, opening) if first == "修订" else (opening, revise)
    assert kinds(pause.race(*calls)) == ["做成", "做成"]
    assert Progress.objects.filter(period=period).count() == Assignment.objects.in_force().count() == 2


def test_a_period_is_not_closed_in_the_middle_of_a_revision(world, pause):
    """修订做到一半（还没有提交）时关闭：等它做完，判灯的依据记的是修订之后的。"""
    admin, measure = make_user("adm", Role.ADMIN), the_measure()
    out = io.StringIO()
    csv.writer(out).writerows(
        [["序号", "举措名称", "具体内容", "牵头领导", "牵头部室"],
         [measure.number, measure.title, measure.text + "改。", "测试领导", "部室0"]]
    )  # fmt: skip
    draft = applying.draft(world.plan, out.getvalue().encode("utf-8-sig"), "a.csv", by=admin, at=NOON)
    pause(applying, "owe_new")
    results = pause.race(
        lambda: applying.apply_revision(draft, by=admin, at=NOON),
        lambda: workflow.close_period(world.period, by=world.offices[1], at=NOON),
    )
    assert kinds(results) == ["做成", "做成"], results
    applied, closed = (world.plan.events.get(action=a).pk for a in ("plan_apply", "period_close"))
    assert applied < closed


def test_the_locks_are_always_taken_in_one_order_so_nobody_waits_for_ever(world):
    """通过、列入问题、整改、开放与延长、办结、修订都挤在一起，各做一遍：没有死锁，没有别的错。"""
    admin = make_user("adm", Role.ADMIN)
    measure, period, request = the_measure(), october(world), asked(world)
    problem = list_problem(world, measure=measure)
    report = submitted(world, problems="缺资金。", stage="completed")
    out = io.StringIO()
    csv.writer(out).writerows(
        [["序号", "举措名称", "具体内容", "牵头领导", "牵头部室"],
         [measure.number, measure.title, measure.text + "改。", "测试领导", "部室0"]]
    )  # fmt: skip
    draft = applying.draft(world.plan, out.getvalue().encode("utf-8-sig"), "a.csv", by=admin, at=NOON)
    office = {"by": world.offices[0], "at": NOON}
    results = together(
        lambda: workflow.approve_progress(report, **office),
        lambda: list_problem(world, progress=report),
        lambda: workflow.note_problem(problem, by=world.reporters[0], at=NOON, text="在办。"),
        lambda: workflow.escalate_problem(problem, **office, reason="难。"),
        lambda: workflow.open_period(period, **office),
        lambda: workflow.extend_period(world.period, **office, due_on=dt.date(2023, 9, 28), reason="汛"),
        lambda: workflow.grant_completion(request, **office),
        lambda: applying.apply_revision(draft, by=admin, at=NOON),
    )
    assert set(kinds(results)) <= {"做成", "Refused"}, results


# ── 判灯 ──────────────────────────────────────────────────


def settled(world, kind="routine"):
    fields = {"kind": kind, "due_on": DUE}
    return workflow.settle_measure(the_measure(), by=world.offices[0], at=NOON, fields=fields)


def put_off(world):
    due = world.period.due_on + dt.timedelta(days=3)
    return workflow.extend_period(world.period, by=world.offices[1], at=NOON, due_on=due, reason="值守")


ABOUT_THE_WHOLE_PLAN = {
    "延长截止日": put_off,
    "关闭报送": lambda world: workflow.close_period(world.period, by=world.offices[1], at=NOON),
    "开放下一期": lambda world: workflow.open_period(
        world.plan.periods.get(slug="2023-10"), by=world.offices[1], at=NOON
    ),
}


@pytest.mark.parametrize("first", ["核定", "整个方案的事"])
@pytest.mark.parametrize("what", ABOUT_THE_WHOLE_PLAN)
def test_one_measure_and_the_whole_plan_judged_at_once_leave_what_would_be_judged_from_scratch(
    what, first, world, pause
):
    """后判的等先判的提交了再判：不会重复写同一段，也不会按旧的事实写。"""
    WATCH.freshen()  # 底子里手改了类型
    october(world)
    is_closing_first = what == "关闭报送" and first != "核定"
    pause(*((period_verbs, "settle_period") if is_closing_first else (judging_verbs, "_keep")))
    pair = (lambda: settled(world), lambda: ABOUT_THE_WHOLE_PLAN[what](world))
    results = pause.race(*(pair if first == "核定" else reversed(pair)))
    assert kinds(results) == ["做成", "做成"]
    assert list(workflow.differences(type(world.plan).objects.get())) == []
