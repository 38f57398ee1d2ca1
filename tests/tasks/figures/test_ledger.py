"""一期的全部数字：手算的例子、已关闭的期不再变、以及随机方案随机经过之后与另一套笨办法逐个数字相比。"""

import datetime as dt
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from departments.models import Department, Leader, Role
from tasks import workflow
from tasks.figures import assessment
from tasks.figures.changes import TURNS, Changes
from tasks.figures.ledger import Ledger, current_period
from tasks.figures.reporting import Reporting
from tasks.figures.rows import Line, Part
from tasks.figures.snapshot import collect
from tasks.figures.span import Span
from tasks.forms import MeasureFilterForm
from tasks.imports import applying
from tasks.models import (
    Assignment,
    Completion,
    Extension,
    ManualLight,
    Measure,
    MeasureLeader,
    PeriodBasis,
    Plan,
    Problem,
    Progress,
    ReportingPeriod,
    Target,
    TargetValue,
)
from tasks.pages import board as board_pages
from tasks.pages import desk as desk_pages
from tasks.pages import home as home_pages
from tasks.pages import measure as measure_pages
from tasks.pages import period as period_pages
from tasks.pages import progress as progress_pages
from tasks.papers.columns import entries
from tasks.rules import lights
from tests import factories
from tests.examples import share
from tests.factories import make_plan, make_user
from tests.tasks.imports.test_applying import HEADER, table

pytestmark = pytest.mark.django_db
ZONE = ZoneInfo("Asia/Shanghai")
TODAY = dt.date(2023, 9, 22)
HALL = "审批中心"


def moment(month, day, hour=10):
    return dt.datetime(2023, month, day, hour, tzinfo=ZONE)


def ledger(plan, period, today=TODAY, **extra):
    return Ledger(plan, period, today, **extra)


def line(plan, period, number, today=TODAY):
    return next(x for x in ledger(plan, period, today).lines if x.measure.number == number)


# ── 一、手算的例子 ────────────────────────────────────────


def test_counts_say_items_as_21_and_parts_as_31(plan, period):
    """项与项次分开：21 项、31 项次。"""
    found = ledger(plan, period)
    assert (len(found.lines), sum(found.light_totals.values())) == (21, 21)
    assert (found.reporting.owed, found.reporting.missing, found.reporting.share) == (31, 31, 0)
    by = {room.name: r.owed for room, r in found.reporting_by_room.items()}
    assert by == {
        "审批中心": 8, "经济发展部": 4, "规划建设部": 4, "科技创新部": 4, "党务办": 3, "财务部": 3, "综合办": 2,
        "纪工委": 2, "招商引资部": 1,
    }  # fmt: skip


def test_owed_is_approved_waiting_missing_draft_and_returned(plan, period, submitted, report, people, at):
    workflow.approve_progress(submitted("12", HALL, percent=75), by=people.office, at=at("2023-09-20 15:00"))
    workflow.return_progress(submitted("2", HALL, percent=75), by=people.office, at=at("2023-09-20 15:00"), reason="补")
    submitted("15", "财务部", percent=50)
    submitted("16", "财务部", when="2023-09-26 09:00")
    workflow.save_progress(
        report("13", "综合办"),
        by=people.reporter("综合办"),
        at=at("2023-09-20 09:00"),
        version=0,
        content={"text": "半"},
    )
    r = ledger(plan, period).reporting
    assert (r.approved, r.submitted, r.missing, r.draft, r.returned) == (1, 2, 26, 1, 1)
    assert (r.owed, r.reported, r.unreported, r.on_time, r.late) == (31, 3, 27, 3, 1)
    assert r.share == 9
    finance = Department.objects.get(name="财务部")
    assert ledger(plan, period).reporting_by_room[finance] == Reporting(
        owed=3, submitted=2, missing=1, on_time=1, late=1
    )


def test_nothing_owed_is_all_reported():
    assert Reporting().share == 100


@pytest.mark.parametrize(
    ("reported", "owed", "share"), [(0, 3, 0), (1, 3, 33), (2, 3, 66), (3, 3, 100), (199, 200, 99)]
)
def test_the_share_is_rounded_down(reported, owed, share):
    assert Reporting(owed=owed, approved=reported).share == share


def test_a_joint_measure_shows_the_slower_part_and_the_most_urgent_status(plan, period, submitted, people, at):
    """第14项由党务办、经济发展部共同牵头：一个 75%，一个 35%，序时 70%。"""
    for department, percent in (("党务办", 75), ("经济发展部", 35)):
        row = submitted("14", department, percent=percent)
        workflow.approve_progress(row, by=people.office, at=at("2023-09-20 15:00"))
    fourteen = line(plan, period, "14")
    assert [(p.department.name, p.light.level, p.light.percent) for p in fourteen.parts] == [
        ("党务办", "green", 75),
        ("经济发展部", "red", 35),
    ]
    assert (fourteen.light.level, fourteen.light.percent, fourteen.light.pace) == ("red", 35, 70)
    assert fourteen.light.reason == "经济发展部：进度 35%，低于序时进度 35 个百分点"
    assert (fourteen.report_status, fourteen.reported) == ("approved", 2)


@pytest.mark.parametrize(
    ("statuses", "shown"),
    [
        (["approved", "returned"], "returned"),
        (["approved", "missing"], "missing"),
        (["submitted", "draft"], "draft"),
        (["approved", "submitted"], "submitted"),
        (["approved", "approved"], "approved"),
        ([], ""),
    ],
)
def test_the_status_of_a_measure_is_its_most_urgent_part(statuses, shown):
    parts = [Part(None, None, Progress(status=s), None) for s in statuses]
    assert Line(None, None, parts, None).report_status == shown


def test_a_shared_target_takes_the_latest_approved_value_of_any_department(plan, period, submitted, people, at):
    """第8项的两个目标文件没写由谁报：各牵头部室报的都算，以最近通过的为准。"""
    rate, land = Target.objects.filter(measure__number="8").order_by("order")
    first = submitted("8", HALL, values={rate: Decimal(90), land: Decimal(60)})
    second = submitted("8", "规划建设部", values={land: Decimal(72)})
    workflow.approve_progress(second, by=people.office, at=at("2023-09-20 16:00"))
    workflow.approve_progress(first, by=people.office, at=at("2023-09-20 15:00"))
    for part in line(plan, period, "8").parts:
        found = ledger(plan, period)
        facts = {f.name: f.value for f in found.target_facts(found.assignments[part.assignment.measure_id][0])}
        assert facts == {rate.name: Decimal(90), land.name: Decimal(72)}


