"""后台：谁进得来，从哪里登录，在哪里改密码。由 apps.py 的 BackOfficeConfig 指定。"""

from functools import cache
from typing import Any

from django.contrib import admin
from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse

from yingshang import nightly

from . import organisation
from .views import Logout


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

    # 返回 Any：类型库以为这几页一定用模板。
    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """与前台同一个退出：一样记进安全日志，一样叫浏览器清掉留着的各页。"""
        return Logout.as_view()(request)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """去前台改密码。"""
        return redirect("password_change")

    def password_change_done(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """前台的“密码已改”。"""
        return redirect("password_change_done")


# 手写的几种栏；有选项的是选的，不是写的。
TYPED = (models.CharField, models.TextField, models.DateField, models.IntegerField, models.DecimalField)


def typed(request: HttpRequest) -> list[tuple[str, str]]:
    """后台的一张表单里手写的：（叫什么，写了什么），行内的各行也在内。不是后台的、没有写什么的为空。"""
    match = request.resolver_match
    if match is None or match.namespace != "admin":
        return []
    labels = _labels().get((match.url_name or "").removesuffix("_add").removesuffix("_change"), {})
    found = [(labels.get(_field(name), ""), value) for name, values in request.POST.lists() for value in values]
    return [(label, value) for label, value in found if label and value.strip()]


def _field(name: str) -> str:
    """交上来的一栏是哪个字段：行内的是“aliases-0-name”，隐藏着的原值（initial-）不算。"""
    return "" if name.startswith("initial-") else name.rpartition("-")[2]


@cache
def _labels() -> dict[str, dict[str, str]]:
    """哪种对象的表单（departments_department）→ 各栏叫什么。"""
    return {f"{m._meta.app_label}_{m._meta.model_name}": _labels_of(made) for m, made in admin.site._registry.items()}


def _labels_of(made: ModelAdmin) -> dict[str, str]:
    inside = [(inline.model, f"{inline.model._meta.verbose_name}：") for inline in made.inlines]
    return {
        field.name: f"{prefix}{field.verbose_name}"
        for model, prefix in [*inside, (made.model, "")]
        for field in model._meta.fields
        if isinstance(field, TYPED) and not field.choices and "password" not in field.name
    }
