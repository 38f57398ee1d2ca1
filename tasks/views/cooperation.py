"""配合报送：办公室请、撤销，被请的部室报；清单。"""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from departments.requests import SignedIn
from yingshang import clock

from .. import workflow
from ..forms import CooperationFilterForm, CooperationReportForm
from ..models import Cooperation
from ..pages import cooperation as cooperation_pages
from ..rules import permissions
from .guards import office_only
from .measure import find_measure, measure_page
from .refusals import or_say, put_back


@require_safe
def cooperation_list(request: SignedIn) -> HttpResponse:
    """请了哪些配合单位，谁还没有报。部室看请本部室的、本部室牵头的。"""
    context = cooperation_pages.listing(request.user, clock.today(), CooperationFilterForm(request.GET))
    return render(request, "tasks/cooperation/list.html", context)


@office_only
@require_POST
def cooperation_ask(request: SignedIn, number: str) -> HttpResponse:
    """请配合单位报。没写好的原样放回举措页。"""
    measure = find_measure(request, number)
    form = cooperation_pages.ask_form(measure, request.POST)
    made = or_say(form, lambda: workflow.ask_cooperation(measure, by=request.user, at=clock.now(), **form.said))
    if not made:
        return put_back(request, form, measure_page(request, measure, bound={(measure.pk, "ask"): form}))
    messages.success(request, f"已请{'、'.join(str(row.department) for row in made)}报第 {number} 项的配合情况。")
    return redirect(f"{measure.url}#h-coop")


@require_http_methods(["GET", "POST"])
def cooperation_report(request: SignedIn, pk: int) -> HttpResponse:
    """一份配合情况；被请的部室在这里报、更正到这一期关闭。"""
    found, form = _find(request, pk), None
    if request.method == "POST":
        if not permissions.can_report_cooperation(request.user, found):
            raise PermissionDenied
        form = cooperation_pages.report_form(found, request.POST, request.FILES)
        act = lambda: workflow.report_cooperation(found, by=request.user, at=clock.now(), **form.cleaned_data)  # noqa: E731
        if or_say(form, act):
            messages.success(request, f"第 {found.measure.number} 项的配合情况已报。", extra_tags=f"coop{pk}")
            return redirect("home")
        return put_back(request, form, _page(request, found, form))
    return _page(request, found, form)


@office_only
@require_POST
def cooperation_stop(request: SignedIn, pk: int) -> HttpResponse:
    """撤销：没有报的不用报了，以后不再要。没写原因的原样放回举措页。"""
    found = _find(request, pk)
    form = cooperation_pages.stop_form(found, request.POST)
    act = lambda: workflow.stop_cooperation(found, by=request.user, at=clock.now(), **form.cleaned_data)  # noqa: E731
    if not or_say(form, act):
        return put_back(request, form, measure_page(request, found.measure, bound={(pk, "stop"): form}))
    messages.success(request, f"已撤销，{found.department}不用再报第 {found.measure.number} 项的配合情况。")
    return redirect(f"{found.measure.url}#h-coop")


def _page(request: SignedIn, found: Cooperation, form: CooperationReportForm | None) -> HttpResponse:
    context = cooperation_pages.detail(found, request.user, clock.today(), form)
    return render(request, "tasks/cooperation/report.html", context)


def _find(request: SignedIn, pk: int) -> Cooperation:
    """看得到的一份。"""
    rows = Cooperation.objects.of_current_plan().visible_to(request.user)
    rows = rows.select_related("measure__plan", "measure__retired_in", "measure__summary_department")
    rows = rows.select_related("period", "department", "by", "answered_by__department", "off_by")
    return get_object_or_404(rows.prefetch_related("attachments"), pk=pk)
