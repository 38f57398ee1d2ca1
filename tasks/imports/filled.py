"""部室自己填好的表：从表格软件粘贴的一块，或一个 .xlsx、.csv。按表头认列，各格照录；没有认出的列、没有对上的行都列明。

只读，不写库；填进哪里、要不要报，由“一次报完”那一页给人看过再定。
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time

from yingshang import dates
from yingshang.tables.guards import file_kind
from yingshang.tables.limits import Limits, Unreadable
from yingshang.tables.normalising import clean_text, squeeze
from yingshang.tables.sheets import Faulty, Sheet, Value, column_letter, read_csv, read_xlsx

from .numbers import normalise_number

HEADER_ROWS = 10
# 一格的叫法 → 填报表单里的栏。去了空白、括号和“本月”“9月”之类再比。
COLUMNS: dict[str, tuple[str, ...]] = {
    "number": ("序号", "项号", "编号", "举措序号"),
    "title": ("举措", "举措名称", "名称", "工作任务", "任务"),
    "stage": ("目前状态", "当前状态", "状态", "进展状态"),
    "percent": ("完成进度", "进度", "完成比例", "完成率", "形象进度", "完成进度%"),
    "text": ("进展", "进展情况", "工作进展", "工作进展情况", "推进情况", "完成情况", "落实情况"),
    "problems": ("存在问题", "存在的问题", "问题", "存在困难", "存在问题及困难"),
    "coordination": ("需协调事项", "需要协调事项", "需要协调的事项", "协调事项"),
    "next_steps": ("下步打算", "下一步打算", "下步工作", "下一步工作", "下一步计划", "下步计划", "下一步措施"),
    "decline_reason": ("原因", "下降原因", "进度下降的原因"),
    "value": ("完成值", "目前值", "指标完成值"),
}
_NAMES = {written: name for name, spellings in COLUMNS.items() for written in spellings}
_BRACKETS = re.compile(r"[（(【\[][^（）()【】\[\]]*[）)】\]]")
_THIS = re.compile(r"^(?:本期|本月|当月|当期|(?P<month>\d{1,2})月份?)")
STAGES = {
    **dict.fromkeys(("未启动", "没有启动", "尚未启动"), "not_started"),
    **dict.fromkeys(("推进中", "进行中", "正在推进", "在推进", "已启动"), "in_progress"),
    **dict.fromkeys(("已完成", "完成", "已办结", "办结"), "completed"),
}


@dataclass
class FilledRow:
    """表里的一行：序号（没有为空）、名称，和认得的各格（栏 → 写的）；别的列可能是指标，照列名留着。"""

    line: int
    number: str = ""
    title: str = ""
    cells: dict[str, str] = field(default_factory=dict)
    others: dict[str, str] = field(default_factory=dict)


@dataclass
class FilledTable:
    """读出来的一张表。`heads` 是没有认出的列名；它们可能是指标的名称，由对上了哪一项再定。"""

    rows: list[FilledRow] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def read_block(block: str, month: int | None) -> FilledTable:
    """从表格软件复制来的一块：各格以制表符隔开，格里有换行的带引号。认不出表头的抛 `Unreadable`。"""
    lines = csv.reader(io.StringIO(block.replace("\r\n", "\n").replace("\r", "\n")), delimiter="\t")
    try:
        rows = {i: {j: cell for j, cell in enumerate(line, 1) if cell.strip()} for i, line in enumerate(lines, 1)}
    except csv.Error:
        raise Unreadable("粘贴的内容读不出一行一行。请在表格软件里连表头一起选中，复制后再粘贴。") from None
    return _table(Sheet("粘贴的表格", {i: dict(cells) for i, cells in rows.items() if cells}), month)


def read_file(data: bytes, filename: str, limits: Limits, month: int | None) -> FilledTable:
    """部室自己的台账文件。读不了的、认不出表头的抛 `Unreadable`。"""
    kind = file_kind(data, filename, limits)
    if kind not in ("xlsx", "csv"):
        raise Unreadable("请上传表格（.xlsx、.csv）。Word 里的表，请复制到表格软件，或直接粘贴。")
    sheets = read_csv(data, limits) if kind == "csv" else read_xlsx(data, limits).sheets
    for sheet in sheets:
        if sheet.too_large:
            raise sheet.too_large
    if not sheets:
        raise Unreadable("文件里没有看得见的工作表。请取消隐藏后重新上传。")
    return _table(max(sheets, key=lambda sheet: len(_heads(sheet, month)[1])), month)


def head_of(written: str, month: int | None) -> str:
    """列名 → 填报表单里的栏；认不出的为空。写明别的月份的（“8月进展”而这一期是 9 月）不认，免得把上月的当本月的填。"""
    key = _BRACKETS.sub("", squeeze(written)).strip("：:*※")
    if key in _NAMES:
        return _NAMES[key]
    found = _THIS.match(key)
    if not found or (found["month"] and int(found["month"]) != month):
        return ""
    return _NAMES.get(key[found.end() :], "")


def _heads(sheet: Sheet, month: int | None) -> tuple[int, dict[str, int]]:
    """前十行里认得的列名最多的一行：（行号，栏 → 列号）。"""
    best: tuple[int, dict[str, int]] = (0, {})
    for line in sorted(sheet.rows)[:HEADER_ROWS]:
        found: dict[str, int] = {}
        for column, value in sorted(sheet.rows[line].items()):
            name = head_of(value, month) if isinstance(value, str) else ""
            if name:
                found.setdefault(name, column)
        if len(found) > len(best[1]):
            best = (line, found)
    return best


def _table(sheet: Sheet, month: int | None) -> FilledTable:
    header, columns = _heads(sheet, month)
    if not columns.keys() & {"number", "title"} or len(columns) < 2:
        seen = "、".join(_shown(v) for v in list(sheet.rows.get(min(sheet.rows, default=0), {}).values())[:8]) or "无"
        raise Unreadable(
            f"没有认出表头（第一行是：{seen}）。请连表头一起复制，表头里要有“序号”，和“本月进展”“完成进度”之类。"
        )
    labels = {column: _shown(value) for column, value in sheet.rows[header].items()}
    others = {column: label for column, label in labels.items() if column not in columns.values()}
    table = FilledTable(heads=list(others.values()))
    for line in sorted(row for row in sheet.rows if row > header):
        if row := _row(line, sheet.rows[line], columns, others, labels, table.faults):
            table.rows.append(row)
    if not table.rows:
        raise Unreadable("表里只有表头，没有内容。请连各行一起复制后再粘贴。")
    return table


def _row(
    line: int,
    cells: Mapping[int, Value | Faulty],
    columns: Mapping[str, int],
    others: Mapping[int, str],
    labels: Mapping[int, str],
    faults: list[str],
) -> FilledRow | None:
    """一行；没有序号也没有名称的（合计、填表人之类）不算。"""
    for column, value in cells.items():
        if isinstance(value, Faulty):
            where = f"第{line}行“{labels.get(column, column_letter(column) + '列')}”"
            faults.append(f"{where}是{value.shown}，没有填入，请改成文字或数字。")
    read = {name: _text(cells[column], name) for name, column in columns.items() if column in cells}
    row = FilledRow(line, normalise_number(read.pop("number", "")), squeeze(read.pop("title", "")))
    row.cells = {name: text for name, text in read.items() if text}
    row.others = {label: _text(cells[c], "value") for c, label in others.items() if c in cells}
    return row if (row.number or row.title) and (row.cells or row.others) else None


def _text(value: Value | Faulty, name: str) -> str:
    """一格的文字。进度、完成值去掉百分号；表格里存成小数的进度（0.75）按百分数算。"""
    if isinstance(value, Faulty):
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime | date):
        return dates.full(value)
    if name == "percent" and isinstance(value, float) and 0 < value < 1:
        return f"{value * 100:g}"
    text = value if isinstance(value, str) else value.isoformat() if isinstance(value, time) else f"{value}"
    text = clean_text(text)
    return text.rstrip("%").strip() if name in ("percent", "value") else text


def _shown(value: Value | Faulty, length: int = 20) -> str:
    text = value.shown if isinstance(value, Faulty) else clean_text(str(value)).replace("\n", "")
    return text if len(text) <= length else text[:length] + "…"


def stage_of(written: str) -> str:
    """写的状态 → 存的值；认不出的为空。"""
    return STAGES.get(squeeze(written), "")


def listed(items: Iterable[str], most: int = 12) -> str:
    """列在一句话里，太多的只列前几个。"""
    found = list(items)
    return "、".join(found[:most]) + ("等" if len(found) > most else "")
