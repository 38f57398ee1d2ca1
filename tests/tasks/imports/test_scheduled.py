"""登记将来的接替：到那天由定时任务生效，错过的第一次运行时补办，办过的不再办；情况变了整件不办，说明为什么、怎么办。"""

import datetime as dt
import io

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command

from departments.models import Department, Leader, SecurityEvent
from tasks import workflow
from tasks.figures.ledger import Ledger
from tasks.imports import scheduled, succession
from tasks.models import Assignment, Event, Measure, PlanRevision, Progress, Succession
from tasks.pages import board as board_pages
from tasks.pages import succession as succession_pages
from tests.tasks.expectations import nobody, outcome, read
from tests.tasks.parts import ask_extension, dated

pytestmark = pytest.mark.django_db
OLD, NEW, THIRD = "财务部", "综合办", "规划建设部"
DAY = dt.date(2023, 10, 8)

TABLE = read("""
对象       动作                状态      本部室 别部室 办公室 领导 管理员 未登录
succession withdraw_succession pending   禁     禁     禁     禁   可     禁
succession withdraw_succession stuck     禁     禁     禁     禁   可     禁
succession withdraw_succession done      禁     禁     禁     禁   拒     禁
succession withdraw_succession withdrawn 禁     禁     禁     禁   拒     禁
""")
EVENTS = {
    "plan_succession": ["admin_succession_plan"],
    "withdraw_succession": ["admin_succession_withdraw"],
}


def room(name):
    return Department.objects.get(name=name)


@pytest.fixture
def register(plan, period, people, at):
    """登记：财务部自 10 月 8 日起由综合办接替。"""

    def do(**more):
        said = {"by": people.admin, "at": at("2023-09-22 09:00"), "on": DAY, "reason": "机构改革。"}
        said |= {"parts": {}, "with_accounts": False, "is_gone": True, "seen": {}} | more
        return succession.register_department(room(OLD), room(NEW), **said)

    return do


@pytest.fixture
def run(at):
    """某天的定时任务。"""
    return lambda day: scheduled.apply_due(at(f"{day} 02:00"))


def leading(name) -> set[str]:
    found = Assignment.objects.in_force().filter(department__name=name)
    return set(found.values_list("measure__number", flat=True))


def facts():
    """库里会被动到的几样：办不成的，一样不变。"""
    return (
        PlanRevision.objects.count(), sorted(Assignment.objects.values_list("pk", "department", "ended_in")),
        Department.objects.get(name=OLD).is_active, Event.objects.exclude(action="admin_succession_fail").count(),
    )  # fmt: skip


# ── 登记、撤回 ────────────────────────────────────────────


def test_a_day_to_come_is_registered_and_moves_nothing(register, people):
    before = PlanRevision.objects.count(), leading(OLD)
    made = register()
    assert (made.status, made.on, str(made)) == ("pending", DAY, "财务部由综合办接替")
    assert (PlanRevision.objects.count(), leading(OLD)) == before
    assert Event.objects.get(action="admin_succession_plan").note == "自2023年10月8日起，财务部由综合办接替：机构改革。"


def test_today_is_still_done_at_once(register):
    assert [made.number for made in register(on=dt.date(2023, 9, 22))] == [2]
    assert not Succession.objects.exists()


def test_only_the_administrator_registers_and_only_once(register, people, at):
    with pytest.raises(PermissionDenied):
        register(by=people.office)
    register()
    with pytest.raises(workflow.Refused, match="已登记自2023年10月8日起财务部由综合办接替"):
        register(on=dt.date(2023, 11, 1))
    with pytest.raises(workflow.Refused, match="请先在“待生效的”里撤回那一份"):
        register(on=dt.date(2023, 9, 22))
    with pytest.raises(workflow.Refused, match="请写明根据"):
        succession.register_leader(
            Leader.objects.get(name="王卫东"), Leader.objects.get(name="李华斌"), by=people.admin,
            at=at("2023-09-22 09:00"), on=DAY, reason=" ", is_gone=True, seen={},
        )  # fmt: skip


