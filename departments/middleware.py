"""账户一层的几条规矩：会话的两个时限、须先登录、须先改密。"""

import datetime as dt
from collections.abc import Callable
from typing import Any, TypeAlias, cast

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from yingshang.clock import real_now
from yingshang.middleware import GetResponse, page_before

from . import kept, organisation, second_factor, single_sign_on, trail
from .models import SecurityEvent, User
from .requests import SignedIn

View: TypeAlias = Callable[..., HttpResponseBase]


# 会话里除了登录本身只记这两个时刻。
SIGNED_IN, SEEN = "signed_in_at", "seen_at"


class OrganisationMiddleware:
    """答一次请求的时候，单位的名称只问一次（见 organisation.current）。"""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with organisation.asked_by(request):
            return self.get_response(request)


class SessionTimesMiddleware:
    """登录满 SESSION_ABSOLUTE_SECONDS（默认 8 小时）必须重新登录（ASVS 7.3.2）。

    会话一改就连同期限一起存，期限是从那时起 SESSION_IDLE_SECONDS；所以“还在用”至多一分钟记一次，其余的请求只读不写。
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated:
            moment = real_now().timestamp()
            started = request.session.setdefault(SIGNED_IN, moment)
            if moment - started > settings.SESSION_ABSOLUTE_SECONDS:
                trail.trace("logout", request, what="登录满时限")
                logout(request)
            elif not 0 <= moment - request.session.get(SEEN, 0) < settings.SESSION_TOUCH_SECONDS:
                request.session[SEEN] = moment
        response = self.get_response(request)
        kept.remember(request, response)
        return response


class TrailMiddleware:
    """答复里看得出的两样记进安全日志：没有权限（403），带走文件（作附件的）。不论哪个视图，新加的也跑不掉。"""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not request.user.is_authenticated:
            return response
        where = {"query": request.GET.urlencode()[:500]}
        if response.status_code == 403:
            what = f"{request.method} {request.path}"
            trail.trace("refused", request, what=what, result=SecurityEvent.Result.REFUSED, data=where)
        elif response.status_code == 200 and response.get("Content-Disposition", "").startswith("attachment"):
            name = request.resolver_match.url_name if request.resolver_match else ""
            trail.trace(trail.download_action(name or ""), request, what=request.path, data=where)
        return response


class KeepWordsLoginRequiredMiddleware(LoginRequiredMiddleware):
    """默认须登录。登录过期时交上来的表单，凡有手写的话，登录页带着它，登录后取回。"""

    def words(self, request: HttpRequest) -> kept.Words:
        """所写的话：（叫什么，写了什么）。认得出各张表单的在上一层（tasks.views.refusals）。"""
        raise NotImplementedError

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        kept.forget(request, response)
        return response

    # 返回 Any：类型库以为这里只会转走，我们也答 401 的登录页。
    def handle_no_permission(self, request: HttpRequest, view_func: View) -> Any:
        if request.method == "POST" and (words := self.words(request)):
            return kept.login_page(request, words)
        if request.method not in ("GET", "HEAD"):
            return redirect_to_login(page_before(request), self.get_login_url(view_func))
        return super().handle_no_permission(request, view_func)


class PasswordChangeMiddleware:
    """首次登录、密码到期（PASSWORD_MAX_AGE_DAYS，0 为不限）须先改密码。"""

    allowed = {"password_change", "password_change_done", "logout", "healthz", "text_size", "favicon"}

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view_func: View, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        if getattr(request.resolver_match, "url_name", "") in self.allowed or not request.user.is_authenticated:
            return None
        return redirect("password_change") if must_change(cast(SignedIn, request)) else None


class SecondFactorMiddleware:
    """要动态验证码的角色（SECOND_FACTOR_ROLES）：还没有绑手机的先绑，这次登录没有核对过的重新登录。排在须先改密之后。"""

    allowed = PasswordChangeMiddleware.allowed | {"second_factor"}

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view_func: View, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        if not request.user.is_authenticated or not second_factor.is_due(cast(SignedIn, request)):
            return None
        if second_factor.is_on(request.user):
            logout(request)
            return redirect("login")
        name = getattr(request.resolver_match, "url_name", "")
        return None if name in self.allowed else redirect("second_factor")


def must_change(request: SignedIn) -> bool:
    """这次登录须先改密码。统一认证登录的没有用到密码，不催。"""
    return not single_sign_on.is_by(request) and password_is_due(request.user)


def password_is_due(user: User) -> bool:
    """这个账户是否须先改密码。演示账户不要求定期更换。"""
    if user.must_change_password:
        return True
    if not settings.PASSWORD_MAX_AGE_DAYS or user.is_demo or user.password_changed_at is None:
        return False
    return real_now() - user.password_changed_at > dt.timedelta(days=settings.PASSWORD_MAX_AGE_DAYS)
