"""一行一行数的筛选与变化：与库里的查询（figures.filters、changes、parts）相比的笨办法，只看台账各行显示的样子。"""

from collections import Counter
from functools import cached_property

from tasks.figures.changes import DUE, NEW, SAME
from tasks.figures.ledger import Ledger
from tasks.figures.parts import EXEMPT, PartRow
from tasks.figures.reporting import kinds
from tasks.figures.search import words
from tasks.figures.span import Span
from tasks.models import Progress
from tasks.rules import lights
from yingshang import clock


def parts_of(lines) -> list[PartRow]:
    """台账各行的全部项次。"""
    found = []
    for line in lines:
        for part in line.parts:
            if part.report is not None:
                part.report.period = line.ledger.period
            found.append(PartRow(line, part))
    return found


def reporting(lines) -> Counter:
    """各种报送情况的项次数。"""
    return Counter(key for item in parts_of(lines) for key in item.reporting)


def completion_of(ledger, assignment):
    """到这一期的基准时刻为止有效的办结；没有为 None。"""
    moment = ledger.period.closed_at or clock.end_of(ledger.today)
    rows = [c for c in assignment.completions.all() if c.granted_at <= moment]
    return next((c for c in rows if c.reopened_at is None or c.reopened_at > moment), None)


def found(word, row) -> bool:
    """一行里有没有这个词：题名、原文、序号、领导、部室的各种叫法。"""
    measure = row.measure
    names = [leader.name for leader in row.leaders]
    for room in row.departments:
        names += [room.name, room.full_name, *(alias.name for alias in room.aliases.all())]
    is_number = word.number == measure.number and word.unit in ("", "项", "条")
    return is_number or any(
        word.text.lower() in said.lower() for said in (measure.title, measure.text, measure.cooperating, *names)
    )


def holds(row, chosen) -> bool:
    """一行（或一个项次）合不合题名、领导、部室、类型几样条件。"""
    measure = row.measure
    tests = {
        "q": lambda q: all(found(word, row) for word in words(q)),
        "lead": lambda leader: leader in row.leaders,
        "dept": lambda department: department in row.departments,
        "kind": lambda kind: measure.kind == kind,
    }
    return all(test(chosen[name]) for name, test in tests.items() if chosen.get(name))


class Told:
    """一期的台账与上一期的台账，逐行对着看。"""

    def __init__(self, ledger):
        self.ledger, self.period, self.today = ledger, ledger.period, ledger.today
        periods = ledger.periods
        self.base = periods[-2] if len(periods) > 1 else None

    @cached_property
    def _before(self):
        return Ledger(self.ledger.plan, self.base, self.today)

    @cached_property
    def before(self) -> dict:
        """举措 → 上一期那一行。"""
        return {line.measure.pk: line for line in self._before.lines} if self.base else {}

    def of_line(self, line) -> set:
        """一项有哪些变化。"""
        if self.base is None:
            return set()
        since, as_of = self.base.as_of(self.today), self.period.as_of(self.today)
        due = [self.ledger.due_on(p.assignment) for p in line.parts if not p.is_done]
        found = {DUE} if any(day and since <= day < as_of for day in due) else set()
        then = self.before.get(line.measure.pk)
        if then is None:
            return found | {NEW}
        turn = (then.light.level, line.light.level)
        return found | ({SAME} if turn[0] == turn[1] else {"-".join(turn), lights.direction(*turn)})

    def of_part(self, part) -> set:
        """一个项次有哪些变化。"""
        found = set()
        completion = completion_of(self.ledger, part.assignment)
        if completion and self._covers(completion.granted_at):
            found.add("completed")
        before = self._report_before(part.assignment)
        if part.report is None or before is None:
            return found
        part.report.period = self.period
        if part.report.is_reported and before.is_unsent:
            found.add("newly_reported")
        if part.report.is_overdue(self.period.as_of(self.today)) and not before.is_returned:
            found.add("newly_missed" if before.is_reported else "still_missed")
        return found

    def _covers(self, moment) -> bool:
        return Span(self.ledger.plan, self.period, self.period, self.today, ledger=self.ledger).covers(moment)

    def _report_before(self, assignment):
        if self.base is None:
            return None
        return next((r for r in self._reports_before if r.assignment_id == assignment.pk), None)

    @cached_property
    def _reports_before(self):
        return list(Progress.objects.in_force().filter(period=self.base))

    @cached_property
    def line_counts(self) -> Counter:
        return Counter(change for line in self.ledger.lines for change in self.of_line(line))

    @cached_property
    def part_counts(self) -> Counter:
        return Counter(c for line in self.ledger.lines for part in line.parts for c in self.of_part(part))

    def lines(self, chosen) -> list:
        """合条件的各行，按所选次序。"""
        found = [line for line in self.ledger.lines if holds(line, chosen)]
        if change := chosen.get("change"):
            found = [line for line in found if change in self.of_line(line)]
        if light := chosen.get("light"):
            found = [line for line in found if line.light.level == light]
        if report := chosen.get("report"):
            found = [line for line in found if any(r.status == report for r in line.reports)]
        keys = {
            "light": lambda line: (line.light.severity, line.measure.position),
            "leader": lambda line: (line.leaders[0].order if line.leaders else 0, line.measure.position),
            "department": lambda line: (line.departments[0].order if line.departments else 0, line.measure.position),
        }
        key = keys.get(chosen.get("sort"))
        return sorted(found, key=key) if key else found

    def parts(self, chosen) -> list:
        """合条件的各项次，按所选次序。"""
        found = [item for item in parts_of(self.ledger.lines) if holds(item, chosen)]
        if report := chosen.get("report"):
            found = [i for i in found if report in (kinds(i.report, self.today) if i.report else {EXEMPT})]
        if light := chosen.get("light"):
            found = [i for i in found if i.light.level == light]
        if change := chosen.get("change"):
            found = [i for i in found if change in self.of_part(i.part)]
        keys = {
            "department": lambda item: (item.department.order, item.department.pk),
            "light": lambda item: item.light.severity,
        }
        key = keys.get(chosen.get("sort"))
        return sorted(found, key=key) if key else found
