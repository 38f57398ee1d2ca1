"""通报、汇报、简报、请示：清单、起草、修改、重取数字、印发、更正、Word、Excel。"""

import datetime as dt
from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from departments.models import User
from departments.requests import SignedIn
from yingshang import clock

from .. import workflow
from ..forms import (
    CircularAddForm,
    CircularDiscardForm,
    CircularEditForm,
    CircularFiguresForm,
    CircularFilterForm,
    CircularIssueForm,
    PageForm,
    ReasonForm,
)
from ..models import Circular, Plan
from ..pages import circular as circular_pages
from ..pages.revision import disposition
from ..papers.circular import word, workbook
from ..papers.sheet import CONTENT_TYPE
from ..rules import permissions
from .guards import circulars_only
from .refusals import or_say, put_back

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@require_safe
def circular_list(request: SignedIn) -> HttpResponse:
    """已印发的；办公室另有草稿。"""
    return render(
        request, "tasks/circular/list.html", circular_pages.listing(request.user, CircularFilterForm(request.GET))
    )


@circulars_only
@require_http_methods(["GET", "POST"])
def circular_add(request: SignedIn) -> HttpResponse:
    """选种类与期，按数字起草；同一期已有草稿的打开那一份。"""
    plan = Plan.objects.current()
    form = CircularAddForm(request.POST if request.method == "POST" else None, plan=plan)
    act = lambda: circular_pages.start(plan, by=request.user, at=clock.now(), **form.cleaned_data)  # noqa: E731
    if request.method == "POST" and (made := or_say(form, act)):
        messages.success(request, "草稿已按数字写好，请逐节核对、修改。")
        return redirect("circular_edit", made.pk)
    return put_back(request, form, render(request, "tasks/circular/add.html", {"form": form, "plan": plan}))


@require_safe
def circular_detail(request: SignedIn, pk: int) -> HttpResponse:
    """一份公文：正文、附件；草稿的预览与印发。"""
    return circular_page(request, find_circular(request, pk))


@circulars_only
@require_http_methods(["GET", "POST"])
def circular_edit(request: SignedIn, pk: int) -> HttpResponse:
    """修改草稿；别人先改了的，把所写的连同提示放回。"""
    circular = find_circular(request, pk)
    if request.method == "GET":
        return _edit(request, circular) if circular.is_draft else redirect("circular_detail", pk)
    return _save(request, circular, _store, lambda form: "已保存。")


@circulars_only
@require_POST
def circular_refill(request: SignedIn, pk: int) -> HttpResponse:
    """重取数字：勾选的节重写，其余的、写了没有存过的保留。"""
    return _save(request, find_circular(request, pk), circular_pages.refill, circular_pages.refilled)


@circulars_only
@require_POST
def circular_issue(request: SignedIn, pk: int) -> HttpResponse:
    """印发：冻结数字、文字、文号与日期。"""
    circular = find_circular(request, pk)
    form = CircularIssueForm(request.POST, circular=circular)
    if not form.is_valid():
        return put_back(request, form, circular_page(request, circular, issue=form))
    done = workflow.issue_circular(
        circular,
        by=request.user,
        at=clock.now(),
        version=form.cleaned_data["version"],
        accept_stale=form.cleaned_data["accept_stale"],
        accept_changed=form.cleaned_data["accept_changed"],
    )
    messages.success(request, f"已印发，{done.document_number}。")
    return redirect("circular_detail", pk)


@circulars_only
@require_POST
def circular_correct(request: SignedIn, pk: int) -> HttpResponse:
    """更正已印发的：另起一份草稿。"""
    circular, form = find_circular(request, pk), ReasonForm(request.POST)
    act = lambda: circular_pages.correct(circular, by=request.user, at=clock.now(), **form.cleaned_data)  # noqa: E731
    if not (made := or_say(form, act)):
        return put_back(request, form, circular_page(request, circular, reason=form))
    messages.success(request, f"更正稿已建好。印发之前，{circular.short_number}仍然有效。")
    return redirect("circular_edit", made.pk)


