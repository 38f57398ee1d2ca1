"""第一天的几件（名单、首次密码、名称与版头）与叫法：只有管理员可以，记下做了什么；核定目标只有办公室可以。"""

import pytest
from django.core.exceptions import PermissionDenied

from departments import roster
from departments.models import Department, Organisation, Role, User
from tasks import workflow
from tasks.models import Event, Measure, Term

pytestmark = pytest.mark.django_db
EVENTS = {
    "build_roster": ["roster_build"],
    "hand_out_passwords": ["roster_passwords"],
    "learn_terms": ["terms_learn"],
    "settle_targets": ["target_settle"],
    "save_organisation": [],
}
ENTRY = roster.Entry(2, "招商局", [], "周明", "局长", Role.REPORTER, username="zhouming", code="zsj")


def called(verb, by, at):
    """做一次；返回记下的动作。"""
    known = set(Event.objects.values_list("pk", flat=True))
    if verb == "hand_out_passwords":
        fresh = User.objects.create(username="new", name="新人", role=Role.OFFICE, must_change_password=True)
        workflow.hand_out_passwords([fresh], by=by, at=at)
    elif verb == "build_roster":
        workflow.build_roster([ENTRY], by=by, at=at)
    elif verb == "learn_terms":
        workflow.learn_terms({"包抓人": "leaders"}, by=by, at=at)
    elif verb == "settle_targets":
        workflow.settle_targets(Measure.objects.get(number="13"), by=by, at=at, kind="routine", targets=[])
    else:
        workflow.save_organisation(Organisation.objects.get(), by=by, at=at)
    return [event.action for event in Event.objects.exclude(pk__in=known)]


@pytest.mark.parametrize("verb", EVENTS)
def test_each_writes_its_event_and_is_forbidden_to_everybody_else(verb, plan, people, at):
    able = people.office if verb == "settle_targets" else people.admin
    users = [people.reporter("审批中心"), people.office, people.leader("李华斌"), people.admin, people.auditor]
    for user in users:
        if user != able:
            with pytest.raises(PermissionDenied):
                called(verb, user, at("2023-09-20 10:00"))
            User.objects.filter(username="new").delete()
    assert called(verb, able, at("2023-09-20 10:00")) == EVENTS[verb]


def test_the_roster_is_really_built_and_never_twice(plan, people, at):
    who = {"by": people.admin, "at": at("2023-09-20 10:00")}
    workflow.build_roster([ENTRY], **who)
    user = User.objects.get(username="zhouming")
    assert (user.name, user.department.name, user.must_change_password) == ("周明", "招商局", True)
    with pytest.raises(workflow.Refused):
        workflow.build_roster([ENTRY], **who)
    assert Department.objects.filter(name="招商局").count() == 1


def test_a_word_learnt_again_the_same_way_is_not_recorded_twice(plan, people, at):
    who = {"by": people.admin, "at": at("2023-09-20 10:00")}
    assert [workflow.learn_terms({"包抓人": "leaders"}, **who) for _ in range(2)] == [1, 0]
    assert Term.objects.get().use == "leaders" and Event.objects.filter(action="terms_learn").count() == 1
