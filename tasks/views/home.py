"""首页：按角色转，填报人在这里填报。"""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from departments.requests import SignedIn
from yingshang import clock

from ..pages import home as home_pages
from ..pages import navigation
from ..rules import permissions


@require_safe
def home(request: SignedIn) -> HttpResponse:
    """首页按角色转：填报人就在这里填报。"""
    if not permissions.can_fill_in(request.user):
        return redirect(navigation.home_of(request.user))
    opened = request.GET.get("open", "")
    desk = home_pages.desk(
        request.user, clock.today(), opened=int(opened) if opened.isdecimal() and len(opened) < 10 else None
    )
    cleared = request.session.pop("cleared", "")
    return render(request, "tasks/home/home.html", {"desk": desk, "clear_kept": cleared})
