"""日历订阅链接。"""

import secrets
from typing import Self

from django.db import models
from django.db.models import Q

from departments import organisation
from departments.models import Department, User

from .fields import person
from .visibility import Visible


def new_token() -> str:
    """日历链接的密钥：256 位随机数。"""
    return secrets.token_urlsafe(32)


class CalendarLinkQuerySet(Visible):
    def in_force(self) -> Self:
        """在用的（没有作废）。"""
        return self.filter(revoked_at__isnull=True)

    def _seen_by_board(self, user: User) -> Self:
        """密链只有本部室的填报人看得到。"""
        return self.none()

    def _seen_by_reporter(self, user: User) -> Self:
        """本部室的。"""
        return self.filter(department=user.serving_id)


class CalendarLink(models.Model):
    """一个部室的日历订阅链接；作废后旧链接立即失效。"""

    class Status(models.TextChoices):
        ACTIVE = "active", "使用中"
        REVOKED = "revoked", "已作废"

    department = models.ForeignKey(
        Department, models.PROTECT, related_name="calendar_links", verbose_name=organisation.later("部室")
    )
    token = models.CharField("密钥", max_length=64, unique=True, default=new_token, editable=False)
    created_by = person("建立人")
    created_at = models.DateTimeField("建立时间")
    revoked_at = models.DateTimeField("作废时间", null=True, blank=True)

    objects = CalendarLinkQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "日历订阅"
        constraints = [
            models.UniqueConstraint(
                fields=["department"], condition=Q(revoked_at__isnull=True), name="calendar_link_one_in_force"
            )
        ]

    def __str__(self) -> str:
        return f"{self.department}日历"

    @property
    def status(self) -> str:
        """由作废的时间算出。"""
        return self.Status.REVOKED if self.revoked_at else self.Status.ACTIVE

    def get_status_display(self) -> str:
        return self.Status(self.status).label
