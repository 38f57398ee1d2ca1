"""需协调事项：随报送请另一个部室协调，对方答复。写在草稿里的没有送出，对方看不到。"""

import datetime as dt
from typing import TypeAlias

from django.db import transaction

from departments.models import Department, User
from departments.requests import Anyone
from yingshang import prepared
from yingshang.refusals import Refused

from ..models import CoordinationRequest, Progress
from ..rules import permissions
from .steps import Step, check, lock_measure, record

C = CoordinationRequest.Status
# 请谁协调：部室，或 CoordinationRequest.OFFICE；None 是谁也不请。
Asked: TypeAlias = Department | str | None
DROPPED = "（报送部室已不再请求协调。）"


def _asked(user: Anyone, request: CoordinationRequest) -> bool:
    """被请的部室填报人，或办公室"""
    return permissions.can_reply_coordination(user, request)


STEPS: dict[str, Step[CoordinationRequest]] = {
    "answer_coordination": Step("答复", (C.WAITING,), C.ANSWERED, _asked),
}


def ask(progress: Progress, department: Asked, *, by: User, at: dt.datetime, sent_before: dt.datetime | None) -> None:
    """随报送写下“请谁协调”（部室，或 CoordinationRequest.OFFICE），在报送自己的事务里（举措行已锁住）。

    一条报送对一个部室只有一行，改几次、重报几次都是它。换了部室或不再请的：没送出的删去，
    送出而没答复的在重新报送时记为不再请求。`sent_before` 是上一次报送的时间。抛 Refused。
    """
    if department and _key(department) == progress.assignment.department_id:
        raise Refused("不能请本部室协调，请另选部室。")
    wanted = department if progress.coordination.strip() or progress.status != progress.Status.SUBMITTED else None
    is_submitted = progress.status == progress.Status.SUBMITTED
    found = None
    build = lambda pk: CoordinationRequest.objects.filter(progress=pk).select_related("to_department")  # noqa: E731
    for row in prepared.rows("asked along", build, progress.pk):
        was_sent = sent_before is not None and row.created_at <= sent_before
        if wanted and row.to_department_id == _key(wanted):
            found = row
            _renew(row, was_sent, is_submitted, progress, by, at)
        elif row.answered_at is None and not was_sent:
            row.delete()
        elif row.answered_at is None and is_submitted:
            _answer(row, DROPPED, by, at)
            _record("coordination_drop", f"不再请{row.recipient}协调", row, progress, row.to_department, by, at)
    if wanted and found is None:
        row = CoordinationRequest.objects.create(
            progress=progress, to_department_id=_key(wanted), text=progress.coordination, created_by=by, created_at=at
        )
        if is_submitted:
            _record("coordination_ask", f"请{row.recipient}协调", row, progress, row.to_department, by, at, row.text)


def answer_coordination(request: CoordinationRequest, *, by: User, at: dt.datetime, text: str) -> CoordinationRequest:
    """答复。答复过的不再改；需要补充的请对方另报。抛 PermissionDenied、Refused。"""
    text = text.strip()
    if not text:
        raise Refused("请写明怎么协调、何时办。")
    with transaction.atomic():
        lock_measure(request.progress.assignment.measure_id)
        rows = CoordinationRequest.objects.select_related(
            "to_department",
            "progress__period",
            "progress__assignment__measure__plan",
            "progress__assignment__department",
        )
        current = rows.get(pk=request.pk)
        check(STEPS["answer_coordination"], current, by, at)
        _answer(current, text, by, at)
        asker = current.progress.assignment.department
        _record("coordination_answer", f"{current.recipient}答复", current, current.progress, asker, by, at, text)
        return current


def _key(asked: Department | str) -> int | None:
    """部室的编号；请办公室协调的为 None（库里部室留空）。"""
    return asked.pk if isinstance(asked, Department) else None


def _renew(
    row: CoordinationRequest, was_sent: bool, is_submitted: bool, progress: Progress, by: User, at: dt.datetime
) -> None:
    """原来那一行：没答复的改用现在的文字；第一次送出时从这一刻起算。

    送出过的，对方看得到：退回之后写的草稿先不给，重新报送时才换。
    """
    if row.answered_at is not None or (was_sent and not is_submitted):
        return
    row.text = progress.coordination
    if not was_sent:
        row.created_at, row.created_by = at, by
    row.save()
    if is_submitted and not was_sent:
        _record("coordination_ask", f"请{row.recipient}协调", row, progress, row.to_department, by, at, row.text)


def _answer(row: CoordinationRequest, text: str, by: User, at: dt.datetime) -> None:
    row.answer, row.answered_by, row.answered_at = text, by, at
    row.save()


def _record(
    action: str,
    label: str,
    row: CoordinationRequest,
    progress: Progress,
    department: Department | None,
    by: User,
    at: dt.datetime,
    note: str = "",
) -> None:
    """记在报送上；`department` 是要知道这件事的部室（请的记给对方，答复的记给请的人）。"""
    data = {"coordination": row.pk}
    record(action, label, by, at, progress=progress, department=department, note=note, data=data)
