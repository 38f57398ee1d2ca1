"""报送期：设定、删除、开放、撤回开放、延长、关闭、重新开放。"""

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from departments.models import User
from yingshang import dates
from yingshang.refusals import Refused

from ..figures import basis, closed
from ..models import (
    Assignment,
    Circular,
    Cooperation,
    Holiday,
    JointSummary,
    ManualLight,
    Plan,
    Progress,
    ReportingPeriod,
)
from ..rules import permissions, timetable
from .cooperation import carry_cooperation, shift_cooperation, uncarry_cooperation
from .judgement import forget_period, rejudge_plan, settle_period
from .steps import Step, check, check_not_before_plan, lock_measures, lock_plan, office, record

P = ReportingPeriod.Status


def _blocks_close(period: ReportingPeriod, at: dt.datetime) -> list[str]:
    """还有待审核的（已退出方案的不算）"""
    waiting = period.progress.to_review().count()
    return [f"还有 {waiting} 条待审核，请先审核再关闭。"] if waiting else []


def _was_opened(period: ReportingPeriod, at: dt.datetime) -> list[str]:
    """开放过，操作记录里有它"""
    if period.events.exists():
        return [f"{period.name}开放过，操作记录里有它，不能删。不用的话，不再开放就是。"]
    return []


def _is_in_use(period: ReportingPeriod, at: dt.datetime) -> list[str]:
    """关闭过；已有部室动笔；写过汇总、定过灯、起草过通报、请过配合单位报"""
    if period.events.filter(action="period_close").exists():
        return [f"{period.name}关闭过，数字已定，不能再撤回开放。"]
    reasons = []
    untouched = period.progress.filter(status=Progress.Status.MISSING, version=0, attachments__isnull=True)
    if written := period.progress.count() - untouched.count():
        reasons.append(f"已有 {written} 项次动笔或报送，不能再当作没有开放过。确实不收了的，请关闭这一期。")
    others = (
        (JointSummary.objects.filter(period=period), "这一期已写过汇总。"),
        (ManualLight.objects.filter(period=period), "这一期已定过灯。"),
        (_touched_cooperation(period), "这一期已请过配合单位报，或配合单位已报。"),
        (Circular.objects.filter(Q(period=period) | Q(first_period=period)), "这一期已起草过通报、汇报。"),
    )
    return reasons + [said for rows, said in others if rows.exists()]


def _touched_cooperation(period: ReportingPeriod) -> QuerySet[Cooperation]:
    """这一期请配合单位报的；只是照上一期接着要、没有报也没有撤销的不算。"""
    return Cooperation.objects.filter(period=period).exclude(follows__isnull=False, answered_at=None, off_at=None)


STEPS: dict[str, Step[ReportingPeriod]] = {
    "remove_period": Step(
        "删除报送期", (P.PLANNED,), P.PLANNED, office, _was_opened, note="没有开放过的才能删，删后可以再建"
    ),
    "open_period": Step("开放报送", (P.PLANNED,), P.OPEN, office),
    "unopen_period": Step("撤回开放", (P.OPEN,), P.PLANNED, office, _is_in_use, note="各项次的“未报”一并收回"),
    "extend_period": Step("延长截止日", (P.OPEN,), P.OPEN, office),
    "close_period": Step("关闭报送", (P.OPEN,), P.CLOSED, office, _blocks_close),
    "reopen_period": Step("重新开放", (P.CLOSED,), P.OPEN, office),
}


def open_period(period: ReportingPeriod, *, by: User, at: dt.datetime) -> ReportingPeriod:
    """开放一期：为每个未办结的项次建一行“未报”，应报数从此确定。抛 PermissionDenied、Refused。"""
    with _locked_period(period, with_measures=True) as current:
        step = check(STEPS["open_period"], current, by, at)
        current.status, current.opened_at = step.target, at
        current.save()
        owe_progress(current, Assignment.objects.in_force().filter(measure__plan=current.plan).not_completed())
        carry_cooperation(current)
        rejudge_plan(current.plan)
        record("period_open", "开放报送", by, at, period=current, is_public=True)
        return current


def unopen_period(period: ReportingPeriod, *, by: User, at: dt.datetime) -> ReportingPeriod:
    """撤回开放：开错了月份、开早了，还没有人动笔时，回到未开放，“未报”一并收回。抛 PermissionDenied、Refused。"""
    with _locked_period(period, with_measures=True) as current:
        step = check(STEPS["unopen_period"], current, by, at)
        current.progress.all().delete()
        uncarry_cooperation(current)
        current.status, current.opened_at = step.target, None
        current.save()
        forget_period(current)
        rejudge_plan(current.plan)
        record("period_unopen", "撤回开放", by, at, period=current, is_public=True)
        return current


