"""数据库自己的规矩：绕过表单和 full_clean 写进来，库也拒绝；两种数据库一样。"""

import copy
import datetime as dt
from decimal import Decimal
from functools import cached_property

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, models, transaction
from django.utils import timezone

from departments.models import Department, Leader, Role
from tasks.models import (
    Assignment,
    Attachment,
    CalendarLink,
    Circular,
    CircularRows,
    ClosedLights,
    ClosedReports,
    Completion,
    CompletionRequest,
    Cooperation,
    CoordinationRequest,
    Decision,
    Delivery,
    Digest,
    EditionLeader,
    EffectNote,
    Event,
    Extension,
    Following,
    Holiday,
    Inspection,
    Instruction,
    InstructionReply,
    JointSummary,
    Judgement,
    ManualLight,
    Measure,
    MeasureEdition,
    MeasureFate,
    MeasureJudgement,
    MeasureLeader,
    Milestone,
    MilestoneTick,
    Petition,
    Plan,
    PlanRevision,
    Problem,
    Progress,
    PublicItem,
    Reading,
    Receipt,
    ReportingPeriod,
    RevisionChange,
    RobotPost,
    Signing,
    Succession,
    Suggestion,
    Target,
    TargetValue,
)
from tasks.models.fields import BoundedDateField
from tasks.models.judgement import EVER, NEVER
from tests.factories import make_plan, make_user

pytestmark = pytest.mark.django_db
NOON = timezone.make_aware(dt.datetime(2023, 9, 20, 12))
DAY = dt.date(2023, 9, 20)
ALL = {c.name: (m, c) for m in apps.get_app_config("tasks").get_models() for c in m._meta.constraints}


