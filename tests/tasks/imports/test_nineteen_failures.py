"""现成的导入组件有十九处会丢数据或说错话；凡与读取、比较有关的，这里逐条证明不会发生。

与生效有关的（预览后失败、他人先改、权限、临时文件）在生效的测试里。
"""

import pytest

from tasks.imports import Limits, Unreadable, compare

from .samples import SHORT, csv_bytes, messages, one, read, seed_live, seed_rows, short, table, xlsx


@pytest.mark.parametrize("cell", ["张富平、李四", "李四", "李华斌,李四", "李华斌 李四", "李四\n李华斌"])
def test_01_an_unknown_name_is_an_error_never_dropped(cell):
    assert any("李四" in message for message in messages(read(short(one(leader=cell))).errors))


@pytest.mark.parametrize("cell", ["李华斌,郑瑞林", "李华斌，郑瑞林", "李华斌 郑瑞林", "李华斌\n郑瑞林"])
def test_01_every_separator_stores_both_names(cell):
    assert read(short(one(leader=cell))).rows[0].leaders == ("李华斌", "郑瑞林")


def test_02_one_number_written_five_ways_is_one_measure():
    for cell in (1, 1.0, "1", "１", " 1", "1、"):
        result = compare(seed_live(), read(short([cell, "营造优良营商氛围", "张富平", "党务办"])))
        assert (result.counts["same"], result.counts["added"]) == (1, 0)


def test_03_a_number_given_twice_is_an_error():
    assert "重复" in read(short(one("8"), one("8", title="另一项"))).errors[0].message


def test_04_a_title_row_above_the_header_is_fine_and_a_missing_header_is_said_in_chinese():
    assert len(read(xlsx([["标题"], list(SHORT), one()])).rows) == 1
    with pytest.raises(Unreadable, match="缺少列"):
        read(xlsx([["标题"], one()]))


def test_05_blank_and_note_rows_are_no_measures():
    reading = read(short(one(), [], [" ", ""], ["备注：无"]))
    assert len(reading.rows) == 1
    assert reading.errors == []


def test_06_neither_the_active_nor_a_hidden_sheet_is_taken_for_the_plan():
    def more(workbook, _):
        secret = workbook.create_sheet("旧稿")
        secret.append(list(SHORT))
        secret.append(one("99"))
        secret.sheet_state = "hidden"
        workbook.active = 1

    assert [row.number for row in read(xlsx([list(SHORT), one()], change=more)).rows] == ["1"]


def test_07_a_blank_text_cell_is_a_chinese_message():
    assert messages(read(short([*one(), None], header=(*SHORT, "具体内容"))).errors) == [
        "第2行“具体内容”是空的。请填写后重新上传。"
    ]


def test_08_a_gbk_csv_is_read():
    assert len(read(csv_bytes([list(SHORT), one()], "gbk"), "方案.csv").rows) == 1


@pytest.mark.parametrize("text", ["=1+1", "==2", "+减材料", "-减环节", "@企业"])
def test_13_text_that_looks_like_a_formula_survives_both_file_kinds(text):
    def as_text(_, sheet):
        sheet["B2"].value = text
        sheet["B2"].data_type = "s"

    assert read(xlsx([list(SHORT), one()], change=as_text)).rows[0].title == text
    assert read(csv_bytes([list(SHORT), one(title="'" + text)]), "方案.csv").rows[0].title == text


def test_14_measures_missing_from_the_file_are_listed_for_removal():
    result = compare(seed_live(), read(xlsx(table(seed_rows()[:20]))))
    assert [change.old.number for change in result.of_kind("removed")] == ["21"]


def test_15_an_absent_column_keeps_and_an_empty_required_cell_is_refused():
    rows = [[row[0], row[1], row[3], row[4]] for row in table(seed_rows())[1:]]
    assert compare(seed_live(), read(short(*rows))).is_empty
    rows[7][2] = ""
    assert messages(read(short(*rows)).errors) == ["第9行“牵头领导”是空的。请填写后重新上传。"]


def test_16_a_title_too_long_is_said_in_chinese_before_the_database_sees_it():
    reading = read(short(one(title="长" * 61)), limits=Limits(title_length=60))
    assert "有 61 个字，超过 60 字的上限" in reading.errors[0].message


def test_17_nul_is_stripped():
    assert read(csv_bytes([list(SHORT), one(title="优\0化")]), "方案.csv").rows[0].title == "优化"
    assert read(short(one(title="优_x0000_化"))).rows[0].title == "优化"


@pytest.mark.parametrize("above", [0, 1, 3])
def test_18_an_error_carries_the_row_of_the_sheet(above):
    (problem,) = read(xlsx([["标题"]] * above + [list(SHORT), one(), one("2", department="甲局")])).errors
    assert problem.line == above + 3
    assert problem.message.startswith(f"第{above + 3}行“牵头部室”“甲局”")


def test_19_one_invalid_row_leaves_an_error_so_that_nothing_may_be_applied():
    reading = read(short(one(), one("2", title="乙", leader="李四")))
    assert len(reading.rows) == 2
    assert len(reading.errors) == 1
