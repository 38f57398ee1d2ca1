"""判好的灯：一个项次（一项举措）在一期里，从哪天到哪天是什么灯、凭什么。

灯由事实与日子定：事实变了由改它的动词重判，日子到了不用改写（到了哪天看哪一行）。页面、通报、导出都读这里。
已关闭的期只有一行，此后没有谁再改它。举措的序号、名称、原文、牵头领导会随修订变，各行记着当时的那一份（MeasureEdition）。
"""

import datetime as dt
from collections.abc import Collection
from decimal import Decimal
from typing import Any, Self, cast

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q

from departments import organisation
from departments.models import Leader

from ..rules import lights
from .assignment import Assignment
from .fields import FIRST_DAY, LAST_DAY, BoundedDateField, date_constraint
from .measure import Measure
from .period import ReportingPeriod

# 没有起、没有止的两端：库里容许的第一天、最后一天。
EVER, NEVER = FIRST_DAY, LAST_DAY


class MeasureEdition(models.Model):
    """举措在某一段时间里的样子：除了它自己的编号，会随修订、核定而变的都在这里。内容相同的只存一份。"""

    # 与举措同名的几栏。
    SHOWN = (
        *("number", "position", "title", "text", "kind", "lead_label"),
        *("all_departments", "cooperating", "deadline", "due_on", "start_on"),
    )

    measure = models.ForeignKey(Measure, models.CASCADE, related_name="editions", verbose_name="举措")
    number = models.CharField("序号", max_length=10)
    position = models.PositiveIntegerField("排序")
    title = models.CharField("举措名称", max_length=200)
    text = models.TextField("原文")
    kind = models.CharField("类型", max_length=10, choices=Measure.Kind.choices)
    lead_label = models.CharField("原文称谓", max_length=10)
    all_departments = models.BooleanField(organisation.later("各部室共担"))
    cooperating = models.TextField("配合单位", blank=True)
    deadline = models.CharField("完成时限（原文）", max_length=100, blank=True)
    due_on = BoundedDateField("完成时限", null=True)
    start_on = BoundedDateField("计划启动", null=True)
    leaders = models.ManyToManyField(Leader, through="EditionLeader", related_name="+", verbose_name="牵头领导")

    class Meta:
        verbose_name = verbose_name_plural = "举措当时的样子"
        constraints = [date_constraint("edition_dates", "due_on", "start_on")]

    def __str__(self) -> str:
        return f"{self.number}. {self.title}"


class EditionLeader(models.Model):
    """当时的牵头领导，次序照原文。"""

    edition = models.ForeignKey(MeasureEdition, models.CASCADE, related_name="leader_links")
    leader = models.ForeignKey(Leader, models.PROTECT, related_name="+", verbose_name="牵头领导")
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = verbose_name_plural = "当时的牵头领导"
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.leader.called


class JudgementQuerySet(models.QuerySet):
    def on(self, period: ReportingPeriod, today: dt.date) -> Self:
        """这一期在基准日的各行：一个项次（一项举措）一行。"""
        return self.filter(on_day(period, today))

    def in_each(self, periods: Collection[ReportingPeriod], today: dt.date) -> Self:
        """这几期各在自己基准日的各行。已关闭的期只留着关闭那天的一行，哪天看都是它。"""
        closed = Q(period__in=[period.pk for period in periods if period.closed_at])
        return self.filter(closed | Q(from_on__lte=today, until_on__gte=today), period__in=periods)


def on_day(period: ReportingPeriod, today: dt.date, path: str = "") -> Q:
    """SQL：`path` 那一行是这一期在基准日的。"""
    day = period.as_of(today)
    return Q(**{f"{path}period": period, f"{path}from_on__lte": day, f"{path}until_on__gte": day})


class Judged(models.Model):
    """两种判定共同的几栏。"""

    period = models.ForeignKey(ReportingPeriod, models.CASCADE, related_name="+", verbose_name="报送期")
    from_on = BoundedDateField("从")
    until_on = BoundedDateField("到")
    level = models.CharField("灯", max_length=12)
    percent = models.SmallIntegerField("进度", null=True)
    pace = models.SmallIntegerField("序时进度", null=True)

    objects = JudgementQuerySet.as_manager()

    class Meta:
        abstract = True


