"""发到工作群的催办：一个群一条，发得怎样。"""

import datetime as dt
from typing import Self

from django.db import models
from django.db.models import Q

from .fields import BoundedDateField, date_constraint
from .plan import OfPlan, Plan
from .reminder import SENDING, Reminder

STUCK = dt.timedelta(minutes=10)  # 发一段至多几秒，过了这么久的没有人在发


class RobotPostQuerySet(OfPlan):
    def sendable(self, at: dt.datetime) -> Self:
        """可以拿来发的：没有发出、也没有正在发的。拿去发了而一直没有结果的（停机、被杀），过一会儿再发。"""
        return self.exclude(status=RobotPost.Status.SENT).exclude(error=SENDING, tried_at__gt=at - STUCK)


class RobotPost(models.Model):
    """一次催办里发到一个群的话。网址与密钥在设置里，不在库里。"""

    class Status(models.TextChoices):
        WAITING = "waiting", "待发"
        SENT = "sent", "已发"
        FAILED = "failed", "没发出"

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="+", verbose_name="方案")
    reminders = models.ManyToManyField(Reminder, related_name="robot_posts", verbose_name="催办")
    robot = models.CharField("哪个群", max_length=40)
    day = BoundedDateField("日期")
    text = models.TextField("发的话")
    status = models.CharField("状态", max_length=10, choices=Status.choices, default=Status.WAITING)
    parts_sent = models.PositiveSmallIntegerField("已发几段", default=0)
    attempts = models.PositiveSmallIntegerField("已试次数", default=0)
    tried_at = models.DateTimeField("最近一次试的时间", null=True)
    error = models.CharField("失败原因", max_length=500, blank=True)
    sent_at = models.DateTimeField("发出时间", null=True)

    objects = RobotPostQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "发到工作群的催办"
        ordering = ["-day", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status="sent", sent_at__isnull=False) | (~Q(status="sent") & Q(sent_at__isnull=True)),
                name="robot_post_sent_has_time",
            ),
            date_constraint("robot_post_dates", "day"),
        ]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {self.robot}"
