"""催办：谁还没报、临近或逾期，催办语，记录与邮件。"""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from departments.requests import SignedIn
from yingshang import clock

from ..forms import ReminderFilterForm
from ..models import Plan
from ..pages import reminder as reminder_pages
from ..papers import robot as robot_papers
from .guards import office_only
from .refusals import keep


@office_only
@require_safe
def reminder_list(request: SignedIn) -> HttpResponse:
    """谁没报、谁逾期，默认全选；催办语写好了，一点就复制。"""
    page = reminder_pages.page(Plan.objects.current(), clock.today(), ReminderFilterForm(request.GET))
    return render(request, "tasks/reminder/list.html", {"page": page})


@office_only
@require_POST
def reminder_robot(request: SignedIn) -> HttpResponse:
    """今天没有发到工作群的再发一次。"""
    sent, failed = robot_papers.deliver(at=clock.now())
    said = f"发到工作群：发出 {sent} 条，没发出 {failed} 条。" if sent or failed else "今天没有要再发的。"
    (messages.warning if failed else messages.success)(request, said)
    return redirect("reminder_list")


@office_only
@require_POST
def reminder_send(request: SignedIn) -> HttpResponse:
    """记录催办（或照新的勾选重新生成催办语）。"""
    filters = ReminderFilterForm(request.GET)
    outcome = reminder_pages.submit(Plan.objects.current(), request.POST, filters, by=request.user, at=clock.now())
    if outcome.warning:
        messages.warning(request, outcome.warning)
    if outcome.message:
        messages.success(request, outcome.message)
    if outcome.page is None:
        return redirect(reminder_pages.url(filters))
    page = render(request, "tasks/reminder/list.html", {"page": outcome.page}, status=outcome.status)
    said = [words for words in (outcome.warning, outcome.message) if words]
    # 照勾选重写（refresh、follow）就是要换掉这些话。
    return page if request.POST.get("do") in ("refresh", "follow") else keep(request, page, said)
