"""督查检查。"""

import datetime as dt
from typing import Self

from django.db import models
from django.db.models import Q

from .fields import TEXT_MAX, BoundedDateField, date_constraint, person
from .measure import Measure
from .plan import OfPlan, Plan


class InspectionQuerySet(OfPlan):
    def counted(self, moment: dt.datetime | None = None) -> Self:
        """算数的：没有撤回的；`moment` 为那一刻还没有撤回的。"""
        standing = Q(withdrawn_at=None)
        return self.filter(standing | Q(withdrawn_at__gt=moment) if moment else standing)


class Inspection(models.Model):
    """督查检查（方案三（二）：“建立督查检查机制”）：何时、谁、去哪、看到什么；发现的问题另行挂账。登记错了的更正、撤回，都留痕。"""

    class Status(models.TextChoices):
        HELD = "held", "已登记"
        WITHDRAWN = "withdrawn", "已撤回"

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="inspections", verbose_name="方案")
    held_on = BoundedDateField("检查日期")
    inspectors = models.CharField("检查人员", max_length=200)
    place = models.CharField("地点或对象", max_length=200)
    findings = models.TextField("检查情况", max_length=TEXT_MAX)
    measures = models.ManyToManyField(Measure, blank=True, related_name="inspections", verbose_name="涉及的举措")
    created_by = person("登记人")
    created_at = models.DateTimeField("登记时间")
    withdrawn_by = person("撤回人", null=True, blank=True, editable=False)
    withdrawn_at = models.DateTimeField("撤回时间", null=True, blank=True, editable=False)
    withdraw_reason = models.TextField("撤回的理由", max_length=500, blank=True, editable=False)

    objects = InspectionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "督查检查"
        ordering = ["-held_on", "-pk"]
        constraints = [
            date_constraint("inspection_dates", "held_on"),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdrawn_by=None, withdraw_reason="")
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False) & ~Q(withdraw_reason=""),
                name="inspection_withdrawn_has_reason",
                violation_error_message="撤回须写明理由、撤回人与时间。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.held_on:%Y-%m-%d} {self.place}"

    @property
    def status(self) -> str:
        """由撤回时间算出。"""
        return self.Status.WITHDRAWN if self.withdrawn_at else self.Status.HELD

    def get_status_display(self) -> str:
        return self.Status(self.status).label
