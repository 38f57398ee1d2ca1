"""方案与操作记录。"""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from yingshang import clock

from .. import catalogue, editions, log, todo
from ..forms import EventFilterForm
from ..imports import applying
from ..models import Plan
from .guards import import_only, log_only


@require_safe
def plan(request, pk=None):
    """方案原文、版本、签收。不带编号的是现行方案。"""
    found = todo.current_plan() if pk is None else get_object_or_404(Plan.objects.in_force(), pk=pk)
    return render(request, "tasks/plan.html", catalogue.plan_page(found, request.user))


@import_only
@require_http_methods(["GET", "POST"])
def plan_choose(request, pk):
    """选定现行方案：先说清换成哪一份、原来的还有什么没办完，再确认。"""
    found = get_object_or_404(Plan.objects.in_force(), pk=pk)
    if request.method == "GET":
        return render(request, "tasks/plan_choose.html", editions.choice_page(found))
    chosen = applying.choose_plan(found, by=request.user, at=clock.now())
    messages.success(request, f"现行方案已改为《{chosen.title}》。")
    return redirect("plan")


@log_only
@require_safe
def event_list(request):
    """操作记录：谁在何时做了什么。"""
    filters = EventFilterForm(request.GET)
    return render(request, "tasks/event_list.html", {"page": log.page(request.user, filters), "filters": filters})
