"""核稿与签发：一份公文印发以前谁核过、谁签的、核签的是哪一稿。"""

from django.db import models
from django.db.models import Q

from departments.models import Leader

from .circular import Circular
from .fields import BoundedDateField, date_constraint, person


class Signing(models.Model):
    """核过一次，或签发一次。只增不改：稿子以后又改了的，这一条还在，看得出核签的不是现在这一稿。"""

    class Kind(models.TextChoices):
        CHECKED = "checked", "核稿"
        SIGNED = "signed", "签发"

    circular = models.ForeignKey(Circular, models.PROTECT, related_name="signings", verbose_name="公文")
    kind = models.CharField("核稿还是签发", max_length=10, choices=Kind.choices)
    leader = models.ForeignKey(Leader, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="签发领导")
    opinion = models.CharField("意见", max_length=200, blank=True)
    signed_on = BoundedDateField("签发日期", null=True, blank=True)
    version = models.PositiveIntegerField("核签的是第几稿", editable=False)
    by = person("核稿人、录入人")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "核稿与签发"
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="checked", leader=None, signed_on=None)
                | Q(kind="signed", leader__isnull=False, signed_on__isnull=False),
                name="signing_signed_by_a_leader",
                violation_error_message="签发须写明哪位领导、哪天签的。",
            ),
            date_constraint("signing_dates", "signed_on"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}：{self.who}"

    @property
    def who(self) -> str:
        """核稿写办公室的人，签发写领导。"""
        return str(self.leader or self.by)
