"""任务分解：提出、认可、在报送里勾、通过才算、撤销认定；节点类的灯看节点，已关闭的期可重现；没完成的拦着办结。"""

import datetime as dt
from functools import partial

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from tasks import workflow
from tasks.figures.judging import Judge
from tasks.figures.ledger import Ledger
from tasks.forms import MilestoneForm
from tasks.models import Assignment, Completion, Event, Measure, Milestone, MilestoneTick, Progress
from tasks.pages import home as home_pages
from tasks.pages import milestone as milestone_pages
from tasks.pages import navigation
from tasks.pages import progress as progress_pages
from tests.tasks.expectations import nobody, outcome, read
from tests.tasks.together import at_the_same_time

pytestmark = pytest.mark.django_db

# 第 12 项：审批中心牵头，节点类。
TABLE = read("""
对象      动作               状态     本部室 别部室 办公室 领导 管理员 未登录
milestone agree_milestone    proposed 禁     禁     可     禁   禁     禁
milestone agree_milestone    agreed   禁     禁     拒     禁   禁     禁
milestone agree_milestone    done     禁     禁     拒     禁   禁     禁
milestone agree_milestone    removed  禁     禁     拒     禁   禁     禁
milestone refuse_milestone   proposed 禁     禁     可     禁   禁     禁
milestone refuse_milestone   agreed   禁     禁     拒     禁   禁     禁
milestone refuse_milestone   done     禁     禁     拒     禁   禁     禁
milestone refuse_milestone   removed  禁     禁     拒     禁   禁     禁
milestone withdraw_milestone proposed 可     禁     禁     禁   禁     禁
milestone withdraw_milestone agreed   拒     禁     禁     禁   禁     禁
milestone withdraw_milestone done     拒     禁     禁     禁   禁     禁
milestone withdraw_milestone removed  拒     禁     禁     禁   禁     禁
milestone finish_milestone   proposed 禁     禁     拒     禁   禁     禁
milestone finish_milestone   agreed   禁     禁     可     禁   禁     禁
milestone finish_milestone   done     禁     禁     拒     禁   禁     禁
milestone finish_milestone   removed  禁     禁     拒     禁   禁     禁
milestone remove_milestone   proposed 禁     禁     拒     禁   禁     禁
milestone remove_milestone   agreed   禁     禁     可     禁   禁     禁
milestone remove_milestone   done     禁     禁     拒     禁   禁     禁
milestone remove_milestone   removed  禁     禁     拒     禁   禁     禁
milestone untick_milestone   proposed 禁     禁     拒     禁   禁     禁
milestone untick_milestone   agreed   禁     禁     拒     禁   禁     禁
milestone untick_milestone   done     禁     禁     可     禁   禁     禁
milestone untick_milestone   removed  禁     禁     拒     禁   禁     禁
""")
EVENTS = {
    "propose_milestone": ["milestone_propose"],
    "agree_milestone": ["milestone_agree"],
    "refuse_milestone": ["milestone_refuse"],
    "withdraw_milestone": ["milestone_withdraw"],
    "finish_milestone": ["milestone_finish"],
    "remove_milestone": ["milestone_remove"],
    "untick_milestone": ["milestone_untick"],
}
HALL = "审批中心"
DUE = dt.date(2023, 10, 31)


@pytest.fixture
def twelve(plan):
    return Assignment.objects.get(measure__number="12", measure__plan=plan)


@pytest.fixture
def milestone(twelve, people, at):
    """办公室给第 12 项下达的节点。"""

    def make(name="招标完成", due_on=DUE, when="2023-09-01 10:00", assignment=twelve, by=None):
        by = by or people.office
        return workflow.propose_milestone(assignment, by=by, at=at(when), name=name, due_on=due_on)

    return make


@pytest.fixture
def proposed(milestone, people):
    """部室提的、等认可的。"""
    return partial(milestone, by=people.reporter(HALL))


