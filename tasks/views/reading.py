"""已阅：领导在卡片上按一下。"""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from departments.requests import SignedIn
from yingshang import clock

from .. import workflow
from ..pages import desk as desk_pages
from .guards import leaders_only
from .measure import find_measure


@leaders_only
@require_POST
def reading_mark(request: SignedIn, number: str) -> HttpResponse:
    """记下看的是哪个样子；有了新情况，这一项再排到前面。"""
    measure = find_measure(request, number)
    workflow.mark_reading(measure, by=request.user, at=clock.now(), seen=request.POST.get("seen", ""))
    messages.success(request, f"第 {measure.number} 项已阅。有新的报送、回复，或灯变了，再请您看。")
    return redirect(desk_pages.address(request.POST.get("from", "")))
