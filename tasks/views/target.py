"""核定目标：看、改、确认，一页办完。"""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from departments.requests import SignedIn
from yingshang import clock

from ..forms import TargetFilterForm
from ..pages import target as target_pages
from .guards import office_only
from .refusals import keep


@office_only
@require_http_methods(["GET", "POST"])
def target_list(request: SignedIn) -> HttpResponse:
    """各项的类型与量化目标，核定交上来的各项；没有办成的原样放回。"""
    chosen = TargetFilterForm(request.GET).chosen
    if request.method == "GET":
        return render(request, "tasks/target/list.html", target_pages.target_page(chosen))
    sent = target_pages.settle(request.POST, by=request.user, at=clock.now())
    if sent.done:
        messages.success(request, f"{sent.done} 项的类型与目标已核定，灯已按新的判。")
        return redirect("target_list")
    page = render(request, "tasks/target/list.html", target_pages.target_page(chosen, sent))
    page.status_code = 422
    return keep(request, page, [said for _, said in sent.mistakes])
