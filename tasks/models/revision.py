"""方案的各版与签收。"""

from typing import Self

from django.db import models
from django.db.models import Q

from departments import organisation
from departments.models import Department, DepartmentQuerySet

from .plan import Plan


class PlanRevisionQuerySet(models.QuerySet):
    def applied(self) -> Self:
        """生效过的各版。"""
        return self.filter(status=PlanRevision.Status.APPLIED)

    def drafts(self) -> Self:
        """上传了、还没有生效的。"""
        return self.filter(status=PlanRevision.Status.DRAFT)


class PlanRevision(models.Model):
    """方案的一版。草稿即预览；生效后不再改动，撤销也是新的一版。"""

    class Status(models.TextChoices):
        DRAFT = "draft", "待核对"
        APPLIED = "applied", "已生效"
        DISCARDED = "discarded", "已放弃"

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="revisions", verbose_name="方案")
    number = models.PositiveIntegerField("版次", null=True, blank=True)
    base = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="比较基准")
    reverts = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="reverted_by", verbose_name="撤销的是"
    )
    status = models.CharField("状态", max_length=10, choices=Status.choices, default=Status.DRAFT, editable=False)
    note = models.CharField("说明", max_length=300, blank=True)
    filename = models.CharField("文件名", max_length=200, blank=True)
    content = models.BinaryField("原文件", null=True, editable=False)
    sha256 = models.CharField("文件校验值", max_length=64, blank=True)
    rows = models.JSONField("全部举措", default=list)
    diff = models.JSONField("与基准的差异", default=dict)
    created_by = models.ForeignKey(
        "departments.User", models.PROTECT, null=True, related_name="+", verbose_name="上传人"
    )
    created_at = models.DateTimeField("上传时间")
    applied_by = models.ForeignKey(
        "departments.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="确认人"
    )
    applied_at = models.DateTimeField("生效时间", null=True, blank=True)

    objects = PlanRevisionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "方案修订"
        ordering = ["-number", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "number"], name="revision_number_unique"),
            models.CheckConstraint(
                condition=Q(status="applied", number__isnull=False, applied_at__isnull=False)
                | (~Q(status="applied") & Q(number__isnull=True, applied_at__isnull=True)),
                name="revision_applied_has_number",
                violation_error_message="生效的版本必须有版次和生效时间。",
            ),
        ]

    def __str__(self) -> str:
        return f"第 {self.number} 版" if self.number else "未生效的修订"

    @property
    def is_draft(self) -> bool:
        return self.status == self.Status.DRAFT

    @property
    def unsigned(self) -> DepartmentQuerySet:
        """还没有签收这一版的在用部室。"""
        return Department.objects.active().exclude(receipts__revision=self)


class Receipt(models.Model):
    """签收：一个部室对一版方案点一次（印发通知：“现将……印发给你们”）。"""

    revision = models.ForeignKey(PlanRevision, models.PROTECT, related_name="receipts", verbose_name="版本")
    department = models.ForeignKey(
        Department, models.PROTECT, related_name="receipts", verbose_name=organisation.later("部室")
    )
    signed_by = models.ForeignKey("departments.User", models.PROTECT, related_name="+", verbose_name="签收人")
    signed_at = models.DateTimeField("签收时间")

    class Meta:
        verbose_name = verbose_name_plural = "签收"
        constraints = [
            models.UniqueConstraint(
                fields=["revision", "department"],
                name="receipt_unique",
                violation_error_message=organisation.later("本部室已签收这一版。"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.department} 签收 {self.revision}"
