"""意见建议：哪里不好用、哪里多填了，写给办公室，办公室答复。"""

from typing import Self

from django.db import models
from django.db.models import Q

from departments import organisation
from departments.models import Department, User

from .fields import TEXT_MAX, person
from .visibility import Visible


class SuggestionQuerySet(Visible):
    def waiting(self) -> Self:
        """没有答复的。"""
        return self.filter(answered_at=None)

    def _seen_by_reporter(self, user: User) -> Self:
        """本部室提的。"""
        return self.filter(department=user.serving_id)


class Suggestion(models.Model):
    """一条意见建议。只看得到的是提的部室与看全局的人；不计数、不评比，也不进考核。"""

    class Status(models.TextChoices):
        WAITING = "waiting", "待答复"
        ANSWERED = "answered", "已答复"

    department = models.ForeignKey(
        Department, models.PROTECT, related_name="+", verbose_name=organisation.later("部室")
    )
    text = models.TextField("意见建议", max_length=TEXT_MAX)
    by = person("提出人")
    at = models.DateTimeField("提出时间")
    answer = models.TextField("答复", blank=True, max_length=TEXT_MAX)
    answered_by = person("答复人", null=True, blank=True)
    answered_at = models.DateTimeField("答复时间", null=True, blank=True)

    objects = SuggestionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "意见建议"
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(answer="", answered_by__isnull=True, answered_at__isnull=True)
                | (~Q(answer="") & Q(answered_by__isnull=False, answered_at__isnull=False)),
                name="suggestion_answer_has_who_and_when",
                violation_error_message="答复了的，必须有答复人和时间。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.department}的意见建议"

    @property
    def status(self) -> str:
        return self.Status.ANSWERED if self.answered_at else self.Status.WAITING

    def get_status_display(self) -> str:
        return self.Status(self.status).label
