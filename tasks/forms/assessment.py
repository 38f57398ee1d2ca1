"""考核材料的筛选：哪一段、按哪一列排；点开的清单还有数的是什么、哪个部室。"""

from typing import Any

from django import forms

from departments import organisation
from departments.models import Department

from ..figures.assessment import COLUMNS, FIGURES
from ..figures.ledger import opened_periods
from ..models import Plan, Problem, ReportingPeriod
from .filters import FilterForm


class AssessmentForm(FilterForm):
    """从哪一期到哪一期，按哪一列排。"""

    SORTS = [(f"{sign}{key}", FIGURES[key].label) for key in COLUMNS for sign in ("", "-")]

    first = forms.ModelChoiceField(
        label="从",
        queryset=ReportingPeriod.objects.none(),
        required=False,
        empty_label="本年第一期",
        to_field_name="slug",
    )
    last = forms.ModelChoiceField(
        label="到",
        queryset=ReportingPeriod.objects.none(),
        required=False,
        empty_label="最近一期",
        to_field_name="slug",
    )
    sort = forms.ChoiceField(
        required=False, choices=[("", organisation.later("按部室")), *SORTS], widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, plan: Plan | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.opened = opened_periods(plan)
        choices = [(period.slug, str(period)) for period in self.opened]
        for name in ("first", "last"):
            self.fields[name].queryset = ReportingPeriod.objects.filter(plan=plan).opened()
            self.fields[name].choices = [("", self.fields[name].empty_label), *choices]


class AssessmentListForm(AssessmentForm):
    """数到的每一条。"""

    what = forms.ChoiceField(label="数的是", required=False, choices=[(key, f.label) for key, f in FIGURES.items()])
    dept = forms.ModelChoiceField(
        label="部室",
        queryset=Department.objects.none(),
        required=False,
        empty_label=organisation.later("全部部室"),
        to_field_name="slug",
    )
    category = forms.ChoiceField(
        label="问题分类", required=False, choices=[("", "全部分类"), *Problem.Category.choices]
    )
    page = forms.IntegerField(required=False, min_value=1, max_value=100_000, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["dept"].queryset = Department.objects.all()
