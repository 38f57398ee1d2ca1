"""换人、部室调整：没有办结的改由接替的牵头，问题、批示、协调一并交过去；以前各期的数与人一个不变。"""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied

from departments.models import Department, Leader
from tasks import workflow
from tasks.figures.ledger import Ledger
from tasks.imports import succession
from tasks.models import Assignment, Cooperation, Event, Measure, Problem, Progress
from tests.markup import markup
from tests.tasks.parts import ask_extension, dated

pytestmark = pytest.mark.django_db
OLD, NEW = "财务部", "综合办"  # 财务部牵头第 4（各部室）、15、16 项


@pytest.fixture
def august(plan, people, at):
    """八月已关闭。"""
    who = {"by": people.office, "at": at("2023-08-01 09:00")}
    [made] = workflow.plan_periods(plan, **who, first_month=8, last_month=8, due_day=25)
    workflow.open_period(made, **who)
    return workflow.close_period(made, by=people.office, at=at("2023-08-31 09:00"))


@pytest.fixture
def rooms(plan):
    return Department.objects.get(name=OLD), Department.objects.get(name=NEW)


@pytest.fixture
def merge(rooms, people, at):
    def do(**more):
        who = {"by": people.admin, "at": at("2023-09-21 09:00"), "on": dt.date(2023, 9, 20), "reason": "机构改革。"}
        return succession.replace_department(*rooms, **(who | more))

    return do


def leading(room) -> list[str]:
    found = Assignment.objects.in_force().filter(department__name=room)
    return list(found.order_by("measure__position").values_list("measure__number", flat=True))


def part_levels(plan, period, today):
    rows = Ledger(plan, period, today).part_stands.values_list(
        "assignment__department__name", "measure__number", "level"
    )
    return sorted(rows)


def test_what_is_not_completed_moves_and_closed_periods_keep_theirs(plan, august, period, merge, submitted):
    submitted("15", OLD)
    before = part_levels(plan, august, dt.date(2023, 9, 22))
    mine, theirs = leading(OLD), leading(NEW)
    [made] = merge()
    assert made.note == "自2023年9月20日起，财务部由综合办接替：机构改革。"
    assert leading(OLD) == []
    assert set(leading(NEW)) == {*mine, *theirs}
    assert not Department.objects.get(name=OLD).is_active
    assert part_levels(plan, august, dt.date(2023, 9, 22)) == before, "八月还是财务部的"
    assert list(workflow.differences(plan)) == []
    owed = Progress.objects.in_force().filter(period=period, assignment__measure__number="16")
    assert sorted(owed.values_list("assignment__department__name", "status")) == [(NEW, "missing")], "由接替的报"
    assert Progress.objects.get(assignment__measure__number="15", status="submitted").assignment.department.name == OLD


def test_problems_instructions_and_extensions_go_with_the_work(plan, period, rooms, merge, people, at):
    who = {"by": people.office, "at": at("2023-09-10 09:00")}
    problem = workflow.open_problem(
        plan, **who, title="缺资金", text="缺。", category="other", level="department", department=rooms[0],
        due_on=dt.date(2023, 10, 9),
    )  # fmt: skip
    sixteen = Measure.objects.get(plan=plan, number="16")
    said = workflow.issue_instruction(sixteen, **who, text="抓紧。", leader=Leader.objects.get(name="李华斌"))
    part = dated("16", OLD, due_on=dt.date(2023, 10, 1))
    asked = ask_extension(people, at, part)
    with pytest.raises(workflow.Refused, match="还有 1 件延期等办公室批"):
        merge()
    workflow.approve_extension(asked, by=people.office, at=at("2023-09-12 09:00"))
    workflow.propose_milestone(part, **who, name="上市辅导", due_on=dt.date(2023, 12, 1))
    merge()
    assert Problem.objects.get(pk=problem.pk).department == rooms[1]
    assert [d.name for d in said.departments.all()] == [NEW]
    heir = Assignment.objects.get(measure=sixteen, department=rooms[1])
    assert heir.extended_due_on == asked.new_due_on
    assert [m.name for m in heir.milestones.undone()] == ["上市辅导"]
    assert list(workflow.differences(plan)) == []


def test_a_split_gives_each_its_own_and_accounts_go_when_asked(plan, period, merge, rooms, people):
    clerk, other = people.reporter(OLD), Department.objects.get(name="党务办")
    fifteen = Assignment.objects.get(measure__number="15", department=rooms[0])
    merge(parts={fifteen.pk: other}, with_accounts=True, is_gone=False)
    assert "15" in leading("党务办")
    assert "16" in leading(NEW)
    clerk.refresh_from_db()
    assert clerk.department == rooms[1]
    assert Department.objects.get(name=OLD).is_active


def test_a_leader_is_replaced_and_the_past_keeps_its_names(plan, august, period, people, at, sign_in):
    old, new = Leader.objects.get(name="王卫东"), Leader.objects.create(name="接任者")
    numbers = [measure.number for measure in succession.led_by(old)]
    who = {"by": people.admin, "at": at("2023-09-21 09:00"), "on": dt.date(2023, 9, 20), "reason": "党工委决定。"}
    succession.replace_leader(old, new, **who)
    assert numbers
    assert [measure.number for measure in succession.led_by(new)] == numbers
    assert not Leader.objects.get(pk=old.pk).is_active
    office = sign_in(people.office)
    assert "接任者" in markup(office.get("/board/2023-09/"))
    assert "接任者" not in markup(office.get("/board/2023-08/")), "八月还是原来的领导"