@pytest.mark.parametrize("status", Succession.Status.values)
def test_it_is_withdrawn_refused_or_forbidden_as_written(status, register, run, people, at):
    row = register()
    if status == "withdrawn":
        workflow.withdraw_succession(row, by=people.admin, at=at("2023-09-23 09:00"))
    elif status == "stuck":
        Department.objects.filter(name=NEW).update(is_active=False)
        run("2023-10-08")
    elif status == "done":
        run("2023-10-08")
    row.refresh_from_db()
    assert row.status == status
    users = {
        "本部室": people.reporter(OLD), "别部室": people.reporter(NEW), "办公室": people.office,
        "领导": people.leader("李华斌"), "管理员": people.admin, "未登录": nobody(),
    }  # fmt: skip
    found = {
        name: outcome(workflow.withdraw_succession, row, user, at("2023-10-09 09:00")) for name, user in users.items()
    }
    assert found == TABLE["succession", "withdraw_succession", status]


def test_what_is_withdrawn_never_happens_and_can_be_registered_anew(register, run, people, at):
    row = register()
    workflow.withdraw_succession(row, by=people.admin, at=at("2023-09-23 09:00"))
    assert run("2023-10-08") == [] and leading(OLD)
    assert register().status == "pending"


# ── 到了那天 ──────────────────────────────────────────────


def test_it_happens_on_its_day_once_and_earlier_periods_keep_theirs(register, run, plan, period, people, at):
    august = Progress.objects.filter(period=period).values_list("assignment__department__name", flat=True)
    before, levels = sorted(august), Ledger(plan, period, dt.date(2023, 9, 30)).light_totals
    register()
    workflow.close_period(period, by=people.office, at=at("2023-09-30 09:00"))
    period.refresh_from_db()
    assert run("2023-10-07") == []
    [result] = run("2023-10-08")
    assert (result.is_done, result.said) == (
        True,
        "自2023年10月8日起，财务部由综合办接替：已生效，1 份方案各有新的一版。",
    )
    assert plan.revision.note == "自2023年10月8日起，财务部由综合办接替：机构改革。"
    assert (leading(OLD), room(OLD).is_active) == (set(), False)
    assert run("2023-10-08") == run("2023-10-09") == [], "办过的不再办"
    assert PlanRevision.objects.count() == 2
    assert (
        sorted(Progress.objects.filter(period=period).values_list("assignment__department__name", flat=True)) == before
    )
    assert Ledger(plan, period, dt.date(2023, 10, 9)).light_totals == levels
    assert list(workflow.differences(plan)) == []


def test_a_task_that_did_not_run_makes_up_with_the_day_it_had(register, run, plan):
    register()
    [result] = run("2023-10-12")
    assert result.is_done
    assert plan.revision.note.startswith("自2023年10月8日起")
    assert Event.objects.get(action="admin_succeed").data["on"] == "2023-10-08"


def test_two_in_a_row_happen_in_the_order_of_their_days(register, run, people, at):
    """先甲给乙，再乙给丙：一次补办也照日子先后。"""
    second = {"by": people.admin, "at": at("2023-09-22 09:10"), "on": dt.date(2023, 10, 9), "reason": "再调整。"}
    second |= {"parts": {}, "with_accounts": False, "is_gone": True, "seen": {}}
    succession.register_department(room(NEW), room(THIRD), **second)
    mine = leading(OLD)
    register()
    assert [result.is_done for result in run("2023-10-15")] == [True, True]
    assert mine <= leading(THIRD) and not leading(NEW)


def test_accounts_move_with_it_and_the_security_log_says_who_had_it_done(register, run, people):
    user = people.reporter(OLD)
    register(with_accounts=True)
    run("2023-10-08")
    user.refresh_from_db()
    assert user.department == room(NEW)
    [event] = SecurityEvent.objects.filter(action="account_changed", target=user)
    assert (event.by, event.data["department"]) == (people.admin, [OLD, NEW])


def test_a_leader_is_replaced_on_the_day(plan, period, people, at, run):
    new = Leader.objects.create(name="接任者")
    old = Leader.objects.get(name="王卫东")
    said = {"by": people.admin, "at": at("2023-09-22 09:00"), "on": DAY, "reason": "党工委决定", "is_gone": True}
    succession.register_leader(old, new, **said, seen={})
    led = set(succession.led_by(old).values_list("pk", flat=True))
    assert [result.is_done for result in run("2023-10-08")] == [True]
    assert set(succession.led_by(new).values_list("pk", flat=True)) >= led and not succession.led_by(old).exists()
    old.refresh_from_db()
    assert not old.is_active


