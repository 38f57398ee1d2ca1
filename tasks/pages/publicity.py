"""对外宣传给人看的样子：办公室选什么、怎么写；对外公开页上有什么。

对外公开页只有方案、举措、已关闭的一期的灯数、办公室发布的文字：没有人名，没有报送原文，没有没发布的东西。
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any, cast

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, Q, QuerySet, When
from django.http import QueryDict
from django.utils import timezone

from departments import organisation
from departments.models import User

from .. import workflow
from ..figures.ledger import Ledger, current_period
from ..figures.search import Word, every
from ..forms import PublicItemForm, PublicityFilterForm
from ..models import Assignment, Measure, Plan, Progress, PublicItem, ReportingPeriod
from ..models.progress import ProgressQuerySet
from ..rules import lights

PAGE_SIZE = 50
# 写好之后按的那个按钮：撤下过的、发布着的；没有发布过的是“发布”。
SAVING = {"release_item_again": "重新发布", "revise_item": "保存修改"}


# ── 办公室 ────────────────────────────────────────────────


@dataclass
class PublicityListing:
    """已通过的报送里选。"""

    plan: Plan | None
    period: ReportingPeriod | None
    page_obj: Page
    released: int
    practices: int
    query: str


def candidates(plan: Plan | None, user: User) -> ProgressQuerySet:
    """可以对外宣传的：已通过的报送；发布过而后来更正了的也列着，好去撤下。"""
    current = Q(superseded_at=None) | Q(public_item__isnull=False)
    rows = Progress.objects.visible_to(user).approved().filter(current, period__plan=plan)
    related = ("assignment__measure", "assignment__department", "period", "public_item")
    return rows.select_related(*related)


def listing(plan: Plan | None, user: User, today: dt.date, filters: PublicityFilterForm) -> PublicityListing:
    """按筛选列出，新的一期在前。查询数与条数无关。"""
    chosen = filters.chosen
    rows = matching(candidates(plan, user), chosen)
    rows = rows.order_by("-period__starts_on", "assignment__measure__position", "assignment__order", "pk")
    page = Paginator(rows, PAGE_SIZE).get_page(chosen.get("page", 1))
    out = PublicItem.objects.released().filter(progress__period__plan=plan)
    practices = out.filter(category=PublicItem.Category.PRACTICE).count()
    period = current_period(plan, today) if plan else None
    return PublicityListing(plan, period, page, out.count(), practices, filters.query_without("page"))


def _says(word: Word) -> Q:
    """搜索：报送、对外的文字、举措、序号、部室、牵头领导。"""
    said = word.within("text", "assignment__measure__title", "public_item__wording")
    said |= word.measure("assignment__measure__number") | Q(assignment__department__in=word.rooms)
    return said | Q(assignment__measure__in=word.led.values("measure"))


def matching(rows: ProgressQuerySet, chosen: dict[str, Any]) -> ProgressQuerySet:
    """按筛选条件缩小。"""
    if q := chosen.get("q"):
        rows = rows.filter(every(q, _says))
    for name, path in (("period", "period"), ("dept", "assignment__department")):
        if name in chosen:
            rows = rows.filter(**{path: chosen[name]})
    state = chosen.get("state")
    if state == "none":
        return rows.filter(public_item=None)
    if state == "withdrawn":
        return rows.filter(public_item__withdrawn_at__isnull=False)
    return rows.filter(public_item__category=state, public_item__withdrawn_at=None) if state else rows


def item_of(progress: Progress) -> PublicItem | None:
    """这条报送对外的那一条；没有发布过为 None。"""
    return getattr(progress, "public_item", None)


def edit(progress: Progress, user: User, form: PublicItemForm | None = None) -> dict:
    """写对外文字的一页：左边是报送原文，右边是要发布的。没写好的原样放回。"""
    item = item_of(progress)
    initial = {"wording": item.wording, "category": item.category} if item else {"wording": progress.text}
    actions = workflow.allowed_actions(user, item) if item else []
    return {
        "progress": progress,
        "item": item,
        "form": form or PublicItemForm(initial=initial),
        "save_label": next((label for action, label in SAVING.items() if action in actions), "发布"),
        "can_withdraw": "withdraw_item" in actions,
    }


def save(progress: Progress, *, by: User, at: dt.datetime, category: str, wording: str) -> tuple[PublicItem, str]:
    """发布、修改或重新发布，看这一条现在的情形；返回这一条和做了什么。"""
    item = item_of(progress)
    said: dict[str, Any] = {"by": by, "at": at, "category": category, "wording": wording}
    if item is None:
        return workflow.release_item(progress, **said), "已发布"
    if item.withdrawn_at:
        return workflow.release_item_again(item, **said), "已重新发布"
    return workflow.revise_item(item, **said), "已修改"


# ── 对外公开页 ────────────────────────────────────────────


def public_plan() -> Plan | None:
    """手边的方案，而且管理员打开了对外公开；否则为 None。"""
    return Plan.objects.at_hand().filter(is_public=True).first()


# 对外公开页分页的两部分：具体举措、发布的内容。
MEASURES, ITEMS = "measures", "items"


def public_place(data: QueryDict) -> tuple[str, int]:
    """看哪一部分的第几页。认不得的、没有写的都是头一页，两部分都有。"""
    part, page = data.get("part", ""), data.get("page", "")
    number = int(page) if page.isdecimal() and len(page) < 6 else 1
    return (ITEMS if part == ITEMS else MEASURES, number) if number > 1 else (MEASURES, 1)


def public_page(plan: Plan, today: dt.date, part: str = MEASURES, number: int = 1) -> dict | None:
    """对外公开页的内容；没有这一页为 None。头一页有灯数、目标与两部分各一页，往后的只有那一部分。

    灯数取最近关闭的一期，这一期的数不会再变。
    """
    measures = Measure.objects.in_force().filter(plan=plan).prefetch_related("assignments__department")
    released = PublicItem.objects.released().filter(progress__period__plan=plan)
    parts: dict[str, Paginator] = {
        MEASURES: Paginator(measures, PAGE_SIZE),
        ITEMS: Paginator(_in_groups(released), PAGE_SIZE),
    }
    if number > parts[part].num_pages:
        return None
    is_first = number == 1
    pages = {name: pages.page(number) for name, pages in parts.items() if is_first or name == part}
    period = plan.periods.closed().order_by("-starts_on").first() if is_first else None
    counts = light_counts(plan, period, today) if period else []
    return {
        "plan": plan,
        "is_first": is_first,
        "period": period,
        "lights": counts,
        "stack": [(level, n) for level, _, n in counts],
        "organisation": organisation.current(),
        "total": parts[MEASURES].count,
        "measures_page": pages.get(MEASURES),
        "measures": [(measure, departments_of(measure)) for measure in pages.get(MEASURES, ())],
        "items_page": pages.get(ITEMS),
        "groups": _groups(released, list(pages.get(ITEMS, ()))),
        "count": parts[ITEMS].count,
    }


def public_data(today: dt.date, part: str = MEASURES, number: int = 1) -> dict | None:
    """对外公开页的内容，给程序读：与页面同样的几样、同样的分页，不多一样。没有打开的、没有这一页的为 None。"""
    plan = public_plan()
    shown = public_page(plan, today, part, number) if plan else None
    if plan is None or shown is None:
        return None
    period: ReportingPeriod | None = shown["period"]
    return {
        "plan": {"title": plan.title, "document_number": plan.document_number, "issued_on": plan.issued_on},
        "period": period
        and {"name": period.name, "closed_on": timezone.localdate(cast(dt.datetime, period.closed_at))},
        "lights": [{"light": level, "name": label, "measures": n} for level, label, n in shown["lights"]],
        "measures": [_measure_data(measure, rooms) for measure, rooms in shown["measures"]],
        "items": [_item_data(item) for _, items, _ in shown["groups"] for item in items],
        "totals": {"measures": shown["total"], "items": shown["count"]},
        "next": {name: _next_page(shown[f"{name}_page"], name) for name in (MEASURES, ITEMS)},
    }


def _measure_data(measure: Measure, departments: str) -> dict[str, str]:
    return {
        "number": measure.number,
        "title": measure.title,
        "text": measure.display_text,
        "departments": departments,
    }


def _item_data(item: PublicItem) -> dict[str, str]:
    part = item.progress.assignment
    return {
        "category": item.get_category_display(),
        "wording": item.wording,
        "number": part.measure.number,
        "title": part.measure.title,
        "department": part.department.name,
        "period": item.progress.period.name,
    }


def _next_page(page: Page | None, part: str) -> str | None:
    """下一页的网址参数；没有了为空。"""
    return f"?part={part}&page={page.next_page_number()}" if page and page.has_next() else None


def _in_groups(released: QuerySet[PublicItem]) -> QuerySet[PublicItem]:
    """发布的，一类一类地排，新的在前；连同来自哪一项、哪一期。"""
    order = [When(category=key, then=place) for place, key in enumerate(reversed(PublicItem.Category.values))]
    related = ("progress__assignment__measure", "progress__assignment__department", "progress__period")
    return released.alias(place=Case(*order)).order_by("place", "-released_at", "-pk").select_related(*related)


def _groups(released: QuerySet[PublicItem], shown: list[PublicItem]) -> list[tuple[str, list[PublicItem], int]]:
    """（类别，这一页的各条，这一类共几条）；这一页没有的类别不列。"""
    if not shown:
        return []
    sizes = dict(released.order_by().values_list("category").annotate(Count("pk")))
    found = ((key, label, [i for i in shown if i.category == key]) for key, label in PublicItem.Category.choices)
    return [(label, items, sizes[key]) for key, label, items in reversed(list(found)) if items]


def light_counts(plan: Plan, period: ReportingPeriod, today: dt.date) -> list[tuple]:
    """（灯，名称，项数）。"""
    totals = Ledger(plan, period, today).light_totals
    return [(level, lights.LABELS[level], totals[level]) for level in lights.SEVERITY]


def departments_of(measure: Measure) -> str:
    """牵头部室；各部室共担的照方案写“各部室”。"""
    if measure.all_departments:
        return organisation.worded("各部室")
    found: list[Assignment] = [a for a in measure.assignments.all() if not a.ended_in_id]
    return "、".join(a.department.name for a in sorted(found, key=lambda a: (a.order, a.pk)))
