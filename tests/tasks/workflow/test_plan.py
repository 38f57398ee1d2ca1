"""方案的一生：起草 → 在办 → 收尾 → 归档；谁能走哪一步，什么拦着归档；归档以后只看不改。"""

import datetime as dt
from functools import partial

import pytest

from departments.models import Department
from tasks import workflow
from tasks.imports import closing
from tasks.models import Assignment, Completion, Event, Plan, PlanRevision
from tests.factories import make_plan
from tests.tasks.expectations import nobody, outcome, read

pytestmark = pytest.mark.django_db

TABLE = read("""
对象 动作           状态     本部室 别部室 办公室 领导 管理员 未登录
plan close_plan     drafting 禁     禁     拒     禁   禁     禁
plan close_plan     running  禁     禁     可     禁   禁     禁
plan close_plan     closing  禁     禁     拒     禁   禁     禁
plan close_plan     archived 禁     禁     拒     禁   禁     禁
plan settle_closing drafting 禁     禁     拒     禁   禁     禁
plan settle_closing running  禁     禁     拒     禁   禁     禁
plan settle_closing closing  禁     禁     拒     禁   禁     禁
plan settle_closing archived 禁     禁     拒     禁   禁     禁
plan resume_plan    drafting 禁     禁     拒     禁   禁     禁
plan resume_plan    running  禁     禁     拒     禁   禁     禁
plan resume_plan    closing  禁     禁     可     禁   禁     禁
plan resume_plan    archived 禁     禁     拒     禁   禁     禁
plan archive_plan   drafting 禁     禁     拒     禁   禁     禁
plan archive_plan   running  禁     禁     拒     禁   禁     禁
plan archive_plan   closing  禁     禁     可     禁   禁     禁
plan archive_plan   archived 禁     禁     拒     禁   禁     禁
plan unarchive_plan drafting 禁     禁     拒     禁   禁     禁
plan unarchive_plan running  禁     禁     拒     禁   禁     禁
plan unarchive_plan closing  禁     禁     拒     禁   禁     禁
plan unarchive_plan archived 禁     禁     可     禁   禁     禁
""")
EVENTS = {
    "archive_plan": ["plan_archive"],
    "resume_plan": ["plan_resume"],
    "unarchive_plan": ["plan_unarchive"],
}


@pytest.fixture
def calls():
    """各步怎样做；这份方案的各项都办结了，所以没有去向要定。"""
    return {
        "close_plan": partial(closing.close_plan, wanted=[]),
        "settle_closing": partial(closing.settle_closing, wanted=[]),
        "resume_plan": partial(workflow.resume_plan, reason="收早了。"),
        "archive_plan": workflow.archive_plan,
        "unarchive_plan": partial(workflow.unarchive_plan, reason="漏了一份通报。"),
    }


@pytest.fixture
def done(plan, people, at):
    """另一份方案（不是现行的），两项都办结了。"""
    made = make_plan(measures=2, year=2022)
    Completion.objects.bulk_create(
        Completion(assignment=a, granted_by=people.office, granted_at=at("2022-12-20 09:00"))
        for a in Assignment.objects.filter(measure__plan=made)
    )
    return made


@pytest.fixture
def plan_in(done, people, at):
    """走到这一步的方案。"""

    def make(status):
        who = {"by": people.office, "at": at("2023-09-20 09:00")}
        if status == "drafting":
            PlanRevision.objects.filter(plan=done).update(status="draft", number=None, applied_at=None)
        if status in ("closing", "archived"):
            closing.close_plan(done, [], **who)
        if status == "archived":
            workflow.archive_plan(done, **who)
        return Plan.objects.get(pk=done.pk)

    return make


@pytest.fixture
def users(people):
    return {
        "本部室": people.reporter("审批中心"), "别部室": people.reporter("财务部"), "办公室": people.office,
        "领导": people.leader("李华斌"), "管理员": people.admin, "未登录": nobody(),
    }  # fmt: skip


@pytest.mark.parametrize("status", Plan.Status.values)
def test_every_verb_does_refuses_or_forbids_as_written(status, plan_in, users, calls, at):
    item = plan_in(status)
    assert item.status == status
    for (_, action, of), expected in TABLE.items():
        if of == status:
            found = {r: outcome(calls[action], item, user, at("2023-09-22 09:00")) for r, user in users.items()}
            assert found == expected, action


def test_what_is_not_finished_blocks_archiving_and_is_said(plan, period, people, at):
    who = {"by": people.office, "at": at("2023-09-20 09:00")}
    workflow.open_problem(
        plan, **who, title="缺资金", text="缺资金。", category="other", level="department",
        department=Department.objects.get(name="财务部"), due_on=dt.date(2023, 9, 25),
    )  # fmt: skip
    wanted = [closing.Wanted(measure, "carried") for measure in closing.unsettled(plan)]
    closing.close_plan(plan, wanted, **who)
    assert workflow.what_blocks_archiving(plan) == [
        "这是现行方案，请管理员先把另一份设为现行方案。",
        "2023年9月还没有关闭报送。",
        "还有 31 项次没有办结，也没有移交或终止。",
        "还有 1 件问题没有销号。",
    ]


def test_an_archived_plan_is_not_changed_but_what_was_completed_is_still_followed_up(plan_in, people, at):
    plan, moment = plan_in("archived"), at("2023-09-22 09:00")
    part = Assignment.objects.filter(measure__plan=plan).select_related("measure", "department")[0]
    known = Event.objects.count()
    for act in (
        lambda: workflow.plan_periods(plan, by=people.office, at=moment, first_month=11, last_month=12, due_day=25),
        lambda: workflow.reopen_completion(part, by=people.office, at=moment, reason="复查。"),
        lambda: workflow.settle_measure(part.measure, by=people.office, at=moment, fields={"kind": "routine"}),
    ):
        with pytest.raises(workflow.Refused, match="《2022年测试方案》已归档，只看不改。"):
            act()
    assert (Event.objects.count(), plan.periods.count()) == (known, 0)
    workflow.note_effect(part, by=people.office, at=moment, text="企业反映好。")
    assert Event.objects.count() == known + 1


def test_going_back_needs_a_reason_and_is_told_to_all(plan_in, people, at):
    plan, moment = plan_in("archived"), at("2023-09-22 09:00")
    with pytest.raises(workflow.Refused, match="必须写明理由"):
        workflow.unarchive_plan(plan, by=people.office, at=moment, reason=" ")
    workflow.unarchive_plan(plan, by=people.office, at=moment, reason="漏了一份通报。")
    workflow.resume_plan(plan, by=people.office, at=moment, reason="还要办。")
    assert Plan.objects.get(pk=plan.pk).status == "running"
    events = Event.objects.filter(at=moment).order_by("pk")
    assert [(e.action, e.note, e.is_public) for e in events] == [
        ("plan_unarchive", "漏了一份通报。", True), ("plan_resume", "还要办。", True),
    ]  # fmt: skip
