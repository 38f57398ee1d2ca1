"""请配合单位报：办公室要了才报，报到这一期关闭以前都能改，撤销、接着要、换了部室、退出方案各有说法；不进应报与灯。"""

import datetime as dt

import pytest

from departments.models import Department
from tasks import workflow
from tasks.figures import owed as owed_figures
from tasks.figures.ledger import Ledger
from tasks.models import Assignment, Attachment, Cooperation, Event, Measure
from tasks.rules import evidence
from tests.tasks.expectations import nobody, outcome, read
from tests.world import upload

pytestmark = pytest.mark.django_db
HALL, MONEY, OFFICE_ROOM = "审批中心", "财务部", "综合办"
DUE = dt.date(2023, 9, 22)
C = Cooperation.Status

# 本部室是被请的配合单位，别部室是牵头的部室。
TABLE = read("""
对象        动作                状态    本部室 别部室 办公室 领导 管理员 未登录
cooperation report_cooperation  waiting 可     禁     禁     禁   禁     禁
cooperation report_cooperation  filed   可     禁     禁     禁   禁     禁
cooperation report_cooperation  missed  拒     禁     禁     禁   禁     禁
cooperation report_cooperation  off     拒     禁     禁     禁   禁     禁
cooperation correct_cooperation waiting 可     禁     禁     禁   禁     禁
cooperation correct_cooperation filed   可     禁     禁     禁   禁     禁
cooperation correct_cooperation missed  拒     禁     禁     禁   禁     禁
cooperation correct_cooperation off     拒     禁     禁     禁   禁     禁
cooperation stop_cooperation    waiting 禁     禁     可     禁   禁     禁
cooperation stop_cooperation    filed   禁     禁     可     禁   禁     禁
cooperation stop_cooperation    missed  禁     禁     可     禁   禁     禁
cooperation stop_cooperation    off     禁     禁     拒     禁   禁     禁
""")
EVENTS = {
    "ask_cooperation": ["cooperation_ask"],
    "report_cooperation": ["cooperation_report", "cooperation_correct"],
    "stop_cooperation": ["cooperation_stop"],
}


def room(name):
    return Department.objects.get(name=name)


@pytest.fixture
def measure(plan, period):
    """财务部牵头的第 16 项，审批中心、综合办配合。"""
    Measure.objects.filter(plan=plan, number="16").update(cooperating=f"{HALL}、{OFFICE_ROOM}")
    return Measure.objects.get(plan=plan, number="16")


@pytest.fixture
def ask(measure, period, people, at):
    def do(*rooms, when="2023-09-10 09:00", **more):
        said = {"departments": [room(name) for name in rooms or (HALL,)], "period": period, "due_on": DUE}
        said |= {"text": "配合了哪几件。"} | more
        return workflow.ask_cooperation(measure, by=people.office, at=at(when), **said)

    return do


@pytest.fixture
def report(people, at):
    def do(row, text="核对了三家企业。", when="2023-09-12 09:00", **more):
        row.refresh_from_db()
        said = {"by": people.reporter(row.department.name), "version": row.version, "text": text} | more
        return workflow.report_cooperation(row, at=at(when), **said)

    return do


@pytest.fixture
def stop(people, at):
    def do(row, when="2023-09-13 09:00", reason="不用了。"):
        return workflow.stop_cooperation(row, by=people.office, at=at(when), reason=reason)

    return do


@pytest.fixture
def next_period(plan, period, people, at):
    """关闭九月，开放十月。"""

    def do(close=True):
        who = {"by": people.office, "at": at("2023-10-01 09:00")}
        if close:
            period.refresh_from_db()
            workflow.close_period(period, by=people.office, at=at("2023-09-30 09:00"))
        [made] = workflow.plan_periods(plan, **who, first_month=10, last_month=10, due_day=25)
        return workflow.open_period(made, **who)

    return do


