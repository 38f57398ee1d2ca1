"""审一条时先看看：当作已通过，这个项次的灯会怎样。只在内存里算，不写库。"""

import datetime as dt
from functools import cached_property

from ..models import Measure, Milestone, Progress
from ..rules import lights
from .judging import Judge
from .ledger import Ledger
from .rows import Part


class Supposed(Judge):
    """把一条待审核的报送当作此刻已通过来判：更正的取代原来那条，勾的节点算完成。"""

    def __init__(self, progress: Progress, today: dt.date) -> None:
        self.supposed = progress
        plan = progress.assignment.measure.plan
        measures = Measure.objects.filter(pk=progress.assignment.measure_id)
        super().__init__(plan, progress.period, today, measures=measures)

    @cached_property
    def _progress(self) -> dict[int, list[Progress]]:
        grouped, moment = super()._progress, self._moment
        for row in grouped[self.supposed.assignment_id]:
            if row.pk == self.supposed.pk:
                row.status, row.reviewed_at = Progress.Status.APPROVED, moment
            elif row.pk == self.supposed.corrects_id:
                row.superseded_at = moment
        return grouped

    @cached_property
    def _milestones(self) -> dict[int, list[Milestone]]:
        grouped, moment = super()._milestones, self._moment
        ticked = set(self.supposed.ticks.values_list("milestone", flat=True))
        for row in grouped[self.supposed.assignment_id]:
            if row.pk in ticked and row.done_at is None:
                row.done_on, row.done_at = self.today, moment
        return grouped


def part_of(ledger: Ledger, progress: Progress) -> Part | None:
    """这条报送所属项次在台账上的那一份；已不在台账上的为 None。"""
    parts = [part for line in ledger.lines for part in line.parts]
    return next((part for part in parts if part.assignment.pk == progress.assignment_id), None)


def light_after(progress: Progress, today: dt.date) -> lights.Light | None:
    """当作已通过，这个项次的灯。已关闭的期（更正）数字以关闭日为准，通过也不改，为 None。"""
    if not progress.is_waiting or not progress.period.is_open:
        return None
    judge = Supposed(progress, today)
    assignments = [a for found in judge.assignments.values() for a in found]
    mine = next((a for a in assignments if a.pk == progress.assignment_id), None)
    return judge.shown(mine) if mine else None
