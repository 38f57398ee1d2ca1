"""批示：谁能批、交给谁、各回复一次、全部回复之前一直显示；办公室代录；两个人同时回复。"""

from functools import partial

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction

from departments.models import Department, Leader
from tasks import workflow
from tasks.models import Assignment, Event, Instruction, InstructionReply, Measure
from tasks.pages import event as event_pages
from tasks.pages import instruction as instruction_pages
from tasks.pages import measure as measure_pages
from tasks.pages import navigation
from tests.conftest import TODAY
from tests.tasks.expectations import is_a_chinese_sentence, nobody, outcome, read
from tests.tasks.together import at_the_same_time

pytestmark = pytest.mark.django_db

# 第 10 项：李华斌牵头，规划建设部承办；批示由李华斌录入。
TABLE = read("""
对象        动作               状态     本部室 别部室 办公室 领导 管理员 未登录
instruction revise_instruction waiting  禁     禁     禁     可   禁     禁
instruction revise_instruction answered 禁     禁     禁     拒   禁     禁
instruction reply_instruction  waiting  可     禁     禁     禁   禁     禁
instruction reply_instruction  answered 拒     禁     禁     禁   禁     禁
instruction supplement_instruction waiting  禁 禁     禁     禁   禁     禁
instruction supplement_instruction answered 可 禁     禁     禁   禁     禁
instruction supplement_waiting waiting  禁     禁     禁     禁   禁     禁
instruction supplement_waiting answered 拒     禁     禁     禁   禁     禁
instruction settle_instruction waiting  禁     禁     拒     拒   禁     禁
instruction settle_instruction answered 禁     禁     可     可   禁     禁
instruction settle_instruction settled  禁     禁     拒     拒   禁     禁
instruction revise_instruction settled  禁     禁     禁     拒   禁     禁
instruction reply_instruction  settled  拒     禁     禁     禁   禁     禁
instruction supplement_instruction settled 拒  禁     禁     禁   禁     禁
instruction supplement_waiting settled  拒     禁     禁     禁   禁     禁
""")
EVENTS = {
    "issue_instruction": ["instruction_issue"],
    "revise_instruction": ["instruction_revise"],
    "reply_instruction": ["instruction_reply"],
    "supplement_instruction": ["instruction_supplement"],
    "settle_instruction": ["instruction_settle"],
}
CALLS = {
    "revise_instruction": partial(workflow.revise_instruction, text="改过的批示。", is_urgent=True),
    "reply_instruction": partial(workflow.reply_instruction, text="已办。"),
    "supplement_instruction": partial(workflow.supplement_instruction, text="又办了一步。"),
    "supplement_waiting": partial(workflow.supplement_instruction, text="又办了一步。"),
    "settle_instruction": partial(workflow.settle_instruction, note="已办妥。"),
}
ROOM = "规划建设部"


@pytest.fixture
def ten(plan):
    return Measure.objects.get(plan=plan, number="10")


@pytest.fixture
def said(ten, people, at):
    """李华斌对第 10 项的批示；要几条给几条。"""

    def say(text="请抓紧。", measure=ten, leader="李华斌", when="2023-09-20 09:00", **extra):
        return workflow.issue_instruction(measure, by=people.leader(leader), at=at(when), text=text, **extra)

    return say


@pytest.fixture
def said_in(said, people, at):
    """处于某状态的批示。"""

    def make(status):
        made = said()
        if status != "waiting":
            workflow.reply_instruction(made, by=people.reporter(ROOM), at=at("2023-09-20 10:00"), text="已办。")
        if status == "settled":
            made.refresh_from_db()
            workflow.settle_instruction(made, by=people.office, at=at("2023-09-20 11:00"), note="已办妥。")
        return Instruction.objects.get(pk=made.pk)

    return make


@pytest.fixture
def users(people):
    return {
        "本部室": people.reporter(ROOM),
        "别部室": people.reporter("财务部"),
        "办公室": people.office,
        "领导": people.leader("李华斌"),
        "管理员": people.admin,
        "未登录": nobody(),
    }


