"""完成时限：原文照录，另推出一个到期日，只用于到期提醒。"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from yingshang.tables.normalising import squeeze

_RECURRING = re.compile(r"每(?:半年|年度?|季度?|个?月|周|旬|日|天)[^，,。；;]*")
_OPEN_ENDED = re.compile(r"长期|持续|常态|立行立改|立即|即时|随时|即知即改|全年|经常|适时|按进度|按要求|文件未规定")
_YEAR = r"(?:(?P<year>20\d\d)年?|(?P<next>次年|明年|翌年|下一年)|(?P<this>今年|本年|当年))?"
_SEP = r"(?:年|[-/.])"
_TOKEN = re.compile(
    rf"(?P<y1>20\d\d){_SEP}(?P<m1>\d{{1,2}})(?:月|[-/.])(?P<d1>\d{{1,2}})(?:日|号)?(?!\d)"
    rf"|{_YEAR}(?P<m2>\d{{1,2}})月(?P<d2>\d{{1,2}})(?:日|号)"
    rf"|{_YEAR.replace('<', '<b')}(?P<m3>\d{{1,2}})月(?:份)?(?P<part>上旬|中旬)?"
    rf"|(?P<y4>20\d\d)[-/.](?P<m4>\d{{1,2}})(?![\d.])"
    rf"|{_YEAR.replace('<', '<c')}(?P<half>上半年|下半年)"
    rf"|{_YEAR.replace('<', '<d')}第?(?P<quarter>[一二三四1-4])季度?"
    rf"|{_YEAR.replace('<', '<e')}(?P<end>年底|年末|年内|(?<=20\d\d年)[底末内])"
    rf"|(?P<y5>20\d\d)年"
)
_OTHER_YEAR = re.compile(r"(?<!\d)(?!20)\d{4}[年./-]")  # 19××年之类，多半是笔误
_SPAN = re.compile(r"(?<!\d)(\d{1,2})(?:月份?)?(?:[-－–—~～至到])(?=(?:20\d\d年)?\d{1,2}月)")


@dataclass(frozen=True)
class Deadline:
    """推算结果：`warning` 须确认（如2月30日）；`unclear` 表示没有看出日期。"""

    due_on: date | None = None
    warning: str = ""
    unclear: bool = False


def _last_day(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


@lru_cache(maxsize=1024)  # 一份方案里许多项是同一个时限
def derive_due(text: str, plan_year: int) -> Deadline:
    """从时限原文推出到期日；没写年份的按方案年度，几个日期取最后一个。"""
    plain = squeeze(text)
    if not plain:
        return Deadline()
    if _OTHER_YEAR.search(plain):
        return Deadline(unclear=True)
    dated = _SPAN.sub(r"\1月至", _RECURRING.sub("", plain))
    found: list[date] = []
    year = plan_year
    for match in _TOKEN.finditer(dated):
        groups = {name: value for name, value in match.groupdict().items() if value}
        year = _year(groups, year, plan_year)
        try:
            found.append(_resolve(groups, year))
        except ValueError:
            return Deadline(warning=f"“{text}”里没有“{match[0]}”这一天，不作到期提醒")
    if found:
        if found[-1] != max(found):
            return Deadline(unclear=True)
        return Deadline(due_on=found[-1])
    silent = dated != plain or _OPEN_ENDED.search(plain)
    return Deadline(unclear=not silent)


def _year(groups: dict[str, str], current: int, plan_year: int) -> int:
    for name, value in groups.items():
        if name in ("y1", "y4", "y5") or name.endswith("year"):
            return int(value)
        if name.endswith("next"):
            return plan_year + 1
        if name.endswith("this"):
            return plan_year
    return current


def _resolve(groups: dict[str, str], year: int) -> date:
    """一个日期词 → 期限的最后一天；月份、日期不存在时抛 ValueError。"""
    for month, day in (("m1", "d1"), ("m2", "d2")):
        if month in groups:
            return date(year, int(groups[month]), int(groups[day]))
    whole = groups.get("m3") or groups.get("m4")
    if whole:
        if not 1 <= int(whole) <= 12:
            raise ValueError(whole)
        if "part" in groups:
            return date(year, int(whole), 10 if groups["part"] == "上旬" else 20)
        return _last_day(year, int(whole))
    if "half" in groups:
        return date(year, 6, 30) if groups["half"] == "上半年" else date(year, 12, 31)
    if "quarter" in groups:
        quarter = "一二三四".find(groups["quarter"]) + 1 or int(groups["quarter"])
        return _last_day(year, quarter * 3)
    return date(year, 12, 31)
