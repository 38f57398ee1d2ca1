"""督查检查给人看的样子：清单与一次检查。"""

import datetime as dt
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet

from departments.models import User
from yingshang.prepared import Asked

from .. import workflow
from ..figures import problem as problem_figures
from ..forms import ReasonForm
from ..models import Inspection, Problem
from ..models.visibility import eyes, viewer
from ..rules import permissions
from . import event as event_pages

PAGE_SIZE = 50


def listing(user: User, number: int = 1) -> dict:
    """历次检查，新的在前。"""
    rows = (
        Inspection.objects.of_current_plan()
        .prefetch_related("measures")
        .annotate(problem_count=Count("problems", distinct=True, filter=~Q(problems__status=Problem.Status.DROPPED)))
    )
    page = Paginator(rows.order_by("-held_on", "-pk"), PAGE_SIZE).get_page(number)
    return {"page_obj": page, "can_add": permissions.can_review(user)}


def detail(inspection: Inspection, user: User, today: dt.date, **bound: Any) -> dict:
    """一次检查，连同由它列入台账的问题、登记与更正的经过。没交成的撤回放回原处。"""

    def found(pk: int, room: int) -> QuerySet:
        return Problem.objects.visible_to(viewer(user, room)).filter(inspection=pk).on_record()

    asked = Asked(("of inspection", eyes(user)), found, (inspection.pk, user.serving_id or 0))
    actions = workflow.allowed_actions(user, inspection)
    return {
        "inspection": inspection,
        "rows": problem_figures.rows_of(asked, today),
        "actions": actions,
        "can_withdraw": "withdraw_inspection" in actions or bool(bound),
        "timeline": event_pages.of_inspection(inspection, user),
        "withdraw_form": ReasonForm(prefix="withdraw"),
        "today": today,
        **bound,
    }
