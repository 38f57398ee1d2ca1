"""此刻该做什么：首页欠账、办公室“今天要办”、导航上的待办数。都只看现行方案。"""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property

from django.db.models import Case, Count, Q, When
from django.urls import reverse

from departments.models import Department, Role

from . import (
    breakdown,
    coordination,
    counting,
    instructing,
    joint,
    outstanding,
    problems,
    reviewing,
    standing,
    summaries,
    urging,
    workflow,
)
from .editions import changed_for, current_plan, waiting_receipt
from .forms import ProgressForm, ReasonForm
from .models import (
    Assignment,
    CoordinationRequest,
    Instruction,
    Measure,
    Plan,
    PlanRevision,
    Problem,
    Progress,
    ReportingPeriod,
)
from .rules import lights, permissions

S = Progress.Status
JUST_APPROVED = 10


def owed_by(department):
    """这个部室还要动手的报送（开放中的各期），退回的在前，其次按期、按序号。含未完成的更正；已终止的项次不必再报。"""
    open_now = Q(period__status=ReportingPeriod.Status.OPEN) | Q(corrects__isnull=False)
    return (
        Progress.objects.filter(open_now, assignment__in=Assignment.objects.in_force().of_department(department))
        .of_plan(Plan.objects.current())
        .unreported()
        .select_related("assignment__measure", "assignment__department", "period", "reviewed_by")
        .prefetch_related("values", "attachments", "ticks", "coordination_requests", "assignment__measure__assignments")
        .prefetch_related("assignment__measure__targets", "assignment__milestones", "assignment__completions")
        .alias(rank=Case(When(status=S.RETURNED, then=0), default=1))
        .order_by("rank", "period__starts_on", "assignment__measure__position")
    )


def reported_by(department):
    """这个部室在开放中的各期已报的。"""
    return (
        Progress.objects.filter(period__status=ReportingPeriod.Status.OPEN, assignment__department=department)
        .of_plan(Plan.objects.current())
        .in_force()
        .reported()
        .with_corrections()
        .select_related("assignment__measure", "period")
        .order_by("-period__starts_on", "assignment__measure__position")
    )


def last_reports(progress_rows) -> dict:
    """报送（编号）→ 同一项次更早一期最近一次报过的那条，用来预填与对照。几期同时开放时各看各的上期。一次查询。"""
    rows = list(progress_rows)
    if not rows:
        return {}
    earlier = (
        Progress.objects.latest()
        .reported()
        .filter(assignment__in=[r.assignment_id for r in rows])
        .select_related("period")
        .prefetch_related("values__target")
        .order_by("period__starts_on")
    )
    by_part = defaultdict(list)
    for row in earlier:
        by_part[row.assignment_id].append(row)
    before = {r.pk: [e for e in by_part[r.assignment_id] if e.period.starts_on < r.period.starts_on] for r in rows}
    return {pk: found[-1] for pk, found in before.items() if found}


def waiting_for_review():
    """待审核，先到先审。"""
    return Progress.objects.of_plan(Plan.objects.current()).waiting().order_by("submitted_at", "pk")


@dataclass(frozen=True)
class NavItem:
    url: str
    label: str
    count: int = 0
    current: bool = False


def who(user) -> str:
    """页头右侧：填报人写部室与角色，领导写姓名，其余写角色。"""
    if user.role == Role.REPORTER:
        return f"{user.department} · {user.get_role_display()}"
    return (
        str(user.leader) if user.role == Role.LEADER else {Role.OFFICE: "领导小组办公室"}.get(user.role, "系统管理员")
    )


def navigation(user, path, today) -> list[NavItem]:
    """各角色的导航，6–7 项，带待办数；报送期、操作记录等在总览的页签里。"""
    unsettled = lambda user: problems.waiting_count(user, today)  # noqa: E731
    measures, plan = ("measure_list", "全部举措", None), ("plan", "方案", None)
    ledger, circulars = ("problem_list", "问题台账", unsettled), ("circular_list", "通报", None)
    board, log = ("board", "总览", None), ("event_list", "操作记录", None)
    items = {
        Role.REPORTER: [("home", "我的任务", _desk_count), measures, ledger, circulars, plan, ("my_department", "本部室", None)],
        Role.OFFICE: [
            ("board", "总览", _board_count), ("review_list", "审核", _review_count), ("reminder_list", "催办", None),
            measures, ledger, circulars, plan,
        ],
        Role.LEADER: [("lead", "我牵头的", None), ("instruction_list", "批示", None), board, measures, ledger, circulars, plan],
        Role.ADMIN: [board, measures, plan, ("revision_upload", "导入修订", None), log, ("admin:index", "后台", None)],
    }[user.role]  # fmt: skip
    urls = [(reverse(name), label, count) for name, label, count in items]
    best = max((u for u, _, _ in urls if path.startswith(u)), key=len, default="")
    return [NavItem(u, label, count(user) if count else 0, u == best) for u, label, count in urls]


def together(*rows) -> int:
    """几样待办合成一个数，一次查询。"""
    first, *others = (r.order_by().values("pk") for r in rows)
    return first.union(*others, all=True).count()