@pytest.fixture
def done(milestone, report, people, at):
    """报送里勾了、通过了的节点。"""

    def make(name="招标完成", when="2023-09-20 10:00", **extra):
        made = milestone(name, **extra)
        write(report("12", HALL), people, at, [made], when)
        workflow.approve_progress(report("12", HALL), by=people.office, at=at("2023-09-21 09:00"))
        return Milestone.objects.get(pk=made.pk)

    return make


@pytest.fixture
def milestone_in(milestone, proposed, done, people, at, report):
    """处于某状态的节点；未完成的有一条通过的报送勾过（其后又撤销认定），所以“认定完成”可做。"""

    def make(status):
        if status == "proposed":
            return proposed()
        if status == "done":
            return done()
        if status == "removed":
            return workflow.remove_milestone(
                milestone(), by=people.office, at=at("2023-09-02 09:00"), reason="重复了。"
            )
        made = milestone()
        row = write(report("12", HALL), people, at, [made])
        Progress.objects.filter(pk=row.pk).update(
            status="approved", reviewed_by=people.office, reviewed_at=row.submitted_at
        )
        return made

    return make


@pytest.fixture
def users(people):
    return {
        "本部室": people.reporter(HALL),
        "别部室": people.reporter("财务部"),
        "办公室": people.office,
        "领导": people.leader("李华斌"),
        "管理员": people.admin,
        "未登录": nobody(),
    }


@pytest.fixture
def calls():
    """动词怎么叫：要写理由的写上，认定完成的带上那条报送。"""

    def finish(item, **who):
        return workflow.finish_milestone(item, **who, progress=Progress.objects.filter(ticks__milestone=item).first())

    found = {name: getattr(workflow, name) for name in ("agree_milestone", "withdraw_milestone")}
    for name in ("refuse_milestone", "remove_milestone", "untick_milestone"):
        found[name] = partial(getattr(workflow, name), reason="请再想想。")
    return found | {"finish_milestone": finish}


def write(row, people, at, ticks, when="2023-09-20 10:00", **content):
    content = {"text": "完成了安排的工作。", "stage": "in_progress", "percent": 75} | content
    return workflow.submit_progress(
        row,
        by=people.reporter(row.assignment.department.name),
        at=at(when),
        version=row.version,
        content=content,
        ticks=ticks,
    )


def light(assignment, period, today=dt.date(2023, 9, 22)):
    """这一项次在这一期的灯与理由。"""
    [found] = [x.light for x in Ledger(period.plan, period, today).lines if x.measure == assignment.measure]
    return found.level, found.reason


# ── 流程表 ────────────────────────────────────────────────


@pytest.mark.parametrize(("kind", "action", "status"), TABLE)
def test_every_verb_does_refuses_or_forbids_as_written(kind, action, status, milestone_in, users, calls, at):
    item = milestone_in(status)
    assert item.status == status
    found = {role: outcome(calls[action], item, user, at("2023-09-22 09:00")) for role, user in users.items()}
    assert found == TABLE[kind, action, status]


@pytest.mark.parametrize("status", Milestone.Status.values)
def test_buttons_are_exactly_the_moves_expected(status, milestone_in, users):
    item = milestone_in(status)
    for role, user in users.items():
        expected = [a for (k, a, s), cells in TABLE.items() if s == status and cells[role] == "可"]
        assert workflow.allowed_actions(user, item) == expected, role


@pytest.mark.parametrize(
    ("verb", "status", "who"),
    [
        ("agree_milestone", "proposed", "办公室"),
        ("refuse_milestone", "proposed", "办公室"),
        ("withdraw_milestone", "proposed", "本部室"),
        ("finish_milestone", "agreed", "办公室"),
        ("remove_milestone", "agreed", "办公室"),
        ("untick_milestone", "done", "办公室"),
    ],
)
def test_a_verb_writes_its_event_with_who_when_and_which(verb, status, who, milestone_in, calls, users, at):
    item, moment = milestone_in(status), at("2023-09-22 09:00")
    calls[verb](item, by=users[who], at=moment)
    [event] = Event.objects.filter(at=moment)
    assert [event.action] == EVENTS[verb]
    assert (event.by, event.department.name, event.measure.number) == (users[who], HALL, "12")
    assert event.data["milestone"] == item.pk
    assert event.note.startswith("招标完成（2023年10月31日）")


