"""登记将来的接替、撤回、记下生效了没有。怎样生效（出新的一版、交过去）在 imports/succession.py，规则在这里。"""

import datetime as dt
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from departments.models import Department, Leader, User
from departments.requests import Anyone
from yingshang import dates
from yingshang.refusals import Refused

from ..models import Succession
from ..rules import permissions
from .steps import Step, check, record

S = Succession.Status


def _administrator(user: Anyone, row: Succession) -> bool:
    """管理员"""
    return permissions.can_import(user)


STEPS: dict[str, Step[Succession]] = {
    "withdraw_succession": Step(
        "撤回登记的接替", (S.PENDING, S.STUCK), S.WITHDRAWN, _administrator, note="生效以前都可以撤回"
    ),
}


def plan_succession(
    old: Department | Leader,
    new: Department | Leader,
    *,
    by: User,
    at: dt.datetime,
    on: dt.date,
    reason: str,
    **more: Any,
) -> Succession:
    """登记将来某一天的接替；到那天由每天的定时任务生效。`more` 是怎样换、登记时看到的。抛 PermissionDenied、Refused。"""
    if not permissions.can_import(by):
        raise PermissionDenied
    kind = "department" if isinstance(old, Department) else "leader"
    with transaction.atomic():
        type(old).objects.select_for_update().get(pk=old.pk)
        refuse_if_pending(old)
        who = {f"old_{kind}": old, f"new_{kind}": new}
        made = Succession.objects.create(**who, on=on, reason=reason.strip(), by=by, at=at, **more)
        _record("admin_succession_plan", "登记将来的接替", made, by, at)
        return made


def refuse_if_pending(old: Department | Leader) -> None:
    """已登记了一次、还没有生效的，先撤回，免得到那天换两遍。抛 Refused。"""
    rows = Succession.objects
    found = (rows.of_department(old) if isinstance(old, Department) else rows.of_leader(old)).first()
    if found:
        raise Refused(f"已登记自{dates.full(found.on)}起{found}，还没有生效。要改的，请先在“待生效的”里撤回那一份。")


def withdraw_succession(row: Succession, *, by: User, at: dt.datetime) -> Succession:
    """撤回：还没有生效的都可以。抛 PermissionDenied、Refused。"""
    with transaction.atomic():
        current = locked_succession(row)
        check(STEPS["withdraw_succession"], current, by, at)
        current.withdrawn_by, current.withdrawn_at = by, at
        current.save()
        _record("admin_succession_withdraw", "撤回登记的接替", current, by, at)
        return current


def finish_succession(row: Succession, at: dt.datetime) -> None:
    """生效了：在它自己的事务里，与新的一版同进退。"""
    row.done_at, row.refused = at, ""
    row.save()


def fail_succession(row: Succession, at: dt.datetime, said: str) -> None:
    """到期没有生效成：记下为什么、怎么办；原因没有变的不重复记。"""
    with transaction.atomic():
        current = locked_succession(row)
        if current.status not in (S.PENDING, S.STUCK):
            return
        is_new = current.refused != said
        current.refused, current.tried_at = said, at
        current.save()
        if is_new:
            _record("admin_succession_fail", "接替到期没有生效", current, None, at, said)


def locked_succession(row: Succession) -> Succession:
    """锁住这一行，再从库里重读。"""
    return Succession.objects.select_for_update().get(pk=row.pk)


def _record(action: str, label: str, row: Succession, by: User | None, at: dt.datetime, said: str = "") -> None:
    note = f"自{dates.full(row.on)}起，{row}：{row.reason}"
    record(action, label, by, at, note=f"{note}。{said}" if said else note, data={"succession": row.pk})
