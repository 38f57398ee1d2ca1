"""给人看的几种排法：总览、清单、一项举措、领导页、部室页、方案。数字都来自 `summaries`。"""

from dataclasses import dataclass, field, replace
from functools import cached_property

from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.urls import reverse

from departments.models import Department

from . import (
    breakdown,
    coordination,
    editions,
    filing,
    instructing,
    items,
    joint,
    problems,
    standing,
    summaries,
    timeline,
    todo,
    urging,
    workflow,
)
from .changes import Changes
from .chores import Chore
from .circular import pages as circulars
from .models import Measure, Plan, Problem, Progress, Receipt, Target
from .rules import lights, permissions

PAGE_SIZE = 50
BOARD_PAGE_SIZE = 100
S = Progress.Status


def matching(measures, chosen):
    """按筛选条件缩小举措（灯与报送状态要算出来，另行筛）。"""
    if q := chosen.get("q"):
        measures = measures.filter(Q(title__icontains=q) | Q(text__icontains=q) | Q(number=q))
    if lead := chosen.get("lead"):
        measures = measures.filter(leader_links__leader=lead)
    if dept := chosen.get("dept"):
        measures = measures.filter(assignments__department=dept, assignments__ended_in=None)
    if kind := chosen.get("kind"):
        measures = measures.filter(kind=kind)
    return measures


def kept(lines, chosen, changes=None):
    """台账各行按筛选缩小。看以往的期，名称、牵头领导、牵头部室都按那时的方案。"""
    tests = {
        "q": lambda line, value: items.said(line.measure, value),
        "lead": lambda line, value: value in line.leaders,
        "dept": lambda line, value: value in line.departments,
        "kind": lambda line, value: line.measure.kind == value,
        "change": lambda line, value: changes is not None and value in changes.of_line(line),
    }
    wanted = [(tests[name], value) for name, value in chosen.items() if name in tests]
    return [line for line in lines if all(test(line, value) for test, value in wanted)]


def picked(lines, chosen):
    """按灯与报送状态筛，按所选次序排。报送状态是“有哪一份处于该状态”。"""
    if light := chosen.get("light"):
        lines = [line for line in lines if line.light.level == light]
    if report := chosen.get("report"):
        lines = [line for line in lines if any(r.status == report for r in line.reports)]
    keys = {
        "light": lambda line: (line.light.severity, line.measure.position),
        "leader": lambda line: (line.leaders[0].order if line.leaders else 0, line.measure.position),
        "department": lambda line: (line.departments[0].order if line.departments else 0, line.measure.position),
    }
    key = keys.get(chosen.get("sort"))
    return sorted(lines, key=key) if key else list(lines)


@dataclass
class Listing:
    """清单的一页。"""

    page_obj: object
    total: int
    period: object
    today: object
    ledger: object
    query: str


def listing(plan, user, today, filters) -> Listing:
    """全部举措。不按灯筛、不按灯排时只为这一页判灯，所以多大的方案都一样快。"""
    chosen = filters.chosen
    period = summaries.current_period(plan, today) if plan else None
    found = matching(Measure.objects.in_force().visible_to(user).filter(plan=plan), chosen).order_by("position", "pk")
    number = chosen.get("page", 1)
    if {"light", "report", "sort"} & set(chosen):
        ledger = summaries.Ledger(plan, period, today, measures=found)
        page = Paginator(picked(ledger.lines, chosen), PAGE_SIZE).get_page(number)
    else:
        page = Paginator(found, PAGE_SIZE).get_page(number)
        shown = Measure.objects.filter(pk__in=[m.pk for m in page.object_list])
        ledger = summaries.Ledger(plan, period, today, measures=shown)
        page.object_list = ledger.lines
    return Listing(page, page.paginator.count, period, today, ledger, filters.query_without("page"))


# ── 总览 ──────────────────────────────────────────────────


@dataclass
class DepartmentRow:
    """总览里一个部室的报送（项次）。"""

    department: Department
    reporting: summaries.Reporting

    @property
    def level(self) -> str:
        """条的颜色：全报了为绿，没报全为黄（只表示报没报，不是灯）。"""
        return "green" if self.reporting.reported == self.reporting.owed else "yellow"


