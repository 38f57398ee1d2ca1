"""办公室自己的台账：按清单上的筛选写成 xlsx 或 csv。不改直接传回导入，应当全部无变化。

列在 `columns.COLUMNS` 里声明；灯、进度等数字都来自 `figures.ledger`，与页面相符。
"""

import csv
import datetime as dt
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, TypeAlias

from openpyxl.styles import Font

from departments.models import User
from yingshang import dates
from yingshang.tables import cells

from ..figures import filters as filters_figures
from ..figures.changes import Changes
from ..figures.ledger import Ledger, current_period
from ..figures.rows import Line
from ..models import Measure, Plan
from ..rules import lights
from . import sheet as sheet_papers
from .columns import COLUMNS, LedgerColumn, LedgerEntry, entries

BATCH = 1000  # 一批几项：查询少，又不占内存
Batch: TypeAlias = tuple[Ledger, list[Line]]
CONTENT_TYPES = {
    "xlsx": sheet_papers.CONTENT_TYPE,
    "csv": "text/csv; charset=utf-8",
}
_NOT_IN_FILENAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f]')
TEXT_COLUMNS = {"number", "deadline"}  # 设为文本格式：免得改的时候“8-1”变成日期
CENTRED = {"number", "kind", "parts", "light", "percent", "pace", "due_on", "due_now"}
LIGHT_FILLS = {lights.RED: "FDECEB", lights.YELLOW: "FFF3D6", lights.GREEN: "E5F4EB", lights.DONE: "E7F0FB"}
LOOK = sheet_papers.Look(
    title=sheet_papers.Heading(Font(name="方正小标宋简体", size=22), 36),
    subtitle=sheet_papers.Heading(Font(name="仿宋", size=12), 22),
    head_font=Font(name="黑体", size=11),
    head_height=34,
    font=Font(name="宋体", size=10.5),
    margins={"left": 0.4, "right": 0.4, "top": 0.6, "bottom": 0.6},
    is_centred=True,
    frozen=2,
    has_filter=True,
)


@dataclass
class LedgerSheet:
    """一份要导出的台账：`ledger` 是哪一期的（题下的一行照它写），`batches` 依次给出各批要写的行。"""

    ledger: Ledger
    user: User
    words: str
    count: int
    batches: Callable[[], Iterable[Batch]]

    def entries(self) -> Iterator[LedgerEntry]:
        """台账各行，写到哪里取到哪里。"""
        for ledger, lines in self.batches():
            yield from entries(ledger, lines, self.user)

    @property
    def when(self) -> str:
        """报送期的名称；还没有开放过报送的写年度。"""
        return self.ledger.period.name if self.ledger.period else f"{self.ledger.plan.year}年"

    @property
    def title(self) -> str:
        return f"{self.ledger.plan.title}督办台账"

    @property
    def subtitle(self) -> str:
        parts = [
            f"报送期：{self.when}",
            f"序时进度：{self.ledger.pace}%",
            f"制表日期：{dates.full(self.ledger.today)}",
            f"共 {self.count} 项",
        ]
        return "　　".join([*parts, f"筛选：{self.words}"] if self.words else parts)

    def filename(self, extension: str) -> str:
        narrowed = f"（{self.words}）" if self.words else ""
        return _NOT_IN_FILENAMES.sub("_", f"督办台账_{self.when}{narrowed}") + f".{extension}"

    def to_csv(self) -> IO[bytes]:
        """UTF-8 带 BOM（Excel 才认得出编码），列名在第一行。写在临时文件里，从头读起。"""
        out = sheet_papers.scratch()
        text = io.TextIOWrapper(out, "utf-8-sig", newline="")
        writer = csv.writer(text)
        writer.writerow([column.label for column in COLUMNS])
        for entry in self.entries():
            writer.writerow([cells.to_csv(column.value(entry)) for column in COLUMNS])
        text.detach()
        out.seek(0)
        return out

    def to_xlsx(self, paper: str = "a3") -> IO[bytes]:
        """可以直接打印、也可以改好传回的 xlsx。写在临时文件里，从头读起。"""
        book, sheet = sheet_papers.book("督办台账")
        sheet_papers.write(
            sheet, LOOK, columns(), self.entries(), title=self.title, subtitle=self.subtitle, paper=paper
        )
        return sheet_papers.filed(book)


def ledger_sheet(plan: Plan, user: User, today: dt.date, form: sheet_papers.Narrowed) -> LedgerSheet:
    """按筛选取台账。指明了哪一期的，是那一期（连同当时的方案）的样子。"""
    chosen = form.chosen
    opened = plan.periods.opened()
    period = opened.filter(slug=chosen["period"]).first() if "period" in chosen else None
    if "change" in chosen:
        period = period or current_period(plan, today)
    if period is None:
        return _current(plan, user, today, form)
    # 当时的方案要整本才换得回来，所以不分批。
    ledger = Ledger(plan, period, today)
    lines = filters_figures.picked(filters_figures.kept(ledger.lines, chosen, Changes(ledger)), chosen)
    return LedgerSheet(ledger, user, form.words, len(lines), lambda: [(ledger, lines)])


def _current(plan: Plan, user: User, today: dt.date, form: sheet_papers.Narrowed) -> LedgerSheet:
    """现在的台账，一批一批地取：两万项也不同时在内存里。每批的查询数与项数无关。"""
    found = filters_figures.matching(Measure.objects.in_force().visible_to(user).filter(plan=plan), form.chosen)
    period = current_period(plan, today)

    def batches(order: Sequence[int]) -> Iterator[Batch]:
        for start in range(0, len(order), BATCH):
            part = order[start : start + BATCH]
            ledger = Ledger(plan, period, today, measures=Measure.objects.filter(pk__in=part))
            lines = {line.measure.pk: line for line in ledger.lines}
            yield ledger, [lines[pk] for pk in part if pk in lines]

    order = list(found.order_by("position", "pk").values_list("pk", flat=True))
    if form.chosen.keys() & {"light", "report", "sort"}:
        order = _order((line for _, lines in batches(order) for line in lines), form.chosen)
    ledger = Ledger(plan, period, today, measures=found)
    return LedgerSheet(ledger, user, form.words, len(order), lambda: batches(order))


def _order(lines: Iterable[Line], chosen: filters_figures.Chosen) -> list[int]:
    """灯、报送状态、所选的次序要看了台账才知道：先走一遍，只记下留哪些、排第几。"""
    key = filters_figures.SORTS.get(chosen.get("sort"), lambda line: (line.measure.position, line.measure.pk))
    kept = [(key(line), line.measure.pk) for line in lines if filters_figures.stands(line, chosen)]
    return [pk for _, pk in sorted(kept, key=lambda one: one[0])]


def columns() -> list[sheet_papers.Column]:
    """各列排成什么样：状态列的表头另一色，灯一列按灯色填。"""
    return [_column(column) for column in COLUMNS]


def _column(column: LedgerColumn) -> sheet_papers.Column:
    return sheet_papers.Column(
        column.label,
        column.value,
        column.width,
        align=sheet_papers.TOP_CENTRE if column.name in CENTRED else sheet_papers.TOP,
        is_text=column.name in TEXT_COLUMNS,
        head_fill="EEF1F4" if column.is_status else sheet_papers.HEAD_FILL,
        fill=_light_fill if column.name == "light" else None,
    )


def _light_fill(entry: LedgerEntry) -> str:
    return LIGHT_FILLS.get(entry.line.light.level, "")
