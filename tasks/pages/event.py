"""办理过程与操作记录：一项举措、一件问题的时间线；按类、部室、人、时间查。"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, Model, OuterRef, Q, QuerySet, Window
from django.db.models.functions import Coalesce
from django.urls import reverse

from departments.models import User
from departments.naming import Names
from yingshang import dates, prepared
from yingshang.fetched import attach

from ..figures.search import Word, every
from ..forms import EventFilterForm
from ..models import Attachment, CoordinationRequest, Event, Inspection, Instruction, Measure, Problem, Progress
from ..models.event import CATEGORIES, EventQuerySet
from ..models.plan import archived_at_hand
from ..models.progress import ProgressQuerySet
from ..models.visibility import eyes, viewer
from ..rules import permissions

PAGE_SIZE = 50
# 一项举措的页面上先列最近几件。
RECENT = 10


def page(user: User, filters: EventFilterForm) -> dict:
    """操作记录的一页。"""
    chosen = filters.chosen
    rows = Event.objects.visible_to(user)
    if q := chosen.get("q"):
        rows = rows.filter(every(q, _says))
    if kind := chosen.get("kind"):
        starts = CATEGORIES[kind][1]
        rows = rows.filter(Q(*[("action__startswith", start) for start in starts], _connector=Q.OR))
    if dept := chosen.get("dept"):
        rows = rows.filter(department=dept)
    if who := chosen.get("who"):
        rows = rows.filter(by=who)
    if number := chosen.get("measure"):
        rows = rows.filter(measure__number=number)
    if since := chosen.get("since"):
        rows = rows.filter(at__date__gte=since)
    if until := chosen.get("until"):
        rows = rows.filter(at__date__lte=until)
    found = Paginator(_newest(rows, "q" in chosen), PAGE_SIZE).get_page(chosen.get("page", 1))
    shown = Event.objects.filter(pk__in=list(found)).select_related(
        "by", "acting__department", "measure", "period", "department", "problem"
    )
    return {
        "page_obj": found,
        "rows": [(row, _about(row, user), _is_on_behalf(row)) for row in shown],
        "query": filters.query_without("page"),
    }


def _newest(rows: EventQuerySet, is_search: bool) -> QuerySet:
    """各条的编号，新的在前。搜索的照表的次序看一遍再排：照时间的索引倒着找少见的字，二十万条要慢三倍。"""
    when = Coalesce("at", "at").desc() if is_search else "-at"
    return rows.order_by(when, "-pk").values_list("pk", flat=True)


ICONS = {
    "plan_issue": "stamp",
    "plan_apply": "stamp",
    "plan_revert": "rotate-ccw",
    "progress_submit": "send",
    "progress_withdraw": "undo-2",
    "progress_approve": "check",
    "progress_return": "corner-up-left",
    "progress_revoke": "rotate-ccw",
    "progress_correct": "pencil",
    "progress_discard": "x",
    "completion_grant": "check",
    "light_set": "flag",
    "light_lift": "flag",
    "measure_settle": "pencil",
    "target_settle": "pencil",
    "problem_open": "alert-triangle",
    "problem_note": "pencil",
    "problem_apply": "send",
    "problem_withdraw": "undo-2",
    "problem_settle": "check",
    "problem_return": "corner-up-left",
    "problem_amend": "pencil",
    "problem_escalate": "flag",
    "problem_reword": "pencil",
    "problem_drop": "x",
    "inspection_add": "eye",
    "inspection_revise": "pencil",
    "inspection_withdraw": "x",
    "coordination_ask": "users",
    "coordination_answer": "message-square",
    "coordination_drop": "x",
    "cooperation_ask": "users",
    "cooperation_report": "send",
    "cooperation_correct": "pencil",
    "cooperation_stop": "x",
    "cooperation_move": "users",
    "instruction_issue": "message-square",
    "instruction_revise": "pencil",
    "instruction_reply": "message-square",
    "instruction_supplement": "message-square",
    "instruction_settle": "check",
    "reading_mark": "eye",
    "milestone_propose": "list",
    "milestone_agree": "check",
    "milestone_finish": "check",
    "milestone_refuse": "x",
    "milestone_remove": "x",
    "milestone_withdraw": "undo-2",
    "milestone_untick": "rotate-ccw",
    "joint_summary": "users",
    "public_release": "upload",
    "public_revise": "pencil",
    "public_withdraw": "x",
    "remind": "bell",
    "extension_request": "clock",
    "extension_approve": "check",
    "extension_refuse": "x",
    "extension_withdraw": "undo-2",
    "completion_request": "send",
    "completion_return": "corner-up-left",
    "completion_withdraw": "undo-2",
    "completion_reopen": "rotate-ccw",
    "effect_note": "eye",
}
SAID = {
    "progress_return": "say",
    "progress_revoke": "say",
    "light_set": "say",
    "extension_refuse": "say",
    "completion_return": "say",
    "completion_reopen": "say",
    "problem_return": "say",
    "problem_escalate": "say",
    "problem_drop": "say",
    "inspection_withdraw": "say",
    "coordination_answer": "say",
    "instruction_issue": "say",
    "instruction_revise": "say",
}
# 一条记录说给人听，连着取这几样。
TOLD = ("by__department", "by__leader", "acting__department", "period", "department")
UNAPPLIED = ("plan_draft", "plan_discard", "plan_sign")
INSPECTED = ("inspection_add", "inspection_revise", "inspection_withdraw")
STATUS_CSS = {"submitted": "tag-b", "approved": "tag-g", "returned": "tag-r"}


@dataclass
class TimelineItem:
    """时间线上的一件事。"""

    title: str
    at: dt.datetime
    who: str
    note: str = ""
    note_css: str = ""
    tag: str = ""
    tag_css: str = ""
    icon: str = "history"
    level: str = ""
    is_self_review: bool = False
    extra: list = field(default_factory=list)
    files: list = field(default_factory=list)
    url: str = ""
    url_label: str = ""

    @property
    def when(self) -> str:
        """“9月21日 16:20”；只有日期的事（方案印发）不写时刻；不是方案年度的写出年份。"""
        return dates.full_with_time(self.at)


@dataclass(frozen=True)
class Timeline:
    """一项举措办理过程的一段，新的在前。`page` 是翻到的一页；没有翻页的只列最近几件，`older` 是更早的还有几件。"""

    items: list[TimelineItem]
    url: str
    only: str
    older: int = 0
    page: Page | None = None

    @property
    def query(self) -> str:
        """只看进展的，翻页也只看进展。"""
        return f"events={self.only}" if self.only else ""

    @property
    def every_url(self) -> str:
        """从头翻看全部。写明是举措页的：没写好放回来的那一页，网址是交表单的。"""
        return f"{self.url}?{self.query}&page=1#h-tl" if self.only else f"{self.url}?page=1#h-tl"


def _says(word: Word) -> Q:
    """搜索：事项、内容、谁办的、哪个部室；“第几项”“几号”点名的那一项、那一件。"""
    said = word.within("label", "note", "by__name") | Q(department__in=word.rooms)
    if word.unit:
        said |= word.measure("measure__number") | word.problem("problem__number")
    return said


def of_measure(
    measure: Measure,
    user: User,
    levels: Mapping[int | None, str],
    only: str = "",
    page: int = 0,
    *,
    reports: Mapping[int | None, Progress] | None = None,
    problems: Collection[Problem] | None = None,
    names: Names | None = None,
) -> Timeline:
    """一项举措的办理过程，新的在前：这一项的事，加上整个方案的事（印发、修订）。不说第几页的，只取最近几件。

    `levels` 为报送期 → 灯，报送那一行的圆点用它；`reports`、`problems` 是已经取过的、看得到的报送与问题。查询数与条数无关。
    """
    told = lambda pk, plan, room: _told(viewer(user, room), pk, plan, only)  # noqa: E731
    about = (measure.pk, measure.plan_id, user.serving_id or 0)
    found = Paginator(told(*about), PAGE_SIZE).get_page(page) if page else None
    recent = lambda *about: told(*about).annotate(among=Window(Count("pk")))[:RECENT]  # noqa: E731
    key = ("events", eyes(user), only == "progress")
    rows: list[Any] = list(found) if found else prepared.rows(key, recent, *about)
    reports = readable(measure, user) if reports is None else reports
    problems = Problem.objects.visible_to(user).filter(measure=measure) if problems is None else problems
    names = names or Names()
    items = [_item(row, reports, levels, names) for row in rows]
    _link_problems(rows, items, reports, problems, user)
    return Timeline(items, measure.url, only, rows[0].among - len(rows) if rows and not found else 0, found)


def _told(user: User, measure: int, plan: int, only: str) -> EventQuerySet:
    """这个人看得到的、说这一项的各条，新的在前。

    每条连同：这条报送后来有没有再报过（`was_resent`），看不看得到它的报送（`was_sent`）。
    """
    about = Q(measure=measure) | Q(measure=None, plan=plan, action__startswith="plan_")
    # 上传了没有生效的、放弃了的，没有改动这一项：只在操作记录里；签收在方案页看。
    rows = Event.objects.visible_to(user).filter(about).exclude(action__in=UNAPPLIED)
    sent = Event.objects.visible_to(user).filter(progress=OuterRef("progress"), action="progress_submit").order_by()
    later = Q(at__gt=OuterRef("at")) | Q(at=OuterRef("at"), pk__gt=OuterRef("pk"))
    rows = rows.annotate(was_resent=Exists(sent.filter(later)), was_sent=Exists(sent))
    return (rows.filter(progress__isnull=False) if only == "progress" else rows).select_related(*TOLD)


def of_problem(problem: Problem, user: User) -> list[TimelineItem]:
    """一件问题的办理过程，新的在前；整改情况带着材料。"""
    rows = list(problem.events.visible_to(user).select_related(*TOLD))
    files = {n.pk: list(n.attachments.all()) for n in problem.notes.prefetch_related("attachments")}
    names = Names()
    items = [_item(row, {}, {}, names) for row in rows]
    for row, item in zip(rows, items, strict=True):
        item.files = files.get(row.data.get("note"), [])
        item.tag = ""  # 一件问题的页面上不必写哪一期
    return items


def of_instruction(instruction: Instruction) -> list[TimelineItem]:
    """一条批示从录入到了结，新的在前；看得到这条批示的都看得到。"""
    rows = instruction.events.select_related(*TOLD)
    names = Names()
    return [_item(row, {}, {}, names) for row in rows]


def of_inspection(inspection: Inspection, user: User) -> list[TimelineItem]:
    """一次督查检查的登记、更正、撤回，新的在前；记在几项举措上的是同一件事，只列一次，更正的带着改前的。"""
    rows = inspection.plan.events.visible_to(user).filter(action__in=INSPECTED, data__inspection=inspection.pk)
    rows = rows.select_related(*TOLD)
    once = {(row.action, row.at): row for row in rows}
    names = Names()
    items = [_item(row, {}, {}, names) for row in once.values()]
    for row, item in zip(once.values(), items, strict=True):
        item.extra = [("改前", row.data["from"])] if "from" in row.data else []
    return items


def _link_problems(
    rows: list[Event],
    items: list[TimelineItem],
    readable: Mapping[int | None, Progress],
    problems: Iterable[Problem],
    user: User,
) -> None:
    """问题、督查检查的链接；办公室可以从写了问题的报送直接列入台账。看不到的不给链接。"""
    visible: dict[int | None, Problem] = {p.pk: p for p in problems}
    listed: dict[int | None, Problem] = {p.progress_id: p for p in visible.values() if p.progress_id}
    for row, item in zip(rows, items, strict=True):
        problem = visible.get(row.problem_id) or (listed.get(row.progress_id) if item.extra else None)
        if problem:
            item.url, item.url_label = reverse("problem_detail", args=[problem.pk]), f"问题{problem.number}号"
        elif "inspection" in row.data and permissions.can_see_board(user):
            item.url, item.url_label = reverse("inspection_detail", args=[row.data["inspection"]]), "看这次检查"
        elif (
            item.extra
            and permissions.can_review(user)
            and not archived_at_hand()
            and readable[row.progress_id].reports_trouble
        ):
            item.url, item.url_label = f"{reverse('problem_add')}?progress={row.progress_id}", "列入问题台账"


def readable(measure: Measure, user: User) -> dict[int | None, Progress]:
    """看得到的报送：编号 → 行，带材料、请谁协调。"""
    return {row.pk: row for row in reports_of(measure, user) if row.is_shown}


def reports_of(measure: Measure, user: User, lacks: Collection[type[Model]] = ()) -> list[Any]:
    """这一项各期的报送，照先后；看得到的（`is_shown`）带材料、请谁协调，本部室的记着 `is_own`。

    `lacks` 是已经知道没有的几样。
    """

    def build(pk: int, room: int) -> ProgressQuerySet:
        shown = Progress.objects.visible_to(viewer(user, room)).filter(pk=OuterRef("pk"))
        own = Q(assignment__department=room)
        return (
            Progress.objects.filter(assignment__measure=pk).annotate(is_shown=Exists(shown), is_own=own).order_by("pk")
        )

    rows = prepared.rows(("reports", eyes(user)), build, measure.pk, user.serving_id or 0)
    shown = [row for row in rows if row.is_shown]
    pks = prepared.padded(row.pk for row in shown)
    files = lambda *pks: Attachment.objects.filter(progress__in=pks)  # noqa: E731
    asked = lambda *pks: CoordinationRequest.objects.filter(progress__in=pks).select_related("to_department")  # noqa: E731
    for name, model, rows_of in (
        ("attachments", Attachment, files),
        ("coordination_requests", CoordinationRequest, asked),
    ):
        found = [] if model in lacks else prepared.rows(name, rows_of, *pks)
        attach(shown, name, found, "progress")
    return rows


def _item(
    event: Any, readable: Mapping[int | None, Progress], levels: Mapping[int | None, str], names: Names
) -> TimelineItem:
    """一条记录说给人听；`readable` 是看得到的报送，给了的，记录也连同 `_told` 说的两样。"""
    item = TimelineItem(
        title=event.label,
        at=event.at,
        who=_who(event, names),
        note=event.note,
        note_css=SAID.get(event.action, ""),
        icon=ICONS.get(event.action, "history"),
        is_self_review=event.is_self_review,
    )
    progress = readable.get(event.progress_id)
    if event.period:
        item.tag = event.period.short_name
    if event.action == "instruction_issue":
        _as_instruction(item, event)
    if event.action == "progress_submit":
        _as_report(item, event, None if progress is None or event.was_resent else progress, levels)
    elif event.action == "progress_approve" and progress and not event.was_sent:
        _as_report(item, event, progress, levels)
        item.note = progress.text
        item.who = names.department(event.department, event.at) if event.department else ""
    return item


def _who(event: Event, names: Names) -> str:
    """谁办的：部室（办公室、领导）；替别的部室办的，写部室与姓名，标“代”。"""
    if event.by is None:
        return ""
    return names.acted(event.acting, event.by, event.at) if event.acting else names.who(event.by, event.at)


def _as_report(item: TimelineItem, event: Event, progress: Progress | None, levels: Mapping[int | None, str]) -> None:
    item.title = f"{event.period.short_name if event.period else ''}进展"
    item.level = levels.get(event.period_id, "")
    item.tag = "本期无变化" if event.label == "本期无变化" else ""
    if progress is None:
        return
    item.tag, item.tag_css = progress.get_status_display(), STATUS_CSS.get(progress.status, "")
    item.extra = progress.other_words
    item.extra += [
        (f"请{asked.recipient}协调", asked.answer or "待答复")
        for asked in progress.coordination_requests.all()
        if asked.created_at <= (progress.submitted_at or asked.created_at)
    ]
    item.files = [f for f in progress.attachments.all() if f.removed_at is None]


def _as_instruction(item: TimelineItem, event: Event) -> None:
    """批示：急办的标出来；办公室代录的写明代录。"""
    if event.data.get("urgent"):
        item.tag, item.tag_css = "急办", "tag-r"
    if _is_on_behalf(event):
        item.who = "办公室代录"


def _about(event: Event, user: User) -> list[tuple[object, str]]:
    """说的是哪一项、哪件问题、哪个部室、哪一期：（文字，网址）；没有页面的、这个人打不开的，网址为空。"""
    measure, problem = event.measure, event.problem
    retired = "（已退出）" if measure and measure.retired_in_id else ""
    parts = (
        measure and (f"第 {measure.number} 项{retired}", measure.url),
        problem and (f"问题{problem.number}号", reverse("problem_detail", args=[problem.pk])),
        event.department and (event.department, ""),
        event.period and (event.period.short_name, ""),
    )
    may_open = permissions.can_enter(user)
    return [(part[0], part[1] if may_open else "") for part in parts if part]


def _is_on_behalf(event: Event) -> bool:
    """办公室代录的批示。"""
    return event.action == "instruction_issue" and event.by is not None and permissions.can_sign_for_leaders(event.by)
