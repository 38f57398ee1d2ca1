"""办结的表单：申请、跟踪问效。"""

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from yingshang.forms import DateInput

from ..models import CompletionRequest, EffectNote
from ..rules.evidence import Checked
from .attachment import EvidenceField


class CompletionEvidenceField(EvidenceField):
    """办结须附的佐证：至少一个文件。"""

    def __init__(self) -> None:
        super().__init__(hint="至少一个文件：{}。")
        self.required = True

    def clean(self, data: Any, initial: Any = None) -> list[Checked]:
        checked = super().clean(data, initial)
        if not checked:
            raise ValidationError("申请办结必须附佐证材料，请至少选一个文件。", code="required")
        return checked


class CompletionRequestForm(forms.ModelForm):
    """申请办结。"""

    evidence = CompletionEvidenceField()

    class Meta:
        model = CompletionRequest
        fields = ["note"]
        widgets = {"note": forms.Textarea(attrs={"rows": 4})}
        help_texts = {"note": "做成了什么、在哪里看得到、以后怎样保持。"}
        error_messages = {"note": {"required": "申请办结必须写明完成情况。"}}

    @property
    def asked(self) -> dict:
        """交给 workflow 的内容。"""
        return {"note": self.cleaned_data["note"], "uploads": self.cleaned_data["evidence"]}


class EffectForm(forms.ModelForm):
    """跟踪问效：实际效果与下次回看日期。"""

    class Meta:
        model = EffectNote
        fields = ["text", "follow_up_on"]
        widgets = {"text": forms.Textarea(attrs={"rows": 3}), "follow_up_on": DateInput}
        labels = {"text": "实际效果"}
        help_texts = {
            "text": "企业、群众的实际感受和数据变化；不是又做了什么。",
            "follow_up_on": "到了这一天会提醒办公室和本部室回看；不用再看的空着。",
        }
        error_messages = {"text": {"required": "请写实际效果。"}}

    def __init__(self, *args: Any, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_follow_up_on(self) -> dt.date | None:
        day = self.cleaned_data["follow_up_on"]
        if day and day <= self.today:
            raise ValidationError("下次回看的日期须在今天之后。")
        return day
