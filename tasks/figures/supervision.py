"""问题、批示、催办、延期、办结、协调、督查：各从自己的模型里数，算到基准时刻为止。

“本期”的事都在 `Span` 的一段里数：上一期关闭之后，到本期的基准时刻。
"""

from collections import defaultdict

from django.db.models import Q
from django.utils import timezone

from departments import organisation
from yingshang import dates

from ..models import (
    Completion,
    CoordinationRequest,
    Extension,
    Inspection,
    Instruction,
    Problem,
    Reminder,
)
from . import basis
from .contract import Figure, Row
from .numbers import figure, links, plain, row_of
from .span import Span
from .whole import Whole

local = timezone.localdate


def counts(whole: Whole) -> dict[str, Figure]:
    """各项监督的数字。"""
    span = whole.span
    return {
        **problems(span),
        **instructions(whole),
        **reminders(span),
        **extensions(whole),
        **completions(whole),
        **coordination(span),
        **inspections(span),
    }


def problems(span: Span) -> dict[str, Figure]:
    """问题台账（件）：未销号、逾期、待核验、提请研究，和本期新挂账、销号。"""
    rows = basis.set_back(span.problems.select_related("department", "measure").order_by("due_on_then", "number"))
    unsettled = [p for p in rows if p.settled_at is None or p.settled_at > span.until]
    settled = [p for p in rows if span.covers(p.settled_at)]
    groups = {
        "problems_open": ("未销号问题", unsettled),
        "problems_overdue": ("逾期未销号问题", [p for p in unsettled if p.due_on < span.as_of]),
        "problems_applied": ("申请销号待核验问题", [p for p in unsettled if p.is_applied]),
        "problems_group": ("提请领导小组研究的问题", [p for p in unsettled if p.level == Problem.Level.GROUP]),
        "problems_new": ("本期新挂账问题", [p for p in rows if span.covers(p.created_at)]),
        "problems_settled": ("本期销号问题", settled),
        "problems_on_time": ("本期按期销号问题", [p for p in settled if local(p.settled_at) <= p.due_on]),
    }
    # 考核清单能重现以往的时点；待核验、提请研究只有现在的清单。
    urls = {key: links.assessed(span, key) for key in groups}
    urls["problems_applied"] = links.to("problem_list", status="applied")
    urls["problems_group"] = links.to("problem_list", status="unsettled", level="group")
    said = {p.pk: _problem(p, span) for p in rows}
    return {key: figure(label, "件", [said[p.pk] for p in found], urls[key]) for key, (label, found) in groups.items()}


def _problem(problem: Problem, span: Span) -> Row:
    return {
        "number": problem.number,
        "title": plain(problem.title),
        "said": plain(problem.text),
        "department": plain(problem.department.name),
        "category": problem.get_category_display(),
        "level": problem.get_level_display(),
        "measure": problem.measure.number if problem.measure else "",
        "due_on": problem.due_on.isoformat(),
        "days_late": max(0, (span.as_of - problem.due_on).days),
        "text": f"问题{problem.number}号 {plain(problem.title)}（{plain(problem.department.name)}）",
        "note": f"期限{dates.full(problem.due_on)}",
        "url": links.to("problem_detail", problem.pk),
    }


def instructions(whole: Whole) -> dict[str, Figure]:
    """批示（件）：本期新批、已全部回复、尚未全部回复。"""
    span, found = whole.span, whole.instructions
    groups = {
        "instructions_new": ("本期领导批示", [i for i in found if span.covers(i.at)]),
        "instructions_answered": ("本期回复完毕的批示", [i for i in found if span.covers(i.answered_at)]),
        "instructions_waiting": (
            "尚未全部回复的批示",
            [i for i in found if i.answered_at is None or i.answered_at > span.until],
        ),
    }
    url = links.to("instruction_list")
    return {
        key: figure(label, "件", [_instruction(i, whole) for i in some], url) for key, (label, some) in groups.items()
    }


def _instruction(instruction: Instruction, whole: Whole) -> Row:
    replied = {r.department_id for r in instruction.replies.all() if r.at <= whole.span.until}
    owing = [plain(d.name) for d in instruction.departments.all() if d.pk not in replied]
    leader, measure = plain(whole.calls(instruction.leader)), instruction.measure
    matter: Row = {"number": "", "title": plain(instruction.matter), "text": plain(instruction.matter)}
    where = row_of(measure.number, measure.title) if measure else matter
    return where | Row(
        url=where.get("url", links.to("instruction_detail", instruction.pk)),
        leader=leader,
        said=plain(instruction.text),
        on=(instruction.said_on or local(instruction.at)).isoformat(),
        is_urgent=instruction.is_urgent,
        owing=owing,
        departments=[plain(d.name) for d in instruction.departments.all()],
        note=f"{leader}{instruction.kind}" + (f"，待{'、'.join(owing)}回复" if owing else "，已全部回复"),
    )


