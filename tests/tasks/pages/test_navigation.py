"""导航上的待办数：数得对，与点进去看到的一样多；全部徽标一次查询。"""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tasks import workflow
from tasks.figures.presence import Size
from tasks.models import Assignment, Measure, Plan, Problem
from tasks.pages import assignment as assignment_pages
from tasks.pages import coordination as coordination_pages
from tasks.pages import home as home_pages
from tasks.pages import instruction as instruction_pages
from tasks.pages import milestone as milestone_pages
from tasks.pages import navigation
from tasks.pages import progress as progress_pages
from tasks.pages import review as review_pages
from tests.world import world  # noqa: F401
from yingshang import stamp

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


@pytest.mark.parametrize(("role", "at_most"), [("填报人", 1), ("办公室", 1), ("领导", 0), ("管理员", 0)])
def test_all_badges_together_cost_one_query(users, role, at_most):
    user = users[role]
    with CaptureQueriesContext(connection) as queries:
        navigation.navigation(user, "/", TODAY)
    assert len(queries) == at_most


def test_counted_badges_are_counted_again_only_when_something_changed(users):
    user, state = users["办公室"], lambda: stamp.read(connection)
    first = navigation.navigation(user, "/", TODAY, state)
    with CaptureQueriesContext(connection) as queries:
        assert navigation.navigation(user, "/", TODAY, state) == first
    assert len(queries) == 1, "只问记号"
    Plan.objects.update(is_current=False)
    assert not any(item.count for item in navigation.navigation(user, "/", TODAY, state))
    navigation.navigation(users["领导"], "/", TODAY, lambda: pytest.fail("没有徽标，不必问"))


@pytest.mark.parametrize("role", ["own", "office"])
def test_no_badge_reads_every_report_there_ever_was(world, role):  # noqa: F811
    """每一页都要数：凭索引找，不从头到尾读报送表。"""
    if connection.vendor == "postgresql":
        connection.cursor().execute("SET LOCAL enable_seqscan = off")  # 表小的时候它本来就从头读
    for _, label, waiting in navigation._menu(world.users[role]):
        for rows in waiting(world.users[role], TODAY) if waiting else ():
            plan = rows.order_by().values(size=Size("pk")).explain()
            assert not re.search(r"(SCAN|Seq Scan on) tasks_progress\b", plan), (label, plan)


def test_with_no_plan_in_force_nothing_waits(users):
    Plan.objects.update(is_current=False)
    assert badges(users["办公室"]) == badges(users["填报人"]) == {}


def waiting_rows(user) -> dict:
    """每个徽标背后的各样，逐样数一遍。"""
    return {
        label: sum(rows.count() for rows in waiting(user, TODAY))
        for _, label, waiting in navigation._menu(user)
        if waiting
    }


@pytest.mark.parametrize("role", ["own", "other", "office", "leader", "admin"])
def test_a_badge_is_the_number_of_rows_behind_it(world, role):  # noqa: F811
    user = world.users[role]
    counted = waiting_rows(user)
    assert badges(user) == {label: n for label, n in counted.items() if n}


ON_BOARD = "急办批示没有回复|件请办公室协调|个节点待认可|件延期待批|件办结待核实"


def test_a_badge_is_the_number_its_page_lists(world):  # noqa: F811
    """我的任务：桌面上的六样；审核：清单有几条；问题台账：要核验的与逾期的；总览：“今天要办”里别处没有徽标的五样。"""
    desk, own = home_pages.desk(world.own, TODAY), badges(world.own)
    replies = [shown for shown in desk.instructions if shown.can_reply]
    helping = [row for row in desk.helping if not row.asked.answered_at]
    lists = (desk.tasks, replies, desk.asked, helping, desk.summaries_due, desk.follow_ups)
    assert own["我的任务"] == sum(map(len, lists))
    assert own["问题台账"] == len(desk.problems)
    office = badges(world.office)
    assert office["审核"] == len(review_pages.review_queue())
    problems = Problem.objects.visible_to(world.office).of_current_plan()
    assert office["问题台账"] == len([p for p in problems if p.is_applied or p.is_overdue(TODAY)])
    found = [
        *instruction_pages.chores(),
        *milestone_pages.chores(),
        *coordination_pages.chores(TODAY),
        *assignment_pages.chores(world.plan, TODAY),
    ]
    assert office["总览"] == sum(int(c.title.split()[0]) for c in found if re.search(ON_BOARD, c.title))


@pytest.mark.parametrize("role", ["填报人", "办公室", "领导", "管理员"])
def test_navigation_stays_short_and_marks_where_one_is(users, role):
    items = navigation.navigation(users[role], "/measures/12/milestones/", TODAY)
    assert 4 <= len(items) <= 9
    assert [item.label for item in items if item.current] == ["全部举措"]


def test_the_pages_of_ones_own_room_are_under_its_name(users):
    own = users["填报人"]
    for path in (f"/departments/{own.department.slug}/", f"/departments/{own.department.slug}/2023-09/"):
        items = navigation.navigation(own, path, TODAY)
        assert [item.label for item in items if item.current] == ["本部室"]


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
