"""进展报送：一个项次在一期报的内容与状态。"""

import datetime as dt
from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.utils import timezone

from departments.models import User
from yingshang import clock

from .assignment import Assignment
from .fields import TEXT_MAX
from .judgement import Judgement
from .period import ReportingPeriod
from .visibility import Visible

# SQL：这个项次现在在方案里（`AssignmentQuerySet.in_force`，从报送看）。
_LED = Q(assignment__ended_in=None, assignment__measure__retired_in=None)


class ProgressQuerySet(Visible):
    to_plan = "period__plan"

    def in_force(self) -> Self:
        """各项次各期算数的那一行：没有被更正取代，更正本身须已通过；已终止的项次不算。

        已关闭的期以关闭那一刻为准：关闭之后才通过的更正不算，被它取代的仍算（这一期的数不再变）。
        现在该看哪一行（预填、办结、取用文字）用 `latest`。一行一行判的是 `Progress.is_in_force`。
        """
        closed_at = F("period__closed_at")
        decided = Q(period__closed_at=None) | Q(reviewed_at__lte=closed_at)
        mine = Q(corrects=None) | (Q(status=Progress.Status.APPROVED) & decided)
        return self._owed().filter(mine, not_superseded_at(closed_at))

    def in_force_in(self, period: ReportingPeriod) -> Self:
        """`in_force` 的各行里这一期的：关闭没有、何时关闭已经知道，不再一行行问（几十万条时差十倍）。"""
        if period.closed_at is None:
            return self.in_force_now().filter(period=period)
        return self.filter(counts_at(period.closed_at), _judged(), period=period)

    def in_force_now(self) -> Self:
        """`in_force` 的各行里，没有关闭的各期的。"""
        return self.filter(_held_now(), counts_at(None))

    def latest(self) -> Self:  # type: ignore[override]  # 全站的说法；Django 的同名动词（按日期取一行）不用
        """各项次各期现在有效的那一行：最近一次通过的更正也算，不论这一期关闭没有。"""
        return self._owed().filter(Q(corrects=None) | Q(status=Progress.Status.APPROVED), superseded_at=None)

    def final_at(self, moment: dt.datetime) -> Self:
        """那一刻已定稿的：已通过，没有被更正取代。一行一行判的是 `Progress.is_final_at`。"""
        approved = Q(status=Progress.Status.APPROVED, reviewed_at__lte=moment)
        return self.filter(approved, not_superseded_at(moment))

    def _owed(self) -> Self:
        """那一期里这个项次在方案里的。开放中的期看现在；关闭了的看关闭时判过灯没有：以后终止、又恢复，那一期不变。"""
        return self.filter(_held_now() | (Q(period__closed_at__isnull=False) & _judged()))

    def with_corrections(self) -> Self:
        """带上各条报送待审核的更正（`correction_waiting` 为其编号），与“已通过”并列着说。"""
        waiting = Progress.objects.filter(corrects=OuterRef("pk"), status=Progress.Status.SUBMITTED)
        return self.annotate(correction_waiting=Subquery(waiting.order_by().values("pk")[:1]))

    def _seen_by_board(self, user: User) -> Self:
        """交出来的：待审核、已退回、已通过。草稿不看。"""
        shown = (Progress.Status.SUBMITTED, Progress.Status.RETURNED, Progress.Status.APPROVED)
        return self.filter(status__in=shown)

    def _seen_by_reporter(self, user: User) -> Self:
        """本部室的全部；其他部室的只看已通过的（待审核、退回的内容尚未定稿，不外传）。"""
        return self.filter(Q(status=Progress.Status.APPROVED) | Q(assignment__department=user.serving_id))

    def of_parts_in_force(self) -> Self:
        """现行项次的。"""
        return self.filter(_LED)

    def waiting(self) -> Self:
        """待审核，连同已不在方案里的。"""
        return self.filter(status=Progress.Status.SUBMITTED)

    def to_review(self) -> Self:
        """要审的：待审核的里面，项次还在方案里的。清单、徽标、“今天要办”、关闭一期都数这几条，与各期“待审核”几项次是一回事。

        已退出方案的（撤销了列入它的那一版、换了部室）不算要办的事，另列（set_aside），恢复列入就又回到这里。
        """
        return self.waiting().of_parts_in_force()

    def set_aside(self) -> Self:
        """待审核而项次已不在方案里的：不算要办的，审核清单下面另列，免得丢了。"""
        return self.waiting().filter(~_LED)

    def in_open_periods(self) -> Self:
        """报送中的各期的。"""
        return self.filter(period__status=ReportingPeriod.Status.OPEN)

    def not_discarded(self) -> Self:
        """放弃了的更正稿以外的。"""
        return self.exclude(status=Progress.Status.DISCARDED)

    def to_act_on(self) -> Self:
        """还要部室动手的：没有交上来的，和退回的。"""
        return self.filter(status__in=Progress.TO_ACT_ON)

    def sent(self) -> Self:
        """交上去了的：待审核、已通过、已退回。撤回的（草稿）不算。"""
        return self.filter(status__in=Progress.SENT)

    def reported(self) -> Self:
        """已报：待审核或已通过。"""
        return self.filter(status__in=Progress.REPORTED)

    def unsent(self) -> Self:
        """未报：还没有动手的与草稿。"""
        return self.filter(status__in=Progress.UNSENT)

    def on_time(self) -> Self:
        """按时：交上去了，首次报送不晚于截止日（退回后重报不算迟）。"""
        return self.filter(Progress.ON_TIME)

    def late(self) -> Self:
        """补报：交上去了，首次报送晚于截止日。"""
        return self.filter(Progress.LATE)

    def approved(self) -> Self:
        return self.filter(status=Progress.Status.APPROVED)


