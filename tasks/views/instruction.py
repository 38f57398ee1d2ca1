"""批示：写、改、回复、清单。"""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from departments.requests import SignedIn
from yingshang import clock

from .. import workflow
from ..forms import InstructionFilterForm, InstructionReplyForm, InstructionSettleForm, InstructionTextForm
from ..models import Instruction, Plan
from ..pages import desk as desk_pages
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
    given, plan = instruction_pages.given(request.GET), Plan.objects.current()
    data = (request.POST, request.FILES) if request.method == "POST" else ()
    form = instruction_pages.form_for(request.user, plan, *data, initial=given)
    act = lambda: instruction_pages.give(form, plan, by=request.user, at=clock.now())  # noqa: E731
    if request.method == "GET" or not (made := or_say(form, act)):
        return put_back(request, form, render(request, "tasks/instruction/add.html", {"form": form}))
    messages.success(request, f"{made.name}的{made.kind}已交{instruction_pages.addressed(made)}办。")
    return _back(request, made)


@require_safe
def instruction_detail(request: SignedIn, pk: int) -> HttpResponse:
    """一条批示：扫描件、回复、办理过程。"""
    return _page(request, _find(request, pk))


@require_http_methods(["GET", "POST"])
def instruction_settle(request: SignedIn, pk: int) -> HttpResponse:
    """了结：写明办理结果。直接打开这个网址的，回到那一条。"""
    found, form = _find(request, pk), InstructionSettleForm(request.POST or None)
    if not permissions.can_settle_instruction(request.user, found):
        raise PermissionDenied
    if request.method == "GET":
        return redirect(found.url)
    act = lambda: workflow.settle_instruction(found, by=request.user, at=clock.now(), **form.cleaned_data)  # noqa: E731
    if not or_say(form, act):
        return put_back(request, form, _page(request, found, form))
    messages.success(request, f"{found.name}的{found.kind}已了结。")
    return redirect(found.url)


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
    return redirect(found.measure.url if found.measure else found.url)


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
    messages.success(request, f"{said}{found.name}的{found.kind}。", extra_tags=f"ins{pk}")
    return redirect(found.measure.url if found.measure and request.POST.get("from") == "measure" else "home")


def _back(request: SignedIn, made: Instruction) -> HttpResponse:
    """回到写批示的那一页：领导页、清单，或举措页；举措以外的到它自己的一页。"""
    came = request.POST.get("from", "")
    if came in ("lead", "zone"):
        return redirect(desk_pages.address(came, made.measure.number if made.measure else ""))
    return redirect("instruction_list" if came == "list" else (made.measure.url if made.measure else made.url))


def _page(request: SignedIn, found: Instruction, form: InstructionSettleForm | None = None) -> HttpResponse:
    context = instruction_pages.detail(found, request.user, form)
    return render(request, "tasks/instruction/detail.html", context)


def _find(request: SignedIn, pk: int) -> Instruction:
    """看得到的一条批示。"""
    rows = Instruction.objects.visible_to(request.user).select_related(
        "plan", "measure__plan", "problem", "leader", "by"
    )
    return get_object_or_404(rows.prefetch_related("departments", "replies__department"), pk=pk)
