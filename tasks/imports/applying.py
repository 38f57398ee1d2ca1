"""方案修订的后半程：草稿 → 确认生效 → 撤销。身份是数据库编号，序号只是属性，所以改序号不会动进展。

确认时只执行看过的那一份草稿（前半程在 drafts，这里一并给出）。规则（谁、何时）在 workflow.STEPS["revision"]。
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from departments.models import Department, Leader, User

from .. import workflow
from ..models import Assignment, Event, Measure, MeasureLeader, Plan, PlanRevision
from ..rules import permissions
from . import remarks, restoring, targets
from .bulk import chunks, insert, update
from .comparing import row_from_json
from .drafts import Faulty, Unchanged, comparison_of, draft, draft_new_plan, keep, known_names, limits, preview
from .inforce import Rosters, add_proposed, live_rows, snapshot
from .numbers import position
from .rows import MeasureRow

__all__ = [
    "Faulty",
    "Unchanged",
    "apply_revision",
    "choose_plan",
    "comparison_of",
    "discard_revision",
    "draft",
    "draft_new_plan",
    "known_names",
    "limits",
    "live_rows",
    "preview",
    "put_in_force",
    "revert_revision",
    "snapshot",
    "words_of",
]


# ── 生效、放弃、撤销 ──────────────────────────────────────


def apply_revision(
    revision: PlanRevision, *, by: User, at: dt.datetime, removals_checked: bool = False
) -> PlanRevision:
    """把看过的草稿变成第 N+1 版：一个事务，要么全成要么全不成；进展一条不动。没有现行方案的，随即成为现行方案。

    抛 PermissionDenied、Refused。
    """
    with transaction.atomic():
        current = _locked(revision)
        step = workflow.check(workflow.STEPS["revision"]["apply_revision"], current, by, at)
        counts = current.diff["counts"]
        if counts["removed"] and not removals_checked:
            raise workflow.Refused(f"有 {counts['removed']} 项将退出现行方案，请单独勾选“同意退出”后再确认。")
        if current.base is None:
            add_proposed(current.diff.get("proposed", {}))
        rosters, ids = Rosters.load(), current.diff.get("ids")
        changes = list(current.changes.order_by("position").values_list("content", flat=True))
        rows = [(c["id"], row_from_json(c["new"])) for c in changes if c["kind"] != "removed"]
        wanted = [(pk, rosters.current(row, ids)) for pk, row in rows]
        _put_in_force(current, wanted, _kinds_changed(changes), current.diff.get("confirmed", ()), by, at)
        signed = _sign(current, step.target, by, at, "plan_apply", "方案修订生效", words_of(counts))
        if not Plan.objects.filter(is_current=True).exists():  # 头一份方案，没有别的可选
            choose_plan(signed.plan, by=by, at=at)
        return signed


def discard_revision(revision: PlanRevision, *, by: User, at: dt.datetime) -> PlanRevision:
    """放弃草稿；修订的原文件与比较留底，新方案的不留。抛 PermissionDenied、Refused。"""
    with transaction.atomic():
        current = _locked(revision)
        current.status = workflow.check(workflow.STEPS["revision"]["discard_revision"], current, by, at).target
        plan = current.plan
        if current.base is None and not plan.revisions.exclude(pk=current.pk).exists() and not plan.events.exists():
            # 新方案只有这一份草稿：连方案一起不留。
            current.delete()
            plan.delete()
            workflow.record("plan_discard", "放弃方案修订", by, at, note=plan.title)
            return current
        current.save(update_fields=["status"])
        workflow.record("plan_discard", "放弃方案修订", by, at, plan=plan, revision=current)
        return current


def revert_revision(revision: PlanRevision, *, by: User, at: dt.datetime) -> PlanRevision:
    """撤销最新一版：把上一版的内容作为新的一版生效。撤销本身也可以再撤销。抛 PermissionDenied、Refused。"""
    with transaction.atomic():
        last = _locked(revision)
        workflow.check(workflow.STEPS["revision"]["revert_revision"], last, by, at)
        assert last.base is not None  # 第 1 版没有可退回的，核对时已经拒绝
        content = restoring.content_of(last.base)
        comparison = restoring.compared(last.plan, content)
        remarks.with_history(last.plan, comparison)
        note = f"撤销第 {last.number} 版"
        made = keep(comparison, plan=last.plan, base=last, reverts=last, note=note, created_by=by, created_at=at)
        return put_in_force(made, content, by, at, "plan_revert", note, "恢复为上一版的内容")


def reissue(
    plan: Plan, rows: list[tuple[int, MeasureRow]], *, note: str, label: str, words: str, by: User, at: dt.datetime
) -> PlanRevision:
    """不经草稿、不改类型的一版（收尾、换人）即时生效：剩下的是 `rows` 里的各项。调用者已锁住方案。"""
    content = restoring.Content(rows, set(), set())
    found = restoring.compared(plan, content)
    made = keep(found, plan=plan, base=plan.revision, note=note[:300], created_by=by, created_at=at)
    return put_in_force(made, content, by, at, "plan_apply", label, words)


def put_in_force(
    revision: PlanRevision, content: restoring.Content, by: User, at: dt.datetime, action: str, label: str, words: str
) -> PlanRevision:
    """不经草稿的一版（撤销、收尾）即时生效。调用者已锁住方案、核对过可以不可以。"""
    _put_in_force(revision, content.rows, content.kinds, content.confirmed, by, at)
    return _sign(revision, PlanRevision.Status.APPLIED, by, at, action, label, words)


def choose_plan(plan: Plan, *, by: User, at: dt.datetime) -> Plan:
    """选定现行方案：网址不写明方案的就是它。原来的没办完的照样在它自己的网址办。抛 PermissionDenied、Refused。"""
    if not permissions.can_import(by):
        raise PermissionDenied
    with transaction.atomic():
        list(Plan.objects.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
        if plan.revision is None:
            raise workflow.Refused("这份方案还没有生效的版本，请先导入并确认。")
        workflow.steps.check_not_archived(plan)
        Plan.objects.filter(is_current=True).update(is_current=False)
        Plan.objects.filter(pk=plan.pk).update(is_current=True)
        workflow.record("plan_choose", "选定现行方案", by, at, plan=plan, note=plan.title, is_public=True)
        plan.is_current = True
        return plan


# ── 内部 ──────────────────────────────────────────────────


def _locked(revision: PlanRevision) -> PlanRevision:
    """锁住方案行（同一份方案的修订一次只做一件），再重读这一版；用不到的大字段不读。

    锁用 no_key：报送锁着举措、要把操作记录记在方案名下，外键核对不该等修订，否则互相等死。
    """
    Plan.objects.select_for_update(no_key=True).get(pk=revision.plan_id)
    heavy = ("content", "rows", "base__content", "base__rows", "base__diff")
    return PlanRevision.objects.select_related("plan", "base").defer(*heavy).get(pk=revision.pk)


def _kinds_changed(changes: Iterable[Mapping[str, Any]]) -> set[int]:
    """这一版里改了类型的各项（编号）：别的项的类型由办公室核定，修订不动。"""
    return {c["id"] for c in changes if any(field["name"] == "kind" for field in c["fields"])}


def _put_in_force(
    revision: PlanRevision,
    wanted: Sequence[tuple[int | None, MeasureRow]],
    kinds: Collection[int],
    confirmed: Collection[int],
    by: User,
    at: dt.datetime,
) -> None:
    """让现行方案恰好是 `wanted`（[(编号或 None, 行)]）；被盖过的办公室核定记进 `revision.diff["was"]`。

    先把要改序号的和要退出的都退出，再写新序号：序号互换也不会撞上唯一约束。
    """
    plan = revision.plan
    workflow.steps.lock_measures(plan)
    live = {item.id: item.row for item in live_rows(plan)}
    keep = {pk: row for pk, row in wanted if pk is not None}
    moved = [pk for pk, row in live.items() if pk not in keep or keep[pk].number != row.number]
    for part in chunks(moved):
        Measure.objects.filter(pk__in=part).update(retired_in=revision)
    changed = {pk: row for pk, row in keep.items() if pk not in live or not _same(live[pk], row, pk in kinds)}
    if was := _update(changed, kinds, confirmed):
        revision.diff["was"] = was
        revision.save(update_fields=["diff"])
    created = _create(plan, [row for pk, row in wanted if pk is None])
    _propose_targets(keep, live)
    rows = {**changed, **created}
    _set_leaders(rows, live)
    _set_departments(revision, rows, live)
    owe_new(plan)
    workflow.rejudge_plan(plan)
    _record_changes(revision, changed, live, created, by, at)


def _same(old: MeasureRow, new: MeasureRow, with_kind: bool) -> bool:
    """除由时限推得的日期外完全相同；类型只在这次真的要改时才比。"""
    kind = new.kind if with_kind else old.kind
    is_everyone = new.all_departments and old.all_departments
    departments = old.departments if is_everyone else new.departments
    if (kind, departments) != (new.kind, new.departments):
        new = replace(new, kind=kind, departments=departments)
    return old == new


def _update(changed: Mapping[int, MeasureRow], kinds: Collection[int], confirmed: Collection[int]) -> dict:
    """改写已有的各项，返回被盖过的核定：时限原文没有变的，日期一概不动；类型只动这次要改的。"""
    if not changed:
        return {}
    names = (*_content(next(iter(changed.values()))), "section", "due_on", "kind", "kind_is_confirmed", "retired_in")
    found = [row for part in chunks(list(changed)) for row in Measure.objects.filter(pk__in=part).values("pk", *names)]
    stored = {row.pop("pk"): row for row in found}
    was, made = {}, {}
    for pk, row in changed.items():
        have = stored[pk]
        new = have | _content(row) | {"retired_in": None, "section": row.section or have["section"]}  # 台账没有标题
        old: dict[str, Any] = {}
        if row.deadline != have["deadline"]:
            old |= {"deadline": have["deadline"], "due_on": have["due_on"].isoformat() if have["due_on"] else None}
            new["due_on"] = row.due_on
        if pk in kinds and row.kind:
            old |= {"kind": have["kind"], "kind_is_confirmed": have["kind_is_confirmed"]}
            new |= {"kind": row.kind, "kind_is_confirmed": pk in confirmed}
        if old:
            was[str(pk)] = old
        made[pk] = new
    differing = [name for name in names if any(new[name] != stored[pk][name] for pk, new in made.items())]
    if differing:
        update(Measure, {pk: {name: new[name] for name in differing} for pk, new in made.items()})
    return was


def _content(row: MeasureRow) -> dict[str, Any]:
    """一行写进库里的各栏；标题、时限的日期、类型另有规矩。"""
    return {
        "number": row.number,
        "position": position(row.number),
        "title": row.title,
        "text": row.text,
        "lead_label": row.lead_label,
        "all_departments": row.all_departments,
        "cooperating": "、".join(row.cooperating),
        "deadline": row.deadline,
    }


def _create(plan: Plan, rows: Sequence[MeasureRow]) -> dict[int, MeasureRow]:
    """新增的各项：编号 → 行。现行方案里序号不重，写好之后按序号认编号。"""
    made = [
        _content(row)
        | {
            "section": row.section,
            "due_on": row.due_on,
            "kind": row.kind or Measure.Kind.ROUTINE,
            "aims": [vars(aim) for aim in row.aims],
        }
        for row in rows
    ]
    insert(Measure, made, plan=plan)
    ids = dict(Measure.objects.in_force().filter(plan=plan).values_list("number", "pk")) if rows else {}
    return {ids[row.number]: row for row in rows}


def _propose_targets(keep: Mapping[int, MeasureRow], live: Mapping[int, MeasureRow]) -> None:
    """新写的量化目标列为待核定；核定了的不动。原文改了的，新的话里说到的也提出来。"""
    waiting = {}
    for pk, row in keep.items():
        old = live.get(pk)
        have = {*old.aims, *old.pending} if old else set()
        more = list(row.aims)
        if old and old.text != row.text:
            more += [aim for aim in targets.propose(row.text)[0] if aim.quote not in old.text]
        if new := [aim for aim in dict.fromkeys(more) if aim not in have]:
            waiting[pk] = {"aims": [vars(aim) for aim in (*(old.pending if old else ()), *new)]}
    update(Measure, waiting)


def _set_leaders(rows: Mapping[int, MeasureRow], live: Mapping[int, MeasureRow]) -> None:
    """只重写领导有变化的几项；不在现行方案里的（新增、恢复列入）以库里的为准。"""
    ids = dict(Leader.objects.values_list("called", "pk"))
    changed = [pk for pk, row in rows.items() if pk not in live or live[pk].leaders != row.leaders]
    for part in chunks(changed):
        MeasureLeader.objects.filter(measure__in=part).delete()
    links = [
        {"measure": pk, "leader": ids[name], "order": order}
        for pk in changed
        for order, name in enumerate(rows[pk].leaders)
    ]
    insert(MeasureLeader, links)


def _set_departments(revision: PlanRevision, rows: Mapping[int, MeasureRow], live: Mapping[int, MeasureRow]) -> None:
    """责任分工：不再牵头的终止（不删，进展还在），新牵头的建立，以前牵头过的恢复。"""
    ids = dict(Department.objects.values_list("name", "pk"))
    everybody = list(Department.objects.active().values_list("name", flat=True))
    wanted = {pk: list(row.departments) or (everybody if row.all_departments else []) for pk, row in rows.items()}
    touched = [pk for pk, names in wanted.items() if pk not in live or list(live[pk].departments) != names]
    have: dict[int, dict[str, Assignment]] = defaultdict(dict)
    for part in chunks(touched):
        for a in Assignment.objects.filter(measure__in=part).select_related("department"):
            have[a.measure_id][a.department.name] = a
    created: list[dict[str, Any]] = []
    updated: dict[int, dict[str, Any]] = {}
    for pk in touched:
        names, found = wanted[pk], have[pk]
        for gone in (a for name, a in found.items() if name not in names and a.ended_in_id is None):
            updated[gone.pk] = {"ended_in": revision.pk, "order": gone.order}
        for order, name in enumerate(names):
            assignment = found.get(name)
            if assignment is None:
                created.append({"measure": pk, "department": ids[name], "order": order})
            elif assignment.ended_in_id is not None or assignment.order != order:
                updated[assignment.pk] = {"ended_in": None, "order": order}
    insert(Assignment, created)
    update(Assignment, updated)


def owe_new(plan: Plan) -> None:
    """报送中的各期：新增的项次从这一期起应报（已有的不动）。"""
    for period in plan.periods.still_open():
        owed = Assignment.objects.in_force().filter(measure__plan=plan).not_completed()
        workflow.owe_progress(period, owed.exclude(progress__period=period))


def _record_changes(
    revision: PlanRevision,
    changed: Mapping[int, MeasureRow],
    live: Mapping[int, MeasureRow],
    created: Mapping[int, MeasureRow],
    by: User,
    at: dt.datetime,
) -> None:
    """每一项的变化各记一条，改前改后都在，时间线上看得到。"""
    events = []
    for pk, row in changed.items():
        old = live.get(pk)
        names = [
            f
            for f in ("number", "title", "text", "leaders", "departments", "cooperating", "deadline")
            if old and getattr(old, f) != getattr(row, f)
        ]
        note = _sentence(old, row, names)
        data = {f: [str(getattr(old, f)), str(getattr(row, f))] for f in names}
        if old and "deadline" in names:
            data["due_on"] = [str(old.due_on or ""), str(row.due_on or "")]
        events.append(_event(pk, "measure_revise", "修订" if old else "恢复列入", note, data))
    events += [_event(pk, "measure_add", "列入方案", row.title) for pk, row in created.items()]
    gone = Measure.objects.filter(retired_in=revision).values_list("pk", "number", "title")
    events += [_event(pk, "measure_retire", "退出方案", f"第{n}项“{t}”") for pk, n, t in gone]
    insert(Event, events, by=by, at=at, is_public=True, plan=revision.plan, revision=revision)


def _sentence(old: MeasureRow | None, row: MeasureRow, names: Collection[str]) -> str:
    if old is None:
        return f"第{row.number}项"
    labels = {
        "title": "名称",
        "text": "具体内容",
        "leaders": "牵头领导",
        "departments": "牵头部室",
        "cooperating": "配合单位",
        "deadline": "完成时限",
    }
    parts = [f"序号由 {old.number} 改为 {row.number}"] if "number" in names else []
    for name in ("leaders", "departments", "cooperating"):
        if name in names:
            was, now = ("、".join(getattr(side, name)) or "（没有）" for side in (old, row))
            parts.append(f"{labels[name]}由{was}改为{now}")
    words = "、".join(labels[n] for n in names if n in ("title", "text", "deadline"))
    return "；".join([*parts, *([f"{words}有修改"] if words else [])])


def _event(measure: int, action: str, label: str, note: str, data: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {"measure": measure, "action": action, "label": label, "note": note, "data": data or {}}


def _sign(
    revision: PlanRevision, status: str, by: User, at: dt.datetime, action: str, label: str, words: str
) -> PlanRevision:
    plan = revision.plan
    last = plan.revision
    revision.number = (last.number if last else 0) + 1
    revision.status, revision.applied_by, revision.applied_at = status, by, at
    revision.rows = snapshot(plan)
    revision.save(update_fields=["number", "status", "applied_by", "applied_at", "rows"])
    note = f"第 {revision.number} 版：{words}" + (f"。{revision.note}" if revision.note else "")
    workflow.record(action, label, by, at, plan=plan, revision=revision, note=note, is_public=True)
    return revision


def words_of(counts: Mapping[str, int]) -> str:
    """各类变化的项数，用话说。"""
    named = (
        ("added", "新增"),
        ("changed", "修改"),
        ("renumbered", "改序号"),
        ("revived", "恢复列入"),
        ("removed", "退出"),
        ("same", "无变化"),
    )
    return "，".join(f"{label} {counts[key]} 项" for key, label in named if counts.get(key))
