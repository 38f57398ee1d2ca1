"""部室填好的表：按表头认列，各格照录；别的月份的列不认，没有认出的都列明。"""

import io

import openpyxl
import pytest
from django.http import QueryDict

from tasks.imports import filled
from yingshang.middleware import cleaned
from yingshang.tables.limits import Limits, Unreadable

BLOCK = "序号\t举措名称\t8月进展\t本月进展\t完成进度\t负责人\n2\t放宽准入\t上月的话\t办了两件。\t75%\t张三\n12\t环评\t\t\t80\t\n合计\t\t\t\t\t"


def test_a_block_is_matched_by_its_head():
    table = filled.read_block(BLOCK, 9)
    assert [(row.number, row.cells) for row in table.rows] == [
        ("2", {"text": "办了两件。", "percent": "75"}),
        ("12", {"percent": "80"}),
    ]
    assert table.heads == ["8月进展", "负责人"]


@pytest.mark.parametrize(
    ("head", "month", "expected"),
    [
        ("本月进展", 9, "text"),
        ("9月进展情况", 9, "text"),
        ("9月份工作进展（做了什么）", 9, "text"),
        ("8月进展", 9, ""),
        ("上月进展", 9, ""),
        ("完成进度（%）", 9, "percent"),
        ("存在的问题", 9, "problems"),
        ("下一步工作", 9, "next_steps"),
        ("序 号", 9, "number"),
        ("备注", 9, ""),
    ],
)
def test_a_head_is_known_by_its_usual_spellings_and_never_by_another_month(head, month, expected):
    assert filled.head_of(head, month) == expected


def test_a_cell_with_line_breaks_and_quotes_stays_one_cell():
    table = filled.read_block('序号\t本月进展\n2\t"第一行\n第二行说“好”，""加引号"""', 9)
    assert table.rows[0].cells["text"] == '第一行\n第二行说“好”，"加引号"'


def test_the_gate_for_typed_words_keeps_the_cells_of_a_pasted_table_apart():
    typed = QueryDict(mutable=True)
    typed["block"], typed["text"] = "序号\t本月进展\r\n２\t办\u200b了 \n\t\n", "办了\t两件 "
    tidy = cleaned(typed)
    assert tidy["block"] == "序号\t本月进展\n2\t办了 \n\t\n"
    assert tidy["text"] == "办了 两件"


def test_a_title_line_above_the_head_is_passed_over():
    table = filled.read_block("审批中心9月台账\n序号\t本月进展\n2\t办了。", 9)
    assert [row.number for row in table.rows] == ["2"]


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("只有一句话", "没有认出表头（第一行是：只有一句话）"),
        ("", "没有认出表头（第一行是：无）"),
        ("序号\t备注\n2\t好", "没有认出表头"),
        ("序号\t本月进展", "只有表头"),
    ],
)
def test_a_block_without_a_head_or_rows_is_refused_with_what_to_do(block, said):
    with pytest.raises(Unreadable, match=said.replace("（", "（")):
        filled.read_block(block, 9)


def book(*rows):
    out = io.BytesIO()
    made = openpyxl.Workbook()
    made.active.append(["说明"])
    sheet = made.create_sheet("9月")
    for row in rows:
        sheet.append(row)
    made.save(out)
    return out.getvalue()


def test_the_sheet_that_has_the_head_is_read_and_shares_become_percents():
    data = book(["序号", "本月进展", "完成进度", "新增企业数"], [2, "办了。", 0.75, 12], [12, None, 80, None])
    table = filled.read_file(data, "台账.xlsx", Limits(), 9)
    assert [(row.number, row.cells, row.others) for row in table.rows] == [
        ("2", {"text": "办了。", "percent": "75"}, {"新增企业数": "12"}),
        ("12", {"percent": "80"}, {}),
    ]


def test_a_cell_that_has_no_value_is_said_and_left_out():
    data = book(["序号", "本月进展", "完成进度"], [2, "办了。", "=1/0"])
    table = filled.read_file(data, "台账.xlsx", Limits(), 9)
    assert table.rows[0].cells == {"text": "办了。"}
    assert table.faults and "第2行“完成进度”" in table.faults[0]


def test_a_text_file_is_refused_with_what_to_do():
    with pytest.raises(Unreadable, match="请上传表格"):
        filled.read_file("九月进展".encode(), "进展.txt", Limits(), 9)


def test_states_are_known_by_their_usual_words():
    assert [filled.stage_of(w) for w in ("推进中", "已办结", "未启动", "不知道")] == [
        "in_progress",
        "completed",
        "not_started",
        "",
    ]


@pytest.mark.parametrize(("count", "end"), [(1, "1"), (12, "12"), (13, "12等"), (40, "12等")])
def test_a_long_list_in_one_sentence_names_the_first_twelve(count, end):
    assert filled.listed(str(n) for n in range(1, count + 1)).split("、")[-1] == end
