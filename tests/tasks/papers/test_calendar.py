"""日历订阅：建立、作废；RFC 5545 的写法（用另写的一个小解析器读回）；密链不对或作废的一样是 404。"""

import datetime as dt
import re
from functools import partial
from urllib.parse import urlsplit

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import example, given
from hypothesis import strategies as st

from departments.models import Department
from tasks import workflow
from tasks.models import Assignment, CalendarLink, Event, Measure
from tasks.pages import calendar as calendar_pages
from tasks.papers import calendar as calendar_papers
from tests.factories import make_plan
from tests.markup import markup
from tests.tasks.expectations import nobody, outcome, read
from tests.tasks.parts import complete, dated, part
from tests.tasks.together import at_the_same_time

HALL = "审批中心"
TABLE = read(
    """
    对象     动作            状态    本部室 别部室 办公室 领导 管理员 未登录
    calendar revoke_calendar active  可     禁     禁     禁   禁     禁
    calendar revoke_calendar revoked 拒     禁     禁     禁   禁     禁
    """
)
EVENTS = {"create_calendar": ["calendar_create"], "revoke_calendar": ["calendar_revoke"]}


# ── 小解析器：照 RFC 5545 第 3.1 节，不用被测的代码 ───────


def unfolded(data) -> list[str]:
    """还原折行的各行；每个物理行不超过 75 个八位组，行尾都是 CRLF。"""
    assert data.endswith(b"\r\n")
    physical = data[:-2].split(b"\r\n")
    assert all(len(line) <= 75 for line in physical), max(physical, key=len)
    assert b"\r" not in data.replace(b"\r\n", b"")
    assert b"\n" not in data.replace(b"\r\n", b"")
    lines = []
    for line in physical:
        line.decode("utf-8")  # 折处不劈开一个字
        if line[:1] in (b" ", b"\t"):
            lines[-1] += line[1:]
        else:
            lines.append(line)
    return [line.decode("utf-8") for line in lines]


def unescaped(value) -> str:
    found, pairs = "", iter(value)
    for c in pairs:
        if c == "\\":
            c = {"n": "\n", "N": "\n"}.get(following := next(pairs), following)
            assert following in "nN\\;,"
        else:
            assert c not in ";,", "没有转义"
        found += c
    return found


TEXTS = {"SUMMARY", "DESCRIPTION", "X-WR-CALNAME"}


def parsed(data) -> tuple[dict, list[dict]]:
    """（日历的属性，各事件的属性）。"""
    stack, calendar, events = [], {}, []
    for line in unfolded(data):
        head, value = line.split(":", 1)
        name, *parameters = head.split(";")
        if name == "BEGIN":
            stack.append(value)
            assert stack in (["VCALENDAR"], ["VCALENDAR", "VEVENT"], ["VCALENDAR", "VEVENT", "VALARM"]), stack
            if value == "VEVENT":
                events.append({"提醒": []})
            elif value == "VALARM":
                events[-1]["提醒"].append({})
        elif name == "END":
            assert stack.pop() == value
        else:
            into = {"VALARM": lambda: events[-1]["提醒"][-1], "VEVENT": lambda: events[-1]}.get(
                stack[-1], lambda: calendar
            )()
            assert name not in into, "同一属性写了两次"
            into[name] = unescaped(value) if name in TEXTS else value
            if parameters:
                into[f"{name} 参数"] = parameters
    assert stack == []
    return calendar, events


# 时长（3.3.6）：符号、P，周单写，或天与（T 起头的）时分秒。
DURATION = re.compile(r"([+-]?)P(?:(\d+)W|(?=\dT?|\d|T\d)(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?)")


def duration(text) -> dt.timedelta:
    found = DURATION.fullmatch(text)
    assert found, text
    sign, weeks, days, hours, minutes, seconds = found.groups(default="0")
    n = dt.timedelta(weeks=int(weeks), days=int(days), hours=int(hours), minutes=int(minutes), seconds=int(seconds))
    return -n if sign == "-" else n


