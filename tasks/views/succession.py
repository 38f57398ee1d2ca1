"""换人、部室调整：管理员在一页上填，先看要动哪些，再确认。"""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from departments.admin import trace_moved
from departments.requests import SignedIn
from yingshang import clock

from ..forms import DepartmentSuccessionForm, LeaderSuccessionForm
from ..imports import succession
from ..pages import succession as succession_pages
from .guards import import_only
from .refusals import or_say, put_back


@import_only
@require_http_methods(["GET", "POST"])
def succession_leader(request: SignedIn) -> HttpResponse:
    """换领导。"""
    form = LeaderSuccessionForm(request.POST or None)
    if request.POST.get("do") != "confirm" or not form.is_seen:
        preview = succession_pages.of_leader(form) if form.is_valid() else None
        return _page(request, form, "leader", preview)
    act = lambda: succession.replace_leader(by=request.user, at=clock.now(), **form.cleaned_data)  # noqa: E731
    made = or_say(form, act)
    if made is None:
        return put_back(request, form, _page(request, form, "leader"))
    return _done(request, len(made))


@import_only
@require_http_methods(["GET", "POST"])
def succession_department(request: SignedIn) -> HttpResponse:
    """部室的换、并、拆、撤。"""
    form = DepartmentSuccessionForm(request.POST or None)
    if request.POST.get("do") != "confirm" or not form.is_seen:
        preview = succession_pages.of_department(form) if form.is_valid() else None
        return _page(request, form, "department", preview)
    moved = list(form.accounts)
    made = or_say(form, lambda: succession.replace_department(by=request.user, at=clock.now(), **form.said))
    if made is None:
        return put_back(request, form, _page(request, form, "department"))
    trace_moved(request, moved)
    return _done(request, len(made))


def _done(request: SignedIn, count: int) -> HttpResponse:
    messages.success(
        request, f"已生效：{count} 份方案各有新的一版，以前的各期照旧。" if count else "已记下，没有要动的举措。"
    )
    return redirect("plan")


def _page(
    request: SignedIn,
    form: LeaderSuccessionForm | DepartmentSuccessionForm,
    kind: str,
    preview: succession_pages.Preview | None = None,
) -> HttpResponse:
    page = render(request, "tasks/succession/succession.html", succession_pages.page(form, kind, preview))
    page.status_code = 422 if form.is_bound and form.errors else 200
    return page
