"""意见建议：提、看、答复。"""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from departments.requests import SignedIn
from yingshang import clock

from .. import workflow
from ..forms import SuggestionForm
from ..models import Suggestion
from ..pages import suggestion as suggestion_pages
from .guards import office_only, reporters_only
from .refusals import or_say, put_back

PAGE = "tasks/suggestion/list.html"


@require_safe
def suggestion_list(request: SignedIn) -> HttpResponse:
    """看得到的各条与答复；填报人在这里提。"""
    return render(request, PAGE, suggestion_pages.listing(request.user, request.GET))


@reporters_only
@require_POST
def suggestion_send(request: SignedIn) -> HttpResponse:
    """提一条。没写好的原样放回。"""
    form = SuggestionForm(request.POST)
    act = lambda: workflow.send_suggestion(by=request.user, at=clock.now(), **form.cleaned_data)  # noqa: E731
    if not or_say(form, act):
        return put_back(request, form, render(request, PAGE, suggestion_pages.listing(request.user, request.GET, form)))
    messages.success(request, "已交给办公室，答复以后在这里看得到。")
    return redirect("suggestion_list")


@office_only
@require_POST
def suggestion_answer(request: SignedIn, pk: int) -> HttpResponse:
    """答复一条。没写好的原样放回。"""
    found = get_object_or_404(Suggestion.objects.visible_to(request.user), pk=pk)
    form = suggestion_pages.answer_form(found, request.POST)
    act = lambda: workflow.answer_suggestion(found, by=request.user, at=clock.now(), **form.cleaned_data)  # noqa: E731
    if not or_say(form, act):
        page = suggestion_pages.listing(request.user, request.GET, bound={pk: form})
        return put_back(request, form, render(request, PAGE, page))
    messages.success(request, f"已答复{found.department}。")
    return redirect("suggestion_list")
