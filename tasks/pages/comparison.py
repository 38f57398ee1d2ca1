"""两版的差异翻页：有变化的在前；无变化的少时写成一行，多时接在后面的页上。

刚比出来的（`Compared`，整份在手里）与存着的（`Kept`，一项一行在库里）一样翻：存着的只读翻到的一页。
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

from yingshang.paging import ChunkPaginator, chunked

from ..imports.comparing import Change, Comparison
from ..imports.drafts import weight
from ..models import PlanRevision, RevisionChange

# 差异一页约多少字节；无变化的至多几项写成一行；同页的别的清单一页几条。
PAGE_WEIGHT, BRIEF, ASIDE = 160_000, 2_000, 100


class Compared:
    """刚比出来的一份。"""

    def __init__(self, comparison: Comparison) -> None:
        self.counts = comparison.counts
        self._differing, self._same = comparison.differing, comparison.of_kind("same")
        self.weights = [weight(change) for change in self._differing]
        self.fields_changed = comparison.fields_changed

    def differing(self, start: int, stop: int) -> list[Change]:
        """有变化的各项里的一段。"""
        return self._differing[start:stop]

    def same(self, start: int, stop: int) -> list[str]:
        """无变化的各项里的一段，序号。"""
        return [change.row.number for change in self._same[start:stop]]


class Kept:
    """存着的一份：各项多重、共几处在手里，各项的内容翻到才读。"""

    def __init__(self, revision: PlanRevision) -> None:
        # 第一版没有可比的，什么数也没有存。
        self.counts = Comparison().counts | revision.diff.get("counts", {})
        self.fields_changed = revision.diff.get("fields_changed", 0)
        self._differing = revision.changes.differing()
        self._same = revision.changes.filter(kind=RevisionChange.Kind.SAME).order_by("position")
        self.weights = list(self._differing.values_list("weight", flat=True))

    def differing(self, start: int, stop: int) -> list[Change]:
        """有变化的各项里的一段。"""
        return [Change.from_json(c) for c in self._differing.values_list("content", flat=True)[start:stop]]

    def same(self, start: int, stop: int) -> list[str]:
        """无变化的各项里的一段，序号。"""
        return list(self._same.values_list("after", flat=True)[start:stop])


class Confirms(Sequence):
    """存着的一份里须确认的话：不属于某一项的在前，各项的在后；看哪几句读哪几项。"""

    def __init__(self, revision: PlanRevision) -> None:
        self._remarks = list(dict.fromkeys(revision.diff.get("remarks", ())))
        self._changes = revision.changes.filter(confirms__gt=0).order_by("position")
        self._places = list(self._changes.values_list("position", "confirms"))
        self._n = len(self._remarks) + sum(n for _, n in self._places)

    def __len__(self) -> int:
        return self._n

    def __getitem__(self, at: Any) -> Any:
        start, stop, _ = at.indices(self._n)
        ends = accumulate((n for _, n in self._places), initial=len(self._remarks))
        there = [
            (first, place)
            for (first, end), (place, _) in zip(pairwise(ends), self._places, strict=True)
            if first < stop and end > start
        ]
        if not there:
            return self._remarks[start:stop]
        rows = self._changes.filter(position__range=(there[0][1], there[-1][1]))
        said = [text for texts in rows.values_list("said", flat=True) for text in texts]
        skipped = max(0, start - there[0][0])
        return (self._remarks[start:stop] + said[skipped:])[: stop - start]


@dataclass(frozen=True)
class Part:
    """一页上是哪一段：有变化的或无变化的第几项到第几项。"""

    start: int = 0
    stop: int = 0
    is_same: bool = False


def sheets(found: Compared | Kept, number: int, *others: Sequence, with_same: bool = True) -> dict[str, Any]:
    """翻到的一页。`others` 是同页一起翻的别的清单，一页几十条；不列无变化的，写 `with_same=False`。"""
    same = found.counts["same"] if with_same else 0
    is_brief = same <= BRIEF
    ends = accumulate(map(len, chunked(found.weights, PAGE_WEIGHT, lambda heavy: heavy)), initial=0)
    parts = [Part(start, stop) for start, stop in pairwise(ends)]
    first_same = len(parts) + 1
    parts += [] if is_brief else [Part(start, start + BRIEF, is_same=True) for start in range(0, same, BRIEF)]
    parts += [Part()] * (max((-(-len(rows) // ASIDE) for rows in others), default=0) - len(parts))
    page = ChunkPaginator(parts, len(found.weights) + (0 if is_brief else same)).get_page(number)
    part: Any = page.object_list or Part()
    shown = Part(0, same, is_same=True) if is_brief else part
    return {
        "page_obj": page,
        "counts": found.counts,
        "differing": [] if part.is_same else found.differing(part.start, part.stop),
        "differing_count": len(found.weights),
        "fields_changed": found.fields_changed,
        "same": found.same(shown.start, shown.stop) if shown.is_same else [],
        "same_from": None if is_brief else first_same,
        "asides": [rows[(page.number - 1) * ASIDE : page.number * ASIDE] for rows in others],
    }