@dataclass
class Board:
    """总览一页。"""

    plan: object
    period: object
    today: object
    ledger: object
    lines: list
    previous: object
    following: object
    departments: list
    filters: object
    troubles: problems.Figures
    troubles_on: object
    chores: list = field(default_factory=list)
    can_review: bool = False
    sort: str = "light"

    @property
    def page_obj(self):
        """表格的这一页；一页一百项，21 项总在一页里。"""
        return Paginator(self.lines, BOARD_PAGE_SIZE).get_page(self.filters.chosen.get("page", 1))

    @property
    def page_query(self) -> str:
        """翻页链接要带上的其余条件。"""
        return self.filters.query_without("page")

    @property
    def sorts(self):
        """排序切换：红黄在前是默认。"""
        return [("light", "红黄在前"), ("number", "按序号"), ("leader", "按领导"), ("department", "按部室")]

    @cached_property
    def circular(self):
        """这一期的通报：草稿或最近印发的一份，没有为 None。"""
        return circulars.of_period(self.plan, self.period)

    @property
    def query(self) -> str:
        """排序链接要带上的其余条件。"""
        return self.filters.query_without("sort", "page")

    @property
    def wide_query(self) -> str:
        """切换大屏的链接：别的条件照旧。"""
        query = self.filters.query_without("wide", "page")
        return query if self.filters.chosen.get("wide") else f"{query}&wide=on".lstrip("&")

    @property
    def is_filtered(self) -> bool:
        return self.filters.is_filtered

    @property
    def filter_words(self) -> str:
        """正在看的筛选条件，用话说。"""
        return self.filters.words

    @property
    def items_url(self) -> str:
        """项次清单：这一页上以项次计的数都点到那里。"""
        return items.url(self.period)

    @property
    def light_stack(self):
        return [(level, n) for level, _, n in self.light_counts]

    @property
    def report_stack(self):
        """报送条：已通过、待审核、其余。"""
        r = self.ledger.reporting
        return [("g", r.approved), ("b", r.submitted), ("bg", r.owed - r.reported)]

    @property
    def days_left(self) -> int:
        return (self.period.due_on - self.today).days

    @property
    def scale(self) -> lights.Scale:
        """判这一期用的阈值（已关闭的是关闭时的）。"""
        return self.ledger.scale_of(self.period)

    @property
    def light_counts(self):
        return [(level, lights.LABELS[level], self.ledger.light_totals[level]) for level in lights.SEVERITY]


def board(plan, period, today, user, filters) -> Board:
    """总览：汇总始终是全部举措，表格按筛选；默认红黄在前。"""
    chosen = {"sort": "light"} | filters.chosen
    ledger = summaries.Ledger(plan, period, today)
    changes = Changes(ledger) if period else None
    lines = picked(kept(ledger.lines, chosen, changes), chosen)
    opened = plan.periods.exclude(status="planned") if plan else None
    day = period.as_of(today) if period else today
    return Board(
        plan=plan,
        period=period,
        today=today,
        ledger=ledger,
        lines=lines,
        previous=opened.filter(starts_on__lt=period.starts_on).order_by("-starts_on").first() if period else None,
        following=opened.filter(starts_on__gt=period.starts_on).order_by("starts_on").first() if period else None,
        departments=department_rows(ledger) if period else [],
        filters=filters,
        troubles=problems.figures_of(changes.span) if period else problems.figures(Problem.objects.of_plan(plan), day),
        troubles_on=day if period and period.is_closed else None,
        chores=chores(ledger, period, user) if period and not period.is_closed and permissions.can_review(user) else [],
        can_review=permissions.can_review(user),
        sort=chosen["sort"],
    )


def department_rows(ledger) -> list[DepartmentRow]:
    """各部室的报送，欠得多的在前。"""
    counts = ledger.reporting_by_department
    rows = [DepartmentRow(d, counts[d.pk]) for d in Department.objects.filter(pk__in=counts)]
    return sorted(rows, key=lambda r: (r.reporting.share, r.department.order))


def chores(ledger, period, user) -> list[Chore]:
    """办公室今天要办：待审核、未报。都没有时为空。"""
    found = []
    waiting = list(todo.waiting_for_review().values_list("assignment__department__name", flat=True))
    if waiting:
        names = "、".join(dict.fromkeys(waiting))
        found.append(Chore(f"{len(waiting)} 项次待审核", names, reverse("review_list"), "去审核", True))
    reporting = ledger.reporting
    if reporting.unreported:
        owing = [f"{r.department} {r.reporting.unreported}" for r in department_rows(ledger) if r.reporting.unreported]
        found.append(
            replace(urging.chore(reporting, "、".join(owing)), list_url=items.url(period, report="unreported"))
        )
    if reporting.returned:
        url = items.url(period, report="returned")
        found.append(Chore(f"{reporting.returned} 项次退回待改", "等部室修改后重报", url, "查看"))
    today = ledger.today
    found += standing.chores(ledger.plan, today)
    return [*instructing.chores(), *found, *problems.chores(today), *coordination.chores(today), *breakdown.chores()]