def rung(event) -> list[dt.datetime]:
    """这件事各在什么时候提醒。照 3.6.6：显示的提醒必有、且只有一个 ACTION、DESCRIPTION、TRIGGER。"""
    start, found = dt.datetime.strptime(event["DTSTART"], "%Y%m%d"), []
    for alarm in event["提醒"]:
        assert set(alarm) == {"ACTION", "DESCRIPTION", "TRIGGER"}
        assert alarm["ACTION"] == "DISPLAY" and alarm["DESCRIPTION"].startswith(event["SUMMARY"])
        found.append(start + duration(alarm["TRIGGER"]))
    return found


# ── 写法 ──────────────────────────────────────────────────


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=300))
@example("中" * 100)
@example("a" * 74 + "中")
@example("𠮷" * 40)
@example("分号;逗号,反斜线\\换行\n回车\r\n，制表\t结束")
@example("BEGIN:VEVENT\r\nSUMMARY:夹带")
def test_any_text_survives_writing_and_reading(text):
    day = dt.date(2023, 9, 25)
    entry = calendar_papers.CalendarEntry("x-1", day, text, text, "/", (7, 1))
    data = calendar_papers.to_ics(
        Department(pk=1, name="审批中心"), [entry], dt.datetime(2023, 9, 22, 9, tzinfo=dt.UTC)
    )
    _, [event] = parsed(data)
    kept = calendar_papers._UNFIT.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    assert event["SUMMARY"] == event["DESCRIPTION"] == kept
    assert [alarm["DESCRIPTION"] for alarm in event["提醒"]] == [f"{kept}（还有 {n} 天）" for n in (7, 1)]


@given(st.text(alphabet="a中𠮷é ", min_size=1, max_size=400))
def test_folding_never_splits_a_character_nor_exceeds_75_octets(text):
    data = calendar_papers.fold(text)
    pieces = data.split(b"\r\n ")
    assert b"".join(pieces).decode("utf-8") == text
    assert len(pieces[0]) <= 75
    assert all(len(piece) <= 74 for piece in pieces[1:])
    assert all(piece.decode("utf-8") for piece in pieces)


# ── 内容 ──────────────────────────────────────────────────


@pytest.fixture
def users(people, plan):
    return {
        "本部室": people.reporter(HALL),
        "别部室": people.reporter("财务部"),
        "办公室": people.office,
        "领导": people.leader("李华斌"),
        "管理员": people.admin,
        "未登录": nobody(),
    }


@pytest.fixture
def room(plan):
    return Department.objects.get(name=HALL)


@pytest.fixture
def link(room, people, at):
    return workflow.create_calendar(room, by=people.reporter(HALL), at=at("2023-09-20 09:00"))


def feed(link):
    return Client().get(reverse("calendar_feed", args=[link.token]))


@pytest.mark.django_db
def test_the_feed_lists_periods_duties_milestones_and_problems_of_one_department(plan, period, people, at, link, room):
    office = {"by": people.office, "at": at("2023-09-20 10:00")}
    workflow.plan_periods(plan, **office, first_month=8, last_month=10, due_day=25)
    workflow.close_period(workflow.open_period(plan.periods.get(slug="2023-08"), **office), **office)
    twelve, done = dated("12"), dated("11")
    complete(people, at, done)
    dated("15", "财务部")
    workflow.propose_milestone(twelve, **office, name="方案;印发,实施", due_on=dt.date(2023, 10, 15))
    workflow.propose_milestone(
        twelve, by=people.reporter(HALL), at=office["at"], name="没认可的", due_on=dt.date(2023, 10, 16)
    )
    fields = {"text": "情况", "category": "other", "level": "department"}
    workflow.open_problem(plan, **office, title="窗口排队", department=room, due_on=dt.date(2023, 9, 30), **fields)
    workflow.open_problem(
        plan,
        **office,
        title="别人的",
        department=part("15", "财务部").department,
        due_on=dt.date(2023, 9, 30),
        **fields,
    )
    calendar, events = parsed(feed(link).content)
    assert (calendar["VERSION"], calendar["X-WR-CALNAME"]) == ("2.0", "营商环境督办 审批中心")
    assert {"PRODID", "CALSCALE", "METHOD"} <= set(calendar)
    said = [(e["DTSTART"], e["SUMMARY"]) for e in events]
    assert said == [
        ("20230925", "2023年9月进展报送截止"),
        ("20230930", "问题1号整改期限"),
        ("20231015", "第12项节点：方案;印发,实施"),
        ("20231025", "2023年10月进展报送截止"),
        ("20231201", "第12项完成时限：优化环评流程"),
    ]
    assert events[0]["DESCRIPTION"] == "应报 7 项次，还有 7 项次要报。", "第 11 项办结了，不再应报"
    for event in events:
        assert event["DTSTART 参数"] == event["DTEND 参数"] == ["VALUE=DATE"]
        start, end = (dt.datetime.strptime(event[name], "%Y%m%d") for name in ("DTSTART", "DTEND"))
        assert end - start == dt.timedelta(days=1), "全天，止日不含"
        dt.datetime.strptime(event["DTSTAMP"], "%Y%m%dT%H%M%SZ")
        assert event["URL"].startswith("http")
    assert len({event["UID"] for event in events}) == len(events)


