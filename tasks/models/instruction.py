"""批示：领导对一项举措的话，与各承办部室的回复。"""

from typing import Self

from django.db import models
from django.db.models import Q

from departments.models import Department, Leader, User

from ..rules import permissions
from .fields import TEXT_MAX, person
from .measure import Measure
from .visibility import Visible


class InstructionQuerySet(Visible):
    to_plan = "measure__plan"

    def _seen_by_reporter(self, user: User) -> Self:
        """交本部室办的。"""
        return self.filter(departments=user.department_id)

    def waiting(self) -> Self:
        """还有部室没有回复的。"""
        return self.filter(answered_at__isnull=True)

    def awaiting(self, department: Department) -> Self:
        """等这个部室回复的。"""
        return self.waiting().filter(departments=department).exclude(replies__department=department)


class Instruction(models.Model):
    """批示：领导对一项举措的话。有关部室各自回复，全部回复之前一直显示。"""

    class Status(models.TextChoices):
        WAITING = "waiting", "待回复"
        ANSWERED = "answered", "已回复"

    measure = models.ForeignKey(Measure, models.PROTECT, related_name="instructions", verbose_name="举措")
    leader = models.ForeignKey(Leader, models.PROTECT, related_name="instructions", verbose_name="批示领导")
    departments = models.ManyToManyField(Department, related_name="instructions", verbose_name="承办部室")
    text = models.TextField("批示", max_length=1000)
    is_urgent = models.BooleanField("急办", default=False)
    by = person("录入人")
    at = models.DateTimeField("时间")
    answered_at = models.DateTimeField("全部回复时间", null=True, blank=True)

    objects = InstructionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "批示"
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.leader}批示 第{self.measure.number}项"

    @property
    def status(self) -> str:
        """由“全部回复时间”算出：各承办部室都回复了才是已回复。"""
        return self.Status.ANSWERED if self.answered_at else self.Status.WAITING

    def get_status_display(self) -> str:
        return self.Status(self.status).label

    @property
    def is_on_behalf(self) -> bool:
        """办公室代录的口头批示。"""
        return permissions.can_sign_for_leaders(self.by)

    @property
    def unanswered(self) -> list[Department]:
        """还没有回复的承办部室（预取过的不再查库）。"""
        answered = {reply.department_id for reply in self.replies.all()}
        return [d for d in self.departments.all() if d.pk not in answered]


class InstructionReply(models.Model):
    """一个部室对一条批示的回复：回复一次，以后可以补充办理情况。"""

    instruction = models.ForeignKey(Instruction, models.PROTECT, related_name="replies", verbose_name="批示")
    department = models.ForeignKey(Department, models.PROTECT, related_name="+", verbose_name="部室")
    text = models.TextField("回复", max_length=TEXT_MAX)
    by = person("回复人")
    at = models.DateTimeField("时间")
    is_supplement = models.BooleanField("补充", default=False, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "批示回复"
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["instruction", "department"],
                condition=Q(is_supplement=False),
                name="instruction_reply_unique",
                violation_error_message="本部室已经回复过这条批示。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.department}回复"

    @property
    def intro(self) -> str:
        """开头写谁怎么说的：“经济发展部回复：”“经济发展部补充：”。"""
        return f"{self.department}{'补充' if self.is_supplement else '回复'}："
