"""审核：待审核清单、一条报送的本期与上期、通过之后灯会怎样。"""

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Max, Model, Q
from django.http import QueryDict
from django.urls import reverse

from departments.models import Department, User
from yingshang import dates, prepared
from yingshang.tables.normalising import squeeze

from .. import workflow
from ..figures.earlier import compared_with
from ..figures.flagged import flags
from ..figures.ledger import Ledger
from ..figures.presence import on, present
from ..figures.repeated import months_unchanged
from ..figures.supposed import light_after, part_of
from ..forms import ReasonForm, ReviewFilterForm
from ..models import (
    Attachment,
    Completion,
    CoordinationRequest,
    Event,
    Extension,
    ManualLight,
    Milestone,
    MilestoneTick,
    Plan,
    Problem,
    Progress,
    ReportingPeriod,
    Target,
    TargetValue,
)
from ..models.plan import standpoint
from ..models.progress import ProgressQuerySet
from ..rules import lights, permissions
from . import circular as circulars
from .chores import Chore, Due, Row, names_of

JUST_APPROVED, PAGE_SIZE = 10, 50


def waiting_for_review() -> ProgressQuerySet:
    """待审核，先到先审；已退出方案的不在内。"""
    return Progress.objects.of_current_plan().to_review().order_by("submitted_at", "pk")


def first_waiting() -> int | None:
    """最先要审的那一条（编号）。"""
    return prepared.row(("first", standpoint()), lambda: waiting_for_review().values_list("pk", flat=True)[:1])


def due() -> list[Due]:
    """“今天要办”的一类：待审核，先到的部室在前。"""
    return [Due(waiting_for_review(), ("submitted_at", "pk"), ["assignment__department__name"], _waiting)]


def _waiting(rows: list[Row]) -> Chore:
    return Chore(f"{len(rows)} 项次待审核", names_of(rows), reverse("review_list"), "去审核", True)


# ── 办公室 ────────────────────────────────────────────────


LISTED = ("assignment__measure", "assignment__department", "period", "submitted_by")


def review_queue() -> ProgressQuerySet:
    """待审核清单，先到先审。"""
    return waiting_for_review().select_related(*LISTED)


def queue_page(number: int) -> tuple[Page, list[Progress], int]:
    """待审核清单的一页，不计在内的（已退出方案）前几条，和没有列出来的几条。只有一页的（平日都是）一次取齐，不另数一遍。"""
    every = Progress.objects.of_current_plan().waiting().order_by("submitted_at", "pk").select_related(*LISTED)
    first = list(every[: PAGE_SIZE + 1]) if number == 1 else []
    aside = [row for row in first if row.assignment.ended_because]
    if number == 1 and len(first) <= PAGE_SIZE:
        queue = [row for row in first if row not in aside]
        return Paginator(queue, PAGE_SIZE).get_page(number), aside, 0
    page = Paginator(review_queue(), PAGE_SIZE).get_page(number)
    if number == 1 and not aside:
        page.object_list = first[:PAGE_SIZE]  # 已经取来的就是这一页
    shown = list(every.set_aside()[:PAGE_SIZE])
    more = every.set_aside().count() - PAGE_SIZE if len(shown) == PAGE_SIZE else 0
    return page, shown, more


def just_approved(plan: Plan | None) -> ProgressQuerySet:
    """刚通过的几条（开放中的各期，新的在前）：点错了，从这里找回去撤销。"""
    rows = Progress.objects.in_force_now().approved().in_open_periods().filter(period__plan=plan)
    rows = rows.select_related("assignment__measure", "assignment__department", "period", "reviewed_by")
    return rows.order_by("-reviewed_at", "-pk")[:JUST_APPROVED]