class Rows:
    """每种行各一条合格的，用到才建。"""

    @cached_property
    def plan(self):
        return make_plan(measures=1, departments=1)

    @cached_property
    def revision(self):
        return self.plan.revisions.get()

    @cached_property
    def draft_revision(self):
        return PlanRevision.objects.create(plan=self.plan, created_at=NOON)

    @cached_property
    def measure(self):
        return self.plan.measures.get()

    @cached_property
    def assignment(self):
        return self.measure.assignments.get()

    @property
    def department(self):
        return self.assignment.department

    @cached_property
    def leader_link(self):
        return MeasureLeader.objects.get(measure=self.measure)

    @cached_property
    def user(self):
        return make_user("office", Role.OFFICE)

    @cached_property
    def target(self):
        return Target.objects.create(
            measure=self.measure, name="率", operator="ge", value=80, unit="%", strength="must", quote="做好工作"
        )

    @cached_property
    def receipt(self):
        return Receipt.objects.create(
            revision=self.revision, department=self.department, signed_by=self.user, signed_at=NOON
        )

    @cached_property
    def period(self):
        return ReportingPeriod.objects.create(
            plan=self.plan, name="2023年9月", slug="2023-09", starts_on=dt.date(2023, 9, 1), ends_on=dt.date(2023, 9, 30),
            due_on=dt.date(2023, 9, 25), original_due_on=dt.date(2023, 9, 25), status="open", opened_at=NOON,
        )  # fmt: skip

    @cached_property
    def progress(self):
        return Progress.objects.create(assignment=self.assignment, period=self.period)

    @cached_property
    def approved(self):
        return Progress.objects.create(
            assignment=self.assignment, period=self.period, status="approved", text="做完了", submitted_at=NOON,
            first_submitted_at=NOON, reviewed_by=self.user, reviewed_at=NOON,
        )  # fmt: skip

    @cached_property
    def correction(self):
        return Progress.objects.create(
            assignment=self.assignment, period=self.period, status="draft", corrects=self.approved
        )

    @cached_property
    def value(self):
        return TargetValue.objects.create(progress=self.progress, target=self.target, value=1)

    @cached_property
    def attachment(self):
        return Attachment.objects.create(
            progress=self.progress, file="evidence/x", name="证明.pdf", content_type="application/pdf", size=1,
            sha256="0" * 64, uploaded_by=self.user, uploaded_at=NOON,
        )  # fmt: skip

    @cached_property
    def completion(self):
        return Completion.objects.create(assignment=self.assignment, granted_by=self.user, granted_at=NOON)

    @cached_property
    def light(self):
        return ManualLight.objects.create(
            measure=self.measure, period=self.period, level="red", reason="手续", set_by=self.user, set_at=NOON
        )

    @cached_property
    def inspection(self):
        return Inspection.objects.create(
            plan=self.plan,
            held_on=DAY,
            inspectors="办公室",
            place="园区",
            findings="正常",
            created_by=self.user,
            created_at=NOON,
        )

    @cached_property
    def problem(self):
        return Problem.objects.create(
            plan=self.plan,
            number=1,
            title="慢",
            text="慢",
            department=self.department,
            due_on=DAY,
            created_by=self.user,
            created_at=NOON,
        )

    @cached_property
    def extension(self):
        return Extension.objects.create(
            assignment=self.assignment, old_due_on=DAY, new_due_on=dt.date(2023, 10, 20), reason="汛期",
            requested_by=self.user, requested_at=NOON,
        )  # fmt: skip

    @cached_property
    def completion_request(self):
        return CompletionRequest.objects.create(
            assignment=self.assignment, note="做完了", requested_by=self.user, requested_at=NOON
        )

    @cached_property
    def effect(self):
        return EffectNote.objects.create(completion=self.completion, text="见效", by=self.user, at=NOON)

    @cached_property
    def reading(self):
        return Reading.objects.create(
            measure=self.measure, leader=self.instruction.leader, seen="red", by=self.user, at=NOON
        )

    @cached_property
    def following(self):
        return Following.objects.create(user=self.user, measure=self.measure, at=NOON)

    @cached_property
    def digest(self):
        return Digest.objects.create(user=self.user)

    @cached_property
    def robot_post(self):
        return RobotPost.objects.create(plan=self.plan, robot="企业微信群 1", day=DAY, text="请报")

    @cached_property
    def signing(self):
        said = {"kind": "signed", "leader": self.instruction.leader, "signed_on": DAY}
        return Signing.objects.create(circular=self.circular, version=0, by=self.user, at=NOON, **said)

    @cached_property
    def suggestion(self):
        return Suggestion.objects.create(department=self.department, text="话", by=self.user, at=NOON)

    @cached_property
    def delivery(self):
        return Delivery.objects.create(user=self.user, day=DAY, subject="催办", text="请报")

    @cached_property
    def instruction(self):
        return Instruction.objects.create(
            plan=self.plan, measure=self.measure, leader=self.leader_link.leader, text="抓紧", by=self.user, at=NOON
        )

    @cached_property
    def fate(self):
        return MeasureFate.objects.create(measure=self.measure, kind="carried", by=self.user, at=NOON)

    @cached_property
    def reply(self):
        return InstructionReply.objects.create(
            instruction=self.instruction, department=self.department, text="照办", by=self.user, at=NOON
        )

    @cached_property
    def coordination(self):
        return CoordinationRequest.objects.create(
            progress=self.progress, to_department=self.department, text="请协调", created_by=self.user, created_at=NOON
        )

    @cached_property
    def cooperation(self):
        return Cooperation.objects.create(
            measure=self.measure, department=self.department, period=self.period, text="配合了什么", due_on=DAY,
            by=self.user, at=NOON,
        )  # fmt: skip

    @cached_property
    def succession(self):
        new = Department.objects.create(name="接替的", slug="heir", order=98)
        return Succession.objects.create(
            old_department=self.department, new_department=new, on=DAY, reason="改革", by=self.user, at=NOON
        )

    @cached_property
    def leader_succession(self):
        old, new = (Leader.objects.create(name=name, order=97) for name in ("原任", "接任"))
        return Succession.objects.create(old_leader=old, new_leader=new, on=DAY, reason="改革", by=self.user, at=NOON)

    @cached_property
    def office_coordination(self):
        return CoordinationRequest.objects.create(
            progress=self.progress, text="请协调", created_by=self.user, created_at=NOON
        )

    @cached_property
    def milestone(self):
        return Milestone.objects.create(
            assignment=self.assignment, name="立项", due_on=DAY, proposed_by=self.user, proposed_at=NOON
        )

    @cached_property
    def tick(self):
        return MilestoneTick.objects.create(progress=self.progress, milestone=self.milestone)

    @cached_property
    def joint(self):
        return JointSummary.objects.create(
            measure=self.measure, period=self.period, department=self.department, text="汇总", by=self.user, at=NOON
        )

    @cached_property
    def circular(self):
        return Circular.objects.create(
            plan=self.plan, kind="circular", first_period=self.period, period=self.period, title="通报",
            created_by=self.user, created_at=NOON, **ISSUED, issued_by=self.user,
        )  # fmt: skip

    @cached_property
    def circular_rows(self):
        return CircularRows.objects.create(circular=self.circular, of="lines", start=0, packed=b"")

    @cached_property
    def revision_change(self):
        return RevisionChange.objects.create(revision=self.revision, position=0, kind="same", weight=1)

    @cached_property
    def closed_reports(self):
        counts = dict.fromkeys(("owed", "approved", "submitted", "missing", "draft", "returned"), 0)
        counts |= dict.fromkeys(("on_time", "late", "sent_back"), 0)
        return ClosedReports.objects.create(period=self.period, department=self.department, **counts)

    @cached_property
    def closed_lights(self):
        return ClosedLights.objects.create(period=self.period, level="green", n=1)

    @cached_property
    def petition(self):
        paper = {"plan": self.plan, "kind": "petition", "title": "请示", "created_by": self.user, "created_at": NOON}
        issued = ISSUED | {"issued_by": self.user}
        return Petition.objects.create(circular=Circular.objects.create(**paper, **issued), problem=self.problem)

    @cached_property
    def decision(self):
        said = {"verdict": "agreed", "decided_on": DAY, "text": "同意。"}
        return Decision.objects.create(petition=self.petition, by=self.user, at=NOON, **said)

    @cached_property
    def edition(self):
        return MeasureEdition.objects.create(measure=self.measure, number="1", position=1000, title="举措", kind="routine",
                                             lead_label="部室", all_departments=False)  # fmt: skip

    @cached_property
    def judgement(self):
        return Judgement.objects.create(
            assignment=self.assignment, measure=self.measure, period=self.period, from_on=EVER, until_on=NEVER,
            level="green", judged="green", pace=70, good="常态推进",
        )  # fmt: skip

    @cached_property
    def measure_judgement(self):
        return MeasureJudgement.objects.create(
            measure=self.measure, period=self.period, edition=self.edition, from_on=EVER, until_on=NEVER,
            level="green", severity=2, position=1000, pace=70,
        )  # fmt: skip

    @cached_property
    def public_item(self):
        return PublicItem.objects.create(
            progress=self.approved, category="news", wording="好消息", released_by=self.user, released_at=NOON
        )

    @cached_property
    def holiday(self):
        return Holiday.objects.create(day=dt.date(2030, 10, 1), name="国庆节")

    @cached_property
    def calendar(self):
        return CalendarLink.objects.create(department=self.department, created_by=self.user, created_at=NOON)

    def get(self, name):
        return getattr(self, name)


