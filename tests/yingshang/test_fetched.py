"""另取来的关联：放好以后 `.all()` 不再问库，还要筛的照旧问。"""

import copy
import pickle

import pytest

from tasks.models import Assignment, Measure
from yingshang.fetched import attach

pytestmark = pytest.mark.django_db


@pytest.fixture
def measures(plan):
    rows = list(Measure.objects.order_by("pk")[:3])
    attach(rows, "assignments", Assignment.objects.filter(measure__in=rows[:2]).order_by("pk"), "measure")
    return rows


def test_each_row_has_its_own_and_nothing_is_asked_again(measures, django_assert_num_queries):
    with django_assert_num_queries(0):
        for row in measures[:2]:
            assert row.assignments.all() and {part.measure_id for part in row.assignments.all()} == {row.pk}
            assert all(part.measure is row for part in row.assignments.all())
        assert list(measures[2].assignments.all()) == [] and measures[2].assignments.count() == 0


def test_what_narrows_it_further_asks_the_database(measures):
    """筛的是库里此刻这一行名下的，不是取来的那几个。"""
    first = measures[0]
    [part] = first.assignments.filter(ended_in=None)
    assert part == first.assignments.all()[0] and part is not first.assignments.all()[0]
    assert first.assignments.exclude(pk=part.pk).exists() is False
    assert measures[2].assignments.filter(ended_in=None).exists()


def test_it_is_copied_and_pickled_as_a_list(measures):
    parts = measures[0].assignments.all()
    assert copy.copy(parts) == pickle.loads(pickle.dumps(parts)) == list(parts)


def test_through_a_table_between(plan):
    """经中间表的：放的是另一头。"""
    rows = list(Measure.objects.order_by("pk"))
    links = Measure.leaders.through.objects.filter(measure__in=rows).select_related("leader")
    wanted = {row.pk: {leader.pk for leader in row.leaders.all()} for row in rows}
    attach(rows, "leaders", links, "measure", of="leader")
    assert {row.pk: {leader.pk for leader in row.leaders.all()} for row in rows} == wanted
