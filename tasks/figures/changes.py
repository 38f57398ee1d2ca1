"""与上一期相比变了什么：一项的灯与时限，一个项次的报送与办结。

分析页上的数、点开的清单、通报里的数都是同一个查询集，所以必然相符。没有上一期的，什么变化也没有。
"""

from collections import Counter
from functools import cached_property
from typing import Any

from django.db.models import CharField, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value

from ..models import Completion, MeasureJudgement, Progress, ReportingPeriod
from ..models.judgement import JudgementQuerySet
from ..models.progress import ProgressQuerySet
from ..rules import lights
from .ledger import Ledger
from .reporting import EXEMPT, ROOM
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
REPORT_CHANGES = {
    "newly_reported": "上期未报而本期已报",
    "newly_missed": "上期已报而本期逾期未报",
    "still_missed": "连续两期未报",
}
PART_CHANGES = {**REPORT_CHANGES, "completed": "本期办结"}


class Changes:
    """一期与上一期（先前开放过的最近一期）的变化。"""

    def __init__(self, ledger: Ledger) -> None:
        if ledger.period is None:
            raise ValueError("还没有开放过报送，没有变化可比。")
        self.span = Span(ledger.plan, ledger.period, ledger.period, ledger.today, ledger=ledger)
        self.ledger = ledger

    @property
    def base(self) -> ReportingPeriod | None:
        """和哪一期比；没有上一期为 None。"""
        return self.span.base

    # ── 项 ──

    def lines(self, change: str) -> JudgementQuerySet:
        """有这种变化（LINE_CHANGES 的键）的各项的灯。"""
        if self.base is None:
            return self.ledger.stands.none()
        if change == DUE:
            return self.ledger.stands.filter(measure__in=newly_due(self.span).values("measure"))
        rows = self._with_before(self.base)
        if change == NEW:
            return rows.filter(before=None)
        if change == SAME:
            return rows.filter(before=F("level"))
        turns = (
            [change] if change in TURNS else [turn for turn in TURNS if lights.direction(*turn.split("-")) == change]
        )
        wanted = Q(pk__in=[])
        for before, after in (turn.split("-") for turn in turns):
            wanted |= Q(before=before, level=after)
        return rows.filter(wanted)

    def _with_before(self, base: ReportingPeriod) -> JudgementQuerySet:
        then = MeasureJudgement.objects.on(base, self.ledger.today).filter(measure=OuterRef("measure"))
        return self.ledger.stands.annotate(before=Subquery(then.values("level")[:1]))

    @cached_property
    def line_counts(self) -> Counter:
        """各种变化的项数，一次数齐。"""
        counts: Counter = Counter()
        if self.base is None:
            return counts
        counts[DUE] = 0
        for before, after, _, is_due, n in self.groups:
            counts[DUE] += n if is_due else 0
            if before is None:
                counts[NEW] += n
            elif before == after:
                counts[SAME] += n
            else:
                counts[f"{before}-{after}"] += n
                counts[lights.direction(before, after)] += n
        return counts

    @cached_property
    def groups(self) -> list[tuple[str | None, str, str, bool, int]]:
        """各项按（上期的灯，本期的灯，类型，是不是新增到期未完成）分组，各几项：灯数、变化、按类型都从这里加出来。"""
        if self.base is None:
            rows = self.ledger.stands.annotate(before=Value(None, CharField()), is_due=Value(False))
        else:
            due = newly_due(self.span).filter(measure=OuterRef("measure"))
            rows = self._with_before(self.base).annotate(is_due=Exists(due))
        grouped = rows.order_by().values_list("before", "level", "edition__kind", "is_due")
        return list(grouped.annotate(n=Count("pk")))

    # ── 项次 ──

    def parts(self, change: str) -> JudgementQuerySet:
        """有这种变化（PART_CHANGES 的键）的各项次的灯。"""
        return self.ledger.part_stands.filter(assignment__in=self._changed(change))

    def _changed(self, change: str) -> QuerySet:
        """有这种变化的项次的编号（子查询）。"""
        rows = self.completed if change == "completed" else reports_changed(self.span, change)
        return rows.order_by().values("assignment")

    @property
    def completed(self) -> QuerySet[Completion]:
        """这一期里办结、到基准时刻没有重新打开的。"""
        valid = Q(reopened_at=None) | Q(reopened_at__gt=self.span.until)
        return self.span.in_force(Completion.objects.filter(valid, self.span.during("granted_at")))

    @cached_property
    def part_counts(self) -> Counter:
        """各种变化的项次数。"""
        counts: Counter = Counter(dict.fromkeys(PART_CHANGES, 0))
        for row in self.part_groups:
            counts.update({change: row[change] for change in PART_CHANGES})
        return counts

    @cached_property
    def part_groups(self) -> list[dict[str, Any]]:
        """各项次按部室、灯分组：各几项次（n），其中有各种变化的、本期不用报的（exempt）几项次。"""
        counted = {name: Count("pk", filter=Q(assignment__in=self._changed(name))) for name in PART_CHANGES}
        counted[EXEMPT] = Count("pk", filter=~Q(assignment__in=self.ledger.progress.order_by().values("assignment")))
        columns = {name: F(f"assignment__department__{name}") for name in ROOM}
        rows = self.ledger.part_stands.order_by().values("level", **{f"room_{k}": v for k, v in columns.items()})
        return list(rows.annotate(n=Count("pk"), **counted))


def newly_due(span: Span) -> JudgementQuerySet:
    """新增到期未完成的各份：没有办结，时限落在上一期的基准日之后、本期的基准日之前。"""
    rows = span.ledger.part_stands.exclude(judged=lights.DONE)
    if span.base is None:
        return rows.none()
    return rows.filter(due_on__gte=span.base.as_of(span.today), due_on__lt=span.as_of)


def reports_changed(span: Span, change: str) -> ProgressQuerySet:
    """与紧挨着的上一期比有这种变化（REPORT_CHANGES 的键）的报送。上一期不用报的没有变化。"""
    rows = span.ledger.progress
    if span.previous is None:
        return rows.none()
    then = Progress.objects.in_force().filter(period=span.previous, assignment=OuterRef("assignment"))
    rows = rows.annotate(before=Subquery(then.values("status")[:1])).exclude(before=None)
    if change == "newly_reported":
        return rows.reported().filter(before__in=Progress.UNSENT)
    if span.as_of <= span.period.due_on:
        return rows.none()  # 还没有过截止日，没有逾期的
    rows = rows.unsent()
    if change == "newly_missed":
        return rows.filter(before__in=Progress.REPORTED)
    return rows.filter(before__in=Progress.UNSENT)


def report_change(span: Span, kinds: frozenset[str], before: str | None) -> str:
    """一条报送（`kinds` 见 reporting.kinds）是哪一种变化，没有变化为空：与 reports_changed 数的是同一回事。`before` 是上一期的状态。"""
    if "reported" in kinds:
        return "newly_reported" if before in Progress.UNSENT else ""
    if "unreported" not in kinds or span.as_of <= span.period.due_on:
        return ""
    return "newly_missed" if before in Progress.REPORTED else "still_missed" if before in Progress.UNSENT else ""
