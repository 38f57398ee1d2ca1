"""项次办到哪一步：时限与延期、办结与跟踪问效。举措页、部室首页、今天要办都从这里取。"""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model, Prefetch, QuerySet
from django.forms import BaseForm
from django.http import QueryDict
from django.urls import reverse
from django.utils.datastructures import MultiValueDict

from departments.models import Department, User
from yingshang import prepared
from yingshang.fetched import attach
from yingshang.prepared import padded

from .. import workflow
from ..figures import owed as owed_figures
from ..figures.owed import OwedItem
from ..forms import (
    CompletionRequestForm,
    EffectForm,
    ExtensionForm,
    ReasonForm,
)
from ..models import Assignment, Attachment, Completion, CompletionRequest, EffectNote, Extension, Measure, Plan
from ..models.visibility import eyes, viewer
from ..rules import permissions
from .chores import Chore, Due, Row, told
from .completion import follow_ups


@dataclass
class AssignmentPart:
    """一个牵头部室的一份：时限、延期、办结、效果，和这个人此刻能做的。"""

    assignment: Assignment
    today: dt.date
    extensions: list[Extension]
    requests: list[CompletionRequest]
    actions: list[str]
    forms: dict[str, Any] = field(default_factory=dict)
    blockers: list[str] = field(default_factory=list)

    @property
    def department(self) -> Department:
        return self.assignment.department

    @property
    def original(self) -> dt.date | None:
        return self.assignment.measure.due_on

    @property
    def present(self) -> dt.date | None:
        return self.assignment.due_on

    @property
    def times(self) -> int:
        """批准延期的次数。"""
        return sum(e.is_approved for e in self.extensions)

    @property
    def days_left(self) -> int | None:
        return (self.present - self.today).days if self.present else None

    @property
    def is_pressing(self) -> bool:
        """临近或已过时限：申请延期的按钮要摆在眼前。"""
        return self.days_left is not None and self.days_left <= self.assignment.measure.plan.soon_days

    @property
    def timing(self) -> str:
        """还有 23 天；已过 2 天。"""
        left = self.days_left
        if not left:
            return "" if left is None else "就是今天"
        return f"还有 {left} 天" if left > 0 else f"已过 {-left} 天"

    @property
    def waiting_extension(self) -> Extension | None:
        return next((e for e in self.extensions if e.is_waiting), None)

    @property
    def can_request_extension(self) -> bool:
        """可以申请延期：没有在等批复的，也没有在等核实的。"""
        return "request_extension" in self.actions and not (self.waiting_extension or self.waiting_request)

    @property
    def last_refused(self) -> Extension | None:
        """最近一次申请没有批准（后来又批了的不算），部室要看得到意见。"""
        decided = [e for e in self.extensions if e.decided_at]
        return decided[0] if decided and decided[0].is_refused else None

    @property
    def waiting_request(self) -> CompletionRequest | None:
        return next((r for r in self.requests if r.is_waiting), None)

    @property
    def last_returned(self) -> CompletionRequest | None:
        """最近一次办结申请被退回的。"""
        decided = [r for r in self.requests if r.decided_at]
        return decided[0] if decided and decided[0].is_returned else None

    @property
    def completions(self) -> list:
        """办结与重新打开的经过，新的在前。"""
        return list(self.assignment.completions.all())

    @property
    def completion(self) -> Completion | None:
        """现在有效的办结。"""
        return next((c for c in self.completions if c.reopened_at is None), None)

    @property
    def effects(self) -> list:
        return list(self.completion.effects.all()) if self.completion else []

    @property
    def follow_up_on(self) -> dt.date | None:
        """下次回看的日期；记了新的、没有再约的为空。"""
        return self.effects[-1].follow_up_on if self.effects else None

    @property
    def is_follow_up_due(self) -> bool:
        return self.follow_up_on is not None and self.follow_up_on <= self.today


