"""领导页与部室页。"""

from typing import cast

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from departments import organisation
from departments.models import Department, Leader
from departments.requests import SignedIn
from yingshang import clock

from ..forms import DeskForm
from ..models import Plan
from ..pages import calendar as calendar_pages
from ..pages import desk as desk_pages
from ..pages import instruction as instruction_pages
from ..rules import permissions
from .board import opened_period
from .guards import leaders_only


@require_safe
@leaders_only
def lead(request: SignedIn) -> HttpResponse:
    """我牵头的，或全区的：红黄在前，写明为什么。看哪些、点开了哪一项的批示，只记在网址里。"""
    form = DeskForm(request.GET)
    chosen = {"is_whole": form.is_whole, "opened_number": form.chosen.get("open", "")}
    # 领导账户必对应一位领导，库里有约束。
    leader, said = cast(Leader, request.user.leader), instruction_pages.for_leader(request.user, is_whole=form.is_whole)
    desk = desk_pages.leader_desk(leader, clock.today(), getattr(request, "stamp", ""), said, **chosen)
    return render(request, "tasks/desk/lead.html", {"desk": desk, "instructions": said})


@require_safe
def department_detail(request: SignedIn, slug: str) -> HttpResponse:
    """一个部室的总体情况。"""
    department = _seen(request, slug)
    context = desk_pages.department_page(department, clock.today(), getattr(request, "stamp", "")) | {
        "calendar": calendar_pages.card(department, request.user, request.build_absolute_uri("/")),
        "can_see_items": permissions.can_see_board(request.user),
    }
    return render(request, "tasks/desk/department_detail.html", context)


@require_safe
def department_period(request: SignedIn, slug: str, period: str) -> HttpResponse:
    """一个部室在某一期报了什么。"""
    plan = Plan.objects.current()
    context = desk_pages.period_page(_seen(request, slug), opened_period(plan, period), request.user, clock.today())
    return render(request, "tasks/desk/department_period.html", context)


def _seen(request: SignedIn, slug: str) -> Department:
    """看得了的这个部室。"""
    department = get_object_or_404(Department, slug=slug)
    if not permissions.can_see_department(request.user, department):
        raise PermissionDenied
    return department


@require_safe
def my_department(request: SignedIn) -> HttpResponse:
    """转到本部室的页面。"""
    if request.user.serving is None:
        raise Http404(organisation.worded("这个账户不属于任何部室。"))
    return redirect("department_detail", request.user.serving.slug)
