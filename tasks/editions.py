"""方案各版给人看的样子：上传的结果、预览、一版的页面、两版比较、待签收。"""

from dataclasses import dataclass, field

from django.utils.http import content_disposition_header

from departments.models import Department

from . import permissions, workflow
from .imports import applying
from .imports.comparing import Comparison, compare
from .imports.inforce import Rosters
from .imports.rows import Live, Reading, Unreadable
from .models import Plan, PlanRevision


def current_plan() -> Plan | None:
    """现行方案；还没有选定时为 None。"""
    return Plan.objects.filter(is_current=True).first()


@dataclass
class Outcome:
    """一次上传的结果：成了有草稿；不成有一句话，文件有错还有逐条的错误与忽略的内容。"""

    draft: PlanRevision | None = None
    message: str = ""
    errors: list = field(default_factory=list)
    ignored: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    status: int = 422


def upload(form, plan, *, by, at) -> Outcome:
    """读上传的文件，存成草稿。任何错误都什么也不写。"""
    if not form.is_valid():
        return Outcome()
    data, name = form.cleaned_data["file"].read(), form.cleaned_data["file"].name
    if form.cleaned_data["target"] == "new":
        year, title = form.cleaned_data["year"], form.cleaned_data["title"]
        return _try(lambda: applying.draft_new_plan(data, name, by=by, at=at, year=year, title=title))
    return _try(lambda: applying.draft(plan, data, name, by=by, at=at, note=form.cleaned_data["note"]))


def compare_again(old, *, by, at) -> Outcome:
    """用草稿里存着的原文件与现行版本重新比较；比成了，过时的草稿就算放弃。"""
    workflow.check(workflow.STEPS["revision"]["discard_revision"], old, by, at)
    outcome = _try(lambda: applying.draft(old.plan, bytes(old.content), old.filename, by=by, at=at, note=old.note))
    if outcome.status == 200 or outcome.draft:
        applying.discard_revision(old, by=by, at=at)
    return outcome


def _try(act) -> Outcome:
    try:
        return Outcome(draft=act())
    except Unreadable as error:
        return Outcome(message=error.message)
    except applying.Faulty as error:
        return Outcome(message=str(error), errors=error.reading.errors, ignored=error.reading.ignored)
    except applying.Unchanged as error:
        return Outcome(message=str(error), ignored=error.reading.ignored, notes=error.reading.notes, status=200)


def preview(draft, user, at) -> dict:
    """核对差异页。"""
    comparison = applying.comparison_of(draft)
    changed = comparison.of_kind("changed")
    return {
        "revision": draft,
        "comparison": comparison,
        "counts": comparison.counts,
        "differing": [c for c in comparison.changes if c.kind != "same"],
        "same": comparison.of_kind("same"),
        "fields_changed": sum(len(c.fields) or 1 for c in comparison.changes if c.kind != "same"),
        "departments": _told(comparison),
        "deadlines": [c.new.number for c in changed if "deadline" in {f.name for f in c.fields}],
        "actions": workflow.allowed_actions(user, draft),
        "is_stale": draft.status == "draft" and draft.base != draft.plan.revision,
        "next_number": (draft.base.number if draft.base else 0) + 1,
    }


def _told(comparison) -> list[str]:
    """哪些部室的举措变了：变前变后的牵头部室都算。"""
    names = set()
    for change in comparison.changes:
        if change.kind == "same":
            continue
        for row in (change.old, change.new):
            names.update(["各部室"] if row and row.all_departments else row.departments if row else ())
    order = list(Department.objects.values_list("name", flat=True))
    return sorted(names, key=lambda n: order.index(n) if n in order else -1)


def page(revision, user, at, other) -> dict:
    """一版的页面；`other` 为要比较的另一版的版次，默认与它的基准比较。"""
    revisions = list(revision.plan.revisions.filter(status="applied").defer("content").order_by("number"))
    number = int(other) if other.isdecimal() and len(other) < 6 else None
    against = next((r for r in revisions if r.number == number), None) or revision.base
    comparison = between(against, revision) if against else None
    return {
        "revision": revision,
        "revisions": revisions,
        "against": against,
        "comparison": comparison,
        "differing": [c for c in comparison.changes if c.kind != "same"] if comparison else [],
        "signed": revision.receipts.select_related("department", "signed_by"),
        "unsigned": revision.unsigned,
        "can_revert": "revert_revision" in workflow.allowed_actions(user, revision)
        and revision == revision.plan.revision
        and revision.base_id is not None,
        "can_download": permissions.can_import(user),
    }


def between(old, new) -> Comparison:
    """任意两版的差异：按数据库编号配对，不用猜；部室、领导在后台改了名的不算差异。"""
    rosters = Rosters.load()
    before = [Live(row["id"], rosters.stored(row, strict=False)) for row in old.rows]
    reading = Reading(kind="revision", rows=[rosters.stored(row, strict=False) for row in new.rows])
    reading.columns_present = {"text", "lead_label", "kind", "deadline"}
    return compare(before, reading, same={row["number"]: row["id"] for row in new.rows})


def waiting_receipt(department) -> PlanRevision | None:
    """这个部室还没有签收的现行版（没有为 None），首页提示用。"""
    plan = current_plan()
    revision = plan.revision if plan else None
    return revision if revision and not revision.receipts.filter(department=department).exists() else None


def changed_for(department, revision) -> list:
    """这一版里牵涉这个部室的变化，首页提示用。"""
    if revision is None or not revision.diff.get("changes"):
        return []
    mine = []
    for change in applying.comparison_of(revision).changes:
        rows = [row for row in (change.old, change.new) if row]
        if change.kind != "same" and any(row.all_departments or department.name in row.departments for row in rows):
            mine.append(change)
    return mine


def disposition(filename) -> str:
    """下载用的文件名头，中文名也对。"""
    return content_disposition_header(True, filename)