def review(progress: Progress, user: User, today: dt.date) -> dict:
    """审一条要看的：本期、上期、完成值、灯、排在第几、拦着办结的事。"""
    last = compared_with([progress]).get(progress.pk)
    measure, lacks = progress.assignment.measure, _lacking(progress)
    ledger = Ledger(measure.plan, progress.period, today, these=[measure.pk])
    ledger.measures = [measure]  # 已经取来的这一项，不再取一遍
    before = last.percent if last else None
    change = 0 if before is None or progress.percent is None else progress.percent - before
    queue = prepared.rows(("queue", standpoint()), lambda: waiting_for_review().values_list("pk", flat=True))
    ticks = list(progress.ticks.select_related("milestone")) if MilestoneTick not in lacks else []
    is_self_review = permissions.is_self_review(user, progress.assignment)
    is_ended = bool(progress.assignment.ended_because)  # 不在方案里了，不说它是什么灯、通过后会是什么灯
    return {
        "progress": progress,
        "last": last,
        "last_when": was_when(progress, last),
        "change": change,
        "change_text": f"＋{change}" if change > 0 else f"－{-change}",
        "today": today,
        "part": None if is_ended else part_of(ledger, progress),
        "light_after": None if is_ended else light_after(progress, ledger, {t.milestone_id for t in ticks}, lacks),
        "values": progress.values.select_related("target") if TargetValue not in lacks else [],
        "last_values": last.values.all() if last else [],
        "attachments": progress.attachments.filter(removed_at=None) if Attachment not in lacks else [],
        "ticks": ticks,
        "tick_words": "、".join(f"{t.milestone.name}（{dates.short(t.milestone.due_on)}到期）" for t in ticks),
        "revoke_notes": revoke_notes(progress, ticks),
        "returned_words": f"　退回过 {progress.times_returned} 次" if progress.times_returned else "",
        "tags": tags(progress, is_self_review),
        "will_complete": progress.asks_completion and not progress.assignment.ended_because,
        "events": progress.events.visible_to(user).select_related("by"),
        "listed": Problem.objects.filter(progress=progress).first() if Problem not in lacks else None,
        "asked": CoordinationRequest.objects.visible_to(user).filter(progress=progress).select_related("to_department"),
        "blockers": workflow.what_blocks_completion(progress.assignment, progress) if progress.asks_completion else [],
        "is_self_review": is_self_review,
        "actions": workflow.allowed_actions(user, progress),
        "revoke_form": ReasonForm(prefix="revoke"),
        "revoke_blocked": workflow.what_blocks_revoking(progress) if progress.is_approved else [],
        "place_words": place_words(progress, queue),
        "is_queued": progress.pk in queue,
        "is_set_aside": progress.is_waiting and is_ended,
        "following": next((pk for pk in queue if pk != progress.pk), None),
    }


def place_words(progress: Progress, queue: list[int]) -> str:
    """排在第几；退出方案以后还没有审的，不在队里，也没有处理。"""
    if progress.pk in queue:
        return f"第 {queue.index(progress.pk) + 1} 条，共 {len(queue)} 条"
    return "不计在待审核里" if progress.is_waiting else "已处理"


# ── 一页审完 ──────────────────────────────────────────────

# 一页列几条；再多的，审过一批再列出来。
MOST = 60
# 常用的退回意见：他自己用过的在前，没有用过的给这几句。
USUAL = (
    "请写明本期新增的数和办成的事。",
    "与上期文字相同，请写本期做了什么。",
    "请写明没有达到序时进度的原因和完成日期。",
)
REASONS = 6
FLAG_CSS = {"worse": "tag-r", "repeated": "tag-y", "completion": "tag-b", "ended": "tag-r", "returned": "tag-y"}


def was_when(progress: Progress, last: Progress | None) -> str:
    """左边一栏是哪一期的：8月；上期没有变化的，9月无变化，8月写的；更正稿的左边是更正以前的：更正前（9月）。"""
    if last is None:
        return "上期"
    said = last.words_when if last.carried_from else last.period.short_name
    return f"更正前（{said}）" if progress.corrects_id else said


