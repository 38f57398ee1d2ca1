"""站点一级的页面：健康检查、跨站校验失败、出错、大字开关。"""

import sys

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import DisallowedHost
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template import loader
from django.templatetags.static import static
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from . import health, logs, trouble
from . import metrics as figures


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """探活：都好答 ok；有毛病答 503，一行一样。"""
    found = health.problems()
    said = "\n".join(f"{name}: {why}" for name, why in found.items()) or "ok"
    return HttpResponse(said, content_type="text/plain; charset=utf-8", status=503 if found else 200)


@login_not_required
def metrics(request: HttpRequest) -> HttpResponse:
    """给监控程序的数；没有打开的、不该来问的，没有这个网址。"""
    if not figures.may_read(request):
        raise Http404
    return HttpResponse(figures.text(), content_type=figures.CONTENT_TYPE)


@login_not_required
@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """浏览器自己来要的图标（后台各页、直接打开的文件没有写图标）。"""
    return HttpResponseRedirect(static("icon.svg"))


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """表单令牌不符（多为页面放得太久）：说明怎么办，不说成“没有权限”，也不丢给用户一页英文。"""
    return render(request, "400.html", status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """请求有误的一页；网址不是登记的那个（ALLOWED_HOSTS）的，说是网址不对，不说成“没有被接受的提交”。"""
    is_elsewhere = isinstance(exception, DisallowedHost)
    return HttpResponse(loader.render_to_string("400.html", {"is_elsewhere": is_elsewhere}), status=400)


def server_error(request: HttpRequest) -> HttpResponse:
    """出了错的一页：说得出原因的说原因（503），说不出的请他报编号（500）。不查库；静态文件没有收好也出得来。"""
    why = trouble.said(sys.exc_info()[1])
    context = {"number": logs.REQUEST.get(), "why": why}
    try:
        page = loader.render_to_string("500.html", context)
    except ValueError:  # 静态文件的清单里没有
        page = loader.render_to_string("500_bare.html", context)
    return HttpResponse(page, status=503 if why else 500)


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
