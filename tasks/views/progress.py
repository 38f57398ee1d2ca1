"""填报：报送、撤回、更正。"""

from typing import cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from departments.requests import SignedIn
from yingshang import clock, prepared

from .. import workflow
from ..forms import ProgressForm
from ..models import Progress
from ..models.plan import standpoint
from ..models.visibility import eyes, viewer
from ..pages import home as home_pages
from ..pages import progress as progress_pages
from ..pages import refusals as refusals_pages
from ..rules import permissions
from .refusals import put_back


@require_http_methods(["GET", "POST"])
def progress_report(request: SignedIn, pk: int) -> HttpResponse:
    """填一条报送：报送、本期无变化、存草稿。没交成的原样放回页面。"""
    progress = own_progress(request, pk)
    if request.method == "GET":
        return redirect(f"{reverse('home')}?open={pk}#p{pk}")
    filled = progress_pages.fill(progress, request.POST, request.FILES, by=request.user, at=clock.now())
    if filled.form is None:
        messages.success(request, filled.message)
        request.session["cleared"] = f"p{pk}"
        return redirect(filled.next_url)
    return put_back(request, filled.form, _with_form(request, progress, filled), filled.status)


def _describe_kept(request: SignedIn, fields: dict[str, list[str]], pk: int) -> dict:
    """登录过期后取回：写明是哪一项，各样叫什么；点一下存为草稿，再接着填。"""
    try:
        progress = own_progress(request, pk)
    except (Http404, PermissionDenied):
        return {}  # 换了部室、改派了：只给他自己写的话
    hidden = [*refusals_pages.kept_inputs(fields), ("do", "draft")]
    words = refusals_pages.kept_parts(progress, fields)
    return {"progress": progress, "words": words, "hidden": hidden}


progress_report.describe_kept = _describe_kept  # type: ignore[attr-defined]  # 由 departments.views 看


@require_POST
def progress_withdraw(request: SignedIn, pk: int) -> HttpResponse:
    """撤回未审核的报送。"""
    progress = workflow.withdraw_progress(own_progress(request, pk), by=request.user, at=clock.now())
    said = "的更正已撤回，原来通过的仍然有效。" if progress.corrects_id else "已撤回，改好后请重新报送。"
    data = request.POST.copy()
    if f"p{pk}-version" in data:  # 在“撤回那一份”旁边写着自己的：那一份看过了，接着它往下写
        data[f"p{pk}-version"] = str(progress.version)
    return carry_on(request, pk, f"第 {progress.assignment.measure.number} 项{said}", data)


@require_POST
def progress_correct(request: SignedIn, pk: int) -> HttpResponse:
    """更正已通过的报送。"""
    progress = workflow.correct_progress(own_progress(request, pk), by=request.user, at=clock.now())
    messages.success(request, "已建好更正稿。通过之前，原来那条仍然有效。")
    return redirect(f"{reverse('home')}?open={progress.pk}#p{progress.pk}")


@require_POST
def correction_discard(request: SignedIn, pk: int) -> HttpResponse:
    """放弃更正稿，原来那条照旧有效。"""
    progress = workflow.discard_correction(own_progress(request, pk), by=request.user, at=clock.now())
    messages.success(request, f"第 {progress.assignment.measure.number} 项的更正稿已放弃，原来通过的那条照旧有效。")
    request.session["cleared"] = f"p{pk}"
    return redirect("home")


def carry_on(request: SignedIn, pk: int, done: str, data: QueryDict | None = None) -> HttpResponse:
    """办了旁边的一件事：表单里写了一半的，连同所办的放回页面；没有写什么的，回到首页说明。"""
    progress, posted = own_progress(request, pk), request.POST if data is None else data
    form = progress_pages.carry_on(progress, posted, request.FILES, done, by=request.user, at=clock.now())
    if form is None:
        messages.success(request, done)
        return redirect(f"{reverse('home')}?open={pk}#p{pk}")
    # 再取一次：表单核对时把所写的填进了它的那一条，拿来对照的要是库里存着的。
    stored = None if data is None else own_progress(request, pk)
    return _with_form(request, progress, progress_pages.Filled(form, conflict=stored))


def _with_form(request: SignedIn, progress: Progress, filled: progress_pages.Filled) -> HttpResponse:
    """首页，那一项的表单照交上来的样子。"""
    desk = home_pages.desk(request.user, clock.today(), bound={progress.pk: cast(ProgressForm, filled.form)})
    progress_pages.put_back(desk, progress, filled)
    context = {"desk": desk, "conflict": filled.conflict, "conflict_words": filled.conflict_words}
    return render(request, "tasks/home/home.html", context)


def own_progress(request: SignedIn, pk: int) -> Progress:
    """现行方案里本部室的报送；别的部室的一律 404，不是填报人的 403。"""
    user = request.user

    def build(pk: int, room: int) -> QuerySet[Progress]:
        rows = Progress.objects.of_current_plan().visible_to(viewer(user, room)).filter(pk=pk)
        rows = rows.filter(assignment__department=room) if permissions.can_fill_in(user) else rows
        return rows.select_related("assignment__measure__plan", "assignment__department", "period")

    found = prepared.row(("own report", eyes(user), standpoint()), build, pk, user.serving_id or 0)
    if found is None:
        raise Http404
    if not permissions.can_report(user, found.assignment):
        raise PermissionDenied
    return found
