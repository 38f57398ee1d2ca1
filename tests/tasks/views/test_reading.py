"""已阅：领导按一下；样子没有变就不再请他看，变了再排出来；部室与办公室看得到，别的部室看不到。"""

import datetime as dt
from functools import partial
from types import SimpleNamespace

import pytest

from departments.models import Department, Leader
from tasks import workflow
from tasks.figures import escalated, owed
from tasks.models import Event, Instruction, Measure, Reading
from tasks.rules import lights
from tests.markup import markup
from tests.tasks.expectations import outcome

pytestmark = pytest.mark.django_db
ROOM = "规划建设部"


@pytest.fixture
def red(period, people, at):
    """第 10 项（李华斌牵头）九月定了红灯。"""
    ten = Measure.objects.get(number="10")
    workflow.set_light(ten, period, by=people.office, at=at("2023-09-20 09:00"), level="red", reason="督办")
    return ten


def cards(client, kind="urgent"):
    return [card.line.measure.number for card in client.get("/lead/").context["desk"][kind]]


def press(client, number="10"):
    [card] = [c for c in client.get("/lead/").context["desk"]["urgent"] if c.line.measure.number == number]
    return client.post(f"/measures/{number}/read/", {"seen": card.seen})


def test_a_card_read_leaves_the_front_and_comes_back_with_news(red, sign_in, people, submitted):
    client = sign_in(people.leader("李华斌"))
    assert (cards(client), cards(client, "read")) == (["10"], [])
    assert press(client)["Location"] == "/lead/"
    assert (cards(client), cards(client, "read")) == ([], ["10"])
    submitted("10", ROOM, percent=30)
    assert cards(client) == ["10"]


def test_a_new_reply_brings_it_back(red, sign_in, people, at):
    said = workflow.issue_instruction(red, by=people.leader("李华斌"), at=at("2023-09-20 10:00"), text="请抓紧。")
    client = sign_in(people.leader("李华斌"))
    press(client)
    assert cards(client) == []
    workflow.reply_instruction(said, by=people.reporter(ROOM), at=at("2023-09-21 09:00"), text="已办。")
    assert cards(client) == ["10"]


def test_news_between_the_look_and_the_tap_is_not_taken_as_read(red, sign_in, people, submitted):
    client = sign_in(people.leader("李华斌"))
    [card] = client.get("/lead/").context["desk"]["urgent"]
    submitted("10", ROOM, percent=30)
    client.post("/measures/10/read/", {"seen": card.seen})
    assert cards(client) == ["10"]


def test_department_and_office_see_who_has_read_it_and_other_departments_do_not(red, client, people):
    client.force_login(people.leader("李华斌"))
    press(client)
    for user, sees in ((people.office, True), (people.reporter(ROOM), True), (people.reporter("财务部"), False)):
        client.force_login(user)
        assert ("<dt>已阅</dt>" in markup(client.get("/measures/10/"))) is sees


def test_it_is_one_event_and_the_same_state_is_not_written_twice(red, people, at):
    leader = people.leader("李华斌")
    for _ in range(2):
        workflow.mark_reading(red, by=leader, at=at("2023-09-21 09:00"), seen="red")
    [event] = Event.objects.filter(action="reading_mark")
    assert (event.by, event.measure, event.label) == (leader, red, "已阅")
    assert Reading.objects.get().leader == Leader.objects.get(name="李华斌")


def test_only_the_leader_who_leads_it_can_mark_it(red, people, at):
    users = {
        "办公室": people.office,
        "本部室": people.reporter(ROOM),
        "管理员": people.admin,
        "领导": people.leader("李华斌"),
    }
    users["组长"], users["不牵头的领导"] = people.leader("陈向东"), people.leader("李斌")
    when = at("2023-09-21 09:00")
    found = {who: outcome(partial(workflow.mark_reading, seen="red"), red, user, when) for who, user in users.items()}
    assert found == {"办公室": "禁", "本部室": "禁", "管理员": "禁", "领导": "可", "不牵头的领导": "禁", "组长": "可"}


