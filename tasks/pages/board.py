"""总览：一期的灯与报送、各部室、今天要办。"""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

from django.core.paginator import Page, Paginator
from django.db.models import Q
from django.urls import reverse

from departments import organisation
from departments.models import Department, User
from yingshang import stamp

from ..figures import filters as filters_figures
from ..figures import parts as part_figures
from ..figures import problem as problem_figures
from ..figures.abreast import PlanStand, abreast
from ..figures.changes import Changes
from ..figures.ledger import Ledger
from ..figures.problem import Figures
from ..figures.reporting import Reporting, reporting_by_room_in, total
from ..figures.rows import Line
from ..forms import BoardFilterForm
from ..models import Circular, EffectNote, Plan, Problem, Progress, ReportingPeriod
from ..models.judgement import JudgementQuerySet
from ..rules import lights, permissions
from . import acting as acting_pages
from . import assignment as assignment_pages
from . import circular as circulars
from . import cooperation as cooperation_pages
from . import coordination as coordination_pages
from . import instruction as instruction_pages
from . import milestone as milestone_pages
from . import period as period_pages
from . import problem as problem_pages
from . import reminder as reminder_pages
from . import review as review_pages
from . import succession as succession_pages
from . import suggestion as suggestion_pages
from . import target as target_pages
from .chores import Chore, Due, told

BOARD_PAGE_SIZE = 100


# ── 总览 ──────────────────────────────────────────────────


@dataclass
class DepartmentRow:
    """总览里一个部室的报送（项次）。"""

    department: Department
    reporting: Reporting

    @property
    def level(self) -> str:
        """条的颜色：全报了为绿，没报全为黄（只表示报没报，不是灯）。"""
        return "green" if self.reporting.reported == self.reporting.owed else "yellow"


@dataclass(frozen=True)
class Summary:
    """一期的汇总，与筛选、谁在看都无关：各部室报送、各灯的项数、阈值、问题、通报、印发以后又变过的公文。"""

    rooms: dict[Department, Reporting]
    totals: Counter
    undue: int
    scale: lights.Scale
    troubles: Figures
    circular: Circular | None
    overtaken: list[tuple[Circular, str]]


