"""任务分解表：标题行、合并格、备注行、多余的列、隐藏的表，各种真实写法。"""

import io
import zipfile
from datetime import datetime

import pytest
from openpyxl.styles import Font

from tasks.imports import Limits, Unreadable

from .samples import SHORT, messages, one, read, seed_rows, shared, short, table, xlsx

GOOD = one()


def rezipped(data, name, old, new):
    """改一改压缩包里的一个部件。"""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
        for item in source.namelist():
            part = source.read(item)
            target.writestr(item, part.replace(old.encode(), new.encode()) if item == name else part)
    return out.getvalue()


def refused(data, filename="方案.xlsx", **kwargs):
    with pytest.raises(Unreadable) as caught:
        read(data, filename, **kwargs)
    return caught.value.message


# ---- 表头 -------------------------------------------------------------------


@pytest.mark.parametrize("above", range(10))
def test_the_header_may_stand_in_any_of_the_first_ten_rows(above):
    grid = [["交城经济开发区营商环境任务分解表"]] * above + [list(SHORT), GOOD]
    reading = read(xlsx(grid))
    assert [row.number for row in reading.rows] == ["1"]
    assert reading.rows[0].line == above + 2


def test_a_header_below_row_ten_is_not_found():
    assert "表头须在前 10 行内" in refused(xlsx([["标题"]] * 10 + [list(SHORT), GOOD]))


@pytest.mark.parametrize(
    "header",
    [
        ("序 号", "举措\n名称", "牵头领导（2023年）", "牵头部门"),
        ("*序号", "举措名称：", "牵头 领导", "牵头部室\n（单位）"),
        ("序号", "举措名称", "牵头领导", "牵头\u3000部室"),
    ],
)
def test_header_names_may_have_blanks_breaks_and_brackets(header):
    assert len(read(short(GOOD, header=header)).rows) == 1


def test_columns_may_stand_in_any_order():
    reading = read(short(["审批中心", "甲", "1", "李华斌"], header=("牵头部室", "举措名称", "序号", "牵头领导")))
    row = reading.rows[0]
    assert (row.number, row.title, row.leaders, row.departments) == ("1", "甲", ("李华斌",), ("审批中心",))


@pytest.mark.parametrize("text", ["具体内容", "原文", "主要内容", "举措内容", "工作内容"])
def test_the_text_column_has_several_names(text):
    reading = read(short([*GOOD, "优化环评流程。简化手续。"], header=(*SHORT, text)))
    assert reading.rows[0].text == "优化环评流程。简化手续。"
    assert "text" in reading.columns_present


@pytest.mark.parametrize("missing", SHORT)
def test_a_missing_column_is_named_with_the_columns_found(missing):
    header = [name for name in SHORT if name != missing]
    message = refused(xlsx([header, ["1", "甲", "李华斌"]]))
    assert f"缺少列：{missing}；找到的列：{'、'.join(header)}。" in message


def test_two_columns_for_the_same_thing_are_refused():
    message = refused(short([*GOOD, "财务部"], header=(*SHORT, "牵头部门")))
    assert "“牵头部室”与“牵头部门”" in message
    assert "请只保留一列" in message


def test_two_columns_of_who_cooperates_are_refused():
    """“责任单位”在“牵头部室”旁边是配合的；已经另有“配合单位”，就不知道照哪一列。"""
    message = refused(short([*GOOD, "财务部", "公安分局"], header=(*SHORT, "责任单位", "配合单位")))
    assert "“配合单位”与“责任单位”" in message


@pytest.mark.parametrize(
    ("cell", "aims"),
    [
        ("≥80%", [("优化环评流程", "ge", "80", "%", "≥80%")]),
        (
            "办结率不低于90%；办理时限3天之内",
            [("办结率", "ge", "90", "%", "办结率不低于90%"), ("办理时限", "le", "3", "天", "办理时限3天之内")],
        ),
        ("【须】办结率 ≥ 90.50 %：“原话。”", [("办结率", "ge", "90.5", "%", "原话。")]),
    ],
)
def test_a_column_of_targets_is_read_in_plain_words_and_in_our_own_form(cell, aims):
    [row] = read(short([*GOOD, cell], header=(*SHORT, "量化目标"))).rows
    assert [(a.name, a.operator, a.value, a.unit, a.quote) for a in row.aims] == aims


