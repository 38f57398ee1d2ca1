"""每周一页：看、打印，要不要发到邮箱。"""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from departments.requests import SignedIn
from yingshang import clock

from .. import workflow
from ..pages import digest as digest_pages
from .guards import digest_only


@digest_only
@require_safe
def digest(request: SignedIn) -> HttpResponse:
    """截至今天的七天，一张 A4。"""
    return render(request, "tasks/digest/week.html", digest_pages.page(request.user, clock.today()))


@digest_only
@require_POST
def digest_wish(request: SignedIn) -> HttpResponse:
    """要，或不要每周五发到自己的邮箱。"""
    wanted = request.POST.get("wanted") == "1"
    workflow.wish_digest(by=request.user, at=clock.now(), is_wanted=wanted)
    messages.success(request, f"每周五发到 {request.user.email}。" if wanted else "不再发到邮箱，随时可以再打开。")
    return redirect("digest")
