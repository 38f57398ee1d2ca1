"""请示：起草，记下领导小组的决定，更正决定。"""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from departments.requests import SignedIn
from yingshang import clock

from .. import workflow
from ..forms import DecisionAmendForm, DecisionForm
from ..models import Plan
from ..pages import petition as petition_pages
from .circular import circular_page, find_circular
from .guards import circulars_only
from .refusals import or_say, put_back


@circulars_only
@require_http_methods(["GET", "POST"])
def petition_add(request: SignedIn) -> HttpResponse:
    """起草一份请示；同一件事已有草稿的打开那一份。"""
    plan = Plan.objects.current()
    data = request.POST if request.method == "POST" else None
    form = petition_pages.add_form(request.user, plan, request.GET, data)
    at, today = clock.now(), clock.today()
    act = lambda: petition_pages.start(plan, by=request.user, today=today, at=at, **form.cleaned_data)  # noqa: E731
    if request.method == "POST" and (made := or_say(form, act)):
        messages.success(request, "草稿已写好，请核对情况，写明请示什么。")
        return redirect("circular_edit", made.pk)
    return put_back(request, form, render(request, "tasks/petition/add.html", {"form": form, "plan": plan}))


@circulars_only
@require_POST
def petition_decide(request: SignedIn, pk: int) -> HttpResponse:
    """记下领导小组的决定。没写好的原样放回。"""
    form = DecisionForm(request.POST)
    return _said(request, pk, form, workflow.decide_petition, "决定已记下。", decide=form)


@circulars_only
@require_POST
def petition_amend(request: SignedIn, pk: int) -> HttpResponse:
    """更正记错了的决定：原来的一条留着。"""
    form = DecisionAmendForm(request.POST)
    return _said(request, pk, form, workflow.amend_decision, "决定已更正，原来的一条与理由都留着。", amend=form)


def _said(request: SignedIn, pk: int, form: DecisionForm, verb: Any, said: str, **bound: Any) -> HttpResponse:
    circular = find_circular(request, pk, petitions=True)
    act = lambda: verb(circular.petition, by=request.user, at=clock.now(), **form.cleaned_data)  # noqa: E731
    if not or_say(form, act):
        return put_back(request, form, circular_page(request, circular, **bound))
    messages.success(request, said)
    return redirect("circular_detail", pk)
