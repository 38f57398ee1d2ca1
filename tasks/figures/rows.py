"""台账的一行（一项举措）与其中的各份（项次）：在某一期的样子。由 `ledger.Ledger` 判好灯造出来。"""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from departments.models import Department, Leader

from ..models import Assignment, Measure, Progress, ReportingPeriod
from ..rules import lights

HISTORY = 6
S = Progress.Status


class Books(Protocol):
    """造出这一行的台账（`ledger.Ledger`），只说这里要问它的几样：台账在上，不能反过来引用它。"""

    today: dt.date

    @property
    def period(self) -> ReportingPeriod | None: ...
    @property
    def periods(self) -> list[ReportingPeriod]: ...
    def level_of(self, measure: Measure, period: ReportingPeriod) -> str | None: ...


@dataclass
class Part:
    """一项举措里一个牵头部室的那一份（项次）。

    `light` 是这一份的灯：办公室给整项定了灯的，各份都按定灯计，首页、部室页、清单、通报都用它；
    `judged` 是系统判的。
    """

    assignment: Assignment
    light: lights.Light
    report: Progress | None
    judged: lights.Light

    @property
    def department(self) -> Department:
        return self.assignment.department

    @property
    def is_done(self) -> bool:
        """这一份已办结（定了灯的也看办结没有）。"""
        return self.judged.level == lights.DONE


@dataclass
class Line:
    """台账的一行：一项举措在这一期的样子。"""

    measure: Measure
    light: lights.Light
    parts: list[Part]
    ledger: Books

    @property
    def leaders(self) -> list[Leader]:
        return [link.leader for link in self.measure.leader_links.all()]

    @property
    def departments(self) -> list[Department]:
        return [part.department for part in self.parts]

    @cached_property
    def trail_points(self) -> list[tuple[str, str]]:
        """近几期的灯序：[(期名, 灯)]。"""
        periods = self.ledger.periods[-HISTORY:]
        found = ((period.short_name, self.ledger.level_of(self.measure, period)) for period in periods)
        return [(name, level) for name, level in found if level]

    @property
    def reports(self) -> list[Progress]:
        return [part.report for part in self.parts if part.report]

    @cached_property
    def report_status(self) -> str:
        """整项的报送状态：各份里最需要过问的一份（退回、未报、草稿、待审核、已通过）；本期不用报为空。"""
        statuses = {report.status for report in self.reports}
        order = [S.RETURNED, S.MISSING, S.DRAFT, S.SUBMITTED, S.APPROVED]
        return next((s for s in order if s in statuses), "")

    @property
    def reported(self) -> int:
        """已报的份数（项次）。"""
        return sum(r.is_reported for r in self.reports)