def test_a_target_somebody_owns_counts_only_his_values_and_is_asked_only_of_him(plan, period, submitted, people, at):
    rate, land = Target.objects.filter(measure__number="8").order_by("order")
    hall, building = Department.objects.get(name=HALL), Department.objects.get(name="规划建设部")
    Target.objects.filter(pk=rate.pk).update(department=hall)
    Target.objects.filter(pk=land.pk).update(department=building)
    row = submitted("8", HALL, values={rate: Decimal(90), land: Decimal(80)})
    workflow.approve_progress(row, by=people.office, at=at("2023-09-20 15:00"))
    eight = line(plan, period, "8")
    assert [(p.department.name, p.light.percent) for p in eight.parts] == [("规划建设部", 0), (HALL, 90)]
    found = ledger(plan, period)
    asked = {
        a.department.name: [fact.name for fact in found.target_facts(a)] for a in found.assignments[eight.measure.pk]
    }
    assert asked == {"规划建设部": [land.name], HALL: [rate.name]}


def test_before_any_period_is_opened_there_are_measures_but_no_reports(plan):
    found = ledger(plan, None)
    assert len(found.lines) == 21
    assert sum(len(x.parts) for x in found.lines) == 31
    assert found.reporting == Reporting()
    assert found.reporting_by_room == {}
    assert all(x.trail_points == [] and x.report_status == "" for x in found.lines)
    assert found.pace == 70


def test_without_a_plan_everything_is_empty(db):
    found = ledger(None, None)
    assert (found.lines, found.reporting.owed) == ([], 0)


@pytest.mark.parametrize(
    ("today", "shown"),
    [
        ((2023, 3, 5), "2023-04"),
        ((2023, 4, 30), "2023-04"),
        ((2023, 5, 1), "2023-05"),
        ((2023, 6, 9), "2023-05"),
        ((2024, 1, 1), "2023-05"),
    ],
)
def test_the_period_shown_is_the_one_today_is_in_or_the_last_opened(plan, people, today, shown):
    who = {"by": people.office, "at": moment(3, 1)}
    for period in workflow.plan_periods(plan, **who, first_month=4, last_month=7, due_day=25)[:2]:
        workflow.open_period(period, **who)
    assert current_period(plan, dt.date(*today)).slug == shown


def test_no_period_is_shown_before_one_is_opened(plan, people):
    workflow.plan_periods(plan, by=people.office, at=moment(3, 1), first_month=3, last_month=12, due_day=25)
    assert current_period(plan, TODAY) is None


def test_a_period_opened_late_does_not_count_as_missed_before_it_was_opened(plan, people):
    """九月关闭之后才补开八月：九月的账不因此多一期“未报”。"""
    who = {"by": people.office, "at": moment(8, 1)}
    august, september = workflow.plan_periods(plan, **who, first_month=8, last_month=9, due_day=25)
    workflow.open_period(september, by=people.office, at=moment(9, 1))
    september = workflow.close_period(september, by=people.office, at=moment(9, 30))
    before = picture(plan, september)
    workflow.open_period(august, by=people.office, at=moment(10, 8))
    assert line(plan, september, "13").light.reason == "9月未报"
    assert picture(plan, september) == before


def test_a_late_report_to_an_earlier_period_does_not_change_a_later_closed_one(plan, people):
    """八月一直开着，九月先关了；十月才补报八月，九月那时确是两期未报。"""
    who = {"by": people.office, "at": moment(8, 1)}
    august, september = (
        workflow.open_period(p, **who)
        for p in workflow.plan_periods(plan, **who, first_month=8, last_month=9, due_day=25)
    )
    september = workflow.close_period(september, by=people.office, at=moment(9, 30))
    assert line(plan, september, "13").light.reason == "连续 2 期未报（8月、9月）"
    before = picture(plan, september)
    write(august, "13", "综合办", people, moment(10, 8))
    assert picture(plan, september) == before


# ── 二、已关闭的一期可以重现 ──────────────────────────────


def picture(plan, period, today=dt.date(2023, 12, 31)):
    """一期的账：灯、进度、理由、报送数、报送的文字。一律重读，不用手里的旧对象。"""
    period = ReportingPeriod.objects.select_related("plan").get(pk=period.pk)
    found = ledger(period.plan, period, today)
    return {
        "lines": [(x.measure.number, x.light, [(p.department.name, p.light) for p in x.parts]) for x in found.lines],
        "texts": [(x.measure.number, p.report and p.report.text) for x in found.lines for p in x.parts],
        "about": [(x.measure.kind, x.measure.due_on, [y.name for y in x.leaders]) for x in found.lines],
        "totals": dict(found.light_totals),
        "reporting": found.reporting,
        "departments": found.reporting_by_room,
        "targets": [found.target_facts(a) for parts in found.assignments.values() for a in parts],
    }


def paper(period, today=dt.date(2023, 12, 31)):
    """这一期写进通报的全部数字与它们数到的每一条，考核表的每一格，各项的灯序。"""
    period = ReportingPeriod.objects.select_related("plan").get(pk=period.pk)
    table = assessment.Assessment(period.plan, Span(period.plan, period, period, today), None, today)
    trails = [x.trail_points for x in ledger(period.plan, period, today).lines]
    counts = {key: dict(n) for key, n in table.counts.items()}
    return collect(period.plan, period, today, taken_at=moment(12, 31)), counts, trails


