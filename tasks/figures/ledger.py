"""一个报送期的全部数字。总览、清单、领导页、部室页、通报、导出都读这里，所以处处相符。

灯早已判好存着（`Judgement`，由 `workflow.rejudge` 写），这里只取要看的几行；数量由 SQL 汇总。查询数与行数无关。
项与项次分开：举措以“项”计（21），按部室、按领导以“项次”计（共同牵头的各计一次）。
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple, cast

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from departments import organisation
from departments.models import Department, Leader
from departments.naming import Names
from yingshang import clock, prepared
from yingshang.fetched import attach

from ..models import (
    Assignment,
    ClosedLights,
    EditionLeader,
    Judgement,
    Measure,
    MeasureJudgement,
    MeasureLeader,
    Plan,
    Progress,
    ReportingPeriod,
)
from ..models.judgement import JudgementQuerySet
from ..models.progress import ProgressQuerySet
from ..rules import lights
from . import basis
from .judging import Judge, Ruling
from .reporting import Reporting, closed_by_room, reporting_by_room, total
from .rows import Line, Part


class Stand(NamedTuple):
    """一项举措一期的灯，只要这几栏：一页几百个，不一一排成对象。"""

    measure_id: int
    period_id: int
    level: str
    manual_reason: str


class Ledger:
    """一个方案在一个报送期的台账。

    `period` 为 None 时只有举措没有报送（还没有开放过报送）。`measures` 缩小到现在的某些举措（一位领导的），`these` 是
    写明了的某几项（编号：一页的），照现在的样子显示；`only` 缩小到这一期台账上的某几项（编号），照那一期的样子显示。要画灯序的
    （`with_trails`）、走势的（`with_part_trails`）与本期的灯一次取。`opened` 是已经取过的开放过的各期。查询数不随范围大小而变。
    """

    def __init__(
        self,
        plan: Plan | None,
        period: ReportingPeriod | None,
        today: dt.date,
        *,
        measures: QuerySet[Measure] | None = None,
        these: Collection[int] | None = None,
        only: Collection[int] | None = None,
        with_trails: bool = False,
        with_part_trails: bool = False,
        opened: Sequence[ReportingPeriod] | None = None,
    ) -> None:
        self.plan = cast(Plan, plan)  # 还没有现行方案的，也没有举措与报送期，各处都问不到它
        self.period, self.today = period, today
        self.is_whole, self.only = measures is None and these is None, only
        self.pks = these if only is None else only
        self.with_trails, self.with_part_trails = with_trails, with_part_trails
        if opened is not None:
            self.opened = list(opened)
        if measures is not None:
            self.base = measures

    @property
    def key(self) -> tuple:
        """看哪份方案、哪一期、照哪天：备好的查询里，凡问台账的，键里要有它。"""
        now = self.period
        period = now and (now.pk, now.due_on, now.closed_at)
        periods = tuple((p.pk, p.is_closed) for p in self.periods)
        return self.plan and self.plan.pk, period, periods, self.today, self.is_whole

    @cached_property
    def base(self) -> QuerySet[Measure]:
        """哪些举措。"""
        if self.pks is not None:
            return Measure.objects.filter(pk__in=self.pks)
        if self.period is None or self.period.is_open:
            return Measure.objects.in_force().filter(plan=self.plan)
        return Measure.objects.filter(pk__in=self.stands.values("measure"))

    @cached_property
    def periods(self) -> list[ReportingPeriod]:
        """到本期为止开放过的报送期，由早到晚。本期关闭之后才补开的，那时还没有。"""
        return self.period.among(self.opened) if self.period else []

    @cached_property
    def opened(self) -> list[ReportingPeriod]:
        """开放过的各期，由早到晚。"""
        return opened_periods(self.plan)

    @property
    def previous(self) -> ReportingPeriod | None:
        """早于本期的最近一期；没有为 None。"""
        return next((p for p in reversed(self.opened) if self.period and p.starts_on < self.period.starts_on), None)

    @property
    def following(self) -> ReportingPeriod | None:
        """晚于本期的最近一期；没有为 None。"""
        return next((p for p in self.opened if self.period and p.starts_on > self.period.starts_on), None)

    @property
    def as_of(self) -> dt.date:
        """账以哪天为准。"""
        return self.period.as_of(self.today) if self.period else self.today

    # ── 存下的判定 ──

    @property
    def stands(self) -> JudgementQuerySet:
        """这一期各项举措的灯（查询集），一项一行；范围缩小了的只有那几项。"""
        return self._narrowed(MeasureJudgement.objects.all())

    @property
    def part_stands(self) -> JudgementQuerySet:
        """这一期各项次的灯（查询集），一个项次一行，范围同台账。"""
        return self._narrowed(Judgement.objects.all())

    def _narrowed(self, rows: JudgementQuerySet, measures: Any = None) -> JudgementQuerySet:
        """`measures` 是哪几项：不给的，范围同台账。"""
        rows = rows.on(self.period, self.today) if self.period else rows.none()
        if self.is_whole and self.pks is None:
            return rows
        if measures is None:
            measures = self.base if self.pks is None else self.pks
        return rows.filter(measure__in=measures)

    def _asked(self, what: str, build: Callable[[Any], QuerySet]) -> list[Any]:
        """`build(哪几项)` 的各行。写明了是哪几项的，那一句是备好的。"""
        if self.pks is None:
            return list(build(self.base))
        return prepared.rows(("ledger", what, self.key), lambda *pks: build(pks), *prepared.padded(self.pks))

    @cached_property
    def _stands(self) -> Mapping[int, MeasureJudgement | Stand]:
        if self._is_past:
            with_edition = MeasureJudgement.objects.select_related("edition")
            rows = self._asked("editions", lambda measures: self._narrowed(with_edition, measures))
        elif self.with_trails and self.period:
            return {row.measure_id: row for row in self._trails.values() if row.period_id == self.period.pk}
        else:
            rows = self._asked("stands", lambda measures: self._narrowed(MeasureJudgement.objects.all(), measures))
        return {row.measure_id: row for row in rows}

    @property
    def _is_past(self) -> bool:
        """看的是整本旧账：举措照关闭时的样子。"""
        return self.is_whole and self.period is not None and self.period.is_closed

    @cached_property
    def names(self) -> Names:
        """那一天谁叫什么：旧账照关闭时的名字说。"""
        return Names()

    def _name_then(self, one: Department | Leader) -> None:
        if self.is_whole and self.period and self.period.closed_at:
            self.names.set_back(one, self.period.closed_at)

    @cached_property
    def measures(self) -> list[Measure]:
        """举措，按序号；看已关闭的期换成当时的序号、名称、原文、类型、时限与牵头领导（只在内存里）。"""
        if not self._is_past:
            return with_leaders(self._asked("measures", self._in_order))
        led: dict[int, list[EditionLeader]] = defaultdict(list)
        links = EditionLeader.objects.filter(edition__in=self.stands.values("edition"))
        for link in links.select_related("leader"):
            self._name_then(link.leader)
            led[link.edition_id].append(link)
        found = list(self.base)
        for measure in found:
            edition = cast(MeasureJudgement, self._stands[measure.pk]).edition
            for name in edition.SHOWN:
                setattr(measure, name, getattr(edition, name))
            # Django 没有公开的写法把关联当作预取过的。
            measure._prefetched_objects_cache = {"leader_links": led[edition.pk]}  # type: ignore[attr-defined]
        return sorted(found, key=lambda m: (m.position, m.pk))

    def _in_order(self, measures: Any) -> QuerySet[Measure]:
        rows = self.base if self.pks is None else Measure.objects.filter(pk__in=measures)
        return rows.order_by("position", "pk")

    @cached_property
    def _judge(self) -> Judge | None:
        """没有存着判定的当场判：还没有开放过报送，或看的是已退出方案的举措。"""
        if self.period is None:
            return Judge(self.plan, None, self.today, measures=self.base)
        if self.is_whole:
            return None
        gone = [m.pk for m in self.measures if m.pk not in self._stands]
        return Judge(self.plan, self.period, self.today, measures=Measure.objects.filter(pk__in=gone)) if gone else None

    @property
    def assignments(self) -> Mapping[int, list[Assignment]]:
        """举措 → 责任分工：现行的，看已关闭的期是当时的。"""
        return self._parts[0]

    @property
    def _rulings(self) -> Mapping[int, Ruling]:
        """项次 → 判成什么。"""
        return self._parts[1]

    @cached_property
    def _parts(self) -> tuple[Mapping[int, list[Assignment]], Mapping[int, Ruling]]:
        """各份与判定一次取齐。"""
        by_id = {m.pk: m for m in self.measures}
        led: dict[int, list[Assignment]] = defaultdict(list)
        rulings: dict[int, Ruling] = {}
        for row in self._part_trail_rows if self.with_part_trails else self._part_rows:
            if self.period is None or row.period_id != self.period.pk:
                continue
            row.assignment.measure = by_id[row.measure_id]
            self._name_then(row.assignment.department)
            led[row.measure_id].append(row.assignment)
            rulings[row.assignment_id] = Ruling(
                row.order, row.verdict, row.due_on, tuple(row.missed), row.facts, row.known_id
            )
        if self._judge:
            for measure in self._judge.measures:
                led[measure.pk] = self._judge.assignments[measure.pk]
                rulings |= self._judge.rulings(measure)
        return led, rulings

    @cached_property
    def _part_rows(self) -> list[Judgement]:
        """各项次本期的判定。"""
        return self._asked("parts", lambda measures: _with_rooms(self._narrowed(Judgement.objects.all(), measures)))

    @cached_property
    def _reports(self) -> dict[int, list[Progress]]:
        """项次 → 本期的报送行（含更正的、被更正的）。"""

        def build(measures: Any) -> ProgressQuerySet:
            rows = Progress.objects.filter(assignment__measure__in=measures, period=self.period)
            return rows.defer("problems", "coordination", "next_steps", "decline_reason").order_by("pk")

        return self._by_part(self._asked("reports", build))

    def take_reports(self, rows: Iterable[Progress]) -> None:
        """这几项的报送已经取过（`rows`，各期的、照先后）：不再取一遍。"""
        self._reports = self._by_part(row for row in rows if self.period and row.period_id == self.period.pk)

    def _by_part(self, rows: Iterable[Progress]) -> dict[int, list[Progress]]:
        grouped = defaultdict(list)
        for row in rows:
            row.period = cast(ReportingPeriod, self.period)
            grouped[row.assignment_id].append(row)
        return grouped

    # ── 台账各行 ──

    @cached_property
    def lines(self) -> list[Line]:
        """台账各行，按序号。"""
        return [self._line(measure) for measure in self.measures]

    def lines_of(self, measures: Iterable[int]) -> list[Line]:
        """这几项（编号，次序照给的）在这一期台账上的各行。"""
        wanted = list(dict.fromkeys(measures))
        part = Ledger(self.plan, self.period, self.today, only=wanted, with_trails=True)
        part.periods, part.names = self.periods, self.names
        found = {line.measure.pk: line for line in part.lines}
        return [found[pk] for pk in wanted]

    def _line(self, measure: Measure) -> Line:
        rulings, parts = self._rulings, []
        for a in self.assignments[measure.pk]:
            judged = rulings[a.pk].verdict.light(self.as_of)
            parts.append(Part(a, judged, self._report(a), judged))
        light = self._light(measure, parts)
        if light.is_manual:
            for part in parts:
                part.light = replace(light, percent=part.judged.percent, pace=part.judged.pace)
        return Line(measure, light, parts, self)

    def _light(self, measure: Measure, parts: list[Part]) -> lights.Light:
        """一项的灯：各份里较差的一份；办公室定过灯的用定灯。"""
        judged = lights.combine([(part.department.name, part.light) for part in parts], organisation.unit())
        row = self._stands.get(measure.pk)
        if row is None or not row.manual_reason:
            return judged
        return lights.Light(row.level, row.manual_reason, judged.percent, judged.pace, is_manual=True)

    def _report(self, assignment: Assignment) -> Progress | None:
        """这一期算数的那一行（与 `Progress.in_force` 同一条规则）：关闭之后才通过的更正不算。"""
        if self.period is None:
            return None
        rows = self._reports[assignment.pk]
        found = next((r for r in rows if r.counts_at(self.period.closed_at)), None)
        if found:
            waiting = (r.pk for r in rows if r.corrects_id == found.pk and r.is_waiting)
            found.correction_waiting = next(waiting, None)
        return found

    # ── 数 ──

    def undue(self, rows: JudgementQuerySet) -> JudgementQuerySet:
        """这几行里暂时的绿灯：一次也没有报过，首次报送还没有到截止日。说到绿灯几项时要说一声（lights.until_due）。"""
        return rows.filter(self.is_undue(rows.model is Judgement))

    def is_undue(self, of_parts: bool = False) -> Q:
        """一项（`of_parts` 为一个项次）的灯是暂时的绿灯：查询条件。"""
        if self.period is None or self.as_of > self.period.due_on:
            return Q(pk__in=[])
        until = self.period.closed_at or clock.end_of(self.today)
        sent = Progress.objects.order_by().filter(period__in=self.periods, first_submitted_at__lte=until)
        if of_parts:  # 一行一行问，不是把报过的都取来再比：报过的有几万行
            mine = sent.filter(assignment=OuterRef("assignment"))
            return Q(level=lights.GREEN, judged=lights.GREEN) & ~Q(Exists(mine))
        mine = sent.filter(assignment__measure=OuterRef("measure"))
        return Q(level=lights.GREEN, manual_reason="") & ~Q(Exists(mine))

    @cached_property
    def light_totals(self) -> Counter:
        """各灯的项数。"""
        counts = Counter(dict.fromkeys(lights.SEVERITY, 0))
        counts.update(dict(self.stands.order_by().values_list("level").annotate(n=Count("pk"))))
        if not self.is_whole or self.period is None:
            unjudged = self.base.exclude(pk__in=self.stands.order_by().values("measure"))
            judge = Judge(self.plan, self.period, self.today, measures=unjudged)
            counts.update(judge.combined(m, judge.rulings(m)).level for m in judge.measures)
        return counts

    @cached_property
    def total(self) -> int:
        """一共几项。"""
        return sum(self.light_totals.values())

    @cached_property
    def progress(self) -> ProgressQuerySet:
        """本期算数的报送行（查询集），范围同台账。"""
        if self.period is None:
            return Progress.objects.none()
        rows = Progress.objects.in_force_in(self.period)
        return rows if self.is_whole and self.pks is None else rows.filter(assignment__measure__in=self.base)

    @cached_property
    def reporting(self) -> Reporting:
        """全部的：各部室的加在一起。"""
        return total(self.reporting_by_room.values())

    @cached_property
    def reporting_by_room(self) -> dict[Department, Reporting]:
        """应报的各部室（按部室次序）→ 报送情况（项次）。"""
        if self.period and self.period.closed_at and self.is_whole and self.pks is None:
            found = closed_by_room(self.period)
        else:
            found = reporting_by_room(self.progress)
        for room in found:
            self._name_then(room)
        return found

    @property
    def pace(self) -> int:
        """方案的序时进度（百分之一）。"""
        return lights.pace(self.scale.starts_on, self.scale.ends_on, self.scale.period_end)

    @cached_property
    def scale(self) -> lights.Scale:
        """判这一期的尺子：已关闭的用关闭时的阈值与序时起止。"""
        settings = self.kept.settings or basis.settings_of(self.plan)
        return lights.Scale(today=self.as_of, period_end=self.period.ends_on if self.period else self.today, **settings)

    @cached_property
    def kept(self) -> basis.Kept:
        """关闭时记下的阈值与问题；没有关闭的是空的。"""
        return basis.kept(self.period)

    # ── 各期 ──

    def levels_in(self, period: ReportingPeriod) -> dict[int, str]:
        """举措 → 某一期的灯，照那一期的总览（那时在方案里的各项）。"""
        rows = MeasureJudgement.objects.on(period, self.today)
        return dict(rows.values_list("measure", "level"))

    def totals_by_period(self) -> dict[int, Counter]:
        """各期 → 各灯的项数：没有关闭的现数，关闭了的是关闭时数好的。"""
        found: dict[int, Counter] = {p.pk: Counter() for p in self.periods}
        now = MeasureJudgement.objects.in_each([p for p in self.periods if p.is_open], self.today)
        kept = ClosedLights.objects.filter(period__in=[p for p in self.periods if p.is_closed])
        rows = now.order_by().values_list("period", "level").annotate(n=Count("pk"))
        for period, level, n in rows.union(kept.values_list("period", "level", "n"), all=True):
            found[period][level] = n
        return found

    @cached_property
    def _trails(self) -> Mapping[tuple[int, int], Stand]:
        """（举措，期）→ 那一期的灯：灯序与本期的灯一次取齐。"""

        def build(measures: Any) -> QuerySet:
            return self._of_periods(MeasureJudgement.objects.all(), measures).values_list(*Stand._fields)

        rows = map(Stand._make, self._asked("trails", build))
        return {(row.measure_id, row.period_id): row for row in rows}

    def _of_periods(self, rows: JudgementQuerySet, measures: Any) -> JudgementQuerySet:
        """到本期为止各期的判定，范围同台账。"""
        rows = rows.in_each(self.periods, self.today)
        return rows if self.is_whole and self.pks is None else rows.filter(measure__in=measures)

    def level_of(self, measure: Measure, period: ReportingPeriod) -> str | None:
        """一项举措在某一期的灯；那时还不在、或已不在方案里的为 None。"""
        row = self._trails.get((measure.pk, period.pk))
        return row.level if row else None

    @cached_property
    def _part_trail_rows(self) -> list[Judgement]:
        """各项次到本期为止各期的判定。"""
        every = Judgement.objects.all()
        return self._asked("part trails", lambda measures: _with_rooms(self._of_periods(every, measures)))

    @cached_property
    def _part_trails(self) -> Mapping[tuple[int, int], lights.Light]:
        return {(row.assignment_id, row.period_id): row.verdict.light(self.today) for row in self._part_trail_rows}

    def light_trail(self, assignment: Assignment) -> list[tuple[ReportingPeriod, lights.Light]]:
        """一个项次各期的（报送期，判的灯）：进度与序时都在灯里，画走势用。那时还没有这一份的期没有。"""
        found = ((p, self._part_trails.get((assignment.pk, p.pk))) for p in self.periods)
        return [(p, light) for p, light in found if light]

    # ── 一个项次 ──

    def target_facts(self, assignment: Assignment) -> tuple[lights.TargetFact, ...]:
        """各目标到本期为止的完成值。"""
        return tuple(fact for _, fact in self._rulings[assignment.pk].targets)

    def due_on(self, assignment: Assignment) -> dt.date | None:
        """到本期的基准时刻为止的时限：那时已批准的延期才算。"""
        return self._rulings[assignment.pk].due_on

    def last_known(self, assignment: Assignment) -> ReportingPeriod | None:
        """最近哪一期有通过的报送（几个部室共报一个目标的，哪个部室的都算）或办结；都没有为 None。"""
        known = self._rulings[assignment.pk].known
        return next((p for p in self.periods if p.pk == known), None)


def with_leaders(measures: list[Measure]) -> list[Measure]:
    """举措连同牵头领导：台账各行要显示的。"""
    build = lambda *pks: MeasureLeader.objects.filter(measure__in=pks).select_related("leader")  # noqa: E731
    links = prepared.rows("leaders", build, *prepared.padded(measure.pk for measure in measures))
    attach(measures, "leader_links", links, "measure")
    return measures


def _with_rooms(rows: JudgementQuerySet) -> JudgementQuerySet:
    """连同项次与部室，照项次的次序。"""
    return rows.select_related("assignment__department").order_by("order", "assignment_id")


def opened_periods(plan: Plan | None) -> list[ReportingPeriod]:
    """开放过的各期，由早到晚；没有方案的没有。一页要看几次的，取一次往下传。"""
    if plan is None:
        return []

    def ask() -> list[ReportingPeriod]:
        opened = lambda pk: ReportingPeriod.objects.filter(plan=pk).opened().order_by("starts_on")  # noqa: E731
        found = prepared.rows("opened", opened, plan.pk)
        for period in found:
            period.plan = plan
        return found

    return organisation.remembered(f"opened:{plan.pk}", ask)


def current_of(opened: Sequence[ReportingPeriod], today: dt.date) -> ReportingPeriod | None:
    """默认看哪一期：今天所在的、已开放的那一期；没有就取最近开放过的一期。一次性的（自查、总结）只在没有别的期时看。"""
    regular = [period for period in opened if period.kind != ReportingPeriod.Kind.ONCE] or opened
    begun = [period for period in regular if period.starts_on <= today]
    return begun[-1] if begun else next(iter(regular), None)


def current_period(plan: Plan, today: dt.date) -> ReportingPeriod | None:
    """默认看哪一期；各期另有用处的，用上面两个。"""
    return current_of(opened_periods(plan), today)