@dataclass
class Board:
    """总览一页。"""

    plan: Plan | None
    period: ReportingPeriod | None
    today: dt.date
    ledger: Ledger
    rows: JudgementQuerySet
    departments: list[DepartmentRow]
    filters: BoardFilterForm
    troubles: Figures
    troubles_on: dt.date | None
    circular: Circular | None = None
    overtaken: list[tuple[Circular, str]] = field(default_factory=list)
    undue: int = 0
    chores: list[Chore] = field(default_factory=list)
    can_review: bool = False
    is_now: bool = True
    sort: str = "light"
    others: list[PlanStand] = field(default_factory=list)

    @cached_property
    def page_obj(self) -> Page:
        """表格的这一页；一页一百项，21 项总在一页里。"""
        found = self.rows.values_list("measure", flat=True)
        paginator: Paginator = Paginator(found, BOARD_PAGE_SIZE)
        if not self.is_filtered:
            paginator.count = self.ledger.total  # 没有筛的就是全部，灯数过了
        page: Page = paginator.get_page(self.filters.chosen.get("page", 1))
        page.object_list = self.ledger.lines_of(page.object_list)
        return page

    @property
    def previous(self) -> ReportingPeriod | None:
        return self.ledger.previous

    @property
    def following(self) -> ReportingPeriod | None:
        return self.ledger.following

    @property
    def lines(self) -> list[Line]:
        """这一页的各行。"""
        return list(self.page_obj)

    @property
    def found(self) -> int:
        """符合条件的有几项。"""
        return self.page_obj.paginator.count

    @property
    def page_query(self) -> str:
        """翻页链接要带上的其余条件。"""
        return self.filters.query_without("page")

    @property
    def sorts(self) -> list[tuple[str, str]]:
        """排序切换：红黄在前是默认。"""
        return [
            ("light", "红黄在前"),
            ("number", "按序号"),
            ("leader", "按领导"),
            ("department", organisation.worded("按部室")),
        ]

    @property
    def query(self) -> str:
        """排序链接要带上的其余条件。"""
        return self.filters.query_without("sort", "page")

    @property
    def wide_query(self) -> str:
        """切换大屏的链接：别的条件照旧。"""
        query = self.filters.query_without("wide", "page")
        return query if self.filters.chosen.get("wide") else f"{query}&wide=on".lstrip("&")

    @property
    def is_filtered(self) -> bool:
        return self.filters.is_filtered

    @property
    def is_partial(self) -> bool:
        """表格没有列全（筛掉了一些）。"""
        return self.found != self.ledger.total

    @property
    def filter_words(self) -> str:
        """正在看的筛选条件，用话说。"""
        return self.filters.words

    @property
    def items_url(self) -> str:
        """项次清单：这一页上以项次计的数都点到那里。"""
        return part_figures.url(self.period) if self.period else ""

    @property
    def export_url(self) -> str:
        """导出这一期的台账，按眼下的筛选。"""
        if self.period is None:
            return ""
        query = f"&{self.query}" if self.query else ""
        return f"{reverse('measure_export')}?period={self.period.slug}{query}"

    @property
    def average_words(self) -> str:
        """接在销号数后面的话；没有销号的为空。"""
        days = self.troubles.average_days
        return "" if days is None else f"，平均 {days} 天"

    @property
    def trouble_urls(self) -> dict:
        """问题的几个数各点到哪里。已关闭的看考核材料里那一刻的清单，那里没有的数不能点。"""
        if self.troubles_on and self.period:
            then = f"{reverse('assessment_list')}?first={self.period.slug}&last={self.period.slug}&what=problems_"
            return {"unsettled": f"{then}open", "overdue": f"{then}overdue"}
        now = reverse("problem_list")
        wanted = {"unsettled": "status=unsettled", "overdue": "due=overdue"}
        wanted |= {"this_week": "due=week", "settled": "status=this_year"}
        return {name: f"{now}?{query}" for name, query in wanted.items()}

    @property
    def light_stack(self) -> list[tuple[str, int]]:
        return [(level, n) for level, _, n in self.light_counts]

    @property
    def report_stack(self) -> list[tuple[str, int]]:
        """报送条：已通过、待审核、其余。"""
        r = self.ledger.reporting
        return [("g", r.approved), ("b", r.submitted), ("bg", r.owed - r.reported)]

    @property
    def days_left(self) -> int:
        return (self.period.due_on - self.today).days if self.period else 0

    @property
    def scale(self) -> lights.Scale:
        """判这一期用的阈值（已关闭的是关闭时的）。"""
        return self.ledger.scale

    @property
    def undue_words(self) -> str:
        """绿灯里有还没有到报送截止的，说一声。"""
        return lights.until_due(self.ledger.light_totals[lights.GREEN], self.undue)

    @property
    def light_words(self) -> list[tuple[str, int, str]]:
        """打印时写成一句的各灯：（叫法，几项，另说的）。"""
        said = {lights.GREEN: self.undue_words}
        return [(label, n, said.get(level, "")) for level, label, n in self.light_counts]

    @property
    def light_counts(self) -> list[tuple[str, str, int]]:
        return [(level, lights.LABELS[level], self.ledger.light_totals[level]) for level in lights.SEVERITY]


def board(
    plan: Plan | None,
    period: ReportingPeriod | None,
    today: dt.date,
    user: User,
    filters: BoardFilterForm,
    opened: list[ReportingPeriod] | None = None,
    state: str = "",
    is_now: bool = False,
) -> Board:
    """总览：汇总始终是全部举措，表格按筛选；默认红黄在前。`opened` 是读好的、开放过的各期（由早到晚）。

    `is_now` 是不带期的网址：最近一期关闭了、下一期还没有开放，“今天要办”也在这里。
    `state` 是库的记号：没有变，汇总与“今天要办”就不再数（换个筛选、换个人再看）；不给的每次都数。
    """
    chosen = {"sort": "light"} | filters.chosen
    ledger = Ledger(plan, period, today)
    if opened is not None:
        ledger.opened = opened
    changes = Changes(ledger) if period else None
    rows = filters_figures.standing(ledger, chosen, changes)
    day, can_review = period.as_of(today) if period else today, permissions.can_review(user)
    is_now = period is not None and (is_now or not period.is_closed)
    departments, troubles, circular, overtaken, undue = [], None, None, [], 0
    if changes is not None and period:
        count = partial(_summary, changes)
        summary = stamp.once(f"board:{period.pk}:{today}", state, count) if state else count()
        ledger.reporting_by_room, ledger.light_totals, ledger.scale = summary.rooms, summary.totals, summary.scale
        departments, troubles = department_rows(ledger), summary.troubles
        circular, overtaken, undue = summary.circular, summary.overtaken, summary.undue
    return Board(
        plan=plan,
        period=period,
        today=today,
        ledger=ledger,
        rows=rows,
        departments=departments,
        filters=filters,
        troubles=troubles or problem_figures.figures(Problem.objects.of_plan(plan), day),
        troubles_on=day if period and period.is_closed else None,
        circular=circular,
        overtaken=overtaken,
        undue=undue,
        chores=chores(ledger, period, departments, state) if is_now and period and can_review else [],
        can_review=can_review,
        is_now=is_now,
        sort=chosen["sort"],
        others=others(plan, today, state) if is_now or period is None else [],
    )


