"""把 .xlsx、.csv 读成格子：只留有内容的格子，行号与表格软件里看到的一致。"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format
from openpyxl.utils.datetime import CALENDAR_MAC_1904, WINDOWS_EPOCH, from_excel

from .cells import from_csv
from .guards import Package, damaged, decode, parse_xml
from .limits import Limits, Unreadable

MAX_ROW, MAX_COLUMN = 1_048_576, 16_384
SPARE_ROWS = 100  # 表头、标题、备注所占的行，不计入举措行数
CELLS_PER_ROW = 50
BLANK_CELLS = 4  # 空格子可以是有内容的几倍
MAX_SHEETS = 200
BLANK_LINES_PER_ROW = 20
# Excel 中文版的内置日期格式，openpyxl 的表里没有。
_CHINESE_DATE_FORMATS = {*range(27, 37), *range(50, 59)}
_REFERENCE = re.compile(r"^\$?([A-Z]{1,3})\$?([1-9]\d{0,6})$")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")

Value = str | int | float | bool | date | datetime | time | timedelta


@dataclass(frozen=True)
class Faulty:
    """读不出值的格子：#REF! 之类的错误，或没有存下结果的公式。"""

    shown: str


@dataclass
class Sheet:
    """一张工作表里有内容的格子：行号 → 列号 → 值。"""

    name: str = ""
    rows: dict[int, dict[int, Value | Faulty]] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    filled: set[tuple[int, int]] = field(default_factory=set)  # 竖着合并、由上面补下来的格子
    across: dict[tuple[int, int], int] = field(default_factory=dict)  # 横着合并的：（行，列）→ 到哪一列
    too_large: Unreadable | None = None  # 超限：只留下了前面的行，选中这张表时才拒收


@dataclass
class Book:
    """工作簿：看得见的表（含次序）、隐藏的表名、图表之类没有读的表名。"""

    sheets: list[Sheet] = field(default_factory=list)
    hidden: list[Sheet] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def column_letter(column: int) -> str:
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _reference(text: str) -> tuple[int, int]:
    match = _REFERENCE.match(text)
    if not match:
        raise damaged()
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    row = int(match[2])
    if row > MAX_ROW or column > MAX_COLUMN:
        raise damaged()
    return row, column


def _whole(text: str | None) -> int:
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 9:
        raise damaged()
    return int(text)


# ---- .csv -------------------------------------------------------------------


def read_csv(data: bytes, limits: Limits) -> list[Sheet]:
    """三种分隔符各读一遍，由调用者看哪一种认得出表头。一种也读不成的抛出 Unreadable。"""
    text = decode(data, "csv").replace("\0", "")
    line_count = text.count("\n") + 1
    if line_count > limits.rows * BLANK_LINES_PER_ROW + SPARE_ROWS:
        raise Unreadable(f"文件有 {line_count} 行，太长，不像一份方案。请删去空行和方案以外的行后重新上传。")
    start = text[:20_000]
    candidates = [mark for mark in (",", ";", "\t") if mark in start] or [","]
    sheets = []
    failure: Unreadable | None = None
    for delimiter in candidates:
        try:
            sheets.append(_parse_csv(text, delimiter, limits))
        except Unreadable as error:
            failure = failure or error
    if not sheets and failure:
        raise failure
    return sheets


def _parse_csv(text: str, delimiter: str, limits: Limits) -> Sheet:
    sheet = Sheet()
    # strict：引号没有收口就报错，否则后面各行会被吞进一格而无人知晓。
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    count = 0
    try:
        for line, record in enumerate(reader, start=1):
            cells: dict[int, Value | Faulty] = {}
            for column, value in enumerate(record, start=1):
                if value and not value.isspace():
                    cells[column] = from_csv(value)
            if cells:
                if line > limits.rows + SPARE_ROWS:
                    raise too_many_rows(line, limits)
                count += len(cells)
                if count > (limits.rows + SPARE_ROWS) * CELLS_PER_ROW:
                    raise _too_many_cells()
                sheet.rows[line] = cells
    except csv.Error as error:
        raise Unreadable(
            f"第{reader.line_num}行的引号没有成对，读不出各列。请用 Excel 或 WPS 打开，另存为 .xlsx 后重新上传。"
        ) from error
    return sheet


def too_many_rows(line: int, limits: Limits) -> Unreadable:
    return Unreadable(
        f"第{line}行还有内容，超过 {limits.rows} 行的上限。请删去方案以外的行（包括远处的空格、备注）后重新上传。"
    )


