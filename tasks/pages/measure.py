"""举措：清单与一项举措的全部。"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any, TypeAlias

from django.core.paginator import Page, Paginator
from django.db.models import Model, OuterRef, Q, Subquery
from django.forms import BaseForm
from django.urls import reverse

from departments.models import Department, Former, User
from departments.naming import Names
from yingshang import prepared

from .. import workflow
from ..figures.filters import listed
from ..figures.ledger import Ledger, current_of, current_period, opened_periods, with_leaders
from ..figures.presence import Column, answers, on, there_is
from ..figures.rows import Line, Part
from ..forms import MeasureFilterForm
from ..models import (
    Attachment,
    Completion,
    CompletionRequest,
    Cooperation,
    CoordinationRequest,
    Event,
    Extension,
    Following,
    Instruction,
    ManualLight,
    Measure,
    MeasureFate,
    Milestone,
    Petition,
    Phrases,
    Plan,
    PlanRevision,
    Problem,
    Progress,
    Reading,
    ReportingPeriod,
    Target,
)
from ..models.event import EventQuerySet
from ..models.phrase import default_phrases, phrases_of
from ..models.progress import ProgressQuerySet
from ..rules import lights, permissions
from ..rules.lights import Light, Scale, TargetFact
from . import assignment as assignment_pages
from . import cooperation as cooperation_pages
from . import event as event_pages
from . import instruction as instruction_pages
from . import joint as joint_pages
from . import milestone as milestone_pages
from . import petition as petition_pages
from . import plan as plan_pages
from . import problem as problem_pages
from .revision import HEAVY

PAGE_SIZE = 50
# 走势上的一点：（报送期，进度，序时）。
Point: TypeAlias = tuple[ReportingPeriod, int | None, float | None]


@dataclass
class MeasureListing:
    """清单的一页。"""

    page_obj: Page
    total: int
    period: ReportingPeriod | None
    today: dt.date
    ledger: Ledger
    query: str
    is_filtered: bool

    @property
    def found_words(self) -> str:
        """现行方案共 21 项；筛过的说符合条件几项。"""
        return f"符合条件 {self.total} 项" if self.is_filtered else f"现行方案共 {self.total} 项"

    @property
    def export_url(self) -> str:
        """导出台账，按眼下的筛选。"""
        return reverse("measure_export") + (f"?{self.query}" if self.query else "")


def listing(plan: Plan | None, user: User, today: dt.date, filters: MeasureFilterForm) -> MeasureListing:
    """全部举措：筛选、排序、翻页都在库里，只取这一页。"""
    chosen = filters.chosen
    opened = opened_periods(plan)
    period = current_of(opened, today)
    visible = Measure.objects.in_force().visible_to(user).filter(plan=plan)
    found = listed(visible, Ledger(plan, period, today), chosen)
    page: Page = Paginator(found, PAGE_SIZE).get_page(chosen.get("page", 1))
    shown = with_leaders(list(page.object_list))
    ledger = Ledger(plan, period, today, these=[measure.pk for measure in shown], with_trails=True, opened=opened)
    ledger.measures = shown  # 刚取来的这一页，次序照所选的，不再取一遍
    page.object_list = ledger.lines
    query, is_filtered = filters.query_without("page"), filters.is_filtered
    return MeasureListing(page, page.paginator.count, period, today, ledger, query, is_filtered)


# ── 一项举措 ──────────────────────────────────────────────


def period_of(measure: Measure, today: dt.date) -> ReportingPeriod:
    """看这项举措时以哪一期为准；还没有开放过报送时拒绝定灯。"""
    period = current_period(measure.plan, today)
    if period is None:
        raise workflow.Refused("还没有开放过报送期，暂时不能定灯。")
    return period


@dataclass(frozen=True)
class TargetRow:
    """详情页“目标与完成”的一行。"""

    name: str
    sign: str
    target: Decimal
    unit: str
    strength_label: str
    value: Decimal | None
    degree: int
    level: str

    @property
    def value_unit(self) -> str:
        """完成值后面的单位；还没有报的不写。"""
        return "" if self.value is None else self.unit


@dataclass
class Trail:
    """一个部室的进度走势。"""

    department: Department
    points: list
    pace: list
    caption: str


def detail(
    measure: Measure,
    user: User,
    today: dt.date,
    *,
    events: str = "",
    page: int = 0,
    joint_period: str = "",
    bound: dict[tuple[int, str], BaseForm] | None = None,
    **joint_form: Any,
) -> dict:
    """一项举措的全部：灯、人、目标、走势、原文、办理过程、前后项，填报人还有填报入口。`bound` 是没写好的表单。"""
    ledger, (lacks, neighbours) = _ledger_of(measure, today), _lacking(measure, user)
    rows = event_pages.reports_of(measure, user, lacks)
    ledger.take_reports(rows)
    reports = {row.pk: row for row in rows if row.is_shown}
    line, period = ledger.lines[0], ledger.period
    mine = own_reports(measure, user) if any(row.is_own for row in rows) else []
    standing = assignment_pages.on_measure(measure, user, today, bound=bound, lacks=lacks)
    problems = problem_pages.rows_on(measure, user, today) if Problem not in lacks else []
    told = partial(event_pages.of_measure, reports=reports, names=Names(nobody=Former in lacks))
    return _supervised(measure, user, today, lacks, problems) | {
        "measure": line.measure,
        "fates": _fates(measure) if MeasureFate not in lacks else [],
        "source": source_of(measure) if PlanRevision not in lacks else None,
        "is_followed": Following not in lacks,
        "readings": _readings(measure, user) if Reading not in lacks else [],
        "petitions": petition_pages.on_measure(measure, user) if Petition not in lacks else [],
        "retired_in": measure.retired_in,
        "line": line,
        "period": period,
        "today": today,
        "targets": target_rows(ledger, line),
        "pace": None if measure.retired_in_id else line.light.pace,
        "known_words": known_words(ledger, line),
        "amended_words": amended_words(rows, line),
        "trails": trails(ledger, line),
        "timeline": told(measure, user, _levels(ledger, line), events, page, problems=[r.problem for r in problems]),
        "mine": mine,
        "standing": standing,
        "helping": cooperation_pages.on_measure(
            measure, user, today, ledger.opened, bound=bound, is_lacking=Cooperation in lacks
        ),
        "has_desk": bool(mine or standing.own or permissions.can_review(user)),
        "manual": _manual(measure, period) if line.light.is_manual else None,
        "neighbours": neighbours,
        "can_settle": permissions.can_review(user) and measure.plan.archived_at is None,
        "joint": joint_pages.joint(measure, user, ledger, joint_period, reports=reports, **joint_form),
    }


def _readings(measure: Measure, user: User) -> list[Reading]:
    """哪几位领导看过、何时：牵头部室、办公室、领导看得到。"""
    return list(measure.readings.visible_to(user).select_related("leader"))


def _ledger_of(measure: Measure, today: dt.date) -> Ledger:
    """这一项的台账，连同它与各部室的走势。"""
    opened = opened_periods(measure.plan)
    period = current_of(opened, today)
    ledger = Ledger(
        measure.plan, period, today, these=[measure.pk], with_trails=True, with_part_trails=True, opened=opened
    )
    with_leaders([measure])
    ledger.measures = [measure]  # 就是要看的这一项，不再取一遍
    return ledger


def _levels(ledger: Ledger, line: Line) -> dict[int | None, str]:
    """期（编号）→ 那一期的灯。"""
    trail_of = ((p.pk, ledger.level_of(line.measure, p)) for p in ledger.periods)
    return {pk: level for pk, level in trail_of if level}


def _supervised(
    measure: Measure, user: User, today: dt.date, lacks: set[type[Model]], problems: list[problem_pages.ProblemRow]
) -> dict[str, Any]:
    """批示、节点、问题：督办这一项的几样。"""
    said = instruction_pages.on_measure(measure, user) if Instruction not in lacks else []
    instruct = instruction_pages.desk_on(measure, user, _phrases(user, lacks))
    milestones = milestone_pages.on_measure(measure, user, today) if Milestone not in lacks else []
    may_propose = milestone_pages.may_propose(measure, user)
    listed = [row for row in problems if row.problem.status != Problem.Status.DROPPED]
    return {
        "instructions": said,
        "instructions_waiting": sum(bool(item.unanswered) for item in said),
        "instruct": instruct,
        "own_instruct": instruct if instruct and not instruct.signers else None,
        "milestones": milestones,
        "shows_milestones": may_propose or bool(milestones and not measure.retired_in),
        "may_propose": may_propose,
        "problems": listed,
        "problems_words": problem_pages.counted(listed),
    }


def _phrases(user: User, lacks: set[type[Model]]) -> Sequence[str]:
    """领导自己的常用语；别人没有。"""
    if not permissions.can_lead(user) or user.leader is None:
        return ()
    return phrases_of(user.leader) if Phrases not in lacks else default_phrases()


def _fates(measure: Measure) -> list[plan_pages.FateLine]:
    """方案收尾时这一项去了哪里，或从哪里接办来。恢复列入的不算去了别处。"""
    related = ("measure__plan", "to_measure__plan")
    rows = MeasureFate.objects.filter(Q(measure=measure) | Q(to_measure=measure)).select_related(*related)
    is_gone, is_closing = bool(measure.retired_in_id), measure.plan.closing_at is not None
    holds = {MeasureFate.Kind.CARRIED: is_closing and not is_gone}
    mine = [row for row in rows if row.measure_id == measure.pk and holds.get(MeasureFate.Kind(row.kind), is_gone)]
    return [plan_pages.fate_line(row) for row in mine[:1]] + [
        plan_pages.came_from(row) for row in rows if row.to_measure_id == measure.pk and row.measure.retired_in_id
    ]


def target_rows(ledger: Ledger, line: Line) -> list[TargetRow]:
    """各量化目标与目前的完成值；各部室分别填报的按目标合在一起。"""
    found, scale = {}, ledger.scale
    for part in line.parts:
        for fact in ledger.target_facts(part.assignment):
            found[fact.name] = TargetRow(
                name=fact.name,
                sign=Target.Operator(fact.operator).label,
                target=fact.target,
                unit=fact.unit,
                strength_label=Target.Strength(fact.strength).label,
                value=fact.value,
                degree=fact.degree or 0,
                level=lights.GREEN if line.measure.retired_in_id else _target_level(fact, part.judged, scale),
            )
    return list(found.values())


def _target_level(fact: TargetFact, judged: Light, scale: Scale) -> str:
    """目标的颜色与这一份的判灯同一条规则：没有判落后的（办结、还没有到该报的时候）不标红黄。"""
    is_warned = judged.level in (lights.RED, lights.YELLOW)
    return (is_warned and lights.target_level(fact, judged.pace or 0, scale)) or lights.GREEN


def known_words(ledger: Ledger, line: Line) -> str:
    """目标与走势说到哪一期：看的那一期；退出了的，最后一次有通过的报送的那一期（几个部室各不相同的，各自的图下面说）。"""
    found = {ledger.period}
    if line.measure.retired_in_id:
        found = {ledger.last_known(part.assignment) for part in line.parts}
    last = next(iter(found)) if len(found) == 1 else None
    return f"截至{last.short_name}已通过的报送" if last else ""


def amended_words(reports: Sequence[Progress], line: Line) -> str:
    """看的那一期关闭以后才通过的（更正，退出又恢复列入的）：这一期的数不动，为什么与办理过程里的不一样。没有的为空。"""
    period, rooms = line.ledger.period, {part.assignment.pk: part.department.name for part in line.parts}
    late = [
        f"{rooms[row.assignment_id]}{'更正' if row.corrects_id else '报送'}{'' if row.percent is None else f'为 {row.percent}%'}"
        for row in reports
        if period and row.period_id == period.pk and row.is_approved and not row.superseded_at
        if row.assignment_id in rooms and period.closed_at and row.reviewed_at and row.reviewed_at > period.closed_at
    ]
    if not late or period is None:
        return ""
    return f"{period.short_name}的数以关闭时为准；关闭以后通过的（{'、'.join(late)}）从下一期起计。"


def trails(ledger: Ledger, line: Line) -> list[Trail]:
    """各部室的走势；常态推进的没有，退出以前一次也没有通过的也没有（不再说它该到哪里）。"""
    if line.measure.kind == Measure.Kind.ROUTINE:
        return []
    return [
        trail(ledger, part)
        for part in line.parts
        if not line.measure.retired_in_id or ledger.last_known(part.assignment)
    ]


def _points(ledger: Ledger, part: Part) -> list[Point]:
    """存着判定的各期；退出那一期的判定随退出去掉了，而它通过过的，补在后面，与办理过程说的是同一期。"""
    found: list[Point] = [(p, light.percent, light.pace) for p, light in ledger.light_trail(part.assignment)]
    last = ledger.last_known(part.assignment)
    if last and part.assignment.measure.retired_in_id and last not in [p for p, _, _ in found]:
        found.append((last, part.judged.percent, part.judged.pace if last == ledger.period else None))
    return found


def trail(ledger: Ledger, part: Part) -> Trail:
    """走势：各期进度与序时进度。实线画到最近一期有通过的报送为止，往后没有数的不画；没有图的，不说图上的线。"""
    known, last = _points(ledger, part), ledger.last_known(part.assignment)
    points = [
        {"label": p.short_name, "value": percent if last and p.starts_on <= last.starts_on else None}
        for p, percent, _ in known
    ]
    shown = next((pt for pt in reversed(points) if pt["value"] is not None), None)
    caption = f"已通过的报送，截至{shown['label']}为 {shown['value']}%。" if shown else "还没有通过的报送。"
    if shown and ledger.period and last != ledger.period and not part.assignment.measure.retired_in_id:
        caption += f"{ledger.period.short_name}还没有通过的报送。"
    pace = [pace for _, _, pace in known]
    is_drawn = bool(shown) or any(each is not None for each in pace)
    return Trail(part.department, points, pace, f"{caption}虚线为序时进度。" if is_drawn else "")


def _manual(measure: Measure, period: ReportingPeriod | None) -> ManualLight | None:
    """办公室这一期定的灯。"""
    return measure.manual_lights.filter(period=period, lifted_at=None).select_related("set_by").first()


# 不是每一项都有的几样：从哪里走到举措。
OPTIONAL: dict[type[Model], str] = {
    Instruction: "measure",
    Milestone: "assignment__measure",
    Completion: "assignment__measure",
    Extension: "assignment__measure",
    Attachment: "progress__assignment__measure",
    CompletionRequest: "assignment__measure",
    CoordinationRequest: "progress__assignment__measure",
    Cooperation: "measure",
    Petition: "measure",
    Problem: "measure",
    Reading: "measure",
}


def _lacking(measure: Measure, user: User) -> tuple[set[type[Model]], tuple[str | None, str | None]]:
    """这一项上没有哪几样：没有的就不去取；连同上一项与下一项的序号（现行方案）。"""
    rows = {model: on(model, path, 0) for model, path in OPTIONAL.items()}
    rows[Former] = lambda *_: Former.objects.all()  # 有没有谁改过名、调过部室
    rows[MeasureFate] = lambda pk, *_: MeasureFate.objects.filter(Q(measure=pk) | Q(to_measure=pk))
    rows[PlanRevision] = lambda pk, *_: told_of(pk).filter(revision__number__gt=1)  # 印发以后改过
    rows[Following] = lambda pk, user, _: Following.objects.filter(user=user, measure=pk)
    rows[Phrases] = lambda pk, _, leader: Phrases.objects.filter(leader=leader)
    one = lambda pk, *_: Measure.objects.filter(pk=pk)  # noqa: E731
    columns: dict[Any, Column] = {model: there_is(found) for model, found in rows.items()}
    columns |= {"before": _neighbour("lt", "-position"), "after": _neighbour("gt", "position")}
    found = answers("measure", one, columns, measure.pk, user.pk, user.leader_id or 0)
    return {model for model in rows if not found[model]}, (found["before"], found["after"])


def _neighbour(side: str, order: str) -> Column:
    """排在这一项前面（后面）最近的一项的序号。"""

    def build(*_: int) -> Subquery:
        rows = Measure.objects.in_force().filter(
            **{"plan": OuterRef("plan"), f"position__{side}": OuterRef("position")}
        )
        return Subquery(rows.order_by(order).values("number")[:1])

    return build


# ── 填报人自己那一份 ──


@dataclass(frozen=True)
class OwnReport:
    """一期里本部室的报送。`correction` 为没有办完的更正稿，没有为 None。"""

    report: Progress
    actions: list[str]
    correction: Progress | None
    correction_actions: list[str]

    @property
    def can_fill(self) -> bool:
        """现在就可以填、改；一期关闭了的报不上，退出了方案、换了部室的不必再报。"""
        return self._is_owing and self.report.period.is_open

    @property
    def closed_words(self) -> str:
        """关闭了还没有报上的，怎么办。"""
        period = self.report.period
        if not period.is_closed or not self._is_owing:
            return ""
        said = "退回后没有重报" if self.report.is_returned else "没有报"
        return f"{period.short_name}已关闭，这一项{said}。要补报，请联系办公室重新开放{period.short_name}。"

    @property
    def _is_owing(self) -> bool:
        return "submit_progress" in self.actions and not self.report.assignment.ended_because


def own_reports(measure: Measure, user: User) -> list[OwnReport]:
    """本部室在这一项上要办的：要填的，或可撤回、可更正的。

    开放中的每一期一份；关闭了的，最近一期通过了的（好更正），更正到一半的，和一期也没有开放时最近的一份。
    """
    if not permissions.can_fill_in(user):
        return []

    def build(pk: int, room: int) -> ProgressQuerySet:
        filed = Progress.objects.filter(assignment__measure=pk, assignment__department=room, superseded_at=None)
        filed = filed.not_discarded().select_related("assignment", "period", "reviewed_by").with_corrections()
        return filed.order_by("-period__starts_on", "-pk")

    rows = prepared.rows("mine", build, measure.pk, user.serving_id or 0)
    for row in rows:
        row.assignment.measure = measure
    by_period: dict[int, Progress] = {}
    for row in rows:
        if not row.corrects_id or row.is_approved:
            by_period.setdefault(row.period_id, row)
    reports = list(by_period.values())
    opened = [report for report in reports if report.period.is_open]
    closed = [report for report in reports if report.period.is_closed]
    at_work = {row.corrects_id for row in rows}
    newest = [report for report in closed if report.is_approved][:1] + ([] if opened else closed[:1])
    wanted = opened + [report for report in closed if report in newest or report.pk in at_work]
    return [_own_report(report, rows, user) for report in wanted]


def _own_report(report: Progress, rows: list[Progress], user: User) -> OwnReport:
    correction = next((row for row in rows if row.corrects_id == report.pk), None)
    actions = [a for a in workflow.allowed_actions(user, report) if a != "correct_progress" or correction is None]
    return OwnReport(report, actions, correction, workflow.allowed_actions(user, correction) if correction else [])


# ── 原文出自哪一版 ──


@dataclass(frozen=True)
class Source:
    """一项的原文：现在这一段出自哪一版（`revision`），最初的在哪一版（`first`）；最初就是这一段的，`first` 为 None。"""

    revision: PlanRevision
    first: PlanRevision | None

    @property
    def how(self) -> str:
        """那一版列入的，还是修订的。"""
        return "修订" if self.first else "列入"

    @property
    def first_words(self) -> str:
        """印发的原文见、列入时的原文见：接着写哪一版。"""
        return "印发的原文见" if self.first and self.first.number == 1 else "列入时的原文见"


def source_of(measure: Measure) -> Source | None:
    """现在这段原文出自哪一版：最后一次列入或改动名称、原文的那一版；印发以来没有改过的为 None。

    后来列入的，最初的一段在列入它的那一版，不在印发的第 1 版。
    """
    rows = told_of(measure).select_related("revision").defer(*(f"revision__{name}" for name in HEAVY))
    told = list(rows.order_by("at", "pk"))
    if not told or told[-1].revision is None:
        return None
    first = told[0].revision
    if told[0].action != "measure_add":  # 印发时就有的，列入没有另记
        first = PlanRevision.objects.applied().defer(*HEAVY).filter(plan=measure.plan_id, number=1).first()
    return Source(told[-1].revision, None if first == told[-1].revision else first)


def told_of(measure: Measure | int) -> EventQuerySet:
    """列入这一项、改动它的名称或原文的各条记录。"""
    told = Event.objects.filter(measure=measure, action__in=["measure_add", "measure_revise"], revision__isnull=False)
    return told.filter(Q(action="measure_add") | Q(data__has_key="text") | Q(data__has_key="title"))
