"""报送期：一次建一年，开放、延长、关闭、重新开放；每一步都只办得成一次。"""

import datetime as dt

import pytest
from django.urls import reverse

from tasks import workflow
from tasks.models import Event, Plan, Progress, ReportingPeriod
from tests.markup import markup
from tests.world import OWN, form_on

pytestmark = pytest.mark.django_db
LIST = "/periods/"
SURE = {"sure": "on"}
ASKS = ("close", "unopen")  # 报送中的一期，打开这几个网址先问一句


@pytest.fixture
def office(sign_in, people, plan):
    return sign_in(people.office)


def url(action, slug="2023-09"):
    return reverse(f"period_{action}") if action in ("year", "add") else reverse(f"period_{action}", args=[slug])


def nine():
    return ReportingPeriod.objects.get(slug="2023-09")


def test_an_empty_page_leads_to_making_the_year(office):
    response = office.get(LIST)
    assert "还没有报送期。在下面一次建好一年的。" in response.content.decode()
    assert form_on(response, url("year"))["fields"]["due_day"] == "25"


def test_a_year_is_made_at_once_and_twice_changes_nothing(office):
    data = {"first_month": 3, "last_month": 12, "due_day": 25}
    assert office.post(url("year"), data)["Location"] == LIST
    assert ReportingPeriod.objects.count() == 10
    assert "新建了 10 期。" in office.get(LIST).content.decode()
    office.post(url("year"), data)
    assert ReportingPeriod.objects.count() == 10
    assert "这些报送期都已经有了，没有新建。" in office.get(LIST).content.decode()


def test_the_year_starts_with_the_month_the_plan_was_issued(office):
    """默认从印发的 3 月起；改成 1 月的，说明为什么不行，所填的还在。"""
    assert form_on(office.get(LIST), url("year"))["fields"]["first_month"] == "3"
    response = office.post(url("year"), {"first_month": 1, "last_month": 12, "due_day": 20})
    assert response.status_code == 422
    assert "方案2023年3月6日印发，这以前的月份没有要报的。" in response.content.decode()
    typed = {"first_month": "1", "last_month": "12", "due_day": "20"}
    assert form_on(response, url("year"))["fields"].items() >= typed.items()
    assert not ReportingPeriod.objects.exists()


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"first_month": 5, "last_month": 3},
        {"first_month": 0},
        {"last_month": 13},
        {"due_day": 32},
        {"year": 1999},
        {"year": 2100},
        {"kind": "week"},
        {"due_rule": "某天"},
        {"due_day": 0},
        {"first_month": "一"},
        {"due_day": "9" * 40},
    ],
)
def test_a_year_that_makes_no_sense_is_refused(office, data):
    data = ({"first_month": 3, "last_month": 12, "due_day": 25} | data) if data else {}
    response = office.post(url("year"), data)
    assert response.status_code == 422
    assert "处需要修改" in response.content.decode()
    assert not ReportingPeriod.objects.exists()


def test_opening_owes_every_part_once(office):
    office.post(url("year"), {"first_month": 9, "last_month": 9, "due_day": 25})
    assert office.post(url("open"))["Location"] == LIST
    assert "已开放报送，应报 31 项次。" in office.get(LIST).content.decode()
    assert Progress.objects.count() == 31
    again = office.post(url("open"), headers={"referer": f"http://testserver{LIST}"}, follow=True)
    assert "现在不能开放报送" in again.content.decode()
    assert Progress.objects.count() == 31


def test_extending_needs_a_later_day_and_a_reason(office, period):
    def send(due, reason):
        return office.post(url("extend"), {"2023-09-due_on": due, "2023-09-reason": reason})

    for due, reason in (
        ("", "x"),
        ("2023-09-28", ""),
        ("0001-01-01", "x"),
        ("9999-12-31", "x"),
        ("2023-02-30", "x"),
        ("明天", "x"),
        ("2023-09-28", "字" * 301),
    ):
        response = send(due, reason)
        assert response.status_code == 422
        assert form_on(response, url("extend"))["fields"]["2023-09-reason"] == reason
    response = send("2023-09-25", "同一天")
    assert response.status_code == 422
    assert nine().due_on == dt.date(2023, 9, 25)
    assert "新的截止日须晚于现在的2023年9月25日" in response.content.decode()
    assert form_on(response, url("extend"))["fields"]["2023-09-reason"] == "同一天"
    assert send("2023-09-28", "防汛值守")["Location"] == LIST
    assert (nine().due_on, nine().original_due_on) == (dt.date(2023, 9, 28), dt.date(2023, 9, 25))
    assert "原定 9月25日" in office.get(LIST).content.decode()


def test_closing_waits_for_the_reviews(office, submitted, people, at):
    row = submitted("12", OWN, percent=75)
    refused = office.post(url("close"), headers={"referer": f"http://testserver{LIST}"}, follow=True)
    assert "还有 1 条待审核，请先审核再关闭。" in refused.content.decode()
    workflow.approve_progress(row, by=people.office, at=at("2023-09-21 09:00"))
    assert office.post(url("close"), SURE)["Location"] == LIST
    assert nine().is_closed
    office.post(url("close"), SURE)
    assert Event.objects.filter(action="period_close").count() == 1


