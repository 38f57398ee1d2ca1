"""批示：领导批（或办公室代录），承办部室各回复一次（以后可以补充），全部回复之前一直显示，办完了了结。发错了另批一条，不撤回。

批在一项举措上，或批举措以外的一件事；领导小组对提请研究的问题的决定也这样记、这样跟。
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from departments.models import Department, Leader, User
from departments.requests import Anyone
from yingshang import dates
from yingshang.refusals import Refused

from ..models import Instruction, InstructionReply, Measure, Plan, Problem
from ..rules import permissions
from ..rules.evidence import Checked
from .steps import Step, check, keep_file, lock_measure, lock_plan, record, written

I = Instruction.Status  # noqa: E741


def _author(user: Anyone, instruction: Instruction) -> bool:
    """录入批示的人"""
    return permissions.can_revise(user, instruction)


def _addressee(user: Anyone, instruction: Instruction) -> bool:
    """承办部室填报人"""
    return permissions.can_answer(user, instruction)


def _replied(user: Anyone, instruction: Instruction) -> bool:
    """已回复的承办部室填报人"""
    return permissions.can_answer(user, instruction) and any(
        permissions.can_act_for(user, reply.department_id) for reply in instruction.replies.all()
    )


def _has_replies(instruction: Instruction, at: dt.datetime) -> list[str]:
    """已有部室回复"""
    if not instruction.replies.exists():
        return []
    return ["已有部室回复，不能再改。需要补充的，请另批一条。"]


def _settler(user: Anyone, instruction: Instruction) -> bool:
    """录入批示的人，或办公室"""
    return permissions.can_settle_instruction(user, instruction)


STEPS: dict[str, Step[Instruction]] = {
    "revise_instruction": Step("修改批示", (I.WAITING,), I.WAITING, _author, _has_replies),
    "reply_instruction": Step(
        "回复批示", (I.WAITING,), I.ANSWERED, _addressee, note="各承办部室各回复一次，最后一个部室回复后才是已回复"
    ),
    "supplement_instruction": Step("补充办理情况", (I.ANSWERED,), I.ANSWERED, _replied),
    "supplement_waiting": Step("补充办理情况", (I.WAITING,), I.WAITING, _replied, note="还有部室没回复"),
    "settle_instruction": Step("了结批示", (I.ANSWERED,), I.SETTLED, _settler, note="各承办部室都回复了，办理结果写明"),
}


def issue_instruction(
    measure: Measure | None,
    *,
    by: User,
    at: dt.datetime,
    text: str,
    is_urgent: bool = False,
    leader: Leader | None = None,
    departments: Iterable[Department] = (),
    said_on: dt.date | None = None,
    due_on: dt.date | None = None,
    evidence: Iterable[Checked] = (),
    **on: Any,
) -> Instruction:
    """批示一项举措，交现在牵头的部室办，另可加几个部室；或批举措以外的一件事（`on` 见 `Elsewhere`），交写明的部室办。

    办公室代录时须写明是哪位领导；`said_on` 不写的是今天批的。抛 PermissionDenied、Refused。
    """
    else_on = Elsewhere(**on)
    leader = _signing(measure, by, leader)
    text = written(text, "请写批示内容。")
    _check_dates(said_on, due_on, at)
    with transaction.atomic():
        plan, current = _where(measure, else_on)
        rooms = _rooms(current, departments)
        matter = "" if current else written(else_on.matter, "请选一项举措，或写明是什么事。")
        of = {"plan": plan, "measure": current, "matter": matter, "leader": leader, "text": text}
        if Instruction.objects.waiting().filter(**of).exists():
            raise Refused("同样的批示刚才已经发出，部室还没有回复，不用再发一次。")
        made = Instruction.objects.create(
            **of, is_urgent=is_urgent, by=by, at=at, said_on=said_on, due_on=due_on, problem=else_on.problem
        )
        made.departments.set(rooms)
        for upload in evidence:
            keep_file(upload, by, at, instruction=made)
        data = {"urgent": is_urgent}
        _record("instruction_issue", f"{leader}{made.kind}"[:40], made, by, at, note=text, data=data)
        return made


@dataclass(frozen=True)
class Elsewhere:
    """举措以外的：哪份方案之下、什么事；是对一件提请研究的问题的决定的，哪一件。"""

    plan: Plan | None = None
    matter: str = ""
    problem: Problem | None = None


def settle_instruction(instruction: Instruction, *, by: User, at: dt.datetime, note: str) -> Instruction:
    """了结：各承办部室都回复了，写明办理结果，从此不再跟。抛 PermissionDenied、Refused。"""
    note = written(note, "请写明办理结果。")
    with _locked(instruction) as current:
        check(STEPS["settle_instruction"], current, by, at)
        current.settled_by, current.settled_at, current.settle_note = by, at, note
        current.save()
        _record("instruction_settle", f"了结{current.kind}", current, by, at, note=note)
        return current


def revise_instruction(
    instruction: Instruction, *, by: User, at: dt.datetime, text: str, is_urgent: bool
) -> Instruction:
    """改批示：还没有部室回复时，录入的人可以改；改前的文字留在记录里。抛 PermissionDenied、Refused。"""
    text = written(text, "请写批示内容。")
    with _locked(instruction) as current:
        check(STEPS["revise_instruction"], current, by, at)
        data = {"from": current.text, "urgent": is_urgent}
        current.text, current.is_urgent = text, is_urgent
        current.save()
        _record("instruction_revise", "修改批示", current, by, at, note=text, data=data)
        return current


def reply_instruction(instruction: Instruction, *, by: User, at: dt.datetime, text: str) -> InstructionReply:
    """回复批示：一个部室回复一次；最后一个部室回复时，这条批示即为已回复。抛 PermissionDenied、Refused。"""
    text = written(text, "请写办理情况再回复。")
    with _locked(instruction) as current:
        if _replied(by, current):
            raise Refused("本部室已经回复过这条批示，不用再回复。后续情况请补充。")
        check(STEPS["reply_instruction"], current, by, at)
        department = _department(by)
        reply = InstructionReply.objects.create(instruction=current, department=department, text=text, by=by, at=at)
        if current.unanswered == [department]:
            current.answered_at = at
            current.save()
        _record("instruction_reply", "回复批示", current, by, at, department=by.serving, note=text)
        return reply


def supplement_instruction(instruction: Instruction, *, by: User, at: dt.datetime, text: str) -> InstructionReply:
    """补充办理情况：回复过的部室可以接着写（写错了、约定的日子到了），原来的回复不动。抛 PermissionDenied、Refused。"""
    text = written(text, "请写要补充的办理情况。")
    with _locked(instruction) as current:
        waiting = current.status == I.WAITING
        check(STEPS["supplement_waiting" if waiting else "supplement_instruction"], current, by, at)
        said = [reply.text for reply in current.replies.all() if reply.department_id == by.serving_id]
        if text in said:
            raise Refused("同样的话已经写过，不用再记一次。")
        reply = InstructionReply.objects.create(
            instruction=current, department=_department(by), text=text, by=by, at=at, is_supplement=True
        )
        _record("instruction_supplement", "补充办理情况", current, by, at, department=by.serving, note=text)
        return reply


def _signing(measure: Measure | None, by: User, leader: Leader | None) -> Leader:
    """这条批示署哪位领导的名：领导署自己的；办公室代录的署所选的，须是批得了这一项的。举措以外的事，哪位领导都可以批。"""
    if not (permissions.can_instruct(by, measure) if measure else permissions.can_write_instructions(by)):
        raise PermissionDenied
    if permissions.can_lead(by) and by.leader:
        return by.leader
    if leader is None or (measure and not permissions.may_lead(leader, measure)):
        who = "这一项的牵头领导，或领导小组组长" if measure else "哪一位领导批的"
        raise Refused(f"代录批示须选批示的领导：{who}。")
    return leader


def _where(measure: Measure | None, on: Elsewhere) -> tuple[Plan, Measure | None]:
    """批在哪里：锁住举措行；举措以外的锁住方案。抛 Refused。"""
    problem = on.problem and Problem.objects.select_related("plan").get(pk=on.problem.pk)
    if problem and (problem.level != Problem.Level.GROUP or problem.is_over):
        raise Refused("这个问题没有提请领导小组研究，或已经销号、撤账，不用再记领导小组的决定。")
    if measure:
        current = Measure.objects.select_for_update().get(pk=measure.pk)
        if current.retired_in_id or not current.assignments.filter(ended_in=None).exists():
            raise Refused("这一项已不在现行方案里，没有部室承办，不能再批示。")
        return current.plan, current
    plan = problem.plan if problem else on.plan
    if plan is None:
        raise Refused("还没有现行方案，请先请管理员导入方案。")
    return lock_plan(plan.pk), None


def _rooms(measure: Measure | None, more: Iterable[Department]) -> list[Department]:
    """交哪些部室办：牵头的，加上另外写明的。"""
    leading = measure.assignments.filter(ended_in=None).select_related("department") if measure else ()
    found = list(dict.fromkeys([*(a.department for a in leading), *more]))
    if not found:
        raise Refused("举措以外的事，请写明交哪些部室办。")
    return found


def _check_dates(said_on: dt.date | None, due_on: dt.date | None, at: dt.datetime) -> None:
    today = timezone.localdate(at)
    if said_on and said_on > today:
        raise Refused(f"批示日期 {dates.full(said_on)} 还没有到，请核对年月日。")
    if due_on and due_on < (said_on or today):
        raise Refused("办理期限不能早于批示日期，请核对年月日。")


def _department(user: User) -> Department:
    """回复的人的部室；过了核对的填报人总有。"""
    if user.serving is None:
        raise PermissionDenied
    return user.serving


@contextmanager
def _locked(instruction: Instruction) -> Iterator[Instruction]:
    """锁住批示所属的举措行（举措以外的锁住方案），再从库里重读这条批示。"""
    with transaction.atomic():
        if instruction.measure_id:
            lock_measure(instruction.measure_id)
        else:
            lock_plan(instruction.plan_id)
        rows = Instruction.objects.select_related("plan", "measure__plan", "problem", "leader", "by")
        yield rows.prefetch_related("departments", "replies").get(pk=instruction.pk)


def _record(action: str, label: str, instruction: Instruction, by: User, at: dt.datetime, **extra: Any) -> None:
    extra |= {"measure": instruction.measure, "plan": instruction.plan, "problem": instruction.problem}
    record(action, label, by, at, instruction=instruction, **extra)
