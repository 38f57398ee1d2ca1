"""每周一页：七天里变了什么、先看哪几项；自己定要不要发到邮箱，周五发一封，没发出的次日再发。"""

import datetime as dt

import pytest
from django.core import mail

from tasks import workflow
from tasks.figures import owed
from tasks.figures.digest import Week, friday_of
from tasks.models import Digest, Event, Measure, Problem
from tasks.papers import digest as digest_papers
from tests import factories
from tests.markup import markup

pytestmark = pytest.mark.django_db
FRIDAY = "2023-09-22 22:30"


@pytest.fixture
def mailed(settings):
    settings.EMAIL_ENABLED = True


def wanting(user, at, address="x@example.com"):
    user.email = address
    user.save()
    workflow.wish_digest(by=user, at=at("2023-09-20 09:00"), is_wanted=True)
    return user


def test_the_week_counts_what_was_done_in_seven_days_and_nothing_older(period, people, at, submitted):
    ten = Measure.objects.get(number="10")
    leader = people.leader("李华斌")
    for day, text in ((12, "早的。"), (20, "这周的。")):
        workflow.issue_instruction(ten, by=leader, at=at(f"2023-09-{day} 10:00"), text=text)
    submitted("10", "规划建设部", percent=30)
    week = Week(period.plan, dt.date(2023, 9, 22), leader.leader)
    assert {k: n for k, n in week.done.items() if n} == {"reported": 1, "said": 1, "waiting": 2}
    assert [line.measure.number for line, _ in week.first] == ["10"]


def test_a_light_that_changed_since_the_last_period_is_named_with_before_and_after(plan, people, at):
    office = {"by": people.office, "at": at("2023-08-01 08:00")}
    august, september = workflow.plan_periods(plan, **office, first_month=8, last_month=9, due_day=25)
    ten = Measure.objects.get(plan=plan, number="10")
    for period, month, level in ((august, "08", "green"), (september, "09", "red")):
        period = workflow.open_period(period, by=people.office, at=at(f"2023-{month}-01 08:00"))
        said = {"by": people.office, "at": at(f"2023-{month}-20 09:00"), "reason": "督办"}
        workflow.set_light(ten, period, **said, level=level)
        if month == "08":
            workflow.close_period(period, by=people.office, at=at("2023-08-30 09:00"))
    week = Week(plan, dt.date(2023, 9, 22), people.leader("李华斌").leader)
    said = [digest_papers.changed_words(each) for each in week.changed if each.measure == ten]
    assert said == ["第 10 项 提升水、电、气要素保障能力：绿灯 → 红灯"]


def coming(plan, people, at):
    """七天内到期的问题、节点各一，隔壁各一：昨天到期的、第八天的、申请销号等办公室的、没有举措的。"""
    office, when = people.office, at("2023-09-18 09:00")
    ten, twelve = Measure.objects.get(number="10"), Measure.objects.get(number="12")
    room = ten.assignments.first().department
    words = {"text": "情况。", "category": "policy", "level": "department", "department": room}
    for title, day, measure in (
        ("七天内", 29, ten),
        ("第八天", 30, ten),
        ("昨天", 21, ten),
        ("没有举措", 27, None),
        ("在等办公室", 28, ten),
    ):
        due_on = dt.date(2023, 9, day)
        workflow.open_problem(plan, by=office, at=when, title=title, due_on=due_on, measure=measure, **words)
    waiting = Problem.objects.get(title="在等办公室")
    workflow.apply_problem(waiting, by=people.reporter(room.name), at=at("2023-09-19 09:00"), text="已整改。")
    for name, day in (("主体完成", 26), ("验收", 30)):
        part = twelve.assignments.first()
        workflow.propose_milestone(part, by=office, at=when, name=name, due_on=dt.date(2023, 9, day))


def test_a_problem_and_a_milestone_due_within_seven_days_are_told_before_they_are_overdue(period, people, at, sign_in):
    coming(period.plan, people, at)
    week = sign_in(people.office).get("/week/").context["week"]
    found = [(i.number, i.title, i.timing) for i in week.due if i.kind in ("problem", "milestone")]
    assert [(number, timing) for number, _, timing in found] == [
        ("第12项", "还有 4 天"),
        ("问题4号", "还有 5 天"),
        ("问题1号", "还有 7 天"),
    ]
    letter, page = digest_papers.text(week), markup(sign_in(people.office).get("/week/"))
    for said in ("整改期限 9月29日", "整改期限 9月27日", "节点“主体完成”，时限 9月26日"):
        assert said in letter and said in page
    assert "第八天" not in letter and "在等办公室" not in letter
    assert f"{len(week.due)} 件" in page


