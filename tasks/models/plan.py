"""方案：印发文件的题头、判灯阈值与序时起止，走到起草、在办、收尾、归档的哪一步。"""

import datetime as dt
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import get_script_prefix

from departments import organisation

from ..rules.lights import Scale
from .fields import BoundedDateField, date_constraint

# 手边的方案：网址里写明的那一份（见 views/addresses）；没有写明的为 None，就是现行方案。
_AT_HAND: ContextVar["Plan | None"] = ContextVar("plan_at_hand", default=None)


@contextmanager
def looking_at(plan: "Plan") -> Iterator[None]:
    """这一段里看的、办的都是这一份方案：`current`、`of_current_plan` 说的就是它。"""
    token = _AT_HAND.set(plan)
    try:
        yield
    finally:
        _AT_HAND.reset(token)


def at_hand() -> int | None:
    """手边写明的那份方案（编号）；没有写明为 None。存着的数按方案各记各的，名字里带它。"""
    plan = _AT_HAND.get()
    return plan.pk if plan else None


def archived_at_hand() -> bool:
    """手边的方案归档了：页面上不摆办事的按钮（动词自己也会拒绝）。现行方案不会是归档的。"""
    plan = _AT_HAND.get()
    return plan is not None and plan.archived_at is not None


def standpoint() -> tuple[int | None, bool]:
    """站在哪份方案里看：写明的是哪一份、归档了没有。备好的查询（yingshang.prepared）凡问“手边的方案”，键里要有它。"""
    return at_hand(), archived_at_hand()


class PlanQuerySet(models.QuerySet["Plan"]):
    def in_force(self) -> Self:
        """有生效版本的方案；只有草稿的还不算方案。"""
        return self.filter(revisions__status="applied").distinct()

    def running(self) -> Self:
        """在办与收尾的方案：有生效的版本，没有归档。待办、催办、日历把它们都算上。"""
        return self.in_force().filter(archived_at=None)

    def current(self) -> "Plan | None":
        """手边的方案：网址里写明的，没有写明的是现行方案；还没有选定时为 None。"""
        return organisation.remembered(f"plan:{at_hand()}", self.at_hand().first)

    def at_hand(self) -> Self:
        """手边的方案那一行（查询集）。"""
        pk = at_hand()
        return self.filter(is_current=True) if pk is None else self.filter(pk=pk)


class OfPlan(models.QuerySet):
    """一份方案名下的。`to_plan` 说从这一行怎样走到方案。

    待办、徽标、清单、总览、公文都从这一个动词取，所以一处数到的，处处数到；换了方案，旧方案的不混进来。
    """

    to_plan = "plan"

    def of_plan(self, plan: "Plan | None") -> Self:
        """这份方案的；没有方案时一条也没有。"""
        return self.filter(**{self.to_plan: plan})

    def of_current_plan(self) -> Self:
        """手边的方案的（没有写明的是现行方案），不另查一次库。"""
        pk = at_hand()
        return self.filter(**({f"{self.to_plan}__is_current": True} if pk is None else {self.to_plan: pk}))