@pytest.mark.django_db
def test_a_uid_stays_the_same_when_the_date_moves(plan, period, people, at, link):
    twelve = dated("12")
    before = {e["UID"]: e["DTSTART"] for e in parsed(feed(link).content)[1]}
    made = workflow.request_extension(
        twelve, by=people.reporter(HALL), at=at("2023-09-20 09:00"), new_due_on=dt.date(2023, 12, 20), reason="等文件"
    )
    workflow.approve_extension(made, by=people.office, at=at("2023-09-21 09:00"))
    workflow.extend_period(
        period, by=people.office, at=at("2023-09-22 09:00"), due_on=dt.date(2023, 9, 28), reason="值守"
    )
    after = {e["UID"]: e["DTSTART"] for e in parsed(feed(link).content)[1]}
    assert set(before) == set(after)
    moved = {uid: (before[uid], after[uid]) for uid in before if before[uid] != after[uid]}
    assert sorted(moved.values()) == [("20230925", "20230928"), ("20231201", "20231220")]


@pytest.mark.django_db
def test_nothing_said_in_reports_is_in_the_feed(period, submitted, people, link):
    submitted("12", HALL, text="内部的话。", percent=10)
    assert "内部的话" not in feed(link).content.decode()
    assert people.reporter(HALL).name not in feed(link).content.decode()


@pytest.mark.django_db
def test_a_measure_no_longer_led_leaves_the_calendar(plan, period, link):
    twelve = dated("12")
    assert any("第12项" in e["SUMMARY"] for e in parsed(feed(link).content)[1])
    Assignment.objects.filter(pk=twelve.pk).update(ended_in=plan.revision)
    assert not any("第12项" in e["SUMMARY"] for e in parsed(feed(link).content)[1])


@pytest.mark.django_db
def test_an_empty_calendar_is_still_a_calendar(plan, link):
    calendar, events = parsed(feed(link).content)
    assert calendar["VERSION"] == "2.0"
    assert events == []


@pytest.mark.django_db
def test_the_feed_asks_the_same_queries_however_many_dates(plan, period, people, at, link):
    def count():
        with CaptureQueriesContext(connection) as queries:
            assert feed(link).status_code == 200
        return len(queries)

    dated("12")
    one = count()
    Measure.objects.all().update(due_on=dt.date(2023, 12, 1))
    workflow.plan_periods(plan, by=people.office, at=at("2023-09-20 10:00"), first_month=10, last_month=12, due_day=25)
    for name in ("一", "二", "三"):
        workflow.propose_milestone(
            part("12"), by=people.office, at=at("2023-09-20 10:00"), name=name, due_on=dt.date(2023, 11, 1)
        )
    assert count() == one


@pytest.mark.django_db
def test_the_feed_asks_the_same_queries_however_many_plans(plan, period, link):
    def count():
        with CaptureQueriesContext(connection) as queries:
            text = feed(link).content.decode()
        return len(queries), text.count("BEGIN:VEVENT")

    dated("12")
    one, before = count()
    for year in (2024, 2025, 2026):
        made = make_plan(year=year)
        Measure.objects.filter(plan=made).update(due_on=dt.date(year, 6, 1))
        made.measures.get().assignments.update(department=Department.objects.get(name=HALL), order=0)
    many, after = count()
    assert (many, after) == (one, before + 3)


