"""一个报送期的全部数字。总览、清单、领导页、部室页、通报、导出都读这里，所以处处相符。

数量由 SQL 汇总；灯由 `lights` 判，这里只负责一次取齐判灯要看的事实（查询数与行数无关）。
项与项次分开：举措以“项”计（21），按部室、按领导以“项次”计（共同牵头的各计一次）。
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cached_property
from typing import Any, cast

from django.db.models import QuerySet

from departments.models import Leader
from yingshang import clock

from ..models import (
    Assignment,
    Completion,
    Extension,
    ManualLight,
    Measure,
    MeasureLeader,
    Milestone,
    Plan,
    PlanRevision,
    Progress,
    ReportingPeriod,
    Target,
    TargetValue,
)
from ..models.measure import MeasureQuerySet
from ..models.progress import ProgressQuerySet
from ..rules import lights
from . import basis
from .basis import SETTINGS, Basis, Judged
from .reporting import Reporting, reporting, reporting_by
from .rows import Line, Part


class Ledger:
    """一个方案在一个报送期的台账。

    `period` 为 None 时只有举措没有报送（还没有开放过报送）。`measures` 可以缩小范围（如一页、一位领导），
    查询数不随范围大小而变。
    """

    def __init__(
        self,
        plan: Plan | None,
        period: ReportingPeriod | None,
        today: dt.date,
        *,
        measures: QuerySet[Measure] | None = None,
    ) -> None:
        self.plan = cast(Plan, plan)  # 还没有现行方案的，也没有举措与报送期，各处都问不到它
        self.period, self.today = period, today
        self.is_whole = measures is None
        self.edition = self.edition_of(period) if self.is_whole else None
        self.base: QuerySet[Measure] = self._base() if measures is None else measures

    @cached_property
    def periods(self) -> list[ReportingPeriod]:
        """到本期为止开放过的报送期，由早到晚。本期关闭之后才补开的，那时还没有。"""
        if self.period is None:
            return []
        found = self.plan.periods.filter(starts_on__lte=self.period.starts_on).opened()
        if self.period.closed_at:
            found = found.filter(opened_at__lte=self.period.closed_at)
        return list(found.order_by("starts_on"))

    @cached_property
    def _bases(self) -> dict[int, Basis]:
        """已关闭的各期 → 关闭时记下的判灯依据。"""
        return basis.of({*self.periods, *([self.period] if self.period else [])})

    def basis_of(self, period: ReportingPeriod | None) -> Basis:
        """一期的判灯依据；没有关闭的、没有记过的是空的，照现在的值判。"""
        return (self._bases.get(period.pk) if period else None) or Basis()

    @cached_property
    def basis(self) -> Basis:
        """本期的判灯依据。"""
        return self.basis_of(self.period)

    @cached_property
    def _revisions(self) -> list[PlanRevision]:
        """生效过的各版，由早到晚；各版的举措用到才读。"""
        return list(self.plan.revisions.applied().defer("content", "rows", "diff").order_by("number"))

    def edition_of(self, period: ReportingPeriod | None) -> PlanRevision | None:
        """看已关闭的期，而关闭之后方案又修订过：当时生效的那一版。其余为 None（就是现行版）。"""
        if period is None or period.closed_at is None:
            return None
        then = [r for r in self._revisions if r.applied_at and r.applied_at <= period.closed_at]
        return then[-1] if then and len(then) < len(self._revisions) else None

    def _base(self) -> MeasureQuerySet:
        if self.basis:
            return Measure.objects.filter(pk__in=self.basis.measures)
        if self.edition is None:
            return Measure.objects.in_force().filter(plan=self.plan)
        return Measure.objects.filter(pk__in=[row["id"] for row in self.edition.rows])

    @cached_property
    def _then(self) -> dict[int, dict[str, Any]]:
        """举措 → 当时那一版的一行；看现行版时为空。"""
        rows = self.edition.rows if self.edition else ()
        return {row["id"]: row | {"position": place} for place, row in enumerate(rows)}

    @cached_property
    def measures(self) -> list[Measure]:
        """举措，按序号；看已关闭的期换成当时的序号、名称、原文、类型、时限与牵头领导（只在内存里）。"""
        found = list(self.base.prefetch_related("leader_links__leader").order_by("position", "pk"))
        if self.is_whole and (self.edition or self.basis):
            leaders = list(Leader.objects.all())
            known = {leader.pk: leader for leader in leaders} | {leader.name: leader for leader in leaders}
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
        led = judged.leaders if judged else row.get("leader_ids") or row["leaders"]
        links = [MeasureLeader(measure=measure, leader=leaders[key]) for key in led if key in leaders]
        # Django 没有公开的写法把关联当作预取过的。
        measure._prefetched_objects_cache["leader_links"] = links  # type: ignore[attr-defined]

    @cached_property
    def assignments(self) -> dict[int, list[Assignment]]:
        """举措 → 责任分工：现行的，看已关闭的期是当时的。"""
        found = Assignment.objects.filter(measure__in=self.base).select_related("department").order_by("order", "pk")
        grouped: dict[int, list[Assignment]] = defaultdict(list)
        by_id = {m.pk: m for m in self.measures}
        for assignment in found:
            if self._leads(assignment):
                assignment.measure = by_id[assignment.measure_id]
                grouped[assignment.measure_id].append(assignment)
        return grouped

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
        """项次 → 按期排列的报送行（含被更正的，按时间取用）。"""
        grouped, periods = defaultdict(list), {p.pk: p for p in self.periods}
        rows = (
            Progress.objects.filter(assignment__measure__in=self.base, period__in=periods)
            .defer("problems", "coordination", "next_steps", "decline_reason")
            .order_by("period__starts_on", "pk")
        )
        for row in rows:
            row.period = periods[row.period_id]
            grouped[row.assignment_id].append(row)
        return grouped

    @cached_property
    def _values(self) -> dict[int, list[tuple[int, Decimal]]]:
        """报送 → [(目标, 完成值)]。"""
        grouped = defaultdict(list)
        rows = TargetValue.objects.filter(progress__assignment__measure__in=self.base).values_list(
            "progress_id", "target_id", "value"
        )
        for progress, target, value in rows:
            grouped[progress].append((target, value))
        return grouped

    @cached_property
    def _targets(self) -> dict[int, list[Target]]:
        grouped = defaultdict(list)
        for target in Target.objects.filter(measure__in=self.base):
            grouped[target.measure_id].append(target)
        return grouped

    @cached_property
    def _completions(self) -> dict[int, list[Completion]]:
        grouped = defaultdict(list)
        for row in Completion.objects.filter(assignment__measure__in=self.base):
            grouped[row.assignment_id].append(row)
        return grouped

    @cached_property
    def _extensions(self) -> dict[int, list[Extension]]:
        """项次 → 批准的延期，由早到晚。"""
        grouped = defaultdict(list)
        for row in Extension.objects.approved().filter(assignment__measure__in=self.base).order_by("decided_at", "pk"):
            grouped[row.assignment_id].append(row)
        return grouped

    @cached_property
    def _milestones(self) -> dict[int, list[Milestone]]:
        """项次 → 认可过的节点（含后来取消的，按时间取用）。"""
        grouped = defaultdict(list)
        for row in Milestone.objects.filter(assignment__measure__in=self.base, agreed_at__isnull=False):
            grouped[row.assignment_id].append(row)
        return grouped

    @cached_property
    def _manual(self) -> dict[tuple[int, int], ManualLight]:
        """（举措，报送期）→ 办公室定的灯。"""
        rows = ManualLight.objects.filter(
            measure__in=self.base, period__in=[p.pk for p in self.periods], lifted_at__isnull=True
        )
        return {(row.measure_id, row.period_id): row for row in rows}

    @cached_property
    def lines(self) -> list[Line]:
        """台账各行，按序号。"""
        return [self._line(measure) for measure in self.measures]

    def by_severity(self) -> list[Line]:
        """红黄在前，同灯按序号。"""
        return sorted(self.lines, key=lambda line: (line.light.severity, line.measure.position))

    @cached_property
    def light_totals(self) -> Counter:
        """各灯的项数。"""
        counts = Counter(dict.fromkeys(lights.SEVERITY, 0))
        counts.update(line.light.level for line in self.lines)
        return counts

    @cached_property
    def progress(self) -> ProgressQuerySet:
        """本期算数的报送行（查询集），范围同台账。"""
        return Progress.objects.in_force().filter(period=self.period, assignment__measure__in=self.base)

    @cached_property
    def reporting(self) -> Reporting:
        return reporting(self.progress)

    @cached_property
    def reporting_by_department(self) -> dict[int, Reporting]:
        """部室 → 报送情况（项次）。"""
        return reporting_by(self.progress, "assignment__department")

    @property
    def pace(self) -> int:
        """方案的序时进度（百分之一）。"""
        scale = self.scale_of(self.period)
        return lights.pace(scale.starts_on, scale.ends_on, scale.period_end)

    def _line(self, measure: Measure) -> Line:
        parts = []
        for a in self.assignments[measure.pk]:
            judged = self._judge(a, self.period)
            parts.append(Part(a, judged, self._report(a, self.period), judged))
        light = self._combine(measure, self.period, parts)
        if light.is_manual:
            for part in parts:
                part.light = replace(light, percent=part.judged.percent, pace=part.judged.pace)
        return Line(measure, light, parts, self)

    def _combine(self, measure: Measure, period: ReportingPeriod | None, parts: list[Part]) -> lights.Light:
        """各份的灯合成一项的灯；办公室定过灯的用定灯。"""
        judged = lights.combine([(part.department.name, part.light) for part in parts])
        manual = self._manual.get((measure.pk, period.pk)) if period else None
        if manual is None:
            return judged
        return lights.Light(manual.level, manual.reason, judged.percent, judged.pace, is_manual=True)

    def light_of(self, measure: Measure, period: ReportingPeriod | None) -> lights.Light:
        """一项举措在某一期的灯。"""
        judged = [(a, self._judge(a, period)) for a in self.assignments[measure.pk]]
        parts = [Part(a, light, None, light) for a, light in judged]
        return self._combine(measure, period, parts)

    def targets_of(self, measure_id: int, period: ReportingPeriod | None = None) -> list[Target]:
        """一项举措的量化目标；给了已关闭的一期，是关闭时的。"""
        judged = self.basis_of(period).measures.get(measure_id)
        return judged.targets if judged else self._targets[measure_id]

    def targets_for(self, assignment: Assignment, period: ReportingPeriod | None = None) -> list[Target]:
        """这个项次要填的量化目标：指明由本部室报的，和没有指明的。"""
        found = self.targets_of(assignment.measure_id, period)
        return [t for t in found if t.department_id in (None, assignment.department_id)]

    def target_facts(self, assignment: Assignment) -> tuple[lights.TargetFact, ...]:
        """各目标到本期为止的完成值。"""
        return self._target_facts(assignment, self.period)

    def completion_of(self, assignment: Assignment) -> Completion | None:
        """到本期的基准时刻为止有效的办结。"""
        return self._completion_at(assignment, self._moment(self.period))

    def due_on(self, assignment: Assignment) -> dt.date | None:
        """到本期的基准时刻为止的时限：那时已批准的延期才算。"""
        return self._due_at(assignment, self.period)

    def missed_by(self, assignment: Assignment) -> list[ReportingPeriod]:
        """到本期的基准时刻为止最近连续漏报的各期，由早到晚。"""
        return self._missed(assignment, self.period)

    def light_trail(self, assignment: Assignment) -> list[tuple[ReportingPeriod, lights.Light]]:
        """一个项次各期的（报送期，判的灯）：进度与序时都在灯里，画走势用。"""
        return [(p, self._judge(assignment, p)) for p in self.periods]

    def last_known(self, assignment: Assignment) -> ReportingPeriod | None:
        """最近哪一期有通过的报送（几个部室共报一个目标的，哪个部室的都算）或办结；都没有为 None。"""
        moment, mine = self._moment(self.period), self.targets_for(assignment, self.period)
        sharers = self.assignments[assignment.measure_id] if any(not t.department_id for t in mine) else [assignment]
        rows = [r for a in sharers for r in self._rows_until(a, self.period) if r.is_final_at(moment)]
        known = {r.period_id for r in rows}
        if self.completion_of(assignment):
            known |= {p.pk for p in self.periods if self._completion_at(assignment, self._moment(p))}
        return next((p for p in reversed(self.periods) if p.pk in known), None)

    def _judge(self, assignment: Assignment, period: ReportingPeriod | None) -> lights.Light:
        return lights.judge(self._facts(assignment, period), self.scale_of(period))

    def scale_of(self, period: ReportingPeriod | None) -> lights.Scale:
        """判这一期的尺子：已关闭的用关闭时的阈值与序时起止。"""
        settings = self.basis_of(period).settings or {name: getattr(self.plan, name) for name in SETTINGS}
        return lights.Scale(
            today=period.as_of(self.today) if period else self.today,
            period_end=period.ends_on if period else self.today,
            **settings,
        )

    def _moment(self, period: ReportingPeriod | None) -> dt.datetime:
        """账算到哪一刻：已关闭的到关闭那一刻（当天随后的审核、更正不再改它），否则到今天最后一刻。"""
        return period.closed_at if period and period.closed_at else clock.end_of(self.today)

    def _facts(self, assignment: Assignment, period: ReportingPeriod | None) -> lights.Facts:
        moment = self._moment(period)
        settled = self._settled(assignment, period)
        approved = [r for r in self._rows_until(assignment, period) if r.is_final_at(moment)]
        latest = approved[-1] if approved else None
        return lights.Facts(
            kind=settled.kind,
            stage=latest.stage if latest else "not_started",
            percent=latest.percent if latest else None,
            start_on=settled.start_on,
            due_on=self._due_at(assignment, period),
            is_completed=self._completion_at(assignment, moment) is not None,
            missed=tuple(p.short_name for p in self._missed(assignment, period)),
            is_on_time=self._is_on_time(assignment, period),
            is_due=bool(approved) or self._is_due(assignment, period),
            targets=self._target_facts(assignment, period),
            milestones=self._milestone_facts(assignment, moment),
        )

    def _settled(self, assignment: Assignment, period: ReportingPeriod | None) -> Judged | Measure:
        """类型、启动与完成时限：已关闭的期用关闭时的，否则用举措现在的。"""
        return self.basis_of(period).measures.get(assignment.measure_id) or assignment.measure

    def _rows_until(self, assignment: Assignment, period: ReportingPeriod | None) -> list[Progress]:
        if period is None:
            return []
        ids = {p.pk for p in self.periods if p.starts_on <= period.starts_on}
        return [r for r in self._progress[assignment.pk] if r.period_id in ids]

    def _report(self, assignment: Assignment, period: ReportingPeriod | None) -> Progress | None:
        """这一期算数的那一行（与 `Progress.in_force` 同一条规则）：关闭之后才通过的更正不算。"""
        rows = [r for r in self._rows_until(assignment, period) if r.period_id == period.pk] if period else []
        moment = period.closed_at if period else None
        found = next((r for r in rows if r.counts_at(moment)), None)
        if found:
            waiting = (r.pk for r in rows if r.corrects_id == found.pk and r.is_waiting)
            found.correction_waiting = next(waiting, None)
        return found

    def _completion_at(self, assignment: Assignment, moment: dt.datetime) -> Completion | None:
        found = self._completions[assignment.pk]
        return next(
            (c for c in found if c.granted_at <= moment and (c.reopened_at is None or c.reopened_at > moment)), None
        )

    def _due_at(self, assignment: Assignment, period: ReportingPeriod | None) -> dt.date | None:
        moment = self._moment(period)
        granted = [e.new_due_on for e in self._extensions[assignment.pk] if e.decided_at and e.decided_at <= moment]
        return granted[-1] if granted else self._settled(assignment, period).due_on

    def _missed(self, assignment: Assignment, period: ReportingPeriod | None) -> list[ReportingPeriod]:
        """到这一期的基准时刻为止，最近连续几期截止后仍未报。未到截止日的、那时还没开放的期不算。"""
        if period is None:
            return []
        judged = self.basis_of(period).measures.get(assignment.measure_id)
        if judged and assignment.pk in judged.parts:
            return [p for p in self.periods if p.pk in judged.parts[assignment.pk]]
        as_of, moment = period.as_of(self.today), self._moment(period)
        found: list[ReportingPeriod] = []
        owed = {r.period_id: r for r in self._rows_until(assignment, period) if not r.corrects_id}
        for p in reversed(self.periods):
            row = owed.get(p.pk)
            if row is None or as_of <= p.due_on or p.opened_at is None or p.opened_at > moment:
                continue
            if row.first_submitted_at and row.first_submitted_at <= moment:
                break
            found.insert(0, p)
        return found

    def _is_due(self, assignment: Assignment, period: ReportingPeriod | None) -> bool:
        """有没有哪一期该报而截止日已过：之前没有报过也不判落后（还没开放过报送、新列入的都是这样）。"""
        if period is None:
            return False
        as_of, moment = period.as_of(self.today), self._moment(period)
        rows = [r for r in self._rows_until(assignment, period) if not r.corrects_id]
        opened = [r.period for r in rows if r.period.opened_at and r.period.opened_at <= moment]
        return any(p.due_on < as_of for p in opened)

    def _is_on_time(self, assignment: Assignment, period: ReportingPeriod | None) -> bool:
        """这一期按期报了没有（基准时刻之前、截止日之前）。"""
        row = self._report(assignment, period)
        if row is None or not row.is_reported or row.first_submitted_at is None:
            return False
        return row.first_submitted_at <= self._moment(period) and row.is_on_time

    def _milestone_facts(self, assignment: Assignment, moment: dt.datetime) -> tuple[lights.MilestoneFact, ...]:
        """那一刻算数的节点：认可了、没有取消；那时还没有认定完成的算没完成。"""
        return tuple(
            lights.MilestoneFact(m.name, m.due_on, m.done_on if m.done_at and m.done_at <= moment else None)
            for m in self._milestones[assignment.pk]
            if m.agreed_at and m.agreed_at <= moment and (m.removed_at is None or m.removed_at > moment)
        )

    def _target_facts(self, assignment: Assignment, period: ReportingPeriod | None) -> tuple[lights.TargetFact, ...]:
        """各目标的完成值：到这一期为止最近一次通过的；文件没写明由谁报的，各牵头部室报的都算。"""
        facts, moment = [], self._moment(period)
        for target in self.targets_for(assignment, period):
            sharers = [assignment] if target.department_id else self.assignments[assignment.measure_id]
            rows = [r for a in sharers for r in self._rows_until(a, period) if r.is_final_at(moment)]
            found = [
                (r.period_id, r.reviewed_at, value)
                for r in rows
                for target_id, value in self._values[r.pk]
                if target_id == target.pk
            ]
            order = {p.pk: i for i, p in enumerate(self.periods)}
            latest = max(found, key=lambda f: (order[f[0]], f[1]), default=(None, None, None))
            facts.append(
                lights.TargetFact(target.name, target.operator, target.value, target.unit, target.strength, latest[2])
            )
        return tuple(facts)


def current_period(plan: Plan, today: dt.date) -> ReportingPeriod | None:
    """默认看哪一期：今天所在的、已开放的那一期；没有就取最近开放过的一期。"""
    opened = plan.periods.opened()
    return opened.filter(starts_on__lte=today).order_by("-starts_on").first() or opened.order_by("starts_on").first()
