"""督查检查。"""

from django.db import models

from .fields import TEXT_MAX, BoundedDateField, date_constraint, person
from .measure import Measure
from .plan import OfPlan, Plan


class Inspection(models.Model):
    """督查检查（方案三（二）：“建立督查检查机制”）：何时、谁、去哪、看到什么；发现的问题另行挂账。"""

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="inspections", verbose_name="方案")
    held_on = BoundedDateField("检查日期")
    inspectors = models.CharField("检查人员", max_length=200)
    place = models.CharField("地点或对象", max_length=200)
    findings = models.TextField("检查情况", max_length=TEXT_MAX)
    measures = models.ManyToManyField(Measure, blank=True, related_name="inspections", verbose_name="涉及的举措")
    created_by = person("登记人")
    created_at = models.DateTimeField("登记时间")

    objects = OfPlan.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "督查检查"
        ordering = ["-held_on", "-pk"]
        constraints = [date_constraint("inspection_dates", "held_on")]

    def __str__(self) -> str:
        return f"{self.held_on:%Y-%m-%d} {self.place}"
