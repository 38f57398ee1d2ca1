"""与上一期相比变了什么：一项的灯与时限，一个项次的报送与办结。

分析页上的数、点开的清单都问同一个判断，所以数字与清单必然相符。没有上一期的，什么变化也没有。
"""

from collections import Counter
from functools import cached_property

from ..models import Progress
from ..rules import lights
from .history import History
from .span import Span

S = Progress.Status
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

    def __init__(self, ledger):
        self.span = Span(ledger.plan, ledger.period, ledger.period, ledger.today, ledger=ledger)
        self.ledger = ledger
        self.history = History(ledger)

    @property
    def base(self):
        """和哪一期比；没有上一期为 None。"""
        return self.span.base

    @cached_property
    def before(self) -> dict:
        """举措 → 上一期的灯。"""
        return self.history.levels(self.base) if self.base else {}

    def turn_of(self, line) -> tuple | None:
        """灯从什么变成什么；上一期还没有列入的、没有上一期的为 None。"""
        before = self.before.get(line.measure.pk)
        return (before, line.light.level) if before else None

    def of_line(self, line) -> frozenset:
        """一项有哪些变化（LINE_CHANGES 的键）。"""
        if self.base is None:
            return frozenset()
        found = {DUE} if self._is_newly_due(line) else set()
        turn = self.turn_of(line)
        if turn is None:
            found.add(NEW)
        elif turn[0] == turn[1]:
            found.add(SAME)
        else:
            found |= {"-".join(turn), lights.direction(*turn)}
        return frozenset(found)

    def _is_newly_due(self, line) -> bool:
        """时限落在上一期的基准日之后、本期的基准日之前，而没有办结。"""
        since = self.base.as_of(self.ledger.today)
        due = [self.ledger.due_on(p.assignment) for p in line.parts if not p.is_done]
        return any(since <= day < self.span.as_of for day in due if day)

    def of_part(self, part) -> frozenset:
        """一个项次有哪些变化（PART_CHANGES 的键）。"""
        found = set()
        completion = self.ledger.completion_of(part.assignment)
        if completion and self.span.covers(completion.granted_at):
            found.add("completed")
        before = self.span.rows_before.get(part.assignment.pk)
        if part.report is not None and before is not None:
            had = before.status in (S.SUBMITTED, S.APPROVED)
            if part.report.status in (S.SUBMITTED, S.APPROVED) and not had:
                found.add("newly_reported")
            if is_overdue(part.report, self.ledger.period, self.ledger.today):
                found.add("newly_missed" if had else "still_missed")
        return frozenset(found)

    @cached_property
    def line_counts(self) -> Counter:
        """各种变化的项数。"""
        return Counter(change for line in self.ledger.lines for change in self.of_line(line))

    @cached_property
    def part_counts(self) -> Counter:
        """各种变化的项次数。"""
        return Counter(change for line in self.ledger.lines for part in line.parts for change in self.of_part(part))


def is_overdue(report, period, today) -> bool:
    """过了截止日还没有报（还没动手的与草稿）。"""
    return report.status in (S.MISSING, S.DRAFT) and period.as_of(today) > period.due_on
