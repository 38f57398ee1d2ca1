"""总览：数字与筛选；谁看得到；以往任何一期；写错的网址参数按没写处理。"""

import pytest
from django.urls import reverse

from tasks import workflow
from tasks.models import Plan
from tests.world import OWN, the_world  # noqa: F401

pytestmark = pytest.mark.django_db
BOARD = "/board/"


@pytest.fixture
def office(sign_in, people, period):
    return sign_in(people.office)


def test_the_board_counts_measures_and_parts(office):
    response = office.get(BOARD)
    page = response.content.decode()
    board = response.context["board"]
    assert "9月总览" in page
    assert len(board.lines) == 21
    assert (board.ledger.reporting.owed, board.ledger.reporting.missing) == (31, 31)
    assert "项次" in page


def test_the_office_is_told_what_to_do_today(office, submitted):
    submitted("12", OWN, percent=75)
    page = office.get(BOARD).content.decode()
    assert "1 项次待审核" in page
    assert "9月 30 项次未报" in page


def test_a_closed_month_has_no_duties_of_today(office, people, period, at):
    workflow.close_period(period, by=people.office, at=at("2023-09-22 09:00"))
    response = office.get("/board/2023-09/")
    assert response.context["board"].chores == []
    assert '这一期已关闭。今天要办的事在<a href="/board/">' in response.content.decode()


def test_every_duty_opens_to_what_it_counted_and_drafts_are_told(office, people, report, at):
    workflow.save_progress(
        report("12", OWN), by=people.reporter(OWN), at=at("2023-09-20 09:00"), version=0, content={"text": "写了一半"}
    )
    response = office.get(BOARD)
    page = response.content.decode()
    assert "（其中草稿 1）" in page
    for chore in response.context["board"].chores:
        url = (chore.list_url or chore.url).replace("&", "&amp;")
        assert f'<a href="{url}">{chore.title}</a>' in page


def test_leaders_and_the_administrator_see_the_board_without_the_chores(client, people, period, submitted):
    submitted("12", OWN, percent=75)
    for user in (people.leader("李华斌"), people.admin):
        client.force_login(user)
        page = client.get(BOARD).content.decode()
        assert "21 项举措" in page
        assert "今天要办" not in page


def test_reporters_do_not_see_the_board(client, people, period):
    client.force_login(people.reporter(OWN))
    assert client.get(BOARD).status_code == 403
    assert client.get("/board/2023-09/").status_code == 403


def test_the_table_is_filtered_and_the_totals_are_not(office, submitted):
    submitted("12", OWN, percent=75)
    board = office.get(BOARD, {"report": "submitted"}).context["board"]
    assert [line.measure.number for line in board.lines] == ["12"]
    assert board.ledger.reporting.owed == 31
    assert "正在看：待审核" in office.get(BOARD, {"report": "submitted"}).content.decode()
    assert "没有符合条件的举措。" in office.get(BOARD, {"q": "查无此项"}).content.decode()


SORTS = {
    "number": lambda line: line.measure.position,
    "leader": lambda line: (line.leaders[0].order, line.measure.position),
    "department": lambda line: (line.departments[0].order, line.measure.position),
    "light": lambda line: (line.light.severity, line.measure.position),
    "nosuch": lambda line: (line.light.severity, line.measure.position),
}


@pytest.mark.parametrize("sort", SORTS)
def test_the_table_is_sorted_as_asked_and_otherwise_red_first(office, sort):
    lines = office.get(BOARD, {"sort": sort}).context["board"].lines
    assert len(lines) == 21
    assert lines == sorted(lines, key=SORTS[sort])


def test_earlier_periods_are_one_click_away(client, world):
    client.force_login(world.office)
    board = client.get(BOARD).context["board"]
    assert (board.period.slug, board.previous.slug, board.following) == ("2023-09", "2023-08", None)
    earlier = client.get("/board/2023-08/")
    assert earlier.context["board"].period.slug == "2023-08"
    assert "关闭报送" in earlier.content.decode()


@pytest.mark.parametrize("slug", ["2023-10", "1999-01", "zzz", "2023-9"])
def test_a_period_not_opened_or_not_there_is_not_found(client, world, slug):
    client.force_login(world.office)
    assert client.get(reverse("board_period", args=[slug])).status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "light=pink",
        "report=x",
        "kind=x",
        "lead=nobody",
        "dept=nosuch",
        "sort=';--",
        "page=-1",
        "page=9999999999999999999999",
        "q=%00",
        "q=" + "长" * 5000,
        "light=red&light=green",
        "x=1",
    ],
)
def test_odd_filters_count_as_none(office, query):
    response = office.get(f"{BOARD}?{query}")
    assert response.status_code == 200


def test_the_board_before_any_period_and_without_a_plan(sign_in, people, plan):
    office = sign_in(people.office)
    assert "还没有开放过报送期" in office.get(BOARD).content.decode()
    Plan.objects.update(is_current=False)
    assert office.get(BOARD).status_code == 200
    assert office.get("/board/2023-09/").status_code in (200, 404)


def test_the_figures_move_when_a_report_is_approved(office, people, submitted, at):
    row = submitted("12", OWN, percent=75)
    before = office.get(BOARD).context["board"].ledger
    workflow.approve_progress(row, by=people.office, at=at("2023-09-21 09:00"))
    after = office.get(BOARD).context["board"].ledger
    assert (before.reporting.submitted, after.reporting.submitted) == (1, 0)
    assert (before.reporting.approved, after.reporting.approved) == (0, 1)
    line = next(line for line in after.lines if line.measure.number == "12")
    assert line.light.percent == 75


def test_looking_is_only_by_get(office):
    assert office.post(BOARD).status_code == 405


def test_the_wide_view_keeps_the_filter_and_is_not_one(office):
    page = office.get(BOARD, {"light": "red", "wide": "on"}).content.decode()
    assert 'class="landscape wide-screen"' in page
    assert "正在看：红灯　" in page
    assert '<a class="btn hide-s" href="?light=red">退出大屏</a>' in page
    page = office.get(BOARD, {"wide": "on"}).content.decode()
    assert "正在看" not in page
    assert 'href="?wide=on">' in office.get(BOARD).content.decode()
