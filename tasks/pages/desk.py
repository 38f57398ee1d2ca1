"""领导的“我牵头的”与部室页。"""

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import cast
from urllib.parse import urlencode

from django.db.models import Case, Count, Exists, OuterRef, QuerySet, Subquery, When
from django.urls import reverse
from django.utils import timezone

from departments import organisation
from departments.models import Department, DepartmentAlias, Leader, User
from yingshang import prepared, stamp
from yingshang.prepared import Asked

from ..figures import escalated
from ..figures.escalated import Reason
from ..figures.filters import listed
from ..figures.ledger import Ledger, current_of, opened_periods, with_leaders
from ..figures.presence import Size
from ..figures.reporting import Reporting, reporting_by_period
from ..figures.rows import Line, Part
from ..forms.desk import SCOPES
from ..models import Assignment, Measure, Plan, Progress, Reading, ReportingPeriod
from ..models.measure import MeasureQuerySet
from ..models.phrase import phrases_of
from ..models.plan import at_hand
from ..rules import lights, permissions
from . import extension as extension_pages
from . import home as home_pages
from . import instruction as instruction_pages
from . import petition as petition_pages
from . import problem as problem_pages

# 一页最多列几项，最要紧的在前；其余的到“全部举措”里看。
MOST = 60
# 头几张卡片上就有批示的表单，后面的点一下再排：六十张一模一样的表单占半页。
IN_PLACE = 10
# 部室最近写的，往前找几期。
LOOK_BACK = 6


@dataclass
class Card:
    """要过问的一项：灯与理由之外，部室最近写了什么，最近一条批示回了没有。"""

    line: Line
    held: tuple[int, int] | None
    wrote: Progress | None
    said: instruction_pages.Shown | None
    today: dt.date
    reasons: list[Reason]
    reading: Reading | None
    is_own: bool = True  # 自己批得了、阅得了的；全区里别人牵头的不是
    is_open: bool = False  # 批示的表单展开着
    say_url: str = ""  # 表单不在卡片上的，点开它的网址

    @property
    def seen(self) -> str:
        """这一项现在的样子：灯、报到哪里、批示回到哪里、为什么先看。与他按“已阅”时的一样，就不再请他看。"""
        found = [self.line.light.level]
        if self.wrote:
            found.append(f"p{self.wrote.pk}.{self.wrote.status}")
        if self.said:
            found.append(f"i{self.said.instruction.pk}.{len(self.said.replies)}")
        return ",".join([*found, *sorted({reason.kind for reason in self.reasons})])

    @property
    def is_read(self) -> bool:
        return self.reading is not None and self.reading.seen == self.seen

    @property
    def why_first(self) -> str:
        """为什么先看：连续几期红灯、谁没有回音。"""
        return "；".join(reason.words for reason in self.reasons)

    @property
    def said_words(self) -> str:
        """批示回了没有：未回复的说几天了，回复了的说谁回的、回了什么。"""
        if self.said is None:
            return ""
        if self.said.unanswered:
            days = (self.today - timezone.localdate(self.said.instruction.at)).days
            return f"未回复，{days} 天" if days else "今天批示，未回复"
        last = self.said.replies[-1]
        return f"{last.department}已回复：{last.text}"

    @property
    def wrote_words(self) -> str:
        """谁哪一期写的；还没有通过的写明：上面的进度只算通过的，没有算进它。"""
        if self.wrote is None:
            return ""
        said = f"{self.wrote.assignment.department}{self.wrote.period.short_name}写的"
        return said if self.wrote.is_approved else f"{said}（{self.wrote.get_status_display()}）"

    @property
    def is_waiting(self) -> bool:
        return bool(self.said and self.said.unanswered)


def address(came: str, number: str = "", **opened: str) -> str:
    """办完回到领导页：从全区来的（`came` 为 zone）回到全区；给了举措的序号，停在那张卡片上。`opened` 是点开了哪一项的批示。"""
    query = urlencode(({"scope": "all"} if came == "zone" else {}) | opened)
    return reverse("lead") + (f"?{query}" if query else "") + (f"#m{number}" if number else "")


