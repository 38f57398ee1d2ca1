"""只看一部分：哪几个部室的、哪几项举措上的（编号）。不指明的是全部；备好的查询凭 `shape` 认是哪一句，凭 `values` 换上编号。"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import QuerySet

from yingshang.prepared import padded

Rows = TypeVar("Rows", bound=QuerySet)
Pks = tuple[int, ...] | None


@dataclass(frozen=True)
class Within:
    """哪几个部室、哪几项举措；None 是不论。`ahead`：没有到期的看到几天以后（不看的为零）。"""

    rooms: Pks = None
    measures: Pks = None
    ahead: int = 0

    @property
    def values(self) -> tuple[int, ...]:
        """换上的编号：部室的在前。"""
        return *padded(self.rooms or ()), *padded(self.measures or ())

    @property
    def shape(self) -> tuple[int | None, bool, int]:
        """问法：部室占几个值，看不看举措，看到几天以后。"""
        return None if self.rooms is None else len(padded(self.rooms)), self.measures is None, self.ahead

    def given(self, values: Sequence[int]) -> "Within":
        """同样的问法，编号换成 `values`。"""
        split = self.shape[0] or 0
        rooms = None if self.rooms is None else tuple(values[:split])
        return Within(rooms, None if self.measures is None else tuple(values[split:]), self.ahead)

    def until(self, today: dt.date) -> dt.date:
        """期限不晚于这一天的要列：不看往后的，是已经过了的（到昨天）；看的，到往后第 `ahead` 天。"""
        return today + dt.timedelta(days=self.ahead or -1)

    def of(self, rows: Rows, room: str, measure: str) -> Rows:
        """其中的各行；`room`、`measure` 是从一行怎样走到部室、举措。"""
        wanted = {room: self.rooms, measure: self.measures}
        return rows.filter(**{f"{path}__in": pks for path, pks in wanted.items() if pks is not None})
