"""节点的表单：提出、一览的筛选。"""

import datetime as dt
from typing import Any

from django import forms
from django.db.models import QuerySet

from departments import organisation
from departments.models import Department
from yingshang import dates
from yingshang.forms import DateInput

from ..models import Assignment, Milestone
from .filters import FilterForm


class AssignmentChoiceField(forms.ModelChoiceField):
    """按部室选项次。"""

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.department)


class MilestoneForm(forms.ModelForm):
    """提出节点。`assignments` 为可选的项次；只有一个时不用选。方案到 `ends_on` 为止，定到以后的先问一句。"""

    fields: dict[str, Any]

    assignment = AssignmentChoiceField(
        label="部室", queryset=Assignment.objects.none(), empty_label=organisation.later("请选择部室")
    )
    even_late = forms.BooleanField(label="时限已过，仍要这样定", required=False)
    beyond = forms.BooleanField(label="确需定到方案年度之后", required=False)

    class Meta:
        model = Milestone
        fields = ["assignment", "name", "due_on"]
        widgets = {"due_on": DateInput}
        help_texts = {"name": "做成什么事，如“招标完成”“设备到货安装”。"}
        error_messages = {"name": {"required": "请写节点的名称。"}, "due_on": {"required": "请填节点的时限。"}}

    def __init__(
        self, *args: Any, assignments: QuerySet[Assignment], ends_on: dt.date | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.ends_on = ends_on
        self.fields["assignment"].queryset = assignments
        only = list(assignments[:2])
        if len(only) == 1:
            self.fields["assignment"].initial = only[0].pk
            self.fields["assignment"].widget = forms.HiddenInput()

    @property
    def is_beyond(self) -> bool:
        """要问是不是真要定到方案年度之后：已经勾了，或刚被问到。"""
        return bool(self["beyond"].value()) or "beyond" in self.errors

    @property
    def asked(self) -> dict[str, Any]:
        """交给 workflow 的内容。"""
        return {name: self.cleaned_data[name] for name in (*self.Meta.fields, "even_late")}

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        due, part, end = data.get("due_on"), data.get("assignment"), self.ends_on
        if end and part and part.due_on:
            end = max(end, part.due_on)  # 批准延到以后的，在它自己的时限之内不用再问
        if due and end and due > end and not data.get("beyond"):
            self.add_error("beyond", f"方案到 {dates.full(end)} 为止，请核对日期；确需跨年的，请勾选这一项。")
        return data


class MilestoneFilterForm(FilterForm):
    """节点一览的筛选。"""

    STATES = [
        ("", "全部"),
        ("proposed", "待认可"),
        ("overdue", "逾期未完成"),
        ("agreed", "未完成"),
        ("done", "已完成"),
    ]

    state = forms.ChoiceField(label="状态", required=False, choices=STATES)
    dept = forms.ModelChoiceField(
        label="部室",
        queryset=Department.objects.none(),
        required=False,
        empty_label=organisation.later("全部部室"),
        to_field_name="slug",
    )
    page = forms.IntegerField(required=False, min_value=1, max_value=100_000, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["dept"].queryset = Department.objects.all()
