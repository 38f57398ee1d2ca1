"""本部室在一项举措上的报送：算数的那一条，和没有办完的更正稿。两条各有各的按钮，不混成一条。"""

from dataclasses import dataclass

from . import workflow
from .models import Progress

S = Progress.Status


@dataclass(frozen=True)
class Mine:
    """最近一期里本部室的报送。`correction` 为没有办完的更正稿，没有为 None。"""

    report: Progress
    actions: list
    correction: Progress | None
    correction_actions: list


def mine(measure, user) -> Mine | None:
    """本部室在这一项上要办的：要填的，或可撤回、可更正的；没有为 None。"""
    if not user.is_reporter:
        return None
    rows = Progress.objects.filter(assignment__measure=measure, assignment__department=user.department_id)
    rows = list(
        rows.filter(superseded_at=None)
        .exclude(status=S.DISCARDED)
        .select_related("assignment", "period", "reviewed_by")
        .with_corrections()
        .order_by("-period__starts_on", "-pk")
    )
    report = next((row for row in rows if not row.corrects_id or row.status == S.APPROVED), None)
    if report is None:
        return None
    correction = next((row for row in rows if row.corrects_id == report.pk), None)
    actions = [a for a in workflow.allowed_actions(user, report) if a != "correct" or correction is None]
    return Mine(report, actions, correction, workflow.allowed_actions(user, correction) if correction else [])
