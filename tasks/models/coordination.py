"""需协调事项：报送里请别的部室或办公室协调的事。"""

from typing import Self

from django.db import models
from django.db.models import F, Q

from departments import organisation
from departments.models import Department, User

from .fields import TEXT_MAX, person
from .progress import Progress
from .visibility import Visible


class CoordinationQuerySet(Visible):
    to_plan = "progress__period__plan"

    def sent(self) -> Self:
        """送出去了的：随报送送出（报送撤回的不算），或已经答复的。写在草稿里的没有送出。"""
        out = Q(progress__status__in=Progress.SENT, created_at__lte=F("progress__submitted_at"))
        return self.filter(out | Q(answered_at__isnull=False))

    def _seen_by_board(self, user: User) -> Self:
        """送出去了的。"""
        return self.sent()

    def _seen_by_reporter(self, user: User) -> Self:
        """送出去了的里，请本部室协调的，和本部室请人协调的。"""
        mine = Q(to_department=user.serving_id) | Q(progress__assignment__department=user.serving_id)
        return self.sent().filter(mine)

    def unanswered(self) -> Self:
        """送出去了而没有答复的。"""
        return self.sent().filter(answered_at__isnull=True)


class CoordinationRequest(models.Model):
    """需协调事项：写给另一个部室或领导小组办公室的，在对方页面上显示到答复为止。"""

    # 表单与 workflow 里“请办公室协调”的说法；库里是部室留空。
    OFFICE = "office"

    class Status(models.TextChoices):
        DRAFT = "draft", "没有送出"
        WAITING = "waiting", "待答复"
        ANSWERED = "answered", "已答复"

    progress = models.ForeignKey(
        Progress, models.PROTECT, related_name="coordination_requests", verbose_name="来自报送"
    )
    to_department = models.ForeignKey(
        Department,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="coordination_requests",
        verbose_name=organisation.later("请哪个部室协调"),
        help_text="空着是请领导小组办公室协调",
    )
    text = models.TextField("需协调事项", max_length=TEXT_MAX)
    created_by = person("提出人")
    created_at = models.DateTimeField("提出时间")
    answer = models.TextField("答复", blank=True, max_length=TEXT_MAX)
    answered_by = person("答复人", null=True, blank=True)
    answered_at = models.DateTimeField("答复时间", null=True, blank=True)

    objects = CoordinationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "需协调事项"
        ordering = ["created_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["progress", "to_department"], name="coordination_unique"),
            models.UniqueConstraint(
                fields=["progress"], condition=Q(to_department__isnull=True), name="coordination_one_to_office"
            ),
            models.CheckConstraint(
                condition=Q(answer="", answered_by__isnull=True, answered_at__isnull=True)
                | (~Q(answer="") & Q(answered_by__isnull=False, answered_at__isnull=False)),
                name="coordination_answer_has_who_and_when",
            ),
        ]

    def __str__(self) -> str:
        return f"请{self.recipient}协调"

    @property
    def recipient(self) -> str:
        """请的是谁，页面上的叫法。"""
        return str(self.to_department) if self.to_department_id else organisation.current().office

    @property
    def status(self) -> str:
        """由答复、所在报送的状态算出。"""
        if self.answered_at:
            return self.Status.ANSWERED
        report = self.progress
        is_sent = report.is_sent and report.submitted_at is not None and self.created_at <= report.submitted_at
        return self.Status.WAITING if is_sent else self.Status.DRAFT

    def get_status_display(self) -> str:
        return self.Status(self.status).label
