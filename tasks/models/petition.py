"""请示：请领导小组决定的一件事，与领导小组的决定。公文本身（文字、文号、核签）是 circular 的一种。"""

from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Subquery

from departments import organisation
from departments.models import Leader
from departments.requests import Anyone

from .circular import Circular
from .coordination import CoordinationRequest
from .extension import Extension
from .fields import BoundedDateField, date_constraint, person
from .measure import Measure
from .problem import Problem
from .visibility import Visible

DECISION_MAX = 1000


class PetitionQuerySet(Visible):
    to_plan = "circular__plan"

    def visible_to(self, user: Anyone) -> Self:
        """看得到那一份公文的。"""
        return self.filter(circular__in=Circular.objects.visible_to(user))

    def waiting(self) -> Self:
        """印发了、没有被更正，领导小组还没有定下来的（缓议的也是）。"""
        last = Decision.objects.filter(petition=OuterRef("pk")).order_by("-pk").values("verdict")[:1]
        rows = self.filter(~Exists(_newer()), circular__status=Circular.Status.ISSUED).annotate(verdict=Subquery(last))
        return rows.filter(Q(verdict=None) | Q(verdict=Decision.Verdict.AGAIN))

    def with_facts(self) -> Self:
        """连同公文、所关的事、历次决定，一次取齐。"""
        rows = self.select_related("circular", "measure", "problem").annotate(is_corrected=Exists(_newer()))
        said = Prefetch("decisions", Decision.objects.select_related("leader", "by"))
        return rows.prefetch_related(said).defer("circular__sections", "circular__figures")


def _newer() -> QuerySet:
    """更正了它的、已印发的。"""
    return Circular.objects.issued().filter(corrects=OuterRef("circular"))


class Petition(models.Model):
    """一份请示所请的一件事（一文一事）。从哪里起的：一项举措、一件问题、一件需协调事项、一份延期申请，或都不是。"""

    class Status(models.TextChoices):
        DRAFT = "draft", "起草中"
        WAITING = "waiting", "待决定"
        AGAIN = "again", "缓议"
        DECIDED = "decided", "已决定"
        OVER = "over", "不再使用"

    circular = models.OneToOneField(Circular, models.PROTECT, related_name="petition", verbose_name="公文")
    measure = models.ForeignKey(
        Measure, models.PROTECT, null=True, blank=True, related_name="petitions", verbose_name="举措"
    )
    problem = models.ForeignKey(
        Problem, models.PROTECT, null=True, blank=True, related_name="petitions", verbose_name="问题"
    )
    coordination = models.ForeignKey(
        CoordinationRequest, models.PROTECT, null=True, blank=True, related_name="petitions", verbose_name="需协调事项"
    )
    extension = models.ForeignKey(
        Extension, models.PROTECT, null=True, blank=True, related_name="petitions", verbose_name="延期申请"
    )

    # 由 with_facts() 取来时才有。
    is_corrected: bool

    objects = PetitionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "请示"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(problem=None, coordination=None)
                | Q(problem=None, extension=None)
                | Q(coordination=None, extension=None),
                name="petition_one_matter",
                violation_error_message="请示一文一事：问题、需协调事项、延期申请只写一样。",
            ),
        ]

    def __str__(self) -> str:
        return self.circular.title

    @property
    def decision(self) -> "Decision | None":
        """现在算数的决定：最后记下的一次。"""
        return max(self.decisions.all(), key=lambda row: row.pk, default=None)

    @property
    def status(self) -> str:
        """由公文与决定算出。"""
        circular = self.circular
        if circular.is_draft:
            return self.Status.DRAFT
        is_corrected = self.is_corrected if hasattr(self, "is_corrected") else circular.corrected_by is not None
        if not circular.is_issued or is_corrected:
            return self.Status.OVER
        if self.decision is None:
            return self.Status.WAITING
        return self.Status.AGAIN if self.decision.verdict == Decision.Verdict.AGAIN else self.Status.DECIDED

    def get_status_display(self) -> str:
        return self.Status(self.status).label

    @property
    def shown_status(self) -> str:
        """界面上的状态：决定了的写是怎样决定的。"""
        is_said = self.decision and self.status == self.Status.DECIDED
        return self.decision.get_verdict_display() if is_said and self.decision else self.get_status_display()

    @property
    def is_waiting(self) -> bool:
        """领导小组还没有定下来。"""
        return self.status in (self.Status.WAITING, self.Status.AGAIN)


class Decision(models.Model):
    """领导小组对一份请示的决定。只增不改：记错了的另记一条，写明更正的是哪一条、为什么。"""

    class Verdict(models.TextChoices):
        AGREED = "agreed", "同意"
        REFUSED = "refused", "不同意"
        AGAIN = "again", "缓议"

    petition = models.ForeignKey(Petition, models.PROTECT, related_name="decisions", verbose_name="请示")
    verdict = models.CharField("决定", max_length=10, choices=Verdict.choices)
    leader = models.ForeignKey(
        Leader,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="谁定的",
        help_text="空着是领导小组会议研究决定",
    )
    decided_on = BoundedDateField("决定日期")
    text = models.TextField("决定的内容", max_length=DECISION_MAX)
    replaces = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="replaced_by",
        verbose_name="更正的是",
        editable=False,
    )
    reason = models.CharField("更正的理由", max_length=500, blank=True, editable=False)
    by = person("录入人")
    at = models.DateTimeField("录入时间")

    class Meta:
        verbose_name = verbose_name_plural = "领导小组的决定"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(text=""), name="decision_has_text", violation_error_message="请写决定的内容。"
            ),
            models.CheckConstraint(
                condition=Q(replaces=None, reason="") | (Q(replaces__isnull=False) & ~Q(reason="")),
                name="decision_correction_has_reason",
                violation_error_message="更正决定须写明理由。",
            ),
            date_constraint("decision_dates", "decided_on"),
        ]

    def __str__(self) -> str:
        return f"{self.who}{self.get_verdict_display()}"

    @property
    def who(self) -> str:
        """哪位领导；没有写的是领导小组。"""
        return str(self.leader) if self.leader_id else organisation.current().group
