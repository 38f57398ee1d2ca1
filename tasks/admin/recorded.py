"""后台的每次改动都进操作记录。"""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from departments import trail
from departments.admin import trace_acting
from departments.models import Acting, User
from yingshang import clock

from .. import workflow
from ..models import Plan


class Recorded(admin.ModelAdmin):
    """新增、修改、导入都记进操作记录（Django 自己的“历史”之外），写明改前改后。密码只记“重设”。"""

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        said = "；".join([*_changes(form, add), *_inlines(formsets or ())])
        request.recorded = said  # type: ignore[attr-defined]  # 只带到下面两步，写进操作记录
        return super().construct_change_message(request, form, formsets, add)

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        self._record(request, obj, "新增", getattr(request, "recorded", ""))
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        self._record(request, obj, "修改", getattr(request, "recorded", ""))
        return super().log_change(request, obj, message)

    def process_result(self, result: Any, request: HttpRequest) -> Any:
        response = super().process_result(result, request)  # type: ignore[misc]  # 只由导入那一步调用，基类在它旁边
        if not (result.has_errors() or result.has_validation_errors()):
            totals = result.totals
            said = f"新增 {totals['new']} 条，修改 {totals['update']} 条"
            workflow.record("admin_import", f"导入{self.opts.verbose_name}", by_whom(request), clock.now(), note=said)
        return response

    def _record(self, request: HttpRequest, obj: Model, verb: str, said: str) -> None:
        name = getattr(obj, "username", "") or str(obj)
        note = f"{name}：{said}" if said else name
        plan = obj if isinstance(obj, Plan) else None
        if isinstance(obj, Acting):
            trace_acting(request, obj, said or verb)
        elif not isinstance(obj, User):  # 账户的改动另有更细的（departments.admin）
            what = f"{verb}{self.opts.verbose_name}：{name}"
            trail.trace("setting_changed", request, what=what, data={"changes": said})
        workflow.record(
            "admin_change", f"{verb}{self.opts.verbose_name}", by_whom(request), clock.now(), note=note, plan=plan
        )


def by_whom(request: HttpRequest) -> User:
    """后台只有登录了的人进得来（见 AdminSite.has_permission）。"""
    return cast(User, request.user)


def _changes(form: Any, add: bool) -> list[str]:
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


def _words(form: Any, name: str, value: Any) -> str:
    field = form.fields[name]
    if isinstance(field, forms.ModelChoiceField):
        value = getattr(value, "pk", value)
        return str(field.queryset.filter(pk=value).first() or "") if value and field.queryset is not None else ""
    if isinstance(field, forms.BooleanField):
        return "是" if value else "否"
    return str(dict(getattr(field, "choices", ())).get(value, "" if value is None else value))


def _inlines(formsets: Any) -> list[str]:
    """别名之类附在同一页上的：新增的、改了的。"""
    added = [f"新增{o._meta.verbose_name}“{o}”" for formset in formsets for o in formset.new_objects]
    return added + [f"修改{o._meta.verbose_name}“{o}”" for formset in formsets for o, _ in formset.changed_objects]
