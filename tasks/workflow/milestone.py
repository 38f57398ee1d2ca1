"""任务分解：部室或办公室提出节点，办公室认可；在报送里勾，审核通过才算完成；办公室可以撤销认定、取消。

行只添不改：撤销认定是取消旧行、另建一行未完成的，所以已关闭的各期判灯时看到的节点不会变。
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from departments.models import User
from departments.requests import Anyone
from yingshang import dates, prepared
from yingshang.refusals import Refused

from ..models import Assignment, Milestone, MilestoneTick, Progress
from ..rules import permissions
from .judgement import rejudge
from .steps import Step, check, check_deadline, lock_measure, office, record, written

M = Milestone.Status


def _proposer(user: Anyone, milestone: Milestone) -> bool:
    """本部室填报人"""
    return permissions.can_report(user, milestone.assignment)


def _not_ticked(milestone: Milestone, at: dt.datetime) -> list[str]:
    """没有通过的报送勾过它"""
    if milestone.ticks.filter(progress__status="approved").exists():
        return []
    return [f"还没有通过的报送勾过节点“{milestone.name}”。请部室在报送里勾上，审核通过后即认定完成。"]


def _not_open(assignment: Assignment) -> list[str]:
    if assignment.status == assignment.Status.OPEN:
        return []
    return [f"这一项{assignment.get_status_display()}，不用再加节点。"]


def _blocks_agreeing(milestone: Milestone, at: dt.datetime) -> list[str]:
    """这一项已办结或已终止"""
    return _not_open(milestone.assignment)


STEPS: dict[str, Step[Milestone]] = {
    "agree_milestone": Step("认可节点", (M.PROPOSED,), M.AGREED, office, _blocks_agreeing),
    "refuse_milestone": Step("不认可节点", (M.PROPOSED,), M.REMOVED, office, note="须写意见"),
    "withdraw_milestone": Step("撤回节点", (M.PROPOSED,), M.REMOVED, _proposer),
    "finish_milestone": Step("认定节点完成", (M.AGREED,), M.DONE, office, _not_ticked, note="随报送通过"),
    "remove_milestone": Step("取消节点", (M.AGREED,), M.REMOVED, office, note="须写理由"),
    "untick_milestone": Step("撤销认定", (M.DONE,), M.REMOVED, office, note="须写理由；另建一个未完成的同名节点"),
}


def propose_milestone(
    assignment: Assignment, *, by: User, at: dt.datetime, name: str, due_on: dt.date, even_late: bool = False
) -> Milestone:
    """提出节点。办公室提的即时生效；部室提的等办公室认可。时限已过的要说明“仍要”（`even_late`）。抛 PermissionDenied、Refused、TooLate。"""
    name = name.strip()
    if not name:
        raise Refused("请写节点的名称。")
    if not permissions.can_propose_milestone(by, assignment):
        raise PermissionDenied
    with transaction.atomic():
        lock_measure(assignment.measure_id)
        current = type(assignment).objects.in_force().filter(pk=assignment.pk).first()
        if current is None:
            raise Refused("这一项已不由这个部室牵头，不能再加节点。")
        if reasons := _not_open(current):
            raise Refused("".join(reasons))
        check_deadline(due_on, current.measure.plan, at, what="节点的时限", even_late=even_late)
        if current.milestones.filter(removed_at=None, name=name).exists():
            raise Refused(f"节点“{name}”已经有了。要改时限，请先取消原来的再提。")
        made = Milestone(assignment=current, name=name, due_on=due_on, proposed_by=by, proposed_at=at)
        is_ordered = permissions.can_review(by)
        if is_ordered:
            made.agreed_by, made.agreed_at = by, at
        made.save()
        if is_ordered:
            rejudge(current.measure_id)
        _record("milestone_propose", "下达节点" if is_ordered else "提出节点", made, by, at)
        return made


def agree_milestone(milestone: Milestone, *, by: User, at: dt.datetime) -> Milestone:
    """认可部室提出的节点，从此算数。抛 PermissionDenied、Refused。"""
    with _locked(milestone) as current:
        check(STEPS["agree_milestone"], current, by, at)
        current.agreed_by, current.agreed_at = by, at
        current.save()
        rejudge(current.assignment.measure_id)
        _record("milestone_agree", "认可节点", current, by, at)
        return current


def refuse_milestone(milestone: Milestone, *, by: User, at: dt.datetime, reason: str) -> Milestone:
    """不认可，必须写明意见，部室照着另提。抛 PermissionDenied、Refused。"""
    reason = written(reason, "不认可必须写明意见：请告诉部室怎样改。")
    return _remove("refuse_milestone", "不认可节点", milestone, by, at, reason)


def withdraw_milestone(milestone: Milestone, *, by: User, at: dt.datetime) -> Milestone:
    """部室撤回还没有认可的节点。抛 PermissionDenied、Refused。"""
    return _remove("withdraw_milestone", "撤回节点", milestone, by, at)


def remove_milestone(milestone: Milestone, *, by: User, at: dt.datetime, reason: str) -> Milestone:
    """取消没有完成的节点，必须写明理由。抛 PermissionDenied、Refused。"""
    reason = written(reason, "取消节点必须写明理由。")
    return _remove("remove_milestone", "取消节点", milestone, by, at, reason)


def untick_milestone(milestone: Milestone, *, by: User, at: dt.datetime, reason: str) -> Milestone:
    """撤销完成的认定，必须写明理由。旧行留着（已关闭的各期照旧），返回另建的未完成的一行。抛 PermissionDenied、Refused。"""
    reason = written(reason, "撤销认定必须写明理由。")
    with _locked(milestone) as current:
        renewed = _untick(current, by, at, reason)
        rejudge(current.assignment.measure_id)
        return renewed


def _untick(old: Milestone, by: User, at: dt.datetime, reason: str) -> Milestone:
    """取消完成了的一行，另建一行没有完成的。`old` 须锁着读的；重判由调用者做。"""
    _strike("untick_milestone", "撤销节点认定", old, by, at, reason)
    return Milestone.objects.create(
        assignment=old.assignment,
        name=old.name,
        due_on=old.due_on,
        agreed_by=by,
        agreed_at=at,
        proposed_by=old.proposed_by,
        proposed_at=old.proposed_at,
    )


def finish_milestone(milestone: Milestone, *, by: User, at: dt.datetime, progress: Progress) -> Milestone:
    """随报送通过认定完成：完成日取报送那天，认定时间取审核那一刻。抛 PermissionDenied、Refused。"""
    with _locked(milestone) as current:
        _finish(current, by, at, progress)
        rejudge(current.assignment.measure_id)
        return current


def _finish(current: Milestone, by: User, at: dt.datetime, progress: Progress) -> None:
    """`current` 须锁着读的；重判由调用者做。"""
    check(STEPS["finish_milestone"], current, by, at)
    current.done_on, current.done_at = timezone.localdate(progress.submitted_at), at
    current.save()
    _record("milestone_finish", "节点完成", current, by, at, progress=progress)


def write_ticks(progress: Progress, ticks: Iterable[Milestone] | None) -> None:
    """把报送里勾的节点换成这些；`ticks` 为 None 时不动。只认本项次认可了、还没有完成的。"""
    if ticks is None:
        return
    wanted = progress.assignment.milestones.undone().filter(pk__in=[m.pk for m in ticks])
    progress.ticks.exclude(milestone__in=wanted).delete()
    for milestone in wanted:
        MilestoneTick.objects.get_or_create(progress=progress, milestone=milestone)


def finish_ticked(progress: Progress, *, by: User, at: dt.datetime) -> None:
    """报送通过时，把它勾的节点逐个认定完成；其间已取消或已完成的不动。调用者已锁住举措行，办完了一并重判。抛 PermissionDenied、Refused。"""
    ticked = lambda pk: _whole(Milestone.objects.undone().filter(ticks__progress=pk))  # noqa: E731
    for milestone in prepared.rows("ticked", ticked, progress.pk):
        _finish(milestone, by, at, progress)


def undo_finished(progress: Progress, *, by: User, at: dt.datetime, reason: str) -> None:
    """撤销这条报送通过时认定完成的节点（随“撤销通过”，调用者已锁住举措行，办完了一并重判）；

    勾还在，换到另建的未完成的那一行上，再通过时照样认定。抛 PermissionDenied、Refused。
    """
    reason = written(reason, "撤销认定必须写明理由。")
    finished = Milestone.objects.filter(ticks__progress=progress, done_at=progress.reviewed_at, removed_at=None)
    for milestone in _whole(finished):
        renewed = _untick(milestone, by, at, reason)
        MilestoneTick.objects.filter(progress=progress, milestone=milestone).update(milestone=renewed)


def undone_names(assignment: Assignment, progress: Progress | None = None) -> list[str]:
    """还没有完成、这条报送也没有勾的节点。"""
    rows = assignment.milestones.undone()
    if progress:
        rows = rows.exclude(ticks__progress=progress)
    return [m.name for m in rows]


def _remove(verb: str, label: str, milestone: Milestone, by: User, at: dt.datetime, reason: str = "") -> Milestone:
    with _locked(milestone) as current:
        _strike(verb, label, current, by, at, reason)
        if current.agreed_at:
            rejudge(current.assignment.measure_id)
        return current


def _strike(verb: str, label: str, current: Milestone, by: User, at: dt.datetime, reason: str) -> None:
    check(STEPS[verb], current, by, at)
    current.removed_at = at
    current.save()
    _record(f"milestone_{verb.removesuffix('_milestone')}", label, current, by, at, reason=reason)


def _whole(rows: QuerySet[Milestone]) -> QuerySet[Milestone]:
    """连着项次、举措、方案、部室。"""
    return rows.select_related("assignment__measure__plan", "assignment__department")


@contextmanager
def _locked(milestone: Milestone) -> Iterator[Milestone]:
    """锁住节点所属的举措行，再从库里重读这个节点。"""
    with transaction.atomic():
        lock_measure(milestone.assignment.measure_id)
        yield _whole(Milestone.objects.all()).get(pk=milestone.pk)


def _record(
    action: str,
    label: str,
    milestone: Milestone,
    by: User,
    at: dt.datetime,
    *,
    reason: str = "",
    progress: Progress | None = None,
) -> None:
    note = f"{milestone.name}（{dates.full(milestone.due_on)}）" + (f"：{reason}" if reason else "")
    data = {"milestone": milestone.pk, "reason": reason}
    record(action, label, by, at, assignment=milestone.assignment, progress=progress, note=note, data=data)