@dataclass
class Standing:
    """举措页上的“时限与延期”“办结与跟踪问效”。`own` 是填报人自己那一份。"""

    parts: list[AssignmentPart]
    own: AssignmentPart | None
    is_office: bool

    @property
    def extensions(self) -> list:
        """各部室看得到的延期申请，新的在前。"""
        return sorted(
            (e for part in self.parts for e in part.extensions), key=lambda e: (e.requested_at, e.pk), reverse=True
        )

    @property
    def extended(self) -> list[AssignmentPart]:
        """批准过延期的各份。"""
        return [part for part in self.parts if part.times]

    @property
    def completed(self) -> list[AssignmentPart]:
        """办结过的（含后来重新打开的）。"""
        return [part for part in self.parts if part.completions]

    @property
    def handled(self) -> list[AssignmentPart]:
        """办公室在这一页要经手的：待批、待核实、可以重新打开的。"""
        return [p for p in self.parts if p.waiting_extension or p.waiting_request or p.completion]


def on_measure(
    measure: Measure,
    user: User,
    today: dt.date,
    *,
    bound: dict[tuple[int, str], BaseForm] | None = None,
    lacks: Collection[type[Model]] = (),
) -> Standing:
    """一项举措各部室的时限、延期、办结。`bound` 是没写好的表单：{(项次编号, 名字): 表单}；`lacks` 是已经知道没有的几样。"""
    rows = leading(measure)
    _with_completions(rows, user, Completion in lacks)
    extensions, requests = (
        _grouped([] if model in lacks else _asked(model, rows, user), rows) for model in (Extension, CompletionRequest)
    )
    parts = []
    for row in rows:
        row.measure = measure
        parts.append(_part(row, user, today, extensions[row.pk], requests[row.pk], bound or {}))
    own = (
        next((p for p in parts if permissions.can_report(user, p.assignment)), None)
        if not measure.retired_in_id
        else None
    )
    if own and "request_completion" in own.actions:
        own.blockers = workflow.what_blocks_completion(own.assignment)
    return Standing(parts, own, permissions.can_review(user))


def leading(measure: Measure) -> list[Assignment]:
    """现在牵头的各份，连同部室；同一项举措只取一次。"""
    if "assignments" not in getattr(measure, "_prefetched_objects_cache", {}):
        build = lambda pk: Assignment.objects.filter(measure=pk).select_related("department").order_by("order", "pk")  # noqa: E731
        attach([measure], "assignments", prepared.rows("leading", build, measure.pk), "measure")
    return [row for row in measure.assignments.all() if row.ended_in_id is None]


def _with_completions(rows: list[Assignment], user: User, is_lacking: bool) -> None:
    """连同办结的经过与效果。"""
    effects = Prefetch("effects", EffectNote.objects.visible_to(user).select_related("by"))

    def build(*pks: int) -> QuerySet[Completion]:
        found = Completion.objects.filter(assignment__in=pks).select_related("granted_by", "reopened_by")
        return found.prefetch_related(effects)

    key = ("completions", eyes(user), user.serving_id)
    found = [] if is_lacking else prepared.rows(key, build, *padded(row.pk for row in rows))
    attach(rows, "completions", found, "assignment")


def _asked(model: type[Extension] | type[CompletionRequest], rows: list[Assignment], user: User) -> list[Any]:
    """看得到的延期申请、办结申请（连同材料），新的在前。"""
    files = [Prefetch("attachments", Attachment.objects.filter(removed_at=None))]
    along = files if model is CompletionRequest else []

    def build(room: int, *pks: int) -> QuerySet:
        found = model.objects.visible_to(viewer(user, room)).filter(assignment__in=pks)
        return found.select_related("requested_by", "decided_by").prefetch_related(*along)

    key = ("asked", model, eyes(user))
    return prepared.rows(key, build, user.serving_id or 0, *padded(row.pk for row in rows))


def _grouped(asked: Iterable[Any], assignments: Iterable[Assignment]) -> dict:
    """项次 → 它的申请，新的在前。"""
    found: dict[int, list] = {row.pk: [] for row in assignments}
    for row in asked:
        found[row.assignment_id].append(row)
    return found


