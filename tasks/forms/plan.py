"""方案的表单：收尾时各项的去向。"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BoundField

from ..imports.closing import Wanted
from ..models import Measure, MeasureFate, Plan

K = MeasureFate.Kind


@dataclass(frozen=True)
class FateRow:
    """一项要定去向的，连同它的几栏。"""

    measure: Measure
    fields: list[BoundField]


class PlanClosingForm(forms.Form):
    """没有办结的各项，逐项定去向。`must` 为真时（转入收尾）每一项都要定，否则（收尾期间）空着的照旧。"""

    def __init__(
        self, *args: Any, measures: Sequence[Measure], plans: Sequence[Plan], must: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.measures, self.plans, self.must = measures, {str(plan.pk): plan for plan in plans}, must
        kinds = [("", "请选择" if must else "不变")] + [c for c in K.choices if must or c[0] != K.CARRIED]
        if not plans:
            kinds = [c for c in kinds if c[0] != K.HANDED]
        offered = [("", "请选择"), *((pk, plan.title) for pk, plan in self.plans.items())]
        for measure in measures:
            self.fields |= self._fields(f"m{measure.pk}-", kinds, offered)

    def _fields(self, head: str, kinds: list, offered: list) -> dict[str, forms.Field]:
        """一项的几栏；没有别的方案可移交的，不问移交给谁。"""
        found: dict[str, forms.Field] = {
            "kind": forms.ChoiceField(
                label="去向", choices=kinds, required=self.must, error_messages={"required": "请选这一项的去向。"}
            ),
            "plan": forms.ChoiceField(label="交给哪份方案", choices=offered, required=False),
            "number": forms.CharField(label="由第几项接办", max_length=10, required=False),
            "reason": forms.CharField(label="理由", max_length=500, required=False),
        }
        notes = {"plan": "移交的填", "number": "移交的填", "reason": "终止的必须写"}
        for name, note in notes.items():
            found[name].optional_note = note  # type: ignore[attr-defined]  # 模板印在叫法旁边
        return {head + name: field for name, field in found.items() if self.plans or name not in ("plan", "number")}

    @property
    def rows(self) -> list[FateRow]:
        """页面上的各项。"""
        names = list(self.fields)
        return [FateRow(m, [self[name] for name in names if name.startswith(f"m{m.pk}-")]) for m in self.measures]

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        found = self._receivers(data)
        self.wanted: list[Wanted] = []
        for measure in self.measures:
            kind, plan, number, reason = (
                data.get(f"m{measure.pk}-{n}", "") for n in ("kind", "plan", "number", "reason")
            )
            to = found.get((plan, number)) if kind == K.HANDED else None
            if fault := self._fault(kind, plan, number, reason, to):
                self.add_error(f"m{measure.pk}-{fault[0]}", fault[1])
            elif kind:
                self.wanted.append(Wanted(measure, kind, to, reason))
        return data

    def _fault(self, kind: str, plan: str, number: str, reason: str, to: Measure | None) -> tuple[str, str] | None:
        """这一项哪一栏没有写对，怎么写。"""
        if kind == K.ENDED and not reason:
            return "reason", "终止必须写明理由。"
        if kind != K.HANDED or to:
            return None
        if not plan:
            return "plan", "请选移交给哪份方案。"
        if not number:
            return "number", "请写由它的第几项接办，只写序号，如 8 或 8-1。"
        return "number", f"《{self.plans[plan].title}》没有第{number}项，请到那份方案的“全部举措”核对序号。"

    def _receivers(self, data: dict[str, Any]) -> dict[tuple[str, str], Measure]:
        """（方案，序号）→ 那一项；一次查齐。"""
        numbers = {str(data.get(f"m{m.pk}-number") or "") for m in self.measures}
        rows = (
            Measure.objects.in_force().filter(plan__in=self.plans.values(), number__in=numbers).select_related("plan")
        )
        return {(str(row.plan_id), row.number): row for row in rows}
