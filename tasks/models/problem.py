"""问题台账：挂账、整改记录。"""

import datetime as dt
from typing import Self

from django.db import models
from django.db.models import Q

from departments import organisation
from departments.models import Department, User

from .assignment import Assignment
from .fields import TEXT_MAX, BoundedDateField, date_constraint, person
from .inspection import Inspection
from .measure import Measure
from .plan import Plan
from .progress import Progress
from .visibility import Visible


def sunday(day: dt.date) -> dt.date:
    """这一天所在周的周日。"""
    return day + dt.timedelta(days=6 - day.weekday())


class ProblemQuerySet(Visible):
    def _seen_by_reporter(self, user: User) -> Self:
        """本部室负责的、和由本部室报送转来的。"""
        return self.filter(Q(department=user.serving_id) | Q(assignment__department=user.serving_id))

    def counted(self, moment: dt.datetime) -> Self:
        """那一刻在账上的：已挂账，没有撤账（撤账以前关闭的各期，数字照旧）。"""
        return self.filter(created_at__lte=moment).exclude(dropped_at__lte=moment)

    def unsettled(self) -> Self:
        """没有销号的；撤账的不算。"""
        return self.exclude(status__in=(Problem.Status.SETTLED, Problem.Status.DROPPED))

    def on_record(self) -> Self:
        """在账上的：没有撤账。"""
        return self.exclude(status=Problem.Status.DROPPED)

    def being_mended(self) -> Self:
        """整改中，还没有申请销号。"""
        return self.filter(status=Problem.Status.OPEN)

    def returned(self) -> Self:
        """退回整改：申请销号被退回，还没有重新申请。"""
        return self.being_mended().exclude(return_reason="")

    def applied(self) -> Self:
        """申请销号，待核验。"""
        return self.filter(status=Problem.Status.APPLIED)

    def overdue(self, today: dt.date) -> Self:
        """逾期未销号。"""
        return self.unsettled().filter(due_on__lt=today)

    def due_this_week(self, today: dt.date) -> Self:
        """本周（到周日止）到期而没有销号的；已经过了期限的算逾期，不在内。"""
        return self.unsettled().filter(due_on__range=(today, sunday(today)))

    def settled_this_year(self, today: dt.date) -> Self:
        """今年销号的。"""
        return self.filter(settled_at__year=today.year)


