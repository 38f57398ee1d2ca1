"""方案修订：这一段里哪天生效了哪一版，列入、退出、改序号、改内容的各是哪几项"""

from django.db.models import Prefetch
from django.utils import timezone

from ..models import PlanRevision, RevisionChange
from ..models.revision import fenced
from .contract import Revised
from .numbers import plain
from .span import Span

Kind = RevisionChange.Kind
ADDED = (Kind.ADDED, Kind.REVIVED)


def revised(span: Span) -> list[Revised]:
    """由早到晚。印发的原件（没有可比的一版）不算修订。"""
    rows = PlanRevision.objects.applied().filter(span.during("applied_at"), plan=span.plan, base__isnull=False)
    rows = rows.select_related("reverts").only("number", "applied_at", "reverts__number")
    changes = RevisionChange.objects.differing().only("revision", "kind", "before", "after", "fields")
    return [_revised(row) for row in rows.order_by("number").prefetch_related(Prefetch("changes", changes))]


def _revised(row: PlanRevision) -> Revised:
    changes = row.changes.all()
    return {
        "on": timezone.localdate(row.applied_at).isoformat(),
        "version": row.number or 0,
        "reverts": (row.reverts.number or 0) if row.reverts else 0,
        "added": [plain(c.after) for c in changes if c.kind in ADDED],
        "removed": [plain(c.before) for c in changes if c.kind == Kind.REMOVED],
        "moved": [{"before": plain(c.before), "after": plain(c.after)} for c in changes if _is_moved(c)],
        "changed": [plain(c.after) for c in changes if c.kind == Kind.CHANGED and _is_rewritten(c)],
    }


def _is_moved(change: RevisionChange) -> bool:
    """原来在册、序号改了的；恢复列入的原来不在册，算列入。"""
    return change.kind in (Kind.CHANGED, Kind.RENUMBERED) and change.before != change.after


def _is_rewritten(change: RevisionChange) -> bool:
    """改了序号以外的。"""
    return bool(change.fields.replace(fenced(["number"]), ""))
