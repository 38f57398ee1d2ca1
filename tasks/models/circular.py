"""通报、汇报、简报、请示。"""

import datetime as dt
from typing import Any, Self

from django.db import models
from django.db.models import Count, Exists, Max, OuterRef, Q, Subquery

from departments import organisation
from departments.models import User

from ..rules import permissions
from .event import Event
from .fields import BoundedDateField, date_constraint, person
from .period import ReportingPeriod
from .plan import Plan
from .visibility import Visible

# 没有小标题的各节按它是什么称呼；别的叫“开头”。
NAMES = {"correction": "更正说明", "close": "结语", "contact": "附注"}


def section_name(section: dict[str, Any]) -> str:
    """一节的称呼：没有小标题的按它是什么。"""
    return section["heading"] or NAMES.get(section["key"], "开头")


class CircularQuerySet(Visible):
    def _seen_by_board(self, user: User) -> Self:
        """起草的办公室看全部（含草稿）；领导、管理员看已印发的。"""
        return self if permissions.can_issue_circulars(user) else self.issued()

    def _seen_by_reporter(self, user: User) -> Self:
        """已印发的；汇报、请示是报领导小组的，不在内（请示不抄送下级）。"""
        return self.issued().exclude(kind__in=Circular.UPWARD)

    def counted(self) -> Self:
        """由数字写成的：请示一文一事，没有数字。"""
        return self.exclude(kind=Circular.Kind.PETITION)

    def issued(self) -> Self:
        """已印发的。"""
        return self.filter(status=Circular.Status.ISSUED)

    def drafts(self) -> Self:
        """草稿。"""
        return self.filter(status=Circular.Status.DRAFT)

    def not_discarded(self) -> Self:
        return self.exclude(status=Circular.Status.DISCARDED)

    def standing(self) -> Self:
        """已印发、还没有被更正的。"""
        return self.issued().exclude(Exists(self._newer()))

    @staticmethod
    def _newer() -> "CircularQuerySet":
        return Circular.objects.issued().filter(corrects=OuterRef("pk"))

    def about(self, period: ReportingPeriod) -> Self:
        """写到这一期的：这一期的，和跨几期而包括它的。"""
        return self.filter(
            plan=period.plan_id, first_period__starts_on__lte=period.starts_on, period__starts_on__gte=period.starts_on
        )

    def overtaken(self) -> Self:
        """印发以后，所写的期又重新开放过、或撤销过那时已通过的，而还没有更正的：印的与现在的可能不一样了。"""
        rows = self.standing().with_later()
        return rows.filter(Q(reopened_at__isnull=False) | Q(revoked__isnull=False))

    def with_later(self) -> Self:
        """连同印发以后所写的期又怎么变过：`reopened_at`、`revoked`，没有的为 None；`is_corrected` 是已经更正过。"""
        later = Event.objects.order_by().filter(
            plan=OuterRef("plan"),
            period__starts_on__gte=OuterRef("first_period__starts_on"),
            period__starts_on__lte=OuterRef("period__starts_on"),
            at__gt=OuterRef("issued_at"),
        )
        before = Event.objects.filter(
            action="progress_approve", progress=OuterRef("progress"), at__lte=OuterRef(OuterRef("issued_at"))
        )
        reopened = later.filter(action="period_reopen").values("action").annotate(last=Max("at"))
        revoked = later.filter(Exists(before), action="progress_revoke").values("action").annotate(n=Count("pk"))
        return self.annotate(
            reopened_at=Subquery(reopened.values("last")),
            revoked=Subquery(revoked.values("n")),
            is_corrected=Exists(self._newer()),
        )

    def light(self) -> Self:
        """清单用：不取正文与数字。"""
        return self.defer("sections", "figures").select_related("period", "first_period")


