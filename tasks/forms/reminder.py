"""催办的表单：勾哪几件、对各部室说什么、发在工作群里的一整段。"""

import zlib
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django import forms

from departments.models import Department

from ..figures.owed import OwedItem
from .filters import FilterForm

TEXT_MAX = 4000
REST = "rest"


class ReminderFilterForm(FilterForm):
    """看哪一个部室、第几页；从总览的“未报”来的，只先勾上报送（`kind`）。"""

    dept = forms.ModelChoiceField(
        label="部室", queryset=Department.objects.none(), required=False, to_field_name="slug"
    )
    kind = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)
    page = forms.IntegerField(required=False, min_value=1, max_value=100_000, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["dept"].queryset = Department.objects.all()


@dataclass
class ReminderGroup:
    """一个部室的勾选框：`listed` 逐件一个；件数多、没有逐件列出的（`rest`）合成一个，今天催过的不在内（`skipped` 件）。"""

    department: Department
    listed: list[OwedItem]
    rest: list[OwedItem] = field(default_factory=list)
    skipped: int = 0

    @classmethod
    def of(cls, department: Department, items: list[OwedItem], listed: Collection[str]) -> "ReminderGroup":
        """`listed` 是逐件列出的（OwedItem.key）。"""
        hidden = [item for item in items if item.key not in listed]
        rest = [item for item in hidden if item.is_pressing]
        return cls(department, [i for i in items if i.key in listed], rest, len(hidden) - len(rest))

    @property
    def rest_key(self) -> str:
        """合成一个的那个勾选框的值。"""
        return f"{REST}-{self.department.pk}"

    @property
    def boxes(self) -> list[tuple[str, str]]:
        """（值，名称）。"""
        found = [(item.key, item.name) for item in self.listed]
        return [*found, (self.rest_key, f"其余 {len(self.rest)} 件")] if self.rest else found

    @property
    def seal(self) -> str:
        """合成一个的是哪几件：几件、内容的校验值。其间有报送、办结的，就对不上。"""
        keys = " ".join(item.key for item in self.rest)
        return f"{self.rest_key}-{len(self.rest)}-{zlib.crc32(keys.encode()):08x}"

    def picked(self, keys: Collection[str]) -> list[OwedItem]:
        """勾了的各件。"""
        return [i for i in self.listed if i.key in keys] + (self.rest if self.rest_key in keys else [])


class ReminderForm(forms.Form):
    """`groups` 为这一页上的各部室。各部室一栏催办语，另有一整段。

    `listed` 记着这一页逐件列出了哪几件（其余的合成一个勾）；`shown` 记着催办语是照哪几件写的：勾选变了而催办语没有跟着变，就不记录，先照新的勾选写一遍。
    `was_…` 记着照写的原文：与它不同的就是办公室改过的，任何时候都不丢。
    """

    fields: dict[str, Any]

    items = forms.MultipleChoiceField(label="催办事项", error_messages={"required": "请至少勾选一件。"})
    shown = forms.CharField(required=False, widget=forms.HiddenInput, max_length=100_000)
    listed = forms.CharField(required=False, widget=forms.HiddenInput, max_length=100_000)
    group = forms.CharField(
        label="发到工作群的话", required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 14})
    )

    robot = forms.BooleanField(required=False)

    def __init__(self, *args: Any, groups: list[ReminderGroup], robots: Collection[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.groups = groups
        if not robots:
            del self.fields["robot"]
        else:
            self.fields["robot"].label = f"同时由机器人发到{'、'.join(robots)}"
        self.fields["items"].choices = [box for group in groups for box in group.boxes]
        self.fields["was_group"] = _hidden()
        for department in (group.department for group in groups):
            self.fields[self.name_of(department)] = forms.CharField(
                label=f"给{department}的话",
                required=False,
                max_length=TEXT_MAX,
                widget=forms.Textarea(attrs={"rows": 6}),
            )
            self.fields[f"was_{self.name_of(department)}"] = _hidden()

    @property
    def to_robots(self) -> bool:
        """勾了“发到工作群”。"""
        return bool(self.cleaned_data.get("robot"))

    @staticmethod
    def name_of(department: Department) -> str:
        """这个部室的催办语的字段名。"""
        return f"text_{department.pk}"

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        for department, _ in self.chosen:
            if not data.get(self.name_of(department), "").strip():
                self.add_error(self.name_of(department), f"给{department}的催办语是空的，请写好，或去掉这个部室的勾。")
        return data

    @property
    def originals(self) -> list:
        """照写的原文各栏（不显示）。"""
        return [self[name] for name in self.fields if name.startswith("was_")]

    @property
    def chosen(self) -> list[tuple]:
        """勾了的，按部室：[(部室, [事, …])]。"""
        keys = set(self.cleaned_data.get("items", ()))
        picked = [(group.department, group.picked(keys)) for group in self.groups]
        return [(department, items) for department, items in picked if items]

    @property
    def texts(self) -> dict:
        """部室 → 催办语。"""
        return {g.department: self.cleaned_data.get(self.name_of(g.department), "") for g in self.groups}


def _hidden() -> forms.CharField:
    """照写的原文：只用来比有没有改过，不核对内容。"""
    return forms.CharField(required=False, widget=forms.HiddenInput, strip=False)
