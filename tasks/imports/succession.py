"""年中换人、部室调整：从哪天起，一个部室（一位领导）牵头的改由另一个牵头。作为新的一版生效，以前各期照旧。

换、并、拆、撤都是这一件事：没有办结的逐项改由接替的部室牵头（拆分的各项可以给不同的部室），没有办完的问题、批示、协调一并交过去；
办结了的仍记在原部室名下。报送中的各期，接替的部室从现在起应报；原部室报过的、关闭了的各期不动。
"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from departments.models import Department, Leader, User
from yingshang import dates

from .. import workflow
from ..models import (
    Assignment,
    CompletionRequest,
    Cooperation,
    CoordinationRequest,
    Extension,
    Instruction,
    Measure,
    Milestone,
    Plan,
    PlanRevision,
    Problem,
    Succession,
)
from ..models.assignment import AssignmentQuerySet
from ..models.cooperation import CooperationQuerySet
from ..models.coordination import CoordinationQuerySet
from ..models.instruction import InstructionQuerySet
from ..models.measure import MeasureQuerySet
from ..models.problem import ProblemQuerySet
from ..rules import permissions
from . import applying
from .inforce import live_rows
from .rows import MeasureRow


@dataclass(frozen=True)
class Holding:
    """一个部室手上没有办完的（查询集）：要交给接替的部室。"""

    parts: AssignmentQuerySet
    problems: ProblemQuerySet
    instructions: InstructionQuerySet
    coordination: CoordinationQuerySet
    cooperation: CooperationQuerySet
    summaries: MeasureQuerySet


def held_by(old: Department) -> Holding:
    """在办与收尾的各份方案里，这个部室没有办完的。"""
    plans = Plan.objects.running()
    parts = Assignment.objects.in_force().not_completed().filter(department=old, measure__plan__in=plans)
    asked = CoordinationRequest.objects.unanswered().filter(to_department=old)
    return Holding(
        parts=parts.select_related("measure__plan", "department").order_by("measure__plan", "measure__position"),
        problems=Problem.objects.unsettled().filter(department=old, plan__in=plans),
        instructions=Instruction.objects.awaiting(old).filter(plan__in=plans),
        coordination=asked.filter(progress__assignment__measure__plan__in=plans),
        cooperation=Cooperation.objects.expected_of(old).filter(measure__plan__in=plans),
        summaries=Measure.objects.in_force().filter(summary_department=old, plan__in=plans),
    )


def led_by(old: Leader) -> MeasureQuerySet:
    """在办与收尾的各份方案里，这位领导牵头的各项。"""
    found = Measure.objects.in_force().led_by(old).filter(plan__in=Plan.objects.running())
    return found.select_related("plan").order_by("plan", "position")


def helped_by(old: Department) -> list[Measure]:
    """在办与收尾的各份方案里，列它为配合单位、还没有办结的各项。"""
    undone = Assignment.objects.in_force().not_completed().filter(measure__plan__in=Plan.objects.running())
    found = Measure.objects.in_force().filter(pk__in=undone.values("measure"), cooperating__contains=old.name)
    rows = found.select_related("plan").order_by("plan", "position")
    return [measure for measure in rows if old.name in measure.cooperating.split("、")]


def replace_leader(
    old: Leader, new: Leader, *, by: User, at: dt.datetime, on: dt.date, reason: str, is_gone: bool = True
) -> list[PlanRevision]:
    """从 `on` 起，`old` 牵头的各项改由 `new` 牵头；`is_gone` 的不再在任。抛 PermissionDenied、Refused。"""
    _check(old, new, by, at, on, reason)
    made = []
    with transaction.atomic():
        led = {measure.pk: measure.plan_id for measure in led_by(old)}
        for plan in _locked(led.values()):
            rows = {live.id: _led(live.row, old.called, new.called) for live in live_rows(plan) if live.id in led}
            made.append(_reissue(plan, rows, f"{_since(on)}{old}换为{new}：{reason.strip()}", by, at))
        if is_gone:
            old.is_active = False
            old.save()
        _record(f"{old}换为{new}", old.pk, new.pk, by, at, on, reason)
    return made


def replace_department(
    old: Department,
    new: Department,
    *,
    by: User,
    at: dt.datetime,
    on: dt.date,
    reason: str,
    parts: Mapping[int, Department] | None = None,
    with_accounts: bool = False,
    is_gone: bool = True,
) -> list[PlanRevision]:
    """从 `on` 起，`old` 没有办结的改由 `new` 牵头；`parts` 写明个别项次（编号）另给哪个部室（拆分）。

    `with_accounts`：它的账户一并转到 `new`；`is_gone`：它不再是在用的部室。抛 PermissionDenied、Refused。
    """
    _check(old, new, by, at, on, reason)
    made = []
    with transaction.atomic():
        held = held_by(old)
        if said := what_waits(held):
            raise workflow.Refused(f"{old}还有{said}等办公室批。请先批完，再办接替。")
        changed = {*held.parts.values_list("measure__plan", flat=True), *(m.plan_id for m in helped_by(old))}
        plans = _locked([*changed, *held.cooperation.values_list("measure__plan", flat=True)])
        helped = {measure.pk for measure in helped_by(old)}
        moved = {part: (parts or {}).get(part.pk, new) for part in held_by(old).parts}
        for plan in (plan for plan in plans if plan.pk in changed):
            mine = {part: to for part, to in moved.items() if part.measure.plan_id == plan.pk}
            made.append(
                _hand_over(plan, (old, new), mine, helped, f"{_since(on)}{old}由{new}接替：{reason.strip()}", by, at)
            )
        _pass_on(held, old, new, {part.measure_id: to for part, to in moved.items()}, by, at)
        if with_accounts:
            for user in User.objects.filter(department=old):
                user.department = new
                user.save()
        if is_gone:
            old.is_active = False
            old.save()
        _record(f"{old}由{new}接替", old.pk, new.pk, by, at, on, reason)
    return made


def register_leader(
    old: Leader, new: Leader, *, by: User, at: dt.datetime, on: dt.date, reason: str, is_gone: bool, seen: dict
) -> list[PlanRevision] | Succession:
    """今天、以前的即时生效；以后的登记下来，到那天生效，`seen` 是登记时看到的。抛 PermissionDenied、Refused。"""
    said: dict[str, Any] = {"by": by, "at": at, "on": on, "reason": reason}
    if on <= timezone.localdate(at):
        return replace_leader(old, new, **said, is_gone=is_gone)
    _check(old, new, by, at, timezone.localdate(at), reason)
    return workflow.plan_succession(old, new, **said, is_gone=is_gone, seen=seen)


def register_department(
    old: Department,
    new: Department,
    *,
    by: User,
    at: dt.datetime,
    on: dt.date,
    reason: str,
    parts: Mapping[int, Department],
    with_accounts: bool,
    is_gone: bool,
    seen: dict,
) -> list[PlanRevision] | Succession:
    """今天、以前的即时生效；以后的登记下来，到那天生效，`seen` 是登记时看到的。抛 PermissionDenied、Refused。"""
    said: dict[str, Any] = {
        "by": by,
        "at": at,
        "on": on,
        "reason": reason,
        "with_accounts": with_accounts,
        "is_gone": is_gone,
    }
    if on <= timezone.localdate(at):
        return replace_department(old, new, **said, parts=parts)
    _check(old, new, by, at, timezone.localdate(at), reason)
    given = {str(part): room.pk for part, room in parts.items()}
    held = list(held_by(old).parts.values_list("pk", flat=True))
    return workflow.plan_succession(old, new, **said, parts=given, seen_parts=held, seen=seen)


def what_waits(held: Holding) -> str:
    """没有批的申请：批在原部室名下，换了以后就没有着落。没有的为空。"""
    counts = (
        (Extension.objects.waiting().filter(assignment__in=held.parts), "件延期"),
        (CompletionRequest.objects.waiting().filter(assignment__in=held.parts), "件办结申请"),
    )
    return "、".join(f" {n} {what}" for rows, what in counts if (n := rows.count()))


# ── 内部 ──────────────────────────────────────────────────


def _check(
    old: Department | Leader, new: Department | Leader, by: User, at: dt.datetime, on: dt.date, reason: str
) -> None:
    """管理员才可以；接替的不是自己、在用；哪天起写得对；理由写了。抛 PermissionDenied、Refused。"""
    if not permissions.can_import(by):
        raise PermissionDenied
    if old == new or not new.is_active:
        raise workflow.Refused(f"{new}不能接替：请另选一个在用（在任）的。")
    if on > timezone.localdate(at):
        raise workflow.Refused(f"{dates.full(on)}还没有到。先登记，到那天生效，以前的各期才不受影响。")
    if not reason.strip():
        raise workflow.Refused("请写明根据：哪份文件、什么决定。")
    workflow.succession.refuse_if_pending(old)


def _since(on: dt.date) -> str:
    return f"自{dates.full(on)}起，"


def _locked(pks: Iterable[int]) -> list[Plan]:
    """锁住要动的各份方案与它们的全部举措；按编号，不会互锁。"""
    found = list(Plan.objects.select_for_update(no_key=True).filter(pk__in=set(pks)).order_by("pk"))
    for plan in found:
        workflow.steps.lock_measures(plan)
    return found


def _led(row: MeasureRow, old: str, new: str) -> MeasureRow:
    return replace(row, leaders=tuple(dict.fromkeys(new if name == old else name for name in row.leaders)))


def _reissue(plan: Plan, rows: Mapping[int, MeasureRow], note: str, by: User, at: dt.datetime) -> PlanRevision:
    """改了的几项作为新的一版生效；别的项不动。"""
    kept = [(live.id, rows.get(live.id, live.row)) for live in live_rows(plan)]
    words = f"{len(rows)} 项改了牵头"
    return applying.reissue(plan, kept, note=note, label="牵头变动", words=words, by=by, at=at)


def _hand_over(
    plan: Plan,
    rooms: tuple[Department, Department],
    moved: Mapping[Assignment, Department],
    helped: Collection[int],
    note: str,
    by: User,
    at: dt.datetime,
) -> PlanRevision:
    """一份方案里各项改由谁牵头、谁配合；批准过的延期、没有完成的节点、指明由它报的目标跟着过去。"""
    (old, new), to = rooms, {part.measure_id: room for part, room in moved.items()}
    rows = {}
    for live in live_rows(plan):
        if live.id in to:
            rows[live.id] = replace(live.row, departments=_renamed(live.row.departments, old, to[live.id]))
        if live.id in helped:
            row = rows.get(live.id, live.row)
            names = _renamed(row.cooperating, old, new)
            rows[live.id] = replace(row, cooperating=tuple(name for name in names if name not in row.departments))
    made = _reissue(plan, rows, note, by, at)
    for part, room in moved.items():
        _follow(part, room, made, by, at)
    workflow.rejudge(*to)
    return made


def _renamed(names: Iterable[str], old: Department, new: Department) -> tuple[str, ...]:
    """名单里的原部室换成接替的，次序不变，不重复。"""
    return tuple(dict.fromkeys(new.name if name == old.name else name for name in names))


def _follow(part: Assignment, room: Department, made: PlanRevision, by: User, at: dt.datetime) -> None:
    """一项的延期、节点、目标跟着换。各部室共担的，版次不写部室，原部室的那一份在这里终止。"""
    if part.measure.all_departments:
        Assignment.objects.filter(pk=part.pk).update(ended_in=made)
        last = part.measure.assignments.aggregate(last=Max("order"))["last"]
        Assignment.objects.get_or_create(measure=part.measure, department=room, defaults={"order": (last or 0) + 1})
        applying.owe_new(part.measure.plan)
    heir = Assignment.objects.get(measure=part.measure_id, department=room)
    if part.extended_due_on and heir.extended_due_on is None:
        Assignment.objects.filter(pk=heir.pk).update(extended_due_on=part.extended_due_on)
    for row in list(Milestone.objects.undone().filter(assignment=part)):
        if heir.milestones.filter(removed_at=None, name=row.name).exists():
            continue
        Milestone.objects.create(
            assignment=heir,
            name=row.name,
            due_on=row.due_on,
            proposed_by=by,
            proposed_at=at,
            agreed_by=by,
            agreed_at=at,
        )
    part.measure.targets.filter(department=part.department_id).update(department=room)


def _pass_on(
    held: Holding, old: Department, new: Department, to: Mapping[int, Department], by: User, at: dt.datetime
) -> None:
    """没有办完的问题、批示、协调、汇总交过去：举措给了谁就给谁，别的给 `new`。"""
    note = f"{old}由{new}接替"
    for problem in list(held.problems.select_related("measure", "plan")):
        room = to.get(problem.measure_id or 0, new)
        Problem.objects.filter(pk=problem.pk).update(department=room)
        data = {"department": [old.name, room.name]}
        workflow.record(
            "problem_amend", "责任部室接替", by, at, problem=problem, plan=problem.plan, measure=problem.measure,
            department=room, note=f"责任部室：{old}→{room}", data=data,
        )  # fmt: skip
    for said in list(held.instructions.select_related("measure", "plan")):
        room = to.get(said.measure_id or 0, new)
        said.departments.remove(old)
        said.departments.add(room)
        if not Instruction.objects.get(pk=said.pk).unanswered:  # 接替的本来就在内，已经回复
            Instruction.objects.filter(pk=said.pk).update(answered_at=at)
        workflow.record(
            "instruction_move",
            "承办部室接替",
            by,
            at,
            instruction=said,
            plan=said.plan,
            measure=said.measure,
            note=note,
        )
    taken = CoordinationRequest.objects.filter(to_department=new).values("progress")
    for asked in list(held.coordination.exclude(progress__in=taken).select_related("progress")):
        CoordinationRequest.objects.filter(pk=asked.pk).update(to_department=new)
        workflow.record("coordination_move", "答复部室接替", by, at, progress=asked.progress, note=note)
    _pass_cooperation(held, new, note, by, at)
    for measure in list(held.summaries):
        Measure.objects.filter(pk=measure.pk).update(summary_department=to.get(measure.pk, new))


def _pass_cooperation(held: Holding, new: Department, note: str, by: User, at: dt.datetime) -> None:
    """请它报的配合情况改请 `new`：没有报的整份给它；报过的、过了期的仍是原部室的，下一期起由它报。

    `new` 自己牵头的、这一期已经请过的，不重复请：没有报的记为撤销。
    """
    for asked in list(held.cooperation.select_related("measure__plan", "period", "department")):
        same = Cooperation.objects.filter(measure=asked.measure_id, department=new)
        has = asked.measure.assignments.filter(ended_in=None, department=new).exists()
        found = Cooperation.objects.filter(pk=asked.pk)
        if asked.status != Cooperation.Status.WAITING:
            found.update(heir=new)
        elif has or same.filter(period=asked.period_id).exists():
            found.update(off_by=by, off_at=at, off_reason=note[:200])
            if asked.is_standing and not has:  # 每一期都要的，由它已有的那一份接着
                same.filter(period=asked.period_id).update(is_standing=True)
        else:
            found.update(department=new)
        data = {"cooperation": asked.pk}
        workflow.record(
            "cooperation_move", "配合部室接替", by, at, measure=asked.measure, period=asked.period, department=new,
            note=note, data=data,
        )  # fmt: skip


def _record(said: str, old: int, new: int, by: User, at: dt.datetime, on: dt.date, reason: str) -> None:
    note = f"{_since(on)}{said}：{reason.strip()}"
    data = {"from": old, "to": new, "on": on.isoformat()}
    workflow.record("admin_succeed", "牵头变动", by, at, note=note, data=data)
