"""登记的接替到期生效：到了那天（或错过以后的第一次）照登记的办，日期仍是它自己的；情况变了、办不成的整件不办，说明为什么。"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from departments import organisation
from departments.admin import trace_moved
from departments.models import Department, Leader, User
from yingshang import dates

from .. import workflow
from ..models import Assignment, PlanRevision, Succession
from . import succession


@dataclass(frozen=True)
class Result:
    """一件办成了没有，一句话。"""

    row: Succession
    is_done: bool
    said: str


def apply_due(at: dt.datetime) -> list[Result]:
    """到期的逐件办，一件不成不碍别的。办成过的、撤回了的不再办。"""
    rows = Succession.objects.due(timezone.localdate(at))
    return [_try(row, at) for row in rows]


def _try(row: Succession, at: dt.datetime) -> Result:
    name = f"自{dates.full(row.on)}起，{row}"
    try:
        made = _apply(row, at)
    except PermissionDenied:
        why = f"登记它的{row.by.name}已不是管理员。请另一位管理员撤回，再照样登记。"
    except workflow.Refused as refused:
        why = f"{refused}"
    else:
        return Result(row, True, f"{name}：已生效，{len(made)} 份方案各有新的一版。")
    workflow.fail_succession(row, at, why)
    return Result(row, False, f"{name}：没有生效。{why}")


def _apply(row: Succession, at: dt.datetime) -> list[PlanRevision]:
    """照登记的办，连同“办成了”同在一个事务里。抛 PermissionDenied、Refused。"""
    with transaction.atomic():
        current = workflow.succession.locked_succession(row)
        if current.status in (Succession.Status.DONE, Succession.Status.WITHDRAWN):
            return []
        workflow.finish_succession(current, at)  # 先记上：接替自己不当作还有一份待生效的
        _check_in_use(current)
        said: dict[str, Any] = {
            "by": current.by,
            "at": at,
            "on": current.on,
            "reason": current.reason,
            "is_gone": current.is_gone,
        }
        if current.old_leader and current.new_leader:
            return succession.replace_leader(current.old_leader, current.new_leader, **said)
        assert current.old_department
        assert current.new_department
        moved = list(User.objects.filter(department=current.old_department).select_related("department", "leader"))
        made = succession.replace_department(
            current.old_department, current.new_department, **said,
            parts=_given(current), with_accounts=current.with_accounts,
        )  # fmt: skip
        if current.with_accounts:
            trace_moved(None, moved, by=current.by)
        return made


def _check_in_use(row: Succession) -> None:
    """登记以后停用、离任了的，说清是哪一个、怎么办。抛 Refused。"""
    for one, word in ((row.old, "原来的"), (row.new, "接替的")):
        if not one.is_active:
            gone = "已不在任" if isinstance(one, Leader) else "已不再使用"
            raise workflow.Refused(f"{word}{one}{gone}。请管理员在“换人与部室调整”撤回这一份，按现在的情况另登记。")


def _given(row: Succession) -> dict[int, Department]:
    """拆分的：项次 → 部室。登记以后方案修订过、对不上的不办。抛 Refused。"""
    if not row.parts:
        return {}
    held = {part.pk: part for part in succession.held_by(row.old_department).parts} if row.old_department else {}
    again = "请管理员在“换人与部室调整”撤回这一份，看过现在的各项再登记。"
    unit = organisation.unit()
    rooms = Department.objects.in_bulk([int(pk) for pk in row.parts.values()])
    given = {int(part): rooms[int(room)] for part, room in row.parts.items()}
    gone = Assignment.objects.filter(pk__in=given.keys() - held.keys()).select_related("measure")
    if said := "、".join(part.measure.number for part in gone):
        raise workflow.Refused(f"拆分里写明另给的第 {said} 项，登记以后已办结、退出或换了牵头{unit}。{again}")
    new = [part.measure.number for pk, part in held.items() if pk not in set(row.seen_parts)]
    if new:
        raise workflow.Refused(f"第 {'、'.join(new)} 项是登记以后才由{row.old}牵头的，拆分里没有写明给谁。{again}")
    if idle := [room.name for room in given.values() if not room.is_active]:
        raise workflow.Refused(f"拆分里写明的{'、'.join(dict.fromkeys(idle))}已不再使用。{again}")
    return given
