"""对外宣传：办公室选、写、发布、撤下；管理员开关；不用登录的对外公开页。"""

import datetime as dt

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page, require_http_methods, require_POST, require_safe

from departments import organisation
from departments.requests import SignedIn
from yingshang import clock, stamp

from .. import workflow
from ..forms import PublicItemForm, PublicityFilterForm
from ..models import Plan, Progress, PublicItem
from ..models.plan import at_hand
from ..pages import publicity as publicity_pages
from .guards import public_switch_only, publishing_only
from .refusals import or_say, put_back


@login_not_required
@require_safe
@conditional_page
@cache_control(public=True, max_age=300)
def public(request: SignedIn) -> HttpResponse:
    """对外公开页：不用登录。没有打开的、没有这一页的是 404。模板不认识 request，谁看都一样，可以缓存。

    谁都能来，所以先问库的记号，同一个记号下一页只排一次：来多少次，也不过是一次查询加一次取。
    """
    today, state = clock.today(), organisation.stamped(request)
    part, number = publicity_pages.public_place(request.GET)
    html = stamp.once(f"public:{at_hand()}:{today}:{part}:{number}", state, lambda: _public_html(today, part, number))
    if not html:
        raise Http404("没有对外公开的内容。")
    return HttpResponse(html)


@login_not_required
@require_safe
@conditional_page
@cache_control(public=True, max_age=300)
def public_data(request: SignedIn) -> JsonResponse:
    """对外公开页上的数与文字，给程序读（JSON，只读）。没有打开的、没有这一页的是 404；没有变的答 304。"""
    today, state = clock.today(), organisation.stamped(request)
    part, number = publicity_pages.public_place(request.GET)
    read = lambda: publicity_pages.public_data(today, part, number)  # noqa: E731
    found = stamp.once(f"public-data:{at_hand()}:{today}:{part}:{number}", state, read)
    if found is None:
        raise Http404("没有对外公开的内容。")
    return JsonResponse(found, json_dumps_params={"ensure_ascii": False})


def _public_html(today: dt.date, part: str, number: int) -> str:
    plan = publicity_pages.public_plan()
    shown = publicity_pages.public_page(plan, today, part, number) if plan else None
    return render_to_string("tasks/publicity/public.html", shown) if shown else ""


@publishing_only
@require_safe
def publicity_list(request: SignedIn) -> HttpResponse:
    """已通过的报送，选出来对外宣传。"""
    plan = Plan.objects.current()
    filters = PublicityFilterForm(request.GET, plan=plan)
    context = {"listing": publicity_pages.listing(plan, request.user, clock.today(), filters), "filters": filters}
    return render(request, "tasks/publicity/list.html", context)


@publishing_only
@require_http_methods(["GET", "POST"])
def publicity_edit(request: SignedIn, pk: int) -> HttpResponse:
    """写对外的文字，发布或修改。"""
    progress, form = _find(request, pk), PublicItemForm(request.POST or None)
    act = lambda: publicity_pages.save(progress, by=request.user, at=clock.now(), **form.cleaned_data)  # noqa: E731
    if request.method == "POST" and (done := or_say(form, act)):
        messages.success(request, f"第 {progress.assignment.measure.number} 项{done[1]}。")
        return redirect("publicity_list")
    context = publicity_pages.edit(progress, request.user, form if form.is_bound else None)
    return put_back(request, form, render(request, "tasks/publicity/edit.html", context))


@publishing_only
@require_POST
def publicity_withdraw(request: SignedIn, pk: int) -> HttpResponse:
    """撤下。"""
    item = get_object_or_404(PublicItem.objects.visible_to(request.user), progress=_find(request, pk))
    workflow.withdraw_item(item, by=request.user, at=clock.now())
    messages.success(request, "已撤下，对外公开页上随即没有这一条。")
    return redirect("publicity_edit", pk)


@public_switch_only
@require_POST
def plan_public(request: SignedIn, pk: int) -> HttpResponse:
    """打开或关闭对外公开页。"""
    plan = get_object_or_404(Plan.objects.in_force(), pk=pk)
    wanted = request.POST.get("open") == "1"
    workflow.switch_public(plan, by=request.user, at=clock.now(), is_public=wanted)
    messages.success(request, "对外公开页已打开，不用登录即可看到。" if wanted else "对外公开页已关闭。")
    return redirect("plan")


def _find(request: SignedIn, pk: int) -> Progress:
    return get_object_or_404(publicity_pages.candidates(Plan.objects.current(), request.user), pk=pk)
