"""总览、分析、项次清单：当前与以往任何一期。"""

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from yingshang import clock

from .. import analysis, catalogue, items, summaries, todo
from ..forms import BoardFilterForm, ItemFilterForm
from .guards import board_only


@board_only
@require_safe
def board(request, slug=None):
    """几红几黄、谁没报、今天要办。排序和筛选都在网址里。"""
    plan, today = todo.current_plan(), clock.today()
    period = opened_period(plan, slug) if slug else summaries.current_period(plan, today) if plan else None
    filters = BoardFilterForm(request.GET)
    context = {"board": catalogue.board(plan, period, today, request.user, filters), "filters": filters}
    return render(request, "tasks/board.html", context)


@board_only
@require_safe
def board_items(request, slug):
    """项次清单：谁的哪一项报没报、什么灯。总览上以项次计的数都点到这里。"""
    plan, filters = todo.current_plan(), ItemFilterForm(request.GET)
    listing = items.listing(plan, opened_period(plan, slug), clock.today(), filters)
    return render(request, "tasks/board_items.html", {"listing": listing, "filters": filters})


@board_only
@require_safe
def board_analysis(request, slug):
    """较上期的变化，各期的灯与按时率，按部室、领导、类型、问题分类。"""
    plan = todo.current_plan()
    shown = analysis.analysis(plan, opened_period(plan, slug), clock.today())
    return render(request, "tasks/board_analysis.html", {"analysis": shown})


def opened_period(plan, slug):
    """现行方案里这个代号的、开放过的报送期；没有的是 404。"""
    if plan is None:
        raise Http404("还没有现行方案。")
    return get_object_or_404(plan.periods.exclude(status="planned").select_related("plan"), slug=slug)
