"""还欠着什么：没有报的、临近或已过时限的举措、逾期没有整改的问题。催办与首页提醒都读这里。

已报送或通过的、已办结的、方案修订后不再牵头的不算；批准延期的按新时限算；
已申请办结、已申请销号的在等办公室，也不算部室欠着。查询数与条数无关。
"""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Max
from django.db.models.functions import Coalesce
from django.utils import timezone

from departments.models import Department

from .models import Assignment, CompletionRequest, Event, Problem, Progress, ReportingPeriod

REPORT, DUE, PROBLEM = "report", "due", "problem"
RETURNED = "已退回、待修改"
# 催办记录的动作名：每催一件事记一条，“催过几次”据此数出。
ACTION = "remind"


@dataclass(frozen=True)
class Item:
    """一个部室欠着的一件事。"""

    kind: str
    pk: int
    department: Department
    due_on: dt.date
    today: dt.date
    number: str
    title: str
    state: str
    measure: object = None
    assignment: Assignment | None = None
    period: ReportingPeriod | None = None
    problem: Problem | None = None
    urged: int = 0
    urged_on: dt.date | None = None

    @property
    def key(self) -> str:
        """勾选框的值。"""
        return f"{self.kind}-{self.pk}"

    @property
    def matter(self) -> tuple:
        """催办记录里怎样认出是这件事：（项次，报送期，问题）。"""
        return matter(self.assignment, self.period, self.problem)

    @property
    def days_left(self) -> int:
        return (self.due_on - self.today).days

    @property
    def is_late(self) -> bool:
        """逾期。按时报过、退回待改的不算逾期。"""
        return self.days_left < 0 and self.state != RETURNED

    @property
    def timing(self) -> str:
        """还有 3 天、今天截止、已逾期 2 天。"""
        if self.days_left == 0:
            return "今天截止"
        if self.days_left > 0:
            return f"还有 {self.days_left} 天"
        return f"{'已逾期' if self.is_late else '截止日已过'} {-self.days_left} 天"

    @property
    def name(self) -> str:
        """第7项《推行线上线下联动服务》；问题写编号。"""
        return f"{self.number}《{self.title}》"

    @property
    def sentence(self) -> str:
        """记在办理过程里的一句话。"""
        what = {REPORT: f"{self.period.short_name if self.period else ''}进展{self.state}，截止", DUE: "尚未办结，时限"}
        return f"{what.get(self.kind, '尚未销号，整改期限')} {day(self.due_on)}，{self.timing}。"


def day(date) -> str:
    """9月25日。"""
    return f"{date.month}月{date.day}日"


def matter(assignment, period, problem) -> tuple:
    """认出一件事的三个编号。"""
    return tuple(row.pk if row else None for row in (assignment, period, problem))


def items(plan, today, *, department=None) -> list[Item]:
    """一个方案里欠着的全部，按部室、再按报送、时限、问题排。`department` 只看一个部室。"""
    if plan is None:
        return []
    found = [*_reports(plan, today), *_deadlines(plan, today), *_problems(plan, today)]
    if department is not None:
        found = [item for item in found if item.department == department]
    counts = _urged(plan)
    found = [_with_count(item, counts) for item in found]
    order = (REPORT, DUE, PROBLEM)
    return sorted(found, key=lambda i: (i.department.order, i.department.pk, order.index(i.kind), i.due_on))


def by_department(found) -> list[tuple]:
    """按部室分组：[(部室, [事, …])]，次序不变。"""
    groups = {}
    for item in found:
        groups.setdefault(item.department, []).append(item)
    return list(groups.items())


def _reports(plan, today):
    """开放中的各期里还没有报的；更正稿不算应报。"""
    rows = (
        Progress.objects.in_force()
        .unreported()
        .filter(period__plan=plan, period__status=ReportingPeriod.Status.OPEN, corrects__isnull=True)
        .filter(assignment__in=Assignment.objects.in_force().not_completed())
        .select_related("assignment__measure", "assignment__department", "period")
        .order_by("period__starts_on", "assignment__measure__position", "pk")
    )
    states = {Progress.Status.RETURNED: RETURNED}
    for row in rows:
        yield Item(
            REPORT, row.pk, row.assignment.department, row.period.due_on, today, f"第{row.assignment.measure.number}项",
            row.assignment.measure.title, states.get(row.status, "未报"),
            measure=row.assignment.measure, assignment=row.assignment, period=row.period,
        )  # fmt: skip


def _deadlines(plan, today):
    """完成时限（批准延期的按新时限）在“临近”天数之内或已过，还没有办结的。"""
    rows = (
        Assignment.objects.in_force()
        .not_completed()
        .filter(measure__plan=plan)
        .exclude(completion_requests__status=CompletionRequest.Status.REQUESTED)
        .alias(present_due=Coalesce("extended_due_on", "measure__due_on"))
        .filter(present_due__lte=today + dt.timedelta(days=plan.soon_days))
        .select_related("measure", "department")
        .order_by("present_due", "measure__position", "order", "pk")
    )
    for row in rows:
        yield Item(
            DUE, row.pk, row.department, row.due_on, today, f"第{row.measure.number}项", row.measure.title,
            "未办结", measure=row.measure, assignment=row,
        )  # fmt: skip


def _problems(plan, today):
    """过了整改期限、还没有申请销号的问题。"""
    rows = Problem.objects.overdue(today).filter(plan=plan, status=Problem.Status.OPEN)
    for row in rows.select_related("department", "measure").order_by("due_on", "number"):
        yield Item(
            PROBLEM, row.pk, row.department, row.due_on, today, f"问题{row.number}号", row.title, "未销号",
            measure=row.measure, problem=row,
        )  # fmt: skip


def _urged(plan) -> dict:
    """（项次，报送期，问题）→（催过几次，最近一次）。"""
    rows = (
        Event.objects.filter(action=ACTION, plan=plan)
        .order_by()
        .values_list("assignment", "period", "problem")
        .annotate(times=Count("pk"), latest=Max("at"))
    )
    return {(a, p, q): (times, timezone.localdate(latest)) for a, p, q, times, latest in rows}


def _with_count(item, counts) -> Item:
    times, latest = counts.get(item.matter, (0, None))
    return Item(**{**item.__dict__, "urged": times, "urged_on": latest})