class Plan(models.Model):
    """一份印发的方案。文字逐字照录，连同原件的编号不一之处（保障措施有两个“（一）”）。"""

    class Status(models.TextChoices):
        DRAFTING = "drafting", "起草"
        RUNNING = "running", "在办"
        CLOSING = "closing", "收尾"
        ARCHIVED = "archived", "归档"

    title = models.CharField("方案名称", max_length=200)
    document_number = models.CharField("文号", max_length=60, blank=True)
    issuer = models.CharField("印发机关", max_length=100, blank=True)
    issued_on = BoundedDateField("印发日期", null=True, blank=True)
    slug = models.SlugField("网址代号", max_length=10, blank=True, editable=False)
    year = models.PositiveSmallIntegerField("年度", validators=[MinValueValidator(2000), MaxValueValidator(2099)])
    notice = models.TextField("印发通知", blank=True)
    preamble = models.TextField("引言", blank=True)
    # 各节的标题照文件所写（“一、总体要求”），文件没有的为空；举措各节的在 `Measure.section`。
    goal_heading = models.CharField("总体目标的标题", max_length=100, blank=True)
    goal = models.TextField("总体目标", blank=True)
    safeguards_heading = models.CharField("保障措施的标题", max_length=100, blank=True)
    safeguards = models.JSONField("保障措施", default=list, blank=True)
    group_title = models.CharField("名单标题", max_length=200, blank=True)
    group_members = models.JSONField("领导组名单", default=list, blank=True)
    group_note = models.CharField("名单说明", max_length=200, blank=True)
    starts_on = BoundedDateField("序时起点")
    ends_on = BoundedDateField("序时终点")
    yellow_gap = models.PositiveSmallIntegerField(
        "黄灯阈值（百分点）",
        default=Scale.yellow_gap,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text="落后序时进度超过这个数判黄灯。方案没有规定，办公室可改",
    )
    red_gap = models.PositiveSmallIntegerField(
        "红灯阈值（百分点）",
        default=Scale.red_gap,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="落后序时进度超过这个数判红灯",
    )
    soon_days = models.PositiveSmallIntegerField(
        "临近时限（天）", default=Scale.soon_days, validators=[MaxValueValidator(365)]
    )
    due_day = models.PositiveSmallIntegerField(
        "每月报送截止日", default=25, validators=[MinValueValidator(1), MaxValueValidator(28)]
    )
    is_public = models.BooleanField(
        "对外公开", default=False, help_text="打开后，/public/ 不用登录即可看到方案、主要数字和办公室发布的内容"
    )
    is_current = models.BooleanField("现行方案", default=False, editable=False)
    closing_at = models.DateTimeField("转入收尾的时间", null=True, blank=True, editable=False)
    archived_at = models.DateTimeField("归档时间", null=True, blank=True, editable=False)

    objects = PlanQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "方案"
        ordering = ["-year", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_current"],
                condition=Q(is_current=True),
                name="plan_one_current",
                violation_error_message="已有一份现行方案。",
            ),
            models.UniqueConstraint(
                fields=["slug"],
                condition=~Q(slug=""),
                name="plan_slug_unique",
                violation_error_message="网址代号已经用了。",
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gt=F("starts_on")),
                name="plan_ends_after_start",
                violation_error_message="序时终点须晚于起点。",
            ),
            models.CheckConstraint(
                condition=Q(red_gap__gt=F("yellow_gap")) & Q(red_gap__lte=100),
                name="plan_red_gap_above_yellow",
                violation_error_message="红灯阈值须大于黄灯阈值。",
            ),
            models.CheckConstraint(
                condition=Q(year__gte=2000) & Q(year__lte=2099) & Q(due_day__gte=1) & Q(due_day__lte=28),
                name="plan_year_and_due_day",
                violation_error_message="年度须在 2000–2099，截止日须在 1–28。",
            ),
            date_constraint("plan_dates", "issued_on", "starts_on", "ends_on"),
            models.CheckConstraint(
                condition=Q(archived_at=None) | (Q(closing_at__isnull=False) & Q(is_current=False)),
                name="plan_archived_was_closing",
                violation_error_message="先收尾再归档；现行方案不能归档。",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        """没有网址代号的给一个：年度；同一年度的另一份是 2024-2、2024-3。"""
        if not self.slug:
            taken = set(Plan.objects.values_list("slug", flat=True))
            names = (f"{self.year}-{n}" if n > 1 else str(self.year) for n in itertools.count(1))
            self.slug = next(name for name in names if name not in taken)
        super().save(*args, **kwargs)

    @property
    def status(self) -> str:
        """走到哪一步：由归档、收尾的时间算出；还没有生效版本的是起草。"""
        if self.archived_at:
            return self.Status.ARCHIVED
        if self.closing_at:
            return self.Status.CLOSING
        return self.Status.RUNNING if self.revisions.applied().exists() else self.Status.DRAFTING

    def get_status_display(self) -> str:
        return self.Status(self.status).label

    @property
    def door(self) -> str:
        """这份方案的首页：现行方案的不写明。"""
        return "/" if self.is_current else f"/{self.slug}/"

    def url_in(self, url: str) -> str:
        """写给这一页的网址（`reverse`、`measure.url` 给的），改成在这份方案里的。"""
        return self.door + url.removeprefix(get_script_prefix())

    @property
    def begins_on(self) -> dt.date:
        """这份方案从哪天起有事可督办：印发日；没有写印发日的按序时起点。"""
        return self.issued_on or self.starts_on

    @property
    def revision(self) -> Any:
        """现行版；方案尚未导入时为 None。原文件、全部举措与差异很大，用到才读。"""
        applied = self.revisions.applied().defer("content", "rows", "diff")
        return applied.order_by("-number").first()