# ── 提出与认可 ────────────────────────────────────────────


def test_what_the_office_sets_counts_at_once_and_what_a_department_proposes_waits(milestone, proposed, people, at):
    assert milestone("一").status == "agreed"
    waiting = proposed("二")
    assert (waiting.status, waiting.agreed_at) == ("proposed", None)
    assert Event.objects.filter(action="milestone_propose").count() == 2
    agreed = workflow.agree_milestone(waiting, by=people.office, at=at("2023-09-03 09:00"))
    assert (agreed.status, agreed.agreed_by, agreed.proposed_by) == ("agreed", people.office, people.reporter(HALL))


@pytest.mark.parametrize("role", ["别部室", "领导", "管理员", "未登录"])
def test_nobody_else_proposes(milestone, users, role):
    with pytest.raises(PermissionDenied):
        milestone(by=users[role])
    assert not Milestone.objects.exists()


@pytest.mark.parametrize("verb", ["refuse_milestone", "remove_milestone", "untick_milestone"])
@pytest.mark.parametrize("reason", ["", "  "])
def test_a_reason_is_needed(verb, reason, milestone_in, people, at):
    item = milestone_in(
        {"refuse_milestone": "proposed", "remove_milestone": "agreed", "untick_milestone": "done"}[verb]
    )
    with pytest.raises(workflow.Refused, match="必须写明"):
        getattr(workflow, verb)(item, by=people.office, at=at("2023-09-22 09:00"), reason=reason)
    assert Milestone.objects.get().removed_at is None


def test_the_reason_is_shown_where_the_department_looks(proposed, people, at, twelve):
    workflow.refuse_milestone(
        proposed(), by=people.office, at=at("2023-09-03 09:00"), reason="时限太晚，请提前到 9 月。"
    )
    page = milestone_pages.page(twelve.measure, people.reporter(HALL), dt.date(2023, 9, 22))
    [group] = page["groups"]
    assert [row.reason for row in group.removed] == ["时限太晚，请提前到 9 月。"]
    other = milestone_pages.page(twelve.measure, people.reporter("财务部"), dt.date(2023, 9, 22))
    assert (other["groups"][0].removed, other["form"]) == ([], None)


def test_the_same_milestone_is_not_set_twice(milestone, people, at):
    first = milestone()
    with pytest.raises(workflow.Refused, match="已经有了"):
        milestone(due_on=dt.date(2023, 11, 30))
    workflow.remove_milestone(first, by=people.office, at=at("2023-09-02 09:00"), reason="改期。")
    assert milestone(due_on=dt.date(2023, 11, 30)).due_on == dt.date(2023, 11, 30)


def test_who_no_longer_leads_gets_no_milestones(milestone, twelve, plan):
    Assignment.objects.filter(pk=twelve.pk).update(ended_in=plan.revision)
    with pytest.raises(workflow.Refused, match="已不由这个部室牵头"):
        milestone()


@pytest.mark.parametrize(
    ("day", "good"),
    [
        ("2000-01-01", True),
        ("2099-12-31", True),
        ("1999-12-31", False),
        ("2100-01-01", False),
        ("0001-01-01", False),
        ("", False),
    ],
)
def test_the_due_date_is_between_2000_and_2099(day, good, twelve):
    assignments = Assignment.objects.filter(pk=twelve.pk)
    form = MilestoneForm({"assignment": twelve.pk, "name": "招标完成", "due_on": day}, assignments=assignments)
    assert form.is_valid() is good
    assert good or "due_on" in form.errors


def test_the_database_repeats_the_rules(twelve, people, at):
    who = {"proposed_by": people.office, "proposed_at": at("2023-09-01 10:00")}
    with pytest.raises(IntegrityError), transaction.atomic():
        Milestone.objects.create(assignment=twelve, name="旧", due_on=dt.date(1999, 1, 1), **who)
    moment = at("2023-09-02 10:00")
    with pytest.raises(IntegrityError), transaction.atomic():
        Milestone.objects.create(assignment=twelve, name="没认可", due_on=DUE, done_on=DUE, done_at=moment, **who)
    with pytest.raises(ValidationError):
        Milestone(assignment=twelve, name="旧", due_on=dt.date(1999, 1, 1), **who).full_clean()