def reply(instruction, people, at, room, text="已办。", when="2023-09-21 09:00"):
    return workflow.reply_instruction(instruction, by=people.reporter(room), at=at(when), text=text)


# ── 流程表 ────────────────────────────────────────────────


# 补充只有一个动词，自己分辨还有没有部室没回复：表里是两行，做的是一件事。
BY_THE_OTHER = {("instruction", "supplement_waiting", status) for status in ("answered", "settled")}


@pytest.mark.parametrize(("kind", "action", "status"), [key for key in TABLE if key not in BY_THE_OTHER])
def test_every_verb_does_refuses_or_forbids_as_written(kind, action, status, said_in, users, at):
    item = said_in(status)
    assert item.status == status
    found = {role: outcome(CALLS[action], item, user, at("2023-09-21 09:00")) for role, user in users.items()}
    assert found == TABLE[kind, action, status]


@pytest.mark.parametrize("status", Instruction.Status.values)
def test_buttons_are_exactly_the_moves_expected(status, said_in, users):
    item = said_in(status)
    for role, user in users.items():
        expected = [a for (k, a, s), cells in TABLE.items() if s == status and cells[role] == "可"]
        assert workflow.allowed_actions(user, item) == expected, role


@pytest.mark.parametrize(("verb", "actions"), EVENTS.items())
def test_a_verb_writes_its_event_with_who_and_when(verb, actions, said_in, said, users, at):
    by_room = verb in ("reply_instruction", "supplement_instruction")
    who, moment = users["本部室" if by_room else "领导"], at("2023-09-21 09:00")
    if verb == "issue_instruction":
        said(when="2023-09-21 09:00")
    else:
        answered = ("supplement_instruction", "settle_instruction")
        item = said_in("answered" if verb in answered else "waiting")
        CALLS[verb](item, by=who, at=moment)
    made = Event.objects.filter(action__startswith="instruction_", at=moment)
    assert [e.action for e in made] == actions
    [event] = made
    assert (event.by, event.measure.number, event.instruction_id is not None) == (who, "10", True)
    assert event.plan_id
    assert not event.is_public


def test_a_reply_is_supplemented_and_stays_as_it_was(plan, said, people, at):
    """错报了、约定的日子到了：接着写，原来的不动。别的部室还没回复的也一样。"""
    eight = Measure.objects.get(plan=plan, number="8")
    made = said(measure=eight)
    reply(made, people, at, ROOM, text="十月中旬办完。")
    more = {"by": people.reporter(ROOM, 2), "at": at("2023-09-22 09:00")}
    workflow.supplement_instruction(made, **more, text="已经办完。")
    with pytest.raises(workflow.Refused, match="同样的话已经写过"):
        workflow.supplement_instruction(made, **more, text="已经办完。")
    rows = InstructionReply.objects.order_by("pk").values_list("text", "is_supplement")
    assert list(rows) == [("十月中旬办完。", False), ("已经办完。", True)]
    made.refresh_from_db()
    assert made.status == "waiting"
    with pytest.raises(PermissionDenied):
        workflow.supplement_instruction(
            made, by=people.reporter("审批中心"), at=at("2023-09-22 09:00"), text="也办了。"
        )


# ── 谁能批哪一项 ──────────────────────────────────────────


@pytest.mark.parametrize(
    ("leader", "number", "can"),
    [
        ("李华斌", "10", True),
        ("李华斌", "8", True),
        ("郑瑞林", "8", True),
        ("李华斌", "9", False),
        ("郑瑞林", "10", False),
        ("王卫东", "17", True),
        ("陈向东", "3", True),
        ("陈向东", "10", True),  # 组长：任何一项
        ("陈向东", "17", True),
    ],
)
def test_a_leader_instructs_what_he_leads_and_the_head_instructs_anything(plan, people, at, leader, number, can):
    measure, by = Measure.objects.get(plan=plan, number=number), people.leader(leader)
    call = partial(workflow.issue_instruction, measure, by=by, at=at("2023-09-20 09:00"), text="请抓紧。")
    if can:
        assert call().leader.name == leader
    else:
        with pytest.raises(PermissionDenied):
            call()
    assert bool(instruction_pages.desk_on(measure, by)) is can


