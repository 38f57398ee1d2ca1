"""xlsx 的版面：四样表各是什么样子，一格一格照定好的写。"""

import datetime as dt
import io
import tracemalloc
from dataclasses import replace
from types import SimpleNamespace

import pytest
from openpyxl import load_workbook
from openpyxl.styles import Font

from tasks.papers import assessment, ledger, problem, sheet
from tasks.papers.circular import workbook
from tasks.papers.columns import COLUMNS
from tasks.rules import lights

LOOKS = {"台账": ledger.LOOK, "问题": problem.LOOK, "考核": assessment.LOOK, "附表": workbook.LOOK}
NAMES = sheet.Column("名称", lambda row: row["name"], 20)
COUNTS = sheet.Column("件数", lambda row: row["n"], 8, sheet.CENTRE)
ROWS = [{"name": "甲", "n": 1}, {"name": "乙" * 100, "n": None}]


def written(look, columns=(NAMES, COUNTS), rows=ROWS, **options):
    """写出来、存盘、再读回来的表。"""
    book, made = sheet.book("表")
    sheet.write(made, look, columns, rows, title="标题", subtitle="说明", **options)
    return load_workbook(io.BytesIO(sheet.saved(book))).active


def looks(cell) -> tuple:
    """一格的字体、字号、横向、纵向、底色。"""
    colour = cell.fill.fgColor.rgb[2:] if cell.fill.fill_type else ""
    return cell.font.name, cell.font.sz, cell.alignment.horizontal, cell.alignment.vertical, colour


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_every_sheet_prints_on_a_landscape_page_of_full_width_with_its_head_repeated(look):
    made = written(look)
    assert (made.page_setup.orientation, made.page_setup.paperSize) == ("landscape", 9)
    assert made.sheet_properties.pageSetUpPr.fitToPage
    assert (made.page_setup.fitToWidth, made.page_setup.fitToHeight) == (1, 0)
    assert made.print_title_rows == "$1:$3"
    assert made.oddFooter.center.text == "第 &P 页，共 &N 页"
    assert sorted(map(str, made.merged_cells.ranges)) == ["A1:B1", "A2:B2"]
    assert [made.column_dimensions[letter].width for letter in "AB"] == [20, 8]


@pytest.mark.parametrize(
    ("name", "margins", "centred", "frozen", "filtered"),
    [
        ("台账", (0.4, 0.4, 0.6, 0.6), True, "C4", "A3:B5"),
        ("问题", (0.4, 0.4, 1, 1), False, "C4", "A3:B5"),
        ("考核", (0.75, 0.75, 1, 1), False, "B4", None),
        ("附表", (0.5, 0.5, 0.6, 0.7), True, "A4", None),
    ],
)
def test_margins_panes_and_filters_are_those_of_each_sheet(name, margins, centred, frozen, filtered):
    made = written(LOOKS[name])
    page = made.page_margins
    assert (page.left, page.right, page.top, page.bottom) == margins
    assert bool(made.print_options.horizontalCentered) is centred
    assert made.freeze_panes == frozen
    assert made.auto_filter.ref == filtered


@pytest.mark.parametrize(
    ("name", "title", "subtitle", "head"),
    [
        ("台账", ("方正小标宋简体", 22, 36), ("仿宋", 12, 22), ("黑体", 11, 34)),
        ("问题", ("方正小标宋简体", 20, 34), ("仿宋", 12, 22), ("黑体", 11, 26)),
        ("考核", ("方正小标宋简体", 18, 36), ("仿宋", 12, 22), ("黑体", 11, 34)),
        ("附表", ("黑体", 14, 28.5), ("仿宋", 11, 28.5), ("黑体", 10.5, 19)),
    ],
)
def test_title_subtitle_and_head_have_their_font_and_height(name, title, subtitle, head):
    made = written(LOOKS[name])
    for row, text, (font, size, height) in ((1, "标题", title), (2, "说明", subtitle), (3, "名称", head)):
        cell = made.cell(row, 1)
        assert cell.value == text
        assert (cell.font.name, cell.font.sz, made.row_dimensions[row].height) == (font, size, height)
        assert (cell.alignment.horizontal, cell.alignment.vertical) == ("center", "center")


@pytest.mark.parametrize(
    ("name", "font", "heights"),
    [
        ("台账", ("宋体", 10.5), (20.5, 175.5)),  # 100 个字 11 行
        ("问题", ("Calibri", 11), (20.5, 175.5)),
        ("考核", ("Calibri", 11), (None, None)),
        ("附表", ("宋体", 10.5), (19, 145)),  # 一行 14 磅，列宽多算一个字符，10 行
    ],
)
def test_lines_have_their_font_and_are_as_high_as_their_words_need(name, font, heights):
    made = written(LOOKS[name])
    assert (made["A4"].font.name, made["A4"].font.sz) == font
    assert (made.row_dimensions[4].height, made.row_dimensions[5].height) == heights


def test_every_cell_of_the_table_has_the_same_thin_border():
    made = written(ledger.LOOK)
    for row in made["A3:B5"]:
        for cell in row:
            edges = [getattr(cell.border, side) for side in ("left", "right", "top", "bottom")]
            assert [(edge.style, edge.color.rgb[2:]) for edge in edges] == [("thin", "8793A2")] * 4


