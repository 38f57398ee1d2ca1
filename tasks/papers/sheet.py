"""xlsx 的版面：台账、问题台账、考核表、公文附表都照这里写。

各表只声明列（`Column`）与样子（`Look`），`write` 把一张表写成可以直接打印的：横向、宽度缩到一页、
每页重复标题与表头、页脚有页码。文字永远是文字（见 `yingshang.tables.cells`）。
一行一行写，写过的就落盘，不留在内存里：两万行与二十行占的内存一样。
"""

import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import IO, Any, Protocol, cast

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from departments import organisation
from yingshang.tables import cells

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
IN_MEMORY = 2**20  # 临时文件不超过这么大的不落盘
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
    is_worded: bool = True  # 列名里的“部室”照单位现在的统称；印发了的公文照冻结的，不换


def new_book() -> Workbook:
    """边写边存的工作簿，还没有表。"""
    return Workbook(write_only=True)


def book(name: str) -> tuple:
    """只有一张表的工作簿：（工作簿，表）。"""
    made = new_book()
    return made, made.create_sheet(name)


def scratch() -> IO[bytes]:
    """一个临时文件：小的就在内存里，大的在盘上；关上就没有了。"""
    return cast(IO[bytes], tempfile.SpooledTemporaryFile(IN_MEMORY))


def filed(made: Workbook) -> IO[bytes]:
    """存成一个临时文件，从头读起。"""
    out = scratch()
    made.save(out)
    out.seek(0)
    return out


def saved(made: Workbook) -> bytes:
    """工作簿的内容。"""
    with filed(made) as out:
        return out.read()


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
    _set_page(sheet, look, columns, head, PAPERS[paper])
    pens = _Pens(sheet)
    for text, heading in ((title, look.title), (subtitle, look.subtitle)):
        _heading(pens, text, heading, columns)
    if groups:
        _groups(pens, look, columns, groups)
    _head(pens, look, columns)
    for row in rows:
        _line(pens, look, columns, row)
    if look.has_filter:
        sheet.auto_filter.ref = f"A{head}:{get_column_letter(len(columns))}{pens.number}"
    return pens.number


def notes(sheet: Any, last: int, texts: Sequence[str], columns: Sequence[Column], font: Font) -> None:
    """表后的说明，在最后一行之后空一行写起：一条占满一行，行高放得下。"""
    pens = _Pens(sheet, last)
    if texts:
        pens.append([])
    for text in texts:
        pens.across(len(columns))
        height = cells.height([(text, sum(column.width for column in columns))])
        pens.append([pens.cell(1, text, TOP, font, has_border=False)], height)


class _Pens:
    """写各格的笔：同一列样子相同的格子共用一支，换一个值就写下一行。

    openpyxl 给一格设一遍样式比写下它慢十倍；写出去的格子不再用得着，所以可以共用。
    """

    def __init__(self, sheet: Any, number: int = 0) -> None:
        self.sheet, self.number = sheet, number  # number：写到第几行
        self._kept: dict[tuple, tuple] = {}

    def cell(
        self,
        index: int,
        value: object,
        align: Alignment,
        font: Font | None = None,
        *,
        colour: str = "",
        is_text: bool = False,
        has_border: bool = True,
    ) -> Any:
        """第 `index` 列的一格。"""
        found = cells.written(value)
        number_format = "@" if is_text else found.number_format
        key = (index, id(align), id(font), colour, has_border, number_format, found.is_text, found.is_risky)
        if key not in self._kept:
            made = WriteOnlyCell(self.sheet)
            made.alignment = align
            if font:
                made.font = font
            if has_border:
                made.border = _BORDER
            if colour:
                made.fill = PatternFill("solid", fgColor=colour)
            made.quotePrefix = found.is_risky
            self._kept[key] = made, align, font  # 留着样式，免得别的样式占了它的 id
        cell = self._kept[key][0]
        cell.value = found.value
        if found.is_text:
            cell.data_type = "s"
        if number_format:
            cell.number_format = number_format
        return cell

    def append(self, row: Sequence[Any], height: float | None = None) -> None:
        """写下一行。"""
        self.number += 1
        if height is not None:
            self.sheet.row_dimensions[self.number].height = height
        self.sheet.append(row)
        self.sheet.row_dimensions.pop(self.number, None)

    def across(self, count: int, start: int = 1) -> None:
        """把下一行里的 `count` 格合成一格。"""
        first, last = get_column_letter(start), get_column_letter(start + count - 1)
        self.sheet.merged_cells.add(f"{first}{self.number + 1}:{last}{self.number + 1}")


def _set_page(sheet: Any, look: Look, columns: Sequence[Column], head: int, paper: int) -> None:
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = paper
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    # 页眉页脚离纸边的距离：默认的半英寸比下边距只少一点，页码会被裁掉一半。
    sheet.page_margins.header = sheet.page_margins.footer = 0.25
    for side, inches in look.margins.items():
        setattr(sheet.page_margins, side, inches)
    if look.is_centred:
        sheet.print_options.horizontalCentered = True
    sheet.print_title_rows = f"1:{head}"
    sheet.HeaderFooter.oddFooter.center.text = "第 &P 页，共 &N 页"
    sheet.freeze_panes = f"{get_column_letter(look.frozen + 1)}{head + 1}"
    for index, column in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(index)].width = column.width


def _heading(pens: _Pens, text: str, heading: Heading, columns: Sequence[Column]) -> None:
    pens.across(len(columns))
    # 标题的字比正文大，按半个表宽算折行。
    height = heading.height or cells.height([(text, sum(column.width for column in columns) // 2)]) + 8
    pens.append([pens.cell(1, text, heading.align, heading.font, has_border=False)], height)


def _groups(pens: _Pens, look: Look, columns: Sequence[Column], groups: Sequence[tuple[str, int]]) -> None:
    texts, start = [""] * len(columns), 2
    for text, count in groups:
        pens.across(count, start)
        texts[start - 1] = text
        start += count
    pens.append([_head_cell(pens, look, index, text, HEAD_FILL) for index, text in enumerate(texts, start=1)])


def _head(pens: _Pens, look: Look, columns: Sequence[Column]) -> None:
    labels = [organisation.worded(c.label) if look.is_worded else c.label for c in columns]
    row = [
        _head_cell(pens, look, index, labels[index - 1], column.head_fill) for index, column in enumerate(columns, 1)
    ]
    pens.append(row, look.head_height or _height(look, columns, labels))


def _head_cell(pens: _Pens, look: Look, index: int, text: str, colour: str) -> Any:
    return pens.cell(index, text, CENTRE, look.head_font, colour=colour)


def _line(pens: _Pens, look: Look, columns: Sequence[Column], row: Any) -> None:
    values = [column.value(row) for column in columns]
    made = [
        pens.cell(
            index,
            value,
            column.align,
            column.font(row) if column.font else look.font,
            colour=(column.fill and column.fill(row)) or "",
            is_text=column.is_text,
        )
        for index, (column, value) in enumerate(zip(columns, values, strict=True), start=1)
    ]
    pens.append(made, _height(look, columns, values) if look.line is not None else None)


def _height(look: Look, columns: Sequence[Column], values: Iterable) -> float:
    """放得下一行各格的行高（磅）。"""
    texts = ["" if value is None else value for value in values]
    room = [column.width + look.slack for column in columns]
    return cells.height(list(zip(texts, room, strict=True)), look.line or cells.LINE_HEIGHT)
