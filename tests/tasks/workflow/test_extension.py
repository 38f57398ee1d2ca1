"""延期：状态 × 动作 × 角色；原时限保留并计数；批准后灯立即按新时限，已关闭各期的灯不变。"""

import datetime as dt
from functools import partial

import pytest

from tasks import workflow
from tasks.models import Assignment, Event, Extension, Measure
from tasks.pages import assignment as assignment_pages
from tasks.pages import extension as extension_pages
from tests.tasks.expectations import nobody, outcome, read
from tests.tasks.parts import DUE, HALL, LATER, ask_completion, ask_extension, complete, dated, light_of, part, together

pytestmark = pytest.mark.django_db
E = Extension.Status

# 可：能做；拒：现在不能做（说明原因）；禁：不是你的事。
TABLE = read(
    """
    对象       动作               状态       本部室 别部室 办公室 领导 管理员 未登录
    assignment request_extension  open       可     禁     禁     禁   禁     禁
    assignment request_extension  completed  拒     禁     禁     禁   禁     禁
    assignment request_extension  ended      拒     禁     禁     禁   禁     禁
    extension  approve_extension  requested  禁     禁     可     禁   禁     禁
    extension  approve_extension  approved   禁     禁     拒     禁   禁     禁
    extension  approve_extension  refused    禁     禁     拒     禁   禁     禁
    extension  approve_extension  withdrawn  禁     禁     拒     禁   禁     禁
    extension  refuse_extension   requested  禁     禁     可     禁   禁     禁
    extension  refuse_extension   approved   禁     禁     拒     禁   禁     禁
    extension  refuse_extension   refused    禁     禁     拒     禁   禁     禁
    extension  refuse_extension   withdrawn  禁     禁     拒     禁   禁     禁
    extension  withdraw_extension requested  可     禁     禁     禁   禁     禁
    extension  withdraw_extension approved   拒     禁     禁     禁   禁     禁
    extension  withdraw_extension refused    拒     禁     禁     禁   禁     禁
    extension  withdraw_extension withdrawn  拒     禁     禁     禁   禁     禁
    """
)
EVENTS = {
    "request_extension": ["extension_request"],
    "approve_extension": ["extension_approve"],
    "refuse_extension": ["extension_refuse"],
    "withdraw_extension": ["extension_withdraw"],
}
CALLS = {
    "request_extension": partial(workflow.request_extension, new_due_on=LATER, reason="等上级文件出台。"),
    "approve_extension": workflow.approve_extension,
    "refuse_extension": partial(workflow.refuse_extension, note="请按期完成。"),
    "withdraw_extension": workflow.withdraw_extension,
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
def twelve(period):
    """第 12 项，时限 2023-12-01。"""
    return dated()


@pytest.fixture
def asked(twelve, people, at):
    """已申请延至 2023-12-20。"""
    return ask_extension(people, at, twelve)


def item_in(kind, status, people, at):
    """处于某状态的项次（常态类第 11 项，有时限）或延期申请。"""
    if kind == "assignment":
        row = dated("11")
        if status == "completed":
            complete(people, at, row)
        elif status == "ended":
            Assignment.objects.filter(pk=row.pk).update(ended_in=row.measure.plan.revision)
        return part("11")
    made = ask_extension(people, at, dated())
    who = {"by": people.office, "at": at("2023-09-20 10:00")}
    if status == E.APPROVED:
        return workflow.approve_extension(made, **who)
    if status == E.REFUSED:
        return workflow.refuse_extension(made, **who, note="请按期完成。")
    return workflow.withdraw_extension(made, **who | {"by": people.reporter(HALL)}) if status == E.WITHDRAWN else made


# ── 状态 × 动作 × 角色 ────────────────────────────────────


@pytest.mark.parametrize(("kind", "action", "status"), TABLE)
def test_every_verb_does_refuses_or_forbids_as_written(kind, action, status, users, people, at):
    item = item_in(kind, status, people, at)
    assert item.status == status
    found = {role: outcome(CALLS[action], item, user, at("2023-09-21 09:00")) for role, user in users.items()}
    assert found == TABLE[kind, action, status]


@pytest.mark.parametrize("status", E.values)
def test_buttons_shown_are_exactly_the_moves_that_are_expected(status, users, people, at):
    item = item_in("extension", status, people, at)
    for role, user in users.items():
        expected = [a for (k, a, s), cells in TABLE.items() if (k, s) == ("extension", status) and cells[role] == "可"]
        assert workflow.allowed_actions(user, item) == expected, role


@pytest.mark.parametrize("action", EVENTS)
def test_a_verb_writes_its_event_with_who_when_and_both_dates(action, people, at, period):
    kind, status = ("assignment", "open") if action == "request_extension" else ("extension", E.REQUESTED)
    item = item_in(kind, status, people, at)
    known = set(Event.objects.values_list("pk", flat=True))
    by = people.office if TABLE[kind, action, status]["办公室"] == "可" else people.reporter(HALL)
    CALLS[action](item, by=by, at=at("2023-09-21 09:00"))
    [event] = Event.objects.exclude(pk__in=known)
    assert [event.action] == EVENTS[action]
    assert (event.by, event.at, event.department.name) == (by, at("2023-09-21 09:00"), HALL)
    assert (event.data["from"], event.data["to"]) == ("2023-12-01", "2023-12-20")
    assert "审批中心：2023年12月1日延至2023年12月20日。" in event.note
    assert event.is_public is (action == "approve_extension")


# ── 申请 ──────────────────────────────────────────────────


@pytest.mark.parametrize("when", ["2023-09-20 09:00", "2023-12-05 09:00"])
def test_an_extension_can_be_requested_before_and_after_the_due_date(twelve, people, at, when):
    made = ask_extension(people, at, twelve, when=when)
    assert (made.status, made.old_due_on, made.new_due_on) == (E.REQUESTED, DUE, LATER)
    twelve.refresh_from_db()
    assert twelve.due_on == DUE


def test_nothing_can_be_extended_where_there_is_no_date(period, people, at):
    with pytest.raises(workflow.Refused, match="没有完成时限，不用申请延期"):
        ask_extension(people, at, part("13", "综合办"))


def test_a_date_that_was_extended_can_be_extended_again(asked, people, at):
    workflow.approve_extension(asked, by=people.office, at=at("2023-09-20 10:00"))
    again = ask_extension(people, at, part("12"), when="2023-12-10 09:00", to=dt.date(2024, 1, 10))
    assert (again.old_due_on, again.assignment.measure.due_on) == (LATER, DUE)


def test_only_one_request_waits_at_a_time(asked, people, at):
    with pytest.raises(workflow.Refused, match="已有一份延期申请等待批复"):
        ask_extension(people, at, asked.assignment, to=dt.date(2024, 1, 1))


def test_who_has_asked_for_completion_does_not_ask_for_more_time(period, people, at):
    eleven = dated("11")
    ask_completion(people, at, eleven)
    with pytest.raises(workflow.Refused, match="已申请办结，正在等办公室核实"):
        ask_extension(people, at, eleven)


@pytest.mark.parametrize(
    ("to", "when", "said"),
    [
        (DUE, "2023-09-20 09:00", "须晚于现行时限 2023年12月1日"),
        (dt.date(2023, 11, 1), "2023-09-20 09:00", "须晚于现行时限"),
        (dt.date(2023, 12, 5), "2023-12-05 09:00", "须在今天之后"),
    ],
)
def test_the_new_date_is_later_than_the_present_one_and_than_today(twelve, people, at, to, when, said):
    with pytest.raises(workflow.Refused, match=said):
        ask_extension(people, at, twelve, to=to, when=when)
    assert not Extension.objects.exists()


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_a_request_needs_a_reason(twelve, people, at, reason):
    with pytest.raises(workflow.Refused, match="申请延期必须写明理由"):
        ask_extension(people, at, twelve, reason=reason)


# ── 批复 ──────────────────────────────────────────────────


def test_an_approved_extension_moves_the_date_and_the_light_at_once(period, people, at):
    """时限 10 月 1 日，9 月 22 日看是“临近”；批到 12 月 20 日，立即不再临近。"""
    row = dated("11", due_on=dt.date(2023, 10, 1))
    assert light_of(row, period).reason == "距时限 9 天，尚未完成"
    made = ask_extension(people, at, row)
    assert light_of(row, period).reason == "距时限 9 天，尚未完成"
    workflow.approve_extension(made, by=people.office, at=at("2023-09-21 09:00"))
    row.refresh_from_db()
    assert row.due_on == LATER
    assert light_of(row, period).level == "green"


def test_the_original_date_stays_and_extensions_are_counted(asked, people, at):
    workflow.approve_extension(asked, by=people.office, at=at("2023-09-20 10:00"))
    again = ask_extension(people, at, part("12"), when="2023-12-10 09:00", to=dt.date(2024, 1, 10))
    workflow.approve_extension(again, by=people.office, at=at("2023-12-10 10:00"))
    row = part("12")
    assert (row.measure.due_on, row.due_on) == (DUE, dt.date(2024, 1, 10))
    assert extension_pages.times_extended([row.pk]) == {row.pk: 2}


def test_a_refusal_changes_nothing_but_is_told_to_the_department(asked, people, at):
    workflow.refuse_extension(asked, by=people.office, at=at("2023-09-20 10:00"), note=" 请倒排工期。 ")
    assert part("12").due_on == DUE
    own = assignment_pages.on_measure(asked.assignment.measure, people.reporter(HALL), dt.date(2023, 9, 22)).own
    assert (own.last_refused.decision_note, own.times) == ("请倒排工期。", 0)


@pytest.mark.parametrize("note", ["", " "])
def test_a_refusal_needs_a_note(asked, people, at, note):
    with pytest.raises(workflow.Refused, match="不批准延期必须写明意见"):
        workflow.refuse_extension(asked, by=people.office, at=at("2023-09-20 10:00"), note=note)


def test_what_was_settled_later_in_the_meantime_is_not_approved(asked, people, at):
    Measure.objects.filter(number="12").update(due_on=dt.date(2023, 12, 31))
    with pytest.raises(workflow.Refused, match="不晚于现行时限"):
        workflow.approve_extension(asked, by=people.office, at=at("2023-09-20 10:00"))


def test_an_extension_that_was_withdrawn_by_revision_is_not_approved(asked, people, at):
    Assignment.objects.filter(pk=asked.assignment_id).update(ended_in=asked.assignment.measure.plan.revision)
    with pytest.raises(workflow.Refused, match="这一项已终止，不用再延期"):
        workflow.approve_extension(asked, by=people.office, at=at("2023-09-20 10:00"))


def test_a_decision_by_somebody_of_the_same_department_is_marked(asked, people, at):
    workflow.approve_extension(asked, by=people.office_in_hall, at=at("2023-09-20 10:00"))
    assert Event.objects.get(action="extension_approve").is_self_review


def test_completion_withdraws_the_extension_that_waits(period, people, at):
    eleven = dated("11")
    made = ask_extension(people, at, eleven)
    row = period.progress.get(assignment=eleven)
    content = {"text": "全部完成。", "stage": "completed"}
    row = workflow.submit_progress(row, by=people.reporter(HALL), at=at("2023-09-21 09:00"), version=0, content=content)
    workflow.approve_progress(row, by=people.office, at=at("2023-09-21 10:00"))
    made.refresh_from_db()
    assert made.status == E.WITHDRAWN
    assert "已办结，不用再延期" in Event.objects.get(action="extension_withdraw").note


# ── 谁看得到 ──────────────────────────────────────────────


def test_others_see_an_extension_only_when_it_is_approved(asked, users, people, at):
    seen = {role for role, user in users.items() if Extension.objects.visible_to(user).exists()}
    assert seen == {"本部室", "办公室", "领导", "管理员"}
    workflow.approve_extension(asked, by=people.office, at=at("2023-09-20 10:00"))
    seen = {role for role, user in users.items() if Extension.objects.visible_to(user).exists()}
    assert seen == set(users) - {"未登录"}


# ── 可重现：已关闭的一期按当时的时限判 ────────────────────


def test_a_later_approval_does_not_change_the_light_of_a_closed_period(period, people, at):
    """9 月关闭时已过时限，判红；10 月才批延期，9 月仍是红，10 月起按新时限。"""
    row = dated("11", due_on=dt.date(2023, 9, 20))
    period = workflow.close_period(period, by=people.office, at=at("2023-09-30 17:00"))
    before = light_of(row, period, dt.date(2023, 10, 8))
    assert (before.level, before.reason) == ("red", "到期未完成，已超 10 天；9月未报")
    made = ask_extension(people, at, row, when="2023-10-08 09:00")
    workflow.approve_extension(made, by=people.office, at=at("2023-10-08 10:00"))
    assert light_of(row, period, dt.date(2023, 10, 9)) == before
    [october] = workflow.plan_periods(
        row.measure.plan, by=people.office, at=at("2023-10-01 08:00"), first_month=10, last_month=10, due_day=25
    )
    october = workflow.open_period(october, by=people.office, at=at("2023-10-08 11:00"))
    assert light_of(row, october, dt.date(2023, 10, 9)).level != "red"


def test_each_closed_period_keeps_the_date_of_its_own_time(period, people, at):
    """先后批了两次：9 月看第一次的，10 月看第二次的。"""
    row = dated(due_on=dt.date(2023, 9, 1))
    first = ask_extension(people, at, row, when="2023-09-10 09:00", to=dt.date(2023, 9, 28))
    workflow.approve_extension(first, by=people.office, at=at("2023-09-10 10:00"))
    period = workflow.close_period(period, by=people.office, at=at("2023-09-30 17:00"))
    second = ask_extension(people, at, part("12"), when="2023-10-02 09:00", to=dt.date(2023, 12, 20))
    workflow.approve_extension(second, by=people.office, at=at("2023-10-02 10:00"))
    assert light_of(row, period, dt.date(2023, 10, 9)).findings[0] == "到期未完成，已超 2 天"


# ── 两个人同时 ────────────────────────────────────────────


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_approving_and_withdrawing_at_once_only_one_happens(asked, people, at):
    office, own = people.office, people.reporter(HALL)
    results = together(
        lambda: workflow.approve_extension(asked, by=office, at=at("2023-09-21 09:00")),
        lambda: workflow.withdraw_extension(asked, by=own, at=at("2023-09-21 09:00")),
    )
    assert results.count("做成") == 1
    asked.refresh_from_db()
    assert part("12").due_on == (LATER if asked.status == E.APPROVED else DUE)
    assert Event.objects.filter(action__in=["extension_approve", "extension_withdraw"]).count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_requests_at_once_leave_one_waiting(twelve, people, at):
    own, head = people.reporter(HALL, 1), people.reporter(HALL, 2)
    results = together(
        *(partial(CALLS["request_extension"], twelve, by=by, at=at("2023-09-21 09:00")) for by in (own, head))
    )
    assert results.count("做成") == 1
    assert Extension.objects.count() == 1


def test_refusing_what_is_already_decided_is_said_without_two_noes_in_a_row(plan, people, at):
    asked = ask_extension(people, at, dated("11", due_on=dt.date(2023, 9, 1)), to=LATER)
    workflow.approve_extension(asked, by=people.office, at=at("2023-09-21 09:00"))
    with pytest.raises(workflow.Refused, match="^现在不能“不批准延期”：这一条目前是“已批准”。$"):
        workflow.refuse_extension(asked, by=people.office, at=at("2023-09-21 09:00"), note="不行")
