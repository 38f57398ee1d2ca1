"""登录失败锁定（等保“登录失败处理”，ASVS 6.3.1）。

先计数、后核对密码，并在行锁之内计数，所以并发猜测也超不过限额。
键有两个：“用户+地址”防单点猜测而不连累同楼层的人，“用户”防分散猜测。
"""

import datetime as dt
import hashlib
from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.db import transaction
from django.http import HttpRequest

from yingshang.clock import real_now

from .models import LoginAttempt, User
from .requests import Anyone


class LockoutBackend(ModelBackend):
    """超过限额时不再核对密码，直接拒绝。"""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        if username is None or password is None:
            return None
        name, keys = name_digest(username), attempt_keys(username, client_address(request))
        # 逐个计数，前一个超了就不再记后一个：一个地址上怎么猜，也锁不住别处的同一个人。
        if not all(_count(key, limit, name) for key, limit in keys):
            if request is not None:
                request.login_locked = True  # type: ignore[attr-defined]  # 只给 LoginForm 看的记号
            return None
        user = super().authenticate(request, username=username, password=password, **kwargs)
        if user is not None:
            LoginAttempt.objects.filter(key__in=[key for key, _ in keys]).delete()
        return user

    def get_user(self, user_id: int) -> User | None:
        """会话里的那个人，连同部室与领导一次取出：每一页的页头、每一条规则都要问。"""
        user = User.objects.select_related("department", "leader").filter(pk=user_id).first()
        return user if self.user_can_authenticate(user) else None

    def user_can_authenticate(self, user: Anyone | None) -> bool:
        """演示账户的密码是公开的：DEBUG 关闭时等于停用，登录不了，以前登录的也随即失效。

        登录页照密码不对来说：对外不透露这个库里有演示数据；运维从 check --deploy 得知。
        """
        return super().user_can_authenticate(user) and (settings.DEBUG or not (isinstance(user, User) and user.is_demo))


def attempt_keys(username: str, address: str) -> list[tuple[str, int]]:
    """一次登录要记的键和各自的限额。键是散列值，表里不留登录名与地址原文。"""
    name = username.lower()
    return [
        (_digest(f"{name}|{address}"), settings.LOGIN_LIMIT),
        (_digest(name), settings.LOGIN_LIMIT_USER),
    ]


def unlock(username: str) -> int:
    """解除某个登录名的锁定，返回清除的行数：“用户”与各个“用户+地址”的计数一并清掉。"""
    return LoginAttempt.objects.filter(name=name_digest(username)).delete()[0]


def name_digest(username: str) -> str:
    """登录名的散列值：凭它找得到这个人的全部计数，表里却没有登录名。"""
    return _digest(username.lower())


def client_address(request: HttpRequest | None) -> str:
    """客户端地址。只有配置了 TRUSTED_PROXY 且请求确由它转来时，才信 X-Real-IP。"""
    if request is None:
        return "command"
    remote = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXY and remote == settings.TRUSTED_PROXY:
        return request.META.get("HTTP_X_REAL_IP", remote)
    return remote


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _count(key: str, limit: int, name: str) -> bool:
    """记一次尝试；仍在限额内返回 True。时间窗从第一次失败算起。"""
    moment = real_now()
    window = dt.timedelta(seconds=settings.LOGIN_WINDOW_SECONDS)
    with transaction.atomic():
        LoginAttempt.objects.get_or_create(key=key, defaults={"name": name, "window_started_at": moment})
        row = LoginAttempt.objects.select_for_update().get(key=key)
        # 取绝对值：并发时等锁的那个时刻略早于窗口起点，不能当成“时钟拨回”而清零；真拨回很远的才重新计。
        if abs(moment - row.window_started_at) > window:
            row.failures, row.window_started_at = 0, moment
        row.failures += 1
        row.save(update_fields=["failures", "window_started_at"])
    return row.failures <= limit