def remove_period(period: ReportingPeriod, *, by: User, at: dt.datetime) -> None:
    """删除建多了的一期：没有开放过的，什么都还没有发生。抛 PermissionDenied、Refused。"""
    with _locked_period(period) as current:
        check(STEPS["remove_period"], current, by, at)
        record("period_remove", "删除报送期", by, at, plan=current.plan, note=current.name, is_public=True)
        current.delete()


def owe_progress(period: ReportingPeriod, assignments: Iterable[Assignment]) -> None:
    """让这些项次在这一期有一行“未报”；已有的不动。"""
    Progress.objects.bulk_create([Progress(assignment=a, period=period) for a in assignments], ignore_conflicts=True)


def extend_period(
    period: ReportingPeriod, *, by: User, at: dt.datetime, due_on: dt.date, reason: str
) -> ReportingPeriod:
    """延长截止日。原定截止日一直保留。抛 PermissionDenied、Refused。"""
    if not reason.strip():
        raise Refused("延长截止日必须写明理由。")
    with _locked_period(period, with_measures=True) as current:
        check(STEPS["extend_period"], current, by, at)
        if due_on <= current.due_on:
            raise Refused(f"新的截止日须晚于现在的{dates.full(current.due_on)}。")
        before, current.due_on = current.due_on, due_on
        current.save()
        shift_cooperation(current, due_on - before)
        rejudge_plan(current.plan)
        data = {"from": before.isoformat(), "to": due_on.isoformat()}
        record("period_extend", "延长截止日", by, at, period=current, note=reason, data=data, is_public=True)
        return current


def close_period(period: ReportingPeriod, *, by: User, at: dt.datetime) -> ReportingPeriod:
    """关闭一期：此后不再收报送，这一期的账以关闭时为准，判灯的依据随之记下。还有待审核的不能关闭。抛 PermissionDenied、Refused。"""
    with _locked_period(period, with_measures=True) as current:
        step = check(STEPS["close_period"], current, by, at)
        current.status, current.closed_at = step.target, at
        current.save()
        settle_period(current)
        basis.keep(current)
        closed.keep(current)
        record("period_close", "关闭报送", by, at, period=current, is_public=True)
        return current


def reopen_period(period: ReportingPeriod, *, by: User, at: dt.datetime, reason: str) -> ReportingPeriod:
    """重新开放已关闭的一期，必须写明理由。抛 PermissionDenied、Refused。"""
    if not reason.strip():
        raise Refused("重新开放必须写明理由。")
    with _locked_period(period, with_measures=True) as current:
        step = check(STEPS["reopen_period"], current, by, at)
        current.status, current.closed_at = step.target, None
        current.save()
        basis.drop(current)
        closed.drop(current)
        rejudge_plan(current.plan)
        record("period_reopen", "重新开放报送", by, at, period=current, note=reason, is_public=True)
        return current


@dataclass(frozen=True)
class Timetable:
    """一批报送期怎么排：哪一年、几时一期、从几月到几月、截止日怎么算、遇休息日顺延不顺延。"""

    first_month: int
    last_month: int
    due_day: int
    year: int
    kind: str = timetable.MONTH
    due_rule: str = timetable.SAME
    is_moved: bool = False

    @property
    def slots(self) -> list[timetable.Slot]:
        """起止都在这几个月里的各期。"""
        found = timetable.slots(self.kind, self.year)
        return [s for s in found if self.first_month <= s.starts_on.month and s.ends_on.month <= self.last_month]


def plan_periods(
    plan: Plan | None, *, by: User, at: dt.datetime, year: int | None = None, **wanted: Any
) -> list[ReportingPeriod]:
    """一次建好某一年某几个月的报送期（`wanted` 见 Timetable）；已有的不动，返回新建的。抛 PermissionDenied、Refused。"""
    if not permissions.can_review(by):
        raise PermissionDenied
    if plan is None:
        raise Refused("还没有现行方案，请先请管理员导入方案。")
    table = Timetable(year=year or plan.year, **wanted)
    _check_span(plan, table, at)
    with transaction.atomic():
        lock_plan(plan.pk)
        have = list(plan.periods.all())
        slots = [slot for slot in table.slots if not _has(have, slot, table.kind)]
        marked = Holiday.objects.marked()
        made = [_made(plan, slot, table, marked) for slot in slots]
        ReportingPeriod.objects.bulk_create(made)
        _record_made(plan, made, by, at)
        return made


