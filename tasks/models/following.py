"""关注：自己记着的几项举措，只有自己看得到。"""

from django.db import models

from departments.models import User

from .measure import Measure
from .plan import OfPlan


class FollowingQuerySet(OfPlan):
    to_plan = "measure__plan"


class Following(models.Model):
    """一个账户关注的一项。不要了就删掉：这是自己的书签，不是办的事。"""

    user = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="账户")
    measure = models.ForeignKey(Measure, models.PROTECT, related_name="+", verbose_name="举措")
    at = models.DateTimeField("何时起")

    objects = FollowingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "关注"
        ordering = ["measure__position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "measure"], name="following_once", violation_error_message="这一项已经在关注。"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}关注第 {self.measure.number} 项"
