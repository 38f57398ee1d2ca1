"""办结待核实、到期回看。"""

import datetime as dt

from django.db.models import Count, Q

from departments.models import Department, User
from yingshang import prepared
from yingshang.paging import side_by_side

from .. import workflow
from ..figures.earlier import carry_on
from ..figures.ledger import Ledger, current_period
from ..models import Assignment, Completion, CompletionRequest, EffectNote, Plan, Target
from ..models.completion import EffectNoteQuerySet
from ..models.plan import standpoint
from ..rules import permissions

RECENT = 20  # 最近办过的列几件
PAGE_SIZE = 50


def follow_ups(today: dt.date, department: Department | None = None) -> EffectNoteQuerySet:
    """到了回看日期的效果记录。"""
    rows = (
        EffectNote.objects.of_current_plan()
        .due(today)
        .select_related("completion__assignment__measure", "completion__assignment__department")
    )
    return rows.filter(completion__assignment__department=department) if department else rows


def to_follow_up(department: Department, today: dt.date) -> list[EffectNote]:
    """这个部室到了回看日期的。"""
    build = lambda room: follow_ups(today, Department(pk=room))  # noqa: E731
    return prepared.rows(("follow ups", standpoint(), today), build, department.pk)


def completion_page(plan: Plan | None, user: User, today: dt.date, number: int = 1) -> dict:
    """办结：待核实、到期回看、已办结的；一页列不完的一起翻。"""
    requests = CompletionRequest.objects.of_plan(plan).visible_to(user)
    requests = requests.select_related("assignment__measure", "assignment__department", "requested_by", "decided_by")
    completed = (
        Completion.objects.in_force()
        .of_plan(plan)
        .filter(assignment__in=Assignment.objects.in_force())
        .select_related("assignment__measure", "assignment__department")
        .prefetch_related("effects")
        .order_by("assignment__measure__position", "assignment__order")
    )
    waiting = requests.waiting().annotate(files=_files()).order_by("requested_at", "pk")
    page_obj, (waiting, due, completed), counts = side_by_side(number, PAGE_SIZE, waiting, follow_ups(today), completed)
    return {
        "page_obj": page_obj,
        "waiting": waiting,
        "waiting_count": counts[0],
        "returned": requests.returned()[:RECENT],
        "follow_ups": due,
        "follow_up_count": counts[1],
        "completed": [(row, list(row.effects.all())[-1:]) for row in completed],
        "completed_count": counts[2],
        "today": today,
    }


def _files() -> Count:
    return Count("attachments", filter=Q(attachments__removed_at=None))


def completion_check(request: CompletionRequest, user: User, today: dt.date) -> dict:
    """核实一份办结申请要看的：所写、佐证、最近通过的报送与完成值、还差什么。"""
    assignment = request.assignment
    period = current_period(assignment.measure.plan, today)
    ledger = Ledger(assignment.measure.plan, period, today, these=[assignment.measure_id])
    part = next((p for line in ledger.lines for p in line.parts if p.assignment.pk == assignment.pk), None)
    facts = ledger.target_facts(part.assignment) if part else ()
    approved = list(assignment.progress.latest().approved().select_related("period").order_by("period__starts_on"))
    return {
        "request_": request,
        "assignment": assignment,
        "files": request.attachments.filter(removed_at=None),
        "part": part,
        "facts": [(fact, Target.Operator(fact.operator).label) for fact in facts],
        "last": carry_on(approved[-1], approved) if approved else None,
        "blockers": workflow.what_blocks_completion(assignment) if request.is_waiting else [],
        "actions": workflow.allowed_actions(user, request),
        "is_self_review": permissions.is_self_review(user, assignment),
    }
