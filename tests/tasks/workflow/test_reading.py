"""领导与各人自己的几样动词，各记哪几条（做一遍在 tests/tasks/views 里）。"""

from functools import partial

import pytest

from tasks import workflow
from tasks.models import Event, Measure

pytestmark = pytest.mark.django_db

EVENTS = {
    "mark_reading": ["reading_mark"],
    "save_phrases": ["phrase_save"],
    "keep_phrase": ["phrase_save"],
    "wish_digest": ["digest_wish"],
    "set_following": [],  # 自己的书签，不是办的事
}


@pytest.mark.parametrize(("verb", "actions"), EVENTS.items())
def test_a_verb_writes_its_event_with_who_and_when(verb, actions, period, people, at):
    ten, user, moment = Measure.objects.get(number="10"), people.leader("李华斌"), at("2023-09-21 09:00")
    user.email = "x@example.com"
    calls = {
        "mark_reading": partial(workflow.mark_reading, ten, seen="red"),
        "save_phrases": partial(workflow.save_phrases, ["请抓紧。"]),
        "keep_phrase": partial(workflow.keep_phrase, "请抓紧。"),
        "wish_digest": partial(workflow.wish_digest, is_wanted=True),
        "set_following": partial(workflow.set_following, ten, is_on=True),
    }
    for _ in range(2):  # 再做一遍一样的，不重记（改常用语的照记）
        calls[verb](by=user, at=moment)
    made = Event.objects.filter(at=moment, by=user)
    assert sorted(set(made.values_list("action", flat=True))) == actions
    assert made.count() == len(actions) * (2 if verb == "save_phrases" else 1)
