"""方案、操作记录：原文照登；记录只有办公室与管理员看得到，筛选写错不出错。"""

import re

import pytest

from departments.models import Role
from tasks import workflow
from tasks.imports import closing
from tasks.models import Assignment, Event, Measure, Plan
from tests.factories import at, make_plan, make_user
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


def test_the_founding_plan_prints_its_own_three_headings(sign_in, people, plan):
    page = markup(sign_in(people.office).get("/plan/"))
    assert re.findall(r"<h2>([一二三]、.*?)</h2>", page) == ["一、总体目标", "二、具体举措", "三、保障措施"]
    assert page.count("<h3>（") == len(plan.safeguards)


def test_headings_are_printed_where_they_change_and_none_is_invented(sign_in):
    plan = make_plan(measures=5)
    Plan.objects.filter(pk=plan.pk).update(goal="到年底见效。", safeguards=[{"heading": "", "text": "要抓。"}])
    client = sign_in(make_user("office", Role.OFFICE))
    shown = markup(client.get("/plan/"))
    assert "到年底见效。" in shown and "要抓。" in shown and not re.search("<h[23]>[一二三（<]", shown)
    one, two = "二、重点任务\n（一）政务环境", "二、重点任务\n（二）要素环境"
    for number, section in (("1", one), ("2", one), ("3", two), ("4", ""), ("5", "三、创新任务")):
        plan.measures.filter(number=number).update(section=section)
    Plan.objects.filter(pk=plan.pk).update(goal_heading="一、工作目标", safeguards_heading="四、组织实施")
    found = re.findall(r'<h[23]>(.+?)</h[23]>|id="m(\d)"', markup(client.get("/plan/")))
    printed = [heading or number for heading, number in found]
    assert printed[: printed.index("四、组织实施") + 1] == [
        *("一、工作目标", "二、重点任务", "（一）政务环境", "1", "2", "（二）要素环境", "3", "4"),
        *("三、创新任务", "5", "四、组织实施"),
    ]
    assert "二、重点任务第 3 条" in markup(client.get("/measures/3/"))


def test_a_plan_of_thousands_is_read_page_by_page(sign_in):
    """引言与目标在头一页，保障措施在末一页，中间各项一项不漏；短的方案只有一页。"""
    plan = make_plan(measures=900, departments=2)
    Plan.objects.filter(pk=plan.pk).update(goal="到年底见效。", safeguards=[{"heading": "加强领导", "text": "要抓。"}])
    client = sign_in(make_user("office", Role.OFFICE))
    first = client.get("/plan/")
    count = first.context["page_obj"].paginator.num_pages
    pages = [first, *(client.get(f"/plan/?page={n}") for n in range(2, count + 1))]
    assert count > 2
    assert [row.measure.number for page in pages for row in page.context["measures"]] == [str(n) for n in range(1, 901)]
    assert all(len(page.content) < 300_000 for page in pages)
    assert ["到年底见效。" in markup(page) for page in pages] == [True] + [False] * (count - 1)
    assert ["加强领导" in markup(page) for page in pages] == [False] * (count - 1) + [True]


def test_a_plan_of_twenty_one_is_on_one_page(sign_in, people, plan):
    assert sign_in(people.office).get("/plan/").context["page_obj"].paginator.num_pages == 1


def test_withdrawn_measures_are_counted_and_listed_up_to_a_bound(sign_in, people, plan, monkeypatch):
    monkeypatch.setattr("tasks.pages.plan.RETIRED", 2)
    Measure.objects.bulk_create(
        Measure(plan=plan, number=str(n), position=n, title=f"旧{n}", text="旧。", retired_in=plan.revision)
        for n in range(90, 95)
    )
    shown = markup(sign_in(people.office).get("/plan/"))
    assert '已退出的举措<span class="cnt">5</span>' in shown
    assert "只列前 2 项，其余见各版的差异。" in shown


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


