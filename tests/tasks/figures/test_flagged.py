"""待审核的标记：数字变差、三期文字未变、自审、申请办结、退回后重报、更正，各自认得出；没有的可以一并通过。"""

import pytest

from tasks import workflow
from tasks.figures.flagged import flags, is_worse
from tasks.figures.repeated import months_unchanged
from tasks.models import Progress, TargetValue
from tasks.pages.progress import last_reports
from tests import factories
from tests.tasks.months import NUMBERS, filed, first_of, months, row_of  # noqa: F401

pytestmark = pytest.mark.django_db
WHEN = "2023-09-20 10:00"


def kinds(row, by):
    rows = list(Progress.objects.filter(pk=row.pk).select_related("assignment__measure", "period"))
    found = flags(rows, last_reports(rows), months_unchanged(rows), by)
    return [flag.kind for flag in found[row.pk]]


def test_a_report_that_moves_on_has_no_flag(months):  # noqa: F811
    assert kinds(filed(row_of("6"), "九月的新话。", WHEN), months.office) == []


def test_a_lower_percent_is_flagged(months):  # noqa: F811
    row = filed(row_of(first_of("milestone")), "九月。", WHEN, percent=40, decline_reason="供货推迟。")
    assert kinds(row, months.office) == ["worse"]


@pytest.mark.parametrize("percent", [50, 51, 100])
def test_the_same_or_a_higher_percent_is_not(months, percent):  # noqa: F811
    assert kinds(filed(row_of(first_of("milestone")), "九月。", WHEN, percent=percent), months.office) == []


def test_a_worse_figure_is_flagged_and_a_better_one_is_not(months):  # noqa: F811
    found = [(n, t.operator) for n in NUMBERS for t in row_of(n).assignment.targets if t.operator in ("ge", "le")]
    number, operator = found[0]
    worse = {"ge": 10, "le": 90}[operator]
    row = filed(row_of(number), "九月。", WHEN, value=worse, decline_reason="原因。")
    assert "worse" in kinds(row, months.office)


@pytest.mark.parametrize("better", [0, 15])
def test_a_figure_as_good_as_before_or_better_is_not_flagged(months, better):  # noqa: F811
    number = next(n for n in NUMBERS if any(t.operator == "ge" for t in row_of(n).assignment.targets))
    assert kinds(filed(row_of(number), "九月。", WHEN, value=60 + better), months.office) == []


def test_a_target_reported_for_the_first_time_is_not_worse_than_anything(months):  # noqa: F811
    """上次还没有这个目标。"""
    number = next(n for n in NUMBERS if row_of(n).assignment.targets)
    TargetValue.objects.filter(progress__period__slug="2023-08").delete()
    assert kinds(filed(row_of(number), "九月。", WHEN, value=10), months.office) == []


def test_asking_for_completion_is_flagged(months):  # noqa: F811
    assert "completion" in kinds(filed(row_of("6"), "做完了。", WHEN, stage="completed"), months.office)


def test_self_review_is_flagged_for_the_one_who_sits_there_only(months):  # noqa: F811
    row = filed(row_of("6"), "九月。", WHEN)
    assert kinds(row, factories.People().office_in_hall) == ["self"]
    assert kinds(row, months.office) == []


def test_one_that_was_sent_back_is_looked_at_again(months):  # noqa: F811
    """退回时要他补的补了没有，要逐条看，不能一并通过。"""
    row = filed(row_of("6"), "九月。", WHEN)
    row = workflow.return_progress(row, by=months.office, at=factories.at("2023-09-20 11:00"), reason="请写明数。")
    assert kinds(filed(row, "九月办了三件。", "2023-09-20 12:00"), months.office) == ["returned"]


def test_two_months_of_the_same_words_are_not_yet_flagged(months):  # noqa: F811
    assert kinds(filed(row_of("6"), "八月写的第6项。", WHEN), months.office) == []


def test_three_months_of_the_same_words_are_flagged(months, monkeypatch):  # noqa: F811
    row = filed(row_of("6"), "八月写的第6项。", WHEN)
    rows = list(Progress.objects.filter(pk=row.pk).select_related("assignment__measure", "period"))
    found = flags(rows, last_reports(rows), {row.pk: 3}, months.office)
    assert [flag.text for flag in found[row.pk]] == ["3 期文字未变"]


def test_the_first_report_of_all_is_not_worse_than_anything():
    assert is_worse(Progress(percent=0), None) is False
