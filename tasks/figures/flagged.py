"""审核前看一眼：待审核的哪几条有标记，要逐条看，不进“全部通过”。

标记只为看得见，不是过错：不扣分、不通报、不进考核。
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from departments.models import User

from ..models import Progress
from ..rules import permissions
from .repeated import LONG


@dataclass(frozen=True)
class Flag:
    """一个标记：`kind` 是哪一种，`text` 是给人看的话。"""

    kind: str
    text: str


def is_worse(row: Progress, last: Progress | None) -> bool:
    """进度、完成值有一样比上次差。要预取各自的完成值与目标。"""
    if last is None:
        return False
    if row.percent is not None and last.percent is not None and row.percent < last.percent:
        return True
    before = {value.target_id: value.value for value in last.values.all()}
    return any(
        value.target_id in before and value.target.is_worse(value.value, before[value.target_id])
        for value in row.values.all()
    )


def flags_of(row: Progress, last: Progress | None, months: int, by: User) -> list[Flag]:
    """一条待审核的报送的标记，重的在前；没有的可以一并通过。`months` 为连续几期文字未变（含这一期）。"""
    is_ended = bool(row.assignment.ended_because)
    found = (
        (is_worse(row, last), Flag("worse", "数字变差")),
        (row.asks_completion, Flag("completion", "申请办结")),
        (bool(row.times_returned), Flag("returned", "退回后重报")),
        (months >= LONG, Flag("repeated", f"{months} 期文字未变")),
        (permissions.is_self_review(by, row.assignment), Flag("self", "自审")),
        (bool(row.corrects_id), Flag("correction", "更正")),
        (bool(row.ticks.all()), Flag("milestone", "认定节点")),
        (is_ended, Flag("ended", "已退出方案")),
    )
    return [flag for applies, flag in found if applies]


def flags(
    rows: Sequence[Progress], last: Mapping[int, Progress], months: Mapping[int, int], by: User
) -> dict[int, list[Flag]]:
    """报送（编号）→ 标记。"""
    return {row.pk: flags_of(row, last.get(row.pk), months[row.pk], by) for row in rows}
