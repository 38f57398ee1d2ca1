"""名称与版头：改就改，没有状态；不是业务上的事，记在安全日志里（由视图记，带来访的地址）。"""

import datetime as dt

from django.core.exceptions import PermissionDenied

from departments.models import Organisation, User

from ..rules import permissions


def save_organisation(changed: Organisation, *, by: User, at: dt.datetime) -> Organisation:
    """存下改过的名称与版头，各进程马上换上（库的记号变了）。抛 PermissionDenied。"""
    if not permissions.can_settle(by):
        raise PermissionDenied
    changed.save()
    return changed