def leader_desk(
    leader: Leader,
    today: dt.date,
    state: str = "",
    said: Iterable[instruction_pages.Shown] = (),
    *,
    is_whole: bool = False,
    opened_number: str = "",
) -> dict:
    """一位领导牵头的举措（`is_whole` 为真时全区的）：红黄的在前并写明理由，其余一行一项。`state` 是库的记号：没有变，可批示的举措就不再取一遍；

    `said` 是他看得到的批示，卡片上写最近的一条：不看见第一条，就会又批一条。`opened_number` 是点开了哪一项的批示。
    """
    plan = Plan.objects.current()
    opened = opened_periods(plan)
    period = current_of(opened, today)

    def chosen(pk: int) -> MeasureQuerySet:
        rows = Measure.objects.in_force().filter(plan=plan)
        return rows if is_whole else rows.led_by(Leader(pk=pk))

    asked_for = Asked(("led", is_whole), chosen, (leader.pk,))
    lines = _by_severity(plan, opened, today, asked_for, with_trails=True, with_led=True)
    name = f"{leader.pk}:{is_whole}:{at_hand()}:{today}"
    totals, undue = _totals(name, asked_for, Ledger(plan, period, today, opened=opened), lines)
    asked = partial(_asked, leader, plan, today, [line.measure.pk for line in lines])
    kept = stamp.once(f"desk:{name}", state, asked) if state else asked()
    why = kept.why(lines)
    urgent = sorted(
        (x for x in lines if x.light.is_warning or x.measure.pk in why), key=lambda x: x.measure.pk not in why
    )
    measures = [line.measure for line in lines]
    held, for_group = problem_pages.for_leader(leader, measures, today, is_whole=is_whole)
    others = instruction_pages.others_of(kept.offered, [line.measure for line in urgent])
    cards = _cards(urgent, held, said, opened, today, why, kept.readings)
    for card in cards:
        card.is_own = permissions.may_lead(leader, card.line.measure)
    unread, came = [card for card in cards if not card.is_read], "zone" if is_whole else "lead"
    for n, card in enumerate(card for card in unread if card.is_own):
        number = card.line.measure.number
        card.is_open = number == opened_number
        card.say_url = "" if n < IN_PLACE or card.is_open else address(came, number, open=number)
    return {
        "leader": leader,
        "is_whole": is_whole,
        "heading": f"全区 {totals.total()} 项" if is_whole else f"{leader}牵头 {totals.total()} 项",
        "scopes": [(key, label, (key == "all") == is_whole) for key, label in SCOPES],
        "calm_words": f"{'全区' if is_whole else '您牵头'}的举措没有红灯、黄灯。",
        "list_query": urlencode(({} if is_whole else {"lead": leader.called}) | {"sort": "light"}),
        "came_from": came,
        "period": period,
        "today": today,
        "total": totals.total(),
        "more": totals.total() - len(lines),
        "urgent": unread,
        "first": [card for card in unread if card.reasons],
        "read": [card for card in cards if card.is_read],
        "phrases": kept.phrases,
        "held": [(line, held[line.measure.pk]) for line in lines if line.measure.pk in held and line not in urgent],
        "petitions": kept.petitions,
        "for_group": for_group,
        "calm": [line for line in lines if line not in urgent],
        "others": others[: instruction_pages.MOST_OFFERED],
        "others_are_many": len(others) > instruction_pages.MOST_OFFERED,
        "undue_words": lights.until_due(totals[lights.GREEN], undue),
        "light_counts": [(level, lights.LABELS[level], totals[level]) for level in lights.SEVERITY],
    }


def _totals(name: str, led: Asked, whole: Ledger, lines: list[Line]) -> tuple[Counter[str], int]:
    """这些举措各灯几项，绿灯里暂时的几项。一页列得完的，各灯就数这一页。`name` 是谁的、哪天的：库没有变时不再数。"""

    def of(rows: MeasureQuerySet) -> Ledger:
        return Ledger(whole.plan, whole.period, whole.today, measures=rows, opened=whole.opened)

    def counted(rows: MeasureQuerySet) -> QuerySet:
        counts = {"n": Count("pk"), "undue": Count("pk", filter=of(rows).is_undue())}
        return of(rows).stands.order_by().values_list("level").annotate(**counts)

    def unjudged(rows: MeasureQuerySet) -> QuerySet:
        return rows.order_by().exclude(Exists(whole.stands.filter(measure=OuterRef("pk")))).values_list("pk", flat=True)

    found = organisation.remembered(f"lights:{name}", led.then(("lights", whole.key), counted).rows)
    undue = sum(row[-1] for row in found)
    if len(lines) < MOST:
        return Counter(line.light.level for line in lines), undue
    totals = Counter({level: n for level, n, _ in found})
    if rest := organisation.remembered(f"unjudged:{name}", led.then(("unjudged", whole.key), unjudged).rows):
        totals += of(Measure.objects.filter(pk__in=rest)).light_totals
    return totals, undue


