"""台账的各列，只在这里声明一次：导出、后台清单、导入时认列名，用的都是它。"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from departments.models import User
from yingshang.tables.cells import Percent

from ..figures import rows
from ..figures.ledger import Ledger
from ..figures.numbers import goal, spelt
from ..figures.rows import Line, Part
from ..imports.goals import written
from ..imports.inforce import aims_of
from ..imports.rows import ALL_DEPARTMENTS, FIELD_LABELS, STATUS_LABELS, Aim
from ..models import Measure, Progress
from ..rules.lights import TargetFact


@dataclass(frozen=True)
class LedgerColumn:
    """台账的一列。`value(entry)` 给出一格：文字、整数、百分数或日期。"""

    name: str
    label: str
    value: Callable[[LedgerEntry], Any]
    width: int
    is_status: bool = False


@dataclass
class LedgerEntry:
    """台账的一行，连同这份台账的基准日，和看台账的人读得到的报送。"""

    ledger: Ledger
    line: rows.Line
    as_of: dt.date
    readable: Mapping[int, Mapping[str, str]]
    goals: Mapping[int, list[Aim]]

    @property
    def measure(self) -> Measure:
        return self.line.measure

    def by_part(self, value: Callable[[Part], str]) -> str:
        """共同牵头的逐个部室写，只有一个部室的不写部室名；`value(part)` 为空的略去。"""
        found = [(part.department.name, value(part)) for part in self.line.parts]
        if len(found) == 1:
            return found[0][1] or ""
        return "\n".join(f"{name}：{text}" for name, text in found if text)

    def status_of(self, part: Part) -> str:
        return part.report.shown_status(self.as_of) if part.report else ""

    def said(self, name: str) -> str:
        """各部室在本期报送里写的一栏；看不到的（别人的草稿、未定稿的）不写。"""
        return self.by_part(lambda part: self.readable[part.report.pk][name] if self._may_read(part.report) else "")

    def _may_read(self, report: Progress | None) -> TypeGuard[Progress]:
        return report is not None and report.pk in self.readable

    def targets(self) -> str:
        """量化目标与到本期为止的完成值，一个目标一行；几个部室共报的只写一次。"""
        facts = {fact.name: fact for part in self.line.parts for fact in self.ledger.target_facts(part.assignment)}
        return "\n".join(f"{name}：{_valued(fact)}" for name, fact in facts.items())

    def due_dates(self) -> dt.date | str | None:
        """现定时限：各部室相同的是一个日期，不同的逐个写。"""
        dates = {part.assignment.pk: self.ledger.due_on(part.assignment) for part in self.line.parts}
        if len(set(dates.values())) == 1:
            return next(iter(dates.values()))
        return self.by_part(lambda part: f"{day:%Y-%m-%d}" if (day := dates[part.assignment.pk]) else "")


def _plan(name: str, value: Callable[[LedgerEntry], Any], width: int) -> LedgerColumn:
    return LedgerColumn(name, FIELD_LABELS[name], value, width)


def _status(name: str, value: Callable[[LedgerEntry], Any], width: int) -> LedgerColumn:
    return LedgerColumn(name, STATUS_LABELS[name], value, width, is_status=True)


def _departments(e: LedgerEntry) -> str:
    if e.measure.all_departments:
        return ALL_DEPARTMENTS  # 导入时照这个字认，不换
    return "、".join(d.name for d in e.line.departments)


def _percent(number: int | None) -> Percent | None:
    return None if number is None else Percent(number)


def _valued(fact: TargetFact) -> str:
    """现在多少、目标多少：现为0.5个工作日（目标不超过0.5个工作日）。"""
    now = "尚无完成值" if fact.value is None else f"现为{spelt(fact.value)}{fact.unit}"
    return f"{now}（目标{goal(fact)}）"


# 各部室在报送里写的几栏。
SAID = ("text", "problems", "next_steps", "coordination")
# 方案的列（导入时照此认），其后是状态列（只供看，导入时列明不采用）。
COLUMNS = (
    _plan("number", lambda e: e.measure.number, 6),
    _plan("title", lambda e: e.measure.title, 20),
    _plan("text", lambda e: e.measure.text, 50),
    _plan("leaders", lambda e: "、".join(leader.called for leader in e.line.leaders), 10),
    _plan("departments", _departments, 13),
    _plan("deadline", lambda e: e.measure.deadline, 13),
    _plan("kind", lambda e: e.measure.get_kind_display(), 8),
    _status("parts", lambda e: len(e.line.parts), 6),
    _status("light", lambda e: e.line.light.label, 8),
    _status("reason", lambda e: e.line.light.reason, 26),
    _status("percent", lambda e: _percent(e.line.light.percent), 7),
    _status("pace", lambda e: _percent(e.line.light.pace), 7),
    _status("reports", lambda e: e.by_part(e.status_of), 22),
    _status("texts", lambda e: e.said("text"), 40),
    _status("problems", lambda e: e.said("problems"), 24),
    _status("next_steps", lambda e: e.said("next_steps"), 24),
    _status("coordination", lambda e: e.said("coordination"), 16),
    _status("values", lambda e: e.targets(), 24),
    _status("due_on", lambda e: e.measure.due_on, 16),
    _status("due_now", lambda e: e.due_dates(), 16),
    # 多数方案没有，摆在最后，不挪动办公室用惯了的各列。
    _plan("cooperating", lambda e: e.measure.cooperating, 13),
    _plan("targets", lambda e: written(e.goals.get(e.measure.pk, ())), 30),
)


def entries(ledger: Ledger, lines: list[Line], user: User) -> list[LedgerEntry]:
    """把判好灯的各行配上这个人读得到的报送、核定了的目标；多两次查询。"""
    goals = aims_of(Measure.objects.filter(pk__in=[line.measure.pk for line in lines]))
    if ledger.period is None:
        return [LedgerEntry(ledger, line, ledger.today, {}, goals) for line in lines]
    visible = Progress.objects.visible_to(user).filter(period=ledger.period, assignment__measure__in=ledger.base)
    readable = {row["pk"]: row for row in visible.values("pk", *SAID)}
    for line in lines:
        for report in line.reports:
            report.period = ledger.period
    return [LedgerEntry(ledger, line, ledger.period.as_of(ledger.today), readable, goals) for line in lines]
