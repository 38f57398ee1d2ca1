"""演示：2023 年 3–9 月的故事。`accounts` 造演示账户，`story` 按月走一遍，其余各讲一样；只经 workflow 写状态。

故事里到处要用的在这里：标记、时刻，和“哪一项次、哪位领导”。
"""

import datetime as dt
from typing import Protocol

from django.utils import timezone

from departments.models import User
from tasks.models import Assignment, Plan

MARK = "（演示数据）"


class Story(Protocol):
    """讲故事的人（`story.Story`）手里的，各模块要用的三样：现行方案、办公室、各部室的填报员。"""

    plan: Plan
    office: User
    people: dict[str, User]


def moment(text: str) -> dt.datetime:
    """“2023-09-21 16:20” → 带时区的时刻。"""
    return timezone.make_aware(dt.datetime.strptime(text, "%Y-%m-%d %H:%M"))


def assignment(number: str, department: str = "") -> Assignment:
    """现行方案某一项的分工；几个部室共同牵头的要写部室。"""
    found = Assignment.objects.in_force().filter(measure__plan__is_current=True, measure__number=number)
    return found.get(department__name=department) if department else found.get()


def leader(name: str) -> User:
    """某位领导的账户。"""
    return User.objects.get(leader__name=name)
