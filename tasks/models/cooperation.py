"""请配合单位报：办公室请一项的配合单位报它那一部分，一期一份。只是办公室要的，不进应报、按时率与灯。"""

import datetime as dt
from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

from departments import organisation
from departments.models import Department, User

from .assignment import Assignment
from .fields import TEXT_MAX, BoundedDateField, date_constraint, person
from .measure import Measure
from .period import ReportingPeriod
from .visibility import Visible


class CooperationQuerySet(Visible):
    to_plan = "measure__plan"

    def _seen_by_reporter(self, user: User) -> Self:
        """请本部室报的，和本部室牵头的各项上的；后来不再牵头的，只看还在牵头时就已经关闭的各期的。"""
        then = Q(ended_in=None) | Q(ended_in__applied_at__gt=OuterRef("period__closed_at"))
        led = Assignment.objects.filter(then, measure=OuterRef("measure"), department=user.serving_id)
        return self.filter(Q(department=user.serving_id) | Exists(led))

    def in_open_periods(self) -> Self:
        """报送中的各期的：没有报的等着报，报了的还可以改。"""
        return self.filter(period__status=ReportingPeriod.Status.OPEN, measure__retired_in=None)

    def waiting(self) -> Self:
        """等着报的：这一期开放着，没有撤销，那一项还在方案里。"""
        return self.in_open_periods().filter(answered_at=None, off_at=None)

    def standing(self) -> Self:
        """每一期都要、没有撤销的，各取最近一期的那一份：下一期照它接着要。"""
        return self.filter(is_standing=True, off_at=None, followed_by=None, measure__retired_in=None)

    def standing_before(self, day: dt.date) -> Self:
        """那一天开始的一期接着哪几份要：在它以前的，最近的一份。后开放的一期先接着要了的，也算。"""
        rows = self.filter(is_standing=True, off_at=None, measure__retired_in=None, period__starts_on__lt=day)
        return rows.filter(Q(followed_by=None) | Q(followed_by__period__starts_on__gt=day))

    def outstanding(self) -> Self:
        """还要着的：等着报的，和每一期都要的。"""
        return self.filter(Q(pk__in=self.waiting().values("pk")) | Q(pk__in=self.standing().values("pk")))

    def expected_of(self, department: Department) -> Self:
        """还要这个部室报的：等它报的，和以后各期由它接着报的。"""
        now = Q(department=department, heir=None) | Q(heir=department)
        return self.filter(
            Q(pk__in=self.waiting().filter(department=department)) | Q(pk__in=self.standing().filter(now))
        )


class Cooperation(models.Model):
    """请一个配合单位在一期里报它那一部分；每一期都要的，下一期开放时照样接着要（`follows` 是上一期的那一份）。"""

    class Status(models.TextChoices):
        WAITING = "waiting", "待报"
        FILED = "filed", "已报"
        MISSED = "missed", "没有报"
        OFF = "off", "不用报了"

    measure = models.ForeignKey(Measure, models.PROTECT, related_name="cooperation", verbose_name="举措")
    department = models.ForeignKey(
        Department, models.PROTECT, related_name="cooperation", verbose_name=organisation.later("配合部室")
    )
    period = models.ForeignKey(ReportingPeriod, models.PROTECT, related_name="cooperation", verbose_name="报送期")
    follows = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="followed_by", verbose_name="接着哪一份"
    )
    text = models.TextField("要报什么", max_length=1000)
    due_on = BoundedDateField("哪天以前报")
    is_standing = models.BooleanField("每一期都报", default=False)
    by = person("提出人")
    at = models.DateTimeField("提出时间")
    answer = models.TextField("配合情况", blank=True, max_length=TEXT_MAX)
    answered_by = person("填报人", null=True, blank=True)
    answered_at = models.DateTimeField("填报时间", null=True, blank=True)
    version = models.PositiveIntegerField(default=0, editable=False)
    off_by = person("撤销人", null=True, blank=True)
    off_at = models.DateTimeField("撤销时间", null=True, blank=True)
    off_reason = models.CharField("撤销原因", max_length=200, blank=True)
    heir = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="下一期起改由谁报"
    )

    objects = CooperationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "配合报送"
        ordering = ["due_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["measure", "department", "period"],
                name="cooperation_unique",
                violation_error_message="这一项这一期已经请它报了。",
            ),
            models.CheckConstraint(
                condition=Q(answer="", answered_by__isnull=True, answered_at__isnull=True)
                | (~Q(answer="") & Q(answered_by__isnull=False, answered_at__isnull=False)),
                name="cooperation_answer_has_who_and_when",
            ),
            models.CheckConstraint(
                condition=Q(off_by__isnull=True, off_at__isnull=True, off_reason="")
                | (Q(off_by__isnull=False, off_at__isnull=False) & ~Q(off_reason="")),
                name="cooperation_off_has_who_when_why",
            ),
            date_constraint("cooperation_dates", "due_on"),
        ]

    def __str__(self) -> str:
        return f"请{self.department}报第 {self.measure.number} 项的配合情况"

    @property
    def status(self) -> str:
        """由报了没有、撤销没有、这一期开放着没有算出；与 `waiting` 说的相符。"""
        if self.answered_at:
            return self.Status.FILED
        closed = self.period.closed_at
        if self.off_at and (closed is None or self.off_at <= closed):
            return self.Status.OFF
        if not self.period.is_open:
            return self.Status.MISSED
        return self.Status.OFF if self.measure.retired_in_id else self.Status.WAITING

    def get_status_display(self) -> str:
        return self.Status(self.status).label
