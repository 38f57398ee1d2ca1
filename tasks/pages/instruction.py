"""批示给谁看、怎么排：部室首页、举措页、领导页、批示清单、今天要办。"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.http import QueryDict
from django.urls import reverse
from django.utils.datastructures import MultiValueDict

from departments import organisation
from departments.models import Department, Leader, User
from yingshang import clock, prepared
from yingshang.fetched import attach
from yingshang.prepared import Asked, padded

from .. import workflow
from ..forms import InstructionFilterForm, InstructionForm, InstructionGivenForm, InstructionSettleForm
from ..models import Attachment, Instruction, InstructionReply, Measure, Petition, Plan, Problem
from ..models.instruction import InstructionQuerySet
from ..models.plan import archived_at_hand, standpoint
from ..models.visibility import eyes, viewer
from ..rules import permissions
from . import event as event_pages
from .chores import Chore, Due, Row, names_of, told

PAGE_SIZE = 20
RECENT = 3
# 清单的筛选：哪种状态是哪些行。
STATES = {
    "waiting": Q(answered_at=None),
    "answered": Q(answered_at__isnull=False, settled_at=None),
    "settled": Q(settled_at__isnull=False),
}


@dataclass(frozen=True)
class Shown:
    """页面上的一条批示：回复、还差谁、这个人能做什么。"""

    instruction: Instruction
    replies: list
    unanswered: list
    can_reply: bool
    can_supplement: bool
    can_revise: bool
    can_settle: bool = False
    today: dt.date = dt.date.min
    scans: Sequence[Attachment] = ()

    @property
    def timing(self) -> str:
        """办理期限还有几天、逾期几天；没有期限、已经回复完的不写。"""
        due = self.instruction.due_on
        if due is None or self.instruction.answered_at:
            return ""
        left = (due - self.today).days
        return "今天到期" if left == 0 else f"还有 {left} 天" if left > 0 else f"已逾期 {-left} 天"

    @property
    def is_late(self) -> bool:
        return self.timing.startswith("已逾期")


def shown(instructions: Asked, user: User) -> list[Shown]:
    """一组批示连同回复，没有回复完的在前；查询数与条数无关。"""
    related = ("measure__plan", "problem", "leader", "by")
    rows = instructions.then("shown", lambda found: urgent_first(found).select_related(*related)).rows()
    pks = padded(row.pk for row in rows)
    attach(rows, "departments", prepared.rows("to rooms", _rooms, *pks), "instruction", of="department")
    attach(rows, "replies", prepared.rows("replies", _replies, *pks), "instruction")
    return [_shown(row, user) for row in rows]


def _rooms(*pks: int) -> QuerySet:
    links = Instruction.departments.through.objects.filter(instruction__in=pks).select_related("department")
    return links.order_by("department__order", "department_id")


def _replies(*pks: int) -> QuerySet[InstructionReply]:
    return InstructionReply.objects.filter(instruction__in=pks).select_related("department", "by")


def _shown(row: Instruction, user: User) -> Shown:
    replies, unanswered = list(row.replies.all()), row.unanswered
    is_over = archived_at_hand()
    can_answer = not is_over and permissions.can_answer(user, row)
    return Shown(
        row,
        replies,
        unanswered,
        can_reply=can_answer and user.serving_id in [d.pk for d in unanswered],
        can_supplement=can_answer and user.serving_id in [r.department_id for r in replies],
        can_revise=not is_over and not replies and permissions.can_revise(user, row),
        can_settle="settle_instruction" in workflow.allowed_actions(user, row),
        today=clock.today(),
    )


def _current() -> InstructionQuerySet:
    """现行方案上的批示。"""
    return Instruction.objects.of_current_plan()


def urgent_first(instructions: InstructionQuerySet) -> InstructionQuerySet:
    """没有回复完的在前，其中急办的在前，其余新的在前。"""
    rank = Case(When(answered_at__isnull=False, then=2), When(is_urgent=True, then=0), default=1)
    return instructions.alias(rank=rank).order_by("rank", "-at", "-pk")


def for_department(user: User) -> list[Shown]:
    """部室首页：等本部室回复的。回复过而等别的部室的，本部室没有事要办，在举措页看。"""
    asked = Asked(("awaiting", standpoint()), lambda room: awaiting(Department(pk=room)), (cast(int, user.serving_id),))
    return shown(asked, user)


def awaiting(department: Department) -> InstructionQuerySet:
    """等这个部室回复的。"""
    return _current().awaiting(department)


def on_measure(measure: Measure, user: User) -> list[Shown]:
    """举措页：还没有全部回复的全部，加最近回复完的几条（再早的在办理过程里）。"""

    def build(pk: int, room: int) -> InstructionQuerySet:
        return _standing(Instruction.objects.visible_to(viewer(user, room)).filter(measure=pk))

    return shown(Asked(("on measure", eyes(user)), build, (measure.pk, user.serving_id or 0)), user)


def _standing(mine: InstructionQuerySet) -> InstructionQuerySet:
    """没有回复完的全部，加最近回复完的几条。"""
    recent = mine.exclude(answered_at=None).order_by("-answered_at").values("pk")[:RECENT]
    return mine.filter(Q(answered_at=None) | Q(pk__in=recent))


def signed_by(leader: Leader) -> InstructionQuerySet:
    """一位领导看得到的批示：组长看全部，其余看自己的和自己牵头的举措上的。"""
    if leader.group_role == "head":
        return _current()
    led = Measure.objects.led_by(leader)
    return _current().filter(Q(leader=leader) | Q(measure__in=led))


def for_leader(user: User, *, is_whole: bool = False) -> list[Shown]:
    """领导页：没有回复完的全部，加最近回复完的几条。`is_whole` 为真时全区的。"""
    leader = cast(Leader, user.leader)

    def build(pk: int) -> InstructionQuerySet:
        return _standing(_current() if is_whole else signed_by(Leader(pk=pk, group_role=leader.group_role)))

    return shown(Asked(("signed", is_whole, leader.group_role, standpoint()), build, (leader.pk,)), user)


def listing(user: User, filters: InstructionFilterForm) -> dict:
    """批示清单的一页。办公室、管理员看全部，领导看自己的（组长看全部）。"""
    chosen = filters.chosen
    rows = signed_by(cast(Leader, user.leader)) if permissions.can_lead(user) else _current().visible_to(user)
    if state := chosen.get("state"):
        rows = rows.filter(STATES[state])
    if chosen.get("urgent"):
        rows = rows.filter(is_urgent=True)
    if lead := chosen.get("lead"):
        rows = rows.filter(leader=lead)
    if dept := chosen.get("dept"):
        rows = rows.filter(departments=dept)
    page = Paginator(urgent_first(rows), PAGE_SIZE).get_page(chosen.get("page", 1))
    listed = padded(row.pk for row in page.object_list)
    items = shown(Asked("these", lambda *pks: Instruction.objects.filter(pk__in=pks), listed), user)
    return {"page_obj": page, "items": items, "query": filters.query_without("page")}


def unanswered_urgent() -> InstructionQuerySet:
    """急办而没有回复完的。"""
    return _current().waiting().filter(is_urgent=True)


def chores() -> list[Chore]:
    """办公室今天要办：急办批示还没有回复完的。"""
    return told(due())


def due() -> list[Due]:
    """`chores` 的一类：一条批示、一个承办部室一行，已经回复的部室不写名字。"""
    replied = InstructionReply.objects.filter(instruction=OuterRef("pk"), department=OuterRef("departments"))
    owing = Case(When(Exists(replied), then=Value("")), default=F("departments__name"), output_field=CharField())
    order = ("-at", "-pk", "departments__order", "departments__pk")
    return [Due(unanswered_urgent().annotate(owing=owing), order, ["owing"], _urgent)]


def _urgent(rows: list[Row]) -> Chore:
    url = f"{reverse('instruction_list')}?state=waiting&urgent=on"
    count = len({pk for pk, *_ in rows})
    return Chore(f"{count} 条急办批示没有回复", f"等{names_of(rows)}回复", url, "去看", True)


def given(data: QueryDict) -> dict[str, Any]:
    """从哪里来写批示：一项举措，一件提请领导小组研究的问题（交它的责任部室），或一份领导小组定了的请示。"""
    chosen = InstructionGivenForm(data).chosen
    if "petition" in chosen:
        return _decided(chosen["petition"])
    if "problem" not in chosen:
        return chosen
    asked = Problem.objects.of_current_plan().filter(level=Problem.Level.GROUP, pk=chosen["problem"]).first()
    if asked is None:
        return {}
    on = {"measure": asked.measure.number} if asked.measure else {"matter": asked.title}
    return {"problem": asked, "departments": [asked.department_id], **on}


def _decided(circular: int) -> dict[str, Any]:
    """照请示的决定写批示：哪一项（没有的写请示的事由）、谁定的、哪一天、什么话、交谁办。"""
    asked = Petition.objects.of_current_plan().with_facts().filter(circular=circular).first()
    if asked is None or (said := asked.decision) is None:
        return {}
    measure = asked.measure if asked.measure and not asked.measure.retired_in_id else None
    on = {"measure": measure.number} if measure else {"matter": asked.circular.title}
    rooms = [asked.problem.department_id] if asked.problem else []
    return {"leader": said.leader_id, "said_on": said.decided_on, "text": said.text, "departments": rooms, **on}


def form_for(
    user: User,
    plan: Plan | None,
    data: QueryDict | None = None,
    files: MultiValueDict | None = None,
    *,
    initial: dict[str, Any] | None = None,
) -> InstructionForm:
    """写批示的表单：可选的举措是批得了的那些。`initial` 里有问题的，是领导小组对它的决定。"""
    if data and (phrase := data.get("phrase")):
        data = data.copy()  # 点了一句常用语的：自己写的接在后面，一个字也不丢
        data["text"] = "\n".join(filter(None, (phrase, data.get("text", "").strip())))
    initial = dict(initial or {})
    problem = initial.pop("problem", None)
    measures = Measure.objects.in_force().filter(plan=plan)
    if permissions.can_lead(user) and user.leader and user.leader.group_role != "head":
        measures = measures.led_by(user.leader)
    on_behalf = permissions.can_sign_for_leaders(user)
    return InstructionForm(data, files, measures=measures, on_behalf=on_behalf, problem=problem, initial=initial)


def give(form: InstructionForm, plan: Plan | None, *, by: User, at: dt.datetime) -> Instruction:
    """批示；勾了“存为常用语”的一并存下。存不下的，批示也不发：改了再按。"""
    with transaction.atomic():
        made = workflow.issue_instruction(by=by, at=at, plan=plan, **form.said)
        if form.keeps:
            workflow.keep_phrase(made.text, by=by, at=at)
    return made


@dataclass(frozen=True)
class InstructionDesk:
    """举措页上写批示的地方；办公室代录的要选领导，领导有自己的常用语。"""

    measure: Measure
    signers: list
    phrases: Sequence[str] = ()


def desk_on(measure: Measure, user: User, phrases: Sequence[str] = ()) -> InstructionDesk | None:
    """这个人能批示这一项时才有。"""
    if measure.retired_in_id or measure.plan.archived_at or not permissions.can_instruct(user, measure):
        return None
    if not permissions.can_sign_for_leaders(user):
        return InstructionDesk(measure, [], phrases)
    led = [link.leader for link in measure.leader_links.all()]
    signers = {leader.pk: leader for leader in (*_heads(), *led) if leader.is_active}
    return InstructionDesk(measure, sorted(signers.values(), key=lambda leader: (leader.order, leader.pk)))


def _heads() -> list[Leader]:
    """组长：同一个记号下取一次。"""
    return organisation.remembered("heads", lambda: list(Leader.objects.filter(group_role="head")))


# 下拉里最多列几项举措；再多的写序号。
MOST_OFFERED = 200


def offered_to(leader: Leader, plan: Plan | None, spare: int = 0) -> list[Measure]:
    """这位领导可以批示的举措：自己牵头的；组长是全部。多取 `spare` 项，去掉已有卡片的，还看得出下拉里列不列得完。"""
    measures = Measure.objects.none() if archived_at_hand() else Measure.objects.in_force().filter(plan=plan)
    measures = measures if leader.group_role == "head" else measures.led_by(leader)
    return list(measures.only("number", "title", "position")[: MOST_OFFERED + spare + 1])


def others_of(offered: Iterable[Measure], already: Iterable[Measure]) -> list[Measure]:
    """领导页上没有卡片、但也可以批示的举措。"""
    carded = {measure.pk for measure in already}
    return [measure for measure in offered if measure.pk not in carded]


def addressed(instruction: Instruction) -> str:
    """交给了哪些部室，用话说；全体部室都在内的写“各部室”。"""
    names = [department.name for department in instruction.departments.all()]
    of = instruction.measure
    return organisation.worded("各部室") if of and of.all_departments else "、".join(names)


def decisions_on(problem: Problem, user: User) -> list[Shown]:
    """领导小组对一件提请研究的问题的决定，新的在前。"""

    def build(pk: int, room: int) -> InstructionQuerySet:
        return Instruction.objects.visible_to(viewer(user, room)).filter(problem=pk)

    return shown(Asked(("decisions", eyes(user)), build, (problem.pk, user.serving_id or 0)), user)


def detail(instruction: Instruction, user: User, form: InstructionSettleForm | None = None) -> dict:
    """一条批示的一页：扫描件、回复、办理过程，此刻能做的事。"""
    [item] = shown(Asked("this", lambda pk: Instruction.objects.filter(pk=pk), (instruction.pk,)), user)
    item = replace(item, scans=list(instruction.scans.all()))
    return {"item": item, "form": form or InstructionSettleForm(), "timeline": event_pages.of_instruction(instruction)}


def shown_one(instruction: Instruction, user: User) -> Shown:
    """一条批示（已预取回复）。"""
    return _shown(instruction, user)
