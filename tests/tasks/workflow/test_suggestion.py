"""意见建议：部室提，办公室答复一次；本部室与看全局的人看得到；公文太长的提醒。"""

from functools import partial

import pytest
from django.core.exceptions import PermissionDenied

from tasks import workflow
from tasks.models import Circular, Event, Suggestion
from tasks.pages import circular as circular_pages
from tests.factories import People
from tests.markup import markup
from tests.tasks.expectations import nobody, outcome, read

pytestmark = pytest.mark.django_db
ROOM = "综合办"
TABLE = read("""
对象       动作              状态     本部室 别部室 办公室 领导 管理员 未登录
suggestion answer_suggestion waiting  禁     禁     可     禁   禁     禁
suggestion answer_suggestion answered 禁     禁     拒     禁   禁     禁
""")
EVENTS = {"send_suggestion": ["suggestion_send"], "answer_suggestion": ["suggestion_answer"]}


@pytest.fixture
def said(plan, people, at):
    def make(status="waiting"):
        made = workflow.send_suggestion(by=people.reporter(ROOM), at=at("2023-09-20 09:00"), text="首页字太小。")
        if status == "answered":
            workflow.answer_suggestion(made, by=people.office, at=at("2023-09-20 10:00"), text="下月改。")
        return Suggestion.objects.get(pk=made.pk)

    return make


@pytest.fixture
def users(people, plan):
    return {
        "本部室": people.reporter(ROOM),
        "别部室": people.reporter("财务部"),
        "办公室": people.office,
        "领导": people.leader("李华斌"),
        "管理员": people.admin,
        "未登录": nobody(),
    }


@pytest.mark.parametrize("status", ["waiting", "answered"])
def test_every_verb_does_refuses_or_forbids_as_written(status, said, users, at):
    item, call = said(status), partial(workflow.answer_suggestion, text="已改。")
    assert item.status == status
    found = {role: outcome(call, item, user, at("2023-09-21 09:00")) for role, user in users.items()}
    assert found == TABLE["suggestion", "answer_suggestion", status]


def test_only_departments_send_and_the_same_words_are_not_sent_twice(said, users, at):
    said()
    for who in (*(users[role] for role in ("办公室", "领导", "管理员")), People().office_in_hall):
        with pytest.raises(PermissionDenied):
            workflow.send_suggestion(by=who, at=at("2023-09-21 09:00"), text="话")
    with pytest.raises(workflow.Refused, match="不用再提一次"):
        workflow.send_suggestion(by=users["本部室"], at=at("2023-09-21 09:00"), text="首页字太小。 ")


def test_each_is_on_record_with_who_and_when(said, users):
    said("answered")
    found = Event.objects.filter(action__startswith="suggestion_").order_by("pk")
    assert [(e.action, e.by, e.department.name) for e in found] == [
        ("suggestion_send", users["本部室"], ROOM),
        ("suggestion_answer", users["办公室"], ROOM),
    ]


def test_it_is_sent_seen_and_answered_on_one_page(client, users, period):
    client.force_login(users["本部室"])
    client.post("/suggestions/send/", {"text": "表头能不能固定。"})
    assert "表头能不能固定。" in client.get("/suggestions/").content.decode()
    client.force_login(users["别部室"])
    assert "表头能不能固定。" not in client.get("/suggestions/").content.decode()
    client.force_login(users["办公室"])
    assert "1 条意见建议没有答复" in [c.title for c in client.get("/board/").context["board"].chores]
    made = Suggestion.objects.get()
    client.post(f"/suggestions/{made.pk}/answer/", {f"s{made.pk}-text": "已经固定。"})
    client.force_login(users["本部室"])
    assert "已经固定。" in client.get("/suggestions/").content.decode()


def test_an_answer_not_written_is_put_back_where_it_was(client, said, users):
    made = said()
    client.force_login(users["办公室"])
    response = client.post(f"/suggestions/{made.pk}/answer/", {f"s{made.pk}-text": "  "})
    assert response.status_code == 422
    assert "不办的写明为什么" in response.content.decode()


def test_everybody_finds_the_door_and_what_is_not_asked(client, users, people, period):
    for role in ("本部室", "办公室", "领导", "管理员"):
        client.force_login(users[role])
        page = markup(client.get("/help/relief/"))
        assert "意见建议" in page and "没有核对印发的原件" in page
    client.force_login(people.auditor)
    assert client.get("/help/relief/").status_code == 200
    assert "/suggestions/" not in client.get("/help/").content.decode()


@pytest.mark.parametrize(("length", "is_said"), [(4000, False), (4001, True)])
def test_a_paper_over_four_thousand_characters_is_warned_of_and_not_stopped(length, is_said):
    section = {"key": "a", "heading": "一", "text": "字 " * (length - 1)}
    said = circular_pages.long_words(Circular(sections=[section]))
    assert bool(said) is is_said
    assert not said or "4,001 字" in said
