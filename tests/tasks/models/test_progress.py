"""一条报送算什么（交上去了、已报、未报、补报、定稿、算数）：库里按 SQL 筛的，与一行一行用 Python 判的，处处相符。"""

import datetime as dt
from collections import Counter

from django.db import transaction
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from departments.models import Role
from tasks.models import Assignment, Judgement, PlanRevision, Progress, ReportingPeriod
from tests.factories import make_plan, make_user

S = Progress.Status
DUE = dt.date(2023, 8, 25)
# 截止日最后一刻与次日零点，关闭的那一刻与它前后：每条规则的边上都有。
MOMENTS = [
    timezone.make_aware(dt.datetime(2023, 8, *when))
    for when in ((20, 9), (25, 23, 59, 59), (26, 0), (27, 9), (28, 8), (28, 9), (28, 9, 0, 1), (30, 9))
]
CLOSED = MOMENTS[5]
moments = st.sampled_from(MOMENTS)


class Rows:
    """一份方案，四个项次（在册的、终止的、随举措退出的、既终止又退出的），一期开着、一期关了；报送随便抽。"""

    def __init__(self, data):
        self.data, self.plan, self.by = data, make_plan(measures=4), make_user("office", Role.OFFICE)
        self.parts = list(Assignment.objects.filter(measure__plan=self.plan).order_by("pk"))
        for number, (ends, retires) in enumerate(((False, False), (True, False), (False, True), (True, True))):
            part = self.parts[number]
            part.ended_in = self.revision(2 * number + 2) if ends else None
            part.measure.retired_in = self.revision(2 * number + 3) if retires else None
            part.save()
            part.measure.save()
        for period in (self.period(7, None), self.period(8, CLOSED)):
            for part in self.parts:
                self.report(part, period)
                if self.data.draw(st.booleans()):
                    self.judged(part, period)

    def judged(self, part, period):
        """那一期里判过灯的：关闭了的期凭它认在不在方案里。"""
        Judgement.objects.create(
            assignment=part,
            measure=part.measure,
            period=period,
            from_on=DUE,
            until_on=DUE,
            level="green",
            judged="green",
        )

    def revision(self, number):
        at = self.data.draw(moments)
        return PlanRevision.objects.create(
            plan=self.plan, number=number, status=PlanRevision.Status.APPLIED, created_at=at, applied_at=at
        )

    def period(self, month, closed_at):
        return ReportingPeriod.objects.create(
            plan=self.plan, name=f"{month}月", slug=f"2023-{month}", starts_on=dt.date(2023, month, 1),
            ends_on=dt.date(2023, month, 28), due_on=DUE, original_due_on=DUE, opened_at=MOMENTS[0],
            closed_at=closed_at, status="closed" if closed_at else "open",
        )  # fmt: skip

    def report(self, part, period):
        statuses = [status for status in S if status != S.DISCARDED]
        row = self.row(part, period, self.data.draw(st.sampled_from(statuses)))
        if row.status == S.APPROVED and self.data.draw(st.booleans()):
            self.row(part, period, self.data.draw(st.sampled_from([s for s in S if s != S.MISSING])), corrects=row)

    def row(self, part, period, status, **more):
        draw = self.data.draw
        sent = (
            draw(moments)
            if status not in (S.MISSING, S.DISCARDED) and (status != S.DRAFT or draw(st.booleans()))
            else None
        )
        decided = status in (S.APPROVED, S.RETURNED)
        return Progress.objects.create(
            assignment=part, period=period, status=status, text="做了。", first_submitted_at=sent, submitted_at=sent,
            reviewed_by=self.by if decided else None, reviewed_at=draw(moments) if decided else None,
            return_reason="请补充" if status == S.RETURNED else "",
            superseded_at=draw(st.none() | moments) if status == S.APPROVED else None, **more,
        )  # fmt: skip


def rules(at):
    """名称 →（SQL 取的，Python 判的）。"""
    rows = Progress.objects.all()
    named = {
        "sent": (rows.sent(), lambda r: r.is_sent),
        "reported": (rows.reported(), lambda r: r.is_reported),
        "unsent": (rows.unsent(), lambda r: r.is_unsent),
        "approved": (rows.approved(), lambda r: r.is_approved),
        "on_time": (rows.on_time(), lambda r: r.is_on_time),
        "late": (rows.late(), lambda r: r.is_late),
        "in_force": (rows.in_force(), lambda r: r.is_in_force),
        "latest": (
            rows.latest(),
            lambda r: (not r.corrects_id or r.is_approved) and not r.superseded_at and r.is_held,
        ),
    }
    named["final_at"] = (rows.final_at(at), lambda r: r.is_final_at(at))
    named["held"] = (rows._owed(), lambda r: r.is_held)
    for period in ReportingPeriod.objects.all():
        named[f"in_force_in {period}"] = (
            rows.in_force_in(period),
            lambda r, of=period: r.period == of and r.is_in_force,
        )
        named[f"in_time {period}"] = (
            rows.filter(Progress.sent_in_time(period), period=period),
            lambda r, of=period: r.period == of and r.is_on_time,
        )
    return named


def test_sql_and_python_judge_every_report_the_same(db):
    """每条规则都真的有算的和不算的，免得空转。"""
    judged = Counter()

    @settings(max_examples=25)
    @given(data=st.data())
    def agree(data):
        with transaction.atomic():
            Rows(data)
            rows = list(
                Progress.objects.select_related("period", "assignment__ended_in", "assignment__measure__retired_in")
            )
            for name, (found, test) in rules(data.draw(moments)).items():
                mine = {row.pk for row in rows if test(row)}
                assert mine == set(found.values_list("pk", flat=True)), name
                judged.update({(name, True): len(mine), (name, False): len(rows) - len(mine)})
            transaction.set_rollback(True)

    agree()
    assert [key for key in judged if not judged[key]] == []


def test_late_is_the_opposite_of_on_time_among_what_was_sent(db):
    """撤回的（草稿）保留着首次报送的时间，既不算按时，也不算补报。"""
    draft = Progress(status=S.DRAFT, first_submitted_at=MOMENTS[2], period=ReportingPeriod(due_on=DUE))
    assert (draft.is_on_time, draft.is_late) == (False, False)
    draft.status = S.SUBMITTED
    assert (draft.is_on_time, draft.is_late) == (False, True)
    draft.first_submitted_at = MOMENTS[1]
    assert (draft.is_on_time, draft.is_late) == (True, False)
