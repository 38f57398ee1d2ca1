"""举措：清单、详情、办公室核定、定灯与恢复。"""

import datetime as dt
import re
from html import unescape

import pytest
from django.urls import reverse

from departments.models import User
from tasks import workflow
from tasks.models import Completion, Event, ManualLight, Measure, Plan
from tests.world import OWN, form_on

pytestmark = pytest.mark.django_db
LIST = "/measures/"


@pytest.fixture
def office(sign_in, people, period):
    return sign_in(people.office)


def url(number, action="detail"):
    return reverse("measure_detail" if action == "detail" else action, args=[number])


# ── 清单、详情 ──


def test_everybody_sees_all_21(client, people, period):
    for user in (people.office, people.admin, people.leader("李华斌"), people.reporter(OWN)):
        client.force_login(user)
        response = client.get(LIST)
        assert response.context["page"].total == 21
        assert "现行方案共 21 项" in response.content.decode()


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"q": "企业"}, None),
        ({"q": "12"}, None),
        ({"dept": "spzx"}, 8),
        ({"lead": "李华斌"}, 10),
        ({"kind": "indicator"}, 4),
        ({"report": "missing"}, 21),
        ({"light": "done"}, 0),
        ({"sort": "light"}, 21),
        ({"page": 9}, 21),
    ],
)
def test_the_list_is_filtered(office, query, count):
    page = office.get(LIST, query).context["page"]
    assert page.total > 0 if count is None else page.total == count


@pytest.mark.parametrize("number", [str(n) for n in range(1, 22)])
def test_every_measure_has_a_page_with_its_words(office, number):
    page = office.get(url(number)).content.decode()
    measure = Measure.objects.get(number=number)
    assert f"{number}. {measure.title}" in page
    assert measure.display_text in page


@pytest.mark.parametrize("number", ["0", "22", "999", "8-1", "08", "9999-999"])
def test_a_measure_that_does_not_exist_is_not_found(office, number):
    assert office.get(url(number)).status_code == 404


@pytest.mark.parametrize(
    "path", ["/measures/12345/", "/measures/-1/", "/measures/一/", "/measures/１/", "/measures/8-/", "/measures/8.0/"]
)
def test_what_is_not_a_number_is_not_an_address(office, path):
    assert office.get(path).status_code == 404


@pytest.mark.parametrize("events", ["", "progress", "x", "%00", "a" * 5000])
def test_the_trail_can_be_narrowed_to_the_reports(office, submitted, events):
    submitted("12", OWN, percent=75)
    response = office.get(url("12") + f"?events={events}")
    assert response.status_code == 200
    titles = [item.title for item in response.context["timeline"].items]
    assert ("方案印发" in "".join(titles)) or titles


def test_a_reporter_finds_the_way_to_the_form_on_the_page(sign_in, people, report):
    page = sign_in(people.reporter(OWN)).get(url("12")).content.decode()
    assert reverse("progress_report", args=[report("12", OWN).pk]) in page
    assert "去填报" in page
    assert "去填报" not in sign_in(people.reporter("财务部")).get(url("12")).content.decode()


def test_a_measure_of_a_plan_no_longer_current_is_not_found(office):
    Plan.objects.update(is_current=False)
    assert office.get(url("12")).status_code == 404
    assert office.get(LIST).status_code == 200


# ── 核定 ──


def settings_of(response, number):
    form = form_on(response, None)
    return form["fields"] if form else {}


def test_the_office_settles_what_the_document_leaves_open(office):
    form = settings_of(office.get(url("12", "measure_settings")), "12")
    data = form | {"kind": "milestone", "start_on": "2023-03-15", "due_on": "2023-12-31"}
    assert office.post(url("12", "measure_settings"), data)["Location"] == url("12")
    measure = Measure.objects.get(number="12")
    assert (measure.start_on, measure.due_on, measure.kind_is_confirmed) == (
        dt.date(2023, 3, 15),
        dt.date(2023, 12, 31),
        True,
    )
    event = Event.objects.get(action="measure_settle")
    assert "完成时限：空→2023年12月31日" in event.note


