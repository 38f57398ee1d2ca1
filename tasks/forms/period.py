"""报送期的表单。"""

from typing import Any

from django import forms

from yingshang.forms import DateInput

from ..models import Plan, ReportingPeriod


class PeriodExtendForm(forms.ModelForm):
    reason = forms.CharField(label="理由", max_length=300, error_messages={"required": "延长截止日必须写明理由。"})

    class Meta:
        model = ReportingPeriod
        fields = ["due_on"]
        widgets = {"due_on": DateInput}


class PeriodYearForm(forms.Form):
    """一次建一年的月度报送期，默认从方案印发的那个月起。"""

    first_month = forms.IntegerField(label="从几月", min_value=1, max_value=12, initial=1)
    last_month = forms.IntegerField(label="到几月", min_value=1, max_value=12, initial=12)
    due_day = forms.IntegerField(
        label="每月截止日", min_value=1, max_value=28, help_text="1 到 28 之间，2 月也有这一天"
    )

    @staticmethod
    def defaults(plan: Plan | None) -> dict:
        """这份方案的默认值。"""
        if plan is None:
            return {"due_day": 25}
        begins = plan.begins_on
        return {"first_month": begins.month if begins.year == plan.year else 1, "due_day": plan.due_day}

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        if data.get("first_month", 1) > data.get("last_month", 12):
            self.add_error("last_month", "“到几月”不能早于“从几月”。")
        return data
