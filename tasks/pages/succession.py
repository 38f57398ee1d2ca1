"""换人、部室调整的一页：先看清要动哪些，再确认。"""

from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from ..forms import DepartmentSuccessionForm, LeaderSuccessionForm
from ..imports import succession
from ..models import Plan


@dataclass(frozen=True)
class PlanMoves:
    """一份方案里要动的：各项一行（项、由谁改为谁）。"""

    plan: Plan
    lines: list[tuple[str, str]]


@dataclass
class Preview:
    """要动的全部。"""

    plans: list[PlanMoves] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    waits: str = ""

    @property
    def is_empty(self) -> bool:
        return not self.plans and not self.others


def of_leader(form: LeaderSuccessionForm) -> Preview:
    """各份方案里这位领导牵头的各项。"""
    old, new = form.cleaned_data["old"], form.cleaned_data["new"]
    lines = [
        (measure.plan, f"第{measure.number}项 {measure.title}", f"{old}→{new}") for measure in succession.led_by(old)
    ]
    return Preview(plans=_by_plan(lines))


def of_department(form: DepartmentSuccessionForm) -> Preview:
    """没有办结的各项给谁；没有办完的问题、批示、协调、汇总各几件，账户几个。"""
    old, new, given = form.cleaned_data["old"], form.cleaned_data["new"], form.given
    held = succession.held_by(old)
    lines = [
        (p.measure.plan, f"第{p.measure.number}项 {p.measure.title}", f"{old}→{given.get(p.pk, new)}")
        for p in form.parts
    ]
    counts = (
        (held.problems.count(), "件没有销号的问题"),
        (held.instructions.count(), "条没有回复的批示"),
        (held.coordination.count(), "件没有答复的协调事项"),
        (held.cooperation.count(), "份请它报的配合情况"),
        (held.summaries.count(), "项由它汇总"),
        (form.accounts.count(), "个账户"),
    )
    others = [f"{n} {what}" for n, what in counts if n]
    return Preview(_by_plan(lines), others, succession.what_waits(held))


def _by_plan(lines: list[tuple[Plan, str, str]]) -> list[PlanMoves]:
    return [
        PlanMoves(plan, [(name, said) for _, name, said in mine]) for plan, mine in groupby(lines, lambda row: row[0])
    ]


def page(form: Any, kind: str, preview: Preview | None = None) -> dict:
    """一页要的全部。"""
    return {"form": form, "kind": kind, "preview": preview}