def test_a_wrong_table_is_refused_with_what_was_found():
    message = refused(xlsx([["姓名", "电话"], ["张三", "123"]]))
    assert message.startswith("缺少列：序号、举措名称、牵头领导、牵头部室；找到的列：姓名、电话。")


def test_an_empty_workbook_and_a_header_alone_are_refused():
    assert "找到的列：无" in refused(xlsx([]))
    assert "表里只有表头，没有举措" in refused(short())


def test_unknown_and_status_columns_are_listed_and_not_imported():
    header = (*SHORT, "督导专班", "灯", "进 度", "本期报送")
    reading = read(
        short([*GOOD, "财务部", "●", "50%", "已报"], header=header), status_columns=("灯", "进度", "本期报送")
    )
    assert reading.ignored == [
        "状态列，不导入：灯（F列）、进 度（G列）、本期报送（H列）",
        "未导入的列：督导专班（E列）",
    ]
    assert reading.columns_present == {"number", "title", "leaders", "departments"}


def test_cells_outside_the_header_are_listed():
    reading = read(short([*GOOD, None, "随手记的"]))
    assert reading.ignored == ["没有列名的列：F列"]


def test_a_far_away_column_is_listed_by_its_letters():
    assert read(xlsx([list(SHORT), GOOD], change=lambda _, sheet: sheet.cell(2, 16384, "远"))).ignored == [
        "没有列名的列：XFD列"
    ]


# ---- 行 ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        ["备注：以上各项须于年底前完成"],
        ["", "备注", "以上各项"],
        ["填表人：张三", "", "联系电话：123"],
        ["填表人", "张三"],
        ["合计", "21项"],
        ["注：空白为文件未规定"],
        ["说明：以文件为准"],
        ["联系人：李四"],
        ["共1项"],
        ["小计", "21项"],
    ],
)
def test_note_rows_are_ignored_and_listed(line):
    reading = read(short(GOOD, line))
    assert len(reading.rows) == 1
    assert reading.errors == []
    first = next(value for value in line if value)
    assert reading.ignored == [f"第3行“{first}”"]


def test_blank_rows_are_skipped_but_still_counted():
    reading = read(short(GOOD, [], ["", " ", "　"], ["2", "乙", "李华斌", "审批中心"]))
    assert [(row.number, row.line) for row in reading.rows] == [("1", 2), ("2", 5)]
    assert reading.ignored == []


@pytest.mark.parametrize(
    "line",
    [
        ["", "优化环评流程", "李华斌", "审批中心"],
        ["", "备注管理", "李华斌", "审批中心"],
        ["", "审核流程优化", "李华斌", ""],
        ["", "说明会制度", "", "审批中心"],
        ["", "仅有名称", "", ""],
    ],
)
def test_content_without_a_number_is_an_error_and_never_a_note(line):
    reading = read(short(GOOD, line))
    assert "第3行“序号”是空的，这一行却有内容。请填写序号，或删去这一行。" in messages(reading.errors)


def test_a_repeated_header_is_ignored_and_listed():
    reading = read(short(GOOD, list(SHORT), ["2", "乙", "李华斌", "审批中心"]))
    assert len(reading.rows) == 2
    assert reading.ignored == ["第3行重复的表头"]


def test_a_row_that_only_mentions_a_column_name_is_not_a_header():
    reading = read(short(["8-1", "举措名称", "李华斌", "审批中心"]))
    assert [row.title for row in reading.rows] == ["举措名称"]


def test_only_vertical_merges_fill_down():
    def merge(_, sheet):
        sheet.merge_cells("D2:D4")
        sheet.merge_cells("C3:C4")
        sheet.merge_cells("A5:D5")

    grid = [
        list(SHORT),
        ["1", "甲", "李华斌", "审批中心"],
        ["2", "乙", "陈向东", None],
        ["3", "丙", None, None],
        ["备注：横向合并", None, None, None],
    ]
    rows = read(xlsx(grid, change=merge)).rows
    assert [row.departments for row in rows] == [("审批中心",)] * 3
    assert [row.leaders for row in rows] == [("李华斌",), ("陈向东",), ("陈向东",)]