def _august():
    """八月：第12项 50% 已通过，第13项未报，第20项 3 家已通过，挂账一件；8 月 30 日 17:00 关闭。九月已开放。"""
    plan, people, at = factories.load_plan(), factories.People(), factories.at
    who = {"by": people.office, "at": at("2023-08-01 08:00")}
    first, second = workflow.plan_periods(plan, **who, first_month=8, last_month=9, due_day=25)
    workflow.open_period(first, **who)
    ten = Target.objects.filter(measure__number="20").order_by("order").first()
    for number, department, percent, values in (("12", HALL, 50, {}), ("20", "科技创新部", None, {ten: Decimal(3)})):
        write(first, number, department, people, at("2023-08-20 10:00"), percent=percent, values=values)
    workflow.open_problem(
        plan, by=people.office, at=at("2023-08-21 09:00"), title="用地", text="手续没有办完", category="factors",
        level="department", department=Department.objects.get(name="综合办"), due_on=dt.date(2023, 8, 25),
        measure=Measure.objects.get(number="13"),
    )  # fmt: skip
    closed = workflow.close_period(first, by=people.office, at=at("2023-08-30 17:00"))
    workflow.open_period(second, by=people.office, at=at("2023-09-01 08:00"))
    return SimpleNamespace(plan=plan, august=closed)


GROUNDS = {"august": _august}


@pytest.fixture
def august(ground):
    return ground.august


def write(period, number, department, people, when, *, approve=True, values=None, **content):
    row = period.progress.get(
        assignment__measure__number=number, assignment__department__name=department, corrects=None
    )
    content = {"text": "做了。", "stage": "in_progress"} | content
    row = workflow.submit_progress(
        row, by=people.reporter(department), at=when, version=row.version, content=content, values=values
    )
    return workflow.approve_progress(row, by=people.office, at=when) if approve else row


def correct(period, number, department, people, when, **content):
    row = Progress.objects.in_force().get(
        period=period, assignment__measure__number=number, assignment__department__name=department
    )
    copy = workflow.correct_progress(row, by=people.reporter(department), at=when)
    values = content.pop("values", None)
    content = {"text": "更正。", "stage": "in_progress"} | content
    copy = workflow.submit_progress(
        copy, by=people.reporter(department), at=when, version=0, content=content, values=values
    )
    return workflow.approve_progress(copy, by=people.office, at=when)


def later_report(august, september, people):
    write(september, "12", HALL, people, moment(9, 10), percent=90)


def later_missing_report(august, september, people):
    write(september, "13", "综合办", people, moment(9, 10))


def later_values(august, september, people):
    ten = Target.objects.filter(measure__number="20").order_by("order").first()
    write(september, "20", "科技创新部", people, moment(9, 10), values={ten: Decimal(10)})


def later_completion(august, september, people):
    write(september, "12", HALL, people, moment(9, 10), percent=100, stage="completed")


def later_manual_light(august, september, people):
    measure = Measure.objects.get(number="12")
    workflow.set_light(measure, september, by=people.office, at=moment(9, 10), level="red", reason="手续")


def correction_of_august(august, september, people):
    correct(august, "12", HALL, people, moment(9, 4), percent=5)


def correction_of_august_the_same_evening(august, september, people):
    correct(august, "12", HALL, people, moment(8, 30, 18), percent=5)


def completion_by_a_correction_the_same_evening(august, september, people):
    correct(august, "12", HALL, people, moment(8, 30, 18), percent=100, stage="completed")


def september_is_extended_closed_and_reopened(august, september, people):
    later_report(august, september, people)
    workflow.extend_period(september, by=people.office, at=moment(9, 20), due_on=dt.date(2023, 9, 28), reason="值守")
    workflow.close_period(september, by=people.office, at=moment(9, 30))
    workflow.reopen_period(september, by=people.office, at=moment(10, 2), reason="漏报")


def settle(number, people, **fields):
    measure = Measure.objects.get(number=number)
    same = {name: getattr(measure, name) for name in ("kind", "start_on", "due_on", "summary_department")}
    return workflow.settle_measure(
        measure, by=people.office, at=moment(9, 5), fields=same | fields, even_late=True, reason="照文件更正"
    )


def kind_settled(august, september, people):
    settle("12", people, kind="routine")
    settle("13", people, kind="milestone")


def due_date_settled(august, september, people):
    settle("12", people, due_on=dt.date(2023, 8, 15))


def start_settled(august, september, people):
    settle("12", people, start_on=dt.date(2023, 10, 1))


def target_owner_and_value_settled(august, september, people):
    target = Target.objects.filter(measure__number="8").first()
    owner = Department.objects.get(name="规划建设部")
    measure = target.measure
    fields = {"kind": measure.kind, "start_on": None, "due_on": None, "summary_department": None}
    workflow.settle_measure(measure, by=people.office, at=moment(9, 5), fields=fields, target_owners={target: owner})
    Target.objects.filter(measure__number="20").update(value=3, strength="must", operator="le")


def thresholds_changed(august, september, people):
    Plan.objects.update(yellow_gap=1, red_gap=5, soon_days=300)


def plan_span_changed(august, september, people):
    Plan.objects.update(starts_on=dt.date(2023, 8, 1), ends_on=dt.date(2023, 9, 30))


def deadline_revised(august, september, people):
    """修订写明了新的完成时限，换了牵头部室与领导。"""

    def change(rows):
        for row, live in zip(rows, applying.live_rows(september.plan), strict=True):
            row.append(live.row.deadline)
            if row[0] == "12":
                row[3:] = ["张富平", "财务部", "6月底前"]
        return rows

    plan, head = september.plan, ",".join(HEADER)
    data = table(plan, change).decode("utf-8-sig").replace(head, f"{head},完成时限").encode("utf-8-sig")
    draft = applying.draft(plan, data, "修订.csv", by=people.admin, at=moment(9, 12))
    applying.apply_revision(draft, by=people.admin, at=moment(9, 12, 11))


def problem_amended(august, september, people):
    problem = Problem.objects.get()
    workflow.amend_problem(
        problem, by=people.office, at=moment(9, 5), reason="换人", category="policy", level="leader",
        department=Department.objects.get(name="财务部"), due_on=dt.date(2023, 10, 30),
    )  # fmt: skip


def problem_escalated(august, september, people):
    workflow.escalate_problem(Problem.objects.get(), by=people.office, at=moment(9, 5), reason="跨部室")


def problem_applied_and_settled(august, september, people):
    problem, who = Problem.objects.get(), people.reporter("综合办")
    workflow.apply_problem(problem, by=who, at=moment(9, 5), text="办完了。")
    workflow.settle_problem(problem, by=people.office, at=moment(9, 6))


