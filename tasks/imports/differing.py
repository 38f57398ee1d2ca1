"""一项举措前后各字段的不同：列名、前后各是什么、字内的差异。"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from yingshang import dates

from .goals import written
from .marking import Marked, mark, mark_items
from .rows import ALL_DEPARTMENTS, FIELD_LABELS, KIND_LABELS, MeasureRow

DEFAULT_KIND = f"{KIND_LABELS['routine']}（默认，待办公室核定）"
UNSTATED = "（文件未规定）"
_EMPTY = {"deadline": UNSTATED, "targets": "（没有）"}
_LISTED = ("leaders", "departments", "cooperating")


@dataclass(frozen=True, eq=False)
class FieldChange:
    """一个字段的前后，以及字内的差异（`given` 是已经有的，没有的用到才算：长文字逐字比要几毫秒）。"""

    name: str
    label: str
    old: str
    new: str
    given: Marked | None = None

    @cached_property
    def marked(self) -> Marked:
        return mark(self.old, self.new) if self.given is None else self.given

    def __eq__(self, other: object) -> bool:
        """存过再读回来的与刚比出来的相等：差异也要一样，不论是不是已经算过。"""
        return isinstance(other, FieldChange) and self._all == other._all

    def __hash__(self) -> int:
        return hash((self.name, self.old, self.new))

    @property
    def _all(self) -> tuple:
        return self.name, self.label, self.old, self.new, self.marked

    @property
    def sides(self) -> tuple[str, str]:
        return self.old, self.new


def field_changes(old: MeasureRow | None, new: MeasureRow) -> Iterator[FieldChange]:
    """逐个字段比较；领导、部室不论次序，各部室不比具体名单。新增的列出各字段的内容。"""
    for name, label in FIELD_LABELS.items():
        if old is None:
            after = _shown(new, name) or (DEFAULT_KIND if name == "kind" else "")
            if after and name != "lead_label":
                yield FieldChange(name, label, "", after, (("ins", after),))
        elif _differs(old, new, name):
            before, after = (_shown(row, name) or _EMPTY.get(name, "") for row in (old, new))
            given = mark_items(_items(old, name), _items(new, name)) if name in _LISTED else None
            if name == "deadline":
                given = (("del", before), ("ins", after))
            yield FieldChange(name, label, before, after, given)


def _differs(old: MeasureRow, new: MeasureRow, name: str) -> bool:
    """这一栏变了没有：待核定的目标核定了不算，名单不论次序。"""
    if name == "targets":
        return not set(old.aims) <= set(new.aims) <= {*old.aims, *old.pending}
    if name in _LISTED:
        return set(_items(old, name)) != set(_items(new, name))
    return getattr(old, name) != getattr(new, name)


def _deadline(row: MeasureRow) -> str:
    """时限连同据以提醒的日期（整段换成整段，逐字比看不清）；文件没有规定而办公室核定过的，写明是办公室核定。"""
    if not row.deadline:
        return f"{UNSTATED}办公室核定{dates.full(row.due_on)}" if row.due_on else ""
    if row.due_on is None:
        return f"{row.deadline}（不作到期提醒）"
    day = dates.full(row.due_on)
    return day if row.deadline == day else f"{row.deadline} → 按{day}"


def _items(row: MeasureRow, name: str) -> tuple[str, ...]:
    if name == "departments" and row.all_departments:
        return (ALL_DEPARTMENTS,)
    return getattr(row, name)


def _shown(row: MeasureRow, name: str) -> str:
    if name in _LISTED:
        return "、".join(_items(row, name))
    if name == "targets":
        return written(row.aims)
    if name == "lead_label":
        return f"牵头{row.lead_label}"
    if name == "kind":
        return KIND_LABELS.get(row.kind or "", "")
    if name == "deadline":
        return _deadline(row)
    return getattr(row, name)