@pytest.fixture
def row_in(ask, report, stop, period, people, at):
    """一份在某个状态的；每一期都要的，过了期、报过的也撤销得了。"""

    def make(status):
        [row] = ask(is_standing=True)
        if status == C.FILED:
            report(row)
        elif status == C.OFF:
            stop(row)
        elif status == C.MISSED:
            workflow.close_period(period, by=people.office, at=at("2023-09-30 09:00"))
        return Cooperation.objects.select_related("measure", "period").get(pk=row.pk)

    return make


@pytest.fixture
def users(people):
    return {
        "本部室": people.reporter(HALL), "别部室": people.reporter(MONEY), "办公室": people.office,
        "领导": people.leader("李华斌"), "管理员": people.admin, "未登录": nobody(),
    }  # fmt: skip


VERBS = {
    "report_cooperation": lambda row, **who: workflow.report_cooperation(
        row, **who, version=row.version, text="办了。"
    ),
    "correct_cooperation": lambda row, **who: workflow.report_cooperation(
        row, **who, version=row.version, text="办了。"
    ),
    "stop_cooperation": lambda row, **who: workflow.stop_cooperation(row, **who, reason="不用了。"),
}


@pytest.mark.parametrize("status", C.values)
@pytest.mark.parametrize("action", VERBS)
def test_it_is_done_refused_or_forbidden_as_written(action, status, row_in, users, at):
    row = row_in(status)
    assert row.status == status
    found = {role: outcome(VERBS[action], row, user, at("2023-10-02 09:00")) for role, user in users.items()}
    assert found == TABLE["cooperation", action, status]


@pytest.mark.parametrize("status", C.values)
def test_what_the_database_calls_waiting_is_what_python_calls_waiting(status, row_in):
    row = row_in(status)
    assert Cooperation.objects.waiting().filter(pk=row.pk).exists() == (row.status == C.WAITING)


# ── 请 ────────────────────────────────────────────────────


def test_only_who_does_not_lead_and_is_not_asked_yet_can_be_asked(ask, people, at, measure, period):
    ask(HALL)
    for name, said in ((MONEY, "财务部牵头这一项，本来就报"), (HALL, "已经请审批中心报过")):
        with pytest.raises(workflow.Refused, match=said):
            ask(name)
    Department.objects.filter(name=OFFICE_ROOM).update(is_active=False)
    with pytest.raises(workflow.Refused, match="综合办已不再使用"):
        ask(OFFICE_ROOM)
    assert Cooperation.objects.count() == 1, "没有只办一半的"


def test_a_day_gone_by_a_closed_period_and_empty_words_are_refused(ask, period, people, at):
    for more, said in (
        ({"due_on": dt.date(2023, 9, 1)}, "已经过去"),
        ({"text": "  "}, "请写明要它们报什么"),
        ({"departments": []}, "至少勾一个"),
    ):
        with pytest.raises(workflow.Refused, match=said):
            ask(**more)
    workflow.close_period(period, by=people.office, at=at("2023-09-30 09:00"))
    with pytest.raises(workflow.Refused, match="没有在报送中的一期"):
        ask()


def test_a_retired_measure_asks_nobody_and_what_was_asked_is_no_longer_waited_for(ask, plan, measure):
    [row] = ask()
    Measure.objects.filter(pk=measure.pk).update(retired_in=plan.revision)
    row = Cooperation.objects.get()
    assert (row.status, Cooperation.objects.waiting().count()) == (C.OFF, 0)
    with pytest.raises(workflow.Refused, match="已退出现行方案"):
        ask(OFFICE_ROOM)


# ── 报 ────────────────────────────────────────────────────


def test_it_can_be_corrected_until_the_period_closes_and_the_old_words_stay_in_the_log(ask, report, period, people, at):
    [row] = ask()
    report(row, "先写的。")
    report(row, "改过的。", evidence=[evidence.check(upload())])
    assert Cooperation.objects.get().answer == "改过的。"
    assert [e.data["from"] for e in Event.objects.filter(action="cooperation_correct")] == ["先写的。"]
    assert Attachment.objects.visible_to(people.reporter(MONEY)).count() == 1, "牵头部室看得到"
    assert not Attachment.objects.visible_to(people.reporter(OFFICE_ROOM)).exists()
    workflow.close_period(period, by=people.office, at=at("2023-09-30 09:00"))
    with pytest.raises(workflow.Refused, match="没有在报送中，不能再改"):
        report(row, "太晚了。")