ISSUED = {"status": "issued", "year": 2023, "number": 1, "issued_on": DAY, "issued_at": NOON}
EARLY, LATE = dt.date(1999, 12, 31), dt.date(2100, 1, 1)

# 检查约束 → 哪一行，改成什么样库要拒绝（每种坏法一条）。
CHECKS = {
    "plan_ends_after_start": ("plan", {"ends_on": dt.date(2023, 3, 1)}, {"ends_on": dt.date(2023, 2, 1)}),
    "plan_red_gap_above_yellow": ("plan", {"yellow_gap": 30, "red_gap": 30}, {"yellow_gap": 31}, {"red_gap": 101}),
    "plan_year_and_due_day": ("plan", {"due_day": 29}, {"due_day": 0}, {"year": 1999}, {"year": 2100}),
    "plan_dates": ("plan", {"issued_on": EARLY}, {"issued_on": LATE}, {"ends_on": LATE}),
    "plan_archived_was_closing": (
        "plan",
        {"archived_at": NOON},
        {"archived_at": NOON, "closing_at": NOON, "is_current": True},
    ),
    "measure_fate_handed_has_receiver": ("fate", {"kind": "handed"}, {"kind": "other"}),
    "measure_fate_ended_has_reason": ("fate", {"kind": "ended"}),
    "instruction_measure_or_matter": ("instruction", {"matter": "来信"}, {"measure": None}),
    "instruction_settled_was_answered": (
        "instruction",
        {"settled_at": NOON, "settled_by": 0},
        {"settled_at": NOON, "answered_at": NOON},
    ),
    "instruction_due_after_said": ("instruction", {"said_on": DAY, "due_on": dt.date(2023, 9, 1)}),
    "instruction_dates": ("instruction", {"said_on": EARLY}, {"due_on": LATE}),
    "revision_applied_has_number": (
        "draft_revision",
        {"status": "applied"},
        {"status": "applied", "number": 9},
        {"status": "applied", "applied_at": NOON},
        {"number": 9},
        {"status": "discarded", "applied_at": NOON},
    ),
    "measure_dates": ("measure", {"due_on": EARLY}, {"start_on": LATE}),
    "measure_kind_known": ("measure", {"kind": "other"}, {"kind": ""}),
    "assignment_dates": ("assignment", {"extended_due_on": EARLY}, {"extended_due_on": LATE}),
    "target_value_not_negative": ("target", {"value": Decimal("-0.001")}),
    "period_ends_after_start": ("period", {"ends_on": dt.date(2023, 8, 31)}, {"due_on": dt.date(2023, 8, 31)}),
    "period_status_has_time": (
        "period",
        {"opened_at": None},
        {"closed_at": NOON},
        {"status": "planned"},
        {"status": "closed"},
        {"status": "half-open"},
    ),
    "period_kind_known": ("period", {"kind": "week"}, {"kind": ""}),
    "holiday_dates": ("holiday", {"day": EARLY}, {"day": LATE}),
    "period_dates": ("period", {"original_due_on": EARLY}, {"ends_on": LATE}, {"due_on": LATE}),
    "progress_percent_range": ("progress", {"percent": 101}),
    "progress_return_has_reason": ("approved", {"status": "returned"}),
    "progress_decided_has_reviewer": (
        "approved",
        {"reviewed_by": None},
        {"reviewed_at": None},
        {"status": "submitted"},
        {"status": "draft"},
        {"status": "unheard-of"},
    ),
    "progress_submitted_is_complete": ("approved", {"text": ""}, {"submitted_at": None}, {"first_submitted_at": None}),
    "progress_only_corrections_discarded": ("progress", {"status": "discarded"}),
    "progress_superseded_was_approved": ("progress", {"superseded_at": NOON}),
    "target_value_range": ("value", {"value": Decimal("-1")}, {"value": Decimal("999999999.5")}),
    "attachment_has_one_parent": ("attachment", {"progress": None}),
    "completion_reopened_has_reason": (
        "completion",
        {"reopened_at": NOON},
        {"reopen_reason": "复查"},
        {"reopened_at": NOON, "reopen_reason": "复查"},
    ),
    "manual_light_has_reason": ("light", {"reason": ""}),
    "inspection_withdrawn_has_reason": (
        "inspection",
        {"withdrawn_at": NOON},
        {"withdraw_reason": "登记重了"},
        {"withdrawn_at": NOON, "withdraw_reason": "登记重了"},
    ),
    "inspection_dates": ("inspection", {"held_on": EARLY}, {"held_on": LATE}),
    "problem_settled_has_who_and_when": ("problem", {"status": "settled"}, {"settled_at": NOON}),
    "problem_applied_has_time": ("problem", {"status": "applied"}),
    "problem_dropped_has_reason": ("problem", {"status": "dropped"}, {"dropped_at": NOON}, {"drop_reason": "重复"}),
    "problem_dates": ("problem", {"due_on": EARLY}, {"due_on": LATE}),
    "extension_is_later": ("extension", {"new_due_on": DAY}, {"new_due_on": dt.date(2023, 9, 1)}),
    "extension_has_reason": ("extension", {"reason": ""}),
    "extension_decided_has_who_and_when": (
        "extension",
        {"status": "approved"},
        {"decided_at": NOON},
        {"status": "lost"},
    ),
    "extension_refusal_has_note": ("extension", {"status": "refused", "decided_at": NOON, "decided_by": 0}),
    "extension_dates": ("extension", {"old_due_on": EARLY}, {"new_due_on": LATE}),
    "completion_request_decided_has_who_and_when": ("completion_request", {"status": "granted"}, {"decided_at": NOON}),
    "completion_request_return_has_reason": (
        "completion_request",
        {"status": "returned", "decided_at": NOON, "decided_by": 0},
    ),
    "effect_dates": ("effect", {"follow_up_on": EARLY}, {"follow_up_on": LATE}),
    "digest_error_only_if_wanted": ("digest", {"error": "断了"}),
    "digest_dates": ("digest", {"sent_for": EARLY}, {"sent_for": LATE}),
    "robot_post_sent_has_time": ("robot_post", {"status": "sent"}, {"sent_at": NOON}),
    "robot_post_dates": ("robot_post", {"day": EARLY}, {"day": LATE}),
    "signing_signed_by_a_leader": ("signing", {"leader": None}, {"signed_on": None}, {"kind": "checked"}),
    "signing_dates": ("signing", {"signed_on": EARLY}, {"signed_on": LATE}),
    "suggestion_answer_has_who_and_when": ("suggestion", {"answer": "好"}, {"answered_at": NOON}),
    "delivery_sent_has_time": ("delivery", {"status": "sent"}, {"sent_at": NOON}),
    "delivery_dates": ("delivery", {"day": EARLY}, {"day": LATE}),
    "coordination_answer_has_who_and_when": ("coordination", {"answer": "好"}, {"answered_at": NOON}),
    "cooperation_answer_has_who_and_when": ("cooperation", {"answer": "好"}, {"answered_at": NOON}),
    "cooperation_off_has_who_when_why": ("cooperation", {"off_at": NOON}, {"off_reason": "不用了"}),
    "succession_of_departments_or_leaders": ("succession", {"new_department": None}),
    "succession_withdrawn_has_who_and_is_not_done": (
        "succession",
        {"withdrawn_at": NOON},
        {"withdrawn_at": NOON, "withdrawn_by": 0, "done_at": NOON},
    ),
    "succession_dates": ("succession", {"on": EARLY}, {"on": LATE}),
    "cooperation_dates": ("cooperation", {"due_on": EARLY}, {"due_on": LATE}),
    "milestone_done_was_agreed": (
        "milestone",
        {"done_on": DAY},
        {"done_at": NOON},
        {"done_on": DAY, "done_at": NOON},
    ),
    "milestone_dates": ("milestone", {"due_on": EARLY}, {"due_on": LATE}),
    "edition_dates": ("edition", {"due_on": EARLY}, {"start_on": LATE}),
    "judgement_span": ("judgement", {"from_on": DAY, "until_on": dt.date(2023, 9, 19)}),
    "judgement_dates": ("judgement", {"from_on": EARLY}, {"until_on": LATE}, {"due_on": LATE}),
    "measure_judgement_span": ("measure_judgement", {"from_on": DAY, "until_on": dt.date(2023, 9, 19)}),
    "measure_judgement_dates": ("measure_judgement", {"from_on": EARLY}, {"until_on": LATE}),
    "circular_issued_is_complete": (
        "circular",
        {"number": None},
        {"year": None},
        {"issued_on": None},
        {"issued_at": None},
        {"issued_by": None},
        {"status": "draft"},
    ),
    "circular_period_unless_petition": ("circular", {"period": None}, {"first_period": None}, {"kind": "petition"}),
    "petition_one_matter": ("petition", {"coordination_id": 1}, {"extension_id": 1}),
    "decision_has_text": ("decision", {"text": ""}),
    "decision_correction_has_reason": ("decision", {"reason": "看错了"}),
    "decision_dates": ("decision", {"decided_on": EARLY}, {"decided_on": LATE}),
    "circular_dates": ("circular", {"issued_on": EARLY}, {"issued_on": LATE}),
    "public_item_has_wording": ("public_item", {"wording": ""}),
}
# 唯一约束 → 哪一行，照抄一份时改什么（其余相同），以及怎样改就可以并存。
UNIQUES = {
    "plan_one_current": ("plan", {"slug": "2023-2"}, {"is_current": False, "slug": "2023-2"}),
    "plan_slug_unique": ("plan", {"is_current": False}, None),
    "revision_number_unique": ("revision", {}, {"number": 2}),
    "measure_number_unique_in_force": ("measure", {}, {"number": "1-1"}),
    "measure_leader_unique": ("leader_link", {}, None),
    "assignment_unique": ("assignment", {}, None),
    "receipt_unique": ("receipt", {}, None),
    "period_slug_unique": (
        "period",
        {"starts_on": dt.date(2023, 9, 2)},
        {"starts_on": dt.date(2023, 9, 2), "slug": "x"},
    ),
    "period_start_unique": ("period", {"slug": "x"}, {"starts_on": dt.date(2023, 9, 2), "slug": "x"}),
    "progress_one_per_period": ("progress", {}, None),
    "progress_one_live_correction": ("correction", {}, {"status": "discarded"}),
    "target_value_unique": ("value", {}, None),
    "completion_one_in_force": ("completion", {}, {"reopened_at": NOON, "reopened_by": 0, "reopen_reason": "复查"}),
    "manual_light_one_in_force": ("light", {}, {"lifted_at": NOON}),
    "problem_number_unique": ("problem", {}, {"number": 2}),
    "extension_one_waiting": ("extension", {}, {"status": "withdrawn"}),
    "completion_request_one_waiting": ("completion_request", {}, {"status": "withdrawn"}),
    "reading_one_a_leader": ("reading", {}, None),
    "following_once": ("following", {}, None),
    "delivery_once_a_day": ("delivery", {}, {"day": dt.date(2023, 9, 21)}),
    "judgement_span_unique": ("judgement", {}, {"from_on": DAY}),
    "measure_judgement_span_unique": ("measure_judgement", {}, {"from_on": DAY}),
    "instruction_reply_unique": ("reply", {}, {"is_supplement": True}),
    "coordination_unique": ("coordination", {}, None),
    "cooperation_unique": ("cooperation", {}, None),
    "succession_department_pending_once": ("succession", {}, {"done_at": NOON}),
    "succession_leader_pending_once": ("leader_succession", {}, {"done_at": NOON}),
    "coordination_one_to_office": ("office_coordination", {}, None),
    "milestone_tick_unique": ("tick", {}, None),
    "joint_summary_unique": ("joint", {}, None),
    "circular_number_unique": ("circular", {}, {"number": 2}),
    "circular_rows_unique": ("circular_rows", {}, {"start": 100}),
    "revision_change_unique": ("revision_change", {}, {"position": 1}),
    "closed_reports_unique": ("closed_reports", {}, None),
    "closed_lights_unique": ("closed_lights", {}, {"level": "red"}),
    "calendar_link_one_in_force": ("calendar", {"token": "b"}, {"token": "b", "revoked_at": NOON}),
}
BROKEN = [(name, made, change) for name, (made, *changes) in CHECKS.items() for change in changes]