class Judgement(Judged):
    """一个项次的判定。`level` 是这一份显示的灯（办公室给整项定了灯的按定灯），`judged` 是系统判的。"""

    assignment = models.ForeignKey(Assignment, models.CASCADE, related_name="judgements", verbose_name="项次")
    measure = models.ForeignKey(Measure, models.CASCADE, related_name="+", verbose_name="举措")
    order = models.PositiveSmallIntegerField("部室的次序", default=0)
    judged = models.CharField("系统判的灯", max_length=12)
    findings = models.JSONField("依据", default=list, encoder=DjangoJSONEncoder)
    good = models.CharField("没有红黄的一句话", max_length=200, blank=True)
    due_on = BoundedDateField("当时的时限", null=True)
    missed = models.JSONField("连续漏报的各期", default=list)
    targets = models.JSONField("量化目标与完成值", default=list, encoder=DjangoJSONEncoder)
    known = models.ForeignKey(
        ReportingPeriod, models.CASCADE, null=True, related_name="+", verbose_name="最近有数的一期"
    )

    class Meta:
        verbose_name = verbose_name_plural = "项次的灯"
        constraints = [
            models.UniqueConstraint(fields=["assignment", "period", "from_on"], name="judgement_span_unique"),
            models.CheckConstraint(condition=Q(from_on__lte=F("until_on")), name="judgement_span"),
            date_constraint("judgement_dates", "from_on", "until_on", "due_on"),
        ]
        indexes = [
            # 一页举措的各份：Ledger.assignments。
            models.Index(fields=["measure", "period"], name="judgement_of_measure"),
        ]

    def __str__(self) -> str:
        return f"{self.assignment} {self.period} {self.level}"

    @property
    def verdict(self) -> lights.Verdict:
        """系统判的：灯、进度、序时与各条依据。"""
        return verdict(self.judged, self.percent, cast(int, self.pace), self.good, self.findings)

    @property
    def facts(self) -> tuple[tuple[int, lights.TargetFact], ...]:
        """各量化目标（编号）与那时的完成值。"""
        return tuple((row["id"], target_fact(row)) for row in self.targets)


def verdict(judged: str, percent: int | None, pace: int, good: str, findings: list[list[Any]]) -> lights.Verdict:
    """存下的几栏（名称同 `Judgement`）说的是怎样判的。"""
    found = tuple(
        lights.Finding(level, kind, name, dt.date.fromisoformat(on) if on else None)
        for level, kind, name, on in findings
    )
    return lights.Verdict(judged, percent, pace, found, good)


def target_fact(row: dict[str, Any]) -> lights.TargetFact:
    """`Judgement.targets` 里的一条：一个量化目标与那时的完成值。"""
    numbers = {name: Decimal(row[name]) if row[name] is not None else None for name in ("target", "value")}
    return lights.TargetFact(**{**{k: v for k, v in row.items() if k != "id"}, **numbers})


class MeasureJudgement(Judged):
    """一项举措的判定：各份里较差的一份；`manual_reason` 不空的是办公室定灯。"""

    measure = models.ForeignKey(Measure, models.CASCADE, related_name="judgements", verbose_name="举措")
    edition = models.ForeignKey(MeasureEdition, models.PROTECT, related_name="+", verbose_name="当时的样子")
    severity = models.PositiveSmallIntegerField("缓急", help_text="由急到缓，见 lights.SEVERITY")
    position = models.PositiveIntegerField("排序")
    manual_reason = models.CharField("定灯的理由", max_length=300, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "举措的灯"
        constraints = [
            models.UniqueConstraint(fields=["measure", "period", "from_on"], name="measure_judgement_span_unique"),
            models.CheckConstraint(condition=Q(from_on__lte=F("until_on")), name="measure_judgement_span"),
            date_constraint("measure_judgement_dates", "from_on", "until_on"),
        ]
        indexes = [
            # 总览按红黄在前、按灯筛、数各灯：Ledger.stands、Ledger.light_totals。
            models.Index(
                fields=["period", "severity", "position", "from_on", "until_on"], name="measure_judgement_by_light"
            ),
            # 总览与清单按序号：Ledger.stands。
            models.Index(fields=["period", "position"], name="measure_judgement_by_number"),
        ]

    def __str__(self) -> str:
        return f"{self.measure} {self.period} {self.level}"
