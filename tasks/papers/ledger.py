"""办公室自己的台账：按清单上的筛选写成 xlsx 或 csv。不改直接传回导入，应当全部无变化。

列在 `resources.COLUMNS` 里声明；灯、进度等数字都来自 `summaries`，与页面相符。
"""

import csv
import io
import re
from dataclasses import dataclass
from functools import cached_property

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from yingshang.tables import cells

from ..figures import filters as filters_figures
from ..figures.changes import Changes
from ..figures.ledger import Ledger, current_period
from ..models import Measure
from ..rules import lights
from .columns import COLUMNS, LedgerEntry, entries

PAPERS = {"a3": 8, "a4": 9}
CONTENT_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
_NOT_IN_FILENAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f]')
HEADER_ROW = 3
TEXT_COLUMNS = {"number", "deadline"}  # 设为文本格式：免得改的时候“8-1”变成日期
CENTRED = {"number", "kind", "parts", "light", "percent", "pace", "due_on", "due_now"}


@dataclass
class LedgerSheet:
    """一份要导出的台账。"""

    ledger: Ledger
    lines: list
    user: object
    words: str = ""

    @cached_property
    def entries(self) -> list[LedgerEntry]:
        return entries(self.ledger, self.lines, self.user)

    @property
    def when(self) -> str:
        """报送期的名称；还没有开放过报送的写年度。"""
        return self.ledger.period.name if self.ledger.period else f"{self.ledger.plan.year}年"

    @property
    def title(self) -> str:
        return f"{self.ledger.plan.title}督办台账"

    @property
    def subtitle(self) -> str:
        today = self.ledger.today
        made = f"{today.year}年{today.month}月{today.day}日"
        parts = [
            f"报送期：{self.when}",
            f"序时进度：{self.ledger.pace}%",
            f"制表日期：{made}",
            f"共 {len(self.lines)} 项",
        ]
        return "　　".join([*parts, f"筛选：{self.words}"] if self.words else parts)

    def filename(self, extension) -> str:
        narrowed = f"（{self.words}）" if self.words else ""
        return _NOT_IN_FILENAMES.sub("_", f"督办台账_{self.when}{narrowed}") + f".{extension}"

    def to_csv(self) -> bytes:
        """UTF-8 带 BOM（Excel 才认得出编码），列名在第一行。"""
        out = io.StringIO(newline="")
        writer = csv.writer(out)
        writer.writerow([column.label for column in COLUMNS])
        for entry in self.entries:
            writer.writerow([cells.to_csv(column.value(entry)) for column in COLUMNS])
        return out.getvalue().encode("utf-8-sig")

    def to_xlsx(self, paper="a3") -> bytes:
        """可以直接打印、也可以改好传回的 xlsx。"""
        book = Workbook()
        sheet = book.active
        sheet.title = "督办台账"
        _set_page(sheet, paper, len(self.lines))
        _head(sheet, self.title, self.subtitle)
        for number, entry in enumerate(self.entries, start=HEADER_ROW + 1):
            _line(sheet, number, entry)
        out = io.BytesIO()
        book.save(out)
        return out.getvalue()


def ledger_sheet(plan, user, today, form) -> LedgerSheet:
    """按筛选取台账；查询数与项数无关。指明了哪一期的，是那一期（连同当时的方案）的样子。"""
    chosen = form.chosen
    opened = plan.periods.opened()
    period = opened.filter(slug=chosen["period"]).first() if "period" in chosen else None
    if "change" in chosen:
        period = period or current_period(plan, today)
    if period is None:
        found = filters_figures.matching(Measure.objects.in_force().visible_to(user).filter(plan=plan), chosen)
        period = current_period(plan, today)
        ledger = Ledger(plan, period, today, measures=found)
        lines = ledger.lines
    else:
        ledger = Ledger(plan, period, today)
        lines = filters_figures.kept(ledger.lines, chosen, Changes(ledger))
    return LedgerSheet(ledger, filters_figures.picked(lines, chosen), user, form.words)


# ── 版面 ──────────────────────────────────────────────────

_SIDE = Side(style="thin", color="8793A2")
_BORDER = Border(left=_SIDE, right=_SIDE, top=_SIDE, bottom=_SIDE)
_FONT = Font(name="宋体", size=10.5)
_TOP = Alignment(vertical="top", wrap_text=True)
_CENTRE = Alignment(horizontal="center", vertical="top", wrap_text=True)
_COLOURS = {lights.RED: "FDECEB", lights.YELLOW: "FFF3D6", lights.GREEN: "E5F4EB", lights.DONE: "E7F0FB"}
_FILLS = {level: PatternFill("solid", fgColor=colour) for level, colour in _COLOURS.items()}
_LAST = get_column_letter(len(COLUMNS))


def _set_page(sheet, paper, count) -> None:
    """A3（或 A4）横向，宽度缩到一页，每页重复标题与表头，页脚有页码。"""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = PAPERS[paper]
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.page_margins.top = sheet.page_margins.bottom = 0.6
    sheet.print_options.horizontalCentered = True
    sheet.print_title_rows = f"1:{HEADER_ROW}"
    sheet.oddFooter.center.text = "第 &P 页，共 &N 页"
    sheet.freeze_panes = f"C{HEADER_ROW + 1}"
    sheet.auto_filter.ref = f"A{HEADER_ROW}:{_LAST}{HEADER_ROW + count}"
    for index, column in enumerate(COLUMNS, start=1):
        sheet.column_dimensions[get_column_letter(index)].width = column.width


def _head(sheet, title, subtitle) -> None:
    for row, text, font, tall in (
        (1, title, Font(name="方正小标宋简体", size=22), 36),
        (2, subtitle, Font(name="仿宋", size=12), 22),
    ):
        sheet.merge_cells(f"A{row}:{_LAST}{row}")
        cells.put(sheet.cell(row, 1), text)
        sheet.cell(row, 1).font = font
        sheet.cell(row, 1).alignment = Alignment(horizontal="center", vertical="center")
        sheet.row_dimensions[row].height = tall
    for index, column in enumerate(COLUMNS, start=1):
        cell = sheet.cell(HEADER_ROW, index)
        cells.put(cell, column.label)
        cell.font = Font(name="黑体", size=11)
        cell.fill = PatternFill("solid", fgColor="E9F0F9" if not column.is_status else "EEF1F4")
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        cell.border = _BORDER
    sheet.row_dimensions[HEADER_ROW].height = 34


def _line(sheet, number, entry) -> None:
    shown = []
    for index, column in enumerate(COLUMNS, start=1):
        cell, value = sheet.cell(number, index), column.value(entry)
        cells.put(cell, value)
        cell.font, cell.border = _FONT, _BORDER
        cell.alignment = _CENTRE if column.name in CENTRED else _TOP
        if column.name in TEXT_COLUMNS:
            cell.number_format = "@"
        if column.name == "light" and entry.line.light.level in _FILLS:
            cell.fill = _FILLS[entry.line.light.level]
        shown.append(("" if value is None else value, column.width))
    sheet.row_dimensions[number].height = cells.height(shown)
