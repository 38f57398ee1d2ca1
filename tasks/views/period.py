"""报送期：一次建一年，开放、撤回开放、延长、关闭、重新开放、删除。开放、关闭有话要问的，先出一页问清楚。"""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from departments.requests import SignedIn
from yingshang import clock

from .. import workflow
from ..forms import PeriodAddForm, PeriodExtendForm, PeriodYearForm, ReasonForm
from ..models import Plan, ReportingPeriod
from ..pages import circular as circular_pages
from ..pages import period as period_pages
from .guards import office_only
from .refusals import or_say, put_back


@office_only
@require_safe
def period_list(request: SignedIn) -> HttpResponse:
    """各期一览。"""
    return _page(request)


@office_only
@require_POST
def period_year(request: SignedIn) -> HttpResponse:
    """一次建好一年的报送期；已有的不动。"""
    form, plan = PeriodYearForm(request.POST), Plan.objects.current()
    made = or_say(form, lambda: workflow.plan_periods(plan, by=request.user, at=clock.now(), **form.cleaned_data))
    if made is None:
        return put_back(request, form, _page(request, form))
    messages.success(request, period_pages.made_words(made))
    return redirect("period_list")


@office_only
@require_http_methods(["GET", "POST"])
def period_add(request: SignedIn) -> HttpResponse:
    """另设一次性的一期。"""
    if request.method == "GET":
        return redirect("period_list")
    form, plan = PeriodAddForm(request.POST, prefix="once"), Plan.objects.current()
    made = or_say(form, lambda: workflow.add_period(plan, by=request.user, at=clock.now(), **form.cleaned_data))
    if made is None:
        return put_back(request, form, _page(request, add=form))
    messages.success(request, period_pages.made_words([made]))
    return redirect("period_list")


@office_only
@require_http_methods(["GET", "POST"])
def period_open(request: SignedIn, slug: str) -> HttpResponse:
    """开放报送；过去的、还没到的月份先问一句。"""
    if asked := _ask(request, slug, "open_period"):
        return asked
    period = workflow.open_period(_find(slug), by=request.user, at=clock.now())
    messages.success(request, f"{period.name}已开放报送，应报 {period.progress.count()} 项次。")
    return redirect("period_list")


@office_only
@require_http_methods(["GET", "POST"])
def period_unopen(request: SignedIn, slug: str) -> HttpResponse:
    """撤回开放：还没有人动笔时。"""
    if asked := _ask(request, slug, "unopen_period"):
        return asked
    period = workflow.unopen_period(_find(slug), by=request.user, at=clock.now())
    messages.success(request, f"{period.name}已回到未开放，各项次的“未报”一并收回。")
    return redirect("period_list")


@office_only
@require_http_methods(["GET", "POST"])
def period_remove(request: SignedIn, slug: str) -> HttpResponse:
    """删除没有开放过的一期。"""
    if asked := _ask(request, slug, "remove_period"):
        return asked
    period = _find(slug)
    workflow.remove_period(period, by=request.user, at=clock.now())
    messages.success(request, f"{period.name}已删除，需要时可以再建。")
    return redirect("period_list")


@office_only
@require_http_methods(["GET", "POST"])
def period_extend(request: SignedIn, slug: str) -> HttpResponse:
    """延长截止日。直接打开这个网址（如出错后刷新）的，回到一览。"""
    period = _find(slug)
    if request.method == "GET":
        return redirect("period_list")
    form = PeriodExtendForm(request.POST, prefix=slug, instance=period)
    act = lambda: workflow.extend_period(_find(slug), by=request.user, at=clock.now(), **form.cleaned_data)  # noqa: E731
    if not or_say(form, act):
        return put_back(request, form, _page(request, extend=form))
    messages.success(request, f"{period.name}的截止日已延长。")
    return redirect("period_list")


@office_only
@require_http_methods(["GET", "POST"])
def period_close(request: SignedIn, slug: str) -> HttpResponse:
    """关闭报送；没到截止日、还有没报的，先问清楚。"""
    if asked := _ask(request, slug, "close_period"):
        return asked
    period = workflow.close_period(_find(slug), by=request.user, at=clock.now())
    messages.success(request, f"{period.name}已关闭报送，数字以今天为准。")
    return redirect("period_list")


@office_only
@require_http_methods(["GET", "POST"])
def period_reopen(request: SignedIn, slug: str) -> HttpResponse:
    """重新开放，须写理由。"""
    period, form = _find(slug), ReasonForm(request.POST or None, prefix=slug)
    if request.method == "GET":
        return redirect("period_list")
    if not or_say(form, lambda: workflow.reopen_period(period, by=request.user, at=clock.now(), **form.cleaned_data)):
        return put_back(request, form, _page(request, reopen=form))
    messages.success(request, f"{period.name}已重新开放。{circular_pages.issued_about(period)}")
    return redirect("period_list")


def _find(slug: str) -> ReportingPeriod:
    return get_object_or_404(ReportingPeriod, plan=Plan.objects.current(), slug=slug)


def _ask(request: SignedIn, slug: str, action: str) -> HttpResponse | None:
    """要先问的那一页；已经点了“确定”、或没有话要问的为 None。现在不能做的不必问，说明原因回到一览。"""
    period = _find(slug)
    try:
        workflow.check(workflow.STEPS["period"][action], period, request.user, clock.now())
    except workflow.Refused as refused:
        messages.error(request, str(refused))
        return redirect("period_list")
    if request.method == "POST" and request.POST.get("sure"):
        return None
    asked = period_pages.question(period, action, clock.today())
    if request.method == "POST" and not asked.warnings:
        return None
    return render(request, "tasks/period/confirm.html", {"asked": asked})


def _page(
    request: SignedIn, year: PeriodYearForm | None = None, add: PeriodAddForm | None = None, **bound: Any
) -> HttpResponse:
    plan, today = Plan.objects.current(), clock.today()
    context: dict[str, Any] = {
        "periods": period_pages.rows(plan, request.user, **bound),
        "plan": plan,
        "can_plan": plan is not None and plan.archived_at is None,
        "today": today,
        "year_form": year or PeriodYearForm(initial=PeriodYearForm.defaults(plan, today)),
        "add_form": add or PeriodAddForm(prefix="once"),
    }
    return render(request, "tasks/period/list.html", context)
