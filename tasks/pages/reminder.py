"""催办怎么排：催办页、办公室提醒、最近的催办；把勾选与催办语交给 workflow，发出邮件。"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import partial

from django.conf import settings
from django.db import transaction
from django.forms import BoundField
from django.http import QueryDict
from django.urls import reverse

from departments.models import Department, User
from yingshang import dates

from .. import workflow
from ..figures import owed as owed_figures
from ..figures.owed import OwedItem
from ..figures.reporting import Reporting
from ..forms import ReminderForm
from ..models import Delivery, Event, Plan, Reminder, ReportingPeriod
from ..papers import mail as mail_papers
from ..papers import reminder as reminder_papers
from ..workflow.reminder import queue_mail
from .chores import Chore

RECENT = 10
# 定时催办：截止之前第几天催；逾期之后第 1 天催，以后每隔几天再催。
BEFORE = (3, 1)
AFTER_EVERY = 7


@dataclass
class ReminderGroup:
    """催办页上的一个部室：欠着的各件、勾了的、给它的话。"""

    department: Department
    items: list[OwedItem]
    chosen: set[str]
    text: BoundField

    @property
    def late(self) -> int:
        """逾期的件数。"""
        return sum(item.is_late for item in self.items)

    @property
    def count_words(self) -> str:
        """“3 件，逾期 1 件”；没有逾期的不提。"""
        return f"{len(self.items)} 件" + (f"，逾期 {self.late} 件" if self.late else "")


@dataclass
class Page:
    """催办页。"""

    form: ReminderForm
    groups: list[ReminderGroup]
    recent: list[tuple]
    mail_enabled: bool
    periods: list[ReportingPeriod] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(len(group.items) for group in self.groups)


@dataclass
class ReminderOutcome:
    """一次提交的结果：记下了就有话说；没有记下就有要放回的页面。"""

    message: str = ""
    warning: str = ""
    page: Page | None = None
    status: int = 200


def page(plan: Plan | None, today: dt.date, form: ReminderForm | None = None, keys: set[str] | None = None) -> Page:
    """催办页。不给表单就照该催的勾选（今天催过的不勾）、照着写好催办语。"""
    owed = owed_figures.to_urge(plan, today)
    keys = {item.key for item in owed if item.is_pressing} if keys is None else keys
    form = form or ReminderForm(owed=owed, initial=_written(owed, keys, today))
    groups = [ReminderGroup(d, items, keys, form[form.name_of(d)]) for d, items in owed_figures.by_department(owed)]
    periods = list(dict.fromkeys(item.period for item in owed if item.period))
    return Page(form, groups, recent(plan), settings.EMAIL_ENABLED, periods)


def submit(plan: Plan | None, data: QueryDict, *, by: User, at: dt.datetime) -> ReminderOutcome:
    """处理一次提交：全部重写（refresh）、只重写没改过的（follow，勾选变了时脚本来取）、记录催办。"""
    today = at.date()
    owed = owed_figures.to_urge(plan, today)
    known = {item.key for item in owed}
    asked, shown = set(data.getlist("items")), set(data.get("shown", "").split())
    keys = asked & known
    gone = len((asked | shown) - known)
    if data.get("do") in ("refresh", "follow") or (keys and (gone or keys != shown)):
        texts, kept = _rewritten(owed, keys, data, today)
        form = ReminderForm(owed=owed, initial=texts)
        return ReminderOutcome(warning=_why_rewritten(data, gone, kept), page=page(plan, today, form, keys))
    form = ReminderForm(data, owed=owed)
    if not form.is_valid() or plan is None:
        return ReminderOutcome(page=page(plan, today, form, keys), status=422)
    return _record(plan, form, by, at)


def _why_rewritten(data: QueryDict, gone: int, kept: list[str]) -> str:
    """为什么没有记录，改过的话怎样了。"""
    if data.get("do") in ("refresh", "follow"):
        return ""
    why = f"刚才有 {gone} 件已经报送或办结，已经去掉。" if gone else "勾选变了。"
    what = "没有改过的催办语已照现在的勾选写好"
    if kept:
        what += f"；您改过的（{'、'.join(kept)}）一字没动，请看看还合不合现在的勾选"
    return f"{why}{what}。还没有记录，请核对后再点“记录催办”。"


def _record(plan: Plan, form: ReminderForm, by: User, at: dt.datetime) -> ReminderOutcome:
    """逐个部室记下；哪个部室记不了就说哪个，其余照记。邮件在全部记完、提交以后发。"""
    done, refused = [], []
    with transaction.atomic():
        for department, items in form.chosen:
            try:
                said = {"text": form.texts[department], "group_text": form.cleaned_data["group"]}
                done.append(urge(plan, department, items, **said, by=by, at=at))
            except workflow.Refused as error:
                refused.append(str(error))
        transaction.on_commit(partial(mail_papers.deliver, plan, at=at), robust=True)
    count = sum(len(items) for department, items in form.chosen if department in {r.department for r in done})
    message = (f"已记录催办：{len(done)} 个部室、{count} 件。" if done else "") + _mail_said(done)
    if not refused:
        return ReminderOutcome(message=message)
    left = {
        item.key
        for department, items in form.chosen
        if department not in {r.department for r in done}
        for item in items
    }
    return ReminderOutcome(message, "".join(refused), page(plan, at.date(), form, left), status=409)


def urge(
    plan: Plan,
    department: Department,
    items: list[OwedItem],
    text: str = "",
    group_text: str = "",
    *,
    by: User | None,
    at: dt.datetime,
) -> Reminder:
    """催办一个部室，并登记要发的邮件（发送在事务提交以后）。不给话就照着写。"""
    keys = [item.key for item in items]
    text = text or reminder_papers.for_department(department, items, at.date())
    with transaction.atomic():
        said = {"text": text, "group_text": group_text}
        reminder = workflow.send_reminder(plan, by=by, at=at, department=department, keys=keys, **said)
        if settings.EMAIL_ENABLED:
            queue_mail(reminder, day=at.date(), subject=reminder_papers.subject(items))
    return reminder


def due_now(
    plan: Plan, today: dt.date, *, before: Collection[int] = BEFORE, after: bool = True, is_default: bool = True
) -> list:
    """定时任务今天该催的：到了某个催办日、从那天起还没有人催过的。漏跑了一天，下一天补上；催过的不重复。

    默认时，举措的时限在刚进入“临近”天数时先催一次。
    """
    chosen = []
    for item in owed_figures.to_urge(plan, today):
        if item.kind in owed_figures.UNDATED:
            continue  # 没有期限的由办公室看着催
        days = {*before, plan.soon_days} if is_default and before and item.kind == owed_figures.DUE else set(before)
        since = _latest_turn(item, days, after)
        if since and (item.urged_on is None or item.urged_on < since):
            chosen.append(item)
    return chosen


def _latest_turn(item: OwedItem, before: Collection[int], after: bool) -> dt.date | None:
    """这件事最近的一个催办日；还没到的为 None。"""
    late = -item.days_left
    if late > 0:
        turn = 1 + AFTER_EVERY * ((late - 1) // AFTER_EVERY)
        return item.due_on + dt.timedelta(days=turn) if after else None
    reached = [n for n in before if item.days_left <= n]
    return item.due_on - dt.timedelta(days=min(reached)) if reached else None


def _mail_said(reminders: list[Reminder]) -> str:
    """邮件发得怎样，一句话；没有开邮件的不提。"""
    if not settings.EMAIL_ENABLED or not reminders:
        return ""
    rows = [row for found in mail_papers.status_by_reminder(reminders).values() for row in found]
    sent = sum(status == Delivery.Status.SENT for status, _, _ in rows)
    left = len(rows) - sent
    if not rows:
        return "没有发邮件：这些部室今天都已发过，或填报人没有登记邮箱。"
    return f"邮件发出 {sent} 封" + (f"，{left} 封没发出，已记下原因，稍后自动再发。" if left else "。")


def _written(owed: list[OwedItem], keys: set[str], today: dt.date) -> dict:
    """照勾选写好的催办语，连同原文（`was_…`）。没有勾的部室也写好，勾上就能用。"""
    chosen = [item for item in owed if item.key in keys]
    texts = {"group": reminder_papers.for_group(chosen, today) if chosen else ""}
    for department, items in owed_figures.by_department(owed):
        mine = [item for item in items if item.key in keys] or items
        texts[ReminderForm.name_of(department)] = reminder_papers.for_department(department, mine, today)
    originals = {f"was_{name}": text for name, text in texts.items()}
    return texts | originals | {"shown": " ".join(sorted(keys))}


def _rewritten(owed: list[OwedItem], keys: set[str], data: QueryDict, today: dt.date) -> tuple:
    """照现在的勾选重写；改过的话一字不动（“照勾选重写”除外）。返回各栏，和留着没动的叫什么。"""
    texts, kept = _written(owed, keys, today), []
    labels = {"group": "发到工作群的话"}
    labels |= {ReminderForm.name_of(d): f"给{d}的话" for d, _ in owed_figures.by_department(owed)}
    for name, label in labels.items():
        if data.get("do") != "refresh" and _edited(data, name):
            texts[name] = data[name]
            kept.append(label)
    return texts, kept


def _edited(data: QueryDict, name: str) -> bool:
    """这一栏办公室改过：与照写的原文不同（换行怎么写不论）。"""
    now, was = (data.get(key, "").replace("\r\n", "\n").strip() for key in (name, f"was_{name}"))
    return bool(now) and now != was


def recent(plan: Plan | None) -> list:
    """最近的催办，连同邮件发得怎样：[(催办, 件数, 邮件), …]。"""
    if plan is None:
        return []
    rows = list(Reminder.objects.filter(plan=plan).select_related("department", "period", "by")[:RECENT])
    mails = mail_papers.status_by_reminder(rows)
    matters = _matters(rows)
    return [(row, len(matters[row.pk]), mails.get(row.pk, [])) for row in rows]


def _matters(reminders: list[Reminder]) -> dict:
    """催办 → 催的是哪几件（owed.OwedItem.matter）。一次查询。"""
    found: dict[int, set[tuple]] = {row.pk: set() for row in reminders}
    by_moment = {(row.department_id, row.at): row.pk for row in reminders}
    rows = owed_figures.matters(Event.objects.filter(at__in={row.at for row in reminders}))
    for department, at, *matter in rows.values_list("department", "at", *owed_figures.MATTER):
        if pk := by_moment.get((department, at)):
            found[pk].add(tuple(matter))
    return found


@dataclass(frozen=True)
class Notice:
    """首页顶上的“办公室提醒”：最近一次催办，和其中还没有办的。"""

    reminder: Reminder
    left: list[OwedItem]

    @property
    def summary(self) -> str:
        """一句话：第7、11、12项尚未报送，请于9月25日前完成。"""
        parts = []
        for kind, words in (
            (owed_figures.INSTRUCTION, "批示尚未回复"),
            (owed_figures.REPORT, "尚未报送"),
            (owed_figures.DUE, "尚未办结"),
            (owed_figures.MILESTONE, "节点尚未完成"),
            (owed_figures.PROBLEM, "尚未销号"),
            (owed_figures.COORDINATION, "协调事项尚未答复"),
        ):
            chosen = [item for item in self.left if item.kind == kind]
            if chosen:
                parts.append(f"{_numbers(chosen)}{words}，{_until(chosen)}")
        return "；".join(parts) + "。"


def _numbers(items: list[OwedItem]) -> str:
    if items[0].kind == owed_figures.PROBLEM:
        return "、".join(item.number for item in items)
    return f"第 {'、'.join(dict.fromkeys(item.measure.number for item in items if item.measure))} 项"


def _until(items: list[OwedItem]) -> str:
    if items[0].kind in owed_figures.UNDATED:
        return "请抓紧"
    due = min(item.due_on for item in items)
    late = [item for item in items if item.is_late]
    if late:
        return f"其中 {len(late)} 件已逾期" if len(late) < len(items) else "已逾期，请抓紧完成"
    return f"请于 {dates.short(due)}前完成"


def notice(plan: Plan | None, department: Department, owed: list[OwedItem]) -> Notice | None:
    """这个部室最近一次催办，`owed` 为它现在欠着的；催的都办了就不再显示。"""
    newest = Reminder.objects.filter(plan=plan, department=department).first() if owed else None
    if newest is None:
        return None
    wanted = _matters([newest])[newest.pk]
    left = [item for item in owed if item.matter in wanted]
    return Notice(newest, left) if left else None


def chore(reporting: Reporting, detail: str) -> Chore:
    """总览“今天要办”里的“未报”。"""
    drafts = f"（其中草稿 {reporting.draft}）" if reporting.draft else ""
    return Chore(f"{reporting.unreported} 项次未报", detail + drafts, reverse("reminder_list"), "催办")
