"""一期关闭时的判灯依据：阈值、类型、时限、目标、谁牵头、漏了哪几期、问题的分层与期限。

关闭时照当时的样子记一次，此后看这一期都读这里：随后的核定、改阈值、方案修订、调整问题都不再改它。
重新开放即作废，再关闭时重记。没有记过的（这张表有之前关闭的）仍读现在的值。
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from django.db.models import BigIntegerField, Case, CharField, DateField, F, Field, Q, Value, When

from departments.models import Department
from yingshang import dates

from ..models import Assignment, Measure, PeriodBasis, Plan, Problem, ReportingPeriod, Target
from ..models.assignment import held_at

SETTINGS = ("starts_on", "ends_on", "yellow_gap", "red_gap", "soon_days")
SETTLED = ("kind", "start_on", "due_on")
GOAL = ("name", "operator", "unit", "strength")
ABOUT_PROBLEM = ("level", "category", "due_on", "status")


class Books(Protocol):
    """一期的台账（`ledger.Ledger`），只说记依据时要问它的几样：台账自己也读依据，不能反过来引用它。"""

    plan: Plan

    @property
    def measures(self) -> list[Measure]: ...
    @property
    def assignments(self) -> Mapping[int, list[Assignment]]: ...
    def missed_by(self, assignment: Assignment) -> list[ReportingPeriod]: ...
    def targets_of(self, measure_id: int) -> list[Target]: ...


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
    problems: dict[int, dict[str, Any]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.settings)

    @property
    def parts(self) -> list[int]:
        """当时现行的项次。"""
        return [pk for judged in self.measures.values() for pk in judged.parts]

    def due_of_measures(self) -> Case:
        """SQL（责任分工）：举措当时的时限；没有记过的用现在的。"""
        groups = defaultdict(list)
        for pk, judged in self.measures.items():
            groups[judged.due_on].append(pk)
        return _case(groups, "measure", "measure__due_on", DateField())

    def problems_then(self) -> dict[str, Case]:
        """SQL（问题）：当时的分层、分类、期限、状态与责任部室（编号），名称加“_then”；没有记过的用现在的。"""
        fields: dict[str, Field] = dict.fromkeys(ABOUT_PROBLEM, CharField()) | {
            "due_on": DateField(),
            "department": BigIntegerField(),
        }
        return {f"{name}_then": self._of_problems(name, kind) for name, kind in fields.items()}

    def _of_problems(self, name: str, kind: Field) -> Case:
        groups = defaultdict(list)
        for pk, then in self.problems.items():
            groups[then[name]].append(pk)
        return _case(groups, "pk", name, kind)

    def in_force(self, until: dt.datetime, path: str = "") -> Q:
        """当时还在方案里的项次；没有记过的按终止、退出的时间算。"""
        if self:
            return Q(**{f"{path}in" if path else "pk__in": self.parts})
        return held_at(until, path)


def _case(groups: Mapping[Any, list[int]], path: str, default: str, kind: Field) -> Case:
    whens = [When(**{f"{path}__in": pks}, then=Value(value, output_field=kind)) for value, pks in groups.items()]
    return Case(*whens, default=F(default), output_field=kind)


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


def keep(period: ReportingPeriod, ledger: Books) -> None:
    """记下这一期的依据。`ledger` 是这一期关闭那一刻的台账。"""
    settings = {name: getattr(ledger.plan, name) for name in SETTINGS}
    measures = {measure.pk: _measure(measure, ledger) for measure in ledger.measures}
    unsettled = Problem.objects.filter(plan=ledger.plan, created_at__lte=period.closed_at).unsettled()
    problems = {row.pop("pk"): row for row in unsettled.values("pk", "department", *ABOUT_PROBLEM)}
    facts = {"settings": settings, "measures": measures, "problems": problems}
    PeriodBasis.objects.update_or_create(period=period, defaults={"facts": facts})


def drop(period: ReportingPeriod) -> None:
    """重新开放：依据作废，账又是活的。"""
    PeriodBasis.objects.filter(period=period).delete()


def of(periods: Iterable[ReportingPeriod]) -> dict[int, Basis]:
    """报送期（编号）→ 依据，只有记过的，一次查询。"""
    closed = [p.pk for p in periods if p.closed_at]
    return {row.period_id: _read(row.facts) for row in PeriodBasis.objects.filter(period__in=closed)} if closed else {}


def _measure(measure: Measure, ledger: Books) -> dict[str, Any]:
    judged = {name: getattr(measure, name) for name in SETTLED}
    judged["leaders"] = [link.leader_id for link in measure.leader_links.all()]
    judged["parts"] = [[a.pk, [p.pk for p in ledger.missed_by(a)]] for a in ledger.assignments[measure.pk]]
    judged["targets"] = [
        {name: getattr(t, name) for name in ("id", "department_id", "value", *GOAL)}
        for t in ledger.targets_of(measure.pk)
    ]
    return judged


def _read(facts: dict[str, Any]) -> Basis:
    return Basis(
        {k: dates.stored(v) if k in ("starts_on", "ends_on") else v for k, v in facts["settings"].items()},
        {int(pk): _judged(pk, row) for pk, row in facts["measures"].items()},
        {int(pk): row | {"due_on": dates.stored(row["due_on"])} for pk, row in facts["problems"].items()},
    )


def _judged(pk: str, row: dict[str, Any]) -> Judged:
    targets = [Target(**{**t, "value": Decimal(t["value"]), "measure_id": int(pk)}) for t in row["targets"]]
    parts = dict(row["parts"])
    return Judged(
        row["kind"], dates.stored(row["start_on"]), dates.stored(row["due_on"]), row["leaders"], parts, targets
    )
