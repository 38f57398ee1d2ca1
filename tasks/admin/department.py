"""后台的账户与名单：还牵头举措的部室不能停用；解除登录锁定。"""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from departments.admin import AccountAdmin, DepartmentAdmin, LeaderAdmin
from departments.lockout import unlock
from departments.models import Department, Leader, User
from departments.resources import DepartmentResource
from yingshang import clock

from .. import workflow
from ..models import Assignment
from .recorded import Recorded, by_whom

# ── 部室 ──────────────────────────────────────────────────


def what_blocks_closing(department: Department) -> str:
    """部室还牵头哪几项，因而不能停用；没有的为空。各部室共担的不算：它跟着现行的部室走。"""
    held = Assignment.objects.in_force().filter(department=department, measure__all_departments=False)
    held = held.filter(measure__plan__is_current=True)
    numbers = "、".join(held.order_by("measure__position").values_list("measure__number", flat=True))
    return f"{department}还牵头第 {numbers} 项，不能停用。请先用方案修订换成别的部室。" if numbers else ""


class DepartmentForm(forms.ModelForm):
    def clean_is_active(self) -> bool:
        is_active = self.cleaned_data["is_active"]
        if self.instance.pk and not is_active and (said := what_blocks_closing(self.instance)):
            raise ValidationError(said)
        return is_active


class GuardedDepartmentResource(DepartmentResource):
    """用表格停用，与在后台逐个停用一样核对。"""

    def before_save_instance(self, instance: Department, row: Any, **kwargs: Any) -> None:
        super().before_save_instance(instance, row, **kwargs)
        if instance.pk and not instance.is_active and (said := what_blocks_closing(instance)):
            raise ValidationError({"在用": said})


@admin.register(Department)
class RecordedDepartmentAdmin(Recorded, DepartmentAdmin):
    form = DepartmentForm
    resource_classes = [GuardedDepartmentResource]


@admin.register(Leader)
class RecordedLeaderAdmin(Recorded, LeaderAdmin):
    pass


# ── 账户 ──────────────────────────────────────────────────


@admin.register(User)
class RecordedAccountAdmin(Recorded, AccountAdmin):
    actions = ("unlock_accounts",)  # type: ignore[assignment]  # KeepAdmin 写 None 是“没有批量操作”

    @admin.action(description="解除锁定", permissions=["change"])
    def unlock_accounts(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """连续输错密码被锁住的，立即可以再登录。"""
        names = [user.username for user in queryset if unlock(user.username, request)]
        for name in names:
            workflow.record("admin_unlock", "解除登录锁定", by_whom(request), clock.now(), note=name)
        said = f"已解除：{'、'.join(names)}。" if names else "选中的账户都没有被锁定。"
        messages.success(request, said)