def test_a_merge_across_rows_and_columns_is_not_filled_because_it_is_unclear():
    grid = [list(SHORT), ["1", "甲", "李华斌", "审批中心"], ["2", "乙", None, None]]
    reading = read(xlsx(grid, change=lambda _, sheet: sheet.merge_cells("C2:D3")))
    assert [problem.column for problem in reading.errors] == ["牵头部室", "牵头领导", "牵头部室"]


def test_a_merged_title_and_unit_row_above_the_header_do_no_harm():
    def merge(_, sheet):
        sheet.merge_cells("A1:D1")

    reading = read(xlsx([["任务分解表"], ["单位：交城经济开发区"], list(SHORT), GOOD], change=merge))
    assert len(reading.rows) == 1
    assert reading.ignored == []


def test_full_width_digits_letters_and_percent_are_normalised_but_not_punctuation():
    text = "甲。达到１００％，接入ＵＫｅｙ（含：税务），“１窗”；"
    row = read(short(["１", "甲", "李华斌", "审批中心", text], header=(*SHORT, "原文"))).rows[0]
    assert row.text == "甲。达到100%，接入UKey（含：税务），“1窗”；"


def test_the_stray_space_is_kept_and_line_breaks_are_kept():
    text = " 甲。“金牌店 小二”。\r\n  第二段。 "
    row = read(short(["1", "甲", "李华斌", "审批中心", text], header=(*SHORT, "原文"))).rows[0]
    assert row.text == "甲。“金牌店 小二”。\n第二段。"


def test_invisible_and_control_characters_are_stripped():
    row = read(short(["1", "\ufeff优化\u200b环评\u202e流程_x0000__x0007_", "李华斌", "审批中心"])).rows[0]
    assert row.title == "优化环评流程"


def test_a_title_broken_over_lines_and_ending_in_a_stop_is_one_title():
    assert read(short(["1", "优化\n环评流程。", "李华斌", "审批中心"])).rows[0].title == "优化环评流程"


@pytest.mark.parametrize(
    ("written", "kind"), [("指标类", "indicator"), ("节点", "milestone"), ("常态类", "routine"), ("", None)]
)
def test_kinds(written, kind):
    assert read(short([*GOOD, written], header=(*SHORT, "类型"))).rows[0].kind == kind


def test_an_unknown_kind_lists_the_choices():
    (problem,) = read(short([*GOOD, "重点"], header=(*SHORT, "类型"))).errors
    assert problem.message == "第2行“类型”“重点”不是类型。请填指标类、节点类、常态类之一。"


def test_an_empty_text_cell_would_wipe_the_measure_and_is_refused():
    (problem,) = read(short([*GOOD, ""], header=(*SHORT, "具体内容"))).errors
    assert problem.message == "第2行“具体内容”是空的。请填写后重新上传。"


@pytest.mark.parametrize(("column", "label"), list(enumerate(SHORT)))
@pytest.mark.parametrize("value", ["#REF!", "#N/A", "#DIV/0!"])
def test_error_cells_are_refused_by_cell_and_never_read_as_blank(column, label, value):
    line = list(GOOD)
    line[column] = value
    found = messages(read(short(line)).errors)
    assert found == [f"第2行“{label}”是错误值“{value}”（{'ABCD'[column]}2）。请改正公式或改成文字后重新上传。"]


def test_a_formula_without_a_stored_value_is_refused_by_cell():
    (problem,) = read(short(["1", '="甲"', "李华斌", "审批中心"])).errors
    assert problem.message.startswith("第2行“举措名称”是没有存下结果的公式（B2）。请在表格软件里打开、保存一次")


def test_errors_in_columns_that_are_not_imported_do_not_matter():
    assert read(short([*GOOD, "#REF!"], header=(*SHORT, "进度"))).errors == []


def test_too_long_values_are_refused_in_plain_words():
    reading = read(short(["1", "长" * 61, "李华斌", "审批中心"]), limits=Limits(title_length=60))
    assert "有 61 个字，超过 60 字的上限" in reading.errors[0].message
    assert read(short(["1", "长" * 60, "李华斌", "审批中心"]), limits=Limits(title_length=60)).errors == []


