"""一个账户登录着的几处：自己看得到、能一并退出别处；开了 ONE_SESSION 的，后登录的使先登录的退出（ASVS 7.5.2、7.1.2）。"""

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import QuerySet

from yingshang.clock import real_now

from .addresses import client_address
from .models import OpenSession
from .requests import SignedIn

# 浏览器自报的名字里有它 → 怎么称呼；由上到下第一个（微信、360、Edge 也都自称 Chrome）。
BROWSERS = (
    ("MicroMessenger", "微信"), ("wxwork", "企业微信"), ("DingTalk", "钉钉"), ("Edg", "Edge"), ("QQBrowser", "QQ 浏览器"),
    ("360", "360 浏览器"), ("Firefox", "火狐"), ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip


def opened(request: SignedIn) -> None:
    """登录成功、改了密码（会话换了号）以后：记下这一处。"""
    if request.session.session_key is None:  # 换了一个人登录：原来的会话清掉了，新的还没有存
        request.session.save()
    OpenSession.objects.update_or_create(
        session_id=request.session.session_key,
        defaults={
            "user": request.user,
            "at": real_now(),
            "address": client_address(request)[:64],
            "device": device(request.headers.get("User-Agent", "")),
        },
    )
    if settings.ONE_SESSION:
        end_others(request)


def places(request: SignedIn) -> list[tuple[OpenSession, bool]]:
    """这个账户登录着的各处，后登录的在前：（哪一处，是不是现在用的）。"""
    return [(row, row.pk == request.session.session_key) for row in _of(request).order_by("-at")]


def end_others(request: SignedIn) -> int:
    """退出别处，返回几处。"""
    others = _of(request).exclude(pk=request.session.session_key)
    count = others.count()
    Session.objects.filter(pk__in=others.values("pk")).delete()
    return count


def device(said: str) -> str:
    """浏览器自报的名字 → “手机 · 微信”。认不出的写“其他浏览器”。"""
    kind = "手机" if "Mobile" in said else "电脑"
    return f"{kind} · {next((name for mark, name in BROWSERS if mark in said), '其他浏览器')}"


def _of(request: SignedIn) -> QuerySet[OpenSession]:
    """没有过期的各处。"""
    return OpenSession.objects.filter(user=request.user, session__expire_date__gt=real_now())
