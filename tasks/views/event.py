"""操作记录。"""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from departments.requests import SignedIn

from ..forms import EventFilterForm
from ..pages import event as event_pages
from .guards import log_only


@log_only
@require_safe
def event_list(request: SignedIn) -> HttpResponse:
    """操作记录：谁在何时做了什么。"""
    filters = EventFilterForm(request.GET)
    return render(
        request, "tasks/event/list.html", {"page": event_pages.page(request.user, filters), "filters": filters}
    )
