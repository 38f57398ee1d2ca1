"""问题台账的 xlsx：按清单上的筛选导出，日期是日期，其余都是文字（“=1+1”不成公式）。"""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils import timezone
from openpyxl.styles import Font

from departments.models import User
from yingshang import dates

from ..figures import problem as problem_figures
from ..figures.problem import ProblemRow
from ..models import Problem
from ..models.problem import ProblemQuerySet
from . import sheet as sheet_papers

BATCH = 1000  # 一批取几件
LOOK = sheet_papers.Look(
    title=sheet_papers.Heading(Font(name="方正小标宋简体", size=20), 34),
    subtitle=sheet_papers.Heading(Font(name="仿宋", size=12), 22),
    head_font=Font(name="黑体", size=11),
    head_height=26,
    margins={"left": 0.4, "right": 0.4},
    frozen=2,
    has_filter=True,
)


def _day(moment: dt.datetime | None) -> dt.date | None:
    return timezone.localdate(moment) if moment else None


def _late(row: ProblemRow) -> str:
    """逾期的一行底色。"""
    return "FFF7F6" if row.is_overdue else ""


def _column(label: str, value: Callable[[ProblemRow], Any], width: int) -> sheet_papers.Column:
    return sheet_papers.Column(label, value, width, fill=_late)


COLUMNS = (
    _column("编号", lambda row: row.problem.number, 6),
    _column("问题", lambda row: row.problem.title, 26),
    _column("具体情况", lambda row: row.problem.text, 40),
    _column("分类", lambda row: row.problem.get_category_display(), 10),
    _column("分层", lambda row: row.problem.get_level_display(), 10),
    _column("责任部室", lambda row: row.problem.department.name, 12),
    _column("举措", lambda row: str(row.problem.measure or ""), 24),
    _column("来源", lambda row: row.source, 18),
    _column("挂账日期", lambda row: _day(row.problem.created_at), 15),
    _column("整改期限", lambda row: row.problem.due_on, 15),
    _column("状态", lambda row: row.problem.shown_status(row.today), 12),
    _column("期限情况", lambda row: row.days, 12),
    _column("最近整改情况", lambda row: row.problem.latest_note, 40),  # type: ignore[attr-defined]  # 查询时用 SQL 添上的
    _column("退回次数", lambda row: row.problem.times_returned, 9),
    _column("销号日期", lambda row: _day(row.problem.settled_at), 15),
)


@dataclass
class ProblemSheet:
    """一份要导出的问题台账：导出的人看得到的、符合筛选的全部。"""

    user: User
    today: dt.date
    filters: sheet_papers.Narrowed

    @cached_property
    def found(self) -> ProblemQuerySet:
        visible = problem_figures.current().visible_to(self.user)
        return problem_figures.matching(visible, self.filters.chosen, self.today)

    def rows(self) -> Iterator[ProblemRow]:
        """各件，写到哪里取到哪里。"""
        for problem in problem_figures.in_order(self.found, self.today).iterator(BATCH):
            yield ProblemRow(problem, self.today)

    @property
    def title(self) -> str:
        return title_of(self.filters)

    @property
    def filename(self) -> str:
        return f"{self.title}_{self.today:%Y%m%d}.xlsx"

    @property
    def subtitle(self) -> str:
        parts = [f"制表日期：{dates.full(self.today)}", f"共 {self.found.count()} 件"]
        return "　　".join([*parts, f"筛选：{self.filters.words}"] if self.filters.words else parts)

    def to_xlsx(self) -> bytes:
        """可以直接打印的 xlsx：A4 横向，宽度缩到一页，每页重复表头。"""
        book, sheet = sheet_papers.book("问题台账")
        sheet_papers.write(sheet, LOOK, COLUMNS, self.rows(), title=self.title, subtitle=self.subtitle)
        return sheet_papers.saved(book)


def title_of(filters: sheet_papers.Narrowed) -> str:
    """清单的名字：只看领导小组一层的，就是提请研究的清单。"""
    is_for_group = filters.chosen.get("level") == Problem.Level.GROUP
    return "提请领导小组研究的问题清单" if is_for_group else "问题台账"