def test_closing_early_first_says_who_is_cut_off(office, submitted, people, at):
    row = submitted("12", OWN, percent=75)
    workflow.return_progress(row, by=people.office, at=at("2023-09-21 09:00"), reason="补充")
    for response in (office.get(url("close")), office.post(url("close"))):
        page = response.content.decode()
        assert "确定关闭2023年9月？" in page
        assert "截止日 9月25日 还没有过（还有 3 天）。" in page
        assert "关闭以后就不能再报了" in page
        hall = next(row for row in response.context["asked"].left if row[0].name == OWN)
        assert hall[1:] == (8 - 1, 1)
        assert form_on(response, None)["fields"] == SURE
        assert nine().is_open
    assert office.post(url("close"), SURE)["Location"] == LIST
    assert nine().is_closed


def test_closing_after_the_due_date_with_everything_reported_asks_nothing(office, plan, people, period, settings):
    settings.BUSINESS_DATE = "2023-09-26"
    period.progress.exclude(assignment__measure__number="12").delete()
    row = period.progress.get()
    assert "确定关闭2023年9月？" in office.post(url("close")).content.decode()
    row.delete()
    assert office.post(url("close"))["Location"] == LIST


@pytest.mark.parametrize(
    ("slug", "said"),
    [
        ("2023-03", "截止日 3月25日 已过 181 天，一开放，应报的各项次就都是逾期未报"),
        ("2023-10", "10月还有 9 天才开始，离截止日 10月25日 还有 33 天"),
    ],
)
def test_opening_a_past_or_a_far_month_asks_first(office, slug, said):
    office.post(url("year"), {"first_month": 3, "last_month": 12, "due_day": 25})
    page = office.post(url("open", slug)).content.decode()
    assert said in page
    assert not Progress.objects.exists()
    assert office.post(url("open", slug), SURE)["Location"] == LIST
    assert Progress.objects.count() == 31


def test_an_opening_by_mistake_is_undone_from_the_page(office):
    office.post(url("year"), {"first_month": 3, "last_month": 4, "due_day": 25})
    office.post(url("open", "2023-03"), SURE)
    page = office.get(LIST).content.decode()
    assert url("unopen", "2023-03") in page
    assert url("remove", "2023-04") in page
    assert "确定撤回开放2023年3月？" in office.post(url("unopen", "2023-03")).content.decode()
    assert office.post(url("unopen", "2023-03"), SURE)["Location"] == LIST
    assert not Progress.objects.exists()
    assert office.post(url("remove", "2023-04"), SURE)["Location"] == LIST
    assert [p.slug for p in ReportingPeriod.objects.all()] == ["2023-03"]


def test_the_numbers_of_a_period_open_to_their_rows(office, period, submitted):
    submitted("12", OWN, percent=75)
    page = markup(office.get(LIST))
    for report, n in (("reported", 1), ("owed", 31), ("on_time", 1)):
        assert f'<a href="/board/2023-09/items/?report={report}">{n}</a>' in page


@pytest.mark.parametrize("action", ["extend", "reopen"])
def test_opening_the_address_of_a_form_goes_back_to_the_list(office, period, action):
    assert office.get(url(action))["Location"] == LIST


@pytest.mark.parametrize("action", ["open", "unopen", "close", "remove"])
def test_what_cannot_be_done_now_is_said_instead_of_asked(office, people, period, at, action):
    workflow.close_period(period, by=people.office, at=at("2023-09-21 09:00"))
    for response in (office.get(url(action), follow=True), office.post(url(action), SURE, follow=True)):
        assert response.redirect_chain == [(LIST, 302)]
        assert "现在不能" in response.content.decode()


def test_reopening_needs_a_reason(office, people, period, at):
    workflow.close_period(period, by=people.office, at=at("2023-09-21 09:00"))
    for reason in ("", "  ", "字" * 501):
        response = office.post(url("reopen"), {"2023-09-reason": reason})
        assert response.status_code == 422
        assert form_on(response, url("reopen"))["fields"]["2023-09-reason"] == reason.strip()
    assert nine().is_closed
    assert office.post(url("reopen"), {"2023-09-reason": "补报"})["Location"] == LIST
    assert nine().is_open
    office.post(url("reopen"), {"2023-09-reason": "再来"})
    assert Event.objects.filter(action="period_reopen").count() == 1


@pytest.mark.parametrize("action", ["open", "unopen", "remove", "extend", "close", "reopen"])
def test_a_period_that_does_not_exist_is_not_found(office, action):
    data = {"1999-01-reason": "x", "1999-01-due_on": "2023-09-28"}
    assert office.post(url(action, "1999-01"), data).status_code == 404


@pytest.mark.parametrize("action", ["year", "add", "open", "unopen", "remove", "extend", "close", "reopen"])
def test_only_the_office_and_only_by_post(client, people, period, action):
    """打开网址只会问一句或回到一览，什么也不做。"""
    for user in (people.reporter(OWN), people.leader("李华斌"), people.admin):
        client.force_login(user)
        assert client.post(url(action), SURE).status_code == 403
    client.force_login(people.office)
    assert client.get(url(action)).status_code == (405 if action == "year" else 200 if action in ASKS else 302)
    assert nine().is_open


def test_a_period_of_another_plan_is_out_of_reach(office, people, period):
    Plan.objects.update(is_current=False)
    assert office.post(url("close"), SURE).status_code == 404
    assert office.get(LIST).status_code == 200
    refused = office.post(url("year"), {"first_month": 1, "last_month": 2, "due_day": 25}, follow=True)
    assert "还没有现行方案" in refused.content.decode()


def test_a_day_too_late_in_the_month_is_said_plainly(office):
    page = office.post(url("year"), {"first_month": 3, "last_month": 12, "due_day": 32}).content.decode()
    assert "不能大于 31。" in page
