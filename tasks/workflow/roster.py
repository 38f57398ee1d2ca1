"""名单：第一天从一张表建起部室、领导、账户；发首次密码。"""

import datetime as dt
from collections.abc import Sequence

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from departments import confirming, roster
from departments.models import User
from yingshang.refusals import Refused

from ..rules import permissions
from .steps import record


def build_roster(entries: Sequence[roster.Entry], *, by: User, at: dt.datetime) -> roster.Made:
    """照看过的各行一次建好；有一处不行，一样也不建。抛 PermissionDenied、Refused。"""
    if not permissions.can_settle(by):
        raise PermissionDenied
    with transaction.atomic():
        try:
            made = roster.build(entries)
        except ValidationError as error:
            raise Refused("".join(error.messages)) from error
        if not made.said:
            raise Refused("表里的部门、领导、账号都已经有了，没有可建的。")
        for user in made.users:
            confirming.hold(user, by)
        record("roster_build", "从一张表建名单", by, at, note=made.said)
        return made


def hand_out_passwords(users: Sequence[User], *, by: User, at: dt.datetime) -> list[tuple[User, str]]:
    """给还没有登录过的账户各发一个首次密码，以前发的作废；明文只在返回值里。抛 PermissionDenied、Refused。"""
    if not permissions.can_settle(by):
        raise PermissionDenied
    with transaction.atomic():
        waiting = list(roster.new_users().filter(pk__in=[user.pk for user in users]).select_for_update(of=("self",)))
        if not waiting:
            raise Refused("没有要发首次密码的账号：都已经登录过，或还没有建立。")
        given = roster.hand_out(waiting)
        for user, _ in given:
            confirming.hold(user, by, before=user, is_reset=True)
        record("roster_passwords", "发首次密码", by, at, note=f"{len(given)} 个账号")
        return given