@pytest.fixture
def rows(db):
    return Rows()


def filled(change, rows):
    """表里的 0 代表“某个用户”。"""
    return {k: rows.user if v == 0 and k.endswith("_by") else v for k, v in change.items()}


def another(item, **changes):
    """照抄一行，还没有存。"""
    twin = copy.copy(item)
    twin._state = copy.copy(item._state)
    twin.pk, twin._state.adding = None, True
    for name, value in changes.items():
        setattr(twin, name, value)
    return twin


def refused_by_database(write) -> str:
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        write()
    return str(error.value)


def names(constraint, error) -> bool:
    """数据库说的是不是这一条。SQLite 对不带条件的唯一约束只报列名。"""
    return constraint.name in error or all(f in error for f in getattr(constraint, "fields", ()) or [constraint.name])


def test_every_constraint_has_a_case():
    checks = {name for name, (_, c) in ALL.items() if isinstance(c, models.CheckConstraint)}
    assert set(CHECKS) == checks
    assert set(UNIQUES) == set(ALL) - checks


@pytest.mark.parametrize(("name", "made", "change"), BROKEN, ids=[f"{n}-{'-'.join(c)}" for n, _, c in BROKEN])
def test_the_database_itself_refuses_a_broken_row(name, made, change, rows):
    item, change = rows.get(made), filled(change, rows)
    error = refused_by_database(lambda: type(item).objects.filter(pk=item.pk).update(**change))
    assert names(ALL[name][1], error), error


