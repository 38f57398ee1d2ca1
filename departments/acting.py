"""兼任与代理：一个填报人从哪天到哪天可以替另一个部室填报，根据什么。管理员在后台办，随时可以撤回。

他在页头换“替哪个部室办”，记在会话里；账户自己的部室不动。规则问的是 `User.serving`（现在替哪个部室办），不是 `User.department`。
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Self

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from yingshang import dates

from .organisation import later, unit

SESSION = "acting"  # 会话里记着替哪个部室办（哪一条）


def reporters() -> models.QuerySet:
    """在用的填报人（User 在上面的模块，不能引用）。"""
    users: Any = get_user_model()
    return users.objects.reporters()


class ActingQuerySet(models.QuerySet["Acting"]):
    def in_force(self, day: dt.date) -> Self:
        """那一天管用的：到了日子、没有过期、没有撤回，部室与账户都在用。"""
        found = self.filter(Q(until_on=None) | Q(until_on__gte=day), from_on__lte=day, is_withdrawn=False)
        return found.filter(department__is_active=True, user__in=reporters())

    def of(self, user: Any, day: dt.date) -> Self:
        """这个人那一天还可以替哪些部室办；调到那个部室去了的不算。"""
        found = self.in_force(day).filter(user=user).exclude(department=F("user__department"))
        return found.select_related("department").order_by("department__order", "department", "pk")


class Acting(models.Model):
    """谁替哪个部室，从哪天到哪天，根据什么。不写到哪天的是兼任。"""

    user = models.ForeignKey("departments.User", models.PROTECT, related_name="actings", verbose_name="谁")
    department = models.ForeignKey(
        "departments.Department", models.PROTECT, related_name="actings", verbose_name=later("替哪个部室")
    )
    from_on = models.DateField("从哪天起")
    until_on = models.DateField("到哪天", null=True, blank=True, help_text="含这一天；兼任的不写")
    reason = models.CharField("根据", max_length=200, help_text="如“分工调整，兼任”“李某休假，临时代理”")
    is_withdrawn = models.BooleanField("已撤回", default=False, help_text="撤回即时不能再替办，已经办的不变")

    objects = ActingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "兼任与代理"
        ordering = ["-from_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(until_on=None) | Q(until_on__gte=F("from_on")),
                name="acting_ends_after_it_begins",
                violation_error_message="“到哪天”不能早于“从哪天起”。",
            ),
            models.CheckConstraint(
                condition=~Q(reason=""), name="acting_has_reason", violation_error_message="请写明根据。"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}替{self.department}（{self.span}）"

    @property
    def span(self) -> str:
        """9月1日起；9月1日至9月10日。"""
        if self.until_on is None:
            return f"{dates.full(self.from_on)}起"
        return f"{dates.full(self.from_on)}至{dates.full(self.until_on)}"

    @property
    def until(self) -> str:
        """兼任；代到9月30日。"""
        return "兼任" if self.until_on is None else f"代到{dates.short(self.until_on)}"

    def clean(self) -> None:
        """只有填报人替别的部室填报；自己的部室不用办。抛出 ValidationError。"""
        super().clean()
        user, room = getattr(self, "user", None), getattr(self, "department", None)
        if user and not reporters().filter(pk=user.pk).exists():
            raise ValidationError({"user": f"{user}不是在用的填报人。别的角色不替{unit()}填报。"})
        if user and room and user.department_id == room.pk:
            raise ValidationError({"department": f"{user}本来就在{room}，不用办代理。"})
