"""报送期怎么排：一年里不重不漏；截止日照规矩；休息日照公布的，没有公布的只看周末，从不出错。"""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.rules import timetable
from tasks.rules.timetable import AFTER, HALF_MONTH, MONTH, NEXT, QUARTER, REGULAR, SAME, TEN_DAYS

D = dt.date
YEARS = st.integers(2000, 2099)
# 2023 年端午：22 日至 24 日放假，25 日（周日）上班。
MARKED = {D(2023, 6, 22): ("端午节", False), D(2023, 6, 23): ("端午节", False), D(2023, 6, 24): ("端午节", False),
          D(2023, 6, 25): ("端午节", True)}  # fmt: skip


@given(year=YEARS, kind=st.sampled_from(list(REGULAR)))
def test_the_slots_of_a_year_follow_one_another_without_gap(year, kind):
    found = timetable.slots(kind, year)
    assert len(found) == {MONTH: 12, HALF_MONTH: 24, QUARTER: 4, TEN_DAYS: 36}[kind]
    assert (found[0].starts_on, found[-1].ends_on) == (D(year, 1, 1), D(year, 12, 31))
    for one, following in zip(found, found[1:], strict=False):
        assert one.ends_on + timetable.DAY == following.starts_on
    assert len({slot.slug for slot in found}) == len({slot.name for slot in found}) == len(found)


@given(year=YEARS, kind=st.sampled_from(list(REGULAR)), rule=st.sampled_from([NEXT, AFTER]), n=st.integers(1, 31))
def test_a_due_day_after_the_slot_is_never_before_its_end(year, kind, rule, n):
    assert all(timetable.due_of(slot, rule, n) > slot.ends_on for slot in timetable.slots(kind, year))


@pytest.mark.parametrize(
    ("kind", "place", "rule", "n", "due"),
    [
        (MONTH, 8, SAME, 25, D(2023, 9, 25)),
        (MONTH, 1, SAME, 31, D(2023, 2, 28)),
        (MONTH, 8, NEXT, 5, D(2023, 10, 5)),
        (MONTH, 11, NEXT, 8, D(2024, 1, 8)),
        (MONTH, 0, NEXT, 30, D(2023, 2, 28)),
        (QUARTER, 1, SAME, 25, D(2023, 6, 25)),
        (QUARTER, 3, NEXT, 10, D(2024, 1, 10)),
        (HALF_MONTH, 0, AFTER, 3, D(2023, 1, 18)),
        (TEN_DAYS, 35, AFTER, 2, D(2024, 1, 2)),
    ],
)
def test_the_due_day_is_where_the_office_says(kind, place, rule, n, due):
    assert timetable.due_of(timetable.slots(kind, 2023)[place], rule, n) == due


@pytest.mark.parametrize(
    ("day", "said", "moved"),
    [
        (D(2023, 3, 25), "周六", D(2023, 3, 27)),
        (D(2023, 6, 25), "", D(2023, 6, 25)),
        (D(2023, 6, 22), "端午节放假", D(2023, 6, 25)),
        (D(2023, 9, 25), "", D(2023, 9, 25)),
        (D(2031, 10, 1), "", D(2031, 10, 1)),
        (D(2031, 10, 4), "周六", D(2031, 10, 6)),
    ],
)
def test_a_day_of_rest_is_told_and_moved_to_the_next_day_of_work(day, said, moved):
    """2031 年没有公布：只知道周末，不出错。"""
    assert timetable.rest_words(day, MARKED) == said
    assert timetable.workday_from(day, MARKED) == moved


@given(day=st.dates(D(2000, 1, 1), D(2099, 12, 1)))
def test_moving_never_goes_back_and_always_lands_on_a_day_of_work(day):
    moved = timetable.workday_from(day, MARKED)
    assert moved >= day
    assert timetable.is_workday(moved, MARKED)
