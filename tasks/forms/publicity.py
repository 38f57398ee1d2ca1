"""对外宣传的表单：筛选已通过的报送，写对外的文字。"""

import re
from typing import Any

from django import forms

from departments import organisation
from departments.models import Department
from yingshang.forms import SegRadioSelect

from ..models import Plan, PublicItem, ReportingPeriod
from ..models.fields import TEXT_MAX
from .filters import FilterForm

# 手机号、身份证号：个人信息不得对外公开。
PERSONAL = re.compile(r"(?<!\d)(1[3-9]\d{9}|\d{17}[\dXx])(?!\d)")


class PublicityFilterForm(FilterForm):
    """从哪些已通过的报送里选。"""

    STATES = [
        ("", "不论是否公开"),
        ("none", "没有公开过"),
        ("news", "进展成效"),
        ("practice", "经验做法"),
        ("withdrawn", "已撤下"),
    ]

    q = forms.CharField(label="搜索", required=False, max_length=50)
    period = forms.ModelChoiceField(
        label="报送期",
        queryset=ReportingPeriod.objects.none(),
        required=False,
        empty_label="各期",
        to_field_name="slug",
    )
    dept = forms.ModelChoiceField(
        label="牵头部室",
        queryset=Department.objects.none(),
        required=False,
        empty_label=organisation.later("全部部室"),
        to_field_name="slug",
    )
    state = forms.ChoiceField(label="对外公开", required=False, choices=STATES)
    page = forms.IntegerField(required=False, min_value=1, max_value=100_000, widget=forms.HiddenInput)

    def __init__(self, *args: Any, plan: Plan | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        opened = ReportingPeriod.objects.filter(plan=plan).opened()
        self.fields["period"].queryset = opened.order_by("-starts_on")
        self.fields["dept"].queryset = Department.objects.all()


class PublicItemForm(forms.Form):
    """对外的文字与类别。"""

    category = forms.ChoiceField(
        label="类别", choices=PublicItem.Category.choices, initial=PublicItem.Category.NEWS, widget=SegRadioSelect
    )
    wording = forms.CharField(
        label="对外文字",
        max_length=TEXT_MAX,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="写给企业和群众看的。不写人名、电话，不写没有公开的数字。",
        error_messages={"required": "请写对外的文字：报送原文是内部材料，不直接公开。"},
    )

    def clean_wording(self) -> str:
        wording = self.cleaned_data["wording"]
        if PERSONAL.search(wording):
            raise forms.ValidationError("文字里像是有手机号或身份证号。个人信息不能对外公开，请删去。")
        return wording
