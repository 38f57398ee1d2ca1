"""一期关闭时记下的：阈值、类型、时限、目标、谁牵头、漏了哪几期、问题的分层与期限。

关闭时照当时的样子记一次，重新开放即作废，再关闭时重记。没有记过的（这张表有之前关闭的）仍读现在的值。
各举措的那一份只有从头判一遍时才读（`judging`）；页面只读阈值与问题两样。
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import BigIntegerField, Case, CharField, DateField, F, Field, Value, When

from departments.models import Department
from yingshang import dates

from ..models import Assignment, Judgement, Measure, MeasureLeader, PeriodBasis, Plan, Problem, ReportingPeriod, Target

SETTINGS = ("starts_on", "ends_on", "yellow_gap", "red_gap", "soon_days")
SETTLED = ("kind", "start_on", "due_on")
GOAL = ("name", "operator", "unit", "strength")
ABOUT_PROBLEM = ("level", "category", "due_on", "status")


@dataclass(frozen=True)
class Judged:
    """一项举措关闭时的样子。`parts` 为项次 → 当时连续漏报的各期。"""

    kind: str
    start_on: dt.date | None
    due_on: dt.date | None
    leaders: list[int]
    parts: dict[int, list[int]]
    targets: list[Target]


@dataclass
class Basis:
    """读出来的依据。没有记过的一期是空的：`settings` 为空，别的也查不到。"""

    settings: dict[str, Any] = field(default_factory=dict)
    measures: dict[int, Judged] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.settings)


def of(period: ReportingPeriod) -> Basis:
    """一期关闭时记下的判灯依据；没有关闭的、没有记过的是空的，照现在的值判。"""
    row = PeriodBasis.objects.filter(period=period).first() if period.closed_at else None
    if row is None:
        return Basis()
    return Basis(_settings(row.settings), {int(pk): _judged(pk, found) for pk, found in row.facts.items()})


@dataclass(frozen=True)
class Kept:
    """关闭时记下的，页面要的两样：阈值与序时起止，没有销号的问题。没有关闭的、没有记过的都是空的。"""

    settings: dict[str, Any] = field(default_factory=dict)
    problems: dict[str, dict[str, Any]] = field(default_factory=dict)


def kept(period: ReportingPeriod | None) -> Kept:
    """一期关闭时记下的阈值与问题（各举措的那一份大，不读）。"""
    if period is None or period.closed_at is None:
        return Kept()
    row = PeriodBasis.objects.filter(period=period).values_list("settings", "problems").first()
    return Kept(_settings(row[0]), row[1]) if row else Kept()


def settings_of(plan: Plan) -> dict[str, Any]:
    """方案现在的阈值与序时起止。"""
    return {name: getattr(plan, name) for name in SETTINGS}


def problems_then(kept: Mapping[str, dict[str, Any]]) -> dict[str, Case]:
    """SQL（问题）：关闭时（`Kept.problems`）的分层、分类、期限、状态与责任部室（编号），名称加“_then”；没有记过的用现在的。"""
    fields: dict[str, Field] = dict.fromkeys(ABOUT_PROBLEM, CharField()) | {
        "due_on": DateField(),
        "department": BigIntegerField(),
    }
    return {f"{name}_then": _then(kept, name, kind) for name, kind in fields.items()}


def _then(kept: Mapping[str, Mapping[str, Any]], name: str, kind: Field) -> Case:
    groups = defaultdict(list)
    for pk, then in kept.items():
        groups[dates.stored(then[name]) if name == "due_on" else then[name]].append(int(pk))
    whens = [When(pk__in=pks, then=Value(value, output_field=kind)) for value, pks in groups.items()]
    return Case(*whens, default=F(name), output_field=kind)


def set_back(problems: Iterable[Problem]) -> list[Problem]:
    """把带着“_then”的各件问题换成那一刻的样子（只在内存里）。"""
    rows: list[Any] = list(problems)  # “_then”各列是 SQL 添上的，模型上没有
    departments: dict[int, Department] = {}
    if any(row.department_then != row.department_id for row in rows):
        departments = Department.objects.in_bulk()
    for row in rows:
        for name in ABOUT_PROBLEM:
            setattr(row, name, getattr(row, f"{name}_then"))
        row.department = departments.get(row.department_then, row.department)
    return rows


def keep(period: ReportingPeriod) -> None:
    """记下这一期的依据，照关闭那一刻在方案里的各项；漏了哪几期照已经存下的判定。只取要记的几栏，不读整行。"""
    settings = {name: getattr(period.plan, name) for name in SETTINGS}
    unsettled = Problem.objects.filter(plan=period.plan, created_at__lte=period.closed_at).unsettled()
    problems = {row.pop("pk"): row for row in unsettled.values("pk", "department", *ABOUT_PROBLEM)}
    kept = {"settings": settings, "facts": _facts(period), "problems": problems}
    PeriodBasis.objects.update_or_create(period=period, defaults=kept)


def drop(period: ReportingPeriod) -> None:
    """重新开放：依据作废，账又是活的。"""
    PeriodBasis.objects.filter(period=period).delete()


def _facts(period: ReportingPeriod) -> dict[int, dict[str, Any]]:
    """举措 → 类型、时限、谁牵头、漏了哪几期、目标。"""
    measures = Measure.objects.in_force().filter(plan=period.plan)
    facts: dict[int, dict[str, Any]] = {
        row.pop("pk"): {**row, "leaders": [], "parts": [], "targets": []}
        for row in measures.order_by("position", "pk").values("pk", *SETTLED)
    }
    links = MeasureLeader.objects.filter(measure__in=measures).order_by("order", "pk")
    for measure, leader in links.values_list("measure", "leader"):
        facts[measure]["leaders"].append(leader)
    missed = dict(Judgement.objects.on(period, dt.date.min).values_list("assignment", "missed"))
    parts = Assignment.objects.filter(measure__in=measures, ended_in=None).order_by("order", "pk")
    for measure, pk in parts.values_list("measure", "pk"):
        facts[measure]["parts"].append([pk, missed.get(pk, [])])
    targets = Target.objects.filter(measure__in=measures)
    for row in targets.values("measure", "id", "department_id", "value", *GOAL):
        facts[row.pop("measure")]["targets"].append(row)
    return facts


def _settings(kept: Mapping[str, Any]) -> dict[str, Any]:
    return {k: dates.stored(v) if k in ("starts_on", "ends_on") else v for k, v in kept.items()}


def _judged(pk: str, row: dict[str, Any]) -> Judged:
    targets = [Target(**{**t, "value": Decimal(t["value"]), "measure_id": int(pk)}) for t in row["targets"]]
    parts = dict(row["parts"])
    return Judged(
        row["kind"], dates.stored(row["start_on"]), dates.stored(row["due_on"]), row["leaders"], parts, targets
    )
