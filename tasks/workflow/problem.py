"""问题台账：挂账、整改、申请销号、销号、退回、调整、更正文字、提请研究、撤账（方案三（一）：“分类、分层、分责限期挂账整改”）。"""

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Max

from departments import organisation
from departments.models import Department, User
from departments.requests import Anyone
from yingshang import dates
from yingshang.refusals import Refused

from ..models import Event, Inspection, Measure, Plan, Problem, ProblemNote, Progress
from ..rules import permissions
from ..rules.evidence import Checked
from .steps import Step, check, in_force, keep_file, lock_plan, office, record

P = Problem.Status
NOT_LISTABLE = "这条报送不能列入问题台账：没有写存在问题和需协调事项，或已退回、撤回、被更正。请从重报的、更正后的那条列入，或直接新增。"
NO_RESULT = "申请销号请写明整改结果：改到了什么程度、在哪里看得到。"
# 办公室可以调整的几样；改前改后都写进操作记录。
AMENDABLE = ("category", "level", "department", "due_on")


def _rectifier(user: Anyone, problem: Problem) -> bool:
    """责任部室填报人"""
    return permissions.can_rectify(user, problem)


def _with_the_group(problem: Problem, at: dt.datetime) -> list[str]:
    """已提请领导小组研究"""
    if problem.level != Problem.Level.GROUP:
        return []
    return ["这个问题已经在提请领导小组研究的清单上。"]


STEPS: dict[str, Step[Problem]] = {
    "note_problem": Step("记整改", (P.OPEN,), P.OPEN, _rectifier),
    "apply_problem": Step("申请销号", (P.OPEN,), P.APPLIED, _rectifier, note="须写明整改结果"),
    "withdraw_problem": Step("撤回销号申请", (P.APPLIED,), P.OPEN, _rectifier),
    "settle_problem": Step("销号", (P.APPLIED,), P.SETTLED, office),
    "return_problem": Step("退回整改", (P.APPLIED,), P.OPEN, office),
    "amend_problem": Step("调整", (P.OPEN,), P.OPEN, office),
    "amend_applied": Step("调整", (P.APPLIED,), P.APPLIED, office, note="不能换责任部室"),
    "reword_problem": Step("更正文字", (P.OPEN,), P.OPEN, office),
    "reword_applied": Step("更正文字", (P.APPLIED,), P.APPLIED, office),
    "escalate_problem": Step("提请领导小组研究", (P.OPEN,), P.OPEN, office, _with_the_group),
    "drop_problem": Step("撤账", (P.OPEN, P.APPLIED), P.DROPPED, office, note="须写理由；不删除，从此不再计数"),
}


def open_problem(
    plan: Plan | None,
    *,
    by: User,
    at: dt.datetime,
    title: str,
    text: str,
    category: str,
    level: str,
    department: Department,
    due_on: dt.date,
    measure: Measure | None = None,
    progress: Progress | None = None,
    inspection: Inspection | None = None,
) -> Problem:
    """挂账。从一条报送转来的只能转一次，从一次督查检查转来的可以有几件。编号在一份方案里连续。抛 PermissionDenied、Refused。"""
    if not permissions.can_review(by):
        raise PermissionDenied
    if plan is None:
        raise Refused("还没有现行方案，请先请管理员导入方案。")
    with transaction.atomic():
        lock_plan(plan.pk)  # 编号连续
        assignment = progress.assignment if progress else None
        measure = assignment.measure if assignment else measure
        # 举措行：那条报送正被退回、那一项正要办结的，等它做完再看。
        held = _lock_measure(measure.pk if measure else None)
        if inspection and not Inspection.objects.counted().filter(pk=inspection.pk).exists():
            raise Refused("这次督查检查已经撤回，不能再由它列入台账。")
        if progress:
            assignment = _reported(progress).assignment
            measure = assignment.measure
        elif held:
            in_force(held, "挂账")
        problem = Problem.objects.create(
            plan=plan,
            number=(Problem.objects.filter(plan=plan).aggregate(last=Max("number"))["last"] or 0) + 1,
            title=title.strip(),
            text=text.strip(),
            category=category,
            level=level,
            department=department,
            due_on=due_on,
            measure=measure,
            assignment=assignment,
            progress=progress,
            inspection=inspection,
            created_by=by,
            created_at=at,
        )
        note = f"{problem.title}（责任{organisation.unit()}：{department}，整改期限：{_shown('due_on', due_on)}）"
        _record("problem_open", "列入问题台账", problem, by, at, note=note, progress=progress)
        return problem


