"""欠着的：只看几项举措、几个部室的，与全部取来再挑的一件不差，催过几次也一样。"""

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from departments.models import Department
from tasks.figures import owed
from tasks.models import Event, Measure, Plan
from tests.conftest import TODAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(demo):
    return Plan.objects.current()


def test_on_some_measures_it_is_what_the_whole_says_of_them(plan):
    whole = owed.to_urge(plan, TODAY)
    measures = sorted(Measure.objects.filter(plan=plan).values_list("pk", flat=True))
    on = {item.measure.pk for item in whole if item.measure}
    assert len({item.kind for item in whole}) >= 5 and any(item.urged for item in whole)
    for chosen in ([pk] for pk in sorted(on)):
        assert owed.to_urge_on(plan, TODAY, chosen) == [i for i in whole if i.measure and i.measure.pk in chosen]

    @given(st.sets(st.sampled_from(measures)))
    def any_of_them(chosen):
        expected = [item for item in whole if item.measure and item.measure.pk in chosen]
        assert owed.to_urge_on(plan, TODAY, chosen) == expected

    any_of_them()


def test_many_measures_are_picked_afterwards_and_are_the_same(plan, monkeypatch):
    chosen = [item.measure.pk for item in owed.to_urge(plan, TODAY) if item.measure]
    few = owed.to_urge_on(plan, TODAY, chosen)
    monkeypatch.setattr(owed, "FEW", 0)
    assert owed.to_urge_on(plan, TODAY, chosen) == few != []


def test_nothing_of_other_measures_is_among_them_and_none_is_nothing(plan):
    one = next(item for item in owed.to_urge(plan, TODAY) if item.kind == owed.REPORT)
    found = owed.items(plan, TODAY, measures=[one.measure.pk])
    assert found and {item.measure.pk for item in found} == {one.measure.pk}
    assert owed.items(plan, TODAY, measures=[]) == []


def test_rooms_and_measures_together_leave_what_is_in_both(plan):
    whole = owed.items(plan, TODAY)
    for room in Department.objects.all():
        for item in (i for i in whole if i.measure):
            both = owed.items(plan, TODAY, departments=[room], measures=[item.measure.pk])
            assert both == [i for i in whole if i.department == room and i.measure == item.measure]


def test_one_that_was_urged_counts_on_wherever_its_problem_is_now(plan):
    item = next(i for i in owed.to_urge(plan, TODAY) if i.kind == owed.PROBLEM and i.measure)
    Event.objects.create(
        action=owed.ACTION, label="催办", plan=plan, measure=item.measure, problem=item.problem, at=timezone.now(),
        department=item.department,
    )  # fmt: skip
    there = Measure.objects.filter(plan=plan).exclude(pk=item.measure.pk).first()
    type(item.problem).objects.filter(pk=item.problem.pk).update(measure=there)
    [moved] = [i for i in owed.to_urge_on(plan, TODAY, [there.pk]) if i.problem == item.problem]
    assert moved.urged == item.urged + 1
