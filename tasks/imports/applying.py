"""方案修订的后半程：草稿 → 确认生效 → 撤销。身份是数据库编号，序号只是属性，所以改序号不会动进展。

草稿就是预览：连同原文件存在库里，确认时只执行看过的那一份。规则（谁、何时）在 workflow.STEPS["revision"]。
"""

import datetime as dt
import hashlib
from collections import defaultdict
from dataclasses import replace

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q

from departments.models import Department, DepartmentAlias, Leader

from .. import permissions, workflow
from ..models import Assignment, Event, Measure, MeasureLeader, Plan, PlanRevision, ReportingPeriod, Target
from ..models.fields import FIRST_DAY, LAST_DAY
from ..resources import STATUS_COLUMNS
from .comparing import Comparison, compare, row_from_json, row_to_json
from .numbers import position
from .reading import read_plan
from .rows import FIELD_LABELS, Limits, Live, Names, Problem, Reading, Row

BATCH = 500
LIVE_FIELDS = ("number", "title", "text", "all_departments", "deadline", "due_on", "kind", "lead_label")


class Unchanged(Exception):
    """文件与现行版本没有差异，不必导入。`reading` 里有被忽略的内容。"""

    def __init__(self, reading):
        self.reading = reading
        super().__init__("与现行版本没有差异，全部无变化，无需导入。")


class Faulty(Exception):
    """文件里有错误，什么也没有写。`reading.errors` 逐条说明在哪里、是什么、怎么办。"""

    def __init__(self, reading):
        self.reading = reading
        super().__init__(f"文件里有 {len(reading.errors)} 处错误，没有导入。")


# ── 读与比 ────────────────────────────────────────────────


def known_names(plan=None) -> Names:
    """名单：在任领导、在用部室，以及全称与别名。

    现行方案里还挂着的，离任、停用了也认得：没有改动的行不该报错（新挂上去的另由 `_departed` 拦下）。
    """
    in_force = Measure.objects.in_force().filter(plan=plan)
    departments = Department.objects.filter(
        Q(is_active=True) | Q(assignments__measure__in=in_force, assignments__ended_in__isnull=True)
    ).distinct()
    aliases = {d.full_name: d.name for d in departments if d.full_name and d.full_name != d.name}
    aliases |= {a.name: a.department.name for a in DepartmentAlias.objects.select_related("department")}
    leaders = Leader.objects.filter(Q(is_active=True) | Q(measure_links__measure__in=in_force)).distinct()
    return Names(tuple(leader.name for leader in leaders), tuple(d.name for d in departments), aliases)


def limits() -> Limits:
    """上传的限额，取自设置。"""
    return Limits(
        file_bytes=settings.PLAN_MAX_BYTES,
        unpacked_bytes=settings.PLAN_MAX_UNPACKED_BYTES,
        rows=settings.PLAN_MAX_ROWS,
    )


def live_rows(plan) -> list[Live]:
    """现行方案的各项，三次查询。"""
    found = Measure.objects.in_force().filter(plan=plan).order_by("position", "pk")
    leaders, departments = defaultdict(list), defaultdict(list)
    links = MeasureLeader.objects.filter(measure__plan=plan, measure__retired_in__isnull=True).order_by("order", "pk")
    for pk, name in links.values_list("measure", "leader__name"):
        leaders[pk].append(name)
    assigned = Assignment.objects.in_force().filter(measure__plan=plan).order_by("order", "pk")
    for pk, name in assigned.values_list("measure", "department__name"):
        departments[pk].append(name)
    return [
        Live(pk, Row(leaders=tuple(leaders[pk]), departments=tuple(departments[pk]), **values))
        for pk, values in ((item.pop("pk"), item) for item in found.values("pk", *LIVE_FIELDS))
    ]


def snapshot(plan) -> list[dict]:
    """整份方案的快照，带数据库编号；各部室共担的写出当时展开的部室。"""
    return [{"id": item.id, **row_to_json(item.row)} for item in live_rows(plan)]


def preview(plan, data, filename) -> tuple[Reading, Comparison]:
    """读文件并与现行版本比较，什么也不写。文件有错抛 `Faulty`，整份读不了抛 `Unreadable`。"""
    reading = read_plan(
        data, filename, names=known_names(plan), limits=limits(), plan_year=plan.year, status_columns=STATUS_COLUMNS
    )
    if reading.errors:
        raise Faulty(reading)
    comparison = compare(live_rows(plan), reading)
    reading.errors += _departed(comparison)
    if reading.errors:
        raise Faulty(reading)
    comparison.remarks += _broken_quotes(plan, comparison)
    return reading, comparison