# ── 在报送里勾 ────────────────────────────────────────────


def test_a_tick_counts_only_when_the_report_is_approved(milestone, report, people, at):
    made, row = milestone(), report("12", HALL)
    row = workflow.save_progress(
        row, by=people.reporter(HALL), at=at("2023-09-19 10:00"), version=0, content={}, ticks=[made]
    )
    assert Milestone.objects.get().status == "agreed"
    row = write(row, people, at, [made])
    assert Milestone.objects.get().status == "agreed"
    workflow.approve_progress(row, by=people.office, at=at("2023-09-21 09:00"))
    made = Milestone.objects.get()
    assert (made.status, made.done_on, made.done_at) == ("done", dt.date(2023, 9, 20), at("2023-09-21 09:00"))


def test_a_returned_report_finishes_nothing_and_keeps_its_ticks(milestone, report, people, at):
    made = milestone()
    row = write(report("12", HALL), people, at, [made])
    row = workflow.return_progress(row, by=people.office, at=at("2023-09-21 09:00"), reason="请补充。")
    assert Milestone.objects.get().status == "agreed"
    assert MilestoneTick.objects.get().milestone == made
    write(row, people, at, None, "2023-09-21 10:00")  # 不动勾的
    assert MilestoneTick.objects.count() == 1


def test_a_tick_can_be_taken_back_before_the_review(milestone, report, people, at):
    made = milestone()
    row = write(report("12", HALL), people, at, [made])
    row = workflow.withdraw_progress(row, by=people.reporter(HALL), at=at("2023-09-20 11:00"))
    row = write(row, people, at, [], "2023-09-20 12:00")
    workflow.approve_progress(row, by=people.office, at=at("2023-09-21 09:00"))
    assert Milestone.objects.get().status == "agreed"


def test_making_a_correction_neither_finishes_nor_moves_a_milestone(done, report, people, at):
    made = done()
    copy = workflow.correct_progress(report("12", HALL), by=people.reporter(HALL), at=at("2023-09-21 10:00"))
    assert not copy.ticks.exists()
    copy = write(copy, people, at, [made], "2023-09-22 09:00", text="更正：改一个数字。")
    workflow.approve_progress(copy, by=people.office, at=at("2023-09-22 10:00"))
    again = Milestone.objects.get()
    assert (again.done_on, again.done_at) == (made.done_on, made.done_at)
    assert Event.objects.filter(action="milestone_finish").count() == 1


def test_only_own_agreed_undone_milestones_can_be_ticked(milestone, proposed, report, people, at):
    other = Assignment.objects.get(measure__number="11")
    theirs = milestone("别项的", assignment=other)
    gone = workflow.remove_milestone(milestone("取消的"), by=people.office, at=at("2023-09-02 09:00"), reason="重复。")
    row = write(report("12", HALL), people, at, [proposed("没认可的"), theirs, gone, milestone("算数的")])
    assert [tick.milestone.name for tick in row.ticks.all()] == ["算数的"]


def test_what_was_removed_after_ticking_is_not_finished(milestone, report, people, at):
    made = milestone()
    row = write(report("12", HALL), people, at, [made])
    workflow.remove_milestone(made, by=people.office, at=at("2023-09-20 12:00"), reason="不办了。")
    workflow.approve_progress(row, by=people.office, at=at("2023-09-21 09:00"))
    assert Milestone.objects.get().status == "removed"


def post(row, people, at, **fields):
    prefix = f"p{row.pk}-"
    data = {"do": "submit"} | {prefix + k: v for k, v in fields.items()}
    files = type("Files", (dict,), {"getlist": lambda self, key: []})()
    return progress_pages.fill(row, data_of(data), files, by=people.reporter(HALL), at=at("2023-09-20 10:00"))


