"""共同牵头：各部室的部分并排看，各看得到该看的；汇总由指定的部室写，没有指定时由办公室写，一期一份，改不丢。"""

import datetime as dt
from functools import partial

import pytest
from django.core.exceptions import PermissionDenied
from django.http import QueryDict

from departments.models import Department
from tasks import workflow
from tasks.figures.ledger import Ledger
from tasks.imports import applying
from tasks.models import Event, JointSummary, Measure
from tasks.pages import home as home_pages
from tasks.pages import joint as joint_pages
from tasks.pages import navigation
from tests.tasks.expectations import nobody
from tests.tasks.imports.test_applying import table
from tests.tasks.together import at_the_same_time

pytestmark = pytest.mark.django_db
TODAY = dt.date(2023, 9, 22)
EVENTS = {"write_joint_summary": ["joint_summary"]}


@pytest.fixture
def fourteen(plan):
    return Measure.objects.get(plan=plan, number="14")


@pytest.fixture
def nominated(fourteen):
    """指定党务办为汇总部室。"""
    fourteen.summary_department = Department.objects.get(name="党务办")
    fourteen.save()
    return fourteen


@pytest.fixture
def users(people):
    return {
        "汇总部室": people.reporter("党务办"),
        "另一牵头部室": people.reporter("经济发展部"),
        "别部室": people.reporter("财务部"),
        "办公室": people.office,
        "领导": people.leader("张富平"),
        "管理员": people.admin,
        "未登录": nobody(),
    }


def write(measure, period, by, at, text="两个部室合力推进。", version=0, when="2023-09-21 09:00"):
    return workflow.write_joint_summary(measure, period, by=by, at=at(when), version=version, text=text)


def look(measure, user, period, slug="", **extra):
    ledger = Ledger(measure.plan, period, TODAY, measures=Measure.objects.filter(pk=measure.pk))
    return joint_pages.joint(measure, user, ledger, slug, **extra)


def shown_texts(found):
    return {item.part.department.name: item.content.text if item.content else None for item in found.parts}


# ── 谁可以写 ──────────────────────────────────────────────
# 可：写得成；禁：不是你的事。
WHO = """
有无汇总部室 汇总部室 另一牵头部室 别部室 办公室 领导 管理员 未登录
指定         可       禁           禁     禁     禁   禁     禁
没有指定     禁       禁           禁     可     禁   禁     禁
"""
HEAD, *LINES = (line.split() for line in WHO.strip().splitlines())


@pytest.mark.parametrize("line", LINES, ids=lambda line: line[0])
def test_who_may_write_it(line, fourteen, period, users, at, request):
    measure = request.getfixturevalue("nominated") if line[0] == "指定" else fourteen
    for role, expected in zip(HEAD[1:], line[1:], strict=True):
        form = look(measure, users[role], period).form if role != "未登录" else None
        assert (form is not None) is (expected == "可"), role
        if expected == "可":
            write(measure, period, users[role], at)
            JointSummary.objects.all().delete()
        else:
            with pytest.raises(PermissionDenied):
                write(measure, period, users[role], at)
    assert not JointSummary.objects.exists()


def test_the_nomination_in_force_when_writing_decides(nominated, period, people, at):
    """页面打开之后改了指定的部室：以库里现在的为准。"""
    stale = Measure.objects.get(pk=nominated.pk)
    Measure.objects.filter(pk=nominated.pk).update(summary_department=Department.objects.get(name="经济发展部"))
    with pytest.raises(PermissionDenied):
        write(stale, period, people.reporter("党务办"), at)


def test_a_summary_keeps_what_who_when_and_writes_its_event(nominated, period, people, at):
    made = write(nominated, period, people.reporter("党务办"), at)
    made.refresh_from_db()
    assert (made.text, made.department.name, made.version) == ("两个部室合力推进。", "党务办", 1)
    assert (made.by, made.at) == (people.reporter("党务办"), at("2023-09-21 09:00"))
    event = Event.objects.get(action="joint_summary")
    assert (event.note, event.measure, event.period, event.by) == (made.text, nominated, period, made.by)
    assert (event.department.name, event.is_public) == ("党务办", False)


@pytest.fixture
def replaced(plan, nominated, people, at):
    """方案修订：第 14 项不再由党务办（指定的汇总部室）牵头，换成财务部。"""

    def revise(when="2023-09-13 09:00"):
        who = {"by": people.admin, "at": at(when)}
        data = table(plan, lambda rows: [[*r[:4], "经济发展部、财务部"] if r[0] == "14" else r for r in rows])
        return applying.apply_revision(applying.draft(plan, data, "修订.csv", **who), **who)

    return revise


