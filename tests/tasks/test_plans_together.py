"""几份方案同时在办：部室首页、办公室总览、催办、日历都把各份算上，按方案分、早到期的在前；问几次库与几份方案无关。"""

import io
from datetime import date

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from departments.models import Department
from tasks import workflow
from tasks.figures import owed
from tasks.imports import closing
from tasks.models import Assignment, Measure, Plan, Reminder
from tests.factories import make_plan
from tests.markup import markup
from tests.world import finish

pytestmark = pytest.mark.django_db
ROOM = "财务部"
# 另有在办的方案时，比只有一份多问几条：页头各份方案的名称与欠着的 4 条；首页、总览再列别的方案里的，各种一条。
MORE = {"/": 9, "/board/": 10, "/remind/": 4, "/review/": 4, "/lead/": 4}


@pytest.fixture
def another(plan, people, at):
    """再一份在办的方案：财务部牵头，九月应报一项次，二十日截止。"""

    def make(year=2022, due_day=20):
        made = make_plan(measures=1, departments=1, year=year)
        Assignment.objects.filter(measure__plan=made).update(department=Department.objects.get(name=ROOM))
        who = {"by": people.office, "at": at("2023-09-02 09:00")}
        [month] = workflow.plan_periods(made, **who, year=2023, first_month=9, last_month=9, due_day=due_day)
        workflow.open_period(month, **who)
        return made

    return make


def test_the_clerk_sees_what_is_owed_in_every_plan_and_goes_there(period, another, sign_in, people):
    late, later = another(2022, 20), another(2021, 28)
    page = markup(sign_in(people.reporter(ROOM)).get("/"))
    listed = page[page.index("别的方案里要办的") :]
    assert listed.index(late.title) < listed.index(later.title), "早到期的在前"
    row = late.measures.get().assignments.get().progress.get()
    assert f'<a href="/{late.slug}/progress/{row.pk}/">第1项《举措1》</a>' in page
    assert "2023年9月未报，9月20日截止，已逾期 2 天" in page
    assert '<a href="#h-else">2 件在别的方案里</a>' in page
    assert "要办的" in markup(sign_in(people.reporter(ROOM)).get(f"/{late.slug}/")), "在别的方案里看，现行的也列着"


def test_the_office_sees_a_row_for_each_other_plan(period, another, sign_in, people):
    made = another()
    page = markup(sign_in(people.office).get("/board/"))
    table = page[page.index("别的方案") : page.index("今天要办")]
    assert f'<a href="/{made.slug}/board/">{made.title}</a>' in table
    assert "2023年9月 0／1" in table
    assert "9月20日截止" in table


def test_an_archived_plan_is_owed_nothing_and_listed_nowhere(period, another, sign_in, people, at):
    made = another()
    who = {"by": people.office, "at": at("2023-09-21 09:00")}
    workflow.close_period(made.periods.get(), **who)
    closing.close_plan(made, [closing.Wanted(made.measures.get(), "ended", None, "不再要求。")], **who)
    assert "别的方案" in markup(sign_in(people.office).get("/board/")), "收尾的还列着"
    workflow.archive_plan(made, **who)
    for user, url in ((people.office, "/board/"), (people.reporter(ROOM), "/")):
        assert made.title not in markup(sign_in(user).get(url))


def test_the_nightly_reminder_covers_every_plan_and_one_letter_says_both(period, another, people, mailoutbox, settings):
    settings.EMAIL_ENABLED = True
    made, clerk = another(), people.reporter(ROOM)
    clerk.email = "finance@example.gov.cn"
    clerk.save()
    said = io.StringIO()
    call_command("remind", stdout=said)
    assert f"《{made.title}》：\n已催办{ROOM} 1 件：第1项《举措1》已逾期 2 天" in said.getvalue()
    assert sorted(Reminder.objects.filter(department__name=ROOM).values_list("plan__year", flat=True)) == [2022, 2023]
    [letter] = [each for each in mailoutbox if each.to == [clerk.email]]
    assert "贵部室以下 3 件事需要抓紧办理" in letter.body
    assert f"《{made.title}》里，贵部室以下 1 件事需要抓紧办理" in letter.body
    again = io.StringIO()
    call_command("remind", stdout=again)
    assert "没有要催的。" in again.getvalue()


