"""一条报送：表单、交上来怎么办、没交成怎么放回；本部室在一项举措上的报送。"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Case, Model, Q, QuerySet, When, prefetch_related_objects
from django.http import QueryDict
from django.urls import reverse
from django.utils.datastructures import MultiValueDict

from departments import organisation
from departments.models import Department, User
from yingshang import dates, prepared
from yingshang.fetched import attach
from yingshang.prepared import padded

from .. import workflow
from ..figures.earlier import last_reports
from ..figures.presence import on, present
from ..forms import ProgressForm
from ..models import (
    Assignment,
    Attachment,
    Completion,
    Cooperation,
    CoordinationRequest,
    Measure,
    Milestone,
    MilestoneTick,
    Progress,
    ReportingPeriod,
    Target,
    TargetValue,
)
from ..models.plan import standpoint
from ..models.progress import ProgressQuerySet
from ..rules import lights
from ..rules.evidence import Checked
from .refusals import or_say, status_of

S = Progress.Status


NO_CHANGE = "本期无变化。"
# 按钮：正文写“本期无变化。”，其余照所写的一并报送。
ALONG = "no_change_along"


@dataclass
class Filled:
    """填报的结果。没交成时 `form` 带着所填内容和错误；冲突时 `conflict` 是别人刚存的那条。"""

    form: ProgressForm | None = None
    message: str = ""
    next_url: str = ""
    conflict: Progress | None = None
    status: int = 200

    @property
    def conflict_words(self) -> str:
        """别人刚存的进度与完成值，接在正文后面。"""
        if self.conflict is None:
            return ""
        percent = [] if self.conflict.percent is None else [f"进度 {self.conflict.percent}%"]
        values = [
            f"{v.target.name} {v.value.normalize():f}{v.target.unit}"
            for v in self.conflict.values.all()
            if v.value is not None
        ]
        return "".join(f"　{words}" for words in percent + values)


def fill(progress: Progress, data: QueryDict, files: MultiValueDict, *, by: User, at: dt.datetime) -> Filled:
    """处理一次提交。`do` 为 draft 存草稿，no_change 一键无变化，ALONG 正文写无变化、其余照报，其余为报送。"""
    do, is_along = data.get("do"), data.get("do") == ALONG
    do = do if do in ("draft", "no_change") else "submit"
    last = last_reports(with_form_parts([progress])).get(progress.pk)
    form = report_form(
        progress, last, rooms(), _along(progress, data) if is_along else data, files, final=do == "submit"
    )
    uploads = form.fields["evidence"].good(files.getlist(form.add_prefix("evidence")))
    if do == "no_change":
        return _no_change(progress, form, last, uploads, by, at)
    if not form.is_valid():
        return _keep_files(progress, form, uploads, by, at)
    verb = workflow.save_progress if do == "draft" else workflow.submit_progress
    written: dict[str, Any] = {
        "content": form.content,
        "values": _posted(form),
        "ticks": form.ticked,
        "coordinate_with": form.asked,
    }
    if is_along and form.content["text"] == NO_CHANGE:
        written["is_no_change"] = last is not None and not _figures_changed(progress, form, last)
    if do == "submit" and form.cleaned_data["stage"] == Progress.Stage.COMPLETED:
        for reason in _blocked(progress, form, by=by, at=at, **written):
            form.add_error("stage", f"还不能选“已完成”：{reason}")
        if form.errors:
            return _keep_files(progress, form, uploads, by, at)
    act = _with_files(verb, progress, uploads, by=by, at=at, **written)
    return _say_or_refuse(form, do, act)


def carry_on(
    progress: Progress, data: QueryDict, files: MultiValueDict, done: str, *, by: User, at: dt.datetime
) -> ProgressForm | None:
    """办了旁边的一件事，表单里写了一半的照样放回，没有存；没有写什么的为 None。`done` 说办了什么。"""
    last = last_reports(with_form_parts([progress])).get(progress.pk)
    form = report_form(progress, last, rooms(), data, files, final=False)
    if form.add_prefix("version") not in data or not form.has_changed():
        return None
    _keep_files(progress, form, form.fields["evidence"].good(files.getlist(form.add_prefix("evidence"))), by, at)
    form.aside = f"{done}下面写的还没有存。"
    return form


def _along(progress: Progress, data: QueryDict) -> QueryDict:
    """正文空着的，写“本期无变化。”；写了的照写的。"""
    name, data = f"p{progress.pk}-text", data.copy()
    data[name] = data.get(name, "").strip() or NO_CHANGE
    return data


def _posted(form: ProgressForm) -> dict:
    """目标 → 完成值，只含所交的表单里有的（打开页面之后才加的目标，不在其中）。"""
    return {t: value for t, value in form.values.items() if form.add_prefix(f"target_{t.pk}") in form.data}


def _blocked(progress: Progress, form: ProgressForm, **written: Any) -> list[str]:
    """按所填的报上去，还差什么不能办结：照样做一遍再退回，核对的就是办公室审核时的那条规矩。"""
    try:
        with transaction.atomic():
            done = workflow.submit_progress(progress, version=form.cleaned_data["version"], **written)
            reasons = workflow.what_blocks_completion(done.assignment, done)
            transaction.set_rollback(True)
    except workflow.Refused:
        return []  # 报不了的（冲突、期已关闭），由真正报送的那一步说明
    return reasons


def put_back(desk: Any, progress: Progress, filled: Filled) -> None:  # desk 是 home.Desk，它引用这里
    """没交成的那条若已不在待报之列（同事刚报了、刚关闭），也放回页面，所写内容才不会丢。不算欠报。"""
    if filled.form is None or any(task.progress.pk == progress.pk for task in desk.tasks):
        return
    parts = [part for line in desk.ledger.lines for part in line.parts]
    light = next((p.light for p in parts if p.assignment.pk == progress.assignment_id), None)
    desk.put_back = [Task(progress, filled.form.last, light, filled.form, True, desk.today)]


def _with_files(
    verb: Callable[..., Progress], progress: Progress, uploads: list[Checked], **kwargs: Any
) -> Callable[[int], Progress]:
    """材料与正文同在一个事务里：要么都收下，要么都不收。"""

    def act(version: int) -> Progress:
        with transaction.atomic():
            _attach_all(progress, uploads, kwargs["by"], kwargs["at"])
            return verb(progress, version=version, **kwargs)

    return act


def _keep_files(progress: Progress, form: ProgressForm, uploads: list[Checked], by: User, at: dt.datetime) -> Filled:
    """别处写错了，材料先收下，不用再选一遍；现在收不了的说明原因，所写内容照样放回。"""
    try:
        saved = _attach_all(progress, uploads, by, at)
    except workflow.Refused as refused:
        form.add_error(None, str(refused))
        return Filled(form, status=409)
    form.kept = saved
    return Filled(form, status=422)


def _no_change(
    progress: Progress, form: ProgressForm, last: Progress | None, uploads: list[Checked], by: User, at: dt.datetime
) -> Filled:
    """本期无变化：沿用上次的状态、进度与完成值（重新打开的除外，见 `carried_stage`）。没有报过的不能用。

    捷径不盖掉写了的：表单里、草稿里有别的内容，先问，什么也不丢。
    """
    if not form.is_valid() or last is None:
        if last is None:
            form.add_error("text", "这一项以前没有报过，请写一下目前的情况。")
        return Filled(form, status=422)
    if over := overwritten(progress, form, last):
        form.over, form.can_go_along = list(over.values()), "text" not in over
        return _keep_files(progress, form, uploads, by, at)
    same = {"stage": carried_stage(progress, last), "percent": last.percent}
    content = same | {"text": NO_CHANGE, "problems": "", "coordination": ""}
    values = dict.fromkeys(form.targets) | {v.target: v.value for v in last.values.all()}
    act = _with_files(
        workflow.submit_progress, progress, uploads, by=by, at=at, content=content, values=values, is_no_change=True
    )
    return _say_or_refuse(form, "submit", act)


def overwritten(progress: Progress, form: ProgressForm, last: Progress) -> dict[str, str]:
    """“本期无变化”会盖掉的几样：栏名 → 叫什么。表单里没有交的栏看存着的；与上次相同的、清空了的不算。"""
    found = {name: str(form.fields[name].label) for name in form.fields if name not in ("version", "evidence")}
    found = {name: label for name, label in found.items() if _is_new(progress, form, last, name)}
    if files := sum(not file.removed_at for file in progress.attachments.all()):
        found["evidence"] = f"已传的 {files} 份材料"
    return found


def _figures_changed(progress: Progress, form: ProgressForm, last: Progress) -> bool:
    """状态、进度、完成值与上次的有没有不同。"""
    names = ["stage", "percent", *(f"target_{t.pk}" for t in form.targets)]
    return any(name in form.fields and _is_new(progress, form, last, name) for name in names)


def _is_new(progress: Progress, form: ProgressForm, last: Progress, name: str) -> bool:
    """这一栏（交上来的，没有交的看存着的）有内容，而且不是“本期无变化”本来就要写的。"""
    if form.add_prefix(name) in form.data:
        value = form.cleaned_data.get(name)
    elif name in ("ticks", "coordinate_with"):
        return False  # 勾选的没有交就是没有勾；存着的另有一处，无变化不动它
    else:
        value = form.fields[name].to_python(form[name].initial)
    return value not in (None, "", [], ({"text": NO_CHANGE} | carried(progress, last)).get(name))


def _say_or_refuse(form: ProgressForm, do: str, act: Callable[[int], Progress]) -> Filled:
    """做成了说结果；别人先改了、或现在不能做，把表单连同原因放回。"""
    if done := or_say(form, lambda: act(form.cleaned_data["version"])):
        return _said(done, do)
    if current := getattr(form, "conflict", None):
        prefetch_related_objects([current], "values__target")
    return Filled(form, conflict=getattr(form, "conflict", None), status=status_of(form))


def _attach_all(progress: Progress, uploads: list[Checked], by: User, at: dt.datetime) -> list[str]:
    """收下材料，返回各份的名字。"""
    return [workflow.add_attachment(progress, by=by, at=at, upload=upload).name for upload in uploads]


def _said(done: Progress, do: str) -> Filled:
    number, month = done.assignment.measure.number, done.period.short_name
    if do == "draft":
        url = f"{reverse('home')}?open={done.pk}#p{done.pk}"
        return Filled(message=f"{month}第 {number} 项已存为草稿，还没有报送。", next_url=url)
    if done.corrects_id:
        said = f"{month}第 {number} 项的更正稿已报送，等待办公室审核。通过之前，原来那条仍然有效。"
        return Filled(message=said, next_url=reverse("home"))
    owed = lambda room: owed_by(Department(pk=room)).filter(corrects=None).values_list("pk", flat=True)  # noqa: E731
    left = prepared.rows(("left", standpoint()), owed, done.assignment.department_id)
    rest = f"还有 {len(left)} 项要报。" if left else "本部室已全部报完。"
    late = f"{dates.short(done.period.due_on)}已截止，这次记为补报。" if done.is_late else ""
    # 不带锚点：结果在页首，下一项展开着紧跟在后，一眼都看得到。
    url = f"{reverse('home')}?open={left[0]}" if left else reverse("home")
    return Filled(message=f"{month}第 {number} 项已报送，等待办公室审核。{late}{rest}", next_url=url)


def first_owed(department: Department, most: int) -> list[Progress]:
    """`owed_by` 的前几条。"""
    build = lambda room: owed_by(Department(pk=room))[:most]  # noqa: E731
    return prepared.rows(("to report", most, standpoint()), build, department.pk)


def owed_by(department: Department) -> ProgressQuerySet:
    """这个部室还要动手的报送（开放中的各期），退回的在前，其次按期、按序号。含未完成的更正；已终止的项次不必再报。"""
    open_now = Q(period__status=ReportingPeriod.Status.OPEN) | Q(corrects__isnull=False)
    return (
        _to_act_on(department)
        .filter(open_now, assignment__measure__plan__archived_at=None)
        .select_related("assignment__measure", "assignment__department", "period", "reviewed_by")
        .alias(rank=Case(When(status=S.RETURNED, then=0), default=1))
        .order_by("rank", "period__starts_on", "assignment__measure__position")
    )


# 填报表单要的各样，挂在哪一行上 → 叫什么、存在哪张表。从那张表走到报送：TO_REPORT。
FORM_PARTS: dict[str, dict[str, type[Model]]] = {
    "progress": {
        "values": TargetValue,
        "attachments": Attachment,
        "ticks": MilestoneTick,
        "coordination_requests": CoordinationRequest,
    },
    "measure": {"assignments": Assignment, "targets": Target, "cooperation": Cooperation},
    "assignment": {"milestones": Milestone, "completions": Completion},
}
TO_REPORT = {
    "progress": "progress",
    "measure": "measure__assignments__progress",
    "assignment": "assignment__progress",
}


def with_form_parts(rows: list[Progress]) -> list[Progress]:
    """连同填报表单要的各样：先一次问清有没有，没有的不去取。"""
    if not rows:
        return rows
    asked = {name: on(model, TO_REPORT[of]) for of, parts in FORM_PARTS.items() for name, model in parts.items()}
    there = present("form", lambda first, *_: Progress.objects.filter(pk=first), asked, *padded(row.pk for row in rows))
    assignments = [row.assignment for row in rows]
    owners: dict[str, list[Any]] = {
        "progress": rows,
        "measure": [each.measure for each in assignments],
        "assignment": assignments,
    }
    for of, parts in FORM_PARTS.items():
        pks = padded(row.pk for row in owners[of])
        for name, model in parts.items():
            found = prepared.rows(("form", name), _parts(model, of), *pks) if name in there else []
            attach(owners[of], name, found, of)
    return rows


def _parts(model: type[Model], of: str) -> Callable[..., QuerySet]:
    """这几行（`of` 是哪一种）名下的，存在 `model` 里。"""
    related = ["department"] if model is Cooperation else []
    return lambda *pks: model._default_manager.filter(**{f"{of}__in": pks}).select_related(*related)


def owed_parts(department: Department) -> tuple[ProgressQuerySet, ProgressQuerySet]:
    """`owed_by` 的两份，合起来不多不少：报送中的各期的，别的期的更正稿。

    数的时候用：合在一个“或”里，按期、按更正的索引都用不上，要扫各期的全部报送。
    """
    rows = _to_act_on(department)
    elsewhere = rows.exclude(period__status=ReportingPeriod.Status.OPEN)
    return rows.in_open_periods(), elsewhere.filter(corrects__isnull=False)


def _to_act_on(department: Department) -> ProgressQuerySet:
    """这个部室在现行方案里没有交上来的、退回的，不论哪一期；已终止的项次不在内。"""
    rows = Progress.objects.of_current_plan().to_act_on().of_parts_in_force()
    return rows.filter(assignment__department=department)  # 不用“在……之内”：先走本部室的项次，不先走各部室没有报的


@dataclass
class Task:
    """我的任务里的一行：要报的那条、上次报的、灯、就地展开的表单（列在后面的没有，点进去再填）。"""

    progress: Progress
    last: Progress | None
    light: lights.Light | None
    form: Any  # ProgressForm；没有就地摆的为 None
    is_open: bool
    today: dt.date

    @property
    def is_overdue(self) -> bool:
        return self.days_left < 0

    @property
    def days_left(self) -> int:
        return (self.progress.period.due_on - self.today).days

    @property
    def has_evidence(self) -> bool:
        """有材料、材料收不下的，那一栏要展开。"""
        return bool(self.form.kept or self.progress.attachments.all() or self.form["evidence"].errors)

    @property
    def is_returned(self) -> bool:
        return self.progress.status == S.RETURNED

    @property
    def tags(self) -> list[tuple]:
        """标题下的标签：（颜色类, 文字）。"""
        if self.is_returned:
            return [("tag-r", "退回修改")]
        found = []
        if self.is_overdue and not self.progress.corrects_id:
            found.append(("tag-r", "逾期未报"))
        elif self.progress.status == S.DRAFT:
            found.append(("", "更正稿" if self.progress.corrects_id else "草稿"))
        return [*found, ("tag-y", "退回过")] if self.progress.return_reason else found

    @property
    def helped(self) -> list[Cooperation]:
        """这一项这一期请配合单位报的（撤销了没有报的不算），给牵头的填报时看。"""
        rows = self.progress.assignment.measure.cooperation.all()
        mine = [row for row in rows if row.period_id == self.progress.period_id]
        return [row for row in mine if row.answered_at or not row.off_at]

    @property
    def last_words(self) -> str:
        """上次报到哪里：8月报 72%（已通过）；常态推进；首次报送。灯旁边的进度只算通过的，所以写明通过没有。"""
        if self.last and self.last.percent is not None:
            return f"{self.last.period.short_name}报 {self.last.percent}%（{self.last.get_status_display()}）"
        if self.progress.assignment.measure.kind == Measure.Kind.ROUTINE:
            return "常态推进"
        return f"{self.last.period.short_name}已报" if self.last else "首次报送"

    @property
    def light_words(self) -> str:
        """灯的理由；没有为空。上次报的还没有通过，理由里的进度与它不是同一个数，写明是哪一个。"""
        if not self.light or not self.light.reason:
            return ""
        if self.light.is_manual:
            return f"办公室定灯：{self.light.brief}"
        is_pending = bool(self.last and self.last.percent is not None and not self.last.is_approved)
        return f"按已通过的：{self.light.brief}" if is_pending else self.light.brief

    @property
    def action(self) -> str:
        """行尾按钮上的字。"""
        words: dict[str, str] = {S.RETURNED: "去修改", S.DRAFT: "接着填"}
        return words.get(self.progress.status, "填报")

    @property
    def no_change_label(self) -> str:
        """一键无变化的按钮；以前没有报过的、更正稿、退回的没有。"""
        if not self.last or self.progress.corrects_id:
            return ""
        words: dict[str, str] = {S.MISSING: "本期无变化", S.DRAFT: "不用草稿，报本期无变化"}
        return words.get(self.progress.status, "")

    @property
    def asking(self) -> str:
        """点了“本期无变化”而写着别的：说有哪几样，怎么报、怎么留、怎么不要。"""
        go = "照所写的报，点“报送”。"
        if self.form.can_go_along:
            go = "要一并报上，点“无变化，其余照报”：正文写“本期无变化。”，别的照所写的报。"
        rest = f"先留着，点“存草稿”；写的不要了，清空以后再点“{self.no_change_label}”。"
        return f"这一项有{'、'.join(self.form.over)}，“本期无变化”不会带上，所以先问您。{go}{rest}"

    @property
    def percent_note(self) -> str:
        """完成进度旁的话：8月 72%，序时进度 70%。"""
        last = self.last if self.last and self.last.percent is not None else None
        before = f"{last.period.short_name} {last.percent}%，" if last else ""
        return f"{before}序时进度 {self.light.pace if self.light else ''}%"

    @property
    def attachments(self) -> list:
        """已收下的佐证材料（移除了的不算）。"""
        return [file for file in self.progress.attachments.all() if not file.removed_at]


def carried(progress: Progress, last: Progress) -> dict[str, Any]:
    """没有变化时沿用上次的几样：栏名 → 值。"""
    values = {f"target_{v.target_id}": v.value for v in last.values.all()}
    return values | {"stage": carried_stage(progress, last), "percent": last.percent}


def carried_stage(progress: Progress, last: Progress) -> str:
    """沿用上次的状态。上次报了“已完成”而又重新打开的，从“推进中”接着报，不会一按又办结。"""
    is_open_again = last.stage == Progress.Stage.COMPLETED and progress.assignment.status == Assignment.Status.OPEN
    return Progress.Stage.IN_PROGRESS if is_open_again else last.stage


def rooms() -> list[Department]:
    """在用的部室，填报时选“请哪个部室协调”。"""
    return organisation.remembered("rooms", lambda: prepared.rows("rooms", Department.objects.active))


def report_form(
    progress: Progress, last: Progress | None, rooms: list[Department], *args: Any, **kwargs: Any
) -> ProgressForm:
    """一条报送的表单，带上次内容与可请的部室；要填的量化目标、可勾的节点从它自己的项次取，不看台账的范围。"""
    part = progress.assignment
    if last and progress.is_untouched:
        kwargs["initial"] = {"stage": carried_stage(progress, last)}
    milestones = sorted((m for m in part.milestones.all() if m.is_tickable), key=lambda m: (m.due_on, m.pk))
    return ProgressForm(
        *args, instance=progress, last=last, targets=part.targets, milestones=milestones, rooms=rooms, **kwargs
    )
