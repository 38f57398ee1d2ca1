"""任务分解给谁看、怎么排：举措的节点页、举措页上的节点、节点一览、今天要办。"""

import datetime as dt
from dataclasses import dataclass

from django.core.paginator import Paginator
from django.db.models import Case, Prefetch, When
from django.http import QueryDict
from django.urls import reverse

from departments.models import User

from .. import workflow
from ..forms import MilestoneFilterForm, MilestoneForm, ReasonForm
from ..models import Assignment, Event, Measure, Milestone, MilestoneTick, Plan
from ..models.milestone import MilestoneQuerySet
from ..rules import permissions
from .assignment import leading
from .chores import Chore, Due, Row, names_of, told

PAGE_SIZE = 50
TAGS = {"待认可": "tag-b", "未完成": "", "逾期未完成": "tag-r", "已完成": "tag-g", "已取消": ""}
LIGHT_WORDS = "有节点的，灯看节点：到期没完成判红，临近判黄，不再比进度"
# 要写理由的几步：动作 → （按钮上的字, 网址的名字）。
ASKING = {
    "refuse_milestone": ("不认可", "milestone_refuse"),
    "remove_milestone": ("取消节点", "milestone_remove"),
    "untick_milestone": ("撤销认定", "milestone_untick"),
}


@dataclass(frozen=True)
class MilestoneRow:
    """一个节点：状态、这个人能做什么、要写理由的表单、取消的理由；`is_ticked` 为真是报了完成、等审核。"""

    milestone: Milestone
    status: str
    css: str
    actions: list[str]
    asks: list[tuple[str, str, ReasonForm]]
    reason: str = ""
    is_ticked: bool = False

    @property
    def is_late(self) -> bool:
        return self.css == TAGS["逾期未完成"]


def rows_of(
    milestones: MilestoneQuerySet, user: User, today: dt.date, *, bound: ReasonForm | None = None
) -> list[MilestoneRow]:
    """一组节点；`bound` 是没写理由被退回来的表单，放回原处。查询数与行数无关。"""
    people = ("proposed_by__department", "assignment__measure", "assignment__department")
    ticks = Prefetch("ticks", MilestoneTick.objects.select_related("progress"))
    found = list(milestones.select_related(*people).prefetch_related(ticks))
    reasons = _reasons([m.pk for m in found if m.removed_at])
    return [_row(m, user, today, bound, reasons.get(m.pk, "")) for m in found]


def _row(milestone: Milestone, user: User, today: dt.date, bound: ReasonForm | None, reason: str) -> MilestoneRow:
    actions = workflow.allowed_actions(user, milestone)
    asks = [
        (label, reverse(name, args=[milestone.pk]), _reason_form(milestone, verb, bound))
        for verb, (label, name) in ASKING.items()
        if verb in actions
    ]
    status = milestone.shown_status(today)
    sent = any(tick.progress.is_waiting for tick in milestone.ticks.all())
    return MilestoneRow(milestone, status, TAGS[status], actions, asks, reason, sent and milestone.is_tickable)


def _reason_form(milestone: Milestone, verb: str, bound: ReasonForm | None) -> ReasonForm:
    prefix = reason_prefix(milestone, verb)
    return bound if bound is not None and bound.prefix == prefix else ReasonForm(prefix=prefix)


def reason_prefix(milestone: Milestone, verb: str) -> str:
    """同页多张理由表单，各用各的前缀。"""
    return f"{verb.removesuffix('_milestone')}-{milestone.pk}"


def _reasons(removed: list[int]) -> dict:
    """取消了的节点 → 当时写的理由（记在操作记录里）。"""
    if not removed:
        return {}
    events = Event.objects.filter(action__startswith="milestone_", data__milestone__in=removed)
    return {e.data["milestone"]: e.data["reason"] for e in events.order_by("pk") if e.data["reason"]}


@dataclass(frozen=True)
class MilestoneGroup:
    """一个部室的节点。"""

    assignment: Assignment
    current: list[MilestoneRow]
    removed: list[MilestoneRow]


