"""导航上的待办数：数得对；一个徽标一次查询。"""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tasks import workflow
from tasks.models import Assignment, Measure
from tasks.pages import instruction as instruction_pages
from tasks.pages import milestone as milestone_pages
from tasks.pages import navigation
from tasks.pages import progress as progress_pages

pytestmark = pytest.mark.django_db
TODAY = dt.date(2023, 9, 22)


@pytest.fixture
def users(people, period):
    return {
        "填报人": people.reporter("审批中心"),
        "办公室": people.office,
        "领导": people.leader("李华斌"),
        "管理员": people.admin,
    }


def badges(user) -> dict:
    return {item.label: item.count for item in navigation.navigation(user, "/", TODAY) if item.count}


@pytest.mark.parametrize(("role", "at_most"), [("填报人", 2), ("办公室", 3), ("领导", 1), ("管理员", 1)])
def test_each_badge_costs_one_query(users, role, at_most):
    user = users[role]
    with CaptureQueriesContext(connection) as queries:
        navigation.navigation(user, "/", TODAY)
    assert len(queries) <= at_most
    assert all(re.match(r"SELECT COUNT\(\*\)", q["sql"]) for q in queries.captured_queries)


@pytest.mark.parametrize("role", ["填报人", "办公室", "领导", "管理员"])
def test_navigation_stays_short_and_marks_where_one_is(users, role):
    items = navigation.navigation(users[role], "/measures/12/milestones/", TODAY)
    assert 4 <= len(items) <= 9
    assert [item.label for item in items if item.current] == ["全部举措"]


def test_things_of_different_kinds_are_added_up_even_with_the_same_number(users, people, at, plan):
    """两样东西的编号相同也各算各的。"""
    before = badges(users["办公室"]).get("总览", 0)
    office, moment = people.office, at("2023-09-20 09:00")
    seven = Measure.objects.get(plan=plan, number="7")
    workflow.issue_instruction(seven, by=users["领导"], at=moment, text="请抓紧。", is_urgent=True)
    part = Assignment.objects.get(measure=seven)
    waiting = workflow.propose_milestone(part, by=users["填报人"], at=moment, name="招标", due_on=dt.date(2023, 10, 1))
    pks = [row.pk for row in (instruction_pages.unanswered_urgent().get(), milestone_pages.waiting().get())]
    assert badges(users["办公室"])["总览"] == before + 2, pks
    workflow.agree_milestone(waiting, by=office, at=moment)
    assert badges(users["办公室"])["总览"] == before + 1


def test_the_desk_counts_reports_and_instructions_together(users, at, plan):
    owed = progress_pages.owed_by(users["填报人"].department).count()
    assert badges(users["填报人"])["我的任务"] == owed == 7 + 1
    seven = Measure.objects.get(plan=plan, number="7")
    made = workflow.issue_instruction(seven, by=users["领导"], at=at("2023-09-20 09:00"), text="请抓紧。")
    assert badges(users["填报人"])["我的任务"] == owed + 1
    workflow.reply_instruction(made, by=users["填报人"], at=at("2023-09-20 10:00"), text="已办。")
    assert badges(users["填报人"])["我的任务"] == owed
