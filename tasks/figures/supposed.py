"""审一条时先看看：当作已通过，这个项次的灯会怎样。只在内存里算，不写库。"""

from collections import defaultdict
from collections.abc import Collection
from functools import cached_property

from django.db.models import Model

from ..models import Measure, Milestone, Progress
from ..rules import lights
from .judging import Judge
from .ledger import Ledger
from .rare import RARE
from .rows import Part

# 不是每一项都有的事实，判灯时叫什么：就是 `rare` 里的几样。
FACTS: dict[type[Model], str] = {rows.model: name for name, rows in RARE.items()}


class Supposed(Judge):
    """把一条待审核的报送当作此刻已通过来判：更正的取代原来那条，勾的节点算完成。"""

    def __init__(
        self,
        progress: Progress,
        ledger: Ledger,
        ticked: Collection[int],
        lacks: Collection[type[Model]],
    ) -> None:
        self.supposed, self.ticked, measure = progress, ticked, progress.assignment.measure
        super().__init__(measure.plan, progress.period, ledger.today, measures=Measure.objects.filter(pk=measure.pk))
        self.measures, self.periods = [measure], ledger.periods  # 已经取来的，不再取一遍
        self.assignments = {measure.pk: ledger.assignments[measure.pk]}  # 开放中的期，判过灯的就是现在牵头的各份
        for model, name in FACTS.items():
            if model in lacks:
                setattr(self, name, defaultdict(list))

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
        for row in grouped[self.supposed.assignment_id]:
            if row.pk in self.ticked and row.done_at is None:
                row.done_on, row.done_at = self.today, moment
        return grouped


def part_of(ledger: Ledger, progress: Progress) -> Part | None:
    """这条报送所属项次在台账上的那一份；已不在台账上的为 None。"""
    parts = [part for line in ledger.lines for part in line.parts]
    return next((part for part in parts if part.assignment.pk == progress.assignment_id), None)


def light_after(
    progress: Progress,
    ledger: Ledger,
    ticked: Collection[int],
    lacks: Collection[type[Model]],
) -> lights.Light | None:
    """当作已通过，这个项次的灯。`ledger` 是这一项在那一期的台账，`ticked` 是勾了的节点，`lacks` 是这一项上没有的几样。
    已关闭的期（更正）数字以关闭日为准，通过也不改，为 None。"""
    if not progress.is_waiting or not progress.period.is_open:
        return None
    judge = Supposed(progress, ledger, ticked, lacks)
    assignments = [a for found in judge.assignments.values() for a in found]
    mine = next((a for a in assignments if a.pk == progress.assignment_id), None)
    return judge.shown(mine) if mine else None
