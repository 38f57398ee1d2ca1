"""首页（我的任务）：一个部室此刻还欠什么、报了什么、灯怎样。"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import cast

from django.db.models import Case, Count, Exists, OuterRef, QuerySet, When
from django.urls import reverse

from departments import organisation
from departments.models import Acting, Department, User
from yingshang import dates, prepared

from ..figures import owed as owed_figures
from ..figures import reporting as reporting_figures
from ..figures.earlier import last_reports
from ..figures.ledger import Ledger, current_of, opened_periods
from ..figures.owed import OwedItem
from ..figures.presence import present
from ..figures.problem import ProblemRow
from ..figures.reporting import Reporting
from ..forms import ProgressForm
from ..models import (
    Assignment,
    EffectNote,
    Measure,
    Plan,
    PlanRevision,
    Progress,
    Reminder,
    ReportingPeriod,
)
from ..models.completion import EffectNoteQuerySet
from ..models.measure import MeasureQuerySet
from ..models.plan import standpoint
from ..models.progress import ProgressQuerySet
from ..rules import lights
from . import acting as acting_pages
from . import assignment as assignment_pages
from . import completion as completion_pages
from . import cooperation as cooperation_pages
from . import coordination as coordination_pages
from . import instruction as instruction_pages
from . import joint as joint_pages
from . import problem as problem_pages
from . import reminder as reminder_pages
from .period import DeskPeriod
from .progress import Task, first_owed, owed_by, report_form, rooms, with_form_parts
from .revision import changed_words, unsigned_for, waiting_receipt

# 要报的、已报的最多列几项，其中头几项就地填（后面的点进去再填）；别的一份方案里的最多列几件。
MOST, IN_PLACE, ELSEWHERE = 40, 10, 10
# 旁边的一栏（临近时限、到期回看）列前几件。
ASIDE = 12


def reported_by(department: Department) -> ProgressQuerySet:
    """这个部室在开放中的各期已报的。"""
    mine = Progress.objects.in_open_periods().filter(assignment__department=department)
    return mine.of_current_plan().in_force().reported()


def _done(department: Department) -> list[Progress]:
    """已报的前几条，连同首页要显示的；新的一期在前。"""

    def build(room: int) -> ProgressQuerySet:
        rows = reported_by(Department(pk=room)).with_corrections().select_related("assignment__measure", "period")
        return rows.order_by("-period__starts_on", "assignment__measure__position")[:MOST]

    return prepared.rows(("done", standpoint()), build, department.pk)


@dataclass(frozen=True)
class OwedLink:
    """别的方案里的一件：叫什么、什么时候、去哪里办。"""

    name: str
    words: str
    url: str
    day: dt.date
    is_late: bool = False


@dataclass(frozen=True)
class PlanOwed:
    """别的一份方案里本部室要办的：期限早的在前，只列前几件。"""

    plan: Plan
    links: list[OwedLink]
    count: int

    @property
    def more(self) -> int:
        """没有列出来的还有几件。"""
        return self.count - len(self.links)


@dataclass(frozen=True)
class Aside:
    """旁边一栏里的各件：列前几件，多出来的只说有几件。"""

    every: Sequence

    @property
    def rows(self) -> Sequence:
        return self.every[:ASIDE]

    @property
    def more(self) -> int:
        return max(len(self.every) - ASIDE, 0)


@dataclass
class Desk:
    """一个部室的桌面：还欠什么、报了什么、灯怎样。`period` 是灯与汇总所说的那一期，`periods` 是要报的各期（早的在前）。"""

    department: Department
    period: ReportingPeriod | None
    periods: list[DeskPeriod]
    today: dt.date
    tasks: list[Task]
    done: list[Progress]
    ledger: Ledger
    owed: int
    on_time: tuple[int, int]
    unsigned: PlanRevision | None
    was_urged: bool
    changed: str
    instructions: list[instruction_pages.Shown]
    problems: list[ProblemRow]
    asked: list[coordination_pages.CoordinationRow]
    asking: list[coordination_pages.CoordinationRow]
    summaries_due: list[joint_pages.Due] = field(default_factory=list)
    follow_ups: list[EffectNote] = field(default_factory=list)
    put_back: list[Task] = field(default_factory=list)
    elsewhere: list[PlanOwed] = field(default_factory=list)
    rooms: list[acting_pages.RoomOwed] = field(default_factory=list)
    helping: list[cooperation_pages.CooperationRow] = field(default_factory=list)

    @property
    def title(self) -> str:
        """页面的标题：哪一期还有几项要报；几期都欠的逐期说。"""
        if not self.periods:
            return "还没有开放报送"
        owing = [each for each in self.periods if each.left]
        if not owing:
            return f"{self.months}已关闭，{self.missed}" if self.missed else f"{self.months}已全部报完"
        if len(owing) == 1:
            return f"{owing[0].period.short_name}还有 {self.owed} 项要报"
        return f"还有 {self.owed} 项要报：{self._each((p.period, p.left) for p in owing)}"

    @property
    def missed(self) -> str:
        """说的那一期已经关闭的，关闭时还欠着几项。"""
        return "、".join(filter(None, (each.missed for each in self.periods)))

    @property
    def nothing_left(self) -> str:
        """一项也不用报时说的话。"""
        if self.period is None:
            return "办公室还没有开放报送期。开放后，要报的举措会列在这里。"
        if self.missed:
            return f"{self.months}关闭时有 {self.missed}。要补报的，请联系办公室重新开放{self.months}。"
        return "要报的都报完了。下一期开放后会列在这里。"

    @property
    def nothing_icon(self) -> str:
        """全报完了的打勾。"""
        return "check" if self.period and not self.missed else ""

    @property
    def months(self) -> str:
        """要报的各期：9月、10月。"""
        return "、".join(each.period.short_name for each in self.periods)

    @property
    def are_several(self) -> bool:
        """几期同时要报：每一行都写明是哪一期的。"""
        return len(self.periods) > 1

    @property
    def done_count(self) -> int:
        return sum(each.reporting.reported for each in self.periods)

    @property
    def done_words(self) -> str:
        """已报的是哪一期的；几期同时开放的，各报了几项。"""
        if self.are_several:
            return "已报：" + self._each((each.period, each.reporting.reported) for each in self.periods)
        return f"{self.months}已报"

    @staticmethod
    def _each(counted: Iterable[tuple[ReportingPeriod, int]]) -> str:
        return "、".join(f"{period.short_name} {n} 项" for period, n in counted)

    @property
    def owing(self) -> list[Task]:
        """应报而没有报的（不含更正稿：原来那条仍然有效，更正不是欠账）。"""
        return [task for task in self.tasks if not task.progress.corrects_id]

    @property
    def can_report_together(self) -> bool:
        """要报的不止一项，可以在一页上一次报完。"""
        return self.owed > 1

    @property
    def more(self) -> int:
        """这一页没有列出来的还有几项要报；办完一项补上一项。"""
        return self.owed - len(self.owing)

    @property
    def corrections(self) -> list[Task]:
        """没有交的更正稿。"""
        return [task for task in self.tasks if task.progress.corrects_id]

    @property
    def besides(self) -> list[tuple[str, str]]:
        """报送之外还有什么要办：（页内锚点, 一句话）；除签收以外，导航上的待办数是它们与待报的合计。"""
        replies = [item for item in self.instructions if item.can_reply]
        urgent = "（有急办）" if any(item.instruction.is_urgent for item in replies) else ""
        counted = (
            ("h-ins", len(replies), f"条批示待回复{urgent}"),
            ("h-asked", len(self.asked), organisation.worded("件请本部室协调")),
            ("h-help", self.to_help, "份配合情况要报"),
            ("h-sum", len(self.summaries_due), "份汇总没有写"),
            ("h-cor", len(self.corrections), "份更正稿没有交"),
            ("h-fol", len(self.follow_ups), "件办结到期回看"),
            ("h-else", sum(each.count for each in self.elsewhere), "件在别的方案里"),
        )
        words = [(anchor, f"{n} {what}") for anchor, n, what in counted if n]
        return words + ([("h-sign", "方案待签收")] if self.unsigned else [])

    @property
    def to_help(self) -> int:
        """请本部室报的配合情况里还没有报的。"""
        return sum(row.asked.answered_at is None for row in self.helping)

    @cached_property
    def outstanding(self) -> list:
        """欠着的各件：没有报的、临近或已过时限的、逾期的问题。没有催过的，只要临近时限的一种。"""
        kinds = owed_figures.ORDER if self.was_urged else (owed_figures.DUE,)
        which = {"department": self.department, "kinds": kinds, "with_counts": False}
        return owed_figures.items(self.ledger.plan, self.today, **which)

    @cached_property
    def notice(self) -> reminder_pages.Notice | None:
        """办公室提醒：最近一次催办里还没有办的。"""
        return self.was_urged and reminder_pages.notice(self.ledger.plan, self.department, self.outstanding) or None

    @cached_property
    def pressing(self) -> list:
        """临近或已过时限的，可以申请延期。"""
        return assignment_pages.pressing(self.outstanding)

    @property
    def pressing_aside(self) -> Aside:
        """旁边列出来的“临近时限”。"""
        return Aside(self.pressing)

    @property
    def follow_ups_aside(self) -> Aside:
        """旁边列出来的“到期回看”。"""
        return Aside(self.follow_ups)

    @property
    def lights(self) -> list[tuple[str, str, int]]:
        """本部室各项次的灯。"""
        mine: Counter[str] = Counter()
        for level, *_, n in self._lit:
            mine[level] += n
        return [(level, label, mine[level]) for level, label in lights.LABELS.items() if level in mine]

    @property
    def exempt(self) -> int:
        """有灯而本期不用报的（办结了的等）：各灯的项次比应报多出来的。"""
        return sum(n for _, is_owed, _, n in self._lit if not is_owed)

    @property
    def undue(self) -> int:
        """绿灯里一次也没有报过、还没有到报送截止的。"""
        return sum(n for _, _, is_undue, n in self._lit if is_undue)

    @cached_property
    def _lit(self) -> list[tuple[str, bool, bool, int]]:
        """本部室各项次按（灯，本期要不要报，是不是暂时的绿灯）分组，各几项次。"""
        if self.period is None:
            return []
        in_force = Progress.objects.in_force_in(self.period)

        def build(room: int) -> QuerySet:
            led = Assignment.objects.in_force().filter(department=room, measure__plan=self.ledger.plan)
            rows = Ledger(self.ledger.plan, self.period, self.today).part_stands.filter(assignment__in=led)
            mine = in_force.filter(assignment__department=room)  # 只在本部室的里面找：不写明，要把全部的先列一遍
            owed = Exists(mine.filter(assignment=OuterRef("assignment")))
            undue = Case(When(self.ledger.is_undue(of_parts=True), then=True), default=False)
            rows = rows.order_by().annotate(is_owed=owed, is_undue=undue)
            return rows.values_list("level", "is_owed", "is_undue").annotate(n=Count("pk"))

        ask = lambda: prepared.rows(("lit", self.ledger.key), build, self.department.pk)  # noqa: E731
        return organisation.remembered(f"lit:{self.department.pk}:{self.period.pk}:{self.today}", ask)


def period_to_report(opened: Sequence[ReportingPeriod], today: dt.date) -> ReportingPeriod | None:
    """填报人首页说的是哪一期：今天所在的；它已关闭而另有开放着的（如关早了、下一期开早了），说开放着的那一期。"""
    current = current_of(opened, today)
    if current is None or current.is_open:
        return current
    return next((period for period in opened if period.is_open), current)


def desk(
    user: User, today: dt.date, *, bound: dict[int, ProgressForm] | None = None, opened: int | None = None
) -> Desk:
    """填报人的首页。`bound` 是刚才没交成的表单（按报送编号），原样放回；`opened` 是要展开的那条。"""
    plan, department = Plan.objects.current(), cast(Department, user.serving)  # 填报人必属于一个部室，库里有约束
    periods = opened_periods(plan)
    period = period_to_report(periods, today)
    ledger = Ledger(plan, period, today, opened=periods)
    tasks = _tasks(_first(department, opened), ledger, bound or {}, opened)
    there = _there_is(plan, user, today)
    unsigned = waiting_receipt(department) if "unsigned" in there else None
    done = _done(department) if "done" in there else []
    counts = reporting_figures.reporting_by_period(plan, department)
    wanted = [p for p in periods if p.is_open] or [p for p in periods if p == period]
    shown = [DeskPeriod(p, counts.get(p.pk, Reporting()), today) for p in wanted]
    return Desk(
        department,
        period,
        shown,
        today,
        tasks,
        done,
        ledger,
        sum(each.left for each in shown),
        on_time(counts[p.pk] for p in periods if p.is_over(today) and p.pk in counts),
        unsigned,
        "urged" in there,
        changed_words(department, unsigned),
        instruction_pages.for_department(user) if "said" in there else [],
        problems=problem_pages.of_department(department, today) if "problems" in there else [],
        asked=coordination_pages.asked_of(department, today) if "asked" in there else [],
        asking=coordination_pages.asked_by(department, today) if "asking" in there else [],
        summaries_due=joint_pages.due_from(department, plan, period, today) if "summaries" in there else [],
        follow_ups=completion_pages.to_follow_up(department, today) if "follow_ups" in there else [],
        elsewhere=elsewhere(plan, department, today) if plan and there & {"others", "seen_again"} else [],
        helping=cooperation_pages.for_department(user, department, today) if "helping" in there else [],
        rooms=acting_pages.owed_elsewhere(user, today) if user.acting or "actings" in there else [],
    )


def _tasks(owed: list[Progress], ledger: Ledger, bound: dict[int, ProgressForm], opened: int | None) -> list[Task]:
    """要报的各行。表单只给头几项、展开着的、没有交成的：收着的看不到，几十张一起排要占半页多的工夫。"""
    open_ones = {opened, *bound}
    in_place = [row for n, row in enumerate(owed) if n < IN_PLACE or row.pk in open_ones]
    with_form_parts(in_place)
    last, lit, others = last_reports(owed), lights_of(owed, ledger), rooms() if owed else []
    tasks = []
    for row in owed:
        row.assignment.measure.plan = ledger.plan  # 有待报的，就有现行方案
        before = last.get(row.pk)
        form = bound.get(row.pk) or (report_form(row, before, others) if row in in_place else None)
        light = lit.get((row.assignment_id, row.period_id))
        tasks.append(Task(row, before, light, form, row.pk in open_ones, ledger.today))
    return tasks


def elsewhere(plan: Plan, department: Department, today: dt.date) -> list[PlanOwed]:
    """别的方案里本部室要办的，按方案分，最早到期的方案在前：在办（收尾）的欠着的，和办结以后到期回看的（归档了的也在内）。"""
    plans = {each.pk: each for each in Plan.objects.in_force().exclude(pk=plan.pk)}
    running = [each for each in plans.values() if not each.archived_at]
    found: dict[int, list[OwedLink]] = {}
    for item in owed_figures.items_in(running, today, department=department, with_counts=False):
        found.setdefault(cast(int, item.plan_id), []).append(_owed_link(plans[cast(int, item.plan_id)], item))
    for note in seen_again(plan, department, today).select_related("completion__assignment__measure"):
        measure = note.completion.assignment.measure
        url, on = plans[measure.plan_id].url_in(measure.url), cast(dt.date, note.follow_up_on)
        link = OwedLink(f"第{measure.number}项《{measure.title}》", f"约定{dates.short(on)}回看实际效果", url, on)
        found.setdefault(measure.plan_id, []).append(link)
    listed = [(plans[pk], sorted(links, key=lambda link: link.day)) for pk, links in found.items()]
    listed.sort(key=lambda each: (each[1][0].day, each[0].pk))
    return [PlanOwed(each, links[:ELSEWHERE], len(links)) for each, links in listed]


def seen_again(plan: Plan | int, department: Department, today: dt.date) -> EffectNoteQuerySet:
    """别的方案里到期回看的。"""
    mine = EffectNote.objects.due(today).filter(completion__assignment__department=department)
    return mine.exclude(completion__assignment__measure__plan=plan)


def _owed_link(plan: Plan, item: OwedItem) -> OwedLink:
    """欠着的一件：9月未报，9月25日截止，还有 3 天；去那份方案的哪里办。"""
    where = {
        owed_figures.REPORT: lambda: reverse("progress_report", args=[item.pk]),
        owed_figures.INSTRUCTION: lambda: reverse("instruction_reply", args=[item.pk]),
        owed_figures.PROBLEM: lambda: reverse("problem_detail", args=[item.pk]),
        owed_figures.COOPERATION: lambda: reverse("cooperation_report", args=[item.pk]),
        owed_figures.COORDINATION: lambda: f"{reverse('home')}#h-asked",
    }
    words = f"{item.state if item.is_undated else item.limit}，{item.timing}"
    if item.period:
        words = f"{item.period.short_name}{item.state}，{dates.short(item.due_on)}截止，{item.timing}"
    url = plan.url_in(where.get(item.kind, lambda: cast(Measure, item.measure).url)())
    return OwedLink(item.name, words, url, item.due_on, item.is_late)


def lights_of(owed: list[Progress], ledger: Ledger) -> dict[tuple[int, int], lights.Light]:
    """（项次，期）→ 那一期的灯：几期同时开放的，灯与序时各看各的。`ledger` 是页面所说那一期的。"""
    found: dict[tuple[int, int], lights.Light] = {}
    for period in dict.fromkeys(row.period for row in owed):
        mine = {row.assignment.measure_id: row.assignment.measure for row in owed if row.period == period}
        book = Ledger(ledger.plan, period, ledger.today, these=list(mine), opened=ledger.opened)
        book.measures = sorted(mine.values(), key=lambda m: (m.position, m.pk))  # 刚取来的，不再取一遍
        found |= {(p.assignment.pk, period.pk): p.light for line in book.lines for p in line.parts}
    return found


def _there_is(plan: Plan | None, user: User, today: dt.date) -> set[str]:
    """不是天天都有的几样，一次问清有哪几样：没有的就不去取。"""
    if plan is None:
        return set()
    on_desk: dict[str, Callable[[Department], QuerySet]] = {
        "done": reported_by,
        "unsigned": unsigned_for,
        "said": instruction_pages.awaiting,
        "problems": problem_pages.held_by,
        "asked": coordination_pages.waiting_for,
        "helping": cooperation_pages.asked_of,
        "asking": coordination_pages.sent_by,
        "summaries": joint_pages.awaited,
        "follow_ups": lambda room: completion_pages.follow_ups(today, room),
    }
    rows: dict[str, Callable[..., QuerySet]] = {
        name: lambda plan, room, user, found=found: found(Department(pk=room)) for name, found in on_desk.items()
    }
    rows["urged"] = lambda plan, room, user: Reminder.objects.filter(plan=plan, department=room)
    rows["seen_again"] = lambda plan, room, user: seen_again(plan, Department(pk=room), today)
    rows["actings"] = lambda plan, room, user: Acting.objects.of(User(pk=user), today)
    rows["others"] = lambda plan, room, user: Plan.objects.running().exclude(pk=plan)
    one = lambda plan, *_: Plan.objects.filter(pk=plan)  # noqa: E731
    return present(("home", standpoint(), today), one, rows, plan.pk, cast(int, user.serving_id), user.pk)


def _first(department: Department, opened: int | None) -> list[Progress]:
    """最先要办的一页，和指名要展开的那一条。"""
    found = first_owed(department, MOST)
    if opened and all(row.pk != opened for row in found):
        found += owed_by(department).filter(pk=opened)
    return found


def measures_of(plan: Plan | None, department: Department) -> MeasureQuerySet:
    """这个部室牵头的现行举措。"""
    return Measure.objects.in_force().assigned_to(department).filter(plan=plan)


def on_time(over: Iterable[Reporting]) -> tuple[int, int]:
    """报送到头的各期（`ReportingPeriod.is_over`）里，全部按时报送的期数与总期数（没有应报的期不计）。"""
    owing = [counts for counts in over if counts.owed]
    return sum(counts.owed == counts.on_time for counts in owing), len(owing)
