"""业务时钟：全站只有这里读钟。

视图与命令各读一次，把结果当参数传下去；`lights`、`figures`、`workflow` 都不读钟。
设了 BUSINESS_DATE（如演示的 2023-09-22）时，“今天”固定在那一天，时刻仍是真实时刻。
"""

import datetime as dt
from functools import lru_cache

from django.conf import settings
from django.utils import timezone


def real_now() -> dt.datetime:
    """真实时刻。只用于安全计时（锁定、会话），不用于业务。"""
    return timezone.localtime()


def now() -> dt.datetime:
    """此刻（带时区，Asia/Shanghai）。设了 BUSINESS_DATE 时，日期换成业务日期。"""
    real = real_now()
    if not settings.BUSINESS_DATE:
        return real
    day = dt.date.fromisoformat(settings.BUSINESS_DATE)
    return real.replace(year=day.year, month=day.month, day=day.day)


def today() -> dt.date:
    """业务上的“今天”。"""
    return now().date()


def start_of(day: dt.date) -> dt.datetime:
    """一天的最早一刻（本地时间）。"""
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))


@lru_cache(maxsize=256)  # 判灯一天要问几十遍
def end_of(day: dt.date) -> dt.datetime:
    """一天的最后一刻（本地时间）。"""
    return timezone.make_aware(dt.datetime.combine(day, dt.time.max))