def not_superseded_at(moment: dt.datetime | F, path: str = "") -> Q:
    """SQL：那一刻没有被更正取代。`moment` 也可以是一列；那一列为空（没有关闭的期）的，取代过就不算。"""
    return Q(**{f"{path}superseded_at": None}) | Q(**{f"{path}superseded_at__gt": moment})


def _judged() -> Exists:
    """SQL：那一期里这个项次判过灯。"""
    return Exists(Judgement.objects.filter(assignment=OuterRef("assignment"), period=OuterRef("period")))


def _held_now() -> Q:
    """SQL：这一期没有关闭，这个项次现在在方案里。"""
    return Q(period__closed_at=None) & _LED


def counts_at(closed_at: dt.datetime | None, path: str = "") -> Q:
    """SQL：在 `closed_at` 关闭的一期（没有关闭的为 None）里，`path` 那一行算数（项次还在不在方案里另看）。同 `Progress.counts_at`。"""
    decided = {} if closed_at is None else {f"{path}reviewed_at__lte": closed_at}
    mine = Q(**{f"{path}corrects": None}) | Q(**{f"{path}status": Progress.Status.APPROVED}, **decided)
    return mine & (Q(**{f"{path}superseded_at": None}) if closed_at is None else not_superseded_at(closed_at, path))


