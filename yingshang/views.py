"""站点一级的页面：健康检查、跨站校验失败、大字开关。"""
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe


@login_not_required
@require_safe
def healthz(request):
    """探活：能查库就答 ok。"""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
def csrf_failure(request, reason=""):
    """表单令牌不符（多为页面放得太久）：说明怎么办，不丢给用户一页英文。"""
    return render(request, "403.html", {"is_csrf": True}, status=403)


@login_not_required
@require_POST
def text_size(request):
    """切换大字，记在 cookie 里一年。"""
    back = request.POST.get("next", "/")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure())
    response = redirect(back if safe else "/")
    big = "" if request.COOKIES.get("big") == "1" else "1"
    response.set_cookie("big", big, max_age=31536000, samesite="Lax", secure=request.is_secure(), httponly=True)
    return response
