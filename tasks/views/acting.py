"""替别的部室办：会话里选的那一条还管不管用，每次请求都看；不管用了的，不照办，写的话留着。"""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import rotate_token

from departments.acting import SESSION
from departments.models import Acting, User
from yingshang import clock

from .refusals import copied

ENDED = "您已不再替{room}办（{why}）。现在办的是本部室的。"
# 不是替谁办的事，照常办。
APART = {"logout", "text_size", "me_acting", "me_elsewhere", "password_change"}


class ActingMiddleware:
    """登录了的人换到了哪个部室，就照那个部室办。到期、撤回了的换回来；正交着表单的不办，答 403。"""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *args: Any) -> HttpResponse | None:
        """排在各道门之后：没有登录、须改密码的走不到这里。"""
        if SESSION not in request.session or not isinstance(user := request.user, User):
            return None
        chosen, today = request.session[SESSION], clock.today()
        if found := Acting.objects.of(user, today).filter(pk=chosen).first():
            user.acting = found
            return None
        del request.session[SESSION]
        rotate_token(request)  # 别的窗口里还开着的，是替那个部室填的，也不能再交
        return _ended(request, _why(chosen, today))


def _why(chosen: int, today: dt.date) -> str:
    row = Acting.objects.select_related("department").filter(pk=chosen).first()
    if row is None:
        return ENDED.format(room="那个部室", why="没有这一条")
    is_over = row.until_on is not None and row.until_on < today
    why = "已撤回" if row.is_withdrawn else "已到期" if is_over else "账户或部室有变动"
    return ENDED.format(room=row.department, why=why)


def _ended(request: HttpRequest, said: str) -> HttpResponse | None:
    name = request.resolver_match.url_name if request.resolver_match else ""
    if request.method == "POST" and name not in APART:
        return copied(request, [said], 403)
    messages.warning(request, said)
    return None
