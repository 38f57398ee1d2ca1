"""叫法：本单位的表里一列叫什么、当什么用。管理员认过一次，以后直接认得。"""

from django.db import models

from departments import organisation
from yingshang.tables.normalising import squeeze

from .fields import person


class Term(models.Model):
    """一个叫法。`use` 为空的是“不导入”。"""

    class Use(models.TextChoices):
        NUMBER = "number", "序号"
        TITLE = "title", "举措名称"
        TEXT = "text", "具体内容"
        LEADERS = "leaders", "牵头领导"
        DEPARTMENTS = "departments", organisation.later("牵头部室")
        COOPERATING = "cooperating", "配合单位"
        DEADLINE = "deadline", "完成时限"
        TARGETS = "targets", "量化目标"
        KIND = "kind", "类型"

    word = models.CharField("叫法", max_length=60, unique=True)
    use = models.CharField("当作", max_length=12, choices=Use.choices, blank=True)
    by = person("登记人")
    at = models.DateTimeField("登记时间")

    class Meta:
        verbose_name = verbose_name_plural = "叫法"
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.word}：{self.get_use_display() or '不导入'}"

    def save(self, *args: object, **kwargs: object) -> None:
        """照认列名的写法存。"""
        self.word = squeeze(self.word)
        super().save(*args, **kwargs)  # type: ignore[arg-type]
