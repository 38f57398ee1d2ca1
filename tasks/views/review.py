"""审核：一屏一条，本期对上期，通过或退回，自动到下一条；通过错了可以撤销。"""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from departments.requests import SignedIn
from yingshang import clock, prepared

from .. import workflow
from ..forms import PageForm, ReasonForm
from ..models import Plan, Progress
from ..models.plan import standpoint
from ..models.visibility import eyes, viewer
from ..pages import circular as circular_pages
from ..pages import review as review_pages
from .guards import office_only
from .refusals import or_say, put_back


@office_only
@require_safe
def review_list(request: SignedIn) -> HttpResponse:
    """待审核清单；没有待审的显示空状态。"""
    page_obj, aside, more = review_pages.queue_page(PageForm(request.GET).number)
    context = {
        "page_obj": page_obj,
        "aside": aside,
        "more_aside": more,
        "approved": review_pages.just_approved(Plan.objects.current()),
    }
    return render(request, "tasks/review/list.html", context)


@office_only
@require_safe
def review_detail(request: SignedIn, pk: int) -> HttpResponse:
    """审一条：本期与上期并排。"""
    return _page(request, _find(request, pk), ReasonForm())


@office_only
@require_safe
def review_all(request: SignedIn) -> HttpResponse:
    """一页审完：各条与上次的并排，逐条通过、退回，没有标记的一并通过。"""
    return _all(request)


@office_only
@require_POST
def review_pass(request: SignedIn) -> HttpResponse:
    """没有标记的一并通过；这时有了标记的、刚改过的，留着并说明。"""
    done, left = review_pages.approve_plain(request.POST.getlist("item"), request.user, clock.now())
    for progress, why in left:
        about = f"第 {progress.assignment.measure.number} 项（{progress.assignment.department}）"
        messages.warning(request, f"{about}没有一并通过：{why}。")
    if not done and not left:
        messages.warning(request, "没有可以一并通过的：刚才可能已经审过。")
    request.session["undo"] = [progress.pk for progress in done]
    return redirect(_all_url(request))


@office_only
@require_POST
def review_undo(request: SignedIn) -> HttpResponse:
    """撤销刚刚通过的（点错了），两分钟以内。"""
    asked = [pk for pk in request.POST.getlist("undo") if pk.isdecimal() and len(pk) < 10]
    rows = Progress.objects.of_current_plan().visible_to(request.user).filter(pk__in=asked)
    rows = rows.select_related("assignment__measure__plan", "assignment__department", "period")
    done, left = review_pages.undo(rows, request.user, clock.now())
    if done:
        messages.success(request, f"已撤销通过{review_pages.numbers_of(done)}，回到待审核。")
    for why in left:
        messages.error(request, why)
    return redirect(_all_url(request))


@office_only
@require_POST
def progress_approve(request: SignedIn, pk: int) -> HttpResponse:
    """通过，到下一条。"""
    progress = workflow.approve_progress(_find(request, pk), by=request.user, at=clock.now())
    if "all" in request.POST:
        request.session["undo"] = [pk]
        return redirect(_all_url(request))
    return _next(request, progress, "已通过")


@office_only
@require_POST
def progress_return(request: SignedIn, pk: int) -> HttpResponse:
    """退回，必须写明意见；没写的原样放回。"""
    is_in_list = "all" in request.POST
    progress, form = _find(request, pk), ReasonForm(request.POST, prefix=f"r{pk}" if is_in_list else None)
    act = lambda: workflow.return_progress(progress, by=request.user, at=clock.now(), **form.cleaned_data)  # noqa: E731
    if not or_say(form, act):
        page = _all(request, {pk: form}) if is_in_list else _page(request, progress, form)
        return put_back(request, form, page)
    return _next(request, progress, "已退回")


@office_only
@require_POST
def progress_revoke(request: SignedIn, pk: int) -> HttpResponse:
    """撤销通过，必须写明理由；回到待审核。"""
    progress, form = _find(request, pk), ReasonForm(request.POST, prefix="revoke")
    act = lambda: workflow.revoke_progress(progress, by=request.user, at=clock.now(), **form.cleaned_data)  # noqa: E731
    if not or_say(form, act):
        return put_back(request, form, _page(request, progress, ReasonForm(), revoke_form=form))
    issued = circular_pages.issued_about(progress.period, progress.reviewed_at)
    messages.success(request, f"已撤销通过，这一条回到待审核。请重新通过，或写明意见退回。{issued}")
    return redirect("review_detail", pk)


def _find(request: SignedIn, pk: int) -> Progress:
    user, related = request.user, ("assignment__measure__plan", "assignment__department", "period")

    def build(pk: int, room: int) -> QuerySet[Progress]:
        rows = Progress.objects.of_current_plan().visible_to(viewer(user, room)).filter(pk=pk)
        return rows.select_related(*related, "submitted_by", "corrects")

    found = prepared.row(("one report", eyes(user), standpoint()), build, pk, user.serving_id or 0)
    if found is None:
        raise Http404
    return found


def _page(request: SignedIn, progress: Progress, form: ReasonForm, **bound: Any) -> HttpResponse:
    context = review_pages.review(progress, request.user, clock.today()) | {"form": form} | bound
    return render(request, "tasks/review/detail.html", context)


def _next(request: SignedIn, progress: Progress, said: str) -> HttpResponse:
    what = f"第 {progress.assignment.measure.number} 项（{progress.assignment.department}）"
    if "all" in request.POST:
        request.session["sent_back"] = what  # 一页长，说在底栏里
        return redirect(_all_url(request))
    messages.success(request, f"{what}{said}。")
    following = review_pages.first_waiting()
    return redirect("review_detail", following) if following else redirect("review_list")


def _all(request: SignedIn, bound: dict[int, ReasonForm] | None = None) -> HttpResponse:
    data = request.GET if bound is None else QueryDict(request.POST.get("all", ""))
    found = review_pages.review_all(
        request.user, clock.today(), data, undo=request.session.pop("undo", ()), bound=bound
    )
    context = {"review": found, "sent_back": request.session.pop("sent_back", "")}
    return render(request, "tasks/review/all.html", context)


def _all_url(request: SignedIn) -> str:
    """回到清单，筛选照旧，停在下一条。"""
    filters, following = request.POST.get("all", ""), request.POST.get("next", "")
    kept = QueryDict(filters)
    chosen = {name: kept.get(name, "") for name in ("period", "department") if kept.get(name, "").isdecimal()}
    where = f"#i{following}" if following.isdecimal() else ""
    return reverse("review_all", query=chosen) + where
