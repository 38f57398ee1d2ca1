"""后台的账户与名单：还牵头举措的部室不能停用；解除登录锁定、动态验证码。"""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from departments import organisation, second_factor, trail
from departments.admin import AccountAdmin, ActingAdmin, DepartmentAdmin, LeaderAdmin, SeenForm, hold
from departments.lockout import unlock
from departments.models import Acting, Department, Leader, User
from departments.resources import DepartmentResource
from yingshang import clock

from .. import workflow
from ..models import (
    Assignment,
    CompletionRequest,
    Cooperation,
    CoordinationRequest,
    Extension,
    Instruction,
    Measure,
    Plan,
    Problem,
    Progress,
)
from .recorded import Recorded, by_whom

# ── 部室 ──────────────────────────────────────────────────


def what_blocks_closing(department: Department) -> str:
    """部室还有哪些事没有了结，因而不能停用；没有的为空。各部室共担的牵头不算：它跟着现行的部室走。"""
    held = Assignment.objects.in_force().filter(department=department, measure__all_departments=False)
    held = held.filter(measure__plan__in=Plan.objects.in_force())
    numbers = "、".join(held.order_by("measure__position").values_list("measure__number", flat=True))
    if numbers:
        return f"{department}还牵头第 {numbers} 项，不能停用。请先用方案修订换成别的{organisation.unit()}。"
    left = "、".join(
        f"{label} {n} 件" for label, n in ((label, rows.count()) for label, rows in _open(department)) if n
    )
    return f"{department}还有没办完的：{left}，不能停用。请先办完，或改由别的{organisation.unit()}办。" if left else ""


def _open(department: Department) -> Iterator[tuple[str, QuerySet[Any]]]:
    """没有办完的几种：叫什么，哪几件。"""
    mine = {"assignment__department": department}
    yield "没有销号的问题", Problem.objects.unsettled().filter(department=department)
    yield "待审核的报送", Progress.objects.to_review().filter(**mine, superseded_at=None)
    yield "待批的延期", Extension.objects.waiting().filter(**mine)
    yield "待核实的办结申请", CompletionRequest.objects.waiting().filter(**mine)
    yield "没有回复的批示", Instruction.objects.awaiting(department)
    yield "没有答复的协调", CoordinationRequest.objects.filter(to_department=department).unanswered()
    yield "没有报的配合情况", Cooperation.objects.expected_of(department)
    yield (
        "要写汇总的举措",
        Measure.objects.in_force().filter(summary_department=department, plan__in=Plan.objects.in_force()),
    )


class DepartmentForm(SeenForm):
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


@admin.register(Acting)
class RecordedActingAdmin(Recorded, ActingAdmin):
    pass


# ── 账户 ──────────────────────────────────────────────────


@admin.register(User)
class RecordedAccountAdmin(Recorded, AccountAdmin):
    actions = ("unlock_accounts", "reset_codes", "confirm_accounts")  # type: ignore[assignment]  # KeepAdmin 写 None 是“没有批量操作”

    @admin.action(description="解除锁定", permissions=["change"])
    def unlock_accounts(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """连续输错密码被锁住的，立即可以再登录。"""
        names = [user.username for user in queryset if unlock(user.username, request)]
        for name in names:
            workflow.record("admin_unlock", "解除登录锁定", by_whom(request), clock.now(), note=name)
        said = f"已解除：{'、'.join(names)}。" if names else "选中的账户都没有被锁定。"
        messages.success(request, said)

    @admin.action(description="解除动态验证码（丢了手机的）", permissions=["change"])
    @transaction.atomic
    def reset_codes(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """下次登录只凭密码，随即重新绑手机；要紧的账户与重设密码一样，要另一位管理员确认。"""
        done = [user for user in queryset.order_by("pk") if second_factor.reset(user)]
        for user in done:
            trail.trace("code_reset", request, target=user, what=user.username)
            workflow.record("admin_reset_code", "解除动态验证码", by_whom(request), clock.now(), note=user.username)
            hold(request, user, before=user, is_reset=True)
        names = "、".join(user.username for user in done)
        messages.success(request, f"已解除：{names}。" if done else "选中的账户都没有绑过手机。")

    @admin.action(description="确认账户", permissions=["change"])
    @transaction.atomic
    def confirm_accounts(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """另一位管理员建的、重设的账户，看过了，可以登录。自己办的不能自己确认。"""
        waiting = list(queryset.select_for_update(of=("self",)).exclude(awaiting_by=None).order_by("pk"))
        mine = [user.username for user in waiting if request.user in (user, user.awaiting_by)]
        done = [user for user in waiting if user.username not in mine]
        for user in done:
            who, user.awaiting_by = str(user.awaiting_by), None
            user.save(update_fields=["awaiting_by"])
            trail.trace("account_confirmed", request, target=user, what=user.username, data={"changes": f"由{who}办的"})
            workflow.record("admin_confirm", "确认账户", by_whom(request), clock.now(), note=user.username)
        if mine:
            messages.error(request, f"自己办的要另一位管理员确认：{'、'.join(mine)}。")
        if done:
            messages.success(request, f"已确认：{'、'.join(user.username for user in done)}。")
        if not waiting:
            messages.success(request, "选中的账户都不必确认。")