# ── 一项举措 ──────────────────────────────────────────────


def period_of(measure, today):
    """看这项举措时以哪一期为准；还没有开放过报送时拒绝定灯。"""
    period = summaries.current_period(measure.plan, today)
    if period is None:
        raise workflow.Refused("还没有开放过报送期，暂时不能定灯。")
    return period


@dataclass(frozen=True)
class TargetRow:
    """详情页“目标与完成”的一行。"""

    name: str
    sign: str
    target: object
    unit: str
    strength_label: str
    value: object
    degree: int
    level: str


@dataclass
class Trail:
    """一个部室的进度走势。"""

    department: object
    points: list
    pace: list
    caption: str


def detail(measure, user, today, *, events="", joint_period="", **joint_form) -> dict:
    """一项举措的全部：灯、人、目标、走势、原文、办理过程、前后项，填报人还有填报入口。"""
    period = summaries.current_period(measure.plan, today)
    ledger = summaries.Ledger(
        measure.plan,
        period,
        today,
        measures=Measure.objects.filter(pk=measure.pk).select_related("plan", "summary_department"),
    )
    line, said = ledger.lines[0], instructing.on_measure(measure, user)
    levels = {p.pk: ledger.light_of(line.measure, p).level for p in ledger.periods}
    return {
        "measure": line.measure,
        "retired_in": measure.retired_in,
        "line": line,
        "period": period,
        "today": today,
        "targets": target_rows(ledger, line),
        "trails": [] if measure.kind == Measure.Kind.ROUTINE else [trail(ledger, part) for part in line.parts],
        "timeline": timeline.of_measure(measure, user, levels, events),
        "events_filter": events if events == "progress" else "",
        "mine": filing.mine(measure, user),
        "manual": measure.manual_lights.filter(period=period, lifted_at=None).select_related("set_by").first(),
        "neighbours": neighbours(measure),
        "can_settle": permissions.can_review(user),
        "instructions": said,
        "instructions_waiting": sum(bool(item.unanswered) for item in said),
        "instruct": instructing.desk_on(measure, user),
        "milestones": breakdown.on_measure(measure, user, today),
        "problems": problems.of_measure(measure, user, today),
        "may_propose": breakdown.may_propose(measure, user),
        "joint": joint.joint(measure, user, ledger, joint_period, **joint_form),
    }


def target_rows(ledger, line) -> list[TargetRow]:
    """各量化目标与目前的完成值；各部室分别填报的按目标合在一起。"""
    found, scale = {}, ledger.scale_of(ledger.period)
    for part in line.parts:
        for fact in ledger.target_facts(part.assignment):
            found[fact.name] = TargetRow(
                name=fact.name,
                sign=Target.Operator(fact.operator).label,
                target=fact.target,
                unit=fact.unit,
                strength_label=Target.Strength(fact.strength).label,
                value=fact.value,
                degree=fact.degree or 0,
                level=_target_level(fact, part.judged, scale),
            )
    return list(found.values())


def _target_level(fact, judged, scale) -> str:
    """目标的颜色与这一份的判灯同一条规则：没有判落后的（办结、还没有到该报的时候）不标红黄。"""
    is_warned = judged.level in (lights.RED, lights.YELLOW)
    return (is_warned and lights.target_level(fact, judged.pace or 0, scale)) or lights.GREEN


def trail(ledger, part) -> Trail:
    """走势：各期进度与序时进度。实线画到最近一期有通过的报送为止，往后没有数的不画。"""
    known, last = ledger.light_trail(part.assignment), ledger.last_known(part.assignment)
    points = [
        {"label": p.short_name, "value": light.percent if last and p.starts_on <= last.starts_on else None}
        for p, light in known
    ]
    shown = next((pt for pt in reversed(points) if pt["value"] is not None), None)
    caption = f"已通过的报送，截至{shown['label']}为 {shown['value']}%。" if shown else "还没有通过的报送。"
    if shown and last != ledger.period:
        caption += f"{ledger.period.short_name}还没有通过的报送。"
    return Trail(part.department, points, [light.pace for _, light in known], f"{caption}虚线为序时进度。")