@pytest.mark.parametrize(("name", "case"), UNIQUES.items(), ids=list(UNIQUES))
def test_the_database_itself_refuses_a_second_one(name, case, rows):
    made, change, allowed = case
    item = rows.get(made)
    error = refused_by_database(lambda: type(item).objects.bulk_create([another(item, **change)]))
    assert names(ALL[name][1], error), error
    if allowed is not None:
        type(item).objects.bulk_create([another(item, **filled(allowed, rows))])


def messages_of(check) -> list[str]:
    with pytest.raises(ValidationError) as error:
        check()
    return error.value.messages


def assert_says(item, message):
    """约束自己说这句话；full_clean 也拒绝（字段先查出来的，由字段说），说的都是中文。"""
    assert message in messages_of(item.validate_constraints)
    assert all(any("\u4e00" <= c <= "\u9fff" for c in said) for said in messages_of(item.full_clean))


SAID = {
    name: c.violation_error_message
    for name, (_, c) in ALL.items()
    if c.violation_error_message != c.default_violation_error_message
}


@pytest.mark.parametrize(("name", "made", "change"), [case for case in BROKEN if case[0] in SAID])
def test_validation_says_it_in_chinese_before_the_database_does(name, made, change, rows):
    item = rows.get(made)
    for field, value in filled(change, rows).items():
        setattr(item, field, value)
    assert_says(item, SAID[name])


