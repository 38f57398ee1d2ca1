"""延期待批。"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.paginator import Paginator
from django.db.models import Count
from django.forms import BaseForm

from departments.models import User

from ..forms import (
    ExtensionApproveForm,
    ExtensionRefuseForm,
)
from ..models import Extension, Plan
from ..models.plan import archived_at_hand
from ..rules import permissions

RECENT = 20  # 最近办过的列几件
PAGE_SIZE = 20


def times_extended(assignments: Iterable[int]) -> Counter:
    """项次 → 批准延期的次数。一次查询。"""
    rows = Extension.objects.approved().filter(assignment__in=assignments).order_by()
    return Counter(dict(rows.values_list("assignment").annotate(times=Count("pk"))))


# ── 办公室 ────────────────────────────────────────────────


@dataclass
class ExtensionRow:
    """延期待批的一条，带批复的两张表单。"""

    extension: Extension
    times: int
    is_self_review: bool
    approve: BaseForm
    refuse: BaseForm
    can_decide: bool = True


def extension_page(plan: Plan | None, user: User, number: int = 1, *, bound: BaseForm | None = None) -> dict:
    """延期待批与最近的批复。`bound` 是没写好的那一张批复，翻到那一页，原样放回。"""
    rows = Extension.objects.of_plan(plan).visible_to(user)
    rows = rows.select_related("assignment__measure", "assignment__department", "requested_by", "decided_by")
    waiting = rows.waiting().order_by("requested_at", "pk")
    if bound is not None:
        number = _page_of(bound, list(waiting.values_list("pk", flat=True)), number)
    page_obj = Paginator(waiting, PAGE_SIZE).get_page(number)
    times = times_extended([row.assignment_id for row in page_obj])
    return {
        "page_obj": page_obj,
        "waiting": [_extension_row(row, user, times, bound) for row in page_obj],
        "decided": rows.decided()[:RECENT],
    }


def _page_of(bound: BaseForm, waiting: list[int], number: int) -> int:
    """那一张批复在第几页；已经不待批的，还是原来那一页。"""
    pk = int(str(bound.prefix)[1:])
    return waiting.index(pk) // PAGE_SIZE + 1 if pk in waiting else number


def _extension_row(extension: Extension, user: User, times: Counter, bound: BaseForm | None) -> ExtensionRow:
    forms = {f"a{extension.pk}": ExtensionApproveForm, f"x{extension.pk}": ExtensionRefuseForm}
    approve, refuse = (
        bound if bound and bound.prefix == prefix else form(prefix=prefix) for prefix, form in forms.items()
    )
    return ExtensionRow(
        extension,
        times[extension.assignment_id],
        permissions.is_self_review(user, extension.assignment),
        approve,
        refuse,
        not archived_at_hand(),
    )
