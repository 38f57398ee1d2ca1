"""报送期：一次建一年，开放、延长、关闭、重新开放。"""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from yingshang import clock

from .. import todo, workflow
from ..forms import PeriodExtendForm, PeriodYearForm, ReasonForm
from ..models import ReportingPeriod
from .guards import office_only


@office_only
@require_safe
def period_list(request):
    """各期一览。"""
    return _page(request)


@office_only
@require_POST
def period_year(request):
    """一次建好本年度的月度报送期；已有的不动。"""
    form = PeriodYearForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    made = workflow.plan_year(todo.current_plan(), by=request.user, at=clock.now(), **form.cleaned_data)
    messages.success(request, f"新建了 {len(made)} 期。" if made else "这些月份都已经有了，没有新建。")
    return redirect("period_list")


@office_only
@require_POST
def period_open(request, slug):
    """开放报送。"""
    period = workflow.open_period(_find(slug), by=request.user, at=clock.now())
    messages.success(request, f"{period.name}已开放报送，应报 {period.progress.count()} 项次。")
    return redirect("period_list")


@office_only
@require_POST
def period_extend(request, slug):
    """延长截止日。"""
    period = _find(slug)
    form = PeriodExtendForm(request.POST, prefix=slug, instance=period)
    if not form.is_valid():
        return _page(request, extend=form, status=422)
    workflow.extend_period(period, by=request.user, at=clock.now(), **form.cleaned_data)
    messages.success(request, f"{period.name}的截止日已延长。")
    return redirect("period_list")


@office_only
@require_POST
def period_close(request, slug):
    """关闭报送。"""
    period = workflow.close_period(_find(slug), by=request.user, at=clock.now())
    messages.success(request, f"{period.name}已关闭报送，数字以今天为准。")
    return redirect("period_list")


@office_only
@require_POST
def period_reopen(request, slug):
    """重新开放，须写理由。"""
    form = ReasonForm(request.POST, prefix=slug)
    if not form.is_valid():
        return _page(request, reopen=form, status=422)
    period = workflow.reopen_period(_find(slug), by=request.user, at=clock.now(), **form.cleaned_data)
    messages.success(request, f"{period.name}已重新开放。")
    return redirect("period_list")


def _find(slug):
    return get_object_or_404(ReportingPeriod, plan=todo.current_plan(), slug=slug)


def _page(request, year=None, status=200, **bound):
    context = {"periods": todo.period_rows(request.user, **bound), "plan": todo.current_plan()}
    context["year_form"] = year or PeriodYearForm(
        initial={"due_day": context["plan"].due_day if context["plan"] else 25}
    )
    return render(request, "tasks/period_list.html", context, status=status)
