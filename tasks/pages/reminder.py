"""催办怎么排：催办页、办公室提醒、最近的催办；把勾选与催办语交给 workflow，发出邮件。"""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias

from django.conf import settings
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.forms import BoundField
from django.http import QueryDict
from django.urls import reverse

from departments import organisation
from departments.models import Department, User
from yingshang import dates, prepared
from yingshang.paging import ChunkPaginator

from .. import workflow
from ..figures import owed as owed_figures
from ..figures.owed import OwedItem
from ..figures.reporting import Reporting
from ..forms import ReminderFilterForm, ReminderForm, ReminderGroup
from ..forms.reminder import REST
from ..models import Delivery, Event, Plan, Reminder, ReportingPeriod, RobotPost
from ..papers import mail as mail_papers
from ..papers import reminder as reminder_papers
from ..papers import robot as robot_papers
from ..workflow.reminder import queue_mail
from ..workflow.robot import queue_robot
from .chores import Chore

POSTS = 5
RECENT = 10
# 一页上的勾选框不超过这么多；全部放得下的，一页逐件列完。
PAGE_BOXES = 200
# 放不下时，一个部室先列这么多件，其余合成一个勾；一页各部室的件数合起来（连同合成一个的）不超过后一个数。
LISTED, PAGE_ITEMS = 15, 2_000
RoomCounts: TypeAlias = list[tuple[Department, int]]
# 定时催办：截止之前第几天催；逾期之后第 1 天催，以后每隔几天再催。
BEFORE = (3, 1)
AFTER_EVERY = 7


@dataclass
class GroupCard:
    """催办页上的一个部室：它的勾选框、勾了的、给它的话。"""

    boxes: ReminderGroup
    chosen: Collection[str]
    text: BoundField

    @property
    def department(self) -> Department:
        return self.boxes.department

    @property
    def items(self) -> list[OwedItem]:
        """逐件列出的。"""
        return self.boxes.listed

    @property
    def rest_words(self) -> str:
        """合成一个的那个勾：其余 130 件，其中逾期 12 件。"""
        rest, late = self.boxes.rest, _late(self.boxes.rest)
        return f"其余 {len(rest)} 件" + (f"，其中逾期 {late} 件" if late else "")

    @property
    def count_words(self) -> str:
        """“3 件，逾期 1 件”；没有逾期的不提。"""
        boxes = self.boxes
        late = _late(boxes.listed) + _late(boxes.rest)
        return f"{len(boxes.listed) + len(boxes.rest) + boxes.skipped} 件" + (f"，逾期 {late} 件" if late else "")


def _late(items: Iterable[OwedItem]) -> int:
    return sum(item.is_late for item in items)


def _slots(counts: RoomCounts) -> list[list[Department]]:
    """哪几个部室在一页：放得下就一页全列；放不下的，一个部室先列几件、其余合成一个勾，一页仍有限度。"""
    if sum(n for _, n in counts) <= PAGE_BOXES:
        return [[room for room, _ in counts]]
    found: list[list[Department]] = []
    boxes = items = 0
    for room, n in counts:
        if not found or boxes + min(n, LISTED) > PAGE_BOXES or items + n > PAGE_ITEMS:
            found.append([])
            boxes = items = 0
        found[-1].append(room)
        boxes, items = boxes + min(n, LISTED), items + n
    return found


@dataclass
class Page:
    """催办页。`page_obj` 是各部室分成的几页，或只看一个部室时它的几页。"""

    form: ReminderForm
    groups: list[GroupCard]
    recent: list[tuple]
    mail_enabled: bool
    page_obj: Any
    posts: list[RobotPost] = field(default_factory=list)
    periods: list[ReportingPeriod] = field(default_factory=list)
    counts: RoomCounts = field(default_factory=list)
    department: Department | None = None
    query: str = ""
    action: str = ""

    @property
    def total(self) -> int:
        """全部部室，不只这一页。"""
        return sum(n for _, n in self.counts)

    @property
    def is_partial(self) -> bool:
        """没有一页列完：要能挑部室。"""
        return self.department is not None or self.total > PAGE_BOXES


