"""网址里写明的方案：/2023/board/2023-08/ 是 2023 年那份方案 8 月的总览。全站只有这一种写法。

不写明的是现行方案。换了现行方案，原来的网址在现行方案里找不到、在别的方案里找得到的，转到写明的网址去；
写明了方案的一页上，链接与表单也都写明（Django 的“脚本前缀”），所以看的、办的都还是那一份。
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.http import FileResponse, Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import get_script_prefix, set_script_prefix

from departments import organisation

from ..models import Plan
from ..models.plan import looking_at

PLAN = re.compile(r"^/(20\d\d(?:-[1-9]\d{0,3})?)(?=/)")


class PlanAddressMiddleware:
    """看网址开头写没写明方案；写明了的，余下的路照常走。"""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        found = PLAN.match(request.path_info)
        if found is None:
            response = self.get_response(request)
            return (response.status_code == 404 and _elsewhere(request)) or response
        plan = organisation.remembered(f"plan_at:{found[1]}", Plan.objects.in_force().filter(slug=found[1]).first)
        if plan is None:
            raise Http404("没有这份方案。")
        request.path_info = request.path_info.removeprefix(found[0])
        with looking_at(plan), _written_in(plan):
            return self.get_response(request)


@contextmanager
def _written_in(plan: Plan) -> Iterator[None]:
    """这一段里写出来的网址都写明这份方案。"""
    before = get_script_prefix()
    set_script_prefix(f"{before}{plan.slug}/")
    try:
        yield
    finally:
        set_script_prefix(before)


def _elsewhere(request: HttpRequest) -> HttpResponseRedirect | None:
    """没有写明方案、现行方案里没有的这一页，在别的哪一份里（新的在前）：转去那里；都没有为 None。只管看的，不管办的。"""
    match = request.resolver_match
    if request.method != "GET" or match is None or not request.user.is_authenticated or match.app_names:
        return None
    plans = list(Plan.objects.in_force().exclude(slug=""))
    others = [plan for plan in plans if not plan.is_current] if any(plan.is_current for plan in plans) else []
    for plan in others:
        with looking_at(plan), _written_in(plan):
            try:
                found = match.func(request, *match.args, **match.kwargs)
            except Http404:
                continue
        if isinstance(found, FileResponse) and found.file_to_stream:
            found.file_to_stream.close()  # 只问有没有，转过去以后才发
        return HttpResponseRedirect(f"{get_script_prefix()}{plan.slug}{request.get_full_path()}")
    return None
