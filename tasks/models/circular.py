"""通报、汇报、简报、请示。"""

import datetime as dt
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

from django.db import models
from django.db.models import Count, Exists, Max, OuterRef, Q, Subquery

from departments import organisation
from departments.models import User
from yingshang.refusals import Refused

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


STRETCH = 100  # 一段几条，存下了就不能改；不满一段的一串就在数字里


def _strings(figures: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], str]]:
    """数字里可能很长的各串：叫什么，在哪里。"""
    yield from ((key, figures, key) for key in ("lines", "targets", "stories") if key in figures)
    yield from ((key, one, "rows") for key, one in figures.get("counts", {}).items())


def _copy(figures: Mapping[str, Any]) -> dict[str, Any]:
    """抄一份，好换掉其中的各串；别的还是原来的。"""
    counts = {key: dict(one) for key, one in figures.get("counts", {}).items()}
    return {**figures, "counts": counts} if counts else dict(figures)


class Rows(Sequence[Any]):
    """另放着的一串（见 CircularRows）：与列表一样用，看哪一段才读哪一段。"""

    def __init__(self, shelf: "Shelf", of: str, n: int) -> None:
        self.shelf, self.of, self.n = shelf, of, n

    def __len__(self) -> int:
        return self.n

    def __iter__(self) -> Iterator[Any]:
        return self._between(0, self.n)

    def __getitem__(self, at: Any) -> Any:
        if not isinstance(at, slice):
            return next(self._between(range(self.n)[at], self.n))
        start, stop, _ = at.indices(self.n)
        return list(self._between(start, stop))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    def _between(self, start: int, stop: int) -> Iterator[Any]:
        for first in range(start - start % STRETCH, stop, STRETCH):
            yield from self.shelf.read(self.of, first)[max(0, start - first) : stop - first]


class Shelf:
    """一份公文另放着的各串。各串的头一段一次取齐（多数页面只看头一段），以后的取一串；取来的压着放，读到才展开。"""

    def __init__(self, circular: int) -> None:
        self.circular = circular
        self._packed: dict[tuple[str, int], bytes | memoryview] = {}

    def read(self, of: str, start: int) -> list[Any]:
        """一串从第 `start` 条起的一段。数字刚被重取、没有了这一段的，抛 Refused。"""
        if (of, start) not in self._packed:
            rows = CircularRows.objects.filter(circular=self.circular)
            rows = rows.filter(of=of) if start else rows.filter(start=0)
            self._packed |= {(of, start): packed for of, start, packed in rows.values_list("of", "start", "packed")}
        if (of, start) not in self._packed:  # 读到一半，同事重取了数字
            raise Refused("这份草稿的数字刚被重取，请刷新这一页再看。")
        return json.loads(zlib.decompress(self._packed[of, start]))


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
    def numbers(self) -> Any:
        """数字（`figures`），另放着的各串接在原处，用到才读（`Rows`）。"""
        found, shelf = _copy(self.figures), Shelf(self.pk)
        for of, holder, key in _strings(found):
            if isinstance(holder[key], int):
                holder[key] = Rows(shelf, of, holder[key])
        return found

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


class CircularRows(models.Model):
    """一份公文的数字里很长的一串（台账各行、一个数数到的各条）的一段，压着存。

    两万项的方案一份数字有六十多兆，都放在 `Circular.figures` 里，看一页附件也要全读出来。所以长过一段的另放在这里，
    数字里只写条数；短的，和早先存下的，仍在数字里。用起来是一样的（`Circular.numbers`）。
    """

    circular = models.ForeignKey(Circular, models.PROTECT, related_name="rows", verbose_name="通报")
    of = models.CharField("哪一串", max_length=30)
    start = models.PositiveIntegerField("从第几条起")
    packed = models.BinaryField("各条")

    class Meta:
        verbose_name = verbose_name_plural = "通报的各行"
        constraints = [models.UniqueConstraint(fields=["circular", "of", "start"], name="circular_rows_unique")]

    def __str__(self) -> str:
        return f"{self.circular} {self.of} {self.start}"

    @classmethod
    def shelve(cls, figures: Mapping[str, Any]) -> tuple[dict[str, Any], list[Self]]:
        """长的各串换成条数的数字，和要另存的各段（还没有写是哪一份公文的）。"""
        light = _copy(figures)
        found = []
        for of, holder, key in _strings(light):
            rows = holder[key]
            if len(rows) > STRETCH:
                holder[key] = len(rows)
                found += [
                    cls(of=of, start=n, packed=_packed(rows[n : n + STRETCH])) for n in range(0, len(rows), STRETCH)
                ]
        return light, found


def _packed(rows: list[Any]) -> bytes:
    return zlib.compress(json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode(), 1)
