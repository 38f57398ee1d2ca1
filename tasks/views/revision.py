"""方案修订：上传 → 核对差异 → 确认生效 → 撤销；历次版本、比较、签收。"""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from departments.requests import SignedIn
from yingshang import clock

from .. import workflow
from ..forms import PageForm, PlanUploadForm, RevisionConfirmForm, RevisionFilterForm
from ..imports import applying, drafts
from ..models import Plan, PlanRevision
from ..pages import revision as revision_pages
from ..pages import term as term_pages
from .guards import import_only
from .refusals import keep, or_say, put_back


@import_only
@require_http_methods(["GET", "POST"])
def revision_upload(request: SignedIn) -> HttpResponse:
    """第一步：下载现行台账作模板，改好后上传。文件有错时逐条列出，什么也不写。"""
    plan = Plan.objects.current()
    form = PlanUploadForm(request.POST or None, request.FILES or None, has_plan=plan is not None)
    if request.method == "GET":
        context = {"form": form, "plan": plan, "drafts": revision_pages.drafts()}
        return render(request, "tasks/revision/upload.html", context)
    term_pages.learn(request.POST, by=request.user, at=clock.now())
    return _after(request, form, plan, revision_pages.upload(form, plan, by=request.user, at=clock.now()))


@import_only
@require_safe
def revision_preview(request: SignedIn, pk: int) -> HttpResponse:
    """第二步：核对差异。已经生效的，看那一版。"""
    found = _find(pk)
    return redirect("revision_detail", pk) if found.number else _preview(request, found)


@import_only
@require_POST
def revision_apply(request: SignedIn, pk: int) -> HttpResponse:
    """第三步：确认生效。没勾的原样放回。"""
    draft = _find(pk)
    form = RevisionConfirmForm(request.POST, **revision_pages.to_confirm(draft))
    act = lambda: applying.apply_revision(draft, by=request.user, at=clock.now(), **form.agreed)  # noqa: E731
    if not (done := or_say(form, act)):
        return put_back(request, form, _preview(request, draft, form))
    messages.success(request, revision_pages.applied_words(done))
    return redirect("revision_detail", done.pk) if done.base else redirect("plan_detail", done.plan_id)


@import_only
@require_http_methods(["GET", "POST"])
def revision_columns(request: SignedIn, pk: int) -> HttpResponse:
    """认列：各列认作什么，改了记住，用同一份文件再读一遍。"""
    draft = _find(pk)
    if request.method == "GET":
        return render(request, "tasks/revision/columns.html", term_pages.columns_page(draft))
    if not term_pages.learn(request.POST, by=request.user, at=clock.now()):
        messages.info(request, "各列认的没有改动，还是原来的样子。")
        return redirect("revision_preview", pk)
    outcome = revision_pages.read_again(draft, by=request.user, at=clock.now())
    return _after(request, PlanUploadForm(has_plan=bool(draft.base)), draft.plan, outcome)


@import_only
@require_POST
def revision_discard(request: SignedIn, pk: int) -> HttpResponse:
    """放弃这份草稿。"""
    applying.discard_revision(_find(pk), by=request.user, at=clock.now())
    messages.success(request, "已放弃这次导入，方案没有变化。")
    return redirect("plan")


@import_only
@require_POST
def revision_again(request: SignedIn, pk: int) -> HttpResponse:
    """基准过时了：用同一份文件与现行版本重新比较。"""
    old = _find(pk)
    outcome = revision_pages.compare_again(old, by=request.user, at=clock.now())
    return _after(request, PlanUploadForm(has_plan=True), old.plan, outcome)


@require_safe
def revision_detail(request: SignedIn, pk: int) -> HttpResponse:
    """一版：谁、何时、文件、改了什么，谁签收了；可与任何一版比较。"""
    revision = get_object_or_404(PlanRevision.objects.applied().select_related("plan"), pk=pk)
    context = revision_pages.page(revision, request.user, clock.now(), RevisionFilterForm(request.GET))
    return render(request, "tasks/revision/detail.html", context)


@import_only
@require_safe
def revision_file(request: SignedIn, pk: int) -> HttpResponse:
    """下载上传时的原文件。"""
    found = _find(pk)
    if not found.content:
        raise Http404("撤销生成的一版没有上传的文件。")
    response = HttpResponse(bytes(found.content), content_type="application/octet-stream")
    response.headers["Content-Disposition"] = revision_pages.disposition(found.filename)
    return response


@import_only
@require_http_methods(["GET", "POST"])
def revision_revert(request: SignedIn, pk: int) -> HttpResponse:
    """撤销最新一版（生成新的一版）：先看清什么回来、什么退出、其间报过几条，再确认。"""
    revision = _find(pk)
    if request.method == "GET":
        context = revision_pages.undo_page(revision, request.user, clock.now(), PageForm(request.GET).number)
        return render(request, "tasks/revision/revert.html", context)
    made = applying.revert_revision(revision, by=request.user, at=clock.now())
    messages.success(request, revision_pages.reverted_words(made, revision.base))
    return redirect("revision_detail", made.pk)


@import_only
@require_POST
def revision_restore(request: SignedIn, pk: int) -> HttpResponse:
    """把更早的一版作为草稿，去核对差异；确认了才生效。"""
    draft = drafts.draft_restore(_find(pk), by=request.user, at=clock.now())
    return redirect("revision_preview", draft.pk)


@import_only
@require_POST
def revision_as_new(request: SignedIn, pk: int) -> HttpResponse:
    """这份文件其实是另一份方案：改为用它建立新方案。"""
    old = _find(pk)
    outcome = revision_pages.as_new_plan(old, by=request.user, at=clock.now())
    return _after(request, PlanUploadForm(has_plan=True), old.plan, outcome)


@require_POST
def revision_sign(request: SignedIn, pk: int) -> HttpResponse:
    """签收：部室收到这一版。"""
    revision = get_object_or_404(PlanRevision.objects.applied(), pk=pk)
    workflow.sign_receipt(revision, by=request.user, at=clock.now())
    messages.success(request, f"{request.user.serving}已签收方案{revision}。")
    return redirect(request.POST.get("from") == "home" and "home" or "plan")


def _find(pk: int) -> PlanRevision:
    """一版；原文件、全部举措与基准的几样很大，用到才读。"""
    heavy = ("content", "rows", *(f"base__{name}" for name in revision_pages.HEAVY))
    return get_object_or_404(PlanRevision.objects.select_related("plan", "base").defer(*heavy), pk=pk)


def _after(
    request: SignedIn, form: PlanUploadForm, plan: Plan | None, outcome: revision_pages.UploadOutcome
) -> HttpResponse:
    """比出了差异就去核对；否则留在上传页，说清为什么。"""
    if outcome.draft:
        return redirect("revision_preview", outcome.draft.pk)
    context = {"form": form, "plan": plan, "outcome": outcome, "drafts": revision_pages.drafts()}
    page = render(request, "tasks/revision/upload.html", context, status=outcome.status)
    return keep(request, page, [])


def _preview(request: SignedIn, draft: PlanRevision, form: RevisionConfirmForm | None = None) -> HttpResponse:
    page = PageForm(request.GET).number
    context = revision_pages.preview(draft, request.user, clock.now(), page) | {"form": form}
    return render(request, "tasks/revision/preview.html", context)