@circulars_only
@require_POST
def circular_discard(request: SignedIn, pk: int) -> HttpResponse:
    """作废草稿：勾了才作废。"""
    circular, form = find_circular(request, pk), CircularDiscardForm(request.POST)
    act = lambda: workflow.discard_circular(  # noqa: E731
        circular, by=request.user, at=clock.now(), version=form.cleaned_data["version"]
    )
    if not or_say(form, act):
        return put_back(request, form, circular_page(request, circular, discard=form))
    messages.success(request, "草稿已作废，不占文号。")
    return redirect("circular_list")


@require_safe
def circular_figures(request: SignedIn, pk: int) -> HttpResponse:
    """数字一览：每个数从哪里来。"""
    context = circular_pages.traced(
        find_circular(request, pk, petitions=False), request.user, CircularFiguresForm(request.GET)
    )
    return render(request, "tasks/circular/figures.html", context)


@require_safe
def circular_word(request: SignedIn, pk: int) -> HttpResponse:
    """下载 Word。"""
    circular = find_circular(request, pk)
    return _download(word.build(circular), DOCX, circular_pages.filename(circular, "docx"))


@require_safe
def circular_table(request: SignedIn, pk: int) -> HttpResponse:
    """下载 Excel 附表。"""
    circular, can_trace = find_circular(request, pk, petitions=False), permissions.can_trace_figures(request.user)
    return _download(
        workbook.build(circular, can_trace=can_trace), CONTENT_TYPE, circular_pages.filename(circular, "xlsx")
    )


def find_circular(request: SignedIn, pk: int, *, petitions: bool | None = None) -> Circular:
    """看得到的一份；草稿只有办公室看得到，别人 404。`petitions` 为真时只找请示，为假时只找由数字写成的（请示没有数字、附表）。"""
    rows = Circular.objects.visible_to(request.user).select_related(
        "plan",
        "period",
        "first_period",
        "corrects",
        "issued_by",
        "created_by",
        "petition__measure",
        "petition__problem",
    )
    if petitions is not None:
        rows = rows.filter(kind=Circular.Kind.PETITION) if petitions else rows.counted()
    rows = rows.defer("corrects__sections", "corrects__figures")  # 别的几份只用文号、标题
    return get_object_or_404(rows.prefetch_related(Prefetch("corrections", Circular.objects.light())), pk=pk)


def circular_page(request: SignedIn, circular: Circular, **bound: Any) -> HttpResponse:
    """一份公文的一页；没写好的原样放回。"""
    context = circular_pages.detail(circular, request.user, clock.now(), PageForm(request.GET).number, **bound)
    return render(request, "tasks/circular/detail.html", context)


def _edit(request: SignedIn, circular: Circular, form: CircularEditForm | None = None) -> HttpResponse:
    return render(request, "tasks/circular/edit.html", circular_pages.edit(circular, clock.now(), form=form))


def _save(
    request: SignedIn, circular: Circular, act: Callable[..., Circular], said: Callable[[CircularEditForm], str]
) -> HttpResponse:
    """核对表单、做一个动作；没做成的原样放回。"""
    form = CircularEditForm(request.POST, circular=circular)
    if not or_say(form, lambda: act(circular, form, by=request.user, at=clock.now())):
        # 已经印发的没有可改的页面：给正文那一页，所写的由 put_back 抄出来。
        page = _edit(request, circular, form) if circular.is_draft else circular_page(request, circular)
        return put_back(request, form, page, data=cast(QueryDict, form.data))  # 原样交回来的几节，已换成别人刚存的
    messages.success(request, said(form))
    return redirect("circular_detail" if "preview" in request.POST else "circular_edit", circular.pk)


def _store(circular: Circular, form: CircularEditForm, *, by: User, at: dt.datetime) -> Circular:
    data = form.cleaned_data
    said = {"version": data["version"], "title": data["title"], "content": form.content}
    return workflow.save_circular(circular, by=by, at=at, **said)


def _download(content: bytes, content_type: str, filename: str) -> HttpResponse:
    return HttpResponse(content, content_type=content_type, headers={"Content-Disposition": disposition(filename)})
