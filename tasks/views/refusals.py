"""拒绝只有一条路：原因与所写的每一个字，都在答复的那一页上。

有手写内容的表单：`or_say` 做，没做成的 `put_back` 放回原来那一页；那一页给不了的，抄在一页上。
只有按钮的：说明原因，回到原来的页面。状态码：放回原来那一页 422，改了再交；别人先改了的、那一页已经没有这张表单的
409；不归您 403，找不到 404。
"""

import logging
import sys
from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.html import escape

from departments import backoffice, once
from departments.middleware import KeepWordsLoginRequiredMiddleware
from departments.models import FormTaken
from yingshang import views as site_views
from yingshang import writing
from yingshang.middleware import page_before

from ..pages.refusals import ALREADY, BLOCKED, GONE, NOT_YOURS, OLD_PAGE, or_say, reasons_of, shows, typed, unsent
from ..workflow import Refused

__all__ = ["OnceMiddleware", "RefusedMiddleware", "copied", "keep", "or_say", "put_back"]
log = logging.getLogger("yingshang.writing")


def put_back(
    request: HttpRequest, form: Any, page: HttpResponse, status: int = 422, data: QueryDict | None = None
) -> HttpResponse:
    """放回的一页（`page` 已把 `form` 放在原处，改了可以再交）。没有交过的照原样给。

    与别人刚存的合过的，`data` 是合好的：没有动过的几栏不必还是原来的字。
    """
    if not form.is_bound:
        return page
    page.status_code = 409 if hasattr(form, "conflict") else status
    if not hasattr(form, "refused") and not typed(request.POST):
        return page  # 没有写什么，也不是流程说不行：页面自己说得清
    return keep(request, page, reasons_of(form), data)


def keep(request: HttpRequest, page: HttpResponse, reasons: list[str], data: QueryDict | None = None) -> HttpResponse:
    """这一页若少了一句原因、一段所写的话（那张表单已经收起来了），改给抄录的一页；没有写什么的，说明原因、回到原来的页面。

    几样一起交的，`data` 只给没有办成的那几样：办成了的不必还在输入框里。
    """
    shown = page.content.decode()
    words = [escape(word) for _, word in typed(request.POST if data is None else data)]
    if all(escape(reason) in shown for reason in reasons) and all(shows(shown, word) for word in words):
        return page
    if words:
        return copied(request, reasons, 409)
    for reason in reasons:
        messages.error(request, reason)
    return HttpResponseRedirect(page_before(request))


class LoginRequiredMiddleware(KeepWordsLoginRequiredMiddleware):
    """默认须登录；登录过期时交上来的手写的话，与被拒绝的认法一样。"""

    def words(self, request: HttpRequest) -> list[tuple[str, str]]:
        return written(request)


def written(request: HttpRequest) -> list[tuple[str, str]]:
    """交上来的手写的话：各页的照表单认，后台的照模型认。"""
    return backoffice.typed(request) or typed(request.POST)


class OnceMiddleware(once.OnceMiddleware):
    """一张表单只办一次；后退改了再交的，没有办，写的话抄在一页上。"""

    def again(self, request: HttpRequest, first: FormTaken) -> HttpResponse:
        if once.is_same(request, first) or not written(request):
            return super().again(request, first)
        return copied(request, [ALREADY], 409, unsent(request.FILES))

    def blocked(self, request: HttpRequest, error: Exception) -> HttpResponse:
        return blocked(request, error)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """表单令牌不符（多为在另一个窗口重新登录过）：没有办成，写的话抄在一页上。"""
    if not written(request):
        return site_views.csrf_failure(request, reason)
    return copied(request, [OLD_PAGE], 403, unsent(request.FILES))


class RefusedMiddleware:
    """流程拒绝（Refused）不是故障；交了手写的话才发现不归自己、找不到了的，话也不能丢。"""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *args: Any) -> HttpResponse | None:
        """选的文件暂存不下的，不往下办：办了就少了材料。"""
        error = getattr(request, "blocked", None)
        return blocked(request, error) if error else None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if writing.is_blocked(exception):
            return blocked(request, exception)
        status = _status(exception)
        if status and request.method == "POST" and written(request):
            return copied(request, [_reason(exception)], status, unsent(request.FILES))
        if not isinstance(exception, Refused):
            return None
        messages.error(request, str(exception))
        return HttpResponseRedirect(page_before(request))


def broken(request: HttpRequest) -> HttpResponse:
    """没有料到的错（handler500）：写不进去的另说，其余的照旧。"""
    error = sys.exc_info()[1]
    return blocked(request, error) if writing.is_blocked(error) else site_views.server_error(request)


def blocked(request: HttpRequest, error: BaseException | None) -> HttpResponse:
    """写不进去：503，一句话，写的抄在一页上。这一页不查库，库打不开也出得来。"""
    log.error("写不进去：%s", error)
    context = {"reason": BLOCKED, "words": written(request), "files": unsent(request.FILES)}
    return HttpResponse(render_to_string("503.html", context), status=503, headers={"Retry-After": "600"})


def _status(exception: Exception) -> int | None:
    kinds = {Refused: 409, PermissionDenied: 403, Http404: 404}
    return next((status for kind, status in kinds.items() if isinstance(exception, kind)), None)


def _reason(exception: Exception) -> str:
    """一句话的原因。找不到的不说是什么找不到：看不到的与没有的，答得一样。"""
    if isinstance(exception, Http404):
        return GONE
    return str(exception) or NOT_YOURS


def copied(request: HttpRequest, reasons: list[str], status: int, files: Iterable[str] = ()) -> HttpResponse:
    """抄录的一页：只有原因和他自己刚写的，没有库里的任何内容。"""
    back = "/" if status in (403, 404) else page_before(request)
    context = {"reasons": reasons, "words": written(request), "files": files, "back": back}
    return render(request, "refused.html", context, status=status)
