"""问题台账的 xlsx：按清单上的筛选导出，日期是日期，其余都是文字（“=1+1”不成公式）。"""

import io
from dataclasses import dataclass
from functools import cached_property

from django.utils import timezone
from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from yingshang import dates
from yingshang.tables import cells

from ..figures import problem as problem_figures
from ..figures.problem import Row
from ..models import Problem
from . import problem as problem_papers

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEADER_ROW = 3
_SIDE = Side(style="thin", color="8793A2")
_BORDER = Border(left=_SIDE, right=_SIDE, top=_SIDE, bottom=_SIDE)


def _day(moment):
    return timezone.localdate(moment) if moment else None


# 列名、一格的内容、列宽。
COLUMNS = (
    ("编号", lambda row: row.problem.number, 6),
    ("问题", lambda row: row.problem.title, 26),
    ("具体情况", lambda row: row.problem.text, 40),
    ("分类", lambda row: row.problem.get_category_display(), 10),
    ("分层", lambda row: row.problem.get_level_display(), 10),
    ("责任部室", lambda row: row.problem.department.name, 12),
    ("举措", lambda row: str(row.problem.measure or ""), 24),
    ("来源", lambda row: row.source, 18),
    ("挂账日期", lambda row: _day(row.problem.created_at), 15),
    ("整改期限", lambda row: row.problem.due_on, 15),
    ("状态", lambda row: row.problem.shown_status(row.today), 12),
    ("期限情况", lambda row: row.days, 12),
    ("最近整改情况", lambda row: row.problem.latest_note, 40),
    ("退回次数", lambda row: row.problem.times_returned, 9),
    ("销号日期", lambda row: _day(row.problem.settled_at), 15),
)


@dataclass
class ProblemSheet:
    """一份要导出的问题台账：导出的人看得到的、符合筛选的全部。"""

    user: object
    today: object
    filters: object

    @cached_property
    def rows(self) -> list[Row]:
        visible = problem_figures.current().visible_to(self.user)
        return problem_figures.rows_of(problem_figures.matching(visible, self.filters.chosen, self.today), self.today)

    @property
    def title(self) -> str:
        return problem_papers.title_of(self.filters)

    @property
    def filename(self) -> str:
        return f"{self.title}_{self.today:%Y%m%d}.xlsx"

    @property
    def subtitle(self) -> str:
        parts = [f"制表日期：{dates.full(self.today)}", f"共 {len(self.rows)} 件"]
        return "　　".join([*parts, f"筛选：{self.filters.words}"] if self.filters.words else parts)

    def to_xlsx(self) -> bytes:
        """可以直接打印的 xlsx：A4 横向，宽度缩到一页，每页重复表头。"""
        book = Workbook()
        sheet = book.active
        sheet.title = "问题台账"
        _set_page(sheet, len(self.rows))
        _head(sheet, self.title, self.subtitle)
        for number, row in enumerate(self.rows, start=HEADER_ROW + 1):
            _line(sheet, number, row)
        out = io.BytesIO()
        book.save(out)
        return out.getvalue()


def _set_page(sheet, count) -> None:
    last = get_column_letter(len(COLUMNS))
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.print_title_rows = f"1:{HEADER_ROW}"
    sheet.oddFooter.center.text = "第 &P 页，共 &N 页"
    sheet.freeze_panes = f"C{HEADER_ROW + 1}"
    sheet.auto_filter.ref = f"A{HEADER_ROW}:{last}{HEADER_ROW + count}"
    for row in (1, 2):
        sheet.merge_cells(f"A{row}:{last}{row}")


def _head(sheet, title, subtitle) -> None:
    for row, text, font, tall in (
        (1, title, Font(name="方正小标宋简体", size=20), 34),
        (2, subtitle, Font(name="仿宋", size=12), 22),
    ):
        cells.put(sheet.cell(row, 1), text)
        sheet.cell(row, 1).font = font
        sheet.cell(row, 1).alignment = Alignment(horizontal="center", vertical="center")
        sheet.row_dimensions[row].height = tall
    for index, (label, _, wide) in enumerate(COLUMNS, start=1):
        cell = sheet.cell(HEADER_ROW, index)
        cells.put(cell, label)
        cell.font, cell.border = Font(name="黑体", size=11), _BORDER
        cell.fill = PatternFill("solid", fgColor="E9F0F9")
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        sheet.column_dimensions[get_column_letter(index)].width = wide
    sheet.row_dimensions[HEADER_ROW].height = 26


def _line(sheet, number, row) -> None:
    shown = []
    for index, (_, value, wide) in enumerate(COLUMNS, start=1):
        cell, found = sheet.cell(number, index), value(row)
        cells.put(cell, found)
        cell.border = _BORDER
        cell.alignment = Alignment(vertical="top", wrap_text=True)
        if row.is_overdue:
            cell.fill = PatternFill("solid", fgColor="FFF7F6")
        shown.append(("" if found is None else found, wide))
    sheet.row_dimensions[number].height = cells.height(shown)


def title_of(filters) -> str:
    """清单的名字：只看领导小组一层的，就是提请研究的清单。"""
    is_for_group = filters.chosen.get("level") == Problem.Level.GROUP
    return "提请领导小组研究的问题清单" if is_for_group else "问题台账"
