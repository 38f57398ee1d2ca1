"""方案修订：这一段里哪天生效了哪一版，列入、退出、改序号、改内容的各是哪几项"""

from typing import Any

from django.utils import timezone

from ..models import PlanRevision
from .contract import Moved, Revised
from .numbers import plain
from .span import Span

ADDED = ("added", "revived")


def revised(span: Span) -> list[Revised]:
    """由早到晚。印发的原件（没有可比的一版）不算修订。"""
    rows = PlanRevision.objects.applied().filter(span.during("applied_at"), plan=span.plan, base__isnull=False)
    rows = rows.select_related("reverts").only("number", "applied_at", "diff", "reverts__number")
    return [_revised(row) for row in rows.order_by("number")]


def _revised(row: PlanRevision) -> Revised:
    changes = row.diff.get("changes", ())
    return {
        "on": timezone.localdate(row.applied_at).isoformat(),
        "version": row.number or 0,
        "reverts": (row.reverts.number or 0) if row.reverts else 0,
        "added": [plain(c["new"]["number"]) for c in changes if c["kind"] in ADDED],
        "removed": [plain(c["old"]["number"]) for c in changes if c["kind"] == "removed"],
        "moved": [moved for c in changes if (moved := _moved(c))],
        "changed": [plain(c["new"]["number"]) for c in changes if c["kind"] == "changed" and _is_rewritten(c)],
    }


def _moved(change: dict[str, Any]) -> Moved | None:
    """原来在册、序号改了的；恢复列入的原来不在册，算列入。"""
    if change["kind"] not in ("changed", "renumbered"):
        return None
    before, after = change["old"]["number"], change["new"]["number"]
    return {"before": plain(before), "after": plain(after)} if before != after else None


def _is_rewritten(change: dict[str, Any]) -> bool:
    """改了序号以外的。"""
    return any(item["name"] != "number" for item in change["fields"])
