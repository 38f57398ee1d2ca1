"""签发的表单：照稿纸上签的录入；扫描件。"""

from typing import Any

from django import forms

from departments.models import Leader
from yingshang.forms import DateInput

from ..models.fields import DATE_RANGE
from .attachment import EvidenceField


class SigningForm(forms.Form):
    """谁签的、哪天签的、什么意见。"""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2_000_000_000)
    leader = forms.ModelChoiceField(
        label="签发领导",
        queryset=Leader.objects.none(),
        empty_label="请选择",
        error_messages={"required": "请选签发的领导。"},
    )
    signed_on = forms.DateField(
        label="签发日期",
        widget=DateInput,
        validators=DATE_RANGE,
        error_messages={"required": "请写签发日期。", "invalid": "请写成日期。"},
    )
    opinion = forms.CharField(
        label="签发意见", required=False, max_length=200, help_text="照稿纸上写的录入，如“同意印发”。"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auto_id = "id_sign_%s"  # 同一页上印发的表单也有 version
        self.fields["leader"].queryset = Leader.objects.filter(is_active=True)  # type: ignore[attr-defined]


class ScanForm(forms.Form):
    """签发件、盖章件的扫描。"""

    evidence = EvidenceField(label="签发件、盖章件", kinds="图片、PDF、OFD", hint="扫描或照片，{}。")
