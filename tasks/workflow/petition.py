"""请示：起草；领导小组定了以后录入，记错了的留痕更正。

请示须一文一事，报告里不得夹带请示事项（党政机关公文处理工作条例第十五条）。存、核稿、签发、印发、更正、作废与别的公文同一条路（circular）。
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from departments.models import Leader, User
from departments.requests import Anyone
from yingshang import dates
from yingshang.refusals import Refused

from ..models import Circular, Decision, Petition, Plan
from ..rules import permissions
from .circular import MATTERS, Section, as_written, lock_plans, locked_circular, record_circular
from .steps import Step, check, written

P = Petition.Status


def _office(user: Anyone, petition: Petition) -> bool:
    """办公室"""
    return permissions.can_issue_circulars(user)


def _has_no_decision(petition: Petition, at: dt.datetime) -> list[str]:
    """还没有记下决定"""
    return [] if petition.decision else ["还没有记下决定，没有可更正的。"]


STEPS: dict[str, Step[Petition]] = {
    "decide_petition": Step("记下决定", (P.WAITING, P.AGAIN), P.DECIDED, _office, note="定的是缓议的，到“缓议”"),
    "amend_decision": Step(
        "更正决定", (P.AGAIN, P.DECIDED), P.DECIDED, _office, _has_no_decision, note="改成缓议的，到“缓议”"
    ),
}


def draft_petition(
    plan: Plan, *, by: User, at: dt.datetime, title: str, sections: Iterable[Section], **matter: Any
) -> Circular:
    """起草一份请示。`matter` 是从哪里起的（见 MATTERS）。

    同一件问题、需协调事项、延期申请已有草稿的就用那一份；已经请示、还没有定的不再请示。抛 PermissionDenied、Refused。
    """
    if not permissions.can_issue_circulars(by):
        raise PermissionDenied
    about = {name: matter.get(name) for name in MATTERS}
    with transaction.atomic():
        lock_plans()
        if one := {name: row for name, row in about.items() if row and name != "measure"}:
            same = Petition.objects.filter(**one).select_related("circular")
            if found := same.filter(circular__in=Circular.objects.drafts().filter(corrects=None)).first():
                return found.circular
            if asked := same.waiting().first():
                raise Refused(f"这件事已经请示（{asked.circular.short_number}），领导小组还没有定，不用再请示。")
        made = Circular.objects.create(
            plan=plan,
            kind=Circular.Kind.PETITION,
            title=title,
            sections=[as_written(s) for s in sections],
            created_by=by,
            created_at=at,
        )
        Petition.objects.create(circular=made, **about)
        record_circular("circular_draft", "起草", made, by, at)
        return made


def decide_petition(
    petition: Petition,
    *,
    by: User,
    at: dt.datetime,
    verdict: str,
    decided_on: dt.date,
    text: str,
    leader: Leader | None = None,
) -> Decision:
    """照会议纪要、批件录入领导小组的决定。缓议的以后可以再记。抛 PermissionDenied、Refused。"""
    with _locked(petition) as current:
        check(STEPS["decide_petition"], current, by, at)
        said: dict[str, Any] = {"verdict": verdict, "decided_on": decided_on, "text": text, "leader": leader}
        made = _write(current, by, at, **said)
        _record("petition_decide", f"的决定：{made.get_verdict_display()}", made, by, at, note=made.text)
        return made


def amend_decision(
    petition: Petition,
    *,
    by: User,
    at: dt.datetime,
    verdict: str,
    decided_on: dt.date,
    text: str,
    reason: str,
    leader: Leader | None = None,
) -> Decision:
    """更正记错了的决定：另记一条，原来的一条与理由都留着。抛 PermissionDenied、Refused。"""
    with _locked(petition) as current:
        check(STEPS["amend_decision"], current, by, at)
        old, why = current.decision, written(reason, "更正决定须写明理由。")
        said: dict[str, Any] = {"verdict": verdict, "decided_on": decided_on, "text": text, "leader": leader}
        made = _write(current, by, at, **said, replaces=old, reason=why)
        assert old is not None
        data = {"from": _said(old), "to": _said(made)}
        _record("petition_amend", "的决定更正", made, by, at, note=made.reason, data=data)
        return made


def _write(petition: Petition, by: User, at: dt.datetime, *, decided_on: dt.date, text: str, **said: Any) -> Decision:
    """记下一条决定。抛 Refused（日子不对、没有写内容）。"""
    _check_day(petition, decided_on, at)
    text = written(text, "请写决定的内容。")
    return Decision.objects.create(petition=petition, decided_on=decided_on, text=text, by=by, at=at, **said)


def _said(decision: Decision) -> dict[str, str]:
    """一次决定，记进操作记录的前后值。"""
    return {
        "verdict": decision.get_verdict_display(),
        "who": decision.who,
        "on": decision.decided_on.isoformat(),
        "text": decision.text,
    }


def _check_day(petition: Petition, day: dt.date, at: dt.datetime) -> None:
    """决定的日子在请示印发以后、今天以前。抛 Refused。"""
    if day > timezone.localdate(at):
        raise Refused("决定的日期不能晚于今天。")
    issued = petition.circular.issued_on
    if issued and day < issued:
        raise Refused(f"请示是{dates.full(issued)}印发的，决定的日期不能更早。")


def _record(action: str, label: str, made: Decision, by: User, at: dt.datetime, **extra: Any) -> None:
    record_circular(action, label, made.petition.circular, by, at, **extra)


@contextmanager
def _locked(petition: Petition) -> Iterator[Petition]:
    """锁住公文，重读请示与决定。"""
    with locked_circular(petition.circular) as circular:
        current = Petition.objects.prefetch_related("decisions").get(pk=petition.pk)
        current.circular = circular
        yield current
