"""办结：月报之外凭佐证申请、核实、退回、撤回；重新打开恢复应报；跟踪问效到期提醒。"""

import datetime as dt
from decimal import Decimal
from functools import partial

import pytest

from departments.models import Department
from tasks import workflow
from tasks.models import (
    Assignment,
    Attachment,
    Completion,
    CompletionRequest,
    EffectNote,
    Event,
    Progress,
    Target,
)
from tasks.pages import assignment as assignment_pages
from tests.tasks.expectations import nobody, outcome, read
from tests.tasks.parts import (
    HALL,
    TODAY,
    a_file,
    ask_completion,
    ask_extension,
    complete,
    dated,
    light_of,
    part,
    together,
)

pytestmark = pytest.mark.django_db
R = CompletionRequest.Status

TABLE = read(
    """
    对象       动作                状态       本部室 别部室 办公室 领导 管理员 未登录
    assignment request_completion  open       可     禁     禁     禁   禁     禁
    assignment request_completion  completed  拒     禁     禁     禁   禁     禁
    assignment request_completion  ended      拒     禁     禁     禁   禁     禁
    assignment note_effect         open       拒     禁     拒     禁   禁     禁
    assignment note_effect         completed  可     禁     可     禁   禁     禁
    assignment note_effect         ended      拒     禁     拒     禁   禁     禁
    assignment reopen_completion   open       禁     禁     拒     禁   禁     禁
    assignment reopen_completion   completed  禁     禁     可     禁   禁     禁
    assignment reopen_completion   ended      禁     禁     拒     禁   禁     禁
    completion grant_completion    requested  禁     禁     可     禁   禁     禁
    completion grant_completion    granted    禁     禁     拒     禁   禁     禁
    completion grant_completion    returned   禁     禁     拒     禁   禁     禁
    completion grant_completion    withdrawn  禁     禁     拒     禁   禁     禁
    completion return_completion   requested  禁     禁     可     禁   禁     禁
    completion return_completion   granted    禁     禁     拒     禁   禁     禁
    completion return_completion   returned   禁     禁     拒     禁   禁     禁
    completion return_completion   withdrawn  禁     禁     拒     禁   禁     禁
    completion withdraw_completion requested  可     禁     禁     禁   禁     禁
    completion withdraw_completion granted    拒     禁     禁     禁   禁     禁
    completion withdraw_completion returned   拒     禁     禁     禁   禁     禁
    completion withdraw_completion withdrawn  拒     禁     禁     禁   禁     禁
    """
)
EVENTS = {
    "request_completion": ["completion_request"],
    "grant_completion": ["completion_grant"],
    "return_completion": ["completion_return"],
    "withdraw_completion": ["completion_withdraw"],
    "note_effect": ["effect_note"],
    "reopen_completion": ["completion_reopen"],
}
CALLS = {
    "request_completion": lambda row, **who: workflow.request_completion(
        row, **who, note="做完了。", uploads=[a_file()]
    ),
    "grant_completion": workflow.grant_completion,
    "return_completion": partial(workflow.return_completion, reason="请补充验收材料。"),
    "withdraw_completion": workflow.withdraw_completion,
    "note_effect": partial(workflow.note_effect, text="企业反映好。"),
    "reopen_completion": partial(workflow.reopen_completion, reason="复查不合格。"),
}


@pytest.fixture
def users(people, plan):
    return {
        "本部室": people.reporter(HALL),
        "别部室": people.reporter("财务部"),
        "办公室": people.office,
        "领导": people.leader("李华斌"),
        "管理员": people.admin,
        "未登录": nobody(),
    }


@pytest.fixture
def eleven(period):
    """第 11 项，常态类，没有办结的硬条件。"""
    return part("11")


@pytest.fixture
def asked(eleven, people, at):
    return ask_completion(people, at, eleven)


@pytest.fixture
def done(eleven, people, at):
    """已办结的第 11 项。"""
    complete(people, at, eleven)
    return part("11")