def an_earlier_open_period_is_extended_and_closed_late(august, september, people):
    """七月补开又延到十月：八月那时没有它。"""
    [july] = workflow.plan_periods(
        september.plan, by=people.office, at=moment(9, 2), first_month=7, last_month=7, due_day=25
    )
    workflow.open_period(july, by=people.office, at=moment(9, 2))
    workflow.extend_period(july, by=people.office, at=moment(9, 3), due_on=dt.date(2023, 10, 8), reason="补")


LATER = [
    kind_settled,
    due_date_settled,
    start_settled,
    target_owner_and_value_settled,
    thresholds_changed,
    plan_span_changed,
    deadline_revised,
    problem_amended,
    problem_escalated,
    problem_applied_and_settled,
    an_earlier_open_period_is_extended_and_closed_late,
    later_report,
    later_missing_report,
    later_values,
    later_completion,
    later_manual_light,
    correction_of_august,
    correction_of_august_the_same_evening,
    completion_by_a_correction_the_same_evening,
    september_is_extended_closed_and_reopened,
]


@pytest.mark.parametrize("what", LATER, ids=lambda f: f.__name__)
def test_a_closed_period_is_not_changed_by_what_happens_later(what, plan, august, people):
    before = picture(plan, august), paper(august)
    what(august, plan.periods.get(slug="2023-09"), people)
    assert (picture(plan, august), paper(august)) == before


@pytest.mark.parametrize("what", LATER, ids=lambda f: f.__name__)
def test_the_history_of_a_later_period_shows_a_closed_one_as_it_was(what, plan, august, people):
    """九月的灯序里，八月那一盏不变（往期看各自关闭时的依据）。"""
    lights_then = {x.measure.pk: x.light.level for x in ledger(plan, august).lines}
    september = plan.periods.get(slug="2023-09")
    what(august, september, people)
    plan.refresh_from_db()
    assert ledger(plan, september).levels_in(august) == lights_then
    found = Changes(ledger(plan, september))
    told = sum(n for change, n in found.line_counts.items() if change in TURNS) + found.line_counts["same"]
    assert told == len(lights_then)


@pytest.mark.parametrize("what", [problem_amended, problem_escalated, problem_applied_and_settled])
def test_the_problem_strip_of_a_closed_board_does_not_change(what, plan, august, people):
    shown = board_pages.board(plan, august, TODAY, people.office, MeasureFilterForm({})).troubles
    assert (shown.unsettled, shown.overdue) == (1, 1)
    what(august, None, people)
    assert board_pages.board(plan, august, TODAY, people.office, MeasureFilterForm({})).troubles == shown


def test_a_due_date_settled_after_closing_is_not_in_the_exported_ledger_of_that_period(plan, august, people):
    due_date_settled(august, None, people)
    [entry] = [e for e in entries(*_sheet(plan, august), people.office) if e.measure.number == "12"]
    assert (entry.measure.due_on, entry.due_dates()) == (None, None)


def _sheet(plan, period):
    found = ledger(plan, period)
    return found, found.lines


def test_a_rename_in_the_back_office_loses_no_part_and_no_leader_of_an_older_edition(plan, august, people):
    """旧版按编号认部室与领导：后台改了名字，八月仍是 31 项次，灯与领导一个不少。"""
    before = ledger(plan, august)
    parts = [(x.measure.pk, [(p.assignment.pk, p.light.level) for p in x.parts]) for x in before.lines]
    leaders = [[y.pk for y in x.leaders] for x in before.lines]
    deadline_revised(august, plan.periods.get(slug="2023-09"), people)
    Department.objects.filter(name=HALL).update(name="行政审批局")
    Leader.objects.filter(name="李华斌").update(name="李华彬")
    after = ledger(plan, ReportingPeriod.objects.get(pk=august.pk))
    assert [(x.measure.pk, [(p.assignment.pk, p.light.level) for p in x.parts]) for x in after.lines] == parts
    assert [[y.pk for y in x.leaders] for x in after.lines] == leaders
    assert sum(len(x.parts) for x in after.lines) == 31


def test_an_edition_that_knows_ids_is_read_by_ids_when_the_period_has_no_basis(plan, august, people):
    """升级之前关闭的期没有依据：快照里有编号的按编号认，没有的按名字认。"""
    PeriodBasis.objects.all().delete()
    deadline_revised(august, plan.periods.get(slug="2023-09"), people)
    assert sum(len(x.parts) for x in ledger(plan, august).lines) == 31
    first = plan.revisions.get(number=1)
    for row in first.rows:
        row["department_ids"] = [d.pk for d in Department.objects.filter(name__in=row["departments"])]
        row["leader_ids"] = [x.pk for x in Leader.objects.filter(name__in=row["leaders"])]
    first.save()
    Department.objects.filter(name=HALL).update(name="行政审批局")
    Leader.objects.filter(name="李华斌").update(name="李华彬")
    found = ledger(plan, august)
    assert sum(len(x.parts) for x in found.lines) == 31
    assert all(x.leaders for x in found.lines)


def test_reopening_makes_the_basis_live_and_closing_again_keeps_it_anew(plan, august, people):
    due_date_settled(august, None, people)
    assert line(plan, august, "12").light.level == "green"
    opened = workflow.reopen_period(august, by=people.office, at=moment(9, 5), reason="核")
    assert line(plan, opened, "12").light.level == "red"
    again = workflow.close_period(opened, by=people.office, at=moment(9, 6))
    settle("12", people, due_on=None)
    assert line(plan, again, "12").light.level == "red"
    assert PeriodBasis.objects.get().period == again


def test_a_period_closed_before_there_was_a_basis_is_judged_by_what_is_known_now(plan, august, people):
    PeriodBasis.objects.all().delete()
    due_date_settled(august, None, people)
    assert line(plan, august, "12").light.level == "red"


def test_a_correction_after_closing_is_still_what_the_next_report_starts_from(plan, august, people):
    """已关闭的期不变，但“上次报的”、办结看的，是更正后的那一条。"""
    correction_of_august(august, None, people)
    row = Progress.objects.get(
        period__slug="2023-09", assignment__measure__number="12", assignment__department__name=HALL
    )
    assert progress_pages.last_reports([row])[row.pk].percent == 5
    closed = Progress.objects.in_force().get(period=august, assignment=row.assignment_id)
    assert (closed.percent, Progress.objects.latest().get(period=august, assignment=row.assignment_id).percent) == (
        50,
        5,
    )


