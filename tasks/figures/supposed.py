"""审一条时先看看：当作已通过，这个项次的灯会怎样。只在内存里算，不写库。"""

from functools import cached_property

from ..models import Measure, Progress
from .ledger import Ledger


class Supposed(Ledger):
    """把一条待审核的报送当作此刻已通过的台账：更正的取代原来那条，勾的节点算完成。"""

    def __init__(self, progress, today):
        self.supposed = progress
        plan = progress.assignment.measure.plan
        measures = Measure.objects.filter(pk=progress.assignment.measure_id)
        super().__init__(plan, progress.period, today, measures=measures)

    @cached_property
    def _progress(self):
        grouped, moment = super()._progress, self._moment(self.period)
        for row in grouped[self.supposed.assignment_id]:
            if row.pk == self.supposed.pk:
                row.status, row.reviewed_at = Progress.Status.APPROVED, moment
            elif row.pk == self.supposed.corrects_id:
                row.superseded_at = moment
        return grouped

    @cached_property
    def _milestones(self):
        grouped, moment = super()._milestones, self._moment(self.period)
        ticked = set(self.supposed.ticks.values_list("milestone", flat=True))
        for row in grouped[self.supposed.assignment_id]:
            if row.pk in ticked and row.done_at is None:
                row.done_on, row.done_at = self.today, moment
        return grouped


def part_of(ledger, progress):
    """这条报送所属项次在台账上的那一份；已不在台账上的为 None。"""
    parts = [part for line in ledger.lines for part in line.parts]
    return next((part for part in parts if part.assignment.pk == progress.assignment_id), None)


def light_after(progress, today):
    """当作已通过，这个项次的灯。已关闭的期（更正）数字以关闭日为准，通过也不改，为 None。"""
    if not progress.is_waiting or not progress.period.is_open:
        return None
    part = part_of(Supposed(progress, today), progress)
    return part.light if part else None
