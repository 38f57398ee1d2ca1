"""替哪个部室办：有兼任、代理的，每一页都列着几个部室各有几件待办；首页再说别的部室欠着什么。"""

import datetime as dt
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from functools import partial

from django.db.models import QuerySet

from departments.models import Acting, Department, User
from yingshang import stamp

from ..figures import owed as owed_figures
from ..figures.owed import OwedItem
from ..models import Plan
from ..models.plan import at_hand

LISTED = 5  # 首页上别的部室的，列几件
Counting = Callable[[User], Sequence[QuerySet]]


@dataclass(frozen=True)
class Room:
    """可以换到的一个部室。`slug` 空着是本部室。"""

    department: Department
    slug: str
    words: str
    count: int
    is_here: bool


@dataclass(frozen=True)
class RoomOwed:
    """首页上说的，现在没有在办的一个部室欠着什么。"""

    room: Room
    items: list[OwedItem]
    count: int

    @property
    def more(self) -> int:
        return self.count - len(self.items)


def rooms_of(user: User, today: dt.date, state: str, waiting: Counting, sizes: Callable) -> list[Room]:
    """这个人可以替哪些部室办，本部室在前；没有兼任、代理的为空。`waiting` 说一个人的待办各样，`sizes` 一次问清各有几件。"""
    make = partial(_rooms, user, today, waiting, sizes)
    return stamp.once(f"rooms:{user.pk}:{user.serving_id}:{at_hand()}:{today}", state, make)


def _rooms(user: User, today: dt.date, waiting: Counting, sizes: Callable) -> list[Room]:
    rows = list(Acting.objects.of(user, today))
    if not rows or user.department is None:
        return []
    asked = {row and row.pk: partial(waiting, _as(user, row)) for row in (None, *rows)}
    counts = list(
        sizes(("rooms", user.pk, user.department.pk, today, *(row.department_id for row in rows)), asked).values()
    )
    own = Room(user.department, "", "本部室", counts[0], user.acting is None)
    here = user.acting and user.acting.pk
    return [own] + [
        Room(row.department, row.department.slug, row.until, n, row.pk == here)
        for row, n in zip(rows, counts[1:], strict=True)
    ]


def _as(user: User, row: Acting | None) -> User:
    """这个人换到那个部室以后；只用来问，不存。"""
    other = copy(user)
    other.acting = row
    return other


def others(user: User, today: dt.date) -> list[tuple[Acting | None, Department]]:
    """现在没有在办的几个部室。没有兼任、代理的一个也没有。"""
    rows = list(Acting.objects.of(user, today))
    found: list[tuple[Acting | None, Department]] = [(row, row.department) for row in rows if row != user.acting]
    return [(None, user.department), *found] if user.acting and user.department else found


def owed_elsewhere(user: User, today: dt.date) -> list[RoomOwed]:
    """现在没有在办的几个部室各欠着什么，在办与收尾的各份方案都算；不欠的也列着，免得以为漏了。"""
    rooms = others(user, today)
    if not rooms:
        return []
    plans = list(Plan.objects.running())
    items = owed_figures.items_in(plans, today, departments=[department for _, department in rooms])
    found = []
    for row, department in rooms:
        mine = sorted((item for item in items if item.department == department), key=lambda item: item.due_on)
        words = row.until if row else "本部室"
        room = Room(department, department.slug if row else "", words, len(mine), False)
        found.append(RoomOwed(room, mine[:LISTED], len(mine)))
    return found
