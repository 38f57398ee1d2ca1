"""责任分工（项次）与它的办结。"""

import datetime as dt
from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

from departments import organisation
from departments.models import Department, User

from .fields import BoundedDateField, date_constraint
from .measure import Measure
from .plan import OfPlan
from .revision import PlanRevision
from .visibility import Visible


class AssignmentQuerySet(Visible):
    to_plan = "measure__plan"

    def in_force(self) -> Self:
        """现行的责任分工：举措在册，本部室仍牵头。"""
        return self.filter(ended_in__isnull=True, measure__retired_in__isnull=True)

    def _seen_by_reporter(self, user: User) -> Self:
        """责任分工是印发文件的内容，哪个部室都可以看。"""
        return self

    def of_department(self, department: Department) -> Self:
        return self.filter(department=department)

    def not_completed(self) -> Self:
        """尚未办结（办结后又重新打开的也算未办结）。"""
        return self.exclude(is_completed("pk"))


class Assignment(models.Model):
    """责任分工（项次）：一项举措 × 一个牵头部室，是报送的单位。21 项 = 31 项次。"""

    class Status(models.TextChoices):
        OPEN = "open", "在办"
        COMPLETED = "completed", "已办结"
        ENDED = "ended", "已终止"

    measure = models.ForeignKey(Measure, models.PROTECT, related_name="assignments", verbose_name="举措")
    department = models.ForeignKey(
        Department, models.PROTECT, related_name="assignments", verbose_name=organisation.later("牵头部室")
    )
    order = models.PositiveSmallIntegerField(default=0)
    extended_due_on = BoundedDateField("延期后的时限", null=True, blank=True, editable=False)
    ended_in = models.ForeignKey(
        PlanRevision, models.PROTECT, null=True, blank=True, related_name="ended_assignments", verbose_name="终止于"
    )

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "责任分工"
        ordering = ["measure__position", "order", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["measure", "department"], name="assignment_unique"),
            date_constraint("assignment_dates", "extended_due_on"),
        ]

    def __str__(self) -> str:
        return f"{self.measure}（{self.department}）"

    @property
    def due_on(self) -> dt.date | None:
        """现行时限：批准延期的用新时限，否则用举措的时限。"""
        return self.extended_due_on or self.measure.due_on

    @property
    def targets(self) -> list:
        """这个项次要填的量化目标：指明由本部室报的，和没有指明的（预取过的不再查库）。"""
        return [t for t in self.measure.targets.all() if t.department_id in (None, self.department_id)]

    @property
    def ended_because(self) -> str:
        """为什么已终止（在册的为空）：举措退出现行方案，或不再由这个部室牵头。"""
        if self.measure.retired_in_id:
            return "已退出现行方案"
        return organisation.worded("已不由本部室牵头") if self.ended_in_id else ""

    @property
    def status(self) -> str:
        """由终止、办结算出（预取过办结的不再查库）。"""
        if self.ended_because:
            return self.Status.ENDED
        is_completed = any(c.reopened_at is None for c in self.completions.all())
        return self.Status.COMPLETED if is_completed else self.Status.OPEN

    def get_status_display(self) -> str:
        return self.Status(self.status).label


class CompletionQuerySet(OfPlan):
    to_plan = "assignment__measure__plan"

    def in_force(self) -> Self:
        """现在有效的办结（没有重新打开）。"""
        return self.filter(reopened_at__isnull=True)


def is_completed(path: str) -> Exists:
    """`path` 那个项次已办结（没有重新打开）。一行一行问，不先列出全库的项次：几份方案同时在办时差十倍。"""
    return Exists(Completion.objects.in_force().filter(assignment=OuterRef(path)))


class Completion(models.Model):
    """办结：由办公室通过一条“已完成”的报送，或同意一份办结申请而成；重新打开须写理由。"""

    assignment = models.ForeignKey(Assignment, models.PROTECT, related_name="completions", verbose_name="责任分工")
    progress = models.ForeignKey(
        "tasks.Progress", models.PROTECT, null=True, blank=True, related_name="completions", verbose_name="依据的报送"
    )
    granted_by = models.ForeignKey("departments.User", models.PROTECT, related_name="+", verbose_name="同意人")
    granted_at = models.DateTimeField("办结时间")
    reopened_by = models.ForeignKey(
        "departments.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="重新打开人"
    )
    reopened_at = models.DateTimeField("重新打开时间", null=True, blank=True)
    reopen_reason = models.CharField("重新打开的理由", max_length=500, blank=True)

    objects = CompletionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "办结"
        ordering = ["-granted_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["assignment"],
                condition=Q(reopened_at__isnull=True),
                name="completion_one_in_force",
                violation_error_message="这一项次已经办结。",
            ),
            models.CheckConstraint(
                condition=Q(reopened_at__isnull=True, reopened_by__isnull=True, reopen_reason="")
                | (Q(reopened_at__isnull=False, reopened_by__isnull=False) & ~Q(reopen_reason="")),
                name="completion_reopened_has_reason",
                violation_error_message="重新打开必须写明理由。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.assignment} 办结"
