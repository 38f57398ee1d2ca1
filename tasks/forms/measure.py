"""举措的核定、定灯、筛选。"""

from collections.abc import Iterable
from functools import partial
from typing import Any

from django import forms

from departments import organisation
from departments.models import Department, Leader
from yingshang import stamp
from yingshang.forms import DateInput, SegRadioSelect
from yingshang.tables.normalising import quoted

from ..models import ManualLight, Measure
from .filters import FilterForm


class MeasureFilterForm(FilterForm):
    """举措清单与总览的筛选。"""

    SORTS = [
        ("number", "按序号"),
        ("light", "红黄在前"),
        ("leader", "按领导"),
        ("department", organisation.later("按部室")),
    ]
    LIGHTS = [
        ("", "全部灯"),
        ("red", "红灯"),
        ("yellow", "黄灯"),
        ("green", "绿灯"),
        ("done", "已完成"),
        ("not_started", "未启动"),
    ]
    REPORTS = [
        ("", "全部报送"),
        ("missing", "未报"),
        ("draft", "草稿"),
        ("returned", "已退回"),
        ("submitted", "待审核"),
        ("approved", "已通过"),
    ]

    q = forms.CharField(label="搜索", required=False, max_length=50)
    lead = forms.ModelChoiceField(
        label="牵头领导", queryset=Leader.objects.none(), required=False, empty_label="全部领导", to_field_name="called"
    )
    dept = forms.ModelChoiceField(
        label="牵头部室",
        queryset=Department.objects.none(),
        required=False,
        empty_label=organisation.later("全部部室"),
        to_field_name="slug",
    )
    kind = forms.ChoiceField(label="类型", required=False, choices=[("", "全部类型"), *Measure.Kind.choices])
    light = forms.ChoiceField(label="灯", required=False, choices=LIGHTS)
    report = forms.ChoiceField(label="报送", required=False, choices=REPORTS)
    sort = forms.ChoiceField(label="排序", required=False, choices=SORTS)
    page = forms.IntegerField(required=False, min_value=1, max_value=100_000, widget=forms.HiddenInput)

    def __init__(self, *args: Any, state: str = "", **kwargs: Any) -> None:
        """`state` 是库的记号：没有变，可选的领导、部室就不再取一遍；不给的每次都取。"""
        super().__init__(*args, **kwargs)
        self.fields["lead"].queryset = Leader.objects.filter(measure_links__isnull=False).distinct()
        self.fields["dept"].queryset = Department.objects.all()
        for name in ("lead", "dept") if state else ():
            field = self.fields[name]
            field.choices = stamp.once(f"options:{name}", state, partial(_options, field.choices))


class MeasurePageForm(FilterForm):
    """举措页的网址参数：办理过程只看进展、翻到第几页（不翻的只列最近几件），各部室的部分看哪一期。"""

    page = forms.IntegerField(required=False, min_value=1, max_value=100_000)
    events = forms.ChoiceField(required=False, choices=[("progress", "只看进展")])
    joint_period = forms.SlugField(required=False, max_length=20)


class ManualLightForm(forms.ModelForm):
    fields: dict[str, Any]

    class Meta:
        model = ManualLight
        fields = ["level", "reason"]
        widgets = {"level": SegRadioSelect, "reason": forms.TextInput}
        error_messages = {"reason": {"required": "定灯必须写明理由。"}}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["level"].choices = ManualLight.Level.choices


class MeasureSettingsForm(forms.ModelForm):
    """办公室核定：文件没有规定、要由办公室定的几样。`is_late` 为真时要勾“仍要”。"""

    fields: dict[str, Any]

    even_late = forms.BooleanField(label="时限已过，仍要这样定", required=False)
    reason = forms.CharField(
        label="改完成时限的理由",
        required=False,
        max_length=300,
        help_text="改的是原定时限，序时进度从新的时限算。要给部室延期的走“延期审批”，原定时限一直保留。",
    )
    is_late = False

    class Meta:
        model = Measure
        fields = ["kind", "start_on", "due_on", "summary_department"]
        widgets = {"kind": SegRadioSelect, "start_on": DateInput, "due_on": DateInput}
        help_texts = {
            "kind": "指标类看完成值，节点类看进度，常态类看是否按期报送。",
            "start_on": "空着表示随方案印发即启动。",
            "due_on": "空着表示文件未规定，判灯时按年底算序时进度，不判到期。",
            "summary_department": "共同牵头时由谁汇总；空着表示未指定。",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = Measure.Kind.choices
        if not self.instance.due_on:
            del self.fields["reason"]
        leading = [a.department for a in self.instance.assignments.filter(ended_in=None).select_related("department")]
        self.fields["summary_department"].queryset = self.fields["summary_department"].queryset.filter(
            pk__in=[d.pk for d in leading]
        )
        self.fields["summary_department"].empty_label = "未指定"
        self.targets = list(self.instance.targets.all())
        for target in self.targets:
            field = forms.ModelChoiceField(
                label=f"{quoted(target.name)}由谁填报",
                queryset=self.fields["summary_department"].queryset,
                required=False,
                initial=target.department_id,
                empty_label=organisation.later("各牵头部室都可以报"),
            )
            self.fields[f"target_{target.pk}"] = field

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        start, due = data.get("start_on"), data.get("due_on")
        if start and due and due <= start:
            self.add_error("due_on", "完成时限须晚于计划启动日期。")
        return data

    @property
    def settled(self) -> dict:
        """交给 workflow 的核定内容。"""
        fields = {name: self.cleaned_data[name] for name in self.Meta.fields}
        owners = {t: self.cleaned_data[f"target_{t.pk}"] for t in self.targets}
        late, reason = self.cleaned_data["even_late"], self.cleaned_data.get("reason", "")
        return {"fields": fields, "target_owners": owners, "even_late": late, "reason": reason}

    @property
    def shown(self) -> list:
        """页面上要印的各栏；理由紧跟完成时限，“仍要”只在时限已过时亮出来。"""
        rows = {field.name: field for field in self}
        first = [name for name in self.Meta.fields if name != "summary_department"]
        names = [*first, *(["reason"] if "reason" in rows else []), "summary_department"]
        return [rows[name] for name in names] + [rows[name] for name in rows if name.startswith("target_")]


def _options(choices: Iterable[tuple[Any, str]]) -> list[tuple[str, str]]:
    """下拉里的各项，取成字。"""
    return [(str(value), label) for value, label in choices]
