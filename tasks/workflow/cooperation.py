"""请配合单位报：办公室请（这一期，或每一期）、撤销，被请的部室报、更正到这一期关闭。不进应报、按时率与灯，没有报的只列出来。"""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from departments.models import Department, User
from departments.requests import Anyone
from yingshang import dates
from yingshang.refusals import Conflict, Refused

from ..models import Assignment, Cooperation, Measure, ReportingPeriod
from ..models.cooperation import CooperationQuerySet
from ..rules import permissions
from ..rules.evidence import Checked
from .steps import Step, check, in_force, keep_file, lock_measure, office, record, written

C = Cooperation.Status


def _asked(user: Anyone, row: Cooperation) -> bool:
    """被请的部室填报人"""
    return permissions.can_report_cooperation(user, row)


def _is_over(row: Cooperation, at: dt.datetime) -> list[str]:
    """这一期已关闭；这一项已退出方案"""
    if not row.period.is_open:
        return [f"{row.period.name}没有在报送中，不能再改。确需改动请办公室重新开放这一期。"]
    return ["这一项已退出现行方案，不用再报。"] if row.measure.retired_in_id else []


def _nothing_to_stop(row: Cooperation, at: dt.datetime) -> list[str]:
    """已经撤销；只要这一期的，已经报了、过了期"""
    if row.off_at:
        return ["已经撤销了。"]
    if row.is_standing or row.status == C.WAITING:
        return []
    return ["只要这一期的，报过了、关闭了，以后不会再要，不用撤销。"]


STEPS: dict[str, Step[Cooperation]] = {
    "report_cooperation": Step("报配合情况", (C.WAITING,), C.FILED, _asked, _is_over),
    "correct_cooperation": Step("更正配合情况", (C.FILED,), C.FILED, _asked, _is_over, note="这一期关闭以前都可以改"),
    "stop_cooperation": Step(
        "撤销", (C.WAITING, C.FILED, C.MISSED), C.OFF, office, _nothing_to_stop, note="报过的留着，只是以后不再要"
    ),
}


def ask_cooperation(
    measure: Measure,
    *,
    by: User,
    at: dt.datetime,
    departments: Collection[Department],
    period: ReportingPeriod | None,
    text: str,
    due_on: dt.date,
    is_standing: bool = False,
) -> list[Cooperation]:
    """请几个配合单位报一期（`is_standing` 的以后每一期都报），各一份。抛 PermissionDenied、Refused。"""
    if not permissions.can_ask_cooperation(by):
        raise PermissionDenied
    text = written(text, "请写明要它们报什么。")
    if not departments:
        raise Refused("请至少勾一个配合单位。")
    with transaction.atomic():
        current = Measure.objects.select_for_update().get(pk=measure.pk)
        in_force(current, "请配合单位报")
        held = _open_period(period)
        _check_day(due_on, held, at)
        _check_rooms(current, held, departments)
        made = []
        for room in departments:
            said = {"text": text, "due_on": due_on, "is_standing": is_standing, "by": by, "at": at}
            row = Cooperation.objects.create(measure=current, department=room, period=held, **said)
            made.append(row)
            label = "请配合单位报（每一期）" if is_standing else "请配合单位报"
            _record("cooperation_ask", label, row, by, at, note=f"{text}（{dates.short(due_on)}以前）")
        later = ReportingPeriod.objects.filter(plan=current.plan, status="open", starts_on__gt=held.starts_on)
        for each in later.order_by("starts_on"):
            carry_cooperation(each, Cooperation.objects.filter(measure=current))
        return made


def report_cooperation(
    row: Cooperation, *, by: User, at: dt.datetime, version: int, text: str, evidence: Iterable[Checked] = ()
) -> Cooperation:
    """报配合情况，或在这一期关闭以前更正；改前的文字留在记录里。

    `version` 是写的人看到的那一版，别人先改了就是冲突。抛 PermissionDenied、Refused、Conflict。
    """
    text = written(text, "请写配合做了什么、结果怎样；没有进展的写明原因。")
    with _locked(row) as current:
        is_first = current.answered_at is None
        check(STEPS["report_cooperation" if is_first else "correct_cooperation"], current, by, at)
        if current.version != version:
            raise Conflict(current)
        data = {} if is_first else {"from": current.answer}
        current.answer, current.answered_by, current.answered_at = text, by, at
        current.version += 1
        current.save()
        for upload in evidence:
            keep_file(upload, by, at, cooperation=current)
        action, label = ("cooperation_report", "报配合情况") if is_first else ("cooperation_correct", "更正配合情况")
        _record(action, label, current, by, at, note=text, **data)
        return current


def stop_cooperation(row: Cooperation, *, by: User, at: dt.datetime, reason: str) -> Cooperation:
    """撤销：没有报的不用报了，每一期都要的以后不再要；报过的、过了期的照旧留着。抛 PermissionDenied、Refused。"""
    reason = written(reason, "请写明为什么不用报了。")
    with _locked(row) as current:
        check(STEPS["stop_cooperation"], current, by, at)
        for each in _chain(current):
            each.off_by, each.off_at, each.off_reason = by, at, reason
            each.save()
        current.refresh_from_db()
        _record("cooperation_stop", "撤销请配合单位报", current, by, at, note=reason)
        return current