def data_of(pairs):
    data = QueryDict(mutable=True)
    for key, value in pairs.items():
        data.setlist(key, value if isinstance(value, list) else [value])
    return data


def test_the_report_form_lists_what_can_be_ticked_and_keeps_the_ticks(milestone, proposed, report, people, at):
    soon, late = milestone("先到期", due_on=dt.date(2023, 9, 30)), milestone("后到期")
    proposed("没认可")
    row = report("12", HALL)
    workflow.save_progress(
        row, by=people.reporter(HALL), at=at("2023-09-19 10:00"), version=0, content={}, ticks=[late]
    )
    [task] = [t for t in home_pages.desk(people.reporter(HALL), dt.date(2023, 9, 22)).tasks if t.progress.pk == row.pk]
    assert [label for _, label in task.form.fields["ticks"].choices] == [
        "先到期（2023年9月30日到期）", "后到期（2023年10月31日到期）",
    ]  # fmt: skip
    assert task.form["ticks"].value() == [str(late.pk)]
    written = {"version": 1, "stage": "in_progress", "percent": "75", "text": "完成了。", "ticks": [str(soon.pk)]}
    filled = post(report("12", HALL), people, at, **written)
    assert filled.form is None, filled.form.errors
    assert [tick.milestone for tick in report("12", HALL).ticks.all()] == [soon]


def test_a_milestone_that_changed_meanwhile_is_said_and_nothing_is_lost(milestone, report, people, at):
    made = milestone()
    workflow.remove_milestone(made, by=people.office, at=at("2023-09-02 09:00"), reason="改期。")
    milestone("别的")
    written = {"version": 0, "stage": "in_progress", "percent": "75", "text": "写了很久。", "ticks": [str(made.pk)]}
    filled = post(report("12", HALL), people, at, **written)
    assert filled.status == 422
    assert "刚刚变了" in str(filled.form.errors["ticks"])
    assert filled.form["text"].value() == "写了很久。"


# ── 撤销认定 ──────────────────────────────────────────────


def test_unticking_keeps_the_old_row_and_opens_a_new_one(done, people, at):
    old = done()
    made = workflow.untick_milestone(old, by=people.office, at=at("2023-09-22 09:00"), reason="合同还没有签。")
    old.refresh_from_db()
    assert (old.status, old.done_on, made.status) == ("removed", dt.date(2023, 9, 20), "agreed")
    assert (made.name, made.due_on, made.proposed_by) == (old.name, old.due_on, old.proposed_by)
    assert Event.objects.get(action="milestone_untick").data["reason"] == "合同还没有签。"


# ── 灯 ────────────────────────────────────────────────────


def test_the_light_of_a_milestone_measure_follows_its_milestones(milestone, submitted, people, period, twelve, at):
    workflow.approve_progress(submitted("12", HALL, percent=10), by=people.office, at=at("2023-09-21 09:00"))
    assert light(twelve, period) == ("red", "进度 10%，低于序时进度 60 个百分点")
    made = milestone("很远的", due_on=dt.date(2023, 12, 20))
    assert light(twelve, period) == ("green", "到期节点均已完成")
    milestone("快到的", due_on=dt.date(2023, 10, 2))
    assert light(twelve, period) == ("yellow", "节点“快到的”还有 10 天到期")
    overdue = milestone("过了的", due_on=dt.date(2023, 9, 20))
    assert light(twelve, period) == ("red", "节点“过了的”到期未完成，已超 2 天；节点“快到的”还有 10 天到期")
    workflow.remove_milestone(overdue, by=people.office, at=at("2023-09-22 09:00"), reason="不办了。")
    workflow.remove_milestone(made, by=people.office, at=at("2023-09-22 09:00"), reason="不办了。")
    assert light(twelve, period)[1] == "节点“快到的”还有 10 天到期"


def test_a_proposal_does_not_move_the_light(proposed, submitted, people, period, twelve, at):
    workflow.approve_progress(submitted("12", HALL, percent=70), by=people.office, at=at("2023-09-21 09:00"))
    before = light(twelve, period)
    proposed("过了的", due_on=dt.date(2023, 9, 10))
    assert light(twelve, period) == before


