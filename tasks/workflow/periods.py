"""报送期：设定、开放、延长、关闭、重新开放。"""

import calendar
import datetime as dt
from contextlib import contextmanager

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from .. import basis, permissions, summaries
from ..models import Assignment, Progress, ReportingPeriod
from .core import Refused, Step, check, lock_plan, office, record

P = ReportingPeriod.Status


def _blocks_close(period, at) -> list[str]:
    """还有待审核的"""
    waiting = period.progress.waiting().count()
    return [f"还有 {waiting} 条待审核，请先审核再关闭。"] if waiting else []


STEPS: dict[str, Step] = {
    "open_period": Step("开放报送", (P.PLANNED,), P.OPEN, office),
    "extend_period": Step("延长截止日", (P.OPEN,), P.OPEN, office),
    "close_period": Step("关闭报送", (P.OPEN,), P.CLOSED, office, _blocks_close),
    "reopen_period": Step("重新开放", (P.CLOSED,), P.OPEN, office),
}


def open_period(period, *, by, at) -> ReportingPeriod:
    """开放一期：为每个未办结的项次建一行“未报”，应报数从此确定。"""
    with _locked_period(period, with_plan=True) as current:
        step = check(STEPS["open_period"], current, by, at)
        current.status, current.opened_at = step.target, at
        current.save()
        owe(current, Assignment.objects.in_force().filter(measure__plan=current.plan).not_completed())
        record("period_open", "开放报送", by, at, period=current, is_public=True)
        return current


def owe(period, assignments) -> None:
    """让这些项次在这一期有一行“未报”；已有的不动。"""
    Progress.objects.bulk_create([Progress(assignment=a, period=period) for a in assignments], ignore_conflicts=True)


def extend_period(period, *, by, at, due_on, reason) -> ReportingPeriod:
    """延长截止日。原定截止日一直保留。"""
    if not reason.strip():
        raise Refused("延长截止日必须写明理由。")
    with _locked_period(period) as current:
        check(STEPS["extend_period"], current, by, at)
        if due_on <= current.due_on:
            raise Refused(f"新的截止日须晚于现在的 {current.due_on:%Y-%m-%d}。")
        before, current.due_on = current.due_on, due_on
        current.save()
        data = {"from": before.isoformat(), "to": due_on.isoformat()}
        record("period_extend", "延长截止日", by, at, period=current, note=reason, data=data, is_public=True)
        return current


def close_period(period, *, by, at) -> ReportingPeriod:
    """关闭一期：此后不再收报送，这一期的账以关闭时为准，判灯的依据随之记下。还有待审核的不能关闭。"""
    with _locked_period(period) as current:
        step = check(STEPS["close_period"], current, by, at)
        current.status, current.closed_at = step.target, at
        current.save()
        basis.keep(current, summaries.Ledger(current.plan, current, timezone.localdate(at)))
        record("period_close", "关闭报送", by, at, period=current, is_public=True)
        return current


def reopen_period(period, *, by, at, reason) -> ReportingPeriod:
    """重新开放已关闭的一期，必须写明理由。"""
    if not reason.strip():
        raise Refused("重新开放必须写明理由。")
    with _locked_period(period) as current:
        step = check(STEPS["reopen_period"], current, by, at)
        current.status, current.closed_at = step.target, None
        current.save()
        basis.drop(current)
        record("period_reopen", "重新开放报送", by, at, period=current, note=reason, is_public=True)
        return current


def plan_year(plan, *, by, at, first_month, last_month, due_day) -> list[ReportingPeriod]:
    """一次建好方案年度里某几个月的报送期；已有的不动，返回新建的。"""
    if not permissions.can_review(by):
        raise PermissionDenied
    if plan is None:
        raise Refused("还没有现行方案，请先请管理员导入方案。")
    with transaction.atomic():
        lock_plan(plan.pk)
        have = set(plan.periods.values_list("slug", flat=True))
        months = [m for m in range(first_month, last_month + 1) if f"{plan.year}-{m:02d}" not in have]
        made = [_monthly(plan, month, due_day) for month in months]
        ReportingPeriod.objects.bulk_create(made)
        if made:
            note = "、".join(period.name for period in made)
            record("period_plan", "设定报送期", by, at, plan=plan, note=note, is_public=True)
        return made


def _monthly(plan, month, due_day) -> ReportingPeriod:
    first = dt.date(plan.year, month, 1)
    last = dt.date(plan.year, month, calendar.monthrange(plan.year, month)[1])
    due = first.replace(day=due_day)
    return ReportingPeriod(
        plan=plan,
        name=f"{plan.year}年{month}月",
        slug=f"{plan.year}-{month:02d}",
        starts_on=first,
        ends_on=last,
        due_on=due,
        original_due_on=due,
    )


@contextmanager
def _locked_period(period, *, with_plan=False):
    """锁住报送期行并重读。`with_plan`：先锁方案，正在办结、正在修订的等它做完再数谁应报。"""
    with transaction.atomic():
        if with_plan:
            lock_plan(period.plan_id)
        yield ReportingPeriod.objects.select_for_update().get(pk=period.pk)
