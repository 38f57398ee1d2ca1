"""方案、修订、举措、责任分工与量化目标。举措文字只随方案修订而变。"""

import re
from functools import cached_property

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from departments.models import Department, Leader

from .fields import BoundedDateField, date_constraint

LONE_SPACE = re.compile(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])")


def without_lone_spaces(text) -> str:
    """去掉夹在两个汉字之间的单个空格（第13项“店 小二”）。只用于显示，原文照录。"""
    return LONE_SPACE.sub("", text)


class PlanQuerySet(models.QuerySet):
    def in_force(self):
        """有生效版本的方案；只有草稿的还不算方案。"""
        return self.filter(revisions__status="applied").distinct()

    def current(self):
        """现行方案，作子查询用（`rows.of_plan(Plan.objects.current())` 不另查一次库）。"""
        return self.filter(is_current=True)[:1]


class OfPlan(models.QuerySet):
    """一份方案名下的。`to_plan` 说从这一行怎样走到方案。

    待办、徽标、清单、总览、公文都从这一个动词取，所以一处数到的，处处数到；换了方案，旧方案的不混进来。
    """

    to_plan = "plan"

    def of_plan(self, plan):
        """这份方案的；没有方案时一条也没有。"""
        return self.filter(**{self.to_plan: plan})


class Plan(models.Model):
    """一份印发的方案。文字逐字照录，连同原件的编号不一之处（保障措施有两个“（一）”）。"""

    title = models.CharField("方案名称", max_length=200)
    document_number = models.CharField("文号", max_length=60, blank=True)
    issuer = models.CharField("印发机关", max_length=100, blank=True)
    issued_on = BoundedDateField("印发日期", null=True, blank=True)
    year = models.PositiveSmallIntegerField("年度", validators=[MinValueValidator(2000), MaxValueValidator(2099)])
    notice = models.TextField("印发通知", blank=True)
    preamble = models.TextField("引言", blank=True)
    goal = models.TextField("总体目标", blank=True)
    safeguards = models.JSONField("保障措施", default=list, blank=True)
    group_title = models.CharField("名单标题", max_length=200, blank=True)
    group_members = models.JSONField("领导组名单", default=list, blank=True)
    group_note = models.CharField("名单说明", max_length=200, blank=True)
    starts_on = BoundedDateField("序时起点")
    ends_on = BoundedDateField("序时终点")
    yellow_gap = models.PositiveSmallIntegerField(
        "黄灯阈值（百分点）",
        default=10,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text="落后序时进度超过这个数判黄灯。方案没有规定，办公室可改",
    )
    red_gap = models.PositiveSmallIntegerField(
        "红灯阈值（百分点）",
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="落后序时进度超过这个数判红灯",
    )
    soon_days = models.PositiveSmallIntegerField("临近时限（天）", default=30, validators=[MaxValueValidator(365)])
    due_day = models.PositiveSmallIntegerField(
        "每月报送截止日", default=25, validators=[MinValueValidator(1), MaxValueValidator(28)]
    )
    is_public = models.BooleanField(
        "对外公开", default=False, help_text="打开后，/public/ 不用登录即可看到方案、主要数字和办公室发布的内容"
    )
    is_current = models.BooleanField("现行方案", default=False, editable=False)

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
        ]

    def __str__(self):
        return self.title

    @property
    def begins_on(self):
        """这份方案从哪天起有事可督办：印发日；没有写印发日的按序时起点。"""
        return self.issued_on or self.starts_on

    @property
    def revision(self):
        """现行版；方案尚未导入时为 None。原文件、全部举措与差异很大，用到才读。"""
        applied = self.revisions.filter(status=PlanRevision.Status.APPLIED).defer("content", "rows", "diff")
        return applied.order_by("-number").first()


class PlanRevision(models.Model):
    """方案的一版。草稿即预览；生效后不再改动，撤销也是新的一版。"""

    class Status(models.TextChoices):
        DRAFT = "draft", "待核对"
        APPLIED = "applied", "已生效"
        DISCARDED = "discarded", "已放弃"

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="revisions", verbose_name="方案")
    number = models.PositiveIntegerField("版次", null=True, blank=True)
    base = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="比较基准")
    reverts = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="reverted_by", verbose_name="撤销的是"
    )
    status = models.CharField("状态", max_length=10, choices=Status.choices, default=Status.DRAFT, editable=False)
    note = models.CharField("说明", max_length=300, blank=True)
    filename = models.CharField("文件名", max_length=200, blank=True)
    content = models.BinaryField("原文件", null=True, editable=False)
    sha256 = models.CharField("文件校验值", max_length=64, blank=True)
    rows = models.JSONField("全部举措", default=list)
    diff = models.JSONField("与基准的差异", default=dict)
    created_by = models.ForeignKey(
        "departments.User", models.PROTECT, null=True, related_name="+", verbose_name="上传人"
    )
    created_at = models.DateTimeField("上传时间")
    applied_by = models.ForeignKey(
        "departments.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="确认人"
    )
    applied_at = models.DateTimeField("生效时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "方案修订"
        ordering = ["-number", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "number"], name="revision_number_unique"),
            models.CheckConstraint(
                condition=Q(status="applied", number__isnull=False, applied_at__isnull=False)
                | (~Q(status="applied") & Q(number__isnull=True, applied_at__isnull=True)),
                name="revision_applied_has_number",
                violation_error_message="生效的版本必须有版次和生效时间。",
            ),
        ]

    def __str__(self):
        return f"第 {self.number} 版" if self.number else "未生效的修订"

    @property
    def unsigned(self):
        """还没有签收这一版的在用部室。"""
        return Department.objects.active().exclude(receipts__revision=self)