@pytest.mark.parametrize("role", ["本部室", "别部室", "管理员", "未登录"])
def test_nobody_else_instructs(ten, users, at, role):
    with pytest.raises(PermissionDenied):
        workflow.issue_instruction(ten, by=users[role], at=at("2023-09-20 09:00"), text="请抓紧。")
    assert not Instruction.objects.exists()


def test_the_office_records_what_a_leader_said_and_it_is_marked(ten, people, at):
    leader = Leader.objects.get(name="李华斌")
    made = workflow.issue_instruction(ten, by=people.office, at=at("2023-09-20 09:00"), text="请抓紧。", leader=leader)
    assert (made.leader, made.by, made.is_on_behalf) == (leader, people.office, True)
    [item] = event_pages.of_measure(ten, people.office, {}).items[:1]
    assert (item.title, item.who, item.note) == ("李华斌批示", "办公室代录", "请抓紧。")


@pytest.mark.parametrize("name", ["郑瑞林", "康建佳", None])
def test_the_office_cannot_sign_for_somebody_who_could_not_instruct(ten, people, at, name):
    leader = Leader.objects.get(name=name) if name else None
    with pytest.raises(workflow.Refused, match="代录批示须选批示的领导") as refused:
        workflow.issue_instruction(ten, by=people.office, at=at("2023-09-20 09:00"), text="请抓紧。", leader=leader)
    is_a_chinese_sentence(str(refused.value))


def test_a_leader_signs_only_his_own_name(ten, people, at):
    other = Leader.objects.get(name="陈向东")
    made = workflow.issue_instruction(
        ten, by=people.leader("李华斌"), at=at("2023-09-20 09:00"), text="请抓紧。", leader=other
    )
    assert made.leader.name == "李华斌"


# ── 交给谁、何时算回复完 ──────────────────────────────────


@pytest.mark.parametrize(
    ("number", "leader", "count"), [("10", "李华斌", 1), ("8", "李华斌", 2), ("14", "张富平", 2), ("4", "陈向东", 9)]
)
def test_it_goes_to_the_departments_that_lead_now(plan, said, number, leader, count):
    made = said(measure=Measure.objects.get(plan=plan, number=number), leader=leader)
    leading = Department.objects.filter(assignments__measure__number=number)
    assert set(made.departments.all()) == set(leading)
    assert len(made.unanswered) == count


def test_a_department_that_no_longer_leads_is_not_asked_and_one_that_led_then_still_is(plan, said, people, at):
    eight = Measure.objects.get(plan=plan, number="8")
    before = said(measure=eight, text="先前的。")
    Assignment.objects.filter(measure=eight, department__name="审批中心").update(ended_in=plan.revision)
    after = said(measure=eight, text="后来的。")
    assert {d.name for d in before.departments.all()} == {"规划建设部", "审批中心"}
    assert {d.name for d in after.departments.all()} == {"规划建设部"}
    reply(before, people, at, "审批中心")


def test_a_measure_that_left_the_plan_is_not_instructed(ten, plan, said):
    Measure.objects.filter(pk=ten.pk).update(retired_in=plan.revision)
    with pytest.raises(workflow.Refused, match="已不在现行方案里"):
        said()


def test_it_is_answered_when_the_last_department_has_replied(plan, said, people, at):
    made = said(measure=Measure.objects.get(plan=plan, number="8"))
    reply(made, people, at, "规划建设部", when="2023-09-21 09:00")
    made = Instruction.objects.get()
    assert (made.status, made.answered_at) == ("waiting", None)
    assert [d.name for d in made.unanswered] == ["审批中心"]
    reply(made, people, at, "审批中心", when="2023-09-21 11:00")
    made = Instruction.objects.get()
    assert (made.status, made.answered_at) == ("answered", at("2023-09-21 11:00"))
    assert made.replies.count() == 2