def _departed(comparison) -> list[Problem]:
    """新挂到某一项上的领导已离任、部室已停用。"""
    gone = {
        "leaders": set(Leader.objects.filter(is_active=False).values_list("name", flat=True)),
        "departments": set(Department.objects.filter(is_active=False).values_list("name", flat=True)),
    }
    found = []
    for change in comparison.of_kind("added", "changed"):
        for field, names in gone.items():
            for name in names & set(getattr(change.new, field)) - set(getattr(change.old, field, ())):
                label = FIELD_LABELS[field]
                message = f"第{change.new.number}项“{label}”“{name}”已离任或停用，不能新列。请改正，或先在后台恢复。"
                found.append(Problem(change.new.line, label, name, message))
    return found


def _broken_quotes(plan, comparison) -> list[str]:
    """原文改了，量化目标所引的那句话不在了：提醒管理员请办公室核定。"""
    texts = {c.id: c.new.text for c in comparison.of_kind("changed")}
    return [
        f"第{t.measure.number}项的量化目标“{t}”引的原文“{t.quote}”在新文字里找不到，生效后请核定目标。"
        for t in Target.objects.filter(measure__plan=plan, measure__in=texts).select_related("measure")
        if t.quote not in texts[t.measure_id]
    ]


def _unread_head(plan, reading) -> list[str]:
    """修订现行方案时只导入举措；正文其他部分有不同的，列明没有采用。"""
    labels = {"preamble": "引言", "goal": "总体目标"}
    different = [labels[k] for k in labels if reading.head.get(k) and reading.head[k] != getattr(plan, k)]
    safeguards = [(p["heading"], p["text"]) for p in plan.safeguards]
    if reading.head.get("safeguards") and reading.head["safeguards"] != safeguards:
        different.append("保障措施")
    return [f"正文的{name}与现行方案不同，修订只导入举措，没有采用" for name in different]


# ── 草稿 ──────────────────────────────────────────────────


def draft(plan, data, filename, *, by, at, note="") -> PlanRevision:
    """存一份草稿（即预览）。没有差异时抛 `Unchanged`，不留草稿。"""
    reading, comparison = preview(plan, data, filename)
    base = plan.revision
    if comparison.is_empty and base is not None:
        raise Unchanged(reading)
    diff = comparison.to_json() | {
        "ignored": [*reading.ignored, *_unread_head(plan, reading)],
        "notes": list(reading.notes),
        "source": reading.kind,
        "sheet": reading.sheet,
        "many_removed": comparison.many_removed,
    }
    with transaction.atomic():
        made = PlanRevision.objects.create(
            plan=plan,
            base=base,
            note=note,
            filename=filename[:200],
            content=data,
            sha256=hashlib.sha256(data).hexdigest(),
            diff=diff,
            created_by=by,
            created_at=at,
        )
        workflow.record("plan_draft", "上传方案修订", by, at, plan=plan, revision=made, note=filename[:200])
    return made


def comparison_of(revision) -> Comparison:
    """存下来的比较，供页面显示。"""
    return Comparison.from_json({k: revision.diff[k] for k in ("changes", "remarks")})


def draft_new_plan(data, filename, *, by, at, year, title) -> PlanRevision:
    """用一份文件建一份新方案的草稿。文件是正文的，文号、总体目标、保障措施、名单一并照录。"""
    with transaction.atomic():
        plan = Plan(title=title, year=year, starts_on=dt.date(year, 1, 1), ends_on=dt.date(year, 12, 31))
        reading = read_plan(data, filename, names=known_names(), limits=limits(), plan_year=year)
        _fill_head(plan, reading.head)
        plan.save()
        return draft(plan, data, filename, by=by, at=at, note="按印发文件录入")


