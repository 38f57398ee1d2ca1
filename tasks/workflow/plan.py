"""方案的一生：起草 → 在办 → 收尾 → 归档。收尾时各项的去向要退出举措，动词在 imports/closing.py，规则在这里。"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from departments.models import User
from departments.requests import Anyone

from ..models import Assignment, Cooperation, CoordinationRequest, Instruction, Plan, Problem
from ..rules import permissions
from .revision import unfinished
from .steps import Step, check, lock_measures, lock_plan, record, written

S = Plan.Status


def _closer(user: Anyone, plan: Plan) -> bool:
    """办公室"""
    return permissions.can_close_plans(user)


def what_blocks_archiving(plan: Plan) -> list[str]:
    """还差什么不能归档，逐条用话说。页面照印，`archive_plan` 照此拒绝。"""
    found = ["这是现行方案，请管理员先把另一份设为现行方案。"] if plan.is_current else []
    found += [f"{what}。" for what in unfinished(plan)]
    left = (
        (Assignment.objects.of_plan(plan).in_force().not_completed(), "项次没有办结，也没有移交或终止"),
        (Problem.objects.of_plan(plan).unsettled(), "件问题没有销号"),
        (Instruction.objects.of_plan(plan).waiting(), "条批示没有回复"),
        (CoordinationRequest.objects.of_plan(plan).unanswered(), "件协调事项没有答复"),
        (Cooperation.objects.of_plan(plan).outstanding(), "件请配合单位报的没有报，也没有撤销"),
    )
    return found + [f"还有 {n} {what}。" for rows, what in left if (n := rows.count())]


def _blocks_archiving(plan: Plan, at: dt.datetime) -> list[str]:
    """是现行方案；还有没办完的"""
    return what_blocks_archiving(plan)


STEPS: dict[str, Step[Plan]] = {
    "close_plan": Step("转入收尾", (S.RUNNING,), S.CLOSING, _closer, note="没有办结的每一项都要写明去向"),
    "settle_closing": Step("定去向", (S.CLOSING,), S.CLOSING, _closer, note="继续办的，后来也可以移交、终止"),
    "resume_plan": Step("恢复在办", (S.CLOSING,), S.RUNNING, _closer, note="须写理由"),
    "archive_plan": Step("归档", (S.CLOSING,), S.ARCHIVED, _closer, _blocks_archiving, note="此后只看不改"),
    "unarchive_plan": Step("撤销归档", (S.ARCHIVED,), S.CLOSING, _closer, note="须写理由"),
}


def archive_plan(plan: Plan, *, by: User, at: dt.datetime) -> Plan:
    """归档：此后只看不改，办结的照样可以跟踪问效。抛 PermissionDenied、Refused。"""
    with _locked(plan) as current:
        check(STEPS["archive_plan"], current, by, at)
        record("plan_archive", "方案归档", by, at, plan=current, is_public=True)
        current.archived_at = at
        current.save(update_fields=["archived_at"])
        return current


def unarchive_plan(plan: Plan, *, by: User, at: dt.datetime, reason: str) -> Plan:
    """撤销归档，回到收尾，必须写明理由。抛 PermissionDenied、Refused。"""
    reason = written(reason, "撤销归档必须写明理由。")
    return _back(plan, "unarchive_plan", "archived_at", ("plan_unarchive", "撤销归档"), by, at, reason)


def resume_plan(plan: Plan, *, by: User, at: dt.datetime, reason: str) -> Plan:
    """从收尾恢复在办，必须写明理由；已经移交、终止的各项不因此回来。抛 PermissionDenied、Refused。"""
    reason = written(reason, "恢复在办必须写明理由。")
    return _back(plan, "resume_plan", "closing_at", ("plan_resume", "方案恢复在办"), by, at, reason)


def _back(plan: Plan, verb: str, moment: str, event: tuple[str, str], by: User, at: dt.datetime, reason: str) -> Plan:
    """退回前一步：去掉走到这一步的时间，记下（动作，事项）与理由。"""
    with _locked(plan) as current:
        check(STEPS[verb], current, by, at)
        setattr(current, moment, None)
        current.save(update_fields=[moment])
        record(*event, by, at, plan=current, note=reason, is_public=True)
        return current


@contextmanager
def _locked(plan: Plan) -> Iterator[Plan]:
    """锁住方案与全部举措：正在办的先办完，再看还差什么。"""
    with transaction.atomic():
        current = lock_plan(plan.pk)
        lock_measures(current)
        yield current
