"""批示：领导对一项举措（或另一件事）的话，与各承办部室的回复；领导小组对提请研究的问题的决定也在这里。"""

import datetime as dt
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from departments import organisation
from departments.models import Department, Leader, User

from ..rules import permissions
from .fields import TEXT_MAX, BoundedDateField, date_constraint, person
from .measure import Measure
from .plan import Plan
from .problem import Problem
from .visibility import Visible


class InstructionQuerySet(Visible):
    def _seen_by_reporter(self, user: User) -> Self:
        """交本部室办的。"""
        return self.filter(departments=user.serving_id)

    def waiting(self) -> Self:
        """还有部室没有回复的。"""
        return self.filter(answered_at__isnull=True)

    def awaiting(self, department: Department) -> Self:
        """等这个部室回复的。"""
        return self.waiting().filter(departments=department).exclude(replies__department=department)


class Instruction(models.Model):
    """批示：领导对一项举措、或举措以外一件事的话。承办部室各自回复，全部回复之前一直显示；办完了由录入的人或办公室了结。"""

    class Status(models.TextChoices):
        WAITING = "waiting", "待回复"
        ANSWERED = "answered", "已回复"
        SETTLED = "settled", "已了结"

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="instructions", verbose_name="方案")
    measure = models.ForeignKey(
        Measure, models.PROTECT, null=True, blank=True, related_name="instructions", verbose_name="举措"
    )
    matter = models.CharField("事项", max_length=200, blank=True, help_text="不在哪一项举措里的一件事，写它叫什么")
    problem = models.ForeignKey(
        Problem, models.PROTECT, null=True, blank=True, related_name="decisions", verbose_name="提请研究的问题"
    )
    leader = models.ForeignKey(Leader, models.PROTECT, related_name="instructions", verbose_name="批示领导")
    departments = models.ManyToManyField(
        Department, related_name="instructions", verbose_name=organisation.later("承办部室")
    )
    text = models.TextField("批示", max_length=1000)
    is_urgent = models.BooleanField("急办", default=False)
    by = person("录入人")
    at = models.DateTimeField("时间")
    said_on = BoundedDateField("批示日期", null=True, blank=True)
    due_on = BoundedDateField("办理期限", null=True, blank=True)
    answered_at = models.DateTimeField("全部回复时间", null=True, blank=True)
    settled_by = person("了结人", null=True, blank=True, editable=False)
    settled_at = models.DateTimeField("了结时间", null=True, blank=True, editable=False)
    settle_note = models.CharField("办理结果", max_length=500, blank=True, editable=False)

    objects = InstructionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "批示"
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(measure__isnull=False, matter="") | (Q(measure__isnull=True) & ~Q(matter="")),
                name="instruction_measure_or_matter",
                violation_error_message="批示或在一项举措上，或写明是什么事，两样有且只有一样。",
            ),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True, settled_by__isnull=True)
                | Q(settled_at__isnull=False, settled_by__isnull=False, answered_at__isnull=False),
                name="instruction_settled_was_answered",
                violation_error_message=organisation.later("各承办部室都回复了才能了结。"),
            ),
            models.CheckConstraint(
                condition=Q(due_on__isnull=True) | Q(said_on__isnull=True) | Q(due_on__gte=F("said_on")),
                name="instruction_due_after_said",
                violation_error_message="办理期限不能早于批示日期。",
            ),
            date_constraint("instruction_dates", "said_on", "due_on"),
        ]

    def __str__(self) -> str:
        return f"{self.leader}{self.kind} {self.name}"

    @property
    def kind(self) -> str:
        """批示；领导小组对提请研究的问题的，是决定。"""
        return "决定" if self.problem_id else "批示"

    @property
    def name(self) -> str:
        """说的是什么：第 7 项；举措以外的写事项。"""
        return f"第 {self.measure.number} 项" if self.measure else f"“{self.matter}”"

    @property
    def title(self) -> str:
        """举措名称，或事项。"""
        return self.measure.title if self.measure else self.matter

    @property
    def url(self) -> str:
        """它自己的一页。"""
        return reverse("instruction_detail", args=[self.pk])

    @property
    def about_url(self) -> str:
        """所批的那一项；举措以外的就是它自己的一页。"""
        return self.measure.url if self.measure else self.url

    @property
    def day(self) -> dt.date:
        """哪天批的；没有写明的是录入那天。"""
        return self.said_on or timezone.localdate(self.at)

    @property
    def status(self) -> str:
        """由了结、“全部回复”的时间算出：各承办部室都回复了才是已回复。"""
        if self.settled_at:
            return self.Status.SETTLED
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
    department = models.ForeignKey(
        Department, models.PROTECT, related_name="+", verbose_name=organisation.later("部室")
    )
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
                violation_error_message=organisation.later("本部室已经回复过这条批示。"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.department}回复"

    @property
    def intro(self) -> str:
        """开头写谁怎么说的：“经济发展部回复：”“经济发展部补充：”。"""
        return f"{self.department}{'补充' if self.is_supplement else '回复'}："
