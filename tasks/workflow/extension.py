"""延期：部室申请，办公室批复。原时限一直保留并计数；批准后灯与催办立即按新时限。"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.utils import timezone

from departments.models import User
from departments.requests import Anyone
from yingshang import dates
from yingshang.refusals import Refused

from ..models import Assignment, Extension
from ..rules import permissions
from .judgement import rejudge
from .steps import Step, check, lock_measure, office, record

A, E = Assignment.Status, Extension.Status


def _reporter(user: Anyone, assignment: Assignment) -> bool:
    """本部室填报人"""
    return permissions.can_report(user, assignment)


def _applicant(user: Anyone, extension: Extension) -> bool:
    """申请部室填报人"""
    return permissions.can_report(user, extension.assignment)


def _blocks_request(assignment: Assignment, at: dt.datetime) -> list[str]:
    """没有完成时限；已有一份待批的延期申请或待核实的办结申请"""
    reasons = []
    if assignment.due_on is None:
        reasons.append("这一项没有完成时限，不用申请延期。")
    if assignment.extensions.waiting().exists():
        reasons.append("已有一份延期申请等待批复。要改的话，请先撤回那一份。")
    if assignment.completion_requests.waiting().exists():
        reasons.append("已申请办结，正在等办公室核实。要延期的话，请先撤回办结申请。")
    return reasons


def _blocks_approval(extension: Extension, at: dt.datetime) -> list[str]:
    """已办结或已终止；时限在申请之后又改过，申请的日期不再更晚"""
    assignment = extension.assignment
    if assignment.status != A.OPEN:
        return [f"这一项{assignment.get_status_display()}，不用再延期。"]
    if assignment.due_on is None or extension.new_due_on <= assignment.due_on:
        return ["完成时限在申请之后又改过，所申请的日期已不晚于现行时限。请不批准，并写明情况。"]
    return []


# 项次的一步（申请）与申请本身的几步。
REQUEST = Step("申请延期", (A.OPEN,), A.OPEN, _reporter, _blocks_request, note="时限之前之后都可以")
STEPS: dict[str, Step[Extension]] = {
    "approve_extension": Step("批准延期", (E.REQUESTED,), E.APPROVED, office, _blocks_approval),
    "refuse_extension": Step("不批准延期", (E.REQUESTED,), E.REFUSED, office, note="必须写明意见"),
    "withdraw_extension": Step("撤回延期申请", (E.REQUESTED,), E.WITHDRAWN, _applicant),
}


def request_extension(
    assignment: Assignment, *, by: User, at: dt.datetime, new_due_on: dt.date, reason: str
) -> Extension:
    """申请延期，写明理由与新的日期。时限之前之后都可以申请。抛 PermissionDenied、Refused。"""
    reason = reason.strip()
    if not reason:
        raise Refused("申请延期必须写明理由。")
    with transaction.atomic():
        lock_measure(assignment.measure_id)
        current = Assignment.objects.select_related("measure__plan", "department").get(pk=assignment.pk)
        check(REQUEST, current, by, at)
        due_on = current.due_on
        assert due_on is not None  # 没有时限的，核对时已经拒绝
        if new_due_on <= due_on:
            raise Refused(f"申请延至的日期须晚于现行时限 {dates.full(due_on)}。")
        if new_due_on <= timezone.localdate(at):
            raise Refused("申请延至的日期须在今天之后。")
        made = Extension.objects.create(
            assignment=current,
            old_due_on=due_on,
            new_due_on=new_due_on,
            reason=reason,
            requested_by=by,
            requested_at=at,
        )
        _record("extension_request", "申请延期", made, by, at, note=reason)
        return made


def approve_extension(extension: Extension, *, by: User, at: dt.datetime, note: str = "") -> Extension:
    """批准延期：项次的时限即改为新的日期。抛 PermissionDenied、Refused。"""
    with _locked(extension) as current:
        step = check(STEPS["approve_extension"], current, by, at)
        _decide(current, step.target, by, at, note.strip())
        Assignment.objects.filter(pk=current.assignment_id).update(extended_due_on=current.new_due_on)
        rejudge(current.assignment.measure_id)
        _record(
            "extension_approve",
            step.label,
            current,
            by,
            at,
            note=note.strip(),
            is_public=True,
            **_self_review(current, by),
        )
        return current


def refuse_extension(extension: Extension, *, by: User, at: dt.datetime, note: str) -> Extension:
    """不批准延期，必须写明意见。时限不变。抛 PermissionDenied、Refused。"""
    note = note.strip()
    if not note:
        raise Refused("不批准延期必须写明意见：请告诉部室为什么、怎么办。")
    with _locked(extension) as current:
        step = check(STEPS["refuse_extension"], current, by, at)
        _decide(current, step.target, by, at, note)
        _record("extension_refuse", step.label, current, by, at, note=note, **_self_review(current, by))
        return current


def withdraw_extension(extension: Extension, *, by: User, at: dt.datetime) -> Extension:
    """撤回还没有批复的延期申请。抛 PermissionDenied、Refused。"""
    with _locked(extension) as current:
        step = check(STEPS["withdraw_extension"], current, by, at)
        return _withdraw(current, step, by, at)


def drop_waiting(assignment: Assignment, *, by: User, at: dt.datetime) -> None:
    """项次办结了，待批的延期申请随之撤回（由办结的动词在同一个事务里调用）。"""
    for waiting in assignment.extensions.waiting().select_related("assignment__measure__plan"):
        _withdraw(waiting, STEPS["withdraw_extension"], by, at, note="这一项已办结，不用再延期。")


def _withdraw(extension: Extension, step: Step, by: User, at: dt.datetime, note: str = "") -> Extension:
    extension.status = step.target
    extension.save(update_fields=["status"])
    _record("extension_withdraw", step.label, extension, by, at, note=note)
    return extension


def _decide(extension: Extension, status: str, by: User, at: dt.datetime, note: str) -> None:
    extension.status = status
    extension.decided_by, extension.decided_at, extension.decision_note = by, at, note
    extension.save()


def _self_review(extension: Extension, by: User) -> dict:
    return {"is_self_review": permissions.is_self_review(by, extension.assignment)}


def _record(
    action: str, label: str, extension: Extension, by: User, at: dt.datetime, *, note: str = "", **extra: Any
) -> None:
    """记一条：部室、前后时限，再是理由或意见。"""
    old, new = extension.old_due_on, extension.new_due_on
    said = f"{extension.assignment.department}：{dates.full(old)}延至{dates.full(new)}。{note}"
    data = {"extension": extension.pk, "from": old.isoformat(), "to": new.isoformat()}
    record(action, label, by, at, assignment=extension.assignment, note=said, data=data, **extra)


@contextmanager
def _locked(extension: Extension) -> Iterator[Extension]:
    """锁住项次所属的举措行，再从库里重读这份申请。"""
    with transaction.atomic():
        lock_measure(extension.assignment.measure_id)
        yield Extension.objects.select_related("assignment__measure__plan", "assignment__department").get(
            pk=extension.pk
        )