@dataclass(frozen=True)
class Kept:
    """领导页上只随库变的几样：可批示的举措、已阅、常用语、过了日子没有回音的、等领导小组决定的请示。同一个记号下问一次。"""

    offered: list[Measure]
    readings: dict[int, Reading]
    phrases: list[str]
    unanswered: list[tuple[int, Reason]]
    petitions: list[petition_pages.PetitionRow]

    def why(self, lines: Iterable[Line]) -> dict[int, list[Reason]]:
        """举措（编号）→ 先看它的理由。"""
        return escalated.together(lines, self.unanswered)


def _asked(leader: Leader, plan: Plan | None, today: dt.date, measures: Collection[int]) -> Kept:
    readings = Reading.objects.filter(leader=leader, measure__in=measures)
    return Kept(
        instruction_pages.offered_to(leader, plan, MOST),
        {reading.measure_id: reading for reading in readings},
        phrases_of(leader),
        escalated.unanswered(plan, today, measures),
        petition_pages.waiting(plan),
    )


def _cards(
    urgent: list[Line],
    held: Mapping[int, tuple[int, int]],
    said: Iterable[instruction_pages.Shown],
    opened: list[ReportingPeriod],
    today: dt.date,
    why: Mapping[int, list[Reason]],
    readings: Mapping[int, Reading],
) -> list[Card]:
    latest: dict[int, instruction_pages.Shown] = {}
    for shown in sorted(said, key=lambda item: (item.instruction.at, item.instruction.pk)):
        latest[shown.instruction.measure_id or 0] = shown  # 举措以外的没有卡片
    wrote = _last_words(urgent, opened)
    keys = [(line, line.measure.pk) for line in urgent]
    return [
        Card(line, held.get(pk), wrote.get(pk), latest.get(pk), today, why.get(pk, []), readings.get(pk))
        for line, pk in keys
    ]


def _last_words(lines: list[Line], opened: list[ReportingPeriod]) -> dict[int, Progress]:
    """举措（编号）→ 部室最近报上来的话（各项次最近的一条）；“本期无变化”的往前找。灯是哪个部室那一份的，先看它写的。一次查询，没有要过问的不查。"""
    if not lines:
        return {}
    periods = [period.pk for period in opened[-LOOK_BACK:]]

    def build(*pks: int) -> QuerySet[Progress]:
        rows = Progress.objects.latest().reported().filter(is_no_change=False, period__in=periods)
        mine = rows.filter(assignment=OuterRef("pk")).order_by("-period__starts_on", "-submitted_at", "-pk")
        last = Assignment.objects.order_by().filter(measure__in=pks).values_list(Subquery(mine.values("pk")[:1]))
        found = Progress.objects.filter(pk__in=last).select_related("period", "assignment__department")
        return found.order_by("period__starts_on", "submitted_at", "pk")

    measures = prepared.padded(line.measure.pk for line in lines)
    latest = {
        row.assignment_id: (n, row) for n, row in enumerate(prepared.rows(("last words", *periods), build, *measures))
    }
    found = {}
    for line in lines:
        said = [
            (part.light.severity, latest[part.assignment.pk]) for part in line.parts if part.assignment.pk in latest
        ]
        if said:
            found[line.measure.pk] = min(said, key=lambda one: (one[0], -one[1][0]))[1][1]
    return found


def _by_severity(
    plan: Plan | None,
    opened: list[ReportingPeriod],
    today: dt.date,
    measures: Asked,
    *,
    with_trails: bool = False,
    with_led: bool = False,
) -> list[Line]:
    """这些举措里最要紧的一页，红黄在前，同灯按序号。"""
    period = current_of(opened, today)
    whole = Ledger(plan, period, today, opened=opened)
    shown = measures.then(whole.key, lambda rows: listed(rows, whole, {"sort": "light"})[:MOST]).rows()
    these = [measure.pk for measure in shown]
    ledger = Ledger(plan, period, today, these=these, with_trails=with_trails, opened=opened)
    ledger.measures = with_leaders(shown) if with_led else shown  # 刚取来的这一页，不再取一遍
    return sorted(ledger.lines, key=lambda line: (line.light.severity, line.measure.position))


