"""流程的骨架：一步是什么、怎么核对、怎么记。各名词的表与动词在同名模块里。"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar, cast

from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.utils import timezone

from departments.models import Department, User
from departments.requests import Anyone
from yingshang import dates, prepared
from yingshang.refusals import Refused, TooLate

from ..models import (
    Assignment,
    Attachment,
    Circular,
    Event,
    Instruction,
    Measure,
    Plan,
    PlanRevision,
    Problem,
    Progress,
    ReportingPeriod,
)
from ..rules import permissions
from ..rules.evidence import Checked


class Moving(Protocol):
    """有状态的一行：流程表走的就是它。状态有的是列、有的是算出来的，mypy 比不了列，所以只写 Any。"""

    @property
    def status(self) -> Any: ...
    def get_status_display(self) -> str: ...


T = TypeVar("T", bound=Moving)


def nothing(item: object, at: dt.datetime) -> list[str]:
    """—"""
    return []


@dataclass(frozen=True)
class Step(Generic[T]):
    """流程表的一行。`may`、`blocks` 的说明（docstring 首行）就是印在流程图里的“谁”与“什么拦着”。"""

    label: str
    sources: tuple[str, ...]
    target: str
    may: Callable[[Anyone, T], bool]
    blocks: Callable[[T, dt.datetime], list[str]] = field(default=nothing)
    note: str = ""

    @property
    def who(self) -> str:
        """谁可以做，一句短话。"""
        return said(self.may)

    @property
    def blocked_by(self) -> str:
        """什么情况下做不了，一句短话。"""
        return said(self.blocks)


def said(rule: Callable[..., object]) -> str:
    """一条规则用话说：它的说明的首行，不带句号。"""
    return (rule.__doc__ or "").strip().split("\n")[0].rstrip("。")


def said_as(label: str) -> str:
    """放在“不能”后面的动作名：“不批准延期”一类加引号，免得两个“不”连着。"""
    return f"“{label}”" if label.startswith("不") else label


def office(user: Anyone, item: object) -> bool:
    """办公室"""
    return permissions.can_review(user)


def in_force(measure: Measure, doing: str) -> None:
    """举措还在现行方案里才可以接着做（流程表之外的设定、登记，都先过这一关）。抛 Refused。"""
    if measure.retired_in_id:
        raise Refused(f"第{measure.number}项已退出现行方案，不能再{doing}。")


def check_move(step: Step[T], item: T, by: User) -> Step:
    """这个人可以吗（否则 403）；从现在的状态走得到吗（否则 Refused）。"""
    if not step.may(by, item):
        raise PermissionDenied
    if item.status not in step.sources or getattr(item, "superseded_at", None):
        raise Refused(f"现在不能{said_as(step.label)}：这一条目前是“{item.get_status_display()}”。")
    return step


def check(step: Step[T], item: T, by: User, at: dt.datetime) -> Step:
    """可以吗、走得到吗、有没有拦着的：都过了才返回这一步。抛 PermissionDenied、Refused。"""
    check_move(step, item, by)
    reasons = step.blocks(item, at)
    if reasons:
        raise Refused(f"现在不能{said_as(step.label)}：" + "".join(reasons))
    return step


def check_deadline(day: dt.date, plan: Plan, at: dt.datetime, *, what: str, even_late: bool) -> None:
    """办公室、部室定的时限：不能早于方案印发；已经过去的多半是写错了年份，要说明“仍要”才收（一收，灯就可能变红）。抛 Refused、TooLate。"""
    today = timezone.localdate(at)
    check_not_before_plan(day, plan, what=what)
    if day < today and not even_late:
        raise TooLate(
            f"{what} {dates.full(day)} 已过去 {(today - day).days} 天，一定下来就是逾期，灯可能变红。"
            "请核对年月日；确实要这样定的，勾选表单里的“时限已过，仍要这样定”再提交。"
        )


def check_not_before_plan(day: dt.date, plan: Plan, *, what: str) -> None:
    """日期不能早于方案印发日。抛 Refused。"""
    begins = plan.begins_on
    if day < begins:
        raise Refused(f"{what}不能早于方案印发的 {dates.full(begins)}，请核对年份。")


def written(text: str, otherwise: str) -> str:
    """写了的话，去掉两头的空白。没有写的抛 Refused，说 `otherwise`。"""
    if not (text := text.strip()):
        raise Refused(otherwise)
    return text


# 归档以后还可以做的：撤销归档；办结的接着跟踪问效。动词 → 记下的动作。
AFTER_ARCHIVING = {"unarchive_plan": "plan_unarchive", "note_effect": "effect_note"}


def check_not_archived(plan: Plan | None) -> None:
    """归档的方案只看不改。记操作记录时总要过这一关，所以没有哪个动词绕得过去。抛 Refused。

    `plan` 是锁住以后重读的（归档锁着方案与全部举措），所以不用再查一次。
    """
    if plan and plan.archived_at:
        raise Refused(f"《{plan.title}》已归档，只看不改。确实要改的，请办公室先到方案页撤销归档。")


def record(
    action: str,
    label: str,
    by: User | None,
    at: dt.datetime,
    *,
    progress: Progress | None = None,
    measure: Measure | None = None,
    period: ReportingPeriod | None = None,
    plan: Plan | None = None,
    revision: PlanRevision | None = None,
    department: Department | None = None,
    assignment: Assignment | None = None,
    problem: Problem | None = None,
    instruction: Instruction | None = None,
    circular: Circular | None = None,
    note: str = "",
    data: Mapping[str, Any] | None = None,
    is_public: bool = False,
    is_self_review: bool = False,
) -> Event:
    """记一条操作记录，与状态的改变同在一个事务里。抛 Refused（方案已归档，做了的随事务退回）。"""
    assignment = assignment or (progress.assignment if progress else None)
    measure = measure or (assignment.measure if assignment else None)
    period = period or (progress.period if progress else None)
    plan = plan or (measure.plan if measure else period.plan if period else None)
    if action not in AFTER_ARCHIVING.values():
        check_not_archived(plan)
    return Event.objects.create(
        action=action,
        label=label,
        by=by,
        acting=by.acting if by else None,
        at=at,
        note=note,
        data=data or {},
        is_public=is_public,
        is_self_review=is_self_review
        or bool(progress and progress.is_self_review and action in ("progress_approve", "progress_return")),
        department=department or (assignment.department if assignment else None),
        plan=plan,
        revision=revision,
        measure=measure,
        assignment=assignment,
        period=period,
        progress=progress,
        problem=problem,
        instruction=instruction,
        circular=circular,
    )


def lock_plan(pk: int) -> Plan:
    """锁住方案行（FOR NO KEY UPDATE：不挡别人往这份方案名下记别的）。总是第一把锁。"""
    locked = lambda pk: Plan.objects.select_for_update(no_key=True).filter(pk=pk)  # noqa: E731
    return cast(Plan, prepared.row("locked plan", locked, pk))


def lock_measure(pk: int) -> None:
    """锁住一项举措：改它名下的什么，都先过这一关。"""
    locked = lambda pk: Measure.objects.select_for_update().filter(pk=pk).order_by().values_list("pk")  # noqa: E731
    prepared.row("locked measure", locked, pk)


def lock_measures(plan: Plan) -> None:
    """锁住方案的全部举措，按编号：要重判整个方案的，先等正在动某一项的做完。在方案之后、报送期之前锁。"""
    list(Measure.objects.select_for_update().filter(plan=plan).order_by("pk").values_list("pk", flat=True))


def keep_file(upload: Checked, by: User, at: dt.datetime, **parent: Model) -> Attachment:
    """存一份佐证材料。`upload` 是 evidence.Checked（已核对类型与大小），`parent` 说属于哪条报送、整改记录或办结申请。"""
    return Attachment.objects.create(
        file=upload.file,
        name=upload.name,
        content_type=upload.content_type,
        size=upload.size,
        sha256=upload.sha256,
        uploaded_by=by,
        uploaded_at=at,
        **parent,
    )