@dataclass
class ReminderOutcome:
    """一次提交的结果：记下了就有话说；没有记下就有要放回的页面。"""

    message: str = ""
    warning: str = ""
    page: Page | None = None
    status: int = 200


def page(
    plan: Plan | None,
    today: dt.date,
    filters: ReminderFilterForm,
    form: ReminderForm | None = None,
    keys: Collection[str] | None = None,
) -> Page:
    """催办页。不给表单就照该催的勾选（今天催过的不勾）、照着写好催办语；给了的，列哪几个部室照表单。"""
    only = filters.chosen.get("dept")
    counts = [] if plan is None or plan.archived_at else _counts(plan, today)  # 归档的不再催
    page_obj = _turned(plan, today, counts, filters)
    groups = form.groups if form else _groups_on(plan, today, page_obj, only)
    keys = _ticked(groups, only, filters.chosen.get("kind")) if keys is None else keys
    form = form or _form(groups, initial=_written(groups, keys, today, plan))
    return Page(
        form=form,
        groups=[GroupCard(group, keys, form[form.name_of(group.department)]) for group in groups],
        recent=recent(plan),
        posts=posts(plan) if robot_papers.known() else [],
        mail_enabled=settings.EMAIL_ENABLED,
        page_obj=page_obj,
        periods=owed_figures.owing_periods(plan),
        counts=counts,
        department=only,
        query=filters.query_without("page"),
        action=url(filters, "reminder_send"),
    )


def _counts(plan: Plan, today: dt.date) -> RoomCounts:
    """该催的各部室各几件：同一个记号下数一次。"""
    return organisation.remembered(f"urge:{plan.pk}:{today}", lambda: owed_figures.urge_counts(plan, today))


def url(filters: ReminderFilterForm, name: str = "reminder_list") -> str:
    """这一页的网址：提交到哪里，记录以后回到哪里。"""
    query = filters.query_without()
    return reverse(name) + (f"?{query}" if query else "")


def _turned(plan: Plan | None, today: dt.date, counts: RoomCounts, filters: ReminderFilterForm) -> Any:
    """翻到的一页：几个部室；只看一个部室的，是它的若干件。"""
    only, number = filters.chosen.get("dept"), filters.chosen.get("page", 1)
    if only is None:
        return ChunkPaginator(_slots(counts), sum(n for _, n in counts)).get_page(number)
    return Paginator(owed_figures.to_urge(plan, today, department=only), PAGE_BOXES).get_page(number)


def _groups_on(plan: Plan | None, today: dt.date, page_obj: Any, only: Department | None) -> list[ReminderGroup]:
    """这一页上的各部室：放得下的逐件列出，放不下的只列前几件。"""
    if only is not None:
        listed = {item.key for item in page_obj.object_list}
        owed = list(page_obj.paginator.object_list)
        return [ReminderGroup.of(only, owed, listed)] if owed else []
    rooms = page_obj.object_list
    found = owed_figures.by_department(owed_figures.to_urge(plan, today, departments=rooms)) if rooms else []
    most = LISTED if page_obj.paginator.count > PAGE_BOXES else PAGE_BOXES
    return [ReminderGroup.of(room, items, {item.key for item in items[:most]}) for room, items in found]


def _ticked(groups: list[ReminderGroup], only: Department | None, kind: str | None) -> set[str]:
    """默认的勾选：该催的都勾；逐件挑一个部室的，其余那一个勾不勾由办公室定；说了只催哪一类的（`kind`），只勾那一类（件数多、有合成一个勾的，照常全勾，免得漏了）。"""
    if kind and not any(group.rest for group in groups):
        return {item.key for group in groups for item in group.listed if item.is_pressing and item.kind == kind}
    keys = {item.key for group in groups for item in group.listed if item.is_pressing}
    return keys if only else keys | {group.rest_key for group in groups if group.rest}


