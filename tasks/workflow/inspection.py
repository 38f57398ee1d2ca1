"""督查检查（方案三（二）：“建立督查检查机制”）：记下何时、谁、去哪、看到什么。发现的问题另行挂账。"""

import datetime as dt
from collections.abc import Collection

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from departments.models import User
from yingshang import dates
from yingshang.refusals import Refused

from ..models import Inspection, Measure, Plan
from ..rules import permissions
from .steps import in_force, lock_plan, record


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
    if held_on > timezone.localdate(at):
        raise Refused("检查日期不能晚于今天：检查之后再登记。")
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
        note = f"{dates.short(held_on)}，{place}（{inspectors}）\n{findings}"
        data = {"inspection": made.pk}
        for measure in measures:
            record("inspection_add", "督查检查", by, at, measure=measure, note=note, data=data, is_public=True)
        if not measures:
            record("inspection_add", "督查检查", by, at, plan=plan, note=note, data=data)
        return made