@pytest.mark.parametrize("name", [n for n in UNIQUES if n in SAID])
def test_validation_says_a_second_one_exists_in_chinese(name, rows):
    made, change, _ = UNIQUES[name]
    assert_says(another(rows.get(made), **change), SAID[name])


def test_every_message_is_a_chinese_sentence():
    for name, message in SAID.items():
        assert message.endswith("。"), name
        assert not any(c.isascii() and c.isalpha() for c in message), name


# ── 日期 ──────────────────────────────────────────────────

MADE = {type_: made for made, type_ in {
    "plan": Plan, "measure": Measure, "assignment": Assignment, "period": ReportingPeriod, "inspection": Inspection,
    "problem": Problem, "extension": Extension, "effect": EffectNote, "delivery": Delivery, "milestone": Milestone,
    "circular": Circular, "edition": MeasureEdition, "judgement": Judgement, "measure_judgement": MeasureJudgement,
    "holiday": Holiday, "instruction": Instruction, "cooperation": Cooperation, "succession": Succession, "digest": Digest, "robot_post": RobotPost, "signing": Signing, "decision": Decision,
}.items()}  # fmt: skip
DATES = [
    (m, f) for m in apps.get_app_config("tasks").get_models() for f in m._meta.fields if isinstance(f, models.DateField)
]
DATES = [(m, f) for m, f in DATES if not isinstance(f, models.DateTimeField)]


@pytest.mark.parametrize(("model", "field"), DATES, ids=[f"{m.__name__}.{f.name}" for m, f in DATES])
@pytest.mark.parametrize("day", [dt.date(1, 1, 1), EARLY, LATE, dt.date(9999, 12, 31)], ids=str)
def test_no_date_outside_2000_to_2099_gets_into_the_database(model, field, day, rows):
    assert isinstance(field, BoundedDateField)
    item = rows.get(MADE[model])
    refused_by_database(lambda: model.objects.filter(pk=item.pk).update(**{field.name: day}))
    with pytest.raises(ValidationError, match="日期不能"):
        field.clean(day, item)


@pytest.mark.parametrize(("model", "field"), DATES, ids=[f"{m.__name__}.{f.name}" for m, f in DATES])
def test_every_date_is_named_in_a_date_constraint(model, field):
    conditions = [c.condition for c in model._meta.constraints if c.name.endswith("_dates")]
    assert any(f"{field.name}__gte" in str(c) and f"{field.name}__lte" in str(c) for c in conditions)


@pytest.mark.parametrize("day", [dt.date(2000, 1, 1), dt.date(2099, 12, 31)])
def test_the_first_and_the_last_day_are_allowed(day, rows):
    Measure.objects.filter(pk=rows.measure.pk).update(due_on=day, start_on=day)
    assert Measure._meta.get_field("due_on").clean(day, rows.measure) == day


# ── 只增不改、不删 ────────────────────────────────────────