@dataclass
class Item:
    """清单上的一条：上次的、这次的、灯、标记、退回的表单。"""

    progress: Progress
    last: Progress | None
    light: lights.Light | None
    flags: list[tuple[str, str]]
    form: ReasonForm

    @property
    def pass_label(self) -> str:
        return "通过并办结" if self.progress.asks_completion else "通过"

    @property
    def was_when(self) -> str:
        """左边一栏是哪一期的。"""
        return was_when(self.progress, self.last)

    @property
    def is_same(self) -> bool:
        """与上次写的一字不差，又没有说“本期无变化”：两期还不算标记，也说一声，免得一并通过时看不出来。"""
        row, last = self.progress, self.last
        return last is not None and not row.is_no_change and squeeze(row.text) == squeeze(last.words.text)

    @property
    def same_words(self) -> str:
        """与哪一条一字不差。"""
        of = "更正前" if self.progress.corrects_id else self.last.words.period.short_name if self.last else ""
        return f"与{of}一字不差"

    @property
    def more(self) -> str:
        """没有摆出来、点开那一条才看得全的。"""
        files = sum(not file.removed_at for file in self.progress.attachments.all())
        ticks = "、".join(tick.milestone.name for tick in self.progress.ticks.all())
        words = (
            (files, f"佐证材料 {files} 份。"),
            (ticks, f"通过即认定完成：{ticks}。"),
            (self.progress.next_steps.strip(), f"下步打算：{self.progress.next_steps.strip()}"),
        )
        return "".join(said for shown, said in words if shown)

    @property
    def key(self) -> str:
        """全部通过时交上来的：编号与版本，看过以后改过的不算。"""
        return f"{self.progress.pk}-{self.progress.version}"

    @property
    def figures(self) -> list[tuple[str, str, str, str, str]]:
        """各个数：（叫什么, 上次, 这次, 颜色类, 变化）。"""
        row, found = self.progress, []
        if row.percent is not None:
            last = self.last.percent if self.last else None
            found.append(_figure("", last, row.percent, "%", last is not None and row.percent < last))
        old = {v.target_id: v.value for v in self.last.values.all()} if self.last else {}
        for value in row.values.all():
            target, before = value.target, old.get(value.target_id)
            worse = before is not None and target.is_worse(value.value, before)
            found.append(_figure(target.name, before, value.value, target.unit, worse))
        return found


def _figure(name: str, before: Any, now: Any, unit: str, is_worse: bool) -> tuple[str, str, str, str, str]:
    shown = f"{Decimal(now).normalize():f}{unit}"
    if before is None:
        return name, "", shown, "", ""
    gap = Decimal(now) - Decimal(before)
    said = f"{'增' if gap > 0 else '降'} {abs(gap).normalize():f}" if gap else "没有动"
    return name, f"{Decimal(before).normalize():f}{unit}", shown, "down" if is_worse else "up" if gap else "muted", said


@dataclass
class ReviewAll:
    """一页要的全部。"""

    items: list[Item]
    waiting: int
    filters: ReviewFilterForm
    reasons: list[str]
    undo: list[Progress]
    current: int | None
    elsewhere: int = 0

    @property
    def heading(self) -> str:
        """标题：还有几项次；筛着看、别处还有的，说这里的审完了。"""
        if self.items:
            return f"{self.waiting} 项次待审核"
        return f"{self.filters.words}的审完了" if self.elsewhere else "没有待审核的"

    @property
    def rest_words(self) -> str:
        return f"其余的期、部室还有 {self.elsewhere} 项次待审核。"

    @property
    def flagged(self) -> list[Item]:
        return [item for item in self.items if item.flags]

    @property
    def plain(self) -> list[Item]:
        """没有标记的，可以一并通过。"""
        return [item for item in self.items if not item.flags]

    @property
    def plain_numbers(self) -> str:
        measures = sorted({(m.position, m.number) for m in (item.progress.assignment.measure for item in self.plain)})
        return "、".join(number for _, number in measures)

    @property
    def groups(self) -> list[tuple[str, str, list[Item], bool]]:
        """（id, 标题, 各条, 能不能一并通过）。"""
        found = [("flag", "须逐条看", self.flagged, False), ("plain", "没有标记", self.plain, True)]
        return [group for group in found if group[2]]

    @property
    def more(self) -> int:
        return max(0, self.waiting - len(self.items))

    @property
    def undo_numbers(self) -> str:
        return numbers_of(self.undo)


