"""监督：问题挂账、督查检查、延期、办结申请与跟踪问效、催办、批示、协调、节点、共同汇总。"""
from django.db import models
from django.db.models import F, Q

from departments.models import Department, Leader, Role

from .fields import TEXT_MAX, BoundedDateField, date_constraint
from .plan import Assignment, Measure, Plan
from .report import Completion, Progress, ReportingPeriod


def person(label, **kwargs):
    """指向用户的外键；不给用户加反向名字。"""
    return models.ForeignKey("departments.User", models.PROTECT, related_name="+", verbose_name=label, **kwargs)


class Inspection(models.Model):
    """督查检查（方案三（二）：“建立督查检查机制”）：何时、谁、去哪、看到什么；发现的问题另行挂账。"""

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="inspections", verbose_name="方案")
    held_on = BoundedDateField("检查日期")
    inspectors = models.CharField("检查人员", max_length=200)
    place = models.CharField("地点或对象", max_length=200)
    findings = models.TextField("检查情况", max_length=TEXT_MAX)
    measures = models.ManyToManyField(Measure, blank=True, related_name="inspections", verbose_name="涉及的举措")
    created_by = person("登记人")
    created_at = models.DateTimeField("登记时间")

    class Meta:
        verbose_name = verbose_name_plural = "督查检查"
        ordering = ["-held_on", "-pk"]
        constraints = [date_constraint("inspection_dates", "held_on")]

    def __str__(self):
        return f"{self.held_on:%Y-%m-%d} {self.place}"


class ProblemQuerySet(models.QuerySet):
    def visible_to(self, user):
        """办公室、领导、管理员看全部；填报人看本部室负责的、和由本部室报送转来的。"""
        if not user.is_authenticated:
            return self.none()
        if user.role != Role.REPORTER:
            return self
        return self.filter(
            Q(department=user.department_id) | Q(assignment__department=user.department_id)
        ).distinct()

    def unsettled(self):
        """没有销号的。"""
        return self.exclude(status=Problem.Status.SETTLED)

    def overdue(self, today):
        """逾期未销号。"""
        return self.unsettled().filter(due_on__lt=today)


class Problem(models.Model):
    """问题台账（方案三（一）：“列出清单，分类、分层、分责限期挂账整改”）。只销号，不删除。"""

    class Status(models.TextChoices):
        OPEN = "open", "整改中"
        APPLIED = "applied", "申请销号"
        SETTLED = "settled", "已销号"

    class Category(models.TextChoices):
        POLICY = "policy", "政策落实"
        APPROVAL = "approval", "审批服务"
        FACTORS = "factors", "要素保障"
        PROJECT = "project", "项目推进"
        ENTERPRISE = "enterprise", "企业诉求"
        CONDUCT = "conduct", "作风纪律"
        OTHER = "other", "其他"

    class Level(models.TextChoices):
        DEPARTMENT = "department", "部室"
        LEADER = "leader", "分管领导"
        GROUP = "group", "领导小组"

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="problems", verbose_name="方案")
    number = models.PositiveIntegerField("编号")
    title = models.CharField("问题", max_length=100)
    text = models.TextField("具体情况", max_length=TEXT_MAX)
    category = models.CharField("分类", max_length=12, choices=Category.choices, default=Category.OTHER)
    level = models.CharField("分层", max_length=12, choices=Level.choices, default=Level.DEPARTMENT)
    department = models.ForeignKey(
        Department, models.PROTECT, related_name="problems", verbose_name="责任部室"
    )
    due_on = BoundedDateField("整改期限")
    status = models.CharField("状态", max_length=10, choices=Status.choices, default=Status.OPEN, editable=False)
    measure = models.ForeignKey(
        Measure, models.PROTECT, null=True, blank=True, related_name="problems", verbose_name="举措"
    )
    assignment = models.ForeignKey(
        Assignment, models.PROTECT, null=True, blank=True, related_name="problems", verbose_name="项次"
    )
    progress = models.OneToOneField(
        Progress, models.PROTECT, null=True, blank=True, related_name="problem", verbose_name="来自报送", editable=False
    )
    inspection = models.ForeignKey(
        Inspection, models.PROTECT, null=True, blank=True, related_name="problems", verbose_name="来自督查检查"
    )
    created_by = person("挂账人", editable=False)
    created_at = models.DateTimeField("挂账时间", editable=False)
    applied_at = models.DateTimeField("申请销号时间", null=True, blank=True, editable=False)
    settled_by = person("销号人", null=True, blank=True, editable=False)
    settled_at = models.DateTimeField("销号时间", null=True, blank=True, editable=False)
    return_reason = models.CharField("退回意见", max_length=500, blank=True, editable=False)
    times_returned = models.PositiveSmallIntegerField("退回次数", default=0, editable=False)

    objects = ProblemQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "问题"
        ordering = ["due_on", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "number"], name="problem_number_unique"),
            models.CheckConstraint(
                condition=Q(status="settled", settled_by__isnull=False, settled_at__isnull=False)
                | (~Q(status="settled") & Q(settled_by__isnull=True, settled_at__isnull=True)),
                name="problem_settled_has_who_and_when",
                violation_error_message="销号必须有销号人和时间。",
            ),
            models.CheckConstraint(
                condition=~Q(status="applied") | Q(applied_at__isnull=False), name="problem_applied_has_time"
            ),
            date_constraint("problem_dates", "due_on"),
        ]
        indexes = [models.Index(fields=["status", "due_on"])]

    def __str__(self):
        return f"问题{self.number}号 {self.title}"

    def is_overdue(self, today) -> bool:
        """没有销号而过了期限。"""
        return self.status != self.Status.SETTLED and self.due_on < today

    def shown_status(self, today) -> str:
        """界面上的状态：在存的状态之外，算出“逾期未销号”。"""
        return "逾期未销号" if self.is_overdue(today) else self.get_status_display()