class Circular(models.Model):
    """一份通报（发各部室）、汇报（报领导小组）、简报或请示（请领导小组决定一件事，见 petition）。

    草稿的数字随时可以重取；印发时数字、文字、文号、日期一并冻结，以后的更正是新的一份，写明更正哪一份。
    """

    class Kind(models.TextChoices):
        CIRCULAR = "circular", "通报"
        REPORT = "report", "汇报"
        BULLETIN = "bulletin", "简报"
        PETITION = "petition", "请示"

    # 上行文：报领导小组的，部室不看，文号在左、签发人在右。
    UPWARD = (Kind.REPORT, Kind.PETITION)

    class Status(models.TextChoices):
        DRAFT = "draft", "草稿"
        ISSUED = "issued", "已印发"
        DISCARDED = "discarded", "已作废"

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="circulars", verbose_name="方案")
    kind = models.CharField("种类", max_length=10, choices=Kind.choices)
    # 请示说的是一件事，不属于哪一期，两栏都空。
    first_period = models.ForeignKey(
        ReportingPeriod, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="起始期"
    )
    period = models.ForeignKey(
        ReportingPeriod, models.PROTECT, null=True, blank=True, related_name="circulars", verbose_name="截至期"
    )
    title = models.CharField("标题", max_length=200)
    sections = models.JSONField("正文", default=list)
    figures = models.JSONField("数字", default=dict, editable=False)
    state = models.CharField("取数时方案的状态", max_length=80, blank=True, editable=False)
    status = models.CharField("状态", max_length=10, choices=Status.choices, default=Status.DRAFT, editable=False)
    year = models.PositiveSmallIntegerField("年份", null=True, blank=True, editable=False)
    number = models.PositiveIntegerField("序号", null=True, blank=True, editable=False)
    issued_on = BoundedDateField("印发日期", null=True, blank=True, editable=False)
    issued_at = models.DateTimeField("印发时间", null=True, blank=True, editable=False)
    issued_by = person("印发人", null=True, blank=True, editable=False)
    corrects = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="corrections",
        verbose_name="更正的是",
        editable=False,
    )
    version = models.PositiveIntegerField(default=0, editable=False)
    created_by = person("起草人", editable=False)
    created_at = models.DateTimeField("起草时间", editable=False)

    # 由 with_later() 取来时才有。
    reopened_at: dt.datetime | None
    revoked: int | None
    is_corrected: bool

    objects = CircularQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "通报"
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "year", "number"], name="circular_number_unique"),
            models.CheckConstraint(
                condition=Q(
                    status="issued",
                    year__isnull=False,
                    number__isnull=False,
                    issued_on__isnull=False,
                    issued_at__isnull=False,
                    issued_by__isnull=False,
                )
                | (~Q(status="issued") & Q(number__isnull=True, issued_at__isnull=True)),
                name="circular_issued_is_complete",
                violation_error_message="印发必须有文号、日期和印发人。",
            ),
            models.CheckConstraint(
                condition=Q(kind="petition", first_period=None, period=None)
                | (~Q(kind="petition") & Q(first_period__isnull=False, period__isnull=False)),
                name="circular_period_unless_petition",
                violation_error_message="请示不写报送期，别的都要写。",
            ),
            date_constraint("circular_dates", "issued_on"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_draft(self) -> bool:
        return self.status == self.Status.DRAFT

    @property
    def is_issued(self) -> bool:
        return self.status == self.Status.ISSUED

    @property
    def is_petition(self) -> bool:
        """请示：没有数字、附表，印发以后等领导小组决定。"""
        return self.kind == self.Kind.PETITION

    @property
    def is_upward(self) -> bool:
        """上行文。"""
        return self.kind in self.UPWARD

    @property
    def span(self) -> tuple[ReportingPeriod, ReportingPeriod]:
        """从哪一期到哪一期。请示没有，不问。"""
        assert self.first_period is not None, "请示没有报送期"
        assert self.period is not None, "请示没有报送期"
        return self.first_period, self.period

    @property
    def span_name(self) -> str:
        """哪一期；跨几期的写起止，请示为空。"""
        if self.is_petition:
            return ""
        return str(self.period) if self.first_period_id == self.period_id else f"{self.first_period}至{self.period}"

    @property
    def short_number(self) -> str:
        """〔2023〕3号；简报写期号；没有印发的为空。"""
        if self.number is None:
            return ""
        if self.kind == self.Kind.BULLETIN:
            return f"{self.year}年第{self.number}期"
        return f"〔{self.year}〕{self.number}号"

    def is_about(self, period: ReportingPeriod) -> bool:
        """写到这一期的（同 `about`）。"""
        if self.is_petition or self.plan_id != period.plan_id:
            return False
        first, last = self.span
        return first.starts_on <= period.starts_on <= last.starts_on

    @property
    def name_and_number(self) -> str:
        """2023年9月的通报（〔2023〕3号）；请示只写文号。"""
        named = f"{self.span_name}的" if self.span_name else ""
        return f"{named}{self.get_kind_display()}（{self.short_number}）"

    @property
    def letterhead(self) -> dict[str, Any]:
        """版头：机关名称、代字、主送、抄送。印发时随数字一起冻结。"""
        return self.figures.get("letterhead") or organisation.letterhead()

    @property
    def document_number(self) -> str:
        """发文字号：机关代字加年份序号。"""
        return self.letterhead["codes"][self.kind] + self.short_number if self.number else ""

    @property
    def corrected_by(self) -> "Circular | None":
        """更正它的那一份（已印发的），没有为 None。"""
        return next((c for c in self.corrections.all() if c.is_issued), None)
