"""考核表的 xlsx：与页面同样的行、同样的次序。数是数，文字永远是文字。"""

from typing import Any

from openpyxl.styles import Font

from yingshang import dates

from ..figures.assessment import COLUMNS, FIGURES, Assessment, AssessmentFigure
from . import sheet as sheet_papers

TOTAL = "合计"
LOOK = sheet_papers.Look(
    title=sheet_papers.Heading(Font(name="方正小标宋简体", size=18), 36, sheet_papers.CENTRE),
    subtitle=sheet_papers.Heading(Font(name="仿宋", size=12), 22, sheet_papers.CENTRE),
    head_font=Font(name="黑体", size=11),
    head_height=34,
    frozen=1,
    line=None,
)
FIRST_ROW = sheet_papers.HEADER_ROW + 2  # 分组、列名之后，各部室从这一行起


def filename(assessment: Assessment) -> str:
    """考核材料_2023年3月至2023年9月.xlsx。"""
    return f"考核材料_{assessment.words}.xlsx"


def to_xlsx(assessment: Assessment) -> bytes:
    """A4 横向，宽度缩到一页，可以直接打印；说明在表后空一行写起。"""
    book, sheet = sheet_papers.book("考核材料")
    columns = _columns()
    last = sheet_papers.write(
        sheet,
        LOOK,
        columns,
        [*((row.department.name, row.cells) for row in assessment.rows), (TOTAL, assessment.totals)],
        title=f"{assessment.shown.plan.title}考核材料",
        subtitle=f"{assessment.words}　　制表日期：{dates.full(assessment.today)}",
        groups=assessment.groups,
    )
    sheet_papers.notes(sheet, last, assessment.notes, columns, Font(name="仿宋", size=11))
    return sheet_papers.saved(book)


def _columns() -> list:
    """一行是（部室名，各个数）。"""
    name = sheet_papers.Column("部室", lambda row: row[0], 16, sheet_papers.CENTRE, font=_name_font)
    return [name, *(_figure(index, FIGURES[key]) for index, key in enumerate(COLUMNS))]


def _figure(index: int, figure: AssessmentFigure) -> sheet_papers.Column:
    label = f"{figure.label}（{figure.unit}）"
    return sheet_papers.Column(label, lambda row: row[1][index].n, 11, sheet_papers.CENTRE)


def _name_font(row: tuple[str, Any]) -> Font:
    return Font(name="宋体", size=11, bold=row[0] == TOTAL)
