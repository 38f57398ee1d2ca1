"""办结申请（月报之外）与跟踪问效。办结本身在 report.py。"""

import datetime as dt
from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

from departments.models import User

from .assignment import Assignment, Completion
from .fields import TEXT_MAX, BoundedDateField, date_constraint, person
from .visibility import Visible


class CompletionRequestQuerySet(Visible):
    to_plan = "assignment__measure__plan"

    def _seen_by_reporter(self, user: User) -> Self:
        """本部室的；佐证材料随之。"""
        return self.filter(assignment__department=user.serving_id)

    def waiting(self) -> Self:
        """待核实。"""
        return self.filter(status=CompletionRequest.Status.REQUESTED)

    def returned(self) -> Self:
        """退回的。"""
        return self.filter(status=CompletionRequest.Status.RETURNED)


class CompletionRequest(models.Model):
    """办结申请：部室在月报之外申请办结，附佐证；办公室核实后同意或退回。"""

    class Status(models.TextChoices):
        REQUESTED = "requested", "待核实"
        GRANTED = "granted", "已办结"
        RETURNED = "returned", "已退回"
        WITHDRAWN = "withdrawn", "已撤回"

    assignment = models.ForeignKey(Assignment, models.PROTECT, related_name="completion_requests", verbose_name="项次")
    note = models.TextField("完成情况", max_length=TEXT_MAX)
    status = models.CharField("状态", max_length=10, choices=Status.choices, default=Status.REQUESTED, editable=False)
    requested_by = person("申请人")
    requested_at = models.DateTimeField("申请时间")
    decided_by = person("核实人", null=True, blank=True)
    decided_at = models.DateTimeField("核实时间", null=True, blank=True)
    return_reason = models.CharField("退回意见", max_length=500, blank=True)

    objects = CompletionRequestQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "办结申请"
        ordering = ["-requested_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["assignment"],
                condition=Q(status="requested"),
                name="completion_request_one_waiting",
                violation_error_message="这一项已有一份待核实的办结申请。",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["granted", "returned"], decided_by__isnull=False, decided_at__isnull=False)
                | Q(status__in=["requested", "withdrawn"], decided_by__isnull=True, decided_at__isnull=True),
                name="completion_request_decided_has_who_and_when",
            ),
            models.CheckConstraint(
                condition=~Q(status="returned") | ~Q(return_reason=""),
                name="completion_request_return_has_reason",
                violation_error_message="退回必须写明意见。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.assignment} 办结申请"

    @property
    def is_waiting(self) -> bool:
        return self.status == self.Status.REQUESTED

    @property
    def is_returned(self) -> bool:
        return self.status == self.Status.RETURNED


class EffectNoteQuerySet(Visible):
    to_plan = "completion__assignment__measure__plan"

    def _seen_by_reporter(self, user: User) -> Self:
        """本部室的。"""
        return self.filter(completion__assignment__department=user.serving_id)

    def due(self, today: dt.date) -> Self:
        """到了回看日期、还没有再记一次的；办结后又重新打开的不算。"""
        later = EffectNote.objects.filter(completion=OuterRef("completion"), pk__gt=OuterRef("pk"))
        rows = self.filter(follow_up_on__lte=today, completion__reopened_at__isnull=True)
        return rows.filter(~Exists(later)).order_by("follow_up_on", "pk")


class EffectNote(models.Model):
    """跟踪问效（方案三（二）：“对……改革措施进展情况跟踪问效”）：办结后的实际效果与下次回看日期。"""

    completion = models.ForeignKey(Completion, models.PROTECT, related_name="effects", verbose_name="办结")
    text = models.TextField("效果", max_length=TEXT_MAX)
    follow_up_on = BoundedDateField("下次回看", null=True, blank=True)
    by = person("记录人")
    at = models.DateTimeField("时间")

    objects = EffectNoteQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "跟踪问效"
        ordering = ["at", "pk"]
        constraints = [date_constraint("effect_dates", "follow_up_on")]

    def __str__(self) -> str:
        return f"{self.completion} {self.at:%Y-%m-%d}"
