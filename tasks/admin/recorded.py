"""后台的每次改动都进操作记录。"""

from django import forms
from django.contrib import admin

from yingshang import clock

from .. import workflow
from ..models import Plan


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
