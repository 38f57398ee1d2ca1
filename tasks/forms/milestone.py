"""节点的表单：提出、一览的筛选。"""

from typing import Any

from django import forms
from django.db.models import QuerySet

from departments.models import Department
from yingshang.forms import DateInput

from ..models import Assignment, Milestone
from .filters import FilterForm


class AssignmentChoiceField(forms.ModelChoiceField):
    """按部室选项次。"""

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.department)


class MilestoneForm(forms.ModelForm):
    """提出节点。`assignments` 为可选的项次；只有一个时不用选。"""

    fields: dict[str, Any]

    assignment = AssignmentChoiceField(label="部室", queryset=Assignment.objects.none(), empty_label="请选择部室")
    even_late = forms.BooleanField(label="时限已过，仍要这样定", required=False)

    class Meta:
        model = Milestone
        fields = ["assignment", "name", "due_on"]
        widgets = {"due_on": DateInput}
        help_texts = {"name": "做成什么事，如“招标完成”“设备到货安装”。"}
        error_messages = {"name": {"required": "请写节点的名称。"}, "due_on": {"required": "请填节点的时限。"}}

    def __init__(self, *args: Any, assignments: QuerySet[Assignment], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assignment"].queryset = assignments
        only = list(assignments[:2])
        if len(only) == 1:
            self.fields["assignment"].initial = only[0].pk
            self.fields["assignment"].widget = forms.HiddenInput()


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
        label="部室", queryset=Department.objects.none(), required=False, empty_label="全部部室", to_field_name="slug"
    )
    page = forms.IntegerField(required=False, min_value=1, max_value=100_000, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["dept"].queryset = Department.objects.all()
