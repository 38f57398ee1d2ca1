"""配合报送的表单：请、报、撤销、筛选。"""

from collections.abc import Sequence
from typing import Any

from django import forms

from departments import organisation
from departments.models import Department
from yingshang.forms import CheckList, DateInput, SegRadioSelect

from ..models import ReportingPeriod
from ..models.fields import DATE_RANGE, TEXT_MAX
from .attachment import EvidenceField
from .filters import PageForm


class CooperationAskForm(forms.Form):
    """请配合单位报：`rooms` 是请得了的几个，`periods` 是报送中的各期（早的在前）。"""

    ONCE, EVERY = "once", "every"

    fields: dict[str, Any]

    departments = forms.ModelMultipleChoiceField(
        label="请哪几个报",
        queryset=Department.objects.none(),
        widget=CheckList,
        error_messages={"required": "请至少勾一个配合单位。"},
    )
    text = forms.CharField(
        label="要报什么",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="例如：配合做了哪几件、各到哪一步、有什么要协调的。",
        error_messages={"required": "请写明要它们报什么。"},
    )
    period = forms.ModelChoiceField(
        label="从哪一期起", queryset=ReportingPeriod.objects.none(), empty_label=None, to_field_name="slug"
    )
    span = forms.ChoiceField(
        label="要几期", choices=[(ONCE, "只要这一期"), (EVERY, "每一期，直到撤销")], widget=SegRadioSelect, initial=ONCE
    )
    due_on = forms.DateField(
        label="哪天以前报",
        widget=DateInput,
        validators=DATE_RANGE,
        help_text="每一期都要的，以后各期与报送截止日的间隔不变。",
    )

    def __init__(
        self, *args: Any, rooms: Sequence[Department], periods: Sequence[ReportingPeriod], **kwargs: Any
    ) -> None:
        kwargs.setdefault("prefix", "ask")
        kwargs.setdefault("initial", {"period": periods[-1].slug, "due_on": periods[-1].due_on} if periods else {})
        super().__init__(*args, **kwargs)
        self.fields["departments"].queryset = Department.objects.filter(pk__in=[room.pk for room in rooms])
        self.fields["period"].queryset = ReportingPeriod.objects.filter(pk__in=[period.pk for period in periods])

    @property
    def said(self) -> dict[str, Any]:
        """交给动词的内容。"""
        names = ("departments", "period", "text", "due_on")
        data = {name: self.cleaned_data[name] for name in names}
        return data | {"is_standing": self.cleaned_data["span"] == self.EVERY}


class CooperationReportForm(forms.Form):
    """报配合情况；`version` 是写的人看到的那一版。"""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2_000_000_000)
    text = forms.CharField(
        label="配合情况",
        max_length=TEXT_MAX,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="做了什么、结果怎样、要牵头的或办公室帮什么；这一期关闭以前可以改。",
        error_messages={"required": "请写配合做了什么、结果怎样；没有进展的写明原因。"},
    )
    evidence = EvidenceField()


class CooperationStopForm(forms.Form):
    """撤销：为什么不用报了。"""

    reason = forms.CharField(
        label="为什么不用报了", max_length=200, error_messages={"required": "请写明为什么不用报了。"}
    )


class CooperationFilterForm(PageForm):
    """配合报送清单的筛选。"""

    STATES = [
        ("", "全部"),
        ("waiting", "待报"),
        ("late", "过了截止没有报"),
        ("filed", "已报"),
        ("standing", "每一期都要的"),
    ]

    state = forms.ChoiceField(label="报了没有", required=False, choices=STATES)
    dept = forms.ModelChoiceField(
        label="部室",
        queryset=Department.objects.none(),
        required=False,
        empty_label=organisation.later("全部部室"),
        to_field_name="slug",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["dept"].queryset = Department.objects.filter(cooperation__isnull=False).distinct()
