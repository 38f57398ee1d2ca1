"""从事实判灯：报送、完成值、办结、延期、节点、漏报、阈值 → 各项次在一期里从哪天到哪天是什么灯。

判好的存成 `Judgement`（`workflow.rejudge`，与改事实的动词同一个事务）；页面只读存下的，不走这里。只有两处当场判：
还没有开放过报送（没有期可存），和审核时“当作已通过”看一看（`supposed`）。
已关闭的期照关闭时记下的依据（`basis`）与当时那一版方案判，所以从头再判一遍也是原来的结果。
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, Self, cast

from django.db.models import QuerySet
from django.utils import timezone

from departments import organisation
from departments.models import Leader
from yingshang import clock, prepared

from ..models import (
    Assignment,
    Completion,
    Extension,
    Judgement,
    ManualLight,
    Measure,
    MeasureJudgement,
    MeasureLeader,
    Milestone,
    Plan,
    PlanRevision,
    Progress,
    ReportingPeriod,
    Target,
    TargetValue,
)
from ..models.judgement import EVER, NEVER
from ..rules import lights
from . import basis
from .basis import SETTINGS, Basis, Judged
from .rare import RARE, has

DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Ruling:
    """一个项次在某一天判成什么，连同凭的事实。"""

    order: int
    verdict: lights.Verdict
    due_on: dt.date | None
    missed: tuple[int, ...]
    targets: tuple[tuple[int, lights.TargetFact], ...]
    known: int | None


@dataclass(frozen=True)
class Ruled:
    """一项举措从哪天到哪天（含）判成什么：各份（项次 → 判定）与整项的灯。"""

    measure: Measure
    from_on: dt.date
    until_on: dt.date
    parts: Mapping[int, Ruling]
    light: lights.Light


class Judge:
    """判一个方案的一期。`period` 为 None 时还没有开放过报送。`measures` 只判这几项，查询数不随项数而变。

    `loaded` 也是只判这几项，是读好的（`with_rare`），照现在的样子判：没有的事实不再去查。
    """

    def __init__(
        self,
        plan: Plan | None,
        period: ReportingPeriod | None,
        today: dt.date,
        *,
        measures: QuerySet[Measure] | None = None,
        loaded: list[Measure] | None = None,
    ) -> None:
        self.plan = cast(Plan, plan)  # 还没有现行方案的，也没有举措与报送期，各处都问不到它
        self.period, self.today = period, today
        self.is_whole = measures is None and loaded is None
        self.basis = basis.of(period) if period else Basis()
        self.edition = self._edition() if self.is_whole else None
        self.base: Any  # 查询集，或读好的各项的编号
        if loaded is None:
            self.base = self._base() if measures is None else measures
        else:
            self.base, self.measures = [m.pk for m in loaded], loaded
            self.__dict__.update({name: defaultdict(list) for name in RARE if not has(loaded, name)})

    def back_to(self, period: ReportingPeriod) -> Self:
        """同样几项在更早的、也没有关闭的一期：读过的事实不再读。"""
        other = copy(self)
        other.period, other.periods = period, period.among(self.periods)
        earlier = ((pk, [row for row in rows if row.period in other.periods]) for pk, rows in self._progress.items())
        other._progress = defaultdict(list, earlier)
        return other

    # ── 事实 ──

    def _of_these(self, what: str, build: Callable[[Any], QuerySet]) -> Iterable[Any]:
        """这几项的一样事实：`build` 从举措取它。读好的几项（动词判的）常是一项，问法不变，备好了问。"""
        if not isinstance(self.base, list):
            return build(self.base)
        return prepared.rows(("judged", what), lambda *pks: build(pks), *prepared.padded(self.base))

    def _grouped(self, what: str, by: str, build: Callable[[Any], QuerySet]) -> dict[int, list[Any]]:
        """这几项的一样事实，按属于哪一个（`by`）分。"""
        grouped = defaultdict(list)
        for row in self._of_these(what, build):
            grouped[getattr(row, by)].append(row)
        return grouped

    @cached_property
    def periods(self) -> list[ReportingPeriod]:
        """到本期为止开放过的报送期，由早到晚。本期关闭之后才补开的，那时还没有。"""
        return self.period.among(self.opened) if self.period else []

    @cached_property
    def opened(self) -> list[ReportingPeriod]:
        """开放过的各期，由早到晚。"""
        return list(self.plan.periods.opened().order_by("starts_on"))

    def _edition(self) -> PlanRevision | None:
        """看已关闭的期，而关闭之后方案又修订过：当时生效的那一版。其余为 None（就是现行版）。"""
        if self.period is None or self.period.closed_at is None:
            return None
        applied = list(self.plan.revisions.applied().defer("content", "rows", "diff").order_by("number"))
        then = [r for r in applied if r.applied_at and r.applied_at <= self.period.closed_at]
        return then[-1] if then and len(then) < len(applied) else None

    def _base(self) -> QuerySet[Measure]:
        if self.basis:
            return Measure.objects.filter(pk__in=list(self.basis.measures))
        if self.edition is None:
            return Measure.objects.in_force().filter(plan=self.plan)
        return Measure.objects.filter(pk__in=[row["id"] for row in self.edition.rows])

    @cached_property
    def _then(self) -> dict[int, dict[str, Any]]:
        """举措 → 当时那一版的一行；看现行版时为空。快照里没有排序：照存下的，没有存过的照先后。"""
        if self.edition is None:
            return {}
        stored = MeasureJudgement.objects.filter(period=self.period).values_list("measure", "position")
        places = {row["id"]: place for place, row in enumerate(self.edition.rows)} | dict(stored)
        return {row["id"]: row | {"position": places[row["id"]]} for row in self.edition.rows}

    @cached_property
    def measures(self) -> list[Measure]:
        """举措，按序号；看已关闭的期换成当时的序号、名称、原文、类型、时限与牵头领导（只在内存里）。"""
        found = list(self.base.prefetch_related("leader_links__leader").order_by("position", "pk"))
        if self.is_whole and (self.edition or self.basis):
            leaders = list(Leader.objects.order_by("-pk"))  # 早先只写姓名的：那时只有先来的一位
            known: dict[int | str, Leader] = {leader.name: leader for leader in leaders}
            known |= {leader.called: leader for leader in leaders} | {leader.pk: leader for leader in leaders}
            for measure in found:
                self._set_back(measure, known)
        return sorted(found, key=lambda m: (m.position, m.pk))

    def _set_back(self, measure: Measure, leaders: Mapping[int | str, Leader]) -> None:
        """换成当时的样子。领导按编号认（改了名字也还是他），旧的快照没有记编号的按名字认。"""
        row, judged = self._then.get(measure.pk, {}), self.basis.measures.get(measure.pk)
        for name in ("number", "position", "title", "text", "lead_label", "all_departments", "deadline"):
            setattr(measure, name, row.get(name, getattr(measure, name)))
        if judged:
            measure.kind, measure.start_on, measure.due_on = judged.kind, judged.start_on, judged.due_on
        led = judged.leaders if judged else row["leader_ids"] if row.get("leader_ids") else row.get("leaders", ())
        links = [MeasureLeader(measure=measure, leader=leaders[key]) for key in led if key in leaders]
        # Django 没有公开的写法把关联当作预取过的。
        measure._prefetched_objects_cache["leader_links"] = links  # type: ignore[attr-defined]

    @cached_property
    def assignments(self) -> dict[int, list[Assignment]]:
        """举措 → 责任分工：现行的，看已关闭的期是当时的。"""
        led = lambda these: Assignment.objects.filter(measure__in=these).select_related("department")  # noqa: E731
        found = [assignment for assignment in self._of_these("assignments", led) if self._leads(assignment)]
        places = self._places_then()
        by_id = {m.pk: m for m in self.measures}
        grouped: dict[int, list[Assignment]] = defaultdict(list)
        for assignment in found:
            assignment.order = places.get(assignment.pk, assignment.order)
            assignment.measure = by_id[assignment.measure_id]
        for assignment in sorted(found, key=lambda a: (a.order, a.pk)):
            grouped[assignment.measure_id].append(assignment)
        return grouped

    def _places_then(self) -> dict[int, int]:
        """项次 → 关闭时的次序：以后的修订会改部室的次序，存下的不改。"""
        if self.period is None or self.period.closed_at is None:
            return {}
        return dict(Judgement.objects.filter(period=self.period).values_list("assignment", "order"))

    def _leads(self, assignment: Assignment) -> bool:
        """这个部室牵头不牵头。看旧版按编号认部室，快照没有记编号的按名字认。"""
        if self.is_whole and self.basis:
            return assignment.pk in self.basis.measures[assignment.measure_id].parts
        if self.edition is None:
            return assignment.ended_in_id is None
        row = self._then[assignment.measure_id]
        if "department_ids" in row:
            return assignment.department_id in row["department_ids"]
        return assignment.department.name in row["departments"]

    @cached_property
    def _progress(self) -> dict[int, list[Progress]]:
        """项次 → 到本期为止的报送行，按期排列（含被更正的，按时间取用）。"""
        grouped, periods = defaultdict(list), {p.pk: p for p in self.periods}

        def filed(these: Any) -> QuerySet[Progress]:
            rows = Progress.objects.filter(assignment__measure__in=these).order_by("period__starts_on", "pk")
            rows = rows.filter(period__in=periods) if these is self.base else rows  # 几项的不多，取来再挑
            return rows.only(
                *("assignment_id", "period_id", "status", "stage", "percent", "corrects_id"),
                *("first_submitted_at", "reviewed_at", "superseded_at"),
            )

        for row in self._of_these("progress", filed):
            if row.period_id in periods:
                row.period = periods[row.period_id]
                grouped[row.assignment_id].append(row)
        return grouped

    @cached_property
    def _values(self) -> dict[int, list[tuple[int, Decimal]]]:
        """报送 → [(目标, 完成值)]。"""
        grouped = defaultdict(list)
        given = lambda these: TargetValue.objects.filter(progress__assignment__measure__in=these)  # noqa: E731
        for row in self._of_these("values", given) if self._targets else ():
            grouped[row.progress_id].append((row.target_id, row.value))
        return grouped

    @cached_property
    def _targets(self) -> dict[int, list[Target]]:
        return self._grouped("targets", "measure_id", lambda these: Target.objects.filter(measure__in=these))

    @cached_property
    def _completions(self) -> dict[int, list[Completion]]:
        done = lambda these: Completion.objects.filter(assignment__measure__in=these)  # noqa: E731
        return self._grouped("completions", "assignment_id", done)

    @cached_property
    def _extensions(self) -> dict[int, list[Extension]]:
        """项次 → 批准的延期，由早到晚。"""
        rows = Extension.objects.approved().order_by("decided_at", "pk")
        return self._grouped("extensions", "assignment_id", lambda these: rows.filter(assignment__measure__in=these))

    @cached_property
    def _milestones(self) -> dict[int, list[Milestone]]:
        """项次 → 认可过的节点（含后来取消的，按时间取用）。"""
        rows = Milestone.objects.filter(agreed_at__isnull=False)
        return self._grouped("milestones", "assignment_id", lambda these: rows.filter(assignment__measure__in=these))

    @cached_property
    def _manuals(self) -> dict[int, list[ManualLight]]:
        """举措 → 办公室定的、没有取消的灯。"""
        rows = ManualLight.objects.filter(lifted_at__isnull=True)
        return self._grouped("manuals", "measure_id", lambda these: rows.filter(measure__in=these))

    def _by_hand(self, measure_id: int, judged: lights.Light) -> lights.Light:
        """办公室给这一项的本期定过灯的用定灯。"""
        now = self.period
        manual = next((row for row in self._manuals[measure_id] if row.period_id == now.pk), None) if now else None
        if manual is None:
            return judged
        return lights.Light(manual.level, manual.reason, judged.percent, judged.pace, is_manual=True)

    # ── 哪几天会变 ──

    def spans(self) -> Iterator[Ruled]:
        """各项举措从哪天到哪天判成什么：前后相接，没有空档。"""
        for measure in self.measures:
            yield from self.spans_of(measure)

    def spans_of(self, measure: Measure) -> Iterator[Ruled]:
        """一项举措的各段。相邻而判得一样的并成一段。"""
        found: list[Ruled] = []
        for day in self._turning_days(measure):
            self.today = day
            parts = {a.pk: self._rule(a) for a in self.assignments[measure.pk]}
            light = self.combined(measure, parts)
            if found and (found[-1].parts, _lasting(found[-1].light)) == (parts, _lasting(light)):
                continue
            if found:
                last = found.pop()
                found.append(Ruled(measure, last.from_on, day - DAY, last.parts, last.light))
            found.append(Ruled(measure, day if found else EVER, NEVER, parts, light))
        return iter(found)

    def _turning_days(self, measure: Measure) -> list[dt.date]:
        """灯可能改变的日子，由早到晚：开放那天，此后每件事发生的那天、每个期限临近与过去的那天。已关闭的期只有关闭那天。"""
        if self.period is None or self.period.opened_at is None:
            return [self.today]
        if self.period.closed_at:
            return [timezone.localdate(self.period.closed_at)]
        first = timezone.localdate(self.period.opened_at)
        days = {day for a in self.assignments[measure.pk] for day in self._days_of(a)}
        days |= {p.due_on + DAY for p in self.periods}
        days |= {timezone.localdate(p.opened_at) for p in self.periods if p.opened_at}
        return [first, *sorted(day for day in days if first < day <= NEVER)]

    def _days_of(self, assignment: Assignment) -> Iterator[dt.date]:
        moments: list[dt.datetime | None] = []
        limits = [assignment.measure.due_on]
        for row in self._progress[assignment.pk]:
            moments += [row.first_submitted_at, row.reviewed_at, row.superseded_at]
        for completion in self._completions[assignment.pk]:
            moments += [completion.granted_at, completion.reopened_at]
        for extension in self._extensions[assignment.pk]:
            moments.append(extension.decided_at)
            limits.append(extension.new_due_on)
        for milestone in self._milestones[assignment.pk]:
            moments += [milestone.agreed_at, milestone.done_at, milestone.removed_at]
            limits.append(milestone.due_on)
        yield from (timezone.localdate(moment) for moment in moments if moment)
        soon = dt.timedelta(days=self.scale.soon_days)
        for day in limits:
            if day:
                yield from (day - soon, day + DAY)
        if assignment.measure.start_on:
            yield assignment.measure.start_on

    # ── 判 ──

    def _rule(self, assignment: Assignment) -> Ruling:
        targets = tuple(self._target_facts(assignment))
        missed = self._missed(assignment)
        facts = self._facts(assignment, tuple(fact for _, fact in targets), missed)
        verdict, known = lights.weigh(facts, self.scale), self._last_known(assignment)
        known_pk = known.pk if known else None
        return Ruling(assignment.order, verdict, facts.due_on, tuple(p.pk for p in missed), targets, known_pk)

    def shown(self, assignment: Assignment) -> lights.Light:
        """一个项次今天显示的灯：办公室给整项定了灯的按定灯。"""
        return self._by_hand(assignment.measure_id, self._rule(assignment).verdict.light(self.as_of))

    def rulings(self, measure: Measure) -> dict[int, Ruling]:
        """一项举措的各份今天判成什么。"""
        return {a.pk: self._rule(a) for a in self.assignments[measure.pk]}

    def combined(self, measure: Measure, parts: Mapping[int, Ruling]) -> lights.Light:
        """各份的灯合成一项的灯；办公室定过灯的用定灯。"""
        led = self.assignments[measure.pk]
        judged = lights.combine(
            [(a.department.name, parts[a.pk].verdict.light(self.as_of)) for a in led], organisation.unit()
        )
        return self._by_hand(measure.pk, judged)

    @property
    def as_of(self) -> dt.date:
        """账以哪天为准。"""
        return self.period.as_of(self.today) if self.period else self.today

    @property
    def scale(self) -> lights.Scale:
        """判这一期的尺子：已关闭的用关闭时的阈值与序时起止。"""
        settings = self.basis.settings or {name: getattr(self.plan, name) for name in SETTINGS}
        end = self.period.ends_on if self.period else self.today
        return lights.Scale(today=self.as_of, period_end=end, **settings)

    @property
    def _moment(self) -> dt.datetime:
        """账算到哪一刻：已关闭的到关闭那一刻（当天随后的审核、更正不再改它），否则到今天最后一刻。"""
        return self._moment_of(self.period) if self.period else clock.end_of(self.today)

    def _moment_of(self, period: ReportingPeriod) -> dt.datetime:
        return period.closed_at or clock.end_of(self.today)

    def _facts(
        self,
        assignment: Assignment,
        targets: tuple[lights.TargetFact, ...],
        missed: Iterable[ReportingPeriod],
    ) -> lights.Facts:
        settled, moment = self._settled(assignment), self._moment
        approved = [r for r in self._progress[assignment.pk] if r.is_final_at(moment)]
        latest = approved[-1] if approved else None
        return lights.Facts(
            kind=settled.kind,
            stage=latest.stage if latest else "not_started",
            percent=latest.percent if latest else None,
            start_on=settled.start_on,
            due_on=self._due_at(assignment),
            is_completed=self._is_completed(assignment, moment),
            missed=tuple(p.short_name for p in missed),
            is_on_time=self._is_on_time(assignment),
            is_due=bool(approved) or self._is_due(assignment),
            targets=targets,
            milestones=tuple(self._milestone_facts(assignment)),
        )

    def _settled(self, assignment: Assignment) -> Judged | Measure:
        """类型、启动与完成时限：已关闭的期用关闭时的，否则用举措现在的。"""
        return self.basis.measures.get(assignment.measure_id) or assignment.measure

    def _is_completed(self, assignment: Assignment, moment: dt.datetime) -> bool:
        return any(
            c.granted_at <= moment and (c.reopened_at is None or c.reopened_at > moment)
            for c in self._completions[assignment.pk]
        )

    def _due_at(self, assignment: Assignment) -> dt.date | None:
        """到基准时刻为止的时限：那时已批准的延期才算。"""
        moment = self._moment
        granted = [e.new_due_on for e in self._extensions[assignment.pk] if e.decided_at and e.decided_at <= moment]
        return granted[-1] if granted else self._settled(assignment).due_on

    def _missed(self, assignment: Assignment) -> list[ReportingPeriod]:
        """到基准时刻为止，最近连续几期截止后仍未报。未到截止日的、那时还没开放的期不算。"""
        judged = self.basis.measures.get(assignment.measure_id)
        if judged and assignment.pk in judged.parts:
            return [p for p in self.periods if p.pk in judged.parts[assignment.pk]]
        as_of, moment = self.as_of, self._moment
        found: list[ReportingPeriod] = []
        owed = {r.period_id: r for r in self._progress[assignment.pk] if not r.corrects_id}
        for p in reversed(self.periods):
            row = owed.get(p.pk)
            if row is None or as_of <= p.due_on or p.opened_at is None or p.opened_at > moment:
                continue
            if row.first_submitted_at and row.first_submitted_at <= moment:
                break
            found.insert(0, p)
        return found

    def _is_due(self, assignment: Assignment) -> bool:
        """有没有哪一期该报而截止日已过：之前没有报过也不判落后（还没开放过报送、新列入的都是这样）。"""
        moment = self._moment
        owed = [r.period for r in self._progress[assignment.pk] if not r.corrects_id]
        return any(p.opened_at and p.opened_at <= moment and p.due_on < self.as_of for p in owed)

    def _is_on_time(self, assignment: Assignment) -> bool:
        """这一期按期报了没有（基准时刻之前、截止日之前）。"""
        closed_at = self.period.closed_at if self.period else None
        rows = [r for r in self._progress[assignment.pk] if self.period and r.period_id == self.period.pk]
        row = next((r for r in rows if r.counts_at(closed_at)), None)
        if row is None or not row.is_reported or row.first_submitted_at is None:
            return False
        return row.first_submitted_at <= self._moment and row.is_on_time

    def _milestone_facts(self, assignment: Assignment) -> Iterator[lights.MilestoneFact]:
        """那一刻算数的节点：认可了、没有取消；那时还没有认定完成的算没完成。"""
        moment = self._moment
        for m in self._milestones[assignment.pk]:
            if m.agreed_at and m.agreed_at <= moment and (m.removed_at is None or m.removed_at > moment):
                is_done = m.done_at and m.done_at <= moment
                yield lights.MilestoneFact(m.name, m.due_on, m.done_on if is_done else None)

    # ── 量化目标 ──

    def targets_of(self, measure_id: int) -> list[Target]:
        """一项举措的量化目标；已关闭的一期，是关闭时的。"""
        judged = self.basis.measures.get(measure_id)
        return judged.targets if judged else self._targets[measure_id]

    def _targets_for(self, assignment: Assignment) -> list[Target]:
        """这个项次要填的量化目标：指明由本部室报的，和没有指明的。"""
        return [
            t for t in self.targets_of(assignment.measure_id) if t.department_id in (None, assignment.department_id)
        ]

    def _target_facts(self, assignment: Assignment) -> Iterator[tuple[int, lights.TargetFact]]:
        """各目标的完成值：到这一期为止最近一次通过的；文件没写明由谁报的，各牵头部室报的都算。"""
        moment, order = self._moment, {p.pk: i for i, p in enumerate(self.periods)}
        for target in self._targets_for(assignment):
            sharers = [assignment] if target.department_id else self.assignments[assignment.measure_id]
            found = [
                (order[r.period_id], r.reviewed_at, value)
                for a in sharers
                for r in self._progress[a.pk]
                if r.is_final_at(moment)
                for target_id, value in self._values[r.pk]
                if target_id == target.pk
            ]
            value = max(found, key=lambda f: f[:2])[2] if found else None
            yield (
                target.pk,
                lights.TargetFact(target.name, target.operator, target.value, target.unit, target.strength, value),
            )

    def _last_known(self, assignment: Assignment) -> ReportingPeriod | None:
        """最近哪一期有通过的报送（几个部室共报一个目标的，哪个部室的都算）或办结；都没有为 None。"""
        moment, mine = self._moment, self._targets_for(assignment)
        sharers = self.assignments[assignment.measure_id] if any(not t.department_id for t in mine) else [assignment]
        known = {r.period_id for a in sharers for r in self._progress[a.pk] if r.is_final_at(moment)}
        if self._is_completed(assignment, moment):
            known |= {p.pk for p in self.periods if self._is_completed(assignment, self._moment_of(p))}
        return next((p for p in reversed(self.periods) if p.pk in known), None)


def _lasting(light: lights.Light) -> tuple[str, int | None, int | None, str]:
    """一项的灯里不随日子说法而变的几样：各份的依据另比。"""
    return light.level, light.percent, light.pace, light.reason if light.is_manual else ""
