"""整期的各行，写公文用：一项一行、一个项次一份，只取要写的几栏。

看的是台账（`ledger.Ledger`）那一本账，灯、举措的样子都照判好存下的；但不造模型：台账一次排一页，公文要全部，两万项
造一遍模型要十几秒。
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, TypeVar

from django.db.models import TextField, Window
from django.db.models.functions import Cast, RowNumber
from django.utils import timezone

from departments import organisation
from departments.models import Department, Leader
from departments.naming import apart

from ..models import EditionLeader, Instruction, Progress
from ..models.judgement import target_fact, verdict
from ..rules import lights
from .contract import Row
from .numbers import plain, row_of
from .reporting import REPORTING_COUNTS, Reporting, kinds
from .span import Span

One = TypeVar("One", Department, Leader)
PARTS = ("assignment", "measure", "assignment__department", "judged", "percent", "pace", "good")
RAW = [Cast(name, TextField()) for name in ("findings", "targets")]  # JSON 的原文：多数一样，或是空的，不必各解一遍
ITEMS = (
    *("measure", "edition", "position", "level", "percent", "pace", "manual_reason"),
    *(f"edition__{name}" for name in ("number", "title", "kind", "all_departments", "cooperating")),
)
ORDER = ("position", "measure")
TOLD = ("period", "is_no_change", "text", "problems", "next_steps", "coordination")


class Report(NamedTuple):
    """一条报送算什么：属于哪几种（`reporting.kinds`）、怎么说。样子相同的各条共用一个。"""

    kinds: frozenset[str]
    shown: str
    is_reported: bool
    is_returned: bool


class Told(NamedTuple):
    """通过的一条报送里说的，哪一期（编号）的。"""

    period: int
    is_no_change: bool
    text: str
    problems: str
    next_steps: str
    coordination: str


@dataclass(slots=True)
class Share:
    """一个部室的一份（项次）：系统判的灯，数到它时写的一行，本期的报送（免报的没有），通过的各条由早到晚。"""

    measure: int
    room: Department
    judged: lights.Light
    targets: list[lights.TargetFact]
    row: Row = field(default_factory=Row)
    report: Report | None = None
    told: list[Told] = field(default_factory=list)

    @property
    def is_done(self) -> bool:
        """已办结（定了灯的也看办结没有）。"""
        return self.judged.level == lights.DONE


@dataclass(slots=True)
class Item:
    """一项举措在这一期的样子与灯。`before` 是所比的那一期的灯，没有可比的为 None。"""

    position: int
    number: str
    kind: str
    all_departments: bool
    cooperating: str
    level: str
    reason: str
    percent: int | None
    pace: int | None
    is_manual: bool
    before: str | None
    row: Row
    leaders: list[Leader]
    shares: list[Share]

    @property
    def reports(self) -> list[Report]:
        """各份本期的报送；免报的没有。"""
        return [share.report for share in self.shares if share.report]

    def level_of(self, share: Share) -> str:
        """一份的灯：办公室给整项定了灯的，各份都按定灯计。"""
        return self.level if self.is_manual else share.judged.level

    def reason_of(self, share: Share) -> str:
        """一份的灯的理由。"""
        return self.reason if self.is_manual else share.judged.reason


class Whole:
    """一段（`span`）最后一期的各行。查询数与行数无关。"""

    def __init__(self, span: Span) -> None:
        self.span = span
        # 项次（编号）→ 那一份；举措（编号）→ 那一项，按序号。
        self.shares = self._shares()
        self.items = self._items()
        self.reports = self._reports()
        self._tell()

    def _then(self, found: dict[int, One]) -> dict[int, One]:
        """部室、领导：看已关闭的期，照那时的名字。"""
        if at := self.span.period.closed_at:
            for one in found.values():
                self.span.ledger.names.set_back(one, at)
        return found

    def _shares(self) -> dict[int, Share]:
        rooms, day = self._then(Department.objects.in_bulk()), self.span.as_of
        seen: dict[tuple, lights.Light] = {}  # 判得一样的只造一遍
        found = {}
        rows = self.span.ledger.part_stands.order_by("order", "assignment")
        for pk, measure, room, *judged, targets in rows.values_list(*PARTS, *RAW).iterator():
            if (key := tuple(judged)) not in seen:
                level, percent, pace, good, findings = judged
                seen[key] = verdict(level, percent, pace, good, json.loads(findings)).light(day)
            aims = [] if targets == "[]" else [target_fact(each) for each in json.loads(targets)]
            found[pk] = Share(measure, rooms[room], seen[key], aims)
        return found

    def _items(self) -> dict[int, Item]:
        stands, leaders = self.span.ledger.stands, self._then(Leader.objects.in_bulk())
        led: dict[int, list[Leader]] = defaultdict(list)
        links = EditionLeader.objects.filter(edition__in=stands.values("edition"))
        for edition, leader in links.values_list("edition", "leader"):
            led[edition].append(leaders[leader])
        shared: dict[int, list[Share]] = defaultdict(list)
        for share in self.shares.values():
            shared[share.measure].append(share)
        before, unit = self.span.levels(self.span.base), organisation.unit()
        found = {}
        for pk, edition, position, level, percent, pace, manual, *shown in (
            stands.order_by(*ORDER).values_list(*ITEMS).iterator()
        ):
            number, title, kind, is_shared, helped = shown
            mine, row = shared[pk], row_of(number, title)
            for share in mine:
                room = plain(share.room.name)
                share.row = row | Row(department=room, text=f"{row['text']}（{room}）")
            reason = manual or _reason(mine, unit)
            judged = (level, reason, percent, pace, bool(manual), before.get(pk))
            found[pk] = Item(position, number, kind, is_shared, helped, *judged, row, led[edition], mine)
        return found

    def _reports(self) -> list[tuple[int, Share, Report]]:
        """本期算数的各条（哪个项次、哪一份、算什么），按部室、序号；各份的 `report` 也在这里填上。"""
        names, alike = ("status", "is_self_review", "corrects_id", "first_submitted_at"), {}
        found = []
        for pk, *values, sent_at in self.span.ledger.progress.order_by("pk").values_list("assignment", *names):
            key = (*values, sent_at and timezone.localdate(sent_at))
            if key not in alike:
                alike[key] = self._counted(Progress(**dict(zip(names, (*values, sent_at), strict=True))))
            self.shares[pk].report = alike[key]
            found.append((pk, self.shares[pk], alike[key]))
        return sorted(found, key=lambda one: (one[1].room.order, self.items[one[1].measure].position))

    def _counted(self, row: Progress) -> Report:
        row.period = self.span.period
        return Report(kinds(row, self.span.today), row.shown_status(self.span.as_of), row.is_reported, row.is_returned)

    def _tell(self) -> None:
        """通过的报送里说的：跨几期的要各条，一期的只要最近一条与最近有内容的一条，余下的不读。没有定稿的（待审核、退回）不写进公文。"""
        span = self.span
        rows = Progress.objects.filter(assignment__measure__in=span.ledger.base, period__in=span.ledger.periods)
        rows = rows.final_at(span.until)
        if span.first == span.period:
            newest = ("-period__starts_on", "-pk")
            place = Window(RowNumber(), partition_by=("assignment", "is_no_change"), order_by=newest)
            rows = Progress.objects.filter(pk__in=rows.order_by().annotate(place=place).filter(place=1).values("pk"))
        rows = rows.order_by("period__starts_on", "pk")
        for pk, *said in rows.values_list("assignment", *TOLD).iterator():
            if share := self.shares.get(pk):
                share.told.append(Told(*said))

    @cached_property
    def instructions(self) -> list[Instruction]:
        """到基准时刻为止的批示，由早到晚。"""
        rows = Instruction.objects.filter(plan=self.span.plan, at__lte=self.span.until)
        rows = rows.select_related("measure", "leader").prefetch_related("departments", "replies")
        return list(rows.order_by("at", "pk"))

    @cached_property
    def calls(self) -> Callable[[Leader], str]:
        """怎么叫一位领导：这一段里同名的两位都有的，连职务叫。批示的领导也算。"""
        said = (i.leader for i in self.instructions if i.leader.called != i.leader.name)
        return apart([*(leader for item in self.items.values() for leader in item.leaders), *said])

    def give_up(self) -> Iterator[Item]:
        """一项一项地交出去，交出去的这里不再有：各数都数完以后用。"""
        _ = self.calls  # 要看过全部各项才知道怎么叫
        self.shares.clear()
        self.reports.clear()
        for pk in list(self.items):
            yield self.items.pop(pk)

    # ── 数 ──

    @cached_property
    def lights(self) -> Counter[str]:
        """各灯的项数。"""
        return Counter(item.level for item in self.items.values())

    @cached_property
    def reporting(self) -> dict[int, Reporting]:
        """部室（编号）→ 报送情况（项次）。"""
        counts: dict[int, Counter[str]] = defaultdict(Counter)
        for _, share, report in self.reports:
            counts[share.room.pk].update(report.kinds)
        return {room: Reporting(**{key: n[key] for key in REPORTING_COUNTS}) for room, n in counts.items()}


def _reason(shares: list[Share], unit: str) -> str:
    """各份的灯合成一项的，为什么。"""
    if len(shares) == 1:
        return shares[0].judged.reason
    return lights.combine([(share.room.name, share.judged) for share in shares], unit).reason