def _too_many_cells() -> Unreadable:
    return Unreadable("表里有内容的格子太多，不像一份方案。请只保留方案各列后重新上传。")


# ---- .xlsx ------------------------------------------------------------------


def read_xlsx(data: bytes, limits: Limits) -> Book:
    """读工作簿的每一张表；共享字符串、日期格式先读好。读不成的抛出 Unreadable。"""
    package = Package(data, "xlsx", limits)
    relations = package.relations(package.main)
    listing, mac_dates = _workbook(package)
    parts = {kind: target for kind, target in relations.values() if target in package}
    strings = _shared_strings(package, parts["sharedStrings"]) if "sharedStrings" in parts else []
    dates = _date_styles(package, parts["styles"]) if "styles" in parts else set()
    epoch = CALENDAR_MAC_1904 if mac_dates else WINDOWS_EPOCH
    book = Book()
    seen: set[str] = set()
    for name, state, relation in listing:
        kind, target = relations.get(relation, ("", ""))
        if target in seen or len(listing) > MAX_SHEETS:
            raise damaged()
        seen.add(target)
        if kind != "worksheet" or target not in package:
            book.skipped.append(name)
            continue
        sheet = _SheetReader(name, strings, dates, epoch, limits).read(package.chunks(target))
        (book.hidden if state in ("hidden", "veryHidden") else book.sheets).append(sheet)
    return book


class _TooLarge(Exception):
    """用来中断流式解析；原因记在表上，选中这张表时才算数。"""


def _workbook(package: Package) -> tuple[list[tuple[str, str, str]], bool]:
    sheets: list[tuple[str, str, str]] = []
    mac_dates = False

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal mac_dates
        if tag == "sheet":
            relation = next((value for name, value in attributes.items() if name.endswith(":id")), "")
            sheets.append((attributes.get("name", ""), attributes.get("state", "visible"), relation))
        elif tag == "workbookPr":
            mac_dates = attributes.get("date1904") in ("1", "true")

    parse_xml(package.chunks(package.main), start)
    return sheets, mac_dates


def _shared_strings(package: Package, part: str) -> list[str]:
    """共享字符串；富文本各段相连，注音（rPh）不算。"""
    strings: list[str] = []
    pieces: list[str] = []
    inside = phonetic = False

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal inside, phonetic
        if tag == "si":
            pieces.clear()
        elif tag == "rPh":
            phonetic = True
        elif tag == "t":
            inside = not phonetic

    def end(tag: str) -> None:
        nonlocal inside, phonetic
        if tag == "si":
            strings.append(_unescape("".join(pieces)))
        elif tag == "rPh":
            phonetic = False
        elif tag == "t":
            inside = False

    def text(data: str) -> None:
        if inside:
            pieces.append(data)

    parse_xml(package.chunks(part), start, end, text)
    return strings


def _unescape(text: str) -> str:
    """_x000D_ 是 Excel 对控制字符的写法。"""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


def _date_styles(package: Package, part: str) -> set[int]:
    """哪些单元格样式是日期。"""
    formats: dict[int, str] = {}
    used: list[int] = []
    within = False

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal within
        if tag == "numFmt":
            formats[_whole(attributes.get("numFmtId"))] = attributes.get("formatCode", "")
        elif tag == "cellXfs":
            within = True
        elif tag == "xf" and within:
            used.append(_whole(attributes.get("numFmtId", "0")))

    def end(tag: str) -> None:
        nonlocal within
        if tag == "cellXfs":
            within = False

    parse_xml(package.chunks(part), start, end)
    known: dict[int, bool] = {}
    for number in set(used):
        code = formats.get(number, BUILTIN_FORMATS.get(number, "General"))[:255]
        known[number] = is_date_format(code) or (number not in formats and number in _CHINESE_DATE_FORMATS)
    return {style for style, number in enumerate(used) if known[number]}