@given(st.integers(1, 60), st.integers(0, 400))
@example(1, 0)
@example(7, 0)
def test_an_alarm_rings_at_nine_so_many_days_before(days, off):
    day = dt.date(2023, 9, 22) + dt.timedelta(days=off)
    entry = calendar_papers.CalendarEntry("x-1", day, "事", "", "/", (days,))
    now = dt.datetime(2023, 9, 22, 9, tzinfo=dt.UTC)
    _, [event] = parsed(calendar_papers.to_ics(Department(pk=1, name="审批中心"), [entry], now))
    assert rung(event) == [dt.datetime.combine(day - dt.timedelta(days=days), dt.time(9))]


def test_a_day_that_is_over_rings_no_more():
    entry = calendar_papers.CalendarEntry("x-1", dt.date(2023, 9, 21), "事", "", "/", (7, 1))
    now = dt.datetime(2023, 9, 22, 9, tzinfo=dt.UTC)
    _, [event] = parsed(calendar_papers.to_ics(Department(pk=1, name="审批中心"), [entry], now))
    assert rung(event) == []


@pytest.mark.django_db
def test_reports_ring_three_days_and_one_before_the_rest_seven_and_one(plan, period, people, at, link, room):
    dated("12")
    _, events = parsed(feed(link).content)
    said = {e["SUMMARY"]: [when.strftime("%m-%d %H") for when in rung(e)] for e in events}
    assert said["2023年9月进展报送截止"] == ["09-22 09", "09-24 09"]
    assert said["第12项完成时限：优化环评流程"] == ["11-24 09", "11-30 09"]


@pytest.mark.django_db
def test_what_is_all_reported_rings_no_more(plan, period, submitted, link):
    for row in period.progress.filter(assignment__department__name=HALL).select_related("assignment__measure"):
        submitted(row.assignment.measure.number, HALL)
    [event] = [e for e in parsed(feed(link).content)[1] if "报送截止" in e["SUMMARY"]]
    assert event["DESCRIPTION"].endswith("还有 0 项次要报。") and rung(event) == []


@pytest.mark.django_db
@pytest.mark.parametrize("url", ["https://ledger.gov.example/calendar/a.ics", "http://10.0.0.1:8000/calendar/a.ics"])
def test_the_webcal_link_is_the_same_address(url):
    assert calendar_papers.webcal(url) == f"webcal://{url.split('://')[1]}"


@pytest.mark.django_db
def test_the_card_has_both_addresses(client, people, link, period):
    client.force_login(people.reporter(HALL))
    page = markup(client.get(reverse("department_detail", args=[link.department.slug])))
    path = reverse("calendar_feed", args=[link.token])
    assert f'href="webcal://testserver{path}"' in page and f'value="http://testserver{path}"' in page


# ── 谁、何时 ──────────────────────────────────────────────


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "action", "status"), TABLE)
def test_every_verb_does_refuses_or_forbids_as_written(kind, action, status, users, link, people, at):
    if status == "revoked":
        link = workflow.revoke_calendar(link, by=people.reporter(HALL), at=at("2023-09-20 10:00"))
    found = {
        role: outcome(workflow.revoke_calendar, link, user, at("2023-09-21 09:00")) for role, user in users.items()
    }
    assert found == TABLE[kind, action, status]
    for role, user in users.items():
        assert (action in workflow.allowed_actions(user, link)) is (found[role] == "可")


@pytest.mark.django_db
def test_only_a_reporter_of_the_department_creates_one_and_only_one(users, room, at):
    create = partial(workflow.create_calendar, room, at=at("2023-09-20 09:00"))
    for role, user in users.items():
        if role != "本部室":
            with pytest.raises(PermissionDenied):
                create(by=user)
    create(by=users["本部室"])
    with pytest.raises(workflow.Refused, match="请先作废现在这个"):
        create(by=users["本部室"])


@pytest.mark.django_db
def test_the_log_says_who_but_never_the_secret(link, people, at):
    workflow.revoke_calendar(link, by=people.reporter(HALL), at=at("2023-09-20 10:00"))
    events = Event.objects.filter(action__startswith="calendar_").order_by("pk")
    assert [e.action for e in events] == [*EVENTS["create_calendar"], *EVENTS["revoke_calendar"]]
    assert all(e.by == people.reporter(HALL) and e.department.name == HALL and not e.is_public for e in events)
    assert not any(link.token in f"{e.note}{e.data}{e.label}" for e in events)


