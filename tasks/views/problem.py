"""问题台账：清单、挂账、整改、申请销号、核验、调整、更正文字、提请研究、撤账、导出。"""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from departments.requests import SignedIn
from yingshang import clock
from yingshang.replica import from_replica

from .. import workflow
from ..forms import (
    ProblemAmendForm,
    ProblemFilterForm,
    ProblemNoteForm,
    ProblemSettleForm,
    ProblemWordsForm,
    ReasonForm,
)
from ..models import Plan, Problem
from ..pages import problem as problem_pages
from ..papers import problem as problem_papers
from ..papers.sheet import CONTENT_TYPE
from ..rules import permissions
from .guards import office_only
from .refusals import or_say, put_back


@require_safe
def problem_list(request: SignedIn) -> HttpResponse:
    """问题台账：逾期的在前；筛选都在网址里。"""
    context = problem_pages.listing(request.user, clock.today(), ProblemFilterForm(request.GET))
    return render(request, "tasks/problem/list.html", context)


@require_safe
@from_replica
def problem_export(request: SignedIn) -> HttpResponse:
    """按清单上的筛选导出 xlsx。"""
    sheet = problem_papers.ProblemSheet(request.user, clock.today(), ProblemFilterForm(request.GET))
    response = HttpResponse(sheet.to_xlsx(), content_type=CONTENT_TYPE)
    response.headers["Content-Disposition"] = content_disposition_header(True, sheet.filename)
    return response


@office_only
@require_http_methods(["GET", "POST"])
def problem_add(request: SignedIn) -> HttpResponse:
    """挂账：从报送、督查检查、举措转来的内容已填好；已列入过的转到那一件。"""
    found, plan = problem_pages.source(request.user, request.GET), Plan.objects.current()
    if listed := found.listed:
        messages.info(request, f"这条报送已经列入问题台账（问题{listed.number}号）。")
        return redirect("problem_detail", listed.pk)
    form = found.form(plan, clock.today(), request.POST or None)
    act = lambda: workflow.open_problem(plan, by=request.user, at=clock.now(), **form.cleaned_data, **found.where)  # noqa: E731
    if request.method == "POST" and (problem := or_say(form, act)):
        messages.success(
            request, f"已列入问题台账：问题{problem.number}号，由{problem.department}整改。", extra_tags=found.key
        )
        return redirect("problem_detail", problem.pk)
    context = {"form": form, "source": found}
    return put_back(request, form, render(request, "tasks/problem/add.html", context))


@require_safe
def problem_detail(request: SignedIn, pk: int) -> HttpResponse:
    """一件问题：责任、期限、整改过程、此刻能做的事。"""
    return _page(request, _find(request, pk))


@require_POST
def problem_note(request: SignedIn, pk: int) -> HttpResponse:
    """责任部室记一条整改情况。"""
    problem, form = _ours(request, pk), ProblemNoteForm(request.POST, request.FILES)
    if not or_say(form, lambda: workflow.note_problem(problem, by=request.user, at=clock.now(), **form.said)):
        return put_back(request, form, _page(request, problem, note_form=form))
    messages.success(request, "已记入整改过程。改到位后可以申请销号。", extra_tags=f"problem-{pk}")
    return redirect("problem_detail", pk)


@require_POST
def problem_apply(request: SignedIn, pk: int) -> HttpResponse:
    """责任部室申请销号，须写明整改结果。"""
    problem, form = _ours(request, pk), ProblemNoteForm(request.POST, request.FILES, is_final=True)
    if not or_say(form, lambda: workflow.apply_problem(problem, by=request.user, at=clock.now(), **form.said)):
        return put_back(request, form, _page(request, problem, note_form=form))
    messages.success(request, f"问题{problem.number}号已申请销号，等待办公室核验。", extra_tags=f"problem-{pk}")
    return redirect("problem_detail", pk)


@require_POST
def problem_withdraw(request: SignedIn, pk: int) -> HttpResponse:
    """撤回还没有核验的销号申请。"""
    problem = workflow.withdraw_problem(_ours(request, pk), by=request.user, at=clock.now())
    messages.success(request, f"问题{problem.number}号的销号申请已撤回，请接着整改。")
    return redirect("problem_detail", pk)


