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
from .numbers import LIGHTS, figure, goal, links, plain, spelt
from .reporting import LATE, WITH_RETURNED, Reporting, reporting_by, total
from .span import Span
from .whole import Item, Share, Whole

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


def light_counts(whole: Whole) -> dict[str, Figure]:
    """举措（项）、项次、各灯（项）、共担与共同牵头。"""
    period, items = whole.span.period, whole.items.values()
    board = links.board(period)
    shared = organisation.worded("各部室共担")
    counts = {
        "measures": figure("举措", "项", (x.row for x in items), board),
        "assignments": figure("责任分工", "项次", (s.row for x in items for s in x.shares), links.items(period)),
        "exempt": figure("本期免报", "项次", _exempt(whole), links.items(period, report="exempt")),
        "shared": figure(shared, "项", (x.row for x in items if x.all_departments), board),
        "joint": figure("共同牵头", "项", (x.row for x in items if _is_joint(x)), board),
    }
    lit: dict[str, list[Row]] = defaultdict(list)
    for x in items:
        lit[x.level].append(x.row | Row(note=plain(x.reason)))
    for level, label in LIGHTS.items():
        counts[level] = figure(label, "项", lit[level], f"{board}?light={level}")
    return counts | {"undue": figure("首次报送未到截止日的绿灯", "项", _undue(whole))}


def _undue(whole: Whole) -> Iterator[Row]:
    """暂时的绿灯（Ledger.undue）：公文里要说一声。"""
    ledger = whole.span.ledger
    found = set(ledger.undue(ledger.stands).values_list("measure", flat=True))
    yield from (x.row for pk, x in whole.items.items() if pk in found)


def _exempt(whole: Whole) -> Iterator[Row]:
    """本期不用报的项次：已办结的、本期开放以后才列入的。"""
    for share in (s for x in whole.items.values() for s in x.shares if s.report is None):
        yield share.row | Row(note=plain(share.judged.reason) if share.is_done else "")


def _is_joint(item: Item) -> bool:
    return len(item.shares) > 1 and not item.all_departments


def report_counts(whole: Whole) -> dict[str, Figure]:
    """本期报送（项次），以及与上期相比新报的、仍未报的、新增逾期未报的。"""
    period = whole.span.period
    counts: dict[str, Figure] = {}
    found: dict[str, list[Row]] = defaultdict(list)
    changes = Changes(whole.span.ledger)
    changed = {key: set(changes.parts(key).values_list("assignment", flat=True)) for key in REPORT_CHANGES}
    for pk, share, report in whole.reports:
        row = share.row | Row(note=report.shown)
        for key in (*report.kinds, *(key for key, pks in changed.items() if pk in pks)):
            found[key].append(row)
    for key, label in REPORTING.items():
        counts[key] = figure(label, "项次", found[key], links.items(period, report=key))
    for key, label in KINDS.items():
        name = "overdue_reports" if key == "overdue" else key  # 冻结的数字里的名字，不改
        counts[name] = figure(label, "项次", found[key], links.items(period, report=key))
    for key, label in REPORT_CHANGES.items():
        counts[key] = figure(label, "项次", found[key], links.items(period, change=key))
    return counts


def change_counts(whole: Whole) -> dict[str, Figure]:
    """灯的变化（项）与新增到期未完成（项）。"""
    span = whole.span
    groups: dict[str, list[Row]] = defaultdict(list)
    for x in whole.items.values():
        if x.before and x.before != x.level:
            note = f"{LIGHTS[x.before]}转{LIGHTS[x.level]}"
            row = x.row | Row(note=note, before=x.before, after=x.level, reason=plain(x.reason))
            groups[lights.direction(x.before, x.level)].append(row)
    # 总览上的“较上期”只比上一期；跨几期的和这一段之前比，没有现成的清单。
    board = links.board(span.period)
    urls = {key: "" if span.first != span.period else f"{board}?change={key}" for key in (*lights.DIRECTIONS, "due")}
    counts = {key: figure(label, "项", groups[key], urls[key]) for key, label in lights.DIRECTIONS.items()}
    return counts | {"newly_due": figure("新增到期未完成", "项", _newly_due(whole), urls["due"])}


