"""回到旧版：撤销最新一版，或把更早的一版作为新的一版。

版本里存的是生效那一刻的样子；此后办公室核定的时限、类型不在里面。所以每一版生效时另记下被它盖过的
（`diff["was"]`），回去的时候还原它们；没有被盖过的，以及盖过之后办公室又核定过的，一律不动。
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from yingshang import dates

from ..models import Plan, PlanRevision
from .comparing import Comparison, compare
from .differing import field_changes
from .inforce import Rosters, live_rows, retired_rows
from .rows import MeasureRow, Reading


@dataclass(frozen=True)
class Content:
    """要恢复成的内容：[(编号, 行)]；类型要改的、恢复后仍算办公室核定的各项。"""

    rows: list[tuple[int, MeasureRow]]
    kinds: set[int]
    confirmed: set[int]


def content_of(version: PlanRevision) -> Content:
    """旧版的内容，名单用现在的名称，时限与类型用它当时最后的样子。名单里已没有的抛 `Refused`。"""
    plan = version.plan
    rosters, was = Rosters.load(), _was_since(plan, version.number or 0)
    now = {item.id: item.row for item in [*live_rows(plan), *retired_rows(plan)]}
    latest = {row["id"]: row for row in plan.revisions.get(number=plan.revision.number).rows}
    rows, kinds, confirmed = [], set(), set()
    for stored in version.rows:
        pk = stored["id"]
        row = _dated(rosters.stored(stored), was[pk], now[pk], latest.get(pk))
        kind, is_confirmed = _kind(was[pk], now[pk], latest.get(pk))
        rows.append((pk, replace(row, kind=kind)))
        kinds |= {pk} if kind != now[pk].kind else set()
        confirmed |= {pk} if is_confirmed else set()
    return Content(rows, kinds, confirmed)


def _was_since(plan: Plan, number: int) -> defaultdict[int, dict[str, Any]]:
    """举措 → 那一版之后第一次被盖过的各样（没有被盖过的为空）。"""
    found: defaultdict[int, dict[str, Any]] = defaultdict(dict)
    later = plan.revisions.applied().filter(number__gt=number).order_by("number")
    for was in later.values_list("diff__was", flat=True):
        for pk, values in (was or {}).items():
            found[int(pk)] = values | found[int(pk)]
    return found


def _dated(row: MeasureRow, was: Mapping[str, Any], now: MeasureRow, latest: Mapping[str, Any] | None) -> MeasureRow:
    """时限原文没有变过的，日期照现在的；变过的，还原当时的，除非办公室后来又核定过。"""
    if row.deadline == now.deadline or (latest and dates.stored(latest["due_on"]) != now.due_on):
        return replace(row, due_on=now.due_on)
    if was.get("deadline") == row.deadline:
        return replace(row, due_on=dates.stored(was["due_on"]))
    return row


def _kind(was: Mapping[str, Any], now: MeasureRow, latest: Mapping[str, Any] | None) -> tuple[str | None, bool]:
    """类型没有被修订盖过、或办公室后来又核定过的，照现在的。"""
    if "kind" not in was or (latest and latest["kind"] != now.kind):
        return now.kind, False
    return was["kind"], was["kind_is_confirmed"]


def compared(plan: Plan, content: Content) -> Comparison:
    """恢复成这些内容会带来的变化：按编号配对，不用猜。"""
    reading = Reading(kind="revision", rows=[row for _, row in content.rows])
    reading.columns_present = {"text", "lead_label", "kind", "deadline", "leaders", "cooperating"}
    same = {row.number: pk for pk, row in content.rows}
    return compare(live_rows(plan), reading, same=same, retired=retired_rows(plan))


def bring_back_dates(plan: Plan, comparison: Comparison) -> None:
    """文件把时限改回空白：文件未规定的，以办公室上次核定的日期为准。"""
    blanked = {
        c.id for c in comparison.of_kind("changed", "revived") if c.old and c.old.deadline and not c.row.deadline
    }
    if not blanked:
        return
    settled: dict[int | None, dt.date | None] = {}
    applied = plan.revisions.applied().order_by("number")
    for was in applied.values_list("diff__was", flat=True):
        settled |= {int(pk): dates.stored(v["due_on"]) for pk, v in (was or {}).items() if v.get("deadline") == ""}
    for index, change in enumerate(comparison.changes):
        if change.id in blanked and settled.get(change.id):
            new = replace(change.row, due_on=settled[change.id])
            shown = tuple(field_changes(change.old, new))
            comparison.changes[index] = replace(change, new=new, fields=shown)
