"""HTTP 一层的几条规矩：CSP、不缓存、只收提交的网址。"""

import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import TypeAlias
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponseNotAllowed, QueryDict, UnreadablePostError
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import get_script_prefix, is_valid_path
from django.utils.cache import patch_cache_control
from django.utils.http import url_has_allowed_host_and_scheme

from . import health, logs, views
from .tables.normalising import clean_block, clean_text

GetResponse: TypeAlias = Callable[[HttpRequest], HttpResponseBase]


class RequestNumberMiddleware:
    """给每次请求一个编号：日志的各行、出错的页面、答复的头里都是它；慢的查询也从这里记。"""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = logs.REQUEST.set(secrets.token_hex(4))
        try:
            with connection.execute_wrapper(logs.watch_slow):
                response = self.get_response(request)
            response.headers["X-Request-Number"] = logs.REQUEST.get()
            return response
        finally:
            logs.REQUEST.reset(token)


class ContentSecurityPolicyMiddleware:
    """按 SECURE_CSP 发 Content-Security-Policy 头。升级到 Django 6 后可换成自带的。"""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.policy = "; ".join(f"{k} {' '.join(v)}" for k, v in settings.SECURE_CSP.items())

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", self.policy)
        return response


class PrivateCacheMiddleware:
    """登录后的页面不进任何缓存（等保“剩余信息保护”，ASVS 14.3.2）。"""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_store=True)
        return response


class PublicMiddleware:
    """不用登录的页面与登录无关：来的 cookie 不看，去的 cookie 不发，也不因人而异，所以可以放心缓存。"""

    paths = ("/public/", "/calendar/")

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(self.paths) or request.method not in ("GET", "HEAD"):
            return self.get_response(request)
        request.META.pop("HTTP_COOKIE", None)
        response = self.get_response(request)
        response.cookies.clear()
        varies = [name for name in response.headers.get("Vary", "").split(", ") if name.lower() not in ("", "cookie")]
        response.headers["Vary"] = ", ".join(varies)
        if not varies:
            del response.headers["Vary"]
        return response


class HealthMiddleware:
    """本机来问死活的（开了 METRICS 的，来取数的），不论它用的是什么主机名，都答：在核对主机名、取会话之前。"""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        asked = {"/healthz": views.healthz, "/metrics": settings.METRICS and views.metrics}.get(request.path_info)
        if asked and request.method in ("GET", "HEAD") and health.is_local(request):
            return asked(request)
        return self.get_response(request)


# 粘贴的表格交在这一栏：制表符是分格，行尾的空格子也是格子，只规整各格里的字。
PASTED = "block"


class CleanTextMiddleware:
    """网页上交来的文字只在这一道门规整，与导入的文件同一个规矩：换行算一个字，看不见的字符不要，每行首尾不留空白。

    表单数的字数、库里存的、放回页面的，于是都是同一段话；只有看不见的字符的，就是空的。密码一字不动。
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.GET = cleaned(request.GET)  # type: ignore[assignment]  # 规整过的也是不可改的
        if request.method == "POST":
            with suppress(UnreadablePostError):  # 断了线的，照旧由跨站校验去说
                request.POST = cleaned(request.POST)  # type: ignore[assignment]
        return self.get_response(request)


def cleaned(data: QueryDict) -> QueryDict:
    """规整过的一份。"""
    made = data.copy()
    for name, values in data.lists():
        if not is_secret(name) and name != "username":  # 登录名另有自己的规矩：差一个字也不是同一个人
            tidy = clean_block if name == PASTED else clean_text
            made.setlist(name, [tidy(value) for value in values])
    made._mutable = False
    return made


def is_secret(name: str) -> bool:
    """密码一类的栏：不规整，不留，不抄给人看。"""
    return "password" in name


class NotAllowedPageMiddleware:
    """只收提交的网址被直接打开（多为刷新、从收藏夹进来）：给一页说明，不给空白页。"""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not isinstance(response, HttpResponseNotAllowed) or response.content or request.method != "GET":
            return response
        page = render(request, "400.html", status=405)
        page.headers["Allow"] = response.headers["Allow"]
        return page


def page_before(request: HttpRequest) -> str:
    """交表单时所在的那一页。没交成的页面地址就是提交用的网址，不能直接打开，那时取它的上一级。"""
    back = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):
        return "/"
    parts = urlsplit(back)
    if parts.path != request.path:
        return f"{parts.path}?{parts.query}" if parts.query else parts.path
    path = request.path
    while path != "/":
        path = path.rstrip("/").rpartition("/")[0] + "/"
        if is_valid_path("/" + path.removeprefix(get_script_prefix())):
            break
    return path