def test_a_column_says_how_its_cells_look():
    plain = sheet.Column("甲", lambda row: row, 10)
    other = sheet.Column(
        "乙", lambda row: row, 10, sheet.LEFT, is_text=True, head_fill="", fill=lambda row: "FDECEB" if row == "红" else "",
        font=lambda row: Font(name="楷体", size=9),
    )  # fmt: skip
    made = written(ledger.LOOK, (plain, other), ["红", "绿"])
    assert looks(made["A3"]) == ("黑体", 11, "center", "center", "E9F0F9")
    assert looks(made["B3"]) == ("黑体", 11, "center", "center", "")
    assert looks(made["A4"]) == ("宋体", 10.5, None, "top", "")
    assert looks(made["B4"]) == ("楷体", 9, "left", "center", "FDECEB")
    assert looks(made["B5"]) == ("楷体", 9, "left", "center", "")
    assert (made["A4"].number_format, made["B4"].number_format) == ("General", "@")


def test_dates_are_dates_numbers_are_numbers_and_the_rest_is_text():
    rows = [dt.date(2023, 9, 2), 7, "=1+1", "", None]
    made = written(problem.LOOK, [sheet.Column("值", lambda row: row, 10)], rows)
    assert [made.cell(row, 1).data_type for row in range(4, 9)] == ["d", "n", "s", "n", "n"]
    assert [made.cell(row, 1).value for row in range(6, 9)] == ["=1+1", None, None]


def test_a3_is_a3():
    assert written(ledger.LOOK, paper="a3").page_setup.paperSize == 8


def test_groups_stand_above_the_head_which_moves_down_by_a_row():
    columns = [NAMES, COUNTS, replace(COUNTS, label="次数"), replace(COUNTS, label="天数")]
    made = written(assessment.LOOK, columns, groups=[("办理", 2), ("时效", 1)])
    assert "B3:C3" in map(str, made.merged_cells.ranges)
    assert [made.cell(3, n).value for n in range(1, 5)] == [None, "办理", None, "时效"]
    assert [made.cell(4, n).value for n in range(1, 5)] == ["名称", "件数", "次数", "天数"]
    assert made.print_title_rows == "$1:$4" and made.freeze_panes == "B5" and made["A5"].value == "甲"
    assert looks(made["B3"]) == looks(made["A4"]) == ("黑体", 11, "center", "center", "E9F0F9")


def test_a_note_stands_a_row_below_takes_the_whole_width_and_the_height_it_needs():
    book, page = sheet.book("说明")
    last = sheet.write(page, assessment.LOOK, (NAMES, COUNTS), ROWS, title="标题", subtitle="说明")
    sheet.notes(page, last, ["字" * 40, "短"], [NAMES, COUNTS], Font(name="仿宋", size=11))
    made = load_workbook(io.BytesIO(sheet.saved(book))).active
    assert book.sheetnames == ["说明"] and {"A7:B7", "A8:B8"} <= set(map(str, made.merged_cells.ranges))
    assert made["A6"].value is None and looks(made["A7"]) == ("仿宋", 11, None, "top", "")
    assert made.row_dimensions[7].height == 3 * 15.5 + 5  # 28 个字符宽，80 个字符


def test_columns_that_look_alike_keep_their_own_words_and_a_text_column_keeps_its_format():
    """样子相同的格子共用一支笔：写下一格不改已经写下的。"""
    day, columns = dt.date(2023, 9, 2), [replace(NAMES, value=lambda row, n=n: row[n], is_text=n == 1) for n in (0, 1)]
    made = written(ledger.LOOK, columns, [("甲", "乙"), (day, day), (7, "=1"), ("丙", None), (day, day)])
    assert [[cell.value for cell in row] for row in made["A4:B8"]] == [
        ["甲", "乙"], [dt.datetime(2023, 9, 2), 45171], [7, "=1"], ["丙", None], [dt.datetime(2023, 9, 2), 45171],
    ]  # fmt: skip
    assert [cell.number_format for cell in made["B"][3:]] == ["@"] * 5
    assert [cell.quotePrefix for cell in made["B"][3:]] == [False, False, True, False, False]


def test_rows_are_written_as_they_come_and_do_not_stay_in_memory():
    columns = [replace(NAMES, value=lambda row: f"{row}" + "举措" * 100)] * 8

    def peak(count) -> int:
        tracemalloc.start()
        book, made = sheet.book("表")
        sheet.write(made, ledger.LOOK, columns, iter(range(count)), title="标题", subtitle="说明")
        sheet.filed(book).close()
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(1)  # 只做一次的事先做掉
    assert peak(1000) - peak(100) < 1_000_000  # 九百行的文字就有三百万字节


# ── 各表的底色 ──


@pytest.mark.parametrize(
    ("level", "colour"),
    [
        (lights.RED, "FDECEB"),
        (lights.YELLOW, "FFF3D6"),
        (lights.GREEN, "E5F4EB"),
        (lights.DONE, "E7F0FB"),
        (lights.NOT_STARTED, ""),
    ],
)
def test_in_the_ledger_only_the_light_is_coloured(level, colour):
    entry = SimpleNamespace(line=SimpleNamespace(light=SimpleNamespace(level=level)))
    coloured = {c.label: c.fill(entry) for c in ledger.columns() if c.fill}
    assert coloured == {"灯": colour}


def test_the_ledger_keeps_numbers_and_deadlines_as_text_and_greys_what_is_only_for_looking():
    columns = ledger.columns()
    assert {c.label for c in columns if c.is_text} == {"序号", "完成时限"}
    heads = [c.head_fill for c in columns]
    assert heads == ["EEF1F4" if c.is_status else "E9F0F9" for c in COLUMNS]


@pytest.mark.parametrize(("is_overdue", "colour"), [(True, "FFF7F6"), (False, "")])
def test_an_overdue_problem_is_coloured_all_along_its_line(is_overdue, colour):
    row = SimpleNamespace(is_overdue=is_overdue)
    assert [column.fill(row) for column in problem.COLUMNS] == [colour] * 15
