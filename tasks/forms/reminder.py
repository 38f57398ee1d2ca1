"""催办的表单：勾哪几件、对各部室说什么、发在工作群里的一整段。"""

from typing import Any

from django import forms

from departments.models import Department

from ..figures.owed import OwedItem

TEXT_MAX = 4000


class ReminderForm(forms.Form):
    """`owed` 为欠着的各件（owed.OwedItem）。各部室一栏催办语，另有一整段。

    `shown` 记着催办语是照哪几件写的：勾选变了而催办语没有跟着变，就不记录，先照新的勾选写一遍。
    `was_…` 记着照写的原文：与它不同的就是办公室改过的，任何时候都不丢。
    """

    fields: dict[str, Any]

    items = forms.MultipleChoiceField(label="催办事项", error_messages={"required": "请至少勾选一件。"})
    shown = forms.CharField(required=False, widget=forms.HiddenInput, max_length=100_000)
    group = forms.CharField(
        label="发到工作群的话", required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 14})
    )

    def __init__(self, *args: Any, owed: list[OwedItem], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owed = {item.key: item for item in owed}
        self.fields["items"].choices = [(key, item.name) for key, item in self.owed.items()]
        self.fields["was_group"] = _hidden()
        self.departments = list(dict.fromkeys(item.department for item in owed))
        for department in self.departments:
            self.fields[self.name_of(department)] = forms.CharField(
                label=f"给{department}的话",
                required=False,
                max_length=TEXT_MAX,
                widget=forms.Textarea(attrs={"rows": 6}),
            )
            self.fields[f"was_{self.name_of(department)}"] = _hidden()

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
        picked = [(d, [i for i in self.owed.values() if i.key in keys and i.department == d]) for d in self.departments]
        return [(department, items) for department, items in picked if items]

    @property
    def texts(self) -> dict:
        """部室 → 催办语。"""
        return {d: self.cleaned_data.get(self.name_of(d), "") for d in self.departments}


def _hidden() -> forms.CharField:
    """照写的原文：只用来比有没有改过，不核对内容。"""
    return forms.CharField(required=False, widget=forms.HiddenInput, strip=False)
