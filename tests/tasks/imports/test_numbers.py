"""序号：同一个号只有一种写法，认不出的不收。"""

import pytest

from tasks.imports import normalise_number, number_key, position
from tasks.imports.numbers import leading_number

from .samples import messages, read, short


@pytest.mark.parametrize(
    "written",
    ["1", " 1", "１", "1.", "1、", "1．", "1.0", "01", "第1项", "第 1 项", "1\u200b", "1项", "第1条", "第1.0项"],
)
def test_one_measure_has_one_number(written):
    assert normalise_number(written) == "1"


@pytest.mark.parametrize(
    "written", ["8-1", "8－1", "8—1", "8–1", "8‑1", "8.1", "8．1", "８-１", " 8 - 1 ", "第8-1项", "8-1、"]
)
def test_split_numbers_are_text(written):
    assert normalise_number(written) == "8-1"


@pytest.mark.parametrize(
    "written", ["", "⑦", "其他", "一", "0", "-1", "8-", "8-0", "8-1-2", "1e3", "1,000", "12345", "(1)", "Ⅳ", "1a"]
)
def test_anything_else_is_not_a_number(written):
    assert normalise_number(written) == ""


def test_numbers_sort_as_people_count():
    numbers = ["9", "10", "8-10", "8-2", "8", "1", "8-1", "其他"]
    assert sorted(numbers, key=number_key) == ["1", "8", "8-1", "8-2", "8-10", "9", "10", "其他"]


def test_position_is_main_times_1000_plus_part():
    assert [position(number) for number in ("1", "8", "8-1", "21")] == [1000, 8000, 8001, 21000]


@pytest.mark.parametrize(
    ("cell", "number"), [(1, "1"), (1.0, "1"), (8.1, "8-1"), ("8-1", "8-1"), ("１", "1"), (10, "10")]
)
def test_number_cells(cell, number):
    assert read(short([cell, "甲", "李华斌", "审批中心"])).rows[0].number == number


@pytest.mark.parametrize("cell", ["⑦", "其他", True, -1])
def test_a_cell_that_is_not_a_number_is_refused_by_row(cell):
    (problem,) = read(short([cell, "甲", "李华斌", "审批中心"])).errors
    assert problem.message.startswith("第2行“序号”")
    assert "请填 1、2 这样的数字" in problem.message


def test_a_number_that_excel_turned_into_a_date_is_explained():
    from datetime import datetime

    reading = read(short([datetime(2023, 8, 1), "甲", "李华斌", "审批中心"], ["8月2日", "乙", "李华斌", "审批中心"]))
    first, second = messages(reading.errors)
    assert "“8-1”被表格软件改成了日期" in first
    assert "文本格式" in first
    assert "第3行“序号”“8月2日”像是“8-1”一类的序号" in second


def test_duplicates_name_both_rows():
    reading = read(short(["8", "甲", "李华斌", "审批中心"], [8.0, "乙", "李华斌", "审批中心"]))
    assert messages(reading.errors) == ["第3行“序号”“8”与第2行重复。请改正其中一个后重新上传。"]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1.1 压减时限", "1.1"), ("99.2 压减时限", "99.2"), ("1.100 压减时限", "1.100"),
        ("100.2 压减时限", None), ("0.5 个工作日办结", None), ("1.5万平方米标准地", None), ("2024.6 完成", None),
    ],
)  # fmt: skip
def test_a_quantity_at_the_beginning_is_not_a_number_of_a_measure(text, number):
    found = leading_number(text)
    assert (found.value if found and found.style == "1.1" else None) == number
