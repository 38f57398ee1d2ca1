"""方案收尾：没有办结的各项去哪里。在本方案继续办的照旧；移交、终止的作为新的一版退出，进展都留着。"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, OuterRef

from departments.models import User

from .. import workflow
from ..models import Assignment, Measure, MeasureFate, Plan
from ..models.measure import MeasureQuerySet
from . import applying
from .inforce import live_rows

K = MeasureFate.Kind
# 去向 → 这一项自己的办理过程里记什么、怎么叫。
ACTIONS = {
    K.CARRIED: ("measure_carry", "收尾：继续办"),
    K.HANDED: ("measure_hand", "移交另一份方案"),
    K.ENDED: ("measure_end", "终止"),
}


@dataclass(frozen=True)
class Wanted:
    """给一项定的去向：移交的写明接办的举措，终止的写明理由。"""

    measure: Measure
    kind: str
    to: Measure | None = None
    reason: str = ""


def unsettled(plan: Plan) -> MeasureQuerySet:
    """没有办结的各项（还有部室没有办结的）。"""
    left = Assignment.objects.in_force().not_completed().filter(measure=OuterRef("pk"))
    return Measure.objects.in_force().filter(Exists(left), plan=plan)


def close_plan(plan: Plan, wanted: Sequence[Wanted], *, by: User, at: dt.datetime) -> Plan:
    """转入收尾：没有办结的每一项都写明去向；一个事务，要么全成要么全不成。抛 PermissionDenied、Refused。"""
    with transaction.atomic():
        current = _locked(plan, wanted)
        workflow.check(workflow.STEPS["plan"]["close_plan"], current, by, at)
        said = {each.measure.pk for each in wanted}
        left = [m.number for m in unsettled(current) if m.pk not in said]
        if left:
            raise workflow.Refused(f"第{'、'.join(left)}项没有办结，请写明各自的去向。")
        _settle(current, wanted, by, at)
        current.closing_at = at
        current.save(update_fields=["closing_at"])
        workflow.record("plan_close", "方案转入收尾", by, at, plan=current, note=words_of(wanted), is_public=True)
        return current


def settle_closing(plan: Plan, wanted: Sequence[Wanted], *, by: User, at: dt.datetime) -> Plan:
    """收尾期间再定几项的去向：原来继续办的，改为移交、终止。抛 PermissionDenied、Refused。"""
    with transaction.atomic():
        current = _locked(plan, wanted)
        workflow.check(workflow.STEPS["plan"]["settle_closing"], current, by, at)
        if not wanted:
            raise workflow.Refused("还没有选哪一项的去向。")
        _settle(current, wanted, by, at)
        return current


def words_of(wanted: Iterable[Wanted]) -> str:
    """各种去向各几项，用话说；全部办结了的说没有。"""
    kinds = [each.kind for each in wanted]
    counted = [f"{label} {n} 项" for kind, label in K.choices if (n := kinds.count(kind))]
    return "，".join(counted) or "各项都已办结"


# ── 内部 ──────────────────────────────────────────────────


def _locked(plan: Plan, wanted: Iterable[Wanted]) -> Plan:
    """锁住这份方案、接办的各份方案，再锁它的举措；按编号，不会互锁。"""
    pks = {plan.pk} | {each.to.plan_id for each in wanted if each.to}
    found = {row.pk: row for row in Plan.objects.select_for_update(no_key=True).filter(pk__in=pks).order_by("pk")}
    workflow.steps.lock_measures(found[plan.pk])
    return found[plan.pk]


def _settle(plan: Plan, wanted: Sequence[Wanted], by: User, at: dt.datetime) -> None:
    """逐项核对、写下、记下；移交与终止的退出。"""
    left = {measure.pk for measure in unsettled(plan)}
    for each in wanted:
        if each.measure.pk not in left:
            raise workflow.Refused(f"第{each.measure.number}项已经办结，或已不在这份方案里，不用再定去向。")
        _check(plan, each)
    MeasureFate.objects.bulk_create(
        MeasureFate(measure=w.measure, kind=w.kind, to_measure=w.to, reason=w.reason.strip(), by=by, at=at)
        for w in wanted
    )
    _retire(plan, [each for each in wanted if each.kind != K.CARRIED], by, at)
    for each in wanted:
        _record(plan, each, by, at)


def _check(plan: Plan, each: Wanted) -> None:
    """写得全不全、接得住接不住。抛 Refused。"""
    name = f"第{each.measure.number}项"
    if each.kind == K.ENDED and not each.reason.strip():
        raise workflow.Refused(f"{name}终止，必须写明理由。")
    if each.kind != K.HANDED:
        return
    if each.to is None or each.to.plan_id == plan.pk:
        raise workflow.Refused(f"{name}移交，请写明另一份方案的哪一项接办。")
    workflow.steps.in_force(Measure.objects.select_related("plan").get(pk=each.to.pk), "接办")
    workflow.steps.check_not_archived(each.to.plan)


def _retire(plan: Plan, gone: Sequence[Wanted], by: User, at: dt.datetime) -> None:
    """移交、终止的各项作为新的一版退出：此后不再报、不再判灯，已报的进展与办理过程都在。"""
    if not gone:
        return
    pks = {each.measure.pk for each in gone}
    rows = [(live.id, live.row) for live in live_rows(plan) if live.id not in pks]
    words = {"note": f"收尾：{words_of(gone)}", "label": "方案收尾", "words": f"退出 {len(gone)} 项"}
    applying.reissue(plan, rows, **words, by=by, at=at)


def _record(plan: Plan, each: Wanted, by: User, at: dt.datetime) -> None:
    """两头都记：移交的写明交给谁，接办的写明从哪里来。"""
    action, label = ACTIONS[K(each.kind)]
    said = f"《{each.to.plan.title}》第{each.to.number}项接办。" if each.to else ""
    data = {"to": each.to.pk} if each.to else {}
    note = said + each.reason.strip()
    workflow.record(action, label, by, at, measure=each.measure, plan=plan, note=note, data=data, is_public=True)
    if each.to:
        came = f"《{plan.title}》第{each.measure.number}项“{each.measure.title}”移交来，由本项接办。"
        data = {"from": each.measure.pk}
        workflow.record("measure_receive", "接办", by, at, measure=each.to, note=came, data=data, is_public=True)
