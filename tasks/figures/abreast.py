"""几份方案并排看：各自到了哪一期、报了几项次、几红几黄、几条待审核、几项到期回看。问几次库与几份方案无关。"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Count
from django.urls import reverse

from yingshang import dates

from ..models import EffectNote, MeasureJudgement, Plan, Problem, Progress, ReportingPeriod
from ..rules import lights
from .ledger import current_of
from .reporting import Reporting, reporting_of


@dataclass(frozen=True)
class PlanStand:
    """一份方案的一行：`period` 是它现在的一期，还没有开放过的为 None。"""

    plan: Plan
    period: ReportingPeriod | None
    reporting: Reporting
    levels: Counter[str] = field(default_factory=Counter)
    waiting: int = 0
    overdue: int = 0
    again: int = 0

    @property
    def due_on(self) -> dt.date:
        """还欠着的最早哪天截止；不欠的排在最后。"""
        owes = self.period is not None and self.period.is_open and self.reporting.unreported + self.reporting.returned
        return self.period.due_on if owes and self.period else dt.date.max

    @property
    def words(self) -> str:
        """这一期开着没有，哪天截止。"""
        if self.period is None:
            return ""
        return "已关闭" if self.period.is_closed else f"{dates.short(self.period.due_on)}截止"

    @property
    def board_url(self) -> str:
        return self.plan.url_in(reverse("board"))

    @property
    def review_url(self) -> str:
        return self.plan.url_in(reverse("review_list"))

    @property
    def overdue_url(self) -> str:
        return self.plan.url_in(f"{reverse('problem_list')}?due=overdue")

    @property
    def again_url(self) -> str:
        return self.plan.url_in(f"{reverse('completion_list')}#follow")

    @property
    def light_counts(self) -> list[tuple[str, str, int]]:
        """各灯的项数，没有的不写。"""
        return [(level, lights.LABELS[level], n) for level in lights.SEVERITY if (n := self.levels[level])]


def abreast(plans: Sequence[Plan], today: dt.date) -> list[PlanStand]:
    """各份方案各一行，欠着的在前、截止早的在前。"""
    if not plans:
        return []
    opened: dict[int, list[ReportingPeriod]] = defaultdict(list)
    for period in ReportingPeriod.objects.opened().filter(plan__in=plans).order_by("starts_on"):
        opened[period.plan_id].append(period)
    periods = {plan.pk: current_of(opened[plan.pk], today) for plan in plans}
    now = [period for period in periods.values() if period]
    counts = reporting_of(now)
    judged: dict[int, Counter[str]] = defaultdict(Counter)
    stands = MeasureJudgement.objects.in_each(now, today)
    for pk, level, n in stands.order_by().values_list("period", "level").annotate(n=Count("pk")):
        judged[pk][level] = n
    waiting = _counted(Progress.objects.to_review().filter(period__plan__in=plans), "period__plan")
    overdue = _counted(Problem.objects.overdue(today).filter(plan__in=plans), "plan")
    again = _counted(
        EffectNote.objects.due(today).filter(completion__assignment__measure__plan__in=plans),
        "completion__assignment__measure__plan",
    )
    found = []
    for plan in plans:
        mine = periods[plan.pk]
        pk = mine.pk if mine else 0
        reporting, levels = counts.get(pk, Reporting()), judged[pk]
        counted = (each.get(plan.pk, 0) for each in (waiting, overdue, again))
        found.append(PlanStand(plan, mine, reporting, levels, *counted))
    return sorted(found, key=lambda stand: (stand.due_on, not stand.plan.is_current, -stand.plan.year, stand.plan.pk))


def _counted(rows: object, path: str) -> dict[int, int]:
    return dict(rows.order_by().values_list(path).annotate(n=Count("pk")))  # type: ignore[attr-defined]
