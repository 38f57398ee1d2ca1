"""举措（项）、牵头领导，办公室定的灯，方案收尾时定的去向。举措文字只随方案修订而变。"""

import re
from functools import cached_property
from typing import Self

from django.db import models
from django.db.models import Q
from django.urls import reverse

from departments import organisation
from departments.models import Department, Leader, User

from .fields import BoundedDateField, date_constraint, person
from .period import ReportingPeriod
from .plan import Plan
from .revision import PlanRevision
from .visibility import Visible

LONE_SPACE = re.compile(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])")


def without_lone_spaces(text: str) -> str:
    """去掉夹在两个汉字之间的单个空格（第13项“店 小二”）。只用于显示，原文照录。"""
    return LONE_SPACE.sub("", text)


class MeasureQuerySet(Visible):
    def in_force(self) -> Self:
        """现行版里的举措（没有被某一版退出）。"""
        return self.filter(retired_in__isnull=True)

    def _seen_by_reporter(self, user: User) -> Self:
        """举措是印发文件的内容，哪个部室都可以看。"""
        return self

    def led_by(self, leader: Leader) -> Self:
        return self.filter(leaders=leader)

    def assigned_to(self, department: Department) -> Self:
        return self.filter(assignments__department=department, assignments__ended_in__isnull=True)


class Measure(models.Model):
    """举措（项）。序号是属性而非身份：修订改序号后，进展仍跟着这一行。"""

    class Kind(models.TextChoices):
        INDICATOR = "indicator", "指标类"
        MILESTONE = "milestone", "节点类"
        ROUTINE = "routine", "常态类"

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="measures", verbose_name="方案")
    number = models.CharField("序号", max_length=10)
    position = models.PositiveIntegerField("排序", default=0, editable=False)
    title = models.CharField("举措名称", max_length=200)
    text = models.TextField("原文")
    kind = models.CharField("类型", max_length=10, choices=Kind.choices, default=Kind.ROUTINE)
    kind_is_confirmed = models.BooleanField("类型已由办公室核定", default=False)
    lead_label = models.CharField("原文称谓", max_length=10, default="部室")
    all_departments = models.BooleanField(organisation.later("各部室共担"), default=False)
    leaders = models.ManyToManyField(Leader, through="MeasureLeader", related_name="measures", verbose_name="牵头领导")
    cooperating = models.TextField(
        "配合单位", blank=True, help_text="照文件所写，用顿号隔开；配合单位不报送，需要时由办公室另行安排"
    )
    section = models.TextField(
        "所在各级标题", blank=True, editable=False, help_text="照文件所写，一级一行；空着的接着上一项"
    )
    deadline = models.CharField("完成时限（原文）", max_length=100, blank=True, help_text="空着表示文件未规定")
    due_on = BoundedDateField("完成时限", null=True, blank=True)
    start_on = BoundedDateField("计划启动", null=True, blank=True)
    summary_department = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=organisation.later("汇总部室")
    )
    aims = models.JSONField(
        "待核定的目标", default=list, blank=True, editable=False
    )  # 从文件提出的，见 imports/rows 的 Aim
    source_note = models.CharField("原文说明", max_length=300, blank=True)
    retired_in = models.ForeignKey(
        PlanRevision, models.PROTECT, null=True, blank=True, related_name="retired_measures", verbose_name="退出于"
    )

    objects = MeasureQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "举措"
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "number"],
                condition=Q(retired_in__isnull=True),
                name="measure_number_unique_in_force",
                violation_error_message="现行方案里已有这个序号。",
            ),
            date_constraint("measure_dates", "due_on", "start_on"),
            models.CheckConstraint(
                condition=Q(kind__in=["indicator", "milestone", "routine"]), name="measure_kind_known"
            ),
        ]
        indexes = [
            models.Index(fields=["plan", "position"]),
            # 一项举措的页面（views/measure.find_measure）：WHERE plan=… AND number=…，退出过的也在内，上面的唯一约束用不着。
            models.Index(fields=["plan", "number"], name="measure_by_number"),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.title}"

    @cached_property
    def summarizer(self) -> Department | None:
        """现在由哪个部室写共同汇总：办公室指定的，须还在牵头；没有的由办公室写。"""
        leading = {a.department_id for a in self.assignments.all() if a.ended_in_id is None}
        return self.summary_department if self.summary_department_id in leading else None

    @property
    def url(self) -> str:
        """现行的按序号；已退出的按编号，免得走到后来用了这个序号的另一项去。"""
        if self.retired_in_id:
            return reverse("measure_retired", args=[self.pk])
        return reverse("measure_detail", args=[self.number])

    @property
    def headings(self) -> list[str]:
        """所在的各级标题，大的在前；文件没有的为空。"""
        return self.section.split("\n") if self.section else []

    @property
    def source_place(self) -> str:
        """原文出处：某号文件，二、具体举措第 3 条；没有文号、标题的不写。"""
        heading = self.headings[0] if self.headings else ""
        return "，".join(filter(None, (self.plan.document_number, f"{heading}第 {self.number} 条")))

    @property
    def display_text(self) -> str:
        """显示用的文字；与原文不同之处只有汉字之间的单个空格。"""
        return without_lone_spaces(self.text)