def others(plan: Plan | None, today: dt.date, state: str = "") -> list[PlanStand]:
    """别的在办（收尾）方案各一行，归档以后有到期回看的也在内；同一个记号下问一次就够。"""
    pk = plan.pk if plan else 0

    def ask() -> list[PlanStand]:
        due = EffectNote.objects.due(today).order_by().values("completion__assignment__measure__plan")
        rows = Plan.objects.in_force().filter(Q(archived_at=None) | Q(pk__in=due)).exclude(pk=pk)
        return abreast(list(rows), today)

    return stamp.once(f"others:{pk}:{today}", state, ask) if state else ask()


def _summary(changes: Changes) -> Summary:
    ledger = changes.ledger
    circular, overtaken = circulars.on_period(changes.span.period)
    return Summary(
        rooms=ledger.reporting_by_room,
        totals=ledger.light_totals,
        undue=ledger.undue(ledger.stands).count(),
        scale=ledger.scale,
        troubles=problem_figures.figures_of(changes.span),
        circular=circular,
        overtaken=overtaken,
    )


def department_rows(ledger: Ledger) -> list[DepartmentRow]:
    """各部室的报送，欠得多的在前。"""
    rows = [DepartmentRow(room, counted) for room, counted in ledger.reporting_by_room.items()]
    return sorted(rows, key=lambda r: (r.reporting.share, r.department.order))


def chores(ledger: Ledger, period: ReportingPeriod, departments: list[DepartmentRow], state: str = "") -> list[Chore]:
    """办公室今天要办：待审核、未报……都没有时为空。一次查询；同一个记号下问一次就够。"""
    ask = partial(_chores, ledger, period, departments)
    return stamp.once(f"chores:{period.pk}:{ledger.today}", state, ask) if state else ask()


def _others_open(ledger: Ledger, period: ReportingPeriod) -> list[tuple[ReportingPeriod, list[DepartmentRow]]]:
    """同时开放的别的各期与各部室的报送：看着这一期，那一期欠着的也在“今天要办”里。"""
    others = {p.pk: p for p in ledger.opened if p.is_open and p != period}
    if not others:
        return []
    rooms: dict[int, list[DepartmentRow]] = {pk: [] for pk in others}
    for (pk, room), counted in reporting_by_room_in(Progress.objects.in_force().filter(period__in=others)).items():
        rooms[pk].append(DepartmentRow(room, counted))
    return [(others[pk], rows) for pk, rows in rooms.items()]


def _owed_in(period: ReportingPeriod, departments: list[DepartmentRow]) -> list[Chore]:
    """一期里没有报的、退回待改的，各一件。"""
    counted, found = total(row.reporting for row in departments), []
    if counted.unreported:
        owing = "、".join(f"{r.department} {r.reporting.unreported}" for r in departments if r.reporting.unreported)
        unreported = reminder_pages.chore(period, counted, owing)
        found.append(replace(unreported, list_url=part_figures.url(period, report="unreported")))
    if counted.returned:
        url = part_figures.url(period, report="returned")
        found.append(
            Chore(
                f"{period.short_name} {counted.returned} 项次退回待改",
                organisation.worded("等部室修改后重报"),
                url,
                "查看",
            )
        )
    return found


def _chores(ledger: Ledger, period: ReportingPeriod, departments: list[DepartmentRow]) -> list[Chore]:
    found: list[Due | Chore] = [*instruction_pages.due(), *review_pages.due()]
    today = ledger.today
    owing = _others_open(ledger, period) + ([] if period.is_closed else [(period, departments)])
    for each, rows in sorted(owing, key=lambda found: found[0].starts_on):
        found += _owed_in(each, rows)
    found += [*period_pages.due(ledger.plan, today), *assignment_pages.due(ledger.plan, today)]
    found += [*problem_pages.due(today), *coordination_pages.due(today), *milestone_pages.due()]
    found += [*acting_pages.due(ledger.plan, today), *suggestion_pages.due()]
    found += [*cooperation_pages.due(today), *succession_pages.due(), *target_pages.due()]
    return told(found)
