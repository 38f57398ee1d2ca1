"""请示：一文一事；起草、核签、印发与别的公文同一条路；领导小组的决定照录，记错了的留痕更正。"""

import datetime as dt
from functools import partial

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from departments.models import Leader
from tasks import workflow
from tasks.models import Circular, Decision, Event, Petition, Plan
from tasks.papers.circular.petition import Matter, sections, title
from tests.tasks.expectations import nobody, outcome, read

pytestmark = pytest.mark.django_db
TABLE = read("""
对象     动作            状态    本部室 别部室 办公室 领导 管理员 未登录
petition decide_petition draft   禁     禁     拒     禁   禁     禁
petition decide_petition waiting 禁     禁     可     禁   禁     禁
petition decide_petition again   禁     禁     可     禁   禁     禁
petition decide_petition decided 禁     禁     拒     禁   禁     禁
petition decide_petition over    禁     禁     拒     禁   禁     禁
petition amend_decision  draft   禁     禁     拒     禁   禁     禁
petition amend_decision  waiting 禁     禁     拒     禁   禁     禁
petition amend_decision  again   禁     禁     可     禁   禁     禁
petition amend_decision  decided 禁     禁     可     禁   禁     禁
petition amend_decision  over    禁     禁     拒     禁   禁     禁
""")
EVENTS = {
    "draft_petition": ["circular_draft"],
    "decide_petition": ["petition_decide"],
    "amend_decision": ["petition_amend"],
}
DAY = dt.date(2023, 9, 20)
MATTER = Matter("设立工作专班", ("第7项由审批中心牵头。",), "请领导小组研究设立工作专班")


def draft(people, at, matter=MATTER, **about):
    return workflow.draft_petition(
        Plan.objects.current(), by=people.office, at=at("2023-09-20 09:00"), title=title(matter),
        sections=sections(matter, "王芳", "0358-1234567"), **about,
    )  # fmt: skip


def issued(people, at, **about):
    made = draft(people, at, **about)
    return workflow.issue_circular(made, by=people.office, at=at("2023-09-20 10:00"), version=made.version)


def decide(item, *, by, at, verdict="agreed", day=DAY, text="同意设立。", **more):
    return workflow.decide_petition(item, by=by, at=at, verdict=verdict, decided_on=day, text=text, **more)


def amend(item, *, by, at, verdict="refused", day=DAY, text="不设立。", reason="看错了纪要。", **more):
    return workflow.amend_decision(
        item, by=by, at=at, verdict=verdict, decided_on=day, text=text, reason=reason, **more
    )


@pytest.fixture
def petition(plan, people, at):
    def make(status="waiting", **about):
        if status == "draft":
            return draft(people, at, **about).petition
        made = issued(people, at, **about)
        if status in ("again", "decided"):
            decide(
                made.petition,
                by=people.office,
                at=at("2023-09-21 09:00"),
                verdict="again" if status == "again" else "agreed",
            )
        if status == "over":
            new = workflow.correct_circular(
                made,
                by=people.office,
                at=at("2023-09-21 09:00"),
                reason="数字",
                title=made.title,
                sections=made.sections,
            )
            workflow.issue_circular(new, by=people.office, at=at("2023-09-21 10:00"), version=new.version)
        return Petition.objects.get(circular=made)

    return make


@pytest.fixture
def users(people, plan):
    return {
        "本部室": people.reporter("审批中心"),
        "别部室": people.reporter("财务部"),
        "办公室": people.office,
        "领导": people.leader("李华斌"),
        "管理员": people.admin,
        "未登录": nobody(),
    }


@pytest.mark.parametrize("status", list(Petition.Status.values))
@pytest.mark.parametrize(("verb", "call"), [("decide_petition", decide), ("amend_decision", amend)])
def test_every_verb_does_refuses_or_forbids_as_written(verb, call, status, petition, users, at):
    item = petition(status)
    assert item.status == status
    found = {role: outcome(call, item, user, at("2023-09-22 09:00")) for role, user in users.items()}
    assert found == TABLE["petition", verb, status]


