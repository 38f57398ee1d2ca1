"""日期的中文写法：全站的“年、月、日”只在这里写。

各函数都收 `date`、`datetime` 与 ISO 文字（冻结的数字里日期存成“2023-09-22”）；带时区的时刻先换成本地时刻。
"""

import datetime as dt
from typing import overload

from django.utils import timezone

Day = dt.date | str  # datetime 也是 date


def full(value: Day) -> str:
    """2023年9月22日。"""
    day = _local(value)
    return f"{day.year}年{day.month}月{day.day}日"


def short(value: Day) -> str:
    """9月22日。"""
    day = _local(value)
    return f"{day.month}月{day.day}日"


def month(value: Day) -> str:
    """9月。"""
    return f"{_local(value).month}月"


def year_month(year: int, month: int) -> str:
    """2023年9月。"""
    return f"{year}年{month}月"


def quarter(year: int, words: str) -> str:
    """2023年一季度。"""
    return f"{year}年{words}季度"


def spelt(year: int | str, month: int, day: int) -> str:
    """2023年9月22日，不管有没有这一天（文件里写的，核对在别处）。"""
    return f"{year}年{month}月{day}日"


def short_with_time(moment: dt.datetime) -> str:
    """9月22日 16:20。"""
    return f"{short(moment)} {_local(moment):%H:%M}"


def full_with_time(moment: dt.datetime) -> str:
    """2023年9月22日 16:20；正好零点的是只有日期的事，不写时刻。"""
    local = _local(moment)
    return full(local) if (local.hour, local.minute) == (0, 0) else f"{full(local)} {local:%H:%M}"


def stored(text: str | None) -> dt.date | None:
    """存成 ISO 文字的日期读回来；空的是没有。"""
    return dt.date.fromisoformat(text) if text else None


@overload
def _local(value: dt.datetime) -> dt.datetime: ...
@overload
def _local(value: Day) -> dt.date: ...
def _local(value: Day) -> dt.date:
    """ISO 文字读成日期，带时区的时刻换成本地时刻，其余原样。"""
    if isinstance(value, str):
        return dt.date.fromisoformat(value)
    return timezone.localtime(value) if isinstance(value, dt.datetime) and timezone.is_aware(value) else value
