"""举措：办公室核定、定灯；方案的签收。"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from departments.models import Department, User
from yingshang import dates
from yingshang.refusals import Refused

from ..models import ManualLight, Measure, Plan, PlanRevision, Receipt, ReportingPeriod, Target
from ..rules import permissions
from .judgement import rejudge
from .steps import check_deadline, check_not_before_plan, in_force, lock_plan, record


def settle_measure(
    measure: Measure,
    *,
    by: User,
    at: dt.datetime,
    fields: Mapping[str, Any],
    target_owners: Mapping[Target, Department | None] | None = None,
    even_late: bool = False,
    reason: str = "",
) -> Measure:
    """办公室核定文件没有规定的几样（类型、启动与完成日期、汇总部室、目标由谁报），改前改后都记下。

    改了的日期不能早于方案印发；完成时限改成已经过去的，要说明“仍要”（`even_late`）；已经有了的完成时限再改，须写理由：
    延期走延期审批，这里改的是原定时限，改了序时进度就从新的算。抛 PermissionDenied、Refused、TooLate。
    """
    reason = reason.strip()
    if not permissions.can_review(by):
        raise PermissionDenied
    with transaction.atomic():
        current = Measure.objects.select_for_update().get(pk=measure.pk)
        in_force(current, "核定")
        changes = {
            n: [str(getattr(current, n) or ""), str(v or "")] for n, v in fields.items() if getattr(current, n) != v
        }
        if (day := fields.get("start_on")) and "start_on" in changes:
            check_not_before_plan(day, current.plan, what="计划启动日期")
        if (day := fields.get("due_on")) and "due_on" in changes:
            check_deadline(day, current.plan, at, what="完成时限", even_late=even_late)
        if "due_on" in changes and current.due_on and not reason:
            raise Refused(
                f"完成时限原为{dates.full(current.due_on)}，改它须写明理由。要延期的请走“延期审批”，原定时限一直保留。"
            )
        for name, value in fields.items():
            setattr(current, name, value)
        current.kind_is_confirmed = True
        current.save()
        for target, owner in (target_owners or {}).items():
            if target.department != owner:
                changes[target.name] = [str(target.department or ""), str(owner or "")]
                Target.objects.filter(pk=target.pk).update(department=owner)
        note = "；".join(
            [*(_change(name, *both) for name, both in changes.items()), *([f"理由：{reason}"] if reason else [])]
        )
        rejudge(current)
        record("measure_settle", "办公室核定", by, at, measure=current, note=note, data=changes, is_public=True)
        return current


def _change(name: str, before: str, after: str) -> str:
    """改了的一样，写给人看：“完成时限：2023年12月31日→2024年1月31日”。目标照它的名字。"""
    known = {field.name: field for field in Measure._meta.fields}
    kinds: dict[str, str] = dict(Measure.Kind.choices)

    def word(text: str) -> str:
        day = dates.stored(text) if name in ("start_on", "due_on") else None
        return dates.full(day) if day else kinds.get(text, text) or "空"

    return f"{known[name].verbose_name if name in known else name}：{word(before)}→{word(after)}"


def sign_receipt(revision: PlanRevision, *, by: User, at: dt.datetime) -> Receipt:
    """签收一版方案：一个部室一版签一次，再点不重复记。抛 PermissionDenied、Refused。"""
    if not permissions.can_sign(by):
        raise PermissionDenied
    with transaction.atomic():
        _current_edition(lock_plan(revision.plan_id), revision, by)
        receipt, is_new = Receipt.objects.get_or_create(
            revision=revision, department=by.serving, defaults={"signed_by": by, "signed_at": at}
        )
        if is_new:
            record("plan_sign", f"签收{revision}", by, at, plan=revision.plan, revision=revision, department=by.serving)
        return receipt


def set_light(
    measure: Measure, period: ReportingPeriod, *, by: User, at: dt.datetime, level: str, reason: str
) -> ManualLight:
    """办公室定灯：只管这一期，必须写理由，显示为“办公室定灯”。抛 PermissionDenied、Refused。"""
    if not reason.strip():
        raise Refused("定灯必须写明理由。")
    if not permissions.can_review(by):
        raise PermissionDenied
    with transaction.atomic():
        current = Measure.objects.select_for_update().get(pk=measure.pk)
        in_force(current, "定灯")
        if is_completed(current):
            raise Refused("这一项已办结，不再定灯。办结有误的，请在这一页“重新打开”。")
        _open_for_light(period)
        measure.manual_lights.filter(period=period, lifted_at__isnull=True).update(lifted_at=at)
        light = ManualLight.objects.create(
            measure=measure, period=period, level=level, reason=reason.strip(), set_by=by, set_at=at
        )
        rejudge(measure)
        note = f"{light.get_level_display()}：{light.reason}"
        record("light_set", "办公室定灯", by, at, measure=measure, period=period, note=note, is_public=True)
        return light


def is_completed(measure: Measure) -> bool:
    """各牵头部室都已办结。"""
    leading = measure.assignments.filter(ended_in=None)
    return leading.exists() and not leading.not_completed().exists()


def lift_light(measure: Measure, period: ReportingPeriod, *, by: User, at: dt.datetime) -> None:
    """取消定灯，恢复系统判灯。抛 PermissionDenied、Refused。"""
    if not permissions.can_review(by):
        raise PermissionDenied
    with transaction.atomic():
        in_force(Measure.objects.select_for_update().get(pk=measure.pk), "改灯")
        _open_for_light(period)
        if not measure.manual_lights.filter(period=period, lifted_at__isnull=True).update(lifted_at=at):
            raise Refused("这一期没有定灯，不用取消。")
        rejudge(measure)
        record("light_lift", "取消定灯", by, at, measure=measure, period=period, is_public=True)


def _current_edition(plan: Plan, revision: PlanRevision, by: User) -> None:
    """签收的是现行的那一版；草稿、旧版不签。签过的再点不拦（不重复记）。"""
    if plan.revision != revision and not revision.receipts.filter(department=by.serving).exists():
        raise Refused("这一版不是现行版，不用签收。请到方案页签收现行的一版。")


def _open_for_light(period: ReportingPeriod) -> None:
    if ReportingPeriod.objects.select_for_update().get(pk=period.pk).is_closed:
        raise Refused(f"{period.name}已经关闭，灯不再改动。确需改动请先重新开放这一期。")
