"""备好的查询：编一次，换上编号再问；备好的与现编的一字不差。"""

import datetime as dt

import pytest
from django.core.cache import cache
from django.db.models import Exists, F, Prefetch

from departments.models import Role, User
from tasks.models import Assignment, Measure, Plan, Progress
from yingshang import prepared

pytestmark = pytest.mark.django_db


def along(known):
    """连带取的各样，照名字与它的 SQL 说。"""
    return [
        (one.prefetch_to, one.queryset.query.sql_with_params()) if isinstance(one, Prefetch) else one
        for one in known.along
    ]


@pytest.fixture(autouse=True)
def _nothing_known():
    prepared._KNOWN.clear()


def test_a_question_is_compiled_once_and_asked_with_each_number(plan, monkeypatch):
    built = []

    def build(pk):
        built.append(pk)
        return (
            Measure.objects.filter(pk=pk)
            .order_by()
            .values_list(F("number"), Exists(Assignment.objects.filter(measure=pk)))
        )

    for measure in Measure.objects.all():
        number, has = prepared.row("measure", build, measure.pk)
        assert (number, bool(has)) == (measure.number, True)
    assert built == [prepared.FIRST]


def test_a_number_that_is_not_there_answers_nothing(plan):
    assert prepared.row("none", lambda pk: Measure.objects.filter(pk=pk).values_list(F("number")), 0) is None


def test_numbers_keep_their_places(plan):
    """两个编号，次序与重复都不乱。"""
    first, last = Measure.objects.order_by("pk").first(), Measure.objects.order_by("pk").last()

    def build(one, other):
        rows = Measure.objects.filter(pk__in=[other, one]).exclude(pk=other).order_by()
        return rows.values_list(F("number"), F("pk"))

    assert prepared.row("two", build, first.pk, last.pk) == (first.number, first.pk)
    assert prepared.row("two", build, last.pk, first.pk) == (last.number, last.pk)


def test_the_known_never_grow_without_end(plan, monkeypatch):
    monkeypatch.setattr(prepared, "MOST", 5)
    for n in range(20):
        assert prepared.row(n, lambda: Plan.objects.order_by().values_list(F("pk")))
    assert len(prepared._KNOWN) <= 5


def test_on_every_page_what_was_prepared_is_what_would_be_built_now(demo, client, settings, monkeypatch):
    """换了人、部室、日子、方案的写法，问的仍是该问的：键里少写了一样，这里就不相符。"""
    asked, find = [], prepared.find

    def checked(key, build, values):
        known, now = find(key, build, values), prepared.compiled(build, values)
        assert (known, along(known)) == (now, along(now)), key
        asked.append(key)
        return known

    monkeypatch.setattr(prepared, "find", checked)
    people = [User.objects.filter(role=role).first() for role in Role.values]
    owing = Progress.objects.to_act_on().in_open_periods().values("assignment__department")
    people += list(User.objects.filter(role=Role.REPORTER, department__in=owing)[:2])
    reviews = [f"/review/{pk}/" for pk in Progress.objects.waiting().values_list("pk", flat=True)[:3]]
    pages = ["/", "/month/", "/help/", "/board/", "/measures/7/", "/2023/measures/12/", *reviews]
    for day in (dt.date(2023, 9, 22), dt.date(2023, 9, 26), dt.date(2023, 9, 22)):
        settings.BUSINESS_DATE = day.isoformat()
        for user in filter(None, people):
            client.force_login(user)
            cache.clear()
            for url in pages:
                client.get(url)
    kinds = {key[0] if isinstance(key[0], str) else key[0][0] for key in asked}
    assert kinds >= {"badges", "home", "owed", "form", "measure", "review"}
