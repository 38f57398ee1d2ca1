"""报送期照办公室的定法：方案年度以后也能建，半月、季、旬、一次性，次月截止，遇休息日顺延；年底过了灯不停。"""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied

from tasks import workflow
from tasks.figures.ledger import Ledger, current_period
from tasks.models import Holiday, Measure, Progress, ReportingPeriod
from yingshang import clock

from ..parts import part

pytestmark = pytest.mark.django_db
D = dt.date
YEAR = {"first_month": 1, "last_month": 12, "due_day": 25}


@pytest.fixture
def make(plan, people, at):
    def do(when="2023-12-20 09:00", **wanted):
        return workflow.plan_periods(plan, by=people.office, at=at(when), **{**YEAR, **wanted})

    return do


@pytest.fixture
def december(make, plan, people, at):
    """十二月开放过、十二月二十八日关了：0.1.0 的账到此为止。"""
    [made] = make(first_month=12)
    workflow.open_period(made, by=people.office, at=at("2023-12-01 09:00"))
    return workflow.close_period(made, by=people.office, at=at("2023-12-28 17:00"))


def test_next_year_is_made_and_names_its_year(make):
    made = make(year=2024)
    assert (len(made), made[0].slug, made[0].due_on) == (12, "2024-01", D(2024, 1, 25))
    assert (made[0].name, made[0].short_name) == ("2024年1月", "2024年1月")
    assert make(year=2024) == []
    assert make(first_month=12)[0].short_name == "12月"


def test_a_year_too_far_away_is_a_slip_of_the_pen(make):
    with pytest.raises(workflow.Refused, match="现在至多建到 2024 年"):
        make(year=2042)


def test_nothing_is_made_after_the_year_when_everything_is_completed(make, plan, people, at):
    Measure.objects.filter(plan=plan).update(retired_in=plan.revision)
    with pytest.raises(workflow.Refused, match="都已办结"):
        make(year=2024)


@pytest.mark.parametrize(
    ("kind", "rule", "n", "count", "first"),
    [
        ("half_month", "after", 3, 20, ("2023年3月上半月", "3月上半月", D(2023, 3, 18))),
        ("ten_days", "after", 2, 30, ("2023年3月上旬", "3月上旬", D(2023, 3, 12))),
        ("quarter", "next", 10, 3, ("2023年二季度", "二季度", D(2023, 7, 10))),
        ("month", "next", 5, 10, ("2023年3月", "3月", D(2023, 4, 5))),
    ],
)
def test_periods_of_every_kind(make, kind, rule, n, count, first):
    made = make(first_month=3, kind=kind, due_rule=rule, due_day=n)
    assert (len(made), (made[0].name, made[0].short_name, made[0].due_on)) == (count, first)
    assert len({period.slug for period in ReportingPeriod.objects.all()}) == count


def test_two_kinds_never_ask_for_the_same_days_twice(make):
    make(first_month=3, last_month=6)
    with pytest.raises(workflow.Refused, match="已有2023年6月，与2023年二季度重叠"):
        make(first_month=3, kind="quarter")
    assert [p.name for p in make(first_month=7, kind="quarter", due_rule="next")] == ["2023年三季度", "2023年四季度"]


def test_a_due_day_before_its_period_is_refused_and_nothing_is_made(make):
    with pytest.raises(workflow.Refused, match="2023年3月中旬的截止日会是 2023年3月5日，早于这一期的起日"):
        make(first_month=3, kind="ten_days", due_day=5)
    assert not ReportingPeriod.objects.exists()


def test_days_of_rest_are_put_off_only_when_the_office_says_so(make):
    """3月25日周六、11月25日周六顺延到周一；6月25日是端午调休的上班日，不动。"""
    moved = {p.slug: p.due_on for p in make(first_month=3, is_moved=True)}
    assert [moved[f"2023-{m}"] for m in ("03", "06", "11")] == [D(2023, 3, 27), D(2023, 6, 25), D(2023, 11, 27)]
    ReportingPeriod.objects.all().delete()
    assert make(first_month=3)[0].due_on == D(2023, 3, 25)


def test_a_year_without_a_list_of_holidays_is_no_error(make, plan):
    plan.ends_on = D(2031, 12, 31)
    plan.save()
    assert not Holiday.objects.filter(day__year=2031).exists()
    made = make(year=2031, is_moved=True, due_day=4)
    assert made[9].due_on == D(2031, 10, 6)


