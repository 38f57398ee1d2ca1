"""后台：谁进得来，从哪里登录，在哪里改密码。由 apps.py 的 BackOfficeConfig 指定。"""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse

from yingshang import nightly

from . import organisation


class BackOffice(AdminSite):
    """后台与前台同一个登录口、同一个改密码页，锁定与改密规则才不会有两套。"""

    site_title = "督办台账后台"
    index_title = "基础资料维护"

    def has_permission(self, request: HttpRequest) -> bool:
        """后台只给管理员：角色改了，即使 is_staff 忘了去掉，也进不来。"""
        user = request.user
        return user.is_authenticated and user.is_active and user.is_staff and user.is_administrator

    @login_not_required
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseRedirect:
        """没登录的去前台登录；登录了而不是管理员的抛出 PermissionDenied。"""
        if not request.user.is_authenticated:
            return redirect_to_login(request.GET.get("next") or reverse("admin:index"))
        if not self.has_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(reverse("admin:index"))

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """后台各页的抬头：名称现取，改了就换。"""
        return super().each_context(request) | {"site_header": organisation.current().backoffice}

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """首页：基础资料，和每天的几件事最近做得怎样。"""
        return super().index(request, (extra_context or {}) | {"nightly": list(nightly.runs().values())})

    # 返回 Any：类型库以为这两页一定用模板。
    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """去前台改密码。"""
        return redirect("password_change")

    def password_change_done(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """前台的“密码已改”。"""
        return redirect("password_change_done")
