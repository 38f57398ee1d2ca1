"""方案修订的前半程：读文件 → 与现行方案比较 → 存成草稿。草稿就是预览，连同原文件存在库里。"""

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from departments.models import User
from yingshang.tables.limits import Limits, Unreadable

from .. import workflow
from ..models import Plan, PlanRevision, RevisionChange, Term
from ..models.fields import FIRST_DAY, LAST_DAY
from ..models.revision import fenced
from ..rules import permissions
from . import remarks, restoring
from .bulk import insert
from .comparing import Change, Comparison, compare
from .inforce import Rosters, known_names, live_rows, retired_rows
from .labels import Terms
from .mapping import SeenColumn, seen_columns
from .reading import read_plan
from .rows import STATUS_LABELS, Reading


class Unchanged(Exception):
    """各项举措与现行版本没有差异，不必导入。`reading` 里有被忽略的内容，`differing` 是举措以外的不同。"""

    def __init__(self, reading: Reading, differing: Iterable[dict[str, str]] = (), another: str = "") -> None:
        self.reading, self.differing = reading, list(differing)
        said = "与现行版本没有差异，全部无变化，无需导入。"
        if self.differing:
            labels = "、".join(item["label"] for item in self.differing)
            said = (
                f"具体举措 {reading.row_count} 项没有变化，无需导入；"
                f"其余部分有 {len(self.differing)} 处与现行方案不同（{labels}），修订只导入举措，这些不导入。{another}"
            )
        super().__init__(said)


class Faulty(Exception):
    """文件里有错误，什么也没有写。`reading.errors` 逐条说明在哪里、是什么、怎么办。"""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        super().__init__(f"文件里有 {len(reading.errors)} 处错误，没有导入。")


# ── 读与比 ────────────────────────────────────────────────


def limits() -> Limits:
    """上传的限额，取自设置。"""
    return Limits(
        file_bytes=settings.PLAN_MAX_BYTES,
        unpacked_bytes=settings.PLAN_MAX_UNPACKED_BYTES,
        rows=settings.PLAN_MAX_ROWS,
        converts=settings.PLAN_CONVERT,
    )


def known_terms() -> Terms:
    """管理员认过的叫法。"""
    return Terms(dict(Term.objects.values_list("word", "use")))


def columns(data: bytes, filename: str) -> list[SeenColumn]:
    """上传的表格里有哪几列、各认作什么；不是表格的没有。"""
    return seen_columns(data, filename, limits(), known_terms())


def preview(plan: Plan, data: bytes, filename: str, *, today: dt.date | None = None) -> tuple[Reading, Comparison]:
    """读文件并与现行版本比较，什么也不写。文件有错抛 `Faulty`，整份读不了抛 `Unreadable`。

    给了 `today` 的，连同时限过没过、灯变不变一起说。
    """
    # 还没有生效版本的是新方案：名单里没有的提为拟新增，生效时一并建立。
    names = replace(known_names(plan), proposing=plan.revision is None)
    reading = read_plan(
        data,
        filename,
        names=names,
        limits=limits(),
        plan_year=plan.year,
        status_columns=tuple(STATUS_LABELS.values()),
        terms=known_terms(),
    )
    if reading.errors:
        raise Faulty(reading)
    comparison = compare(live_rows(plan), reading, retired=retired_rows(plan))
    restoring.bring_back_dates(plan, comparison)
    reading.errors += remarks.departed(comparison)
    if reading.errors:
        raise Faulty(reading)
    _remark(plan, comparison, today)
    if plan.revision and (another := remarks.another_document(plan, reading.head)):
        comparison.remarks.insert(0, another)
    return reading, comparison


def _remark(plan: Plan, comparison: Comparison, today: dt.date | None) -> None:
    """库里的情况带来的须确认的话。"""
    remarks.with_history(plan, comparison)
    comparison.remarks += remarks.broken_quotes(plan, comparison)
    comparison.remarks += remarks.dropped_helpers(plan, comparison)
    if today is not None:
        comparison.remarks += remarks.deadlines(plan, comparison, today)


