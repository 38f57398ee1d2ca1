"""登录过期时交上来的表单：签名后放进登录页，登录成功再取出，只给写的人看。不为未登录的人写任何数据。

是谁写的，从浏览器的 WRITER 认：登录着的人打开过页面就记下，会话过期了它还在。认不出的、太长的，登录页上把写的话抄给他。
"""

from typing import Any

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from yingshang.middleware import is_secret, page_before

from . import single_sign_on
from .models import User

# 内容的样子变过（谁写的、写了哪些话也在内），旧的不再认。
SALT = "departments.kept.3"
WRITER = "writer"
# 下班前交的，第二天、过完周末再登录，也取得回。
MAX_AGE = 7 * 24 * 3600
MAX_LENGTH = 200_000

Words = list[tuple[str, str]]


def login_page(request: HttpRequest, words: Words) -> HttpResponse:
    """带着所交内容的登录页（401）。勾了几个节点的，同一个名字有几个值，都留着；密码不留。"""
    fields = {name: values for name, values in request.POST.lists() if _is_kept(name)}
    # 文件留不住，只记名字，好告诉人要重新选哪几个。
    files = [(upload.name or "")[:100] for _, uploads in request.FILES.lists() for upload in uploads]
    found: dict[str, Any] = {"by": writer(request), "path": request.get_full_path(), "back": page_before(request)}
    found |= {"fields": fields, "files": files, "words": words}
    packed = signing.dumps(found, salt=SALT, compress=True)
    fits = found["by"] is not None and len(packed) <= MAX_LENGTH
    context: dict[str, Any] = {"form": AuthenticationForm(request), "next": found["back"]}
    context["single_sign_on"] = single_sign_on.label()
    context |= {"kept": packed} if fits else {"words": words, "files": files}
    return render(request, "registration/login.html", context, status=401)


def unpack(packed: str) -> dict[str, Any] | None:
    """取出签过名的内容；过期或被改过的返回 None。"""
    try:
        return signing.loads(packed, salt=SALT, max_age=MAX_AGE)
    except signing.BadSignature:
        return None


def of(packed: str, user: User) -> dict[str, Any] | None:
    """这个人写的；换了一个人登录的，不给看。"""
    found = unpack(packed)
    return found if found and found["by"] == user.pk else None


def inputs(found: dict[str, Any]) -> Words:
    """交上来的各栏，原样再交一次：（名字, 值）。"""
    return [(name, value) for name, values in found["fields"].items() for value in values]


def writer(request: HttpRequest) -> int | None:
    """这个浏览器上最近登录着的人（编号）。"""
    try:
        return int(signing.Signer(salt=WRITER).unsign(request.COOKIES.get(WRITER, "")))
    except (signing.BadSignature, ValueError):
        return None


def mark(user: User) -> str:
    """记在浏览器里的：签了名的编号，别无其他。"""
    return signing.Signer(salt=WRITER).sign(str(user.pk))


def remember(request: HttpRequest, response: HttpResponseBase) -> None:
    """记下是谁登录着，换了人、没有记过才写。"""
    if request.user.is_authenticated and writer(request) != request.user.pk:
        same = {"samesite": "Lax", "secure": settings.SESSION_COOKIE_SECURE, "httponly": True}
        response.set_cookie(WRITER, mark(request.user), max_age=MAX_AGE, **same)  # type: ignore[arg-type]


def forget(request: HttpRequest, response: HttpResponseBase) -> None:
    """留着的那张表单又交了：写的话已在答复里（办成了，或原样放回），不再留。服务器出错的照旧留着。"""
    found = unpack(request.session.get("kept", "")) if request.method == "POST" else None
    if found and found["path"] == request.get_full_path() and response.status_code < 500:
        del request.session["kept"]


def _is_kept(name: str) -> bool:
    return name != "csrfmiddlewaretoken" and not is_secret(name)
