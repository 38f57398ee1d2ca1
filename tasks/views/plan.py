"""方案页、选定现行方案、收尾与归档。"""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from departments.requests import SignedIn
from yingshang import clock

from .. import workflow
from ..forms import PageForm, PlanClosingForm, ReasonForm
from ..imports import applying, closing
from ..models import Plan
from ..pages import plan as plan_pages
from ..pages import revision as revision_pages
from ..pages import succession as succession_pages
from .guards import import_only, plans_only
from .refusals import or_say, put_back


@require_safe
def plan(request: SignedIn, pk: int | None = None) -> HttpResponse:
    """方案原文、版本、签收。不带编号的是现行方案。"""
    found = Plan.objects.current() if pk is None else get_object_or_404(Plan.objects.in_force(), pk=pk)
    context = plan_pages.plan_page(found, request.user, PageForm(request.GET).number)
    context["scheduled"] = succession_pages.notices(request.user, clock.today())
    return render(request, "tasks/plan/plan.html", context)


@import_only
@require_http_methods(["GET", "POST"])
def plan_choose(request: SignedIn, pk: int) -> HttpResponse:
    """选定现行方案：先说清换成哪一份、原来的还有什么没办完，再确认。"""
    found = get_object_or_404(Plan.objects.in_force(), pk=pk)
    workflow.steps.check_not_archived(found)
    if request.method == "GET":
        return render(request, "tasks/plan/choose.html", revision_pages.choice_page(found))
    chosen = applying.choose_plan(found, by=request.user, at=clock.now())
    messages.success(request, f"现行方案已改为《{chosen.title}》。")
    return redirect("plan")


@plans_only
@require_http_methods(["GET", "POST"])
def plan_close(request: SignedIn, pk: int) -> HttpResponse:
    """收尾：没有办结的各项逐项定去向；收尾期间还可以再定。"""
    found = _find(pk)
    form = plan_pages.closing_form(found, request.POST or None)
    verb = closing.settle_closing if found.closing_at else closing.close_plan
    act = lambda: verb(found, form.wanted, by=request.user, at=clock.now())  # noqa: E731
    if request.method == "GET" or not or_say(form, act):
        return _closing(request, found, form if request.POST else None)
    messages.success(request, f"《{found.title}》：{closing.words_of(form.wanted)}。")
    return redirect("plan_close", pk)


@plans_only
@require_POST
def plan_archive(request: SignedIn, pk: int) -> HttpResponse:
    """归档：此后只看不改。"""
    done = workflow.archive_plan(_find(pk), by=request.user, at=clock.now())
    messages.success(request, f"《{done.title}》已归档，此后只看不改。")
    return redirect("plan_close", pk)


@plans_only
@require_http_methods(["GET", "POST"])
def plan_unarchive(request: SignedIn, pk: int) -> HttpResponse:
    """撤销归档，回到收尾，须写理由。"""
    return _back(request, pk, workflow.unarchive_plan, "已撤销归档，回到收尾。")


@plans_only
@require_http_methods(["GET", "POST"])
def plan_resume(request: SignedIn, pk: int) -> HttpResponse:
    """从收尾恢复在办，须写理由。"""
    return _back(request, pk, workflow.resume_plan, "已恢复在办。")


def _find(pk: int) -> Plan:
    return get_object_or_404(Plan.objects.in_force(), pk=pk)


def _back(request: SignedIn, pk: int, verb: Callable[..., Plan], said: str) -> HttpResponse:
    """退回前一步，写明理由；直接打开这个网址的，回到收尾的一页。"""
    if request.method == "GET":
        return redirect("plan_close", pk)
    found, form = _find(pk), ReasonForm(request.POST, prefix="back")
    if not or_say(form, lambda: verb(found, by=request.user, at=clock.now(), **form.cleaned_data)):
        return _closing(request, found, reason=form)
    messages.success(request, f"《{found.title}》{said}")
    return redirect("plan_close", pk)


def _closing(
    request: SignedIn, plan: Plan, form: PlanClosingForm | None = None, reason: ReasonForm | None = None
) -> HttpResponse:
    """收尾的一页；没写好的原样放回。"""
    page = render(request, "tasks/plan/close.html", plan_pages.closing_page(plan, request.user, form, reason))
    bound = form or reason
    return put_back(request, bound, page) if bound else page
