"""需协调事项给人看的样子：请本部室协调的、本部室请人协调的、办公室要过问的。"""

import datetime as dt
from collections import Counter
from dataclasses import dataclass

from django.core.paginator import Paginator
from django.db.models import Case, When
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from departments import organisation
from departments.models import Department, User
from yingshang import clock, dates, prepared

from .. import workflow
from ..figures.owed import SLOW_DAYS
from ..forms import CoordinationAnswerForm, CoordinationFilterForm
from ..models import CoordinationRequest, Problem, ReportingPeriod
from ..models.coordination import CoordinationQuerySet
from ..models.plan import archived_at_hand, standpoint
from ..rules import permissions
from .chores import Chore, Due, Row, told

PAGE_SIZE = 50


@dataclass
class CoordinationRow:
    """一件需协调事项；要本部室答复的带着表单。"""

    request: CoordinationRequest
    today: dt.date
    form: CoordinationAnswerForm | None = None
    can_list: bool = False
    may_petition: bool = False

    @property
    def can_petition(self) -> bool:
        """没有答复的，可以请示领导小组。"""
        return self.may_petition and self.request.answered_at is None

    @property
    def problem(self) -> Problem | None:
        """这件事已列入台账的问题，没有为 None。"""
        return getattr(self.request.progress, "problem", None)

    @property
    def where(self) -> str:
        """第 7 项 推行线上线下联动服务。"""
        measure = self.request.progress.assignment.measure
        return f"第 {measure.number} 项 {measure.title}"

    @property
    def filed(self) -> str:
        """哪一期报送、哪一天提出：9月报送　9月5日。"""
        return f"{self.request.progress.period.short_name}报送　{dates.short(self.request.created_at)}"

    @property
    def days(self) -> int:
        """提出至今（答复的，到答复为止）几天。"""
        until = timezone.localdate(self.request.answered_at) if self.request.answered_at else self.today
        return (until - timezone.localdate(self.request.created_at)).days

    @property
    def is_slow(self) -> bool:
        """该答复而过久没有答复。"""
        return self.request.answered_at is None and self.days > SLOW_DAYS


def _current() -> CoordinationQuerySet:
    """现行方案的报送里提出的。"""
    return CoordinationRequest.objects.of_current_plan()


def _to_answer() -> CoordinationQuerySet:
    """还可以答复的：没有答复的；方案归档了的一件也没有。"""
    return _current().none() if archived_at_hand() else _current().unanswered()


def _rows(requests: CoordinationQuerySet) -> CoordinationQuerySet:
    return requests.select_related(
        "to_department",
        "created_by",
        "answered_by__department",
        "progress__period",
        "progress__assignment__measure",
        "progress__assignment__department",
        "progress__problem",
    )


def form_for(request: CoordinationRequest, data: QueryDict | None = None) -> CoordinationAnswerForm:
    """一件的答复表单；同页有几件，各有前缀。"""
    return CoordinationAnswerForm(data, prefix=f"c{request.pk}")


def asked_of(
    department: Department, today: dt.date, bound: dict[int, CoordinationAnswerForm] | None = None
) -> list[CoordinationRow]:
    """请这个部室协调而没有答复的，早提的在前。`bound` 是没交成的表单（按编号）。"""
    build = lambda room: _rows(waiting_for(Department(pk=room))).order_by("created_at", "pk")  # noqa: E731
    waiting = prepared.rows(("asked of", standpoint()), build, department.pk)
    return [CoordinationRow(r, today, (bound or {}).get(r.pk) or form_for(r)) for r in waiting]


def waiting_for(department: Department | None) -> CoordinationQuerySet:
    """请这个部室协调而没有答复的。"""
    return _to_answer().filter(to_department=department)


def asked_by(department: Department, today: dt.date) -> list[CoordinationRow]:
    """这个部室在开放中的各期请别的部室协调的，没答复的在前。"""
    build = lambda room: _in_order(_rows(sent_by(Department(pk=room))))  # noqa: E731
    found = prepared.rows(("asked by", standpoint()), build, department.pk)
    return [CoordinationRow(r, today) for r in found]


