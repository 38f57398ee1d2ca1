"""公文的排法：哪一节有表、表里写什么、哪些数给谁看、标题不在词中间折。"""

from types import SimpleNamespace

import pytest

from tasks.papers.circular import layout
from tests.tasks import circulars
from tests.tasks.circulars import SPAN, only


def test_the_table_of_periods_is_only_for_a_span():
    assert layout.table_of("overall", circulars.figures(1)) is None
    assert layout.table_of("overall", circulars.figures(1, **SPAN)).caption.startswith("2023年3月至9月各期情况")


def test_the_last_row_adds_up_the_rooms():
    f = only() | {"departments": [circulars.department(i, 2) for i in range(3)]}
    assert list(layout.departments(f).cells())[-1][:4] == ["合计", 6, 6, 3]


def test_the_annex_says_zero_percent_and_whose_light_it_is():
    zero, routine = circulars.line(0, "red") | {"percent": 0, "is_manual": True}, circulars.line(1, "green")
    cells = list(layout.annex(only() | {"lines": [zero, routine | {"percent": None}]}).cells())
    assert [row[5] for row in cells] == ["0%", "常态"]
    assert [row[7].startswith("办公室定灯：") for row in cells] == [True, False]


@pytest.mark.parametrize("is_said", [True, False], ids=["记着有没有", "早先印发的没有记"])
def test_the_annex_has_a_column_of_helpers_only_where_somebody_helps(is_said):
    alone, helped = circulars.line(0, "red"), circulars.line(1, "green") | {"cooperating": "公安分局、人社局"}
    made = [only() | {"lines": lines, "helped": len(lines) > 1} for lines in ([alone], [alone, helped])]
    if not is_said:
        made = [{key: value for key, value in f.items() if key != "helped"} for f in made]
    without, annex = map(layout.annex, made)
    assert "配合单位" not in [column.label for column in without.columns]
    assert [column.width for column in without.columns] == [9, 28, 17, 21, 13, 13, 16, 39]
    assert [column.label for column in annex.columns][3:6] == ["牵头部室", "配合单位", "灯色"]
    assert [row[4] for row in annex.cells()] == ["", "公安分局、人社局"]
    assert sum(column.width for column in annex.columns) == layout.TEXT_WIDTH


def test_who_may_not_trace_sees_neither_rows_nor_drafts_and_one_period_has_no_totals():
    counts = layout.shown_counts(circulars.figures(2), can_trace=False)
    assert not {"missing", "draft", "span_owed"} & set(counts)
    assert all(one["rows"] == [] and one["url"] == "" for one in counts.values())
    assert {"missing", "draft", "span_owed"} <= set(layout.shown_counts(circulars.figures(2, **SPAN), can_trace=True))


@pytest.mark.parametrize(
    ("found", "lines"),
    [("", []), ("甲、乙", ["抄送：甲、乙。"]), ("报：甲。\n送：乙。", ["报：甲。", "送：乙。"])],
)
def test_copies_are_as_the_office_wrote_them(found, lines):
    circular = SimpleNamespace(kind="bulletin", letterhead={"copies": {"bulletin": found}})
    assert layout.copies(circular) == lines
    assert not layout.has_annex(circular)
    assert layout.has_annex(SimpleNamespace(kind="report"))


@pytest.mark.parametrize(("at", "splits"), [(1, False), (2, True), (3, True), (4, True), (5, False)])
def test_no_place_inside_a_word_is_a_place_to_break(at, splits):
    assert layout._splits_a_word("甲推进情况乙", at) is splits


@pytest.mark.parametrize(
    ("length", "lines"), [(0, []), (20, [20]), (21, [11, 10]), (40, [20, 20]), (41, [14, 14, 13]), (60, [20, 20, 20])]
)
def test_a_title_is_broken_into_as_few_even_lines_as_hold_it(length, lines):
    """恰好两行写满的，一行也不能多出一个字。"""
    assert [len(line) for line in layout.balanced("字" * length)] == lines


@pytest.mark.parametrize(
    ("line", "block"),
    [
        ("各部室按期报送。", ("p", "各部室按期报送。", "")),
        ("（一）加快报送", ("h2", "（一）加快报送", "")),
        ("（一）加快报送。各部室二十五日前报齐。", ("lead", "（一）加快报送。", "各部室二十五日前报齐。")),
        ("（一）加快报送。", ("h2", "（一）加快报送。", "")),
    ],
)
def test_a_line_that_begins_like_a_heading_is_set_as_one_and_leads_what_follows(line, block):
    section = {"key": "next", "heading": "", "text": line}
    [found] = layout.blocks([section], only())
    assert (found.kind, found.text, found.rest) == block


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("关于督办情况的通报", ["关于督办情况的通报"]),
        ("甲" * 12 + "（" + "乙" * 13, ["甲" * 12, "（" + "乙" * 13]),
        ("甲" * 12 + "，" + "乙" * 12, ["甲" * 12 + "，", "乙" * 12]),
        (
            "关于解决“送电线路跨越手续2处未批复”问题的请示",
            ["关于解决“送电线路跨越手续2处未批复”", "问题的请示"],
        ),
        (
            "关于解决“区域评估成果更新慢，影响标准地挂牌”问题的请示",
            ["关于解决“区域评估成果更新慢，", "影响标准地挂牌”问题的请示"],
        ),
        ("关于印发《" + "甲" * 14 + "》的通知", ["关于印发", "《" + "甲" * 14 + "》的通知"]),
        ("甲" * 5 + "“" + "乙" * 25 + "”" + "丙" * 3, ["甲" * 5 + "“" + "乙" * 12, "乙" * 13 + "”" + "丙" * 3]),
        ("甲" * 11 + "2023年9月" + "乙" * 6, ["甲" * 11, "2023年9月" + "乙" * 6]),
    ],
)
def test_a_long_title_is_broken_where_no_word_or_mark_is_parted(title, lines):
    assert layout.balanced(title) == lines
