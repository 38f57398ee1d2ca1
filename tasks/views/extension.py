"""延期：部室申请、撤回，办公室批复。"""

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from departments.requests import SignedIn
from yingshang import clock

from .. import workflow
from ..forms import ExtensionApproveForm, ExtensionRefuseForm, PageForm
from ..models import Extension, Plan
from ..pages import assignment as assignment_pages
from ..pages import extension as extension_pages
from .assignment import find_mine, find_part
from .guards import office_only
from .measure import measure_page
from .refusals import or_say, put_back


@office_only
@require_safe
def extension_list(request: SignedIn) -> HttpResponse:
    """待批的延期，与最近的批复。"""
    return _page(request)


@require_POST
def extension_request(request: SignedIn, number: str, pk: int) -> HttpResponse:
    """申请延期。没写好的原样放回举措页。"""
    part = find_part(request, number, pk)
    form = assignment_pages.extension_form(part, clock.today(), request.POST)
    if not or_say(form, lambda: workflow.request_extension(part, by=request.user, at=clock.now(), **form.asked)):
        return put_back(request, form, measure_page(request, part.measure, bound={(pk, "extension"): form}))
    messages.success(request, f"第 {number} 项已申请延期，等办公室批复；批复之前仍按原时限。")
    return redirect("measure_detail", number)


@require_POST
def extension_withdraw(request: SignedIn, pk: int) -> HttpResponse:
    """撤回还没有批复的申请。"""
    found = workflow.withdraw_extension(find_mine(request, Extension, pk), by=request.user, at=clock.now())
    messages.success(request, "已撤回延期申请。")
    return redirect("measure_detail", found.assignment.measure.number)


@office_only
@require_POST
def extension_approve(request: SignedIn, pk: int) -> HttpResponse:
    """批准延期：灯与催办立即按新的时限。"""
    found, form = _find(request, pk), ExtensionApproveForm(request.POST, prefix=f"a{pk}")
    act = lambda: workflow.approve_extension(found, by=request.user, at=clock.now(), **form.cleaned_data)  # noqa: E731
    if not (done := or_say(form, act)):
        return put_back(request, form, _page(request, form))
    messages.success(request, f"已批准第 {done.assignment.measure.number} 项（{done.assignment.department}）延期。")
    return redirect("extension_list")


@office_only
@require_POST
def extension_refuse(request: SignedIn, pk: int) -> HttpResponse:
    """不批准延期，必须写明意见；没写的原样放回。"""
    found, form = _find(request, pk), ExtensionRefuseForm(request.POST, prefix=f"x{pk}")
    act = lambda: workflow.refuse_extension(found, by=request.user, at=clock.now(), **form.cleaned_data)  # noqa: E731
    if not or_say(form, act):
        return put_back(request, form, _page(request, form))
    messages.success(request, f"第 {found.assignment.measure.number} 项的延期没有批准，部室会看到意见。")
    return redirect("extension_list")


def _find(request: SignedIn, pk: int) -> Extension:
    return get_object_or_404(
        Extension.objects.of_current_plan().visible_to(request.user).select_related("assignment__measure"),
        pk=pk,
    )


def _page(request: SignedIn, bound: BaseForm | None = None) -> HttpResponse:
    page = PageForm(request.GET).number
    context = extension_pages.extension_page(Plan.objects.current(), request.user, page, bound=bound)
    return render(request, "tasks/extension/list.html", context)
