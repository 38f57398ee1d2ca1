"""预览里由库里的情况得出的话：名单、目标、时限与灯、恢复列入、正文其余部分。什么也不写。"""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from django.db.models import Count

from departments.models import Department, Leader
from yingshang import dates
from yingshang.tables.normalising import squeeze

from ..figures.judging import Judge
from ..figures.ledger import current_period
from ..models import Cooperation, Extension, Measure, Plan, Progress, Target
from ..rules import lights
from .comparing import Change, Comparison
from .rows import FIELD_LABELS, Fault

HEAD = {
    "title": ("名称", "title"),
    "document_number": ("文号", "document_number"),
    "issued_on": ("印发日期", "issued_on"),
    "signed_by": ("署名", "issuer"),
    "notice": ("印发通知", "notice"),
    "preamble": ("引言", "preamble"),
    "goal": ("总体目标", "goal"),
    "goal_heading": ("总体目标的标题", "goal_heading"),
    "safeguards_heading": ("保障措施的标题", "safeguards_heading"),
}
# 以前导入的方案没有存标题：库里空着的不比。
HEADINGS = ("goal_heading", "safeguards_heading")
_SPAN = re.compile(r"(?<!\d)(20\d\d)\s*年?\s*[-－–—‑~～至到]+\s*(20\d\d)(?=\s*年|[〕\]】）)]|$)")
_YEAR = re.compile(r"(?<!\d)(20\d\d)(?=\s*年|[〕\]】）)])")


def departed(comparison: Comparison) -> list[Fault]:
    """新挂到某一项上的领导已离任、部室已停用：是错误。"""
    gone = {
        "leaders": set(Leader.objects.filter(is_active=False).values_list("called", flat=True)),
        "departments": set(Department.objects.filter(is_active=False).values_list("name", flat=True)),
    }
    found = []
    for change in comparison.of_kind("added", "changed", "revived"):
        old = None if change.kind == "revived" else change.old
        for field, names in gone.items():
            for name in names & set(getattr(change.new, field)) - set(getattr(old, field, ())):
                label = FIELD_LABELS[field]
                message = f"第{change.row.number}项“{label}”“{name}”已离任或停用，不能新列。请改正，或先在后台恢复。"
                found.append(Fault(change.row.line, label, name, message))
    return found


def broken_quotes(plan: Plan, comparison: Comparison) -> list[str]:
    """原文改了，量化目标所引的那句话不在了：提醒管理员请办公室核定。"""
    return [
        f"第{t.measure.number}项的量化目标“{t}”引的原文“{t.quote}”在新文字里找不到，生效后请核定目标。"
        for t in unquoted(plan, comparison)
    ]


def unquoted(plan: Plan, comparison: Comparison) -> list[Target]:
    """改了文字的各项里，所引的那句话在新文字里找不到的量化目标。"""
    texts = {c.id: c.row.text for c in comparison.of_kind("changed", "revived")}
    rows = Target.objects.filter(measure__plan=plan, measure__in=texts).select_related("measure")
    return [t for t in rows.order_by("measure__position", "order") if t.quote not in texts[t.measure_id]]


def dropped_helpers(plan: Plan, comparison: Comparison) -> list[str]:
    """还请着报的配合单位，新的一版里不再列、要牵头、或那一项要退出：说明会怎样，怎么办。"""
    after = {c.id: c.row for c in comparison.of_kind("changed", "renumbered")}
    gone = {c.id for c in comparison.of_kind("removed")}
    rows = Cooperation.objects.outstanding().filter(measure__plan=plan).select_related("measure", "department")
    found = []
    for number, room, pk in dict.fromkeys((r.measure.number, r.department.name, r.measure_id) for r in rows):
        asked = f"第{number}项办公室正请{room}报配合情况"
        if pk in gone:
            found.append(f"{asked}，这一项退出以后不用再报。")
        elif pk in after and room in after[pk].departments:
            found.append(f"{asked}，新的一版里由它牵头，下一期起不再另请；这一期的不用了，请办公室到举措页撤销。")
        elif pk in after and room not in after[pk].cooperating:
            found.append(f"{asked}，新的一版里不再列它为配合单位；请的照旧有效，不用了请办公室到举措页撤销。")
    return found


# ── 时限与灯 ──────────────────────────────────────────────


def deadlines(plan: Plan, comparison: Comparison, today: dt.date) -> list[str]:
    """时限变了的：现行是哪一天（含办公室核定与延期），导入后是哪一天，过了没有，灯会怎样。"""
    moved = [c for c in comparison.of_kind("changed", "revived") if any(f.name == "deadline" for f in c.fields)]
    extended = _extensions([c.id for c in moved if c.id])
    found = []
    for change in moved:
        before, after = [f for f in change.fields if f.name == "deadline"][0].sides
        if (change.old and change.old.due_on) or change.id in extended:
            more = "".join(f"；{text}" for text in extended.get(change.id, ()))
            found.append(f"第{change.row.number}项完成时限：现行{before}{more}。导入后为{after}。")
    changed = [c for c in comparison.of_kind("changed", "revived") if {f.name for f in c.fields} & {"deadline", "kind"}]
    dated = [(c.row.number, c.row.due_on) for c in [*moved, *comparison.of_kind("added")]]
    past = [(number, day) for number, day in dated if day and day < today]
    found += [f"第{number}项时限{dates.full(day)}已过 {(today - day).days} 天。" for number, day in past]
    return found + _lights(plan, changed, today)


