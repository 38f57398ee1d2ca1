"""填报的表单从哪里预填：目标与节点是这一项自己的，上次是更早一期的，重新打开的不再预填“已完成”。"""

from decimal import Decimal

import pytest
from django.urls import reverse

from tasks import workflow
from tasks.models import Measure, Progress, Target
from tasks.pages import home as home_pages
from tasks.pages import progress as progress_pages
from tests.tasks.parts import HALL, TODAY, part
from tests.world import form_on

pytestmark = pytest.mark.django_db


@pytest.fixture
def five(report):
    """第 5 项：审批中心填报，有两个量化目标。"""
    return report("5", HALL)


def drafted(row, people, at, values):
    who = {"by": people.reporter(HALL), "at": at("2023-09-20 10:00")}
    return workflow.save_progress(row, **who, version=row.version, content={"text": "写了"}, values=values)


def kept(row) -> dict:
    return {v.target: v.value for v in Progress.objects.get(pk=row.pk).values.all()}


def test_the_targets_are_on_the_form_whatever_the_ledger_of_the_desk_covers(five, people, at, sign_in, monkeypatch):
    """首页的台账一项也没有，表单照样有目标；存了值还在。"""
    days, seals = five.assignment.measure.targets.order_by("order")
    drafted(five, people, at, {days: Decimal("0.5"), seals: Decimal(4)})
    monkeypatch.setattr(home_pages, "measures_of", lambda plan, department: Measure.objects.none())
    client, url = sign_in(people.reporter(HALL)), reverse("progress_report", args=[five.pk])
    fields = form_on(client.get(f"/?open={five.pk}"), url)["fields"]
    assert fields[f"p{five.pk}-target_{days.pk}"] == "0.5"
    client.post(url, fields | {"do": "draft", f"p{five.pk}-text": "写了更多"})
    assert kept(five) == {days: Decimal("0.5"), seals: Decimal(4)}


def test_only_the_targets_that_were_on_the_page_are_emptied(five, people, at, sign_in):
    """打开页面以后办公室补了一个目标、同事填了它：按旧页面存，不把它清掉；页面上有而清空的才清。"""
    days, seals = five.assignment.measure.targets.order_by("order")
    client, url = sign_in(people.reporter(HALL)), reverse("progress_report", args=[five.pk])
    drafted(five, people, at, {days: Decimal("0.5"), seals: Decimal(4)})
    fields = form_on(client.get(f"/?open={five.pk}"), url)["fields"]
    del fields[f"p{five.pk}-target_{seals.pk}"]
    client.post(url, fields | {"do": "draft", f"p{five.pk}-target_{days.pk}": ""})
    assert kept(five) == {seals: Decimal(4)}


def test_no_change_takes_over_the_last_values_and_nothing_else(five, people, at, submitted, plan, sign_in):
    """本期无变化：完成值就是上次的；本期草稿里写过、上次没有的，先问，自己清空了才不留。"""
    days, seals = five.assignment.measure.targets.order_by("order")
    workflow.approve_progress(
        submitted("5", HALL, values={days: Decimal("0.5")}), by=people.office, at=at("2023-09-21 09:00")
    )
    who = {"by": people.office, "at": at("2023-09-21 10:00")}
    [october] = workflow.plan_periods(plan, **who, first_month=10, last_month=10, due_day=25)
    workflow.open_period(october, **who)
    row = Progress.objects.get(period=october, assignment=five.assignment)
    row = drafted(row, people, at, {seals: Decimal(9)})
    client, url = sign_in(people.reporter(HALL)), reverse("progress_report", args=[row.pk])
    fields = form_on(client.get(f"/?open={row.pk}"), url)["fields"] | {"do": "no_change"}
    assert client.post(url, fields).status_code == 422
    assert kept(row) == {seals: Decimal(9)}
    client.post(url, fields | {f"p{row.pk}-target_{seals.pk}": "", f"p{row.pk}-text": ""})
    assert kept(row) == {days: Decimal("0.5")}