def test_a_department_replies_once_even_from_another_account(plan, said, people, at):
    made = said(measure=Measure.objects.get(plan=plan, number="8"))
    reply(made, people, at, "规划建设部")
    with pytest.raises(workflow.Refused, match="本部室已经回复过这条批示"):
        workflow.reply_instruction(
            made, by=people.reporter("规划建设部", 2), at=at("2023-09-21 10:00"), text="再说一遍。"
        )
    assert InstructionReply.objects.count() == 1


@pytest.mark.parametrize("text", ["", "  ", "\n"])
def test_nothing_is_said_with_empty_words(said, people, at, text):
    made = said()
    for call, by in (
        (partial(workflow.issue_instruction, made.measure), people.leader("李华斌")),
        (partial(workflow.reply_instruction, made), people.reporter(ROOM)),
        (partial(workflow.revise_instruction, made, is_urgent=False), people.leader("李华斌")),
    ):
        with pytest.raises(workflow.Refused):
            call(by=by, at=at("2023-09-21 09:00"), text=text)
    assert Instruction.objects.count() == 1


def test_a_second_tap_does_not_say_it_twice(said, people, at):
    made = said()
    with pytest.raises(workflow.Refused, match="刚才已经发出"):
        said(when="2023-09-20 09:01")
    said(text="另一件事。")
    reply(made, people, at, ROOM)
    assert said(when="2023-09-22 09:00").text == made.text  # 回复过的，可以再批同样的话


# ── 修改 ──────────────────────────────────────────────────


def test_before_any_reply_the_author_may_change_it_and_the_old_words_are_kept(said, people, at):
    made = said()
    by = people.leader("李华斌")
    workflow.revise_instruction(made, by=by, at=at("2023-09-20 10:00"), text="请本周办完。", is_urgent=True)
    made = Instruction.objects.get()
    assert (made.text, made.is_urgent, made.at) == ("请本周办完。", True, at("2023-09-20 09:00"))
    event = Event.objects.get(action="instruction_revise")
    assert (event.note, event.data["from"]) == ("请本周办完。", "请抓紧。")


def test_after_a_reply_it_is_never_changed(plan, said, people, at):
    made = said(measure=Measure.objects.get(plan=plan, number="8"))
    reply(made, people, at, "规划建设部")
    with pytest.raises(workflow.Refused, match="请另批一条"):
        workflow.revise_instruction(
            made, by=people.leader("李华斌"), at=at("2023-09-21 10:00"), text="改。", is_urgent=False
        )
    assert Instruction.objects.get().text == "请抓紧。"


def test_another_leader_of_the_same_measure_does_not_change_it(plan, said, people, at):
    made = said(measure=Measure.objects.get(plan=plan, number="8"))
    with pytest.raises(PermissionDenied):
        workflow.revise_instruction(
            made, by=people.leader("郑瑞林"), at=at("2023-09-21 10:00"), text="改。", is_urgent=False
        )


# ── 看得到谁的、显示在哪里 ────────────────────────────────


def test_departments_see_what_is_addressed_to_them_and_nobody_elses(said, people):
    said()
    seen = lambda user: Instruction.objects.visible_to(user).count()  # noqa: E731
    assert [seen(people.reporter(room)) for room in (ROOM, "财务部")] == [1, 0]
    assert [seen(u) for u in (people.office, people.admin, people.leader("王卫东"))] == [1, 1, 1]
    assert seen(nobody()) == 0
    events = lambda user: Event.objects.visible_to(user).filter(action="instruction_issue").count()  # noqa: E731
    assert [events(people.reporter(room)) for room in (ROOM, "财务部")] == [1, 0]


