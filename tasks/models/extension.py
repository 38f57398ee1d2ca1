"""延期申请。"""

from typing import Self

from django.db import models
from django.db.models import F, Q

from departments.models import User

from .assignment import Assignment
from .fields import BoundedDateField, date_constraint, person
from .visibility import Visible


class ExtensionQuerySet(Visible):
    to_plan = "assignment__measure__plan"

    def _seen_by_reporter(self, user: User) -> Self:
        """批准的都可以看（时限随之改变）；其余的只看本部室的。"""
        return self.filter(Q(status=Extension.Status.APPROVED) | Q(assignment__department=user.serving_id))

    def waiting(self) -> Self:
        """待批。"""
        return self.filter(status=Extension.Status.REQUESTED)

    def approved(self) -> Self:
        """已批准。"""
        return self.filter(status=Extension.Status.APPROVED)

    def decided(self) -> Self:
        """批复了的，与撤回了的。"""
        return self.exclude(status=Extension.Status.REQUESTED)

    def not_withdrawn(self) -> Self:
        return self.exclude(status=Extension.Status.WITHDRAWN)


class Extension(models.Model):
    """延期申请。原时限一直保留并计数；批准后灯与催办立即按新时限。"""

    class Status(models.TextChoices):
        REQUESTED = "requested", "待批"
        APPROVED = "approved", "已批准"
        REFUSED = "refused", "未批准"
        WITHDRAWN = "withdrawn", "已撤回"

    assignment = models.ForeignKey(Assignment, models.PROTECT, related_name="extensions", verbose_name="项次")
    old_due_on = BoundedDateField("原时限")
    new_due_on = BoundedDateField("申请延至")
    reason = models.CharField("理由", max_length=500)
    status = models.CharField("状态", max_length=10, choices=Status.choices, default=Status.REQUESTED, editable=False)
    requested_by = person("申请人")
    requested_at = models.DateTimeField("申请时间")
    decided_by = person("批复人", null=True, blank=True)
    decided_at = models.DateTimeField("批复时间", null=True, blank=True)
    decision_note = models.CharField("批复意见", max_length=500, blank=True)

    objects = ExtensionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "延期申请"
        ordering = ["-requested_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["assignment"],
                condition=Q(status="requested"),
                name="extension_one_waiting",
                violation_error_message="这一项已有一份待批的延期申请。",
            ),
            models.CheckConstraint(
                condition=Q(new_due_on__gt=F("old_due_on")),
                name="extension_is_later",
                violation_error_message="延期后的时限须晚于原时限。",
            ),
            models.CheckConstraint(
                condition=~Q(reason=""), name="extension_has_reason", violation_error_message="延期必须写明理由。"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["approved", "refused"], decided_by__isnull=False, decided_at__isnull=False)
                | Q(status__in=["requested", "withdrawn"], decided_by__isnull=True, decided_at__isnull=True),
                name="extension_decided_has_who_and_when",
            ),
            models.CheckConstraint(
                condition=~Q(status="refused") | ~Q(decision_note=""),
                name="extension_refusal_has_note",
                violation_error_message="不批准延期必须写明意见。",
            ),
            date_constraint("extension_dates", "old_due_on", "new_due_on"),
        ]

    def __str__(self) -> str:
        return f"{self.assignment} 延至 {self.new_due_on:%Y-%m-%d}"

    @property
    def is_waiting(self) -> bool:
        return self.status == self.Status.REQUESTED

    @property
    def is_approved(self) -> bool:
        return self.status == self.Status.APPROVED

    @property
    def is_refused(self) -> bool:
        return self.status == self.Status.REFUSED
