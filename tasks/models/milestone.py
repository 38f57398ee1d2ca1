"""任务分解：项次的节点，与报送里勾的“完成了”。"""

import datetime as dt
from typing import Self

from django.db import models
from django.db.models import Q

from departments.models import User

from .assignment import Assignment
from .fields import BoundedDateField, date_constraint, person
from .progress import Progress
from .visibility import Visible


class MilestoneQuerySet(Visible):
    to_plan = "assignment__measure__plan"

    def _seen_by_reporter(self, user: User) -> Self:
        """认可的都可以看；待认可的、取消的，只看本部室的。"""
        agreed = Q(agreed_at__isnull=False, removed_at__isnull=True)
        return self.filter(agreed | Q(assignment__department=user.serving_id))

    def proposed(self) -> Self:
        """部室提出、等办公室认可的。"""
        return self.filter(agreed_at__isnull=True, removed_at__isnull=True)

    def agreed(self) -> Self:
        """办公室认可、没有取消的节点。"""
        return self.filter(agreed_at__isnull=False, removed_at__isnull=True)

    def undone(self) -> Self:
        """认可了、还没有完成的：报送里可以勾的就是这些。"""
        return self.agreed().filter(done_at__isnull=True)


class Milestone(models.Model):
    """任务分解的节点。部室或办公室提出，办公室认可后生效；在报送里勾完成，审核通过才算。

    行只添不改：取消、撤销认定都在旧行上记下时间，撤销认定另建一行未完成的，所以任何一刻的节点都可重现。
    """

    class Status(models.TextChoices):
        PROPOSED = "proposed", "待认可"
        AGREED = "agreed", "未完成"
        DONE = "done", "已完成"
        REMOVED = "removed", "已取消"

    assignment = models.ForeignKey(Assignment, models.PROTECT, related_name="milestones", verbose_name="项次")
    name = models.CharField("节点", max_length=60)
    due_on = BoundedDateField("时限")
    done_on = BoundedDateField("完成日", null=True, blank=True, editable=False)
    done_at = models.DateTimeField("认定完成的时间", null=True, blank=True, editable=False)
    proposed_by = person("提出人", editable=False)
    proposed_at = models.DateTimeField("提出时间", editable=False)
    agreed_by = person("认可人", null=True, blank=True, editable=False)
    agreed_at = models.DateTimeField("认可时间", null=True, blank=True, editable=False)
    removed_at = models.DateTimeField("取消时间", null=True, blank=True, editable=False)

    objects = MilestoneQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "节点"
        ordering = ["due_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(done_on__isnull=True, done_at__isnull=True)
                | Q(done_on__isnull=False, done_at__isnull=False, agreed_at__isnull=False),
                name="milestone_done_was_agreed",
            ),
            date_constraint("milestone_dates", "due_on", "done_on"),
        ]

    def __str__(self) -> str:
        return f"{self.name}（{self.due_on:%Y-%m-%d}）"

    @property
    def status(self) -> str:
        """由认可、完成、取消的时间算出。"""
        if self.removed_at:
            return self.Status.REMOVED
        if self.done_at:
            return self.Status.DONE
        return self.Status.AGREED if self.agreed_at else self.Status.PROPOSED

    def get_status_display(self) -> str:
        return self.Status(self.status).label

    @property
    def is_tickable(self) -> bool:
        """报送里可以勾：认可了、还没有完成、没有取消。"""
        return self.status == self.Status.AGREED

    def is_overdue(self, today: dt.date) -> bool:
        """认可了、没有完成而过了时限。"""
        return self.status == self.Status.AGREED and self.due_on < today

    def shown_status(self, today: dt.date) -> str:
        """界面上的状态：在存的之外，算出“逾期未完成”。"""
        return "逾期未完成" if self.is_overdue(today) else self.get_status_display()


class MilestoneTick(models.Model):
    """报送里勾的“这个节点完成了”；报送通过时写到节点上。"""

    progress = models.ForeignKey(Progress, models.CASCADE, related_name="ticks", verbose_name="报送")
    milestone = models.ForeignKey(Milestone, models.PROTECT, related_name="ticks", verbose_name="节点")

    class Meta:
        verbose_name = verbose_name_plural = "节点完成"
        constraints = [models.UniqueConstraint(fields=["progress", "milestone"], name="milestone_tick_unique")]

    def __str__(self) -> str:
        return str(self.milestone)
