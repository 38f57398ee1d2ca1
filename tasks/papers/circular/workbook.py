"""公文的 Excel 附表：举措、部室、各期、数字四张表，都取自冻结的数字。文字永远是文字，不成公式。"""

from openpyxl.styles import Font

from yingshang import dates
from yingshang.tables.cells import MAX_UNITS

from ...figures.contract import Figure, Figures
from ...models import Circular
from .. import sheet as sheet_papers
from .layout import Column, Table, annex, departments, periods, shown_counts, unit_of

PAGE = 136  # 横放的 A4 一页宽放得下几个字符：各列按比例占满，行就不至于太高
LOOK = sheet_papers.Look(
    title=sheet_papers.Heading(Font(name="黑体", size=14), align=sheet_papers.CENTRE),
    subtitle=sheet_papers.Heading(Font(name="仿宋", size=11), align=sheet_papers.CENTRE),
    head_font=Font(name="黑体", size=10.5),
    font=Font(name="宋体", size=10.5),
    margins={"left": 0.5, "right": 0.5, "top": 0.6, "bottom": 0.7},
    is_centred=True,
    line=14,  # 五号宋体一行的磅数
    slack=1,  # 列宽里已经算了两边的空
    is_worded=False,
)


def build(circular: Circular, *, can_trace: bool = True) -> bytes:
    """一份 .xlsx。`can_trace` 为假时“数字”一张只有数，没有明细。"""
    book = sheet_papers.new_book()
    for name, table in tables(circular.numbers, can_trace=can_trace):
        page, columns = book.create_sheet(name), _columns(table)
        last = sheet_papers.write(
            page,
            LOOK,
            columns,
            table.rows,
            title=table.caption,
            subtitle=f"{circular.document_number or '草稿'}　数字截至{dates.full(circular.figures['as_of'])}",
        )
        sheet_papers.notes(page, last, [table.note] if table.note else [], columns, LOOK.subtitle.font)
    return sheet_papers.saved(book)


def tables(figures: Figures, *, can_trace: bool = True) -> list[tuple]:
    """各张表：（工作表名，表）。"""
    found = [("举措", annex(figures)), (unit_of(figures), departments(figures))]
    if figures.get("is_span"):
        found.append(("各期", periods(figures)))
    return [*found, ("数字", counts(figures, can_trace=can_trace))]


def counts(figures: Figures, *, can_trace: bool = True) -> Table:
    """全部数字：指标、数值、单位，和数到的每一条。"""
    columns: tuple[Column, ...] = (
        Column("指标", 44, lambda row: row["label"], is_text=True),
        Column("数值", 10, lambda row: row["n"]),
        Column("单位", 12, lambda row: row["unit"]),
    )
    if can_trace:
        columns += (Column("明细", 120, _details, is_text=True),)
    return Table("全部数字", columns, list(shown_counts(figures, can_trace=can_trace).values()))


def _details(figure: Figure) -> str:
    """数到的每一条；一格写不下的（写的时候会截断），后面的不读。"""
    said, size = [], 0
    for row in figure["rows"]:
        said.append(row["text"])
        size += len(row["text"])
        if size > MAX_UNITS:
            break
    return "；".join(said)


def _columns(table: Table) -> list:
    """毫米换成字符，占满一页；文字列靠左，其余居中；表头不填色。"""
    total = sum(column.width for column in table.columns)
    return [
        sheet_papers.Column(
            column.label,
            column.value,
            max(6, round(column.width * PAGE / total)),
            align=sheet_papers.LEFT if column.is_text else sheet_papers.CENTRE,
            head_fill="",
        )
        for column in table.columns
    ]
