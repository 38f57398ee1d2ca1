"""共同汇总：在举措页上写。"""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from departments.requests import SignedIn
from yingshang import clock

from ..models import ReportingPeriod
from ..pages import joint as joint_pages
from ..rules import permissions
from .measure import find_measure, measure_page
from .refusals import put_back


@require_POST
def joint_summary_write(request: SignedIn, number: str, slug: str) -> HttpResponse:
    """写或改一期的共同汇总。没写好的、别人先改了的，原样放回举措页。"""
    measure = find_measure(request, number)
    if not permissions.can_write_summary(request.user, measure):
        raise PermissionDenied
    period = get_object_or_404(ReportingPeriod, plan=measure.plan, slug=slug)
    filled = joint_pages.fill(measure, period, request.POST, by=request.user, at=clock.now())
    if filled.form is not None:
        back: dict[str, Any] = {"joint_period": slug, "form": filled.form, "conflict": filled.conflict}
        return put_back(request, filled.form, measure_page(request, measure, **back), filled.status)
    messages.success(
        request, f"第 {number} 项{period.short_name}的汇总已保存。", extra_tags=f"sum{measure.pk}-{period.pk}"
    )
    return redirect(f"{reverse('measure_detail', args=[number])}?joint_period={slug}#h-parts")
