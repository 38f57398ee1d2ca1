"""公文的 Excel 附表：举措、部室、各期、数字四张表，都取自冻结的数字。文字永远是文字，不成公式。"""

import io

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.worksheet.page import PageMargins

from yingshang import dates
from yingshang.tables import cells

from .layout import Column, Table, annex, departments, periods, shown_counts

HEADER_ROW = 3
LINE = 14  # 五号宋体一行的磅数
PAGE = 136  # 横放的 A4 一页宽放得下几个字符：各列按比例占满，行就不至于太高
_SIDE = Side(style="thin", color="8793A2")
_BORDER = Border(left=_SIDE, right=_SIDE, top=_SIDE, bottom=_SIDE)


def build(circular, *, can_trace=True) -> bytes:
    """一份 .xlsx。`can_trace` 为假时“数字”一张只有数，没有明细。"""
    book = Workbook()
    book.remove(book.active)
    for name, table in tables(circular.figures, can_trace=can_trace):
        _sheet(book, name, table, circular)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def tables(figures, *, can_trace=True) -> list[tuple]:
    """各张表：（工作表名，表）。"""
    found = [("举措", annex(figures)), ("部室", departments(figures))]
    if figures.get("is_span"):
        found.append(("各期", periods(figures)))
    return [*found, ("数字", counts(figures, can_trace=can_trace))]


def counts(figures, *, can_trace=True) -> Table:
    """全部数字：指标、数值、单位，和数到的每一条。"""
    columns = (
        Column("指标", 44, lambda row: row["label"], is_text=True),
        Column("数值", 10, lambda row: row["n"]),
        Column("单位", 12, lambda row: row["unit"]),
    )
    if can_trace:
        columns += (Column("明细", 120, lambda row: "；".join(r["text"] for r in row["rows"]), is_text=True),)
    return Table("全部数字", columns, list(shown_counts(figures, can_trace=can_trace).values()))


def _sheet(book, name, table, circular) -> None:
    sheet = book.create_sheet(name)
    sheet.page_setup.paperSize, sheet.page_setup.orientation = 9, "landscape"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_options.horizontalCentered = True
    sheet.page_margins = PageMargins(left=0.5, right=0.5, top=0.6, bottom=0.7)
    sheet.print_title_rows = f"1:{HEADER_ROW}"
    sheet.oddFooter.center.text = "第 &P 页，共 &N 页"
    sheet.freeze_panes = f"A{HEADER_ROW + 1}"
    total = sum(column.width for column in table.columns)
    widths = [max(6, round(column.width * PAGE / total)) for column in table.columns]
    for letter, width in zip(map(_letter, range(1, len(widths) + 1)), widths, strict=True):
        sheet.column_dimensions[letter].width = width
    subtitle = f"{circular.document_number or '草稿'}　数字截至{dates.full(circular.figures['as_of'])}"
    for row, text, font in ((1, table.caption, Font(name="黑体", size=14)), (2, subtitle, Font(name="仿宋", size=11))):
        sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=len(widths))
        cells.put(sheet.cell(row, 1), text)
        sheet.cell(row, 1).font = font
        sheet.cell(row, 1).alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        sheet.row_dimensions[row].height = cells.height([(text, sum(widths) // 2)]) + 8
    head = [column.label for column in table.columns]
    for number, values in enumerate([head, *table.cells()], start=HEADER_ROW):
        _row(sheet, number, values, table.columns, widths)


def _row(sheet, number, values, columns, widths) -> None:
    is_head = number == HEADER_ROW
    for index, (value, column) in enumerate(zip(values, columns, strict=True), start=1):
        cell = sheet.cell(number, index)
        cells.put(cell, value)
        cell.font = Font(name="黑体" if is_head else "宋体", size=10.5)
        centred = is_head or not column.is_text
        cell.alignment = Alignment(horizontal="center" if centred else "left", vertical="center", wrap_text=True)
        cell.border = _BORDER
    room = [width + 1 for width in widths]  # 列宽里已经算了两边的空
    sheet.row_dimensions[number].height = cells.height(list(zip(map(str, values), room, strict=True)), LINE)


def _letter(index) -> str:
    from openpyxl.utils import get_column_letter

    return get_column_letter(index)
