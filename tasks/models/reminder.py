"""催办与催办邮件。"""

from typing import Self

from django.db import models
from django.db.models import Q

from departments import organisation
from departments.models import Department, User

from .assignment import Assignment
from .fields import BoundedDateField, date_constraint, person
from .period import ReportingPeriod
from .plan import Plan
from .visibility import Visible

# 正在发的一封在“失败原因”里的记号：别人不再拿去发。进程若在这时断了，是否发出不得而知，不自己重发；由人定（remind --resend）。
SENDING = "正在发送，结果未知"


class ReminderQuerySet(Visible):
    def _seen_by_reporter(self, user: User) -> Self:
        """催办本部室的。"""
        return self.filter(department=user.serving_id)


class Reminder(models.Model):
    """催办：对一个部室的一次催办，连同当时发出的文字。"""

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="reminders", verbose_name="方案")
    period = models.ForeignKey(
        ReportingPeriod, models.PROTECT, null=True, related_name="reminders", verbose_name="报送期"
    )
    department = models.ForeignKey(
        Department, models.PROTECT, related_name="reminders", verbose_name=organisation.later("部室")
    )
    assignments = models.ManyToManyField(Assignment, related_name="reminders", verbose_name="催办的项次")
    text = models.TextField("催办语")
    group_text = models.TextField("发到工作群的话", blank=True)
    by = person("催办人", null=True, help_text="空着表示定时任务")
    at = models.DateTimeField("时间")

    objects = ReminderQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "催办"
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d} 催办 {self.department}"


class DeliveryQuerySet(models.QuerySet):
    def sendable(self) -> Self:
        """可以拿来发的：待发、没发出的；已发的、正在发的不在内。"""
        return self.exclude(status=Delivery.Status.SENT).exclude(error=SENDING)

    def of_unknown_fate(self) -> Self:
        """发到一半断了的（或正在发的）：发没发出，不得而知。"""
        return self.filter(error=SENDING)


class Delivery(models.Model):
    """催办邮件：一人一天至多一封汇总；失败的记下原因，下次再发。"""

    class Status(models.TextChoices):
        WAITING = "waiting", "待发"
        SENT = "sent", "已发"
        FAILED = "failed", "没发出"

    user = models.ForeignKey("departments.User", models.PROTECT, related_name="deliveries", verbose_name="收件人")
    day = BoundedDateField("日期")
    reminders = models.ManyToManyField(Reminder, related_name="deliveries", verbose_name="催办")
    subject = models.CharField("主题", max_length=200)
    text = models.TextField("正文")
    status = models.CharField("状态", max_length=10, choices=Status.choices, default=Status.WAITING)
    attempts = models.PositiveSmallIntegerField("已试次数", default=0)
    error = models.CharField("失败原因", max_length=500, blank=True)
    sent_at = models.DateTimeField("发出时间", null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "催办邮件"
        ordering = ["-day", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["user", "day"], name="delivery_once_a_day"),
            models.CheckConstraint(
                condition=Q(status="sent", sent_at__isnull=False) | (~Q(status="sent") & Q(sent_at__isnull=True)),
                name="delivery_sent_has_time",
            ),
            date_constraint("delivery_dates", "day"),
        ]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {self.user}"
