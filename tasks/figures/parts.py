"""项次清单：一期台账里的每一个项次（一项举措 × 一个牵头部室），报没报、什么灯、较上期有什么变化。

总览、分析页上以“项次”计的数，点开都是这张清单；数与清单由同一组判断得来。
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.urls import reverse

from departments.models import Department, Leader

from ..models import Measure, Plan, Progress, ReportingPeriod
from ..rules import lights
from . import rows
from .changes import Changes
from .filters import Chosen, Filters, narrowed
from .ledger import Ledger
from .reporting import kinds
from .rows import Line

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
            return frozenset({"exempt"})
        return kinds(self.report, self.line.ledger.today)

    @property
    def first_sent_at(self) -> dt.datetime | None:
        """首次报送的时刻；没有报的、不用报的为 None。"""
        return self.report.first_submitted_at if self.report and self.reporting & {"on_time", "late"} else None


def of(lines: Iterable[Line]) -> list[PartRow]:
    """台账各行的全部项次。"""
    found = []
    for line in lines:
        for part in line.parts:
            if part.report is not None and line.ledger.period is not None:
                part.report.period = line.ledger.period
            found.append(PartRow(line, part))
    return found


def reporting(items: Iterable[PartRow]) -> Counter:
    """各种报送情况的项次数。"""
    return Counter(key for item in items for key in item.reporting)


def matching(items: list[PartRow], chosen: Chosen, changes: Changes | None = None) -> list[PartRow]:
    """按筛选条件缩小，按所选次序排。"""
    found = narrowed(
        items,
        chosen,
        report=lambda item, value: value in item.reporting,
        light=lambda item, value: item.light.level == value,
        change=lambda item, value: changes is not None and value in changes.of_part(item.part),
    )
    keys: dict[str | None, Callable[[PartRow], Any]] = {
        "department": lambda item: (item.department.order, item.department.pk),
        "light": lambda item: item.light.severity,
    }
    key = keys.get(chosen.get("sort"))
    return sorted(found, key=key) if key else found


@dataclass
class PartListing:
    """项次清单的一页。"""

    ledger: Ledger
    period: ReportingPeriod
    filters: Filters
    items: list[PartRow]

    @property
    def page_obj(self) -> Page[PartRow]:
        return Paginator(self.items, PAGE_SIZE).get_page(self.filters.chosen.get("page", 1))

    @property
    def query(self) -> str:
        """翻页链接要带上的其余条件。"""
        return self.filters.query_without("page")

    @cached_property
    def total(self) -> int:
        """一共多少项次。"""
        return sum(len(line.parts) for line in self.ledger.lines)


def listing(plan: Plan, period: ReportingPeriod, today: dt.date, filters: Filters) -> PartListing:
    """一期的项次清单，按筛选。"""
    ledger = Ledger(plan, period, today)
    changes = Changes(ledger) if "change" in filters.chosen else None
    return PartListing(ledger, period, filters, matching(of(ledger.lines), filters.chosen, changes))


def url(period: ReportingPeriod, **query: str) -> str:
    """一期的项次清单的网址：items.url(period, report="late", dept=department.slug)。"""
    found = reverse("board_items", args=[period.slug])
    return f"{found}?{urlencode(query)}" if query else found