def _part(
    assignment: Assignment,
    user: User,
    today: dt.date,
    extensions: list[Extension],
    requests: list[CompletionRequest],
    bound: dict[tuple[int, str], BaseForm],
) -> AssignmentPart:
    actions = workflow.allowed_actions(user, assignment)
    part = AssignmentPart(assignment, today, extensions, requests, actions)
    for item in (part.waiting_extension, part.waiting_request):
        if item:
            item.assignment = assignment
            part.actions = part.actions + workflow.allowed_actions(user, item)
    makers = {
        "extension": lambda: extension_form(assignment, today),
        "completion": lambda: completion_form(assignment),
        "effect": lambda: effect_form(assignment, today),
        "reopen": lambda: reopen_form(assignment),
    }
    part.forms = {name: bound.get((assignment.pk, name)) or make() for name, make in makers.items()}
    return part


def extension_form(assignment: Assignment, today: dt.date, data: QueryDict | None = None) -> ExtensionForm:
    """申请延期的表单。"""
    end = assignment.measure.plan.ends_on
    return ExtensionForm(data, prefix=f"x{assignment.pk}", due_on=assignment.due_on, today=today, ends_on=end)


def completion_form(
    assignment: Assignment, data: QueryDict | None = None, files: MultiValueDict | None = None
) -> CompletionRequestForm:
    """申请办结的表单。"""
    return CompletionRequestForm(data, files, prefix=f"c{assignment.pk}")


def effect_form(assignment: Assignment, today: dt.date, data: QueryDict | None = None) -> EffectForm:
    """跟踪问效的表单。"""
    return EffectForm(data, prefix=f"e{assignment.pk}", today=today)


def reopen_form(assignment: Assignment, data: QueryDict | None = None) -> ReasonForm:
    """重新打开的表单。"""
    return ReasonForm(data, prefix=f"o{assignment.pk}")


# ── 部室 ──────────────────────────────────────────────────


def pressing(owed: list[OwedItem]) -> list[tuple[OwedItem, bool]]:
    """部室首页“临近时限”：欠着的各件里，时限在眼前或已过、还没有办结的，旁边就是“申请延期”；申请了的，在等批复。"""
    return [(item, item.waits_for_office) for item in owed if item.kind == owed_figures.DUE]


def waiting() -> tuple:
    """等办公室办的：待批的延期、待核实的办结（导航徽标用）。"""
    return Extension.objects.of_current_plan().waiting(), CompletionRequest.objects.of_current_plan().waiting()


def chores(plan: Plan, today: dt.date) -> list[Chore]:
    """办公室今天要办：延期待批、办结待核实、回看到期。"""
    return told(due(plan, today))


def due(plan: Plan, today: dt.date) -> list[Due]:
    """`chores` 的各类。"""
    follow = f"{reverse('completion_list')}#follow"
    extensions, requests = Extension.objects.of_plan(plan).waiting(), CompletionRequest.objects.of_plan(plan).waiting()
    return [
        _due(extensions, ("-requested_at", "-pk"), "件延期待批", reverse("extension_list"), "去批复", True),
        _due(requests, ("-requested_at", "-pk"), "件办结待核实", reverse("completion_list"), "去核实", True),
        _due(follow_ups(today), ("at", "pk"), "项回看到期", follow, "去看", path="completion__assignment__"),
    ]


def _due(
    rows: QuerySet,
    order: tuple[str, ...],
    title: str,
    url: str,
    action: str,
    is_primary: bool = False,
    path: str = "assignment__",
) -> Due:
    names = (f"{path}measure__number", f"{path}department__name")
    return Due(
        rows, order, names, lambda found: Chore(f"{len(found)} {title}", _listed(found), url, action, is_primary)
    )


def _listed(rows: list[Row]) -> str:
    shown = "、".join(f"第{number}项（{department}）" for _, number, department in rows[:4])
    return f"{shown} 等" if len(rows) > 4 else shown
