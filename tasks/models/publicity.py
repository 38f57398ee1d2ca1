"""对外宣传的条目。"""

from typing import Self

from django.db import models
from django.db.models import Q

from departments.requests import Anyone

from ..rules import permissions
from .fields import TEXT_MAX, person
from .progress import Progress


class PublicItemQuerySet(models.QuerySet):
    def released(self) -> Self:
        """现在对外公开的（没有撤下）。"""
        return self.filter(withdrawn_at__isnull=True)

    def visible_to(self, user: Anyone) -> Self:
        """办公室看全部；其余（不用登录）只看公开的。"""
        return self if permissions.can_publish(user) else self.released()


class PublicItem(models.Model):
    """对外宣传（方案三（三））：办公室从已通过的报送里选出、另写对外文字的一条。"""

    class Status(models.TextChoices):
        RELEASED = "released", "已发布"
        WITHDRAWN = "withdrawn", "已撤下"

    class Category(models.TextChoices):
        NEWS = "news", "进展成效"
        PRACTICE = "practice", "经验做法"

    progress = models.OneToOneField(Progress, models.PROTECT, related_name="public_item", verbose_name="报送")
    category = models.CharField("类别", max_length=10, choices=Category.choices)
    wording = models.TextField("对外文字", max_length=TEXT_MAX)
    released_by = person("发布人")
    released_at = models.DateTimeField("发布时间")
    withdrawn_at = models.DateTimeField("撤下时间", null=True, blank=True)

    objects = PublicItemQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "对外宣传"
        ordering = ["-released_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(wording=""), name="public_item_has_wording", violation_error_message="请写对外的文字。"
            )
        ]

    def __str__(self) -> str:
        return self.wording[:30]

    @property
    def status(self) -> str:
        """由撤下的时间算出。"""
        return self.Status.WITHDRAWN if self.withdrawn_at else self.Status.RELEASED

    def get_status_display(self) -> str:
        return self.Status(self.status).label
