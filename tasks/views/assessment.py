"""考核材料：一段时间里各部室的情况，导出，和每个数数到的每一条。"""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from departments.requests import SignedIn
from yingshang import clock
from yingshang.replica import from_replica

from .. import workflow
from ..figures import assessment as figures
from ..figures.assessment import Assessment
from ..forms import AssessmentForm, AssessmentListForm
from ..models import Plan
from ..pages import revision as revision_pages
from ..papers import assessment as assessment_papers
from ..papers.sheet import CONTENT_TYPE
from .guards import assessment_only


@assessment_only
@require_safe
def assessment(request: SignedIn) -> HttpResponse:
    """各部室应报、按时、补报、未报、退回、到期未办结、办结、延期、销号。"""
    shown = _assessment(request)
    return render(request, "tasks/assessment/assessment.html", {"assessment": shown, "filters": shown.filters})


@assessment_only
@require_safe
@from_replica
def assessment_export(request: SignedIn) -> HttpResponse:
    """考核表的 xlsx，次序与页面相同。"""
    shown = _assessment(request)
    if shown.span is None:
        raise workflow.Refused("还没有开放过报送期，没有可导出的考核材料。")
    response = HttpResponse(assessment_papers.to_xlsx(shown), content_type=CONTENT_TYPE)
    response.headers["Content-Disposition"] = revision_pages.disposition(assessment_papers.filename(shown))
    return response


@assessment_only
@require_safe
def assessment_list(request: SignedIn) -> HttpResponse:
    """一个数数到的每一条。"""
    plan = Plan.objects.current()
    filters = AssessmentListForm(request.GET, plan=plan)
    listing = figures.listing(plan, clock.today(), filters)
    if listing is None:
        raise Http404("还没有开放过报送期。")
    return render(request, "tasks/assessment/list.html", {"listing": listing, "filters": filters})


def _assessment(request: SignedIn) -> Assessment:
    plan = Plan.objects.current()
    filters = AssessmentForm(request.GET, plan=plan)
    return figures.assessment(plan, clock.today(), filters, filters.opened)