def submit(
    plan: Plan | None, data: QueryDict, filters: ReminderFilterForm, *, by: User, at: dt.datetime
) -> ReminderOutcome:
    """处理一次提交：全部重写（refresh）、只重写没改过的（follow，勾选变了时脚本来取）、记录催办。"""
    today = at.date()
    groups = _posted(plan, today, data)
    if not groups:
        said = "这一页上的都已经报送或办结，不用再催。" if data.get("shown") else ""
        return ReminderOutcome(warning=said, page=page(plan, today, filters), status=422)
    asked, shown = set(data.getlist("items")), set(data.get("shown", "").split())
    keys = asked & {key for group in groups for key, _ in group.boxes}
    gone = _gone(groups, asked, shown)
    if data.get("do") in ("refresh", "follow") or (keys and (gone or _shown(groups, keys) != shown)):
        texts, kept = _rewritten(groups, keys, data, today, plan)
        form = _form(groups, initial=texts)
        return ReminderOutcome(warning=_why_rewritten(data, gone, kept), page=page(plan, today, filters, form, keys))
    form = _form(groups, data)
    if not form.is_valid() or plan is None:
        return ReminderOutcome(page=page(plan, today, filters, form, keys), status=422)
    return _record(plan, form, filters, by, at)


def _form(groups: list[ReminderGroup], data: QueryDict | None = None, **more: Any) -> ReminderForm:
    """催办的表单；设了群机器人的多一个勾，默认不勾。"""
    return ReminderForm(data, groups=groups, robots=[robot.name for robot in robot_papers.known()], **more)


def _posted(plan: Plan | None, today: dt.date, data: QueryDict) -> list[ReminderGroup]:
    """交上来的那一页上的各部室（各有一栏催办语）现在欠着的；逐件列出的照那一页，没有说的全部逐件。"""
    rooms = [room for room in Department.objects.all() if ReminderForm.name_of(room) in data]
    listed = set(data.get("listed", "").split())
    found = owed_figures.by_department(owed_figures.to_urge(plan, today, departments=rooms)) if rooms else []
    return [ReminderGroup.of(room, items, listed or {item.key for item in items}) for room, items in found]


def _shown(groups: list[ReminderGroup], keys: Collection[str]) -> set[str]:
    """催办语是照哪几件写的：逐件的写名字，合成一个的写几件与校验值。"""
    seals = {group.rest_key: group.seal for group in groups}
    return {seals.get(key, key) for key in keys}


def _gone(groups: list[ReminderGroup], asked: set[str], shown: set[str]) -> int:
    """打开页面以后，勾着的有几件已经报送或办结。"""
    known = {item.key for group in groups for item in group.listed}
    single = {key for key in asked | shown if not key.startswith(REST)}
    left = {group.rest_key: len(group.rest) for group in groups}
    gone = 0
    for key, _, count in (seal.removesuffix(seal[-9:]).rpartition("-") for seal in shown if seal.startswith(REST)):
        gone += max(0, int(count) - left.get(key, 0)) if count.isdecimal() and len(count) < 9 else 0
    return len(single - known) + gone


def _why_rewritten(data: QueryDict, gone: int, kept: list[str]) -> str:
    """为什么没有记录，改过的话怎样了。"""
    if data.get("do") in ("refresh", "follow"):
        return ""
    why = f"刚才有 {gone} 件已经报送或办结，已经去掉。" if gone else "勾选变了。"
    what = "没有改过的催办语已照现在的勾选写好"
    if kept:
        what += f"；您改过的（{'、'.join(kept)}）一字没动，请看看还合不合现在的勾选"
    return f"{why}{what}。还没有记录，请核对后再点“记录催办”。"