class ProblemNote(models.Model):
    """整改记录：带日期的进展、核验意见，可附佐证。"""

    problem = models.ForeignKey(Problem, models.PROTECT, related_name="notes", verbose_name="问题")
    text = models.TextField("内容", max_length=TEXT_MAX)
    by = person("记录人")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "整改记录"
        ordering = ["at", "pk"]

    def __str__(self):
        return f"{self.problem} {self.at:%Y-%m-%d}"


class Extension(models.Model):
    """延期申请。原时限一直保留并计数；批准后灯与催办立即按新时限。"""

    class Status(models.TextChoices):
        REQUESTED = "requested", "待批"
        APPROVED = "approved", "已批准"
        REFUSED = "refused", "未批准"
        WITHDRAWN = "withdrawn", "已撤回"

    assignment = models.ForeignKey(Assignment, models.PROTECT, related_name="extensions", verbose_name="项次")
    old_due_on = BoundedDateField("原时限")
    new_due_on = BoundedDateField("申请延至")
    reason = models.CharField("理由", max_length=500)
    status = models.CharField(
        "状态", max_length=10, choices=Status.choices, default=Status.REQUESTED, editable=False
    )
    requested_by = person("申请人")
    requested_at = models.DateTimeField("申请时间")
    decided_by = person("批复人", null=True, blank=True)
    decided_at = models.DateTimeField("批复时间", null=True, blank=True)
    decision_note = models.CharField("批复意见", max_length=500, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "延期申请"
        ordering = ["-requested_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["assignment"],
                condition=Q(status="requested"),
                name="extension_one_waiting",
                violation_error_message="这一项已有一份待批的延期申请。",
            ),
            models.CheckConstraint(
                condition=Q(new_due_on__gt=F("old_due_on")),
                name="extension_is_later",
                violation_error_message="延期后的时限须晚于原时限。",
            ),
            models.CheckConstraint(
                condition=~Q(reason=""), name="extension_has_reason", violation_error_message="延期必须写明理由。"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["approved", "refused"], decided_by__isnull=False, decided_at__isnull=False)
                | Q(status__in=["requested", "withdrawn"], decided_by__isnull=True, decided_at__isnull=True),
                name="extension_decided_has_who_and_when",
            ),
            models.CheckConstraint(
                condition=~Q(status="refused") | ~Q(decision_note=""),
                name="extension_refusal_has_note",
                violation_error_message="不批准延期必须写明意见。",
            ),
            date_constraint("extension_dates", "old_due_on", "new_due_on"),
        ]

    def __str__(self):
        return f"{self.assignment} 延至 {self.new_due_on:%Y-%m-%d}"


