"""办结：月报里报“已完成”，或在月报之外凭佐证申请；办公室核实后同意。办结后跟踪问效，需要时重新打开。"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from django.db import transaction

from departments.models import User
from departments.requests import Anyone
from yingshang.refusals import Refused

from ..models import (
    Assignment,
    Completion,
    CompletionRequest,
    EffectNote,
    ManualLight,
    Measure,
    Problem,
    Progress,
    ReportingPeriod,
    Target,
    TargetValue,
)
from ..rules import permissions
from ..rules.evidence import Checked
from . import extension as extension_steps
from . import milestone as milestone_steps
from .judgement import rejudge
from .period import owe_progress
from .steps import Step, check, keep_file, lock_measure, lock_plan, office, record

A, R = Assignment.Status, CompletionRequest.Status


def _reporter(user: Anyone, assignment: Assignment) -> bool:
    """本部室填报人"""
    return permissions.can_report(user, assignment)


def _applicant(user: Anyone, request: CompletionRequest) -> bool:
    """申请部室填报人"""
    return permissions.can_report(user, request.assignment)


def _follower(user: Anyone, assignment: Assignment) -> bool:
    """本部室填报人，或办公室"""
    return permissions.can_follow_up(user, assignment)


def _blocks_request(assignment: Assignment, at: dt.datetime) -> list[str]:
    """已有一份待核实的；还差办结的条件"""
    if assignment.completion_requests.waiting().exists():
        return ["已有一份办结申请等待核实。要改的话，请先撤回那一份。"]
    return what_blocks_completion(assignment)


def _blocks_grant(request: CompletionRequest, at: dt.datetime) -> list[str]:
    """已办结或已终止；还差办结的条件"""
    return what_blocks_completion(request.assignment)


# 项次的几步（申请办结、记效果、重新打开）与申请本身的几步。
REQUEST = Step("申请办结", (A.OPEN,), A.OPEN, _reporter, _blocks_request, note="必须附佐证材料")
EFFECT = Step("跟踪问效", (A.COMPLETED,), A.COMPLETED, _follower)
REOPEN: Step[Assignment] = Step("重新打开", (A.COMPLETED,), A.OPEN, office, note="必须写明理由；开放中的各期恢复应报")
STEPS: dict[str, Step[CompletionRequest]] = {
    "grant_completion": Step("同意办结", (R.REQUESTED,), R.GRANTED, office, _blocks_grant),
    "return_completion": Step("退回办结申请", (R.REQUESTED,), R.RETURNED, office, note="必须写明意见"),
    "withdraw_completion": Step("撤回办结申请", (R.REQUESTED,), R.WITHDRAWN, _applicant),
}


def what_blocks_completion(assignment: Assignment, progress: Progress | None = None) -> list[str]:
    """还差什么不能办结，逐条用话说出来。页面照印，`approve`、`request_completion`、`grant_completion` 照此拒绝。

    给了 `progress` 就看这条报送所写的；没有给（月报之外申请）就看已通过的报送里最近的进度与完成值。
    已终止的不能办结；已办结的不能凭申请再办结一次（办结之后接着报完的月报照常通过，不重复办结）。
    """
    if assignment.status == A.ENDED or (progress is None and assignment.status == A.COMPLETED):
        return [f"这一项{assignment.get_status_display()}，不用再办结。"]
    if progress is None:
        report, values = _latest_approved(assignment), _latest_values(assignment)
    else:
        report, values = progress, {v.target_id: v.value for v in progress.values.all()}
    reasons = _blocks_percent(assignment, report) + _blocks_targets(assignment, values) + _blocks_problems(assignment)
    if names := milestone_steps.undone_names(assignment, progress):
        listed = "、".join(f"“{name}”" for name in names)
        reasons.append(f"节点{listed}还没有完成：请在报送里勾上，不再需要的请办公室取消。")
    return reasons


def _blocks_percent(assignment: Assignment, progress: Progress | None) -> list[str]:
    if assignment.measure.kind != Measure.Kind.MILESTONE:
        return []
    if progress is None:
        return ["还没有通过的进展报送，看不出完成进度；办结须为 100%。"]
    percent = progress.percent or 0
    return [f"完成进度是 {percent}%，办结须为 100%。"] if percent < 100 else []


def _blocks_targets(assignment: Assignment, values: Mapping[int, Decimal]) -> list[str]:
    reasons = []
    for target in (t for t in assignment.targets if t.strength == Target.Strength.MUST):
        value = values.get(target.pk)
        if value is None:
            reasons.append(f"{target.name}还没有完成值。")
        elif not target.is_met_by(value):
            reasons.append(
                f"{target.name}现为 {value.normalize():f}{target.unit}，目标 {target.get_operator_display()}{target.value.normalize():f}{target.unit}。"
            )
    return reasons


def _blocks_problems(assignment: Assignment) -> list[str]:
    """这一项上由本部室负责而没有销号的问题。"""
    rows = Problem.objects.unsettled().filter(measure=assignment.measure_id, department=assignment.department_id)
    return [f"问题{p.number}号“{p.title}”还没有销号（{p.get_status_display()}）。" for p in rows]


def _latest_approved(assignment: Assignment) -> Progress | None:
    rows = Progress.objects.latest().filter(assignment=assignment, status=Progress.Status.APPROVED)
    return rows.order_by("-period__starts_on").first()


def _latest_values(assignment: Assignment) -> dict:
    """目标 → 已通过的报送里最近的完成值；没有写明由谁报的目标，各牵头部室报的都算。"""
    approved = Progress.objects.latest().filter(
        assignment__measure=assignment.measure_id, status=Progress.Status.APPROVED
    )
    rows = TargetValue.objects.filter(progress__in=approved).order_by(
        "progress__period__starts_on", "progress__reviewed_at"
    )
    return dict(rows.values_list("target_id", "value"))


def request_completion(
    assignment: Assignment, *, by: User, at: dt.datetime, note: str, uploads: Iterable[Checked]
) -> CompletionRequest:
    """在月报之外申请办结，必须附佐证。`uploads` 是 evidence.Checked（已核对类型与大小）。抛 PermissionDenied、Refused。"""
    note = note.strip()
    if not note:
        raise Refused("申请办结必须写明完成情况。")
    if not uploads:
        raise Refused("申请办结必须附佐证材料：请至少上传一个文件。")
    with _locked(assignment) as current:
        check(REQUEST, current, by, at)
        made = CompletionRequest.objects.create(assignment=current, note=note, requested_by=by, requested_at=at)
        for upload in uploads:
            keep_file(upload, by, at, completion_request=made)
        _record("completion_request", "申请办结", made, by, at, note=note)
        return made


def grant_completion(request: CompletionRequest, *, by: User, at: dt.datetime) -> CompletionRequest:
    """同意办结：此后不再应报；开放中的各期还没有动手的，不用再报。抛 PermissionDenied、Refused。"""
    with _locked_request(request) as current:
        step = check(STEPS["grant_completion"], current, by, at)
        _decide(current, step.target, by, at)
        complete(current.assignment, by=by, at=at, note=current.note)
        rejudge(current.assignment.measure_id)
        return current


def return_completion(request: CompletionRequest, *, by: User, at: dt.datetime, reason: str) -> CompletionRequest:
    """退回办结申请，必须写明意见。抛 PermissionDenied、Refused。"""
    reason = reason.strip()
    if not reason:
        raise Refused("退回必须写明意见：请告诉部室还差什么。")
    with _locked_request(request) as current:
        step = check(STEPS["return_completion"], current, by, at)
        current.return_reason = reason
        _decide(current, step.target, by, at)
        is_self = permissions.is_self_review(by, current.assignment)
        _record("completion_return", step.label, current, by, at, note=reason, is_self_review=is_self)
        return current


def withdraw_completion(request: CompletionRequest, *, by: User, at: dt.datetime) -> CompletionRequest:
    """撤回还没有核实的办结申请。抛 PermissionDenied、Refused。"""
    with _locked_request(request) as current:
        step = check(STEPS["withdraw_completion"], current, by, at)
        current.status = step.target
        current.save()
        _record("completion_withdraw", step.label, current, by, at)
        return current


def complete(
    assignment: Assignment, *, by: User, at: dt.datetime, progress: Progress | None = None, note: str = ""
) -> None:
    """办结一个项次（调用者已锁住方案与举措行、核对过条件）。

    已办结的不重复。待核实的办结申请随之了结，待批的延期申请随之撤回；
    开放中的各期里还没有动手的“未报”不再应报（写了的、退回的仍在，可以接着报完）；全项办结的，开放中的定灯随之取消。
    """
    if assignment.completions.in_force().exists():
        return
    _unclosed_periods(assignment)  # 正在关闭的那一期，等它关完再往下走
    Completion.objects.create(assignment=assignment, progress=progress, granted_by=by, granted_at=at)
    for waiting in assignment.completion_requests.waiting():
        _decide(waiting, R.GRANTED, by, at)
    extension_steps.drop_waiting(assignment, by=by, at=at)
    Progress.objects.filter(
        assignment=assignment,
        status=Progress.Status.MISSING,
        version=0,
        period__status=ReportingPeriod.Status.OPEN,
        attachments__isnull=True,
    ).delete()
    if not Assignment.objects.filter(measure=assignment.measure_id, ended_in=None).not_completed().exists():
        open_lights = ManualLight.objects.filter(
            measure=assignment.measure_id, period__status=ReportingPeriod.Status.OPEN
        )
        open_lights.filter(lifted_at=None).update(lifted_at=at)  # 已办结的不再按定灯显示；已关闭的各期照旧
    record(
        "completion_grant",
        "办结",
        by,
        at,
        progress=progress,
        assignment=assignment,
        note=note,
        is_public=True,
        is_self_review=permissions.is_self_review(by, assignment),
    )


def uncomplete(progress: Progress, *, by: User, at: dt.datetime, reason: str) -> None:
    """撤销由这条报送办结的（随“撤销通过”，调用者已锁住举措行）：记为重新打开；当时一并了结的办结申请回到待核实。

    开放中的各期恢复应报。当时撤回的延期申请不再恢复，要延期的请部室另提。
    """
    completion = progress.completions.in_force().first()
    if completion is None:
        return
    _reopen(completion, progress.assignment, by, at, reason)
    settled = progress.assignment.completion_requests.filter(status=R.GRANTED, decided_at=completion.granted_at)
    settled.update(status=R.REQUESTED, decided_by=None, decided_at=None)


def note_effect(
    assignment: Assignment, *, by: User, at: dt.datetime, text: str, follow_up_on: dt.date | None = None
) -> EffectNote:
    """跟踪问效：办结后记下实际效果；要再看的写下次回看日期。抛 PermissionDenied、Refused。"""
    text = text.strip()
    if not text:
        raise Refused("请写实际效果。")
    with _locked(assignment) as current:
        check(EFFECT, current, by, at)
        if follow_up_on and follow_up_on <= at.date():
            raise Refused("下次回看的日期须在今天之后。")
        made = EffectNote.objects.create(
            completion=current.completions.in_force().get(), text=text, follow_up_on=follow_up_on, by=by, at=at
        )
        data = {"follow_up_on": follow_up_on.isoformat()} if follow_up_on else {}
        record("effect_note", EFFECT.label, by, at, assignment=current, note=text, data=data)
        return made


def reopen_completion(assignment: Assignment, *, by: User, at: dt.datetime, reason: str) -> Completion:
    """重新打开已办结的项次，必须写明理由。开放中的各期恢复应报，灯从此按未办结判。抛 PermissionDenied、Refused。"""
    reason = reason.strip()
    if not reason:
        raise Refused("重新打开必须写明理由。")
    with _locked(assignment) as current:
        check(REOPEN, current, by, at)
        completion = _reopen(current.completions.in_force().get(), current, by, at, reason)
        rejudge(current.measure_id)
        return completion


def _reopen(completion: Completion, assignment: Assignment, by: User, at: dt.datetime, reason: str) -> Completion:
    completion.reopened_by, completion.reopened_at, completion.reopen_reason = by, at, reason
    completion.save()
    for period in _unclosed_periods(assignment):
        if period.is_open:
            owe_progress(period, [assignment])
    record("completion_reopen", REOPEN.label, by, at, assignment=assignment, note=reason, is_public=True)
    return completion


def _unclosed_periods(assignment: Assignment) -> list[ReportingPeriod]:
    """锁住没有关闭的各期再看哪几期开放（正在开放的一期在等我们放开方案）。"""
    rows = ReportingPeriod.objects.select_for_update().filter(plan=assignment.measure.plan_id, closed_at=None)
    return list(rows.order_by("pk"))


def _decide(request: CompletionRequest, status: str, by: User, at: dt.datetime) -> None:
    request.status = status
    request.decided_by, request.decided_at = by, at
    request.save()


def _record(action: str, label: str, request: CompletionRequest, by: User, at: dt.datetime, **extra: Any) -> None:
    record(action, label, by, at, assignment=request.assignment, data={"completion_request": request.pk}, **extra)


@contextmanager
def _locked(assignment: Assignment) -> Iterator[Assignment]:
    """锁住方案与举措行，再从库里重读项次。办结、重新打开改变谁应报，所以先锁方案。"""
    with transaction.atomic():
        lock_plan(assignment.measure.plan_id)
        lock_measure(assignment.measure_id)
        yield Assignment.objects.select_related("measure__plan", "department").get(pk=assignment.pk)


@contextmanager
def _locked_request(request: CompletionRequest) -> Iterator[CompletionRequest]:
    """锁住项次所属的方案与举措行，再从库里重读这份申请。"""
    with transaction.atomic():
        lock_plan(request.assignment.measure.plan_id)
        lock_measure(request.assignment.measure_id)
        rows = CompletionRequest.objects.select_related("assignment__measure__plan", "assignment__department")
        yield rows.get(pk=request.pk)
