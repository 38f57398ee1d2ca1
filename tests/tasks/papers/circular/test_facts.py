"""公文里的每一句：零、一、多各是怎么说的，写死整句。"""

import pytest

from tasks.papers.circular import facts, phrases
from tests.tasks import circulars
from tests.tasks.circulars import SPAN, joint, only


@pytest.mark.parametrize(
    ("on_time", "done", "said"),
    [
        (0, 1, "销号1件，为逾期销号。"), (1, 1, "销号1件，按期销号。"), (0, 3, "销号3件，均为逾期销号。"),
        (3, 3, "销号3件，均按期销号。"), (1, 3, "销号3件，其中按期销号1件。"),
    ],
)  # fmt: skip
def test_settled_late_is_never_said_to_be_on_time(on_time, done, said):
    assert facts.problems(only(problems_settled=done, problems_on_time=on_time))[0].endswith(said)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({}, "目前没有未销号的问题；8月31日至9月22日无新挂账、无销号。"),
        ({"problems_open": 2}, "目前未销号问题2件，均在期限之内；8月31日至9月22日无新挂账、无销号。"),
        ({"problems_open": 2, "problems_applied": 1, "problems_new": 1},
         "目前未销号问题2件，其中申请销号待核验1件；8月31日至9月22日新挂账1件，无销号。"),
        ({"problems_settled": 1}, "目前没有未销号的问题；8月31日至9月22日无新挂账，销号1件，为逾期销号。"),
    ],
)  # fmt: skip
def test_problems_opened_and_settled_are_said_apart(wanted, said):
    assert facts.problems(only(**wanted))[0] == said


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({}, "9月没有应报的项次。"),
        ({"assignments": 1, "owed": 1, "unreported": 1}, "9月应报1项次，未报送。"),
        ({"assignments": 3, "owed": 3, "unreported": 3}, "9月应报3项次，均未报送。"),
        ({"assignments": 3, "owed": 3, "unreported": 2, "reported": 1, "approved": 1, "on_time": 1},
         "9月应报3项次，已报1项次，已审核通过；未报2项次，无退回待改。已报的1项次按时报送，无补报。"),
        ({"assignments": 2, "owed": 2, "reported": 2, "submitted": 2, "late": 2},
         "9月应报2项次，已报2项次，均待审核；无未报、无退回待改。已报的2项次均为补报。"),
        ({"assignments": 2, "owed": 2, "reported": 2, "approved": 2, "on_time": 2},
         "9月应报2项次，已报2项次，均已审核通过；无未报、无退回待改。已报的2项次均按时报送，无补报。"),
        ({"assignments": 3, "owed": 3, "unreported": 1, "returned": 2, "on_time": 2},
         "9月应报3项次，无已报；未报1项次，退回待改2项次。已交的2项次（含退回待改2项次）均按时报送，无补报。"),
        ({"assignments": 4, "owed": 4, "returned": 1, "reported": 3, "approved": 2, "submitted": 1, "on_time": 3, "late": 1},
         "9月应报4项次，已报3项次，其中已通过2项次、待审核1项次；退回待改1项次，无未报。"
         "已交的4项次（含退回待改1项次）中，按时报送3项次，补报1项次。"),
        ({"assignments": 3, "owed": 1, "exempt": 2, "completed": 2, "unreported": 1}, "9月应报1项次，未报送。9月免报2项次，其中审批中心1项次（第1项）、财务部1项次（第2项），均已办结。"),
        ({"assignments": 3, "owed": 1, "exempt": 2, "completed": 1, "unreported": 1}, "9月应报1项次，未报送。9月免报2项次，其中审批中心1项次（第1项）、财务部1项次（第2项）。"),
    ],
)  # fmt: skip
def test_who_reported_is_one_sentence_whatever_the_numbers(wanted, said):
    assert facts.reporting(only(**wanted)) == said


@pytest.mark.parametrize(
    ("as_of", "closed", "said"),
    [
        ("2023-09-25", False, "9月报送截止日为9月25日，尚未截止，此后报送的不在其内。"),
        ("2023-09-26", False, "9月报送已于9月25日截止，此后补报的不在其内。"),
        ("2023-09-26", True, ""),
    ],
)  # fmt: skip
def test_the_due_date_itself_is_not_past_due(as_of, closed, said):
    f = circulars.figures(1, as_of=as_of)
    f["period"] = f["period"] | {"is_closed": closed}
    assert facts.as_of(f).partition("日。")[2] == f"{said}批示、问题、办结、延期、催办自8月报送关闭（8月31日）后起计。"
    assert facts.is_due(f) is (as_of > "2023-09-25")
    assert ("逾期未报的：" in "".join(facts.other_changes(f))) is (as_of > "2023-09-25")