def _fill_head(plan, head) -> None:
    """把正文里的文件头写进方案；表格没有这些，留空。"""
    for name, key in (
        ("document_number", "document_number"),
        ("issuer", "signed_by"),
        ("notice", "notice"),
        ("preamble", "preamble"),
        ("goal", "goal"),
        ("group_title", "members_heading"),
    ):
        most = Plan._meta.get_field(name).max_length
        setattr(plan, name, (head.get(key) or "")[:most])
    plan.title = plan.title or (head.get("title") or f"{plan.year}年行动方案")[:200]
    issued = head.get("issued_on")
    plan.issued_on = issued if issued and FIRST_DAY <= issued <= LAST_DAY else None
    if issued and plan.starts_on <= issued < plan.ends_on:
        plan.starts_on = issued
    plan.safeguards = [{"heading": h, "text": t} for h, t in head.get("safeguards", ())]
    plan.group_members = [{"role": r, "name": w, "post": p} for r, w, _, p in head.get("members", ())]
    plan.group_note = "名单据文件所载，可能不全" if plan.group_members else ""


# ── 生效、放弃、撤销 ──────────────────────────────────────


def apply_revision(revision, *, by, at, removals_checked=False) -> PlanRevision:
    """把看过的草稿变成第 N+1 版：一个事务，要么全成要么全不成；进展一条不动。"""
    with transaction.atomic():
        current = _locked(revision)
        step = workflow.check(workflow.STEPS["revision"]["apply_revision"], current, by, at)
        changes, counts = current.diff["changes"], current.diff["counts"]
        if counts["removed"] and not removals_checked:
            raise workflow.Refused(f"有 {counts['removed']} 项将退出现行方案，请单独勾选“同意退出”后再确认。")
        wanted = [(c["id"], row_from_json(c["new"])) for c in changes if c["kind"] != "removed"]
        _put_in_force(current, wanted, _kinds_changed(changes), by, at)
        return _sign(current, step.target, by, at, "plan_apply", "方案修订生效", _words(counts))


def discard_revision(revision, *, by, at) -> PlanRevision:
    """放弃草稿；原文件与比较留底。"""
    with transaction.atomic():
        current = _locked(revision)
        current.status = workflow.check(workflow.STEPS["revision"]["discard_revision"], current, by, at).target
        current.save(update_fields=["status"])
        workflow.record("plan_discard", "放弃方案修订", by, at, plan=current.plan, revision=current)
        return current


def revert_revision(revision, *, by, at) -> PlanRevision:
    """撤销最新一版：把上一版的内容作为新的一版生效。撤销本身也可以再撤销。"""
    with transaction.atomic():
        last = _locked(revision)
        step = workflow.check(workflow.STEPS["revision"]["revert_revision"], last, by, at)
        wanted = [(row["id"], row_from_json({k: v for k, v in row.items() if k != "id"})) for row in last.base.rows]
        changed = _kinds_changed(last.diff.get("changes", ()))
        made = PlanRevision.objects.create(
            plan=last.plan, base=last, reverts=last, note=f"撤销第 {last.number} 版", created_by=by, created_at=at
        )
        before = live_rows(last.plan)
        _put_in_force(made, wanted, changed, by, at)
        made.diff = _difference(before, wanted).to_json()
        made.save(update_fields=["diff"])
        return _sign(made, step.target, by, at, "plan_revert", f"撤销第 {last.number} 版", "恢复为上一版的内容")