@pytest.mark.django_db
def test_a_revoked_link_a_wrong_one_and_one_of_a_closed_department_are_all_not_found(link, room, people, at):
    wrong = ["x", "0" * 43, link.token[:-1], link.token + "a", link.token.swapcase(), "a" * 5000]
    for token in wrong:
        assert Client().get(f"/calendar/{token}.ics").status_code == 404
    for token in ("%00", "..%2f", "长", "a b", "'"):
        assert Client().get(f"/calendar/{token}.ics").status_code == 404
    assert feed(link).status_code == 200
    Department.objects.filter(pk=room.pk).update(is_active=False)
    assert feed(link).status_code == 404
    Department.objects.filter(pk=room.pk).update(is_active=True)
    workflow.revoke_calendar(link, by=people.reporter(HALL), at=at("2023-09-20 10:00"))
    assert feed(link).status_code == 404
    again = workflow.create_calendar(room, by=people.reporter(HALL), at=at("2023-09-20 11:00"))
    assert again.token != link.token
    assert (feed(link).status_code, feed(again).status_code) == (404, 200)


@pytest.mark.django_db
def test_right_wrong_and_revoked_are_found_out_with_the_same_single_query(link, people, at, django_assert_num_queries):
    for token in (link.token, "0" * 43):
        with django_assert_num_queries(1):
            calendar_pages.find(token)
    workflow.revoke_calendar(link, by=people.reporter(HALL), at=at("2023-09-20 10:00"))
    with django_assert_num_queries(1):
        assert calendar_pages.find(link.token) is None


@pytest.mark.django_db
def test_the_feed_needs_no_login_sets_no_cookie_and_is_not_cached_in_between(link, people):
    for user in (None, people.office):
        client = Client()
        if user:
            client.force_login(user)
        response = client.get(reverse("calendar_feed", args=[link.token]))
        assert response["Content-Type"] == "text/calendar; charset=utf-8"
        assert {"private", "no-store"} <= set(response["Cache-Control"].split(", "))
        assert response["Referrer-Policy"] == "same-origin"
        assert "sessionid" not in response.cookies
    assert Client().post(reverse("calendar_feed", args=[link.token])).status_code == 405


@pytest.mark.django_db
def test_the_department_page_shows_the_secret_to_its_own_reporters_only(users, link, room):
    url = reverse("department_detail", args=[room.slug])
    for role in ("本部室", "办公室", "领导", "管理员"):
        client = Client()
        client.force_login(users[role])
        assert (link.token in client.get(url).content.decode()) is (role == "本部室")


@pytest.mark.django_db
def test_create_and_revoke_by_the_buttons(client, users, room):
    client.force_login(users["本部室"])
    page = client.post(reverse("calendar_create", args=[room.slug]), follow=True).content.decode()
    link = CalendarLink.objects.get()
    # 没有设 SITE_URL 的，地址用来访者所用的主机名。
    assert calendar_papers.feed_url(link, "http://testserver/") in page
    assert urlsplit(calendar_papers.feed_url(link)).path == reverse("calendar_feed", args=[link.token])
    assert "已有一个日历链接" in client.post(reverse("calendar_create", args=[room.slug]), follow=True).content.decode()
    url = reverse("calendar_revoke", args=[link.pk])
    other = Client()
    other.force_login(users["别部室"])
    assert other.post(url).status_code == 404
    assert "建立订阅地址" in client.post(url, follow=True).content.decode()
    assert "现在不能作废日历链接" in client.post(url, follow=True).content.decode()


def test_tokens_are_long_and_random():
    from tasks.models.calendar import new_token

    found = {new_token() for _ in range(100)}
    assert len(found) == 100
    assert all(len(token) >= 43 for token in found)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_colleagues_creating_at_once_make_one_link(plan, people, at):
    room = Department.objects.get(name=HALL)
    both = [people.reporter(HALL, n) for n in (1, 2)]
    calls = [partial(workflow.create_calendar, room, by=by, at=at("2023-09-20 09:00")) for by in both]
    found = at_the_same_time(calls)
    assert sum(isinstance(f, workflow.Refused) for f in found) == 1
    assert CalendarLink.objects.in_force().count() == 1
