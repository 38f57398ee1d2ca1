"""完成时限：原文照录，另推出一个到期日，只用于到期提醒。"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from yingshang import dates
from yingshang.tables.normalising import squeeze

from .numbers import chinese_number

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
# 汉字写的年月日：二〇二三年十二月三十一日。
_CHINESE_YEAR = re.compile(r"([二两][〇零○Ｏ][一二三四五六七八九〇零○Ｏ]{2})(?=年)")
_CHINESE_DAY = re.compile(r"([一二三四五六七八九十]{1,3})(?=月|日|号)")
_EIGHT_DIGITS = re.compile(r"(?<!\d)(20\d\d)([01]\d)([0-3]\d)(?!\d)")
# 只说时限的一小段：4月底完成、2024年9月底前、长期坚持。
_DAY = r"(?:(?:20\d\d年|今年|当年|次年|明年)?(?:\d{1,2}月(?:份|\d{1,2}[日号])?(?:上旬|中旬|下旬)?|年|上半年|下半年|第?[一二三四1-4]季度|年内)"
_DAY += r"(?:底|末|初)?|20\d\d[-./]\d{1,2}(?:[-./]\d{1,2})?|20\d\d年)"
_ONLY_DEADLINE = re.compile(
    rf"(?:(?:{_DAY}(?:起|开始|启动)?(?:至|到|-|—|~)?)?{_DAY}(?:之?前|以前|内)?(?:全部|基本|初步)?(?:完成|办结|建成|见效|落实|到位|投用|实现)?"
    r"(?:并?长期坚持|并?持续推进)?|(?:并?长期坚持|持续推进|常态化推进|立行立改|贯穿全年|全年推进|长期推进|每月|每季度))"
)
_SENTENCE_DAY = re.compile(
    r"(?<![\d.])(?:(?:20\d\d年|今年|当年|次年|明年)?\d{1,2}月(?:份|\d{1,2}[日号])?(?:上旬|中旬|下旬)?(?:底|末)?之?前|"
    r"20\d\d年(?:年?底|年?末)前|年底前)"
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
    plain = _in_digits(squeeze(text))
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
            where = "" if match[0] == text else f"“{text}”里"
            return Deadline(warning=f"{where}没有“{match[0]}”这一天，不作到期提醒")
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


def _in_digits(text: str) -> str:
    """汉字的年月日、八位数字的日期，写成数字的年月日。"""
    text = _EIGHT_DIGITS.sub(lambda match: dates.spelt(match[1], int(match[2]), int(match[3])), text)
    text = _CHINESE_YEAR.sub(lambda match: str(chinese_number(re.sub("[零○Ｏ]", "〇", match[1]))), text)
    return _CHINESE_DAY.sub(lambda match: str(chinese_number(match[1])), text)


def is_deadline(text: str) -> bool:
    """一小段话是不是只说时限：“4月底完成”是，“4月的会议”不是。"""
    return bool(_ONLY_DEADLINE.fullmatch(_in_digits(squeeze(text))))


def deadlines_within(text: str) -> list[str]:
    """一段原文里说到的时限（“2024年6月底前”），照录，不重复。"""
    return list(dict.fromkeys(match[0] for match in _SENTENCE_DAY.finditer(text)))
