"""审核：待审核清单、一条报送的本期与上期、通过之后灯会怎样。"""

from .. import workflow
from ..figures.ledger import Ledger
from ..figures.supposed import light_after, part_of
from ..forms import ReasonForm
from ..models import CoordinationRequest, Measure, Problem, Progress
from ..rules import permissions
from .progress import last_reports

JUST_APPROVED = 10


def waiting_for_review():
    """待审核，先到先审。"""
    return Progress.objects.of_current_plan().waiting().order_by("submitted_at", "pk")


# ── 办公室 ────────────────────────────────────────────────


def review_queue():
    """待审核清单，先到先审。"""
    return waiting_for_review().select_related(
        "assignment__measure", "assignment__department", "period", "submitted_by"
    )


def just_approved(plan):
    """刚通过的几条（开放中的各期，新的在前）：点错了，从这里找回去撤销。"""
    rows = Progress.objects.in_force().approved().in_open_periods().filter(period__plan=plan)
    rows = rows.select_related("assignment__measure", "assignment__department", "period", "reviewed_by")
    return rows.order_by("-reviewed_at", "-pk")[:JUST_APPROVED]


def review(progress, user, today) -> dict:
    """审一条要看的：本期、上期、完成值、灯、排在第几、拦着办结的事。"""
    last = last_reports([progress]).get(progress.pk)
    measure = Measure.objects.filter(pk=progress.assignment.measure_id)
    ledger = Ledger(progress.assignment.measure.plan, progress.period, today, measures=measure)
    comparable = last and None not in (last.percent, progress.percent)
    change = progress.percent - last.percent if comparable else 0
    queue = list(waiting_for_review().values_list("pk", flat=True))
    return {
        "progress": progress,
        "last": last,
        "change": change,
        "change_text": f"＋{change}" if change > 0 else f"－{-change}",
        "today": today,
        "part": part_of(ledger, progress),
        "light_after": light_after(progress, today),
        "values": progress.values.select_related("target"),
        "last_values": last.values.all() if last else [],
        "attachments": progress.attachments.filter(removed_at=None),
        "ticks": progress.ticks.select_related("milestone"),
        "events": progress.events.visible_to(user).select_related("by"),
        "listed": Problem.objects.filter(progress=progress).first(),
        "asked": CoordinationRequest.objects.visible_to(user).filter(progress=progress).select_related("to_department"),
        "blockers": workflow.what_blocks_completion(progress.assignment, progress) if progress.asks_completion else [],
        "is_self_review": permissions.is_self_review(user, progress.assignment),
        "actions": workflow.allowed_actions(user, progress),
        "revoke_form": ReasonForm(prefix="revoke"),
        "revoke_blocked": workflow.what_blocks_revoking(progress) if progress.is_approved else [],
        "queue_length": len(queue),
        "queue_place": queue.index(progress.pk) + 1 if progress.pk in queue else None,
        "following": next((pk for pk in queue if pk != progress.pk), None),
    }
