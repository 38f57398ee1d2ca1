"""一张表单只办一次：连点两下的、同时到的、后退再交的，都只办第一次，后来的看到第一次的结果。

凭的是每张表单都带着的跨站令牌：页面每排一次换一个写法，写法就是这一页的编号，新的表单漏不掉。交上来先占下一行（主键唯一），
与动词在同一个事务里：办成了留着，没办成（不合格、被拒绝、出错）随即让出，改了可以再交。
"""

import datetime as dt
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import DatabaseError, IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase

from yingshang import writing
from yingshang.clock import real_now

from .models import FormTaken

TOKEN = "csrfmiddlewaretoken"
SAID = "这张表单刚才已经交过、办成了，没有再办一次。"


class OnceMiddleware:
    """占下 → 办 → 记下结果，一个事务；出错的整个撤回，存下的文件也去掉。排在最里面：须登录、令牌不符等各道门都过了，才算交上来。"""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # 先读完交上来的再开事务：SQLite 同时只有一个写的，不能让慢的网络占着。
        if not _counts(request):
            return self.get_response(request)
        try:
            with writing.together() as saved, transaction.atomic():
                response = self.get_response(request)
                if response.status_code >= 500:
                    transaction.set_rollback(True)
                    writing.discard(saved)
                else:
                    _settle(request, response)
        except (OSError, DatabaseError) as error:
            if writing.is_blocked(error):
                return self.blocked(request, error)
            raise
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        # 不用登录的（大字开关）什么也不往库里写，点几次都行。
        if not _counts(request) or not getattr(view, "login_required", True):
            return None
        try:
            request.form_taken, first = _take(request)  # type: ignore[attr-defined]  # 给 _settle 的
        except DatabaseError as error:
            if writing.is_blocked(error):
                return self.blocked(request, error)
            raise
        return self.again(request, first) if first else None

    def again(self, request: HttpRequest, first: FormTaken) -> HttpResponse:
        """第二次交的：转到第一次的结果。浏览器里暂存的也清掉，免得又当没有交过。"""
        messages.info(request, SAID, extra_tags=first.kept)
        return HttpResponseRedirect(first.result)

    def blocked(self, request: HttpRequest, error: Exception) -> HttpResponse:
        """写不进去的一页。"""
        raise NotImplementedError


def is_same(request: HttpRequest, first: FormTaken) -> bool:
    """与第一次交的一字不差。"""
    return _content(request) == first.content


def sweep() -> None:
    """过了登录的最长时限，令牌早已换过，交上来也不收：占着的行不必再留。"""
    FormTaken.objects.filter(at__lt=real_now() - dt.timedelta(seconds=settings.SESSION_ABSOLUTE_SECONDS)).delete()


def _counts(request: HttpRequest) -> bool:
    return request.method == "POST" and request.user.is_authenticated and bool(request.POST.get(TOKEN))


def _take(request: HttpRequest) -> tuple[FormTaken | None, FormTaken | None]:
    """占下：（占下的，没有）；占过了：（没有，第一次的）。同时到的在这里等先到的办完。"""
    parts = (str(request.user.pk), request.path, request.POST[TOKEN])
    key = sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
    try:
        with transaction.atomic():
            return FormTaken.objects.create(key=key, content=_content(request), at=real_now()), None
    except IntegrityError:
        return None, FormTaken.objects.get(key=key)


def _settle(request: HttpRequest, response: HttpResponseBase) -> None:
    """办成了（转到别的页，没有说不行）记下转到哪里；没有办成的让出。"""
    taken = getattr(request, "form_taken", None)
    if not taken:
        return
    # 这一次要说的；公开的接口一读就算说过了。
    said = messages.get_messages(request)._queued_messages  # type: ignore[union-attr]
    if response.status_code == 302 and not any(m.level >= messages.ERROR for m in said):
        kept = next((m.extra_tags for m in said if m.extra_tags), "")
        FormTaken.objects.filter(key=taken.key).update(result=response["Location"], kept=kept)
    else:
        taken.delete()


def _content(request: HttpRequest) -> str:
    """所交内容的指纹。"""
    words = sorted((name, values) for name, values in request.POST.lists() if name != TOKEN)
    files = sorted((name, f.name, f.size) for name, found in request.FILES.lists() for f in found)
    return sha256(repr((words, files)).encode("utf-8", "surrogatepass")).hexdigest()
