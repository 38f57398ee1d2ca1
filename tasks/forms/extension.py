"""延期的表单：申请、批复。"""

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from yingshang import dates
from yingshang.forms import DateInput

from ..models import Extension


class ExtensionForm(forms.ModelForm):
    """申请延期。`due_on` 是现行时限，`today` 是今天：新的日期须比两者都晚；超出方案年度的再问一句。"""

    beyond = forms.BooleanField(label="确需延到方案年度之后，理由里已写明为什么", required=False)

    class Meta:
        model = Extension
        fields = ["new_due_on", "reason"]
        labels = {"reason": "延期理由"}
        widgets = {"new_due_on": DateInput, "reason": forms.Textarea(attrs={"rows": 3})}
        help_texts = {"reason": "为什么不能按期完成，做了哪些努力，下一步怎样赶上。"}
        error_messages = {
            "new_due_on": {"required": "请选申请延至哪一天。"},
            "reason": {"required": "申请延期必须写明理由。"},
        }

    def __init__(self, *args: Any, due_on: dt.date | None, today: dt.date, ends_on: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.due_on, self.today, self.ends_on = due_on, today, ends_on

    @property
    def is_beyond(self) -> bool:
        """要问是不是真要延到方案年度之后：已经勾了，或刚被问到。"""
        return bool(self["beyond"].value()) or "beyond" in self.errors

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        new, end = data.get("new_due_on"), self.ends_on
        if new and new > end and not data.get("beyond"):
            said = f"方案到 {dates.full(end)} 为止，请核对日期；确需跨年的，请勾选这一项。"
            self.add_error("beyond", said)
        return data

    @property
    def asked(self) -> dict:
        """交给 workflow 的内容。"""
        return {name: self.cleaned_data[name] for name in self.Meta.fields}

    def clean_new_due_on(self) -> dt.date:
        new = self.cleaned_data["new_due_on"]
        if self.due_on and new <= self.due_on:
            raise ValidationError(f"须晚于现行时限 {dates.full(self.due_on)}。")
        if new <= self.today:
            raise ValidationError("须在今天之后。")
        return new


class ExtensionApproveForm(forms.Form):
    """批准延期，意见可以不写。"""

    note = forms.CharField(label="批复意见", max_length=500, required=False)


class ExtensionRefuseForm(forms.Form):
    """不批准延期，必须写明意见。"""

    note = forms.CharField(
        label="不批准的意见",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "不批准延期必须写明意见：请告诉部室为什么、怎么办。"},
    )
