"""操作记录的筛选。"""

from typing import Any

from django import forms

from departments import organisation
from departments.forms import PersonChoiceField
from departments.models import Department, User
from yingshang.forms import DateInput

from ..models.event import CATEGORIES
from ..models.fields import DATE_RANGE
from .filters import FilterForm


class EventFilterForm(FilterForm):
    """操作记录的筛选。"""

    q = forms.CharField(label="搜索", required=False, max_length=50)
    kind = forms.ChoiceField(
        label="动作类别",
        required=False,
        choices=[("", "全部动作"), *((key, name) for key, (name, _) in CATEGORIES.items())],
    )
    dept = forms.ModelChoiceField(
        label="部室",
        queryset=Department.objects.none(),
        required=False,
        empty_label=organisation.later("全部部室"),
        to_field_name="slug",
    )
    who = PersonChoiceField(
        label="谁", queryset=User.objects.none(), required=False, empty_label="所有人", to_field_name="username"
    )
    measure = forms.CharField(label="举措序号", required=False, max_length=10)
    since = forms.DateField(label="从", required=False, widget=DateInput, validators=DATE_RANGE)
    until = forms.DateField(label="到", required=False, widget=DateInput, validators=DATE_RANGE)
    page = forms.IntegerField(required=False, min_value=1, max_value=100_000, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["dept"].queryset = Department.objects.all()
        self.fields["who"].queryset = User.objects.all()

    def clean(self) -> dict[str, Any]:
        """从、到写反了的说出来，两个都不算。"""
        super().clean()
        data = self.cleaned_data
        since, until = data.get("since"), data.get("until")
        if since and until and since > until:
            self.add_error("until", "“到”早于“从”，没有按日期筛选。")
            data.pop("since")
        return data

    def _word(self, name: str, value: Any) -> str:
        return f"第 {value} 项" if name == "measure" else super()._word(name, value)