def _led(department: Department, ledger: Ledger, lines: list[Line], mine: list[tuple[Line, Part]]) -> tuple:
    """牵头几项次，其中各部室共担的、本期不用报的各几项：一页列得完的就数这一页，列不完的到库里数。"""
    if len(lines) < MOST:
        return (
            len(lines),
            sum(line.measure.all_departments for line in lines),
            sum(part.report is None for _, part in mine),
        )

    def build(room: int) -> QuerySet:
        led = Assignment.objects.in_force().filter(department=room, measure__plan=ledger.plan)
        filed = ledger.progress.filter(assignment__department=room, assignment=OuterRef("pk"))
        shared = Case(When(measure__all_departments=True, then="pk"))
        return led.order_by().values_list(Size("pk"), Size(shared), Size(Case(When(~Exists(filed), then="pk"))))

    ask = lambda: prepared.row(("led by room", ledger.key), build, department.pk)  # noqa: E731
    return cast(tuple, organisation.remembered(f"led:{department.pk}:{at_hand()}:{ledger.today}", ask))


def _people(department: Department) -> tuple[list[Leader], list[DepartmentAlias]]:
    """负责人与别名。"""
    return list(department.heads.filter(is_active=True)), list(department.aliases.all())


def department_page(department: Department, today: dt.date, state: str = "") -> dict:
    """一个部室：举措（项次）、本期报送、历期按时情况、负责人。`state` 是库的记号：没有变，负责人与别名就不再取一遍。"""
    people = partial(_people, department)
    heads, aliases = stamp.once(f"people:{department.pk}", state, people) if state else people()
    plan = Plan.objects.current()
    opened = opened_periods(plan)
    period = current_of(opened, today)
    led_by = lambda room: home_pages.measures_of(plan, Department(pk=room))  # noqa: E731
    lines = _by_severity(plan, opened, today, Asked("of department", led_by, (department.pk,)))
    mine = [(line, part) for line in lines for part in line.parts if part.department == department]
    by_period, periods = reporting_by_period(plan, department), opened[::-1]
    history = [(p, by_period.get(p.pk, Reporting())) for p in periods]
    total, shared, exempt = _led(department, Ledger(plan, period, today, opened=opened), lines, mine)
    extended = [part.assignment.pk for _, part in mine if part.assignment.extended_due_on]
    return {
        "department": department,
        "heads": heads,
        "aliases": aliases,
        "period": period,
        "today": today,
        "lines": mine,
        "total": total,
        "more": total - len(mine),
        "times_extended": extension_pages.times_extended(extended),
        "shared_words": f"（含各{organisation.unit()}共担 {shared} 项）" if shared else "",
        "exempt_words": f"，免报 {exempt} 项次" if exempt else "",
        "reporting": by_period.get(period.pk) if period else None,
        "history": history,
        "running": [p for p in periods if p.is_open and p.as_of(today) <= p.due_on],
        "on_time": home_pages.on_time(counts for p, counts in history if p.is_over(today)),
        "problems": problem_pages.of_department(department, today),
    }


def period_page(department: Department, period: ReportingPeriod, user: User, today: dt.date) -> dict:
    """一个部室在一期报了什么：报出去的连同原话、材料，更正了的看更正的；没有报出去的只列是哪几项。"""
    of_period = {"assignment__department": department, "period": period}
    mine = Progress.objects.in_force().filter(**of_period)
    rows = (
        Progress.objects.latest()
        .filter(**of_period)
        .with_corrections()
        .select_related("assignment__measure", "period")
        .prefetch_related("attachments")
    )
    seen = list(rows.visible_to(user).reported().order_by("assignment__measure__position"))
    left = mine.to_act_on().order_by("assignment__measure__position")
    numbers = left.values_list("assignment__measure__number", flat=True)
    desk = {"today": today}
    return {"department": department, "period": period, "desk": desk, "rows": seen, "left": "、".join(numbers)}
