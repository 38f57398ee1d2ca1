"""审核：一屏一条，本期对上期，通过或退回，自动到下一条；通过错了可以撤销。"""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from departments.requests import SignedIn
from yingshang import clock

from .. import workflow
from ..forms import ReasonForm
from ..models import Plan, Progress
from ..pages import review as review_pages
from .guards import office_only
from .refusals import or_say, put_back


@office_only
@require_safe
def review_list(request: SignedIn) -> HttpResponse:
    """待审核清单；没有待审的显示空状态。"""
    context = {
        "queue": review_pages.review_queue(),
        "approved": review_pages.just_approved(Plan.objects.current()),
    }
    return render(request, "tasks/review/list.html", context)


@office_only
@require_safe
def review_detail(request: SignedIn, pk: int) -> HttpResponse:
    """审一条：本期与上期并排。"""
    return _page(request, _find(request, pk), ReasonForm())


@office_only
@require_POST
def progress_approve(request: SignedIn, pk: int) -> HttpResponse:
    """通过，到下一条。"""
    progress = workflow.approve_progress(_find(request, pk), by=request.user, at=clock.now())
    return _next(request, progress, "已通过")


@office_only
@require_POST
def progress_return(request: SignedIn, pk: int) -> HttpResponse:
    """退回，必须写明意见；没写的原样放回。"""
    progress, form = _find(request, pk), ReasonForm(request.POST)
    act = lambda: workflow.return_progress(progress, by=request.user, at=clock.now(), **form.cleaned_data)  # noqa: E731
    if not or_say(form, act):
        return put_back(request, form, _page(request, progress, form))
    return _next(request, progress, "已退回")


@office_only
@require_POST
def progress_revoke(request: SignedIn, pk: int) -> HttpResponse:
    """撤销通过，必须写明理由；回到待审核。"""
    progress, form = _find(request, pk), ReasonForm(request.POST, prefix="revoke")
    act = lambda: workflow.revoke_progress(progress, by=request.user, at=clock.now(), **form.cleaned_data)  # noqa: E731
    if not or_say(form, act):
        return put_back(request, form, _page(request, progress, ReasonForm(), revoke_form=form))
    messages.success(request, "已撤销通过，这一条回到待审核。请重新通过，或写明意见退回。")
    return redirect("review_detail", pk)


def _find(request: SignedIn, pk: int) -> Progress:
    rows = (
        Progress.objects.of_current_plan()
        .visible_to(request.user)
        .select_related("assignment__measure__plan", "assignment__department", "period", "submitted_by", "corrects")
    )
    return get_object_or_404(rows, pk=pk)


def _page(request: SignedIn, progress: Progress, form: ReasonForm, **bound: Any) -> HttpResponse:
    context = review_pages.review(progress, request.user, clock.today()) | {"form": form} | bound
    return render(request, "tasks/review/detail.html", context)


def _next(request: SignedIn, progress: Progress, said: str) -> HttpResponse:
    messages.success(request, f"第 {progress.assignment.measure.number} 项（{progress.assignment.department}）{said}。")
    following = review_pages.waiting_for_review().first()
    return redirect("review_detail", following.pk) if following else redirect("review_list")
