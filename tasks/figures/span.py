"""一段：从哪一期到哪一期、算到哪一刻、和谁比。各处要数的行在这里一次取齐。"""

import datetime as dt
from functools import cached_property
from typing import TypeVar

from django.db.models import Q, QuerySet

from yingshang import clock

from ..models import Judgement, Plan, Problem, ReportingPeriod
from ..models.problem import ProblemQuerySet
from . import basis
from .ledger import Ledger

# 项次的某一种事（办结、延期）的查询集。
Rows = TypeVar("Rows", bound=QuerySet)


class Span:
    """`first` 到 `period`（含）。`today` 只对没有关闭的期有意义。"""

    def __init__(
        self,
        plan: Plan,
        first: ReportingPeriod,
        period: ReportingPeriod,
        today: dt.date,
        *,
        ledger: Ledger | None = None,
    ) -> None:
        self.plan, self.first, self.period, self.today = plan, first, period, today
        self.ledger = ledger or Ledger(plan, period, today)
        self.as_of = period.as_of(today)
        self.until = period.closed_at or clock.end_of(today)

    @cached_property
    def periods(self) -> list[ReportingPeriod]:
        """这一段里的各期，由早到晚。"""
        return [p for p in self.ledger.periods if p.starts_on >= self.first.starts_on]

    @cached_property
    def _earlier(self) -> list[ReportingPeriod]:
        return [p for p in self.ledger.periods if p.starts_on < self.first.starts_on]

    @cached_property
    def base(self) -> ReportingPeriod | None:
        """灯和哪一期比：这一段之前的一期。没有更早的，跨几期的与起始期比，一期的没有可比的（None）。

        不能总与起始期比：那样起始期里的变化就丢了。
        """
        if self._earlier:
            return self._earlier[-1]
        return self.first if self.first != self.period else None

    @cached_property
    def since(self) -> dt.datetime | None:
        """这一段从哪一刻算起：上一期关闭之后；上一期那时还没关闭的从起始期的第一天；没有上一期的不限。"""
        if not self._earlier:
            return None
        if self.since_closing:
            return self.since_closing.closed_at
        return clock.start_of(self.first.starts_on)

    @property
    def since_closing(self) -> ReportingPeriod | None:
        """这一段从哪一期关闭时数起；不从哪一期的关闭数起为 None。"""
        closed = self._earlier[-1].closed_at if self._earlier else None
        return self._earlier[-1] if closed and closed <= self.until else None

    def covers(self, moment: dt.datetime | None) -> bool:
        """这一刻在这一段里。"""
        return moment is not None and moment <= self.until and (self.since is None or moment > self.since)

    def during(self, field: str) -> Q:
        """这个时刻字段在这一段里的查询条件。"""
        found = Q(**{f"{field}__lte": self.until})
        return found & Q(**{f"{field}__gt": self.since}) if self.since else found

    def levels(self, period: ReportingPeriod | None) -> dict[int, str]:
        """举措 → 某一期的灯；那时的方案是旧版的，按旧版。"""
        return self.ledger.levels_in(period) if period else {}

    def in_force(self, rows: Rows) -> Rows:
        """那一刻还在方案里的项次的（办结、延期）：数字与考核清单数的是同一批。"""
        held = Judgement.objects.on(self.period, self.today).values("assignment")
        return rows.filter(assignment__in=held)

    @property
    def problems(self) -> ProblemQuerySet:
        """到基准时刻为止挂过账的问题（查询集）。分层、分类、期限、状态、责任部室都是那一刻的（`…_then`）。"""
        rows = Problem.objects.counted(self.until).filter(plan=self.plan)
        return rows.annotate(**basis.problems_then(self.ledger.kept.problems))

    @property
    def unsettled(self) -> ProblemQuerySet:
        """那一刻没有销号的问题（查询集）。"""
        return self.problems.filter(Q(settled_at=None) | Q(settled_at__gt=self.until))

    @property
    def previous(self) -> ReportingPeriod | None:
        """紧挨着的上一期（跨几期的也只看最后一期的上一期）；没有为 None。"""
        return self.ledger.periods[-2] if len(self.ledger.periods) > 1 else None
