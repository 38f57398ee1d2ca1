"""并排的两个数看着对不上的，各带一个词：按时含退回、灯连同免报、报的与通过的、未销号与已销号，绿灯与未到报送截止，本项的序时。"""

import re

import pytest
from django.urls import reverse

from departments.models import Department
from tasks import workflow
from tasks.figures.reporting import HOW_COUNTED, LATE, ON_TIME
from tasks.figures.snapshot import collect
from tasks.models import Measure
from tasks.papers.circular import layout
from tests.markup import markup

pytestmark = pytest.mark.django_db
HALL = "审批中心"


@pytest.fixture
def read(sign_in):
    def page(user, name, *args) -> str:
        return re.sub(r"<[^>]+>|\s", "", markup(sign_in(user).get(reverse(name, args=args))))

    return page


@pytest.fixture
def returned(submitted, people, at):
    """审批中心按时报了第12项，被退回。"""
    row = submitted("12", HALL, percent=75)
    return workflow.return_progress(row, by=people.office, at=at("2023-09-21 10:00"), reason="补数")


def test_on_time_beside_reported_says_it_counts_the_returned(plan, returned, people, read):
    """按时1、已报0：退回的按时交过，没有算报了。"""
    slug = Department.objects.get(name=HALL).slug
    assert ON_TIME in read(people.office, "period_list")
    assert ON_TIME in read(people.office, "board_analysis", "2023-09")
    assert f"{ON_TIME}／应报（项次）" in read(people.office, "department_detail", slug)
    assert LATE in read(people.office, "board_analysis", "2023-09")
    f = collect(plan, returned.period, returned.reviewed_at.date(), taken_at=returned.reviewed_at)
    assert f["counts"]["on_time"]["label"] == "按时报送（含退回）"
    assert layout.departments(f).note == f"注：{HOW_COUNTED}"


def test_lights_beside_owed_say_how_many_need_not_report(plan, period, submitted, people, at, read):
    """九月办结第12项之后补开的十月：审批中心灯8项次，应报7，免报1。"""
    row = submitted("12", HALL, percent=100, stage="completed")
    workflow.approve_progress(row, by=people.office, at=at("2023-09-20 15:00"))
    who = {"by": people.office, "at": at("2023-09-21 08:00")}
    workflow.close_period(period, **who)
    [october] = workflow.plan_periods(plan, **who, first_month=10, last_month=10, due_day=25)
    workflow.open_period(october, **who)
    hall = people.reporter(HALL)
    home = read(hall, "home")
    lit = sum(map(int, re.findall(r"(?:红灯|黄灯|绿灯|未启动|已完成)(\d+)项", home)))
    owed, exempt = int(re.search(r"10月应报(\d+)项", home)[1]), int(re.search(r"其中\d+月免报(\d+)项", home)[1])
    assert (lit, exempt) == (owed + exempt, 1)
    slug = hall.department.slug
    assert re.search(
        r"10月已报0／\d+项次，免报1项次|9月已报\d+／\d+项次", read(people.office, "department_detail", slug)
    )
    assert "免报1" in read(people.office, "board_analysis", "2023-10")


def test_what_was_reported_last_is_never_taken_for_what_was_approved(plan, submitted, people, at, read):
    """九月报75%、没有审；十月的一行写明哪个是报的、哪个是通过的。"""
    submitted("12", HALL, percent=75)
    who = {"by": people.office, "at": at("2023-09-21 08:00")}
    [october] = workflow.plan_periods(plan, **who, first_month=10, last_month=10, due_day=25)
    workflow.open_period(october, **who)
    Measure.objects.filter(number="12").update(kind="milestone")
    home = read(people.reporter(HALL), "home")
    assert "9月报75%（待审核）按已通过的：" in home


def test_problems_of_a_measure_are_counted_apart_from_the_settled_ones(plan, period, people, at, read):
    who = {"by": people.office, "at": at("2023-09-10 10:00")}
    measure, room = Measure.objects.get(number="12"), Department.objects.get(name=HALL)
    made = [
        workflow.open_problem(
            plan, **who, measure=measure, title=f"问题{n}", text="缺资金", category="factors", level="department",
            department=room, due_on=at("2023-12-01 00:00").date(),
        )
        for n in range(3)
    ]  # fmt: skip
    type(made[0]).objects.filter(pk=made[0].pk).update(
        status="settled", settled_at=at("2023-09-12 10:00"), settled_by=people.office
    )
    assert "挂账问题未销号2件，已销号1件" in read(people.office, "measure_detail", "12")


def test_green_is_not_claimed_before_the_first_report_is_due(plan, period, submitted, people, read):
    """九月25日截止，22日一份也没有报：绿灯都是暂时的；报了一项的，说其中几项。"""
    lights = re.compile(r"绿灯（(均|其中\d+项)未到报送截止）")
    leader, hall = people.leader("李华斌"), people.reporter(HALL)
    assert lights.search(read(people.office, "board"))[1] == "均"
    assert re.search(r"绿灯\d+项（均未到报送截止）", read(leader, "lead"))
    home = read(hall, "home")
    green, undue = re.search(r"绿灯(\d+)项", home)[1], re.search(r"绿灯中未到报送截止(\d+)项", home)[1]
    assert green == undue
    submitted("11", HALL)
    assert lights.search(read(people.office, "board"))[1].startswith("其中")
    assert re.search(r"绿灯\d+项（其中\d+项未到报送截止）", read(leader, "lead"))
    assert f"绿灯中未到报送截止{int(undue) - 1}项" in read(hall, "home")


def test_green_is_plain_once_the_first_report_was_due(plan, period, people, read, settings):
    settings.BUSINESS_DATE = "2023-09-26"
    for user, name in ((people.office, "board"), (people.leader("李华斌"), "lead"), (people.reporter(HALL), "home")):
        assert "未到报送截止" not in read(user, name)


def test_an_item_with_its_own_span_prints_its_own_pace_on_every_page(plan, submitted, people, at, read):
    """第12项到十月底为止：序时是它自己的，不是题下全方案的70%。"""
    Measure.objects.filter(number="12").update(kind="milestone", due_on=at("2023-10-31 00:00").date())
    row = submitted("12", HALL, percent=66)
    workflow.approve_progress(row, by=people.office, at=at("2023-09-20 15:00"))
    workflow.rejudge_plan(plan)
    said = "进度66%，低于本项序时进度（87%）21个百分点"
    assert "序时进度70%" in read(people.office, "board")
    measure = Measure.objects.get(number="12")
    for user, name, *args in (
        (people.office, "board"),
        (people.office, "measure_detail", "12"),
        (people.leader(measure.leaders.first().name), "lead"),
        (people.office, "department_detail", row.assignment.department.slug),
    ):
        assert said in read(user, name, *args), name
