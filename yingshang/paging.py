"""分页：各条长短不一的，照分量分成几页，页面的大小才有限度；几种清单同在一页的，一起翻。"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

T = TypeVar("T")


class ChunkPaginator(Paginator):
    """已经分好的各页（`chunks`）；页脚上说的条数是 `total`，不是页数。"""

    def __init__(self, chunks: Sequence[Any], total: int) -> None:
        super().__init__(chunks, 1)
        self.total = total

    @property
    def num_pages(self) -> int:
        return max(1, len(self.object_list))

    @property
    def count(self) -> int:
        return self.total

    def page(self, number: int | str) -> Page:
        """一页，`object_list` 就是这一页的各条；一条也没有时为空。"""
        number = self.validate_number(number)
        return Page(self.object_list[number - 1] if self.object_list else (), number, self)


def chunked(rows: Iterable[T], most: int, weight: Callable[[T], int] = lambda row: 1) -> list[list[T]]:
    """照次序分成几组，一组的分量不超过 `most`（单独一条就超过的，自成一组）。"""
    found: list[list[T]] = []
    left = 0
    for row in rows:
        heavy = weight(row)
        if not found or heavy > left:
            found.append([])
            left = most
        found[-1].append(row)
        left -= heavy
    return found


def side_by_side(number: int, most: int, *lists: Any) -> tuple[Page, list[Any], list[int]]:
    """同一页上的几种清单（列表或查询集）一起翻，一页各至多 `most` 条：翻到的一页、各自的一段、各自共几条。"""
    counts = [rows.count() if isinstance(rows, QuerySet) else len(rows) for rows in lists]
    pages = max(-(-count // most) for count in counts)
    found = ChunkPaginator([()] * pages, sum(counts)).get_page(number)
    start = (found.number - 1) * most
    return found, [rows[start : start + most] for rows in lists], counts
