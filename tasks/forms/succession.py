"""换人、部室调整的表单：谁换成谁、从哪天起、根据什么；部室的还可以逐项另给别的部室。"""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.forms import BoundField

from departments.models import Department, Leader, User
from yingshang.forms import DateInput

from ..imports.succession import held_by
from ..models import Assignment
from ..models.fields import DATE_RANGE


class SuccessionForm(forms.Form):
    """两种共同的几栏。"""

    fields: dict[str, Any]

    old = forms.ModelChoiceField(label="原来的", queryset=Leader.objects.none(), empty_label="请选择")
    new = forms.ModelChoiceField(label="接替的", queryset=Leader.objects.none(), empty_label="请选择")
    on = forms.DateField(
        label="从哪天起",
        widget=DateInput,
        validators=DATE_RANGE,
        help_text="今天、以前的即时生效；以后的先登记，到那天生效",
    )
    reason = forms.CharField(
        label="根据",
        max_length=200,
        help_text="哪份文件、什么决定",
        error_messages={"required": "请写明根据：哪份文件、什么决定。"},
    )

    def clean(self) -> dict[str, Any]:
        super().clean()
        if self.cleaned_data.get("old") and self.cleaned_data.get("old") == self.cleaned_data.get("new"):
            self.add_error("new", "接替的与原来的是同一个，请另选。")
        return self.cleaned_data

    @property
    def seal(self) -> str:
        """看到的是谁换成谁、从哪天起、怎样换：确认时与看的时候不一样的，再看一遍（换一天，登记的就成了即时生效）。"""
        chosen = (self.cleaned_data.get(name) for name in ("old", "new", "on", "is_gone", "with_accounts"))
        return "-".join(str(getattr(one, "pk", one)) for one in chosen)

    @property
    def is_seen(self) -> bool:
        """要确认的就是看过的那一份；没有写对的，由表单自己说。"""
        return not self.is_valid() or self.data.get("seen") == self.seal


class LeaderSuccessionForm(SuccessionForm):
    """换领导。"""

    is_gone = forms.BooleanField(label="原来的不再在任", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old"].queryset = self.fields["new"].queryset = Leader.objects.filter(is_active=True)
        self.fields["new"].help_text = "名单里没有的，请先在后台“领导”里新增"


class DepartmentSuccessionForm(SuccessionForm):
    """部室的换、并、拆、撤：默认都给接替的一个，拆分的逐项另选。"""

    with_accounts = forms.BooleanField(label="原部室的账户一并转过去", required=False)
    is_gone = forms.BooleanField(label="原部室不再使用", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old"].queryset = self.fields["new"].queryset = Department.objects.active()
        self.fields["new"].help_text = "名单里没有的，请先在后台“部室”里新增"
        self.parts: list[Assignment] = []
        self.rooms: dict[str, Department] = {}
        chosen = str(self.data.get(self.add_prefix("old"), "")) if self.is_bound else ""
        if chosen.isdecimal() and (old := Department.objects.active().filter(pk=chosen[:9]).first()):
            self.offer(old)

    def offer(self, old: Department) -> None:
        """原部室没有办结的各项，各有一个“另给哪个部室”。"""
        self.parts = list(held_by(old).parts)
        self.rooms = {str(room.pk): room for room in Department.objects.active().exclude(pk=old.pk)}
        choices = [("", "给接替的部室"), *((pk, room.name) for pk, room in self.rooms.items())]
        for part in self.parts:
            self.fields[f"part{part.pk}"] = forms.ChoiceField(
                label=f"第{part.measure.number}项 {part.measure.title}", choices=choices, required=False
            )

    @property
    def part_fields(self) -> list[tuple[Assignment, BoundField]]:
        """页面上的各项。"""
        return [(part, self[f"part{part.pk}"]) for part in self.parts]

    @property
    def given(self) -> dict[int, Department]:
        """另给了别的部室的：项次 → 部室。"""
        chosen = {part.pk: self.cleaned_data.get(f"part{part.pk}") for part in self.parts}
        return {pk: self.rooms[room] for pk, room in chosen.items() if room}

    @property
    def seal(self) -> str:
        return ",".join([super().seal, *(f"{pk}:{room.pk}" for pk, room in sorted(self.given.items()))])

    @property
    def accounts(self) -> QuerySet[User]:
        """一并转过去的账户。"""
        found = User.objects.filter(department=self.cleaned_data["old"]).select_related("department", "leader")
        return found if self.cleaned_data["with_accounts"] else found.none()

    @property
    def said(self) -> dict[str, Any]:
        """交给动词的内容。"""
        names = ("old", "new", "on", "reason", "with_accounts", "is_gone")
        return {name: self.cleaned_data[name] for name in names} | {"parts": self.given}
