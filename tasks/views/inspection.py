"""督查检查：清单、登记、一次检查、更正、撤回。"""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from departments.requests import SignedIn
from yingshang import clock

from .. import workflow
from ..forms import InspectionForm, PageForm, ReasonForm
from ..models import Inspection, Plan
from ..pages import inspection as inspection_pages
from .guards import board_only, office_only
from .refusals import or_say, put_back


@board_only
@require_safe
def inspection_list(request: SignedIn) -> HttpResponse:
    """历次督查检查，新的在前。"""
    return render(
        request, "tasks/inspection/list.html", inspection_pages.listing(request.user, PageForm(request.GET).number)
    )


@office_only
@require_http_methods(["GET", "POST"])
def inspection_add(request: SignedIn) -> HttpResponse:
    """登记一次督查检查；登记后可以把发现的问题列入台账。"""
    plan = Plan.objects.current()
    form = InspectionForm(request.POST or None, plan=plan, today=clock.today())
    act = lambda: workflow.add_inspection(plan, by=request.user, at=clock.now(), **form.cleaned_data)  # noqa: E731
    if request.method == "POST" and (made := or_say(form, act)):
        messages.success(request, "已登记。发现的问题要整改的，请列入问题台账。", extra_tags="inspection")
        return redirect("inspection_detail", made.pk)
    return put_back(request, form, render(request, "tasks/inspection/add.html", {"form": form}))


@board_only
@require_safe
def inspection_detail(request: SignedIn, pk: int) -> HttpResponse:
    """一次督查检查，连同由它列入台账的问题。"""
    return _page(request, _find(pk))


@office_only
@require_http_methods(["GET", "POST"])
def inspection_revise(request: SignedIn, pk: int) -> HttpResponse:
    """更正登记错了的。"""
    found = _find(pk)
    form = InspectionForm(request.POST or None, plan=found.plan, today=clock.today(), instance=found)
    act = lambda: workflow.revise_inspection(found, by=request.user, at=clock.now(), **form.cleaned_data)  # noqa: E731
    if request.method == "GET" or not or_say(form, act):
        context = {"form": form, "inspection": _find(pk)}
        return put_back(request, form, render(request, "tasks/inspection/revise.html", context))
    messages.success(request, "已更正，改前的留在登记与更正的经过里。")
    return redirect("inspection_detail", pk)


@office_only
@require_POST
def inspection_withdraw(request: SignedIn, pk: int) -> HttpResponse:
    """撤回登记错了、重复登记的，须写理由。"""
    found, form = _find(pk), ReasonForm(request.POST, prefix="withdraw")
    if not or_say(
        form, lambda: workflow.withdraw_inspection(found, by=request.user, at=clock.now(), **form.cleaned_data)
    ):
        return put_back(request, form, _page(request, found, withdraw_form=form))
    messages.success(request, "已撤回，不再计入督查检查的次数。")
    return redirect("inspection_detail", pk)


def _find(pk: int) -> Inspection:
    return get_object_or_404(Inspection.objects.select_related("plan", "created_by", "withdrawn_by"), pk=pk)


def _page(request: SignedIn, found: Inspection, **bound: Any) -> HttpResponse:
    context = inspection_pages.detail(found, request.user, clock.today(), **bound)
    return render(request, "tasks/inspection/detail.html", context)
