"""名单：第一天从一张表建起部室、领导、账户；打印首次密码条。"""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from departments import roster, trail
from departments.admin import trace_account
from departments.requests import SignedIn
from yingshang import clock
from yingshang.tables.lists import TextXLSX

from .. import workflow
from ..forms import RosterForm, RosterUploadForm
from ..pages import roster as roster_pages
from .guards import settings_only
from .refusals import or_say, put_back


@settings_only
@require_http_methods(["GET", "POST"])
def roster_upload(request: SignedIn) -> HttpResponse:
    """上传一张表，看过提议的代号与登录名，改好了再建。"""
    if "rows" in request.POST:
        return _build(request)
    form = RosterUploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid() and (sheet := roster_pages.read(form)):
        return render(request, "tasks/roster/preview.html", roster_pages.preview(RosterForm(entries=sheet.entries)))
    return put_back(request, form, render(request, "tasks/roster/upload.html", {"form": form}))


def _build(request: SignedIn) -> HttpResponse:
    form = RosterForm(request.POST)
    entries = lambda: [row.changed for row in form.entries]  # noqa: E731
    made = or_say(form, lambda: workflow.build_roster(entries(), by=request.user, at=clock.now()))
    if made is None:
        return put_back(request, form, render(request, "tasks/roster/preview.html", roster_pages.preview(form)))
    trail.trace("list_imported", request, what=f"名单：{made.said}", data={"rows": roster_pages.lines(made)})
    for user in made.users:
        trace_account(request, None, user)
    messages.success(request, f"已建好：{made.said}。密码条在第 2 步里打印。")
    return redirect("start")


@settings_only
@require_safe
def roster_sheet(request: SignedIn) -> HttpResponse:
    """空表。"""
    response = HttpResponse(TextXLSX().export_data(roster_pages.blank()), content_type=TextXLSX().get_content_type())
    response.headers["Content-Disposition"] = content_disposition_header(True, "部门领导账号.xlsx")
    return response


@settings_only
@require_POST
def roster_slips(request: SignedIn) -> HttpResponse:
    """给还没有登录过的账户各发一个首次密码，只在这一页上看得到。"""
    given = workflow.hand_out_passwords(list(roster.new_users()), by=request.user, at=clock.now())
    for user, _ in given:
        trail.trace("password_reset", request, target=user, what=user.username)
    context = roster_pages.slips(given, request.get_host())
    return render(request, "tasks/roster/slips.html", context)
