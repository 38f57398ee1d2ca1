"""关注：记下、去掉，我关注的一页。"""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from departments.requests import SignedIn
from yingshang import clock

from .. import workflow
from ..pages import following as following_pages
from .measure import find_measure


@require_safe
def following_list(request: SignedIn) -> HttpResponse:
    """我关注的各项：灯、报送、最近七天的变化。"""
    context = following_pages.listing(request.user, clock.today())
    return render(request, "tasks/following/list.html", context)


@require_POST
def following_set(request: SignedIn, number: str) -> HttpResponse:
    """关注，或不再关注这一项。"""
    measure, is_on = find_measure(request, number), request.POST.get("on") == "1"
    workflow.set_following(measure, by=request.user, at=clock.now(), is_on=is_on)
    said = "已关注，有变化的写在首页上。" if is_on else "不再关注。"
    messages.success(request, f"第 {measure.number} 项{said}")
    return redirect(measure.url)