def test_a_department_that_no_longer_leads_neither_writes_nor_reads_it(nominated, replaced, period, people, at):
    """它牵头时那一期还没有关闭的汇总，以后写的都与它无关；汇总改由办公室写。"""
    write(nominated, period, people.reporter("党务办"), at, when="2023-09-12 09:00")
    replaced()
    with pytest.raises(PermissionDenied):
        write(nominated, period, people.reporter("党务办"), at, version=1)
    current = Measure.objects.get(pk=nominated.pk)
    made = write(current, period, people.office, at, version=1, text="新的汇总。")
    assert made.department.name == "经济发展部"
    seen = {
        name
        for name in ("党务办", "经济发展部", "财务部")
        if joint_pages.summary_of(current, period, people.reporter(name))
    }
    assert seen == {"经济发展部", "财务部"}
    assert look(current, people.office, period).form is not None


def test_what_was_summed_up_while_it_led_stays_readable(nominated, replaced, period, people, at):
    """还在牵头时就关闭了的一期，换下来之后照样看得到。"""
    write(nominated, period, people.reporter("党务办"), at, when="2023-09-12 09:00")
    closed = workflow.close_period(period, by=people.office, at=at("2023-09-28 17:00"))
    replaced("2023-10-09 09:00")
    assert joint_pages.summary_of(nominated, closed, people.reporter("党务办")).text == "两个部室合力推进。"
    assert JointSummary.objects.visible_to(people.reporter("党务办")).count() == 1


def test_the_box_is_filled_with_the_parts_that_can_be_read(nominated, period, submitted, people, at):
    for department in ("党务办", "经济发展部"):
        row = submitted("14", department, text=f"{department}做的事。")
        workflow.approve_progress(row, by=people.office, at=at("2023-09-20 15:00"))
    form = look(nominated, people.reporter("党务办"), period).form
    assert form["text"].value() == "党务办：党务办做的事。\n经济发展部：经济发展部做的事。"
    write(nominated, period, people.reporter("党务办"), at)
    assert look(nominated, people.reporter("党务办"), period).form["text"].value() == "两个部室合力推进。"


def test_the_summary_is_a_task_on_the_desk_until_it_is_written(nominated, period, submitted, people, at):
    user = people.reporter("党务办")
    submitted("14", "党务办")
    before = navigation._badges(user, TODAY)["我的任务"]
    desk = home_pages.desk(user, TODAY)
    [due] = desk.summaries_due
    assert (due.measure, due.period, len(due.line.reports), due.line.reported) == (nominated, period, 2, 1)
    assert ("h-sum", "1 份汇总没有写") in desk.besides
    assert home_pages.desk(people.reporter("经济发展部"), TODAY).summaries_due == []
    write(nominated, period, user, at)
    assert home_pages.desk(user, TODAY).summaries_due == []
    assert navigation._badges(user, TODAY)["我的任务"] == before - 1


def test_no_summary_is_asked_for_when_the_period_is_closed(nominated, period, people, at):
    workflow.close_period(period, by=people.office, at=at("2023-09-30 17:00"))
    assert home_pages.desk(people.reporter("党务办"), TODAY).summaries_due == []


def test_a_returned_part_is_not_said_to_be_sent(nominated, period, submitted, people, at, client):
    row = submitted("14", "经济发展部")
    workflow.return_progress(row, by=people.office, at=at("2023-09-20 15:00"), reason="请补充。")
    client.force_login(people.reporter("党务办"))
    page = client.get("/measures/14/").content.decode()
    assert "已退回修改，重新报送通过后可见。" in page
    assert "已报送，审核通过后可见" not in page


@pytest.mark.parametrize("text", ["", "  "])
def test_an_empty_summary_is_refused(nominated, period, people, at, text):
    with pytest.raises(workflow.Refused, match="请写汇总内容。"):
        write(nominated, period, people.reporter("党务办"), at, text=text)


@pytest.mark.parametrize("status", ["planned", "closed"])
def test_only_an_open_period_is_summarised(nominated, period, people, at, status):
    if status == "closed":
        workflow.close_period(period, by=people.office, at=at("2023-09-30 17:00"))
    else:
        who = {"by": people.office, "at": at("2023-09-01 09:00")}
        [period] = workflow.plan_periods(nominated.plan, **who, first_month=10, last_month=10, due_day=25)
    with pytest.raises(workflow.Refused, match="没有在报送中"):
        write(nominated, period, people.reporter("党务办"), at)
    assert not JointSummary.objects.exists()


def test_a_measure_of_one_department_needs_no_summary(plan, period, people, at):
    ten = Measure.objects.get(plan=plan, number="10")
    with pytest.raises(workflow.Refused, match="不用写汇总"):
        write(ten, period, people.office, at)
    assert look(ten, people.office, period) is None


