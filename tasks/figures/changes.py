"""与上一期相比变了什么：一项的灯与时限，一个项次的报送与办结。

分析页上的数、点开的清单都问同一个判断，所以数字与清单必然相符。没有上一期的，什么变化也没有。
"""

import datetime as dt
from collections import Counter
from functools import cached_property

from ..models import Progress, ReportingPeriod
from ..rules import lights
from .history import History
from .ledger import Ledger
from .rows import Line, Part
from .span import Span

NEW, SAME, DUE = "new", "same", "due"
# 项的其他变化（项）。
LINE_EXTRAS = {NEW: "新列入方案", SAME: "灯色没有变化", DUE: "新增到期未完成"}
# 从哪个灯到哪个灯（项）。
TURNS = {
    f"{before}-{after}": f"{lights.LABELS[before]}转{lights.LABELS[after]}"
    for before in lights.SEVERITY
    for after in lights.SEVERITY
    if before != after
}
LINE_CHANGES = {**lights.DIRECTIONS, **LINE_EXTRAS, **TURNS}
# 项次的变化（项次）。
PART_CHANGES = {
    "newly_reported": "上期未报而本期已报",
    "newly_missed": "上期已报而本期逾期未报",
    "still_missed": "连续两期未报",
    "completed": "本期办结",
}


class Changes:
    """一期与上一期（先前开放过的最近一期）的变化。"""

    def __init__(self, ledger: Ledger) -> None:
        if ledger.period is None:
            raise ValueError("还没有开放过报送，没有变化可比。")
        self.span = Span(ledger.plan, ledger.period, ledger.period, ledger.today, ledger=ledger)
        self.ledger = ledger
        self.history = History(ledger)

    @property
    def base(self) -> ReportingPeriod | None:
        """和哪一期比；没有上一期为 None。"""
        return self.span.base

    @cached_property
    def before(self) -> dict[int, str]:
        """举措 → 上一期的灯。"""
        return self.history.levels(self.base) if self.base else {}

    def turn_of(self, line: Line) -> tuple[str, str] | None:
        """灯从什么变成什么；上一期还没有列入的、没有上一期的为 None。"""
        before = self.before.get(line.measure.pk)
        return (before, line.light.level) if before else None

    def of_line(self, line: Line) -> frozenset[str]:
        """一项有哪些变化（LINE_CHANGES 的键）。"""
        if self.base is None:
            return frozenset()
        found = {DUE} if newly_due(self.span, line) else set()
        turn = self.turn_of(line)
        if turn is None:
            found.add(NEW)
        elif turn[0] == turn[1]:
            found.add(SAME)
        else:
            found |= {"-".join(turn), lights.direction(*turn)}
        return frozenset(found)

    def of_part(self, part: Part) -> frozenset[str]:
        """一个项次有哪些变化（PART_CHANGES 的键）。"""
        found = set()
        completion = self.ledger.completion_of(part.assignment)
        if completion and self.span.covers(completion.granted_at):
            found.add("completed")
        return frozenset(found) | (report_changes(self.span, part.report) if part.report else frozenset())

    @cached_property
    def line_counts(self) -> Counter:
        """各种变化的项数。"""
        return Counter(change for line in self.ledger.lines for change in self.of_line(line))

    @cached_property
    def part_counts(self) -> Counter:
        """各种变化的项次数。"""
        return Counter(change for line in self.ledger.lines for part in line.parts for change in self.of_part(part))


def newly_due(span: Span, line: Line) -> list[dt.date]:
    """一项里没有办结的各份，时限落在上一期的基准日之后、本期的基准日之前的：那几个时限。"""
    if span.base is None:
        return []
    since = span.base.as_of(span.today)
    due = [span.ledger.due_on(p.assignment) for p in line.parts if not p.is_done]
    return [day for day in due if day and since <= day < span.as_of]


def report_changes(span: Span, report: Progress) -> frozenset[str]:
    """一条报送与上一期比：新报的、新漏的、仍漏的（PART_CHANGES 的键）。上一期不用报的没有变化。"""
    before, found = span.rows_before.get(report.assignment_id), set()
    if before and report.is_reported and not before.is_reported:
        found.add("newly_reported")
    if before and report.is_overdue(span.as_of):
        found.add("newly_missed" if before.is_reported else "still_missed")
    return frozenset(found)
