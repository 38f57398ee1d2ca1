"""同样的话说了几期：到这一期（没有报的，到上一期）为止，连续几期的文字没有变。报“本期无变化”的，算沿用上一期的文字。"""

from collections import defaultdict
from collections.abc import Iterable

from yingshang.tables.normalising import squeeze

from ..models import Progress

# 连续几期文字没有变，审核时要单独看一看（不扣分，不通报）。
LONG = 3


def months_unchanged(rows: Iterable[Progress]) -> dict[int, int]:
    """报送（编号）→ 连续几期文字没有变。报了的含这一期。一次查询，与行数无关。"""
    found = list(rows)
    earlier = Progress.objects.latest().reported().filter(assignment__in={row.assignment_id for row in found})
    said = defaultdict(list)
    fields = ("assignment_id", "period__starts_on", "text", "is_no_change")
    for part, starts_on, *words in earlier.order_by("period__starts_on").values_list(*fields):
        said[part].append((starts_on, *words))
    months = {}
    for row in found:
        before = [tuple(words) for day, *words in said[row.assignment_id] if day < row.period.starts_on]
        months[row.pk] = _run([*before, *([(row.text, row.is_no_change)] if row.is_reported else [])])
    return months


def _run(words: Iterable[tuple]) -> int:
    """末尾这句话连着说了几期。"""
    run, last = 0, ""
    for text, is_no_change in words:
        if run and (is_no_change or squeeze(text) == last):
            run += 1
        else:
            run, last = 1, squeeze(text)
    return run
