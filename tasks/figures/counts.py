"""灯、报送、变化、部室、各期：都从同一本台账（`ledger.Ledger`）与同一组报送行里数出来。"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Literal, TypeAlias, cast, get_args

from departments import organisation
from departments.models import Department
from yingshang import dates

from ..models import Progress, PublicItem, Target
from ..rules import lights
from .changes import REPORT_CHANGES, Changes, newly_due
from .contract import (
    DepartmentLine,
    Figure,
    Lights,
    MeasureLine,
    PartLine,
    PeriodLine,
    Reports,
    Row,
    Story,
    TargetLine,
    Told,
)
from .numbers import LIGHTS, figure, goal, links, measure_row, part_row, plain, spelt
from .reporting import LATE, WITH_RETURNED, Reporting, kinds, reporting_by
from .rows import Line, Part
from .span import Span

# 报送情况：键（也是项次清单上“报送”的取值）→ 名称。
REPORTING = {
    "owed": "应报",
    "reported": "已报",
    "approved": "已通过",
    "submitted": "待审核",
    "unreported": "未报",
    "missing": "未报（还没有动手）",
    "draft": "未报（有草稿）",
    "returned": "退回待改",
    "on_time": f"按时报送{WITH_RETURNED}",
    "late": LATE,
}
# 另有清单的几组：报送情况或变化的键 → 名称。
KINDS = {"self_reviewed": "自审通过", "overdue": "逾期未报"}
# 跨几期相加的几种报送情况。
Summed: TypeAlias = Literal["owed", "reported", "on_time", "late", "unreported", "returned"]
SUMMED: tuple[Summed, ...] = get_args(Summed)


def light_counts(span: Span) -> dict[str, Figure]:
    """举措（项）、项次、各灯（项）、共担与共同牵头。"""
    board, lines = links.board(span.period), span.ledger.lines
    parts = [part_row(p.assignment, x.measure) for x in lines for p in x.parts]
    counts = {
        "measures": figure("举措", "项", (measure_row(x.measure) for x in lines), board),
        "assignments": figure("责任分工", "项次", parts, links.items(span.period)),
        "exempt": figure("本期免报", "项次", _exempt(span), links.items(span.period, report="exempt")),
        "shared": figure(
            organisation.worded("各部室共担"),
            "项",
            (measure_row(x.measure) for x in lines if x.measure.all_departments),
            board,
        ),
        "joint": figure("共同牵头", "项", (measure_row(x.measure) for x in lines if _is_joint(x)), board),
    }
    for level, label in LIGHTS.items():
        rows = [measure_row(x.measure, note=plain(x.light.reason)) for x in lines if x.light.level == level]
        counts[level] = figure(label, "项", rows, f"{board}?light={level}", span.ledger.light_totals[level])
    return counts | {"undue": figure("首次报送未到截止日的绿灯", "项", _undue(span))}


def _undue(span: Span) -> Iterator[Row]:
    """暂时的绿灯（Ledger.undue）：公文里要说一声。"""
    found = set(span.ledger.undue(span.ledger.stands).values_list("measure", flat=True))
    yield from (measure_row(line.measure) for line in span.ledger.lines if line.measure.pk in found)


def _exempt(span: Span) -> Iterator[Row]:
    """本期不用报的项次：已办结的、本期开放以后才列入的。"""
    for line in span.ledger.lines:
        for part in line.parts:
            if part.report is None:
                yield part_row(part.assignment, line.measure, note=plain(part.judged.reason) if part.is_done else "")


def _is_joint(line: Line) -> bool:
    return len(line.parts) > 1 and not line.measure.all_departments


def report_counts(span: Span) -> dict[str, Figure]:
    """本期报送（项次），以及与上期相比新报的、仍未报的、新增逾期未报的。"""
    period = span.period
    counts: dict[str, Figure] = {}
    found: dict[str, list[Row]] = defaultdict(list)
    changes = Changes(span.ledger)
    changed = {key: set(changes.parts(key).values_list("assignment", flat=True)) for key in REPORT_CHANGES}
    for row in span.rows:
        for key in [*kinds(row, span.today), *(key for key, pks in changed.items() if row.assignment_id in pks)]:
            found[key].append(_report(span, row))
    for key, label in REPORTING.items():
        counts[key] = figure(
            label, "项次", found[key], links.items(period, report=key), getattr(span.ledger.reporting, key)
        )
    for key, label in KINDS.items():
        name = "overdue_reports" if key == "overdue" else key  # 冻结的数字里的名字，不改
        counts[name] = figure(label, "项次", found[key], links.items(period, report=key))
    for key, label in REPORT_CHANGES.items():
        counts[key] = figure(label, "项次", found[key], links.items(period, change=key))
    return counts


def _report(span: Span, row: Progress) -> Row:
    return part_row(row.assignment, note=row.shown_status(span.as_of))


def change_counts(span: Span) -> dict[str, Figure]:
    """灯的变化（项）与新增到期未完成（项）。"""
    then = span.levels(span.base)
    groups: dict[str, list[Row]] = defaultdict(list)
    for line in span.ledger.lines:
        before, after = then.get(line.measure.pk), line.light.level
        if before and before != after:
            note = f"{LIGHTS[before]}转{LIGHTS[after]}"
            row = measure_row(line.measure, note=note, before=before, after=after, reason=plain(line.light.reason))
            groups[lights.direction(before, after)].append(row)
    # 总览上的“较上期”只比上一期；跨几期的和这一段之前比，没有现成的清单。
    board = links.board(span.period)
    urls = {key: "" if span.first != span.period else f"{board}?change={key}" for key in (*lights.DIRECTIONS, "due")}
    counts = {key: figure(label, "项", groups[key], urls[key]) for key, label in lights.DIRECTIONS.items()}
    return counts | {"newly_due": figure("新增到期未完成", "项", _newly_due(span), urls["due"])}


def _newly_due(span: Span) -> Iterator[Row]:
    late: dict[int, list[dt.date]] = defaultdict(list)
    for measure, day in newly_due(span).values_list("measure", "due_on"):
        late[measure].append(day)
    for line in span.ledger.lines:
        if days := late.get(line.measure.pk):
            yield measure_row(line.measure, note=f"时限{dates.short(min(days))}")


def span_counts(span: Span) -> dict[str, Figure]:
    """几期合计的报送（项次）：每一行是一期。"""
    rows = periods(span)
    reviewed = figure("累计自审通过", "项次", _self_reviewed(span))
    assessed = {"owed": "owed", "on_time": "on_time", "late": "late"}
    return {"span_self_reviewed": reviewed} | {
        f"span_{key}": figure(
            f"累计{REPORTING[key]}",
            "项次",
            [{"text": f"{row['name']}：{row[key]}项次", "url": row["url"], "n": row[key]} for row in rows],
            links.assessed(span, assessed[key]) if key in assessed else "",
        )
        for key in SUMMED
    }


def _self_reviewed(span: Span) -> Iterator[Row]:
    """各期、各部室自审通过几项次：请领导小组监督的，一期也不能少。"""
    found = Progress.objects.in_force().filter(period__in=span.periods, is_self_review=True).approved()
    found = found.filter(assignment__measure__in=span.ledger.base).order_by(
        "period__starts_on", "assignment__department__order"
    )
    periods = {p.pk: p for p in span.periods}
    counted = Counter(found.values_list("period", "assignment__department__name"))
    for (pk, department), n in counted.items():
        name = plain(department)
        yield {
            "text": f"{plain(periods[pk].name)} {name}：{n}项次",
            "department": name,
            "url": links.items(periods[pk], report="self_reviewed"),
            "n": n,
        }


def periods(span: Span) -> list[PeriodLine]:
    """各期的报送（项次）与灯（项）。"""
    rows = Progress.objects.in_force().filter(period__in=span.periods, assignment__measure__in=span.ledger.base)
    counts = reporting_by(rows, "period")
    return [
        {
            "name": plain(period.name),
            "short": plain(period.short_name),
            "url": links.board(period),
            **_reports(counts.get(period.pk, Reporting())),
            **_lights(Counter(span.levels(period).values())),
        }
        for period in span.periods
    ]


def _reports(counted: Reporting) -> Reports:
    return cast(Reports, {key: getattr(counted, key) for key in REPORTING})


def _lights(totals: Counter[str]) -> Lights:
    return cast(Lights, {level: totals[level] for level in LIGHTS})


def departments(span: Span) -> list[DepartmentLine]:
    """各部室（项次）：牵头几项次、灯、报送。办公室定了灯的举措按定灯计。"""
    counts = span.ledger.reporting_by_department
    found: dict[Department, list[tuple[Line, Part]]] = defaultdict(list)
    for line in span.ledger.lines:
        for part in line.parts:
            found[part.department].append((line, part))
    return [
        _department(department, found[department], counts.get(department.pk, Reporting()))
        for department in sorted(found, key=lambda d: (d.order, d.pk))
    ]


def _department(department: Department, led: list[tuple[Line, Part]], counted: Reporting) -> DepartmentLine:
    return {
        "name": plain(department.name),
        "url": links.to("department_detail", department.slug),
        "assignments": len(led),
        "shared": sum(line.measure.all_departments for line, _ in led),
        "share": counted.share,
        **_reports(counted),
        **_lights(Counter(part.light.level for _, part in led)),
    }


def lines(span: Span) -> list[MeasureLine]:
    """台账各行：附件的表由此写成。"""
    then = span.levels(span.base)
    return [_line(span, line, then.get(line.measure.pk)) for line in span.ledger.lines]


def _line(span: Span, line: Line, before: str | None) -> MeasureLine:
    measure, light = line.measure, line.light
    helped: dict[str, str] = {"cooperating": plain(measure.cooperating)} if measure.cooperating else {}
    return {
        "number": measure.number,
        "title": plain(measure.title),
        "url": links.measure(measure.number),
        "leaders": [plain(span.calls(leader)) for leader in line.leaders],
        "departments": ["各部室"] if measure.all_departments else [plain(d.name) for d in line.departments],
        "kind": measure.kind,
        "light": light.level,
        "label": LIGHTS[light.level],
        "reason": plain(light.reason),
        "is_manual": light.is_manual,
        "percent": light.percent,
        "pace": light.pace,
        "before": before,
        "status": _status(span, line),
        "parts": [_part(span, part) for part in line.parts],
        **helped,  # type: ignore[typeddict-item]  # 多数方案没有，没有的不存
    }


def _status(span: Span, line: Line) -> str:
    """本期报送：一个部室的写状态，共同牵头的写几份里报了几份。"""
    if not line.reports:
        return "免报"
    if len(line.parts) > 1:
        returned = sum(report.is_returned for report in line.reports)
        return _shares(line.reported, returned, len(line.reports))
    report = line.reports[0]
    report.period = span.period
    shown = report.shown_status(span.as_of)
    return (
        Progress.Status.MISSING.label if shown == Progress.Status.DRAFT.label else shown
    )  # 附件发各部室：有没有起草是部室自己的事


def _shares(reported: int, returned: int, owed: int) -> str:
    """几份里报了几份、退回几份：退回的不是没有报，也不算报了。"""
    for n, label in ((reported, "均已报"), (returned, "均已退回"), (owed - reported - returned, "均未报")):
        if n == owed:
            return label
    return f"{owed}份已报{reported}份" + (f"、退回{returned}份" if returned else "")


def _part(span: Span, part: Part) -> PartLine:
    """一个部室的一份：灯，和最近一次通过的报送里说的（哪一期的写明）。"""
    final = span.final.get(part.assignment.pk, [])
    row = final[-1] if final else None
    return {
        "text": plain(row.text) if row else "",
        "problems": plain(row.problems) if row else "",
        "next_steps": plain(row.next_steps) if row else "",
        "coordination": plain(row.coordination) if row else "",
        "department": plain(part.department.name),
        "light": part.light.level,
        "reason": plain(part.light.reason),
        "percent": part.light.percent,
        "from": plain(row.period.short_name) if row else "",
        "is_current": bool(row and row.period_id == span.period.pk),
        "is_no_change": bool(row and row.is_no_change),
        "told": _told(span, final),
    }


def _told(span: Span, final: list[Progress]) -> list[Told]:
    """有内容的几条，新的在前：跨几期的是这几期的，一期的只有最近一条。“本期无变化”不是进展。"""
    found = [row for row in reversed(final) if not row.is_no_change]
    if span.first == span.period:
        found = found[:1]
    else:
        inside = {period.pk for period in span.periods}
        found = [row for row in found if row.period_id in inside]
    return [{"from": plain(row.period.short_name), "text": plain(row.text)} for row in found]


def targets(span: Span) -> list[TargetLine]:
    """量化目标与完成值：同一目标只写一次。"""
    found: dict[tuple[int, str], TargetLine] = {}
    for line in span.ledger.lines:
        for part in line.parts:
            for fact in span.ledger.target_facts(part.assignment):
                aim = Target(operator=fact.operator, value=fact.target)
                found[line.measure.pk, fact.name] = {
                    "number": line.measure.number,
                    "name": plain(fact.name),
                    "goal": goal(fact),
                    "strength": Target.Strength(fact.strength).label,
                    "value": "" if fact.value is None else f"{spelt(fact.value)}{plain(fact.unit)}",
                    "is_met": fact.value is not None and aim.is_met_by(fact.value),
                }
    return list(found.values())


def stories(span: Span) -> list[Story]:
    """办公室发布过的进展成效、经验做法（对外文字），简报里用。"""
    rows = PublicItem.objects.filter(progress__period__in=span.periods, released_at__lte=span.until, withdrawn_at=None)
    rows = rows.select_related("progress__assignment__measure", "progress__assignment__department")
    return [
        {
            "number": row.progress.assignment.measure.number,
            "title": plain(row.progress.assignment.measure.title),
            "department": plain(row.progress.assignment.department.name),
            "category": row.get_category_display(),
            "text": plain(row.wording),
            "url": links.measure(row.progress.assignment.measure.number),
        }
        for row in rows.order_by("released_at", "pk")
    ]
