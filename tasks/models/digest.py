"""每周一页发到邮箱：谁要的，发到哪一周了。"""

from django.db import models
from django.db.models import Q

from departments.models import User

from .fields import BoundedDateField, date_constraint


class Digest(models.Model):
    """一个账户要不要每周一页的邮件（自己定，没有这一行的是不要）；`sent_for` 是发到了哪一周的周五。"""

    user = models.OneToOneField(User, models.PROTECT, related_name="+", verbose_name="账户")
    is_wanted = models.BooleanField("每周五发到邮箱", default=False)
    sent_for = BoundedDateField("发到哪一周", null=True, blank=True, editable=False)
    error = models.CharField("没发出的原因", max_length=500, blank=True, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "每周一页"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(error="") | Q(is_wanted=True),
                name="digest_error_only_if_wanted",
                violation_error_message="不要邮件的，没有没发出的原因。",
            ),
            date_constraint("digest_dates", "sent_for"),
        ]

    def __str__(self) -> str:
        return f"{self.user}的每周一页"
