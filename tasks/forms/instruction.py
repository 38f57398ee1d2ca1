"""批示的表单：写批示（领导写，或办公室代录）、回复、了结、清单筛选。"""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet

from departments import organisation
from departments.models import Department, Leader
from yingshang.forms import DateInput

from ..models import Instruction, InstructionReply, Measure, MeasureLeader, Problem
from .attachment import EvidenceField
from .filters import FilterForm


class MeasureChoiceField(forms.ModelChoiceField):
    """按序号选举措：网址与下拉框里都写序号。"""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=Measure.objects.none(), to_field_name="number", **kwargs)


class InstructionForm(forms.ModelForm):
    """写批示。`measures` 为可批的举措；`on_behalf` 为真时是办公室代录，要选领导；`problem` 是领导小组对它的决定。

    批在一项举措上，或写明是举措以外的什么事，两样只写一样。
    """

    fields: dict[str, Any]

    measure = MeasureChoiceField(label="举措", empty_label="不在哪一项举措里", required=False)
    evidence = EvidenceField(label="扫描件", kinds="图片、PDF、OFD", hint="批示原件的照片或扫描件，{}。")
    keep = forms.BooleanField(label="存为常用语", required=False)

    class Meta:
        model = Instruction
        fields = ["measure", "matter", "leader", "said_on", "text", "departments", "due_on", "is_urgent"]
        labels = {"leader": "哪位领导", "matter": "举措以外的事", "departments": "交哪些部室办"}
        widgets = {
            "text": forms.Textarea(attrs={"rows": 4}),
            "said_on": DateInput,
            "due_on": DateInput,
            "departments": forms.CheckboxSelectMultiple,
        }
        help_texts = {
            "matter": "不在哪一项举措里的，写叫什么事。",
            "text": "承办部室会在首页最上面看到，各自回复；全部回复之前一直显示。",
            "is_urgent": "没有回复之前，列在办公室的“今天要办”里。",
            "departments": "举措的牵头部室不用勾，总在内；另外还要交哪些部室的勾上。举措以外的事至少勾一个。",
            "said_on": "空着的是今天。",
            "due_on": "写了的，到期、逾期都会催；空着的从批示那天数起。",
        }
        error_messages = {"text": {"required": "请写批示内容。"}, "leader": {"required": "请选批示的领导。"}}

    def __init__(
        self,
        *args: Any,
        measures: QuerySet[Measure],
        on_behalf: bool = False,
        problem: Problem | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.problem = problem
        self.fields["measure"].queryset = measures
        self.fields["measure"].error_messages["invalid_choice"] = "这一项不在可以批示的举措里，请重新选择。"
        self.fields["departments"].queryset = Department.objects.active()
        self.fields["departments"].required = False
        if on_behalf:
            signers = Leader.objects.filter(is_active=True)
            signers = signers.filter(Q(group_role="head") | Q(measure_links__measure__in=measures)).distinct()
            self.fields["leader"].queryset = signers
            self.fields["leader"].choices = _grouped(signers, measures)
            self.fields["leader"].help_text = "批一项举措的，须是它的牵头领导，或领导小组组长。会标明“办公室代录”。"
            del self.fields["keep"]
        else:
            del self.fields["leader"]

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        measure, matter = data.get("measure"), data.get("matter", "")
        if measure and matter:
            self.add_error("matter", "选了举措的，不用再写举措以外的事；两样只写一样。")
        elif not measure and not matter and "measure" not in self.errors:
            self.add_error("measure", "请选一项举措，或在下面写举措以外的什么事。")
        elif matter and not data.get("departments"):
            self.add_error("departments", "举措以外的事，请勾交哪些部室办。")
        return data

    @property
    def said(self) -> dict[str, Any]:
        """交给 workflow 的内容。"""
        return {k: v for k, v in self.cleaned_data.items() if k != "keep"} | {"problem": self.problem}

    @property
    def keeps(self) -> bool:
        """连同存为自己的常用语。"""
        return bool(self.cleaned_data.get("keep"))


def _grouped(signers: QuerySet[Leader], measures: QuerySet[Measure]) -> list:
    """批得了的领导，分两组：组长（任何一项），牵头领导（写明牵头第几项）。"""
    led: dict[int, list[str]] = {}
    links = MeasureLeader.objects.filter(measure__in=measures).order_by("measure__position")
    for leader, number in links.values_list("leader", "measure__number"):
        led.setdefault(leader, []).append(number)
    heads = [(leader.pk, f"{leader}（任何一项）") for leader in signers if leader.group_role == "head"]
    others = [leader for leader in signers if leader.group_role != "head"]
    rest = [(leader.pk, f"{leader}（第 {'、'.join(led[leader.pk])} 项）") for leader in others]
    groups = [("领导小组组长", heads), ("牵头领导", rest)]
    return [("", "请选择"), *((name, rows) for name, rows in groups if rows)]


class InstructionGivenForm(FilterForm):
    """从哪一项举措、哪件提请研究的问题、哪份定了的请示来写批示（网址参数）。"""

    measure = forms.CharField(required=False, max_length=10)
    problem = forms.IntegerField(required=False, min_value=1, max_value=2**31)
    petition = forms.IntegerField(required=False, min_value=1, max_value=2**31)


class InstructionTextForm(forms.ModelForm):
    """改批示：文字与急办。"""

    class Meta:
        model = Instruction
        fields = ["text", "is_urgent"]
        widgets = {"text": forms.Textarea(attrs={"rows": 4})}
        error_messages = {"text": {"required": "请写批示内容。"}}


class InstructionSettleForm(forms.Form):
    """了结：办理结果。"""

    note = forms.CharField(
        label="办理结果",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "请写明办理结果。"},
    )


class InstructionReplyForm(forms.ModelForm):
    """回复批示。"""

    class Meta:
        model = InstructionReply
        fields = ["text"]
        widgets = {"text": forms.Textarea(attrs={"rows": 4})}
        help_texts = {"text": "办了什么、结果怎样，还没办完的写明何时办完。以后还可以补充。"}
        error_messages = {"text": {"required": "请写办理情况再回复。"}}


class InstructionFilterForm(FilterForm):
    """批示清单的筛选。"""

    STATES = [("", "全部"), ("waiting", "未回复"), ("answered", "已回复"), ("settled", "已了结")]

    state = forms.ChoiceField(label="回复", required=False, choices=STATES)
    lead = forms.ModelChoiceField(
        label="领导", queryset=Leader.objects.none(), required=False, empty_label="全部领导", to_field_name="called"
    )
    dept = forms.ModelChoiceField(
        label="部室",
        queryset=Department.objects.none(),
        required=False,
        empty_label=organisation.later("全部部室"),
        to_field_name="slug",
    )
    urgent = forms.ChoiceField(label="急办", required=False, choices=[("", "全部"), ("on", "只看急办")])
    page = forms.IntegerField(required=False, min_value=1, max_value=100_000, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["lead"].queryset = Leader.objects.filter(instructions__isnull=False).distinct()
        self.fields["dept"].queryset = Department.objects.all()