def test_other_kinds_of_measures_do_not_look_at_milestones(milestone, period):
    thirteen = Assignment.objects.get(measure__number="13")
    milestone("过了的", due_on=dt.date(2023, 9, 10), assignment=thirteen)
    assert light(thirteen, period)[0] == "green"


def test_a_closed_period_is_reproducible_whatever_happens_later(milestone, done, report, people, period, twelve, at):
    """关闭那一刻：两个算数，一个完成、一个过期。此后认可、完成、取消、撤销认定，9 月的灯都不变。"""
    ticked = done("完成的", due_on=dt.date(2023, 9, 10))
    overdue = milestone("过期的", due_on=dt.date(2023, 9, 25))
    later = milestone("以后才认可的", due_on=dt.date(2023, 9, 1), by=people.reporter(HALL))
    workflow.close_period(period, by=people.office, at=at("2023-09-30 17:00"))
    period.refresh_from_db()
    expected = ("red", "节点“过期的”到期未完成，已超 5 天")
    assert light(twelve, period, dt.date(2023, 10, 9)) == expected
    office = {"by": people.office, "at": at("2023-10-08 09:00")}
    workflow.agree_milestone(later, **office)
    assert light(twelve, period, dt.date(2023, 10, 9)) == expected
    workflow.untick_milestone(ticked, **office, reason="没有完成。")
    assert light(twelve, period, dt.date(2023, 10, 9)) == expected
    workflow.remove_milestone(overdue, **office, reason="不办了。")
    assert light(twelve, period, dt.date(2023, 10, 9)) == expected


def test_a_milestone_finished_after_closing_is_still_undone_in_the_closed_period(
    milestone, submitted, people, period, twelve, at
):
    made = milestone("过期的", due_on=dt.date(2023, 9, 25))
    row = submitted("12", HALL, percent=75)
    row = workflow.approve_progress(row, by=people.office, at=at("2023-09-21 09:00"))
    workflow.close_period(period, by=people.office, at=at("2023-09-30 17:00"))
    period.refresh_from_db()
    copy = workflow.correct_progress(row, by=people.reporter(HALL), at=at("2023-10-08 09:00"))
    copy = write(copy, people, at, [made], "2023-10-08 10:00")
    workflow.approve_progress(copy, by=people.office, at=at("2023-10-08 11:00"))
    assert Milestone.objects.get().status == "done"
    assert light(twelve, period, dt.date(2023, 10, 9))[1] == "节点“过期的”到期未完成，已超 5 天"


def test_milestones_cost_one_query_however_many(milestone, period, plan):
    def judge():
        judge = Judge(plan, period, dt.date(2023, 9, 22))
        return [judge.combined(measure, judge.rulings(measure)).level for measure in judge.measures]

    with CaptureQueriesContext(connection) as few:
        judge()
    for assignment in Assignment.objects.select_related("measure", "department"):
        milestone("节点", assignment=assignment)
    with CaptureQueriesContext(connection) as many:
        judge()
    assert len(many) == len(few)
    assert sum("tasks_milestone" in q["sql"] for q in many.captured_queries) == 1


# ── 办结 ──────────────────────────────────────────────────


def test_undone_milestones_block_completion_by_name(milestone, report, people, at):
    milestone("招标完成")
    milestone("设备到货")
    row = write(report("12", HALL), people, at, [], stage="completed", percent=100)
    with pytest.raises(workflow.Refused, match="节点“招标完成”、“设备到货”还没有完成"):
        workflow.approve_progress(row, by=people.office, at=at("2023-09-21 09:00"))
    assert not Completion.objects.exists()


def test_what_is_ticked_in_the_same_report_does_not_block(milestone, proposed, report, people, at):
    made = milestone("招标完成")
    proposed("没认可的")
    row = write(report("12", HALL), people, at, [made], stage="completed", percent=100)
    workflow.approve_progress(row, by=people.office, at=at("2023-09-21 09:00"))
    assert Completion.objects.count() == 1
    assert Milestone.objects.get(pk=made.pk).status == "done"


