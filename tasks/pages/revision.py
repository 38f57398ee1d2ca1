"""方案各版给人看的样子：上传的结果、预览、一版的页面、两版比较、待签收。"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from django.db.models import Exists, F, Max, OuterRef, QuerySet
from django.urls import reverse
from django.utils.http import content_disposition_header

from departments import organisation
from departments.models import Department, User
from yingshang import dates, prepared
from yingshang.tables.limits import Unreadable

from .. import workflow
from ..forms import PlanUploadForm, RevisionFilterForm
from ..imports import applying, remarks, restoring
from ..imports import drafts as drafting
from ..imports.comparing import Change, Comparison, compare
from ..imports.inforce import Rosters
from ..imports.rows import Fault, Live, Reading
from ..models import (
    Cooperation,
    CoordinationRequest,
    Event,
    Instruction,
    Plan,
    PlanRevision,
    Problem,
    Progress,
    RevisionChange,
)
from ..models.plan import standpoint
from ..models.revision import EVERY_ROOM, fenced
from ..rules import permissions
from . import comparison as comparison_pages
from . import term as term_pages

HEAVY = ("content", "rows", "diff")
# 页面的限度：错误先列几处；没有导入的内容列几条。
ERRORS, LINES = 300, 100
# 一版的页面上，文件写了目标的。
TARGETS_APART = "现行的目标不由导入改动：文件所写的列为待核定，由办公室定。"
# 一句话里至多列举几个。
NAMED = 30
# 文件里写了名单没有的：后台的哪一张表，两条链接怎么写。
UNKNOWN = {
    "departments": ("departments_department", "去后台新增部室", "去部室名单登记别名"),
    "leaders": ("departments_leader", "去后台新增领导", "去领导名单改正"),
}


@dataclass
class UploadOutcome:
    """一次上传的结果：成了有草稿；不成有一句话，文件有错还有逐条的错误与忽略的内容。"""

    draft: PlanRevision | None = None
    message: str = ""
    errors: list = field(default_factory=list)
    ignored: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    differing: list = field(default_factory=list)
    columns: list = field(default_factory=list)  # 表格没有读成的：各列的表单，认了再传
    status: int = 422

    @property
    def faults(self) -> list[tuple]:
        """前几百处错误；名单里没有的部室、领导，带着去后台的链接：[(错误, [(文字, 网址)…])…]。"""
        return [(error, _to_admin(error)) for error in self.errors[:ERRORS]]

    @property
    def unlisted(self) -> int:
        """没有列出的还有几处。"""
        return max(0, len(self.errors) - ERRORS)


def _to_admin(error: Fault) -> list[tuple[str, str]]:
    """名单里没有的，去后台新增（名字已填好），或登记别名、改正。"""
    if error.unknown not in UNKNOWN:
        return []
    model, adding, mending = UNKNOWN[error.unknown]
    named = f"?name={quote(error.value, safe='')}"
    return [(adding, reverse(f"admin:{model}_add") + named), (mending, reverse(f"admin:{model}_changelist"))]


def upload(form: PlanUploadForm, plan: Plan | None, *, by: User, at: dt.datetime) -> UploadOutcome:
    """读上传的文件，存成草稿。任何错误都什么也不写。"""
    if not form.is_valid():
        return UploadOutcome()
    data, name = form.cleaned_data["file"].read(), form.cleaned_data["file"].name
    if plan is None or form.cleaned_data["target"] == "new":
        year, title = form.cleaned_data["year"], form.cleaned_data["title"]
        outcome = _try(lambda: drafting.draft_new_plan(data, name, by=by, at=at, year=year, title=title))
    else:
        outcome = _try(lambda: drafting.draft(plan, data, name, by=by, at=at, note=form.cleaned_data["note"]))
    if outcome.status == 422 and not outcome.draft:
        columns = term_pages.forms_of(data, name)
        outcome.columns = columns if any(form.column and not form.column.use for form in columns) else []
    return outcome


def compare_again(old: PlanRevision, *, by: User, at: dt.datetime) -> UploadOutcome:
    """用草稿里存着的原文件（恢复旧版的，用那一版）与现行版本重新比较；比成了，过时的草稿就算放弃。"""
    if (restored := old.diff.get("restores")) is not None:
        version = old.plan.revisions.get(pk=restored)
        return _replaced(old, lambda: drafting.draft_restore(version, by=by, at=at), by, at)
    data = bytes(old.content or b"")
    return _replaced(old, lambda: drafting.draft(old.plan, data, old.filename, by=by, at=at, note=old.note), by, at)


def read_again(old: PlanRevision, *, by: User, at: dt.datetime) -> UploadOutcome:
    """认列改过以后，用草稿里存着的原文件再读一遍；新方案的草稿照原来的年度、名称另建。"""
    if old.base or old.plan.revision:
        return compare_again(old, by=by, at=at)
    plan, data = old.plan, bytes(old.content or b"")
    act = lambda: drafting.draft_new_plan(data, old.filename, by=by, at=at, year=plan.year, title=plan.title)  # noqa: E731
    return _replaced(old, act, by, at)


def as_new_plan(old: PlanRevision, *, by: User, at: dt.datetime) -> UploadOutcome:
    """草稿里的文件其实是另一份方案：改用它建立新方案，原来的草稿就算放弃。年度取文件写明的。"""
    if not old.diff.get("another_year"):
        raise workflow.Refused("这份文件的年度、文号与现行方案相同，不用另建新方案。")
    data, year = bytes(old.content or b""), old.diff["another_year"]
    return _replaced(
        old, lambda: drafting.draft_new_plan(data, old.filename, by=by, at=at, year=year, title=""), by, at
    )


def _replaced(old: PlanRevision, act: Callable[[], PlanRevision], by: User, at: dt.datetime) -> UploadOutcome:
    """另成一份草稿；成了（或已无差异），旧的就算放弃。"""
    workflow.check(workflow.STEPS["revision"]["discard_revision"], old, by, at)
    outcome = _try(act)
    if outcome.status == 200 or outcome.draft:
        applying.discard_revision(old, by=by, at=at)
    return outcome


def _try(act: Callable[[], PlanRevision]) -> UploadOutcome:
    try:
        return UploadOutcome(draft=act())
    except Unreadable as error:
        return UploadOutcome(message=error.message)
    except applying.Faulty as error:
        return UploadOutcome(message=str(error), errors=error.reading.errors, ignored=error.reading.ignored)
    except applying.Unchanged as error:
        reading, differing = error.reading, error.differing
        return UploadOutcome(
            message=str(error), ignored=reading.ignored, notes=reading.notes, differing=differing, status=200
        )


def preview(draft: PlanRevision, user: User, at: dt.datetime, number: int = 1) -> dict:
    """核对差异页；确认的总是整份草稿，不只翻到的这一页。"""
    confirms = comparison_pages.Confirms(draft)
    sheets = comparison_pages.sheets(comparison_pages.Kept(draft), number, confirms)
    is_stale = draft.is_draft and draft.base != draft.plan.revision
    return {
        "revision": draft,
        **sheets,
        "confirms": sheets["asides"][0],
        "confirm_count": len(confirms),
        "ignored": draft.diff.get("ignored", ())[:LINES],
        "ignored_left": max(0, len(draft.diff.get("ignored", ())) - LINES),
        "notes": draft.diff.get("notes", ())[:LINES],
        "notes_left": max(0, len(draft.diff.get("notes", ())) - LINES),
        "another_year": draft.diff.get("another_year") if draft.is_draft and number == 1 else None,
        "facts": [draft.plan.title, _file_words(draft), f"与{draft.base}对比" if draft.base else "新方案"],
        "stored": stored_words(draft) if number == 1 else [],
        "after_words": _after_words(draft),
        "has_columns": bool(draft.diff.get("sheet")) or draft.filename.lower().endswith((".xlsx", ".csv")),
        "checked_words": f"{'各页' if sheets['page_obj'].has_other_pages() else '以上'} {sheets['fields_changed']} 处差异"
        "已与印发文件核对一致",
        "can_apply": "apply_revision" in workflow.allowed_actions(user, draft) and not is_stale,
        "is_stale": is_stale,
        "next_number": ((draft.base.number if draft.base else None) or 0) + 1,
    }


def to_confirm(draft: PlanRevision) -> dict:
    """确认前要另勾、另写的：退出几项，是不是太多。第一版没有可比的，什么也不退出。"""
    removed = draft.diff.get("counts", {}).get("removed", 0)
    return {"removed": removed, "many": draft.diff.get("many_removed", False)}


def stored_words(draft: PlanRevision) -> list[tuple[str, str]]:
    """新方案里举措以外、生效后要存下的每一样，照文件的字；文件没有的也写明没有。"""
    plan, proposed = draft.plan, draft.diff.get("proposed", {})
    safeguards = "\n".join(f"{part['heading']}{part['text']}" for part in plan.safeguards)
    found = [
        ("印发机关", plan.issuer),
        ("序时起止", f"{dates.full(plan.starts_on)}至{dates.full(plan.ends_on)}"),
        ("印发通知", plan.notice),
        ("引言", plan.preamble),
        ("总体目标", "\n".join(filter(None, (plan.goal_heading, plan.goal)))),
        ("各节标题", "\n".join(draft.diff.get("headings", ()))),
        ("保障措施", "\n".join(filter(None, (plan.safeguards_heading, safeguards)))),
        ("名单", "\n".join(f"{p['role']}：{p['name']}　{p['post']}" for p in plan.group_members)),
        ("拟新增的部室", "、".join(proposed.get("departments", ()))),
        ("拟新增的领导", "、".join(proposed.get("leaders", ()))),
    ]
    return [(label, text or "（文件没有）") for label, text in found]


def _file_words(draft: PlanRevision) -> str:
    """从哪里来：哪个文件、哪张工作表；恢复旧版的写说明。"""
    sheet = draft.diff.get("sheet")
    where = "里的" if draft.diff.get("source") == "docx" else "工作表"
    return (f"文件：{draft.filename}" if draft.filename else draft.note) + (f"（{where}“{sheet}”）" if sheet else "")


def _after_words(draft: PlanRevision) -> str:
    """确认后会怎样：报过的都保留，哪几项重新判灯、换人从头报，哪些部室要签收，还能不能回头。"""
    changes = draft.changes.differing()
    moved, led = ([row.after for row in _changed_in(draft, name)] for name in ("deadline", "departments"))
    rooms = {
        room for rooms in changes.order_by().values_list("rooms", flat=True).distinct() for room in rooms.split("|")
    }
    said = [
        f"{draft.base}及已报进展全部保留" if draft.base else "已报进展全部保留",
        f"第 {_some(moved, '项')}完成时限变化后重新判灯" if moved else "",
        _newly_led(draft, led),
        signing_words(draft.plan, rooms),
    ]
    if draft.base:
        later = "生效后可以撤销，也可以恢复为任何一版。"
    elif Plan.objects.filter(is_current=True).exists():
        later = "新方案建立后还不是现行方案，各部室仍照现行方案报送，直到您把它设为现行方案。"
    else:
        later = "还没有现行方案，这一份建立以后就是。"
    return "；".join(filter(None, said)) + "。" + later


def _changed_in(draft: PlanRevision, name: str) -> QuerySet[RevisionChange]:
    """改了这一栏的各项。"""
    kind = RevisionChange.Kind.CHANGED
    return draft.changes.filter(kind=kind, fields__contains=fenced([name])).order_by("position").only("after")


def _newly_led(draft: PlanRevision, led: list[str]) -> str:
    """换了牵头部室的、新列入的：从头报起，开放中的期就要报。报过的在原来部室名下，留着备查。"""
    if not draft.base:
        return ""
    added = list(draft.changes.filter(kind=RevisionChange.Kind.ADDED).values_list("after", flat=True))
    if not led + added:
        return ""
    months = "、".join(period.short_name for period in draft.plan.periods.still_open().order_by("starts_on"))
    said = [
        f"第 {_some(led, '项')}换了牵头部室，新牵头的没有报过，进展从头记" if led else "",
        f"第 {_some(added, '项')}新列入" if added else "",
        f"新牵头的从{months}起应报" if months else "",
    ]
    return organisation.worded("，".join(filter(None, said)))


def signing_words(plan: Plan, rooms: Iterable[str]) -> str:
    """生效后谁签收：现行方案的每一版各部室都签，牵头的举措变了的（`rooms`），首页上另写变了什么。"""
    if not plan.is_current:
        return ""
    named = _in_order(rooms)
    return organisation.worded("各部室都要签收这一版") + (
        f"，{_some(named, '个部室', '')}的首页写明变了什么" if named else ""
    )


def _some(names: list[str], unit: str, few: str | None = None) -> str:
    """写出几个；太多的写“等 300 项”。"""
    said = "、".join(names[:NAMED])
    if len(names) > NAMED:
        return f"{said} 等 {len(names)} {unit}"
    return f"{said} {unit}" if few is None else said


def applied_words(done: PlanRevision) -> str:
    """生效之后说的一句话：修订的，进展都还在；新方案，下一步是选定。"""
    if done.base:
        return f"{done}已生效。已报的进展都还在原来的举措上；需要时可以撤销这一版。{_to_settle(done)}"
    if done.plan.is_current:
        return f"新方案《{done.plan.title}》已建立。"
    return f"新方案《{done.plan.title}》已建立，尚不是现行方案。各部室仍照现行方案报送，直到您把它设为现行方案。"


def reverted_words(made: PlanRevision, back_to: PlanRevision | None) -> str:
    """撤销之后说的一句话。"""
    signing = organisation.worded("各部室都要签收这一版。")
    return f"已撤销，{made}与{back_to}内容相同，进展一条未动。{signing}{_to_settle(made)}"


def _to_settle(done: PlanRevision) -> str:
    """这一版之后要由办公室核定目标的是哪几项；没有的为空。"""
    numbers = [target.measure.number for target in remarks.unquoted(done.plan, applying.comparison_of(done))]
    if not numbers:
        return ""
    return f"第 {_some(list(dict.fromkeys(numbers)), '项')}的量化目标引的原文在新文字里找不到，请办公室核定目标。"


def drafts(plan: Plan | None = None) -> list[Any]:
    """待核对的导入：文件、谁、何时、差异几何、过时没有；不指明方案的是全部。"""
    rows = PlanRevision.objects.drafts().select_related("created_by", "base")
    rows = (rows.filter(plan=plan) if plan else rows).defer(*HEAVY, *(f"base__{name}" for name in HEAVY))
    # 连着给人看的两样（is_stale、words）一起交给页面，所以不说是 PlanRevision。
    found: list[Any] = list(rows.annotate(counts=F("diff__counts")).order_by("-created_at"))
    numbers = dict(
        PlanRevision.objects.applied()
        .filter(plan__in=[d.plan_id for d in found])
        .order_by()
        .values_list("plan")
        .annotate(n=Max("number"))
    )
    for draft in found:
        draft.is_stale = numbers.get(draft.plan_id) != (draft.base.number if draft.base else None)
        draft.words = applying.words_of(draft.counts)
    return found


def _in_order(rooms: Iterable[str]) -> list[str]:
    """部室照名单的次序；各部室共担的在最前。"""
    order = list(Department.objects.values_list("name", flat=True))
    names = [organisation.worded("各部室") if room == EVERY_ROOM else room for room in set(rooms) if room]
    return sorted(names, key=lambda name: order.index(name) if name in order else -1)


def page(revision: PlanRevision, user: User, at: dt.datetime, filters: RevisionFilterForm) -> dict:
    """一版的页面，默认与它的基准比较，也可以另选一版。"""
    revisions = list(revision.plan.revisions.applied().defer(*HEAVY).order_by("number"))
    number = filters.chosen.get("with")
    against = next((r for r in revisions if r.number == number), None) or revision.base
    return {
        **(_against(against, revision, filters.chosen.get("page", 1)) if against else {}),
        "query": filters.query_without("page"),
        "revision": revision,
        "facts": _facts(revision),
        "others": [r for r in revisions if r != revision],
        "against": against,
        "heading": f"{against} → {revision}" if against else "差异",
        "undo_label": f"恢复{revision.reverts}" if revision.reverts else "撤销这一版",
        "signed": revision.receipts.select_related("department", "signed_by"),
        "unsigned": revision.unsigned,
        "can_revert": "revert_revision" in workflow.allowed_actions(user, revision)
        and revision == revision.plan.revision
        and revision.base_id is not None,
        "can_restore": permissions.can_import(user) and revision != revision.plan.revision,
        "can_download": permissions.can_import(user),
    }


def _against(old: PlanRevision, revision: PlanRevision, number: int) -> dict[str, Any]:
    """与 `old` 比较的一页，左边一栏叫什么也在内。

    与基准的就是确认时看过、存着的那一份：连目标的变化也在，只读这一页；比的是生效前的现行方案，办公室核定过的在内。
    那时要确认的话已经确认了，不再问看的人。很早的版本没有存的，照旧两版相比。
    """
    if old != revision.base or not revision.changes.exists():
        found = comparison_pages.sheets(comparison_pages.Compared(between(old, revision)), number, with_same=False)
        return found | {"old_label": old}
    found = comparison_pages.sheets(comparison_pages.Kept(revision), number, with_same=False)
    return found | {"differing": [_settled(change) for change in found["differing"]], "old_label": "生效前"}


def _settled(change: Change) -> Change:
    """生效了的一项变化：要确认的话已经确认过；目标不随版本变，写明由谁定。"""
    has_targets = any(field.name == "targets" for field in change.fields)
    return replace(change, confirm=(TARGETS_APART,) if has_targets else ())


def _facts(revision: PlanRevision) -> list[str]:
    """题下的一行：哪份方案、何时生效、谁确认、说明。"""
    applied_by = f"{revision.applied_by.name}确认" if revision.applied_by else ""
    when = f"{dates.full(revision.applied_at)}生效" if revision.applied_at else ""
    return [revision.plan.title, when, applied_by, revision.note]


def undo_page(revision: PlanRevision, user: User, at: dt.datetime, number: int = 1) -> dict:
    """撤销之前要看清的：什么回来、什么退出，其间按这一版报了哪些。"""
    workflow.check(workflow.STEPS["revision"]["revert_revision"], revision, user, at)
    if revision.base is None:
        raise workflow.Refused("这一版之前没有版本，不能撤销。")
    comparison = restoring.compared(revision.plan, restoring.content_of(revision.base))
    remarks.with_history(revision.plan, comparison)
    filed = _filed_since(revision)
    kept = {c.id: c.new.departments for c in comparison.changes if c.new}
    leaving = [pk for pk, measure, department in filed if department not in kept.get(measure, ())]
    sheets = comparison_pages.sheets(comparison_pages.Compared(comparison), number, leaving)
    rows = Progress.objects.filter(pk__in=sheets["asides"][0])
    return {
        "revision": revision,
        **sheets,
        "words": applying.words_of(comparison.counts),
        "filed": len(filed),
        "leaving": rows.select_related("assignment__measure", "assignment__department", "period"),
        "leaving_count": len(leaving),
    }


def _filed_since(revision: PlanRevision) -> list[tuple[int, int, str]]:
    """这一版生效以来报送的：（编号, 举措, 部室）。"""
    filed = Progress.objects.filter(assignment__measure__plan=revision.plan, superseded_at=None)
    filed = filed.filter(submitted_at__gte=revision.applied_at).exclude(status__in=Progress.UNSENT)
    return list(filed.values_list("pk", "assignment__measure", "assignment__department__name"))


def choice_page(plan: Plan) -> dict:
    """换现行方案之前要看清的：换成哪一份，原来的还有什么没办完（换了以后在它自己的网址接着办）。"""
    old = Plan.objects.current()
    left = (
        (Problem.objects.of_plan(old).unsettled(), "件问题没有销号"),
        (Instruction.objects.of_plan(old).waiting(), "条批示没有回复"),
        (CoordinationRequest.objects.of_plan(old).unanswered(), "件协调事项没有答复"),
        (Cooperation.objects.of_plan(old).waiting(), "件请配合单位报的没有报"),
    )
    return {
        "plan": plan,
        "measures": plan.measures.filter(retired_in=None).count(),
        "old": old if old != plan else None,
        "unfinished": workflow.revision.unfinished(old) if old and old != plan else [],
        "left": [f"{n} {what}" for rows, what in left if (n := rows.count())] if old != plan else [],
    }


def between(old: PlanRevision, new: PlanRevision) -> Comparison:
    """任意两版的差异：按数据库编号配对，不用猜；部室、领导在后台改了名的不算差异。"""
    rosters = Rosters.load()
    before = [Live(row["id"], rosters.stored(row, strict=False)) for row in old.rows]
    reading = Reading(kind="revision", rows=[rosters.stored(row, strict=False) for row in new.rows])
    reading.columns_present = {"text", "lead_label", "kind", "deadline", "leaders", "cooperating"}
    back = _came_back(old, new)
    gone = [Live(row["id"], rosters.stored(row, strict=False)) for row in new.rows if row["id"] in back]
    return compare(before, reading, same={row["number"]: row["id"] for row in new.rows}, retired=gone)


def _came_back(old: PlanRevision, new: PlanRevision) -> set:
    """`new` 里有、`old` 里没有，而在更早的版本里列入过的：是恢复列入，不是新增。"""
    added = {row["id"] for row in new.rows} - {row["id"] for row in old.rows}
    left = Event.objects.filter(measure__in=added, action="measure_retire", revision__number__lte=old.number)
    return set(left.values_list("measure_id", flat=True))


def waiting_receipt(department: Department) -> PlanRevision | None:
    """这个部室还没有签收的现行版（没有为 None），连同有没有变化（`has_changes`），首页提示用。"""

    def build(room: int) -> QuerySet[PlanRevision]:
        changes = RevisionChange.objects.differing().filter(revision=OuterRef("pk"))
        unsigned = unsigned_for(Department(pk=room)).annotate(has_changes=Exists(changes))
        return unsigned.defer(*HEAVY).order_by("pk")[:1]

    return prepared.row(("unsigned", standpoint()), build, department.pk)


def unsigned_for(department: Department) -> QuerySet[PlanRevision]:
    """现行版，这个部室还没有签收的。"""
    plans = Plan.objects.at_hand().filter(archived_at=None)
    newest = PlanRevision.objects.applied().filter(plan__in=plans).order_by("-number").values("pk")[:1]
    return PlanRevision.objects.filter(pk__in=newest).exclude(receipts__department=department)


def changed_words(department: Department, revision: Any) -> str:
    """这一版里牵涉这个部室的变化，首页提示用，如“第 3 项（修改）、第 5 项（新增）”；没有的为空，太多的只写前面几项。"""
    if revision is None or not revision.has_changes:
        return ""
    mine = revision.changes.differing().led_by(department.name).only("kind", "before", "after")
    found = [f"第 {change.number} 项（{change.done_label}）" for change in mine[: NAMED + 1]]
    if len(found) <= NAMED:
        return "、".join(found)
    return f"{'、'.join(found[:NAMED])} 等 {mine.count()} 项"


def disposition(filename: str) -> str:
    """下载用的文件名头，中文名也对。"""
    return content_disposition_header(True, filename)
