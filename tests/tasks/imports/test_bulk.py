"""成批写：写进去的与逐行存的一样，别的行、别的栏不动。"""

import datetime as dt

import pytest
from django.db import DataError, transaction

from tasks.imports.bulk import BATCH, insert, update
from tasks.models import Assignment, Measure
from tests.factories import make_plan

pytestmark = pytest.mark.django_db


@pytest.fixture
def measures():
    """比一批多一项的一份方案。"""
    plan = make_plan(measures=2, departments=1)
    rows = [
        {"number": str(n), "position": n, "title": f"举措{n}", "text": f"举措{n}。原文"} for n in range(3, BATCH + 2)
    ]
    insert(Measure, rows, plan=plan, kind="routine")
    return list(Measure.objects.order_by("pk").values_list("pk", flat=True))


def kept():
    """各项的全部各栏。"""
    return {row["id"]: row for row in Measure.objects.values()}


def test_only_the_columns_that_are_named_change_in_every_row(measures):
    before = kept()
    aims = [{"name": "户数", "operator": "ge", "value": "12", "unit": "户", "strength": "must", "quote": "“引号”%s"}]
    said = {pk: {"text": f"改了{pk}％ %s", "due_on": dt.date(2023, 9, 30), "aims": aims} for pk in measures}
    update(Measure, said)
    assert kept() == {pk: before[pk] | new for pk, new in said.items()} and len(said) > BATCH


def test_a_column_may_become_empty_everywhere_and_true_may_become_false(measures):
    Measure.objects.update(due_on=dt.date(2023, 9, 30), kind_is_confirmed=True)
    before = kept()
    said = {"due_on": None, "retired_in": None, "kind_is_confirmed": False}
    update(Measure, dict.fromkeys(measures, said))
    gone = {"due_on": None, "retired_in_id": None, "kind_is_confirmed": False}
    assert kept() == {pk: row | gone for pk, row in before.items()}


def test_the_rows_that_are_not_named_stay(measures):
    before = kept()
    update(Measure, {measures[0]: {"title": "只有这一项"}})
    assert kept() == before | {measures[0]: before[measures[0]] | {"title": "只有这一项"}}


def test_a_reference_is_written_by_its_number():
    make_plan(measures=2, departments=2)
    part, other = Assignment.objects.order_by("pk")[:2]
    update(Assignment, {part.pk: {"department": other.department_id, "order": 7}})
    part.refresh_from_db()
    assert (part.department_id, part.order) == (other.department_id, 7)


def test_nothing_to_write_asks_nothing(measures, django_assert_num_queries):
    with django_assert_num_queries(0):
        update(Measure, {})
        insert(Measure, [])


@pytest.mark.postgres
def test_what_is_too_long_is_refused_not_cut_short(measures):
    """写明是什么类型的一格，带了长度会一声不响地截短。"""
    longer = "长" * (Measure._meta.get_field("title").max_length + 1)
    with pytest.raises(DataError, match="too long"), transaction.atomic():
        update(Measure, {measures[0]: {"title": longer}})
    assert Measure.objects.filter(title=longer[:-1]).count() == 0
