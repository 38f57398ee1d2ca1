"""日历订阅：部室建立、作废密链；日历软件凭密链取，不用登录。"""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from departments.models import Department
from departments.requests import SignedIn
from yingshang import clock

from .. import workflow
from ..models import CalendarLink, Plan
from ..pages import calendar as calendar_pages
from ..papers import calendar as calendar_papers


@login_not_required
@require_safe
def calendar_feed(request: SignedIn, token: str) -> HttpResponse:
    """一个部室的日历。密链不对或已作废的，一样是 404。"""
    link = calendar_pages.find(token)
    if link is None:
        raise Http404("没有这个日历。")
    found = calendar_papers.entries(Plan.objects.running(), link.department)
    text = calendar_papers.to_ics(link.department, found, clock.now(), request.build_absolute_uri("/"))
    response = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = 'inline; filename="calendar.ics"'
    return response


@require_POST
def calendar_create(request: SignedIn, slug: str) -> HttpResponse:
    """建立本部室的日历链接。"""
    department = get_object_or_404(Department, slug=slug)
    workflow.create_calendar(department, by=request.user, at=clock.now())
    messages.success(request, "日历链接已建立。知道这个链接的人都看得到日期，请不要外传。")
    return redirect("department_detail", slug)


@require_POST
def calendar_revoke(request: SignedIn, pk: int) -> HttpResponse:
    """作废：订阅了它的日历随即取不到。"""
    link = get_object_or_404(CalendarLink.objects.visible_to(request.user).select_related("department"), pk=pk)
    workflow.revoke_calendar(link, by=request.user, at=clock.now())
    messages.success(request, "日历链接已作废。")
    return redirect("department_detail", link.department.slug)
