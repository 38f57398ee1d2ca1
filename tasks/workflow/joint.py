"""共同汇总：汇总部室（没有指定时由办公室）把各部室的部分写成一份。一项一期一份，可以改到这一期关闭。"""

import datetime as dt

from django.core.exceptions import PermissionDenied
from django.db import transaction

from departments.models import User
from yingshang.refusals import Conflict, Refused

from ..models import JointSummary, Measure, ReportingPeriod
from ..rules import permissions
from .steps import in_force, record


def write_joint_summary(
    measure: Measure, period: ReportingPeriod, *, by: User, at: dt.datetime, version: int, text: str
) -> JointSummary:
    """写或改一期的共同汇总。`version` 是写的人看到的那一版（还没有时为 0），别人先改了就是冲突。抛 PermissionDenied、Refused、Conflict。"""
    text = text.strip()
    if not text:
        raise Refused("请写汇总内容。")
    with transaction.atomic():
        current = Measure.objects.select_for_update().get(pk=measure.pk)
        if not permissions.can_write_summary(by, current):
            raise PermissionDenied
        held = ReportingPeriod.objects.select_for_update().get(pk=period.pk)
        if not held.is_open:
            raise Refused(f"{held.name}没有在报送中，汇总不能再改。确需改动请办公室重新开放这一期。")
        in_force(current, "写汇总")
        departments = [a.department for a in current.assignments.filter(ended_in=None).select_related("department")]
        if len(departments) < 2:
            raise Refused("这一项不是几个部室共同牵头，不用写汇总。")
        row = JointSummary.objects.select_related("by").filter(measure=current, period=held).first()
        if (row.version if row else 0) != version:
            raise Conflict(row)
        row = row or JointSummary(measure=current, period=held)
        row.department = current.summarizer or departments[0]
        row.text, row.by, row.at, row.version = text, by, at, version + 1
        row.save()
        record("joint_summary", "共同汇总", by, at, measure=current, period=held, department=row.department, note=text)
        return row
