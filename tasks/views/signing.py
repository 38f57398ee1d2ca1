"""核稿、签发、发文稿纸、签发件扫描。"""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from departments.requests import SignedIn
from yingshang import clock

from .. import workflow
from ..forms import ScanForm, SigningForm
from ..pages import signing as signing_pages
from .circular import circular_page, find_circular
from .guards import circulars_only
from .refusals import or_say, put_back


@circulars_only
@require_safe
def signing_sheet(request: SignedIn, pk: int) -> HttpResponse:
    """发文稿纸：拟稿、核稿、签发，打印出来签。"""
    context = signing_pages.sheet(find_circular(request, pk), request.user, clock.today())
    return render(request, "tasks/signing/sheet.html", context)


@circulars_only
@require_POST
def signing_check(request: SignedIn, pk: int) -> HttpResponse:
    """核稿：记下自己核的是哪一稿。"""
    version = request.POST.get("version", "")
    seen = int(version) if version.isdecimal() and len(version) < 10 else -1
    workflow.check_circular(find_circular(request, pk), by=request.user, at=clock.now(), version=seen)
    messages.success(request, "已记下您核过这一稿。")
    return redirect("circular_detail", pk)


@circulars_only
@require_POST
def signing_sign(request: SignedIn, pk: int) -> HttpResponse:
    """照稿纸上签的录入签发。没写好的原样放回。"""
    found, form = find_circular(request, pk), SigningForm(request.POST)
    act = lambda: workflow.sign_circular(found, by=request.user, at=clock.now(), **form.cleaned_data)  # noqa: E731
    return _done(request, pk, form, act, "已记下签发。", signing=form)


@circulars_only
@require_POST
def signing_scan(request: SignedIn, pk: int) -> HttpResponse:
    """存签发件、盖章件的扫描。"""
    found, form = find_circular(request, pk), ScanForm(request.POST, request.FILES)
    act = lambda: workflow.scan_circular(  # noqa: E731
        found, by=request.user, at=clock.now(), uploads=form.cleaned_data["evidence"]
    )
    return _done(request, pk, form, act, "扫描件已随这一份存下。", scan=form)


def _done(request: SignedIn, pk: int, form: Any, act: Any, said: str, **bound: Any) -> HttpResponse:
    if not or_say(form, act):
        return put_back(request, form, circular_page(request, find_circular(request, pk), **bound))
    messages.success(request, said)
    return redirect("circular_detail", pk)
