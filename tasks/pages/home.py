"""首页（我的任务）：一个部室此刻还欠什么、报了什么、灯怎样。"""

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property
from typing import cast

from django.db.models import Count

from departments.models import Department, User

from ..figures import owed as owed_figures
from ..figures import reporting as reporting_figures
from ..figures.ledger import Ledger, current_period
from ..figures.problem import ProblemRow
from ..figures.reporting import Reporting
from ..forms import ProgressForm
from ..imports.comparing import Change
from ..models import (
    Assignment,
    EffectNote,
    Measure,
    Plan,
    PlanRevision,
    Progress,
    ReportingPeriod,
)
from ..models.measure import MeasureQuerySet
from ..models.progress import ProgressQuerySet
from ..rules import lights
from . import assignment as assignment_pages
from . import completion as completion_pages
from . import coordination as coordination_pages
from . import instruction as instruction_pages
from . import joint as joint_pages
from . import problem as problem_pages
from . import reminder as reminder_pages
from .progress import Task, last_reports, owed_by, report_form, rooms
from .revision import changed_for, waiting_receipt

# 首页就地填的最多列几项，已报的最多列几项。
MOST = 40


def reported_by(department: Department) -> ProgressQuerySet:
    """这个部室在开放中的各期已报的。"""
    return (
        Progress.objects.in_open_periods()
        .filter(assignment__department=department)
        .of_current_plan()
        .in_force()
        .reported()
        .with_corrections()
        .select_related("assignment__measure", "period")
        .order_by("-period__starts_on", "assignment__measure__position")
    )


@dataclass
class Desk:
    """一个部室的桌面：还欠什么、报了什么、灯怎样。"""

    department: Department
    period: ReportingPeriod | None
    today: dt.date
    tasks: list[Task]
    done: list[Progress]
    ledger: Ledger
    owed: int
    done_count: int
    on_time: tuple[int, int]
    unsigned: PlanRevision | None
    changed: list[Change]
    instructions: list[instruction_pages.Shown]
    problems: list[ProblemRow]
    asked: list[coordination_pages.CoordinationRow]
    asking: list[coordination_pages.CoordinationRow]
    summaries_due: list[joint_pages.Due] = field(default_factory=list)
    put_back: list[Task] = field(default_factory=list)

    @property
    def owing(self) -> list[Task]:
        """应报而没有报的（不含更正稿：原来那条仍然有效，更正不是欠账）。"""
        return [task for task in self.tasks if not task.progress.corrects_id]

    @property
    def more(self) -> int:
        """这一页没有列出来的还有几项要报；办完一项补上一项。"""
        return self.owed - len(self.owing)

    @property
    def corrections(self) -> list[Task]:
        """没有交的更正稿。"""
        return [task for task in self.tasks if task.progress.corrects_id]

    @property
    def besides(self) -> str:
        """报送之外还有什么要办，一句话；导航上的待办数是它们的合计。"""
        replies = sum(item.can_reply for item in self.instructions)
        counted = (
            (len(self.corrections), "份更正稿没有交"),
            (replies, "条批示待回复"),
            (len(self.asked), "件请本部室协调"),
            (len(self.summaries_due), "份汇总没有写"),
        )
        words = [f"{n} {what}" for n, what in counted if n]
        return "、".join(words + (["方案待签收"] if self.unsigned else []))

    @cached_property
    def outstanding(self) -> list:
        """欠着的各件：没有报的、临近或已过时限的、逾期的问题。"""
        return owed_figures.items(self.ledger.plan, self.today, department=self.department)

    @cached_property
    def notice(self) -> reminder_pages.Notice | None:
        """办公室提醒：最近一次催办里还没有办的。"""
        return reminder_pages.notice(self.ledger.plan, self.department, self.outstanding)

    @cached_property
    def pressing(self) -> list:
        """临近或已过时限的，可以申请延期。"""
        return assignment_pages.pressing(self.outstanding)

    @cached_property
    def follow_ups(self) -> list[EffectNote]:
        """跟踪问效到了回看日期的。"""
        return list(completion_pages.follow_ups(self.today, self.department))

    @cached_property
    def reporting(self) -> Reporting | None:
        """本期本部室的报送情况（项次）。"""
        if self.period is None:
            return None
        rows = Progress.objects.in_force().filter(period=self.period, assignment__department=self.department)
        counted = reporting_figures.reporting(rows)
        return counted if counted.owed else None

    @property
    def days_left(self) -> int:
        return (self.period.due_on - self.today).days if self.period else 0

    @property
    def overdue_days(self) -> int:
        return -self.days_left

    @property
    def stack(self) -> list[tuple[str, int]]:
        """本期进度条：已通过、待审核、其余。"""
        r = self.reporting or reporting_figures.Reporting()
        return [("g", r.approved), ("b", r.submitted), ("bg", r.owed - r.reported)]

    @property
    def lights(self) -> list[tuple[str, str, int]]:
        """本部室各项次的灯。"""
        led = Assignment.objects.in_force().of_department(self.department).filter(measure__plan=self.ledger.plan)
        rows = Ledger(self.ledger.plan, self.period, self.today).part_stands.filter(assignment__in=led)
        mine = dict(rows.order_by().values_list("level").annotate(n=Count("pk")))
        return [(level, label, mine[level]) for level, label in lights.LABELS.items() if level in mine]