# ── 草稿 ──────────────────────────────────────────────────


def draft(plan: Plan, data: bytes, filename: str, *, by: User, at: dt.datetime, note: str = "") -> PlanRevision:
    """存一份草稿（即预览）。没有差异时抛 `Unchanged`，不留草稿。"""
    reading, comparison = preview(plan, data, filename, today=timezone.localdate(at))
    base = plan.revision
    differing = remarks.head_differences(plan, reading.head) if base else []
    another = remarks.another_document(plan, reading.head) if base else ""
    if comparison.is_empty and base is not None:
        raise Unchanged(reading, differing, another)
    found = {
        "ignored": list(reading.ignored),
        "notes": list(reading.notes),
        "source": reading.kind,
        "sheet": reading.sheet,
        "proposed": reading.proposed,
        "differing": differing,
        "another_year": another and (remarks.head_year(reading.head) or plan.year),
    }
    with transaction.atomic():
        made = keep(
            comparison,
            found | _with_ids(comparison),
            plan=plan,
            base=base,
            note=note,
            filename=filename[:200],
            content=data,
            sha256=hashlib.sha256(data).hexdigest(),
            created_by=by,
            created_at=at,
        )
        # 新方案的草稿还不算方案，放弃了就不留下：操作记录不指着它。
        of_plan, of_revision = (plan, made) if base else (None, None)
        workflow.record("plan_draft", "上传方案修订", by, at, plan=of_plan, revision=of_revision, note=filename[:200])
    return made


def _with_ids(comparison: Comparison) -> dict[str, Any]:
    """草稿另记的：所写的名称各是名单里的谁，退出的是不是太多。"""
    ids = Rosters.load().ids_in(c.new for c in comparison.changes if c.new)
    return {"many_removed": comparison.many_removed, "ids": ids}


def keep(comparison: Comparison, more: Mapping[str, Any] = MappingProxyType({}), **named: Any) -> PlanRevision:
    """存一版：整份的数写在这一版的 `diff` 里（连同 `more`），各处变化一项一行另放。调用者已在事务里。"""
    sections = (line for c in comparison.changes if c.new for line in c.new.section.split("\n") if line)
    diff = {
        "remarks": list(comparison.remarks),
        "counts": comparison.counts,
        "fields_changed": comparison.fields_changed,
        "headings": [] if named["base"] else list(dict.fromkeys(sections)),
    }
    made = PlanRevision.objects.create(diff=diff | dict(more), **named)
    said = set(comparison.remarks)
    rows = [_kept(n, change, said) for n, change in enumerate(comparison.changes)]
    insert(RevisionChange, rows, revision=made)
    return made


def _kept(position: int, change: Change, said: set[str]) -> dict[str, Any]:
    """一项的一行。`said` 是前面说过的须确认的话，这一项的记进去。"""
    news = [text for text in dict.fromkeys(change.confirm) if text not in said]
    said.update(news)
    return {
        "position": position,
        "kind": change.kind,
        "before": change.old.number if change.old else "",
        "after": change.new.number if change.new else "",
        "fields": fenced(item.name for item in change.fields),
        "rooms": fenced(change.rooms),
        "weight": weight(change),
        "confirms": len(news),
        "said": news,
        "content": change.to_json(),
    }


def weight(change: Change) -> int:
    """一处变化在页面上约占几个字节：一字三字节，每一处改动另有一行的标记。"""
    words = sum(len(field.old) + len(field.new) for field in change.fields) + sum(map(len, change.confirm))
    return 600 + 500 * len(change.fields) + 3 * words