def _record(plan: Plan, form: ReminderForm, filters: ReminderFilterForm, by: User, at: dt.datetime) -> ReminderOutcome:
    """逐个部室记下；哪个部室记不了就说哪个，其余照记。邮件在全部记完、提交以后发。"""
    try:
        done, refused = _recorded(plan, form, by, at)
    except workflow.Refused as error:  # 群里的话发不得：一件也没有记，改了话，或去掉勾，再点一次
        keys = set(form.cleaned_data["items"])
        return ReminderOutcome(warning=str(error), page=page(plan, at.date(), filters, form, keys), status=409)
    urged = {reminder.department for reminder in done}
    count = sum(len(items) for department, items in form.chosen if department in urged)
    message = (f"已记录催办：{len(done)} 个部室、{count} 件。" if done else "") + _mail_said(done) + _group_said(done)
    if not refused:
        return ReminderOutcome(message=message)
    boxes = {key for group in form.groups if group.department not in urged for key, _ in group.boxes}
    left = boxes & set(form.cleaned_data["items"])
    return ReminderOutcome(message, "".join(refused), page(plan, at.date(), filters, form, left), status=409)


def _recorded(plan: Plan, form: ReminderForm, by: User, at: dt.datetime) -> tuple[list[Reminder], list[str]]:
    """（记下的各次催办，记不了的原因）。抛 Refused（发到工作群的话发不得，一件也不记）。"""
    done, refused = [], []
    with transaction.atomic():
        for department, items in form.chosen:
            try:
                said = {"text": form.texts[department], "group_text": form.cleaned_data["group"]}
                done.append(urge(plan, department, items, **said, by=by, at=at))
            except workflow.Refused as error:
                refused.append(str(error))
        _to_groups(form, done, by, at)
        transaction.on_commit(partial(mail_papers.deliver, at=at), robust=True)
    return done, refused


def _to_groups(form: ReminderForm, done: list[Reminder], by: User, at: dt.datetime) -> None:
    """勾了“发到工作群”的，登记下来，提交以后发。抛 Refused。"""
    if form.to_robots and done:
        queue_robot(done, robot_papers.known(), by=by, at=at, text=form.cleaned_data["group"])
        transaction.on_commit(partial(robot_papers.deliver, at=at), robust=True)


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
    text = text or reminder_papers.for_department(department, items, at.date(), plan)
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
        if item.is_undated:
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


def _group_said(reminders: list[Reminder]) -> str:
    """记下以后勾选清了，上面的话也跟着空了：说到哪里还找得到。"""
    kept = any(reminder.group_text for reminder in reminders)
    return "发到工作群的话还没有复制的，在下面“最近催办”的“看原话”里。" if kept else ""


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


def _written(groups: list[ReminderGroup], keys: Collection[str], today: dt.date, plan: Plan | None) -> dict:
    """照勾选写好的催办语，连同原文（`was_…`）。没有勾的部室也写好，勾上就能用。"""
    chosen = [item for group in groups for item in group.picked(keys)]
    texts = {"group": reminder_papers.for_group(chosen, today, plan) if chosen else ""}
    for group in groups:
        mine = group.picked(keys) or group.listed + group.rest
        said = reminder_papers.for_department(group.department, mine, today, plan)
        texts[ReminderForm.name_of(group.department)] = said
    originals = {f"was_{name}": text for name, text in texts.items()}
    listed = " ".join(item.key for group in groups for item in group.listed)
    return texts | originals | {"shown": " ".join(sorted(_shown(groups, keys))), "listed": listed}


def _rewritten(
    groups: list[ReminderGroup], keys: Collection[str], data: QueryDict, today: dt.date, plan: Plan | None
) -> tuple:
    """照现在的勾选重写；改过的话一字不动（“照勾选重写”除外）。返回各栏，和留着没动的叫什么。"""
    texts, kept = _written(groups, keys, today, plan), []
    labels = {"group": "发到工作群的话"}
    labels |= {ReminderForm.name_of(g.department): f"给{g.department}的话" for g in groups}
    for name, label in labels.items():
        if data.get("do") != "refresh" and _edited(data, name):
            texts[name] = data[name]
            kept.append(label)
    return texts, kept


def _edited(data: QueryDict, name: str) -> bool:
    """这一栏办公室改过：与照写的原文不同。"""
    now, was = data.get(name, ""), data.get(f"was_{name}", "")
    return bool(now) and now != was


