"""一个账户登录着的几处：自己看得到、能一并退出别处；开了 ONE_SESSION 的，后登录的使先登录的退出（ASVS 7.5.2、7.1.2）。

库里只记会话号的散列值：看得到这张表的，拿不到别人的会话。
"""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils.crypto import salted_hmac

from yingshang.clock import real_now

from .addresses import client_address
from .models import OpenSession
from .requests import SignedIn

# 浏览器自报的名字里有它 → 怎么称呼；由上到下第一个（微信、360、Edge 也都自称 Chrome）。
BROWSERS = (
    ("MicroMessenger", "微信"), ("wxwork", "企业微信"), ("DingTalk", "钉钉"), ("Edg", "Edge"), ("QQBrowser", "QQ 浏览器"),
    ("360", "360 浏览器"), ("Firefox", "火狐"), ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip


@dataclass(frozen=True)
class Place:
    """登录着的一处。`used_at` 是最近一次使用，准到一分钟。"""

    at: dt.datetime
    used_at: dt.datetime
    address: str
    device: str
    is_here: bool


def opened(request: SignedIn) -> None:
    """登录成功、改了密码（会话换了号，别处的已经失效）以后：记下这一处。"""
    OpenSession.objects.update_or_create(
        key=_digest(str(request.session.session_key)),
        defaults={
            "user": request.user,
            "at": real_now(),
            "address": client_address(request)[:64],
            "device": device(request.headers.get("User-Agent", "")),
        },
    )
    if settings.ONE_SESSION:
        end_others(request)


def places(request: SignedIn) -> list[Place]:
    """这个账户登录着的各处，最近用的在前。"""
    here, idle = _digest(request.session.session_key or ""), dt.timedelta(seconds=settings.SESSION_COOKIE_AGE)
    live = _live()
    found = [
        Place(row.at, live[row.key][1] - idle, row.address, row.device, row.key == here)
        for row in OpenSession.objects.filter(user=request.user)
        if row.key in live
    ]
    return sorted(found, key=lambda place: (place.is_here, place.used_at), reverse=True)


def end_others(request: SignedIn) -> int:
    """退出别处，返回几处。"""
    here, live = _digest(request.session.session_key or ""), _live()
    others = OpenSession.objects.filter(user=request.user).exclude(key=here)
    keys = [live[key][0] for key in others.values_list("key", flat=True) if key in live]
    Session.objects.filter(session_key__in=keys).delete()
    others.delete()
    return len(keys)


def sweep() -> int:
    """已经没有会话的几处，不再留。返回清了几处。"""
    return OpenSession.objects.exclude(key__in=list(_live())).delete()[0]


def device(said: str) -> str:
    """浏览器自报的名字 → “手机 · 微信”。认不出的写“其他浏览器”。"""
    kind = "手机" if "Mobile" in said else "电脑"
    return f"{kind} · {next((name for mark, name in BROWSERS if mark in said), '其他浏览器')}"


def _live() -> dict[str, tuple[str, dt.datetime]]:
    """没有过期的会话：散列值 →（会话号，到什么时候）。"""
    rows = Session.objects.filter(expire_date__gt=real_now()).values_list("session_key", "expire_date")
    return {_digest(key): (key, until) for key, until in rows}


def _digest(key: str) -> str:
    return salted_hmac("departments.sessions", key, algorithm="sha256").hexdigest()
