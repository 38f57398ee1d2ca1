"""存下的灯：随便怎么走，每一步都与从头判一遍的相同，关闭了的各期也不变。"""

import csv
import datetime as dt
import io

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from departments.models import Department, Leader, Role
from tasks import workflow
from tasks.figures.ledger import Ledger
from tasks.imports import applying, inforce
from tasks.models import (
    Assignment,
    Attachment,
    ClosedLights,
    ClosedReports,
    Completion,
    CompletionRequest,
    Judgement,
    ManualLight,
    Measure,
    MeasureJudgement,
    Milestone,
    Plan,
    Progress,
    Target,
)
from tests.examples import share
from tests.factories import make_plan, make_user
from tests.judging import WATCH
from tests.tasks.figures.test_ledger import moment, picture

pytestmark = pytest.mark.django_db
KINDS = ("indicator", "milestone", "routine")
LEVELS = ("green", "yellow", "red")
CONTENT = {"text": "做了。"}
FATES = ("sent", "withdrawn", "returned", "approved", "approved", "revoked", "corrected", "completed", "completed")
pick = st.integers(0, 1000)


class Office(RuleBasedStateMachine):
    """一个方案三项、两个部室共同牵头，从三月起一天天过；谁都可能做任何事，做不了的（Refused）就当没有做。"""

    def __init__(self):
        super().__init__()
        self.world = transaction.atomic()
        self.world.__enter__()
        self.frozen, self.ticks = {}, 0

    def teardown(self):
        transaction.set_rollback(True)
        self.world.__exit__(None, None, None)

    @initialize(kinds=st.lists(st.sampled_from(KINDS), min_size=3, max_size=3))
    def a_plan_of_three_measures(self, kinds):
        self.plan = make_plan(measures=3, departments=2, joint=2)
        self.rooms = list(Department.objects.order_by("order"))
        self.office, self.admin = make_user("office", Role.OFFICE), make_user("admin", Role.ADMIN)
        self.reporters = {room.pk: make_user(room.slug, department=room) for room in self.rooms}
        Leader.objects.create(name="另一位领导")
        for measure, kind in zip(Measure.objects.order_by("position"), kinds, strict=True):
            measure.kind, measure.due_on = kind, dt.date(2023, 4, 20) if measure.number == "2" else None
            measure.save()
        for n, owner in enumerate((None, self.rooms[0])):
            measure = Measure.objects.get(number="1")
            Target.objects.create(
                measure=measure, department=owner, name=f"目标{n}", operator="ge", value=10, unit="家",
                strength="must" if n else "strive", quote="做好工作", order=n,
            )  # fmt: skip
        self.day = dt.date(2023, 3, 1)
        # 造出来的方案第一版没有快照：随后关闭的一期要照它判，补上（真方案导入时就有）。
        self.plan.revisions.update(rows=inforce.snapshot(self.plan))
        workflow.plan_periods(self.plan, **self.who(), first_month=3, last_month=8, due_day=25)
        workflow.open_period(self.plan.periods.get(slug="2023-03"), **self.who())

    @property
    def at(self):
        """每件事各在一刻：一刻之内不会有两件。"""
        self.ticks += 1
        return moment(self.day.month, self.day.day, 8) + dt.timedelta(seconds=self.ticks)

    def who(self, department=None):
        return {"by": self.reporters[department] if department else self.office, "at": self.at}

    def tried(self, verb, *args, **kwargs):
        """做一件事；现在做不了的不算。"""
        try:
            with transaction.atomic():
                return verb(*args, **kwargs)
        except (workflow.Refused, applying.Unchanged):
            return None

    def one(self, rows, n):
        """这些里的一个；没有为 None。"""
        found = list(rows.order_by("pk"))
        return found[n % len(found)] if found else None

    # ── 日子与报送期 ──

    @rule(days=st.sampled_from([1, 3, 12, 31]))
    def days_pass(self, days):
        self.day = min(self.day + dt.timedelta(days=days), dt.date(2023, 9, 30))

    @rule()
    def the_next_period_opens(self):
        if period := self.plan.periods.filter(status="planned").order_by("starts_on").first():
            self.tried(workflow.open_period, period, **self.who())

    @rule(n=pick)
    def a_period_closes(self, n):
        period = self.one(self.plan.periods.still_open(), n)
        for row in period.progress.waiting() if period else ():
            workflow.return_progress(row, **self.who(), reason="补")
        if period and (closed := self.tried(workflow.close_period, period, **self.who())):
            self.frozen[closed.pk] = picture(self.plan, closed)

    @rule(n=pick)
    def a_period_reopens(self, n):
        period = self.one(self.plan.periods.closed(), n)
        if period and self.tried(workflow.reopen_period, period, **self.who(), reason="漏报"):
            self.frozen.pop(period.pk)

    @rule(n=pick, days=st.integers(1, 20))
    def a_due_day_is_put_off(self, n, days):
        if period := self.one(self.plan.periods.still_open(), n):
            due = period.due_on + dt.timedelta(days=days)
            self.tried(workflow.extend_period, period, **self.who(), due_on=due, reason="值守")

    # ── 报送 ──

    @rule(
        n=pick, fate=st.sampled_from(FATES), percent=st.sampled_from([0, 40, 90]), value=st.sampled_from([None, 3, 12])
    )
    def a_report_goes_its_way(self, n, fate, percent, value):
        """报上去；撤回、退回、通过；通过了的又撤销、更正。"""
        row = self.one(Progress.objects.to_act_on().in_open_periods().filter(assignment__ended_in=None), n)
        row = row and self.sent(row, "completed" if fate == "completed" else "in_progress", percent, value, ticks=n % 3)
        if row is None or fate == "sent":
            return
        who = self.who(row.assignment.department_id)
        if fate == "withdrawn":
            self.tried(workflow.withdraw_progress, row, **who)
        elif fate == "returned":
            self.tried(workflow.return_progress, row, **self.who(), reason="补")
        elif row := self.tried(workflow.approve_progress, row, **self.who()):
            if fate == "revoked":
                self.tried(workflow.revoke_progress, row, **self.who(), reason="点错了")
            elif fate == "corrected":
                self.corrected(row, percent // 2, value)

    def sent(self, row, stage, percent, value, ticks=0):
        part = row.assignment
        content = CONTENT | {"stage": stage, "percent": percent if part.measure.kind == "milestone" else None}
        values = {target: value for target in part.targets if value is not None}
        chosen = list(part.milestones.undone())[:ticks]
        if stage == "completed":
            self.attach(row)
            content["percent"] = content["percent"] and 100
        who = self.who(part.department_id)
        return self.tried(
            workflow.submit_progress, row, **who, version=row.version, content=content, values=values, ticks=chosen
        )

    def attach(self, row):
        Attachment.objects.create(
            progress=row, file="x", name="证明.pdf", content_type="application/pdf", size=1, sha256="0" * 64,
            uploaded_by=self.reporters[row.assignment.department_id], uploaded_at=self.at,
        )  # fmt: skip

    def corrected(self, row, percent, value):
        """更正，也通过；原来那条不算了。"""
        copy = self.tried(workflow.correct_progress, row, **self.who(row.assignment.department_id))
        copy = copy and self.sent(copy, "in_progress", percent, value)
        if copy:
            self.tried(workflow.approve_progress, copy, **self.who())

    @rule(n=pick, value=st.sampled_from([1, 12]))
    def an_old_report_is_corrected(self, n, value):
        """已关闭的期也可以更正：那一期不变，后面的期从此照更正的算。"""
        rows = Progress.objects.approved().filter(superseded_at=None, correction=None, assignment__ended_in=None)
        if row := self.one(rows, n):
            self.corrected(row, 5, value)

    @rule(n=pick)
    def an_old_approval_is_revoked(self, n):
        if row := self.one(Progress.objects.approved().in_open_periods(), n):
            self.tried(workflow.revoke_progress, row, **self.who(), reason="点错了")

    # ── 办结、延期、节点、定灯、核定 ──

    @rule(n=pick)
    def a_part_is_completed(self, n):
        part = self.one(Assignment.objects.in_force().not_completed(), n)
        if part is None:
            return
        CompletionRequest.objects.create(
            assignment=part, note="办完了。", requested_by=self.office, requested_at=self.at
        )
        if not self.tried(workflow.grant_completion, CompletionRequest.objects.waiting().last(), **self.who()):
            CompletionRequest.objects.waiting().delete()

    @rule(n=pick)
    def a_completion_is_reopened(self, n):
        rows = Completion.objects.in_force().filter(assignment__in=Assignment.objects.in_force())
        if found := self.one(rows, n):
            self.tried(workflow.reopen_completion, found.assignment, **self.who(), reason="复查")

    @rule(n=pick, days=st.integers(1, 60))
    def an_extension_is_granted(self, n, days):
        part = self.one(Assignment.objects.in_force().exclude(measure__due_on=None), n)
        later = max(self.day, part.due_on if part else self.day) + dt.timedelta(days=days)
        who = self.who(part.department_id) if part else {}
        made = part and self.tried(workflow.request_extension, part, **who, new_due_on=later, reason="汛期")
        if made:
            self.tried(workflow.approve_extension, made, **self.who())

    @rule(n=pick, days=st.integers(0, 60))
    def a_milestone_is_set(self, n, days):
        if part := self.one(Assignment.objects.in_force(), n):
            due = self.day + dt.timedelta(days=days)
            self.tried(workflow.propose_milestone, part, **self.who(), name=f"节点{n}", due_on=due)

    @rule(n=pick)
    def a_milestone_is_taken_away(self, n):
        if found := self.one(Milestone.objects.agreed(), n):
            verb = workflow.untick_milestone if found.done_at else workflow.remove_milestone
            self.tried(verb, found, **self.who(), reason="不要了")

    @rule(n=pick, level=st.sampled_from(LEVELS))
    def a_light_is_set_by_hand(self, n, level):
        measure, period = self.one(Measure.objects.in_force(), n), self.one(self.plan.periods.still_open(), n)
        if measure and period:
            self.tried(workflow.set_light, measure, period, **self.who(), level=level, reason="督办")

    @rule(n=pick)
    def a_light_set_by_hand_is_lifted(self, n):
        if light := self.one(ManualLight.objects.filter(lifted_at=None, period__status="open"), n):
            self.tried(workflow.lift_light, light.measure, light.period, **self.who())

    @rule(n=pick, kind=st.sampled_from(KINDS), days=st.integers(-10, 60))
    def a_measure_is_settled(self, n, kind, days):
        measure = self.one(Measure.objects.in_force(), n)
        fields = {"kind": kind, "due_on": max(self.day + dt.timedelta(days=days), dt.date(2023, 3, 2))}
        if measure:
            self.tried(workflow.settle_measure, measure, **self.who(), fields=fields, even_late=True, reason="照文件")

    @rule(yellow=st.sampled_from([0, 10, 25]), soon=st.sampled_from([0, 7, 30]))
    def the_thresholds_are_changed(self, yellow, soon):
        plan = Plan.objects.get()
        plan.yellow_gap, plan.red_gap, plan.soon_days = yellow, yellow + 20, soon
        plan.save()
        workflow.rejudge_plan(plan)

    # ── 方案修订 ──

    @rule(n=pick, what=st.sampled_from(["title", "leader", "department", "deadline", "gone", "new"]))
    def the_plan_is_revised(self, n, what):
        rows = [live.row for live in applying.live_rows(self.plan)]
        table = [[r.number, r.title, r.text, "、".join(r.leaders), "、".join(r.departments), r.deadline] for r in rows]
        chosen = table[n % len(table)]
        if what == "title":
            chosen[1] = f"改名{n}"
        elif what == "leader":
            chosen[3] = "另一位领导" if chosen[3] == "测试领导" else "测试领导"
        elif what == "department":
            # 换下一个部室，或把换下的恢复：其间关闭的期，应报几项次不变。
            both = "、".join(room.name for room in self.rooms)
            chosen[4] = self.rooms[n % 2].name if "、" in chosen[4] else both
        elif what == "deadline":
            chosen[5] = f"2023年{4 + n % 6}月底前"
        elif what == "gone" and len(table) > 1:
            table.remove(chosen)
        elif what == "new":
            number = str(max(int(row[0]) for row in table) + 1)
            table.append([number, f"新举措{n}", "做好新的工作。", "测试领导", self.rooms[0].name, ""])
        self.tried(self.revise, table)

    def revise(self, table):
        out = io.StringIO()
        csv.writer(out).writerows([["序号", "举措名称", "具体内容", "牵头领导", "牵头部室", "完成时限"], *table])
        who = {"by": self.admin, "at": self.at}
        draft = applying.draft(self.plan, out.getvalue().encode("utf-8-sig"), "修订.csv", **who)
        applying.apply_revision(draft, removals_checked=True, **who)

    # ── 每一步都成立的 ──

    @invariant()
    def what_is_stored_is_what_is_judged_from_scratch(self):
        if not hasattr(self, "plan"):
            return
        self.plan = Plan.objects.get(pk=self.plan.pk)
        with transaction.atomic():
            assert list(workflow.differences(self.plan)) == []
            transaction.set_rollback(True)

    @invariant()
    def every_measure_in_force_has_one_light_on_every_day(self):
        if not hasattr(self, "plan"):
            return
        wanted = set(Measure.objects.in_force().values_list("pk", flat=True))
        for period in self.plan.periods.still_open():
            for day in (self.day, dt.date(2023, 5, 1), dt.date(2024, 1, 1)):
                rows = list(MeasureJudgement.objects.on(period, day).values_list("measure", flat=True))
                assert sorted(rows) == sorted(wanted)
                parts = list(Judgement.objects.on(period, day).values_list("assignment", flat=True))
                assert sorted(parts) == sorted(Assignment.objects.in_force().values_list("pk", flat=True))

    @invariant()
    def closed_periods_stay_as_they_were(self):
        for pk, seen in self.frozen.items():
            assert picture(self.plan, self.plan.periods.get(pk=pk)) == seen


def test_whatever_happens_what_is_stored_is_what_would_be_judged_from_scratch(monkeypatch):
    monkeypatch.setattr(WATCH, "is_off", True)
    some = settings(
        max_examples=share(50, quick=2),
        stateful_step_count=share(40, quick=25),
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Office, settings=some)


def test_a_light_forgotten_is_named_and_put_right(plan, period, capsys):
    MeasureJudgement.objects.filter(measure__number="12").update(level="red", severity=0)
    Judgement.objects.filter(measure__number="3").delete()
    assert list(workflow.differences(plan)) == [
        "2023年9月第3项《" + Measure.objects.get(number="3").title + "》",
        "2023年9月第12项《" + Measure.objects.get(number="12").title + "》",
    ]
    assert workflow.rejudge_plan(plan) == 2
    assert list(workflow.differences(plan)) == []
    assert Ledger(plan, period, dt.date(2023, 9, 22)).light_totals["red"] == 0


def test_numbers_kept_wrong_at_closing_are_named_and_put_right(plan, period, people, at):
    workflow.close_period(period, by=people.office, at=at("2023-09-28 17:00"))
    assert list(workflow.differences(plan)) == []
    for wrong in (
        lambda: ClosedReports.objects.filter(owed=8).update(owed=9),
        lambda: ClosedReports.objects.filter(owed=8).delete(),
        lambda: ClosedLights.objects.update(n=1),
    ):
        wrong()
        assert list(workflow.differences(plan)) == ["2023年9月关闭时的数"]
        workflow.rejudge_plan(plan, plan.periods.opened())
        assert list(workflow.differences(plan)) == []
    workflow.reopen_period(period, by=people.office, at=at("2023-09-28 18:00"), reason="漏报")
    assert not ClosedReports.objects.exists() and not ClosedLights.objects.exists()
    assert list(workflow.differences(plan)) == []


def test_judging_again_what_has_not_changed_writes_nothing(plan, period, django_assert_num_queries):
    before = list(Judgement.objects.order_by("pk").values_list("pk", flat=True))
    assert workflow.rejudge_plan(plan) == 0
    assert list(Judgement.objects.order_by("pk").values_list("pk", flat=True)) == before


def test_closing_keeps_one_row_for_each_measure_and_each_part(plan, period, people, at):
    workflow.close_period(period, by=people.office, at=at("2023-09-28 17:00"))
    assert (MeasureJudgement.objects.count(), Judgement.objects.count()) == (21, 31)
