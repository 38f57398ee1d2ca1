"""任务分解：举措的节点页、节点一览，提出、认可、不认可、撤回、取消、撤销认定。"""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from departments.requests import SignedIn
from yingshang import clock

from .. import workflow
from ..forms import MilestoneFilterForm, ReasonForm
from ..models import Measure, Milestone, Plan
from ..pages import milestone as milestone_pages
from .guards import milestones_only, office_only
from .measure import find_measure
from .refusals import or_say, put_back


@milestones_only
@require_safe
def milestone_list(request: SignedIn) -> HttpResponse:
    """节点一览：待认可的在前。"""
    filters = MilestoneFilterForm(request.GET)
    page = milestone_pages.listing(Plan.objects.current(), request.user, clock.today(), filters)
    return render(request, "tasks/milestone/list.html", {"page": page, "filters": filters, "today": clock.today()})


@require_safe
def measure_milestones(request: SignedIn, number: str) -> HttpResponse:
    """一项举措的节点，按部室列。"""
    return _page(request, find_measure(request, number))


@require_POST
def milestone_propose(request: SignedIn, number: str) -> HttpResponse:
    """提出节点：部室的等认可，办公室的即时生效。"""
    measure = find_measure(request, number)
    if not milestone_pages.may_propose(measure, request.user):
        raise PermissionDenied
    form = milestone_pages.form_for(measure, request.user, request.POST)
    if not (made := or_say(form, lambda: workflow.propose_milestone(by=request.user, at=clock.now(), **form.asked))):
        return put_back(request, form, _page(request, measure, form=form))
    said = "已下达。" if made.agreed_at else "已提出，等办公室认可。"
    messages.success(request, f"节点“{made.name}”{said}")
    return redirect("measure_milestones", number)


@office_only
@require_POST
def milestone_agree(request: SignedIn, pk: int) -> HttpResponse:
    """认可。"""
    return _said(request, workflow.agree_milestone(_find(request, pk), by=request.user, at=clock.now()), "已认可")


@require_POST
def milestone_withdraw(request: SignedIn, pk: int) -> HttpResponse:
    """部室撤回还没有认可的。"""
    return _said(request, workflow.withdraw_milestone(_find(request, pk), by=request.user, at=clock.now()), "已撤回")


@office_only
@require_POST
def milestone_refuse(request: SignedIn, pk: int) -> HttpResponse:
    """不认可，须写意见。"""
    return _with_reason(request, pk, workflow.refuse_milestone, "不予认可，意见已告诉部室")


@office_only
@require_POST
def milestone_remove(request: SignedIn, pk: int) -> HttpResponse:
    """取消，须写理由。"""
    return _with_reason(request, pk, workflow.remove_milestone, "已取消")


@office_only
@require_POST
def milestone_untick(request: SignedIn, pk: int) -> HttpResponse:
    """撤销完成的认定，须写理由。"""
    return _with_reason(request, pk, workflow.untick_milestone, "已恢复为未完成")


def _find(request: SignedIn, pk: int) -> Milestone:
    rows = (
        Milestone.objects.of_current_plan()
        .visible_to(request.user)
        .select_related("assignment__measure", "assignment__department")
    )
    return get_object_or_404(rows, pk=pk)


def _with_reason(request: SignedIn, pk: int, verb: Callable[..., Milestone], said: str) -> HttpResponse:
    """要写理由的几样；没写的原样放回节点页。"""
    found = _find(request, pk)
    form = ReasonForm(request.POST, prefix=milestone_pages.reason_prefix(found, verb.__name__))
    if done := or_say(form, lambda: verb(found, by=request.user, at=clock.now(), **form.cleaned_data)):
        return _said(request, done, said)
    return put_back(request, form, _page(request, found.assignment.measure, bound=form))


def _said(request: SignedIn, milestone: Milestone, said: str) -> HttpResponse:
    messages.success(request, f"节点“{milestone.name}”{said}。")
    if request.POST.get("from") == "list":
        return redirect("milestone_list")
    return redirect("measure_milestones", milestone.assignment.measure.number)


def _page(request: SignedIn, measure: Measure, **extra: Any) -> HttpResponse:
    context = milestone_pages.page(measure, request.user, clock.today(), **extra)
    return render(request, "tasks/milestone/measure_milestones.html", context)
