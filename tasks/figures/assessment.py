"""考核材料（方案三（二）：“严格考核”）：一段时间里各部室应报、按时、补报、未报、退回、到期未办结、办结、延期、销号。

只列数字，不作评价：方案没有规定怎么评。每个数由一个查询集数出，点开的清单就是那个查询集，
所以数与清单必然相符。按部室计数：报送以“项次·期”计，举措以“项次”计（共同牵头、各部室共担的，各部室各计一次）。
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, Model, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils import timezone

from departments import organisation
from departments.models import Department
from yingshang import dates

from ..models import Assignment, Completion, Extension, Judgement, Plan, Problem, Progress, ReportingPeriod
from ..models.problem import ProblemQuerySet
from ..models.progress import ProgressQuerySet
from ..rules import lights
from . import basis
from .filters import Filters
from .ledger import Ledger, current_of, opened_periods
from .reporting import Reporting, reporting_in, sent_back
from .span import Span

PAGE_SIZE = 100
# 说明里最多点名几项。
MOST_NAMED = 30
REPORTS, DUTIES, PROBLEMS = "报送（项次·期）", "举措（项次）", "问题（件）"


# ── 数什么 ────────────────────────────────────────────────


def _owed(span: Span) -> ProgressQuerySet:
    return Progress.objects.in_force().filter(period__in=span.periods)


def _unsent(span: Span, past: bool) -> Q:
    """没有交上来的（还没动手的与草稿）：过了截止日的，或还没到截止日的。"""
    periods = [p for p in span.periods if _is_past(p, span) == past]
    return Q(status__in=Progress.UNSENT, period__in=periods)


def _is_past(period: ReportingPeriod, span: Span) -> bool:
    """到这一期的基准日，截止日过了。"""
    return period.as_of(span.today) > period.due_on


def _valid(span: Span) -> QuerySet[Completion]:
    """那一刻有效的办结。"""
    reopened = Q(reopened_at=None) | Q(reopened_at__gt=span.until)
    return Completion.objects.filter(reopened, granted_at__lte=span.until)


def _overdue(span: Span) -> QuerySet[Assignment]:
    """到期未办结：时限（那一刻已批准的延期算在内）已过而没有办结。"""
    held = Judgement.objects.on(span.period, span.today).exclude(judged=lights.DONE).filter(due_on__lt=span.as_of)
    due = held.filter(assignment=OuterRef("pk")).values("due_on")
    return Assignment.objects.filter(pk__in=held.values("assignment")).annotate(due_then=Subquery(due))


def _completed(span: Span) -> QuerySet[Completion]:
    return span.in_force(_valid(span)).filter(span.during("granted_at"))


def _extended(span: Span) -> QuerySet[Extension]:
    return span.in_force(Extension.objects.approved()).filter(span.during("decided_at"))


def _problems(span: Span) -> ProblemQuerySet:
    return span.problems


def _settled(span: Span, **more: Any) -> Q:
    return span.during("settled_at") & Q(**more)


def _unsettled(span: Span, **more: Any) -> Q:
    return (Q(settled_at=None) | Q(settled_at__gt=span.until)) & Q(**more)


def _all(span: Span) -> Q:
    return Q()


@dataclass(frozen=True)
class AssessmentFigure:
    """数的是什么：名称、单位、归哪一组、哪一批行里的哪些、行里哪个字段是部室。同一批行的几个数一次数。"""

    label: str
    unit: str
    group: str
    base: Callable[[Span], QuerySet]
    where: Callable[[Span], Q] = _all
    department: str = "assignment__department"
    meaning: str = ""

    def rows(self, span: Span) -> QuerySet:
        """数到的每一条。"""
        return self.base(span).filter(self.where(span))


def _report(label: str, where: Callable[[Span], Q], meaning: str) -> AssessmentFigure:
    return AssessmentFigure(label, "项次", REPORTS, _owed, where, meaning=meaning)


def _problem(label: str, where: Callable[[Span], Q], meaning: str = "") -> AssessmentFigure:
    return AssessmentFigure(label, "件", PROBLEMS, _problems, where, "department_then", meaning)


FIGURES = {
    "owed": _report("应报", _all, "各期开放时应当报送的"),
    "on_time": _report("按时", lambda span: Progress.ON_TIME, "首次报送不晚于截止日的（退回后重报不算迟）"),
    "late": _report("补报", lambda span: Progress.LATE, "截止日以后才首次报送的"),
    "missed": _report("逾期未报", lambda span: _unsent(span, True), "过了截止日还没有报送的"),
    "pending": _report("未到期", lambda span: _unsent(span, False), "还没有报送，也还没有到截止日的"),
    "returned": _report("退回过", lambda span: sent_back(), "被退回修改过的（不论后来改好没有，与前几列有重叠）"),
    "overdue": AssessmentFigure("到期未办结", "项次", DUTIES, _overdue, department="department", meaning="到最后一期的基准日时限已过而没有办结的"),
    "completed": AssessmentFigure("办结", "项次", DUTIES, _completed, meaning="这一段里办结、没有重新打开的"),
    "extended": AssessmentFigure("延期", "次", DUTIES, _extended, meaning="这一段里批准的延期"),
    "problems_on_time": _problem(
        "按期销号", lambda span: _settled(span, settled_at__date__lte=F("due_on")), "这一段里销号、销号日不晚于整改期限的"
    ),
    "problems_late": _problem(
        "逾期销号", lambda span: _settled(span, settled_at__date__gt=F("due_on")), "这一段里销号、销号日晚于整改期限的"
    ),
    "problems_overdue": _problem(
        "逾期未销号", lambda span: _unsettled(span, due_on_then__lt=span.as_of), "到最后一期的基准日过了整改期限还没有销号的"
    ),
}  # fmt: skip
COLUMNS = tuple(FIGURES)
# 报送的几个数，从一期里一个部室的报送情况、那一期的截止日过了没有得来：关闭了的期存着，不用数那几万行。点开的清单照上面的条件。
FROM_REPORTS: dict[str, Callable[[Reporting, bool], int]] = {
    "owed": lambda reporting, _: reporting.owed,
    "on_time": lambda reporting, _: reporting.on_time,
    "late": lambda reporting, _: reporting.late,
    "missed": lambda reporting, is_past: reporting.unreported if is_past else 0,
    "pending": lambda reporting, is_past: 0 if is_past else reporting.unreported,
    "returned": lambda reporting, _: reporting.sent_back,
}
# 不进考核表、只在分析页按问题分类用的。
FIGURES |= {
    "problems_open": _problem("未销号", _unsettled),
    "problems_new": _problem("新挂账", lambda span: span.during("created_at")),
    "problems_settled": _problem("销号", _settled),
}


def counts_by(span: Span, keys: Iterable[str], path: str = "") -> dict[str, Counter]:
    """几个数按某个字段（不给的按部室）分组计数；同一批行的一次查询。没有的组不在内。"""
    found: dict[str, Counter] = {key: Counter() for key in keys}
    _count_reports(span, {key: found[key] for key in found if key in FROM_REPORTS})
    bases = dict.fromkeys(FIGURES[key].base for key in found if key not in FROM_REPORTS)
    for base in bases:
        same = [key for key in found if FIGURES[key].base == base]
        counted = {key: Count("pk", filter=FIGURES[key].where(span) or None) for key in same}
        group = path or FIGURES[same[0]].department
        for which, *numbers in base(span).order_by().values_list(group).annotate(**counted):
            for key, n in zip(same, numbers, strict=True):
                if n:
                    found[key][which] = n
    return found


def _count_reports(span: Span, found: dict[str, Counter]) -> None:
    """报送的几个数：各期各部室的报送情况加起来。"""
    past = {period.pk: _is_past(period, span) for period in span.periods}
    for (period, room), reporting in (reporting_in(span.periods) if found else {}).items():
        for key, counts in found.items():
            if n := FROM_REPORTS[key](reporting, past[period]):
                counts[room] += n


def url(first: ReportingPeriod, last: ReportingPeriod, key: str, **query: str) -> str:
    """数到的每一条：考核清单的网址。"""
    query = {"first": first.slug, "last": last.slug, "what": key, **query}
    return f"{reverse('assessment_list')}?{urlencode(query)}"


# ── 考核表 ────────────────────────────────────────────────


@dataclass(frozen=True)
class Cell:
    """一格：多少，点开看哪张清单。"""

    key: str
    n: int
    url: str


@dataclass
class AssessmentRow:
    """一个部室。"""

    department: Department
    cells: list[Cell]


@dataclass
class Assessment:
    """一段时间的考核表。`span` 为 None 时还没有开放过报送。"""

    plan: Plan | None
    span: Span | None
    filters: Filters
    today: dt.date

    @property
    def shown(self) -> Span:
        """所列的一段。还没有开放过报送的没有表，先看 `span` 再问。"""
        if self.span is None:
            raise ValueError("还没有开放过报送，没有考核表。")
        return self.span

    @property
    def words(self) -> str:
        """哪一段：2023年3月至2023年9月。"""
        first, last = self.shown.first, self.shown.period
        return first.name if first == last else f"{first.name}至{last.name}"

    @property
    def print_title(self) -> str:
        """纸上的题目。"""
        return f"{self.shown.plan.title}考核材料"

    @property
    def columns(self) -> list[tuple[str, AssessmentFigure, str, str]]:
        """各列：键、定义、再点一次按哪个方向排、现在是不是按它排。"""
        query = self.filters.query_without("sort")
        found = []
        for key in COLUMNS:
            direction = "down" if self.sort == f"-{key}" else "up" if self.sort == key else ""
            link = f"?{query}{'&' if query else ''}sort={key if direction == 'down' else f'-{key}'}"
            found.append((key, FIGURES[key], link, direction))
        return found

    @property
    def unsorted_url(self) -> str:
        """按部室次序。"""
        return f"?{self.filters.query_without('sort')}"

    @property
    def groups(self) -> list[tuple[str, int]]:
        """表头的三组：（名称，几列）。"""
        return list(Counter(FIGURES[key].group for key in COLUMNS).items())

    @property
    def sort(self) -> str:
        """按哪一列排；空着按部室次序。"""
        return self.filters.chosen.get("sort", "")

    @cached_property
    def counts(self) -> dict[str, Counter]:
        """列 → 部室 → 数。同一个记号下数一次就够。"""
        return organisation.remembered(f"assessment:{self._key}", lambda: counts_by(self.shown, COLUMNS))

    @property
    def _key(self) -> str:
        return f"{self.shown.first.pk}:{self.shown.period.pk}:{self.today}"

    @cached_property
    def rows(self) -> list[AssessmentRow]:
        """各部室，按所选的列排；在用的部室都列，停用的有数才列。"""
        seen = {pk for counts in self.counts.values() for pk in counts}
        found = [self._row(d) for d in Department.objects.filter(Q(is_active=True) | Q(pk__in=seen))]
        key = self.sort.lstrip("-")
        if key in COLUMNS:
            place = COLUMNS.index(key)
            found.sort(key=lambda row: row.cells[place].n, reverse=self.sort.startswith("-"))
        return found

    def _row(self, department: Department) -> AssessmentRow:
        return AssessmentRow(
            department, [self._cell(k, self.counts[k][department.pk], dept=department.slug) for k in COLUMNS]
        )

    @cached_property
    def totals(self) -> list[Cell]:
        """合计。"""
        return [self._cell(key, sum(self.counts[key].values())) for key in COLUMNS]

    def _cell(self, key: str, n: int, **query: str) -> Cell:
        return Cell(key, n, url(self.shown.first, self.shown.period, key, **query))

    @property
    def export_query(self) -> str:
        """导出的与页面上的同一段、同一次序。"""
        return self.filters.query_without()

    @property
    def notes(self) -> list[str]:
        """表后的说明：怎么数的、共同牵头的怎么算。"""
        sizes, joint = organisation.remembered(f"assessed:{self._key}", lambda: _sizes(self.shown.ledger))
        found = [
            "只列数字，不作评价：方案没有规定怎么评，由领导小组定。",
            organisation.worded("按部室以“项次”计：")
            + f"{sizes}。"
            + (joint + organisation.worded(SHARED) if joint else ""),
            "报送按“项次·期”计：一个项次在一期里应报一次，跨几期的逐期相加。应报＝按时＋补报＋逾期未报＋未到期。",
        ]
        return [*found, "；".join(f"{FIGURES[key].label}是{FIGURES[key].meaning}" for key in COLUMNS) + "。"]


SHARED = "由几个部室共同牵头或各部室共担，每个部室各计一次，所以各部室之和大于项数。"


def _sizes(ledger: Ledger) -> tuple[str, str]:
    """几项举措合几项次，共同牵头的是哪几项。"""
    shared = ledger.part_stands.order_by().values("measure").annotate(n=Count("pk")).filter(n__gt=1)
    numbers = ledger.stands.filter(measure__in=shared.values("measure")).order_by("position", "pk")
    joint = _named(list(numbers.values_list("edition__number", flat=True)[: MOST_NAMED + 1]))
    return f"{ledger.total} 项举措合 {ledger.part_stands.count()} 项次", joint


def _named(numbers: list[str]) -> str:
    """第 3 项、第 8 项；多得写不下的只写前几项。"""
    said = "、".join(f"第 {number} 项" for number in numbers[:MOST_NAMED])
    return f"{said}等" if len(numbers) > MOST_NAMED else said


def span_of(
    plan: Plan | None, today: dt.date, filters: Filters, opened: list[ReportingPeriod] | None = None
) -> Span | None:
    """所选的一段；没有选的，从方案年度的第一期到现在的一期。起止颠倒的对调。`opened` 是读好的各期（由早到晚）。"""
    opened = opened_periods(plan) if opened is None else opened
    latest = current_of(opened, today)
    if plan is None or latest is None:
        return None
    chosen = filters.chosen
    first, last = chosen.get("first") or opened[0], chosen.get("last") or latest
    if first.starts_on > last.starts_on:
        first, last = last, first
    span = Span(plan, first, last, today)
    span.ledger.opened = opened
    return span


def assessment(
    plan: Plan | None, today: dt.date, filters: Filters, opened: list[ReportingPeriod] | None = None
) -> Assessment:
    """一段时间的考核表。查询数与部室、举措多少无关。"""
    return Assessment(plan, span_of(plan, today, filters, opened), filters, today)


# ── 点开的清单 ────────────────────────────────────────────


@dataclass
class AssessmentLine:
    """清单的一行：一条报送、一个项次、一次延期、一件问题。"""

    number: str
    title: str
    department: Department
    when: str
    note: str
    url: str
    report: Progress | None = None


@dataclass
class AssessmentListing:
    """一个数数到的每一条。"""

    span: Span
    filters: Filters
    figure: AssessmentFigure
    page_obj: Page
    lines: list[AssessmentLine]
    title: str
    query: str


RELATED = {
    Progress: ("assignment__measure", "assignment__department", "period"),
    Assignment: ("measure", "department"),
    Completion: ("assignment__measure", "assignment__department"),
    Extension: ("assignment__measure", "assignment__department"),
    Problem: ("department", "measure"),
}
ORDERS = {
    Progress: ("period__starts_on", "assignment__measure__position", "assignment__order", "pk"),
    Assignment: ("measure__position", "order", "pk"),
    Completion: ("granted_at", "pk"),
    Extension: ("decided_at", "pk"),
    Problem: ("due_on_then", "number"),
}


def listing(plan: Plan | None, today: dt.date, filters: Filters) -> AssessmentListing | None:
    """一个数数到的每一条；还没有开放过报送的为 None。"""
    span = span_of(plan, today, filters)
    if span is None:
        return None
    chosen = filters.chosen
    figure = FIGURES[chosen.get("what", "owed")]
    rows = figure.rows(span)
    if dept := chosen.get("dept"):
        rows = rows.filter(**{figure.department: dept.pk})
    if (category := chosen.get("category")) and rows.model is Problem:
        rows = rows.filter(category_then=category)
    rows = rows.select_related(*RELATED[rows.model]).order_by(*ORDERS[rows.model])
    page = Paginator(rows, PAGE_SIZE).get_page(chosen.get("page", 1))
    if rows.model is Problem:
        page.object_list = basis.set_back(page.object_list)
    lines = [DESCRIBE[rows.model](row, span) for row in page.object_list]
    made = Assessment(plan, span, filters, today)
    narrowed = [str(dept)] if dept else []
    narrowed += [Problem.Category(category).label] if category and rows.model is Problem else []
    title = f"{made.words}　{'　'.join([*narrowed, figure.label])}"
    return AssessmentListing(span, filters, figure, page, lines, title, filters.query_without("page"))


def _duty(assignment: Assignment, when: str, note: str, report: Progress | None = None) -> AssessmentLine:
    measure = assignment.measure
    link = reverse("measure_detail", args=[measure.number])
    return AssessmentLine(measure.number, measure.title, assignment.department, when, note, link, report)


def _report_line(row: Progress, span: Span) -> AssessmentLine:
    day = timezone.localdate(row.first_submitted_at) if row.is_sent else None
    note = f"{dates.short(day)}首次报送" if day else ""
    note += f"，退回 {row.times_returned} 次" if row.times_returned else ""
    return _duty(
        row.assignment, row.period.name, f"{note.lstrip('，')}（截止 {dates.short(row.period.due_on)}）".strip(), row
    )


def _assignment_line(row: Any, span: Span) -> AssessmentLine:  # 带着 SQL 添上的 due_then，模型上没有
    return _duty(row, f"时限 {dates.short(row.due_then)}", f"已超 {(span.as_of - row.due_then).days} 天")


def _completion_line(row: Completion, span: Span) -> AssessmentLine:
    return _duty(row.assignment, f"{dates.short(row.granted_at)}办结", "")


def _extension_line(row: Extension, span: Span) -> AssessmentLine:
    said = f"{dates.short(row.old_due_on)}延至{dates.short(row.new_due_on)}：{row.reason}"
    return _duty(row.assignment, f"{dates.short(row.decided_at)}批准" if row.decided_at else "", said)


def _problem_line(row: Problem, span: Span) -> AssessmentLine:
    note = "未销号"
    if row.settled_at and row.settled_at <= span.until:
        note = f"{dates.short(row.settled_at)}销号"
    link = reverse("problem_detail", args=[row.pk])
    return AssessmentLine(
        str(row.number),
        row.title,
        row.department,
        f"期限 {dates.short(row.due_on)}",
        f"{row.get_category_display()}，{note}",
        link,
    )


DESCRIBE: dict[type[Model], Callable[[Any, Span], AssessmentLine]] = {
    Progress: _report_line,
    Assignment: _assignment_line,
    Completion: _completion_line,
    Extension: _extension_line,
    Problem: _problem_line,
}
