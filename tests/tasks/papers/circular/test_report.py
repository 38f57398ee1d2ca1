"""汇报各节：累计报送、量化目标、逐项进展、下步打算，零、一、多都写死整句。"""

import pytest

from tasks.papers.circular import report
from tests.tasks import circulars
from tests.tasks.circulars import SPAN, joint, only


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({}, "2023年3月至9月没有应报的项次。"),
        ({"span_owed": 1, "span_unreported": 1}, "累计应报1项次，未报送。各期情况见下表。"),
        ({"span_owed": 3, "span_unreported": 3}, "累计应报3项次，均未报送。各期情况见下表。"),
        ({"span_owed": 3, "span_returned": 3, "span_late": 3},
         "累计应报3项次，无已报，退回待改3项次，无未报。已交的3项次均为补报。各期情况见下表。"),
        ({"span_owed": 3, "span_reported": 2, "span_unreported": 1, "span_on_time": 2},
         "累计应报3项次，已报2项次，未报1项次，无退回待改。已交的2项次均按时报送，无补报。各期情况见下表。"),
    ],
)  # fmt: skip
def test_the_total_of_a_span_is_one_sentence_whatever_the_numbers(wanted, said):
    (text,) = report.periods(only(**wanted) | SPAN)
    assert text.endswith(said)


def test_targets_met_and_unmet_are_said_apart():
    met = {"number": "8", "name": "承诺制率", "goal": "100%", "strength": "须", "value": "100%", "is_met": True}
    unmet = {"number": "20", "name": "招商", "goal": "10家", "strength": "力争", "value": "", "is_met": False}
    assert report.targets({"targets": [met, unmet]}) == [
        "量化目标共2个。已达到1个：第8项承诺制率（目标100%，现为100%）。尚未达到1个：第20项招商（力争10家，尚无完成值）。"
    ]


@pytest.mark.parametrize(
    ("line", "end"),
    [
        (joint("green", "green", "green"), "丙部，做了一件事。"),
        (joint("green", "green", "green", "green"), "丙部，做了一件事。其余1个部室的进展从略。"),
    ],
)
def test_three_rooms_are_quoted_and_the_rest_are_counted(line, end):
    assert report.each(circulars.only() | {"lines": [line]})[0].endswith(end)


def test_what_was_told_in_an_earlier_period_says_which_and_the_silent_are_named():
    now, before = circulars.line(0, "green"), circulars.line(1, "green")
    before["parts"][0] |= {"is_current": False, "from": "8月", "told": [{"from": "8月", "text": "做了一件事。"}]}
    f = circulars.only() | {"lines": [now, before, circulars.line(2, "green", said=False)]}
    assert report.each(f) == [
        "第1项“事项1”：做了一件事。",
        "第2项“事项2”：8月，做了一件事。",
        "第3项尚无审核通过的进展。",
    ]


def test_a_report_over_months_gathers_them_newest_first_and_says_no_change_is_no_news():
    """半年的报告不把最后一个月当作半年；“本期无变化”不是进展。"""
    told = [{"from": f"{month}月", "text": f"{month}月办的事。"} for month in (9, 8, 7, 6)]
    busy, quiet = circulars.line(0, "green"), circulars.line(1, "green")
    busy["parts"][0] |= {"told": told}
    quiet["parts"][0] |= {"told": [], "text": "本期无变化。", "is_no_change": True}
    assert report.each(circulars.only() | SPAN | {"lines": [busy, quiet]}) == [
        "第1项“事项1”：9月，9月办的事。8月，8月办的事。7月，7月办的事。",
        "第2项3月至9月没有新的进展。",
        "各项至多列最近3期的进展，此前的从略。",
    ]


@pytest.mark.parametrize(("key", "asked"), [("problems_group", True), ("coordination_open", True), ("red", False)])
def test_either_kind_of_request_leaves_the_decision_to_another_paper(key, asked):
    assert ("另文请示" in report.requests(only(**{key: 1}))[-1]) is asked


def test_two_rooms_at_most_say_their_plans_and_a_closed_period_is_made_up():
    f = only() | {"lines": [joint("red", "red", "red")]}
    assert report.plans(f)[1] == "第1项：下月开工；下月开工。"
    f = only() | {"lines": [circulars.line(0, "red", said=False)]}
    assert report.plans(f)[1].endswith("由办公室督促于9月25日前报送。")
    f["period"] = f["period"] | {"is_closed": True}
    assert report.plans(f)[1].endswith("由办公室督促尽快补报。")


@pytest.mark.parametrize(
    ("wanted", "as_of", "said"),
    [
        ({}, "2023-09-22", ""),
        ({"red": 1}, "2023-09-22", "；对红灯、黄灯举措逐项督办"),
        ({"yellow": 1}, "2023-09-22", "；对红灯、黄灯举措逐项督办"),
        ({"unreported": 1}, "2023-09-22", "；督促审批中心1项次（第1项）于9月25日前报送"),
        ({"unreported": 1}, "2023-09-28", "；督促审批中心1项次（第1项）尽快补报"),
        ({"problems_overdue": 2}, "2023-09-22", "；对逾期未销号的2件问题跟踪整改"),
    ],
)
def test_the_office_does_next_what_the_numbers_call_for(wanted, as_of, said):
    assert report.office(only(**wanted) | {"as_of": as_of}) == f"继续按月跟踪、审核和通报各项举措进展{said}。"