def add_period(
    plan: Plan | None, *, by: User, at: dt.datetime, name: str, starts_on: dt.date, ends_on: dt.date, due_on: dt.date
) -> ReportingPeriod:
    """另设一次性的一期，起止与截止日由办公室定。抛 PermissionDenied、Refused。"""
    if not permissions.can_review(by):
        raise PermissionDenied
    if plan is None:
        raise Refused("还没有现行方案，请先请管理员导入方案。")
    check_not_before_plan(ends_on, plan, what="止日")
    if ends_on < starts_on or due_on < starts_on:
        raise Refused("止日与截止日都不能早于起日。")
    with transaction.atomic():
        lock_plan(plan.pk)
        if other := plan.periods.filter(starts_on=starts_on).first():
            raise Refused(f"{other.name}也从{dates.full(starts_on)}开始，两期的起日不能相同。")
        made = ReportingPeriod.objects.create(
            plan=plan, name=name, short=name, slug=f"{starts_on:%Y-%m-%d}", kind=ReportingPeriod.Kind.ONCE,
            starts_on=starts_on, ends_on=ends_on, due_on=due_on, original_due_on=due_on,
        )  # fmt: skip
        _record_made(plan, [made], by, at)
        return made


def _record_made(plan: Plan, made: list[ReportingPeriod], by: User, at: dt.datetime) -> None:
    if made:
        note = "、".join(period.name for period in made)
        record("period_plan", "设定报送期", by, at, plan=plan, note=note, is_public=True)


def _check_span(plan: Plan, table: Timetable, at: dt.datetime) -> None:
    """方案印发以前的、太远的、什么都办完了的年份不建。抛 Refused。"""
    if timetable.last_of(table.year, table.first_month) < plan.begins_on:
        issued, begins = dates.full(plan.begins_on), plan.begins_on
        since = dates.month(begins) if table.year == begins.year else dates.year_month(begins.year, begins.month)
        raise Refused(f"方案{issued}印发，这以前的月份没有要报的。请从{since}建起。")
    latest = max(plan.ends_on.year, timezone.localdate(at).year + 1)
    if table.year > latest:
        raise Refused(f"报送期一年一年地建，现在至多建到 {latest} 年，请核对年份。")
    running = Assignment.objects.in_force().filter(measure__plan=plan).not_completed()
    if table.year > plan.ends_on.year and not running.exists():
        raise Refused("这份方案的各项次都已办结，没有要报的，不用再建报送期。")


def _has(have: list[ReportingPeriod], slot: timetable.Slot, kind: str) -> bool:
    """这一期已经有了。与别种的一期重叠的不能建：同几天要报两回。抛 Refused。"""
    regular = (p for p in have if p.kind != ReportingPeriod.Kind.ONCE)
    over = [p for p in regular if p.starts_on <= slot.ends_on and p.ends_on >= slot.starts_on]
    if other := next((p for p in over if p.kind != kind), None):
        raise Refused(
            f"已有{other.name}，与{slot.name}重叠。改为按{timetable.REGULAR[kind]}报的，请从它以后的月份建起。"
        )
    if once := next((p for p in have if p.starts_on == slot.starts_on and p not in over), None):
        raise Refused(f"{once.name}也从{dates.full(slot.starts_on)}开始，两期的起日不能相同。请先删去其中一期。")
    return bool(over)


def _made(plan: Plan, slot: timetable.Slot, table: Timetable, marked: timetable.Marked) -> ReportingPeriod:
    due = timetable.due_of(slot, table.due_rule, table.due_day)
    if table.is_moved:
        due = timetable.workday_from(due, marked)
    if due < slot.starts_on:
        raise Refused(f"{slot.name}的截止日会是 {dates.full(due)}，早于这一期的起日。请改选“次月几日”或“期满后几天”。")
    return ReportingPeriod(
        plan=plan,
        name=slot.name,
        short=slot.short if slot.starts_on.year == plan.year else slot.name,
        slug=slot.slug,
        kind=table.kind,
        starts_on=slot.starts_on,
        ends_on=slot.ends_on,
        due_on=due,
        original_due_on=due,
    )


@contextmanager
def _locked_period(period: ReportingPeriod, *, with_measures: bool = False) -> Iterator[ReportingPeriod]:
    """锁住报送期行并重读。`with_measures`：先锁方案与全部举措，正在办结、修订、核定的等它做完，再数谁应报、再判灯。"""
    with transaction.atomic():
        if with_measures:
            lock_measures(lock_plan(period.plan_id))
        yield ReportingPeriod.objects.select_for_update().get(pk=period.pk)
