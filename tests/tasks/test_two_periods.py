"""两期同时开放（十月已开放，九月还没有关闭）：每个数、每一行都说得出是哪一期的。"""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from departments.models import User
from tasks import workflow
from tasks.figures.ledger import Ledger
from tasks.models import Measure, Progress, ReportingPeriod
from tasks.pages import board as board_pages
from tests import factories
from tests.markup import markup
from tests.world import form_data, form_on

pytestmark = pytest.mark.django_db
ROOM, HOME = "财务部", "/"


def _october():
    """九月应报的一项没有报、一项待审核，都没有关闭；十月已经开放。"""
    ground, who = factories.september(), {"by": factories.People().office, "at": factories.at("2023-10-08 09:00")}
    [made] = workflow.plan_periods(ground.plan, **who, first_month=10, last_month=10, due_day=25)
    ground.october = workflow.open_period(made, **who)
    return ground


GROUNDS = {"october": _october}


@pytest.fixture
def october(ground):
    return ground.october


@pytest.fixture
def desk(october, submitted, sign_in, people, settings):
    """财务部（第 4、15、16 项）：九月报了第 15 项，十月一项没有报；今天十月九日，九月已过截止日。"""
    submitted("15", ROOM)
    settings.BUSINESS_DATE = "2023-10-09"
    return sign_in(people.reporter(ROOM))


def row(number, slug):
    return Progress.objects.get(
        assignment__measure__number=number, assignment__department__name=ROOM, period__slug=slug, corrects=None
    )


def test_the_title_and_every_count_say_the_period(desk):
    page = markup(desk.get(HOME))
    assert "还有 5 项要报：9月 2 项、10月 3 项" in page
    assert "财务部9月应报 3 项，已报 1 项" in page
    assert "财务部10月应报 3 项，已报 0 项" in page
    assert "已报：9月 1 项、10月 0 项" in page
    assert "本期" not in page.split("<main")[1].split("<form")[0]


def test_what_is_left_open_is_named_from_the_earliest(october, plan):
    assert workflow.revision.unfinished(plan)[0] == "2023年9月、2023年10月还没有关闭报送"


def test_counts_add_up_to_the_rows_listed(desk):
    shown = desk.get(HOME).context["desk"]
    assert shown.owed == len(shown.owing) == sum(each.left for each in shown.periods)
    assert shown.done_count == len(shown.done) == sum(each.reporting.reported for each in shown.periods)


def test_the_row_to_withdraw_names_its_month(desk, at):
    before = row("15", "2023-10")
    workflow.submit_progress(
        before,
        by=User.objects.get(pk=desk.session["_auth_user_id"]),
        at=at("2023-10-09 09:00"),
        version=0,
        content={"text": "十月的。", "stage": "in_progress"},
    )
    page = desk.get(HOME).content.decode()
    for slug, month in (("2023-09", "9月"), ("2023-10", "10月")):
        url = reverse("progress_withdraw", args=[row("15", slug).pk])
        listed = page.split(url)[0].rsplit("<li", 1)[1]
        assert f'<span class="tag tag-y">{month}</span>' in listed
        assert f"{month}第 15 项" in page.split(url)[1].split("</form>")[0]


def test_an_overdue_open_period_is_not_reported_on_time(desk, people, plan):
    """九月还没有关闭，截止日已过而有没报的：不能说“按时报齐”。"""
    assert "0／1 期" in markup(desk.get(HOME))
    url = reverse("department_detail", args=[people.reporter(ROOM).department.slug])
    assert "按时报齐 <b>0</b>／1 期" in markup(desk.get(url))


def test_a_period_reported_in_full_is_not_said_to_be_late(desk, submitted):
    """九月的都报完了，截止日过了也不再说“现在报送记为补报”；十月照旧。"""
    assert "已过 14 天" in markup(desk.get(HOME))
    for number in ("4", "16"):
        submitted(number, ROOM)
    page = markup(desk.get(HOME))
    assert "，已报完" in page and "记为补报" not in page and "还有 <b>16 天</b>" in page


def test_reporting_at_once_does_not_say_it_either(period, sign_in, people, submitted, settings):
    settings.BUSINESS_DATE = "2023-10-09"
    client = sign_in(people.reporter(ROOM))
    assert "已过 14 天" in markup(client.get(reverse("month")))
    for number in ("4", "15", "16"):
        submitted(number, ROOM)
    page = markup(client.get(reverse("month")))
    assert "，已报完" in page and "记为补报" not in page


def test_one_period_reads_as_before(period, sign_in, people, submitted):
    submitted("15", ROOM)
    page = markup(sign_in(people.reporter(ROOM)).get(HOME))
    assert "9月还有 2 项要报" in page
    assert "9月已报" in page
    assert '<span class="tag tag-y">9月</span>' not in page


def test_a_measure_offers_both_months(desk):
    page = markup(desk.get("/measures/15/"))
    assert "9月报送</h2>" in page
    assert "10月报送</h2>" in page
    assert form_on(desk.get("/measures/15/"), reverse("progress_withdraw", args=[row("15", "2023-09").pk]))
    assert reverse("progress_report", args=[row("15", "2023-10").pk]) in page


def test_what_was_done_is_told_with_its_month(desk):
    one = row("4", "2023-09")
    told = desk.post(reverse("progress_report", args=[one.pk]), form_data(one), follow=True)
    assert "9月第 4 项已报送，等待办公室审核。9月25日已截止，这次记为补报。还有 4 项要报。" in markup(told)


def test_the_office_sees_what_both_months_owe(desk, people, client):
    client.force_login(people.office)
    for slug in ("2023-09", "2023-10"):
        titles = [chore.title for chore in client.get(f"/board/{slug}/").context["board"].chores]
        assert [t for t in titles if t.endswith("项次未报")] == ["9月 30 项次未报", "10月 31 项次未报"], slug


def test_the_pace_told_beside_a_row_is_that_of_its_month(desk):
    """九月的一行旁写九月的序时（70%），不写十月的（80%）。"""
    Measure.objects.filter(number="16").update(kind="milestone")
    tasks = {
        (t.progress.assignment.measure.number, t.progress.period.slug): t for t in desk.get(HOME).context["desk"].tasks
    }
    assert tasks["16", "2023-09"].percent_note == "序时进度 70%"
    assert tasks["16", "2023-10"].percent_note == "序时进度 80%"


def test_the_number_of_open_periods_does_not_matter_to_the_board(desk, people, plan, at):
    def asked():
        period = ReportingPeriod.objects.get(slug="2023-09")
        ledger = Ledger(plan, period, dt.date(2023, 10, 9))
        with CaptureQueriesContext(connection) as queries:
            board_pages._others_open(ledger, period)
        return len(queries)

    two = asked()
    who = {"by": people.office, "at": at("2023-10-09 09:00")}
    for made in workflow.plan_periods(plan, **who, first_month=11, last_month=12, due_day=25):
        workflow.open_period(made, **who)
    assert asked() == two
