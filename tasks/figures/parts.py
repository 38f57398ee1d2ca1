"""项次清单：一期台账里的每一个项次（一项举措 × 一个牵头部室），报没报、什么灯、较上期有什么变化。

总览、分析页上以“项次”计的数，点开都是这张清单；数与清单由同一组判断得来。
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Case, F, Value, When
from django.urls import reverse

from departments import organisation
from departments.models import Department, Leader

from ..models import Measure, Plan, Progress, ReportingPeriod
from ..models.judgement import JudgementQuerySet
from ..rules import lights
from . import filters, rows
from .changes import Changes
from .filters import Chosen, Filters
from .ledger import Ledger
from .reporting import EXEMPT, kinds, of_kind

PAGE_SIZE = 100


@dataclass
class PartRow:
    """清单的一行：一个项次在这一期的样子。"""

    line: rows.Line
    part: rows.Part

    @property
    def measure(self) -> Measure:
        return self.line.measure

    @property
    def department(self) -> Department:
        return self.part.department

    @property
    def departments(self) -> list[Department]:
        return [self.part.department]

    @property
    def leaders(self) -> list[Leader]:
        return self.line.leaders

    @property
    def report(self) -> Progress | None:
        return self.part.report

    @property
    def light(self) -> lights.Light:
        return self.part.light

    @cached_property
    def reporting(self) -> frozenset:
        """报送上属于哪几种（ItemFilterForm.REPORTS 的键）；本期不用报的为 exempt。"""
        if self.report is None:
            return frozenset({EXEMPT})
        return kinds(self.report, self.line.ledger.today)

    @property
    def first_sent_at(self) -> dt.datetime | None:
        """首次报送的时刻；没有报的、不用报的为 None。"""
        return self.report.first_submitted_at if self.report and self.reporting & {"on_time", "late"} else None


def _of(ledger: Ledger, found: Iterable[tuple[int, int]]) -> list[PartRow]:
    """这几个（项次，举措）在台账上的样子，次序照给的。"""
    found = list(found)
    rows = {}
    for line in ledger.lines_of(measure for _, measure in found):
        for part in line.parts:
            if part.report is not None and ledger.period is not None:
                part.report.period = ledger.period
            rows[part.assignment.pk] = PartRow(line, part)
    return [rows[assignment] for assignment, _ in found]


def standing(ledger: Ledger, chosen: Chosen) -> JudgementQuerySet:
    """一期的各项次按筛选缩小、按所选次序排。部室是这一份的部室，其余的条件看它那一项。"""
    changes = Changes(ledger)
    rows = changes.reported
    whole = {name: value for name, value in chosen.items() if name in ("q", "lead", "kind")}
    if whole:
        rows = rows.filter(measure__in=filters.standing(ledger, whole).order_by().values("measure"))
    if department := chosen.get("dept"):
        rows = rows.filter(assignment__department=department)
    if light := chosen.get("light"):
        rows = rows.filter(level=light)
    if report := chosen.get("report"):
        rows = _reporting(rows, ledger, report)
    if change := chosen.get("change"):
        rows = rows.filter(changes.having(change))
    severity = Case(*[When(level=level, then=Value(n)) for level, n in lights.SEVERITY.items()], default=Value(9))
    keys: dict[str, tuple[Any, ...]] = {
        "department": (F("assignment__department__order"), F("assignment__department")),
        "light": (severity,),
    }
    order = keys.get(chosen.get("sort", ""), ())
    return rows.order_by(*order, "stand__position", "measure", "order", "assignment")


def _reporting(rows: JudgementQuerySet, ledger: Ledger, report: str) -> JudgementQuerySet:
    """报送上属于某一种的；本期不用报的（exempt）没有算数的报送。"""
    if report == EXEMPT:
        return rows.exclude(assignment__in=ledger.progress.order_by().values("assignment"))
    sent = of_kind(ledger.progress, report, ledger.as_of)
    return rows.filter(assignment__in=sent.order_by().values("assignment"))


@dataclass
class PartListing:
    """项次清单的一页。"""

    ledger: Ledger
    period: ReportingPeriod
    filters: Filters
    rows: JudgementQuerySet

    @cached_property
    def page_obj(self) -> Page[PartRow]:
        # 每一项都有灯：说明了，库里就照灯的次序（measure_judgement_by_number）一行行走，够一页就停，不把几万行先排一遍。
        found = self.rows.filter(stand__isnull=False).values_list("assignment", "measure")
        paginator: Paginator = Paginator(found, PAGE_SIZE)
        paginator.count = self.found
        page: Page = paginator.get_page(self.filters.chosen.get("page", 1))
        page.object_list = _of(self.ledger, page.object_list)
        return page

    @cached_property
    def found(self) -> int:
        """符合条件的有多少项次。"""
        return self.rows.count()

    @property
    def query(self) -> str:
        """翻页链接要带上的其余条件。"""
        return self.filters.query_without("page")

    @cached_property
    def total(self) -> int:
        """一共多少项次。"""
        return organisation.remembered(f"parts:{self.period.pk}:{self.ledger.today}", self.ledger.part_stands.count)


def listing(plan: Plan, period: ReportingPeriod, today: dt.date, filters: Filters) -> PartListing:
    """一期的项次清单，按筛选。"""
    ledger = Ledger(plan, period, today)
    return PartListing(ledger, period, filters, standing(ledger, filters.chosen))


def url(period: ReportingPeriod, **query: str) -> str:
    """一期的项次清单的网址：items.url(period, report="late", dept=department.slug)。"""
    found = reverse("board_items", args=[period.slug])
    return f"{found}?{urlencode(query)}" if query else found
