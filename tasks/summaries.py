"""一个报送期的全部数字。总览、清单、领导页、部室页、通报、导出都读这里，所以处处相符。

数量由 SQL 汇总；灯由 `lights` 判，这里只负责一次取齐判灯要看的事实（查询数与行数无关）。
项与项次分开：举措以“项”计（21），按部室、按领导以“项次”计（共同牵头的各计一次）。
"""

import datetime as dt
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Count, F, Q
from django.utils import timezone

from departments.models import Leader

from . import lights
from .models import (
    Assignment,
    Completion,
    Extension,
    ManualLight,
    Measure,
    MeasureLeader,
    Milestone,
    PlanRevision,
    Progress,
    ReportingPeriod,
    Target,
    TargetValue,
)

HISTORY = 6
S = Progress.Status


@dataclass(frozen=True)
class Reporting:
    """报送情况（项次）。应报 = 已通过 + 待审核 + 未报（含草稿）+ 退回。"""

    owed: int = 0
    approved: int = 0
    submitted: int = 0
    missing: int = 0
    draft: int = 0
    returned: int = 0
    on_time: int = 0
    late: int = 0

    @property
    def reported(self) -> int:
        """已报：已通过与待审核。"""
        return self.approved + self.submitted

    @property
    def unreported(self) -> int:
        """未报：还没有动手的与草稿。"""
        return self.missing + self.draft

    @property
    def share(self) -> int:
        """已报占应报的百分比（向下取整）；没有应报的算 100。"""
        return self.reported * 100 // self.owed if self.owed else 100


# 交上去了的：撤回的（草稿）不算按时，也不算补报。
SENT = Q(status__in=[S.SUBMITTED, S.APPROVED, S.RETURNED])
REPORTING_COUNTS = {
    "owed": Count("pk"),
    "approved": Count("pk", filter=Q(status=S.APPROVED)),
    "submitted": Count("pk", filter=Q(status=S.SUBMITTED)),
    "missing": Count("pk", filter=Q(status=S.MISSING)),
    "draft": Count("pk", filter=Q(status=S.DRAFT)),
    "returned": Count("pk", filter=Q(status=S.RETURNED)),
    "on_time": Count("pk", filter=SENT & Q(first_submitted_at__date__lte=F("period__due_on"))),
    "late": Count("pk", filter=SENT & Q(first_submitted_at__date__gt=F("period__due_on"))),
}


def reporting(progress) -> Reporting:
    """一组报送的情况，一次查询。`progress` 为算数的行（`in_force`）。"""
    return Reporting(**progress.aggregate(**REPORTING_COUNTS))


def reporting_by(progress, *fields) -> dict:
    """按某个字段分组的报送情况，一次查询。"""
    rows = progress.order_by().values(*fields).annotate(**REPORTING_COUNTS)
    key = (lambda r: r[fields[0]]) if len(fields) == 1 else (lambda r: tuple(r[f] for f in fields))
    return {key(r): Reporting(**{k: r[k] for k in REPORTING_COUNTS}) for r in rows}


@dataclass
class Part:
    """一项举措里一个牵头部室的那一份（项次）。"""

    assignment: Assignment
    light: lights.Light
    report: Progress | None

    @property
    def department(self):
        return self.assignment.department


@dataclass
class Line:
    """台账的一行：一项举措在这一期的样子。"""

    measure: Measure
    light: lights.Light
    parts: list[Part]
    ledger: "Ledger"

    @property
    def leaders(self):
        return [link.leader for link in self.measure.leader_links.all()]

    @property
    def departments(self):
        return [part.department for part in self.parts]

    @cached_property
    def trail_points(self):
        """近几期的灯序：[(期名, 灯)]。"""
        periods = self.ledger.periods[-HISTORY:]
        return [(period.short_name, self.ledger.light_of(self.measure, period).level) for period in periods]

    @property
    def reports(self):
        return [part.report for part in self.parts if part.report]

    @cached_property
    def report_status(self) -> str:
        """整项的报送状态：各份里最需要过问的一份（退回、未报、草稿、待审核、已通过）；本期不用报为空。"""
        statuses = {report.status for report in self.reports}
        order = [S.RETURNED, S.MISSING, S.DRAFT, S.SUBMITTED, S.APPROVED]
        return next((s for s in order if s in statuses), "")

    @property
    def reported(self) -> int:
        """已报的份数（项次）。"""
        return sum(r.status in (S.SUBMITTED, S.APPROVED) for r in self.reports)


