"""量化目标与各次报送的完成值。"""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from departments import organisation
from departments.models import Department

from .measure import Measure
from .progress import Progress


class Target(models.Model):
    """量化目标。数值与语气照原文：须（达到、不低于、实现）、力争、申请。"""

    class Operator(models.TextChoices):
        AT_LEAST = "ge", "≥"
        AT_MOST = "le", "≤"
        EQUAL = "eq", "="

    class Strength(models.TextChoices):
        MUST = "must", "须"
        STRIVE = "strive", "力争"
        APPLY = "apply", "申请"

    measure = models.ForeignKey(Measure, models.PROTECT, related_name="targets", verbose_name="举措")
    department = models.ForeignKey(
        Department,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=organisation.later("填报部室"),
        help_text="共同牵头而文件没有写明由谁报的，留空：各牵头部室都可以报，以最近通过的为准",
    )
    name = models.CharField("目标", max_length=60)
    operator = models.CharField("关系", max_length=2, choices=Operator.choices)
    value = models.DecimalField("目标值", max_digits=12, decimal_places=3)
    unit = models.CharField("单位", max_length=20)
    strength = models.CharField("语气", max_length=10, choices=Strength.choices)
    quote = models.CharField("原文", max_length=120)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = verbose_name_plural = "量化目标"
        ordering = ["order", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(value__gte=0),
                name="target_value_not_negative",
                violation_error_message="目标值不能为负。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.get_operator_display()}{self.value.normalize():f}{self.unit}"

    def clean(self) -> None:
        """摘录的话不在原文里、也不是方案另一栏里写着的，抛出 ValidationError。"""
        super().clean()
        if self.measure_id and self.quote and self.quote not in self.measure.text and not self._is_from_column():
            raise ValidationError({"quote": "这句话不在举措原文里，请逐字摘录。"})

    def _is_from_column(self) -> bool:
        """原话在方案的“量化目标”一栏里：提出来的就是它，或核定时已经是它。"""
        if any(aim["quote"] == self.quote for aim in self.measure.aims):
            return True
        return self.pk is not None and Target.objects.filter(pk=self.pk, quote=self.quote).exists()

    def is_worse(self, value: Decimal, before: Decimal) -> bool:
        """比上次差：要多的少了，要少的多了，要正好的离得更远了。"""
        gap = abs(value - self.value) > abs(before - self.value)
        return {"ge": value < before, "le": value > before, "eq": gap}[self.operator]

    def is_met_by(self, value: Decimal) -> bool:
        """完成值是否达到目标。"""
        return {"ge": value >= self.value, "le": value <= self.value, "eq": value == self.value}[self.operator]


class TargetValue(models.Model):
    """某期报送里某个量化目标的完成值。"""

    progress = models.ForeignKey(Progress, models.CASCADE, related_name="values", verbose_name="进展报送")
    target = models.ForeignKey(Target, models.PROTECT, related_name="values", verbose_name="量化目标")
    value = models.DecimalField(
        "完成值",
        max_digits=12,
        decimal_places=3,
        validators=[MinValueValidator(0), MaxValueValidator(999999999)],
    )

    class Meta:
        verbose_name = verbose_name_plural = "完成值"
        ordering = ["target__order", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["progress", "target"], name="target_value_unique"),
            models.CheckConstraint(
                condition=Q(value__gte=0) & Q(value__lte=999999999),
                name="target_value_range",
                violation_error_message="完成值须在 0 到 999999999 之间。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.target.name} {self.value.normalize():f}{self.target.unit}"
