"""报送期：起止、截止日、开放与关闭，和关闭时的判灯依据。"""

import datetime as dt
from collections.abc import Iterable
from typing import Self

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q

from departments import organisation
from departments.models import Department
from yingshang import dates

from ..rules import lights, timetable
from .fields import BoundedDateField, date_constraint
from .plan import Plan


class ReportingPeriodQuerySet(models.QuerySet):
    def opened(self) -> Self:
        """开放过的：报送中的与已关闭的。"""
        return self.exclude(status=ReportingPeriod.Status.PLANNED)

    def still_open(self) -> Self:
        """报送中的。"""
        return self.filter(status=ReportingPeriod.Status.OPEN)

    def closed(self) -> Self:
        """已关闭的。"""
        return self.filter(status=ReportingPeriod.Status.CLOSED)

    def not_closed(self) -> Self:
        """报送中的与还没有开放的。"""
        return self.exclude(status=ReportingPeriod.Status.CLOSED)


class ReportingPeriod(models.Model):
    """报送期。开放时为每项次建一行“未报”，所以“应报”是存下来的事实，不随方案修订而变。"""

    class Status(models.TextChoices):
        PLANNED = "planned", "未开放"
        OPEN = "open", "报送中"
        CLOSED = "closed", "已关闭"

    class Kind(models.TextChoices):
        MONTH = timetable.MONTH, "月"
        HALF_MONTH = timetable.HALF_MONTH, "半月"
        QUARTER = timetable.QUARTER, "季"
        TEN_DAYS = timetable.TEN_DAYS, "旬"
        ONCE = timetable.ONCE, "一次性"

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="periods", verbose_name="方案")
    name = models.CharField("名称", max_length=30)
    kind = models.CharField("几时一期", max_length=10, choices=Kind.choices, default=Kind.MONTH)
    # 方案年度以外的写年份（2024年1月）；空着的由起止算出。
    short = models.CharField("简称", max_length=30, blank=True)
    slug = models.SlugField("网址代号", max_length=20)
    starts_on = BoundedDateField("起")
    ends_on = BoundedDateField("止")
    due_on = BoundedDateField("报送截止日")
    original_due_on = BoundedDateField("原定截止日", editable=False)
    status = models.CharField("状态", max_length=10, choices=Status.choices, default=Status.PLANNED, editable=False)
    opened_at = models.DateTimeField("开放时间", null=True, blank=True, editable=False)
    closed_at = models.DateTimeField("关闭时间", null=True, blank=True, editable=False)

    objects = ReportingPeriodQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "报送期"
        ordering = ["-starts_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "slug"], name="period_slug_unique", violation_error_message="这个报送期已经有了。"
            ),
            models.UniqueConstraint(
                fields=["plan", "starts_on"],
                name="period_start_unique",
                violation_error_message="已有从这一天开始的报送期。",
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")) & Q(due_on__gte=F("starts_on")),
                name="period_ends_after_start",
                violation_error_message="止日与截止日都不能早于起日。",
            ),
            models.CheckConstraint(
                condition=Q(status="planned", opened_at__isnull=True, closed_at__isnull=True)
                | Q(status="open", opened_at__isnull=False, closed_at__isnull=True)
                | Q(status="closed", opened_at__isnull=False, closed_at__isnull=False),
                name="period_status_has_time",
                violation_error_message="报送期的状态与开放、关闭时间不符。",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["month", "half_month", "quarter", "ten_days", "once"]), name="period_kind_known"
            ),
            date_constraint("period_dates", "starts_on", "ends_on", "due_on", "original_due_on"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def short_name(self) -> str:
        """页面上的简称：月度写“9月”，方案年度以外的写“2024年1月”，其余写全名。"""
        if self.short:
            return self.short
        if (self.starts_on.year, self.starts_on.month) == (self.ends_on.year, self.ends_on.month):
            return dates.month(self.starts_on)
        return self.name

    @property
    def is_open(self) -> bool:
        return self.status == self.Status.OPEN

    @property
    def is_closed(self) -> bool:
        return self.status == self.Status.CLOSED

    def is_over(self, today: dt.date) -> bool:
        """报送到头了：已关闭，或截止日已过。按时报齐没有，从这时起才说得上。"""
        return self.is_closed or today > self.due_on

    def among(self, opened: Iterable[Self]) -> list[Self]:
        """开放过的各期里到本期为止的，次序照给的。本期关闭之后才补开的，那时还没有。"""
        found = (p for p in opened if p.starts_on <= self.starts_on)
        return [p for p in found if self.closed_at is None or (p.opened_at and p.opened_at <= self.closed_at)]

    def as_of(self, today: dt.date) -> dt.date:
        """这一期的账以哪天为准：已关闭的以关闭日为准（因此可重现），否则以今天为准。"""
        from django.utils import timezone

        return timezone.localdate(self.closed_at) if self.closed_at else today


class PeriodBasis(models.Model):
    """一期关闭时的判灯依据（见 figures/basis）。另放一张表：报送期处处被连带读出，这里要用才读。

    `facts` 是各举措的（类型、时限、目标、谁牵头、漏了哪几期），只有从头判一遍时才读；页面要的只是另两栏。
    """

    period = models.OneToOneField(ReportingPeriod, models.PROTECT, related_name="basis", verbose_name="报送期")
    settings = models.JSONField("阈值与序时起止", default=dict, encoder=DjangoJSONEncoder)
    problems = models.JSONField("没有销号的问题", default=dict, encoder=DjangoJSONEncoder)
    facts = models.JSONField("各举措的依据", encoder=DjangoJSONEncoder)

    class Meta:
        verbose_name = verbose_name_plural = "关闭时的判灯依据"

    def __str__(self) -> str:
        return f"{self.period}的判灯依据"


class ClosedReports(models.Model):
    """一期关闭时一个部室的报送（项次）：这一期从此不变，页面不再数它的几万行。各栏见 `figures.reporting.Reporting`。"""

    period = models.ForeignKey(ReportingPeriod, models.PROTECT, related_name="+", verbose_name="报送期")
    department = models.ForeignKey(
        Department, models.PROTECT, related_name="+", verbose_name=organisation.later("部室")
    )
    owed = models.PositiveIntegerField("应报")
    approved = models.PositiveIntegerField("已通过")
    submitted = models.PositiveIntegerField("待审核")
    missing = models.PositiveIntegerField("还没有动手")
    draft = models.PositiveIntegerField("草稿")
    returned = models.PositiveIntegerField("退回待改")
    on_time = models.PositiveIntegerField("按时")
    late = models.PositiveIntegerField("补报")
    sent_back = models.PositiveIntegerField("退回过")

    class Meta:
        verbose_name = verbose_name_plural = "关闭时的报送"
        constraints = [models.UniqueConstraint(fields=["period", "department"], name="closed_reports_unique")]

    def __str__(self) -> str:
        return f"{self.period}{self.department}的报送"


class ClosedLights(models.Model):
    """一期关闭时一种灯有几项：余同 `ClosedReports`。"""

    period = models.ForeignKey(ReportingPeriod, models.PROTECT, related_name="+", verbose_name="报送期")
    level = models.CharField("灯", max_length=12, choices=list(lights.LABELS.items()))
    n = models.PositiveIntegerField("几项")

    class Meta:
        verbose_name = verbose_name_plural = "关闭时的灯"
        constraints = [models.UniqueConstraint(fields=["period", "level"], name="closed_lights_unique")]

    def __str__(self) -> str:
        return f"{self.period}{self.level}"
