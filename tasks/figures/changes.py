"""与上一期相比变了什么：一项的灯与时限，一个项次的报送与办结。

分析页上的数、点开的清单、通报里的数都是同一个查询集，所以必然相符。没有上一期的，什么变化也没有。
"""

import datetime as dt
from collections import Counter
from functools import cached_property
from typing import Any

from django.db.models import BooleanField, CharField, Count, ExpressionWrapper, F, FilteredRelation, Q, QuerySet, Value

from ..models import Completion, Measure, MeasureJudgement, Progress, ReportingPeriod
from ..models.judgement import JudgementQuerySet, on_day
from ..models.progress import counts_at
from ..rules import lights
from .ledger import Ledger
from .reporting import EXEMPT, ROOM, reporting_counts
from .span import Span

NONE = Q(pk__in=[])

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
        wanted = NONE
        for before, after in (turn.split("-") for turn in turns):
            wanted |= Q(before=before, level=after)
        return rows.filter(wanted)

    def _with_before(self, base: ReportingPeriod) -> JudgementQuerySet:
        then = _stood("measure__judgements", base, self.ledger.today)
        return self.ledger.stands.alias(then=then).annotate(before=F("then__level"))

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
            is_due = Q(measure__in=newly_due(self.span).values("measure"))
            rows = self._with_before(self.base).annotate(is_due=ExpressionWrapper(is_due, BooleanField()))
        grouped = rows.order_by().values_list("before", "level", "edition__kind", "is_due")
        return list(grouped.annotate(n=Count("pk")))

    @property
    def gone(self) -> list[Measure]:
        """上一期还在、这一期的方案里已经没有的举措。"""
        if self.base is None:
            return []
        then = MeasureJudgement.objects.on(self.base, self.ledger.today)
        left = then.exclude(measure__in=self.ledger.stands.values("measure"))
        return list(Measure.objects.filter(pk__in=left.values("measure")))

    # ── 项次 ──

    def parts(self, change: str) -> JudgementQuerySet:
        """有这种变化（PART_CHANGES 的键）的各项次的灯。"""
        return self.reported.filter(self.having(change))

    @cached_property
    def reported(self) -> JudgementQuerySet:
        """各项次的灯，连着这一项的灯（stand）、它这一期算数的报送（now）和紧挨着的上一期的（then，那时在方案里的才有 held）。"""
        period, previous, today = self.span.period, self.span.previous, self.ledger.today
        stand = _stood("measure__judgements", period, today)
        rows = self.ledger.part_stands.alias(stand=stand, now=_report_in(period))
        if previous is None:
            return rows
        return rows.alias(then=_report_in(previous), held=_stood("assignment__judgements", previous, today))

    def having(self, change: str) -> Q:
        """有这种变化的：对 `reported` 的条件。上一期不用报的没有变化。"""
        if change == "completed":
            return Q(assignment__in=self.completed.order_by().values("assignment"))
        if self.span.previous is None:
            return NONE
        if change == "newly_reported":
            return Q(now__status__in=Progress.REPORTED, then__status__in=Progress.UNSENT, held__isnull=False)
        if self.span.as_of <= self.span.period.due_on:
            return NONE  # 还没有过截止日，没有逾期的
        before = Progress.REPORTED if change == "newly_missed" else Progress.UNSENT
        return Q(now__status__in=Progress.UNSENT, then__status__in=before, held__isnull=False)

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
        """各项次按部室、灯、类型分组：各几项次（n），其中有各种变化的、本期不用报的（exempt）几项次，与报送情况的各个数。"""
        found = {name: Count("pk", filter=self.having(name)) for name in PART_CHANGES}
        found |= {"n": Count("pk"), EXEMPT: Count("pk", filter=Q(now__isnull=True))}
        columns = {f"room_{name}": F(f"assignment__department__{name}") for name in ROOM}
        rows = self.reported.order_by().values("level", kind=F("stand__edition__kind"), **columns)
        return list(rows.annotate(**found, **reporting_counts(self.span.period, "now__")))


def _stood(path: str, period: ReportingPeriod, today: dt.date) -> FilteredRelation:
    """一项（一个项次）在这一期基准日的灯。"""
    return FilteredRelation(path, condition=on_day(period, today, f"{path}__"))


def _report_in(period: ReportingPeriod) -> FilteredRelation:
    """一个项次在这一期算数的那条报送。"""
    path = "assignment__progress__"
    condition = Q(**{f"{path}period": period}) & counts_at(period.closed_at, path)
    return FilteredRelation("assignment__progress", condition=condition)


def newly_due(span: Span) -> JudgementQuerySet:
    """新增到期未完成的各份：没有办结，时限落在上一期的基准日之后、本期的基准日之前。"""
    rows = span.ledger.part_stands.exclude(judged=lights.DONE)
    if span.base is None:
        return rows.none()
    return rows.filter(due_on__gte=span.base.as_of(span.today), due_on__lt=span.as_of)