def sent_by(department: Department | None) -> CoordinationQuerySet:
    """这个部室在开放中的各期请别的部室协调的，连同以前各期没答复的。"""
    return _current().sent().filter(
        progress__assignment__department=department, progress__period__status=ReportingPeriod.Status.OPEN
    ) | _current().unanswered().filter(progress__assignment__department=department)


def for_office() -> CoordinationQuerySet:
    """请领导小组办公室协调而没有答复的。"""
    return _to_answer().filter(to_department=None)


def slow(today: dt.date) -> CoordinationQuerySet:
    """满七天还没有答复的。"""
    before = clock.start_of(today - dt.timedelta(days=SLOW_DAYS))
    return _current().unanswered().filter(created_at__lt=before)


def chores(today: dt.date) -> list[Chore]:
    """办公室今天要办的：请办公室协调的，部室过久没有答复的。"""
    return told(due(today))


def due(today: dt.date) -> list[Due]:
    """`chores` 的两类。"""
    late = slow(today).exclude(to_department=None)
    return [
        Due(for_office(), ["pk"], [], _for_office),
        Due(late, ["to_department__order"], ["to_department__name"], _late),
    ]


def _for_office(rows: list[Row]) -> Chore:
    url = f"{reverse('coordination_list')}?state=office"
    return Chore(
        f"{len(rows)} 件请办公室协调", organisation.worded("部室报送里提出，答复之前一直在这里"), url, "去答复", True
    )


def _late(rows: list[Row]) -> Chore:
    counted = "、".join(f"{name} {n}" for name, n in Counter(name for _, name, _ in rows).items())
    url = f"{reverse('coordination_list')}?state=slow"
    return Chore(f"{len(rows)} 件协调事项没有答复", f"超过 {SLOW_DAYS} 天：{counted}", url, "查看")


def listing(
    user: User, today: dt.date, filters: CoordinationFilterForm, bound: dict[int, CoordinationAnswerForm] | None = None
) -> dict:
    """需协调事项的一页：没答复的在前，早提的在前；已答复的在后，新答复的在前。"""
    visible, chosen = _current().visible_to(user), filters.chosen
    found = {
        "waiting": visible.filter(answered_at=None),
        "slow": visible.filter(pk__in=slow(today).exclude(to_department=None)),
        "office": visible.filter(pk__in=for_office()),
        "answered": visible.exclude(answered_at=None),
    }.get(chosen.get("state", ""), visible)
    page = Paginator(_in_order(_rows(found)), PAGE_SIZE).get_page(chosen.get("page", 1))
    page.object_list = [_row(r, user, today, bound or {}) for r in page.object_list]
    return {
        "page_obj": page,
        "filters": filters,
        "query": filters.query_without("page"),
        "states": filters.STATES,
        "state": chosen.get("state", ""),
        "waiting": visible.filter(answered_at=None).count(),
        "can_urge": permissions.can_review(user),
        "print_words": filters.counted(page.paginator.count),
        "today": today,
    }


def _row(
    request: CoordinationRequest, user: User, today: dt.date, bound: dict[int, CoordinationAnswerForm]
) -> CoordinationRow:
    """没交成的（如别人刚答复了）也放回原处，所写内容不丢。办公室可以列入问题台账。"""
    form = bound.get(request.pk)
    if form is None and "answer_coordination" in workflow.allowed_actions(user, request):
        form = form_for(request)
    row = CoordinationRow(request, today, form)
    row.may_petition = permissions.can_issue_circulars(user)
    row.can_list = permissions.can_review(user) and request.progress.reports_trouble and not row.problem
    return row


def _in_order(requests: CoordinationQuerySet) -> CoordinationQuerySet:
    return requests.alias(place=Case(When(answered_at=None, then=0), default=1)).order_by(
        "place", "-answered_at", "created_at", "pk"
    )
