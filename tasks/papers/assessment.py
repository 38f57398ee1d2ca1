"""考核表的 xlsx：与页面同样的行、同样的次序。数是数，文字永远是文字。"""

import io

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from yingshang import dates
from yingshang.tables import cells

from ..figures.assessment import COLUMNS, FIGURES

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEAD = 3  # 前三行：标题、说明、分组；第四行起是列名与各部室
_SIDE = Side(style="thin", color="8793A2")
_BORDER = Border(left=_SIDE, right=_SIDE, top=_SIDE, bottom=_SIDE)
_CENTRE = Alignment(horizontal="center", vertical="center", wrap_text=True)
_FILL = PatternFill("solid", fgColor="E9F0F9")
_LAST = get_column_letter(len(COLUMNS) + 1)


def filename(assessment) -> str:
    """考核材料_2023年3月至2023年9月.xlsx。"""
    return f"考核材料_{assessment.words}.xlsx"


def to_xlsx(assessment) -> bytes:
    """A4 横向，宽度缩到一页，可以直接打印。"""
    book = Workbook()
    sheet = book.active
    sheet.title = "考核材料"
    _set_page(sheet)
    _head(sheet, assessment)
    rows = [(row.department.name, row.cells) for row in assessment.rows] + [("合计", assessment.totals)]
    for number, (name, values) in enumerate(rows, start=HEAD + 2):
        _row(sheet, number, [name, *(cell.n for cell in values)])
        sheet.cell(number, 1).font = Font(name="宋体", size=11, bold=name == "合计")
    _notes(sheet, HEAD + 2 + len(rows), assessment)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _set_page(sheet) -> None:
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = f"1:{HEAD + 1}"
    sheet.oddFooter.center.text = "第 &P 页，共 &N 页"
    sheet.freeze_panes = f"B{HEAD + 2}"
    sheet.column_dimensions["A"].width = 16
    for index in range(2, len(COLUMNS) + 2):
        sheet.column_dimensions[get_column_letter(index)].width = 11


def _head(sheet, assessment) -> None:
    title = f"{assessment.plan.title}考核材料"
    for row, text, font, tall in (
        (1, title, Font(name="方正小标宋简体", size=18), 36),
        (2, f"{assessment.words}　　制表日期：{dates.full(assessment.today)}", Font(name="仿宋", size=12), 22),
    ):
        sheet.merge_cells(f"A{row}:{_LAST}{row}")
        cells.put(sheet.cell(row, 1), text)
        sheet.cell(row, 1).font, sheet.cell(row, 1).alignment = font, _CENTRE
        sheet.row_dimensions[row].height = tall
    _row(sheet, HEAD, [""] * (len(COLUMNS) + 1))
    start = 2
    for group, width in assessment.groups:
        sheet.merge_cells(start_row=HEAD, start_column=start, end_row=HEAD, end_column=start + width - 1)
        cells.put(sheet.cell(HEAD, start), group)
        start += width
    _row(sheet, HEAD + 1, ["部室", *(f"{FIGURES[key].label}（{FIGURES[key].unit}）" for key in COLUMNS)])
    for row in (HEAD, HEAD + 1):
        for cell in sheet[row]:
            cell.font, cell.fill = Font(name="黑体", size=11), _FILL
    sheet.row_dimensions[HEAD + 1].height = 34


def _row(sheet, number, values) -> None:
    for index, value in enumerate(values, start=1):
        cell = sheet.cell(number, index)
        cells.put(cell, value)
        cell.border, cell.alignment = _BORDER, _CENTRE


def _notes(sheet, start, assessment) -> None:
    for number, text in enumerate(assessment.notes, start=start + 1):
        sheet.merge_cells(f"A{number}:{_LAST}{number}")
        cells.put(sheet.cell(number, 1), text)
        sheet.cell(number, 1).font = Font(name="仿宋", size=11)
        sheet.cell(number, 1).alignment = Alignment(vertical="top", wrap_text=True)
        sheet.row_dimensions[number].height = cells.height([(text, 16 + 11 * len(COLUMNS))])
