"""换人与部室调整：定了将来某一天的，先登记着，到那天由每天的定时任务生效。当天、补登的不经这里，直接生效。"""

import datetime as dt
from typing import Any, Self

from django.db import models
from django.db.models import Q

from departments import organisation
from departments.models import Department, Leader

from .fields import BoundedDateField, date_constraint, person


class SuccessionQuerySet(models.QuerySet["Succession"]):
    def pending(self) -> Self:
        """登记了、还没有生效、没有撤回的；到期没有生效成的也在内。"""
        return self.filter(done_at=None, withdrawn_at=None)

    def due(self, today: dt.date) -> Self:
        """到了那天还没有生效的，早的在前。"""
        return self.pending().filter(on__lte=today).order_by("on", "pk")

    def stuck(self) -> Self:
        """到期而没有生效成的：管理员与办公室要看到。"""
        return self.pending().exclude(refused="")

    def of_department(self, department: Department) -> Self:
        return self.pending().filter(old_department=department)

    def of_leader(self, leader: Leader) -> Self:
        return self.pending().filter(old_leader=leader)


class Succession(models.Model):
    """登记的一次接替：一个部室换成另一个（拆分的逐项另给），或一位领导换成另一位。"""

    class Status(models.TextChoices):
        PENDING = "pending", "待生效"
        STUCK = "stuck", "到期没有生效"
        DONE = "done", "已生效"
        WITHDRAWN = "withdrawn", "已撤回"

    old_department = models.ForeignKey(
        Department, models.PROTECT, null=True, related_name="+", verbose_name=organisation.later("原部室")
    )
    new_department = models.ForeignKey(
        Department, models.PROTECT, null=True, related_name="+", verbose_name=organisation.later("接替的部室")
    )
    old_leader = models.ForeignKey(Leader, models.PROTECT, null=True, related_name="+", verbose_name="原来的领导")
    new_leader = models.ForeignKey(Leader, models.PROTECT, null=True, related_name="+", verbose_name="接替的领导")
    on = BoundedDateField("从哪天起")
    reason = models.CharField("根据", max_length=200)
    parts = models.JSONField("拆分的：项次给哪个部室", default=dict)
    with_accounts = models.BooleanField("账户一并转过去", default=False)
    is_gone = models.BooleanField("原来的不再使用", default=True)
    # 登记时看到的预览（pages/succession.py 的 Preview），与那时在内的各项次。
    seen = models.JSONField("登记时要动的", default=dict)
    seen_parts = models.JSONField("登记时的各项次", default=list)
    by = person("登记人")
    at = models.DateTimeField("登记时间")
    withdrawn_by = person("撤回人", null=True, editable=False)
    withdrawn_at = models.DateTimeField("撤回时间", null=True, editable=False)
    done_at = models.DateTimeField("生效时间", null=True, editable=False)
    tried_at = models.DateTimeField("最近一次没有生效的时间", null=True, editable=False)
    refused = models.TextField("为什么没有生效", blank=True, editable=False)

    objects = SuccessionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "登记的接替"
        ordering = ["on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    old_department__isnull=False,
                    new_department__isnull=False,
                    old_leader__isnull=True,
                    new_leader__isnull=True,
                )
                | Q(
                    old_department__isnull=True,
                    new_department__isnull=True,
                    old_leader__isnull=False,
                    new_leader__isnull=False,
                ),
                name="succession_of_departments_or_leaders",
                violation_error_message="接替的或是两个部室，或是两位领导。",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False, done_at__isnull=True),
                name="succession_withdrawn_has_who_and_is_not_done",
                violation_error_message="撤回的须有谁、何时，而且没有生效。",
            ),
            models.UniqueConstraint(
                fields=["old_department"],
                condition=Q(done_at__isnull=True, withdrawn_at__isnull=True),
                name="succession_department_pending_once",
                violation_error_message="这个部室已登记了一次接替，还没有生效。",
            ),
            models.UniqueConstraint(
                fields=["old_leader"],
                condition=Q(done_at__isnull=True, withdrawn_at__isnull=True),
                name="succession_leader_pending_once",
                violation_error_message="这位领导已登记了一次接替，还没有生效。",
            ),
            date_constraint("succession_dates", "on"),
        ]

    def __str__(self) -> str:
        return f"{self.old}由{self.new}接替"

    @property
    def old(self) -> Any:
        """原来的：部室或领导。"""
        return self.old_department or self.old_leader

    @property
    def new(self) -> Any:
        return self.new_department or self.new_leader

    @property
    def status(self) -> str:
        """由生效、撤回、没有生效成算出。"""
        if self.done_at:
            return self.Status.DONE
        if self.withdrawn_at:
            return self.Status.WITHDRAWN
        return self.Status.STUCK if self.refused else self.Status.PENDING

    def get_status_display(self) -> str:
        return self.Status(self.status).label