def recent(plan: Plan | None) -> list:
    """最近的催办，连同邮件发得怎样：[(催办, 件数, 邮件), …]。"""
    if plan is None:
        return []
    rows = list(Reminder.objects.filter(plan=plan).select_related("department", "period", "by")[:RECENT])
    mails = mail_papers.status_by_reminder(rows)
    matters = _matters(rows)
    return [(row, len(matters[row.pk]), mails.get(row.pk, [])) for row in rows]


def posts(plan: Plan | None) -> list[RobotPost]:
    """最近发到工作群的，新的在前。"""
    return list(RobotPost.objects.of_plan(plan)[:POSTS]) if plan else []


def _matters(reminders: list[Reminder]) -> dict:
    """催办 → 催的是哪几件（owed.OwedItem.matter）。一次查询。"""
    found: dict[int, set[tuple]] = {row.pk: set() for row in reminders}
    by_moment = {(row.plan_id, row.department_id, row.at): row.pk for row in reminders}

    def build(*pks: int) -> QuerySet:
        moments = Reminder.objects.filter(pk__in=pks).order_by().values("at")
        rows = owed_figures.matters(Event.objects.filter(at__in=moments))
        return rows.values_list("plan", "department", "at", *owed_figures.MATTER)

    for plan, department, at, *matter in prepared.rows("urged then", build, *prepared.padded(found)):
        if pk := by_moment.get((plan, department, at)):
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
        returned = [item for item in self.left if item.state == owed_figures.RETURNED]
        parts = [f"{_numbers(returned)}{owed_figures.RETURNED}，{_until(returned)}"] if returned else []
        for kind, words in (
            (owed_figures.INSTRUCTION, "批示尚未回复"),
            (owed_figures.REPORT, "尚未报送"),
            (owed_figures.DUE, "尚未办结"),
            (owed_figures.MILESTONE, "节点尚未完成"),
            (owed_figures.PROBLEM, "尚未销号"),
            (owed_figures.COORDINATION, "协调事项尚未答复"),
            (owed_figures.COOPERATION, "配合情况尚未报"),
        ):
            if chosen := [item for item in self.left if item.kind == kind and item not in returned]:
                parts.append(f"{_numbers(chosen)}{words}，{_until(chosen)}")
        return "；".join(parts) + "。"


def _numbers(items: list[OwedItem]) -> str:
    """第 7、11 项；问题写编号，举措以外的写叫什么。"""
    if items[0].kind == owed_figures.PROBLEM:
        return "、".join(item.number for item in items)
    numbers = "、".join(dict.fromkeys(item.measure.number for item in items if item.measure))
    return "、".join([*([f"第 {numbers} 项"] if numbers else []), *(item.name for item in items if not item.measure)])


def _until(items: list[OwedItem]) -> str:
    if all(item.is_undated for item in items):
        return "请抓紧"
    items = [item for item in items if not item.is_undated]
    due = min(item.due_on for item in items)
    late = [item for item in items if item.is_late]
    if late:
        return f"其中 {len(late)} 件已逾期" if len(late) < len(items) else "已逾期，请抓紧完成"
    return f"请于 {dates.short(due)}前完成"


def notice(plan: Plan | None, department: Department, owed: list[OwedItem]) -> Notice | None:
    """这个部室最近一次催办，`owed` 为它现在欠着的；催的都办了就不再显示。"""
    build = lambda plan, room: Reminder.objects.filter(plan=plan, department=room)[:1]  # noqa: E731
    newest = prepared.row("newest reminder", build, plan.pk, department.pk) if plan and owed else None
    if newest is None:
        return None
    wanted = _matters([newest])[newest.pk]
    left = [item for item in owed if item.matter in wanted]
    return Notice(newest, left) if left else None


def chore(period: ReportingPeriod, reporting: Reporting, detail: str) -> Chore:
    """总览“今天要办”里一期的“未报”。"""
    drafts = f"（其中草稿 {reporting.draft}）" if reporting.draft else ""
    return Chore(
        f"{period.short_name} {reporting.unreported} 项次未报",
        detail + drafts,
        f"{reverse('reminder_list')}?kind={owed_figures.REPORT}",
        "催办",
    )
