"""问题台账与督查检查的表单。"""

import datetime as dt
from typing import Any

from django import forms

from departments import organisation
from departments.models import Department
from yingshang.forms import DateInput, SegRadioSelect

from ..models import Measure, Plan, Problem
from ..models.fields import TEXT_MAX
from ..workflow.problem import NO_RESULT
from .attachment import EvidenceField
from .filters import FilterForm


class ProblemFilterForm(FilterForm):
    """问题台账的筛选。"""

    STATUSES = [
        ("", "全部状态"),
        ("unsettled", "未销号"),
        ("open", "整改中"),
        ("returned", "退回整改"),
        ("applied", "申请销号"),
        ("settled", "已销号"),
        ("this_year", "今年已销号"),
        ("dropped", "已撤账"),
    ]
    DUES = [("", "全部期限"), ("overdue", "已逾期"), ("week", "本周到期")]

    q = forms.CharField(label="搜索", required=False, max_length=50)
    status = forms.ChoiceField(label="状态", required=False, choices=STATUSES)
    due = forms.ChoiceField(label="期限", required=False, choices=DUES)
    category = forms.ChoiceField(label="分类", required=False, choices=[("", "全部分类"), *Problem.Category.choices])
    level = forms.ChoiceField(label="分层", required=False, choices=[("", "全部层级"), *Problem.Level.choices])
    dept = forms.ModelChoiceField(
        label="责任部室",
        queryset=Department.objects.none(),
        required=False,
        empty_label=organisation.later("全部部室"),
        to_field_name="slug",
    )
    page = forms.IntegerField(required=False, min_value=1, max_value=100_000, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["dept"].queryset = Department.objects.all()


class SourceForm(FilterForm):
    """新增问题时从哪里来：一条报送、一项举措、一次督查检查。"""

    progress = forms.IntegerField(required=False, min_value=1, max_value=2_000_000_000)
    inspection = forms.IntegerField(required=False, min_value=1, max_value=2_000_000_000)
    measure = forms.CharField(required=False, max_length=10)


class ProblemForm(forms.ModelForm):
    """挂账：分类、分层、分责、限期。`today` 用来核对期限。"""

    fields: dict[str, Any]

    class Meta:
        model = Problem
        fields = ["title", "text", "category", "level", "department", "due_on", "measure"]
        widgets = {"text": forms.Textarea(attrs={"rows": 4}), "due_on": DateInput, "level": SegRadioSelect}
        help_texts = {
            "title": "一句话说清是什么问题。",
            "level": "由谁解决：部室自己、分管领导，还是提请领导小组研究。",
            "department": "由谁整改，可以不是牵头部室。",
            "measure": "与举措无关的可以不选。",
        }
        error_messages = {
            "title": {"required": "请用一句话写明是什么问题。"},
            "text": {"required": "请写明具体情况。"},
            "department": {"required": "请选责任部室。"},
            "due_on": {"required": "请定整改期限。"},
        }

    def __init__(
        self, *args: Any, plan: Plan | None, today: dt.date, measure: Measure | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["level"].choices = Problem.Level.choices
        self.fields["department"].queryset = Department.objects.active()
        self.fields["department"].empty_label = "请选择"
        self.fields["measure"].queryset = Measure.objects.in_force().filter(plan=plan)
        self.fields["measure"].empty_label = "不属于某一项举措"
        if measure:
            del self.fields["measure"]

    def clean_due_on(self) -> dt.date:
        due_on = self.cleaned_data["due_on"]
        if due_on < self.today:
            raise forms.ValidationError("整改期限不能早于今天。")
        return due_on


class ProblemNoteForm(forms.Form):
    """整改情况；申请销号时（`is_final`）写的是整改结果。"""

    fields: dict[str, Any]

    text = forms.CharField(
        label="整改情况",
        max_length=TEXT_MAX,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="做了什么、结果如何。",
        error_messages={"required": "请写明做了什么、结果如何。"},
    )
    evidence = EvidenceField(hint="{}。没有可以不传。")

    def __init__(self, *args: Any, is_final: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_final:
            self.fields["text"].error_messages["required"] = NO_RESULT

    @property
    def said(self) -> dict:
        """交给 workflow 的内容。"""
        return {"text": self.cleaned_data["text"], "uploads": self.cleaned_data["evidence"]}


class ProblemSettleForm(forms.Form):
    """销号：核验意见可写可不写。"""

    note = forms.CharField(label="核验意见", max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2}))


class ProblemWordsForm(forms.ModelForm):
    """更正文字：题目与具体情况。"""

    class Meta:
        model = Problem
        fields = ["title", "text"]
        widgets = {"text": forms.Textarea(attrs={"rows": 5})}
        error_messages = {
            "title": {"required": "请用一句话写明是什么问题。"},
            "text": {"required": "请写明具体情况。"},
        }


class ProblemAmendForm(forms.ModelForm):
    """办公室调整分类、分层、责任部室、期限，须写理由。"""

    fields: dict[str, Any]

    reason = forms.CharField(
        label="调整的理由",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "调整必须写明理由。"},
    )

    class Meta:
        model = Problem
        fields = ["category", "level", "department", "due_on"]
        widgets = {"due_on": DateInput, "level": SegRadioSelect}

    def __init__(self, *args: Any, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.before = self.instance.due_on
        self.fields["level"].choices = Problem.Level.choices
        self.fields["department"].empty_label = None
        self.fields["department"].queryset = Department.objects.active() | Department.objects.filter(
            pk=self.instance.department_id
        )

    def clean_due_on(self) -> dt.date:
        due_on = self.cleaned_data["due_on"]
        if due_on < self.today and due_on != self.before:
            raise forms.ValidationError("新的整改期限不能早于今天。")
        return due_on
