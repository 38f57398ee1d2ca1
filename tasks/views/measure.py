"""举措：清单、详情、办公室核定、定灯。"""

from typing import Any

from django.contrib import messages
from django.db.models import F, QuerySet
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from departments.requests import SignedIn
from yingshang import clock, prepared
from yingshang.replica import from_replica

from .. import workflow
from ..forms import LedgerExportForm, ManualLightForm, MeasureFilterForm, MeasurePageForm, MeasureSettingsForm
from ..models import Measure, Plan
from ..models.plan import standpoint
from ..models.visibility import eyes
from ..pages import measure as measure_pages
from ..pages import revision as revision_pages
from ..papers import ledger as ledger_papers
from .guards import office_only
from .refusals import or_say, put_back


@require_safe
def measure_list(request: SignedIn) -> HttpResponse:
    """全部举措：搜索、筛选、分页。"""
    filters = MeasureFilterForm(request.GET, state=getattr(request, "stamp", ""))
    page = measure_pages.listing(Plan.objects.current(), request.user, clock.today(), filters)
    return render(request, "tasks/measure/list.html", {"page": page, "filters": filters})


@require_safe
@from_replica
def measure_export(request: SignedIn) -> FileResponse:
    """导出台账：按清单上的筛选，xlsx（可打印、可改好传回）或 csv。"""
    plan, form = Plan.objects.current(), LedgerExportForm(request.GET)
    if plan is None:
        raise workflow.Refused("还没有现行方案，没有可导出的台账。")
    sheet = ledger_papers.ledger_sheet(plan, request.user, clock.today(), form)
    kind = form.chosen.get("format", "xlsx")
    data = sheet.to_csv() if kind == "csv" else sheet.to_xlsx(form.chosen.get("paper", "a3"))
    response = FileResponse(data, content_type=ledger_papers.CONTENT_TYPES[kind])
    response.headers["Content-Disposition"] = revision_pages.disposition(sheet.filename(kind))
    return response


@require_safe
def measure_detail(request: SignedIn, number: str) -> HttpResponse:
    """一项举措：灯与理由、谁、目标、原文、办理过程。"""
    return measure_page(request, find_measure(request, number))


@require_safe
def measure_retired(request: SignedIn, pk: int) -> HttpResponse:
    """已退出的一项，按编号：原来的序号可能另有其项。又恢复列入的转到现在的网址。"""
    rows = Measure.objects.visible_to(request.user).select_related("plan", "retired_in", "summary_department")
    measure = get_object_or_404(rows, pk=pk)
    return measure_page(request, measure) if measure.retired_in_id else redirect(measure.url)


@office_only
@require_http_methods(["GET", "POST"])
def measure_settings(request: SignedIn, number: str) -> HttpResponse:
    """办公室核定类型、时限、汇总部室、目标由谁报。"""
    measure = find_measure(request, number)
    form = MeasureSettingsForm(request.POST if request.method == "POST" else None, instance=measure)
    act = lambda: workflow.settle_measure(measure, by=request.user, at=clock.now(), **form.settled)  # noqa: E731
    if request.method == "POST" and or_say(form, act) is not None:
        messages.success(request, f"第 {number} 项已核定，改前改后见办理过程。")
        return redirect("measure_detail", number)
    return put_back(request, form, render(request, "tasks/measure/settings.html", {"measure": measure, "form": form}))


@office_only
@require_POST
def light_set(request: SignedIn, number: str) -> HttpResponse:
    """办公室定灯，须写理由。"""
    measure, form = find_measure(request, number), ManualLightForm(request.POST)
    period = measure_pages.period_of(measure, clock.today())
    act = lambda: workflow.set_light(measure, period, by=request.user, at=clock.now(), **form.cleaned_data)  # noqa: E731
    if not or_say(form, act):
        return put_back(request, form, measure_page(request, measure, light_form=form))
    messages.success(request, f"第 {number} 项已定灯。")
    return redirect("measure_detail", number)


@office_only
@require_POST
def light_lift(request: SignedIn, number: str) -> HttpResponse:
    """取消定灯。"""
    measure = find_measure(request, number)
    workflow.lift_light(measure, measure_pages.period_of(measure, clock.today()), by=request.user, at=clock.now())
    messages.success(request, f"第 {number} 项已恢复系统判灯。")
    return redirect("measure_detail", number)


def find_measure(request: SignedIn, number: str) -> Measure:
    """手边的方案里的这一项；已退出的也能看（网址不失效），现行的优先。"""

    def build(number: str) -> QuerySet[Measure]:
        rows = Measure.objects.visible_to(request.user).of_current_plan().filter(number=number)
        rows = rows.select_related("plan", "retired_in", "summary_department")
        return rows.order_by(F("retired_in").asc(nulls_first=True), "pk")[:1]

    found = prepared.row(("one measure", eyes(request.user), standpoint()), build, number)
    if found is None:
        raise Http404
    return found


def measure_page(
    request: SignedIn,
    measure: Measure,
    *,
    light_form: ManualLightForm | None = None,
    bound: Any = None,
    **joint_form: Any,
) -> HttpResponse:
    """举措页；没写好的表单（定灯、延期、办结、共同汇总）连同所写内容放回。"""
    chosen = MeasurePageForm(request.GET).chosen | joint_form
    context = measure_pages.detail(measure, request.user, clock.today(), bound=bound, **chosen)
    context["light_form"] = light_form or ManualLightForm()
    return render(request, "tasks/measure/detail.html", context)