def test_the_lights_that_nobody_has_are_named_and_green_is_not_listed():
    f = only(red=1, green=2, done=1)
    said = "截至2023年9月22日，红灯1项（第1项）、绿灯2项、已办结1项（第1项），无黄灯举措。按月计算，序时进度为70%。"
    assert facts._lights(f) == said
    assert facts.light_changes(only(worse=1)) == [
        "与8月相比，灯色有变化的举措1项，为变差（第1项由绿灯转黄灯），无好转。"
    ]


def test_a_measure_nobody_leads_yet_is_still_a_measure():
    said = facts.overall(only(measures=1, not_started=1))
    assert said[0] == "《行动方案》共1项举措，按牵头部室分解为0项次。"
    assert "未启动1项（第1项），无红灯、黄灯举措。" in said[1]
    assert phrases.joined(["甲", "乙", "丙"]) == "甲、乙和丙"


def test_settled_says_each_kind_of_decision_in_its_own_words():
    wanted = {"completions_new": 1, "extensions_refused": 1, "extensions_waiting": 2, "reopened": 1}
    assert facts.settled(only(**wanted)) == (
        "8月31日至9月22日办结：1项次，为审批中心第1项。批准延期：无。重新打开：1项次，为审批中心第1项。"
        "未批准延期：1项次，为审批中心第1项。延期申请待批：2项次，其中审批中心1项次（第1项）、财务部1项次（第2项）。"
    )


def test_one_measure_in_brief_says_who_leads_it_or_that_nobody_does_yet():
    line = joint("red", "green")
    assert facts.briefly(line).startswith(f"{facts.named(line)}（{'、'.join(line['departments'])}）：")
    assert facts.briefly(line | {"departments": []}).startswith(f"{facts.named(line)}（牵头部室未定）：")


def silent(*lights) -> dict:
    line = joint(*lights)
    return line | {"parts": [part | {"problems": "", "next_steps": ""} for part in line["parts"]]}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (silent("red"), "牵头部室审核通过的报送中没有写存在问题和下步打算"), (silent("red", "yellow"), "甲部、乙部审核通过的报送中没有写"), (silent("red", "green"), "甲部审核通过的报送中没有写"),
        (silent("red", "red", "red"), "甲部、乙部、丙部审核通过的报送中没有写"), (silent(*["red"] * 4), "甲部、乙部、丙部等4个部室审核通过的报送中没有写"),
        (silent("green", "green"), "甲部、乙部审核通过的报送中没有写"),
        (joint("red", "green"), "甲部反映：资金没有落实。下步打算：下月开工。"),
        (joint("green", "green"), "甲部反映：资金没有落实。下步打算：下月开工。乙部反映：资金没有落实。下步打算：下月开工。"),
        (joint(*["red"] * 4), "丙部反映：资金没有落实。下步打算：下月开工。"),
    ],
)  # fmt: skip
def test_the_ones_who_are_behind_are_named_and_three_at_most(line, said):
    text = facts._measures_taken(line)
    assert text.endswith(said) or text.startswith(said)


def test_the_reason_of_the_office_keeps_its_colon():
    assert facts.reason(joint("red", "red", is_manual=True)) == "甲部：慢了。"
    assert facts.reason(joint("red")) == "甲部：慢了。"


def test_a_joint_light_says_how_many_rooms_and_which_and_why_each():
    """第4项九个部室都没有报：说九个都是，不说是哪一个；不都是的说几个、是哪几个、各为什么。"""
    slow, missing = "低于序时进度35个百分点", "8月未报"
    assert facts.reason(joint("yellow", "yellow")) == f"2个牵头部室均为黄灯，原因均是{slow}。"
    three = joint("yellow", "yellow", "green")
    assert facts.reason(three) == f"3个牵头部室中，黄灯2个，为甲部和乙部（均为{slow}）。"
    three["parts"][1] |= {"reason": missing}
    assert facts.reason(three) == f"3个牵头部室中，黄灯2个，为甲部（{slow}）、乙部（{missing}）。"
    assert facts.reason(joint("green", "yellow")) == f"2个牵头部室中，黄灯1个，为乙部（{slow}）。"