def test_a_single_period_is_made_by_hand(plan, people, at, make):
    days = {"starts_on": D(2023, 6, 5), "ends_on": D(2023, 6, 20), "due_on": D(2023, 6, 28)}
    who = {"by": people.office, "at": at("2023-06-01 09:00")}
    made = workflow.add_period(plan, **who, name="年中自查", **days)
    assert (made.short_name, made.kind, made.slug) == ("年中自查", "once", "2023-06-05")
    make(first_month=6, last_month=6)
    with pytest.raises(workflow.Refused, match="年中自查也从2023年6月5日开始"):
        workflow.add_period(plan, **who, name="再查", **days)
    with pytest.raises(workflow.Refused, match="止日不能早于方案印发"):
        workflow.add_period(plan, **who, name="再查", **days | {"starts_on": D(2022, 1, 1), "ends_on": D(2022, 2, 1)})
    with pytest.raises(workflow.Refused, match="不能早于起日"):
        workflow.add_period(plan, **who, name="再查", **days | {"due_on": D(2023, 6, 1)})
    with pytest.raises(PermissionDenied):
        workflow.add_period(plan, by=people.admin, at=who["at"], name="再查", **days)


def test_a_single_period_does_not_take_the_place_of_the_month(plan, people, at, period):
    """九月里另有一次自查：总览默认仍看九月。"""
    days = {"starts_on": D(2023, 9, 11), "ends_on": D(2023, 9, 20), "due_on": D(2023, 9, 20)}
    who = {"by": people.office, "at": at("2023-09-10 09:00")}
    workflow.open_period(workflow.add_period(plan, **who, name="自查", **days), **who)
    assert current_period(plan, D(2023, 9, 22)) == period


def test_item_21_extended_into_january_is_reported_and_judged_there(december, make, plan, people, at):
    """第21项批准延期到 2024-01-31：一月照样报、照样判，二月过了时限就是红灯，不停在十二月二十八日。"""
    own = part("21", "科技创新部")
    Measure.objects.filter(pk=own.measure_id).update(due_on=D(2023, 12, 31), kind="routine")
    own.refresh_from_db()
    asked = workflow.request_extension(
        own, by=people.reporter("科技创新部"), at=at("2023-12-10 09:00"), new_due_on=D(2024, 1, 31), reason="评审延后"
    )
    workflow.approve_extension(asked, by=people.office, at=at("2023-12-12 09:00"))
    january = make(when="2024-01-02 09:00", year=2024)[0]
    january = workflow.open_period(january, by=people.office, at=at("2024-01-02 09:30"))
    row = Progress.objects.get(period=january, assignment=own)

    def line(day):
        return next(x for x in Ledger(plan, january, day).lines if x.measure.pk == own.measure_id)

    assert line(D(2024, 1, 20)).light.level == "yellow"
    assert line(D(2024, 2, 2)).light.level == "red"
    assert "已超 2 天" in line(D(2024, 2, 2)).light.reason
    content = {"text": "评审已过。", "stage": "in_progress"}
    who = {"by": people.reporter("科技创新部"), "at": at("2024-01-20 09:00")}
    row = workflow.submit_progress(row, **who, version=0, content=content)
    workflow.approve_progress(row, by=people.office, at=at("2024-01-21 09:00"))
    shown = line(D(2024, 1, 22)).light
    assert (shown.level, shown.reason, shown.pace) == ("yellow", "12月未报；距时限 9 天，尚未完成", 100)
    assert list(workflow.differences(plan)) == []
    assert Ledger(plan, december, D(2024, 1, 22)).as_of == D(2023, 12, 28)


def test_the_office_is_told_to_make_the_next_period(december, make, people, sign_in, settings):
    """十二月关了、一月没有建：总览“今天要办”就说；建了就不说。"""
    settings.BUSINESS_DATE = "2024-01-03"
    office = sign_in(people.office)
    assert "下一期还没有建" in office.get("/board/").content.decode()
    make(when="2024-01-02 09:00", year=2024)
    assert "下一期还没有建" not in office.get("/board/").content.decode()
    assert clock.today() == D(2024, 1, 3)
