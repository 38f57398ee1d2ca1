"""监督的数字：手算的例子，边界那一天、关闭前后各一件。"""

import datetime as dt

import pytest

from departments.models import Department
from tasks import workflow
from tasks.figures import supervision
from tasks.figures.span import Span
from tasks.figures.whole import Whole
from tasks.models import Assignment, Completion, Measure

pytestmark = pytest.mark.django_db
TODAY = dt.date(2023, 9, 22)
HALL = "审批中心"


def counted(plan, period, today=TODAY) -> dict:
    """各项监督的数字 → 几件。"""
    return {key: found["n"] for key, found in supervision.counts(Whole(Span(plan, period, period, today))).items()}


@pytest.fixture
def listed(plan, people, at):
    """九月二日挂账的一件，给了 `settled` 就在那一刻销号。"""

    def make(due_on, settled=None):
        problem = workflow.open_problem(
            plan, by=people.office, at=at("2023-09-02 09:00"), title=f"{due_on}到期", text="情况", category="policy",
            level="department", department=Department.objects.get(name=HALL), due_on=due_on,
        )  # fmt: skip
        workflow.apply_problem(problem, by=people.reporter(HALL), at=at("2023-09-03 09:00"), text="办完了。")
        return workflow.settle_problem(problem, by=people.office, at=at(settled)) if settled else problem

    return make


def test_a_problem_settled_on_its_due_date_is_on_time_and_the_next_morning_it_is_not(plan, period, listed):
    due = dt.date(2023, 9, 20)
    for moment in ("2023-09-20 23:30", "2023-09-21 00:30", "2023-09-21 17:00"):
        listed(due, moment)
    found = counted(plan, period)
    assert (found["problems_settled"], found["problems_on_time"]) == (3, 1)


def test_a_problem_is_overdue_the_day_after_its_due_date(plan, period, listed):
    listed(TODAY)
    listed(TODAY - dt.timedelta(days=1))
    found = counted(plan, period)
    assert (found["problems_open"], found["problems_overdue"]) == (2, 1)


def test_what_was_settled_answered_or_decided_after_the_closing_still_waits_in_that_period(
    plan, period, listed, people, at
):
    Measure.objects.filter(number="12").update(due_on=dt.date(2023, 12, 1))
    problem, hall = listed(dt.date(2023, 9, 25)), people.reporter(HALL)
    said = workflow.issue_instruction(
        Measure.objects.get(number="2"), by=people.leader("李华斌"), at=at("2023-09-10 09:00"), text="请抓紧。"
    )
    asked = workflow.request_extension(
        Measure.objects.get(number="12").assignments.get(),
        by=hall,
        at=at("2023-09-20 09:00"),
        new_due_on=dt.date(2023, 12, 20),
        reason="等文件",
    )
    closed = workflow.close_period(period, by=people.office, at=at("2023-09-30 17:00"))
    before = counted(plan, closed, dt.date(2023, 10, 8))
    assert {key: before[key] for key in ("problems_open", "instructions_waiting", "extensions_waiting")} == {
        "problems_open": 1,
        "instructions_waiting": 1,
        "extensions_waiting": 1,
    }
    workflow.settle_problem(problem, by=people.office, at=at("2023-10-02 09:00"))
    workflow.reply_instruction(said, by=hall, at=at("2023-10-02 09:00"), text="正在办。")
    workflow.approve_extension(asked, by=people.office, at=at("2023-10-02 09:00"))
    assert counted(plan, closed, dt.date(2023, 10, 8)) == before
    [row] = supervision.counts(Whole(Span(plan, closed, closed, TODAY)))["instructions_waiting"]["rows"]
    assert row["owing"] == [HALL], "关闭之后才回复的，那一期里仍待回复"


def test_an_extension_taken_back_is_not_counted_as_waiting(plan, period, people, at):
    Measure.objects.filter(number="12").update(due_on=dt.date(2023, 12, 1))
    part, hall = Measure.objects.get(number="12").assignments.get(), people.reporter(HALL)
    asked = workflow.request_extension(
        part, by=hall, at=at("2023-09-20 09:00"), new_due_on=dt.date(2023, 12, 20), reason="等文件"
    )
    assert counted(plan, period)["extensions_waiting"] == 1
    workflow.withdraw_extension(asked, by=hall, at=at("2023-09-20 10:00"))
    assert counted(plan, period)["extensions_waiting"] == 0


def test_an_inspection_on_the_day_of_the_last_closing_belongs_to_the_period_before(plan, people, at):
    office = people.office
    made = workflow.plan_periods(plan, by=office, at=at("2023-08-01 08:00"), first_month=8, last_month=9, due_day=25)
    august, september = (workflow.open_period(period, by=office, at=at("2023-08-01 09:00")) for period in made)
    august = workflow.close_period(august, by=office, at=at("2023-08-30 17:00"))
    for day in (dt.date(2023, 8, 30), dt.date(2023, 8, 31), TODAY):
        workflow.add_inspection(
            plan,
            by=office,
            at=at("2023-09-22 09:00"),
            held_on=day,
            inspectors="甲",
            place="政务大厅",
            findings="有序。",
        )
    assert [counted(plan, period)["inspections"] for period in (august, september)] == [1, 2]


def test_a_completion_counts_until_it_is_reopened_and_one_reopened_after_the_closing_counted_then(
    plan, period, at, people
):
    parts = Assignment.objects.filter(measure__number__in=["2", "5", "7"]).order_by("measure__position")[:3]
    for part, reopened in zip(parts, (None, "2023-09-20 09:00", "2023-10-08 09:00"), strict=True):
        Completion.objects.create(
            assignment=part, granted_by=people.office, granted_at=at("2023-09-10 09:00"), reopened_at=reopened and at(reopened),
            **({"reopened_by": people.office, "reopen_reason": "没有办完。"} if reopened else {}),
        )  # fmt: skip
    workflow.close_period(period, by=people.office, at=at("2023-09-30 18:00"))
    period.refresh_from_db()
    found = counted(plan, period, dt.date(2023, 10, 10))
    assert (found["completed"], found["completions_new"], found["reopened"]) == (2, 2, 1)