def test_departments_asked_together_see_each_others_replies(plan, said, people, at):
    made = said(measure=Measure.objects.get(plan=plan, number="8"))
    reply(made, people, at, "规划建设部")
    seen = Event.objects.visible_to(people.reporter("审批中心")).filter(action="instruction_reply")
    assert seen.count() == 1


def test_it_stays_on_the_desk_until_one_has_replied_and_then_on_the_measure(plan, said, people, at):
    made = said(measure=Measure.objects.get(plan=plan, number="8"), is_urgent=True)
    mine, other = people.reporter("规划建设部"), people.reporter("审批中心")
    [item] = instruction_pages.for_department(mine)
    assert (item.can_reply, [d.name for d in item.unanswered]) == (True, ["规划建设部", "审批中心"])
    reply(made, people, at, "规划建设部")
    # 回复过的部室没有事要办了：首页不再列，举措页照列，可以补充。
    assert instruction_pages.for_department(mine) == []
    [item] = instruction_pages.on_measure(made.measure, mine)
    assert (item.can_reply, item.can_supplement, len(item.replies)) == (False, True, 1)
    reply(made, people, at, "审批中心")
    assert instruction_pages.for_department(mine) == instruction_pages.for_department(other) == []
    # 全部回复之后，最近的几条连同回复仍在举措页上方，领导不用到办理过程里找。
    [item] = instruction_pages.on_measure(made.measure, people.office)
    assert len(item.replies) == 2


def test_what_i_have_to_answer_comes_first_and_urgent_before_the_rest(plan, said, people, at):
    eight = Measure.objects.get(plan=plan, number="8")
    answered = said(measure=eight, text="一", when="2023-09-20 12:00", is_urgent=True)
    said(text="二", when="2023-09-20 09:00")
    said(text="三", when="2023-09-20 08:00", is_urgent=True)
    reply(answered, people, at, ROOM)
    shown = instruction_pages.for_department(people.reporter(ROOM))
    assert [item.instruction.text for item in shown] == ["三", "二"]


def test_the_leader_sees_the_replies_and_the_recently_answered(said, people, at):
    for n in range(5):
        made = said(text=f"第{n}件", when=f"2023-09-1{n} 09:00")
        reply(made, people, at, ROOM, text=f"办好{n}", when=f"2023-09-1{n} 16:00")
    said(text="还没有回复的", when="2023-09-20 09:00")
    shown = instruction_pages.for_leader(people.leader("李华斌"))
    assert [item.instruction.text for item in shown] == ["还没有回复的", "第4件", "第3件", "第2件"]
    assert shown[1].replies[0].text == "办好4"
    assert instruction_pages.for_leader(people.leader("王卫东")) == []
    assert len(instruction_pages.for_leader(people.leader("陈向东"))) == 4  # 组长看全部


def test_the_head_may_pick_any_measure_and_a_leader_only_his_own(plan, people):
    head, leader = people.leader("陈向东").leader, people.leader("李华斌").leader
    assert len(instruction_pages.offered_to(head, plan)) == 21
    ten = Measure.objects.get(plan=plan, number="10")
    assert len(instruction_pages.others_of(instruction_pages.offered_to(leader, plan), [ten])) == 9


def test_urgent_ones_reach_the_office_until_answered(said, people, at):
    said(text="不急的。")
    assert instruction_pages.chores() == []
    made = said(is_urgent=True)
    [chore] = instruction_pages.chores()
    assert (chore.title, ROOM in chore.detail) == ("1 条急办批示没有回复", True)
    reply(made, people, at, ROOM)
    assert instruction_pages.chores() == []


