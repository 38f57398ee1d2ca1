"""报送期给办公室看的样子：各期一览，开放、关闭之前要问清楚的。"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from django.db.models import Exists
from django.forms import BaseForm
from django.urls import reverse

from departments import organisation
from departments.models import Department, User
from yingshang import dates

from .. import workflow
from ..figures import parts as part_figures
from ..figures.reporting import Reporting, reporting_by, reporting_of
from ..forms import PeriodExtendForm, ReasonForm
from ..models import Assignment, Circular, Holiday, Plan, Progress, ReportingPeriod
from ..rules import timetable
from . import circular as circulars
from .chores import Chore, Due, Row

# 这几步先问一句再做：动作 → 按钮上的字。
ASKED = {"open_period": "开放", "close_period": "关闭", "unopen_period": "撤回开放", "remove_period": "删除"}

F = TypeVar("F", bound=BaseForm)


@dataclass
class PeriodListRow:
    """报送期一览的一行，带各自的表单。"""

    period: ReportingPeriod
    reporting: Reporting
    actions: list[str]
    extend: PeriodExtendForm
    reopen: ReasonForm
    rest: str = ""  # 截止日休息的，为什么：休息日（周几在日期里）、国庆节放假
    issued: str = ""  # 重新开放之前要知道的：写到这一期的公文已经印发
    overtaken: list[tuple[Circular, str]] = field(default_factory=list)  # 印发以后这一期又变过的公文

    @property
    def css(self) -> str:
        """状态标签的颜色：开放绿，未开放空心，关闭了的没有色。"""
        return {"open": "tag-g", "planned": "tag-o"}.get(self.period.status, "")

    @property
    def can_unopen(self) -> bool:
        """可以撤回开放，且还没有部室动过。"""
        touched = self.reporting.reported or self.reporting.draft or self.reporting.returned
        return "unopen_period" in self.actions and not touched

    @property
    def items_url(self) -> str:
        """这一期的项次清单。"""
        return part_figures.url(self.period)


def rows(
    plan: Plan | None, user: User, *, extend: PeriodExtendForm | None = None, reopen: ReasonForm | None = None
) -> list[PeriodListRow]:
    """各期与报送情况；没通过核对的表单放回原处。"""
    if plan is None:
        return []
    periods = list(plan.periods.order_by("starts_on"))
    counts = reporting_of(periods)
    marked = Holiday.objects.marked(period.due_on for period in periods)
    issued, overtaken = list(plan.circulars.standing().light()), list(plan.circulars.overtaken().light())
    return [
        PeriodListRow(
            period,
            counts.get(period.pk, Reporting()),
            workflow.allowed_actions(user, period),
            _kept(extend, period) or PeriodExtendForm(prefix=period.slug, initial={"due_on": period.due_on}),
            _kept(reopen, period) or ReasonForm(prefix=period.slug),
            _rest(period, marked),
            circulars.issued_words([one for one in issued if one.is_about(period)]),
            [(one, circulars.overtaken_words(one)) for one in overtaken if one.is_about(period)],
        )
        for period in periods
    ]


def _rest(period: ReportingPeriod, marked: timetable.Marked) -> str:
    """截止日那天休息：日期里已写着周几，不再说一遍。"""
    said = timetable.rest_words(period.due_on, marked)
    return "休息日" if said.startswith("周") else said


def due(plan: Plan, today: dt.date) -> list[Due]:
    """“今天要办”的一类：建好的各期都报完了，还有在办的，要建下一期。不然灯停在最后一期，催办却天天逾期。"""
    later = plan.periods.not_closed().filter(ends_on__gte=today)
    running = Assignment.objects.in_force().not_completed().filter(measure__plan=plan).exclude(Exists(later))
    running = running.filter(Exists(plan.periods.filter(ends_on__lt=today)))
    return [Due(running, ("pk",), ["measure__number"], _no_period)]


def _no_period(rows: list[Row]) -> Chore:
    return Chore("下一期还没有建", f"还有 {len(rows)} 项次在办，没有可以报的期", reverse("period_list"), "去建")


def made_words(made: Sequence[ReportingPeriod]) -> str:
    """建好以后说的话：建了几期；截止日休息的是哪几期。"""
    if not made:
        return "这些报送期都已经有了，没有新建。"
    marked = Holiday.objects.marked(period.due_on for period in made)
    resting = [(period, timetable.rest_words(period.due_on, marked)) for period in made]
    said = "、".join(f"{period.short_name}（{dates.short(period.due_on)}，{why}）" for period, why in resting if why)
    return f"新建了 {len(made)} 期。" + (f"截止日在休息日的：{said}。" if said else "")


def _kept(form: F | None, period: ReportingPeriod) -> F | None:
    return form if form is not None and form.prefix == period.slug else None


@dataclass
class Question:
    """做之前要问的：做了会怎样（逐句），谁还没报。没有话要问的直接做。"""

    period: ReportingPeriod
    action: str
    warnings: list[str] = field(default_factory=list)
    left: list = field(default_factory=list)

    @property
    def label(self) -> str:
        return ASKED[self.action]

    @property
    def was_due_on(self) -> dt.date | None:
        """改过截止日的，原来是哪一天；没有改过为 None。"""
        return self.period.original_due_on if self.period.due_on != self.period.original_due_on else None


def question(period: ReportingPeriod, action: str, today: dt.date) -> Question:
    """开放、关闭、撤回开放、删除之前要问的。"""
    asked = Question(period, action)
    if action == "open_period":
        asked.warnings = _before_opening(period, today)
    elif action == "close_period":
        asked.left = _left(period)
        asked.warnings = _before_closing(period, today, asked.left)
    elif action == "unopen_period":
        asked.warnings = [f"回到未开放，各项次在{period.short_name}的“未报”一并收回。"]
    else:
        asked.warnings = ["删除后，需要时可以再建。"]
    return asked


def _before_opening(period: ReportingPeriod, today: dt.date) -> list[str]:
    """开放过去的、还没到的月份，多半是点错了。"""
    due = dates.short(period.due_on)
    if period.due_on < today:
        return [
            f"这一期的截止日 {due} 已过 {(today - period.due_on).days} 天，一开放，应报的各项次就都是逾期未报，灯也随之变差。"
        ]
    if period.starts_on > today:
        wait = (period.starts_on - today).days
        return [
            f"{period.short_name}还有 {wait} 天才开始，离截止日 {due} 还有 {(period.due_on - today).days} 天。"
            f"一开放，各{organisation.unit()}就都有{period.short_name}的报送要填；总览到{period.short_name}才改看这一期。"
        ]
    return []


def _before_closing(period: ReportingPeriod, today: dt.date, left: list) -> list[str]:
    """关早了、还有没报的，部室就再也报不了。"""
    found = []
    if today <= period.due_on:
        days = (period.due_on - today).days
        found.append(f"截止日 {dates.short(period.due_on)} 还没有过（{f'还有 {days} 天' if days else '就是今天'}）。")
    if left:
        found.append(organisation.worded("下面各部室还没有报的、退回还没有重报的，关闭以后就不能再报了。"))
    return found


def _left(period: ReportingPeriod) -> list[tuple]:
    """还没有报的、退回待改的，按部室：[(部室, 未报, 退回)]。"""
    progress = Progress.objects.in_force_in(period).filter(corrects=None)
    counts = reporting_by(progress, "assignment__department")
    departments = Department.objects.filter(pk__in=counts)
    found = [(d, counts[d.pk].unreported, counts[d.pk].returned) for d in departments]
    return [row for row in found if row[1] or row[2]]


# ── 填报人首页 ──


def over_words(period: ReportingPeriod, today: dt.date, left: int, has_reported: bool) -> str:
    """截止日后面说的：已关闭；过了截止日而没有要报的了，不再说记为补报。还在报的没有话。`left` 是还要动手的几项。"""
    if period.is_closed:
        return "已关闭"
    if left or period.due_on >= today:
        return ""
    return "已报完" if has_reported else "没有要报的"


@dataclass(frozen=True)
class DeskPeriod:
    """首页说的一期：几时截止，本部室应报几项、已报几项、还差几项。几期同时开放的各有一份。"""

    period: ReportingPeriod
    reporting: Reporting
    today: dt.date

    @property
    def left(self) -> int:
        """还要动手的：没有报的与退回的。已关闭的报不上了，一项也没有。"""
        return 0 if self.period.is_closed else self.reporting.unreported + self.reporting.returned

    @property
    def missed(self) -> str:
        """关闭时还欠着的，用话说：没有报的几项，退回了没有重报的几项（不是没有报）。没有的、还没有关闭的为空。"""
        r = self.reporting
        said = ((r.unreported, "没有报"), (r.returned, "退回后没有重报"))
        return "、".join(f"{n} 项{what}" for n, what in said if n) if self.period.is_closed else ""

    @property
    def days_left(self) -> int:
        return (self.period.due_on - self.today).days

    @property
    def over(self) -> str:
        return over_words(self.period, self.today, self.left, bool(self.reporting.reported))

    @property
    def overdue_days(self) -> int:
        return -self.days_left

    @property
    def stack(self) -> list[tuple[str, int]]:
        """进度条：已通过、待审核、其余。"""
        r = self.reporting
        return [("g", r.approved), ("b", r.submitted), ("bg", r.owed - r.reported)]