def review_all(
    user: User, today: dt.date, data: QueryDict, *, undo: Iterable[int] = (), bound: dict[int, ReasonForm] | None = None
) -> ReviewAll:
    """待审核的各条，连同上次的；`undo` 是刚通过、还可以撤销的，`bound` 是刚才没退成的表单。"""
    plan, waiting = Plan.objects.current(), waiting_for_review()
    filters = _filters(plan, waiting, data)
    rows = _narrowed(filters, waiting)
    found = list(rows[:MOST])
    last, months = compared_with(found), months_unchanged(found)
    marks = flags(found, last, months, user)
    shown = _lights(plan, found, today)
    items = [
        Item(
            row,
            last.get(row.pk),
            shown.get((row.period_id, row.assignment_id)),
            [(FLAG_CSS.get(flag.kind, "tag-o"), flag.text) for flag in marks[row.pk]],
            (bound or {}).get(row.pk) or ReasonForm(prefix=f"r{row.pk}"),
        )
        for row in found
    ]
    return ReviewAll(
        items,
        rows.count() if len(found) >= MOST else len(found),
        filters,
        usual_reasons(user),
        list(Progress.objects.approved().filter(pk__in=undo, reviewed_by=user).select_related("assignment__measure")),
        next(iter(bound or {}), None),
        waiting.count() if filters.is_filtered and not found else 0,
    )


def numbers_of(rows: Iterable[Progress]) -> str:
    """几项次：第几项；一项举措有几个部室的只写一次，另说一共几项次。"""
    found = list(rows)
    numbers = list(dict.fromkeys(row.assignment.measure.number for row in found))
    many = f"（{len(found)} 项次）" if len(found) > len(numbers) else ""
    return f"第 {'、'.join(numbers)} 项{many}" if numbers else ""


def _filters(plan: Plan | None, waiting: ProgressQuerySet, data: QueryDict) -> ReviewFilterForm:
    """只列有待审核的期与部室；正看着的那一期、那个部室审完了也还在，不悄悄换成全部。"""
    left = waiting.order_by()
    asked = {name: _number(data.get(name, "")) for name in ("period", "department")}
    periods = ReportingPeriod.objects.filter(Q(pk__in=left.values("period")) | Q(pk=asked["period"], plan=plan))
    rooms = Department.objects.filter(Q(pk__in=left.values("assignment__department")) | Q(pk=asked["department"]))
    return ReviewFilterForm(data, periods=periods, departments=rooms)


def _number(text: str) -> int:
    """网址里的编号；不像编号的为零，哪一行也不是。"""
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _narrowed(filters: ReviewFilterForm, waiting: ProgressQuerySet) -> ProgressQuerySet:
    """只看这一期、这个部室的。"""
    wanted = {"period": "period", "department": "assignment__department"}
    chosen = {wanted[name]: value for name, value in filters.chosen.items() if name in wanted}
    return _with_parts(waiting.filter(**chosen))


def _with_parts(waiting: ProgressQuerySet) -> ProgressQuerySet:
    """连同一条要看的各样。"""
    rows = waiting.select_related("assignment__measure__plan", "assignment__department", "period", "submitted_by")
    return rows.prefetch_related("values__target", "ticks__milestone", "attachments", "assignment__completions")


def _lights(plan: Plan | None, rows: list[Progress], today: dt.date) -> dict[tuple[int, int], lights.Light | None]:
    """（期, 项次）→ 现在的灯。多半只有一期。"""
    found: dict[tuple[int, int], lights.Light | None] = {}
    for period in {row.period_id: row.period for row in rows}.values():
        of_period = [row for row in rows if row.period_id == period.pk]
        ledger = Ledger(plan, period, today, these={row.assignment.measure_id for row in of_period})
        found |= {(period.pk, part.assignment.pk): part.light for line in ledger.lines for part in line.parts}
    return found


