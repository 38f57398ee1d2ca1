"""随机的经过：直接写下各表的行（不走动词，两千份也造得起），灯由判灯的一处补判。公文的真假由它来考。

文字都不带数字与标点，公文里的每一个数字就都是公文自己说的。
"""

import datetime as dt
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from departments.models import Department, Leader, Role
from tasks.models import (
    Assignment,
    Completion,
    CoordinationRequest,
    Extension,
    Inspection,
    Instruction,
    InstructionReply,
    ManualLight,
    Measure,
    MeasureLeader,
    PeriodBasis,
    Plan,
    PlanRevision,
    Problem,
    Progress,
    PublicItem,
    Reminder,
    ReportingPeriod,
    Target,
    TargetValue,
)
from tests.factories import make_user
from tests.judging import rejudge_all

ZONE = ZoneInfo("Asia/Shanghai")
ROOMS, LEADERS, NAMES = ("甲部", "乙部", "丙部"), ("赵领导", "钱领导"), "子丑寅卯"
STATES = (
    *(
        "missing",
        "missing",
        "draft",
        "withdrawn",
        "submitted",
        "submitted late",
        "approved",
        "approved",
        "approved late",
    ),
    *("returned", "returned late", "no change", "completed", "corrected", "correction waiting", "self-reviewed"),
)
DUE_DAY = 25
TODAYS = (12, 25, 26, 29)
FIRST = 3


def moment(month: int, day: int, hour: int = 10) -> dt.datetime:
    """2023 年某月某日某时。"""
    return dt.datetime(2023, month, day, hour, tzinfo=ZONE)


def cast():
    """人与部室：各个例子共用。"""
    for order, name in enumerate(ROOMS):
        Department.objects.create(name=name, slug=f"room{order}", order=order)
    for name in LEADERS:
        Leader.objects.create(name=name)
    return make_user("office", Role.OFFICE), make_user("writer", department=ROOMS[0])