def item_in(kind, status, people, at):
    """处于某状态的项次或办结申请。"""
    row = part("11")
    if kind == "assignment":
        if status == "completed":
            complete(people, at, row)
        elif status == "ended":
            Assignment.objects.filter(pk=row.pk).update(ended_in=row.measure.plan.revision)
        return part("11")
    made = ask_completion(people, at, row)
    who = {"by": people.office, "at": at("2023-09-20 10:00")}
    if status == R.GRANTED:
        return workflow.grant_completion(made, **who)
    if status == R.RETURNED:
        return workflow.return_completion(made, **who, reason="请补充。")
    return workflow.withdraw_completion(made, **who | {"by": people.reporter(HALL)}) if status == R.WITHDRAWN else made


# ── 状态 × 动作 × 角色 ────────────────────────────────────


@pytest.mark.parametrize(("kind", "action", "status"), TABLE)
def test_every_verb_does_refuses_or_forbids_as_written(kind, action, status, users, people, at):
    item = item_in(kind, status, people, at)
    assert item.status == status
    found = {role: outcome(CALLS[action], item, user, at("2023-09-21 09:00")) for role, user in users.items()}
    assert found == TABLE[kind, action, status]


@pytest.mark.parametrize("status", ["open", "completed", "ended"])
def test_buttons_on_an_assignment_are_exactly_the_moves_that_are_expected(status, users, people, at, plan):
    from tests.tasks.workflow.test_extension import TABLE as EXTENSIONS

    item, table = item_in("assignment", status, people, at), EXTENSIONS | TABLE
    for role, user in users.items():
        expected = [a for (k, a, s), cells in table.items() if (k, s) == ("assignment", status) and cells[role] == "可"]
        assert workflow.allowed_actions(user, item) == expected, role


@pytest.mark.parametrize("status", R.values)
def test_buttons_on_a_request_are_exactly_the_moves_that_are_expected(status, users, people, at):
    item = item_in("completion", status, people, at)
    for role, user in users.items():
        expected = [a for (k, a, s), cells in TABLE.items() if (k, s) == ("completion", status) and cells[role] == "可"]
        assert workflow.allowed_actions(user, item) == expected, role


@pytest.mark.parametrize("action", EVENTS)
def test_a_verb_writes_its_event_with_who_and_when(action, people, at, period):
    kind, status = next((k, s) for (k, a, s), cells in TABLE.items() if a == action and "可" in cells.values())
    item = item_in(kind, status, people, at)
    known = set(Event.objects.values_list("pk", flat=True))
    by = people.reporter(HALL) if TABLE[kind, action, status]["本部室"] == "可" else people.office
    CALLS[action](item, by=by, at=at("2023-09-21 09:00"))
    [event] = Event.objects.exclude(pk__in=known)
    assert [event.action] == EVENTS[action]
    assert (event.by, event.at, event.department.name, event.measure.number) == (by, at("2023-09-21 09:00"), HALL, "11")
    assert event.is_public is (action in ("grant_completion", "reopen_completion"))


# ── 申请 ──────────────────────────────────────────────────


def test_a_request_keeps_what_was_written_and_its_evidence(asked):
    assert (asked.status, asked.note) == (R.REQUESTED, "已经做完。")
    [file] = asked.attachments.all()
    assert (file.name, file.completion_request, file.progress) == ("证明.pdf", asked, None)


def test_evidence_is_required(eleven, people, at):
    with pytest.raises(workflow.Refused, match="申请办结必须附佐证材料"):
        workflow.request_completion(
            eleven, by=people.reporter(HALL), at=at("2023-09-20 09:00"), note="做完了。", uploads=[]
        )
    assert not CompletionRequest.objects.exists()


@pytest.mark.parametrize("note", ["", " \n"])
def test_a_request_says_what_was_done(eleven, people, at, note):
    with pytest.raises(workflow.Refused, match="申请办结必须写明完成情况"):
        ask_completion(people, at, eleven, note=note)


def test_only_one_request_waits_at_a_time(asked, people, at):
    with pytest.raises(workflow.Refused, match="已有一份办结申请等待核实"):
        ask_completion(people, at, asked.assignment)


