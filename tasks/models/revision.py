"""方案的各版与签收。"""

from collections.abc import Iterable
from typing import Self

from django.db import models
from django.db.models import Q

from departments import organisation
from departments.models import Department, DepartmentQuerySet

from .plan import Plan

# 各部室共担的一项，牵头的部室记这一个。
EVERY_ROOM = "*"


def fenced(names: Iterable[str]) -> str:
    """几个名称存成一格，一个一段；找一个名称时连前后的竖线一起找，“财务”就不会找到“财务部”。"""
    return "".join(f"|{name.replace('|', '/')}|" for name in names)


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


class RevisionChangeQuerySet(models.QuerySet):
    def differing(self) -> Self:
        """有变化的各项，照文件的次序。"""
        return self.exclude(kind=RevisionChange.Kind.SAME).order_by("position")

    def led_by(self, room: str) -> Self:
        """变前变后有一边由这个部室牵头的；各部室共担的也算。"""
        return self.filter(Q(rooms__contains=fenced([room])) | Q(rooms__contains=fenced([EVERY_ROOM])))


class RevisionChange(models.Model):
    """一版里的一项举措：与基准相比怎么变的。照文件的次序一项一行，拟退出的在后；看哪一页取哪几行，不读整份。"""

    class Kind(models.TextChoices):
        ADDED = "added", "新增"
        CHANGED = "changed", "修改"
        RENUMBERED = "renumbered", "改序号"
        REVIVED = "revived", "恢复列入"
        SAME = "same", "无变化"
        REMOVED = "removed", "拟退出"

    revision = models.ForeignKey(PlanRevision, models.CASCADE, related_name="changes", verbose_name="版本")
    position = models.PositiveIntegerField("次序")
    kind = models.CharField("怎么变的", max_length=10, choices=Kind.choices)
    before = models.CharField("原序号", max_length=10, blank=True)
    after = models.CharField("现序号", max_length=10, blank=True)
    fields = models.TextField("变了哪几栏", blank=True)
    rooms = models.TextField(organisation.later("牵头的部室"), blank=True, help_text="变前变后都算")
    weight = models.PositiveIntegerField("在页面上约占几个字节")
    confirms = models.PositiveSmallIntegerField("有几句须确认的话", default=0)
    said = models.JSONField("须确认的话", default=list, help_text="前面各项没有说过的")
    content = models.JSONField("这一处", default=dict)

    objects = RevisionChangeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "一版的各处变化"
        constraints = [models.UniqueConstraint(fields=["revision", "position"], name="revision_change_unique")]

    def __str__(self) -> str:
        return f"{self.revision} 第 {self.number} 项"

    @property
    def number(self) -> str:
        """文件里的序号；拟退出的是现行的序号。"""
        return self.after or self.before

    @property
    def done_label(self) -> str:
        """已经生效的一版里怎么叫。"""
        return "已退出" if self.kind == self.Kind.REMOVED else self.get_kind_display()


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