def test_all_errors_of_all_rows_come_at_once_with_row_column_and_value():
    reading = read(short(["⑦", "", "李四", "甲局"], ["1", "乙", "", ""], ["1", "丙", "李华斌", "审批中心"]))
    assert [(p.line, p.column, p.value) for p in reading.errors] == [
        (2, "序号", "⑦"),
        (2, "举措名称", ""),
        (2, "牵头领导", "李四"),
        (2, "牵头部室", "甲局"),
        (3, "牵头领导", ""),
        (3, "牵头部室", ""),
        (4, "序号", "1"),
    ]
    assert all("请" in message for message in messages(reading.errors))


def test_equal_titles_must_be_confirmed():
    reading = read(short(["1", "甲", "李华斌", "审批中心"], ["2", "甲", "李华斌", "审批中心"]))
    assert reading.errors == []
    assert "与第2行相同" in reading.warnings[0].message


def test_texts_that_leave_out_the_title_get_it_back_and_must_be_confirmed():
    header = (*SHORT, "具体内容")
    reading = read(
        short(
            ["1", "优化环评流程", "李华斌", "审批中心", "进一步拓宽试点。"],
            ["2", "加快服务平台建设", "陈向东", "科技创新部", "提升承载能力。"],
            header=header,
        )
    )
    assert [row.text for row in reading.rows] == ["优化环评流程。进一步拓宽试点。", "加快服务平台建设。提升承载能力。"]
    assert "已按“名称。内容”合成原文" in reading.warnings[0].message


@pytest.mark.parametrize("text", ["优化环评流程。进一步拓宽试点。", "优化环评手续。进一步拓宽试点。"])
def test_one_text_that_holds_its_title_or_nearly_is_enough_to_leave_all_as_they_are(text):
    header = (*SHORT, "具体内容")
    lines = (
        ["1", "优化环评流程", "李华斌", "审批中心", text],
        ["2", "建设平台", "陈向东", "科技创新部", "提升承载能力。"],
    )
    reading = read(short(*lines, header=header))
    assert ([row.text for row in reading.rows], reading.warnings) == ([text, "提升承载能力。"], [])


def test_a_yes_or_no_cell_is_read_as_the_word_shown():
    assert [row.title for row in read(short(["1", True, *GOOD[2:]], ["2", False, *GOOD[2:]])).rows] == ["是", "否"]


# ---- 工作表 -----------------------------------------------------------------


def test_the_first_visible_sheet_with_our_header_is_read_and_the_others_are_listed():
    def more(workbook, sheet):
        cover = workbook.create_sheet("封面", 0)
        cover["A1"] = "营商环境行动方案"
        extra = workbook.create_sheet("通讯录")
        extra["A1"] = "姓名"
        workbook.create_sheet("空表")

    reading = read(xlsx([list(SHORT), GOOD], change=more))
    assert reading.sheet == "任务分解表"
    assert reading.ignored == ["工作表“封面”", "工作表“通讯录”"]


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_hidden_sheet_is_ignored_and_listed_even_if_it_was_active(state):
    def hide(workbook, sheet):
        secret = workbook.create_sheet("旧稿", 0)
        secret.append(list(SHORT))
        secret.append(["99", "旧的", "李华斌", "审批中心"])
        workbook.active = 0
        secret.sheet_state = state

    reading = read(xlsx([list(SHORT), GOOD], change=hide))
    assert [row.number for row in reading.rows] == ["1"]
    assert reading.ignored == ["隐藏的工作表“旧稿”"]


def test_a_plan_that_is_only_on_a_hidden_sheet_says_so():
    def hide(workbook, sheet):
        workbook.create_sheet("封面")["A1"] = "封面"
        sheet.sheet_state = "hidden"
        workbook.active = 1

    assert "方案在隐藏的工作表“任务分解表”里" in refused(xlsx([list(SHORT), GOOD], change=hide))


def test_hidden_rows_and_columns_are_read_and_said():
    def hide(_, sheet):
        sheet.row_dimensions[2].hidden = True
        sheet.column_dimensions["C"].hidden = True

    reading = read(xlsx([list(SHORT), GOOD], change=hide))
    assert len(reading.rows) == 1
    assert reading.notes == ["第2行是隐藏行，已照常读取。", "“牵头领导”是隐藏列，已照常读取。"]


