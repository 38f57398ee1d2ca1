"""报送期的表单。"""

import datetime as dt
from typing import Any

from django import forms

from yingshang.forms import DateInput

from ..models import Plan, ReportingPeriod
from ..models.fields import DATE_RANGE
from ..rules import timetable


class PeriodExtendForm(forms.ModelForm):
    reason = forms.CharField(label="理由", max_length=300, error_messages={"required": "延长截止日必须写明理由。"})

    class Meta:
        model = ReportingPeriod
        fields = ["due_on"]
        widgets = {"due_on": DateInput}


class PeriodYearForm(forms.Form):
    """一次建一年的报送期，默认从方案印发的那个月起，按月。"""

    year = forms.IntegerField(label="哪一年", min_value=2000, max_value=2099, required=False)
    kind = forms.ChoiceField(label="几时一期", choices=timetable.REGULAR.items(), required=False)
    first_month = forms.IntegerField(label="从几月", min_value=1, max_value=12, initial=1)
    last_month = forms.IntegerField(label="到几月", min_value=1, max_value=12, initial=12)
    due_rule = forms.ChoiceField(label="截止日怎么算", choices=timetable.DUE_RULES.items(), required=False)
    due_day = forms.IntegerField(
        label="几日（几天）", min_value=1, max_value=31, help_text="没有这一天的月份取月末，如 2 月 30 日"
    )
    is_moved = forms.BooleanField(label="遇周末、节假日顺延到工作日", required=False)

    # 没有选的几样（一向的表单没有这几栏）。
    UNSAID = {"kind": timetable.MONTH, "due_rule": timetable.SAME}

    @classmethod
    def defaults(cls, plan: Plan | None, today: dt.date) -> dict[str, Any]:
        """这份方案的默认值：还没有建过的最早一年。"""
        if plan is None:
            return {"due_day": 25}
        last = plan.periods.exclude(kind=ReportingPeriod.Kind.ONCE).order_by("-starts_on").first()
        year = plan.year
        if last and last.ends_on.month == 12:
            year = last.ends_on.year + 1 if today.year >= last.ends_on.year else last.ends_on.year
        begins = plan.begins_on
        first = begins.month if begins.year == year else 1
        return cls.UNSAID | {"year": year, "first_month": first, "due_day": plan.due_day}

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        if data.get("first_month", 1) > data.get("last_month", 12):
            self.add_error("last_month", "“到几月”不能早于“从几月”。")
        return data | {name: data.get(name) or value for name, value in self.UNSAID.items()}


class PeriodAddForm(forms.Form):
    """另设一次性的一期。"""

    name = forms.CharField(label="名称", max_length=30, help_text="如“半年自查”")
    starts_on = forms.DateField(label="起", widget=DateInput, validators=DATE_RANGE)
    ends_on = forms.DateField(label="止", widget=DateInput, validators=DATE_RANGE)
    due_on = forms.DateField(label="报送截止日", widget=DateInput, validators=DATE_RANGE)