def test_without_a_report_every_undone_milestone_blocks(milestone, done, twelve):
    done("做完的")
    milestone("没做完的")
    [reason] = [r for r in workflow.what_blocks_completion(twelve) if "节点" in r]
    assert "“没做完的”" in reason
    assert "做完的”、" not in reason


# ── 给谁看 ────────────────────────────────────────────────


def test_others_see_what_is_agreed_only(milestone, proposed, people):
    milestone("算数的")
    proposed("没认可的")
    seen = lambda user: {m.name for m in Milestone.objects.visible_to(user)}  # noqa: E731
    assert seen(people.reporter("财务部")) == {"算数的"}
    for user in (people.reporter(HALL), people.office, people.leader("王卫东"), people.admin):
        assert seen(user) == {"算数的", "没认可的"}
    assert seen(nobody()) == set()


def test_proposals_reach_the_office_until_decided(proposed, people, at, period):
    def badge():
        return {item.label: item.count for item in navigation.navigation(people.office, "/", dt.date(2023, 9, 22))}[
            "总览"
        ]

    before = badge()
    made = proposed()
    [chore] = milestone_pages.chores()
    assert (chore.title, chore.detail, badge()) == ("1 个节点待认可", HALL, before + 1)
    workflow.agree_milestone(made, by=people.office, at=at("2023-09-03 09:00"))
    assert (milestone_pages.chores(), badge()) == ([], before)


def test_the_page_of_milestones_costs_the_same_for_many(milestone, twelve, people, period):
    counts = []
    for n in range(8):
        milestone(f"节点{n}")
        with CaptureQueriesContext(connection) as queries:
            milestone_pages.page(twelve.measure, people.office, dt.date(2023, 9, 22))
        counts.append(len(queries))
    assert counts[1] == counts[-1]


# ── 同时 ──────────────────────────────────────────────────


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_agreeing_and_refusing_at_once_decide_one_thing(proposed, people, at):
    made, when = proposed(), at("2023-09-03 09:00")
    results = at_the_same_time(
        [
            partial(workflow.agree_milestone, made, by=people.office, at=when),
            partial(workflow.refuse_milestone, made, by=people.office_in_hall, at=when, reason="重提。"),
        ]
    )
    assert sorted(type(r).__name__ for r in results) == ["Milestone", "Refused"]
    assert Event.objects.filter(at=when).count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_unticking_twice_at_once_opens_one_new_row(done, people, at):
    made = done()
    call = partial(workflow.untick_milestone, made, by=people.office, at=at("2023-09-22 09:00"), reason="没有完成。")
    results = at_the_same_time([call, call])
    assert sorted(type(r).__name__ for r in results) == ["Milestone", "Refused"]
    assert Milestone.objects.undone().count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_proposing_the_same_twice_at_once_makes_one(milestone, people):
    office = people.office
    results = at_the_same_time([partial(milestone, by=office)] * 3)
    assert sorted(type(r).__name__ for r in results) == ["Milestone", "Refused", "Refused"]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_approving_while_the_milestone_is_removed_leaves_a_true_story(milestone, report, people, at):
    made, when = milestone(), at("2023-09-21 09:00")
    row = write(report("12", HALL), people, at, [made])
    at_the_same_time(
        [
            partial(workflow.approve_progress, row, by=people.office, at=when),
            partial(workflow.remove_milestone, made, by=people.office_in_hall, at=when, reason="不办了。"),
        ]
    )
    row.refresh_from_db()
    made.refresh_from_db()
    assert row.status == "approved"
    assert made.status in ("done", "removed")
    assert Event.objects.filter(action__in=["milestone_finish", "milestone_remove"]).count() == 1


def test_measures_keep_their_kind(plan):
    """第 12 项是节点类、第 13 项是常态类：上面的灯才有意义。"""
    kinds = dict(Measure.objects.filter(plan=plan, number__in=["12", "13"]).values_list("number", "kind"))
    assert kinds == {"12": "milestone", "13": "routine"}