def reminders(span: Span) -> dict[str, Figure]:
    """本期催办（次）：对一个部室催一回算一次。"""
    rows = Reminder.objects.filter(span.during("at"), plan=span.plan).select_related("department")
    made: list[Row] = [
        {
            "department": plain(r.department.name),
            "text": f"{dates.short(r.at)}催办{plain(r.department.name)}",
            "url": links.to("department_detail", r.department.slug),
        }
        for r in rows.order_by("at", "pk")
    ]
    return {"reminders": figure("本期催办", "次", made, links.to("reminder_list"))}


def extensions(whole: Whole) -> dict[str, Figure]:
    """延期（项次）：本期批准、未批准，和待批的。"""
    span = whole.span
    rows = span.in_force(Extension.objects.filter(requested_at__lte=span.until))
    asked = list(rows.not_withdrawn().order_by("requested_at", "pk"))
    decided = [e for e in asked if span.covers(e.decided_at)]
    groups = {
        "extensions_approved": ("本期批准延期", [e for e in decided if e.is_approved]),
        "extensions_refused": ("本期未批准延期", [e for e in decided if e.is_refused]),
        "extensions_waiting": ("延期申请待批", [e for e in asked if e.decided_at is None or e.decided_at > span.until]),
    }
    url = links.to("extension_list")
    return {
        key: figure(label, "项次", [_extension(whole, e) for e in found], url) for key, (label, found) in groups.items()
    }


def _extension(whole: Whole, extension: Extension) -> Row:
    note = f"原时限{dates.full(extension.old_due_on)}，延至{dates.full(extension.new_due_on)}"
    return whole.shares[extension.assignment_id].row | Row(note=note, reason=plain(extension.reason))


def completions(whole: Whole) -> dict[str, Figure]:
    """办结（项次）：累计（基准时刻有效的）、本期的，以及本期重新打开的。"""
    span = whole.span
    rows = span.in_force(Completion.objects.filter(granted_at__lte=span.until)).order_by("granted_at", "pk")
    found: dict[str, list[Row]] = defaultdict(list)
    for pk, granted_at, reopened_at in rows.values_list("assignment", "granted_at", "reopened_at"):
        row = whole.shares[pk].row | Row(note=f"{dates.short(granted_at)}办结")
        if reopened_at is None or reopened_at > span.until:
            found["completed"].append(row)
            if span.covers(granted_at):
                found["completions_new"].append(row)
        if span.covers(reopened_at):
            found["reopened"].append(row)
    labels = {"completed": "累计办结", "completions_new": "本期办结", "reopened": "本期重新打开"}
    urls = {"completions_new": links.assessed(span, "completed")}
    return {key: figure(label, "项次", found[key], urls.get(key, "")) for key, label in labels.items()}


# 需协调事项要写的几栏：举措的序号、名称，提出的部室，请的是谁，说了什么。
ASKED = (
    *(f"progress__assignment__{name}" for name in ("measure__number", "measure__title", "department__name")),
    *("to_department__name", "text"),
)


def coordination(span: Span) -> dict[str, Figure]:
    """部室之间的需协调事项（件）：送出去了、还没有答复的。"""
    rows = CoordinationRequest.objects.sent().filter(progress__assignment__measure__in=span.ledger.base)
    rows = rows.filter(Q(answered_at=None) | Q(answered_at__gt=span.until), created_at__lte=span.until)
    office, made = organisation.current().office, []
    for number, title, room, to, said in rows.order_by("created_at", "pk").values_list(*ASKED):
        asked = plain(to or office)
        made.append(row_of(number, title, department=plain(room), to=asked, said=plain(said), note=f"请{asked}协调"))
    return {"coordination_open": figure("待答复的需协调事项", "件", made, links.to("coordination_list"))}


def inspections(span: Span) -> dict[str, Figure]:
    """本期督查检查（次），按检查日期算。"""
    rows = Inspection.objects.counted(span.until).filter(plan=span.plan, held_on__lte=span.as_of)
    if span.since is not None:
        # 关闭那天的检查上一期已经数过；从月初数起的，头一天的也在内。
        rows = rows.filter(**{"held_on__gt" if span.since_closing else "held_on__gte": local(span.since)})
    url = links.to("inspection_list")
    made: list[Row] = [
        {
            "text": f"{dates.short(r.held_on)}检查{plain(r.place)}",
            "place": plain(r.place),
            "on": r.held_on.isoformat(),
            "url": url,
        }
        for r in rows.order_by("held_on", "pk")
    ]
    return {"inspections": figure("本期督查检查", "次", made, url)}
