"""认列：一份表格里有哪几列、各认作什么、凭什么认的；人可以改，改了的记成叫法。"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from yingshang.tables.converting import can_convert, converted
from yingshang.tables.guards import file_kind
from yingshang.tables.limits import Limits, Unreadable
from yingshang.tables.normalising import squeeze
from yingshang.tables.sheets import Sheet, column_letter, read_csv, read_xlsx

from .documents import parse_lines
from .headers import SheetTable, find_header, header_key, shown
from .labels import Terms
from .reading import word_lines
from .word import read_docx

SAMPLES, LONGEST, MOST = 3, 40, 40


@dataclass(frozen=True)
class SeenColumn:
    """一列：在哪里，列名，前几行写的，认作什么（空的没有认出），系统自己认作什么，最像哪个叫法。"""

    letter: str
    header: str
    word: str
    samples: tuple[str, ...]
    use: str
    by_itself: str
    nearest: str
    is_learned: bool


def seen_columns(data: bytes, filename: str, limits: Limits, terms: Terms) -> list[SeenColumn]:
    """表格（Word 里的也算）里的各列；没有表格的、读不了的没有。"""
    try:
        if limits.converts and len(data) <= limits.file_bytes and can_convert(filename):
            data, filename = converted(data, filename)
        sheets = _sheets(data, filename, limits, terms)
    except Unreadable:
        return []
    tables = [find_header(sheet, terms) for sheet in sheets]
    best = max(tables, key=lambda table: (len(table.columns), len(table.headers)), default=None)
    return list(_columns(best, terms))[:MOST] if best else []


def _sheets(data: bytes, filename: str, limits: Limits, terms: Terms) -> list[Sheet]:
    """要认列的各张表：表格文件的；Word 的，正文里没有举措才看里面的表格（与 `reading` 一样）。"""
    kind = file_kind(data, filename, limits)
    if kind == "docx":
        word = read_docx(data, limits)
        plan = parse_lines(word_lines(word), unit="段", most=limits.rows, terms=terms)
        return [] if plan.measures or plan.problems else word.tables
    if kind == "csv":
        return list(read_csv(data, limits))
    return read_xlsx(data, limits).sheets if kind == "xlsx" else []


def _columns(table: SheetTable, terms: Terms) -> Iterator[SeenColumn]:
    placed = {column: name for name, column in table.columns.items()}
    for column, header in table.headers.items():
        word = squeeze(header_key(header))
        if word:
            yield SeenColumn(
                column_letter(column),
                header,
                word,
                tuple(_samples(table, column)),
                placed.get(column, ""),
                Terms().column(word),
                "" if placed.get(column) else terms.nearest(word),
                word in terms.extra,
            )


def _samples(table: SheetTable, column: int) -> Iterator[str]:
    """表头以下不同的前几格，长的只写开头。"""
    found: dict[str, None] = {}
    for line in sorted(table.sheet.rows):
        if line > table.last_header_row and (value := table.sheet.rows[line].get(column)) is not None:
            said = shown(value)
            found[said[:LONGEST] + ("……" if len(said) > LONGEST else "")] = None
        if len(found) >= SAMPLES:
            break
    yield from found