class Progress(models.Model):
    """进展报送：一项次 × 一期。已通过的不再改动，更正是新的一行。"""

    # 填报人写的各栏：表单收的、动词存的、更正稿照抄的都是这几栏，加一栏只加在这里。
    CONTENT = ("stage", "percent", "decline_reason", "text", "problems", "coordination", "next_steps")

    class Status(models.TextChoices):
        MISSING = "missing", "未报"
        DRAFT = "draft", "草稿"
        SUBMITTED = "submitted", "待审核"
        APPROVED = "approved", "已通过"
        RETURNED = "returned", "已退回"
        # 只有更正稿会放弃：行留着，不算任何数，也不再能动。
        DISCARDED = "discarded", "已放弃"

    # 一条报送算什么，全站只在这里定：SQL（查询集的动词、这两个条件）与 Python（下面的 is_…）并排，
    # 两边处处相符由 tests/tasks/models/test_progress.py 守着。
    SENT = (Status.SUBMITTED, Status.APPROVED, Status.RETURNED)
    REPORTED = (Status.SUBMITTED, Status.APPROVED)
    UNSENT = (Status.MISSING, Status.DRAFT)
    TO_ACT_ON = (*UNSENT, Status.RETURNED)
    ON_TIME = Q(status__in=SENT, first_submitted_at__date__lte=F("period__due_on"))
    LATE = Q(status__in=SENT, first_submitted_at__date__gt=F("period__due_on"))

    class Stage(models.TextChoices):
        NOT_STARTED = "not_started", "未启动"
        IN_PROGRESS = "in_progress", "推进中"
        COMPLETED = "completed", "已完成"

    assignment = models.ForeignKey(Assignment, models.PROTECT, related_name="progress", verbose_name="责任分工")
    period = models.ForeignKey(ReportingPeriod, models.PROTECT, related_name="progress", verbose_name="报送期")
    status = models.CharField("报送状态", max_length=10, choices=Status.choices, default=Status.MISSING, editable=False)
    stage = models.CharField("目前状态", max_length=12, choices=Stage.choices, default=Stage.IN_PROGRESS)
    percent = models.PositiveSmallIntegerField(
        "完成进度",
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text="只有节点类填报，单位为百分之一",
    )
    text = models.TextField("本期进展", blank=True, max_length=TEXT_MAX)
    problems = models.TextField("存在问题", blank=True, max_length=TEXT_MAX)
    coordination = models.TextField("需协调事项", blank=True, max_length=TEXT_MAX)
    next_steps = models.TextField("下步打算", blank=True, max_length=TEXT_MAX)
    decline_reason = models.CharField("进度下降的原因", max_length=300, blank=True)
    is_no_change = models.BooleanField("本期无变化", default=False, editable=False)
    version = models.PositiveIntegerField(default=0, editable=False)
    written_by = models.ForeignKey(
        "departments.User",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="最后填写人",
        editable=False,
    )
    written_at = models.DateTimeField(null=True, blank=True, editable=False)
    submitted_by = models.ForeignKey(
        "departments.User",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="报送人",
        editable=False,
    )
    first_submitted_at = models.DateTimeField("首次报送时间", null=True, blank=True, editable=False)
    submitted_at = models.DateTimeField("报送时间", null=True, blank=True, editable=False)
    reviewed_by = models.ForeignKey(
        "departments.User",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="审核人",
        editable=False,
    )
    reviewed_at = models.DateTimeField("审核时间", null=True, blank=True, editable=False)
    return_reason = models.CharField("退回意见", max_length=500, blank=True, editable=False)
    times_returned = models.PositiveSmallIntegerField("退回次数", default=0, editable=False)
    is_self_review = models.BooleanField("自审", default=False, editable=False)
    corrects = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="corrections",
        related_query_name="correction",
        verbose_name="更正的是",
        editable=False,
        db_index=False,  # 只给更正稿建：见 Meta.indexes
    )
    superseded_at = models.DateTimeField("被更正于", null=True, blank=True, editable=False)

    objects = ProgressQuerySet.as_manager()
    # 待审核的更正的编号，由 with_corrections() 或台账填上。
    correction_waiting: int | None = None

    class Meta:
        verbose_name = verbose_name_plural = "进展报送"
        ordering = ["-period__starts_on", "assignment__measure__position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["assignment", "period"],
                condition=Q(corrects__isnull=True),
                name="progress_one_per_period",
                violation_error_message="这一项本期已有一条报送。",
            ),
            models.CheckConstraint(
                condition=Q(percent__isnull=True) | Q(percent__gte=0, percent__lte=100),
                name="progress_percent_range",
                violation_error_message="完成进度须在 0 到 100 之间。",
            ),
            models.CheckConstraint(
                condition=~Q(status="returned") | ~Q(return_reason=""),
                name="progress_return_has_reason",
                violation_error_message="退回必须写明意见。",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["approved", "returned"], reviewed_by__isnull=False, reviewed_at__isnull=False)
                | Q(status__in=["missing", "draft", "submitted"], reviewed_by__isnull=True, reviewed_at__isnull=True)
                | Q(status="discarded"),
                name="progress_decided_has_reviewer",
                violation_error_message="审核过的报送必须有审核人和时间，没审核的不能有。",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["missing", "draft", "discarded"])
                | (Q(submitted_at__isnull=False, first_submitted_at__isnull=False) & ~Q(text="")),
                name="progress_submitted_is_complete",
                violation_error_message="报送必须有本期进展和报送时间。",
            ),
            models.CheckConstraint(
                condition=Q(superseded_at__isnull=True) | Q(status="approved"),
                name="progress_superseded_was_approved",
            ),
            models.UniqueConstraint(
                fields=["corrects"],
                condition=~Q(status="discarded"),
                name="progress_one_live_correction",
                violation_error_message="这一条已经有一份更正。",
            ),
            models.CheckConstraint(
                condition=~Q(status="discarded") | Q(corrects__isnull=False, superseded_at__isnull=True),
                name="progress_only_corrections_discarded",
                violation_error_message="只有更正稿可以放弃。",
            ),
        ]
        indexes = [
            models.Index(fields=["period", "status"]),
            # 部室的徽标：本部室各项次没有交上来的、退回的（pages/progress.owed_parts）。
            models.Index(fields=["assignment", "status"], name="progress_to_act_on"),
            # 审核的徽标与待审核清单，先到先审（pages/review.waiting_for_review）。
            models.Index(fields=["status", "submitted_at"], name="progress_waiting"),
            # 审核清单下面“刚通过的”，新的在前（pages/review.just_approved）。
            models.Index(fields=["reviewed_at", "id"], name="progress_approved", condition=Q(status="approved")),
            # 更正稿（owed_parts 的后一份）。不给“不是更正”的建：SQLite 没有统计，会凭它去扫全部的报送。
            models.Index(fields=["corrects"], name="progress_corrections", condition=Q(corrects__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.assignment} {self.period}"

    @classmethod
    def sent_in_time(cls, period: ReportingPeriod, path: str = "") -> Q:
        """SQL：与 ON_TIME 同一条规则，是哪一期已经知道：只比时刻，不必一行行换成当地的日子。"""
        sent = {f"{path}status__in": cls.SENT, f"{path}first_submitted_at__lte": clock.end_of(period.due_on)}
        return Q(**sent)

    @property
    def is_sent(self) -> bool:
        """交上去了：待审核、已通过、已退回。撤回的（草稿）不算。"""
        return self.status in self.SENT

    @property
    def is_reported(self) -> bool:
        """已报：待审核或已通过。"""
        return self.status in self.REPORTED

    @property
    def is_unsent(self) -> bool:
        """未报：还没有动手的与草稿。"""
        return self.status in self.UNSENT

    @property
    def is_approved(self) -> bool:
        return self.status == self.Status.APPROVED

    # 报“本期无变化”的，话是更早哪一条写的：取上次的报送时放上（figures/earlier）。
    carried_from: "Progress | None" = None

    @property
    def words(self) -> "Progress":
        """话写在哪一条上：“本期无变化”的，看它沿用的那一条。"""
        return self.carried_from or self

    @property
    def words_when(self) -> str:
        """话是哪一期写的：“8月写的”；“9月无变化，8月写的”。"""
        carried = f"{self.period.short_name}无变化，" if self.carried_from else ""
        return f"{carried}{self.words.period.short_name}写的"

    @property
    def decline_label(self) -> str:
        """“进度下降的原因”一栏叫什么：没有进度的，说的是完成值比上次差或没有数。"""
        return "下降原因" if self.percent is not None else "完成值说明"

    @property
    def other_words(self) -> list[tuple[str, str]]:
        """本期进展以外写了的几栏：（叫什么, 写了什么）。看得到进展的，都看得到这几栏。"""
        said = (
            (self.decline_label, self.decline_reason),
            ("存在问题", self.problems),
            ("需协调事项", self.coordination),
            ("下步打算", self.next_steps),
        )
        return [(label, text) for label, text in said if text]

    @property
    def is_waiting(self) -> bool:
        """待审核。"""
        return self.status == self.Status.SUBMITTED

    @property
    def is_returned(self) -> bool:
        """已退回，等部室改。"""
        return self.status == self.Status.RETURNED

    @property
    def is_mended(self) -> bool:
        """退回以后存过草稿，还没有再报。"""
        return self.is_returned and bool(self.written_at and self.reviewed_at and self.written_at > self.reviewed_at)

    @property
    def is_untouched(self) -> bool:
        """还没有动手，连草稿也没有。"""
        return self.status == self.Status.MISSING

    @property
    def is_on_time(self) -> bool:
        """按时：交上去了，首次报送不晚于截止日（退回后重报不算迟）。"""
        return self.is_sent and self.would_be_on_time(self.first_submitted_at)

    def would_be_on_time(self, at: dt.datetime | None) -> bool:
        """这一刻交上来，算不算按时：报送过、退回后重报的看首次。"""
        return timezone.localdate(self.first_submitted_at or at) <= self.period.due_on

    @property
    def is_late(self) -> bool:
        """补报：交上去了，首次报送晚于截止日。"""
        return self.is_sent and not self.is_on_time

    def is_overdue(self, as_of: dt.date) -> bool:
        """逾期未报：到基准日过了截止日还没有交上来。"""
        return self.is_unsent and as_of > self.period.due_on

    def is_superseded_at(self, moment: dt.datetime | None) -> bool:
        """那一刻已被更正取代；`moment` 为 None 问的是现在。"""
        return self.superseded_at is not None and (moment is None or self.superseded_at <= moment)

    def is_final_at(self, moment: dt.datetime) -> bool:
        """那一刻已定稿：已通过，没有被更正取代。"""
        is_decided = self.reviewed_at is not None and self.reviewed_at <= moment
        return self.is_approved and is_decided and not self.is_superseded_at(moment)

    def counts_at(self, closed_at: dt.datetime | None) -> bool:
        """在 `closed_at` 关闭的一期（没有关闭的为 None）里，这一行算数（项次还在不在方案里另看）。"""
        in_time = closed_at is None or (self.reviewed_at is not None and self.reviewed_at <= closed_at)
        decided = self.is_approved and in_time
        return (not self.corrects_id or decided) and not self.is_superseded_at(closed_at)

    @property
    def is_held(self) -> bool:
        """那一期里这个项次在方案里，与 `ProgressQuerySet._owed` 同一条规则。"""
        if self.period.closed_at is None:
            return not self.assignment.ended_because
        return Judgement.objects.filter(assignment=self.assignment_id, period=self.period_id).exists()

    @property
    def is_in_force(self) -> bool:
        """在这一期里算数：与 `ProgressQuerySet.in_force` 同一条规则。"""
        return self.counts_at(self.period.closed_at) and self.is_held

    def shown_status(self, today: dt.date) -> str:
        """界面上的报送状态：在存的状态之外，算出“逾期未报”“已补报”。`today` 为这一期的基准日。"""
        if self.is_overdue(today) and not self.corrects_id:
            return "逾期未报"
        if self.is_approved and self.is_late:
            return "已补报"
        return self.get_status_display()

    @property
    def reports_trouble(self) -> bool:
        """写了存在问题或需协调事项，已交上来、没有退回、没有被更正取代：可以列入问题台账。"""
        is_in = self.is_reported and not self.superseded_at
        return is_in and bool(self.problems.strip() or self.coordination.strip())

    @property
    def asks_completion(self) -> bool:
        """部室在这条报送里申请办结（目前状态选了“已完成”）。已终止的项次没有可办结的，只作记录。"""
        return self.stage == self.Stage.COMPLETED and not self.assignment.ended_because
