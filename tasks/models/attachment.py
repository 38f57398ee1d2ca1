"""佐证材料：属于一条报送、一份办结申请或一条整改记录；批示的扫描件、公文的签发件、配合单位报的也在这里。"""

import functools
import operator
import secrets
from typing import Self

from django.db import models
from django.db.models import Q

from departments.requests import Anyone

from .circular import Circular
from .completion import CompletionRequest
from .cooperation import Cooperation
from .instruction import Instruction
from .problem import Problem
from .progress import Progress


class AttachmentQuerySet(models.QuerySet):
    def visible_to(self, user: Anyone) -> Self:
        """佐证材料随所属的报送、办结申请、问题走：看得到它们才看得到材料。"""
        mine = Q(progress__in=Progress.objects.visible_to(user))
        mine |= Q(completion_request__in=CompletionRequest.objects.visible_to(user))
        mine |= Q(problem_note__problem__in=Problem.objects.visible_to(user))
        mine |= Q(circular__in=Circular.objects.visible_to(user))
        mine |= Q(instruction__in=Instruction.objects.visible_to(user))
        mine |= Q(cooperation__in=Cooperation.objects.visible_to(user))
        return self.filter(mine)


# 材料属于其中恰好一样。
PARENTS = ("progress", "problem_note", "completion_request", "instruction", "circular", "cooperation")


def _only(parent: str) -> Q:
    """只属于这一样。"""
    return Q(**{f"{name}__isnull": name != parent for name in PARENTS})


def attachment_path(instance: object, filename: str) -> str:
    """磁盘上的文件名是随机的，与用户给的名字无关。"""
    return f"evidence/{secrets.token_hex(2)}/{secrets.token_hex(16)}"


class Attachment(models.Model):
    """佐证材料。一律按下载给出，不在页面里打开。"""

    progress = models.ForeignKey(
        Progress, models.PROTECT, null=True, blank=True, related_name="attachments", verbose_name="进展报送"
    )
    problem_note = models.ForeignKey(
        "tasks.ProblemNote", models.PROTECT, null=True, blank=True, related_name="attachments", verbose_name="整改记录"
    )
    completion_request = models.ForeignKey(
        "tasks.CompletionRequest",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="attachments",
        verbose_name="办结申请",
    )
    instruction = models.ForeignKey(
        Instruction, models.PROTECT, null=True, blank=True, related_name="scans", verbose_name="批示"
    )
    circular = models.ForeignKey(
        Circular, models.PROTECT, null=True, blank=True, related_name="scans", verbose_name="公文的签发件、盖章件"
    )
    cooperation = models.ForeignKey(
        Cooperation, models.PROTECT, null=True, blank=True, related_name="attachments", verbose_name="配合报送"
    )
    file = models.FileField("文件", upload_to=attachment_path)
    name = models.CharField("文件名", max_length=120)
    content_type = models.CharField("类型", max_length=100)
    size = models.PositiveIntegerField("大小（字节）")
    sha256 = models.CharField("校验值", max_length=64)
    uploaded_by = models.ForeignKey("departments.User", models.PROTECT, related_name="+", verbose_name="上传人")
    uploaded_at = models.DateTimeField("上传时间")
    removed_at = models.DateTimeField("移除时间", null=True, blank=True)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "佐证材料"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=functools.reduce(operator.or_, (_only(parent) for parent in PARENTS)),
                name="attachment_has_one_parent",
            )
        ]

    def __str__(self) -> str:
        return self.name
