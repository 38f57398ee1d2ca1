"""安全日志：查、导出、看自己的登录记录。"""

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from departments.requests import SignedIn
from yingshang import clock
from yingshang.replica import from_replica

from ..forms import AuditFilterForm, PageForm
from ..pages import audit as audit_pages
from .guards import audit_only


@audit_only
@require_safe
def audit_list(request: SignedIn) -> HttpResponse:
    """谁、何时、从哪里登录、改了什么账户、带走了什么。"""
    filters = AuditFilterForm(request.GET)
    return render(request, "tasks/audit/list.html", {"page": audit_pages.listing(filters), "filters": filters})


@audit_only
@require_safe
@from_replica
def audit_export(request: SignedIn) -> StreamingHttpResponse:
    """按筛选导出 csv。"""
    response = StreamingHttpResponse(audit_pages.to_csv(AuditFilterForm(request.GET)), content_type="text/csv")
    response.headers["Content-Disposition"] = content_disposition_header(True, f"安全日志_{clock.today():%Y%m%d}.csv")
    return response


@require_safe
def audit_mine(request: SignedIn) -> HttpResponse:
    """我的登录记录：我的账户上发生过的每一件。"""
    return render(request, "tasks/audit/mine.html", {"page": audit_pages.mine(request.user, PageForm(request.GET))})
