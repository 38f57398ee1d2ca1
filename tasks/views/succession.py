"""换人、部室调整：管理员在一页上填，先看要动哪些，再确认；将来某天的登记下来，生效以前可以撤回。"""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from departments.admin import trace_moved
from departments.requests import SignedIn
from yingshang import clock

from .. import workflow
from ..forms import DepartmentSuccessionForm, LeaderSuccessionForm
from ..imports import succession
from ..models import PlanRevision, Succession
from ..pages import succession as succession_pages
from .guards import import_only
from .refusals import or_say, put_back


@import_only
@require_http_methods(["GET", "POST"])
def succession_leader(request: SignedIn) -> HttpResponse:
    """换领导。"""
    form = LeaderSuccessionForm(request.POST or None)
    preview = succession_pages.of_leader(form) if form.is_bound and form.is_valid() else None
    if request.POST.get("do") != "confirm" or not form.is_seen:
        return _page(request, form, "leader", preview)
    who: dict[str, Any] = {"by": request.user, "at": clock.now()}
    made = or_say(form, lambda: succession.register_leader(**who, **form.cleaned_data, seen=_kept(preview)))
    if made is None:
        return put_back(request, form, _page(request, form, "leader"))
    return _done(request, made)


@import_only
@require_http_methods(["GET", "POST"])
def succession_department(request: SignedIn) -> HttpResponse:
    """部室的换、并、拆、撤。"""
    form = DepartmentSuccessionForm(request.POST or None)
    preview = succession_pages.of_department(form) if form.is_bound and form.is_valid() else None
    if request.POST.get("do") != "confirm" or not form.is_seen:
        return _page(request, form, "department", preview)
    who: dict[str, Any] = {"by": request.user, "at": clock.now()}
    moved = list(form.accounts) if preview else []
    made = or_say(form, lambda: succession.register_department(**who, **form.said, seen=_kept(preview)))
    if made is None:
        return put_back(request, form, _page(request, form, "department"))
    trace_moved(request, moved if isinstance(made, list) else [])
    return _done(request, made)


@import_only
@require_POST
def succession_withdraw(request: SignedIn, pk: int) -> HttpResponse:
    """撤回登记的、还没有生效的一件。"""
    found = get_object_or_404(Succession, pk=pk)
    done = workflow.withdraw_succession(found, by=request.user, at=clock.now())
    messages.success(request, f"已撤回：{done}，不再生效。")
    return redirect("succession_leader" if done.old_leader_id else "succession_department")


def _kept(preview: succession_pages.Preview | None) -> dict:
    return preview.kept if preview else {}


def _done(request: SignedIn, made: list[PlanRevision] | Succession) -> HttpResponse:
    messages.success(request, succession_pages.said_of(made))
    if isinstance(made, Succession):
        return redirect("succession_leader" if made.old_leader_id else "succession_department")
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
