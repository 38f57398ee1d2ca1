"""意见建议的一页：提的地方，与各条、各条的答复；没有答复的在前。"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import F
from django.http import QueryDict
from django.urls import reverse

from departments.models import User

from .. import workflow
from ..forms import PageForm, SuggestionAnswerForm, SuggestionForm
from ..models import Suggestion
from ..models.plan import archived_at_hand
from ..rules import permissions
from .chores import Chore, Due, Row, names_of

PAGE_SIZE = 20


@dataclass(frozen=True)
class SuggestionRow:
    """一条，和答复它的表单（此刻能答复的才有）。"""

    suggestion: Suggestion
    form: SuggestionAnswerForm | None


def listing(
    user: User,
    data: QueryDict,
    form: SuggestionForm | None = None,
    bound: Mapping[int, SuggestionAnswerForm] | None = None,
) -> dict[str, Any]:
    """一页要的全部。`form`、`bound` 是没写好的，原样放回。"""
    rows = Suggestion.objects.visible_to(user).select_related("department", "by", "answered_by")
    rows = rows.order_by(F("answered_at").desc(nulls_first=True), "-at", "-pk")
    page: Page = Paginator(rows, PAGE_SIZE).get_page(PageForm(data).chosen.get("page", 1))
    can_send = permissions.can_fill_in(user) and not archived_at_hand()
    found = [SuggestionRow(row, _form_of(row, user, bound or {})) for row in page.object_list]
    return {"page_obj": page, "rows": found, "form": (form or SuggestionForm()) if can_send else None, "query": ""}


def _form_of(row: Suggestion, user: User, bound: Mapping[int, SuggestionAnswerForm]) -> SuggestionAnswerForm | None:
    if "answer_suggestion" not in workflow.allowed_actions(user, row):
        return None
    return bound.get(row.pk) or answer_form(row)


def answer_form(row: Suggestion, data: QueryDict | None = None) -> SuggestionAnswerForm:
    """答复这一条的表单：一页有几条，各有前缀。"""
    return SuggestionAnswerForm(data, prefix=f"s{row.pk}")


def due() -> list[Due]:
    """办公室今天要办：没有答复的。"""
    return [Due(Suggestion.objects.waiting(), ("at", "pk"), ["department__name"], _waiting)]


def _waiting(rows: list[Row]) -> Chore:
    return Chore(f"{len(rows)} 条意见建议没有答复", f"{names_of(rows)}提的", reverse("suggestion_list"), "去答复", True)
