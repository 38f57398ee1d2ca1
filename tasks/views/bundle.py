"""一项举措的全部经过、一期的全部材料：各一个 zip，边读边发。带走的由安全日志照答复记下。"""

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from departments.requests import SignedIn
from yingshang import clock
from yingshang.replica import from_replica

from ..models import Plan
from ..papers import bundle as bundle_papers
from ..papers.bundle import Bundle
from .board import opened_period
from .guards import board_only
from .measure import find_measure


@require_safe
@from_replica
def bundle_measure(request: SignedIn, number: str) -> StreamingHttpResponse:
    """一项举措的：只有他看得到的。"""
    return _sent(bundle_papers.of_measure(find_measure(request, number), request.user, clock.now()))


@board_only
@require_safe
@from_replica
def bundle_period(request: SignedIn, slug: str) -> StreamingHttpResponse:
    """一期的。"""
    period = opened_period(Plan.objects.current(), slug)
    return _sent(bundle_papers.of_period(period, request.user, clock.now()))


def _sent(bundle: Bundle) -> StreamingHttpResponse:
    headers = {"Content-Disposition": content_disposition_header(True, bundle.filename)}
    return StreamingHttpResponse(bundle.stream(), content_type=bundle_papers.CONTENT_TYPE, headers=headers)
