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

BATCH = 400  # 一批几项：再少，查询多而内存省不下多少
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
        period = current_period(plan, today)
        visible = Measure.objects.in_force().visible_to(user).filter(plan=plan)
        ledger = Ledger(plan, period, today)
        order = list(filters_figures.listed(visible, ledger, chosen).values_list("pk", flat=True))
        return LedgerSheet(ledger, user, form.words, len(order), lambda: _batches(ledger, order, is_past=False))
    ledger = Ledger(plan, period, today)
    order = list(filters_figures.standing(ledger, chosen, Changes(ledger)).values_list("measure", flat=True))
    return LedgerSheet(ledger, user, form.words, len(order), lambda: _batches(ledger, order, is_past=True))


def _batches(ledger: Ledger, order: Sequence[int], *, is_past: bool) -> Iterator[Batch]:
    """一批一批地取：两万项也不同时在内存里。每批的查询数与项数无关。`is_past` 照那一期的样子，否则照现在的。"""
    for start in range(0, len(order), BATCH):
        part = order[start : start + BATCH]
        narrowed = {"only": part} if is_past else {"measures": Measure.objects.filter(pk__in=part)}
        batch = Ledger(ledger.plan, ledger.period, ledger.today, **narrowed)
        lines = {line.measure.pk: line for line in batch.lines}
        yield batch, [lines[pk] for pk in part]


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
