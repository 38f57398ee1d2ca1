"""演示数据上总览、分析、考核与报送、通过各要几条查询：只许少，不许多（多了的说明为什么）。

“变过以后”是库里刚变过、第一次看；“没有变”是别人（或换个筛选）看过、库里没有变。
"""

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from departments.models import User
from tasks.models import Milestone, MilestoneTick, Progress

pytestmark = pytest.mark.django_db

# 网址 → 变过以后第一次看几条，没有变时几条。
PAGES = {
    "/board/": (19, 9),  # 连同别的在办方案有没有、没到截止日的暂时的绿灯，变过以后各问一次
    "/board/2023-08/": (19, 10),  # 连同那一天的名字，一次
    "/board/2023-09/analysis/": (14, 4),
    "/board/2023-08/analysis/": (15, 5),
    "/assessment/": (15, 4),
    "/assessment/?first=2023-03&last=2023-08": (18, 6),
}


def queries(ask) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert ask().status_code in (200, 302)
    return len(captured)


@pytest.mark.parametrize("url", PAGES)
def test_a_page_of_numbers_costs_few_questions(demo, client, url):
    client.force_login(User.objects.get(username="office"))
    client.get(url)
    cache.clear()
    assert (queries(lambda: client.get(url)), queries(lambda: client.get(url))) == PAGES[url]


@pytest.fixture
def approving(demo, client):
    """登录的办公室，和要通过的一条（没有量化目标、不办结的）。"""
    client.force_login(User.objects.get(username="office"))
    client.get("/help/")
    row = Progress.objects.waiting().filter(period__status="open").exclude(stage="completed").order_by("pk").first()
    return lambda: queries(lambda: client.post(f"/review/{row.pk}/approve/")), row


def test_a_report_costs_few_questions(demo, client):
    row = Progress.objects.filter(period__status="open", status="missing", assignment__ended_in=None).order_by("pk")[0]
    client.force_login(User.objects.filter(role="reporter", department=row.assignment.department).first())
    client.get("/help/")
    said = {
        "version": row.version,
        "stage": "in_progress",
        "percent": 60,
        "text": "完成了本月的工作。",
        "next_steps": "继续。",
    }
    data = {"do": "submit"} | {f"p{row.pk}-{name}": value for name, value in said.items()}
    assert queries(lambda: client.post(f"/progress/{row.pk}/", data)) <= 35  # 判灯的理由照单位的统称写：名称问一次
    row.refresh_from_db()
    assert row.status == "submitted"


def test_an_approval_costs_few_questions(approving):
    ask, row = approving
    assert ask() <= 26
    row.refresh_from_db()
    assert row.status == "approved"


def test_approving_what_finishes_milestones_judges_once(approving):
    """勾的节点多一个，只多认定它的三条（看勾过没有、写下、操作记录），不再判一遍。"""
    ask, row = approving
    office = User.objects.get(username="office")
    for n in range(3):
        made = Milestone.objects.create(
            assignment=row.assignment, name=f"节点{n}", due_on=row.period.due_on,
            proposed_by=office, proposed_at=row.period.opened_at, agreed_by=office, agreed_at=row.period.opened_at,
        )  # fmt: skip
        MilestoneTick.objects.create(progress=row, milestone=made)
    assert ask() <= 26 + 3 * 3 + 1
    assert row.assignment.milestones.filter(done_on__isnull=False).count() >= 3
