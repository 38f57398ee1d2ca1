"""日历订阅：部室建立一个密链，作废后旧链接立即失效。一个部室同时只有一个。"""

import datetime as dt

from django.core.exceptions import PermissionDenied
from django.db import transaction

from departments.models import Department, User
from departments.requests import Anyone
from yingshang.refusals import Refused

from ..models import CalendarLink
from ..rules import permissions
from .steps import Step, check, record

C = CalendarLink.Status


def _subscriber(user: Anyone, link: CalendarLink) -> bool:
    """本部室填报人"""
    return permissions.can_subscribe(user, link.department)


STEPS: dict[str, Step[CalendarLink]] = {
    "revoke_calendar": Step("作废日历链接", (C.ACTIVE,), C.REVOKED, _subscriber, note="旧链接立即失效"),
}


def create_calendar(department: Department, *, by: User, at: dt.datetime) -> CalendarLink:
    """建立日历链接；已有一个在用的，要先作废。抛 PermissionDenied、Refused。"""
    if not permissions.can_subscribe(by, department):
        raise PermissionDenied
    with transaction.atomic():
        # 只为让同一部室的两个人排队，不挡别人引用这个部室。
        Department.objects.select_for_update(no_key=True).get(pk=department.pk)
        if CalendarLink.objects.in_force().filter(department=department).exists():
            raise Refused("本部室已有一个日历链接。要换新的，请先作废现在这个。")
        made = CalendarLink.objects.create(department=department, created_by=by, created_at=at)
        record("calendar_create", "建立日历链接", by, at, department=department)
        return made


def revoke_calendar(link: CalendarLink, *, by: User, at: dt.datetime) -> CalendarLink:
    """作废：订阅了它的日历从此取不到内容。抛 PermissionDenied、Refused。"""
    with transaction.atomic():
        Department.objects.select_for_update(no_key=True).get(pk=link.department_id)
        current = CalendarLink.objects.select_related("department").get(pk=link.pk)
        step = check(STEPS["revoke_calendar"], current, by, at)
        current.revoked_at = at
        current.save()
        record("calendar_revoke", step.label, by, at, department=current.department)
        return current
