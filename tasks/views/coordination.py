"""需协调事项：清单、答复。"""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from departments.requests import SignedIn
from yingshang import clock

from .. import workflow
from ..forms import CoordinationAnswerForm, CoordinationFilterForm
from ..models import CoordinationRequest
from ..pages import coordination as coordination_pages
from ..rules import permissions
from .refusals import or_say, put_back


@require_safe
def coordination_list(request: SignedIn) -> HttpResponse:
    """需协调事项：没答复的在前。部室看与本部室有关的。"""
    return _page(request)


@require_POST
def coordination_answer(request: SignedIn, pk: int) -> HttpResponse:
    """被请的部室答复。"""
    rows = CoordinationRequest.objects.visible_to(request.user).select_related("progress__assignment__department")
    found = get_object_or_404(rows, pk=pk)
    if not permissions.can_reply_coordination(request.user, found):
        raise PermissionDenied
    form = coordination_pages.form_for(found, request.POST)
    if not or_say(
        form, lambda: workflow.answer_coordination(found, by=request.user, at=clock.now(), **form.cleaned_data)
    ):
        return put_back(request, form, _page(request, bound={pk: form}))
    messages.success(request, f"已答复{found.progress.assignment.department}。", extra_tags=f"coordination-{pk}")
    return redirect("home" if request.POST.get("from") == "home" else "coordination_list")


def _page(request: SignedIn, bound: dict[int, CoordinationAnswerForm] | None = None) -> HttpResponse:
    context = coordination_pages.listing(request.user, clock.today(), CoordinationFilterForm(request.GET), bound)
    return render(request, "tasks/coordination/list.html", context)