def _newly_due(whole: Whole) -> Iterator[Row]:
    late: dict[int, list[dt.date]] = defaultdict(list)
    for measure, day in newly_due(whole.span).values_list("measure", "due_on"):
        late[measure].append(day)
    for pk, x in whole.items.items():
        if days := late.get(pk):
            yield x.row | Row(note=f"时限{dates.short(min(days))}")


def span_counts(whole: Whole, periods: list[PeriodLine]) -> dict[str, Figure]:
    """几期合计的报送（项次）：每一行是一期（`periods`）。"""
    span, reviewed = whole.span, figure("累计自审通过", "项次", _self_reviewed(whole))
    assessed = {"owed": "owed", "on_time": "on_time", "late": "late"}
    return {"span_self_reviewed": reviewed} | {
        f"span_{key}": figure(
            f"累计{REPORTING[key]}",
            "项次",
            [{"text": f"{row['name']}：{row[key]}项次", "url": row["url"], "n": row[key]} for row in periods],
            links.assessed(span, assessed[key]) if key in assessed else "",
        )
        for key in SUMMED
    }


def _self_reviewed(whole: Whole) -> Iterator[Row]:
    """各期、各部室自审通过几项次：请领导小组监督的，一期也不能少。只写一期的，就是 `whole` 里的。"""
    span = whole.span
    periods = {p.pk: p for p in span.periods}
    mine = (share.room.name for _, share, report in whole.reports if "self_reviewed" in report.kinds)
    counted = Counter((span.period.pk, name) for name in mine)
    if span.first != span.period:
        found = Progress.objects.in_force().filter(period__in=span.periods, is_self_review=True).approved()
        found = found.filter(assignment__measure__in=span.ledger.base)
        found = found.order_by("period__starts_on", "assignment__department__order")
        counted = Counter(found.values_list("period", "assignment__department__name"))
    for (pk, department), n in counted.items():
        name = plain(department)
        yield {
            "text": f"{plain(periods[pk].name)} {name}：{n}项次",
            "department": name,
            "url": links.items(periods[pk], report="self_reviewed"),
            "n": n,
        }


def periods(whole: Whole) -> list[PeriodLine]:
    """各期的报送（项次）与灯（项）。只写一期的，就是 `whole` 里的。"""
    span, now = whole.span, whole.span.period.pk
    counts, lit = {now: total(whole.reporting.values())}, {now: whole.lights}
    if span.first != span.period:
        rows = Progress.objects.in_force().filter(period__in=span.periods, assignment__measure__in=span.ledger.base)
        counts, lit = reporting_by(rows, "period"), span.ledger.totals_by_period()
    return [
        {
            "name": plain(period.name),
            "short": plain(period.short_name),
            "url": links.board(period),
            **_reports(counts.get(period.pk, Reporting())),
            **_lights(lit[period.pk]),
        }
        for period in span.periods
    ]


def _reports(counted: Reporting) -> Reports:
    return cast(Reports, {key: getattr(counted, key) for key in REPORTING})


def _lights(totals: Counter[str]) -> Lights:
    return cast(Lights, {level: totals[level] for level in LIGHTS})


def departments(whole: Whole) -> list[DepartmentLine]:
    """各部室（项次）：牵头几项次、灯、报送。办公室定了灯的举措按定灯计。"""
    found: dict[Department, list[tuple[Item, Share]]] = defaultdict(list)
    for x in whole.items.values():
        for share in x.shares:
            found[share.room].append((x, share))
    return [
        _department(department, found[department], whole.reporting.get(department.pk, Reporting()))
        for department in sorted(found, key=lambda d: (d.order, d.pk))
    ]


def _department(department: Department, led: list[tuple[Item, Share]], counted: Reporting) -> DepartmentLine:
    return {
        "name": plain(department.name),
        "url": links.to("department_detail", department.slug),
        "assignments": len(led),
        "shared": sum(x.all_departments for x, _ in led),
        "share": counted.share,
        **_reports(counted),
        **_lights(Counter(x.level_of(share) for x, share in led)),
    }


