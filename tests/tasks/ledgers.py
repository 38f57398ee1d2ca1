"""导出的台账：取一份、改几处、再拆开看。导出与往返测试共用。"""

import csv
import datetime as dt
import io
import re
import zipfile

from openpyxl import load_workbook

from tasks.forms import LedgerExportForm
from tasks.papers import ledger as ledger_papers
from tasks.papers.columns import COLUMNS

TODAY = dt.date(2023, 9, 22)


def place(name) -> int:
    """台账的某一列排第几（从零数）：添一列、挪一列，测试不用跟着改数。"""
    return [column.name for column in COLUMNS].index(name)


def ledger(plan, user, today=TODAY, **query):
    """按查询参数要导出的台账。"""
    return ledger_papers.ledger_sheet(plan, user, today, LedgerExportForm(query))


def exported(plan, user, kind="xlsx", today=TODAY, **query) -> bytes:
    sheet = ledger(plan, user, today, **query)
    return content(sheet.to_csv() if kind == "csv" else sheet.to_xlsx(query.get("paper", "a3")))


def content(file) -> bytes:
    """导出的文件里的全部，读完关上。"""
    with file:
        return file.read()


def opened(data):
    """用 openpyxl 打开的工作表（公式照公式读）。"""
    return load_workbook(io.BytesIO(data)).active


def grid(data, kind="xlsx") -> list[list]:
    """表头起的各行；xlsx 的空格子是空串。"""
    if kind == "csv":
        return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    rows = opened(data).iter_rows(min_row=3, values_only=True)
    return [["" if value is None else value for value in row] for row in rows]


def edited(data, kind, change) -> bytes:
    """像办公室那样打开导出的文件，改各行（表头不动），另存。`change(rows)` 收发一行行的列表。"""
    header, *rows = grid(data, kind)
    rows = change([list(row) for row in rows])
    out = io.BytesIO()
    if kind == "csv":
        text = io.StringIO(newline="")
        csv.writer(text).writerows([header, *rows])
        return text.getvalue().encode("utf-8-sig")
    book = load_workbook(io.BytesIO(data))
    sheet = book.active
    sheet.delete_rows(4, sheet.max_row)
    for number, row in enumerate(rows, start=4):
        for column, value in enumerate(row, start=1):
            cell = sheet.cell(number, column)
            cell.value = value if value != "" else None
            if isinstance(value, str) and value:
                cell.data_type = "s"
    book.save(out)
    return out.getvalue()


def sheet_xml(data) -> str:
    """工作表的原始 XML：看有没有公式、错误值。"""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return package.read("xl/worksheets/sheet1.xml").decode()


def formulas(data) -> list[str]:
    """文件里的公式与错误值格子。"""
    return re.findall(r"<f[ >]|t=\"e\"", sheet_xml(data))