def test_what_was_split_goes_where_it_was_said(register, run, plan):
    fifteen = Assignment.objects.get(measure__number="15", department__name=OLD, ended_in=None)
    register(parts={fifteen.pk: room(THIRD)})
    assert [result.is_done for result in run("2023-10-08")] == [True]
    assert "15" in leading(THIRD) and "16" in leading(NEW) and "15" not in leading(NEW)


# ── 情况变了 ──────────────────────────────────────────────


def stuck(run, said, day="2023-10-08"):
    before = facts()
    [result] = run(day)
    assert not result.is_done and said in result.said, result.said
    assert facts() == before, "没有办一半的"
    return Succession.objects.get()


def test_a_successor_gone_meanwhile_stops_it_and_says_what_to_do(register, run):
    register()
    Department.objects.filter(name=NEW).update(is_active=False)
    row = stuck(run, "接替的综合办已不再使用。请管理员在“换人与部室调整”撤回这一份")
    assert row.status == "stuck"
    stuck(run, "接替的综合办已不再使用", "2023-10-09")
    assert Event.objects.filter(action="admin_succession_fail").count() == 1, "原因没有变的不重复记"


def test_a_plan_revised_meanwhile_stops_a_split_that_no_longer_fits(register, run, plan):
    fifteen = Assignment.objects.get(measure__number="15", department__name=OLD, ended_in=None)
    register(parts={fifteen.pk: room(THIRD)})
    Assignment.objects.filter(pk=fifteen.pk).update(ended_in=plan.revision)
    stuck(run, "拆分里写明另给的第 15 项，登记以后已办结、退出或换了牵头部室。请管理员在“换人与部室调整”撤回这一份")


def test_a_measure_that_came_later_is_not_guessed_in_a_split(register, run):
    fifteen = Assignment.objects.get(measure__number="15", department__name=OLD, ended_in=None)
    register(parts={fifteen.pk: room(THIRD)})
    Assignment.objects.create(measure=Measure.objects.get(number="7"), department=room(OLD), order=9)
    stuck(run, "第 7 项是登记以后才由财务部牵头的，拆分里没有写明给谁")


def test_a_room_of_the_split_gone_meanwhile_stops_it(register, run):
    fifteen = Assignment.objects.get(measure__number="15", department__name=OLD, ended_in=None)
    register(parts={fifteen.pk: room(THIRD)})
    Department.objects.filter(name=THIRD).update(is_active=False)
    stuck(run, "拆分里写明的规划建设部已不再使用")


def test_an_administrator_who_is_none_any_more_stops_it(register, run, people):
    register()
    admin = people.admin
    admin.role = "office"
    admin.save()
    stuck(run, "登记它的admin已不是管理员。请另一位管理员撤回，再照样登记。")


def test_what_waits_for_the_office_holds_it_until_it_is_settled(register, run, people, at):
    asked = ask_extension(people, at, dated("16", OLD, due_on=dt.date(2023, 10, 20)), to=dt.date(2023, 12, 20))
    register()
    stuck(run, "财务部还有 1 件延期等办公室批")
    workflow.approve_extension(asked, by=people.office, at=at("2023-10-08 09:00"), note="同意。")
    assert [result.is_done for result in run("2023-10-09")] == [True], "批完了，下一次就办成"
    assert Succession.objects.get().refused == ""


def test_the_office_is_told_on_the_board(register, run, plan, period):
    register()
    Department.objects.filter(name=NEW).update(is_active=False)
    run("2023-10-08")
    said = board_pages.told(succession_pages.due())
    assert [chore.title for chore in said] == ["1 件换人与部室调整到期没有生效"]
    assert "接替的综合办已不再使用" in said[0].detail and said[0].url == "/plan/#h-succ"


def test_the_command_says_what_it_did_and_fails_when_something_did_not_go(register, settings):
    out = io.StringIO()
    call_command("succeed", stdout=out)
    assert "没有到期的接替。" in out.getvalue()
    register()
    settings.BUSINESS_DATE = "2023-10-09"
    Department.objects.filter(name=NEW).update(is_active=False)
    with pytest.raises(SystemExit):
        call_command("succeed", stdout=out)
    Department.objects.filter(name=NEW).update(is_active=True)
    call_command("succeed", stdout=out)
    assert "财务部由综合办接替：已生效" in out.getvalue()