def note_problem(
    problem: Problem, *, by: User, at: dt.datetime, text: str, uploads: Iterable[Checked] = ()
) -> ProblemNote:
    """记一条整改情况，可附材料。`uploads` 是 evidence.Checked（已核对类型与大小）。抛 PermissionDenied、Refused。"""
    with _locked(problem) as current:
        check(STEPS["note_problem"], current, by, at)
        return _write_note(current, by, at, text, uploads)


def apply_problem(
    problem: Problem, *, by: User, at: dt.datetime, text: str, uploads: Iterable[Checked] = ()
) -> Problem:
    """申请销号，须写明整改结果（改到了什么程度）：以前记的可能只是打算。抛 PermissionDenied、Refused。"""
    with _locked(problem) as current:
        step = check(STEPS["apply_problem"], current, by, at)
        _write_note(current, by, at, text, uploads, NO_RESULT)
        current.status, current.applied_at = step.target, at
        current.save()
        _record("problem_apply", "申请销号", current, by, at)
        return current


def withdraw_problem(problem: Problem, *, by: User, at: dt.datetime) -> Problem:
    """撤回还没有核验的销号申请，接着整改；写过的整改结果仍在办理过程里。抛 PermissionDenied、Refused。"""
    with _locked(problem) as current:
        step = check(STEPS["withdraw_problem"], current, by, at)
        current.status, current.applied_at = step.target, None
        current.save()
        _record("problem_withdraw", "撤回销号申请", current, by, at)
        return current


def settle_problem(problem: Problem, *, by: User, at: dt.datetime, note: str = "") -> Problem:
    """核验属实，销号。抛 PermissionDenied、Refused。"""
    with _locked(problem) as current:
        step = check(STEPS["settle_problem"], current, by, at)
        current.status = step.target
        current.settled_by, current.settled_at = by, at
        current.save()
        _record("problem_settle", "销号", current, by, at, note=note.strip(), is_decision=True)
        return current


def return_problem(problem: Problem, *, by: User, at: dt.datetime, reason: str) -> Problem:
    """核验不属实或没有改到位，退回整改，必须写明意见。抛 PermissionDenied、Refused。"""
    reason = reason.strip()
    if not reason:
        raise Refused("退回必须写明意见：请告诉责任部室还要改什么。")
    with _locked(problem) as current:
        step = check(STEPS["return_problem"], current, by, at)
        current.status, current.applied_at = step.target, None
        current.return_reason = reason
        current.times_returned += 1
        current.save()
        _record("problem_return", "退回整改", current, by, at, note=reason, is_decision=True)
        return current


def amend_problem(
    problem: Problem,
    *,
    by: User,
    at: dt.datetime,
    reason: str,
    category: str,
    level: str,
    department: Department,
    due_on: dt.date,
) -> Problem:
    """调整分类、分层、责任部室、期限，必须写明理由；改前改后都记下。抛 PermissionDenied、Refused。"""
    reason = reason.strip()
    if not reason:
        raise Refused("调整必须写明理由。")
    wanted = {"category": category, "level": level, "department": department, "due_on": due_on}
    with _locked(problem) as current:
        check(STEPS["amend_applied" if current.status == P.APPLIED else "amend_problem"], current, by, at)
        changed = {
            name: (getattr(current, name), wanted[name]) for name in AMENDABLE if getattr(current, name) != wanted[name]
        }
        if not changed:
            raise Refused("没有改动：请改分类、分层、责任部室或期限中的至少一样。")
        if current.status == P.APPLIED and "department" in changed:
            raise Refused(f"{current.department}已申请销号，要换责任部室请先核验退回。")
        for name, (_, after) in changed.items():
            setattr(current, name, after)
        current.save()
        data = {name: [_shown(name, before), _shown(name, after)] for name, (before, after) in changed.items()}
        labels = {f.name: f.verbose_name for f in Problem._meta.fields}
        note = "；".join(f"{labels[name]}：{before}→{after}" for name, (before, after) in data.items())
        _record(
            "problem_amend", "调整问题", current, by, at, note=f"{note}。理由：{reason}", data=data | {"reason": reason}
        )
        return current