class CompletionRequest(models.Model):
    """办结申请：部室在月报之外申请办结，附佐证；办公室核实后同意或退回。"""

    class Status(models.TextChoices):
        REQUESTED = "requested", "待核实"
        GRANTED = "granted", "已办结"
        RETURNED = "returned", "已退回"
        WITHDRAWN = "withdrawn", "已撤回"

    assignment = models.ForeignKey(
        Assignment, models.PROTECT, related_name="completion_requests", verbose_name="项次"
    )
    note = models.TextField("完成情况", max_length=TEXT_MAX)
    status = models.CharField(
        "状态", max_length=10, choices=Status.choices, default=Status.REQUESTED, editable=False
    )
    requested_by = person("申请人")
    requested_at = models.DateTimeField("申请时间")
    decided_by = person("核实人", null=True, blank=True)
    decided_at = models.DateTimeField("核实时间", null=True, blank=True)
    return_reason = models.CharField("退回意见", max_length=500, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "办结申请"
        ordering = ["-requested_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["assignment"],
                condition=Q(status="requested"),
                name="completion_request_one_waiting",
                violation_error_message="这一项已有一份待核实的办结申请。",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["granted", "returned"], decided_by__isnull=False, decided_at__isnull=False)
                | Q(status__in=["requested", "withdrawn"], decided_by__isnull=True, decided_at__isnull=True),
                name="completion_request_decided_has_who_and_when",
            ),
            models.CheckConstraint(
                condition=~Q(status="returned") | ~Q(return_reason=""),
                name="completion_request_return_has_reason",
                violation_error_message="退回必须写明意见。",
            ),
        ]

    def __str__(self):
        return f"{self.assignment} 办结申请"


class EffectNote(models.Model):
    """跟踪问效（方案三（二）：“对……改革措施进展情况跟踪问效”）：办结后的实际效果与下次回看日期。"""

    completion = models.ForeignKey(Completion, models.PROTECT, related_name="effects", verbose_name="办结")
    text = models.TextField("效果", max_length=TEXT_MAX)
    follow_up_on = BoundedDateField("下次回看", null=True, blank=True)
    by = person("记录人")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "跟踪问效"
        ordering = ["at", "pk"]
        constraints = [date_constraint("effect_dates", "follow_up_on")]

    def __str__(self):
        return f"{self.completion} {self.at:%Y-%m-%d}"


class Reminder(models.Model):
    """催办：对一个部室的一次催办，连同当时发出的文字。"""

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="reminders", verbose_name="方案")
    period = models.ForeignKey(
        ReportingPeriod, models.PROTECT, null=True, related_name="reminders", verbose_name="报送期"
    )
    department = models.ForeignKey(Department, models.PROTECT, related_name="reminders", verbose_name="部室")
    assignments = models.ManyToManyField(Assignment, related_name="reminders", verbose_name="催办的项次")
    text = models.TextField("催办语")
    by = person("催办人", null=True, help_text="空着表示定时任务")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "催办"
        ordering = ["-at", "-pk"]

    def __str__(self):
        return f"{self.at:%Y-%m-%d} 催办 {self.department}"


class Delivery(models.Model):
    """催办邮件：一人一天至多一封汇总；失败的记下原因，下次再发。"""

    class Status(models.TextChoices):
        WAITING = "waiting", "待发"
        SENT = "sent", "已发"
        FAILED = "failed", "没发出"

    user = models.ForeignKey("departments.User", models.PROTECT, related_name="deliveries", verbose_name="收件人")
    day = BoundedDateField("日期")
    reminders = models.ManyToManyField(Reminder, related_name="deliveries", verbose_name="催办")
    subject = models.CharField("主题", max_length=200)
    text = models.TextField("正文")
    status = models.CharField("状态", max_length=10, choices=Status.choices, default=Status.WAITING)
    attempts = models.PositiveSmallIntegerField("已试次数", default=0)
    error = models.CharField("失败原因", max_length=500, blank=True)
    sent_at = models.DateTimeField("发出时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "催办邮件"
        ordering = ["-day", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["user", "day"], name="delivery_once_a_day"),
            models.CheckConstraint(
                condition=Q(status="sent", sent_at__isnull=False) | (~Q(status="sent") & Q(sent_at__isnull=True)),
                name="delivery_sent_has_time",
            ),
            date_constraint("delivery_dates", "day"),
        ]

    def __str__(self):
        return f"{self.day:%Y-%m-%d} {self.user}"


class Instruction(models.Model):
    """批示：领导对一项举措的话。有关部室各自回复，全部回复之前一直显示。"""

    measure = models.ForeignKey(Measure, models.PROTECT, related_name="instructions", verbose_name="举措")
    leader = models.ForeignKey(Leader, models.PROTECT, related_name="instructions", verbose_name="批示领导")
    departments = models.ManyToManyField(Department, related_name="instructions", verbose_name="承办部室")
    text = models.TextField("批示", max_length=1000)
    is_urgent = models.BooleanField("急办", default=False)
    by = person("录入人")
    at = models.DateTimeField("时间")
    answered_at = models.DateTimeField("全部回复时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "批示"
        ordering = ["-at", "-pk"]

    def __str__(self):
        return f"{self.leader}批示 第{self.measure.number}项"


class InstructionReply(models.Model):
    """一个部室对一条批示的回复。"""

    instruction = models.ForeignKey(Instruction, models.PROTECT, related_name="replies", verbose_name="批示")
    department = models.ForeignKey(Department, models.PROTECT, related_name="+", verbose_name="部室")
    text = models.TextField("回复", max_length=TEXT_MAX)
    by = person("回复人")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "批示回复"
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["instruction", "department"],
                name="instruction_reply_unique",
                violation_error_message="本部室已经回复过这条批示。",
            )
        ]

    def __str__(self):
        return f"{self.department}回复"


