"""站点一级的页面：健康检查、跨站校验失败、大字开关。"""

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """探活：能查库就答 ok。"""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """浏览器自己来要的图标（后台各页、直接打开的文件没有写图标）。"""
    return HttpResponseRedirect(static("icon.svg"))


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """表单令牌不符（多为页面放得太久）：说明怎么办，不说成“没有权限”，也不丢给用户一页英文。"""
    return render(request, "400.html", status=403)


@login_not_required
@require_POST
def text_size(request: HttpRequest) -> HttpResponse:
    """切换大字，记在 cookie 里一年。"""
    back = request.POST.get("next", "/")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure())
    # 不用 redirect()：它会先把“abc”当网址名去反查，查不到就出错。
    response = HttpResponseRedirect(back if safe else "/")
    big = "" if request.COOKIES.get("big") == "1" else "1"
    response.set_cookie("big", big, max_age=31536000, samesite="Lax", secure=request.is_secure(), httponly=True)
    return response
