"""批示：领导批（或办公室代录），承办部室各回复一次（以后可以补充），全部回复之前一直显示。发错了另批一条，不撤回。"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from departments.models import Department, Leader, User
from departments.requests import Anyone
from yingshang.refusals import Refused

from ..models import Instruction, InstructionReply, Measure
from ..rules import permissions
from .steps import Step, check, record

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


STEPS: dict[str, Step[Instruction]] = {
    "revise_instruction": Step("修改批示", (I.WAITING,), I.WAITING, _author, _has_replies),
    "reply_instruction": Step(
        "回复批示", (I.WAITING,), I.ANSWERED, _addressee, note="各承办部室各回复一次，最后一个部室回复后才是已回复"
    ),
    "supplement_instruction": Step("补充办理情况", (I.ANSWERED,), I.ANSWERED, _replied),
    "supplement_waiting": Step("补充办理情况", (I.WAITING,), I.WAITING, _replied, note="还有部室没回复"),
}


def issue_instruction(
    measure: Measure, *, by: User, at: dt.datetime, text: str, is_urgent: bool = False, leader: Leader | None = None
) -> Instruction:
    """批示一项举措，交现在牵头的部室办。办公室代录时须写明是哪位领导。抛 PermissionDenied、Refused。"""
    leader = _signing(measure, by, leader)
    text = _written(text, "请写批示内容。")
    with transaction.atomic():
        current = Measure.objects.select_for_update().get(pk=measure.pk)
        departments = [a.department for a in current.assignments.filter(ended_in=None).select_related("department")]
        if current.retired_in_id or not departments:
            raise Refused("这一项已不在现行方案里，没有部室承办，不能再批示。")
        if current.instructions.waiting().filter(leader=leader, text=text).exists():
            raise Refused("同样的批示刚才已经发出，部室还没有回复，不用再发一次。")
        made = Instruction.objects.create(measure=current, leader=leader, text=text, is_urgent=is_urgent, by=by, at=at)
        made.departments.set(departments)
        _record(
            "instruction_issue",
            f"{leader}批示",
            made,
            by,
            at,
            note=text,
            data={"urgent": is_urgent},
        )
        return made


def revise_instruction(
    instruction: Instruction, *, by: User, at: dt.datetime, text: str, is_urgent: bool
) -> Instruction:
    """改批示：还没有部室回复时，录入的人可以改；改前的文字留在记录里。抛 PermissionDenied、Refused。"""
    text = _written(text, "请写批示内容。")
    with _locked(instruction) as current:
        check(STEPS["revise_instruction"], current, by, at)
        data = {"from": current.text, "urgent": is_urgent}
        current.text, current.is_urgent = text, is_urgent
        current.save()
        _record("instruction_revise", "修改批示", current, by, at, note=text, data=data)
        return current


def reply_instruction(instruction: Instruction, *, by: User, at: dt.datetime, text: str) -> InstructionReply:
    """回复批示：一个部室回复一次；最后一个部室回复时，这条批示即为已回复。抛 PermissionDenied、Refused。"""
    text = _written(text, "请写办理情况再回复。")
    with _locked(instruction) as current:
        if _replied(by, current):
            raise Refused("本部室已经回复过这条批示，不用再回复。后续情况请补充。")
        check(STEPS["reply_instruction"], current, by, at)
        department = _department(by)
        reply = InstructionReply.objects.create(instruction=current, department=department, text=text, by=by, at=at)
        if current.unanswered == [department]:
            current.answered_at = at
            current.save()
        _record("instruction_reply", "回复批示", current, by, at, department=by.department, note=text)
        return reply


def supplement_instruction(instruction: Instruction, *, by: User, at: dt.datetime, text: str) -> InstructionReply:
    """补充办理情况：回复过的部室可以接着写（写错了、约定的日子到了），原来的回复不动。抛 PermissionDenied、Refused。"""
    text = _written(text, "请写要补充的办理情况。")
    with _locked(instruction) as current:
        waiting = current.status == I.WAITING
        check(STEPS["supplement_waiting" if waiting else "supplement_instruction"], current, by, at)
        said = [reply.text for reply in current.replies.all() if reply.department_id == by.department_id]
        if text in said:
            raise Refused("同样的话已经写过，不用再记一次。")
        reply = InstructionReply.objects.create(
            instruction=current, department=_department(by), text=text, by=by, at=at, is_supplement=True
        )
        _record("instruction_supplement", "补充办理情况", current, by, at, department=by.department, note=text)
        return reply


def _signing(measure: Measure, by: User, leader: Leader | None) -> Leader:
    """这条批示署哪位领导的名：领导署自己的；办公室代录的署所选的，须是批得了这一项的。"""
    if not permissions.can_instruct(by, measure):
        raise PermissionDenied
    if permissions.can_lead(by) and by.leader:
        return by.leader
    if leader is None or not permissions.may_lead(leader, measure):
        raise Refused("代录批示须选批示的领导：这一项的牵头领导，或领导小组组长。")
    return leader


def _department(user: User) -> Department:
    """回复的人的部室；过了核对的填报人总有。"""
    if user.department is None:
        raise PermissionDenied
    return user.department


def _written(text: str, otherwise: str) -> str:
    text = text.strip()
    if not text:
        raise Refused(otherwise)
    return text


@contextmanager
def _locked(instruction: Instruction) -> Iterator[Instruction]:
    """锁住批示所属的举措行，再从库里重读这条批示。"""
    with transaction.atomic():
        Measure.objects.select_for_update().get(pk=instruction.measure_id)
        rows = Instruction.objects.select_related("measure__plan", "leader", "by")
        yield rows.prefetch_related("departments", "replies").get(pk=instruction.pk)


def _record(action: str, label: str, instruction: Instruction, by: User, at: dt.datetime, **extra: Any) -> None:
    record(action, label, by, at, measure=instruction.measure, instruction=instruction, **extra)