class History:
    """一份经过：`plan` 的几个月，到 `today` 为止。"""

    def __init__(self, draw, office, writer):
        self.draw, self.office, self.writer = draw, office, writer
        self.rooms = list(Department.objects.order_by("order"))
        self.leaders = list(Leader.objects.order_by("pk"))
        self.months = list(range(FIRST, FIRST + draw(st.sampled_from([1, 2, 2, 3]))))
        self.today = dt.date(2023, self.months[-1], draw(st.sampled_from(TODAYS)))
        self.now = moment(self.today.month, self.today.day, 22)
        self.plan = self._plan()
        self.measures = [self._measure(i) for i in range(draw(st.integers(1, 4)))]
        self.periods = [self._period(month) for month in self.months]
        for assignment in Assignment.objects.select_related("measure", "department"):
            self._report_all(assignment)
        self._supervise()
        for period in self.periods:
            if period.closed_at:
                self._keep_problems(period)
        rejudge_all()

    def pick(self, *choices):
        """抽一个。"""
        return self.draw(st.sampled_from(choices))

    def _plan(self):
        plan = Plan.objects.create(
            title="测试方案", document_number="", year=2023, starts_on=dt.date(2023, 3, 1), ends_on=dt.date(2023, 12, 31)
        )  # fmt: skip
        PlanRevision.objects.create(
            plan=plan, number=1, status="applied", created_at=moment(2, 1), applied_at=moment(2, 1)
        )
        return plan

    def _measure(self, i):
        everyone = self.pick(False, False, False, True)
        rooms = (
            self.rooms
            if everyone
            else self.draw(st.lists(st.sampled_from(self.rooms), min_size=1, max_size=2, unique=True))
        )
        made = Measure.objects.create(
            plan=self.plan, number=str(i + 1), position=i, title=f"举措{NAMES[i]}", text="做好。", all_departments=everyone,
            kind=self.pick("milestone", "routine", "indicator"), start_on=self.pick(None, None, dt.date(2023, 4, 10)),
            due_on=self.pick(None, None, dt.date(2023, 4, 20), dt.date(2023, 6, 1)),
        )  # fmt: skip
        MeasureLeader.objects.create(measure=made, leader=self.leaders[i % 2])
        for order, room in enumerate(rooms):
            Assignment.objects.create(measure=made, department=room, order=order)
        if made.kind == "indicator":
            Target.objects.create(
                measure=made, name="目标", unit="个", quote="做好", order=0, value=100,
                operator=self.pick("ge", "le"), strength=self.pick("must", "strive"), department=self.pick(None, rooms[0]),
            )  # fmt: skip
        return made

    def _period(self, month):
        due = dt.date(2023, month, DUE_DAY)
        made = ReportingPeriod(
            plan=self.plan, name=f"2023年{month}月", slug=f"2023-{month:02d}", starts_on=dt.date(2023, month, 1),
            ends_on=dt.date(2023, month, 30), due_on=due, original_due_on=due, opened_at=moment(month, 1), status="open",
        )  # fmt: skip
        closed = self.pick(None, moment(month, 28, 17), moment(month, 28, 17), moment(month + 1, 20, 17))
        if closed and closed <= self.now:
            made.status, made.closed_at = "closed", closed
        made.save()
        return made

    # ── 报送 ──

    def _report_all(self, assignment):
        joined = self.pick(*[FIRST] * 4, FIRST + 1)  # 有的从第二期才要报
        done_at = None
        for period in self.periods:
            if period.starts_on.month < joined or (done_at and done_at <= period.opened_at):
                continue
            done_at = self._report(assignment, period, self.pick(*STATES)) or done_at

    def _report(self, assignment, period, state):
        """一个项次一期的一种情形；办结了的返回办结的时刻。"""
        month = period.starts_on.month
        late = 26 if "late" in state else 10
        sent, seen = moment(month, late), moment(month, late, 15)
        if sent > self.now or (state in ("submitted", "submitted late") and period.closed_at):
            state = "missing"
        kept = Progress(assignment=assignment, period=period)
        if state == "draft":
            kept.status, kept.text, kept.version = "draft", "写了一半", 1
        elif state == "withdrawn":
            kept.status, kept.text, kept.version, kept.submitted_at = "draft", "撤回了", 2, sent
        elif state != "missing":
            self._write(kept, state, sent, seen)
        kept.save()
        if kept.is_reported and assignment.measure.kind == "indicator":
            for target in assignment.measure.targets.all():
                if target.department_id in (None, assignment.department_id):
                    TargetValue.objects.create(progress=kept, target=target, value=self.pick(10, 60, 100))
        if state.startswith("correct"):
            self._correct(kept, moment(month, 11), decided=state == "corrected")
        if state == "completed":
            return self._complete(kept, seen)
        return None

    def _write(self, row, state, sent, seen):
        row.first_submitted_at = row.submitted_at = sent
        row.submitted_by, row.version = self.writer, 1
        row.text = (
            "本期无变化。" if state == "no change" else f"做事{NAMES[self.months.index(row.period.starts_on.month)]}"
        )
        row.is_no_change = state == "no change"
        row.stage = "completed" if state == "completed" else self.pick("in_progress", "not_started")
        row.percent = self.pick(0, 20, 60, 100) if row.assignment.measure.kind == "milestone" else None
        if self.pick(False, True):
            row.problems = "缺人手"
        if self.pick(False, True):
            row.next_steps = "再去办"
        status = state.split()[0]
        row.status = status if status in ("submitted", "returned") else "approved"
        if row.status != "submitted":
            row.reviewed_by, row.reviewed_at = self.office, seen
        row.is_self_review = state == "self-reviewed"
        if row.status == "returned":
            row.return_reason, row.times_returned = "补", 1
        if row.status == "approved" and self.pick(*[False] * 5, True):
            row.save()
            PublicItem.objects.create(
                progress=row, category=self.pick("news", "practice"), wording="讲得好", released_by=self.office, released_at=seen
            )  # fmt: skip

    def _correct(self, old, at, *, decided):
        copy = Progress.objects.create(
            assignment=old.assignment, period=old.period, corrects=old, text="更正了", stage="in_progress",
            percent=self.pick(0, 100) if old.percent is not None else None, submitted_by=self.writer,
            first_submitted_at=old.first_submitted_at, submitted_at=at, status="approved" if decided else "submitted",
            reviewed_by=self.office if decided else None, reviewed_at=at if decided else None,
        )  # fmt: skip
        if decided:
            Progress.objects.filter(pk=old.pk).update(superseded_at=copy.reviewed_at)

    def _complete(self, row, at):
        made = Completion(assignment=row.assignment, progress=row, granted_by=self.office, granted_at=at)
        reopened = at + dt.timedelta(days=self.pick(3, 18))
        if self.pick(False, False, True) and reopened <= self.now:
            made.reopened_at, made.reopened_by, made.reopen_reason = reopened, self.office, "复查"
        made.save()
        return None if made.reopened_at else at

    # ── 督办 ──

    def _some_day(self):
        """到今天为止的某一刻，关闭那天的前后都有。"""
        days = [moment(month, day, hour) for month in self.months for day, hour in ((2, 9), (18, 9), (28, 9), (28, 18))]
        return self.pick(*[day for day in days if day <= self.now])

    def _supervise(self):
        for n in range(self.draw(st.integers(0, 3))):
            self._problem(n + 1)
        for _ in range(self.draw(st.integers(0, 2))):
            self._instruction()
        for _ in range(self.draw(st.integers(0, 2))):
            Reminder.objects.create(
                plan=self.plan, department=self.pick(*self.rooms), text="请报送。", by=self.office, at=self._some_day()
            )
        for _ in range(self.draw(st.integers(0, 1))):
            day = self._some_day().date()
            Inspection.objects.create(
                plan=self.plan, held_on=day, inspectors="人", place="大厅", findings="好", created_by=self.office, created_at=self.now
            )  # fmt: skip
        if self.pick(False, False, True):
            ManualLight.objects.create(
                measure=self.pick(*self.measures), period=self.pick(*self.periods), level=self.pick("red", "yellow", "green"),
                reason="手续", set_by=self.office, set_at=self.now,
            )  # fmt: skip
        for assignment in Assignment.objects.filter(measure__due_on__isnull=False).select_related("measure"):
            if self.pick(False, False, True):
                self._extension(assignment)
        sent = Progress.objects.filter(status__in=["submitted", "approved"], corrects=None).first()
        if sent and self.pick(False, True):
            CoordinationRequest.objects.create(
                progress=sent, to_department=self.rooms[-1], text="请帮忙", created_by=self.writer, created_at=sent.submitted_at
            )  # fmt: skip

    def _problem(self, number):
        at = self._some_day()
        made = Problem(
            plan=self.plan, number=number, title=f"问题{NAMES[number]}", text="情况不明", created_by=self.office, created_at=at,
            department=self.pick(*self.rooms), level=self.pick("department", "group"), measure=self.pick(None, *self.measures),
            due_on=at.date() + dt.timedelta(days=self.pick(1, 12, 90)),
        )  # fmt: skip
        over = at + dt.timedelta(days=self.pick(1, 14))
        state = self.pick("open", "open", "applied", "settled", "dropped")
        if over <= self.now and state == "applied":
            made.status, made.applied_at = "applied", over
        elif over <= self.now and state == "settled":
            made.status, made.settled_at, made.settled_by = "settled", over, self.office
        elif over <= self.now and state == "dropped":
            made.status, made.dropped_at, made.dropped_by, made.drop_reason = "dropped", over, self.office, "错挂"
        made.save()

    def _keep_problems(self, period):
        """关闭时记下那一刻没有销号的问题；别的依据不记，照现在的判。"""
        kept = {}
        for p in Problem.objects.filter(created_at__lte=period.closed_at):
            over = p.settled_at or p.dropped_at
            if over is None or over > period.closed_at:
                is_applied = p.applied_at is not None and p.applied_at <= period.closed_at
                kept[p.pk] = {
                    "level": p.level, "category": p.category, "due_on": p.due_on.isoformat(), "department": p.department_id,
                    "status": "applied" if is_applied else "open",
                }  # fmt: skip
        PeriodBasis.objects.create(period=period, settings={}, problems=kept, facts={})

    def _instruction(self):
        at, measure = self._some_day(), self.pick(*self.measures)
        made = Instruction.objects.create(
            plan=measure.plan, measure=measure, leader=self.pick(*self.leaders), text="抓紧办",
            is_urgent=self.pick(False, True), by=self.office, at=at,
        )  # fmt: skip
        rooms = [a.department for a in measure.assignments.select_related("department")]
        made.departments.set(rooms)
        last = at + dt.timedelta(days=2)
        if last > self.now:
            return
        for room in rooms:
            if self.pick(False, True, True):
                InstructionReply.objects.create(instruction=made, department=room, text="办了", by=self.writer, at=last)
        if made.replies.count() == len(rooms):
            Instruction.objects.filter(pk=made.pk).update(answered_at=last)

    def _extension(self, assignment):
        at, old = self._some_day(), assignment.measure.due_on
        made = Extension(
            assignment=assignment, old_due_on=old, new_due_on=old + dt.timedelta(days=40), reason="汛期",
            requested_by=self.writer, requested_at=at,
        )  # fmt: skip
        decided = at + dt.timedelta(days=1)
        if decided <= self.now and (state := self.pick("requested", "approved", "refused")) != "requested":
            made.status, made.decided_by, made.decided_at, made.decision_note = state, self.office, decided, "好"
        made.save()
        if made.status == "approved":
            Assignment.objects.filter(pk=assignment.pk).update(extended_due_on=made.new_due_on)