def carry_cooperation(period: ReportingPeriod, rows: CooperationQuerySet | None = None) -> None:
    """一期开放了：每一期都要的照上一份接着要，截止日与报送截止日的间隔不变。

    退出的、各牵头部室都办结了的、部室停用了的、后来自己牵头了的不再接着要。
    """
    undone = Assignment.objects.in_force().not_completed().values("measure")
    found = (Cooperation.objects.all() if rows is None else rows).standing_before(period.starts_on)
    found = found.filter(measure__plan=period.plan, measure__in=undone)
    for last in found.select_related("department", "heir", "period"):
        room = last.heir or last.department
        taken = Cooperation.objects.filter(measure=last.measure_id, department=room, period=period)
        leading = Assignment.objects.in_force().filter(measure=last.measure_id, department=room)
        if not room.is_active or taken.exists() or leading.exists():
            continue
        later = [each.pk for each in Cooperation.objects.filter(follows=last)]  # 后一期先开放、先接着要了的
        Cooperation.objects.filter(pk__in=later).update(follows=None)
        made = Cooperation.objects.create(
            measure_id=last.measure_id,
            department=room,
            period=period,
            follows=last,
            text=last.text,
            due_on=max(period.starts_on, period.due_on - (last.period.due_on - last.due_on)),
            is_standing=True,
            by_id=last.by_id,
            at=last.at,
        )
        Cooperation.objects.filter(pk__in=later).update(follows=made)


def shift_cooperation(period: ReportingPeriod, by: dt.timedelta) -> None:
    """报送截止日延长了：没有报的跟着延长同样的天数。"""
    for row in Cooperation.objects.waiting().filter(period=period):
        row.due_on += by
        row.save()


def uncarry_cooperation(period: ReportingPeriod) -> None:
    """开放撤回了：接着要的收回，下次开放时再要。"""
    for row in Cooperation.objects.filter(period=period, answered_at=None, off_at=None).exclude(follows=None):
        later = list(Cooperation.objects.filter(follows=row))  # 后一期也开放了的：改为接着前一份
        Cooperation.objects.filter(follows=row).update(follows=None)
        row.delete()
        Cooperation.objects.filter(pk__in=[each.pk for each in later]).update(follows=row.follows_id)


# ── 内部 ──────────────────────────────────────────────────


def _open_period(period: ReportingPeriod | None) -> ReportingPeriod:
    held = ReportingPeriod.objects.select_for_update().filter(pk=period.pk if period else 0).first()
    if held is None or not held.is_open:
        raise Refused("没有在报送中的一期。请先到“报送期”开放一期，再请配合单位报。")
    return held


def _check_day(due_on: dt.date, period: ReportingPeriod, at: dt.datetime) -> None:
    if due_on < timezone.localdate(at):
        raise Refused(f"{dates.full(due_on)}已经过去，请另定哪天以前报。")
    if due_on < period.starts_on:
        raise Refused(f"{dates.full(due_on)}早于{period.name}的起日，请核对年月日。")


def _check_rooms(measure: Measure, period: ReportingPeriod, departments: Collection[Department]) -> None:
    """牵头的本来就报，停用的没有人报，已经请过的不再请。抛 Refused。"""
    leading = set(measure.assignments.filter(ended_in=None).values_list("department", flat=True))
    asked = set(Cooperation.objects.filter(measure=measure).outstanding().values_list("department", flat=True))
    asked |= set(Cooperation.objects.filter(measure=measure, period=period).values_list("department", flat=True))
    for room in departments:
        if room.pk in leading:
            raise Refused(f"{room}牵头这一项，本来就报，不用另请。")
        if not room.is_active:
            raise Refused(f"{room}已不再使用，没有人报。请改请接替它的。")
        if room.pk in asked:
            raise Refused(f"已经请{room}报过，不用再请。要改内容的，请先撤销，下一期再请。")


def _chain(row: Cooperation) -> list[Cooperation]:
    """这一份，和照它接着要的各份里还没有撤销的：没有报的，和最后一份（以后照它要）。"""
    found, last = [row], row
    while last := Cooperation.objects.filter(follows=last).select_related("period", "measure").first():  # type: ignore[assignment]
        found.append(last)
    return [each for each in found if each is found[-1] or each is row or each.status == C.WAITING]


@contextmanager
def _locked(row: Cooperation) -> Iterator[Cooperation]:
    """锁住举措行、报送期行，再从库里重读。"""
    with transaction.atomic():
        lock_measure(row.measure_id)
        ReportingPeriod.objects.select_for_update().get(pk=row.period_id)
        yield Cooperation.objects.select_related("measure__plan", "period", "department").get(pk=row.pk)


def _record(
    action: str, label: str, row: Cooperation, by: User, at: dt.datetime, *, note: str = "", **data: object
) -> None:
    """记在这一项、这一期、被请的部室名下。"""
    record(
        action, label, by, at, measure=row.measure, period=row.period, department=row.department, note=note,
        data={"cooperation": row.pk} | data,
    )  # fmt: skip
