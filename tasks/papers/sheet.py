"""xlsx 的版面：台账、问题台账、考核表、公文附表都照这里写。

各表只声明列（`Column`）与样子（`Look`），`write` 把一张表写成可以直接打印的：横向、宽度缩到一页、
每页重复标题与表头、页脚有页码。文字永远是文字（见 `yingshang.tables.cells`）。
"""

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from yingshang.tables import cells

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PAPERS = {"a3": 8, "a4": 9}
HEADER_ROW = 3  # 标题、说明之后的一行：表头；有分组的，分组占这一行，表头在下一行

TOP = Alignment(vertical="top", wrap_text=True)
TOP_CENTRE = Alignment(horizontal="center", vertical="top", wrap_text=True)
CENTRE = Alignment(horizontal="center", vertical="center", wrap_text=True)
LEFT = Alignment(horizontal="left", vertical="center", wrap_text=True)
ONE_LINE = Alignment(horizontal="center", vertical="center")  # 不折行，标题用

HEAD_FILL = "E9F0F9"
_SIDE = Side(style="thin", color="8793A2")
_BORDER = Border(left=_SIDE, right=_SIDE, top=_SIDE, bottom=_SIDE)


class Narrowed(Protocol):
    """导出时的筛选：条件与怎么说。表单在上一层，这里只认它的样子。"""

    @property
    def chosen(self) -> dict[str, Any]: ...

    @property
    def words(self) -> str: ...


@dataclass(frozen=True)
class Column:
    """表的一列。`value(row)` 是一格：文字、整数、百分数或日期；`width` 是列宽（字符）。

    `fill(row)`、`font(row)` 为这一格另定底色（空的没有）、字体（不写的照全表）。
    """

    label: str
    value: Callable
    width: float
    align: Alignment = TOP
    is_text: bool = False  # 设为文本格式：免得改的时候“8-1”变成日期
    head_fill: str = HEAD_FILL
    fill: Callable | None = None
    font: Callable | None = None


@dataclass(frozen=True)
class Heading:
    """标题或说明那一行的字体与行高（磅）；不写行高的按字数算。"""

    font: Font
    height: float | None = None
    align: Alignment = ONE_LINE


@dataclass(frozen=True)
class Look:
    """一种表的样子。`margins` 是页边距（英寸），没有写的照默认；`frozen` 是左边固定几列。

    `line` 是一行字的磅数，各行的高按它与字数算，为 None 的不定行高；`slack` 是算行高时列宽另加的字符。
    """

    title: Heading
    subtitle: Heading
    head_font: Font
    head_height: float | None = None
    font: Font | None = None
    margins: dict = field(default_factory=dict)
    is_centred: bool = False
    frozen: int = 0
    has_filter: bool = False
    line: float | None = cells.LINE_HEIGHT
    slack: int = 0


def book(name: str) -> tuple:
    """只有一张表的工作簿：（工作簿，表）。"""
    made = Workbook()
    made.active.title = name
    return made, made.active


def saved(made: Workbook) -> bytes:
    """工作簿的内容。"""
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def write(
    sheet: Any,
    look: Look,
    columns: Sequence[Column],
    rows: Iterable[Any],
    *,
    title: str,
    subtitle: str,
    paper: str = "a4",
    groups: Sequence[tuple[str, int]] = (),
) -> int:
    """写一张表，返回最后一行的行号。`groups` 为表头之上的分组：（名称，几列），从第二列起。"""
    head = HEADER_ROW + bool(groups)
    rows = list(rows)
    _set_page(sheet, look, columns, head, PAPERS[paper])
    if look.has_filter:
        sheet.auto_filter.ref = f"A{head}:{get_column_letter(len(columns))}{head + len(rows)}"
    for number, text, heading in ((1, title, look.title), (2, subtitle, look.subtitle)):
        _heading(sheet, number, text, heading, columns)
    if groups:
        _groups(sheet, look, columns, groups)
    _head(sheet, look, columns, head)
    for number, row in enumerate(rows, start=head + 1):
        _line(sheet, look, columns, number, row)
    return head + len(rows)