def test_the_calendar_holds_the_days_of_every_plan(period, another, people, at, client):
    made, clerk = another(), people.reporter(ROOM)
    link = workflow.create_calendar(clerk.department, by=clerk, at=at("2023-09-20 09:00"))
    text = client.get(f"/calendar/{link.token}.ics").content.decode().replace("\r\n ", "")
    assert text.count("SUMMARY:2023年9月进展报送截止") == 2
    assert f"DESCRIPTION:《{made.title}》。应报 1 项次，还有 1 项次要报。" in text
    assert f"/{made.slug}/\r\n" in text


def test_what_is_owed_costs_the_same_however_many_plans(period, another, sign_in, people):
    client = sign_in(people.reporter(ROOM))
    costs = []
    for year in (2020, 2021, 2022):
        another(year)
        client.get("/help/")
        with CaptureQueriesContext(connection) as asked:
            client.get("/")
        costs.append(len(asked))
    assert costs[1] == costs[2]
    plans, today = list(Plan.objects.all()), period.starts_on
    assert len(owed.items_in(plans, today)) == sum(len(owed.items(plan, today)) for plan in plans)
    assert Measure.objects.count() == 24


def cost(client, url) -> int:
    """库里刚变过，第一次看这一页要几条查询。"""
    cache.clear()
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(url)
    finish(answer)
    assert answer.status_code == 200
    return len(asked)


def test_every_page_of_the_day_costs_the_same_with_two_plans_and_with_five(period, another, sign_in, people, at):
    """首页、总览、催办、审核、领导页、日历：再多几份在办的方案，查询一条不多；比只有一份的，至多多问几样有没有。"""
    clerk, leader = people.reporter(ROOM), people.leader("李华斌")
    link = workflow.create_calendar(clerk.department, by=clerk, at=at("2023-09-20 09:00"))
    asked = {
        "/": clerk,
        "/board/": people.office,
        "/remind/": people.office,
        "/review/": people.office,
        "/lead/": leader,
        f"/calendar/{link.token}.ics": people.office,
    }
    costs = []
    for years in ((), (2022,), (2021, 2020, 2019)):
        for year in years:
            another(year)
        costs.append({url: cost(sign_in(user), url) for url, user in asked.items()})
    alone, two, five = costs
    assert two == five
    assert {url: two[url] - alone[url] for url in asked if two[url] - alone[url] > MORE.get(url, 0)} == {}


def test_what_was_completed_is_followed_up_after_the_plan_is_archived(period, sign_in, people, at):
    """归档的方案里约了回看的：到了日子，部室首页与办公室总览都列着，点过去照样记效果。"""
    old, who = make_plan(measures=1, departments=1, year=2022), {"by": people.office, "at": at("2023-09-01 09:00")}
    part = Assignment.objects.get(measure__plan=old)
    Assignment.objects.filter(pk=part.pk).update(department=Department.objects.get(name=ROOM))
    part.refresh_from_db()
    part.completions.create(granted_by=people.office, granted_at=who["at"])
    workflow.note_effect(part, **who, text="见效。", follow_up_on=date(2023, 9, 20))
    closing.close_plan(old, [], **who)
    workflow.archive_plan(old, **who)
    home = markup(sign_in(people.reporter(ROOM)).get("/"))
    assert '<a href="/2022/measures/1/">第1项《举措1》</a>' in home
    assert "约定9月20日回看实际效果" in home
    board = markup(sign_in(people.office).get("/board/"))
    assert '<a href="/2022/completions/#follow">1</a>' in board
    url = f"/2022/measures/1/parts/{part.pk}/effect/"
    sign_in(people.reporter(ROOM)).post(url, {f"e{part.pk}-text": "企业反映好。"})
    assert part.completions.get().effects.count() == 2
    assert "约定9月20日回看" not in markup(sign_in(people.reporter(ROOM)).get("/"))
