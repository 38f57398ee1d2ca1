"""总览、分析、项次清单：当前与以往任何一期。"""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from departments.requests import SignedIn
from yingshang import clock

from ..figures import analysis
from ..figures import parts as part_figures
from ..figures.ledger import current_of, opened_periods
from ..forms import BoardFilterForm, ItemFilterForm
from ..models import Plan, ReportingPeriod
from ..pages import board as board_pages
from .guards import board_only


@board_only
@require_safe
def board(request: SignedIn, slug: str | None = None) -> HttpResponse:
    """几红几黄、谁没报、今天要办。排序和筛选都在网址里。"""
    plan, today = Plan.objects.current(), clock.today()
    opened = opened_periods(plan)
    period = one_of(opened, slug) if slug else current_of(opened, today)
    filters = BoardFilterForm(request.GET)
    state, is_now = getattr(request, "stamp", ""), slug is None
    shown = board_pages.board(plan, period, today, request.user, filters, opened, state, is_now)
    return render(request, "tasks/board/board.html", {"board": shown, "filters": filters})


@board_only
@require_safe
def board_items(request: SignedIn, slug: str) -> HttpResponse:
    """项次清单：谁的哪一项报没报、什么灯。总览上以项次计的数都点到这里。"""
    plan, filters = Plan.objects.current(), ItemFilterForm(request.GET)
    period = opened_period(plan, slug)
    listing = part_figures.listing(period.plan, period, clock.today(), filters)
    return render(request, "tasks/board/items.html", {"listing": listing, "filters": filters})


@board_only
@require_safe
def board_analysis(request: SignedIn, slug: str) -> HttpResponse:
    """较上期的变化，各期的灯与按时率，按部室、领导、类型、问题分类。"""
    opened = opened_periods(Plan.objects.current())
    period = one_of(opened, slug)
    shown = analysis.analysis(period.plan, period, clock.today(), opened)
    return render(request, "tasks/board/analysis.html", {"analysis": shown})


def one_of(opened: list[ReportingPeriod], slug: str) -> ReportingPeriod:
    """读好的、开放过的各期里这个代号的；没有的是 404。"""
    for period in opened:
        if period.slug == slug:
            return period
    raise Http404("没有这一期，或还没有开放。")


def opened_period(plan: Plan | None, slug: str) -> ReportingPeriod:
    """现行方案里这个代号的、开放过的报送期；没有的是 404。"""
    if plan is None:
        raise Http404("还没有现行方案。")
    return get_object_or_404(plan.periods.opened().select_related("plan"), slug=slug)