def test_each_step_is_on_record_and_the_departments_do_not_read_it(petition, people, at):
    item = petition("decided", measure=Plan.objects.current().measures.get(number="7"))
    amend(item, by=people.office, at=at("2023-09-22 09:00"))
    found = Event.objects.filter(circular=item.circular).order_by("pk")
    assert [event.action for event in found] == [
        "circular_draft",
        "circular_issue",
        "petition_decide",
        "petition_amend",
    ]
    numbers = [event.measure and event.measure.number for event in found]
    assert numbers == [None, "7", "7", "7"], "草稿只有办公室看得到，不进举措的办理过程"
    assert found.last().data["from"]["text"] == "同意设立。"
    assert found.last().data["to"] == {"verdict": "不同意", "who": "领导小组", "on": "2023-09-20", "text": "不设立。"}
    assert not Event.objects.visible_to(people.reporter("审批中心")).filter(circular=item.circular).exists()


def test_only_the_office_drafts(plan, people, users, at):
    for role in ("本部室", "领导", "管理员"):
        with pytest.raises(PermissionDenied):
            workflow.draft_petition(plan, by=users[role], at=at("2023-09-20 09:00"), title="题", sections=[])


def test_a_corrected_decision_leaves_the_first_where_it_was(petition, people, at):
    item = petition("decided")
    made = amend(item, by=people.office, at=at("2023-09-22 09:00"), leader=Leader.objects.get(name="李华斌"))
    item = Petition.objects.get(pk=item.pk)
    assert [row.text for row in item.decisions.all()] == ["同意设立。", "不设立。"]
    assert (item.decision, item.shown_status, made.replaces.text) == (made, "不同意", "同意设立。")
    assert str(made) == "李华斌不同意" and made.reason == "看错了纪要。"


def test_what_was_put_off_is_decided_later_and_only_then_is_off_the_leaders_desk(petition, people, at):
    item = petition("again")
    assert list(Petition.objects.waiting()) == [item]
    decide(item, by=people.office, at=at("2023-09-22 09:00"), day=dt.date(2023, 9, 22))
    assert not Petition.objects.waiting().exists()
    assert Petition.objects.get(pk=item.pk).decisions.count() == 2


@pytest.mark.parametrize(("day", "why"), [(dt.date(2023, 9, 23), "不能晚于今天"), (dt.date(2023, 9, 19), "不能更早")])
def test_a_decision_is_of_a_day_between_the_paper_and_today(day, why, petition, people, at):
    with pytest.raises(workflow.Refused, match=why):
        decide(petition(), by=people.office, at=at("2023-09-22 09:00"), day=day)
    assert not Decision.objects.exists()


@pytest.mark.parametrize(("call", "status"), [(decide, "waiting"), (amend, "decided")])
def test_a_decision_is_in_words(call, status, petition, people, at):
    with pytest.raises(workflow.Refused, match="请写决定的内容"):
        call(petition(status), by=people.office, at=at("2023-09-22 09:00"), text="  ")


def test_a_correction_says_why(petition, people, at):
    with pytest.raises(workflow.Refused, match="须写明理由"):
        amend(petition("decided"), by=people.office, at=at("2023-09-22 09:00"), reason=" ")


def test_a_petition_is_corrected_until_it_is_decided(petition, people, at):
    made = petition().circular
    act = partial(
        workflow.correct_circular, by=people.office, at=at("2023-09-21 09:00"), reason="漏了", title="新", sections=[]
    )
    new = act(made)
    assert (new.petition.measure, new.corrects, new.status) == (None, made, "draft")
    decide(made.petition, by=people.office, at=at("2023-09-21 11:00"))
    with pytest.raises(workflow.Refused, match="已经定了"):
        act(Circular.objects.get(pk=made.pk))
    with pytest.raises(workflow.Refused, match="已经定了"):
        workflow.issue_circular(new, by=people.office, at=at("2023-09-21 12:00"), version=new.version)
    made.refresh_from_db()
    assert (made.petition.status, made.petition.shown_status) != ("waiting", "不再使用"), "决定还在"