class Ledger:
    """一个方案在一个报送期的台账。

    `period` 为 None 时只有举措没有报送（还没有开放过报送）。`measures` 可以缩小范围（如一页、一位领导），
    查询数不随范围大小而变。
    """

    def __init__(self, plan, period, today, *, measures=None):
        self.plan, self.period, self.today = plan, period, today
        self.edition = self._edition() if measures is None else None
        self.base = self._base() if measures is None else measures

    @cached_property
    def periods(self) -> list[ReportingPeriod]:
        """到本期为止开放过的报送期，由早到晚。"""
        if self.period is None:
            return []
        found = self.plan.periods.filter(starts_on__lte=self.period.starts_on).exclude(status="planned")
        return list(found.order_by("starts_on"))

    def _edition(self) -> PlanRevision | None:
        """看已关闭的期，而关闭之后方案又修订过：当时生效的那一版。其余为 None（就是现行版）。"""
        if self.period is None or self.period.closed_at is None:
            return None
        applied = self.plan.revisions.filter(status="applied").order_by("-number")
        if not applied.filter(applied_at__gt=self.period.closed_at).exists():
            return None
        return applied.filter(applied_at__lte=self.period.closed_at).first()

    def _base(self):
        if self.edition is None:
            return Measure.objects.in_force().filter(plan=self.plan)
        return Measure.objects.filter(pk__in=[row["id"] for row in self.edition.rows])

    @cached_property
    def _then(self) -> dict:
        """举措 → 当时那一版的一行；看现行版时为空。"""
        return {row["id"]: row for row in self.edition.rows} if self.edition else {}

    @cached_property
    def measures(self) -> list[Measure]:
        """举措，按序号；看旧版时换成当时的序号、名称、原文与牵头领导（只在内存里）。"""
        found = list(self.base.prefetch_related("leader_links__leader").order_by("position", "pk"))
        if self.edition is None:
            return found
        leaders = {leader.name: leader for leader in Leader.objects.all()}
        places = {pk: place for place, pk in enumerate(self._then)}
        for measure in found:
            row = self._then[measure.pk]
            measure.number, measure.title, measure.text = row["number"], row["title"], row["text"]
            measure.position = places[measure.pk]
            links = [MeasureLeader(measure=measure, leader=leaders[name]) for name in row["leaders"] if name in leaders]
            measure._prefetched_objects_cache["leader_links"] = links
        return sorted(found, key=lambda m: m.position)

    @cached_property
    def assignments(self) -> dict:
        """举措 → 现行的责任分工。"""
        found = Assignment.objects.filter(measure__in=self.base).select_related("department").order_by("order", "pk")
        if self.edition is None:
            found = found.filter(ended_in__isnull=True)
        else:
            found = [a for a in found if a.department.name in self._then[a.measure_id]["departments"]]
        grouped = defaultdict(list)
        by_id = {m.pk: m for m in self.measures}
        for assignment in found:
            assignment.measure = by_id[assignment.measure_id]
            grouped[assignment.measure_id].append(assignment)
        return grouped

    @cached_property
    def _progress(self) -> dict:
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
    def _values(self) -> dict:
        """报送 → [(目标, 完成值)]。"""
        grouped = defaultdict(list)
        rows = TargetValue.objects.filter(progress__assignment__measure__in=self.base).values_list(
            "progress_id", "target_id", "value"
        )
        for progress, target, value in rows:
            grouped[progress].append((target, value))
        return grouped

    @cached_property
    def _targets(self) -> dict:
        grouped = defaultdict(list)
        for target in Target.objects.filter(measure__in=self.base):
            grouped[target.measure_id].append(target)
        return grouped

    @cached_property
    def _completions(self) -> dict:
        grouped = defaultdict(list)
        for row in Completion.objects.filter(assignment__measure__in=self.base):
            grouped[row.assignment_id].append(row)
        return grouped

    @cached_property
    def _extensions(self) -> dict:
        """项次 → 批准的延期，由早到晚。"""
        grouped = defaultdict(list)
        for row in Extension.objects.approved().filter(assignment__measure__in=self.base).order_by("decided_at", "pk"):
            grouped[row.assignment_id].append(row)
        return grouped

    @cached_property
    def _milestones(self) -> dict:
        """项次 → 认可过的节点（含后来取消的，按时间取用）。"""
        grouped = defaultdict(list)
        for row in Milestone.objects.filter(assignment__measure__in=self.base, agreed_at__isnull=False):
            grouped[row.assignment_id].append(row)
        return grouped

    @cached_property
    def _manual(self) -> dict:
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
    def progress(self):
        """本期算数的报送行（查询集），范围同台账。"""
        return Progress.objects.in_force().filter(period=self.period, assignment__measure__in=self.base)

    @cached_property
    def reporting(self) -> Reporting:
        return reporting(self.progress)

    @cached_property
    def reporting_by_department(self) -> dict:
        """部室 → 报送情况（项次）。"""
        return reporting_by(self.progress, "assignment__department")

    @property
    def pace(self) -> int:
        """方案的序时进度（百分之一）。"""
        end = self.period.ends_on if self.period else self.today
        return lights.pace(self.plan.starts_on, self.plan.ends_on, end)

    def _line(self, measure) -> Line:
        parts = [
            Part(a, self._judge(a, self.period), self._report(a, self.period)) for a in self.assignments[measure.pk]
        ]
        return Line(measure, self._combine(measure, self.period, parts), parts, self)

    def _combine(self, measure, period, parts) -> lights.Light:
        """各份的灯合成一项的灯；办公室定过灯的用定灯。"""
        judged = lights.combine([(part.department.name, part.light) for part in parts])
        manual = self._manual.get((measure.pk, period.pk)) if period else None
        if manual is None:
            return judged
        return lights.Light(manual.level, manual.reason, judged.percent, judged.pace, is_manual=True)

    def light_of(self, measure, period) -> lights.Light:
        """一项举措在某一期的灯。"""
        parts = [Part(a, self._judge(a, period), None) for a in self.assignments[measure.pk]]
        return self._combine(measure, period, parts)

    def targets_for(self, assignment) -> list[Target]:
        """这个项次要填的量化目标：指明由本部室报的，和没有指明的。"""
        found = self._targets[assignment.measure_id]
        return [t for t in found if t.department_id in (None, assignment.department_id)]

    def target_facts(self, assignment) -> tuple:
        """各目标到本期为止的完成值。"""
        return self._target_facts(assignment, self.period, self._moment(self.period))

    def completion_of(self, assignment) -> Completion | None:
        """到本期的基准时刻为止有效的办结。"""
        return self._completion_at(assignment, self._moment(self.period))

    def due_on(self, assignment) -> dt.date | None:
        """到本期的基准时刻为止的时限：那时已批准的延期才算。"""
        return self._due_at(assignment, self._moment(self.period))

    def percent_trail(self, assignment) -> list:
        """各期的进度：[(报送期, 百分比或 None)]，画走势用。"""
        return [(p, lights.progress_percent(self._facts(assignment, p))) for p in self.periods]

    def _judge(self, assignment, period) -> lights.Light:
        return lights.judge(self._facts(assignment, period), self._scale(period))

    def _scale(self, period) -> lights.Scale:
        plan = self.plan
        return lights.Scale(
            today=period.as_of(self.today) if period else self.today,
            period_end=period.ends_on if period else self.today,
            starts_on=plan.starts_on,
            ends_on=plan.ends_on,
            yellow_gap=plan.yellow_gap,
            red_gap=plan.red_gap,
            soon_days=plan.soon_days,
        )

    def _moment(self, period) -> dt.datetime:
        """账算到哪一刻：已关闭的到关闭那一刻（当天随后的审核、更正不再改它），否则到今天最后一刻。"""
        return period.closed_at if period and period.closed_at else _end_of(self.today)

    def _facts(self, assignment, period) -> lights.Facts:
        measure = assignment.measure
        as_of = period.as_of(self.today) if period else self.today
        moment = self._moment(period)
        approved = [r for r in self._rows_until(assignment, period) if _counts_at(r, moment)]
        latest = approved[-1] if approved else None
        return lights.Facts(
            kind=measure.kind,
            stage=latest.stage if latest else "not_started",
            percent=latest.percent if latest else None,
            start_on=measure.start_on,
            due_on=self._due_at(assignment, moment),
            is_completed=self._completion_at(assignment, moment) is not None,
            missed=self._missed(assignment, period, as_of, moment),
            targets=self._target_facts(assignment, period, moment),
            milestones=self._milestone_facts(assignment, moment),
        )

    def _rows_until(self, assignment, period):
        if period is None:
            return []
        ids = {p.pk for p in self.periods if p.starts_on <= period.starts_on}
        return [r for r in self._progress[assignment.pk] if r.period_id in ids]

    def _report(self, assignment, period):
        rows = [r for r in self._rows_until(assignment, period) if r.period_id == period.pk] if period else []
        found = next(
            (r for r in rows if r.superseded_at is None and (not r.corrects_id or r.status == S.APPROVED)), None
        )
        if found:
            waiting = (r.pk for r in rows if r.corrects_id == found.pk and r.status == S.SUBMITTED)
            found.correction_waiting = next(waiting, None)
        return found

    def _completion_at(self, assignment, moment) -> Completion | None:
        found = self._completions[assignment.pk]
        return next(
            (c for c in found if c.granted_at <= moment and (c.reopened_at is None or c.reopened_at > moment)), None
        )

    def _due_at(self, assignment, moment) -> dt.date | None:
        granted = [e.new_due_on for e in self._extensions[assignment.pk] if e.decided_at <= moment]
        return granted[-1] if granted else assignment.measure.due_on

    def _missed(self, assignment, period, as_of, moment) -> int:
        """到这一天为止，最近连续几期截止后仍未报。未到截止日的、那时还没开放的期不算。"""
        owed = {r.period_id: r for r in self._rows_until(assignment, period) if not r.corrects_id}
        count = 0
        for p in reversed(self.periods):
            row = owed.get(p.pk)
            if row is None or as_of <= p.due_on or p.opened_at > moment:
                continue
            if row.first_submitted_at and row.first_submitted_at <= moment:
                break
            count += 1
        return count

    def _milestone_facts(self, assignment, moment):
        """那一刻算数的节点：认可了、没有取消；那时还没有认定完成的算没完成。"""
        return tuple(
            lights.MilestoneFact(m.name, m.due_on, m.done_on if m.done_at and m.done_at <= moment else None)
            for m in self._milestones[assignment.pk]
            if m.agreed_at <= moment and (m.removed_at is None or m.removed_at > moment)
        )

    def _target_facts(self, assignment, period, moment):
        """各目标的完成值：到这一期为止最近一次通过的；文件没写明由谁报的，各牵头部室报的都算。"""
        facts = []
        for target in self.targets_for(assignment):
            sharers = [assignment] if target.department_id else self.assignments[assignment.measure_id]
            rows = [r for a in sharers for r in self._rows_until(a, period) if _counts_at(r, moment)]
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


def _end_of(day) -> dt.datetime:
    """一天的最后一刻（本地时间）。"""
    return timezone.make_aware(dt.datetime.combine(day, dt.time.max))


def _counts_at(row, moment) -> bool:
    """这一行在那一刻是否已通过且没有被更正取代。"""
    return (
        row.status == S.APPROVED
        and row.reviewed_at <= moment
        and (row.superseded_at is None or row.superseded_at > moment)
    )


def current_period(plan, today) -> ReportingPeriod | None:
    """默认看哪一期：今天所在的、已开放的那一期；没有就取最近开放过的一期。"""
    opened = plan.periods.exclude(status="planned")
    return opened.filter(starts_on__lte=today).order_by("-starts_on").first() or opened.order_by("starts_on").first()