class _SheetReader:
    """流式读一张表：空格子不占内存，行数、格数一超就停。"""

    def __init__(self, name: str, strings: list[str], dates: set[int], epoch: datetime, limits: Limits) -> None:
        self.sheet = Sheet(name)
        self.strings, self.dates, self.epoch, self.limits = strings, dates, epoch, limits
        self.last_row = limits.rows + SPARE_ROWS
        self.room = self.last_row * CELLS_PER_ROW
        self.blank_room = self.room * BLANK_CELLS
        self.row = self.column = 0
        self.type = self.style = ""
        self.formula = self.has_value = self.phonetic = self.collecting = False
        self.pieces: list[str] = []
        self.merges: list[tuple[int, int, int]] = []  # 列、起行、止行

    def read(self, chunks: Iterable[bytes]) -> Sheet:
        try:
            parse_xml(chunks, self._start, self._end, self._text)
            self._fill_down()
        except _TooLarge:
            pass
        return self.sheet

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "c":
            self.blank_room -= 1
            if self.blank_room < 0:
                self._spend(self.room + 1)
            self.type = attributes.get("t", "n")
            self.style = attributes.get("s", "0")
            self.formula = self.has_value = False
            self.pieces = []
            reference = attributes.get("r")
            if reference:
                self.row, self.column = _reference(reference)
            else:
                self.column += 1
        elif tag == "v" or tag == "t":
            self.collecting = not self.phonetic
            self.has_value = True
        elif tag == "f":
            self.formula = True
        elif tag == "rPh":
            self.phonetic = True
        elif tag == "row":
            self.row = _whole(attributes["r"]) if "r" in attributes else self.row + 1
            self.column = 0
            if attributes.get("hidden") in ("1", "true") and self.row <= self.last_row:
                self.sheet.hidden_rows.add(self.row)
        elif tag == "mergeCell":
            self._merge(attributes.get("ref", ""))
        elif tag == "col" and attributes.get("hidden") in ("1", "true"):
            self.sheet.hidden_columns.append((_whole(attributes.get("min")), _whole(attributes.get("max"))))

    def _text(self, data: str) -> None:
        if self.collecting:
            self.pieces.append(data)

    def _end(self, tag: str) -> None:
        if tag == "v" or tag == "t":
            self.collecting = False
        elif tag == "rPh":
            self.phonetic = False
        elif tag == "c" and (self.has_value or self.formula):
            value = self._value()
            if value is not None:
                self._store(self.row, self.column, value)

    def _store(self, row: int, column: int, value: Value | Faulty) -> None:
        if row > self.last_row:
            self.sheet.too_large = too_many_rows(row, self.limits)
            raise _TooLarge
        self._spend(1)
        self.sheet.rows.setdefault(row, {})[column] = value

    def _value(self) -> Value | Faulty | None:
        raw = "".join(self.pieces)
        kind = self.type
        if kind == "e":
            return Faulty(raw or "#VALUE!")
        if kind in ("str", "inlineStr", "s"):
            if self.formula and not self.has_value:
                return Faulty("公式")
            if kind == "s" and raw:
                index = _whole(raw.strip())
                if index >= len(self.strings):
                    raise damaged()
                raw = self.strings[index]
            elif kind != "s":
                raw = _unescape(raw)
            return None if not raw or raw.isspace() else raw
        if not raw.strip():
            return Faulty("公式") if self.formula else None
        if kind == "b":
            return raw.strip() in ("1", "true")
        if kind == "d":
            try:
                return datetime.fromisoformat(raw.strip().rstrip("Z"))
            except ValueError as error:
                raise damaged() from error
        return self._number(raw)

    def _number(self, raw: str) -> Value | Faulty:
        try:
            number = float(raw)
        except ValueError as error:
            raise damaged() from error
        if self.style != "0" and _whole(self.style) in self.dates:
            try:
                return from_excel(number, self.epoch)
            except (OverflowError, ValueError):
                return Faulty("#VALUE!")
        if number != number or number in (float("inf"), float("-inf")):
            return Faulty("#NUM!")
        return int(number) if number.is_integer() and abs(number) < 1e15 else number

    def _merge(self, reference: str) -> None:
        """竖着的合并要把值补到下面各行；横的是标题或分组，只记到哪一列；横竖都跨的说不清归哪一行。"""
        first, colon, last = reference.partition(":")
        if not colon:
            return
        (top, left), (bottom, right) = _reference(first), _reference(last)
        if right > left and top <= self.last_row:
            self.sheet.across[top, left] = right
        if left == right and bottom > top:
            self.merges.append((left, top, bottom))

    def _spend(self, cells: int) -> None:
        self.room -= cells
        if self.room < 0:
            self.sheet.too_large = _too_many_cells()
            raise _TooLarge

    def _fill_down(self) -> None:
        """竖着合并的格子，各行都取第一行的值；合并区重叠着写成千上万个也算进限额。"""
        bottom = max(self.sheet.rows, default=0)
        for column, first, last in self.merges:
            value = self.sheet.rows.get(first, {}).get(column)
            if value is None or first >= bottom:
                continue
            last = min(last, bottom)
            self._spend(last - first)
            for row in range(first + 1, last + 1):
                if row in self.sheet.rows and column not in self.sheet.rows[row]:
                    self.sheet.rows[row][column] = value
                    self.sheet.filled.add((row, column))