def test_rich_text_is_read_whole():
    from openpyxl.cell.rich_text import CellRichText, TextBlock
    from openpyxl.cell.text import InlineFont

    def rich(_, sheet):
        sheet["B2"] = CellRichText("优化", TextBlock(InlineFont(b=True), "环评"), "流程")
        sheet["B2"].font = Font(bold=True)

    data = xlsx([list(SHORT), GOOD], change=rich)
    assert read(data).rows[0].title == read(shared(data)).rows[0].title == "优化环评流程"


def test_phonetic_readings_are_not_part_of_the_text():
    phonetic = "<rPh sb='0' eb='1'><t>yh</t></rPh></is></c>"
    inline = rezipped(short(GOOD), "xl/worksheets/sheet1.xml", "</is></c>", phonetic)
    for data in (inline, shared(inline)):
        assert read(data).rows[0].title == "优化环评流程"


def test_a_workbook_part_under_another_name_is_found():
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(short(GOOD))) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            target.writestr(
                name.replace("workbook.xml", "workbook2.xml"),
                source.read(name).replace(b"workbook.xml", b"workbook2.xml"),
            )
    assert len(read(out.getvalue()).rows) == 1


@pytest.mark.parametrize("number_format", ["yyyy-mm-dd", 'yyyy"年"m"月"d"日"', "[$-804]yyyy/m/d", "m/d/yy h:mm"])
def test_date_formats_are_recognised(number_format):
    def dated(_, sheet):
        sheet["E2"] = 45199
        sheet["E2"].number_format = number_format

    reading = read(xlsx([[*SHORT, "完成时限"], GOOD], change=dated))
    assert reading.rows[0].deadline == "2023年9月30日"


@pytest.mark.parametrize("number", [14, 31, 57])
def test_builtin_date_formats_of_chinese_excel_are_recognised(number):
    def dated(_, sheet):
        sheet["A2"] = 45139
        sheet["A2"].number_format = "0.0000"

    data = xlsx([list(SHORT), GOOD], change=dated)
    data = rezipped(data, "xl/styles.xml", '<numFmt numFmtId="164"', '<numFmt numFmtId="200"')
    data = rezipped(data, "xl/styles.xml", 'numFmtId="164"', f'numFmtId="{number}"')
    assert "“8-1”被表格软件改成了日期" in read(data).errors[0].message


def test_mac_dates_are_understood():
    def mac(workbook, sheet):
        workbook.epoch = datetime(1904, 1, 1)
        sheet["E2"] = datetime(2023, 9, 30)

    assert read(xlsx([[*SHORT, "完成时限"], GOOD], change=mac)).rows[0].deadline == "2023年9月30日"


def test_a_stored_result_of_a_formula_is_read():
    def formula(_, sheet):
        sheet["B2"] = "=A2"

    data = xlsx([list(SHORT), GOOD], change=formula)
    stored = rezipped(data, "xl/worksheets/sheet1.xml", "<f>A2</f><v/>", "<f>A2</f><v>12</v>")
    stored = rezipped(stored, "xl/worksheets/sheet1.xml", "<f>A2</f><v></v>", "<f>A2</f><v>12</v>")
    assert read(stored).rows[0].title == "12"


@pytest.mark.parametrize("store", [xlsx, lambda grid: shared(xlsx(grid))], ids=["inline", "shared"])
def test_the_ledger_in_full_reads_back_as_it_was(store):
    reading = read(store(table(seed_rows())))
    assert reading.columns_present == {"number", "title", "text", "leaders", "departments", "deadline", "kind"}
    assert [row.text for row in reading.rows] == [row.text for row in seed_rows()]
    assert reading.errors == reading.warnings == []


@pytest.mark.parametrize(
    ("number", "note"),
    [("1.1", "序号“1.1”写作“1-1”，其余带小数点的序号同样改写。"), ("1-1", None), ("1.", None), ("1", None)],
)
def test_a_number_written_with_a_point_is_said_to_be_rewritten_and_no_other(number, note):
    reading = read(xlsx([list(SHORT), [number, *GOOD[1:]]]))
    assert [said for said in reading.notes if said.startswith("序号“")] == ([note] if note else [])