class MeasureLeader(models.Model):
    """举措与牵头领导。次序照原文；次序不表示主次。"""

    measure = models.ForeignKey(Measure, models.CASCADE, related_name="leader_links")
    leader = models.ForeignKey(Leader, models.PROTECT, related_name="measure_links", verbose_name="牵头领导")
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = verbose_name_plural = "牵头领导"
        ordering = ["order", "pk"]
        constraints = [models.UniqueConstraint(fields=["measure", "leader"], name="measure_leader_unique")]

    def __str__(self) -> str:
        return self.leader.called


class ManualLight(models.Model):
    """办公室定灯：只管一项举措的一期，必须写理由；取消也留痕。"""

    class Level(models.TextChoices):
        GREEN = "green", "绿灯"
        YELLOW = "yellow", "黄灯"
        RED = "red", "红灯"

    measure = models.ForeignKey(Measure, models.PROTECT, related_name="manual_lights", verbose_name="举措")
    period = models.ForeignKey(ReportingPeriod, models.PROTECT, related_name="manual_lights", verbose_name="报送期")
    level = models.CharField("灯", max_length=10, choices=Level.choices)
    reason = models.CharField("理由", max_length=300)
    set_by = models.ForeignKey("departments.User", models.PROTECT, related_name="+", verbose_name="定灯人")
    set_at = models.DateTimeField("定灯时间")
    lifted_at = models.DateTimeField("取消时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "办公室定灯"
        constraints = [
            models.UniqueConstraint(
                fields=["measure", "period"],
                condition=Q(lifted_at__isnull=True),
                name="manual_light_one_in_force",
            ),
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="manual_light_has_reason",
                violation_error_message="定灯必须写明理由。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.measure} {self.period} {self.get_level_display()}"


class MeasureFate(models.Model):
    """方案收尾时，没有办结的一项去哪里。行只添不改：后定的一行算数。"""

    class Kind(models.TextChoices):
        CARRIED = "carried", "在本方案继续办"
        HANDED = "handed", "移交另一份方案"
        ENDED = "ended", "终止"

    measure = models.ForeignKey(Measure, models.PROTECT, related_name="fates", verbose_name="举措")
    kind = models.CharField("去向", max_length=10, choices=Kind.choices)
    to_measure = models.ForeignKey(
        Measure, models.PROTECT, null=True, blank=True, related_name="received", verbose_name="接办的举措"
    )
    reason = models.CharField("理由", max_length=500, blank=True)
    by = person("定的人")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "收尾时的去向"
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="handed", to_measure__isnull=False)
                | (Q(kind__in=["carried", "ended"]) & Q(to_measure__isnull=True)),
                name="measure_fate_handed_has_receiver",
                violation_error_message="移交的须写明接办的举措，别的没有。",
            ),
            models.CheckConstraint(
                condition=~Q(kind="ended") | ~Q(reason=""),
                name="measure_fate_ended_has_reason",
                violation_error_message="终止必须写明理由。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.measure} {self.get_kind_display()}"
