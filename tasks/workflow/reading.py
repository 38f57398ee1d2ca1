"""已阅：领导按一下，记下看的是哪个样子；同一个样子再按不重记。牵头部室与办公室看得到，不作考核。"""

import datetime as dt

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from departments.models import User
from yingshang.refusals import Refused

from ..models import Measure, Reading
from ..models.reading import SEEN
from ..rules import permissions
from .steps import record


def mark_reading(measure: Measure, *, by: User, at: dt.datetime, seen: str) -> Reading:
    """记下他看过这一项的 `seen` 这个样子。抛 PermissionDenied、Refused。"""
    if not permissions.can_mark_read(by, measure) or by.leader is None:
        raise PermissionDenied
    try:
        SEEN(seen)
    except ValidationError:
        raise Refused("这一页太旧，没有记上。请刷新“我牵头的”再按“已阅”。") from None
    with transaction.atomic():
        current = Measure.objects.select_for_update().get(pk=measure.pk)
        before = Reading.objects.filter(measure=current, leader=by.leader).first()
        if before and before.seen == seen:
            return before
        fresh = {"seen": seen, "by": by, "at": at}
        made, _ = Reading.objects.update_or_create(measure=current, leader=by.leader, defaults=fresh)
        record("reading_mark", "已阅", by, at, measure=current)
        return made
