"""审核清单的筛选：哪一期、哪个部室。"""

from typing import Any

from django import forms
from django.db.models import QuerySet

from departments import organisation
from departments.models import Department

from ..models import ReportingPeriod
from .filters import FilterForm


class ReviewFilterForm(FilterForm):
    """只列有待审核的期与部室。"""

    period = forms.ModelChoiceField(
        label="报送期", queryset=ReportingPeriod.objects.none(), required=False, empty_label="各期"
    )
    department = forms.ModelChoiceField(
        label="部室", queryset=Department.objects.none(), required=False, empty_label=organisation.later("全部部室")
    )

    def __init__(
        self, *args: Any, periods: QuerySet[ReportingPeriod], departments: QuerySet[Department], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["period"].queryset = periods
        self.fields["department"].queryset = departments
