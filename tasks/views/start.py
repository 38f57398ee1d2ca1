"""第一天：五步，做完自动打勾。"""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from departments.requests import SignedIn
from yingshang import clock

from ..pages import start as start_pages
from .guards import starting_only


@starting_only
@require_safe
def start(request: SignedIn) -> HttpResponse:
    """五步建好台账，各缺什么、下一步去哪里。"""
    return render(request, "tasks/start/start.html", start_pages.start_page(request.user, clock.today()))
