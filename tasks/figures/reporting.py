"""报送情况怎么数（项次）：应报、已报、按时、补报。总览、部室页、考核、通报数的都是这里的条件。"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import md5
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from departments import organisation
from departments.models import Department
from yingshang import prepared

from ..models import ClosedReports, Plan, Progress, ReportingPeriod
from ..models.progress import ProgressQuerySet

S = Progress.Status
# 并排的几个数看着对不上的，差在哪里写在列名上、表下：按时与补报数的是交上来过的，退回待改的也在内，可能多于已报；
# 各灯连同办结了、不用再报的，可能多于应报；通过的进度与刚报的不是一回事。各页、各表的列名与注都用这里的。
WITH_RETURNED = "（含退回）"
ON_TIME, LATE = f"按时{WITH_RETURNED}", f"补报{WITH_RETURNED}"
# 本期不用报。
EXEMPT = "exempt"
HOW_COUNTED = "应报不含免报的（已办结等）；未报包括已起草、尚未提交的；按时、补报包括退回待改的。"


@dataclass(frozen=True)
class Reporting:
    """报送情况（项次）。应报 = 已通过 + 待审核 + 未报（含草稿）+ 退回。"""

    owed: int = 0
    approved: int = 0
    submitted: int = 0
    missing: int = 0
    draft: int = 0
    returned: int = 0
    on_time: int = 0
    late: int = 0
    sent_back: int = 0  # 退回过的，不论后来改好没有：只有 `reporting_in` 数

    @property
    def reported(self) -> int:
        """已报：已通过与待审核。"""
        return self.approved + self.submitted

    @property
    def unreported(self) -> int:
        """未报：还没有动手的与草稿（`Progress.is_unsent`）。冻结的数字与网址里一直叫 unreported，名字不改。"""
        return self.missing + self.draft

    @property
    def share(self) -> int:
        """已报占应报的百分比（向下取整）；没有应报的算 100。"""
        return self.reported * 100 // self.owed if self.owed else 100


def reporting_counts(period: ReportingPeriod | None = None, path: str = "") -> dict[str, Count]:
    """SQL：Reporting 的各个数，`path` 是从那一行怎样走到报送。只数一期的（`period`）不必一行行看它的截止日。"""
    on_time, late = Progress.ON_TIME, Progress.LATE
    if period is not None:
        on_time = Progress.sent_in_time(period, path)
        late = Q(**{f"{path}status__in": Progress.SENT}) & ~on_time
    found = {"owed": Count(f"{path}id")}
    for status in (S.APPROVED, S.SUBMITTED, S.MISSING, S.DRAFT, S.RETURNED):
        found[status.value] = Count(f"{path}id", filter=Q(**{f"{path}status": status}))
    return found | {"on_time": Count(f"{path}id", filter=on_time), "late": Count(f"{path}id", filter=late)}


REPORTING_COUNTS = reporting_counts()


# 从报送到部室；排部室的清单要的几栏。
BY_ROOM, ROOM = "assignment__department", ("id", "name", "slug", "order")


def kinds(row: Progress, today: dt.date) -> frozenset[str]:
    """一条报送属于哪几种（项次清单上“报送”的取值）。`row.period` 须是台账上的那一期。

    与上面的条件数的是同一回事；“unreported”是未报（还没有动手的与草稿）在网址与冻结的数字里的名字。
    """
    belongs = {
        "owed": True,
        row.status: True,
        "reported": row.is_reported,
        "unreported": row.is_unsent,
        "on_time": row.is_on_time,
        "late": row.is_late,
        "overdue": row.is_overdue(row.period.as_of(today)),
        "self_reviewed": row.is_approved and row.is_self_review,
    }
    return frozenset(key for key, does in belongs.items() if does)


def of_kind(progress: ProgressQuerySet, kind: str, as_of: dt.date) -> ProgressQuerySet:
    """SQL：属于某一种的（`kinds` 里的名字）。"""
    verbs = {
        "owed": progress.all,
        "reported": progress.reported,
        "unreported": progress.unsent,
        "on_time": progress.on_time,
        "late": progress.late,
        "overdue": lambda: progress.unsent().filter(period__due_on__lt=as_of),
        "self_reviewed": lambda: progress.approved().filter(is_self_review=True),
    }
    return verbs[kind]() if kind in verbs else progress.filter(status=kind)


def reporting(progress: ProgressQuerySet) -> Reporting:
    """一组报送的情况，一次查询。`progress` 为算数的行（`in_force`）。"""
    return Reporting(**progress.aggregate(**REPORTING_COUNTS))


def total(counted: Iterable[Reporting]) -> Reporting:
    """几组加在一起。"""
    found = list(counted)
    return Reporting(**{name: sum(getattr(each, name) for each in found) for name in REPORTING_COUNTS})


def reporting_by_room(progress: ProgressQuerySet) -> dict[Department, Reporting]:
    """部室 → 报送情况，连部室一次查询；部室只有 ROOM 这几栏，按部室次序。"""
    return {room: counted for (_, room), counted in reporting_by_room_in(progress).items()}


def reporting_by_room_in(progress: ProgressQuerySet) -> dict[tuple[int, Department], Reporting]:
    """（期，部室）→ 报送情况：几期的一次数完，按部室次序。"""
    found = reporting_by(progress, "period", *(f"{BY_ROOM}__{name}" for name in ROOM))
    rooms = {(p, Department(**dict(zip(ROOM, key, strict=True)))): counted for (p, *key), counted in found.items()}
    return {each: rooms[each] for each in sorted(rooms, key=lambda each: (each[1].order, each[1].pk))}


def closed_by_room(period: ReportingPeriod) -> dict[Department, Reporting]:
    """一期关闭了的：部室 → 关闭时数好的报送情况，余同 `reporting_by_room`。"""
    kept = ClosedReports.objects.filter(period=period).order_by("department__order", "department__pk")
    rows = kept.values_list(*(f"department__{name}" for name in ROOM), *REPORTING_COUNTS)
    n = len(ROOM)
    return {Department(**dict(zip(ROOM, row, strict=False))): Reporting(*row[n:]) for row in rows}


def reporting_in(periods: Iterable[ReportingPeriod]) -> dict[tuple[int, int], Reporting]:
    """（期，部室）（编号）→ 报送情况，一次查询：没有关闭的现数，关闭了的是关闭时数好的，几十万条也不再数一遍。同一个记号下问一次。"""
    periods = list(periods)
    asked = md5("-".join(str(period.pk) for period in periods).encode(), usedforsecurity=False).hexdigest()
    return organisation.remembered(f"reports:{asked}", lambda: _reporting_in(periods))


def _reporting_in(periods: list[ReportingPeriod]) -> dict[tuple[int, int], Reporting]:
    kept = ClosedReports.objects.filter(period__in=[p for p in periods if p.closed_at])
    found = kept.values_list("period", "department", *REPORTING_COUNTS, "sent_back")
    found = found.union(*(by_room(period) for period in periods if not period.closed_at), all=True)
    return {(period, room): Reporting(*counts) for period, room, *counts in found}


def reporting_of(periods: Iterable[ReportingPeriod]) -> dict[int, Reporting]:
    """期（编号）→ 报送情况：余同 `reporting_in`。"""
    found = defaultdict(list)
    for (period, _), each in reporting_in(periods).items():
        found[period].append(each)
    return {period: total(rooms) for period, rooms in found.items()}


def sent_back() -> Q:
    """SQL：退回过的，不论后来改好没有。更正了的看原来那一条：更正稿被退回的不算。"""
    first = Progress.objects.filter(assignment=OuterRef("assignment"), period=OuterRef("period"), corrects=None)
    corrected = Q(corrects__isnull=False) & Q(Exists(first.filter(times_returned__gt=0)))
    return Q(corrects=None, times_returned__gt=0) | corrected


def by_room(period: ReportingPeriod) -> QuerySet:
    """一期按部室一行行数：期、部室、Reporting 的各个数。"""
    counts = reporting_counts(period) | {"sent_back": Count("id", filter=sent_back())}
    rows = Progress.objects.in_force_in(period).order_by().values_list("period", BY_ROOM)
    return rows.annotate(**counts)


def reporting_by_period(plan: Plan | None, department: Department) -> dict[int, Reporting]:
    """期（编号）→ 一个部室在这份方案里的报送情况。"""
    if plan is None:
        return {}

    def build(plan: int, room: int) -> QuerySet:
        mine = Progress.objects.in_force_now().filter(assignment__department=room, period__plan=plan)
        kept = ClosedReports.objects.filter(department=room, period__plan=plan)
        return kept.values_list("period", *REPORTING_COUNTS).union(_grouped(mine, "period"), all=True)

    ask = lambda: prepared.rows("reporting by period", build, plan.pk, department.pk)  # noqa: E731
    found = organisation.remembered(f"reporting:{plan.pk}:{department.pk}", ask)
    return {period: Reporting(*counts) for period, *counts in found}


def reporting_by(progress: ProgressQuerySet, *fields: str) -> dict[Any, Reporting]:
    """按某个字段分组的报送情况，一次查询。键是这个字段的值；给了几个字段的，是它们的元组。"""
    n = len(fields)
    found = {row[:n]: Reporting(*row[n:]) for row in _grouped(progress, *fields)}
    return {key[0]: counted for key, counted in found.items()} if n == 1 else found


def _grouped(progress: ProgressQuerySet, *fields: str) -> QuerySet:
    """各组的键，与 Reporting 的各个数（次序相同）。"""
    return progress.order_by().values_list(*fields).annotate(**REPORTING_COUNTS)