def lines(whole: Whole) -> list[MeasureLine]:
    """台账各行：附件的表由此写成。别的都数完了再写：写一行放一项，两万项不一样留两份。"""
    names = {period.pk: plain(period.short_name) for period in whole.span.ledger.periods}
    return [_line(whole, x, names) for x in whole.give_up()]


def _line(whole: Whole, item: Item, names: dict[int, str]) -> MeasureLine:
    helped: dict[str, str] = {"cooperating": plain(item.cooperating)} if item.cooperating else {}
    return {
        "number": item.number,
        "title": item.row["title"],
        "url": item.row["url"],
        "leaders": [plain(whole.calls(leader)) for leader in item.leaders],
        "departments": ["各部室"] if item.all_departments else [s.row["department"] for s in item.shares],
        "kind": item.kind,
        "light": item.level,
        "label": LIGHTS[item.level],
        "reason": plain(item.reason),
        "is_manual": item.is_manual,
        "percent": item.percent,
        "pace": item.pace,
        "before": item.before,
        "status": _status(item),
        "parts": [_part(whole.span, item, share, names) for share in item.shares],
        **helped,  # type: ignore[typeddict-item]  # 多数方案没有，没有的不存
    }


def _status(item: Item) -> str:
    """本期报送：一个部室的写状态，共同牵头的写几份里报了几份。"""
    reports = item.reports
    if not reports:
        return "免报"
    if len(item.shares) > 1:
        return _shares(sum(r.is_reported for r in reports), sum(r.is_returned for r in reports), len(reports))
    is_draft = reports[0].shown == Progress.Status.DRAFT.label
    return Progress.Status.MISSING.label if is_draft else reports[0].shown  # 附件发各部室：有没有起草是部室自己的事


def _shares(reported: int, returned: int, owed: int) -> str:
    """几份里报了几份、退回几份：退回的不是没有报，也不算报了。"""
    for n, label in ((reported, "均已报"), (returned, "均已退回"), (owed - reported - returned, "均未报")):
        if n == owed:
            return label
    return f"{owed}份已报{reported}份" + (f"、退回{returned}份" if returned else "")


def _part(span: Span, item: Item, share: Share, names: dict[int, str]) -> PartLine:
    """一个部室的一份：灯，和最近一次通过的报送里说的（哪一期的写明）。"""
    last = share.told[-1] if share.told else None
    return {
        "text": plain(last.text) if last else "",
        "problems": plain(last.problems) if last else "",
        "next_steps": plain(last.next_steps) if last else "",
        "coordination": plain(last.coordination) if last else "",
        "department": share.row["department"],
        "light": item.level_of(share),
        "reason": plain(item.reason_of(share)),
        "percent": share.judged.percent,
        "from": names[last.period] if last else "",
        "is_current": bool(last and last.period == span.period.pk),
        "is_no_change": bool(last and last.is_no_change),
        "told": _told(span, share, names),
    }


def _told(span: Span, share: Share, names: dict[int, str]) -> list[Told]:
    """有内容的几条，新的在前：跨几期的是这几期的，一期的只有最近一条。“本期无变化”不是进展。"""
    found = [one for one in reversed(share.told) if not one.is_no_change]
    if span.first == span.period:
        found = found[:1]
    else:
        inside = {period.pk for period in span.periods}
        found = [one for one in found if one.period in inside]
    return [{"from": names[one.period], "text": plain(one.text)} for one in found]


def targets(whole: Whole) -> list[TargetLine]:
    """量化目标与完成值：同一目标只写一次。"""
    found: dict[tuple[int, str], TargetLine] = {}
    aim, strengths = Target(), dict(Target.Strength.choices)
    for pk, x in whole.items.items():
        for fact in (fact for share in x.shares for fact in share.targets):
            aim.operator, aim.value = fact.operator, fact.target
            found[pk, fact.name] = {
                "number": x.number,
                "name": plain(fact.name),
                "goal": goal(fact),
                "strength": strengths[fact.strength],
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