def neighbours(measure):
    """上一项与下一项（现行方案，按序号）。"""
    rows = Measure.objects.in_force().filter(plan=measure.plan)
    return (
        rows.filter(position__lt=measure.position).order_by("-position").first(),
        rows.filter(position__gt=measure.position).order_by("position").first(),
    )


# ── 领导、部室、方案、记录 ────────────────────────────────


def leader_desk(leader, today) -> dict:
    """一位领导牵头的举措：红黄的在前并写明理由，其余一行一项。"""
    plan = todo.current_plan()
    period = summaries.current_period(plan, today) if plan else None
    ledger = summaries.Ledger(plan, period, today, measures=Measure.objects.in_force().filter(plan=plan).led_by(leader))
    ordered = ledger.by_severity()
    urgent = [line for line in ordered if line.light.level in (lights.RED, lights.YELLOW)]
    measures = [line.measure for line in ordered]
    held = problems.open_on(measures, today)
    return {
        "leader": leader,
        "period": period,
        "today": today,
        "ledger": ledger,
        "urgent": [(line, held.get(line.measure.pk)) for line in urgent],
        "held": [(line, held[line.measure.pk]) for line in ordered if line.measure.pk in held and line not in urgent],
        "for_group": problems.for_group(leader, measures, today),
        "calm": [line for line in ordered if line not in urgent],
        "others": instructing.others_for(leader, [line.measure for line in urgent]),
        "light_counts": [(level, lights.LABELS[level], ledger.light_totals[level]) for level in lights.SEVERITY],
    }


def department_page(department, today) -> dict:
    """一个部室：举措（项次）、本期报送、历期按时情况、负责人。"""
    plan = todo.current_plan()
    period = summaries.current_period(plan, today) if plan else None
    ledger = summaries.Ledger(plan, period, today, measures=todo.measures_of(plan, department))
    mine = [(line, part) for line in ledger.by_severity() for part in line.parts if part.department == department]
    rows = Progress.objects.in_force().filter(assignment__department=department, period__plan=plan)
    by_period = summaries.reporting_by(rows, "period")
    periods = plan.periods.exclude(status="planned").order_by("-starts_on") if plan else []
    return {
        "department": department,
        "heads": department.heads.filter(is_active=True),
        "aliases": department.aliases.all(),
        "period": period,
        "today": today,
        "lines": mine,
        "times_extended": standing.times_extended([part.assignment.pk for _, part in mine]),
        "shared": sum(line.measure.all_departments for line, _ in mine),
        "reporting": by_period.get(period.pk) if period else None,
        "history": [(p, by_period.get(p.pk, summaries.Reporting())) for p in periods],
        "running": [p for p in periods if p.as_of(today) <= p.due_on],
        "on_time": todo.on_time(department, plan),
        "problems": problems.of_department(department, today),
    }


def plan_page(plan, user) -> dict:
    """方案原文、版本、其他年度的方案；填报人还有待签收的提示。"""
    if plan is None:
        return {"plan": None, "can_import": permissions.can_import(user)}
    measures = Measure.objects.in_force().filter(plan=plan)
    revisions = plan.revisions.filter(status="applied").select_related("applied_by").defer("content", "rows", "diff")
    return {
        "plan": plan,
        "measures": measures.prefetch_related("leader_links__leader", "assignments__department"),
        "retired": Measure.objects.filter(plan=plan, retired_in__isnull=False).select_related("retired_in"),
        "revisions": revisions.annotate(signed=Count("receipts")).order_by("-number"),
        "departments": Department.objects.active().count(),
        "others": Plan.objects.in_force().exclude(pk=plan.pk),
        "drafts": editions.drafts(plan) if permissions.can_import(user) else (),
        "can_import": permissions.can_import(user),
        "can_switch_public": permissions.can_switch_public(user),
        "signed": set(Receipt.objects.filter(department=user.department_id).values_list("revision_id", flat=True)),
        "unsigned": todo.waiting_receipt(user.department) if permissions.can_sign(user) else None,
        "counts": measures.aggregate(
            measures=Count("pk", distinct=True),
            assignments=Count("assignments", filter=Q(assignments__ended_in=None), distinct=True),
        ),
    }