@pytest.fixture
def event(rows):
    return Event.objects.create(action="plan_issue", label="印发", at=NOON, plan=rows.plan, note="原话")


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE tasks_event SET note = 'changed'",
        "UPDATE tasks_event SET note = note",
        "UPDATE tasks_event SET note = 'changed' WHERE id = (SELECT max(id) FROM tasks_event)",
        "DELETE FROM tasks_event",
        "DELETE FROM tasks_event WHERE label = '印发'",
    ],
)
def test_raw_sql_cannot_change_or_delete_an_event(event, sql):
    refused = pytest.raises(DatabaseError, match="操作记录只能新增，不能修改或删除")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert Event.objects.get(pk=event.pk).note == "原话"


def test_an_event_cannot_be_written_over(event):
    """同一个编号再写一条：SQLite 的 REPLACE INTO、PostgreSQL 的 ON CONFLICT 都不行。"""
    columns = "id, action, label, at, note, data, is_public, is_self_review"
    row = [event.pk, "x", "x", event.at, "改", "{}", False, False]
    sql = f"INSERT INTO tasks_event ({columns}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"
    if connection.vendor == "sqlite":
        sql = sql.replace("INSERT", "REPLACE")
    else:
        sql += " ON CONFLICT (id) DO UPDATE SET note = excluded.note"
    refused = pytest.raises(DatabaseError, match="操作记录只能新增，不能修改或删除")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, row)
    assert Event.objects.get(pk=event.pk).note == "原话"


@pytest.mark.parametrize(
    "write",
    [
        lambda e: e.save(),
        lambda e: e.delete(),
        lambda e: Event.objects.filter(pk=e.pk).update(note="改"),
        lambda e: Event.objects.all().delete(),
        lambda e: Event.objects.bulk_update([e], ["note"]),
        lambda e: Event.objects.bulk_create([e], update_conflicts=True, update_fields=["note"], unique_fields=["id"]),
    ],
    ids=["save", "delete", "update", "delete_all", "bulk_update", "upsert"],
)
def test_the_orm_cannot_change_or_delete_an_event_either(event, write):
    event.note = "改"
    with pytest.raises(DatabaseError, match="操作记录只能新增，不能修改或删除"), transaction.atomic():
        write(event)
    assert Event.objects.get(pk=event.pk).note == "原话"


@pytest.mark.postgres
@pytest.mark.parametrize("sql", ["TRUNCATE tasks_event", "TRUNCATE tasks_event CASCADE", "TRUNCATE tasks_plan CASCADE"])
def test_the_log_cannot_be_emptied_in_one_go(event, sql):
    """TRUNCATE 不经过逐行的触发器；清空方案连带清空也不行。"""
    refused = pytest.raises(DatabaseError, match="操作记录只能新增，不能修改或删除")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(sql)
    assert Event.objects.get(pk=event.pk).note == "原话"


def test_what_was_acted_on_cannot_be_deleted():
    """指向业务数据的外键一律 PROTECT；例外只有依附于一行的明细。"""
    details = {(MeasureLeader, "measure"), (TargetValue, "progress"), (MilestoneTick, "progress")}
    # 判好的灯由事实算得，随它说的那一项、那一份、那一期。
    details |= {(EditionLeader, "edition"), (MeasureEdition, "measure"), (MeasureJudgement, "measure")}
    details |= {(Judgement, name) for name in ("assignment", "measure", "known")}
    details |= {(model, "period") for model in (Judgement, MeasureJudgement)}
    details.add((RevisionChange, "revision"))  # 放弃新方案的草稿，连同它的各行一起不留
    found = {
        (m, f.name)
        for m in apps.get_app_config("tasks").get_models()
        for f in m._meta.fields
        if f.is_relation and f.remote_field.on_delete is not models.PROTECT
    }
    assert found == details


@pytest.mark.parametrize(
    "made", ["plan", "measure", "assignment", "period", "target", "revision", "department", "user"]
)
def test_a_row_something_refers_to_cannot_be_deleted(made, rows):
    rows.approved, rows.receipt, rows.target  # noqa: B018
    TargetValue.objects.create(progress=rows.approved, target=rows.target, value=1)
    with pytest.raises(models.ProtectedError):
        rows.get(made).delete()


# ── 谁看得到 ──────────────────────────────────────────────

SEEN = """
          本部室 别部室 办公室 领导 管理员 未登录
missing   看     -      -      -    -      -
draft     看     -      -      -    -      -
submitted 看     -      看     看   看     -
returned  看     -      看     看   看     -
approved  看     看     看     看   看     -
discarded 看     -      -      -    -      -
"""
COLUMNS, *LINES = (line.split() for line in SEEN.strip().splitlines())


def report_in(status, rows):
    if status == "discarded":
        Progress.objects.filter(pk=rows.correction.pk).update(status=status)
        return rows.correction
    if status in ("missing", "draft"):
        return Progress.objects.create(assignment=rows.assignment, period=rows.period, status=status)
    decided = {"reviewed_by": None, "reviewed_at": None} if status == "submitted" else {}
    reason = "补充" if status == "returned" else ""
    Progress.objects.filter(pk=rows.approved.pk).update(status=status, return_reason=reason, **decided)
    return Progress.objects.get()