def test_the_rule_of_whose_target_it_is_stands_in_one_place(plan):
    """指明由谁报的只有那个部室填，没有指明的各牵头部室都填。"""
    eight = Measure.objects.get(plan=plan, number="8")
    one, other = eight.assignments.order_by("order")
    shared = Target.objects.create(
        measure=eight, name="共有", operator="ge", value=1, unit="个", strength="must", quote=eight.text[:4]
    )
    own = Target.objects.create(
        measure=eight, department=other.department, name="自己的", operator="ge", value=1, unit="个", strength="must",
        quote=eight.text[:4],
    )  # fmt: skip
    assert shared in one.targets
    assert own not in one.targets
    assert {shared, own} <= set(other.targets)


# ── 上次 ──────────────────────────────────────────────────


def test_each_of_two_open_periods_is_compared_with_its_own_earlier_one(plan, people, at):
    """7、8 月都开着：7 月的上次不是 8 月那条。"""
    who = {"by": people.office, "at": at("2023-07-01 08:00")}
    june, july, august = (
        workflow.open_period(p, **who)
        for p in workflow.plan_periods(plan, **who, first_month=6, last_month=8, due_day=25)
    )

    def row(period):
        return Progress.objects.get(period=period, assignment__measure__number="12")

    for period, percent in ((june, 40), (august, 80)):
        content = {"text": "推进。", "stage": "in_progress", "percent": percent}
        mine = {"by": people.reporter(HALL), "at": at("2023-07-02 10:00"), "version": 0, "content": content}
        (workflow.submit_progress if period == june else workflow.save_progress)(row(period), **mine)
    workflow.submit_progress(row(august), **mine | {"version": 1})
    assert progress_pages.last_reports([row(july)]) == {row(july).pk: row(june)}
    owed = list(progress_pages.owed_by(row(july).assignment.department).filter(assignment__measure__number="12"))
    assert progress_pages.last_reports([*owed, row(august)]) == {row(july).pk: row(june), row(august).pk: row(june)}
    [row_of_july] = owed
    desk = home_pages.desk(people.reporter(HALL), at("2023-08-10 09:00").date(), opened=row_of_july.pk)
    [task] = [t for t in desk.tasks if t.progress in owed]
    assert (task.last, task.form.last) == (row(june), row(june))


@pytest.fixture
def open_again(plan, people, at, submitted):
    """第 11 项（常态类）9 月办结，10 月开放后又重新打开。"""
    workflow.approve_progress(submitted("11", HALL, stage="completed"), by=people.office, at=at("2023-09-21 09:00"))
    who = {"by": people.office, "at": at("2023-10-01 08:00")}
    [october] = workflow.plan_periods(plan, **who, first_month=10, last_month=10, due_day=25)
    workflow.open_period(october, **who)
    workflow.reopen_completion(part("11"), **who, reason="复查不合格。")
    return Progress.objects.get(period=october, assignment=part("11"))


def test_no_change_after_reopening_does_not_complete_the_item_again(open_again, people, at, sign_in):
    client, url = sign_in(people.reporter(HALL)), reverse("progress_report", args=[open_again.pk])
    client.post(url, form_on(client.get(f"/?open={open_again.pk}"), url)["fields"] | {"do": "no_change"})
    row = Progress.objects.get(pk=open_again.pk)
    assert (row.status, row.stage, row.is_no_change) == ("submitted", "in_progress", True)
    workflow.approve_progress(row, by=people.office, at=at("2023-10-03 09:00"))
    assert part("11").status == "open"


def test_after_reopening_the_form_starts_from_in_progress(open_again, people, sign_in):
    desk = home_pages.desk(people.reporter(HALL), TODAY, opened=open_again.pk)
    [task] = [t for t in desk.tasks if t.progress == open_again]
    assert task.form["stage"].value() == "in_progress"
    assert task.last.stage == "completed"
