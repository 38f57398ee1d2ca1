"""演示里的时刻。"""

import datetime as dt

from django.utils import timezone


def moment(text) -> dt.datetime:
    """“2023-09-21 16:20” → 带时区的时刻。"""
    return timezone.make_aware(dt.datetime.strptime(text, "%Y-%m-%d %H:%M"))
