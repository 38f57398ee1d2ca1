"""使用说明。"""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from departments.requests import SignedIn

from ..models import Plan


@require_safe
def help(request: SignedIn) -> HttpResponse:
    """使用说明与红黄绿灯规则（阈值取自现行方案的设置）。"""
    return render(request, "tasks/help/help.html", {"plan": Plan.objects.current() or Plan()})


@require_safe
def help_relief(request: SignedIn) -> HttpResponse:
    """减负：不要求什么，为什么。"""
    return render(request, "tasks/help/relief.html")