def test_two_who_write_at_once_do_not_overwrite_each_other(ask, report):
    [row] = ask()
    report(row, "先写的。")
    with pytest.raises(workflow.Conflict) as caught:
        report(row, "后写的。", version=0)
    assert caught.value.current.answer == "先写的。"


def test_who_sees_it_the_asked_the_leading_and_the_board(ask, report, people):
    [row] = ask()
    report(row)
    seen = lambda user: Cooperation.objects.visible_to(user).exists()  # noqa: E731
    assert all(map(seen, [people.reporter(HALL), people.reporter(MONEY), people.office, people.leader("李华斌")]))
    assert not seen(people.reporter(OFFICE_ROOM)) and not seen(nobody()) and not seen(people.auditor)


def test_it_is_owed_and_urged_but_counts_in_no_figure(ask, plan, period, measure, people, at):
    today = dt.date(2023, 9, 23)
    figures = lambda: (  # noqa: E731
        Ledger(plan, period, today).reporting, Ledger(plan, period, today).light_totals,
        Ledger(plan, period, today).reporting_by_room,
    )  # fmt: skip
    before = figures()
    ask()
    assert figures() == before
    [item] = [i for i in owed_figures.to_urge(plan, today, department=room(HALL)) if i.kind == owed_figures.COOPERATION]
    assert (item.timing, item.name) == ("已逾期 1 天", f"第16项《{measure.title}》")
    assert item.sentence == "9月配合情况没有报，截止 9月22日，已逾期 1 天。"
    said = {"department": room(HALL), "keys": [item.key], "text": "请报第 16 项的配合情况。"}
    workflow.send_reminder(plan, by=people.office, at=at("2023-09-23 09:00"), **said)
    [again] = [i for i in owed_figures.to_urge(plan, today, department=room(HALL)) if i.key == item.key]
    assert (again.urged, again.is_pressing) == (1, False)
    assert dict(owed_figures.urge_counts(plan, today))[room(HALL)] == len(
        owed_figures.to_urge(plan, today, department=room(HALL))
    )


# ── 每一期都要的 ──────────────────────────────────────────


def test_once_is_once_and_every_period_goes_on_with_the_same_days_before(ask, report, next_period):
    [once], [every] = ask(HALL), ask(OFFICE_ROOM, is_standing=True)
    report(every)
    october = next_period()
    [made] = Cooperation.objects.filter(period=october)
    assert (made.department.name, made.follows, made.due_on, made.text) == (
        OFFICE_ROOM, every, dt.date(2023, 10, 22), every.text,
    )  # fmt: skip
    assert Cooperation.objects.get(pk=once.pk).status == C.MISSED, "没有报的照旧列着"
    assert made.status == C.WAITING


def test_a_period_already_open_after_it_is_asked_too(ask, next_period):
    october = next_period(close=False)
    ask(is_standing=True)
    assert Cooperation.objects.filter(period=october, follows__isnull=False).count() == 1


def test_stopping_ends_what_is_waiting_and_what_is_to_come_and_keeps_what_was_filed(
    ask, report, stop, next_period, plan
):
    [row] = ask(is_standing=True)
    report(row)
    october = next_period()
    stop(Cooperation.objects.get(pk=row.pk), when="2023-10-02 09:00")
    first, second = Cooperation.objects.order_by("pk")
    assert (first.status, second.status) == (C.FILED, C.OFF)
    assert not Cooperation.objects.standing().exists() and second.period == october


def test_a_missed_period_stays_missed_when_it_is_stopped_afterwards(ask, stop, next_period):
    [row] = ask(is_standing=True)
    next_period()
    stop(Cooperation.objects.get(follows=row), when="2023-10-02 09:00")
    assert Cooperation.objects.get(pk=row.pk).status == C.MISSED