def test_after_a_return_the_department_can_ask_again(asked, people, at):
    workflow.return_completion(asked, by=people.office, at=at("2023-09-20 10:00"), reason=" 请补充验收材料。 ")
    own = assignment_pages.on_measure(asked.assignment.measure, people.reporter(HALL), TODAY).own
    assert own.last_returned.return_reason == "请补充验收材料。"
    again = ask_completion(people, at, asked.assignment, when="2023-09-21 09:00")
    assert again.status == R.REQUESTED


@pytest.mark.parametrize("reason", ["", " "])
def test_a_return_needs_a_reason(asked, people, at, reason):
    with pytest.raises(workflow.Refused, match="退回必须写明意见"):
        workflow.return_completion(asked, by=people.office, at=at("2023-09-20 10:00"), reason=reason)


# ── 还差什么 ──────────────────────────────────────────────


def approved(report, people, at, number, department=HALL, when="2023-09-20 09:00", values=None, **content):
    row = report(number, department)
    content = {"text": "做了。", "stage": "in_progress"} | content
    row = workflow.submit_progress(
        row, by=people.reporter(department), at=at(when), version=row.version, content=content, values=values
    )
    return workflow.approve_progress(row, by=people.office, at=at(when))


def test_without_any_approved_report_a_milestone_cannot_be_completed(report, people, at):
    assert workflow.what_blocks_completion(part("12")) == ["还没有通过的进展报送，看不出完成进度；办结须为 100%。"]
    with pytest.raises(workflow.Refused, match="还没有通过的进展报送"):
        ask_completion(people, at, part("12"))


@pytest.mark.parametrize(("percent", "found"), [(80, ["完成进度是 80%，办结须为 100%。"]), (100, [])])
def test_outside_the_report_the_latest_approved_percent_decides(report, people, at, percent, found):
    approved(report, people, at, "12", percent=percent)
    assert workflow.what_blocks_completion(part("12")) == found


def test_what_was_submitted_but_not_approved_does_not_count(report, submitted, people, at):
    submitted("12", HALL, percent=100)
    assert workflow.what_blocks_completion(part("12")) != []


def test_the_latest_approved_values_decide(report, people, at):
    days, seals = Target.objects.filter(measure__number="5").order_by("order")
    approved(report, people, at, "5", values={days: Decimal("0.6"), seals: Decimal(5)})
    assert len(workflow.what_blocks_completion(part("5"))) == 1
    row = workflow.correct_progress(report("5", HALL), by=people.reporter(HALL), at=at("2023-09-20 10:00"))
    row = workflow.submit_progress(
        row, by=people.reporter(HALL), at=at("2023-09-20 11:00"), version=row.version,
        content={"text": "更正。"}, values={days: Decimal("0.5"), seals: Decimal(5)},
    )  # fmt: skip
    assert len(workflow.what_blocks_completion(part("5"))) == 1
    workflow.approve_progress(row, by=people.office, at=at("2023-09-20 12:00"))
    assert workflow.what_blocks_completion(part("5")) == []


def test_an_unassigned_target_may_be_reported_by_either_lead(report, people, at):
    """第 8 项两个部室，文件没有写明目标由谁报：哪个部室报的都算。"""
    values = {t: t.value for t in Target.objects.filter(measure__number="8")}
    approved(report, people, at, "8", "规划建设部", values=values)
    assert workflow.what_blocks_completion(part("8", HALL)) == []


def test_a_target_of_another_department_is_not_mine(report, people, at):
    one, other = Target.objects.filter(measure__number="8").order_by("order")
    Target.objects.filter(pk=one.pk).update(department=Department.objects.get(name=HALL))
    Target.objects.filter(pk=other.pk).update(department=Department.objects.get(name="规划建设部"))
    approved(report, people, at, "8", HALL, values={one: one.value})
    assert workflow.what_blocks_completion(part("8", HALL)) == []
    assert workflow.what_blocks_completion(part("8", "规划建设部")) != []