def choose_plan(plan, *, by, at) -> Plan:
    """选定现行方案（全站只有一份现行）。"""
    if not permissions.can_import(by):
        raise PermissionDenied
    with transaction.atomic():
        list(Plan.objects.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
        if plan.revision is None:
            raise workflow.Refused("这份方案还没有生效的版本，请先导入并确认。")
        Plan.objects.filter(is_current=True).update(is_current=False)
        Plan.objects.filter(pk=plan.pk).update(is_current=True)
        workflow.record("plan_choose", "选定现行方案", by, at, plan=plan, note=plan.title, is_public=True)
        plan.is_current = True
        return plan


# ── 内部 ──────────────────────────────────────────────────


def _locked(revision) -> PlanRevision:
    """锁住方案行（同一份方案的修订一次只做一件），再重读这一版；用不到的大字段不读。

    锁用 no_key：报送锁着举措、要把操作记录记在方案名下，外键核对不该等修订，否则互相等死。
    """
    Plan.objects.select_for_update(no_key=True).get(pk=revision.plan_id)
    heavy = ("content", "rows", "base__content", "base__rows", "base__diff")
    return PlanRevision.objects.select_related("plan", "base").defer(*heavy).get(pk=revision.pk)


def _kinds_changed(changes) -> set:
    """这一版里改了类型的各项（编号）：别的项的类型由办公室核定，修订不动。"""
    return {c["id"] for c in changes if any(field["name"] == "kind" for field in c["fields"])}


def _put_in_force(revision, wanted, kinds, by, at) -> None:
    """让现行方案恰好是 `wanted`（[(编号或 None, 行)]）。

    先把要改序号的和要退出的都退出，再写新序号：序号互换也不会撞上唯一约束。
    """
    plan = revision.plan
    live = {item.id: item.row for item in live_rows(plan)}
    keep = {pk: row for pk, row in wanted if pk is not None}
    moved = [pk for pk, row in live.items() if pk not in keep or keep[pk].number != row.number]
    for part in _chunks(moved):
        Measure.objects.filter(pk__in=part).update(retired_in=revision)
    changed = {pk: row for pk, row in keep.items() if pk not in live or not _same(live[pk], row, pk in kinds)}
    _update(changed, live, kinds)
    created = _create(plan, [row for pk, row in wanted if pk is None])
    rows = {**changed, **{m.pk: row for m, row in created}}
    _set_leaders(rows, live)
    _set_departments(revision, rows, live)
    _owe_new(plan)
    _record_changes(revision, changed, live, created, by, at)


def _same(old, new, with_kind) -> bool:
    """除由时限推得的日期外完全相同；类型只在这次真的要改时才比。"""
    if not with_kind:
        new = replace(new, kind=old.kind)
    if new.all_departments and old.all_departments:
        new = replace(new, departments=old.departments)
    return old == new


def _update(changed, live, kinds) -> None:
    measures = [m for part in _chunks(list(changed)) for m in Measure.objects.filter(pk__in=part)]
    for measure in measures:
        row = changed[measure.pk]
        if row.deadline != measure.deadline:
            measure.due_on = row.due_on
        _fill(measure, row)
        if measure.pk in kinds and row.kind:
            measure.kind, measure.kind_is_confirmed = row.kind, False
        measure.retired_in = None
    fields = [
        "number", "position", "title", "text", "lead_label", "all_departments", "deadline", "due_on", "kind",
        "kind_is_confirmed", "retired_in",
    ]  # fmt: skip
    _rewrite(measures, fields)


def _rewrite(rows, fields) -> None:
    """改写已有的行：按编号“有则更新”，一批一句；bulk_update 的 CASE WHEN 在万行时慢一个数量级。"""
    if rows:
        type(rows[0]).objects.bulk_create(
            rows, batch_size=BATCH, update_conflicts=True, unique_fields=["pk"], update_fields=fields
        )


def _fill(measure, row) -> None:
    measure.number, measure.position = row.number, position(row.number)
    measure.title, measure.text, measure.lead_label = row.title, row.text, row.lead_label
    measure.all_departments, measure.deadline = row.all_departments, row.deadline


def _create(plan, rows) -> list:
    measures = []
    for row in rows:
        measure = Measure(plan=plan, due_on=row.due_on, kind=row.kind or Measure.Kind.ROUTINE)
        _fill(measure, row)
        measures.append(measure)
    return list(zip(Measure.objects.bulk_create(measures, batch_size=BATCH), rows, strict=True))


def _set_leaders(rows, live) -> None:
    """只重写领导有变化的几项；不在现行方案里的（新增、恢复列入）以库里的为准。"""
    ids = dict(Leader.objects.values_list("name", "pk"))
    changed = [pk for pk, row in rows.items() if pk not in live or live[pk].leaders != row.leaders]
    for part in _chunks(changed):
        MeasureLeader.objects.filter(measure__in=part).delete()
    links = [
        MeasureLeader(measure_id=pk, leader_id=ids[name], order=order)
        for pk in changed
        for order, name in enumerate(rows[pk].leaders)
    ]
    MeasureLeader.objects.bulk_create(links, batch_size=BATCH)


def _set_departments(revision, rows, live) -> None:
    """责任分工：不再牵头的终止（不删，进展还在），新牵头的建立，以前牵头过的恢复。"""
    ids = dict(Department.objects.values_list("name", "pk"))
    everybody = list(Department.objects.active().values_list("name", flat=True))
    wanted = {pk: list(row.departments) or (everybody if row.all_departments else []) for pk, row in rows.items()}
    touched = [pk for pk, names in wanted.items() if pk not in live or list(live[pk].departments) != names]
    have = defaultdict(dict)
    for part in _chunks(touched):
        for a in Assignment.objects.filter(measure__in=part).select_related("department"):
            have[a.measure_id][a.department.name] = a
    created, updated = [], []
    for pk in touched:
        names, found = wanted[pk], have[pk]
        for name in (n for n, a in found.items() if n not in names and a.ended_in_id is None):
            found[name].ended_in = revision
            updated.append(found[name])
        for order, name in enumerate(names):
            assignment = found.get(name)
            if assignment is None:
                created.append(Assignment(measure_id=pk, department_id=ids[name], order=order))
            elif assignment.ended_in_id is not None or assignment.order != order:
                assignment.ended_in, assignment.order = None, order
                updated.append(assignment)
    Assignment.objects.bulk_create(created, batch_size=BATCH)
    _rewrite(updated, ["ended_in", "order"])


def _owe_new(plan) -> None:
    """报送中的各期：新增的项次从这一期起应报（已有的不动）。"""
    for period in plan.periods.filter(status=ReportingPeriod.Status.OPEN):
        owed = Assignment.objects.in_force().filter(measure__plan=plan).not_completed()
        workflow.owe(period, owed.exclude(progress__period=period))


def _record_changes(revision, changed, live, created, by, at) -> None:
    """每一项的变化各记一条，改前改后都在，时间线上看得到。"""
    events = []
    for pk, row in changed.items():
        old = live.get(pk)
        names = [
            f
            for f in ("number", "title", "text", "leaders", "departments", "deadline")
            if old and getattr(old, f) != getattr(row, f)
        ]
        note = _sentence(old, row, names)
        data = {f: [str(getattr(old, f)), str(getattr(row, f))] for f in names}
        events.append(_event(revision, pk, "measure_revise", "修订" if old else "恢复列入", note, data, by, at))
    events += [_event(revision, m.pk, "measure_add", "列入方案", row.title, {}, by, at) for m, row in created]
    gone = Measure.objects.filter(retired_in=revision).values_list("pk", "number", "title")
    events += [_event(revision, pk, "measure_retire", "退出方案", f"第{n}项“{t}”", {}, by, at) for pk, n, t in gone]
    Event.objects.bulk_create(events, batch_size=BATCH)


def _sentence(old, row, names) -> str:
    if old is None:
        return f"第{row.number}项"
    labels = {
        "title": "名称",
        "text": "具体内容",
        "leaders": "牵头领导",
        "departments": "牵头部室",
        "deadline": "完成时限",
    }
    parts = [f"序号由 {old.number} 改为 {row.number}"] if "number" in names else []
    for name in ("leaders", "departments"):
        if name in names:
            parts.append(f"{labels[name]}由{'、'.join(getattr(old, name))}改为{'、'.join(getattr(row, name))}")
    words = "、".join(labels[n] for n in names if n in ("title", "text", "deadline"))
    return "；".join([*parts, *([f"{words}有修改"] if words else [])])


def _event(revision, measure_id, action, label, note, data, by, at) -> Event:
    return Event(
        action=action, label=label, by_id=by.pk, at=at, note=note, data=data, is_public=True,
        plan_id=revision.plan_id, revision_id=revision.pk, measure_id=measure_id,
    )  # fmt: skip


def _difference(before, wanted) -> Comparison:
    """撤销带来的变化：按编号配对，不用猜。"""
    reading = Reading(kind="revert", rows=[row for _, row in wanted])
    reading.columns_present = {"text", "lead_label", "kind", "deadline"}
    same = {row.number: pk for pk, row in wanted}
    return compare(before, reading, same=same)


def _sign(revision, status, by, at, action, label, words) -> PlanRevision:
    plan = revision.plan
    last = plan.revision
    revision.number = (last.number if last else 0) + 1
    revision.status, revision.applied_by, revision.applied_at = status, by, at
    revision.rows = snapshot(plan)
    revision.save(update_fields=["number", "status", "applied_by", "applied_at", "rows"])
    note = f"第 {revision.number} 版：{words}" + (f"。{revision.note}" if revision.note else "")
    workflow.record(action, label, by, at, plan=plan, revision=revision, note=note, is_public=True)
    return revision


def _words(counts) -> str:
    named = (("added", "新增"), ("changed", "修改"), ("renumbered", "改序号"), ("removed", "退出"), ("same", "无变化"))
    return "，".join(f"{label} {counts[key]} 项" for key, label in named if counts[key])


def _chunks(items):
    """SQLite 一条语句的变量有限，分批。"""
    return (items[i : i + BATCH] for i in range(0, len(items), BATCH))