def _desk_count(user) -> int:
    """我的任务：要报的、要回复的批示、要答复的协调事项、要写的汇总。"""
    plan = Plan.objects.current()
    asked = CoordinationRequest.objects.of_plan(plan).unanswered().filter(to_department=user.department_id)
    said = Instruction.objects.of_plan(plan).awaiting(user.department)
    return together(owed_by(user.department), said, asked, joint.awaited(user.department))


def _board_count(user) -> int:
    """总览上“今天要办”里别处没有徽标的：急办批示、请办公室协调的、待认可的节点、待批的延期、待核实的办结。"""
    return together(
        instructing.unanswered_urgent(), breakdown.waiting(), coordination.for_office(), *standing.waiting()
    )


def _review_count(user) -> int:
    return waiting_for_review().count()


@dataclass
class Task:
    """我的任务里的一行：要报的那条、上次报的、灯、就地展开的表单。"""

    progress: Progress
    last: Progress | None
    light: lights.Light | None
    form: ProgressForm
    is_open: bool
    today: dt.date

    @property
    def is_overdue(self) -> bool:
        return self.days_left < 0

    @property
    def days_left(self) -> int:
        return (self.progress.period.due_on - self.today).days


@dataclass
class Desk:
    """一个部室的桌面：还欠什么、报了什么、灯怎样。"""

    department: Department
    period: ReportingPeriod | None
    today: dt.date
    tasks: list[Task]
    done: list[Progress]
    ledger: summaries.Ledger
    on_time: tuple[int, int]
    unsigned: PlanRevision | None
    changed: list
    instructions: list
    problems: list[problems.Row]
    asked: list[coordination.Row]
    asking: list[coordination.Row]
    summaries_due: list[joint.Due] = field(default_factory=list)
    put_back: list[Task] = field(default_factory=list)

    @property
    def owing(self) -> list[Task]:
        """应报而没有报的（不含更正稿：原来那条仍然有效，更正不是欠账）。"""
        return [task for task in self.tasks if not task.progress.corrects_id]

    @property
    def corrections(self) -> list[Task]:
        """没有交的更正稿。"""
        return [task for task in self.tasks if task.progress.corrects_id]

    @property
    def besides(self) -> str:
        """报送之外还有什么要办，一句话；导航上的待办数是它们的合计。"""
        replies = sum(item.can_reply for item in self.instructions)
        counted = (
            (len(self.corrections), "份更正稿没有交"),
            (replies, "条批示待回复"),
            (len(self.asked), "件请本部室协调"),
            (len(self.summaries_due), "份汇总没有写"),
        )
        words = [f"{n} {what}" for n, what in counted if n]
        return "、".join(words + (["方案待签收"] if self.unsigned else []))

    @cached_property
    def outstanding(self) -> list:
        """欠着的各件：没有报的、临近或已过时限的、逾期的问题。"""
        return outstanding.items(self.ledger.plan, self.today, department=self.department)

    @cached_property
    def notice(self):
        """办公室提醒：最近一次催办里还没有办的。"""
        return urging.notice(self.ledger.plan, self.department, self.outstanding)

    @cached_property
    def pressing(self):
        """临近或已过时限的，可以申请延期。"""
        return standing.pressing(self.outstanding)

    @cached_property
    def follow_ups(self):
        """跟踪问效到了回看日期的。"""
        return list(standing.follow_ups(self.today, self.department))

    @property
    def reporting(self):
        """本期本部室的报送情况（项次）。"""
        return self.ledger.reporting_by_department.get(self.department.pk) if self.period else None

    @property
    def days_left(self) -> int:
        return (self.period.due_on - self.today).days

    @property
    def overdue_days(self) -> int:
        return -self.days_left

    @property
    def stack(self):
        """本期进度条：已通过、待审核、其余。"""
        r = self.reporting
        return [("g", r.approved), ("b", r.submitted), ("bg", r.owed - r.reported)]

    @property
    def lights(self):
        """本部室各项次的灯。"""
        mine = [p.light.level for line in self.ledger.lines for p in line.parts if p.department == self.department]
        return [(level, label, mine.count(level)) for level, label in lights.LABELS.items() if level in mine]


def period_to_report(plan, today) -> ReportingPeriod | None:
    """填报人首页说的是哪一期：今天所在的；它已关闭而另有开放着的（如关早了、下一期开早了），说开放着的那一期。"""
    current = summaries.current_period(plan, today)
    if current is None or current.is_open:
        return current
    return plan.periods.filter(status=ReportingPeriod.Status.OPEN).order_by("starts_on").first() or current