def usual_reasons(user: User) -> list[str]:
    """他退回时常用的话：用过不止一次的在前，再是通用的几句；只用过一次的多半说的是那一项的事，放在最后。"""
    mine = Event.objects.filter(action="progress_return", by=user).exclude(note="").order_by()
    used = mine.values("note").annotate(n=Count("pk"), last=Max("at")).order_by("-n", "-last")
    short = [(row["note"], row["n"]) for row in used[: REASONS * 3] if len(row["note"]) <= 40]
    often, once = [note for note, n in short if n > 1], [note for note, n in short if n == 1]
    return list(dict.fromkeys([*often, *USUAL, *once]))[:REASONS]


def approve_plain(
    keys: Iterable[str], user: User, at: dt.datetime
) -> tuple[list[Progress], list[tuple[Progress, str]]]:
    """一并通过：（通过了的, 没有通过的与为什么）。交上来之前改过的、这时有了标记的，留着逐条看；一条不成不耽误别的。"""
    wanted = dict(key.split("-", 1) for key in keys if re.fullmatch(r"\d{1,9}-\d{1,9}", key))
    sent = (
        Progress.objects.of_current_plan().waiting().order_by("submitted_at", "pk")
    )  # 刚退出方案的也要说为什么没有通过
    rows = list(_with_parts(sent).filter(pk__in=wanted)[:MOST])
    last, months = compared_with(rows), months_unchanged(rows)
    marks = flags(rows, last, months, user)
    done, left = [], []
    for row in rows:
        why = "刚才改过，请再看一眼" if str(row.version) != wanted[str(row.pk)] else ""
        why = why or "、".join(flag.text for flag in marks[row.pk])
        if not why:
            try:
                done.append(workflow.approve_progress(row, by=user, at=at))
            except workflow.Refused as refused:
                why = str(refused)
        if why:
            left.append((row, why))
    return done, left


def undo(rows: Iterable[Progress], user: User, at: dt.datetime) -> tuple[list[Progress], list[str]]:
    """撤销刚通过的：（撤销了的, 没撤成的为什么）。"""
    done, left = [], []
    for row in rows:
        try:
            done.append(workflow.undo_approval(row, by=user, at=at))
        except workflow.Refused as refused:
            left.append(f"第 {row.assignment.measure.number} 项：{refused}")
    return done, left


# ── 审一条 ────────────────────────────────────────────────

# 不是每一条、每一项都有的几样：从哪里走到报送、举措。
OF_REPORT: dict[type[Model], str] = dict.fromkeys((Attachment, MilestoneTick, Problem, TargetValue), "progress")
OF_MEASURE: dict[type[Model], str] = dict.fromkeys((Target, ManualLight), "measure")
OF_MEASURE |= dict.fromkeys((Completion, Extension, Milestone), "assignment__measure")


def _lacking(progress: Progress) -> set[type[Model]]:
    """这一条、这一项没有哪几样：没有的就不去取。"""
    rows = {model: on(model, path, 0) for model, path in OF_REPORT.items()}
    rows |= {model: on(model, path, 1) for model, path in OF_MEASURE.items()}
    one = lambda report, measure: Progress.objects.filter(pk=report)  # noqa: E731
    there = present("review", one, rows, progress.pk, progress.assignment.measure_id)
    return set(rows) - there


def tags(progress: Progress, is_self_review: bool) -> list[tuple]:
    """标题下状态之外的标签：（颜色类, 文字）。"""
    is_self = is_self_review and progress.status == Progress.Status.SUBMITTED
    found = (
        (progress.is_late, "tag-y", "补报"),
        (progress.corrects_id, "tag-o", "更正"),
        (is_self, "tag-o", "自审"),
        (progress.assignment.measure.retired_in_id, "tag-r", "这一项已退出方案"),
    )
    return [(css, text) for shown, css, text in found if shown]


def revoke_notes(progress: Progress, ticks: list) -> str:
    """撤销通过还会带出什么，逐句；没有通过的没有。"""
    if not progress.is_approved:
        return ""
    found = (
        (progress.asks_completion, "随它办结的，同时恢复为没有办结。"),
        (ticks, "随它认定完成的节点，同时恢复为未完成。"),
        (progress.corrects_id, "更正前的那一条恢复有效。"),
    )
    issued = circulars.issued_about(progress.period, progress.reviewed_at)
    return "".join(sentence for applies, sentence in found if applies) + issued