def test_the_office_checks_again_when_it_grants(report, people, at):
    """申请之后又更正成 80%：不能同意，要退回。"""
    approved(report, people, at, "12", percent=100)
    asked = ask_completion(people, at, part("12"), when="2023-09-20 10:00")
    row = workflow.correct_progress(report("12", HALL), by=people.reporter(HALL), at=at("2023-09-20 11:00"))
    row = workflow.submit_progress(
        row,
        by=people.reporter(HALL),
        at=at("2023-09-20 12:00"),
        version=row.version,
        content={"text": "更正。", "percent": 80},
    )
    workflow.approve_progress(row, by=people.office, at=at("2023-09-20 13:00"))
    with pytest.raises(workflow.Refused, match="完成进度是 80%，办结须为 100%。"):
        workflow.grant_completion(asked, by=people.office, at=at("2023-09-20 14:00"))
    assert not Completion.objects.exists()


# ── 同意 ──────────────────────────────────────────────────


def test_granting_completes_the_assignment_without_a_report(done, period):
    completion = Completion.objects.get()
    assert (completion.assignment, completion.progress) == (done, None)
    assert done.status == "completed"
    assert light_of(done, period).level == "done"


def test_a_completed_assignment_owes_no_report_in_the_open_period(done, period):
    assert not period.progress.filter(assignment=done).exists()
    assert period.progress.count() == 30


def test_what_was_begun_stays_and_can_be_finished(eleven, period, report, people, at):
    """写了草稿的不删：接着报完，报送照常审核。"""
    row = workflow.save_progress(
        report("11", HALL), by=people.reporter(HALL), at=at("2023-09-19 09:00"), version=0, content={"text": "写了一半"}
    )
    complete(people, at, eleven)
    row.refresh_from_db()
    assert (row.status, row.text) == ("draft", "写了一半")


def test_who_was_writing_is_told_when_the_row_is_gone(eleven, period, report, people, at):
    row = report("11", HALL)
    complete(people, at, eleven)
    with pytest.raises(workflow.Refused, match="这一项刚刚办结，本期不用再报。"):
        workflow.save_progress(
            row, by=people.reporter(HALL), at=at("2023-09-21 09:00"), version=0, content={"text": "写"}
        )


def test_reporting_completed_in_the_monthly_report_still_completes(asked, period, report, people, at):
    """月报先通过：办结由月报而成，等着的申请随之了结。"""
    row = approved(report, people, at, "11", stage="completed", when="2023-09-21 09:00")
    completion = Completion.objects.get()
    assert completion.progress == row
    asked.refresh_from_db()
    assert (asked.status, asked.decided_by) == (R.GRANTED, people.office)
    assert Event.objects.filter(action="completion_grant").count() == 1


def test_granting_withdraws_the_extension_that_waits(period, people, at):
    eleven = dated("11")
    extension = ask_extension(people, at, eleven)
    complete(people, at, part("11"), when="2023-09-20 11:00")
    extension.refresh_from_db()
    assert extension.status == "withdrawn"


def test_a_self_review_is_marked(asked, people, at):
    workflow.grant_completion(asked, by=people.office_in_hall, at=at("2023-09-20 10:00"))
    assert Event.objects.get(action="completion_grant").is_self_review


# ── 重新打开 ──────────────────────────────────────────────


def test_reopening_makes_the_open_period_owe_again(done, period, people, at):
    workflow.reopen_completion(done, by=people.office, at=at("2023-09-21 09:00"), reason=" 复查不合格。 ")
    completion = Completion.objects.get()
    assert (completion.reopened_by, completion.reopened_at) == (people.office, at("2023-09-21 09:00"))
    assert completion.reopen_reason == "复查不合格。"
    assert part("11").status == "open"
    row = period.progress.get(assignment=done)
    assert (row.status, row.version) == (Progress.Status.MISSING, 0)
    assert light_of(part("11"), period).level == "green"


def test_reopening_leaves_closed_periods_as_they_were(done, period, people, at):
    period = workflow.close_period(period, by=people.office, at=at("2023-09-30 17:00"))
    workflow.reopen_completion(done, by=people.office, at=at("2023-10-08 09:00"), reason="复查不合格。")
    assert not period.progress.filter(assignment=done).exists()
    assert light_of(done, period, dt.date(2023, 10, 9)).level == "done"


def test_it_can_be_completed_again_and_both_times_are_kept(done, people, at):
    workflow.reopen_completion(done, by=people.office, at=at("2023-09-21 09:00"), reason="复查不合格。")
    complete(people, at, part("11"), when="2023-09-21 10:00")
    assert Completion.objects.count() == 2
    assert Completion.objects.in_force().count() == 1


