"""后台的登录口：谁进得来，从哪里登录。"""

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.urls import reverse


def may_use_admin(request) -> bool:
    """后台只给管理员：角色改了，即使 is_staff 忘了去掉，也进不来。"""
    user = request.user
    return user.is_active and user.is_staff and user.is_administrator


@login_not_required
def admin_login(request, extra_context=None):
    """后台不另设登录页，锁定与改密规则才不会有两套：没登录的去前台登录，登录了而不是管理员的拒绝。"""
    if not request.user.is_authenticated:
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))
    if not may_use_admin(request):
        raise PermissionDenied
    return HttpResponseRedirect(reverse("admin:index"))