def test_badges_count_what_waits(said, people, at, period):
    def badges(user):
        return {item.label: item.count for item in navigation.navigation(user, "/", TODAY)}

    assert badges(people.reporter(ROOM))["我的任务"] == 4
    made = said(is_urgent=True)
    assert badges(people.reporter(ROOM))["我的任务"] == 5
    assert badges(people.reporter("财务部"))["我的任务"] == 3
    assert badges(people.office)["总览"] == 1
    assert badges(people.leader("李华斌"))["批示"] == 0
    reply(made, people, at, ROOM)
    assert badges(people.reporter(ROOM))["我的任务"] == 4
    assert badges(people.office)["总览"] == 0


def test_the_number_of_queries_does_not_grow_with_the_number_of_instructions(
    said, people, at, django_assert_num_queries
):
    user = people.reporter(ROOM)
    for n in range(3):
        said(text=f"第{n}件")
    with django_assert_num_queries(3):
        instruction_pages.for_department(user)
    for n in range(20):
        said(text=f"又{n}件")
    with django_assert_num_queries(3):
        assert len(instruction_pages.for_department(user)) == 23


def test_the_measure_page_tells_it_in_order(said, people, at, ten, period):
    made = said(is_urgent=True)
    reply(made, people, at, ROOM, text="已办。")
    context = measure_pages.detail(ten, people.office, at("2023-09-22 09:00").date())
    titles = [item.title for item in context["timeline"].items][:2]
    assert titles == ["回复批示", "李华斌批示"]
    assert context["timeline"].items[1].tag == "急办"


# ── 同时 ──────────────────────────────────────────────────


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_replies_of_one_department_at_once_make_one(said, people, at):
    made = said()
    users = [people.reporter(ROOM, n) for n in (1, 2)]
    results = at_the_same_time(
        partial(workflow.reply_instruction, made, by=user, at=at("2023-09-21 09:00"), text=f"{n}")
        for n, user in enumerate(users)
    )
    assert sorted(type(r).__name__ for r in results) == ["InstructionReply", "Refused"]
    assert InstructionReply.objects.count() == 1
    assert Instruction.objects.get().answered_at == at("2023-09-21 09:00")
    assert Event.objects.filter(action="instruction_reply").count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_when_the_last_departments_reply_at_once_it_is_answered(plan, said, people, at):
    made = said(measure=Measure.objects.get(plan=plan, number="4"), leader="陈向东")
    calls = [
        partial(workflow.reply_instruction, made, by=people.reporter(d.name), at=at("2023-09-21 09:00"), text="已办。")
        for d in made.departments.all()
    ]
    assert {type(r) for r in at_the_same_time(calls)} == {InstructionReply}
    assert Instruction.objects.get().status == "answered"
    assert InstructionReply.objects.count() == 9


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_double_tap_says_it_once(ten, people, at):
    by = people.leader("李华斌")
    call = partial(workflow.issue_instruction, ten, by=by, at=at("2023-09-20 09:00"), text="请抓紧。")
    results = at_the_same_time([call] * 4)
    assert sorted(type(r).__name__ for r in results) == ["Instruction"] + ["Refused"] * 3
    assert Instruction.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_reply_and_a_revision_at_once_never_leave_a_reply_to_changed_words(said, people, at):
    made, when = said(), at("2023-09-21 09:00")
    results = at_the_same_time(
        [
            partial(
                workflow.revise_instruction, made, by=people.leader("李华斌"), at=when, text="改过的。", is_urgent=False
            ),
            partial(workflow.reply_instruction, made, by=people.reporter(ROOM), at=when, text="已办。"),
        ]
    )
    order = list(Event.objects.filter(at=when).order_by("pk").values_list("action", flat=True))
    refused = isinstance(results[0], workflow.Refused)
    assert order == (["instruction_reply"] if refused else ["instruction_revise", "instruction_reply"])


def test_a_reply_inside_a_broken_transaction_leaves_nothing(said, people, at, monkeypatch):
    made = said()
    monkeypatch.setattr("tasks.workflow.instruction.record", lambda *a, **k: 1 / 0)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        reply(made, people, at, ROOM)
    assert not InstructionReply.objects.exists()
    assert Instruction.objects.get().answered_at is None