def period_to_report(plan: Plan, today: dt.date) -> ReportingPeriod | None:
    """填报人首页说的是哪一期：今天所在的；它已关闭而另有开放着的（如关早了、下一期开早了），说开放着的那一期。"""
    current = current_period(plan, today)
    if current is None or current.is_open:
        return current
    return plan.periods.still_open().order_by("starts_on").first() or current


def desk(
    user: User, today: dt.date, *, bound: dict[int, ProgressForm] | None = None, opened: int | None = None
) -> Desk:
    """填报人的首页。`bound` 是刚才没交成的表单（按报送编号），原样放回；`opened` 是要展开的那条。"""
    plan, department = Plan.objects.current(), cast(Department, user.department)  # 填报人必属于一个部室，库里有约束
    period = period_to_report(plan, today) if plan else None
    waiting = owed_by(department)
    owed = _first(waiting, opened)
    last = last_reports(owed)
    shown = Measure.objects.filter(pk__in=[row.assignment.measure_id for row in owed])
    ledger, others = Ledger(plan, period, today, measures=shown), rooms()
    parts = {p.assignment.pk: p.light for line in ledger.lines for p in line.parts}
    tasks = []
    for row in owed:
        row.assignment.measure.plan = plan  # type: ignore[assignment]  # 有待报的，就有现行方案
        form = (bound or {}).get(row.pk) or report_form(row, last.get(row.pk), others)
        is_open = row.pk == opened or row.pk in (bound or {})
        tasks.append(Task(row, last.get(row.pk), parts.get(row.assignment_id), form, is_open, today))
    done, unsigned = reported_by(department), waiting_receipt(department)
    changed = changed_for(department, unsigned)
    said = instruction_pages.for_department(user)
    return Desk(
        department,
        period,
        today,
        tasks,
        list(done[:MOST]),
        ledger,
        waiting.filter(corrects=None).count(),
        done.count(),
        on_time(department, plan),
        unsigned,
        changed,
        said,
        problems=problem_pages.of_department(department, today),
        asked=coordination_pages.asked_of(department, today),
        asking=coordination_pages.asked_by(department, today),
        summaries_due=joint_pages.due_from(department, plan, period, today),
    )


def _first(waiting: ProgressQuerySet, opened: int | None) -> list[Progress]:
    """最先要办的一页，和指名要展开的那一条。"""
    found = list(waiting[:MOST])
    if opened and all(row.pk != opened for row in found):
        found += waiting.filter(pk=opened)
    return found


def measures_of(plan: Plan | None, department: Department) -> MeasureQuerySet:
    """这个部室牵头的现行举措。"""
    return Measure.objects.in_force().assigned_to(department).filter(plan=plan)


def on_time(closed: Iterable[Reporting]) -> tuple[int, int]:
    """已关闭的各期里，全部按时报送的期数与总期数（没有应报的期不计）。"""
    owing = [counts for counts in closed if counts.owed]
    return sum(counts.owed == counts.on_time for counts in owing), len(owing)
