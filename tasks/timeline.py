"""办理过程：把操作记录排成给人看的时间线。文字取自记录本身；能不能看由 `visible_to` 定。"""
import datetime as dt
from dataclasses import dataclass, field

from django.db.models import Q
from django.utils import timezone

from .models import Event, Progress

ICONS = {
    "plan_issue": "stamp",
    "plan_apply": "stamp",
    "plan_revert": "rotate-ccw",
    "progress_submit": "send",
    "progress_withdraw": "undo-2",
    "progress_approve": "check",
    "progress_return": "corner-up-left",
    "progress_correct": "pencil",
    "completion_grant": "check",
    "light_set": "flag",
    "light_lift": "flag",
    "measure_settle": "pencil",
}
SAID = {"progress_return": "say", "light_set": "say"}
STATUS_CSS = {"submitted": "tag-b", "approved": "tag-g", "returned": "tag-r"}


@dataclass
class Item:
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

    @property
    def when(self) -> str:
        """“9月21日 16:20”；只有日期的事（方案印发）不写时刻；不是方案年度的写出年份。"""
        local = timezone.localtime(self.at)
        day = f"{local.year}年{local.month}月{local.day}日"
        return day if (local.hour, local.minute) == (0, 0) else f"{day} {local:%H:%M}"


def of_measure(measure, user, levels, only="") -> list[Item]:
    """一项举措的办理过程，新的在前：这一项的事，加上整个方案的事（印发、修订）。

    `levels` 为报送期 → 灯，报送那一行的圆点用它。查询数与条数无关。
    """
    rows = Event.objects.visible_to(user).filter(
        Q(measure=measure) | Q(measure=None, plan=measure.plan, action__startswith="plan_")
    )
    if only == "progress":
        rows = rows.filter(progress__isnull=False)
    rows = list(rows.select_related("by__department", "by__leader", "period", "department"))
    seen = {r.progress_id for r in rows if r.action == "progress_submit"}
    readable = _readable(measure, user)
    latest = {}
    for row in reversed(rows):
        if row.action == "progress_submit":
            latest[row.progress_id] = row.pk
    return [_item(row, row.pk == latest.get(row.progress_id), seen, readable, levels) for row in rows]


def _readable(measure, user) -> dict:
    """看得到的报送：编号 → 行，带材料。"""
    rows = Progress.objects.visible_to(user).filter(assignment__measure=measure)
    return {r.pk: r for r in rows.prefetch_related("attachments")}


def _item(event, is_latest, seen, readable, levels) -> Item:
    item = Item(
        title=event.label,
        at=event.at,
        who=_who(event),
        note=event.note,
        note_css=SAID.get(event.action, ""),
        icon=ICONS.get(event.action, "history"),
        is_self_review=event.is_self_review,
    )
    progress = readable.get(event.progress_id)
    if event.period:
        item.tag = event.period.short_name
    if event.action == "progress_submit":
        _as_report(item, event, progress if is_latest else None, levels)
    elif event.action == "progress_approve" and event.progress_id not in seen and progress:
        _as_report(item, event, progress, levels)
        item.note, item.who = progress.text, str(event.department)
    return item


def _as_report(item, event, progress, levels):
    item.title = f"{event.period.short_name}进展"
    item.level = levels.get(event.period_id, "")
    item.tag = "本期无变化" if event.label == "本期无变化" else ""
    if progress is None:
        return
    item.tag, item.tag_css = progress.get_status_display(), STATUS_CSS.get(progress.status, "")
    labels = (("存在问题", progress.problems), ("需协调事项", progress.coordination), ("下步打算", progress.next_steps))
    item.extra = [(label, text) for label, text in labels if text]
    item.files = [f for f in progress.attachments.all() if f.removed_at is None]


def _who(event) -> str:
    if event.by is None:
        return ""
    return event.by.who
