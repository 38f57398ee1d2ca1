"""问题台账的数字与清单：未销号、逾期、本周到期、今年销号；各行的次序与筛选。"""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Avg, Case, Count, DateField, DurationField, F, OuterRef, Q, Subquery, When

from yingshang import clock, dates
from yingshang.prepared import Asked

from ..models import Plan, Problem, ProblemNote
from ..models.problem import ProblemQuerySet, sunday
from .filters import Chosen
from .search import Word, every
from .span import Span

PAGE_SIZE = 50
P = Problem.Status


def current() -> ProblemQuerySet:
    """现行方案的问题台账。"""
    return Problem.objects.of_current_plan()


# ── 数字 ──────────────────────────────────────────────────


@dataclass(frozen=True)
class Figures:
    """某一刻的问题情况（件）。"""

    unsettled: int = 0
    overdue: int = 0
    this_week: int = 0
    settled: int = 0
    average: dt.timedelta | None = None

    @property
    def average_days(self) -> int | None:
        """今年销号的平均用了几天（四舍五入，不足一天算一天）；没有销号的为 None。"""
        return None if self.average is None else max(1, round(self.average.total_seconds() / 86400))


def figures_of(span: Span) -> Figures:
    """看某一期时的问题情况：已关闭的期是关闭那一刻的，期限也是那时的。"""
    return figures(span.problems, span.as_of, moment=span.until, due="due_on_then")


def figures(rows: ProblemQuerySet, day: dt.date, *, moment: dt.datetime | None = None, due: str = "due_on") -> Figures:
    """未销号、逾期、本周到期、申请销号、今年已销号与平均天数，一次查询；`day` 早于今天时为那一天结束时的数。"""
    moment = moment or clock.end_of(day)
    standing = Q(settled_at=None) | Q(settled_at__gt=moment)
    done = Q(settled_at__year=day.year, settled_at__lte=moment)
    counted = rows.counted(moment).aggregate(
        unsettled=Count("pk", filter=standing),
        overdue=Count("pk", filter=standing & Q(**{f"{due}__lt": day})),
        this_week=Count("pk", filter=standing & Q(**{f"{due}__range": (day, sunday(day))})),
        settled=Count("pk", filter=done),
        average=Avg(F("settled_at") - F("created_at"), filter=done, output_field=DurationField()),
    )
    return Figures(**counted)


# ── 清单 ──────────────────────────────────────────────────


@dataclass
class ProblemRow:
    """清单里的一件。"""

    problem: Problem
    today: dt.date
    plan: Plan | None = None  # 现行方案；别的方案的问题写明年度

    @property
    def where(self) -> str:
        """题下的小字：哪一年的方案（不是现行的才写）、哪一项、从哪里来。"""
        problem = self.problem
        year = f"{problem.plan.year}年方案　" if self.plan and problem.plan != self.plan else ""
        measure = f"第 {problem.measure.number} 项 {problem.measure.title}" if problem.measure else ""
        return year + measure + (f"（{self.source}）" if self.source else "")

    @property
    def facts(self) -> list[str]:
        """小清单上的几样：几号、哪一类、哪个部室。"""
        problem = self.problem
        return [f"{problem.number} 号", problem.get_category_display(), problem.department.name]

    @property
    def is_overdue(self) -> bool:
        return self.problem.is_overdue(self.today)

    @property
    def source(self) -> str:
        """从哪里来：哪一期的报送、哪一天的督查检查；办公室直接列入的为空。"""
        if self.problem.progress:
            return f"{self.problem.progress.period.short_name}报送"
        held = self.problem.inspection and self.problem.inspection.held_on
        return f"{dates.short(held)}督查检查" if held else ""

    @property
    def ended_on(self) -> dt.datetime | None:
        """销号或撤账的时刻；还挂着账的为 None。"""
        return self.problem.settled_at or self.problem.dropped_at

    @property
    def ending(self) -> str:
        """怎样了结的；还挂着账的为空。"""
        endings: dict[str, str] = {P.SETTLED: "销号", P.DROPPED: "撤账，不再计数"}
        return endings.get(self.problem.status, "")

    @property
    def days(self) -> str:
        """“还有 6 天”“已逾期 3 天”；销号、撤账的不写。"""
        if self.problem.is_over:
            return ""
        left = (self.problem.due_on - self.today).days
        return f"已逾期 {-left} 天" if left < 0 else f"还有 {left} 天" if left else "就是今天"


def rows_of(problems: Asked, today: dt.date) -> list[ProblemRow]:
    """把问题排成清单：逾期的在前，其余按期限；销号的在最后，新销号的在前。"""
    return [
        ProblemRow(problem, today)
        for problem in problems.then(("listed", today), lambda rows: in_order(rows, today)).rows()
    ]


def in_order(problems: ProblemQuerySet, today: dt.date) -> ProblemQuerySet:
    """清单的次序，连同要显示的关联与最近一条整改情况（查询数与件数无关）。"""
    standing = ~Q(status__in=(P.SETTLED, P.DROPPED))
    latest = ProblemNote.objects.filter(problem=OuterRef("pk")).order_by("-at", "-pk")
    return (
        problems.select_related("department", "measure", "inspection", "plan", "progress__period")
        .annotate(latest_note=Subquery(latest.values("text")[:1]), latest_note_at=Subquery(latest.values("at")[:1]))
        .alias(
            place=Case(When(standing & Q(due_on__lt=today), then=0), When(standing, then=1), default=2),
            soonest=Case(When(standing, then=F("due_on")), default=None, output_field=DateField()),
        )
        .order_by("place", "soonest", "-settled_at", "pk")
    )


def _says(word: Word) -> Q:
    """搜索：题目、情况、所属的举措、件号、责任部室、牵头领导。"""
    said = word.within("title", "text", "measure__title") | word.problem("number") | word.measure("measure__number")
    return said | Q(department__in=word.rooms) | Q(measure__in=word.led.values("measure"))


def matching(problems: ProblemQuerySet, chosen: Chosen, today: dt.date) -> ProblemQuerySet:
    """按筛选条件缩小。撤账的只在点名要看时列出。"""
    if chosen.get("status") != P.DROPPED:
        problems = problems.on_record()
    if q := chosen.get("q"):
        problems = problems.filter(every(q, _says))
    for name, column in (("category", "category"), ("level", "level"), ("dept", "department")):
        if name in chosen:
            problems = problems.filter(**{column: chosen[name]})
    if status := chosen.get("status"):
        narrowed = {
            "unsettled": problems.unsettled(),
            "returned": problems.returned(),
            "this_year": problems.settled_this_year(today),
        }
        problems = narrowed[status] if status in narrowed else problems.filter(status=status)
    if due := chosen.get("due"):
        problems = problems.overdue(today) if due == "overdue" else problems.due_this_week(today)
    return problems
