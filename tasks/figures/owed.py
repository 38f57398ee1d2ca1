"""还欠着什么：没有报的、临近或已过时限的举措、逾期的节点与问题、没有回复的批示、没有答复的协调事项、没有报的配合情况。

催办与首页提醒都读这里。已报送或通过的、已办结的、方案修订后不再牵头的不算；批准延期的按新时限算；
已申请办结、已申请销号、已报节点完成的在等办公室，不算部室欠着；申请了延期的仍欠着，但批复之前不催。查询数与条数无关。
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce
from django.utils import timezone

from departments.models import Department
from yingshang import dates, prepared

from ..models import (
    Assignment,
    CompletionRequest,
    Cooperation,
    CoordinationRequest,
    Event,
    Extension,
    Instruction,
    InstructionReply,
    Measure,
    Milestone,
    Plan,
    Problem,
    Progress,
    ReportingPeriod,
)
from ..models.assignment import AssignmentQuerySet, is_completed
from ..models.cooperation import CooperationQuerySet
from ..models.coordination import CoordinationQuerySet
from ..models.milestone import MilestoneQuerySet
from ..models.problem import ProblemQuerySet
from ..models.progress import ProgressQuerySet
from .presence import present
from .within import Within

INSTRUCTION, REPORT, DUE = "instruction", "report", "due"
MILESTONE, PROBLEM, COORDINATION, COOPERATION = "milestone", "problem", "coordination", "cooperation"
# 催办里的次序。
ORDER = (INSTRUCTION, REPORT, DUE, MILESTONE, PROBLEM, COORDINATION, COOPERATION)
# 没有期限、从提出那天数起的两种；满这么多天没有回音，办公室要过问（方案没有规定，这是我们定的）。
UNDATED = {INSTRUCTION: "没有回复", COORDINATION: "没有答复"}
SLOW_DAYS = 7
RETURNED = "已退回、待修改"
FEW = 500  # 至多几项举措写进问句
Plans: TypeAlias = Sequence[Plan]  # 看哪几份方案的
# 催办记录的动作名：每催一件事记一条，“催过几次”据此数出。
ACTION = "remind"


@dataclass(frozen=True)
class OwedItem:
    """一个部室欠着的一件事。没有期限的（协调、没有写期限的批示）`due_on` 是提出那天；写了期限的批示 `has_term` 为真。"""

    kind: str
    pk: int
    department: Department
    due_on: dt.date
    today: dt.date
    number: str
    title: str
    state: str
    measure: Measure | None = None
    assignment: Assignment | None = None
    period: ReportingPeriod | None = None
    problem: Problem | None = None
    urged: int = 0
    urged_on: dt.date | None = None
    is_urgent: bool = False
    waits_for_office: bool = False
    has_term: bool = False
    of_plan: int | None = None  # 举措、问题上看不出方案的（举措以外的批示）

    @property
    def key(self) -> str:
        """勾选框的值。一条批示交几个部室的，各是一件。"""
        return f"{self.kind}-{self.pk}" + (f"-{self.department.pk}" if self.kind == INSTRUCTION else "")

    @property
    def tag(self) -> str | None:
        """操作记录里没有自己一栏的几种（批示、节点、协调、配合），记在“前后值”里的名字。"""
        return self.key if self.kind in (INSTRUCTION, MILESTONE, COORDINATION, COOPERATION) else None

    @property
    def matter(self) -> tuple[int | None, int | None, int | None, str | None]:
        """催办记录里怎样认出是这件事：（项次，报送期，问题，名字）。"""
        return (
            self.assignment.pk if self.assignment else None,
            self.period.pk if self.period else None,
            self.problem.pk if self.problem else None,
            self.tag,
        )

    @property
    def is_pressing(self) -> bool:
        """催办页上默认勾不勾：今天催过的不勾；没有期限的，急办的、过了几天没有回音的才勾。"""
        if self.urged_on == self.today:
            return False
        return not self.is_undated or self.is_urgent or -self.days_left > SLOW_DAYS

    @property
    def is_undated(self) -> bool:
        """没有期限，从提出那天数起的。"""
        return self.kind in UNDATED and not self.has_term

    @property
    def plan_id(self) -> int | None:
        """哪份方案的（编号）。"""
        of = self.problem or self.measure
        return of.plan_id if of else self.of_plan

    @property
    def days_left(self) -> int:
        return (self.due_on - self.today).days

    @property
    def is_late(self) -> bool:
        """逾期。按时报过、退回待改的不算逾期；没有期限的无所谓逾期。"""
        return self.days_left < 0 and self.state != RETURNED and not self.is_undated

    @property
    def timing(self) -> str:
        """还有 3 天、今天截止、已逾期 2 天；没有期限的，已 5 天没有回复。"""
        if self.is_undated:
            said = UNDATED[self.kind]
            return f"已 {-self.days_left} 天{said}" if self.days_left else f"今天提出，还{said}"
        if self.days_left == 0:
            return "今天截止"
        if self.days_left > 0:
            return f"还有 {self.days_left} 天"
        return f"{'已逾期' if self.is_late else '截止日已过'} {-self.days_left} 天"

    @property
    def name(self) -> str:
        """第7项《推行线上线下联动服务》；问题写编号。"""
        return f"{self.number}《{self.title}》"

    @property
    def sentence(self) -> str:
        """记在办理过程里的一句话。"""
        what = {
            REPORT: f"{self.period.short_name if self.period else ''}进展{self.state}，截止",
            DUE: "尚未办结，时限",
            MILESTONE: f"{self.state}尚未完成，时限",
            PROBLEM: "尚未销号，整改期限",
            COOPERATION: f"{self.state}，截止",
        } | ({INSTRUCTION: f"{self.state}，办理期限"} if self.has_term else {})
        return f"{what.get(self.kind, self.state)} {dates.short(self.due_on)}，{self.timing}。"

    @property
    def limit(self) -> str:
        """催办语里说期限的几个字。"""
        words = {DUE: "时限", MILESTONE: f"{self.state}，时限", PROBLEM: "整改期限"}
        words |= {COOPERATION: f"{self.state}，截止"}
        words |= {INSTRUCTION: f"{self.state}，办理期限"} if self.has_term else {}
        return f"{words.get(self.kind, self.state)} {dates.short(self.due_on)}"


def matters(events: QuerySet[Event]) -> QuerySet[Event]:
    """催办记录里所催的各件（OwedItem.matter），带部室与时间：values_list("department", "at", *MATTER)。"""
    return events.filter(action=ACTION).annotate(tag=KT("data__item"))


MATTER = ("assignment", "period", "problem", "tag")
UNREAD = ("text", "cooperating", "section", "deadline", "aims", "source_note")  # 举措里只是列出来时用不着的


def items_in(
    plans: Plans,
    today: dt.date,
    *,
    department: Department | None = None,
    departments: Iterable[Department] | None = None,
    measures: Collection[int] | None = None,
    kinds: Collection[str] = ORDER,
    with_counts: bool = True,
    ahead: int = 0,
) -> list[OwedItem]:
    """几份方案里欠着的，按部室、再按种类、期限排；问几次库与几份方案无关。

    `department`、`departments` 只看这一个、这几个部室的，`measures` 只看这几项举措（编号）上的，`kinds` 只看这几种（别的不读）；
    不说催过几次的不数（`with_counts`）。节点、问题过了期限才欠着；`ahead` 连往后这几天里到期的也列（每周一页）。
    """
    if not plans:
        return []
    asked = [department] if department is not None else departments
    rooms = None if asked is None else tuple(sorted({found.pk for found in asked}))
    only = Within(rooms, None if measures is None else tuple(sorted(measures)), ahead)
    there = _there(plans, today, only, kinds) if len(kinds) > 1 else kinds
    found = [item for kind in ORDER if kind in there for item in KINDS[kind](plans, today, only)]
    if found and with_counts and (counts := _urged(plans, only)):
        found = [_with_count(item, counts) for item in found]
    return sorted(found, key=lambda i: (i.department.order, i.department.pk, ORDER.index(i.kind), i.due_on))


def items(plan: Plan | None, today: dt.date, **which: Any) -> list[OwedItem]:
    """一个方案里欠着的；余同 `items_in`。"""
    return items_in([plan] if plan else [], today, **which)


def _there(plans: Plans, today: dt.date, only: Within, kinds: Collection[str]) -> set[str]:
    """这几种里有的，一次问清：没有的就不去取。"""

    def rows_of(kind: str) -> Callable[..., QuerySet]:
        rows, *paths = ROWS[kind]
        return lambda _, *pks: only.given(pks).of(rows(plans, today, only.until(today)), *paths)

    one = lambda pk, *_: Plan.objects.filter(pk=pk)  # noqa: E731
    key, asked = ("owed", _key(plans, today, only)), {kind: rows_of(kind) for kind in kinds}
    return present(key, one, asked, plans[0].pk, *only.values)


def _key(plans: Plans, today: dt.date, only: Within) -> tuple:
    """看哪几份方案、哪天、是不是只看一部分（哪一部分，是换上的值）。"""
    return tuple((plan.pk, plan.soon_days) for plan in plans), today, only.shape


def _asked(
    kind: str, plans: Plans, today: dt.date, only: Within, related: Sequence[str], order: Sequence[str]
) -> list[Any]:
    """这一种欠着的各行，照 `order` 排好，连同要显示的 `related`。"""
    rows, *paths = ROWS[kind]

    def build(*pks: int) -> QuerySet:
        found = only.given(pks).of(rows(plans, today, only.until(today)), *paths)
        if kind == INSTRUCTION:  # 批示 × 部室 → 批示
            found = Instruction.objects.filter(pk__in=found.values("instruction"))
            found = found.prefetch_related("departments", "replies")
        unread = [f"{one}__{name}" for one in related if one.endswith("measure") for name in UNREAD]
        return found.select_related(*related).order_by(*order).defer(*unread)

    return prepared.rows(("owed rows", kind, _key(plans, today, only)), build, *only.values)


def to_urge(plan: Plan | None, today: dt.date, **which: Any) -> list[OwedItem]:
    """该催的：欠着的里面，去掉在等办公室批复的；余同 `items`。"""
    return [item for item in items(plan, today, **which) if not item.waits_for_office]


def to_urge_on(
    plan: Plan | None, today: dt.date, measures: Collection[int], *, with_others: bool = False, **which: Any
) -> list[OwedItem]:
    """该催的里面，这几项举措（编号）上的；`with_others` 连不在哪一项里的。项数多的不一项项写进问句，取来再挑。"""
    wanted = set(measures)
    found = to_urge(plan, today, measures=None if with_others or len(wanted) > FEW else wanted, **which)
    return [item for item in found if (item.measure.pk in wanted if item.measure else with_others)]


def urge_counts(plan: Plan | None, today: dt.date) -> list[tuple[Department, int]]:
    """该催的各部室各几件（没有的不在内）：只数不读，一句 SQL。与 `to_urge` 数出来的处处相符。"""
    if plan is None:
        return []
    until = Within().until(today)
    by_kind = {kind: (rows([plan], today, until), room) for kind, (rows, room, _) in ROWS.items()}
    by_kind[DUE] = (by_kind[DUE][0].filter(is_asking=False), by_kind[DUE][1])
    first, *others = [rows.order_by().values_list(path).annotate(n=Count("pk")) for rows, path in by_kind.values()]
    totals: Counter[int] = Counter()
    for room, n in first.union(*others, all=True):
        totals[room] += n
    return [(room, totals[room.pk]) for room in Department.objects.filter(pk__in=totals).order_by("order", "pk")]


def owing_periods(plan: Plan | None) -> list[ReportingPeriod]:
    """还有项次没有报的各期，早的在前。"""
    if plan is None:
        return []
    owing = _report_rows([plan]).filter(period=OuterRef("pk"))
    return list(plan.periods.still_open().filter(Exists(owing)).order_by("starts_on"))


def by_department(found: Iterable[OwedItem]) -> list[tuple[Department, list[OwedItem]]]:
    """按部室分组：[(部室, [事, …])]，次序不变。"""
    groups: dict[Department, list[OwedItem]] = {}
    for item in found:
        groups.setdefault(item.department, []).append(item)
    return list(groups.items())


def _on(measure: Measure) -> dict[str, Any]:
    """一项举措上的：序号、名称、举措。"""
    return {"number": f"第{measure.number}项", "title": measure.title, "measure": measure}


def _report_rows(plans: Plans) -> ProgressQuerySet:
    """开放中的各期里还没有报的；更正稿不算应报。

    算数的（in_force）更正稿只有已通过的，不在 to_act_on 里，所以不用再写一遍“不是更正稿”：写了，SQLite 就放着
    （报送期，状态）的索引不用，把历期的全部报送看一遍。
    """
    return (
        Progress.objects.in_force_now()
        .to_act_on()
        .in_open_periods()
        .filter(period__plan__in=plans)
        .exclude(is_completed("assignment"))
        .defer("text", "problems", "coordination", "next_steps", "decline_reason", "return_reason")
    )


def _reports(plans: Plans, today: dt.date, only: Within) -> Iterator[OwedItem]:
    related = ("assignment__measure", "assignment__department", "period")
    order = ("period__starts_on", "assignment__measure__position", "pk")
    for row in _asked(REPORT, plans, today, only, related, order):
        yield OwedItem(
            REPORT,
            row.pk,
            row.assignment.department,
            row.period.due_on,
            today,
            f"第{row.assignment.measure.number}项",
            row.assignment.measure.title,
            RETURNED if row.is_returned else "未报",
            measure=row.assignment.measure,
            assignment=row.assignment,
            period=row.period,
        )


def _due_rows(plans: Plans, today: dt.date, until: dt.date) -> AssignmentQuerySet:
    """完成时限（批准延期的按新时限）在“临近”天数之内或已过，还没有办结的；延期待批的在等办公室。"""
    asked = Extension.objects.waiting().filter(assignment=OuterRef("pk"))
    return (
        Assignment.objects.in_force()
        .not_completed()
        .filter(measure__plan__in=plans)
        .exclude(completion_requests__status=CompletionRequest.Status.REQUESTED)
        .annotate(is_asking=Exists(asked))
        .alias(present_due=Coalesce("extended_due_on", "measure__due_on"))
        .filter(_is_soon(plans, today, until))
    )


def _is_soon(plans: Plans, today: dt.date, until: dt.date) -> Q:
    """时限在各自方案的“临近”天数之内或已过，或不晚于 `until`。"""
    found, by_days = Q(), defaultdict(list)
    for plan in plans:
        by_days[plan.soon_days].append(plan.pk)
    for days, pks in by_days.items():
        found |= Q(measure__plan__in=pks, present_due__lte=max(today + dt.timedelta(days=days), until))
    return found


def _deadlines(plans: Plans, today: dt.date, only: Within) -> Iterator[OwedItem]:
    order = ("present_due", "measure__position", "order", "pk")
    for row in _asked(DUE, plans, today, only, ("measure", "department"), order):
        assert row.due_on is not None  # 没有时限的，上面的条件已经滤掉
        yield OwedItem(
            DUE,
            row.pk,
            row.department,
            row.due_on,
            today,
            f"第{row.measure.number}项",
            row.measure.title,
            "未办结",
            measure=row.measure,
            assignment=row,
            waits_for_office=row.is_asking,
        )


def _problem_rows(plans: Plans, today: dt.date, until: dt.date) -> ProblemQuerySet:
    """过了整改期限、还没有申请销号的问题。"""
    return Problem.objects.being_mended().filter(plan__in=plans, due_on__lte=until)


def _problems(plans: Plans, today: dt.date, only: Within) -> Iterator[OwedItem]:
    for row in _asked(PROBLEM, plans, today, only, ("department", "measure"), ("due_on", "number")):
        yield OwedItem(
            PROBLEM,
            row.pk,
            row.department,
            row.due_on,
            today,
            f"问题{row.number}号",
            row.title,
            "未销号",
            measure=row.measure,
            problem=row,
        )


def _milestone_rows(plans: Plans, today: dt.date, until: dt.date) -> MilestoneQuerySet:
    """过了时限、报送里还没有报完成的节点。"""
    sent = Progress.objects.waiting().filter(ticks__milestone=OuterRef("pk"))
    return (
        Milestone.objects.undone()
        .filter(assignment__measure__plan__in=plans, due_on__lte=until)
        .filter(assignment__ended_in=None, assignment__measure__retired_in=None)
        .exclude(is_completed("assignment"))
        .exclude(Exists(sent))
    )


def _milestones(plans: Plans, today: dt.date, only: Within) -> Iterator[OwedItem]:
    related = ("assignment__measure", "assignment__department")
    for row in _asked(MILESTONE, plans, today, only, related, ("due_on", "pk")):
        part, state = row.assignment, f"节点“{row.name}”"
        on = _on(part.measure) | {"assignment": part}
        yield OwedItem(MILESTONE, row.pk, part.department, row.due_on, today, state=state, **on)


def _instruction_rows(plans: Plans) -> QuerySet:
    """没有回复的批示，交给几个部室的各是一件：批示 × 还没有回复的部室。"""
    waiting = Instruction.objects.waiting().filter(plan__in=plans, measure__retired_in=None)
    replied = InstructionReply.objects.filter(instruction=OuterRef("instruction"), department=OuterRef("department"))
    return Instruction.departments.through.objects.filter(instruction__in=waiting).exclude(Exists(replied))


def _instructions(plans: Plans, today: dt.date, only: Within) -> Iterator[OwedItem]:
    for row in _asked(INSTRUCTION, plans, today, only, ("measure", "leader"), ("at", "pk")):
        for department in row.unanswered:
            if only.rooms is not None and department.pk not in only.rooms:
                continue
            yield OwedItem(
                INSTRUCTION,
                row.pk,
                department,
                row.due_on or row.day,
                today,
                f"第{row.measure.number}项" if row.measure else "",
                row.title,
                f"{row.leader}{'急办' if row.is_urgent else ''}{row.kind}",
                measure=row.measure,
                is_urgent=row.is_urgent,
                has_term=row.due_on is not None,
                of_plan=row.plan_id,
            )


def _coordination_rows(plans: Plans) -> CoordinationQuerySet:
    """别的部室请协调、没有答复的；请办公室协调的由办公室自己答复，不用催。"""
    rows = CoordinationRequest.objects.unanswered().filter(progress__assignment__measure__plan__in=plans)
    return rows.exclude(to_department=None)


def _coordination(plans: Plans, today: dt.date, only: Within) -> Iterator[OwedItem]:
    people = ("to_department", "progress__assignment__measure", "progress__assignment__department")
    for row in _asked(COORDINATION, plans, today, only, people, ("created_at", "pk")):
        assert row.to_department is not None  # 请办公室的，上面已经除外
        part, day = row.progress.assignment, timezone.localdate(row.created_at)
        state = f"{part.department}请协调"
        yield OwedItem(COORDINATION, row.pk, row.to_department, day, today, state=state, **_on(part.measure))


def _cooperation_rows(plans: Plans) -> CooperationQuerySet:
    """办公室请配合单位报、没有报的。不在应报里，只列出来、可以催。"""
    return Cooperation.objects.waiting().filter(measure__plan__in=plans)


def _cooperation(plans: Plans, today: dt.date, only: Within) -> Iterator[OwedItem]:
    related, order = ("department", "measure", "period"), ("due_on", "measure__position", "pk")
    for row in _asked(COOPERATION, plans, today, only, related, order):
        state = f"{row.period.short_name}配合情况没有报"
        yield OwedItem(COOPERATION, row.pk, row.department, row.due_on, today, state=state, **_on(row.measure))


MAKERS = (_instructions, _reports, _deadlines, _milestones, _problems, _coordination, _cooperation)
KINDS = dict(zip(ORDER, MAKERS, strict=True))
# 各种的一组行，和从那一行怎样走到部室、举措：问有没有、有几件的时候用。
ROWS: dict[str, tuple[Callable[[Plans, dt.date, dt.date], QuerySet], str, str]] = {
    REPORT: (lambda plans, *_: _report_rows(plans), "assignment__department", "assignment__measure"),
    DUE: (_due_rows, "department", "measure"),
    MILESTONE: (_milestone_rows, "assignment__department", "assignment__measure"),
    PROBLEM: (_problem_rows, "department", "measure"),
    COORDINATION: (lambda plans, *_: _coordination_rows(plans), "to_department", "progress__assignment__measure"),
    INSTRUCTION: (lambda plans, *_: _instruction_rows(plans), "department", "instruction__measure"),
    COOPERATION: (lambda plans, *_: _cooperation_rows(plans), "department", "measure"),
}


def _urged(plans: Plans, only: Within) -> dict[tuple, tuple[int, dt.date]]:
    """哪件事 →（催过几次，最近一次）。只数这几个部室的、这几项上的事；问题换了责任部室、换了举措，从前催过的仍算。"""

    def build(*pks: int) -> QuerySet:
        events, now = Event.objects.filter(plan__in=[plan.pk for plan in plans]), only.given(pks)
        if now.rooms is not None:
            own = Q(department__in=now.rooms, assignment=None, problem=None)
            own |= Q(assignment__department__in=now.rooms) | Q(problem__department__in=now.rooms)
            events = events.filter(own)
        if now.measures is not None:
            events = events.filter(Q(measure__in=now.measures) | Q(problem__measure__in=now.measures))
        return matters(events).order_by().values_list(*MATTER).annotate(times=Count("pk"), latest=Max("at"))

    rows = prepared.rows(("urged", tuple(plan.pk for plan in plans), only.shape), build, *only.values)
    return {tuple(found): (times, timezone.localdate(latest)) for *found, times, latest in rows}


def _with_count(item: OwedItem, counts: Mapping[tuple, tuple[int, dt.date]]) -> OwedItem:
    times, latest = counts.get(item.matter, (0, None))
    return replace(item, urged=times, urged_on=latest) if times else item
