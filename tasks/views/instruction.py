"""批示：写、改、回复、清单。"""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from departments.requests import SignedIn
from yingshang import clock

from .. import workflow
from ..forms import InstructionFilterForm, InstructionGivenForm, InstructionReplyForm, InstructionTextForm
from ..models import Instruction, Measure, Plan
from ..pages import instruction as instruction_pages
from ..rules import permissions
from .guards import instructing_only, instructions_only
from .refusals import or_say, put_back


@instructions_only
@require_safe
def instruction_list(request: SignedIn) -> HttpResponse:
    """批示清单：未回复、已回复，急办在前。"""
    filters = InstructionFilterForm(request.GET)
    context = {"page": instruction_pages.listing(request.user, filters), "filters": filters}
    context["can_write"] = permissions.can_write_instructions(request.user)
    return render(request, "tasks/instruction/list.html", context)


@instructing_only
@require_http_methods(["GET", "POST"])
def instruction_add(request: SignedIn) -> HttpResponse:
    """写批示；办公室代录领导的口头批示。没写好的原样放回。"""
    given = InstructionGivenForm(request.GET).chosen
    form = instruction_pages.form_for(request.user, Plan.objects.current(), request.POST or None, initial=given)
    act = lambda: workflow.issue_instruction(by=request.user, at=clock.now(), **form.cleaned_data)  # noqa: E731
    if request.method == "GET" or not (made := or_say(form, act)):
        return put_back(request, form, render(request, "tasks/instruction/add.html", {"form": form}))
    messages.success(request, f"第 {made.measure.number} 项的批示已交{instruction_pages.addressed(made)}办。")
    return _back(request, made.measure)


@require_http_methods(["GET", "POST"])
def instruction_revise(request: SignedIn, pk: int) -> HttpResponse:
    """改批示：录入的人，在部室回复之前。"""
    found = _find(request, pk)
    if not permissions.can_revise(request.user, found):
        raise PermissionDenied
    form = InstructionTextForm(request.POST or None, instance=found)
    act = lambda: workflow.revise_instruction(found, by=request.user, at=clock.now(), **form.cleaned_data)  # noqa: E731
    if request.method == "GET" or not or_say(form, act):
        context = {"form": form, "instruction": found}
        return put_back(request, form, render(request, "tasks/instruction/revise.html", context))
    messages.success(request, "批示已改。")
    return redirect("measure_detail", found.measure.number)


@require_http_methods(["GET", "POST"])
def instruction_reply(request: SignedIn, pk: int) -> HttpResponse:
    """回复批示；回复过的补充办理情况。没写好的原样放回。"""
    found = _find(request, pk)
    if not permissions.can_answer(request.user, found):
        raise PermissionDenied
    form, more = InstructionReplyForm(request.POST or None), "more" in request.POST
    verb, said = (workflow.supplement_instruction, "已补充") if more else (workflow.reply_instruction, "已回复")
    act = lambda: verb(found, by=request.user, at=clock.now(), **form.cleaned_data)  # noqa: E731
    if request.method == "GET" or not or_say(form, act):
        context = {"form": form, "item": instruction_pages.shown_one(found, request.user)}
        return put_back(request, form, render(request, "tasks/instruction/reply.html", context))
    messages.success(request, f"{said}第 {found.measure.number} 项的批示。", extra_tags=f"ins{pk}")
    return redirect(found.measure.url if request.POST.get("from") == "measure" else "home")


def _back(request: SignedIn, measure: Measure) -> HttpResponse:
    """回到写批示的那一页：领导页、清单，或举措页。"""
    pages = {"lead": "lead", "list": "instruction_list"}
    came = pages.get(request.POST.get("from", ""))
    return redirect(came) if came else redirect("measure_detail", measure.number)


def _find(request: SignedIn, pk: int) -> Instruction:
    """看得到的一条批示。"""
    rows = Instruction.objects.visible_to(request.user).select_related("measure__plan", "leader", "by")
    return get_object_or_404(rows.prefetch_related("departments", "replies__department"), pk=pk)