def note(sheet: Any, number: int, text: str, columns: Sequence[Column], font: Font) -> None:
    """表后的一条说明：占满一行，行高放得下。"""
    across(sheet, number, len(columns))
    cell = sheet.cell(number, 1)
    cells.put(cell, text)
    cell.font, cell.alignment = font, TOP
    sheet.row_dimensions[number].height = cells.height([(text, sum(column.width for column in columns))])


def across(sheet: Any, number: int, count: int, start: int = 1) -> None:
    """把一行里的 `count` 格合成一格。"""
    sheet.merge_cells(start_row=number, end_row=number, start_column=start, end_column=start + count - 1)


def _set_page(sheet: Any, look: Look, columns: Sequence[Column], head: int, paper: int) -> None:
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = paper
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    for side, inches in look.margins.items():
        setattr(sheet.page_margins, side, inches)
    if look.is_centred:
        sheet.print_options.horizontalCentered = True
    sheet.print_title_rows = f"1:{head}"
    sheet.oddFooter.center.text = "第 &P 页，共 &N 页"
    sheet.freeze_panes = sheet.cell(head + 1, look.frozen + 1)
    for index, column in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(index)].width = column.width


def _heading(sheet: Any, number: int, text: str, heading: Heading, columns: Sequence[Column]) -> None:
    across(sheet, number, len(columns))
    cell = sheet.cell(number, 1)
    cells.put(cell, text)
    cell.font, cell.alignment = heading.font, heading.align
    # 标题的字比正文大，按半个表宽算折行。
    height = heading.height or cells.height([(text, sum(column.width for column in columns) // 2)]) + 8
    sheet.row_dimensions[number].height = height


def _groups(sheet: Any, look: Look, columns: Sequence[Column], groups: Sequence[tuple[str, int]]) -> None:
    for index in range(1, len(columns) + 1):
        cell = sheet.cell(HEADER_ROW, index)
        cell.border, cell.alignment = _BORDER, CENTRE
    start = 2
    for text, count in groups:
        across(sheet, HEADER_ROW, count, start)
        cells.put(sheet.cell(HEADER_ROW, start), text)
        start += count
    for cell in sheet[HEADER_ROW]:
        cell.font, cell.fill = look.head_font, _solid(HEAD_FILL)


def _head(sheet: Any, look: Look, columns: Sequence[Column], number: int) -> None:
    for index, column in enumerate(columns, start=1):
        cell = sheet.cell(number, index)
        cells.put(cell, column.label)
        cell.font, cell.border, cell.alignment = look.head_font, _BORDER, CENTRE
        if column.head_fill:
            cell.fill = _solid(column.head_fill)
    labels = [column.label for column in columns]
    sheet.row_dimensions[number].height = look.head_height or _height(look, columns, labels)


def _line(sheet: Any, look: Look, columns: Sequence[Column], number: int, row: Any) -> None:
    values = [column.value(row) for column in columns]
    for index, (column, value) in enumerate(zip(columns, values, strict=True), start=1):
        cell = sheet.cell(number, index)
        cells.put(cell, value)
        cell.border, cell.alignment = _BORDER, column.align
        if font := column.font(row) if column.font else look.font:
            cell.font = font
        if column.is_text:
            cell.number_format = "@"
        if colour := column.fill and column.fill(row):
            cell.fill = _solid(colour)
    if look.line is not None:
        sheet.row_dimensions[number].height = _height(look, columns, values)


def _height(look: Look, columns: Sequence[Column], values: Iterable) -> float:
    """放得下一行各格的行高（磅）。"""
    texts = ["" if value is None else value for value in values]
    room = [column.width + look.slack for column in columns]
    return cells.height(list(zip(texts, room, strict=True)), look.line or cells.LINE_HEIGHT)


def _solid(colour: str) -> PatternFill:
    return PatternFill("solid", fgColor=colour)
