"""文字几期没有变：原样再写、报“本期无变化”都算没有变；写了新的重新数。"""

import pytest

from tasks import workflow
from tasks.figures.repeated import months_unchanged
from tests import factories

pytestmark = pytest.mark.django_db
OWN = "审批中心"


@pytest.fixture
def months(plan, people):
    """说的各期话（None 为本期无变化）→ 最后一期的报送。"""

    def say(*words, last_unreported=False):
        office, own = people.office, people.reporter(OWN)
        made = workflow.plan_periods(
            plan, by=office, at=factories.at("2023-03-01 08:00"), first_month=3, last_month=2 + len(words), due_day=25
        )
        for period, said in zip(made, words, strict=True):
            when = factories.at(f"2023-{period.starts_on:%m}-20 10:00")
            period = workflow.open_period(period, by=office, at=when)
            row = factories.report(period, "6", OWN)
            if last_unreported and period.pk == made[-1].pk:
                return row
            content = {"text": said or "本期无变化。", "stage": "in_progress"}
            row = workflow.submit_progress(
                row, by=own, at=when, version=row.version, content=content, is_no_change=said is None
            )
            if period.pk != made[-1].pk:
                workflow.approve_progress(row, by=office, at=when)
                workflow.close_period(period, by=office, at=when)
        return row

    return say


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("甲",), 1),
        (("甲", "乙"), 1),
        (("甲", "甲"), 2),
        (("甲", "甲 ", "甲\n"), 3),
        (("甲", None, None), 3),
        (("甲", None, "甲"), 3),
        (("甲", "甲", "乙", None), 2),
        ((None, None), 2),
    ],
)
def test_the_same_words_are_counted_in_a_row(months, words, expected):
    row = months(*words)
    assert months_unchanged([row]) == {row.pk: expected}


def test_a_row_not_reported_yet_counts_up_to_the_month_before(months):
    row = months("甲", None, "还没有报", last_unreported=True)
    assert months_unchanged([row]) == {row.pk: 2}


def test_nothing_asked_nothing_counted(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert months_unchanged([]) == {}
