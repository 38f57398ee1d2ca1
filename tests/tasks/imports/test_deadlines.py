"""完成时限：推得出日期的推出来，长期坚持之类不吱声，2月30日要说。"""

from datetime import date, datetime

import pytest

from tasks.imports.deadlines import derive_due

from .samples import SHORT, messages, read, short

HEADER = (*SHORT, "完成时限")


@pytest.mark.parametrize(
    ("text", "month", "day"),
    [
        ("2023年3月底前", 3, 31),
        ("12月底前", 12, 31),
        ("2月底前", 2, 28),
        ("2023.9.30", 9, 30),
        ("2023-09-30", 9, 30),
        ("2023/9/30", 9, 30),
        ("20230930", 9, 30),
        ("2023年9月30日前", 9, 30),
        ("9月30日前", 9, 30),
        ("2023.9", 9, 30),
        ("2023年9月", 9, 30),
        ("９月底", 9, 30),
        ("9 月 底 前", 9, 30),
        ("上半年", 6, 30),
        ("下半年", 12, 31),
        ("2023年上半年", 6, 30),
        ("第三季度", 9, 30),
        ("三季度末", 9, 30),
        ("1季度", 3, 31),
        ("年底", 12, 31),
        ("年内", 12, 31),
        ("2023年底前", 12, 31),
        ("2023年年底", 12, 31),
        ("2023年", 12, 31),
        ("6月-12月", 12, 31),
        ("6-12月", 12, 31),
        ("6—10月", 10, 31),
        ("2023年6月至11月", 11, 30),
        ("12月上旬", 12, 10),
        ("12月中旬", 12, 20),
        ("6月底前完成方案，12月底前建成", 12, 31),
        ("6月底前完成，并长期坚持", 6, 30),
        ("每月报送，11月底前完成", 11, 30),
        ("今年6月底", 6, 30),
        ("9月15号前", 9, 15),
        ("2022年10月启动，今年6月底前完成", 6, 30),
    ],
)
def test_a_date_is_derived_from_the_words(text, month, day):
    found = derive_due(text, 2023)
    assert found.due_on == date(2023, month, day)
    assert not found.warning
    assert not found.unclear


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("2024年3月底前", date(2024, 3, 31)),
        ("2023年10月-2024年2月", date(2024, 2, 29)),
        ("10月至次年3月", date(2024, 3, 31)),
        ("明年6月底", date(2024, 6, 30)),
        ("翌年6月底", date(2024, 6, 30)),
        ("下一年6月底", date(2024, 6, 30)),
        ("2024年3月启动，6月底前建成", date(2024, 6, 30)),
        ("2024年3月启动，明年6月底前建成", date(2024, 6, 30)),
    ],
)
def test_another_year_is_respected(text, due):
    assert derive_due(text, 2023).due_on == due


@pytest.mark.parametrize(
    "text",
    ["", "长期坚持", "持续推进", "每季度", "立行立改", "每月底前", "每年3月底前", "全年", "常态化推进"]
    + ["每半年", "每周", "每旬", "每日", "每天", "立即整改", "按进度推进", "文件未规定"],
)
def test_open_ended_words_give_no_date_and_no_remark(text):
    assert derive_due(text, 2023) == derive_due("", 2023)


@pytest.mark.parametrize("text", ["2月30日", "2023年2月30日前", "13月", "2023.4.31", "2023年2月29日"])
def test_a_day_that_does_not_exist_is_pointed_out(text):
    found = derive_due(text, 2023)
    assert found.due_on is None
    assert "没有" in found.warning


@pytest.mark.parametrize("text", ["待定", "3个月内", "30日内", "11月-3月", "12", "1923年9月30日", "12.31"])
def test_unclear_words_give_no_date(text):
    found = derive_due(text, 2023)
    assert found.due_on is None
    assert found.unclear


def deadline_row(value):
    reading = read(short(["1", "甲", "李华斌", "审批中心", value], header=HEADER))
    assert not reading.errors
    return reading, reading.rows[0]


@pytest.mark.parametrize("text", ["2023年3月底前", "长期坚持", "6月-12月", "2月30日", "待定"])
def test_the_text_is_kept_verbatim(text):
    assert deadline_row(text)[1].deadline == text


@pytest.mark.parametrize("value", [datetime(2023, 9, 30), date(2023, 9, 30), 45199])
def test_date_cells_and_serials_are_written_out(value):
    row = deadline_row(value)[1]
    assert (row.deadline, row.due_on) == ("2023年9月30日", date(2023, 9, 30))


def test_an_impossible_day_must_be_confirmed_with_its_row():
    reading, row = deadline_row("2月30日")
    assert row.due_on is None
    assert messages(reading.warnings) == ["第2行“完成时限”没有“2月30日”这一天，不作到期提醒。请核对。"]


def test_a_number_that_lost_its_zero_must_be_confirmed():
    reading, row = deadline_row(2023.1)
    assert (row.deadline, row.due_on) == ("2023.1", None)
    assert "分不清是 1 月还是 10 月" in reading.warnings[0].message


def test_unclear_words_are_noted_without_asking():
    reading, _ = deadline_row("待定")
    assert reading.warnings == []
    assert reading.notes == ["第2行“完成时限”“待定”看不出日期，照录原文，不作到期提醒。"]


def test_an_empty_deadline_means_the_document_sets_none():
    assert deadline_row(None)[1].deadline == ""


@pytest.mark.parametrize(
    ("serial", "due"), [(36525, None), (36526, date(2000, 1, 1)), (73050, date(2099, 12, 31)), (73051, None)]
)
def test_only_serials_of_this_century_are_dates(serial, due):
    assert deadline_row(serial)[1].due_on == due


def test_the_first_and_the_last_day_of_the_century_are_dates():
    for text, day in (("2000年1月1日", date(2000, 1, 1)), ("2099年底", date(2099, 12, 31))):
        reading, row = deadline_row(text)
        assert (row.due_on, reading.warnings) == (day, [])


def test_a_date_past_2099_is_a_warning_and_not_left_for_the_database_to_refuse():
    reading = read(short(["1", "甲", "李华斌", "审批中心", "次年3月底"], header=HEADER), plan_year=2099)
    (row,) = reading.rows
    assert (row.deadline, row.due_on, reading.errors) == ("次年3月底", None, [])
    assert any("推得2100年3月31日，不在 2000 年至 2099 年之间" in text for text in messages(reading.warnings))
