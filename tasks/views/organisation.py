"""名称与版头：管理员在一页上改。"""

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from departments import organisation, trail
from departments.requests import SignedIn
from yingshang import clock

from .. import workflow
from ..forms import OrganisationForm
from .guards import settings_only
from .refusals import or_say, put_back


@settings_only
@require_http_methods(["GET", "POST"])
@transaction.atomic
def organisation_edit(request: SignedIn) -> HttpResponse:
    """看、改名称与公文版头。"""
    form = OrganisationForm(request.POST if request.method == "POST" else None, instance=organisation.stored())
    act = lambda: workflow.save_organisation(form.instance, by=request.user, at=clock.now())  # noqa: E731
    if request.method == "POST" and or_say(form, act) is not None:
        trail.trace("setting_changed", request, what="名称与版头", data={"changes": form.changes})
        messages.success(request, "名称与版头已保存，各页已经换上。")
        return redirect("organisation_edit")
    return put_back(request, form, render(request, "tasks/organisation/edit.html", {"form": form}))
