"""对外宣传（方案三（三））：办公室从已通过的报送里选，另写对外的文字，发布、修改、撤下；管理员开关对外公开页。"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from departments.models import User
from departments.requests import Anyone
from yingshang.refusals import Refused

from ..models import Plan, Progress, PublicItem
from ..rules import permissions
from .steps import Step, check, lock_measure, record

I, S = PublicItem.Status, Progress.Status  # noqa: E741


def _publisher(user: Anyone, item: object) -> bool:
    """办公室"""
    return permissions.can_publish(user)


def _still_public(progress: Progress, at: dt.datetime) -> list[str]:
    """所更正的那条还在对外公开"""
    before = (
        PublicItem.objects.released().filter(progress=progress.corrects_id).exists() if progress.corrects_id else False
    )
    return ["这是一条更正，所更正的那条还在对外公开。请先撤下那一条，再发布这一条。"] if before else []


def _outdated(item: PublicItem, at: dt.datetime) -> list[str]:
    """所依据的报送已被更正取代"""
    return ["所依据的报送后来更正过了。请从更正后的那一条发布。"] if item.progress.superseded_at else []


# 报送的一步（发布）与发布出去的那一条的几步。
RELEASE = Step("发布", (S.APPROVED,), S.APPROVED, _publisher, _still_public)
STEPS: dict[str, Step[PublicItem]] = {
    "revise_item": Step("修改对外文字", (I.RELEASED,), I.RELEASED, _publisher),
    "withdraw_item": Step("撤下", (I.RELEASED,), I.WITHDRAWN, _publisher),
    "release_item_again": Step("重新发布", (I.WITHDRAWN,), I.RELEASED, _publisher, _outdated),
}


def release_item(progress: Progress, *, by: User, at: dt.datetime, category: str, wording: str) -> PublicItem:
    """发布一条已通过的报送：对外只有另写的文字，报送原文不外传。一条报送发布一次。抛 PermissionDenied、Refused。"""
    wording = _written(wording)
    with _locked(progress.assignment.measure_id):
        rows = Progress.objects.select_related("assignment__measure__plan", "assignment__department", "period")
        current = rows.get(pk=progress.pk)
        check(RELEASE, current, by, at)
        if PublicItem.objects.filter(progress=current).exists():
            raise Refused("这条报送已经发布过了。请在原来那一条上修改，或重新发布。")
        made = PublicItem.objects.create(
            progress=current, category=category, wording=wording, released_by=by, released_at=at
        )
        _record("public_release", "发布到对外宣传", made, by, at)
        return made


def revise_item(item: PublicItem, *, by: User, at: dt.datetime, category: str, wording: str) -> PublicItem:
    """改对外的文字或类别；改前的文字留在记录里。抛 PermissionDenied、Refused。"""
    return _rewrite("revise_item", "public_revise", item, by, at, category, wording)


def release_item_again(item: PublicItem, *, by: User, at: dt.datetime, category: str, wording: str) -> PublicItem:
    """把撤下的重新发布，文字可以改。抛 PermissionDenied、Refused。"""
    return _rewrite("release_item_again", "public_release", item, by, at, category, wording)


def withdraw_item(item: PublicItem, *, by: User, at: dt.datetime) -> PublicItem:
    """撤下：对外公开页上随即没有，留底不删。抛 PermissionDenied、Refused。"""
    with _locked(item.progress.assignment.measure_id):
        current = _reread(item)
        step = check(STEPS["withdraw_item"], current, by, at)
        current.withdrawn_at = at
        current.save()
        _record("public_withdraw", step.label, current, by, at)
        return current


def switch_public(plan: Plan, *, by: User, at: dt.datetime, is_public: bool) -> Plan:
    """打开或关闭对外公开页。抛 PermissionDenied、Refused。"""
    if not permissions.can_switch_public(by):
        raise PermissionDenied
    with transaction.atomic():
        current = Plan.objects.select_for_update(no_key=True).get(pk=plan.pk)
        if current.is_public == is_public:
            raise Refused(f"对外公开页已经{'打开' if is_public else '关闭'}了，不用再点。")
        current.is_public = is_public
        current.save(update_fields=["is_public"])
        record("public_switch", "打开对外公开页" if is_public else "关闭对外公开页", by, at, plan=current)
        return current


def _rewrite(
    name: str, action: str, item: PublicItem, by: User, at: dt.datetime, category: str, wording: str
) -> PublicItem:
    wording = _written(wording)
    with _locked(item.progress.assignment.measure_id):
        current = _reread(item)
        step = check(STEPS[name], current, by, at)
        before, current.wording, current.category = current.wording, wording, category
        current.withdrawn_at = None
        if name == "release_item_again":
            current.released_by, current.released_at = by, at
        current.save()
        _record(action, step.label, current, by, at, data={"from": before} if before != wording else None)
        return current


def _written(wording: str) -> str:
    wording = wording.strip()
    if not wording:
        raise Refused("请写对外的文字：报送原文是内部材料，不直接公开。")
    return wording


@contextmanager
def _locked(measure_id: int) -> Iterator[None]:
    with transaction.atomic():
        lock_measure(measure_id)
        yield


def _reread(item: PublicItem) -> PublicItem:
    return PublicItem.objects.select_related("progress__assignment__measure__plan", "progress__period").get(pk=item.pk)


def _record(
    action: str, label: str, item: PublicItem, by: User, at: dt.datetime, *, data: dict[str, Any] | None = None
) -> None:
    note = f"{item.get_category_display()}：{item.wording}"
    record(action, label, by, at, progress=item.progress, note=note, data=data, is_public=item.withdrawn_at is None)
