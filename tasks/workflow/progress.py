"""进展报送：草稿、报送、撤回、通过、退回、更正、佐证材料，以及报“已完成”时的办结。"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet

from departments.models import User
from departments.requests import Anyone
from yingshang import prepared
from yingshang.refusals import Conflict, Refused

from ..models import Attachment, Milestone, Progress, PublicItem, ReportingPeriod, Target, TargetValue
from ..rules import permissions
from ..rules.evidence import Checked
from . import coordination
from . import milestone as milestone_steps
from .completion import complete, uncomplete, what_blocks_completion
from .coordination import Asked
from .judgement import rejudge
from .steps import Step, check, check_move, keep_file, lock_measure, lock_plan, office, record

S = Progress.Status
# 点错了随即撤销，这么久以内不必写理由。
UNDO_WITHIN = dt.timedelta(minutes=2)
UNDONE = "刚通过随即撤销（点错了）"


def _reporter(user: Anyone, progress: Progress) -> bool:
    """本部室填报人"""
    return permissions.can_report(user, progress.assignment)


def _correcting(user: Anyone, progress: Progress) -> bool:
    """本部室填报人，只限更正稿"""
    return bool(progress.corrects_id) and permissions.can_report(user, progress.assignment)


def _period_not_open(progress: Progress, at: dt.datetime) -> list[str]:
    """报送期已关闭（更正除外）"""
    if progress.corrects_id or progress.period.is_open:
        return []
    return [f"{progress.period.name}已经关闭报送，请联系办公室延长或重新开放。"]


def _ended(progress: Progress, at: dt.datetime) -> list[str]:
    """举措已退出方案，或已不由本部室牵头"""
    because = progress.assignment.ended_because
    return [f"这一项{because}，不必再报。"] if because else []


def _blocks_writing(progress: Progress, at: dt.datetime) -> list[str]:
    """报送期已关闭；举措已退出方案，或已不由本部室牵头"""
    return _period_not_open(progress, at) + _ended(progress, at)


def _blocks_submission(progress: Progress, at: dt.datetime) -> list[str]:
    """报送期已关闭；举措已退出方案，或已不由本部室牵头；没有写本期进展"""
    reasons = _blocks_writing(progress, at)
    if not progress.text.strip():
        reasons.append("还没有写本期进展。")
    return reasons


def _blocks_approval(progress: Progress, at: dt.datetime) -> list[str]:
    """报“已完成”而还差办结的条件"""
    if not progress.asks_completion:
        return []
    return what_blocks_completion(progress.assignment, progress)


def what_blocks_revoking(progress: Progress, at: dt.datetime | None = None) -> list[str]:
    """报送期或其后的一期已关闭；部室已提出更正；已对外发布；办结后记过效果"""
    if not progress.period.is_open:
        return [f"{progress.period.name}已经关闭，数字以关闭日为准。内容有误的，请部室更正，或先重新开放这一期。"]
    reasons = []
    later = ReportingPeriod.objects.filter(plan=progress.period.plan_id, starts_on__gt=progress.period.starts_on)
    if closed := later.filter(closed_at__gte=progress.reviewed_at).first():
        reasons.append(f"通过以后{closed.name}已经关闭，那一期的数字里已有这一条。内容有误的，请部室更正。")
    if progress.corrections.exclude(status=S.DISCARDED).exists():
        reasons.append("部室已提出更正，请审更正的那一份。")
    if PublicItem.objects.released().filter(progress=progress).exists():
        reasons.append("这一条已对外发布，请先在“对外宣传”里撤下。")
    if progress.completions.in_force().filter(effects__isnull=False).exists():
        reasons.append("这一条通过后已办结，并记过实际效果。确需撤销的，请先在举措页重新打开。")
    return reasons


STEPS: dict[str, Step[Progress]] = {
    "save_progress": Step("存草稿", (S.MISSING, S.DRAFT), S.DRAFT, _reporter, _blocks_writing),
    "save_returned": Step("存草稿", (S.RETURNED,), S.RETURNED, _reporter, _blocks_writing),
    "submit_progress": Step("报送", (S.MISSING, S.DRAFT, S.RETURNED), S.SUBMITTED, _reporter, _blocks_submission),
    "withdraw_progress": Step("撤回", (S.SUBMITTED,), S.DRAFT, _reporter, _period_not_open),
    "approve_progress": Step("通过", (S.SUBMITTED,), S.APPROVED, office, _blocks_approval),
    "return_progress": Step("退回", (S.SUBMITTED,), S.RETURNED, office),
    "revoke_progress": Step(
        "撤销通过",
        (S.APPROVED,),
        S.SUBMITTED,
        office,
        what_blocks_revoking,
        note="须写理由；回到待审核，通过时带来的办结、节点完成一并撤销",
    ),
    "correct_progress": Step("更正", (S.APPROVED,), S.APPROVED, _reporter, _ended),
    "discard_correction": Step("放弃更正", (S.DRAFT, S.RETURNED), S.DISCARDED, _correcting),
}


def save_progress(
    progress: Progress,
    *,
    by: User,
    at: dt.datetime,
    version: int,
    content: Mapping[str, Any],
    values: Mapping[Target, Decimal | None] | None = None,
    ticks: Iterable[Milestone] | None = None,
    coordinate_with: Asked = None,
) -> Progress:
    """存草稿。已退回的存了仍是“已退回”，理由不丢。`ticks` 为勾了完成的节点，`coordinate_with` 为请哪个部室协调。抛 PermissionDenied、Refused、Conflict。"""
    with _locked(progress) as current:
        _same_version(current, version)
        action = "save_returned" if current.status == S.RETURNED else "save_progress"
        step = check(STEPS[action], current, by, at)
        before = None if _differs(current, content, values, ticks) else (current.written_by, current.written_at)
        _write(current, content, values, ticks, by, at)
        if current.is_returned and before:  # 退回的一字没改：不算改过，不会原样再报一遍
            current.written_by, current.written_at = before
        current.status = step.target
        current.save()
        coordination.ask(current, coordinate_with, by=by, at=at, sent_before=current.submitted_at)
        return current


def submit_progress(
    progress: Progress,
    *,
    by: User,
    at: dt.datetime,
    version: int,
    content: Mapping[str, Any],
    values: Mapping[Target, Decimal | None] | None = None,
    ticks: Iterable[Milestone] | None = None,
    coordinate_with: Asked = None,
    is_no_change: bool = False,
) -> Progress:
    """报送。首次报送时间只记一次：退回后重报不算迟。抛 PermissionDenied、Refused、Conflict。"""
    with _locked(progress) as current:
        _same_version(current, version)
        check_move(STEPS["submit_progress"], current, by)
        _write(current, content, values, ticks, by, at)
        step = check(STEPS["submit_progress"], current, by, at)
        current.status, sent_before = step.target, current.submitted_at
        current.is_no_change = is_no_change
        current.submitted_by, current.submitted_at = by, at
        current.first_submitted_at = current.first_submitted_at or at
        current.reviewed_by = current.reviewed_at = None
        current.is_self_review = False
        current.save()
        record("progress_submit", "本期无变化" if is_no_change else "报送", by, at, progress=current, note=current.text)
        coordination.ask(current, coordinate_with, by=by, at=at, sent_before=sent_before)
        rejudge(current.assignment.measure)
        return current


def withdraw_progress(progress: Progress, *, by: User, at: dt.datetime) -> Progress:
    """撤回尚未审核的报送，回到草稿。撤回就是没有报过：何时再报，何时算报（退回过的、更正仍按原来的时间）。抛 PermissionDenied、Refused。"""
    with _locked(progress) as current:
        step = check(STEPS["withdraw_progress"], current, by, at)
        current.status = step.target
        if not current.times_returned and not current.corrects_id:
            current.first_submitted_at = None
        current.version += 1
        current.save()
        record("progress_withdraw", "撤回", by, at, progress=current)
        rejudge(current.assignment.measure)
        return current


def approve_progress(progress: Progress, *, by: User, at: dt.datetime) -> Progress:
    """通过。报“已完成”的同时办结；更正通过后取代原来那条。抛 PermissionDenied、Refused。"""
    with _locked(progress, may_complete=True) as current:
        step = check(STEPS["approve_progress"], current, by, at)
        _decide(current, step.target, by, at)
        current.save()
        record("progress_approve", "审核通过", by, at, progress=current, is_public=True)
        milestone_steps.finish_ticked(current, by=by, at=at)
        if current.corrects_id:
            Progress.objects.filter(pk=current.corrects_id).update(superseded_at=at)
        if current.asks_completion:
            complete(current.assignment, by=by, at=at, progress=current)
        rejudge(current.assignment.measure)
        return current


def revoke_progress(progress: Progress, *, by: User, at: dt.datetime, reason: str) -> Progress:
    """撤销通过（点错了、看漏了），必须写明理由。回到待审核，通过时带来的一并撤销：认定完成的节点、办结、取代原来那条。抛 PermissionDenied、Refused。"""
    reason = reason.strip()
    if not reason:
        raise Refused("撤销通过必须写明理由。")
    with _locked(progress, may_complete=True) as current:
        step = check(STEPS["revoke_progress"], current, by, at)
        approved_at = current.reviewed_at
        uncomplete(current, by=by, at=at, reason=reason)
        milestone_steps.undo_finished(current, by=by, at=at, reason=reason)
        if current.corrects_id:
            Progress.objects.filter(pk=current.corrects_id, superseded_at=approved_at).update(superseded_at=None)
        current.status = step.target
        current.reviewed_by = current.reviewed_at = None
        current.is_self_review = False
        current.version += 1
        current.save()
        record(
            "progress_revoke",
            step.label,
            by,
            at,
            progress=current,
            note=reason,
            is_public=True,
            is_self_review=permissions.is_self_review(by, current.assignment),
        )
        rejudge(current.assignment.measure)
        return current


def undo_approval(progress: Progress, *, by: User, at: dt.datetime) -> Progress:
    """刚通过的随即撤销（点错了），不必写理由：限通过的那个人、两分钟以内；与撤销通过同一条路。抛 PermissionDenied、Refused。"""
    if not permissions.can_review(by):
        raise PermissionDenied
    is_his = progress.is_approved and progress.reviewed_by_id == by.pk
    if not is_his or progress.reviewed_at is None or at - progress.reviewed_at > UNDO_WITHIN:
        raise Refused("不是您刚刚通过的，或者已过了两分钟：要撤销请点开这一条，写明理由。")
    return revoke_progress(progress, by=by, at=at, reason=UNDONE)


def return_progress(progress: Progress, *, by: User, at: dt.datetime, reason: str) -> Progress:
    """退回修改，必须写明意见。抛 PermissionDenied、Refused。"""
    reason = reason.strip()
    if not reason:
        raise Refused("退回必须写明意见：请告诉部室要补充或修改什么。")
    with _locked(progress) as current:
        step = check(STEPS["return_progress"], current, by, at)
        _decide(current, step.target, by, at)
        current.return_reason = reason
        current.times_returned += 1
        current.save()
        record("progress_return", "退回修改", by, at, progress=current, note=reason)
        rejudge(current.assignment.measure)
        return current


def correct_progress(progress: Progress, *, by: User, at: dt.datetime) -> Progress:
    """更正已通过的报送：新建一行草稿，原来那条在更正通过之前一直有效。报得早晚仍按原来那条算。抛 PermissionDenied、Refused。"""
    with _locked(progress) as current:
        check(STEPS["correct_progress"], current, by, at)
        if current.superseded_at or current.corrections.exclude(status=S.DISCARDED).exists():
            raise Refused("这一条已经有一份更正，请在更正那份里修改。")
        copy = Progress.objects.create(
            assignment=current.assignment,
            period=current.period,
            status=S.DRAFT,
            corrects=current,
            first_submitted_at=current.first_submitted_at,
            written_by=by,
            written_at=at,
            **{name: getattr(current, name) for name in Progress.CONTENT},
        )
        TargetValue.objects.bulk_create(
            TargetValue(progress=copy, target_id=v.target_id, value=v.value) for v in current.values.all()
        )
        record("progress_correct", "提出更正", by, at, progress=copy)
        return copy


def discard_correction(progress: Progress, *, by: User, at: dt.datetime) -> Progress:
    """放弃没有交上去（或被退回）的更正。行留着备查；原来那条一直有效，以后还可以再提更正。抛 PermissionDenied、Refused。"""
    with _locked(progress) as current:
        step = check(STEPS["discard_correction"], current, by, at)
        current.status = step.target
        current.version += 1
        current.save()
        record("progress_discard", "放弃更正", by, at, progress=current)
        return current


def add_attachment(progress: Progress, *, by: User, at: dt.datetime, upload: Checked) -> Attachment:
    """给可改的报送加一份佐证材料。`upload` 是 evidence.Checked（已核对类型与大小）。抛 PermissionDenied、Refused。"""
    with _locked(progress) as current:
        _check_editable(current, by, at)
        return keep_file(upload, by, at, progress=current)


def remove_attachment(attachment: Attachment, *, by: User, at: dt.datetime) -> None:
    """移除一份材料：只在报送可改时，文件留底不删。抛 PermissionDenied、Refused。"""
    if attachment.progress is None:
        raise PermissionDenied  # 办结申请、整改记录的材料，不由这里移除
    with _locked(attachment.progress) as current:
        _check_editable(current, by, at)
        if Attachment.objects.filter(pk=attachment.pk, removed_at__isnull=True).update(removed_at=at):
            record("attachment_remove", "移除材料", by, at, progress=current, note=attachment.name)


@contextmanager
def _locked(progress: Progress, *, may_complete: bool = False) -> Iterator[Progress]:
    """锁住报送所属的举措行与报送期行，再从库里重读这条报送。

    `may_complete`：通过可能随之办结，那会动到开放中的各期，所以先锁方案，没有关闭的各期也按编号一并锁住。
    """
    with transaction.atomic():
        if may_complete:
            lock_plan(progress.period.plan_id)
        lock_measure(progress.assignment.measure_id)

        def locked(pk: int, plan: int) -> QuerySet[ReportingPeriod]:
            wanted = Q(pk=pk) | Q(plan=plan, closed_at=None) if may_complete else Q(pk=pk)
            return ReportingPeriod.objects.select_for_update().filter(wanted).order_by("pk")

        periods = prepared.rows(("locked periods", may_complete), locked, progress.period_id, progress.period.plan_id)
        whole = Progress.objects.select_related("assignment__measure__plan", "assignment__department")
        current = prepared.row("locked report", lambda pk: whole.filter(pk=pk), progress.pk)
        if current is None:
            raise Refused("这一项刚刚办结，本期不用再报。")
        current.period = next(period for period in periods if period.pk == progress.period_id)
        yield current


def _check_editable(progress: Progress, by: User, at: dt.datetime) -> None:
    check(STEPS["save_returned" if progress.status == S.RETURNED else "save_progress"], progress, by, at)


def _same_version(current: Progress, version: int) -> None:
    if current.version != version:
        raise Conflict(current, _already_sent(current))


def _already_sent(current: Progress) -> str:
    """别人先改了怎么说：已经报上去的，一次说清不能再报、怎么办；别的照常说（为空）。"""
    if current.status not in (S.SUBMITTED, S.APPROVED):
        return ""
    what = "要改请先撤回那一份" if current.status == S.SUBMITTED else "要改请提更正"
    said = f"{current.submitted_by}刚才已把这一项报送，目前是“{current.get_status_display()}”，不能再报。"
    return f"{said}{what}；您写的内容还在下面，没有丢。"


def _differs(
    progress: Progress,
    content: Mapping[str, Any],
    values: Mapping[Target, Decimal | None] | None,
    ticks: Iterable[Milestone] | None,
) -> bool:
    """所写的与存着的不同。"""
    if any(getattr(progress, name) != content[name] for name in Progress.CONTENT if name in content):
        return True
    known = dict(progress.values.values_list("target", "value"))
    if values is not None and any(known.get(target.pk) != value for target, value in values.items()):
        return True
    if ticks is None:
        return False
    return {milestone.pk for milestone in ticks} != set(progress.ticks.values_list("milestone", flat=True))


def _write(
    progress: Progress,
    content: Mapping[str, Any],
    values: Mapping[Target, Decimal | None] | None,
    ticks: Iterable[Milestone] | None,
    by: User,
    at: dt.datetime,
) -> None:
    for name in Progress.CONTENT:
        if name in content:
            setattr(progress, name, content[name])
    progress.is_no_change = False
    progress.version += 1
    progress.written_by, progress.written_at = by, at
    milestone_steps.write_ticks(progress, ticks)
    if values is None:
        return
    # 只动表单里有的目标：页面上没有列出的，所填的值不得因此丢了。
    progress.values.filter(target__in=[t for t, v in values.items() if v is None]).delete()
    for target, value in values.items():
        if value is not None:
            TargetValue.objects.update_or_create(progress=progress, target=target, defaults={"value": value})


def _decide(progress: Progress, status: str, by: User, at: dt.datetime) -> None:
    progress.status = status
    progress.reviewed_by, progress.reviewed_at = by, at
    progress.is_self_review = permissions.is_self_review(by, progress.assignment)
    progress.version += 1