@pytest.mark.parametrize("level", lights.LABELS)
def test_whatever_its_light_a_measure_can_be_marked_as_read(red, people, at, level):
    said = f"{level}.1,2"
    workflow.mark_reading(red, by=people.leader("李华斌"), at=at("2023-09-21 09:00"), seen=said)
    assert Reading.objects.get(measure=red).seen == said


def test_every_kind_of_thing_owed_has_a_word_for_not_done():
    assert set(escalated.UNDONE) == set(owed.ORDER) - {owed.INSTRUCTION}


def test_a_unit_urged_for_its_part_is_said_on_the_leaders_page(red, period, sign_in, people, at, monkeypatch):
    from tasks.pages import reminder as reminder_pages

    Measure.objects.filter(pk=red.pk).update(cooperating="审批中心")
    rooms = [Department.objects.get(name="审批中心")]
    who = {"by": people.office, "at": at("2023-09-20 09:00")}
    asked = {"departments": rooms, "period": period, "text": "报水电。", "due_on": dt.date(2023, 9, 21)}
    workflow.ask_cooperation(Measure.objects.get(pk=red.pk), **who, **asked)
    later = at("2023-09-23 09:00")
    due = [i for i in owed.to_urge(period.plan, later.date()) if i.kind == owed.COOPERATION]
    reminder_pages.urge(period.plan, rooms[0], due, by=people.office, at=later)
    monkeypatch.setattr("yingshang.clock.today", lambda: later.date())
    client = sign_in(people.leader("李华斌"))
    [card] = client.get("/lead/").context["desk"]["first"]
    assert card.why_first == "审批中心配合情况催过 1 次没有报，已逾期 2 天"
    assert client.get("/week/").status_code == 200


def test_a_state_that_is_no_state_is_refused(red, people, at):
    with pytest.raises(workflow.Refused, match="请刷新"):
        workflow.mark_reading(red, by=people.leader("李华斌"), at=at("2023-09-21 09:00"), seen="<b>")


# ── 先看的 ──


def test_a_word_unanswered_past_its_day_is_put_first_with_the_reason(period, sign_in, people, at):
    six = Measure.objects.get(number="6")
    leader = people.leader("李华斌")
    workflow.issue_instruction(six, by=leader, at=at("2023-09-10 10:00"), text="请抓紧。")
    client = sign_in(leader)
    assert cards(client, "first") == ["6"]
    [card] = client.get("/lead/").context["desk"]["first"]
    assert card.why_first == "审批中心 12 天没有回复批示"
    assert card.why_first in client.get("/lead/").content.decode()


def test_a_fresh_word_is_not_put_first(period, sign_in, people, at):
    leader = people.leader("李华斌")
    workflow.issue_instruction(Measure.objects.get(number="6"), by=leader, at=at("2023-09-20 10:00"), text="请抓紧。")
    assert cards(sign_in(leader), "first") == []


@pytest.mark.parametrize(
    ("now", "trail", "count"),
    [
        ("red", ["green", "red", "red"], 2),
        ("red", ["red", "yellow", "red"], 1),
        ("red", ["red", "red", "red"], 3),
        ("yellow", ["red", "red"], 0),
        ("red", [], 0),
    ],
)
def test_red_periods_are_counted_back_from_this_one(now, trail, count):
    line = SimpleNamespace(light=SimpleNamespace(level=now), trail_points=[("", level) for level in trail])
    assert escalated.reds(line) == count


def test_red_for_two_periods_is_put_first_with_the_reason(plan, people, at, sign_in):
    office = {"by": people.office, "at": at("2023-08-01 08:00")}
    august, september = workflow.plan_periods(plan, **office, first_month=8, last_month=9, due_day=25)
    ten = Measure.objects.get(plan=plan, number="10")
    august = workflow.open_period(august, **office)
    workflow.set_light(ten, august, by=people.office, at=at("2023-08-20 09:00"), level="red", reason="督办")
    workflow.close_period(august, by=people.office, at=at("2023-08-30 09:00"))
    september = workflow.open_period(september, by=people.office, at=at("2023-09-01 08:00"))
    workflow.set_light(ten, september, by=people.office, at=at("2023-09-20 09:00"), level="red", reason="督办")
    [card] = [
        c for c in sign_in(people.leader("李华斌")).get("/lead/").context["desk"]["first"] if c.line.measure == ten
    ]
    assert card.why_first == "连续 2 期红灯"