def test_the_closed_period_shows_what_was_known_when_it_was_closed(plan, august, people):
    later_report(august, plan.periods.get(slug="2023-09"), people)
    correction_of_august(august, None, people)
    assert line(plan, august, "12").light.percent == 50
    assert line(plan, plan.periods.get(slug="2023-09"), "12").light.percent == 90


def test_a_correction_counts_in_every_later_open_period(plan, august, people):
    september = plan.periods.get(slug="2023-09")
    assert line(plan, september, "12").light.percent == 50
    correction_of_august(august, september, people)
    assert line(plan, september, "12").light.percent == 5
    assert line(plan, september, "12", today=dt.date(2023, 9, 3)).light.percent == 50


def test_a_completion_counts_from_its_day_and_until_it_is_reopened(plan, august, people):
    september = plan.periods.get(slug="2023-09")
    later_completion(august, september, people)
    Completion.objects.update(reopened_at=moment(9, 15), reopened_by=people.office, reopen_reason="复查")
    levels = {day: line(plan, september, "12", today=dt.date(2023, 9, day)).light.level for day in (9, 10, 14, 15)}
    assert levels == {9: "yellow", 10: "done", 14: "done", 15: "green"}


def test_reopening_a_period_makes_its_ledger_live_again(plan, august, people):
    workflow.reopen_period(august, by=people.office, at=moment(9, 5), reason="漏报")
    correction_of_august(august, None, people)
    assert line(plan, ReportingPeriod.objects.get(pk=august.pk), "12").light.percent == 5


def test_the_history_of_lights_gives_each_period_its_own_date(plan, august, people):
    september = plan.periods.get(slug="2023-09")
    later_report(august, september, people)
    correction_of_august(august, september, people)
    assert line(plan, september, "12").trail_points == [("8月", "green"), ("9月", "green")]
    found = ledger(plan, september)
    [twelve] = [a for parts in found.assignments.values() for a in parts if a.measure.number == "12"]
    assert [(p.slug, x.percent) for p, x in found.light_trail(twelve)] == [("2023-08", 50), ("2023-09", 90)]


def test_the_history_shows_the_last_six_periods(plan, people):
    who = {"by": people.office, "at": moment(3, 1)}
    for period in workflow.plan_periods(plan, **who, first_month=3, last_month=9, due_day=25):
        last = workflow.open_period(period, **who)
    assert [name for name, _ in line(plan, last, "1").trail_points] == ["4月", "5月", "6月", "7月", "8月", "9月"]


# ── 三、随机的方案、随机的经过，与笨办法逐个数字相比 ──────