def test_a_deadline_that_stands_is_changed_only_with_a_reason(office):
    """试用时看到：不批准的延期，核定时改个日期就成了，原定时限也没了。"""
    first = {"kind": "milestone", "start_on": "", "due_on": "2023-11-30"}
    office.post(url("12", "measure_settings"), first)
    for later in ("2024-01-31", ""):
        response = office.post(url("12", "measure_settings"), first | {"due_on": later})
        page = response.content.decode()
        assert response.status_code == 422 and "完成时限原为2023年11月30日，改它须写明理由" in page
        assert f'name="due_on" value="{later}"' in page or not later, "填的还在"
    assert Measure.objects.get(number="12").due_on == dt.date(2023, 11, 30)
    assert office.post(url("12", "measure_settings"), first | {"kind": "routine"}).status_code == 302, (
        "没有改时限的不用写"
    )
    office.post(url("12", "measure_settings"), first | {"due_on": "2023-12-31", "reason": "文件写的是年底"})
    assert Measure.objects.get(number="12").due_on == dt.date(2023, 12, 31)
    note = Event.objects.filter(action="measure_settle").latest("pk").note
    assert "完成时限：2023年11月30日→2023年12月31日；理由：文件写的是年底" in note


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": ""},
        {"kind": "x"},
        {"start_on": "2023-12-31", "due_on": "2023-03-01"},
        {"due_on": "0001-01-01"},
        {"due_on": "9999-12-31"},
        {"due_on": "2023-02-30"},
        {"summary_department": "999"},
        {"summary_department": "x"},
    ],
)
def test_settings_that_make_no_sense_keep_the_page(office, changes):
    data = {"kind": "milestone", "start_on": "", "due_on": ""} | changes
    response = office.post(url("12", "measure_settings"), data)
    assert response.status_code == 422
    assert "处需要修改" in response.content.decode()
    assert not Event.objects.filter(action="measure_settle").exists()


def test_an_empty_post_is_answered_with_the_errors(office):
    assert office.post(url("12", "measure_settings"), {}).status_code == 422


def test_words_and_state_cannot_be_posted_with_the_settings(office):
    before = Measure.objects.get(number="12")
    data = {
        "kind": "routine",
        "start_on": "",
        "due_on": "",
        "title": "改了",
        "text": "改了",
        "number": "99",
        "retired_in": "1",
    }
    office.post(url("12", "measure_settings"), data)
    after = Measure.objects.get(pk=before.pk)
    assert (after.title, after.text, after.number, after.retired_in) == (before.title, before.text, "12", None)


def test_targets_are_given_to_one_of_the_lead_departments(office):
    eight = Measure.objects.get(number="8")
    target = eight.targets.first()
    rooms = {a.department.name: a.department.pk for a in eight.assignments.all()}
    data = {"kind": "indicator", "start_on": "", "due_on": "", f"target_{target.pk}": rooms[OWN]}
    assert office.post(url("8", "measure_settings"), data).status_code == 302
    target.refresh_from_db()
    assert target.department.name == OWN
    outsider = office.post(url("8", "measure_settings"), data | {f"target_{target.pk}": "9999"})
    assert outsider.status_code == 422


# ── 定灯 ──


def test_the_office_sets_and_lifts_a_light(office):
    form = form_on(office.get(url("12")), url("12", "light_set"))
    assert form["method"] == "post"
    assert office.post(url("12", "light_set"), {"level": "red", "reason": "久拖不决"})["Location"] == url("12")
    page = office.get(url("12")).content.decode()
    assert "办公室定灯" in page
    assert "久拖不决" in page
    assert office.post(url("12", "light_lift"))["Location"] == url("12")
    assert ManualLight.objects.get().lifted_at is not None
    again = office.post(url("12", "light_lift"), follow=True)
    assert "这一期没有定灯，不用取消。" in again.content.decode()


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"level": "red"},
        {"level": "red", "reason": "  "},
        {"level": "pink", "reason": "x"},
        {"level": "red", "reason": "字" * 301},
    ],
)
def test_a_light_needs_a_colour_and_a_reason(office, data):
    response = office.post(url("12", "light_set"), data)
    assert response.status_code == 422
    fields = form_on(response, url("12", "light_set"))["fields"]
    assert fields["reason"] == data.get("reason", "").strip()
    assert not ManualLight.objects.exists()