def test_an_urged_report_still_owed_past_its_day_is_put_first(period, sign_in, people, at, monkeypatch):
    from tasks.figures import owed as owed_figures
    from tasks.pages import reminder as reminder_pages

    later = at("2023-09-27 09:00")
    due = [i for i in owed_figures.to_urge(period.plan, later.date()) if i.number == "第13项"]
    reminder_pages.urge(period.plan, due[0].department, due, by=people.office, at=later)
    monkeypatch.setattr("yingshang.clock.today", lambda: later.date())
    leader = Measure.objects.get(number="13").leader_links.first().leader
    client = sign_in(people.leader(leader.name))
    [card] = [c for c in client.get("/lead/").context["desk"]["first"] if c.line.measure.number == "13"]
    assert card.why_first == "综合办9月进展催过 1 次没有报，已逾期 2 天"


# ── 常用语 ──


def test_a_phrase_is_two_taps(red, sign_in, people):
    client = sign_in(people.leader("李华斌"))
    assert '<button class="btn" name="phrase" value="请按期推进，月底前报结果。"' in markup(client.get("/lead/"))
    client.post(
        "/instructions/add/", {"measure": "10", "from": "lead", "phrase": "请按期推进，月底前报结果。", "text": ""}
    )
    assert Instruction.objects.get().text == "请按期推进，月底前报结果。"


def test_what_he_wrote_beside_the_phrase_is_not_lost(red, sign_in, people):
    data = {"measure": "10", "phrase": "请抓紧。", "text": "周五前报我。"}
    sign_in(people.leader("李华斌")).post("/instructions/add/", data)
    assert Instruction.objects.get().text == "请抓紧。\n周五前报我。"


def test_a_leader_edits_his_own_phrases_and_nobody_elses(client, red, people):
    client.force_login(people.leader("李华斌"))
    client.post("/lead/phrases/", {"texts": "请周五前报我。\n\n请周五前报我。\n同意。"})
    assert client.get("/lead/").context["desk"]["phrases"] == ["请周五前报我。", "同意。"]
    client.force_login(people.leader("陈向东"))
    assert "请周五前报我。" not in client.get("/lead/").context["desk"]["phrases"]


def test_emptied_phrases_go_back_to_those_offered(client, red, people):
    client.force_login(people.leader("李华斌"))
    for text in ("一句。", ""):
        client.post("/lead/phrases/", {"texts": text})
    assert len(client.get("/lead/").context["desk"]["phrases"]) == 4


@pytest.mark.parametrize(
    ("texts", "why"), [("\n".join(f"第{n}句" for n in range(13)), "至多 12 句"), ("长" * 101, "至多 100 个字")]
)
def test_too_many_or_too_long_are_refused_and_kept_on_the_page(client, red, people, texts, why):
    client.force_login(people.leader("李华斌"))
    response = client.post("/lead/phrases/", {"texts": texts})
    assert response.status_code == 422
    assert why in response.content.decode()
    assert texts in response.content.decode()


def test_what_he_just_wrote_is_kept_as_a_phrase_when_he_says_so(client, red, people):
    client.force_login(people.leader("李华斌"))
    client.post("/instructions/add/", {"measure": "10", "text": "请分管同志跟进。", "keep": "on"})
    assert client.get("/lead/").context["desk"]["phrases"][-1] == "请分管同志跟进。"
    assert Event.objects.filter(action="phrase_save").count() == 1


def test_too_long_to_keep_is_not_sent_either(client, red, people):
    client.force_login(people.leader("李华斌"))
    response = client.post("/instructions/add/", {"measure": "10", "text": "长" * 101, "keep": "on"})
    assert response.status_code == 422
    assert not Instruction.objects.exists()


def test_the_office_writing_on_behalf_has_no_phrases(red, sign_in, people):
    assert 'name="phrase"' not in markup(sign_in(people.office).get("/measures/10/"))
