"""关注：自己的书签，想记就记，不要就删。不是办的事，也不给别人看，所以不进操作记录。"""

import datetime as dt

from django.core.exceptions import PermissionDenied

from departments.models import User
from yingshang.refusals import Refused

from ..models import Following, Measure
from ..rules import permissions

MOST = 50


def set_following(measure: Measure, *, by: User, at: dt.datetime, is_on: bool) -> bool:
    """关注，或不再关注这一项；同样的再按一次不变。抛 PermissionDenied、Refused。"""
    if not permissions.can_enter(by):
        raise PermissionDenied
    mine = Following.objects.filter(user=by)
    if not is_on:
        return bool(mine.filter(measure=measure).delete()[0])
    # 归档的方案上的、退出了的，列不出来、也去不掉，不算。
    live = mine.filter(measure__plan__archived_at=None, measure__retired_in=None)
    if live.exclude(measure=measure).count() >= MOST:
        raise Refused(f"至多关注 {MOST} 项。请先到“我关注的”去掉几项。")
    return Following.objects.get_or_create(user=by, measure=measure, defaults={"at": at})[1]