def test_a_corrected_petition_is_about_the_same_thing(petition, people, at, plan):
    seven = plan.measures.get(number="7")
    old = petition("over", measure=seven)
    new = old.circular.corrections.get()
    assert (new.petition.measure, new.petition.status, old.shown_status) == (seven, "waiting", "不再使用")
    assert list(Petition.objects.waiting()) == [new.petition]


def test_the_same_problem_is_not_petitioned_twice(plan, people, at):
    held = workflow.open_problem(
        plan, by=people.office, at=at("2023-09-19 09:00"), title="缺地", text="情况", category="other", level="group",
        due_on=dt.date(2023, 9, 28), department=people.reporter("审批中心").department,
    )  # fmt: skip
    first = draft(people, at, problem=held)
    assert draft(people, at, problem=held) == first
    sent = workflow.issue_circular(first, by=people.office, at=at("2023-09-20 10:00"), version=first.version)
    with pytest.raises(workflow.Refused, match="已经请示（〔2023〕1号）"):
        draft(people, at, problem=held)
    decide(sent.petition, by=people.office, at=at("2023-09-20 11:00"), verdict="refused")
    assert draft(people, at, problem=held) != first


def test_the_numbers_are_a_series_of_their_own(petition, people):
    numbers = [petition().circular.short_number for _ in range(2)]
    assert numbers == ["〔2023〕1号", "〔2023〕2号"]


@pytest.mark.parametrize(
    ("key", "text", "why"),
    [
        ("close", "以上报告请收悉。", "妥否，请批示"),
        ("contact", "联系人：王芳", "联系人和电话"),
        ("matter", " ", "没有内容"),
        ("title", "关于专班的报告", "的请示"),
    ],
)
def test_an_incomplete_petition_is_not_issued(key, text, why, plan, people, at):
    made = draft(people, at)
    content = {s["key"]: {"heading": s["heading"], "text": s["text"]} for s in made.sections}
    if key != "title":
        content[key]["text"] = text
    said = {"title": text if key == "title" else made.title, "content": content}
    made = workflow.save_circular(made, by=people.office, at=at("2023-09-20 09:30"), version=made.version, **said)
    with pytest.raises(workflow.Refused, match=why):
        workflow.issue_circular(made, by=people.office, at=at("2023-09-20 10:00"), version=made.version)


def test_a_petition_has_no_figures_to_take_again(plan, people, at):
    made = draft(people, at)
    with pytest.raises(workflow.Refused, match="没有数字"):
        workflow.refill_circular(
            made, by=people.office, at=at("2023-09-20 10:00"), version=made.version, title="题", content={}, figures={},
            sections=[], keys=[],
        )  # fmt: skip


def test_the_tables_keep_the_rules_too(plan, people, at, petition, period):
    item, by = petition("decided"), {"by": people.office, "at": at("2023-09-22 09:00")}
    said = {"petition": item, "verdict": "agreed", "decided_on": DAY, **by}
    bad = [
        lambda: Decision.objects.create(**said, text=""),
        lambda: Decision.objects.create(**said, text="话", reason="没有更正的"),
        lambda: Decision.objects.create(**said, text="话", replaces=item.decision),
        lambda: Circular.objects.filter(pk=item.circular_id).update(period=period, first_period=period),
        lambda: Circular.objects.filter(pk=item.circular_id).update(kind="report"),
    ]
    for act in bad:
        with pytest.raises(IntegrityError), transaction.atomic():
            act()


def test_the_reports_readers_and_no_department_read_it(petition, users):
    item = petition()
    seen = {role: Petition.objects.visible_to(user).filter(pk=item.pk).exists() for role, user in users.items()}
    assert seen == {"本部室": False, "别部室": False, "办公室": True, "领导": True, "管理员": True, "未登录": False}
    assert not Petition.objects.visible_to(users["领导"]).filter(pk=petition("draft").pk).exists()
