"""批示的常用语：领导自己改。"""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from departments.requests import SignedIn
from yingshang import clock

from .. import workflow
from ..pages import phrase as phrase_pages
from .guards import leaders_only
from .refusals import or_say, put_back


@leaders_only
@require_http_methods(["GET", "POST"])
def phrase_edit(request: SignedIn) -> HttpResponse:
    """看、改自己的常用语，一行一句。没写好的原样放回。"""
    form = phrase_pages.form_for(request.user, request.POST or None)
    act = lambda: workflow.save_phrases(form.lines, by=request.user, at=clock.now())  # noqa: E731
    if request.method == "POST" and or_say(form, act) is not None:
        messages.success(request, "常用语已改，批示时点一句就发出。")
        return redirect("phrase_edit")
    return put_back(request, form, render(request, "tasks/phrase/edit.html", {"form": form}))
