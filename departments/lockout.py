"""登录失败锁定（等保“登录失败处理”，ASVS 6.3.1）。

先计数、后核对密码，并在行锁之内计数，所以并发猜测也超不过限额。
键有四个：“用户+地址”防单点猜测而不连累同楼层的人，“用户”防分散猜测，“地址”与“全站”防编名字来耗尽处理器。
"""

import datetime as dt
import hashlib
import threading
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.db import transaction
from django.db.models import F, QuerySet
from django.http import HttpRequest

from yingshang import prepared
from yingshang.clock import real_now

from . import trail
from .addresses import client_address
from .models import LoginAttempt, SecurityEvent, User
from .requests import Anyone

# 一个进程里同时只核对一个密码。
HASHING = threading.BoundedSemaphore(1)


class LockoutBackend(ModelBackend):
    """超过限额时不再核对密码，直接拒绝。"""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        if username is None or password is None:
            return None
        name, keys = name_digest(username), attempt_keys(username, client_address(request))
        # 前一个超了就不再记后一个：一个地址上怎么猜，也锁不住别处的同一个人。
        if not within_limits(keys, name, lambda: _record(request, "locked", username)):
            _mark(request, "login_locked")
            return None
        if not HASHING.acquire(timeout=settings.LOGIN_WAIT_SECONDS):
            _uncount([key for key, _ in keys])
            _mark(request, "login_busy")
            return None
        try:
            user = super().authenticate(request, username=username, password=password, **kwargs)
        finally:
            HASHING.release()
        if user is not None:
            forgive(keys)
        else:
            _record(request, "login_failed", username)
        return user

    def get_user(self, user_id: int) -> User | None:
        """会话里的那个人，连同部室与领导一次取出：每一页的页头、每一条规则都要问。"""
        user = prepared.row("user", _standing, int(user_id))
        return user if self.user_can_authenticate(user) else None

    def user_can_authenticate(self, user: Anyone | None) -> bool:
        """演示账户的密码是公开的：DEBUG 关闭时等于停用，登录不了，以前登录的也随即失效。

        登录页照密码不对来说：对外不透露这个库里有演示数据；运维从 check --deploy 得知。
        """
        return super().user_can_authenticate(user) and (settings.DEBUG or not (isinstance(user, User) and user.is_demo))


def _standing(pk: int) -> QuerySet[User]:
    """可以登录着的那个人。"""
    return User.objects.select_related("department", "leader").filter(pk=pk, awaiting_by=None).order_by()


def attempt_keys(username: str, address: str) -> list[tuple[str, int]]:
    """一次登录要记的键和各自的限额，由窄到宽。键是散列值，表里不留登录名与地址原文。

    头两个属于这个人，后两个（这个地址上不论是谁、全站）大家共用，防随便编名字来耗尽处理器。
    """
    name = username.lower()
    return [
        (_digest(f"{name}|{address}"), settings.LOGIN_LIMIT),
        (_digest(f"|{address}"), settings.LOGIN_LIMIT_ADDRESS),
        (_digest(name), settings.LOGIN_LIMIT_USER),
        (_digest("|"), settings.LOGIN_LIMIT_ALL),
    ]


def door_keys(address: str, door: str) -> list[tuple[str, int]]:
    """不用密码的一道门（还不知道是谁）要记的键：这个地址的、全站的，与密码的不同记。"""
    return [
        (_digest(f"{door}|{address}"), settings.LOGIN_LIMIT_ADDRESS),
        (_digest(f"{door}|"), settings.LOGIN_LIMIT_ALL),
    ]


def forgive_door(keys: list[tuple[str, int]]) -> None:
    """那道门进来了：退回这一次。"""
    _uncount([key for key, _ in keys])


def forgive(keys: list[tuple[str, int]]) -> None:
    """密码对了：这个人的清零，大家共用的只退回这一次。"""
    own, address, user, everyone = (key for key, _ in keys)
    LoginAttempt.objects.filter(key__in=[own, user]).delete()
    _uncount([address, everyone])


def _uncount(keys: list[str]) -> None:
    """退回刚才记的一次。一行一行地改，次序与计数时相同，不会互相等死。"""
    for key in keys:
        LoginAttempt.objects.filter(key=key, failures__gt=0).update(failures=F("failures") - 1)


def unlock(username: str, request: HttpRequest | None = None) -> int:
    """解除某个登录名的锁定，返回清除的行数：“用户”与各个“用户+地址”的计数一并清掉。"""
    with transaction.atomic():
        done = LoginAttempt.objects.filter(name=name_digest(username)).delete()[0]
        if done:
            trail.trace("unlocked", request, target=_named(username), what=username)
    return done


def name_digest(username: str) -> str:
    """登录名的散列值：凭它找得到这个人的全部计数，表里却没有登录名。"""
    return _digest(username.lower())


def within_limits(keys: list[tuple[str, int]], name: str, on_lock: Callable[[], object]) -> bool:
    """逐个计数，前一个超了就不再记后一个。刚好超过的那一次算锁定，以后的尝试不再另记。"""
    for key, limit in keys:
        if (failures := _count(key, name)) > limit:
            if failures == limit + 1:
                on_lock()
            return False
    return True


def _named(username: str) -> User | None:
    """登录名是谁的；没有这个账户为 None。"""
    try:
        return User.objects.get_by_natural_key(username)
    except User.DoesNotExist:
        return None


def _record(request: HttpRequest | None, action: str, username: str) -> None:
    """没登录成的也写进安全日志。没有这个账户的不写所输的：人常把密码错输在登录名一格。"""
    user = _named(username)
    account = user.username if user else ""
    what = "" if user else "没有这个账户"
    trail.trace(action, request, account=account, target=user, what=what, result=SecurityEvent.Result.REFUSED)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _sweep(before: dt.datetime) -> None:
    """过了时限的计数扫走，一次至多几百行；正被别人用着的跳过，谁也不等谁。"""
    old = LoginAttempt.objects.filter(window_started_at__lt=before).select_for_update(skip_locked=True)
    if gone := list(old.values_list("key", flat=True)[:500]):
        LoginAttempt.objects.filter(key__in=gone, window_started_at__lt=before).delete()


def _mark(request: HttpRequest | None, mark: str) -> None:
    """没有核对密码就拒绝了，为什么：只给 LoginForm 看的记号。"""
    if request is not None:
        setattr(request, mark, True)


def _count(key: str, name: str) -> int:
    """记一次尝试，返回这个时间窗里第几次。时间窗从第一次失败算起。"""
    moment = real_now()
    window = dt.timedelta(seconds=settings.LOGIN_WINDOW_SECONDS)
    with transaction.atomic():
        _sweep(moment - window)
        row = None
        while row is None:  # 取到以前，过了时限的一行可能被别人扫走
            LoginAttempt.objects.get_or_create(key=key, defaults={"name": name, "window_started_at": moment})
            row = LoginAttempt.objects.select_for_update().filter(key=key).first()
        # 取绝对值：并发时等锁的那个时刻略早于窗口起点，不能当成“时钟拨回”而清零；真拨回很远的才重新计。
        if abs(moment - row.window_started_at) > window:
            row.failures, row.window_started_at = 0, moment
        row.failures += 1
        row.save(update_fields=["failures", "window_started_at"])
    return row.failures
