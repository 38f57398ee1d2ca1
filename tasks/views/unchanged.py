"""没有变的页面答 304：看过的一页，从那以后库里什么都没有变，就不再排一遍，也不再传一遍。

一页由这几样定下来：程序与设置、谁在看（会话、跨站令牌）、网址、大字、业务上的今天、库的记号。都没有变，排出来的字节就一样
（令牌每次换个写法，但旧的照样有效）。浏览器可以留着这几页，每次用之前都要来问（no-cache）；其余各页照旧不留（no-store）。
"""

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.messages import get_messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase, HttpResponseNotModified
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers
from django.utils.crypto import salted_hmac

from departments import organisation
from departments.middleware import SEEN, SIGNED_IN
from departments.second_factor import PASSED
from departments.single_sign_on import ID_TOKEN
from departments.trail import LAST_LOGIN
from yingshang import clock

# 天天看的各页（网址名）。只认今天是哪天、不看此刻几点的页面才可以在内；填写、个人、后台、下载不在内。
PAGES = {
    "home", "lead", "digest", "my_department", "department_detail", "department_period", "board", "board_period", "board_items", "board_analysis",
    "measure_list", "measure_detail", "measure_retired", "measure_milestones", "milestone_list", "review_list", "review_detail",
    "problem_list", "problem_detail", "inspection_list", "inspection_detail", "instruction_list", "coordination_list", "cooperation_list",
    "extension_list", "completion_list", "reminder_list", "assessment", "assessment_list",
    "period_list", "circular_list", "plan", "plan_detail", "event_list", "help", "help_relief", "suggestion_list",
}  # fmt: skip
# 会话里只有这几样（“上次登录”只在个人页看）时，页面与会话里的内容无关；多出别的（带回来的草稿等）就照常排。
PLAIN_SESSION = {SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY, SIGNED_IN, SEEN, LAST_LOGIN, PASSED, ID_TOKEN}
SOURCES = ("departments", "tasks", "yingshang", "templates", "static")


class UnchangedMiddleware:
    """在视图之前算出这一页的 ETag：与浏览器留着的相同就答 304，不同就照常排，带上它。"""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        tag = getattr(request, "unchanged_tag", "")
        if tag and response.status_code in (200, 304) and _is_plain(request):
            response.headers["ETag"] = tag
            patch_cache_control(response, private=True, no_cache=True)
            # 退出或换了人，cookie 就不同，留着的那一份连“后退”也不能直接用。
            patch_vary_headers(response, ["Cookie"])
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseNotModified | None:
        """排在各道门（须登录、须改密、进得来）之后：进不来的走不到这里。"""
        if not _may_be_kept(request):
            return None
        state = organisation.stamped(request)  # 导航上的数、页头的名称也凭它
        tag = request.unchanged_tag = _tag(request, state)  # type: ignore[attr-defined]  # 给 __call__ 的
        same = get_conditional_response(request, etag=tag)
        return same if isinstance(same, HttpResponseNotModified) else None


def _may_be_kept(request: HttpRequest) -> bool:
    """这一次可以凭记号答：是名单里的页面，是登录了的人在看，没有要说的话。改代码的时候（DEBUG）不凭。"""
    match = request.resolver_match
    return (
        not settings.DEBUG
        and request.method in ("GET", "HEAD")
        and match is not None
        and match.view_name in PAGES
        and request.user.is_authenticated
        and _is_plain(request)
    )


def _is_plain(request: HttpRequest) -> bool:
    """没有只此一次的东西：会话里只有登录，没有等着说的、也没有刚说了的话。"""
    return set(request.session.keys()) <= PLAIN_SESSION and not len(get_messages(request))


def _tag(request: HttpRequest, state: str) -> str:
    """这一页的 ETag。角色、部室改了也在记号里：用户表也是库里的。"""
    parts = (
        build(),
        request.session.session_key,
        request.COOKIES.get(settings.CSRF_COOKIE_NAME, ""),
        request.COOKIES.get("big", ""),
        request.build_absolute_uri(),
        clock.today().isoformat(),
        state,
    )
    return f'W/"{sha256(repr(parts).encode()).hexdigest()}"'


@cache
def build() -> str:
    """程序与设置的指纹：代码、模板、样式或环境变量改了，留着的页面都不算数。一个进程算一次。"""
    found = sha256(settings.VERSION.encode())
    for folder in SOURCES:
        for path in sorted((settings.BASE_DIR / folder).rglob("*")):
            if path.suffix in (".py", ".html", ".css", ".js", ".svg"):
                found.update(str(path.relative_to(settings.BASE_DIR)).encode() + path.read_bytes())
    found.update(repr(settings.ENVIRONMENT).encode())
    return salted_hmac("tasks.views.unchanged", found.hexdigest()).hexdigest()