def test_no_light_is_set_before_a_period_or_after_it_is_closed(client, people, plan, at):
    client.force_login(people.office)
    data = {"level": "red", "reason": "x"}
    before = client.post(url("12", "light_set"), data, follow=True)
    assert "还没有开放过报送期，暂时不能定灯。" in before.content.decode()
    [period] = workflow.plan_periods(
        plan, by=people.office, at=at("2023-09-01 08:00"), first_month=9, last_month=9, due_day=25
    )
    workflow.close_period(
        workflow.open_period(period, by=people.office, at=at("2023-09-01 08:00")),
        by=people.office,
        at=at("2023-09-21 08:00"),
    )
    after = client.post(url("12", "light_set"), data, follow=True)
    assert "已经关闭，灯不再改动" in after.content.decode()
    assert not ManualLight.objects.exists()


@pytest.mark.parametrize("action", ["measure_settings", "light_set", "light_lift"])
def test_only_the_office_settles_and_sets_lights(client, people, period, action):
    for user in (people.reporter(OWN), people.leader("李华斌"), people.admin):
        client.force_login(user)
        assert client.post(url("12", action), {"level": "red", "reason": "x", "kind": "routine"}).status_code == 403
    client.force_login(people.office)
    assert client.post(url("999", action)).status_code == 404


@pytest.mark.parametrize("path", [LIST, "/measures/12/"])
def test_looking_is_only_by_get(office, path):
    assert office.post(path).status_code == 405


# ── 写错了的时限 ──


def settle(client, number="16", **fields):
    return client.post(url(number, "measure_settings"), {"kind": "milestone", "start_on": "", "due_on": ""} | fields)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"due_on": "2022-01-01"}, "完成时限不能早于方案印发的 2023年3月6日"),
        ({"start_on": "2022-06-01", "due_on": "2023-12-31"}, "计划启动日期不能早于方案印发的 2023年3月6日"),
    ],
)
def test_a_date_before_the_plan_is_refused(office, fields, said):
    response = settle(office, **fields)
    assert response.status_code == 422
    assert said in response.content.decode()
    assert form_on(response, None)["fields"]["due_on"] == fields["due_on"]
    assert not Event.objects.filter(action="measure_settle").exists()


def test_a_due_date_already_past_is_taken_only_when_said_so(office):
    assert "even_late" not in office.get(url("16", "measure_settings")).content.decode()
    response = settle(office, due_on="2023-09-01")
    assert response.status_code == 422
    assert "时限已过，仍要这样定" in response.content.decode()
    assert Measure.objects.get(number="16").due_on != dt.date(2023, 9, 1)
    assert settle(office, due_on="2023-09-01", even_late="on").status_code == 302
    assert Measure.objects.get(number="16").due_on == dt.date(2023, 9, 1)


def test_a_due_date_of_today_is_not_past_and_the_day_of_issue_is_not_before_the_plan(office):
    assert settle(office, due_on="2023-09-22").status_code == 302
    assert settle(office, start_on="2023-03-06", due_on="2023-09-22").status_code == 302
    assert Measure.objects.get(number="16").start_on == dt.date(2023, 3, 6)


def test_a_past_due_date_that_is_not_touched_does_not_stand_in_the_way(office):
    Measure.objects.filter(number="16").update(due_on=dt.date(2023, 6, 30), kind="indicator")
    assert settle(office, due_on="2023-06-30").status_code == 302


def test_quotes_inside_the_name_of_a_target_are_single(office):
    target = Measure.objects.get(number="5").targets.first()
    target.name = "“标准地”宗数占比"
    target.save()
    assert "“‘标准地’宗数占比”由谁填报" in office.get(url("5", "measure_settings")).content.decode()


# ── 已办结的不再定灯 ──


def complete(people, at, number="9"):
    for part in Measure.objects.get(number=number).assignments.all():
        Completion.objects.create(assignment=part, granted_by=people.office, granted_at=at("2023-09-20 09:00"))


def test_a_completed_measure_is_not_given_a_light_but_pointed_to_reopening(office, people, at):
    complete(people, at)
    assert reverse("light_set", args=["9"]) not in office.get(url("9")).content.decode()
    response = office.post(url("9", "light_set"), {"level": "red", "reason": "督办"}, follow=True)
    assert "这一项已办结，不再定灯。办结有误的，请在这一页“重新打开”。" in response.content.decode()
    assert not ManualLight.objects.exists()


