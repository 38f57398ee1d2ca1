"""找表头、认列名：表头在哪几行、各列是什么、几张表里哪些像方案；说得出凭什么认的，认不出的列明。"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from yingshang import dates
from yingshang.tables.limits import Unreadable
from yingshang.tables.normalising import clean, squeeze
from yingshang.tables.sheets import Faulty, Sheet, Value, column_letter

from .labels import Terms
from .rows import FIELD_LABELS, Reading

HEADER_ROWS = 10
REQUIRED = {name: FIELD_LABELS[name] for name in ("number", "title", "leaders", "departments")}
_BRACKETS = re.compile(r"[（(【\[][^（）()【】\[\]]*[）)】\]]")
_FIRST = ("牵头", "主办", "主责")


@dataclass
class SheetTable:
    """选中的工作表：表头在哪几行、各列是什么。"""

    sheet: Sheet
    header_row: int = 0
    last_header_row: int = 0
    columns: dict[str, int] = field(default_factory=dict)  # 字段 → 列号
    headers: dict[int, str] = field(default_factory=dict)  # 列号 → 照录的列名
    repeated: list[str] = field(default_factory=list)  # 指同一件事的几列
    extra: dict[int, str] = field(default_factory=dict)  # 列号 → 另有一列已占的用途


def header_key(value: Value | Faulty | None) -> str:
    """列名的比较写法：去空白、换行、括号里的补充、冒号和必填星号。"""
    if not isinstance(value, str):
        return ""
    return _BRACKETS.sub("", squeeze(value)).strip("：:*※")


def choose_sheets(
    sheets: Sequence[Sheet], hidden: Sequence[Sheet], terms: Terms, *, is_new: bool = False
) -> list[SheetTable]:
    """表头齐全的各张可见工作表；一张也没有就说缺哪些列、找到了哪些列、最像的是什么。"""
    tables = [find_header(sheet, terms) for sheet in sheets]
    if not tables:
        raise Unreadable("文件里没有看得见的工作表。请取消隐藏后重新上传。")
    best = max(tables, key=lambda table: len(table.columns))
    full = [table for table in tables if not missing(table, is_new)]
    for table in full or [best]:
        if table.repeated:
            said = "、".join(table.repeated)
            raise Unreadable(f"这几列指的是同一件事：{said}。请只保留一列后重新上传。")
    if full:
        return full
    for sheet in hidden:
        if not missing(find_header(sheet, terms), is_new):
            raise Unreadable(f"方案在隐藏的工作表“{sheet.name}”里。请取消隐藏后重新上传。")
    raise Unreadable(refusal(best, terms, is_new))


def refusal(table: SheetTable, terms: Terms, is_new: bool) -> str:
    """缺哪些列、找到了哪些列、各最像什么。"""
    headers = list(table.headers.values())[:20]
    near = [
        f"“{label}”最像“{nearest}”"
        for label in headers
        if not terms.column(header_key(label)) and (nearest := terms.nearest(header_key(label)))
    ]
    hint = f"{'，'.join(near[:5])}；叫法不同的，请改成认得的列名。" if near else ""
    return (
        f"缺少列：{'、'.join(missing(table, is_new))}；找到的列：{'、'.join(headers) or '无'}。"
        f"{hint}表头须在前 {HEADER_ROWS} 行内，请补齐列名后重新上传。"
    )


def missing(table: SheetTable, is_new: bool = False) -> list[str]:
    """缺哪些列。新方案只要有内容和由谁牵头；修订要与现行各项对得上，一列不能少。"""
    if not is_new:
        return [label for name, label in REQUIRED.items() if name not in table.columns]
    found = [] if {"title", "text"} & table.columns.keys() else ["举措名称或具体内容"]
    return found + ([] if "departments" in table.columns else [FIELD_LABELS["departments"]])


def find_header(sheet: Sheet, terms: Terms) -> SheetTable:
    """前十行里认得的列名最多的一行；分两行写的（责任分工下面再分牵头、配合），合起来看。"""
    best = SheetTable(sheet)
    lines = [line for line in sorted(sheet.rows) if line <= HEADER_ROWS]
    for line in lines:
        single = _read_header(sheet, [line], terms)
        double = _read_header(sheet, [line, line + 1], terms) if line + 1 in sheet.rows else single
        table = double if len(double.columns) > len(single.columns) and _is_split(sheet, line) else single
        if len(table.columns) > len(best.columns) or not best.headers:
            best = table
    return best


def _is_split(sheet: Sheet, line: int) -> bool:
    """这一行有横着合并的，或下一行补着它空着的、合并下来的格子：表头分两行写。"""
    below, row = sheet.rows[line + 1], sheet.rows[line]
    if any(isinstance(value, int | float) for value in below.values()):
        return False
    spans = any(top == line for top, _ in sheet.across)
    return spans or all(column not in row or (line + 1, column) in sheet.filled for column in below)


def _read_header(sheet: Sheet, lines: Sequence[int], terms: Terms) -> SheetTable:
    table = SheetTable(sheet, header_row=lines[0], last_header_row=lines[-1])
    labels: dict[int, list[Value | Faulty]] = {}
    for line in lines:
        for column, value in sheet.rows[line].items():
            if (line, column) not in sheet.filled or line == lines[0]:
                labels.setdefault(column, []).append(value)
    for column in sorted(labels):
        known = [value for value in reversed(labels[column]) if terms.column(header_key(value))]
        value = known[0] if known else labels[column][-1]
        table.headers[column] = shown(value)
        _take(table, column, terms.column(header_key(value)))
    _settle(table)
    return table


def _take(table: SheetTable, column: int, name: str) -> None:
    """这一列是 `name`；已经有一列了的，看是不是牵头与责任并列，不是就算重复。"""
    if not name:
        return
    if name not in table.columns:
        table.columns[name] = column
        return
    label, other = table.headers[column], table.headers[table.columns[name]]
    if name == "departments" and label.startswith(_FIRST) != other.startswith(_FIRST):
        if label.startswith(_FIRST):
            table.columns[name], column = column, table.columns[name]
        table.extra[column] = "cooperating"
    elif name == "leaders" and label.startswith(_FIRST) != other.startswith(_FIRST):
        if label.startswith(_FIRST):
            table.columns[name] = column
    elif name in ("title", "text"):
        table.extra[column] = name
    else:
        table.repeated.append(f"“{other}”与“{label}”")


def _settle(table: SheetTable) -> None:
    """多出来的几列各归其位：责任单位归配合；两列都像名称的，后一列是内容。"""
    for column, name in list(table.extra.items()):
        if name == "cooperating" and name not in table.columns:
            table.columns[name] = column
        elif name == "title" and "text" not in table.columns:
            table.columns["text"] = column
        elif name == "text" and "title" not in table.columns:
            table.columns["title"], table.columns["text"] = sorted((table.columns["text"], column))
        else:
            held = table.columns.get(name, column)
            table.repeated.append(f"“{table.headers[held]}”与“{table.headers[column]}”")
        del table.extra[column]


def as_text(value: Value | None) -> str:
    """格子的文字：整数不带小数点，日期写成“2023年9月30日”。"""
    if value is None:
        return ""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime | date):
        return dates.full(value)
    if isinstance(value, time | timedelta):
        return str(value)
    return repr(value)


def shown(value: Value | Faulty, length: int = 40) -> str:
    """给人看的值：一行、不太长。"""
    if isinstance(value, Faulty):
        return value.shown
    text = as_text(value).replace("\n", " ").strip()
    return text if len(text) <= length else text[:length] + "…"


def list_ignored_columns(table: SheetTable, reading: Reading, status_columns: Collection[str]) -> None:
    """没有导入的列，逐列列明。"""
    known = set(table.columns.values())
    status = {squeeze(name) for name in status_columns}
    unknown: list[str] = []
    informational: list[str] = []
    for column, label in table.headers.items():
        if column not in known:
            listed = informational if squeeze(label) in status else unknown
            listed.append(f"{label}（{column_letter(column)}列）")
    nameless: set[int] = set()
    for line, cells in table.sheet.rows.items():
        if line > table.last_header_row:
            nameless.update(column for column in cells if column not in table.headers)
    if informational:
        reading.ignored.append(f"状态列，不导入：{'、'.join(informational)}")
    if unknown:
        reading.ignored.append(f"未导入的列：{'、'.join(unknown)}")
    if nameless:
        letters = "、".join(f"{column_letter(column)}列" for column in sorted(nameless)[:20])
        reading.ignored.append(f"没有列名的列：{letters}")