class MeasureQuerySet(OfPlan):
    def in_force(self):
        """现行版里的举措（没有被某一版退出）。"""
        return self.filter(retired_in__isnull=True)

    def visible_to(self, user):
        """举措是印发文件的内容，登录者都可以看。"""
        return self if user.is_authenticated else self.none()

    def led_by(self, leader):
        return self.filter(leaders=leader)

    def assigned_to(self, department):
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
    all_departments = models.BooleanField("各部室共担", default=False)
    leaders = models.ManyToManyField(Leader, through="MeasureLeader", related_name="measures", verbose_name="牵头领导")
    deadline = models.CharField("完成时限（原文）", max_length=100, blank=True, help_text="空着表示文件未规定")
    due_on = BoundedDateField("完成时限", null=True, blank=True)
    start_on = BoundedDateField("计划启动", null=True, blank=True)
    summary_department = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="汇总部室"
    )
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
        indexes = [models.Index(fields=["plan", "position"])]

    def __str__(self):
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

    def __str__(self):
        return self.leader.name


class AssignmentQuerySet(OfPlan):
    to_plan = "measure__plan"

    def in_force(self):
        """现行的责任分工：举措在册，本部室仍牵头。"""
        return self.filter(ended_in__isnull=True, measure__retired_in__isnull=True)

    def visible_to(self, user):
        """责任分工是印发文件的内容，登录者都可以看。"""
        return self if user.is_authenticated else self.none()

    def of_department(self, department):
        return self.filter(department=department)

    def not_completed(self):
        """尚未办结（办结后又重新打开的也算未办结）。"""
        from .report import Completion

        return self.exclude(completions__in=Completion.objects.in_force())


class Assignment(models.Model):
    """责任分工（项次）：一项举措 × 一个牵头部室，是报送的单位。21 项 = 31 项次。"""

    class Status(models.TextChoices):
        OPEN = "open", "在办"
        COMPLETED = "completed", "已办结"
        ENDED = "ended", "已终止"

    measure = models.ForeignKey(Measure, models.PROTECT, related_name="assignments", verbose_name="举措")
    department = models.ForeignKey(Department, models.PROTECT, related_name="assignments", verbose_name="牵头部室")
    order = models.PositiveSmallIntegerField(default=0)
    extended_due_on = BoundedDateField("延期后的时限", null=True, blank=True, editable=False)
    ended_in = models.ForeignKey(
        PlanRevision, models.PROTECT, null=True, blank=True, related_name="ended_assignments", verbose_name="终止于"
    )

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "责任分工"
        ordering = ["measure__position", "order", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["measure", "department"], name="assignment_unique"),
            date_constraint("assignment_dates", "extended_due_on"),
        ]

    def __str__(self):
        return f"{self.measure}（{self.department}）"

    @property
    def due_on(self):
        """现行时限：批准延期的用新时限，否则用举措的时限。"""
        return self.extended_due_on or self.measure.due_on

    @property
    def targets(self) -> list:
        """这个项次要填的量化目标：指明由本部室报的，和没有指明的（预取过的不再查库）。"""
        return [t for t in self.measure.targets.all() if t.department_id in (None, self.department_id)]

    @property
    def ended_because(self) -> str:
        """为什么已终止（在册的为空）：举措退出现行方案，或不再由这个部室牵头。"""
        if self.measure.retired_in_id:
            return "已退出现行方案"
        return "已不由本部室牵头" if self.ended_in_id else ""

    @property
    def status(self) -> str:
        """由终止、办结算出（预取过办结的不再查库）。"""
        if self.ended_because:
            return self.Status.ENDED
        is_completed = any(c.reopened_at is None for c in self.completions.all())
        return self.Status.COMPLETED if is_completed else self.Status.OPEN

    def get_status_display(self) -> str:
        return self.Status(self.status).label


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
        verbose_name="填报部室",
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

    def __str__(self):
        return f"{self.name} {self.get_operator_display()}{self.value.normalize():f}{self.unit}"

    def clean(self):
        super().clean()
        if self.measure_id and self.quote and self.quote not in self.measure.text:
            raise ValidationError({"quote": "这句话不在举措原文里，请逐字摘录。"})

    def is_worse(self, value, before) -> bool:
        """比上次差：要多的少了，要少的多了，要正好的离得更远了。"""
        gap = abs(value - self.value) > abs(before - self.value)
        return {"ge": value < before, "le": value > before, "eq": gap}[self.operator]

    def is_met_by(self, value) -> bool:
        """完成值是否达到目标。"""
        return {"ge": value >= self.value, "le": value <= self.value, "eq": value == self.value}[self.operator]


class Receipt(models.Model):
    """签收：一个部室对一版方案点一次（印发通知：“现将……印发给你们”）。"""

    revision = models.ForeignKey(PlanRevision, models.PROTECT, related_name="receipts", verbose_name="版本")
    department = models.ForeignKey(Department, models.PROTECT, related_name="receipts", verbose_name="部室")
    signed_by = models.ForeignKey("departments.User", models.PROTECT, related_name="+", verbose_name="签收人")
    signed_at = models.DateTimeField("签收时间")

    class Meta:
        verbose_name = verbose_name_plural = "签收"
        constraints = [
            models.UniqueConstraint(
                fields=["revision", "department"],
                name="receipt_unique",
                violation_error_message="本部室已签收这一版。",
            )
        ]

    def __str__(self):
        return f"{self.department} 签收 {self.revision}"
