"""站点一级的页面：健康检查、跨站校验失败、大字开关、后台的登录口。"""

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from departments.models import Role


@login_not_required
@require_safe
def healthz(request):
    """探活：能查库就答 ok。"""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
@require_safe
def favicon(request):
    """浏览器自己来要的图标（后台各页、直接打开的文件没有写图标）。"""
    return HttpResponseRedirect(static("icon.svg"))


@login_not_required
def csrf_failure(request, reason=""):
    """表单令牌不符（多为页面放得太久）：说明怎么办，不说成“没有权限”，也不丢给用户一页英文。"""
    return render(request, "400.html", status=403)


@login_not_required
@require_POST
def text_size(request):
    """切换大字，记在 cookie 里一年。"""
    back = request.POST.get("next", "/")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure())
    # 不用 redirect()：它会先把“abc”当网址名去反查，查不到就出错。
    response = HttpResponseRedirect(back if safe else "/")
    big = "" if request.COOKIES.get("big") == "1" else "1"
    response.set_cookie("big", big, max_age=31536000, samesite="Lax", secure=request.is_secure(), httponly=True)
    return response


def may_use_admin(request) -> bool:
    """后台只给管理员：角色改了，即使 is_staff 忘了去掉，也进不来。"""
    user = request.user
    return user.is_active and user.is_staff and user.role == Role.ADMIN


@login_not_required
def admin_login(request, extra_context=None):
    """后台不另设登录页，锁定与改密规则才不会有两套：没登录的去前台登录，登录了而不是管理员的拒绝。"""
    if not request.user.is_authenticated:
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))
    if not may_use_admin(request):
        raise PermissionDenied
    return HttpResponseRedirect(reverse("admin:index"))
