"""审核：待审核清单、一条报送的本期与上期、通过之后灯会怎样。"""

import datetime as dt

from django.db.models import Model
from django.urls import reverse

from departments.models import User
from yingshang import dates

from .. import workflow
from ..figures.ledger import Ledger
from ..figures.presence import present
from ..figures.supposed import light_after, part_of
from ..forms import ReasonForm
from ..models import (
    Attachment,
    Completion,
    CoordinationRequest,
    Extension,
    ManualLight,
    Measure,
    Milestone,
    MilestoneTick,
    Plan,
    Problem,
    Progress,
    Target,
    TargetValue,
)
from ..models.progress import ProgressQuerySet
from ..rules import permissions
from .chores import Chore, Due, Row, names_of
from .progress import last_reports

JUST_APPROVED = 10


def waiting_for_review() -> ProgressQuerySet:
    """待审核，先到先审。"""
    return Progress.objects.of_current_plan().waiting().order_by("submitted_at", "pk")


def due() -> list[Due]:
    """“今天要办”的一类：待审核，先到的部室在前。"""
    return [Due(waiting_for_review(), ("submitted_at", "pk"), ["assignment__department__name"], _waiting)]


def _waiting(rows: list[Row]) -> Chore:
    return Chore(f"{len(rows)} 项次待审核", names_of(rows), reverse("review_list"), "去审核", True)


# ── 办公室 ────────────────────────────────────────────────


def review_queue() -> ProgressQuerySet:
    """待审核清单，先到先审。"""
    return waiting_for_review().select_related(
        "assignment__measure", "assignment__department", "period", "submitted_by"
    )


def just_approved(plan: Plan | None) -> ProgressQuerySet:
    """刚通过的几条（开放中的各期，新的在前）：点错了，从这里找回去撤销。"""
    rows = Progress.objects.in_force().approved().in_open_periods().filter(period__plan=plan)
    rows = rows.select_related("assignment__measure", "assignment__department", "period", "reviewed_by")
    return rows.order_by("-reviewed_at", "-pk")[:JUST_APPROVED]


def review(progress: Progress, user: User, today: dt.date) -> dict:
    """审一条要看的：本期、上期、完成值、灯、排在第几、拦着办结的事。"""
    last = last_reports([progress]).get(progress.pk)
    measure, lacks = progress.assignment.measure, _lacking(progress)
    ledger = Ledger(measure.plan, progress.period, today, measures=Measure.objects.filter(pk=measure.pk))
    ledger.measures = [measure]  # 已经取来的这一项，不再取一遍
    before = last.percent if last else None
    change = 0 if before is None or progress.percent is None else progress.percent - before
    queue = list(waiting_for_review().values_list("pk", flat=True))
    ticks = list(progress.ticks.select_related("milestone")) if MilestoneTick not in lacks else []
    is_self_review = permissions.is_self_review(user, progress.assignment)
    return {
        "progress": progress,
        "last": last,
        "change": change,
        "change_text": f"＋{change}" if change > 0 else f"－{-change}",
        "today": today,
        "part": part_of(ledger, progress),
        "light_after": light_after(progress, today, ledger.periods, {tick.milestone_id for tick in ticks}, lacks),
        "values": progress.values.select_related("target") if TargetValue not in lacks else [],
        "last_values": last.values.all() if last else [],
        "attachments": progress.attachments.filter(removed_at=None) if Attachment not in lacks else [],
        "ticks": ticks,
        "tick_words": "、".join(f"{t.milestone.name}（{dates.short(t.milestone.due_on)}到期）" for t in ticks),
        "revoke_notes": revoke_notes(progress, ticks),
        "returned_words": f"　退回过 {progress.times_returned} 次" if progress.times_returned else "",
        "tags": tags(progress, is_self_review),
        "will_complete": progress.asks_completion and not progress.assignment.ended_because,
        "events": progress.events.visible_to(user).select_related("by"),
        "listed": Problem.objects.filter(progress=progress).first() if Problem not in lacks else None,
        "asked": CoordinationRequest.objects.visible_to(user).filter(progress=progress).select_related("to_department"),
        "blockers": workflow.what_blocks_completion(progress.assignment, progress) if progress.asks_completion else [],
        "is_self_review": is_self_review,
        "actions": workflow.allowed_actions(user, progress),
        "revoke_form": ReasonForm(prefix="revoke"),
        "revoke_blocked": workflow.what_blocks_revoking(progress) if progress.is_approved else [],
        "queue_length": len(queue),
        "queue_place": queue.index(progress.pk) + 1 if progress.pk in queue else None,
        "following": next((pk for pk in queue if pk != progress.pk), None),
    }


# 不是每一条、每一项都有的几样：从哪里走到报送、举措。
OF_REPORT: dict[type[Model], str] = dict.fromkeys((Attachment, MilestoneTick, Problem, TargetValue), "progress")
OF_MEASURE: dict[type[Model], str] = dict.fromkeys((Target, ManualLight), "measure")
OF_MEASURE |= dict.fromkeys((Completion, Extension, Milestone), "assignment__measure")


def _lacking(progress: Progress) -> set[type[Model]]:
    """这一条、这一项没有哪几样：没有的就不去取。"""
    rows = {model: model._default_manager.filter(**{path: progress}) for model, path in OF_REPORT.items()}
    measure = progress.assignment.measure_id
    rows |= {model: model._default_manager.filter(**{path: measure}) for model, path in OF_MEASURE.items()}
    there = present(Progress.objects.filter(pk=progress.pk), rows)
    return set(rows) - there


def tags(progress: Progress, is_self_review: bool) -> list[tuple]:
    """标题下状态之外的标签：（颜色类, 文字）。"""
    is_self = is_self_review and progress.status == Progress.Status.SUBMITTED
    found = (
        (progress.is_late, "tag-y", "补报"),
        (progress.corrects_id, "tag-o", "更正"),
        (is_self, "tag-o", "自审"),
        (progress.assignment.measure.retired_in_id, "tag-r", "这一项已退出方案"),
    )
    return [(css, text) for shown, css, text in found if shown]


def revoke_notes(progress: Progress, ticks: list) -> str:
    """撤销通过还会带出什么，逐句。"""
    found = (
        (progress.asks_completion, "随它办结的，同时恢复为没有办结。"),
        (ticks, "随它认定完成的节点，同时恢复为未完成。"),
        (progress.corrects_id, "更正前的那一条恢复有效。"),
    )
    return "".join(sentence for applies, sentence in found if applies)
