"""方案页：各版、签收、目标与保障措施，走到哪一步；收尾的一页。"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.core.paginator import Page
from django.db.models import Count, Q
from django.db.models.functions import Length
from django.http import QueryDict

from departments import organisation
from departments.models import Department, User
from yingshang import dates
from yingshang.paging import ChunkPaginator, chunked

from .. import workflow
from ..forms import PlanClosingForm, ReasonForm
from ..imports import closing
from ..models import Assignment, Measure, MeasureFate, Plan, PlanRevision, Progress, Receipt, ReportingPeriod
from ..models.measure import MeasureQuerySet
from ..rules import permissions
from . import revision as revision_pages

# 一页的举措原文约多少字节；已退出的、定了去向的至多列几项。
PAGE_WEIGHT, RETIRED = 120_000, 100
# 不在办的写在方案名后面。
SAID = {Plan.Status.CLOSING: "收尾", Plan.Status.ARCHIVED: "已归档，只看不改"}


@dataclass(frozen=True)
class PlanLink:
    """页头的一份方案：在看的、别的。`words` 是走到哪一步（在办的不写）、那里还欠着什么。"""

    title: str
    url: str
    is_here: bool
    words: str = ""


def side_by_side(user: User, today: dt.date) -> list[PlanLink]:
    """几份方案都有生效的版本时，各在哪里、那里还欠着什么：最早截止的在前，其次现行的。只有一份的没有；归档的只列在看的那一份。"""
    here = Plan.objects.current()
    plans = list(Plan.objects.in_force().exclude(slug="").defer("notice", "preamble", "goal", "safeguards"))
    plans = [plan for plan in plans if not plan.archived_at or plan == here]
    if len(plans) < 2 and (here is None or here.is_current):
        return []
    owed: dict[int, list[str]] = defaultdict(list)
    first: dict[int, dt.date] = {}
    for period, n in _owed_in_each(user):
        owed[period.plan_id].append(f"{period.short_name} {n} 项次，{dates.short(period.due_on)}截止")
        first.setdefault(period.plan_id, period.due_on)
    plans.sort(key=lambda plan: (first.get(plan.pk, dt.date.max), not plan.is_current))
    return [PlanLink(plan.title, plan.door, plan == here, _said(plan, owed[plan.pk])) for plan in plans]


def _said(plan: Plan, owed: Sequence[str]) -> str:
    """收尾；要报 9月 3 项次，9月25日截止。"""
    state = SAID.get(Plan.Status(plan.status), "") if plan.closing_at else ""
    return "；".join(filter(None, [state, "；".join(owed) and f"要报 {'；'.join(owed)}"]))


def _owed_in_each(user: User) -> list[tuple[ReportingPeriod, int]]:
    """各方案开放中的各期还有几项次要报（填报人只数本部室的），截止早的在前。"""
    rows = Progress.objects.in_force_now().to_act_on().in_open_periods().order_by()
    rows = rows.filter(assignment__in=Assignment.objects.in_force().not_completed())
    if permissions.can_fill_in(user):
        rows = rows.filter(assignment__department=user.serving_id)
    counts = dict(rows.values_list("period").annotate(n=Count("pk")))
    periods = ReportingPeriod.objects.filter(pk__in=counts).order_by("due_on", "pk")
    return [(period, counts[period.pk]) for period in periods]


def plan_page(plan: Plan | None, user: User, number: int = 1) -> dict:
    """方案原文、版本、其他年度的方案；填报人还有待签收的提示。原文长的分几页：引言、目标在头一页，保障措施在末一页。"""
    if plan is None:
        return {"plan": None, "can_import": permissions.can_import(user)}
    measures = Measure.objects.in_force().filter(plan=plan)
    revisions = plan.revisions.applied().select_related("applied_by").defer("content", "rows", "diff")
    counts = measures.aggregate(
        measures=Count("pk", distinct=True),
        assignments=Count("assignments", filter=Q(assignments__ended_in=None), distinct=True),
    )
    editions = list(revisions.annotate(signed=Count("receipts")).order_by("-number"))
    page_obj = _paged(measures, number)
    listed = measures.filter(pk__in=page_obj.object_list)
    listed = listed.prefetch_related("leader_links__leader", "assignments__department")
    retired = Measure.objects.filter(plan=plan, retired_in__isnull=False).select_related("retired_in")
    can_switch_public = permissions.can_switch_public(user)
    return {
        "plan": plan,
        "facts": _facts(plan, counts, editions),
        "page_obj": page_obj,
        "measures": list(_printed(listed)),
        "retired": retired.defer(*(f"retired_in__{name}" for name in revision_pages.HEAVY))[:RETIRED],
        "retired_count": retired.count(),
        "revisions": editions,
        "departments": Department.objects.active().count(),
        "others": Plan.objects.in_force().exclude(pk=plan.pk),
        "drafts": revision_pages.drafts(plan) if permissions.can_import(user) else (),
        "can_import": permissions.can_import(user),
        "can_sign": permissions.can_sign(user),
        "can_switch_public": can_switch_public,
        "shows_public": plan.is_current and (plan.is_public or can_switch_public),
        "state": plan.get_status_display(),
        "can_close": permissions.can_close_plans(user),
        "signed": set(Receipt.objects.filter(department=user.serving_id).values_list("revision_id", flat=True)),
        "unsigned": revision_pages.waiting_receipt(user.serving)
        if user.serving and permissions.can_sign(user)
        else None,
    }


def _paged(measures: MeasureQuerySet, number: int) -> Page:
    """翻到的一页上的各项（编号）：照原文的长短分，短的方案只有一页。"""
    lengths = list(measures.order_by("position", "pk").values_list("pk", Length("text")))
    chunks = chunked(lengths, PAGE_WEIGHT, lambda row: 400 + 3 * row[1])
    return ChunkPaginator([[pk for pk, _ in chunk] for chunk in chunks], len(lengths)).get_page(number)


def _facts(plan: Plan, counts: dict[str, int], revisions: Sequence[PlanRevision]) -> list[str]:
    """题下的一行：文号、印发日期、几项几项次；修订过的写现行哪一版。"""
    now = revisions[0] if revisions else None
    revised = (
        f"现行{now}（{dates.full(now.applied_at)}修订）" if now and now.applied_at and (now.number or 0) > 1 else ""
    )
    totals = f"{counts['measures']} 项，{counts['assignments']} 项次"
    issued = f"{dates.full(plan.issued_on)}印发" if plan.issued_on else ""
    return [plan.document_number, issued, totals, revised]


@dataclass(frozen=True)
class PrintedHeading:
    """举措前面的一行标题，照文件所写；`is_section` 是“一、”一级的。"""

    text: str
    is_section: bool


@dataclass(frozen=True)
class PrintedMeasure:
    """方案页上的一项：前面的各级标题（与上一项相同的不再印）、原文、谁牵头。"""

    measure: Measure
    headings: list[PrintedHeading]
    leading: str


def _printed(measures: Iterable[Measure]) -> Iterator[PrintedMeasure]:
    """翻到的一页上的各项；一页的头一项总把标题印全。没有标题的（后来另加的）接着上一项。"""
    above: list[str] = []
    for measure in measures:
        own = measure.headings or above
        same = next((n for n, (a, b) in enumerate(zip(above, own, strict=False)) if a != b), min(len(above), len(own)))
        headings = [PrintedHeading(text, n == 0) for n, text in enumerate(own) if n >= same]
        yield PrintedMeasure(measure, headings, _leading(measure))
        above = own


def _leading(measure: Measure) -> str:
    """谁牵头，照方案的写法：牵头领导：甲、乙　牵头部室：丙。没有写领导的、没有配合的不印那一栏。"""
    leaders = "、".join(str(link.leader) for link in measure.leader_links.all())
    departments = [str(a.department) for a in measure.assignments.all() if not a.ended_in_id]
    named = organisation.worded("各部室") if measure.all_departments else "、".join(departments)
    parts = [("牵头领导", leaders), (f"牵头{measure.lead_label}", named), ("配合单位", measure.cooperating)]
    return "　".join(f"{label}：{said}" for label, said in parts if said)


# ── 收尾、归档 ────────────────────────────────────────────


@dataclass(frozen=True)
class FateLine:
    """一项定下的去向，给人看：去哪里、为什么、哪天定的；`url` 是对方那一项。"""

    measure: Measure
    words: str
    at: dt.datetime
    reason: str = ""
    url: str = ""


def fate_line(fate: MeasureFate) -> FateLine:
    """这一项去哪里。"""
    to = fate.to_measure
    words = f"移交《{to.plan.title}》第{to.number}项" if to else fate.get_kind_display()
    return FateLine(fate.measure, words, fate.at, fate.reason, to.plan.url_in(to.url) if to else "")


def came_from(fate: MeasureFate) -> FateLine:
    """接办的一项从哪里来。"""
    old = fate.measure
    words = f"接办《{old.plan.title}》第{old.number}项，此前的进展在那里"
    return FateLine(old, words, fate.at, fate.reason, old.plan.url_in(old.url))


def closing_form(plan: Plan, data: QueryDict | None = None) -> PlanClosingForm:
    """没有办结的各项，逐项问去哪里；可以移交给别的没有归档的方案。"""
    others = list(Plan.objects.running().exclude(pk=plan.pk).only("title"))
    measures = closing.unsettled(plan).prefetch_related("assignments__department")
    return PlanClosingForm(data, measures=list(measures), plans=others, must=not plan.closing_at)


def closing_page(plan: Plan, user: User, form: PlanClosingForm | None = None, reason: ReasonForm | None = None) -> dict:
    """收尾的一页：走到哪一步、各项去哪里、还差什么能归档。`reason` 是没写好的理由。"""
    actions = workflow.allowed_actions(user, plan)
    fates = MeasureFate.objects.filter(measure__plan=plan).select_related("measure__plan", "to_measure__plan")
    return {
        "plan": plan,
        "state": plan.get_status_display(),
        "actions": actions,
        "form": form or (closing_form(plan) if {"close_plan", "settle_closing"} & set(actions) else None),
        "reason": reason or ReasonForm(prefix="back"),
        "blockers": workflow.what_blocks_archiving(plan) if "archive_plan" in actions else [],
        "fates": [fate_line(fate) for fate in fates[:RETIRED]],
    }
