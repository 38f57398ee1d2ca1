"""通报各页的内容，和起草、重取、更正时怎样把数字与文字凑齐交给 workflow。"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Max
from django.utils import timezone

from departments import organisation
from departments.models import User
from yingshang import dates

from .. import workflow
from ..figures import numbers
from ..figures.snapshot import collect
from ..forms import (
    CircularDiscardForm,
    CircularEditForm,
    CircularFiguresForm,
    CircularFilterForm,
    CircularIssueForm,
    ReasonForm,
    ScanForm,
    SigningForm,
)
from ..forms.circular import edited
from ..models import Circular, Plan, ReportingPeriod
from ..models.circular import section_name
from ..papers.circular import corrected_title, correction, write, write_title
from ..papers.circular.layout import annex, balanced, blocks, has_annex, is_signed_below, note_of, shown_counts
from ..rules import permissions
from ..workflow.circular import ASKING, changed_since_signed, changes_since, moved_since, state_of, unsaved
from . import petition as petition_pages
from . import signing as signing_pages

PAGE_SIZE = 30
CORRECTING = workflow.STEPS["circular"]["correct_circular"]
ANNEX_SIZE = 100  # 附件一页几项；Word、Excel 里总是全部
FEW, ONE_SIZE = 50, 200  # 数字一览里一个数先列几条；只看一个数时一页几条
# 数字一览里各数怎么分组。
GROUPS = (
    (
        "举措与灯",
        ("measures", "assignments", "joint", "shared", "red", "yellow", "green", "undue", "done", "not_started"),
    ),
    (
        "报送",
        (
            *("owed", "exempt", "reported", "approved", "submitted", "unreported", "missing", "draft"),
            *("returned", "on_time", "late"),
        ),
    ),
    (
        "与上期相比",
        (
            "better",
            "worse",
            "finished",
            "started",
            "other",
            "newly_reported",
            "newly_missed",
            "still_missed",
            "newly_due",
        ),
    ),
    (
        "累计报送",
        (
            "span_owed",
            "span_reported",
            "span_on_time",
            "span_late",
            "span_unreported",
            "span_returned",
            "span_self_reviewed",
        ),
    ),
    (
        "办结与延期",
        ("completed", "completions_new", "reopened", "extensions_approved", "extensions_refused", "extensions_waiting"),
    ),
    (
        "问题",
        (
            "problems_open",
            "problems_overdue",
            "problems_applied",
            "problems_group",
            "problems_new",
            "problems_settled",
            "problems_on_time",
        ),
    ),
    (
        "批示、催办、督查",
        (
            "instructions_new",
            "instructions_answered",
            "instructions_waiting",
            "coordination_open",
            "reminders",
            "inspections",
            "overdue_reports",
            "self_reviewed",
        ),
    ),
)


def listing(user: User, filters: CircularFilterForm) -> dict:
    """清单：草稿在前（只有办公室有），已印发的按日期。"""
    chosen = filters.chosen
    rows = (
        Circular.objects.visible_to(user)
        .light()
        .prefetch_related("corrections", "petition__decisions")
        .select_related("corrects", "petition")
    )
    if kind := chosen.get("kind"):
        rows = rows.filter(kind=kind)
    issued = rows.issued().order_by("-issued_on", "-issued_at", "-pk")
    can_issue = permissions.can_issue_circulars(user)
    drafts = rows.drafts().order_by("-created_at", "-pk") if can_issue else ()
    page = Paginator(issued, PAGE_SIZE).get_page(chosen.get("page", 1))
    return {
        "overtaken": set(rows.overtaken().values_list("pk", flat=True)),
        "summary": f"已印发 {page.paginator.count} 份" + (f"，草稿 {len(drafts)} 份" if drafts else ""),
        "drafts": drafts,
        "page_obj": page,
        "kinds": [(k, label) for k, label in (("", "全部"), *Circular.Kind.choices) if _may_read(user, k)],
        "kind": chosen.get("kind", ""),
        "query": filters.query_without("page"),
        "can_issue": can_issue,
    }


def _may_read(user: User, kind: str) -> bool:
    return kind not in Circular.UPWARD or permissions.can_read_briefings(user)


def start(
    plan: Plan | None, *, by: User, at: dt.datetime, kind: str, first_period: ReportingPeriod, period: ReportingPeriod
) -> Circular:
    """按这一段的数字起草一份。"""
    if plan is None:
        raise workflow.Refused("还没有现行方案。")
    state = state_of(period, at)
    counted = collect(plan, period, timezone.localdate(at), first=first_period, taken_at=at)
    return workflow.draft_circular(
        plan,
        by=by,
        at=at,
        kind=kind,
        first_period=first_period,
        period=period,
        title=write_title(kind, counted),
        sections=write(kind, counted),
        figures=counted,
        state=state,
    )


def refill(circular: Circular, form: CircularEditForm, *, by: User, at: dt.datetime) -> Circular:
    """重取数字：勾选的节按新数字重写，其余保留表单里的文字。"""
    first, last = circular.span
    state = state_of(last, at)
    counted = collect(circular.plan, last, timezone.localdate(at), first=first, taken_at=at)
    return workflow.refill_circular(
        circular,
        by=by,
        at=at,
        version=form.cleaned_data["version"],
        title=form.cleaned_data["title"],
        content=form.content,
        figures=counted,
        sections=write(circular.kind, counted),
        keys=form.cleaned_data["rewrite"],
        state=state,
    )


def refilled(form: CircularEditForm) -> str:
    """重取之后怎么说：哪几节写了没有存过，所以没有重写。"""
    written = set(unsaved(form.circular, form.content)) & set(form.cleaned_data["rewrite"])
    names = "、".join(f"“{section_name(s)}”" for s in form.circular.sections if s["key"] in written)
    if not names:
        return "数字已重取，勾选的各节已重写。"
    return f"数字已重取。{names}您刚写过、还没有存过，没有重写，写的已存下；要按新数字重写的，勾上再点一次“重取数字”。"


def correct(circular: Circular, *, by: User, at: dt.datetime, reason: str) -> Circular:
    """更正：照旧文另起一份，最前面加一节更正说明。"""
    kept = [s for s in circular.sections if s["key"] != "correction"]
    sections = [correction(circular, reason), *kept]
    title = corrected_title(circular.title)
    return workflow.correct_circular(circular, by=by, at=at, reason=reason, title=title, sections=sections)


def detail(
    circular: Circular,
    user: User,
    at: dt.datetime,
    number: int = 1,
    *,
    issue: CircularIssueForm | None = None,
    discard: CircularDiscardForm | None = None,
    reason: ReasonForm | None = None,
    signing: SigningForm | None = None,
    scan: ScanForm | None = None,
    **decision: Any,
) -> dict:
    """一份公文的样子，附件看第 `number` 页；草稿另有印发前要看的：将编的文号、取数之后的变化。"""
    actions = workflow.allowed_actions(user, circular)
    whole = annex(circular.numbers) if has_annex(circular) else None
    page = Paginator(whole.rows if whole else (), ANNEX_SIZE).get_page(number)
    context = {
        "circular": circular,
        "facts": _facts(circular),
        "dated": dates.full(circular.issued_on) if circular.issued_on else "（草稿，未印发）",
        "blocks": blocks(circular.sections, circular.figures),
        "annex": replace(whole, rows=list(page)) if whole else None,
        "is_signed": is_signed_below(circular),
        "doc_note": note_of(circular),
        "page_obj": page,
        "title_lines": balanced(circular.title),
        "to": circular.letterhead["to"][circular.kind],
        "letterhead": circular.letterhead,
        "can_edit": "save_circular" in actions,
        "can_issue": "issue_circular" in actions,
        "can_correct": "correct_circular" in actions and not CORRECTING.blocks(circular, at),
        "corrected_by": circular.corrected_by,
        "overtaken": _overtaken_now(circular, user, at),
        "reason_form": reason or ReasonForm(),
        "petition": petition_pages.desk_on(circular, user, timezone.localdate(at), **decision),
        "signing": signing_pages.desk_on(circular, user, timezone.localdate(at), signing, scan),
    }
    if circular.is_draft:
        context["issue_form"] = issue or CircularIssueForm(initial={"version": circular.version}, circular=circular)
        context["discard_form"] = discard or CircularDiscardForm(initial={"version": circular.version})
        context["discard_words"] = _lost_words(circular)
        context["moved"] = changes_since(circular, at)
        context["moved_words"] = _some(context["moved"], 8)
        signings = [row.signing for row in context["signing"].rows]
        context["changed_words"] = changed_since_signed(circular, signings)
        context["early"] = _early(circular, timezone.localdate(at))
        context["next_number"] = _preview(circular, timezone.localdate(at))
    return context


def _overtaken_now(circular: Circular, user: User, at: dt.datetime) -> str:
    """印发以后又变过的：变过什么；看得到总览的，另说现在从头数一遍哪几个数不同。没有变过的为空。"""
    found = Circular.objects.filter(pk=circular.pk).overtaken().light().first()
    if not found or not permissions.can_trace_figures(user):
        return overtaken_words(found) if found else ""
    moved = moved_since(circular, at)
    now = f"现在重数，有 {len(moved)} 处与这一份不同：{_some(moved, 8)}。" if moved else "现在重数，数字与这一份相同。"
    return f"{overtaken_words(found)}{now}"


def overtaken_words(circular: Circular) -> str:
    """印发以后变过什么（`circular` 由 overtaken()、with_later() 取来）。"""
    said = [f"{dates.short(circular.reopened_at)}重新开放过报送"] if circular.reopened_at else []
    said += [f"撤销过 {circular.revoked} 次通过"] if circular.revoked else []
    return f"{circular.name_and_number}印发以后，{'，'.join(said)}。"


def on_period(period: ReportingPeriod) -> tuple[Circular | None, list[tuple[Circular, str]]]:
    """总览上要的，一次取齐：这一期的通报（草稿或最近印发的一份，没有为 None）；写到这一期而印发以后又变过的（哪一份、变过什么）。"""
    found = list(Circular.objects.about(period).not_discarded().with_later().light().order_by("-pk"))
    own = (c for c in found if c.kind == c.Kind.CIRCULAR and c.first_period_id == c.period_id == period.pk)
    changed = [c for c in found if c.is_issued and not c.is_corrected and (c.reopened_at or c.revoked)]
    return next(own, None), [(c, overtaken_words(c)) for c in changed]


def issued_about(period: ReportingPeriod, since: dt.datetime | None = None) -> str:
    """写到这一期的（`since` 以后）印发的公文，见 issued_words。"""
    found = Circular.objects.about(period).standing().light()
    return issued_words(found.filter(issued_at__gte=since) if since else found)


def issued_words(found: Iterable[Circular]) -> str:
    """重新开放一期、撤销一条通过之前与之后说的：写到它的公文已经印发，数字变了要更正。没有印发过的为空。"""
    names = "、".join(circular.name_and_number for circular in found)
    return f"{names}已经印发，印的是那时的数字；数字变了的，请打开那一份点“更正”。" if names else ""


def _facts(circular: Circular) -> list[str]:
    """题下的一行：种类、哪一期；印发了的写文号与日期。"""
    issued = [circular.document_number, f"{dates.full(circular.issued_on)}印发"] if circular.issued_on else []
    return [circular.get_kind_display(), *filter(None, [circular.span_name]), *issued]


def _early(circular: Circular, today: dt.date) -> str:
    """还没有到截止日就要印发：提醒一声，免得把还来得及报的写成未报。"""
    if circular.is_petition:
        return ""
    period = circular.span[1]
    left = (period.due_on - today).days
    if not period.is_open or left < 0:
        return ""
    when = f"还有{left}天截止" if left else "今天截止"
    return f"{period.short_name}报送{when}。现在印发，尚未报送的会写进{circular.get_kind_display()}。"


def _lost_words(circular: Circular) -> str:
    """作废之前说清：会失去什么。"""
    changed = edited(circular)
    names = "".join(f"“{name}”" for name in changed[:6]) + ("等" if len(changed) > 6 else "")
    lost = f"这份草稿改过 {len(changed)} 节（{names}），改的一并作废。" if changed else ""
    return f"{lost}作废以后不能再改、不能印发，清单里也不再列；要用只能另起一份。"


def _some(changes: list[str], most: int) -> str:
    """写出前几处变化，多的写“等”。"""
    return "；".join(changes[:most]) + ("等" if len(changes) > most else "")


def _preview(circular: Circular, day: dt.date) -> str:
    """现在印发会是几号（别人先印发就往后排）。"""
    rows = Circular.objects.filter(kind=circular.kind, year=day.year)
    number = (rows.aggregate(last=Max("number"))["last"] or 0) + 1
    return Circular(kind=circular.kind, year=day.year, number=number, figures=circular.figures).document_number


# 部署专项工作或者具体任务的文件一般不超过这么多字（《整治形式主义为基层减负若干规定》，只见过第三方转载，没有核对原件）。
LONG = 4000


def long_words(circular: Circular) -> str:
    """正文超过 4,000 字的提醒一声；不拦着印发。标题与附件不计。"""
    count = sum(len("".join(f"{s['heading']}{s['text']}".split())) for s in circular.sections)
    if count <= LONG:
        return ""
    return f"正文约 {count:,} 字，超过 {LONG:,} 字。部署具体任务的文件一般不超过 {LONG:,} 字，请看看能不能精简。"


def smuggled_words(circular: Circular) -> str:
    """报告里不得夹带请示事项（党政机关公文处理工作条例第十五条）：写了请批示一类的话的，提醒一声；不拦着印发，可能是引的原话。"""
    if circular.kind != Circular.Kind.REPORT:
        return ""
    body = "".join(s["text"] for s in circular.sections)
    found = "、".join(f"“{words}”" for words in ("妥否", *ASKING) if words in body)
    return f"正文里有{found}。报告不得夹带请示事项，要请领导小组定的，请另写请示。" if found else ""


def edit(circular: Circular, at: dt.datetime, *, form: CircularEditForm | None = None) -> dict:
    """修改草稿的页面；别人先存了的，把两个人改的合在一起。"""
    moved = changes_since(circular, at)
    form = form or CircularEditForm(circular=circular)
    if current := getattr(form, "conflict", None):
        form.merge(current)
    return {
        "circular": circular,
        "form": form,
        "merged_words": merged_words(form) if current else "",
        "clashes": clashes(form),
        "clash_words": "您和别人都改了，别人刚存的摆在您写的上面，请定好再存。" if form.theirs else "",
        "taken_at": None if circular.is_petition else taken_at(circular),
        "long_words": long_words(circular),
        "smuggled": smuggled_words(circular),
        "moved": moved,
        "moved_words": _some(moved, 6),
    }


def clashes(form: CircularEditForm) -> list[tuple[str, str]]:
    """两个人改得不同、要他定的：（在页面哪里，叫什么）。"""
    title = [("s-title", "标题")] if "title" in form.theirs else []
    return title + [(f"s-{part.key}", part.name) for part in form.parts if part.theirs]


def merged_words(form: CircularEditForm) -> str:
    """两个人的合在一起，怎么合的。"""
    taken = (["标题"] if "title" in form.taken else []) + [
        part.name for part in form.parts if part.is_taken and not part.theirs
    ]
    said = f"您没有动过的“{'”“'.join(taken)}”已换成别人刚存的" if taken else ""
    if form.theirs:
        return f"{said}；" if said else ""
    return f"{said}，您写的都还在，看过再存即可。" if said else "别人改的与您写的没有冲突，看过再存即可。"


def traced(circular: Circular, user: User, filters: CircularFiguresForm) -> dict:
    """数字一览：每个数、它数到的前几条、来处的清单；点“全部”只看那一个数，分页。看不到总览的人只看数。"""
    can_trace = permissions.can_trace_figures(user)
    counts = shown_counts(circular.numbers, can_trace=can_trace)
    only, page = filters.chosen.get("of"), None
    if only in counts:
        page = Paginator(counts[only]["rows"], ONE_SIZE).get_page(filters.number)
        counts = {only: counts[only] | {"rows": list(page)}}
    else:
        counts = {key: one | {"rows": one["rows"][:FEW], "more": len(one["rows"]) > FEW} for key, one in counts.items()}
    groups = [(title, [(key, counts[key]) for key in keys if key in counts]) for title, keys in GROUPS]
    return {
        "page_obj": page,
        "query": filters.query_without("page"),
        "circular": circular,
        "taken_at": taken_at(circular),
        "groups": [group for group in groups if group[1]],
        "can_trace": can_trace,
        "note": _how_counted(circular, can_trace),
    }


def _how_counted(circular: Circular, can_trace: bool) -> str:
    """数字怎么数的；点得开的另说点开是什么。"""
    span = "上一期关闭之后，到这一期的基准时刻"
    if circular.figures.get("is_span"):
        span = f"{circular.span_name}这一段：起始期的上一期关闭之后，到最后一期的基准时刻"
    counted = f"举措以“项”计，按{organisation.unit()}以“项次”计；“本期”指{span}。未报含起草而未提交的。"
    if not can_trace:
        return counted
    return f"每个数点开，就是它数到的每一条。{counted}“看现在的清单”里的数字会随以后的变化而变，这里的不会。"


def taken_at(circular: Circular) -> dt.datetime:
    """数字是什么时候取的。"""
    return dt.datetime.fromisoformat(circular.figures["taken_at"])


def filename(circular: Circular, extension: str) -> str:
    """下载用的文件名。"""
    number = circular.document_number or "草稿"
    return f"{number}　{numbers.plain(circular.title)}.{extension}"
