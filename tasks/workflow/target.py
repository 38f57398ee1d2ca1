"""量化目标：办公室核定。数值、语气照原文，原话逐字；方案修订只提出，不改核定了的。"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from departments.models import User
from yingshang.refusals import Refused

from ..models import Measure, Target, TargetValue
from ..rules import permissions
from .judgement import rejudge
from .steps import in_force, record


def settle_targets(
    measure: Measure, *, by: User, at: dt.datetime, kind: str, targets: Sequence[tuple[int | None, Mapping[str, Any]]]
) -> Measure:
    """核定一项的类型与目标：`targets` 是要的各个（编号与各栏，新的没有编号），不在其中的去掉；待核定的随之清空，灯重判。

    报过完成值的目标去不掉。抛 PermissionDenied、Refused。
    """
    if not permissions.can_review(by):
        raise PermissionDenied
    with transaction.atomic():
        current = Measure.objects.select_for_update().get(pk=measure.pk)
        in_force(current, "核定目标")
        held: dict[int | None, Target] = {target.pk: target for target in current.targets.all()}
        before = [str(target) for target in held.values()]
        _drop(current, {pk for pk, _ in targets})
        for order, (pk, fields) in enumerate(targets):
            _keep(held.get(pk) or Target(), current, {**fields, "order": order})
        changes = {} if current.kind == kind else {"类型": [current.get_kind_display(), Measure.Kind(kind).label]}
        current.kind, current.kind_is_confirmed, current.aims = kind, True, []
        current.save(update_fields=["kind", "kind_is_confirmed", "aims"])
        after = [str(target) for target in current.targets.all()]
        if before != after:
            changes["量化目标"] = ["、".join(before), "、".join(after)]
        rejudge(current)
        note = "；".join(f"{name}：{a or '没有'}→{b or '没有'}" for name, (a, b) in changes.items())
        record("target_settle", "核定目标", by, at, measure=current, note=note, data=changes, is_public=True)
        return current


def _keep(target: Target, measure: Measure, fields: Mapping[str, Any]) -> None:
    """写下一个目标；原话须逐字在原文（或方案另一栏）里。抛 Refused。"""
    for name, value in fields.items():
        setattr(target, name, value)
    target.measure = measure
    try:
        target.clean()
    except ValidationError as error:
        raise Refused(f"“{target.name}”的原话“{target.quote}”：{''.join(error.messages)}") from error
    target.save()


def _drop(measure: Measure, kept: set[int | None]) -> None:
    """去掉不要的。抛 Refused。"""
    gone = measure.targets.exclude(pk__in=[pk for pk in kept if pk])
    if held := TargetValue.objects.filter(target__in=gone).select_related("target").first():
        raise Refused(f"“{held.target.name}”已经报过完成值，不能去掉；数值、名称可以改。")
    gone.delete()
