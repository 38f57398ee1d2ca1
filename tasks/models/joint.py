"""共同牵头：各部室的部分由汇总部室写成一份汇总。"""

from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

from departments import organisation
from departments.models import Department, User

from .assignment import Assignment
from .fields import TEXT_MAX, person
from .measure import Measure
from .period import ReportingPeriod
from .visibility import Visible


class JointSummaryQuerySet(Visible):
    to_plan = "measure__plan"

    def _seen_by_reporter(self, user: User) -> Self:
        """本部室参与牵头的（各份未审核时也会写进汇总，不外传）。

        后来不再牵头的，只看还在牵头时就已经关闭的各期的。
        """
        then = Q(ended_in=None) | Q(ended_in__applied_at__gt=OuterRef("period__closed_at"))
        mine = Assignment.objects.filter(then, measure=OuterRef("measure"), department=user.serving_id)
        return self.filter(Exists(mine))


class JointSummary(models.Model):
    """共同牵头举措的汇总：由指定的汇总部室写，一项一期一份。"""

    measure = models.ForeignKey(Measure, models.PROTECT, related_name="joint_summaries", verbose_name="举措")
    period = models.ForeignKey(ReportingPeriod, models.PROTECT, related_name="+", verbose_name="报送期")
    department = models.ForeignKey(
        Department, models.PROTECT, related_name="+", verbose_name=organisation.later("汇总部室")
    )
    text = models.TextField("汇总", max_length=TEXT_MAX)
    version = models.PositiveIntegerField(default=0, editable=False)
    by = person("填写人")
    at = models.DateTimeField("时间")

    objects = JointSummaryQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "共同汇总"
        constraints = [models.UniqueConstraint(fields=["measure", "period"], name="joint_summary_unique")]

    def __str__(self) -> str:
        return f"{self.measure} {self.period} 汇总"
