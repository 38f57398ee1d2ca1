"""分析：较上期的变化、各期的灯与按时率，按部室、按领导、按类型、按问题分类。

灯由台账（`ledger.Ledger`）判，报送由 SQL 汇总或由同一本台账的项次数出；每个数字都带着清单的网址，
清单恰好那么多行。查询数与举措多少无关（期间方案修订过的，每一版多读一本台账）。
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count
from django.urls import reverse

from departments import organisation
from departments.models import Department

from ..models import Measure, Plan, Problem, ReportingPeriod
from ..rules import lights
from . import assessment
from . import parts as part_figures
from .changes import LINE_EXTRAS, PART_CHANGES, Changes
from .ledger import Ledger
from .reporting import EXEMPT, LATE, ON_TIME, REPORTING_COUNTS, ROOM, Reporting, reporting_counts, reporting_of


@dataclass(frozen=True)
class Figure:
    """一个数字：多少、什么单位、点开看哪张清单（数为零的不给链接）。"""

    n: int
    url: str
    label: str = ""
    unit: str = ""
    level: str = ""


def percent(part: int, whole: int) -> int | None:
    """占百分之几（四舍五入；没有全占的不写 100）；没有分母的为 None。"""
    if not whole:
        return None
    rounded = (part * 200 + whole) // (whole * 2)
    return min(rounded, 99) if part < whole else rounded


# ── 较上期的变化 ──────────────────────────────────────────


@dataclass(frozen=True)
class Turn:
    """灯从一种变成另一种的项数。"""

    before: str
    after: str
    figure: Figure


@dataclass
class Direction:
    """灯的变化的一类（好转、变差……），连同其中每一种。"""

    figure: Figure
    turns: list[Turn]


# ── 分组的小表 ────────────────────────────────────────────


@dataclass
class AnalysisGroup:
    """按部室、领导、类型分的一行：灯、应报、已报、按时。"""

    label: str
    url: str
    lights: list[Figure]
    owed: Figure
    reported: Figure
    on_time: Figure
    exempt: Figure | None = None  # 灯与应报都以项次计的才有：差的是这些

    @property
    def stack(self) -> list[tuple[str, int]]:
        """各灯的条。"""
        return [(figure.level, figure.n) for figure in self.lights]

    @property
    def total(self) -> int:
        """这一行一共多少（项或项次）。"""
        return sum(figure.n for figure in self.lights)


@dataclass
class PeriodRow:
    """各期的一行：灯（项）、报送（项次）与按时率。"""

    period: ReportingPeriod
    url: str
    is_shown: bool
    lights: list[Figure]
    reports: list[Figure]
    rate: int | None
    is_final: bool

    @property
    def stack(self) -> list[tuple[str, int]]:
        """各灯的条。"""
        return [(figure.level, figure.n) for figure in self.lights]


@dataclass
class CategoryRow:
    """一类问题的一行。"""

    label: str
    share: int
    figures: list[Figure]


# 各项当时的牵头领导。
LEADER = "edition__leader_links__leader"
REPORT_COLUMNS = {"owed": "应报", "on_time": ON_TIME, "late": LATE, "unreported": "未报"}


@dataclass(frozen=True)
class Counted:
    """要把一期的各项、各项次数一遍的：同一个记号下数一次就够。"""

    groups: list[tuple]
    part_groups: list[dict[str, Any]]
    led: list[tuple]
    reported: dict[int, Reporting]
    lights: dict[int, Counter]
    reports: dict[int, Reporting]
    gone: list[Measure]


@dataclass
class Analysis:
    """分析一页。"""

    ledger: Ledger
    period: ReportingPeriod

    @cached_property
    def counted(self) -> Counted:
        """各项、各项次数好的。"""
        return organisation.remembered(f"analysis:{self.period.pk}:{self.ledger.today}", self._count)

    def _count(self) -> Counted:
        changes, led = Changes(self.ledger), [f"{LEADER}__{name}" for name in ("order", "pk", "called")]
        stands = self.ledger.stands.exclude(**{LEADER: None}).order_by().values_list(*led, "level")
        reported = changes.reported.order_by().values_list(f"stand__{LEADER}")
        return Counted(
            changes.groups,
            changes.part_groups,
            list(stands.annotate(n=Count("pk"))),
            {pk: Reporting(*n) for pk, *n in reported.annotate(**reporting_counts(self.period, "now__"))},
            self.ledger.totals_by_period(),
            reporting_of(self.ledger.periods),
            changes.gone,
        )

    @property
    def previous(self) -> ReportingPeriod | None:
        return self.ledger.previous

    @property
    def following(self) -> ReportingPeriod | None:
        return self.ledger.following

    @property
    def plan(self) -> Plan:
        return self.ledger.plan

    @cached_property
    def changes(self) -> Changes:
        made = Changes(self.ledger)
        made.groups, made.part_groups = self.counted.groups, self.counted.part_groups
        return made

    @property
    def base(self) -> ReportingPeriod | None:
        """与哪一期比。"""
        return self.changes.base

    # 较上期的变化

    @cached_property
    def directions(self) -> list[Direction]:
        """灯的变化，分类，每类里每一种各有几项。没有的不列。"""
        counts, turns = self.changes.line_counts, defaultdict(list)
        for before in lights.SEVERITY:
            for after in lights.SEVERITY:
                if n := counts[f"{before}-{after}"]:
                    figure = self._changed(f"{before}-{after}", n)
                    turns[lights.direction(before, after)].append(Turn(before, after, figure))
        return [
            Direction(self._changed(key, counts[key], label), turns[key])
            for key, label in lights.DIRECTIONS.items()
            if counts[key]
        ]

    @cached_property
    def other_changes(self) -> list[Figure]:
        """没有变化的、新列入的、新增到期未完成的（项）。新列入的没有就不列。"""
        counts = self.changes.line_counts
        return [self._changed(k, counts[k], label) for k, label in LINE_EXTRAS.items() if counts[k] or k != "new"]

    @cached_property
    def part_changes(self) -> list[Figure]:
        """报送与办结的变化（项次）。"""
        counts = self.changes.part_counts
        return [
            Figure(counts[key], part_figures.url(self.period, change=key), label, "项次")
            for key, label in PART_CHANGES.items()
        ]

    @property
    def gone(self) -> list[Measure]:
        """上一期还在、这一期的方案里已经没有的举措。"""
        return self.counted.gone

    def _changed(self, key: str, n: int, label: str = "") -> Figure:
        return Figure(n, self._board(change=key), label, "项")

    def _board(self, period: ReportingPeriod | None = None, /, **query: str) -> str:
        return f"{reverse('board_period', args=[(period or self.period).slug])}?{urlencode(query)}#h-mx"

    # 各期

    @cached_property
    def periods(self) -> list[PeriodRow]:
        """到本期为止开放过的各期，由早到晚。"""
        counts = self.counted.reports
        return [self._period(p, counts.get(p.pk, Reporting())) for p in self.ledger.periods]

    def _period(self, period: ReportingPeriod, reporting: Reporting) -> PeriodRow:
        totals = self.counted.lights[period.pk]
        is_final = period.is_closed or self.ledger.today > period.due_on
        return PeriodRow(
            period=period,
            url=reverse("board_analysis", args=[period.slug]),
            is_shown=period == self.period,
            lights=[Figure(totals[k], self._board(period, light=k), v, "项", k) for k, v in lights.LABELS.items()],
            reports=[
                Figure(getattr(reporting, key), part_figures.url(period, report=key), label, "项次")
                for key, label in REPORT_COLUMNS.items()
            ],
            rate=percent(reporting.on_time, reporting.owed) if is_final else None,
            is_final=is_final,
        )

    # 分组

    @cached_property
    def parts(self) -> int:
        """本期一共多少项次。"""
        return sum(row["n"] for row in self.changes.part_groups)

    @cached_property
    def by_department(self) -> list[AnalysisGroup]:
        """按部室（项次）：灯是各部室自己那一份的。"""
        counts: dict[Department, Counter] = defaultdict(Counter)
        exempt: Counter[Department] = Counter()
        for row in self.changes.part_groups:
            room = Department(**{name: row[f"room_{name}"] for name in ROOM})
            counts[room][row["level"]] += row["n"]
            exempt[room] += row[EXEMPT]
        return [
            AnalysisGroup(
                d.name,
                reverse("department_detail", args=[d.slug]),
                self._lights(counts[d], part_figures.url, "项次", dept=d.slug),
                *self._reports(self._reported("room_id", d.pk), dept=d.slug),
                exempt=Figure(exempt[d], part_figures.url(self.period, report=EXEMPT, dept=d.slug), "免报", "项次"),
            )
            for d in sorted(counts, key=lambda d: (d.order, d.pk))
        ]

    @cached_property
    def by_leader(self) -> list[AnalysisGroup]:
        """按牵头领导：两位领导共同牵头的举措各计一次。"""
        counts: dict[tuple, Counter] = defaultdict(Counter)
        for *leader, level, n in self.counted.led:
            counts[tuple(leader)][level] = n
        reported = self.counted.reported
        return [
            self._group(name, counts[x], reported.get(pk), lead=name) for x in sorted(counts) for _, pk, name in [x]
        ]

    @cached_property
    def by_kind(self) -> list[AnalysisGroup]:
        """按类型。"""
        counts: dict[str, Counter] = defaultdict(Counter)
        for _, level, kind, _, n in self.changes.groups:
            counts[kind][level] += n
        return [
            self._group(label, counts[kind], self._reported("kind", kind), kind=kind)
            for kind, label in Measure.Kind.choices
        ]

    def _reported(self, column: str, value: int | str) -> Reporting:
        """部室（room_id）或类型（kind）是这个的报送情况（项次）。"""
        rows = [row for row in self.changes.part_groups if row[column] == value]
        return Reporting(**{name: sum(row[name] for row in rows) for name in REPORTING_COUNTS})

    def _group(self, label: str, counts: Counter, reporting: Reporting | None, **query: str) -> AnalysisGroup:
        shown = self._lights(counts, lambda period, **more: self._board(period, **more), "项", **query)
        return AnalysisGroup(label, self._board(**query), shown, *self._reports(reporting, **query))

    def _reports(self, reporting: Reporting | None, **query: str) -> tuple[Figure, Figure, Figure]:
        """应报、已报、按时（项次）。"""

        def figure(key: str, label: str) -> Figure:
            url = part_figures.url(self.period, report=key, **query)
            return Figure(getattr(reporting, key, 0), url, label, "项次")

        return figure("owed", "应报"), figure("reported", "已报"), figure("on_time", ON_TIME)

    def _lights(self, counts: Counter, url: Callable[..., str], unit: str, **query: str) -> list[Figure]:
        return [Figure(counts[k], url(self.period, light=k, **query), v, unit, k) for k, v in lights.LABELS.items()]

    # 问题

    @property
    def problem_columns(self) -> list[str]:
        return list(PROBLEM_COLUMNS.values())

    @cached_property
    def by_category(self) -> list[CategoryRow]:
        """按问题分类（件）。条的长短是未销号的件数与最多的一类之比。"""
        counts = assessment.counts_by(self.changes.span, PROBLEM_COLUMNS, "category_then")
        most = max(counts["problems_open"].values(), default=0)
        return [
            CategoryRow(
                label,
                percent(counts["problems_open"][category], most) or 0,
                [self._problems(key, counts[key][category], category) for key in PROBLEM_COLUMNS],
            )
            for category, label in Problem.Category.choices
        ]

    def _problems(self, key: str, n: int, category: str) -> Figure:
        url = assessment.url(self.period, self.period, key, category=category)
        return Figure(n, url, PROBLEM_COLUMNS[key], "件")


# 按问题分类的各列：键是 `assessment.FIGURES` 里的。
PROBLEM_COLUMNS = {
    "problems_open": "未销号",
    "problems_overdue": "其中逾期",
    "problems_new": "新挂账",
    "problems_settled": "销号",
}


def analysis(
    plan: Plan, period: ReportingPeriod, today: dt.date, opened: list[ReportingPeriod] | None = None
) -> Analysis:
    """一期的分析；`period` 须是开放过的，`opened` 是读好的、开放过的各期（由早到晚）。"""
    ledger = Ledger(plan, period, today)
    if opened is not None:
        ledger.opened = opened
    made = Analysis(ledger, period)
    # 各灯的项数从同一次分组里加出来，不另数。
    ledger.light_totals = Counter(dict.fromkeys(lights.SEVERITY, 0))
    for _, level, *_, n in made.changes.groups:
        ledger.light_totals[level] += n
    return made