def test_the_returned_are_neither_reported_nor_unreported():
    """一个部室只有一份，退回了：不说“未报送”。"""
    f = circulars.only(owed=1, returned=1)
    assert facts.reporting(f) == "9月应报1项次，无已报；退回待改1项次，无未报。"


def test_one_of_several_instructions_to_two_rooms_is_enough_to_say_not_fully():
    assert facts.unanswered([{"departments": ["甲部"]}, {"departments": ["甲部", "乙部"]}]) == "尚未全部回复"


def test_self_reviews_of_a_span_say_none_in_its_last_period():
    f = only(span_self_reviewed=2) | SPAN
    assert "3月至9月自审通过2项次（审批中心、财务部），其中9月无，现予公布，接受监督。" in facts.self_reviewed(f)[0]


def test_reminders_of_two_rooms_are_counted_by_room():
    assert facts.reminders(only(reminders=1)) == "8月31日至9月22日催办1次（审批中心）。"
    assert facts.reminders(only(reminders=2)) == "8月31日至9月22日催办2次（审批中心1次、财务部1次）。"


@pytest.mark.parametrize(("n", "more"), [(10, False), (11, True)])
def test_ten_inspections_are_listed_and_the_rest_are_etc(n, more):
    assert facts.inspections(only(inspections=n)).endswith("等。") is more


@pytest.mark.parametrize(("n", "said"), [(30, "、30项"), (31, "、30项等31项")])
def test_thirty_numbers_are_listed_and_each_once(n, said):
    found = [{"number": str(i)} for i in range(1, n + 1)]
    assert phrases.numbers([*found, *found]).endswith(said)


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("2023年3月", "2023年9月", "2023年3月至9月"), ("2023年11月", "2024年2月", "2023年11月至2024年2月"),
        ("2023年", "2023年", "2023年至2023年"), ("第一批", "第二批", "第一批至第二批"),
    ],
)  # fmt: skip
def test_a_span_says_the_year_once_unless_it_changes(first, last, said):
    f = {"first": {"name": first}, "period": {"name": last}, "is_span": True}
    assert phrases.span_name(f) == said


def test_everyone_is_said_only_when_nobody_at_all_has_reported():
    f = only(owed=3, unreported=2)
    assert phrases.owing(f, phrases.rows(f, "unreported")) == "审批中心1项次（第1项）、财务部1项次（第2项）"
    one = only(owed=1, unreported=1)
    assert phrases.owing(one, phrases.rows(one, "unreported")) == "审批中心1项次（第1项）"
    two = only(unreported=2)["counts"]["unreported"]["rows"]
    assert phrases.which(two) == "2项次，其中审批中心1项次（第1项）、财务部1项次（第2项）"


@pytest.mark.parametrize(
    ("text", "gist"),
    [
        ("长" * 60, "长" * 60 + "。"),
        ("长" * 20 + "。" + "尾" * 100, "长" * 20 + "。"),
        ("长" * 19 + "。" + "尾" * 100, "长" * 19 + "。" + "尾" * 40 + "……"),
        ("长" * 40 + "；" + "尾" * 100, "长" * 40 + "。"),
    ],
)  # fmt: skip
def test_the_gist_is_cut_at_a_stop_that_is_not_too_near_the_beginning(text, gist):
    assert phrases.gist(text, 60) == gist


def test_a_list_says_exactly_how_many_are_left():
    one = "字" * (phrases.LISTED_MAX // 2)
    assert phrases.within([one, one], lambda n: f"其余{n}条") == [one, one]
    assert phrases.within([one, one, "多", "多"], lambda n: f"其余{n}条") == [one, one, "其余2条"]


@pytest.mark.parametrize(
    ("text", "bare"),
    [("开工。", "开工"), ("开工。（演示数据）", "开工（演示数据）"), ("开工（见附件）", "开工（见附件）")],
)
def test_a_sentence_to_be_continued_has_no_stop(text, bare):
    assert phrases.unended(text) == bare


def test_one_red_measure_is_told_by_itself_and_three_alike_together():
    reds = [circulars.line(i, "red") for i in range(3)]
    [alone] = facts.warned(only() | {"lines": reds[:1]}, "red")
    assert "情况相同" not in alone and facts.named(reds[0]) in alone
    same = [one | {"reason": reds[0]["reason"], "parts": reds[0]["parts"]} for one in reds]
    [together] = facts.warned(only(measures=9) | {"lines": same}, "red")
    assert "情况相同" in together