@pytest.mark.parametrize("reason", ["", " "])
def test_reopening_needs_a_reason(done, people, at, reason):
    with pytest.raises(workflow.Refused, match="重新打开必须写明理由"):
        workflow.reopen_completion(done, by=people.office, at=at("2023-09-21 09:00"), reason=reason)


# ── 跟踪问效 ──────────────────────────────────────────────


def note(people, at, row, *, when="2023-09-20 11:00", text="企业反映好。", follow_up_on=None, by=None):
    by = by or people.reporter(HALL)
    return workflow.note_effect(row, by=by, at=at(when), text=text, follow_up_on=follow_up_on)


def test_a_follow_up_is_due_on_its_day_until_the_next_note(done, people, at):
    note(people, at, done, follow_up_on=dt.date(2023, 10, 8))
    assert not EffectNote.objects.due(dt.date(2023, 10, 7)).exists()
    assert EffectNote.objects.due(dt.date(2023, 10, 8)).count() == 1
    note(people, at, done, when="2023-10-09 09:00", by=people.office)
    assert not EffectNote.objects.due(dt.date(2023, 12, 1)).exists()


def test_a_reopened_completion_asks_for_no_follow_up(done, people, at):
    note(people, at, done, follow_up_on=dt.date(2023, 10, 8))
    workflow.reopen_completion(done, by=people.office, at=at("2023-09-21 09:00"), reason="复查不合格。")
    assert not EffectNote.objects.due(dt.date(2023, 12, 1)).exists()


@pytest.mark.parametrize("day", [19, 20])
def test_a_follow_up_lies_in_the_future(done, people, at, day):
    with pytest.raises(workflow.Refused, match="须在今天之后"):
        note(people, at, done, follow_up_on=dt.date(2023, 9, day))


def test_an_effect_note_says_something(done, people, at):
    with pytest.raises(workflow.Refused, match="请写实际效果"):
        note(people, at, done, text=" ")


# ── 谁看得到 ──────────────────────────────────────────────


def test_requests_effects_and_evidence_stay_with_the_department_and_the_board(done, users, people, at):
    note(people, at, done)
    for rows in (CompletionRequest.objects, EffectNote.objects, Attachment.objects):
        seen = {role for role, user in users.items() if rows.visible_to(user).exists()}
        assert seen == {"本部室", "办公室", "领导", "管理员"}, rows.model


# ── 两个人同时 ────────────────────────────────────────────


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_grants_at_once_complete_once(asked, people, at):
    one, two = people.office, people.office_in_hall
    results = together(
        *(partial(workflow.grant_completion, asked, by=by, at=at("2023-09-21 09:00")) for by in (one, two))
    )
    assert results.count("做成") == 1
    assert Completion.objects.count() == 1
    assert Event.objects.filter(action="completion_grant").count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_granting_while_a_period_opens_leaves_no_stray_report(asked, period, people, at):
    """一边同意办结，一边开放 10 月：不论谁先，办结了的都不应报 10 月。"""
    [october] = workflow.plan_periods(
        period.plan, by=people.office, at=at("2023-10-01 08:00"), first_month=10, last_month=10, due_day=25
    )
    office = people.office
    results = together(
        partial(workflow.grant_completion, asked, by=office, at=at("2023-10-01 09:00")),
        partial(workflow.open_period, october, by=office, at=at("2023-10-01 09:00")),
    )
    assert results == ["做成", "做成"]
    assert not october.progress.filter(assignment=asked.assignment).exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_reopening_while_a_period_opens_owes_its_report(done, period, people, at):
    [october] = workflow.plan_periods(
        period.plan, by=people.office, at=at("2023-10-01 08:00"), first_month=10, last_month=10, due_day=25
    )
    office = people.office
    results = together(
        partial(workflow.reopen_completion, done, by=office, at=at("2023-10-01 09:00"), reason="复查不合格。"),
        partial(workflow.open_period, october, by=office, at=at("2023-10-01 09:00")),
    )
    assert results == ["做成", "做成"]
    assert october.progress.filter(assignment=done).count() == 1
