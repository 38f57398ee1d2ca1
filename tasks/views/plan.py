"""方案页、选定现行方案。"""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from departments.requests import SignedIn
from yingshang import clock

from ..forms import PageForm
from ..imports import applying
from ..models import Plan
from ..pages import plan as plan_pages
from ..pages import revision as revision_pages
from .guards import import_only


@require_safe
def plan(request: SignedIn, pk: int | None = None) -> HttpResponse:
    """方案原文、版本、签收。不带编号的是现行方案。"""
    found = Plan.objects.current() if pk is None else get_object_or_404(Plan.objects.in_force(), pk=pk)
    return render(
        request, "tasks/plan/plan.html", plan_pages.plan_page(found, request.user, PageForm(request.GET).number)
    )


@import_only
@require_http_methods(["GET", "POST"])
def plan_choose(request: SignedIn, pk: int) -> HttpResponse:
    """选定现行方案：先说清换成哪一份、原来的还有什么没办完，再确认。"""
    found = get_object_or_404(Plan.objects.in_force(), pk=pk)
    if request.method == "GET":
        return render(request, "tasks/plan/choose.html", revision_pages.choice_page(found))
    chosen = applying.choose_plan(found, by=request.user, at=clock.now())
    messages.success(request, f"现行方案已改为《{chosen.title}》。")
    return redirect("plan")
