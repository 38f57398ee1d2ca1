"""从 .docx 取出文字，一段一行；表格另成一张表；凡是没有取的（文本框、脚注、删除线……）都列明。

不用 python-docx 读：它会悄悄漏掉修订痕迹和内容控件里的文字。
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from yingshang.tables.guards import Package, parse_xml
from yingshang.tables.limits import Limits, Unreadable
from yingshang.tables.sheets import Sheet, too_many_rows

from .numbering import Numbering, attribute, is_on, read_numbering, whole

_TRACKED = ("ins", "del", "moveFrom", "moveTo")
# 整块不读的：有名字的列明，没有名字的是同一内容的另一份、改动前的样子，或只管排版。
_SKIPPED = {
    **dict.fromkeys(("drawing", "pict", "object", "txbxContent"), "图片、文本框或图形"),
    "oMath": "公式",
    "rt": "",  # 拼音指南
    "Fallback": "",
    "tabs": "",
    **dict.fromkeys(("rPrChange", "pPrChange", "sectPrChange", "tblPrChange", "tcPrChange", "trPrChange"), ""),
}
_CHANGING = re.compile(r"\s*(DATE|TIME|SAVEDATE|PRINTDATE|CREATEDATE|EDITTIME|FILENAME|PAGE|NUMPAGES)\b", re.I)
QUOTED = 60  # 没有读的文字，各引几个字


class Line(NamedTuple):
    """一行文字：第几段（行）、文字、前面有没有缩进、开头几个字是加粗的、是不是标题样式。"""

    place: int
    text: str
    is_indented: bool = False
    bold: int = 0


@dataclass
class WordText:
    lines: list[Line] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    warnings: list[tuple[int, str]] = field(default_factory=list)  # （第几段，要人看的话）
    tables: list[Sheet] = field(default_factory=list)
    numbered: int = 0  # 序号取自自动编号的段


@dataclass
class _Run:
    is_hidden: bool = False
    is_struck: bool = False
    is_bold: bool = False


@dataclass
class _Grid:
    """正在读的一张表：行、列、跨几列、与上一行合并的。"""

    sheet: Sheet
    place: int
    row: int = 0
    column: int = 0
    span: int = 1
    continues: bool = False
    texts: list[str] = field(default_factory=list)
    open: dict[int, int] = field(default_factory=dict)  # 列 → 竖着合并从哪一行起


def read_docx(data: bytes, limits: Limits) -> WordText:
    """取正文各段与表格；有未接受的修订就拒收，因为说不清以哪一稿为准。"""
    package = Package(data, "docx", limits)
    reader = _Reader(read_numbering(package), limits)
    parse_xml(package.chunks(package.main), reader.start, reader.end, reader.text)
    return reader.result()


class _Reader:
    def __init__(self, numbering: Numbering, limits: Limits) -> None:
        self.numbering, self.limits = numbering, limits
        self.found = WordText()
        self.paragraph = 0
        self.skipping: list[str] = []
        self.collecting = self.in_instruction = False
        self.in_run_properties = self.in_paragraph_properties = False
        self.run = _Run()
        self.counts: dict[str, int] = {}
        self.unread: dict[str, list[str]] = {}
        self.grids: list[_Grid] = []
        self._begin()

    def _begin(self) -> None:
        """新的一段。"""
        self.pieces: list[tuple[str, bool]] = []  # （文字，加粗否）
        self.style = ""
        self.number: str | None = None
        self.level: int | None = None
        self.is_indented = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag in _SKIPPED:
            if not self.skipping:
                self._count(_SKIPPED[tag])
            self.skipping.append(tag)
            return
        if self.skipping and tag == "t":
            self.collecting = bool(_SKIPPED.get(self.skipping[0]))
        if self.skipping and self.skipping != ["rPr"]:
            return
        if tag in _TRACKED:
            raise Unreadable(
                "文档里有尚未接受的修订痕迹，说不清以哪一稿为准。请在“审阅”中接受或拒绝全部修订，另存后重新上传。"
            )
        if self.skipping:
            return
        if self.in_run_properties:
            self._run_property(tag, attributes)
        elif self.in_paragraph_properties:
            self._paragraph_property(tag, attributes)
        else:
            self._content(tag, attributes)

    def _content(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "t":
            self.collecting = True
        elif tag == "p":
            self.paragraph += 1
            self._begin()
        elif tag == "r":
            self.run = _Run()
        elif tag == "rPr":
            self.in_run_properties = True
        elif tag == "pPr":
            self.in_paragraph_properties = True
        elif tag in ("tab", "ptab"):
            self.pieces.append((" ", False))
        elif tag in ("br", "cr"):
            self.pieces.append(("\n", False))
        elif tag == "noBreakHyphen":
            self.pieces.append(("-", self.run.is_bold))
        elif tag in ("footnoteReference", "endnoteReference"):
            self._count("脚注或尾注")
        elif tag == "sym":
            self._count("特殊符号")
        elif tag == "altChunk":
            self._count("嵌入的文档")
        elif tag == "fldSimple":
            self._say_changing(attribute(attributes, "instr") or "")
        elif tag == "instrText":
            self.in_instruction = True
        else:
            self._table(tag, attributes)

    def _say_changing(self, instruction: str) -> None:
        """日期、时间、文件名一类的域，每次打开都会变，存下的未必是印发时的。"""
        if _CHANGING.match(instruction):
            said = f"第{self.paragraph}段有会自己变的域（{instruction.split()[0]}），读到的是文件存下的样子。请与印发文件核对。"
            self.found.warnings.append((self.paragraph, said))

    def _run_property(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "vanish":
            self.run.is_hidden = is_on(attributes)
        elif tag in ("strike", "dstrike"):
            self.run.is_struck = is_on(attributes)
        elif tag == "b":
            self.run.is_bold = is_on(attributes)
        elif tag == "rStyle":
            for style in self.numbering.chain(attribute(attributes) or ""):
                self.run.is_hidden |= style.is_hidden
                self.run.is_struck |= style.is_struck
                self.run.is_bold |= style.is_bold

    def _paragraph_property(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "pStyle":
            self.style = attribute(attributes) or ""
        elif tag == "numId":
            self.number = attribute(attributes)
        elif tag == "ilvl":
            self.level = whole(attributes)
        elif tag == "ind":
            written = [attribute(attributes, name) for name in ("firstLine", "firstLineChars", "left", "start")]
            self.is_indented = any(value and value.lstrip("-") not in ("", "0") for value in written)
        elif tag == "rPr":
            self.skipping.append("rPr")  # 段落标记的样子，不是文字的

    def _table(self, tag: str, attributes: dict[str, str]) -> None:
        grid = self.grids[-1] if self.grids else None
        if tag == "tbl":
            self._count("表格")
            self.grids.append(_Grid(Sheet(name=f"第 {self.counts['表格']} 个表格"), self.paragraph))
        elif grid is None:
            return
        elif tag == "tr":
            grid.row, grid.column = grid.row + 1, 1
            if grid.row > self.limits.rows + 100:
                raise too_many_rows(grid.row, self.limits)
        elif tag == "gridBefore":
            grid.column += whole(attributes)
        elif tag == "tc":
            grid.span, grid.continues, grid.texts = 1, False, []
        elif tag == "gridSpan":
            grid.span = max(1, whole(attributes, 1))
        elif tag == "vMerge":
            grid.continues = attribute(attributes) != "restart"
            if not grid.continues:
                grid.open[grid.column] = grid.row

    def end(self, tag: str) -> None:
        if self.skipping:
            if tag == "t":
                self.collecting = False
            elif tag == self.skipping[-1]:
                self.skipping.pop()
            return
        if tag == "t":
            self.collecting = False
        elif tag == "instrText":
            self.in_instruction = False
        elif tag == "rPr":
            self.in_run_properties = False
        elif tag == "pPr":
            self.in_paragraph_properties = False
            self.run = _Run()
        elif tag == "p":
            self._end_paragraph()
        elif tag == "tc" and self.grids:
            self._end_cell(self.grids[-1])
        elif tag == "tbl" and self.grids:
            self._end_table(self.grids.pop())

    def _end_paragraph(self) -> None:
        label = self.numbering.label(self.style, self.number, self.level)
        text = "".join(piece for piece, _ in self.pieces)
        if self.grids:
            self.grids[-1].texts.append(label + text)
        elif text.strip():
            self.found.numbered += bool(label)
            bold = self._bold_prefix() + (len(label) if label else 0) if self._bold_prefix() else 0
            for index, line in enumerate((label + text).split("\n")):
                if line:
                    indented = self.is_indented or line[0] in " \u3000\t"
                    self.found.lines.append(Line(self.paragraph, line, indented, 0 if index else bold))
        self._begin()

    def _bold_prefix(self) -> int:
        """这一段开头有几个字加粗；整段都加粗、一个字也不加粗的都是 0。"""
        count = 0
        for piece, bold in self.pieces:
            if not bold and piece.strip():
                return count
            count += len(piece)
        return 0

    def _end_cell(self, grid: _Grid) -> None:
        text = "\n".join(line for line in grid.texts if line.strip())
        sheet = grid.sheet
        if grid.continues:
            first = grid.open.get(grid.column, grid.row)
            value = sheet.rows.get(first, {}).get(grid.column)
            if value is not None:
                sheet.rows.setdefault(grid.row, {})[grid.column] = value
                sheet.filled.add((grid.row, grid.column))
        elif text:
            sheet.rows.setdefault(grid.row, {})[grid.column] = text
        if grid.span > 1:
            sheet.across[grid.row, grid.column] = grid.column + grid.span - 1
        grid.column += grid.span
        grid.texts = []

    def _end_table(self, grid: _Grid) -> None:
        if self.grids:  # 表中表：文字归到外面的格子里
            rows = ("　".join(map(str, row.values())) for row in grid.sheet.rows.values())
            self.grids[-1].texts.extend(rows)
        else:
            self.found.tables.append(grid.sheet)

    def text(self, data: str) -> None:
        if self.in_instruction:
            self._say_changing(data)
        if not self.collecting:
            return
        if self.skipping:
            self.unread.setdefault(_SKIPPED.get(self.skipping[0], ""), []).append(data)
        elif self.run.is_hidden:
            self._count("隐藏文字", data)
        elif self.run.is_struck:
            self._count("带删除线的文字", data)
            message = f"第{self.paragraph}段“{data[:QUOTED]}”带删除线，按删去的文字没有读入。请核对。"
            self.found.warnings.append((self.paragraph, message))
        else:
            self.pieces.append((data, self.run.is_bold))

    def result(self) -> WordText:
        for what, count in self.counts.items():
            said = "".join(self.unread.get(what, ()))
            if what == "表格":
                continue
            more = f"：“{said[:QUOTED]}{'…' if len(said) > QUOTED else ''}”" if said.strip() and what != "公式" else ""
            self.found.ignored.append(f"{what} {count} 处，未读取{more}")
        return self.found

    def _count(self, what: str, text: str = "") -> None:
        if what:
            self.counts[what] = self.counts.get(what, 0) + 1
            if text:
                self.unread.setdefault(what, []).append(text)