class Recount:
    """笨办法：把各表读成字典，按《规则》一条一条数。不用 rules、figures 里的任何东西。"""

    def __init__(self, plan, today):
        self.plan, self.today = plan, today
        self.periods = sorted(
            ReportingPeriod.objects.filter(plan=plan).exclude(status="planned").values(), key=lambda p: p["starts_on"]
        )
        self.measures = list(Measure.objects.filter(plan=plan).values())
        self.assignments = list(Assignment.objects.order_by("order", "pk").values())
        self.reports = sorted(Progress.objects.values(), key=lambda r: r["id"])
        self.values = list(TargetValue.objects.values())
        self.targets = list(Target.objects.values())
        self.completions = list(Completion.objects.values())
        self.extensions = sorted(Extension.objects.filter(status="approved").values(), key=lambda e: e["decided_at"])
        self.manual = list(ManualLight.objects.values())
        self.leaders = list(MeasureLeader.objects.values())

    def until(self, period):
        """这一期的账算到哪一刻、哪一天。"""
        if period["closed_at"]:
            return period["closed_at"], period["closed_at"].astimezone(ZONE).date()
        return dt.datetime.combine(self.today, dt.time.max, tzinfo=ZONE), self.today

    def known(self, assignment, period):
        """到那一刻已通过、没被取代的报送，由早到晚。"""
        end, _ = self.until(period)
        found = []
        for p in self.periods:
            if p["starts_on"] > period["starts_on"]:
                continue
            for r in self.reports:
                if r["assignment_id"] != assignment["id"] or r["period_id"] != p["id"] or r["status"] != "approved":
                    continue
                if r["reviewed_at"] > end or (r["superseded_at"] and r["superseded_at"] <= end):
                    continue
                found.append(r)
        return found

    def percent_of_target(self, target, assignment, period):
        owners = [a for a in self.assignments if a["measure_id"] == assignment["measure_id"]]
        if target["department_id"]:
            owners = [assignment]
        best = None
        for a in owners:
            for r in self.known(a, period):
                for v in self.values:
                    if v["progress_id"] == r["id"] and v["target_id"] == target["id"]:
                        starts = next(p["starts_on"] for p in self.periods if p["id"] == r["period_id"])
                        if best is None or (starts, r["reviewed_at"]) > best[0]:
                            best = ((starts, r["reviewed_at"]), v["value"])
        if best is None:
            return 0
        value, goal = Fraction(best[1]), Fraction(target["value"])
        met = {"ge": value >= goal, "le": value <= goal, "eq": value >= goal if goal else value == goal}[
            target["operator"]
        ]
        if met:
            return 100
        if not goal:
            return 0
        return int((goal / value if target["operator"] == "le" else value / goal) * 100)

    def mine(self, assignment):
        return [
            t for t in self.targets
            if t["measure_id"] == assignment["measure_id"] and t["department_id"] in (None, assignment["department_id"])
        ]  # fmt: skip

    def is_done(self, assignment, period):
        end, _ = self.until(period)
        mine = [c for c in self.completions if c["assignment_id"] == assignment["id"] and c["granted_at"] <= end]
        return any(c["reopened_at"] is None or c["reopened_at"] > end for c in mine)

    def due(self, assignment, measure, period):
        end, _ = self.until(period)
        due = measure["due_on"]
        for e in self.extensions:
            if e["assignment_id"] == assignment["id"] and e["decided_at"] <= end:
                due = e["new_due_on"]
        return due

    def percent(self, assignment, measure, period):
        if measure["kind"] == "routine":
            return None
        if self.is_done(assignment, period):
            return 100
        known = self.known(assignment, period)
        targets = self.mine(assignment)
        if measure["kind"] == "indicator" and targets:
            return min(self.percent_of_target(t, assignment, period) for t in targets)
        return known[-1]["percent"] if known else None

    def pace(self, measure, due, period):
        start, end = measure["start_on"] or self.plan.starts_on, due or self.plan.ends_on
        if start >= end:
            return 100
        months = []
        year, month = start.year, start.month
        while (year, month) <= (end.year, end.month):
            months.append((year, month))
            year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        passed = [m for m in months if m <= (period["ends_on"].year, period["ends_on"].month)]
        return len(passed) * 100 // len(months)

    def missed(self, assignment, period):
        end, day = self.until(period)
        count = 0
        for p in reversed(self.periods):
            row = next(
                (
                    r
                    for r in self.reports
                    if r["assignment_id"] == assignment["id"] and r["period_id"] == p["id"] and not r["corrects_id"]
                ),
                None,
            )
            if p["starts_on"] > period["starts_on"] or row is None or day <= p["due_on"] or p["opened_at"] > end:
                continue
            if row["first_submitted_at"] and row["first_submitted_at"] <= end:
                return count
            count += 1
        return count

    def is_due(self, assignment, period):
        """有通过的报送，或有一期该报的已过截止日；否则不判落后。"""
        end, day = self.until(period)
        mine = {r["period_id"] for r in self.reports if r["assignment_id"] == assignment["id"] and not r["corrects_id"]}
        past = [p for p in self.periods if p["id"] in mine and p["starts_on"] <= period["starts_on"]]
        return bool(self.known(assignment, period)) or any(p["due_on"] < day and p["opened_at"] <= end for p in past)

    def part(self, assignment, period):
        """一份的（灯，进度，序时）。"""
        measure = next(m for m in self.measures if m["id"] == assignment["measure_id"])
        _, day = self.until(period)
        due = self.due(assignment, measure, period)
        percent, pace = self.percent(assignment, measure, period), self.pace(measure, due, period)
        known = self.known(assignment, period)
        found = set()
        missed = self.missed(assignment, period)
        found |= {"red"} if missed >= 2 else {"yellow"} if missed else set()
        if due:
            left = (due - day).days
            found |= {"red"} if left < 0 else {"yellow"} if left <= 30 else set()
        gaps = []
        if measure["kind"] == "milestone":
            gaps = [(pace - (percent or 0), True)]
        elif measure["kind"] == "indicator" and self.mine(assignment):
            gaps = [
                (pace - self.percent_of_target(t, assignment, period), t["strength"] == "must")
                for t in self.mine(assignment)
            ]
        elif measure["kind"] == "indicator" and percent is not None:
            gaps = [(pace - percent, True)]
        for gap, can_be_red in gaps if self.is_due(assignment, period) else ():
            found |= {"red"} if gap > 30 and can_be_red else {"yellow"} if gap > 10 else set()
        level = "red" if "red" in found else "yellow" if found else "green"
        if measure["start_on"] and day < measure["start_on"] and (not known or known[-1]["stage"] == "not_started"):
            level = "not_started"
        return "done" if self.is_done(assignment, period) else level, percent, pace

    def shown(self, assignment, period):
        """给人看的这一份：办公室给整项定了灯的，灯按定灯。"""
        level, percent, pace = self.part(assignment, period)
        for m in self.manual:
            if (m["measure_id"], m["period_id"], m["lifted_at"]) == (assignment["measure_id"], period["id"], None):
                level = m["level"]
        return level, percent, pace

    def line(self, measure, period):
        """一项的（灯，进度，是不是办公室定的）。"""
        parts = [self.part(a, period) for a in self.assignments if a["measure_id"] == measure["id"]]
        order = ["red", "yellow", "green", "not_started", "done"]
        level = min((p[0] for p in parts), key=order.index)
        percents = [p[1] for p in parts if p[1] is not None]
        for m in self.manual:
            if m["measure_id"] == measure["id"] and m["period_id"] == period["id"] and m["lifted_at"] is None:
                return m["level"], min(percents, default=None), True
        return level, min(percents, default=None), False

    def counts(self, period, department=None):
        """一期（一个部室）的报送数。"""
        found = Counter()
        for r in self.reports:
            a = next(a for a in self.assignments if a["id"] == r["assignment_id"])
            if r["period_id"] != period["id"] or (department and a["department_id"] != department):
                continue
            if r["superseded_at"] or (r["corrects_id"] and r["status"] != "approved"):
                continue
            found["owed"] += 1
            found[r["status"]] += 1
            if r["status"] in ("submitted", "approved", "returned"):
                first = r["first_submitted_at"].astimezone(ZONE).date()
                found["on_time" if first <= period["due_on"] else "late"] += 1
        return Reporting(**found)

    def totals(self, period, leader=None):
        wanted = {x["measure_id"] for x in self.leaders if x["leader_id"] == leader} if leader else None
        return Counter(self.line(m, period)[0] for m in self.measures if wanted is None or m["id"] in wanted)

    def on_time(self, department):
        """（全部按时的期数，到头而有应报的期数）；关闭了的，或截止日已过的，才说得上按时没有。"""
        good = total = 0
        for p in self.periods:
            mine = self.counts(p, department)
            if (p["status"] == "closed" or p["due_on"] < self.today) and mine.owed:
                total += 1
                good += mine.on_time == mine.owed
        return good, total

    def owing(self, department):
        """这个部室此刻还要动手的：开放的期里没报的、退回的，和没交的更正。"""
        n = 0
        for r in self.reports:
            a = next(a for a in self.assignments if a["id"] == r["assignment_id"])
            p = next(p for p in self.periods if p["id"] == r["period_id"])
            open_now = p["status"] == "open" or r["corrects_id"]
            n += bool(a["department_id"] == department and open_now and r["status"] in ("missing", "draft", "returned"))
        return n


