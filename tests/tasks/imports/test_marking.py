"""字内差异：拼得回旧文与新文，数字、英文不拆开，再长也不卡。"""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.imports import mark, marking
from tasks.imports.marking import mark_items, similarity

from .samples import SEED_TEXT, seed_rows

TEXT = st.text(alphabet="甲乙丙，。1.2ab\n", max_size=12)


def both(marked):
    old = "".join(text for op, text in marked if op != "ins")
    return old, "".join(text for op, text in marked if op != "del")


def edits(old, new):
    return [run for run in mark(old, new) if run[0] != "eq"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("新增企业 10 家", "新增企业 12 家", [("del", "10"), ("ins", "12")]),
        ("“0.5个工作日”", "“0.4个工作日”", [("del", "0.5"), ("ins", "0.4")]),
        ("220KV", "110KV", [("del", "220"), ("ins", "110")]),
        ("申领税务 UKey", "申领税务 Token", [("del", "UKey"), ("ins", "Token")]),
        ("优化流程", "持续优化流程", [("ins", "持续")]),
        ("持续优化流程", "优化流程", [("del", "持续")]),
        ("", "新", [("ins", "新")]),
        ("旧", "", [("del", "旧")]),
        ("店 小二", "店小二", [("del", " ")]),
        ("甲，乙", "甲；乙", [("del", "，"), ("ins", "；")]),
    ],
)
def test_exactly_the_changed_words_are_marked(old, new, expected):
    assert edits(old, new) == expected


def test_equal_texts_have_nothing_marked():
    assert mark("同", "同") == (("eq", "同"),)
    assert mark("", "") == ()


def test_a_single_character_between_two_edits_is_not_left_standing_alone():
    assert edits("财务的管理部门", "规划的建设部门") == [("del", "财务的管理"), ("ins", "规划的建设")]


def test_names_are_marked_whole():
    marked = mark_items(("李华斌", "郑瑞林"), ("李斌", "郑瑞林"))
    assert marked == (("del", "李华斌"), ("ins", "李斌"), ("eq", "、郑瑞林"))
    assert mark_items(("甲",), ("甲", "乙")) == (("eq", "甲"), ("ins", "、乙"))


@given(st.text(alphabet="甲乙丙，。1 2a\n", max_size=60), st.text(alphabet="甲乙丙，。1 2a\n", max_size=60))
def test_marks_always_give_back_both_texts(old, new):
    assert both(mark(old, new)) == (old, new)


@given(st.data())
def test_marks_of_small_edits_in_the_real_texts_give_back_both(data):
    old = data.draw(st.sampled_from([row.text for row in seed_rows()]))
    start = data.draw(st.integers(0, len(old)))
    end = data.draw(st.integers(start, min(len(old), start + 8)))
    new = old[:start] + data.draw(st.text(alphabet="改增，10", max_size=6)) + old[end:]
    marked = mark(old, new)
    assert both(marked) == (old, new)
    changed = sum(len(text) for op, text in marked if op != "eq")
    assert changed <= (end - start) + (len(new) - len(old) + end - start) + 24


def test_runs_are_grouped_never_two_of_a_kind_in_a_row():
    for row, other in zip(seed_rows(), seed_rows()[1:], strict=False):
        operations = [op for op, _ in mark(row.text, other.text)]
        assert all(a != b for a, b in zip(operations, operations[1:], strict=False))


def test_ten_thousand_characters_with_scattered_edits_are_marked_in_place():
    random.seed(1)
    seed = SEED_TEXT.replace("\n", "")
    old = (seed + seed[::-1] + seed[::2])[:10_000]
    letters = list(old)
    for place in range(50, 10_000, 200):
        letters[place] = "改"
    marked = mark(old, "".join(letters))
    assert both(marked) == (old, "".join(letters))
    assert sum(len(text) for op, text in marked if op == "del") < 1000


def test_the_worst_texts_fall_back_to_one_replacement():
    random.seed(2)
    old, new = ("".join(random.choice("的一") for _ in range(10_000)) for _ in range(2))
    assert both(mark(old, new)) == (old, new)
    assert len(mark(old, new)) < 10


def test_similarity_is_high_for_a_reworded_text_and_low_for_another():
    first, second = seed_rows()[0].text, seed_rows()[1].text
    assert similarity(first, first) == 1
    assert similarity(first, first.replace("努力", "着力").replace("，", "、")) > 0.8
    assert similarity(first, second) < 0.5
    assert similarity("优化环评流程", "优化环境影响评价流程") > 0.5
    assert similarity("", "甲") == 0


@given(TEXT, TEXT, TEXT, TEXT)
def test_leaving_out_the_same_ends_first_marks_the_same(start, old, new, end):
    """先整段去掉相同的头尾（不切开数与词），与从头逐字比的结果一样。"""
    old, new = start + old + end, start + new + end
    units = marking._UNITS.findall
    whole = marking._merge(marking._tidy(marking._compare(units(old), units(new))))
    assert mark(old, new) == (whole if old != new else mark(old, old))