class CoordinationRequest(models.Model):
    """需协调事项：写给另一个部室的，在对方页面上显示到答复为止。"""

    progress = models.ForeignKey(
        Progress, models.PROTECT, related_name="coordination_requests", verbose_name="来自报送"
    )
    to_department = models.ForeignKey(
        Department, models.PROTECT, related_name="coordination_requests", verbose_name="请哪个部室协调"
    )
    text = models.TextField("需协调事项", max_length=TEXT_MAX)
    created_by = person("提出人")
    created_at = models.DateTimeField("提出时间")
    answer = models.TextField("答复", blank=True, max_length=TEXT_MAX)
    answered_by = person("答复人", null=True, blank=True)
    answered_at = models.DateTimeField("答复时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "需协调事项"
        ordering = ["created_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["progress", "to_department"], name="coordination_unique"),
            models.CheckConstraint(
                condition=Q(answer="", answered_by__isnull=True, answered_at__isnull=True)
                | (~Q(answer="") & Q(answered_by__isnull=False, answered_at__isnull=False)),
                name="coordination_answer_has_who_and_when",
            ),
        ]

    def __str__(self):
        return f"请{self.to_department}协调"


class MilestoneQuerySet(models.QuerySet):
    def agreed(self):
        """办公室认可、没有取消的节点。"""
        return self.filter(agreed_at__isnull=False, removed_at__isnull=True)


class Milestone(models.Model):
    """任务分解的节点。部室或办公室提出，办公室认可后生效；在报送里勾完成，审核通过才算。"""

    assignment = models.ForeignKey(Assignment, models.PROTECT, related_name="milestones", verbose_name="项次")
    name = models.CharField("节点", max_length=60)
    due_on = BoundedDateField("时限")
    done_on = BoundedDateField("完成日", null=True, blank=True, editable=False)
    done_at = models.DateTimeField("认定完成的时间", null=True, blank=True, editable=False)
    proposed_by = person("提出人", editable=False)
    proposed_at = models.DateTimeField("提出时间", editable=False)
    agreed_by = person("认可人", null=True, blank=True, editable=False)
    agreed_at = models.DateTimeField("认可时间", null=True, blank=True, editable=False)
    removed_at = models.DateTimeField("取消时间", null=True, blank=True, editable=False)

    objects = MilestoneQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "节点"
        ordering = ["due_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(done_on__isnull=True, done_at__isnull=True)
                | Q(done_on__isnull=False, done_at__isnull=False, agreed_at__isnull=False),
                name="milestone_done_was_agreed",
            ),
            date_constraint("milestone_dates", "due_on", "done_on"),
        ]

    def __str__(self):
        return f"{self.name}（{self.due_on:%Y-%m-%d}）"


class MilestoneTick(models.Model):
    """报送里勾的“这个节点完成了”；报送通过时写到节点上。"""

    progress = models.ForeignKey(Progress, models.CASCADE, related_name="ticks", verbose_name="报送")
    milestone = models.ForeignKey(Milestone, models.PROTECT, related_name="ticks", verbose_name="节点")

    class Meta:
        verbose_name = verbose_name_plural = "节点完成"
        constraints = [models.UniqueConstraint(fields=["progress", "milestone"], name="milestone_tick_unique")]

    def __str__(self):
        return str(self.milestone)


class JointSummary(models.Model):
    """共同牵头举措的汇总：由指定的汇总部室写，一项一期一份。"""

    measure = models.ForeignKey(Measure, models.PROTECT, related_name="joint_summaries", verbose_name="举措")
    period = models.ForeignKey(ReportingPeriod, models.PROTECT, related_name="+", verbose_name="报送期")
    department = models.ForeignKey(Department, models.PROTECT, related_name="+", verbose_name="汇总部室")
    text = models.TextField("汇总", max_length=TEXT_MAX)
    version = models.PositiveIntegerField(default=0, editable=False)
    by = person("填写人")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "共同汇总"
        constraints = [models.UniqueConstraint(fields=["measure", "period"], name="joint_summary_unique")]

    def __str__(self):
        return f"{self.measure} {self.period} 汇总"
