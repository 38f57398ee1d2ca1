"""通报各节：谁报全了、谁没报全，下步要求只提数字里有的事。"""

import pytest

from tasks.papers.circular import notice
from tests.tasks import circulars
from tests.tasks.circulars import only


@pytest.mark.parametrize(
    ("rooms", "said"),
    [
        ([(3, 3), (2, 0), (0, 0)],
         "全部报送的部室1个：审批中心。还有未报或退回待改的部室1个：财务部（应报2项次，均未报）。各部室情况见下表。"),
        ([(3, 1), (1, 0)],
         "全部报送的部室：无。还有未报或退回待改的部室2个：审批中心（应报3项次，已报1项次，未报2项次）、财务部（应报1项次，未报）。各部室情况见下表。"),
        ([(2, 2)], "全部报送的部室1个：审批中心。还有未报或退回待改的部室：无。各部室情况见下表。"),
        ([(2, 0)], "全部报送的部室：无。还有未报或退回待改的部室1个：审批中心（应报2项次，均未报）。各部室情况见下表。"),
        ([(2, 0), (1, 0)], "应报的2个部室均未报送，情况见下表。"),
        ([(0, 0)], "9月没有应报的部室。各部室情况见下表。"),
    ],
)  # fmt: skip
def test_rooms_that_reported_everything_and_rooms_that_did_not(rooms, said):
    made = [
        circulars.department(i, 0) | {"owed": owed, "reported": n, "unreported": owed - n}
        for i, (owed, n) in enumerate(rooms)
    ]
    assert notice.departments(only() | {"departments": made})[1] == said


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({"owed": 1, "returned": 1}, "（应报1项次，退回待改）"),
        ({"owed": 2, "returned": 2}, "（应报2项次，均退回待改）"),
        ({"owed": 3, "reported": 1, "returned": 1, "unreported": 1}, "（应报3项次，已报1项次，退回待改1项次，未报1项次）"),
    ],
)  # fmt: skip
def test_a_room_whose_reports_were_returned_is_not_said_to_have_sent_nothing(counts, said):
    rooms = [circulars.department(0, 0) | counts, circulars.department(1, 0)]
    assert f"还有未报或退回待改的部室1个：审批中心{said}。" in notice.departments(only() | {"departments": rooms})[1]


def test_one_unreported_after_the_due_date_is_not_said_of_all():
    f = only(owed=3, unreported=1) | {"as_of": "2023-09-28"}
    assert notice._unreported(f) == "未报：1项次，为审批中心第1项，已逾期（9月25日截止）。"


@pytest.mark.parametrize(
    ("wanted", "said", "not_said"),
    [
        ({"red": 1}, "加快推进滞后举措。红灯1项（第1项）的牵头部室", "黄灯"),
        ({"yellow": 1}, "加快推进滞后举措。黄灯1项（第1项）的牵头部室", "红灯1项"),
        ({"returned": 1}, "按时报送进展。审批中心1项次（第1项）退回待改，请于9月25日前报送；", "尚未报送"),
        ({"owed": 2, "unreported": 1}, "按时报送进展。审批中心1项次（第1项）尚未报送，请于9月25日前报送；", "退回待改"),
        ({"problems_open": 2}, "未销号的2件问题，责任部室要按期整改，整改到位后及时申请销号。", "逾期的"),
        ({"problems_open": 2, "problems_overdue": 1}, "按期整改，逾期的1件要立即说明原因、明确新的措施，整改到位后", "没有未销号"),
        ({"instructions_waiting": 1}, "（四）抓好批示落实。尚未回复的1件批示，审批中心要尽快办理并回复。", "有关部室"),
    ],
)  # fmt: skip
def test_demands_mention_what_is_there_and_nothing_else(wanted, said, not_said):
    text = "\n".join(notice.demands(only(**wanted)))
    assert said in text
    assert not_said not in text


def test_an_instruction_that_waits_for_nobody_in_particular_names_nobody():
    f = only(instructions_waiting=1)
    f["counts"]["instructions_waiting"]["rows"][0]["owing"] = []
    assert "有关部室要尽快办理并回复。" in notice.demands(f)[-1]


@pytest.mark.parametrize(("n", "said"), [(1, "红灯1项（第1项）"), (2, "红灯2项")])
def test_numbers_are_left_out_only_where_several_are_all_there_is(n, said):
    f = only(measures=n, red=n)
    assert notice._lit(f, "红灯", f["counts"]["red"]["rows"]) == said


def test_without_problems_the_new_ones_are_asked_for():
    assert any("目前没有未销号的问题，新发现的问题要列出清单" in said for said in notice.demands(only()))
    [said] = [said for said in notice.demands(only(problems_open=2, problems_overdue=1)) if "未销号" in said]
    assert "未销号的2件问题" in said and "逾期的1件要立即说明原因" in said