@office_only
@require_POST
def problem_settle(request: SignedIn, pk: int) -> HttpResponse:
    """核验属实，销号。"""
    problem, form = _find(request, pk), ProblemSettleForm(request.POST, prefix="settle")
    if not or_say(form, lambda: workflow.settle_problem(problem, by=request.user, at=clock.now(), **form.cleaned_data)):
        return put_back(request, form, _page(request, problem, settle_form=form))
    messages.success(request, f"问题{problem.number}号已销号。")
    return redirect("problem_detail", pk)


@office_only
@require_POST
def problem_return(request: SignedIn, pk: int) -> HttpResponse:
    """退回整改，须写意见。"""
    problem, form = _find(request, pk), ReasonForm(request.POST, prefix="return")
    if not or_say(form, lambda: workflow.return_problem(problem, by=request.user, at=clock.now(), **form.cleaned_data)):
        return put_back(request, form, _page(request, problem, return_form=form))
    messages.success(request, f"问题{problem.number}号已退回{problem.department}继续整改。")
    return redirect("problem_detail", pk)


@office_only
@require_POST
def problem_amend(request: SignedIn, pk: int) -> HttpResponse:
    """调整分类、分层、责任部室、期限，须写理由。"""
    problem, today = _find(request, pk), clock.today()
    form = ProblemAmendForm(request.POST, instance=_find(request, pk), today=today, prefix="amend")
    if not or_say(form, lambda: workflow.amend_problem(problem, by=request.user, at=clock.now(), **form.cleaned_data)):
        return put_back(request, form, _page(request, problem, amend_form=form))
    messages.success(request, f"问题{problem.number}号已调整，改前改后都记在办理过程里。")
    return redirect("problem_detail", pk)


@office_only
@require_POST
def problem_reword(request: SignedIn, pk: int) -> HttpResponse:
    """更正题目与具体情况，改前的文字留在办理过程里。"""
    problem = _find(request, pk)
    form = ProblemWordsForm(request.POST, instance=_find(request, pk), prefix="reword")
    if not or_say(form, lambda: workflow.reword_problem(problem, by=request.user, at=clock.now(), **form.cleaned_data)):
        return put_back(request, form, _page(request, problem, reword_form=form))
    messages.success(request, f"问题{problem.number}号的文字已更正，改前的留在办理过程里。")
    return redirect("problem_detail", pk)


@office_only
@require_POST
def problem_drop(request: SignedIn, pk: int) -> HttpResponse:
    """撤账，须写理由。"""
    problem, form = _find(request, pk), ReasonForm(request.POST, prefix="drop")
    if not or_say(form, lambda: workflow.drop_problem(problem, by=request.user, at=clock.now(), **form.cleaned_data)):
        return put_back(request, form, _page(request, problem, drop_form=form))
    messages.success(request, f"问题{problem.number}号已撤账，从此不再计数。在清单里选“已撤账”还看得到。")
    return redirect("problem_detail", pk)


@office_only
@require_POST
def problem_escalate(request: SignedIn, pk: int) -> HttpResponse:
    """提请领导小组研究，须写理由。"""
    problem, form = _find(request, pk), ReasonForm(request.POST, prefix="escalate")
    if not or_say(
        form, lambda: workflow.escalate_problem(problem, by=request.user, at=clock.now(), **form.cleaned_data)
    ):
        return put_back(request, form, _page(request, problem, escalate_form=form))
    messages.success(request, f"问题{problem.number}号已列入提请领导小组研究的清单。")
    return redirect("problem_detail", pk)


def _find(request: SignedIn, pk: int) -> Problem:
    """看得到的问题，连同页面要的关联。"""
    rows = Problem.objects.visible_to(request.user).select_related(
        "plan",
        "department",
        "measure",
        "inspection",
        "progress__period",
        "assignment__department",
        "created_by",
        "settled_by",
        "dropped_by",
    )
    return get_object_or_404(rows, pk=pk)


def _ours(request: SignedIn, pk: int) -> Problem:
    """本部室负责整改的；看得到而不由本部室整改的 403。"""
    problem = _find(request, pk)
    if not permissions.can_rectify(request.user, problem):
        raise PermissionDenied
    return problem


def _page(request: SignedIn, problem: Problem, **bound: Any) -> HttpResponse:
    context = problem_pages.detail(problem, request.user, clock.today(), **bound)
    return render(request, "tasks/problem/detail.html", context)