def test_completing_lifts_the_light_of_the_open_period(office, people, period, report, at):
    office.post(url("13", "light_set"), {"level": "red", "reason": "督办"})
    row = report("13", "综合办")
    content = {"text": "全部完成。", "stage": "completed"}
    row = workflow.submit_progress(
        row, by=people.reporter("综合办"), at=at("2023-09-20 10:00"), version=0, content=content
    )
    workflow.approve_progress(row, by=people.office, at=at("2023-09-21 09:00"))
    assert ManualLight.objects.get().lifted_at == at("2023-09-21 09:00")
    assert office.get("/board/?light=done").context["board"].light_counts[-1][2] == 1


def told(client, address):
    """办理过程列出来的各条的话。"""
    return [item.note for item in client.get(address).context["timeline"].items]


def test_a_long_story_shows_its_last_ten_and_leads_to_the_rest(office, people, period, at):
    for n in range(60):
        office.post(url("9", "light_set"), {"level": "red", "reason": f"第{n}次"})
    page = office.get(url("9")).content.decode()
    timeline = office.get(url("9")).context["timeline"]
    assert told(office, url("9")) == [f"红灯：第{n}次" for n in range(59, 49, -1)]
    assert timeline.older > 50 and f"更早的 {timeline.older} 条" in page
    assert f'href="{timeline.every_url}"' in page
    first, last = told(office, timeline.every_url), told(office, url("9") + "?page=2")
    assert first == [f"红灯：第{n}次" for n in range(59, 9, -1)]
    assert last[:10] == [f"红灯：第{n}次" for n in range(9, -1, -1)] and len(first + last) == timeline.older + 10
    assert told(office, url("9") + "?page=99") == last
    assert 'href="?page=2#h-tl"' in office.get(url("9") + "?page=1").content.decode()


def test_a_short_story_has_nothing_more(office, period):
    assert not office.get(url("9")).context["timeline"].older
    assert "更早的" not in office.get(url("9")).content.decode()


def test_only_the_reports_turn_their_pages_alone(office, submitted):
    submitted("12", OWN, percent=75)
    narrowed = office.get(url("12") + "?events=progress&page=1").context["timeline"]
    assert [item.title for item in narrowed.items] == ["9月进展"]
    assert narrowed.every_url == url("12") + "?events=progress&page=1#h-tl"


def test_links_of_the_story_lead_to_the_measure_from_a_form_put_back_too(office, people, period):
    """没写好放回来的那一页，网址是交表单的，打不开：链接写明是举措页的。"""
    for n in range(11):
        office.post(url("9", "light_set"), {"level": "red", "reason": f"第{n}次"})
    back = office.post(url("9", "light_set"), {"level": "red", "reason": ""})
    assert back.status_code == 422
    page = back.content.decode().partition('id="h-tl"')[2]
    for link in re.findall(r'<a[^>]* href="([^"]+)"', page.partition("</section>")[0]):
        assert office.get(unescape(link)).status_code == 200
    assert f'href="{url("9")}?page=1#h-tl"' in page


def test_only_the_last_of_several_reports_tells_its_state_whatever_page_it_is_on(demo, sign_in):
    """翻到后面的页，前面那页已经有更新的一次：旧的那次不当作现在的状态。"""
    office = sign_in(User.objects.get(username="office"))
    for measure in Measure.objects.in_force():
        once = list(told_of(office, measure.url))
        paged = []
        for number in range(1, 9):
            items = office.get(f"{measure.url}?page={number}").context["timeline"]
            paged += [shown(item) for item in items.items]
            if not items.page.has_next():
                break
        assert paged[: len(once)] == once
        states = [tag for title, tag, extra in paged if title == "9月进展" and tag in ("待审核", "已通过", "已退回")]
        assert len(states) <= measure.assignments.count()


def shown(item):
    return item.title, item.tag, item.extra


def told_of(client, address):
    return [shown(item) for item in client.get(address).context["timeline"].items]


def test_the_office_records_a_leaders_word_beside_the_light_without_an_empty_card(office):
    page = office.get(url("9")).content.decode()
    assert "代录领导批示" in page
    assert 'id="h-ins"' not in page