def draft_restore(version: PlanRevision, *, by: User, at: dt.datetime) -> PlanRevision:
    """把更早的一版作为草稿：同样先看差异、再确认。与现行版相同的拒绝。抛 PermissionDenied、Refused。"""
    if not permissions.can_import(by):
        raise PermissionDenied
    plan = version.plan
    base = plan.revision
    if version == base:
        raise workflow.Refused(f"{version}就是现行版，不用恢复。")
    content = restoring.content_of(version)
    comparison = restoring.compared(plan, content)
    if comparison.is_empty:
        raise workflow.Refused(f"现行版与{version}内容相同，不用恢复。")
    _remark(plan, comparison, timezone.localdate(at))
    more = {"restores": version.pk, "confirmed": sorted(content.confirmed), "ignored": [], "notes": []}
    with transaction.atomic():
        note = f"恢复为{version}的内容"
        more |= _with_ids(comparison)
        made = keep(comparison, more, plan=plan, base=base, note=note, created_by=by, created_at=at)
        workflow.record("plan_draft", "准备恢复旧版", by, at, plan=plan, revision=made, note=note)
    return made


def comparison_of(revision: PlanRevision) -> Comparison:
    """存下来的整份比较。第一版没有可比的，是空的。"""
    rows = revision.changes.order_by("position").values_list("content", flat=True)
    return Comparison([Change.from_json(content) for content in rows.iterator()], revision.diff.get("remarks", []))


def draft_new_plan(
    data: bytes, filename: str, *, by: User, at: dt.datetime, year: int | None, title: str
) -> PlanRevision:
    """用一份文件建一份新方案的草稿。文件是正文的，文号、总体目标、保障措施、名单一并照录。

    没有指明年度的，取正文写明的。
    """
    year = year or _stated_year(data, filename, timezone.localdate(at).year)
    with transaction.atomic():
        reading = read_new(data, filename, year)
        first, last = remarks.head_span(reading.head) or (year, year)
        plan = Plan(title=title, year=year, starts_on=dt.date(first, 1, 1), ends_on=dt.date(last, 12, 31))
        _fill_head(plan, reading.head)
        plan.save()
        return draft(plan, data, filename, by=by, at=at, note="按印发文件录入")


def read_new(data: bytes, filename: str, year: int) -> Reading:
    """按新方案读：名单里没有的领导、部室提为拟新增，没有写领导、序号的也读。"""
    names = replace(known_names(), proposing=True)
    return read_plan(data, filename, names=names, limits=limits(), plan_year=year, terms=known_terms())


def _stated_year(data: bytes, filename: str, assumed: int) -> int:
    """正文写明的年度；没有写的请上传的人填。"""
    reading = read_new(data, filename, assumed)
    year = remarks.head_year(reading.head)
    if year is None:
        raise Unreadable("这份文件没有写明是哪一年的方案。请填写“新方案年度”后重新上传。")
    return year


def _fill_head(plan: Plan, head: dict[str, Any]) -> None:
    """把正文里的文件头写进方案；表格没有这些，留空。"""
    lengths = {f.name: f.max_length for f in Plan._meta.fields}
    for name, key in (
        ("document_number", "document_number"),
        ("issuer", "signed_by"),
        ("notice", "notice"),
        ("preamble", "preamble"),
        ("goal", "goal"),
        ("goal_heading", "goal_heading"),
        ("safeguards_heading", "safeguards_heading"),
        ("group_title", "members_heading"),
    ):
        setattr(plan, name, (head.get(key) or "")[: lengths[name]])
    plan.title = plan.title or (head.get("title") or f"{plan.year}年行动方案")[:200]
    issued = head.get("issued_on")
    plan.issued_on = issued if issued and FIRST_DAY <= issued <= LAST_DAY else None
    if issued and plan.starts_on <= issued < plan.ends_on and plan.starts_on.year == plan.ends_on.year:
        plan.starts_on = issued
    plan.safeguards = [{"heading": h, "text": t} for h, t in head.get("safeguards", ())]
    plan.group_members = [{"role": r, "name": w, "post": p} for r, w, _, p in head.get("members", ())]
    plan.group_note = "名单据文件所载，可能不全" if plan.group_members else ""