def _extensions(ids: Collection[int]) -> dict[int | None, list[str]]:
    """举措 → 待批与已批准的延期，用话说。"""
    found: dict[int | None, list[str]] = defaultdict(list)
    rows = Extension.objects.filter(
        assignment__measure__in=ids, status__in=[Extension.Status.REQUESTED, Extension.Status.APPROVED]
    )
    for row in rows.select_related("assignment__department").order_by("requested_at", "pk"):
        day = dates.full(row.new_due_on)
        room = row.assignment.department
        said = f"{room}申请延至{day}，待批" if row.is_waiting else f"{room}已批准延至{day}，仍按延期"
        found[row.assignment.measure_id].append(said)
    return found


def _lights(plan: Plan, changes: Collection[Change], today: dt.date) -> list[str]:
    """生效后灯会变的各项：照现在的账，只换时限与类型，再判一次。"""
    period = current_period(plan, today) if changes else None
    if period is None:
        return []
    new = {c.id: c.row for c in changes if c.id}
    judge = Judge(plan, period, today, measures=Measure.objects.filter(pk__in=new))
    found = []
    for measure in judge.measures:
        row, was = new[measure.pk], judge.combined(measure, judge.rulings(measure))
        if row.deadline != measure.deadline:
            measure.due_on = row.due_on
        measure.kind = row.kind or measure.kind
        light = judge.combined(measure, judge.rulings(measure))
        if light.level != was.level:
            says = lights.LABELS
            found.append(f"第{row.number}项生效后判{says[light.level]}（{light.reason}）；现为{says[was.level]}。")
    return found


# ── 恢复列入 ──────────────────────────────────────────────


def with_history(plan: Plan, comparison: Comparison) -> None:
    """恢复列入的，写明第几版退出、已有几期进展，好让人看出接的是哪一项。"""
    ids = [c.id for c in comparison.of_kind("revived") if c.id]
    if not ids:
        return
    retired = dict(Measure.objects.filter(pk__in=ids).values_list("pk", "retired_in__number"))
    sent = Progress.objects.filter(assignment__measure__in=ids, first_submitted_at__isnull=False)
    periods = dict(sent.order_by().values_list("assignment__measure").annotate(n=Count("period", distinct=True)))
    comparison.changes = [
        replace(c, note=f"第 {retired[c.id]} 版退出，已有 {periods.get(c.id, 0)} 期进展") if c.id in retired else c
        for c in comparison.changes
    ]


# ── 举措以外的部分 ────────────────────────────────────────


def head_differences(plan: Plan, head: dict[str, Any]) -> list[dict]:
    """文件里举措以外的部分与现行方案不同的：哪一处、现行的、文件的。修订只导入举措。"""
    found = []
    for key, (label, name) in HEAD.items():
        said, ours = head.get(key), getattr(plan, name)
        if said and squeeze(str(said)) != squeeze(str(ours or "")) and (ours or key not in HEADINGS):
            found.append({"label": label, "old": _shown(ours), "new": _shown(said)})
    ours = [(p["heading"], p["text"]) for p in plan.safeguards]
    theirs = [tuple(part) for part in head.get("safeguards", ())]
    for n in range(max(len(ours), len(theirs)) if theirs else 0):
        old, new = (parts[n] if n < len(parts) else ("", "") for parts in (ours, theirs))
        if old != new:
            found.append({"label": f"保障措施第 {n + 1} 节", "old": "".join(old), "new": "".join(new)})
    listed = [(r, squeeze(n), p) for r, _, n, p in head.get("members", ())]
    if listed and listed != [(m["role"], squeeze(m["name"]), m["post"]) for m in plan.group_members]:
        found.append({"label": "领导小组名单", "old": "", "new": ""})
    return found


def _shown(value: Any) -> str:
    return dates.full(value) if hasattr(value, "year") else value or ""


def head_span(head: dict[str, Any]) -> tuple[int, int] | None:
    """名称里写明的起止年度：“三年行动方案（2023—2025年）”；没有写的为 None。"""
    found = _SPAN.search(head.get("title") or "")
    return (int(found[1]), int(found[2])) if found and int(found[1]) < int(found[2]) else None


def head_year(head: dict[str, Any]) -> int | None:
    """文件说自己是哪一年的：先看名称（几年的方案取头一年），再看文号、印发日期。"""
    if span := head_span(head):
        return span[0]
    for key in ("title", "document_number"):
        if found := _YEAR.search(head.get(key) or ""):
            return int(found[1])
    issued = head.get("issued_on")
    return issued.year if issued and 2000 <= issued.year <= 2099 else None


def another_document(plan: Plan, head: dict[str, Any]) -> str:
    """像是另一份文件（年度或文号与现行方案不同）：说清哪里不同；是同一份的为空。"""
    year, number = head_year(head), head.get("document_number", "")
    said = [f"年度是 {year} 年，现行方案是 {plan.year} 年"] if year and year != plan.year else []
    if number and plan.document_number and squeeze(number) != squeeze(plan.document_number):
        said.append(f"文号是{number}，现行方案是{plan.document_number}")
    if not said:
        return ""
    return f"这份文件的{'，'.join(said)}：像是另一份文件。若是新的方案，请改为建立新方案。"