def test_what_was_asked_once_and_is_filed_needs_no_stopping(ask, report, stop):
    [row] = ask()
    report(row)
    with pytest.raises(workflow.Refused, match="只要这一期的"):
        stop(row)


def test_a_measure_that_is_done_asks_no_more(ask, next_period, measure, people, at):
    ask(is_standing=True)
    measure.targets.all().delete()
    part, who = measure.assignments.get(), {"by": people.reporter(MONEY), "at": at("2023-09-25 09:00")}
    done = workflow.request_completion(part, **who, note="做完了。", uploads=[evidence.check(upload())])
    workflow.grant_completion(done, by=people.office, at=at("2023-09-26 09:00"))
    october = next_period()
    assert not Cooperation.objects.filter(period=october).exists()


def test_a_unit_that_has_come_to_lead_is_asked_no_more(ask, next_period, measure):
    ask(is_standing=True)
    Assignment.objects.create(measure=measure, department=room(HALL), order=9)
    october = next_period()
    assert not Cooperation.objects.filter(period=october).exists()


# ── 报送期跟着变 ──────────────────────────────────────────


def test_a_longer_deadline_gives_them_the_same_days_more(ask, report, period, people, at):
    [waiting], [filed] = ask(HALL), ask(OFFICE_ROOM)
    report(filed)
    more = {"due_on": dt.date(2023, 9, 28), "reason": "放假"}
    workflow.extend_period(period, by=people.office, at=at("2023-09-14 09:00"), **more)
    assert Cooperation.objects.get(pk=waiting.pk).due_on == dt.date(2023, 9, 25)
    assert Cooperation.objects.get(pk=filed.pk).due_on == DUE


def test_taking_back_an_opening_takes_back_what_only_went_on(ask, stop, next_period, people, at):
    ask(is_standing=True)
    october = next_period()
    who = {"by": people.office, "at": at("2023-10-01 10:00")}
    workflow.unopen_period(october, **who)
    assert not Cooperation.objects.filter(period=october).exists()
    october.refresh_from_db()
    workflow.open_period(october, **who)
    assert Cooperation.objects.filter(period=october).count() == 1


@pytest.mark.parametrize("first", ["十月", "十一月"])
def test_periods_opened_and_taken_back_in_any_order_keep_one_chain(ask, plan, period, people, at, first):
    """两期都开着，撤回中间的一期，后一期改为接着前一份；后一期先开放的，中间的一期照样接得上。"""
    [asked] = ask(is_standing=True)
    who = {"by": people.office, "at": at("2023-10-01 09:00")}
    october, november = workflow.plan_periods(plan, **who, first_month=10, last_month=11, due_day=25)
    for each in (october, november) if first == "十月" else (november, october):
        workflow.open_period(each, **who)

    def chain():
        return [
            (row.period.slug, row.follows and row.follows.period.slug)
            for row in Cooperation.objects.order_by("period__starts_on")
        ]

    assert chain() == [("2023-09", None), ("2023-10", "2023-09"), ("2023-11", "2023-10")]
    october.refresh_from_db()
    workflow.unopen_period(october, **who)
    assert chain() == [("2023-09", None), ("2023-11", "2023-09")]
    october.refresh_from_db()
    workflow.open_period(october, **who)
    assert chain() == [("2023-09", None), ("2023-10", "2023-09"), ("2023-11", "2023-10")]


def test_a_period_in_which_somebody_was_asked_cannot_be_unopened(ask, period, people, at):
    ask()
    with pytest.raises(workflow.Refused, match="这一期已请过配合单位报"):
        workflow.unopen_period(period, by=people.office, at=at("2023-09-15 09:00"))


def test_a_department_still_expected_to_report_cannot_be_closed_nor_a_plan_archived(ask, plan):
    from tasks.admin.department import what_blocks_closing

    ask()
    Assignment.objects.filter(department__name=HALL).update(ended_in=plan.revision)
    assert "没有报的配合情况 1 件" in what_blocks_closing(room(HALL))
    assert "还有 1 件请配合单位报的没有报，也没有撤销。" in workflow.what_blocks_archiving(plan)