def test_a_search_in_the_log_keeps_the_newest_first_and_knows_no_case(client, world):
    rows = [Event(action="admin_x", label="核对", by=world.office, at=at(f"2023-09-{d:02d} 09:00"), note="5G 基站")
            for d in (3, 1, 2)]  # fmt: skip
    made = Event.objects.bulk_create(rows)
    client.force_login(world.office)
    for words in ("5g", "基站"):
        found = [row for row, *_ in client.get(f"/log/?q={words}").context["page"]["rows"]]
        assert found == [made[0], made[2], made[1]]


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


# ── 收尾、归档 ──


def test_the_page_asks_for_each_unfinished_measure_and_says_what_is_wrong(sign_in, people, plan):
    """写错的放回原处，逐项说哪里、怎么改；写对了转入收尾，移交的两头点得到对方。"""
    other = make_plan(measures=2, year=2024)
    client, url = sign_in(people.office), f"/plan/{plan.pk}/close/"
    asked = client.get(url).context["form"]
    assert [row.measure.number for row in asked.rows] == [m.number for m in Measure.objects.filter(plan=plan)]
    seven = Measure.objects.get(plan=plan, number="7")
    data = {f"m{m.pk}-kind": "carried" for m in Measure.objects.filter(plan=plan)}
    data |= {f"m{seven.pk}-kind": "handed", f"m{seven.pk}-plan": other.pk, f"m{seven.pk}-number": "9"}
    wrong = client.post(url, data)
    assert wrong.status_code == 422
    assert "《2024年测试方案》没有第9项，请到那份方案的“全部举措”核对序号。" in markup(wrong)
    done = client.post(url, data | {f"m{seven.pk}-number": "2"}, follow=True)
    assert "在本方案继续办 20 项，移交另一份方案 1 项。" in markup(done)
    old = markup(client.get(f"/measures/retired/{seven.pk}/"))
    assert f'<a href="/{other.slug}/measures/2/">移交《2024年测试方案》第2项</a>' in old
    new = markup(client.get(f"/{other.slug}/measures/2/"))
    assert f'<a href="/measures/retired/{seven.pk}/">接办《{plan.title}》第7项，此前的进展在那里</a>' in new
    assert "转入收尾。" in markup(client.get("/plan/"))


def test_an_archived_plan_is_read_by_all_and_every_page_of_it_says_so(sign_in, people, plan):
    """归档的：人人看得到，页头写着只看不改；交上来的一句话说为什么不行。"""
    old = make_plan(measures=1, year=2022)
    office = sign_in(people.office)
    [measure] = Measure.objects.filter(plan=old)
    office.post(f"/plan/{old.pk}/close/", {f"m{measure.pk}-kind": "ended", f"m{measure.pk}-reason": "不再要求。"})
    assert "已归档" in markup(office.post(f"/plan/{old.pk}/archive/", follow=True))
    for user in (people.office, people.admin, people.leader("李华斌"), people.reporter(OWN)):
        page = markup(sign_in(user).get("/2022/measures/"))
        assert "已归档，只看不改" in page
    refused = markup(
        sign_in(people.office).post("/2022/periods/year/", {"first_month": 4, "last_month": 5, "due_day": 20})
    )
    assert "《2022年测试方案》已归档，只看不改。" in refused
    assert "已归档，只看不改" not in markup(office.get("/measures/")), "归档的不再占着页头"


def test_an_archived_plan_offers_no_buttons_but_following_up(sign_in, people, plan, at):
    """归档的方案里，页面上不摆办事的按钮；办结的照样可以记效果。"""
    old, who = make_plan(measures=1, departments=1, year=2022), {"by": people.office, "at": at("2023-09-01 09:00")}
    part = Assignment.objects.get(measure__plan=old)
    part.completions.create(granted_by=people.office, granted_at=who["at"])
    before = markup(sign_in(people.office).get("/2022/measures/1/"))
    assert "重新打开" in before
    assert "核定类型、时限与目标" in before
    closing.close_plan(old, [], **who)
    workflow.archive_plan(old, **who)
    page = markup(sign_in(people.office).get("/2022/measures/1/"))
    assert "重新打开" not in page.split("办理过程")[0]
    assert "核定类型、时限与目标" not in page
    assert f"/2022/measures/1/parts/{part.pk}/effect/" in page