def test_what_is_only_coming_is_not_urged_and_a_leader_is_told_only_of_what_he_leads(period, people, at):
    coming(period.plan, people, at)
    today = dt.date(2023, 9, 22)
    urged = [i.title for i in owed.to_urge(period.plan, today) if i.kind in ("problem", "milestone")]
    assert urged == ["昨天"]
    own = Week(period.plan, today, people.leader("李华斌").leader)
    assert {i.title for i in own.due if i.kind == "problem"} == {"七天内"}


@pytest.mark.parametrize(("name", "count"), [("李华斌", 10), ("陈向东", 21)])
def test_a_leader_sees_what_he_leads_and_the_head_sees_all(sign_in, people, period, name, count):
    assert len(sign_in(people.leader(name)).get("/week/").context["week"].lines) == count


def test_the_page_prints_with_a_title_and_says_when_there_is_nothing(sign_in, people, period):
    page = markup(sign_in(people.office).get("/week/"))
    assert '<p class="ptitle">优化营商环境一周情况</p>' in page
    assert "没有连续两期红灯的，批示、催办都有回音。" in page


def test_without_a_plan_the_page_still_opens(sign_in, people, plan):
    plan.is_current = False
    plan.save()
    assert "还没有举措。" in sign_in(people.office).get("/week/").content.decode()


def test_wanting_it_is_his_own_choice_and_is_on_record(client, people, period, mailed):
    user = people.leader("李华斌")
    user.email = "li@example.com"
    user.save()
    client.force_login(user)
    client.post("/week/mail/", {"wanted": "1"})
    assert "每周五发到 li@example.com。" in client.get("/week/").content.decode()
    client.post("/week/mail/", {"wanted": "0"})
    assert not Digest.objects.get().is_wanted
    assert [e.label for e in Event.objects.filter(action="digest_wish").order_by("pk")] == [
        "每周一页发到邮箱",
        "每周一页不再发到邮箱",
    ]


def test_without_an_address_it_says_whom_to_ask(client, people, period, mailed):
    client.force_login(people.leader("李华斌"))
    response = client.post("/week/mail/", {"wanted": "1"}, follow=True)
    assert "请管理员在后台把邮箱填上" in response.content.decode()
    assert not Digest.objects.exists()


def test_it_goes_once_a_week_on_friday_only_to_those_who_asked(period, people, at, mailed):
    wanting(people.leader("李华斌"), at)
    people.office.email = "office@example.com"
    assert digest_papers.deliver(at=at("2023-09-21 22:30")).sent == 0
    assert digest_papers.deliver(at=at(FRIDAY)).sent == 1
    assert digest_papers.deliver(at=at("2023-09-23 22:30")).sent == 0
    [letter] = mail.outbox
    assert (letter.to, letter.subject) == (["x@example.com"], "李华斌一周情况（截至 9月22日）")
    assert "绿灯 10 项" in letter.body and "七天内到期" in letter.body and "/week/" in letter.body
    assert digest_papers.deliver(at=at("2023-09-29 22:30")).sent == 1


def test_one_that_failed_says_why_and_goes_the_next_day(period, people, at, mailed, settings, client):
    user = wanting(people.leader("李华斌"), at)
    working = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "nosuch.Backend"
    assert digest_papers.deliver(at=at(FRIDAY)).failed == 1
    client.force_login(user)
    assert "明天再发" in client.get("/week/").content.decode()
    settings.EMAIL_BACKEND = working
    assert digest_papers.deliver(at=at("2023-09-23 22:30")).sent == 1
    assert "明天再发" not in client.get("/week/").content.decode()


@pytest.mark.parametrize("change", [{"is_active": False}, {"email": ""}, {"role": "admin"}])
def test_whoever_left_or_changed_gets_no_more(period, people, at, mailed, change):
    user = wanting(people.leader("李华斌"), at)
    for name, value in change.items():
        setattr(user, name, value)
    user.save()
    assert digest_papers.deliver(at=at(FRIDAY)).sent == 0


@pytest.mark.parametrize(
    ("day", "friday"), [("2023-09-21", None), ("2023-09-22", 22), ("2023-09-24", 22), ("2023-09-25", None)]
)
def test_friday_to_sunday_belong_to_that_friday(day, friday):
    found = friday_of(factories.at(f"{day} 22:30"))
    assert (found.day if found else None) == friday