def desk(user, today, *, bound=None, opened=None) -> Desk:
    """填报人的首页。`bound` 是刚才没交成的表单（按报送编号），原样放回；`opened` 是要展开的那条。"""
    plan, department = current_plan(), user.department
    period = period_to_report(plan, today) if plan else None
    owed = list(owed_by(department))
    last = last_reports(owed)
    ledger, others = summaries.Ledger(plan, period, today, measures=measures_of(plan, department)), rooms()
    parts = {p.assignment.pk: p.light for line in ledger.lines for p in line.parts}
    tasks = []
    for row in owed:
        row.assignment.measure.plan = plan
        form = (bound or {}).get(row.pk) or report_form(row, last.get(row.pk), others)
        is_open = row.pk == opened or row.pk in (bound or {})
        tasks.append(Task(row, last.get(row.pk), parts.get(row.assignment_id), form, is_open, today))
    done, unsigned = list(reported_by(department)), waiting_receipt(department)
    changed = changed_for(department, unsigned)
    said = instructing.for_department(user)
    return Desk(
        department, period, today, tasks, done, ledger, on_time(department, plan), unsigned, changed, said,
        problems=problems.of_department(department, today),
        asked=coordination.asked_of(department, today),
        asking=coordination.asked_by(department, today),
        summaries_due=joint.due_from(department, ledger),
    )  # fmt: skip


def measures_of(plan, department):
    """这个部室牵头的现行举措。"""
    return Measure.objects.in_force().assigned_to(department).filter(plan=plan)


def carried_stage(progress, last) -> str:
    """沿用上次的状态。上次报了“已完成”而又重新打开的，从“推进中”接着报，不会一按又办结。"""
    is_open_again = last.stage == Progress.Stage.COMPLETED and progress.assignment.status == Assignment.Status.OPEN
    return Progress.Stage.IN_PROGRESS if is_open_again else last.stage


def rooms() -> list[Department]:
    """在用的部室，填报时选“请哪个部室协调”。"""
    return list(Department.objects.active())


def report_form(progress, last, rooms, *args, **kwargs):
    """一条报送的表单，带上次内容与可请的部室；要填的量化目标、可勾的节点从它自己的项次取，不看台账的范围。"""
    part = progress.assignment
    if last and progress.status == S.MISSING:
        kwargs["initial"] = {"stage": carried_stage(progress, last)}
    milestones = sorted((m for m in part.milestones.all() if m.is_tickable), key=lambda m: (m.due_on, m.pk))
    return ProgressForm(
        *args, instance=progress, last=last, targets=part.targets, milestones=milestones, rooms=rooms, **kwargs
    )


def on_time(department, plan) -> tuple[int, int]:
    """已到截止日的各期里，全部按时报送的期数与总期数。"""
    rows = (
        Progress.objects.in_force()
        .filter(assignment__department=department, period__plan=plan)
        .filter(period__status=ReportingPeriod.Status.CLOSED)
        .order_by()
        .values("period")
        .annotate(owed=Count("pk"), on_time=counting.REPORTING_COUNTS["on_time"])
    )
    found = list(rows)
    return sum(r["owed"] == r["on_time"] for r in found), len(found)


# ── 办公室 ────────────────────────────────────────────────


def review_queue():
    """待审核清单，先到先审。"""
    return waiting_for_review().select_related(
        "assignment__measure", "assignment__department", "period", "submitted_by"
    )


def just_approved(plan):
    """刚通过的几条（开放中的各期，新的在前）：点错了，从这里找回去撤销。"""
    rows = Progress.objects.in_force().filter(status=S.APPROVED, period__plan=plan, period__status="open")
    rows = rows.select_related("assignment__measure", "assignment__department", "period", "reviewed_by")
    return rows.order_by("-reviewed_at", "-pk")[:JUST_APPROVED]


def review(progress, user, today) -> dict:
    """审一条要看的：本期、上期、完成值、灯、排在第几、拦着办结的事。"""
    last = last_reports([progress]).get(progress.pk)
    measure = Measure.objects.filter(pk=progress.assignment.measure_id)
    ledger = summaries.Ledger(progress.assignment.measure.plan, progress.period, today, measures=measure)
    comparable = last and None not in (last.percent, progress.percent)
    change = progress.percent - last.percent if comparable else 0
    queue = list(waiting_for_review().values_list("pk", flat=True))
    return {
        "progress": progress,
        "last": last,
        "change": change,
        "change_text": f"＋{change}" if change > 0 else f"－{-change}",
        "today": today,
        "part": reviewing.part_of(ledger, progress),
        "light_after": reviewing.light_after(progress, today),
        "values": progress.values.select_related("target"),
        "last_values": last.values.all() if last else [],
        "attachments": progress.attachments.filter(removed_at=None),
        "ticks": progress.ticks.select_related("milestone"),
        "events": progress.events.visible_to(user).select_related("by"),
        "listed": Problem.objects.filter(progress=progress).first(),
        "asked": CoordinationRequest.objects.visible_to(user).filter(progress=progress).select_related("to_department"),
        "blockers": workflow.what_blocks_completion(progress.assignment, progress) if progress.asks_completion else [],
        "is_self_review": permissions.is_self_review(user, progress.assignment),
        "actions": workflow.allowed_actions(user, progress),
        "revoke_form": ReasonForm(prefix="revoke"),
        "revoke_blocked": workflow.what_blocks_revoking(progress) if progress.status == S.APPROVED else [],
        "queue_length": len(queue),
        "queue_place": queue.index(progress.pk) + 1 if progress.pk in queue else None,
        "following": next((pk for pk in queue if pk != progress.pk), None),
    }
