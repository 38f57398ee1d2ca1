"""核定目标的表单：一项举措一组，类型一栏，目标一行一个。"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.crypto import salted_hmac

from ..models import Measure, Target
from .filters import PageForm

SPARE = "new"  # 末一行空着，要添一个目标时填
ALIKE = 0.6  # 原话像到这样，算同一个目标改了数


class TargetFilterForm(PageForm):
    """核定目标一页：只看待核定的，还是全部；只看一项。"""

    show = forms.ChoiceField(required=False, choices=[("all", "全部")])
    measure = forms.RegexField(r"^\d{1,4}(-\d{1,3})?\Z", required=False)


class TargetForm(forms.ModelForm):
    """一个目标。没有勾的不要。"""

    fields: dict[str, Any]
    note = ""

    keep = forms.BooleanField(label="要", required=False)

    class Meta:
        model = Target
        fields: ClassVar[list[str]] = ["name", "operator", "value", "unit", "strength", "quote"]
        widgets: ClassVar[dict[str, Any]] = {
            "quote": forms.Textarea(attrs={"rows": 2}),
            "value": forms.NumberInput(attrs={"step": "any", "min": 0, "inputmode": "decimal"}),
        }
        error_messages: ClassVar[dict[str, Any]] = {
            "name": {"required": "请写目标的名称。"},
            "value": {"required": "请写目标值。", "invalid": "目标值请只写数字。"},
            "unit": {"required": "请写单位，如“家”“%”。"},
            "quote": {"required": "请从举措原文里逐字摘录这句话。"},
        }

    def __init__(self, *args: Any, is_kept: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["keep"] = is_kept
        if value := self.initial.get("value"):
            self.initial["value"] = _plain(value)
        self.fields["operator"].choices = Target.Operator.choices
        self.fields["strength"].choices = Target.Strength.choices
        self.is_kept = not self.is_bound or "keep" in self._written()
        for field in self.fields.values():
            field.required = field.required and self.is_kept
            field.widget.is_required = False

    def take(self, aim: dict[str, Any], target: Target) -> None:
        """原文改了：照新的那句话填好目标值与原话，名称、由谁报、报过的完成值都还是它的。"""
        now = {"operator": aim["operator"], "value": _plain(aim["value"]), "unit": aim["unit"], "quote": aim["quote"]}
        self.initial.update(now)
        was = f"{target.get_operator_display()}{_plain(target.value)}{target.unit}"
        self.note = f"原文改了：原来是“{was}”，已照新的文字填好，请核对。"

    def _written(self) -> set[str]:
        """交上来而不是空着的各栏。"""
        return {name for name in self.fields if self.data.get(self.add_prefix(name), "").strip()}

    def _post_clean(self) -> None:
        """各栏写得对不对由各栏核对；原话在不在原文里，核定时再看（workflow.settle_targets）。"""

    def clean(self) -> dict[str, Any]:
        """写了一半而没有勾“要”的新目标抛出 ValidationError：不当作没有写。"""
        data = super().clean() or self.cleaned_data
        if self.prefix and self.prefix.endswith(SPARE) and not self.is_kept and self._written() & {"name", "value"}:
            raise ValidationError("写了新目标而没有勾“要”，请勾上，或把写的删去。")
        return data

    @property
    def columns(self) -> list[forms.BoundField]:
        """页上依次的各栏；“要”另排在前面。"""
        return [self[name] for name in self.Meta.fields]

    @property
    def is_started(self) -> bool:
        """交上来时写了的：放回来要展开。"""
        return self.is_bound and bool(self._written() - {"operator", "strength"})

    @property
    def settled(self) -> dict[str, Any]:
        """交给 workflow 的各栏。"""
        return {name: self.cleaned_data[name] for name in self.Meta.fields}


class MeasureTargetsForm(forms.Form):
    """一项举措的类型与各个目标：核定了的、提出来待核定的、空着的一行。"""

    kind = forms.ChoiceField(label="类型", choices=Measure.Kind.choices)
    seen = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, measure: Measure, data: Any = None) -> None:
        self.measure, self.has_proposals = measure, bool(measure.aims)
        initial = {"kind": proposed_kind(measure), "seen": fingerprint(measure)}
        super().__init__(data, prefix=f"m{measure.pk}", initial=initial)
        self.now = initial["seen"]  # 核对填的之前取：核对时各行已照填的改
        self.targets = list(self._rows(data))

    def _rows(self, data: Any) -> Iterator[TargetForm]:
        key = f"m{self.measure.pk}"
        kept, aims = list(self.measure.targets.all()), dict(enumerate(self.measure.aims))
        for target in kept:
            row = TargetForm(data, prefix=f"{key}-t{target.pk}", instance=target)
            if target.quote not in self.measure.text and (n := _instead_of(target, aims)) is not None:
                row.take(aims.pop(n), target)
            yield row
        for n, aim in aims.items():
            yield TargetForm(data, prefix=f"{key}-p{n}", initial=dict(aim))
        yield TargetForm(data, prefix=f"{key}-{SPARE}", is_kept=False)

    def show_now(self) -> None:
        """别人先改了的，放回来时认现在的样子：看过以后再交即可。"""
        data: Any = self.data.copy()  # type: ignore[attr-defined]  # 交上来的都是 QueryDict
        data[self.add_prefix("seen")] = self.now
        self.data = data

    @property
    def listed(self) -> list[TargetForm]:
        """核定了的与提出来的各行。"""
        return self.targets[:-1]

    @property
    def spare(self) -> TargetForm:
        """空着的一行。"""
        return self.targets[-1]

    def is_valid(self) -> bool:
        """各行都合格。"""
        return all([super().is_valid(), *(row.is_valid() for row in self.targets)])

    @property
    def mistakes(self) -> list[tuple[str, str]]:
        """错在哪里：（那一栏的编号，一句话）。"""
        found = [(f"h-{self.prefix}", str(error)) for error in self.non_field_errors()]
        for form in (self, *self.targets):
            for field in form:
                found += [(field.id_for_label, f"{field.label}：{error}") for error in field.errors]
        found += [(row["name"].id_for_label, str(e)) for row in self.targets for e in row.non_field_errors()]
        return [(where, f"第{self.measure.number}项：{said}") for where, said in found]

    @property
    def settled(self) -> dict[str, Any]:
        """交给 workflow 的核定内容：类型，要的各个目标（编号，没有的为 None；各栏）。"""
        kept = [(row.instance.pk, row.settled) for row in self.targets if row.is_kept]
        return {"kind": self.cleaned_data["kind"], "targets": kept, "seen": self.cleaned_data["seen"]}


def _plain(value: Any) -> str:
    """100.00 写成 100。"""
    return f"{Decimal(value).normalize():f}"


def _instead_of(target: Target, aims: Mapping[int, dict[str, Any]]) -> int | None:
    """提出来的目标里，哪一个是原文改了以后的它：单位一样、原话最像（六成以上）的；没有为 None。"""
    alike = {
        n: SequenceMatcher(None, target.quote, a["quote"]).ratio() for n, a in aims.items() if a["unit"] == target.unit
    }
    best = max(alike, key=lambda n: alike[n], default=None)
    return best if best is not None and alike[best] >= ALIKE else None


def proposed_kind(measure: Measure) -> str:
    """提议的类型：核定过的照旧；提出了目标的是指标类，写了时限的是节点类。"""
    if measure.kind_is_confirmed or measure.kind != Measure.Kind.ROUTINE:
        return measure.kind
    if measure.aims:
        return Measure.Kind.INDICATOR
    return Measure.Kind.MILESTONE if measure.deadline else measure.kind


def fingerprint(measure: Measure) -> str:
    """打开这一页时的样子：其间别人核定过的，看得出来。"""
    targets = [(t.pk, t.name, t.operator, f"{t.value:f}", t.unit, t.strength, t.quote) for t in measure.targets.all()]
    said = repr((measure.kind, measure.kind_is_confirmed, measure.text, measure.aims, targets))
    return salted_hmac("tasks.forms.target.seen", said).hexdigest()
