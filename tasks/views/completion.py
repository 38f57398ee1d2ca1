"""办结：部室在月报之外申请，办公室核实；办结后跟踪问效，需要时重新打开。"""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from departments.requests import SignedIn
from yingshang import clock

from .. import workflow
from ..forms import PageForm, ReasonForm
from ..models import CompletionRequest, Plan
from ..pages import assignment as assignment_pages
from ..pages import completion as completion_pages
from ..rules import permissions
from .assignment import find_mine, find_part
from .guards import office_only
from .measure import measure_page
from .refusals import or_say, put_back


@office_only
@require_safe
def completion_list(request: SignedIn) -> HttpResponse:
    """待核实、到期回看、已办结的。"""
    page = PageForm(request.GET).number
    context = completion_pages.completion_page(Plan.objects.current(), request.user, clock.today(), page)
    return render(request, "tasks/completion/list.html", context)


@office_only
@require_safe
def completion_detail(request: SignedIn, pk: int) -> HttpResponse:
    """核实一份：所写、佐证、最近的进展与完成值、还差什么。"""
    return _page(request, _find(request, pk), ReasonForm())


@require_POST
def completion_request(request: SignedIn, number: str, pk: int) -> HttpResponse:
    """申请办结，必须附佐证。没写好的原样放回举措页（文件要重新选）。"""
    part = find_part(request, number, pk)
    form = assignment_pages.completion_form(part, request.POST, request.FILES)
    if not or_say(form, lambda: workflow.request_completion(part, by=request.user, at=clock.now(), **form.asked)):
        return put_back(request, form, measure_page(request, part.measure, bound={(pk, "completion"): form}))
    messages.success(request, f"第 {number} 项已申请办结，等办公室核实。")
    return redirect("measure_detail", number)


@require_POST
def completion_withdraw(request: SignedIn, pk: int) -> HttpResponse:
    """撤回还没有核实的申请。"""
    found = workflow.withdraw_completion(find_mine(request, CompletionRequest, pk), by=request.user, at=clock.now())
    messages.success(request, "已撤回办结申请。")
    return redirect("measure_detail", found.assignment.measure.number)


@office_only
@require_POST
def completion_grant(request: SignedIn, pk: int) -> HttpResponse:
    """同意办结。"""
    done = workflow.grant_completion(_find(request, pk), by=request.user, at=clock.now())
    messages.success(
        request, f"第 {done.assignment.measure.number} 项（{done.assignment.department}）已办结，以后不再应报。"
    )
    return redirect("completion_list")


@office_only
@require_POST
def completion_return(request: SignedIn, pk: int) -> HttpResponse:
    """退回办结申请，必须写明意见；没写的原样放回。"""
    found, form = _find(request, pk), ReasonForm(request.POST)
    act = lambda: workflow.return_completion(found, by=request.user, at=clock.now(), **form.cleaned_data)  # noqa: E731
    if not or_say(form, act):
        return put_back(request, form, _page(request, found, form))
    messages.success(request, f"第 {found.assignment.measure.number} 项的办结申请已退回，部室会看到意见。")
    return redirect("completion_list")


@office_only
@require_POST
def completion_reopen(request: SignedIn, number: str, pk: int) -> HttpResponse:
    """重新打开已办结的项次，必须写明理由。"""
    part = find_part(request, number, pk, permissions.can_follow_up)
    form = assignment_pages.reopen_form(part, request.POST)
    act = lambda: workflow.reopen_completion(part, by=request.user, at=clock.now(), **form.cleaned_data)  # noqa: E731
    if not or_say(form, act):
        return put_back(request, form, measure_page(request, part.measure, bound={(pk, "reopen"): form}))
    messages.success(request, f"第 {number} 项（{part.department}）已重新打开，开放中的各期恢复应报。")
    return redirect("measure_detail", number)


@require_POST
def effect_add(request: SignedIn, number: str, pk: int) -> HttpResponse:
    """跟踪问效：办结后的实际效果与下次回看日期。"""
    part = find_part(request, number, pk, permissions.can_follow_up)
    form = assignment_pages.effect_form(part, clock.today(), request.POST)
    if not or_say(form, lambda: workflow.note_effect(part, by=request.user, at=clock.now(), **form.cleaned_data)):
        return put_back(request, form, measure_page(request, part.measure, bound={(pk, "effect"): form}))
    messages.success(request, f"第 {number} 项的实际效果已记下。")
    return redirect("measure_detail", number)


def _find(request: SignedIn, pk: int) -> CompletionRequest:
    rows = CompletionRequest.objects.of_current_plan().visible_to(request.user)
    return get_object_or_404(
        rows.select_related("assignment__measure__plan", "assignment__department", "requested_by", "decided_by"), pk=pk
    )


def _page(request: SignedIn, found: CompletionRequest, form: ReasonForm) -> HttpResponse:
    context = completion_pages.completion_check(found, request.user, clock.today()) | {"form": form}
    return render(request, "tasks/completion/detail.html", context)