def reword_problem(problem: Problem, *, by: User, at: dt.datetime, title: str, text: str) -> Problem:
    """更正题目与具体情况里写错的字；改前的文字留在操作记录里。抛 PermissionDenied、Refused。"""
    wanted = {"title": title.strip(), "text": text.strip()}
    if not all(wanted.values()):
        raise Refused("题目与具体情况都要写。")
    with _locked(problem) as current:
        check(STEPS["reword_applied" if current.status == P.APPLIED else "reword_problem"], current, by, at)
        changed = {n: [getattr(current, n), new] for n, new in wanted.items() if getattr(current, n) != new}
        if not changed:
            raise Refused("没有改动：题目与具体情况都和原来一样。")
        for name, (_, new) in changed.items():
            setattr(current, name, new)
        current.save()
        labels = {f.name: f.verbose_name for f in Problem._meta.fields}
        note = "\n".join(f"{labels[name]}：{before}→{after}" for name, (before, after) in changed.items())
        _record("problem_reword", "更正文字", current, by, at, note=note, data=changed)
        return current


def drop_problem(problem: Problem, *, by: User, at: dt.datetime, reason: str) -> Problem:
    """撤账（列错了、重复了），必须写明理由。这一件留着，编号不再用，从此不计入任何数；以前关闭的各期照旧。抛 PermissionDenied、Refused。"""
    reason = reason.strip()
    if not reason:
        raise Refused("撤账必须写明理由。")
    with _locked(problem) as current:
        step = check(STEPS["drop_problem"], current, by, at)
        current.status = step.target
        current.dropped_by, current.dropped_at, current.drop_reason = by, at, reason
        current.save()
        _record("problem_drop", "撤账", current, by, at, note=reason, is_decision=True)
        return current


def escalate_problem(problem: Problem, *, by: User, at: dt.datetime, reason: str) -> Problem:
    """提请领导小组研究（方案三（一）：“协调解决工作中的重大问题”），必须写明理由。抛 PermissionDenied、Refused。"""
    reason = reason.strip()
    if not reason:
        raise Refused("提请领导小组研究必须写明理由。")
    with _locked(problem) as current:
        check(STEPS["escalate_problem"], current, by, at)
        data = {"level": [_shown("level", current.level), _shown("level", Problem.Level.GROUP)], "reason": reason}
        current.level = Problem.Level.GROUP
        current.save()
        _record("problem_escalate", "提请领导小组研究", current, by, at, note=reason, data=data)
        return current


# ── 内部 ──────────────────────────────────────────────────


def _reported(progress: Progress) -> Progress:
    """可以转为问题的那条报送：已交上来、没有被更正取代、写了问题或需协调事项、还没有转过。"""
    current = Progress.objects.select_related("assignment__measure__plan", "assignment__department").get(pk=progress.pk)
    listed = Problem.objects.filter(progress=current).first()
    if listed:
        raise Refused(f"这条报送已经列入问题台账（问题{listed.number}号），不用重复列入。")
    if not current.reports_trouble:
        raise Refused(NOT_LISTABLE)
    return current


def _write_note(
    problem: Problem,
    by: User,
    at: dt.datetime,
    text: str,
    uploads: Iterable[Checked],
    otherwise: str = "请写明做了什么、结果如何。",
) -> ProblemNote:
    text = text.strip()
    if not text:
        raise Refused(otherwise)
    note = ProblemNote.objects.create(problem=problem, text=text, by=by, at=at)
    for upload in uploads:
        keep_file(upload, by, at, problem_note=note)
    _record("problem_note", "整改情况", problem, by, at, note=text, data={"note": note.pk})
    return note


def _shown(name: str, value: Any) -> str:
    """改前改后写给人看的样子。"""
    if name == "due_on":
        return dates.full(value)
    choices = {"category": Problem.Category, "level": Problem.Level}
    return str(choices[name](value).label) if name in choices else str(value)


def _record(
    action: str, label: str, problem: Problem, by: User, at: dt.datetime, *, is_decision: bool = False, **extra: Any
) -> Event:
    """记在问题上，也记在它所属的举措上；本部室的人核验本部室的问题标自审。"""
    return record(
        action,
        label,
        by,
        at,
        problem=problem,
        plan=problem.plan,
        measure=problem.measure,
        department=problem.department,
        is_self_review=is_decision and permissions.is_self_review(by, problem),
        **extra,
    )


def _lock_measure(pk: int | None) -> Measure | None:
    return Measure.objects.select_for_update().get(pk=pk) if pk is not None else None


@contextmanager
def _locked(problem: Problem) -> Iterator[Problem]:
    """锁住问题所属的举措行（有的话）和问题这一行，再从库里重读：与这一项的办结、报送审核互斥。"""
    with transaction.atomic():
        _lock_measure(problem.measure_id)
        rows = Problem.objects.select_for_update(of=("self",))
        yield rows.select_related("plan", "department", "measure__plan").get(pk=problem.pk)