@pytest.mark.parametrize("line", LINES, ids=[line[0] for line in LINES])
def test_who_sees_a_report_in_which_status(line, rows):
    status, *cells = line
    report = report_in(status, rows)
    file = Attachment.objects.create(
        progress=report,
        file="x",
        name="x",
        content_type="x",
        size=1,
        sha256="",
        uploaded_by=rows.user,
        uploaded_at=NOON,
    )
    other = Department.objects.create(name="别部室", slug="other")
    people = [
        make_user("own", department=rows.department),
        make_user("other", department=other),
        rows.user,
        make_user("leader", Role.LEADER, leader="测试领导"),
        make_user("admin", Role.ADMIN),
        AnonymousUser(),
    ]
    for who, column, cell in zip(people, COLUMNS, cells, strict=True):
        assert Progress.objects.visible_to(who).filter(pk=report.pk).exists() is (cell == "看"), column
        assert Attachment.objects.visible_to(who).filter(pk=file.pk).exists() is (cell == "看"), column


def test_every_status_of_a_report_is_in_that_table():
    assert {line[0] for line in LINES} == set(Progress.Status.values)


@pytest.mark.parametrize(
    ("is_public", "is_mine", "seen"), [(True, False, True), (False, True, True), (False, False, False)]
)
def test_a_reporter_sees_public_events_and_those_of_his_department(rows, is_public, is_mine, seen):
    own, other = rows.department, Department.objects.create(name="别部室", slug="other")
    Event.objects.create(action="x", label="x", at=NOON, is_public=is_public, department=own if is_mine else other)
    assert Event.objects.visible_to(make_user("own", department=own)).exists() is seen
    assert Event.objects.visible_to(rows.user).exists()
    assert not Event.objects.visible_to(AnonymousUser()).exists()


# ── 显示的状态 ────────────────────────────────────────────


@pytest.mark.parametrize(
    ("status", "first", "day", "shown"),
    [
        ("missing", None, 25, "未报"),
        ("missing", None, 26, "逾期未报"),
        ("draft", None, 25, "草稿"),
        ("draft", None, 26, "逾期未报"),
        ("submitted", 25, 28, "待审核"),
        ("submitted", 26, 28, "待审核"),
        ("returned", 20, 28, "已退回"),
        ("approved", 25, 28, "已通过"),
        ("approved", 26, 28, "已补报"),
    ],
)
def test_the_shown_status_adds_overdue_and_late(rows, status, first, day, shown):
    moment = first and timezone.make_aware(dt.datetime(2023, 9, first, 23, 30))
    row = Progress(assignment=rows.assignment, period=rows.period, status=status, first_submitted_at=moment)
    assert row.shown_status(dt.date(2023, 9, day)) == shown


def test_the_draft_of_a_correction_is_not_overdue(rows):
    row = Progress(assignment=rows.assignment, period=rows.period, status="draft", corrects=rows.approved)
    assert row.shown_status(dt.date(2023, 12, 1)) == "草稿"


def test_a_closed_period_is_read_as_of_the_local_day_it_was_closed(rows):
    """北京时间 10 月 1 日 0 点半关闭，库里存的是前一天的 UTC。"""
    rows.period.closed_at = dt.datetime(2023, 9, 30, 16, 30, tzinfo=dt.UTC)
    assert rows.period.as_of(dt.date(2023, 12, 1)) == dt.date(2023, 10, 1)
    rows.period.closed_at = None
    assert rows.period.as_of(dt.date(2023, 12, 1)) == dt.date(2023, 12, 1)


@pytest.mark.parametrize(
    ("operator", "value", "met"),
    [
        ("ge", "79.999", False), ("ge", "80", True), ("ge", "80.001", True),
        ("le", "80.001", False), ("le", "80", True), ("le", "0", True),
        ("eq", "79.999", False), ("eq", "80", True), ("eq", "80.001", False),
    ],
)  # fmt: skip
def test_when_a_target_is_met(operator, value, met):
    assert Target(operator=operator, value=Decimal(80)).is_met_by(Decimal(value)) is met


def test_a_target_must_quote_the_text_of_its_measure(rows):
    rows.target.quote = "原文里没有的话"
    assert "这句话不在举措原文里，请逐字摘录。" in messages_of(rows.target.full_clean)


def test_an_extended_due_date_replaces_that_of_the_measure(rows):
    rows.measure.due_on = DAY
    rows.assignment.measure = rows.measure
    assert rows.assignment.due_on == DAY
    rows.assignment.extended_due_on = dt.date(2023, 10, 20)
    assert rows.assignment.due_on == dt.date(2023, 10, 20)


def test_a_measure_that_was_retired_frees_its_number(rows):
    Measure.objects.filter(pk=rows.measure.pk).update(retired_in=rows.revision)
    Measure.objects.bulk_create([another(rows.measure)])
    assert list(Measure.objects.in_force().values_list("number", flat=True)) == ["1"]