ROOMS = 3
STORIES = [
    "nothing", "draft", "submitted", "approved", "approved", "approved late", "returned", "resubmitted", "withdrawn",
    "completed", "manual", "correction", "correction waiting",
]  # fmt: skip
dates = st.sampled_from([None, None, None, dt.date(2023, 4, 28), dt.date(2023, 6, 1), dt.date(2023, 12, 31)])
numbers = st.sampled_from(["0", "0.5", "1", "3", "40", "80", "100"]).map(Decimal)
values = st.sampled_from([*(Decimal(n) for n in ("0.5", "1", "3", "25", "40", "79", "100", "0")), None])
percents = st.sampled_from([None, 0, 5, 9, 10, 19, 20, 29, 30, 60, 99, 100])
targets = st.fixed_dictionaries(
    {
        "operator": st.sampled_from(["ge", "le", "eq"]),
        "value": numbers,
        "strength": st.sampled_from(["must", "strive", "apply"]),
        "is_owned": st.booleans(),
    }
)
measures = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["indicator", "milestone", "indicator", "routine"]),
        "start_on": dates,
        "due_on": dates,
        "rooms": st.lists(st.integers(0, ROOMS - 1), min_size=1, max_size=ROOMS, unique=True),
        "leader": st.integers(0, 1),
        "targets": st.lists(targets, min_size=1, max_size=2),
    }
)


class Story:
    """照抽到的情节，把几个月的报送走一遍；只用 workflow 的动词。"""

    def __init__(self, data):
        self.draw = data.draw
        self.plan = make_plan(measures=0, departments=ROOMS)
        self.leaders = [Leader.objects.get(name="测试领导"), Leader.objects.create(name="另一位领导")]
        self.rooms = list(Department.objects.order_by("order"))
        self.office = make_user("office", Role.OFFICE)
        self.reporters = {room: make_user(room.slug, department=room) for room in self.rooms}
        for i, spec in enumerate(self.draw(st.lists(measures, min_size=2, max_size=3)), start=1):
            self.measure(i, spec)
        self.frozen = {}

    def measure(self, i, spec):
        made = Measure.objects.create(
            plan=self.plan, number=str(i), position=i, title=f"举措{i}", text="做好。", kind=spec["kind"],
            start_on=spec["start_on"], due_on=spec["due_on"],
        )  # fmt: skip
        MeasureLeader.objects.create(measure=made, leader=self.leaders[spec["leader"]])
        for order, n in enumerate(spec["rooms"]):
            Assignment.objects.create(measure=made, department=self.rooms[n], order=order)
        for n, target in enumerate(spec["targets"]):
            owner = self.rooms[spec["rooms"][0]] if target.pop("is_owned") else None
            Target.objects.create(
                measure=made, department=owner, name=f"目标{n}", unit="个", quote="做好", order=n, **target
            )

    def run(self):
        first, months = 3, self.draw(st.integers(1, 4).map(lambda n: 5 - n), label="几个月")
        made = workflow.plan_periods(self.plan, **self.who(2), first_month=first, last_month=first + months, due_day=25)
        for period in made[:months]:
            self.month(workflow.open_period(period, **self.who(period.starts_on.month, 1)))

    def who(self, month, day=10, hour=9):
        return {"by": self.office, "at": moment(month, day, hour)}

    def month(self, period):
        month = period.starts_on.month
        mine = Progress.objects.filter(
            period__status="open", status__in=["missing", "draft", "returned"], corrects=None
        )
        with workflow.judged_together():
            for pk in list(mine.values_list("pk", flat=True)):
                if row := mine.filter(pk=pk).first():  # 办结的那一项，别的期里的“未报”随之免了
                    self.tell(row, month)
        for assignment in Assignment.objects.all():
            self.supervise(assignment, month)
        if self.draw(st.booleans(), label="延长"):
            workflow.extend_period(period, **self.who(month, 24), due_on=dt.date(2023, month, 28), reason="值守")
        if self.draw(st.booleans(), label="关闭"):
            for place, earlier in enumerate(self.plan.periods.filter(status="open").order_by("starts_on")):
                self.close(earlier, month, 8 + 3 * place)

    def close(self, period, month, hour):
        """由早到晚关闭，一期关完（连同当晚的更正）再关下一期：时间不倒流。"""
        for row in period.progress.waiting():
            workflow.return_progress(row, **self.who(month, 29), reason="补")
        closed = workflow.close_period(period, **self.who(month, 30, hour))
        self.frozen[closed.pk] = picture(self.plan, closed)
        for row in closed.progress.filter(status="approved", superseded_at=None, correction=None):
            if self.draw(st.booleans(), label="当晚更正"):
                self.correct(row, month, 30, hour=hour + 1)

    def supervise(self, assignment, month):
        """延期、重新打开。"""
        office, is_done = self.who(month, 24), assignment.completions.in_force().exists()
        if is_done and self.draw(st.booleans(), label="重新打开"):
            workflow.reopen_completion(assignment, **office, reason="复查不合格")
        elif self.may_extend(assignment, is_done) and self.draw(st.booleans(), label="延期"):
            later = max(assignment.due_on, dt.date(2023, month, 24)) + dt.timedelta(days=45)
            asked = workflow.request_extension(
                assignment, by=self.reporters[assignment.department], at=office["at"], new_due_on=later, reason="汛期"
            )
            workflow.approve_extension(asked, **office)

    def may_extend(self, assignment, is_done) -> bool:
        return assignment.due_on and not is_done and not assignment.extensions.waiting().exists()

    def content(self, row):
        kind = row.assignment.measure.kind
        percent = self.draw(percents) if kind == "milestone" else None
        stage = self.draw(st.sampled_from(["in_progress", "not_started"]))
        return {"text": "做了。", "stage": stage, "percent": percent}

    def values(self, row):
        asked = Target.objects.filter(measure=row.assignment.measure)
        return {t: self.draw(values) for t in asked if t.department in (None, row.assignment.department)}

    def submit(self, row, month, day, **content):
        return workflow.submit_progress(
            row, by=self.reporters[row.assignment.department], at=moment(month, day), version=row.version,
            content=self.content(row) | content, values=self.values(row),
        )  # fmt: skip

    def correct(self, row, month, day, *, approve=True, hour=18):
        copy = workflow.correct_progress(row, by=self.reporters[row.assignment.department], at=moment(month, day, hour))
        copy = self.submit(copy, month, day)
        if approve:
            workflow.approve_progress(copy, **self.who(month, day, hour + 1))

    def tell(self, row, month):
        story = self.draw(st.sampled_from(STORIES))
        reporter = self.reporters[row.assignment.department]
        early, office = (month, 10), self.who(month, 11)
        if story == "draft":
            who = {"by": reporter, "at": moment(*early)}
            workflow.save_progress(row, **who, version=row.version, content={"text": "半"}, values=self.values(row))
        elif story == "manual":
            level = self.draw(st.sampled_from(["green", "yellow", "red"]))
            workflow.set_light(row.assignment.measure, row.period, **office, level=level, reason="手续")
            if self.draw(st.booleans(), label="取消定灯"):
                workflow.lift_light(row.assignment.measure, row.period, **office)
        elif story == "withdrawn":
            workflow.withdraw_progress(self.submit(row, *early), by=reporter, at=moment(month, 11))
        elif story == "completed":
            row = self.submit(row, *early, stage="completed", percent=100)
            blocked = workflow.what_blocks_completion(row.assignment, row)
            workflow.return_progress(row, **office, reason=blocked[0]) if blocked else workflow.approve_progress(
                row, **office
            )
        elif story != "nothing":
            row = self.submit(row, month, 27 if "late" in story else 10)
            if story in ("returned", "resubmitted"):
                row = workflow.return_progress(row, **office, reason="补")
            if story == "resubmitted":
                row = self.submit(row, month, 27)
            if story.startswith(("approved", "correction")):
                row = workflow.approve_progress(row, **self.who(month, 28))
            if story.startswith("correction"):
                self.correct(row, month, 28, approve=story == "correction")


