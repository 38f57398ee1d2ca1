"""后台的账户、名单与设置：每次改动都进操作记录；还牵头举措的部室不能停用；解除登录锁定。

后台各页本身在 departments.admin（那里不引用 tasks），在这里加上这些之后登记。
"""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError

from departments.admin import AccountAdmin, DepartmentAdmin, LeaderAdmin
from departments.lockout import unlock
from departments.models import Department, Leader, User
from departments.resources import DepartmentResource
from yingshang import clock

from . import workflow
from .models import Assignment, Plan


class Recorded(admin.ModelAdmin):
    """新增、修改、导入都记进操作记录（Django 自己的“历史”之外），写明改前改后。密码只记“重设”。"""

    def construct_change_message(self, request, form, formsets, add=False):
        request.recorded = "；".join([*_changes(form, add), *_inlines(formsets or ())])
        return super().construct_change_message(request, form, formsets, add)

    def log_addition(self, request, obj, message):
        self._record(request, obj, "新增", getattr(request, "recorded", ""))
        return super().log_addition(request, obj, message)

    def log_change(self, request, obj, message):
        self._record(request, obj, "修改", getattr(request, "recorded", ""))
        return super().log_change(request, obj, message)

    def process_result(self, result, request):
        response = super().process_result(result, request)
        if not (result.has_errors() or result.has_validation_errors()):
            totals = result.totals
            said = f"新增 {totals['new']} 条，修改 {totals['update']} 条"
            workflow.record("admin_import", f"导入{self.opts.verbose_name}", request.user, clock.now(), note=said)
        return response

    def _record(self, request, obj, verb, said):
        name = getattr(obj, "username", "") or str(obj)
        note = f"{name}：{said}" if said else name
        plan = obj if isinstance(obj, Plan) else None
        workflow.record(
            "admin_change", f"{verb}{self.opts.verbose_name}", request.user, clock.now(), note=note, plan=plan
        )


def _changes(form, add) -> list[str]:
    """改了哪几样，改前改后。"""
    if "password" in form.changed_data or "usable_password" in form.changed_data:
        return ["重设密码"]
    if add:
        return []
    return [
        f"{form[name].label}由“{_words(form, name, form.initial.get(name))}”改为"
        f"“{_words(form, name, form.cleaned_data.get(name))}”"
        for name in form.changed_data
        if name in form.fields
    ]


def _words(form, name, value) -> str:
    field = form.fields[name]
    if isinstance(field, forms.ModelChoiceField):
        value = getattr(value, "pk", value)
        return str(field.queryset.filter(pk=value).first() or "") if value else ""
    if isinstance(field, forms.BooleanField):
        return "是" if value else "否"
    return str(dict(getattr(field, "choices", ())).get(value, "" if value is None else value))


def _inlines(formsets) -> list[str]:
    """别名之类附在同一页上的：新增的、改了的。"""
    added = [f"新增{o._meta.verbose_name}“{o}”" for formset in formsets for o in formset.new_objects]
    return added + [f"修改{o._meta.verbose_name}“{o}”" for formset in formsets for o, _ in formset.changed_objects]


# ── 部室 ──────────────────────────────────────────────────


def what_blocks_closing(department) -> str:
    """部室还牵头哪几项，因而不能停用；没有的为空。各部室共担的不算：它跟着现行的部室走。"""
    held = Assignment.objects.in_force().filter(department=department, measure__all_departments=False)
    held = held.filter(measure__plan__is_current=True)
    numbers = "、".join(held.order_by("measure__position").values_list("measure__number", flat=True))
    return f"{department}还牵头第 {numbers} 项，不能停用。请先用方案修订换成别的部室。" if numbers else ""


class DepartmentForm(forms.ModelForm):
    def clean_is_active(self):
        is_active = self.cleaned_data["is_active"]
        if self.instance.pk and not is_active and (said := what_blocks_closing(self.instance)):
            raise ValidationError(said)
        return is_active


class GuardedDepartmentResource(DepartmentResource):
    """用表格停用，与在后台逐个停用一样核对。"""

    def before_save_instance(self, instance, row, **kwargs):
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
    actions = ("unlock_accounts",)

    @admin.action(description="解除锁定", permissions=["change"])
    def unlock_accounts(self, request, queryset):
        """连续输错密码被锁住的，立即可以再登录。"""
        names = [user.username for user in queryset if unlock(user.username)]
        for name in names:
            workflow.record("admin_unlock", "解除登录锁定", request.user, clock.now(), note=name)
        said = f"已解除：{'、'.join(names)}。" if names else "选中的账户都没有被锁定。"
        messages.success(request, said)
