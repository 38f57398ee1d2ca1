"""督查检查（方案三（二）：“建立督查检查机制”）：记下何时、谁、去哪、看到什么。发现的问题另行挂账。"""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from departments.models import User
from yingshang import dates
from yingshang.refusals import Refused

from ..models import Inspection, Measure, Plan, Problem
from ..rules import permissions
from .steps import Step, check, in_force, lock_plan, office, record

I = Inspection.Status  # noqa: E741


def _has_problems(inspection: Inspection, at: dt.datetime) -> list[str]:
    """由它列入台账的问题没有撤账"""
    found = inspection.problems.exclude(status=Problem.Status.DROPPED).order_by("number")
    numbers = "、".join(f"{number}号" for number in found.values_list("number", flat=True))
    return [f"由它列入台账的问题{numbers}还在，请先撤账。"] if numbers else []


STEPS: dict[str, Step[Inspection]] = {
    "revise_inspection": Step("更正督查检查", (I.HELD,), I.HELD, office, note="改前的留在记录里"),
    "withdraw_inspection": Step(
        "撤回督查检查", (I.HELD,), I.WITHDRAWN, office, _has_problems, note="须写理由；不再计数"
    ),
}


def add_inspection(
    plan: Plan | None,
    *,
    by: User,
    at: dt.datetime,
    held_on: dt.date,
    inspectors: str,
    place: str,
    findings: str,
    measures: Collection[Measure] = (),
) -> Inspection:
    """登记一次督查检查；涉及的每项举措各记一条，登录者都看得到。抛 PermissionDenied、Refused。"""
    if not permissions.can_review(by):
        raise PermissionDenied
    if plan is None:
        raise Refused("还没有现行方案，请先请管理员导入方案。")
    _check_day(held_on, at)
    with transaction.atomic():
        lock_plan(plan.pk)
        for measure in Measure.objects.filter(pk__in=[m.pk for m in measures]):
            in_force(measure, "列为涉及的举措")
        made = Inspection.objects.create(
            plan=plan,
            held_on=held_on,
            inspectors=inspectors,
            place=place,
            findings=findings,
            created_by=by,
            created_at=at,
        )
        made.measures.set(measures)
        _record("inspection_add", "督查检查", made, measures, by, at, note=_said(made))
        return made


def revise_inspection(
    inspection: Inspection,
    *,
    by: User,
    at: dt.datetime,
    held_on: dt.date,
    inspectors: str,
    place: str,
    findings: str,
    measures: Collection[Measure] = (),
) -> Inspection:
    """更正一次督查检查，改前的留在记录里；原来涉及的、现在涉及的举措都记一条。抛 PermissionDenied、Refused。"""
    with _locked(inspection) as current:
        check(STEPS["revise_inspection"], current, by, at)
        _check_day(held_on, at)
        before, was = list(current.measures.all()), _said(current)
        for measure in Measure.objects.filter(pk__in={m.pk for m in measures} - {m.pk for m in before}):
            in_force(measure, "列为涉及的举措")
        current.held_on, current.inspectors, current.place, current.findings = held_on, inspectors, place, findings
        if _said(current) == was and {m.pk for m in before} == {m.pk for m in measures}:
            raise Refused("没有改动，不用更正。")
        current.save()
        current.measures.set(measures)
        data = {"from": was, "measures": [m.number for m in before]}
        about = {m.pk: m for m in (*before, *measures)}.values()
        _record("inspection_revise", "更正督查检查", current, about, by, at, note=_said(current), data=data)
        return current


def withdraw_inspection(inspection: Inspection, *, by: User, at: dt.datetime, reason: str) -> Inspection:
    """撤回一次登记错了的督查检查，须写理由：不删除，不再计入数字与公文。抛 PermissionDenied、Refused。"""
    with _locked(inspection) as current:
        check(STEPS["withdraw_inspection"], current, by, at)
        if not (reason := reason.strip()):
            raise Refused("撤回督查检查必须写明理由。")
        current.withdrawn_at, current.withdrawn_by, current.withdraw_reason = at, by, reason
        current.save()
        note = f"{dates.short(current.held_on)}，{current.place}：{reason}"
        _record("inspection_withdraw", "撤回督查检查", current, current.measures.all(), by, at, note=note)
        return current


def _check_day(held_on: dt.date, at: dt.datetime) -> None:
    if held_on > timezone.localdate(at):
        raise Refused("检查日期不能晚于今天：检查之后再登记。")


def _said(inspection: Inspection) -> str:
    """写进记录的一段：哪天、去哪、谁、看到什么。"""
    day = dates.short(inspection.held_on)
    return f"{day}，{inspection.place}（{inspection.inspectors}）\n{inspection.findings}"


def _record(
    action: str, label: str, held: Inspection, about: Iterable[Measure], by: User, at: dt.datetime, **said: Any
) -> None:
    """涉及的每项举措各记一条，登录者都看得到；没有涉及举措的记在方案上。"""
    said["data"] = {"inspection": held.pk} | said.get("data", {})
    for measure in about:
        record(action, label, by, at, measure=measure, is_public=True, **said)
    if not about:
        record(action, label, by, at, plan=held.plan, **said)


@contextmanager
def _locked(inspection: Inspection) -> Iterator[Inspection]:
    """锁住方案，再从库里重读：由它挂账的也先锁方案，所以彼此互斥。"""
    with transaction.atomic():
        lock_plan(inspection.plan_id)
        yield Inspection.objects.select_related("plan").get(pk=inspection.pk)
