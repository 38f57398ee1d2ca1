"""已阅：领导看过一项举措的哪个样子。只是一件事实，不计数、不评比。"""

from django.core.validators import RegexValidator
from django.db import models

from departments.models import Leader, User

from .fields import person
from .measure import Measure
from .visibility import Visible

SEEN = RegexValidator(r"\A[a-z0-9_.,]{1,120}\Z", "看到的样子只有小写字母、数字、下划线、点和逗号。")


class ReadingQuerySet(Visible):
    to_plan = "measure__plan"

    def _seen_by_reporter(self, user: User) -> "ReadingQuerySet":
        """本部室牵头的各项上的。"""
        return self.filter(
            measure__assignments__department=user.serving_id, measure__assignments__ended_in=None
        ).distinct()


class Reading(models.Model):
    """一位领导最近一次按“已阅”：`seen` 是他那时看到的样子（灯、报到哪里、批示回到哪里、为什么先看），变了就再请他看。"""

    measure = models.ForeignKey(Measure, models.PROTECT, related_name="readings", verbose_name="举措")
    leader = models.ForeignKey(Leader, models.PROTECT, related_name="+", verbose_name="领导")
    seen = models.CharField("看到的样子", max_length=120, validators=[SEEN], editable=False)
    by = person("谁按的")
    at = models.DateTimeField("时间")

    objects = ReadingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "已阅"
        ordering = ["leader__order", "leader_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["measure", "leader"],
                name="reading_one_a_leader",
                violation_error_message="这一项他已经看过，改那一条就是。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.leader}已阅第 {self.measure.number} 项"
