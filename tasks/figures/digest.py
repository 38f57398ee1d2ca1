"""一周：灯现在怎样、比上一期变了哪些，哪几项先看、为什么，这七天报了、批了、回了、挂了、销了几件，七天内什么到期。"""

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Q
from django.utils import timezone

from departments.models import Leader
from yingshang import clock

from ..models import Event, Instruction, InstructionReply, Measure, Plan, Problem, Progress
from ..models.measure import MeasureQuerySet
from ..rules import lights
from . import escalated
from . import owed as owed_figures
from .ledger import Ledger, current_of, opened_periods
from .owed import OwedItem
from .rows import Line

SPAN = 7
# 灯好坏的次序：越靠前越差；已完成、未启动的不比。
ORDER = (lights.RED, lights.YELLOW, lights.GREEN, lights.DONE)


@dataclass(frozen=True)
class Changed:
    """灯变了的一项：上一期是什么，现在是什么。"""

    measure: Measure
    before: str
    now: str

    @property
    def is_worse(self) -> bool:
        return ORDER.index(self.now) < ORDER.index(self.before)


class Week:
    """截至 `today` 的七天。`leader` 写明的只看他牵头的；没有写明的是整个方案。"""

    def __init__(self, plan: Plan | None, today: dt.date, leader: Leader | None = None) -> None:
        self.plan, self.today, self.leader = plan, today, leader
        self.since = today - dt.timedelta(days=SPAN - 1)
        self.opened = opened_periods(plan)
        self.period = current_of(self.opened, today)

    @cached_property
    def measures(self) -> MeasureQuerySet:
        found = Measure.objects.in_force().filter(plan=self.plan)
        return found.led_by(self.leader) if self.leader else found

    @cached_property
    def lines(self) -> list[Line]:
        """各项，红黄在前。"""

        ledger = Ledger(
            self.plan, self.period, self.today, measures=self.measures, opened=self.opened, with_trails=True
        )
        return sorted(ledger.lines, key=lambda line: (line.light.severity, line.measure.position))

    @property
    def totals(self) -> list[tuple[str, str, int]]:
        """（灯，叫法，几项），没有的不列。"""
        counts = Counter(line.light.level for line in self.lines)
        return [(level, lights.LABELS[level], counts[level]) for level in lights.SEVERITY if counts[level]]

    @property
    def warned(self) -> list[Line]:
        return [line for line in self.lines if line.light.is_warning]

    @cached_property
    def changed(self) -> list[Changed]:
        """比上一期变了灯的，变差的在前。（一期之内哪天变的没有存，不猜。）"""
        before = self.opened.index(self.period) - 1 if self.period in self.opened else -1
        if before < 0:
            return []
        earlier = self.opened[before]
        pairs = ((line, line.ledger.level_of(line.measure, earlier)) for line in self.lines)
        kept = [
            (line.measure, was, line.light.level) for line, was in pairs if was in ORDER and line.light.level in ORDER
        ]
        found = [Changed(measure, was, now) for measure, was, now in kept if was and was != now]
        return sorted(found, key=lambda each: not each.is_worse)

    @cached_property
    def first(self) -> list[tuple[Line, str]]:
        """先看的（figures/escalated），连同为什么。"""
        silent = escalated.unanswered(self.plan, self.today, [line.measure.pk for line in self.lines])
        why = escalated.together(self.lines, silent)
        found = [line for line in self.lines if line.measure.pk in why]
        return [(line, "；".join(reason.words for reason in why[line.measure.pk])) for line in found]

    @cached_property
    def due(self) -> list[OwedItem]:
        """七天之内到期的（不连已经过了的；节点、问题没有到期也列），早的在前，报送在后。看整个方案的，连不在哪一项举措里的。"""
        mine, is_whole = [line.measure.pk for line in self.lines], self.leader is None
        items = owed_figures.to_urge_on(
            self.plan, self.today, mine, with_others=is_whole, ahead=SPAN, with_counts=False
        )
        found = [i for i in items if not i.is_undated and 0 <= i.days_left <= SPAN]
        # 一期的报送几十件同一天截止，放在后面：只列前几件的，不把问题、节点、时限挤掉。
        return sorted(found, key=lambda i: (i.kind == owed_figures.REPORT, i.due_on, i.number))

    @cached_property
    def done(self) -> dict[str, int]:
        """这七天里做了的各几件。"""
        of = {"assignment__measure__in": self.measures}
        sent = Progress.objects.in_force().filter(**of)
        said = Instruction.objects.of_plan(self.plan).filter(Q(measure__in=self.measures) | self._elsewhere)
        replies = InstructionReply.objects.filter(instruction__in=said, is_supplement=False)
        held = Problem.objects.of_plan(self.plan).on_record().filter(Q(measure__in=self.measures) | self._elsewhere)
        urged = Event.objects.filter(action=owed_figures.ACTION, measure__in=self.measures)
        return {
            "reported": self._in(sent, "first_submitted_at").count(),
            "approved": self._in(sent.approved(), "reviewed_at").count(),
            "said": self._in(said, "at").count(),
            "replied": self._in(replies, "at").count(),
            "waiting": said.waiting().count(),
            "urged": self._in(urged, "at").count(),
            "held": self._in(held, "created_at").count(),
            "settled": self._in(held, "settled_at").count(),
            "overdue": held.overdue(self.today).count(),
        }

    @property
    def _elsewhere(self) -> Q:
        """不在哪一项举措里的：看整个方案的也数，只看他牵头的不数。"""
        return Q(measure=None) if self.leader is None else Q(pk__in=[])

    def _in(self, rows, field: str):  # type: ignore[no-untyped-def]  # 哪个模型的查询集都可以
        start = clock.end_of(self.since - dt.timedelta(days=1))
        return rows.filter(**{f"{field}__gt": start, f"{field}__lte": clock.end_of(self.today)})


def friday_of(at: dt.datetime) -> dt.date | None:
    """这一刻该发的是哪个周五的一页：周五、周六、周日都是这个周五的；周一到周四不发。"""
    day = timezone.localdate(at)
    return day - dt.timedelta(days=day.weekday() - 4) if day.weekday() >= 4 else None