class Problem(models.Model):
    """问题台账（方案三（一）：“列出清单，分类、分层、分责限期挂账整改”）。只销号、撤账，不删除。"""

    class Status(models.TextChoices):
        OPEN = "open", "整改中"
        APPLIED = "applied", "申请销号"
        SETTLED = "settled", "已销号"
        DROPPED = "dropped", "已撤账"

    class Category(models.TextChoices):
        POLICY = "policy", "政策落实"
        APPROVAL = "approval", "审批服务"
        FACTORS = "factors", "要素保障"
        PROJECT = "project", "项目推进"
        ENTERPRISE = "enterprise", "企业诉求"
        CONDUCT = "conduct", "作风纪律"
        OTHER = "other", "其他"

    class Level(models.TextChoices):
        DEPARTMENT = "department", organisation.later("部室")
        LEADER = "leader", "分管领导"
        GROUP = "group", "领导小组"

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="problems", verbose_name="方案")
    number = models.PositiveIntegerField("编号")
    title = models.CharField("问题", max_length=100)
    text = models.TextField("具体情况", max_length=TEXT_MAX)
    category = models.CharField("分类", max_length=12, choices=Category.choices, default=Category.OTHER)
    level = models.CharField("分层", max_length=12, choices=Level.choices, default=Level.DEPARTMENT)
    department = models.ForeignKey(
        Department, models.PROTECT, related_name="problems", verbose_name=organisation.later("责任部室")
    )
    due_on = BoundedDateField("整改期限")
    status = models.CharField("状态", max_length=10, choices=Status.choices, default=Status.OPEN, editable=False)
    measure = models.ForeignKey(
        Measure, models.PROTECT, null=True, blank=True, related_name="problems", verbose_name="举措"
    )
    assignment = models.ForeignKey(
        Assignment, models.PROTECT, null=True, blank=True, related_name="problems", verbose_name="项次"
    )
    progress = models.OneToOneField(
        Progress, models.PROTECT, null=True, blank=True, related_name="problem", verbose_name="来自报送", editable=False
    )
    inspection = models.ForeignKey(
        Inspection, models.PROTECT, null=True, blank=True, related_name="problems", verbose_name="来自督查检查"
    )
    created_by = person("挂账人", editable=False)
    created_at = models.DateTimeField("挂账时间", editable=False)
    applied_at = models.DateTimeField("申请销号时间", null=True, blank=True, editable=False)
    settled_by = person("销号人", null=True, blank=True, editable=False)
    settled_at = models.DateTimeField("销号时间", null=True, blank=True, editable=False)
    return_reason = models.CharField("退回意见", max_length=500, blank=True, editable=False)
    times_returned = models.PositiveSmallIntegerField("退回次数", default=0, editable=False)
    dropped_by = person("撤账人", null=True, blank=True, editable=False)
    dropped_at = models.DateTimeField("撤账时间", null=True, blank=True, editable=False)
    drop_reason = models.CharField("撤账理由", max_length=500, blank=True, editable=False)

    objects = ProblemQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "问题"
        ordering = ["due_on", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "number"], name="problem_number_unique"),
            models.CheckConstraint(
                condition=Q(status="settled", settled_by__isnull=False, settled_at__isnull=False)
                | (~Q(status="settled") & Q(settled_by__isnull=True, settled_at__isnull=True)),
                name="problem_settled_has_who_and_when",
                violation_error_message="销号必须有销号人和时间。",
            ),
            models.CheckConstraint(
                condition=~Q(status="applied") | Q(applied_at__isnull=False), name="problem_applied_has_time"
            ),
            models.CheckConstraint(
                condition=(Q(status="dropped", dropped_by__isnull=False, dropped_at__isnull=False) & ~Q(drop_reason=""))
                | (~Q(status="dropped") & Q(dropped_by__isnull=True, dropped_at__isnull=True, drop_reason="")),
                name="problem_dropped_has_reason",
                violation_error_message="撤账必须有撤账人、时间和理由。",
            ),
            date_constraint("problem_dates", "due_on"),
        ]
        indexes = [models.Index(fields=["status", "due_on"])]

    def __str__(self) -> str:
        return f"问题{self.number}号 {self.title}"

    @property
    def is_over(self) -> bool:
        """已销号，或已撤账。"""
        return self.status in (self.Status.SETTLED, self.Status.DROPPED)

    @property
    def is_applied(self) -> bool:
        """申请销号，待核验。"""
        return self.status == self.Status.APPLIED

    def is_overdue(self, today: dt.date) -> bool:
        """没有销号而过了期限。"""
        return not self.is_over and self.due_on < today

    def shown_status(self, today: dt.date) -> str:
        """界面上的状态：整改中而过了期限的写“逾期未销号”，退回过的写“退回整改”；已申请销号的照实写，等办公室核验。"""
        if self.status != self.Status.OPEN:
            return self.get_status_display()
        if self.is_overdue(today):
            return "逾期未销号"
        return "退回整改" if self.is_returned else self.get_status_display()

    @property
    def is_waiting(self) -> bool:
        """已申请销号，等办公室核验。"""
        return self.status == self.Status.APPLIED

    @property
    def is_returned(self) -> bool:
        """申请销号被退回，还没有重新申请。"""
        return self.status == self.Status.OPEN and bool(self.return_reason)


class ProblemNote(models.Model):
    """整改记录：带日期的进展、核验意见，可附佐证。"""

    problem = models.ForeignKey(Problem, models.PROTECT, related_name="notes", verbose_name="问题")
    text = models.TextField("内容", max_length=TEXT_MAX)
    by = person("记录人")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "整改记录"
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.problem} {self.at:%Y-%m-%d}"
