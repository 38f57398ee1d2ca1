"""报送期怎么排：一年分成哪几期、各在哪天截止、那天上不上班。纯函数，不查库、不读钟。"""

import calendar
import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from yingshang import dates

MONTH, HALF_MONTH, QUARTER, TEN_DAYS, ONCE = "month", "half_month", "quarter", "ten_days", "once"
# 成批建的几种；一次性的逐个建。
REGULAR = {MONTH: "月", HALF_MONTH: "半月", QUARTER: "季", TEN_DAYS: "旬"}
SAME, NEXT, AFTER = "same", "next", "after"
# 截止日怎么算 → 怎么说（n 由办公室填）。
DUE_RULES = {SAME: "当月几日", NEXT: "次月几日", AFTER: "期满后几天"}
QUARTERS = "一二三四"
PARTS = {
    HALF_MONTH: (("上半月", "h1", 1, 15), ("下半月", "h2", 16, 31)),
    TEN_DAYS: (("上旬", "x1", 1, 10), ("中旬", "x2", 11, 20), ("下旬", "x3", 21, 31)),
}
# 日子 →（节日，上不上班）：公布过的放假与调休。
Marked = Mapping[dt.date, tuple[str, bool]]
DAY = dt.timedelta(days=1)
WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True)
class Slot:
    """一期：`short` 是不写年份的简称。"""

    name: str
    short: str
    slug: str
    starts_on: dt.date
    ends_on: dt.date


def slots(kind: str, year: int) -> list[Slot]:
    """一年里的各期，由早到晚。"""
    return list(_quarters(year) if kind == QUARTER else _parts(kind, year))


def _quarters(year: int) -> Iterator[Slot]:
    for n, said in enumerate(QUARTERS, start=1):
        first, last = dt.date(year, 3 * n - 2, 1), last_of(year, 3 * n)
        yield Slot(dates.quarter(year, said), f"{said}季度", f"{year}-q{n}", first, last)


def _parts(kind: str, year: int) -> Iterator[Slot]:
    for month in range(1, 13):
        end = last_of(year, month)
        for said, code, first, last in PARTS.get(kind, (("", "", 1, 31),)):
            starts, ends = end.replace(day=first), end.replace(day=min(last, end.day))
            slug = f"{year}-{month:02d}" + (f"-{code}" if code else "")
            yield Slot(dates.year_month(year, month) + said, dates.month(end) + said, slug, starts, ends)


def due_of(slot: Slot, rule: str, number: int) -> dt.date:
    """一期的截止日。当月、次月按这一期最后一天所在的月；没有那一天的（如 2 月 30 日）取月末。"""
    if rule == AFTER:
        return slot.ends_on + number * DAY
    month = slot.ends_on if rule == SAME else last_of(slot.ends_on.year, slot.ends_on.month) + DAY
    end = last_of(month.year, month.month)
    return end.replace(day=min(number, end.day))


def is_workday(day: dt.date, marked: Marked) -> bool:
    """上不上班：公布过的照公布的；没有公布的年份，周六、周日休息。"""
    return marked[day][1] if day in marked else day.weekday() < 5


def workday_from(day: dt.date, marked: Marked) -> dt.date:
    """当天休息的，顺延到其后第一个上班的日子。"""
    while not is_workday(day, marked):
        day += DAY
    return day


def rest_words(day: dt.date, marked: Marked) -> str:
    """那天为什么休息：国庆节放假、周六；上班的为空。"""
    if is_workday(day, marked):
        return ""
    return f"{marked[day][0]}放假" if day in marked else f"周{WEEKDAYS[day.weekday()]}"


def last_of(year: int, month: int) -> dt.date:
    """一个月的最后一天。"""
    return dt.date(year, month, calendar.monthrange(year, month)[1])
