"""方案修订的流程表。动词在 imports/applying.py（要读文件、比较），规则仍在这里。"""

import datetime as dt

from departments.requests import Anyone

from ..models import CompletionRequest, Extension, Plan, PlanRevision, Progress, ReportingPeriod
from ..rules import permissions
from .steps import Step

R = PlanRevision.Status


def _importer(user: Anyone, revision: PlanRevision) -> bool:
    """管理员"""
    return permissions.can_import(user)


def _stale_draft(revision: PlanRevision, at: dt.datetime) -> list[str]:
    """比较之后方案又有了新的一版"""
    if revision.base == revision.plan.revision:
        return []
    return ["比较之后，方案又有了新的一版。请用同一份文件重新比较。"]


def _not_latest(revision: PlanRevision, at: dt.datetime) -> list[str]:
    """不是最新的一版，或是印发的原件"""
    if revision != revision.plan.revision:
        return ["只能撤销最新的一版。"]
    return [] if revision.base_id else ["第 1 版是印发的原件，没有可退回的版本。"]


def unfinished(plan: Plan) -> list[str]:
    """这份方案里还没办完的：没有关闭的报送期、待审核的报送、没有批的申请。"""
    opened = plan.periods.filter(status=ReportingPeriod.Status.OPEN).order_by("starts_on")
    found = [f"{'、'.join(period.name for period in opened)}还没有关闭报送"] if opened else []
    counts = (
        (Progress.objects.of_plan(plan).to_review(), "条报送待审核"),
        (Extension.objects.of_plan(plan).waiting(), "件延期待批"),
        (CompletionRequest.objects.of_plan(plan).waiting(), "件办结待核实"),
    )
    return found + [f"还有 {n} {what}" for rows, what in counts if (n := rows.count())]


STEPS: dict[str, Step[PlanRevision]] = {
    "apply_revision": Step("确认生效", (R.DRAFT,), R.APPLIED, _importer, _stale_draft),
    "discard_revision": Step("放弃", (R.DRAFT,), R.DISCARDED, _importer),
    "revert_revision": Step("撤销", (R.APPLIED,), R.APPLIED, _importer, _not_latest),
}
