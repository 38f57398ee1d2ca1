"""一次报完：一个部室这一期的各项一页填、一次交；写着的时候自动存草稿。"""

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from departments.requests import SignedIn
from yingshang import clock

from ..models import Progress
from ..pages import month as month_pages
from .guards import reporters_only
from .refusals import keep


@reporters_only
@require_http_methods(["GET", "POST"])
def month(request: SignedIn) -> HttpResponse:
    """看、填、交。没有成的放回原处，成了的不再列；`do` 为 keep 是脚本存的草稿，只答成没成。"""
    if request.method == "GET":
        return _page(request)
    rows = _own_rows(request)
    if request.POST.get("do") == "keep":
        return _keep(request, rows)
    sent = month_pages.send(rows, request.POST, request.FILES, by=request.user, at=clock.now())
    if sent.status != 200 or sent.notes:
        return _put_back(request, sent)
    messages.success(request, sent.said, extra_tags="month")
    return redirect("month")


def _page(request: SignedIn, sent: month_pages.Sent | None = None) -> HttpResponse:
    return render(request, "tasks/month/month.html", {"month": month_pages.month(request.user, clock.today(), sent)})


def _put_back(request: SignedIn, sent: month_pages.Sent) -> HttpResponse:
    page = _page(request, sent)
    page.status_code = sent.status
    left = QueryDict(mutable=True)
    for name, values in request.POST.lists():
        if not any(name.startswith(f"p{row.pk}-") for row in [*sent.filed, *sent.unchanged, *sent.saved]):
            left.setlist(name, values)
    return keep(request, page, sent.reasons, left) if sent.status != 200 else page


def _keep(request: SignedIn, rows: list[Progress]) -> HttpResponse:
    """自动存的草稿：存了说版本号变成几，没有存上说为什么。"""
    sent = month_pages.keep(rows[0], request.POST, by=request.user, at=clock.now())
    if sent.status == 200:
        return JsonResponse({"version": int(request.POST[f"p{rows[0].pk}-version"]) + 1})
    return JsonResponse({"why": "".join(sent.reasons)}, status=sent.status)


def _own_rows(request: SignedIn) -> list[Progress]:
    """交上来的各条，都是现行方案里本部室的；有一条不是的，一条也不办（404，写的话抄给他）。"""
    asked = month_pages.posted(request.POST)
    rows = (
        Progress.objects.of_current_plan()
        .visible_to(request.user)
        .filter(assignment__department=request.user.serving_id, corrects=None, pk__in=asked)
        .select_related("assignment__measure__plan", "assignment__department", "period", "reviewed_by")
        .order_by("assignment__measure__position", "period__starts_on")
    )
    if len(found := list(rows)) != len(set(asked)) or not asked:
        raise Http404
    return found
