"""安全日志的筛选。"""

from typing import Any

from django import forms

from departments.models import SecurityEvent
from departments.trail import ACTIONS
from yingshang.forms import DateInput

from ..models.fields import DATE_RANGE
from .filters import FilterForm


class AuditFilterForm(FilterForm):
    """安全日志：按事项、账户、地址、结果、日期查。"""

    action = forms.ChoiceField(label="事项", required=False, choices=[("", "全部"), *ACTIONS.items()])
    who = forms.CharField(label="账户", required=False, max_length=40)
    address = forms.CharField(label="来自", required=False, max_length=64)
    result = forms.ChoiceField(label="结果", required=False, choices=[("", "全部"), *SecurityEvent.Result.choices])
    since = forms.DateField(label="从", required=False, widget=DateInput, validators=DATE_RANGE)
    until = forms.DateField(label="到", required=False, widget=DateInput, validators=DATE_RANGE)
    page = forms.IntegerField(required=False, min_value=1, max_value=100_000, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """从、到写反了的说出来，两个都不算。"""
        super().clean()
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and since > until:
            self.add_error("until", "“到”早于“从”，没有按日期筛选。")
            self.cleaned_data.pop("since")
        return self.cleaned_data