def agree_on(told, period, today):
    """台账的每一个数字，与笨办法相比。"""
    naive = Recount(told.plan, today)
    found, row = ledger(told.plan, period, today), ReportingPeriod.objects.values().get(pk=period.pk)
    assert {k: n for k, n in found.light_totals.items() if n} == naive.totals(row)
    assert found.reporting == naive.counts(row)
    for room in told.rooms:
        assert found.reporting_by_room.get(room, Reporting()) == naive.counts(row, room.pk)
    for item, measure in zip(found.lines, naive.measures, strict=True):
        assert (item.light.level, item.light.percent, item.light.is_manual) == naive.line(measure, row)
        parts = [a for a in naive.assignments if a["measure_id"] == measure["id"]]
        assert [(p.light.level, p.light.percent, p.light.pace) for p in item.parts] == [
            naive.shown(a, row) for a in parts
        ]
        past = [p for p in naive.periods if p["starts_on"] <= row["starts_on"]]
        assert [level for _, level in item.trail_points] == [naive.line(measure, p)[0] for p in past]
        assert item.reported == sum(r.status in ("submitted", "approved") for r in item.reports)
    assert sum(item.reported for item in found.lines) == found.reporting.reported
    assert found.reporting.on_time + found.reporting.late == found.reporting.reported + found.reporting.returned
    owed = sum(r.owed for r in found.reporting_by_room.values())
    assert owed == found.reporting.owed == sum(len(item.reports) for item in found.lines)


def pages_agree(told, today):
    """总览、清单、领导页、部室页、填报首页、报送期一览：同一个数字处处相同。"""
    naive, plan = Recount(told.plan, today), told.plan
    period = current_period(plan, today)
    row = ReportingPeriod.objects.values().get(pk=period.pk)
    totals = naive.totals(row)
    board = board_pages.board(plan, period, today, told.office, MeasureFilterForm({}))
    assert {level: n for level, _, n in board.light_counts if n} == totals
    assert [x.light.severity for x in board.lines] == sorted(x.light.severity for x in board.lines)
    assert {r.department.pk: r.reporting for r in board.departments} == {
        room.pk: naive.counts(row, room.pk) for room in told.rooms if naive.counts(row, room.pk).owed
    }
    for level in lights.SEVERITY:
        listed = measure_pages.listing(plan, told.office, today, MeasureFilterForm({"light": level}))
        assert (listed.total, len(listed.page_obj.object_list)) == (totals[level], totals[level])
    everything = measure_pages.listing(plan, told.office, today, MeasureFilterForm({}))
    assert Counter(x.light.level for x in everything.page_obj.object_list) == totals
    for leader in told.leaders:
        shown = desk_pages.leader_desk(leader, today)
        assert {level: n for level, _, n in shown["light_counts"] if n} == naive.totals(row, leader.pk)
        assert len(shown["urgent"]) + len(shown["calm"]) == sum(naive.totals(row, leader.pk).values())
    for room in told.rooms:
        department_agrees(naive, room, told.reporters[room], row, today)
    for item in period_pages.rows(plan, told.office):
        found = next((p for p in naive.periods if p["id"] == item.period.pk), None)
        assert item.reporting == (naive.counts(found) if found else Reporting())


def department_agrees(naive, room, reporter, row, today):
    mine = [a for a in naive.assignments if a["department_id"] == room.pk]
    levels = Counter(naive.shown(a, row)[0] for a in mine)
    owed = naive.counts(row, room.pk)
    page, desk = desk_pages.department_page(room, today), home_pages.desk(reporter, today)
    assert Counter(part.light.level for _, part in page["lines"]) == levels
    assert {level: n for level, _, n in desk.lights} == levels
    spoken = {each.period: each.reporting for each in desk.periods}
    assert (page["reporting"] or Reporting()) == spoken.get(desk.period, Reporting()) == owed
    assert [r for _, r in page["history"]] == [naive.counts(p, room.pk) for p in reversed(naive.periods)]
    assert page["on_time"] == desk.on_time == naive.on_time(room.pk)
    assert len(desk.tasks) == naive.owing(room.pk)


@settings(
    max_examples=share(25, quick=2),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
def test_every_figure_agrees_with_a_naive_recount(db, data):
    """每个例子在自己的事务里，看完退回。"""
    with transaction.atomic():
        told = Story(data)
        told.run()
        opened = list(told.plan.periods.exclude(status="planned").order_by("starts_on"))
        for today in {dt.date(2023, 3, 24), opened[-1].ends_on, dt.date(2023, 7, 31)}:
            for period in opened:
                # 一期从开放那天起才有账可看；灯也从那天判起。
                if today >= timezone.localdate(period.opened_at):
                    agree_on(told, period, today)
        pages_agree(told, opened[-1].ends_on)
        for pk, before in told.frozen.items():
            assert picture(told.plan, SimpleNamespace(pk=pk)) == before, "已关闭的一期变了"
        transaction.set_rollback(True)
