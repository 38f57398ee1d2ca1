"""总览：当前与以往任何一期。"""
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from yingshang import clock

from .. import catalogue, summaries, todo
from ..forms import MeasureFilterForm
from .guards import board_only


@board_only
@require_safe
def board(request, slug=None):
    """几红几黄、谁没报、今天要办。排序和筛选都在网址里。"""
    plan, today = todo.current_plan(), clock.today()
    opened = plan.periods.exclude(status="planned") if plan else None
    period = get_object_or_404(opened, slug=slug) if slug and plan else None
    period = period or (summaries.current_period(plan, today) if plan else None)
    filters = MeasureFilterForm(request.GET)
    context = {"board": catalogue.board(plan, period, today, request.user, filters), "filters": filters}
    return render(request, "tasks/board.html", context)