def test_only_the_administrator_and_only_what_makes_sense(plan, rooms, merge, people, at):
    with pytest.raises(PermissionDenied):
        merge(by=people.office)
    for more, said in (
        ({"on": dt.date(2023, 10, 1)}, "2023年10月1日还没有到"),
        ({"reason": " "}, "请写明根据"),
    ):
        with pytest.raises(workflow.Refused, match=said):
            merge(**more)
    with pytest.raises(workflow.Refused, match="不能接替"):
        succession.replace_department(
            rooms[0], rooms[0], by=people.admin, at=period_at(), on=dt.date(2023, 9, 1), reason="错。"
        )


def period_at():
    from tests.factories import at

    return at("2023-09-21 09:00")


# ── 请它报的配合情况 ──────────────────────────────────────


@pytest.fixture
def asked(plan, period, rooms, people, at):
    """第 7 项（审批中心牵头）请财务部报配合情况，每一期都要。"""

    def ask(number="7", department=None, **more):
        said = {"departments": [department or rooms[0]], "period": period, "due_on": dt.date(2023, 9, 24)}
        measure = Measure.objects.get(plan=plan, number=number)
        who = {"by": people.office, "at": at("2023-09-10 09:00"), "text": "配合了什么。"}
        return workflow.ask_cooperation(measure, **who, **(said | {"is_standing": True} | more))[0]

    return ask


def test_what_it_was_asked_to_report_is_asked_of_the_successor(asked, merge, rooms):
    row = asked()
    merge()
    row.refresh_from_db()
    assert (row.department, row.status) == (rooms[1], "waiting")
    assert Event.objects.get(action="cooperation_move").note == "财务部由综合办接替"


def test_what_was_asked_every_period_goes_on_though_the_successor_was_asked_this_once(asked, merge, rooms):
    """财务部每一期都要，综合办只要这一期：并了以后，综合办的那一份接着每一期都要。"""
    asked()
    once = asked(department=rooms[1], is_standing=False)
    merge()
    once.refresh_from_db()
    assert (once.status, once.is_standing) == ("waiting", True)


def test_what_it_had_reported_stays_its_own_and_the_successor_goes_on(asked, merge, rooms, people, at, plan, period):
    row = asked()
    who = {"by": people.reporter(OLD), "at": at("2023-09-12 09:00"), "version": 0}
    workflow.report_cooperation(row, **who, text="办了两件。")
    merge()
    who = {"by": people.office, "at": at("2023-10-01 09:00")}
    [october] = workflow.plan_periods(plan, **who, first_month=10, last_month=10, due_day=25)
    workflow.open_period(october, **who)
    assert list(Cooperation.objects.order_by("pk").values_list("department__name", "period__slug")) == [
        (OLD, "2023-09"), (NEW, "2023-10"),
    ]  # fmt: skip


def test_a_successor_already_asked_or_leading_is_not_asked_twice(asked, merge, rooms):
    first, _ = asked(), asked(department=rooms[1])
    led = asked("1")
    Assignment.objects.create(measure=led.measure, department=rooms[1], order=9)
    merge()
    for row in (first, led):
        row.refresh_from_db()
        assert (row.department, row.status, row.off_reason) == (rooms[0], "off", "财务部由综合办接替")


def test_the_preview_counts_what_it_is_asked_to_report(asked, sign_in, people, rooms):
    asked()
    data = {"old": rooms[0].pk, "new": rooms[1].pk, "on": "2023-09-20", "reason": "改革", "do": "preview"}
    assert "1 份请它报的配合情况" in sign_in(people.admin).post("/successions/department/", data).content.decode()


def test_where_it_is_a_cooperating_unit_the_successor_is_named_and_earlier_versions_keep_theirs(
    plan, period, merge, rooms
):
    """列它为配合单位的改成接替的；接替的自己牵头那一项的，不再另列。"""
    Measure.objects.filter(plan=plan, number="7").update(cooperating="税务局、财务部")
    led = Assignment.objects.get(measure__number="1", measure__plan=plan)
    Measure.objects.filter(pk=led.measure_id).update(cooperating="财务部")
    mine = Assignment.objects.in_force().filter(department=rooms[1], measure__all_departments=False).first()
    Measure.objects.filter(pk=mine.measure_id).update(cooperating="财务部")
    [made] = merge()
    words = dict(Measure.objects.values_list("pk", "cooperating"))
    assert Measure.objects.get(plan=plan, number="7").cooperating == "税务局、综合办"
    assert (words[led.measure_id], words[mine.measure_id]) == ("综合办", "")
    assert {row["number"]: row.get("cooperating", []) for row in made.rows}["7"] == ["税务局", "综合办"]
    assert list(workflow.differences(plan)) == []


def test_a_department_that_only_cooperates_is_replaced_too(plan, period, people, at):
    """一项也不牵头的招商引资部，只在一项里配合。"""
    old, new = Department.objects.get(name="招商引资部"), Department.objects.get(name=NEW)
    Assignment.objects.filter(department=old).update(ended_in=plan.revision)
    Measure.objects.filter(plan=plan, number="7").update(cooperating="招商引资部")
    who = {"by": people.admin, "at": at("2023-09-21 09:00"), "on": dt.date(2023, 9, 20), "reason": "机构改革。"}
    assert len(succession.replace_department(old, new, **who)) == 1
    assert Measure.objects.get(plan=plan, number="7").cooperating == NEW
