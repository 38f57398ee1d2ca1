"""方案修订的流程表。动词在 imports/applying.py（要读文件、比较），规则仍在这里。"""

from .. import permissions
from ..models import PlanRevision
from .core import Step

R = PlanRevision.Status


def _importer(user, revision):
    """管理员"""
    return permissions.can_import(user)


def _stale_draft(revision, at) -> list[str]:
    """比较之后方案又有了新的一版"""
    if revision.base == revision.plan.revision:
        return []
    return ["比较之后，方案又有了新的一版。请用同一份文件重新比较。"]


def _not_latest(revision, at) -> list[str]:
    """不是最新的一版，或是印发的原件"""
    if revision != revision.plan.revision:
        return ["只能撤销最新的一版。"]
    return [] if revision.base_id else ["第 1 版是印发的原件，没有可退回的版本。"]


STEPS: dict[str, Step] = {
    "apply_revision": Step("确认生效", (R.DRAFT,), R.APPLIED, _importer, _stale_draft),
    "discard_revision": Step("放弃", (R.DRAFT,), R.DISCARDED, _importer),
    "revert_revision": Step("撤销", (R.APPLIED,), R.APPLIED, _importer, _not_latest),
}