def page(
    measure: Measure, user: User, today: dt.date, *, form: MilestoneForm | None = None, bound: ReasonForm | None = None
) -> dict:
    """举措的节点页：按部室列，能提的人有一张表单。"""
    mine = Milestone.objects.visible_to(user).filter(assignment__measure=measure)
    rows = rows_of(mine, user, today, bound=bound)
    assignments = list(measure.assignments.filter(ended_in=None).select_related("department", "measure"))
    groups = []
    for assignment in assignments:
        own = [row for row in rows if row.milestone.assignment_id == assignment.pk]
        removed = [row for row in own if row.milestone.removed_at]
        groups.append(MilestoneGroup(assignment, [row for row in own if row not in removed], removed))
    return {
        "measure": measure,
        "today": today,
        "groups": groups,
        "form": form or (form_for(measure, user) if may_propose(measure, user) else None),
        "can_review": permissions.can_review(user),
        "light_words": LIGHT_WORDS if measure.kind == Measure.Kind.MILESTONE else "节点用来分解任务，不影响这一项的灯",
    }


def may_propose(measure: Measure, user: User) -> bool:
    """这个人能给这一项提节点（现行的举措，本部室牵头，或办公室）。"""
    is_over = measure.retired_in_id or measure.plan.archived_at
    return not is_over and any(permissions.can_propose_milestone(user, a) for a in leading(measure))


def form_for(measure: Measure, user: User, data: QueryDict | None = None) -> MilestoneForm:
    """提节点的表单：部室只能给自己提，办公室可以给任何一个牵头部室下达。"""
    assignments = measure.assignments.filter(ended_in=None).select_related("department", "measure")
    if permissions.can_fill_in(user):
        assignments = assignments.filter(department=user.serving_id)
    return MilestoneForm(data, assignments=assignments, ends_on=measure.plan.ends_on)


def on_measure(measure: Measure, user: User, today: dt.date) -> list[MilestoneRow]:
    """举措页上的节点：取消了的不列。"""
    mine = Milestone.objects.visible_to(user).filter(assignment__measure=measure, removed_at=None)
    return rows_of(mine, user, today)


def listing(plan: Plan | None, user: User, today: dt.date, filters: MilestoneFilterForm) -> dict:
    """节点一览：待认可的在前，其余按时限。取消了的不列。"""
    chosen = filters.chosen
    rows = Milestone.objects.visible_to(user).filter(assignment__measure__plan=plan, removed_at=None)
    rows = rows.filter(assignment__ended_in=None, assignment__measure__retired_in=None)
    states = {
        "proposed": rows.proposed(),
        "overdue": rows.undone().filter(due_on__lt=today),
        "agreed": rows.undone(),
        "done": rows.filter(done_at__isnull=False),
    }
    rows = states.get(chosen.get("state", ""), rows)
    if dept := chosen.get("dept"):
        rows = rows.filter(assignment__department=dept)
    rank = Case(When(agreed_at=None, then=0), When(done_at=None, then=1), default=2)
    page = Paginator(rows.alias(rank=rank).order_by("rank", "due_on", "pk"), PAGE_SIZE).get_page(chosen.get("page", 1))
    shown = Milestone.objects.filter(pk__in=[m.pk for m in page.object_list])
    listed = rows_of(shown.alias(rank=rank).order_by("rank", "due_on", "pk"), user, today)
    words = f"{filters.words}，" if filters.words else ""
    return {
        "page_obj": page,
        "rows": listed,
        "query": filters.query_without("page"),
        "print_words": f"{words}共 {page.paginator.count} 个",
    }


def waiting() -> MilestoneQuerySet:
    """部室提了、等办公室认可的。"""
    rows = Milestone.objects.of_current_plan().proposed()
    return rows.filter(assignment__in=Assignment.objects.in_force())


def chores() -> list[Chore]:
    """办公室今天要办：待认可的节点。"""
    return told(due())


def due() -> list[Due]:
    """`chores` 的一类。"""
    return [Due(waiting(), ("due_on", "pk"), ["assignment__department__name"], _waiting)]


def _waiting(rows: list[Row]) -> Chore:
    return Chore(f"{len(rows)} 个节点待认可", names_of(rows), f"{reverse('milestone_list')}?state=proposed", "去认可")
