"""方案、操作记录：原文照登；记录只有办公室与管理员看得到，筛选写错不出错。"""

import pytest

from tasks.models import Event, Measure, Plan
from tests.markup import markup
from tests.world import OWN, the_world  # noqa: F401

pytestmark = pytest.mark.django_db


def test_everybody_reads_the_plan_word_for_word(client, people, plan):
    for user in (people.office, people.admin, people.leader("李华斌"), people.reporter(OWN)):
        client.force_login(user)
        page = markup(client.get("/plan/"))
        assert plan.document_number in page
        assert plan.goal in page
        for part in plan.safeguards:
            assert part["heading"] in page
        for measure in Measure.objects.all():
            assert measure.display_text in page


def test_the_page_without_a_plan_says_so(sign_in, people, plan):
    Plan.objects.update(is_current=False)
    assert "还没有现行方案。" in markup(sign_in(people.office).get("/plan/"))


def test_the_log_is_for_the_office_and_the_administrator(client, world):
    for role, code in (("office", 200), ("admin", 200), ("own", 403), ("leader", 403)):
        client.force_login(world.users[role])
        assert client.get("/log/").status_code == code


def test_every_act_is_in_the_log(client, world):
    client.force_login(world.office)
    response = client.get("/log/")
    assert response.context["page"]["page_obj"].paginator.count == Event.objects.count()
    page = markup(response)
    for label in ("退回修改", "审核通过", "开放报送", "办公室定灯"):
        assert label in page


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("q=退回", 1),
        ("q=查无此事", 0),
        ("measure=6", 2),
        ("measure=999", 0),
        ("since=2023-09-20&until=2023-09-20&measure=11", 2),  # 报送、申请办结
        ("since=2023-10-01", 0),
        ("until=2023-01-01", 0),
    ],
)
def test_the_log_is_filtered(client, world, query, count):
    client.force_login(world.office)
    assert client.get(f"/log/?{query}").context["page"]["page_obj"].paginator.count == count


@pytest.mark.parametrize(
    "query",
    [
        "since=0001-01-01",
        "until=9999-12-31",
        "since=2023-02-30",
        "since=昨天",
        "page=0",
        "page=x",
        "page=" + "9" * 40,
        "q=%00",
        "q=%25%5C_",
        "measure=%00",
        "measure=" + "9" * 500,
        "since=2023-09-30&until=2023-09-01",
    ],
)
def test_odd_filters_do_not_break_the_log(client, world, query):
    client.force_login(world.office)
    assert client.get(f"/log/?{query}").status_code == 200


def test_the_log_has_pages_and_keeps_the_filter(client, world, settings):
    Event.objects.bulk_create(
        Event(action="x", label="试", by=world.office, at="2023-09-21T00:00:00+08:00") for _ in range(120)
    )
    client.force_login(world.office)
    page = markup(client.get("/log/?q=试&page=2"))
    assert "第 2 页，共 3 页" in page
    assert "q=%E8%AF%95&amp;page=3" in page


@pytest.mark.parametrize("url", ["/plan/", "/log/"])
def test_looking_is_only_by_get(client, world, url):
    client.force_login(world.office)
    assert client.post(url).status_code == 405