def test_one_per_measure_and_period(fourteen, plan, period, people, at):
    who = {"by": people.office, "at": at("2023-09-01 09:00")}
    [october] = workflow.plan_periods(plan, **who, first_month=10, last_month=10, due_day=25)
    october = workflow.open_period(october, **who)
    write(fourteen, period, people.office, at)
    write(fourteen, october, people.office, at)
    write(Measure.objects.get(plan=plan, number="8"), period, people.office, at)
    write(fourteen, period, people.office, at, text="改过的。", version=1)
    assert JointSummary.objects.count() == 3
    assert JointSummary.objects.get(measure=fourteen, period=period).text == "改过的。"


def test_when_two_people_write_the_later_one_sees_the_other_and_loses_nothing(nominated, period, people, at):
    first, second = people.reporter("党务办", 1), people.reporter("党务办", 2)
    write(nominated, period, first, at, text="甲写的")
    data = {"version": "0", "text": "乙写的"}
    filled = joint_pages.fill(nominated, period, data_of(data), by=second, at=at("2023-09-21 09:05"))
    assert (filled.status, filled.conflict.text, filled.form["text"].value()) == (409, "甲写的", "乙写的")
    assert JointSummary.objects.get().text == "甲写的"
    data["version"] = str(filled.form["version"].value())
    assert joint_pages.fill(nominated, period, data_of(data), by=second, at=at("2023-09-21 09:06")).form is None
    assert JointSummary.objects.get().text == "乙写的"


def data_of(pairs):
    data = QueryDict(mutable=True)
    data.update(pairs)
    return data


# ── 谁看得到什么 ──────────────────────────────────────────


def test_each_sees_of_the_parts_what_he_may_see(fourteen, period, submitted, people, at):
    workflow.approve_progress(
        submitted("14", "党务办", text="党务办做了。"), by=people.office, at=at("2023-09-21 09:00")
    )
    submitted("14", "经济发展部", text="经济发展部做了。")
    both = {"党务办": "党务办做了。", "经济发展部": "经济发展部做了。"}
    for user in (people.office, people.leader("王卫东"), people.admin, people.reporter("经济发展部")):
        assert shown_texts(look(fourteen, user, period)) == both
    for user in (people.reporter("党务办"), people.reporter("财务部")):
        found = look(fourteen, user, period)
        assert shown_texts(found) == {"党务办": "党务办做了。", "经济发展部": None}
        assert [item.is_sent for item in found.parts] == [True, True]


def test_measure_four_shows_nine_parts(plan, period, people):
    assert len(look(Measure.objects.get(plan=plan, number="4"), people.office, period).parts) == 9


def test_the_summary_is_read_by_those_who_share_the_measure_and_above(nominated, period, people, at):
    write(nominated, period, people.reporter("党务办"), at)
    for user in (people.reporter("经济发展部"), people.office, people.leader("王卫东"), people.admin):
        assert look(nominated, user, period).summary.text == "两个部室合力推进。"
    assert look(nominated, people.reporter("财务部"), period).summary is None
    assert not JointSummary.objects.visible_to(nobody()).exists()


def test_earlier_periods_can_be_turned_to(nominated, plan, period, people, at):
    write(nominated, period, people.reporter("党务办"), at)
    workflow.close_period(period, by=people.office, at=at("2023-09-30 17:00"))
    who = {"by": people.office, "at": at("2023-10-01 09:00")}
    [october] = workflow.plan_periods(plan, **who, first_month=10, last_month=10, due_day=25)
    october = workflow.open_period(october, **who)
    now = look(nominated, people.reporter("党务办"), october)
    assert (now.period, now.previous.slug, now.following, now.summary) == (october, "2023-09", None, None)
    then = look(nominated, people.reporter("党务办"), october, "2023-09")
    assert (then.period.slug, then.following, then.form) == ("2023-09", october, None)
    assert then.summary.text == "两个部室合力推进。"
    assert look(nominated, people.office, october, "没有这一期").period == october


def test_before_any_period_the_parts_are_still_listed(fourteen, people):
    found = look(fourteen, people.office, None)
    assert (found.period, found.form, len(found.parts)) == (None, None, 2)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_first_versions_at_once_make_one(nominated, period, people, at):
    calls = [
        partial(write, nominated, period, people.reporter("党务办", n), at, text=f"第{n}个人写的") for n in (1, 2, 3)
    ]
    results = at_the_same_time(calls)
    assert sorted(type(r).__name__ for r in results) == ["Conflict", "Conflict", "JointSummary"]
    assert JointSummary.objects.get().version == 1
    assert Event.objects.filter(action="joint_summary").count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_writing_while_the_period_closes_never_changes_a_closed_period(nominated, period, people, at):
    when = at("2023-09-30 17:00")
    results = at_the_same_time(
        [
            partial(write, nominated, period, people.reporter("党务办"), at),
            partial(workflow.close_period, period, by=people.office, at=when),
        ]
    )
    order = list(
        Event.objects.filter(action__in=["joint_summary", "period_close"])
        .order_by("pk")
        .values_list("action", flat=True)
    )
    assert order == (["joint_summary", "period_close"] if isinstance(results[0], JointSummary) else ["period_close"])
