"""一次报完：一个部室这一期要报的，一行一项，一次交；交上来怎么办、粘贴的表格填到哪里、没有成的怎么放回。

每一项照旧走 `progress.fill`：同一张表单、同一个动词、各自的事务与版本；一项有误，不耽误别的。
"""

import copy
import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.datastructures import MultiValueDict

from departments.models import Department, User

from ..figures.earlier import last_reports
from ..figures.ledger import Ledger, opened_periods
from ..figures.repeated import LONG, months_unchanged
from ..forms import MonthForm, ProgressForm
from ..models import Plan, Progress, ReportingPeriod
from ..rules import lights
from . import home, pasted
from .period import over_words
from .progress import (
    Filled,
    Task,
    carried,
    fill,
    overwritten,
    owed_by,
    report_form,
    rooms,
    with_form_parts,
)
from .refusals import reasons_of

MOST = home.MOST


@dataclass
class MonthRow(Task):
    """一行：在“我的任务”的一项之外，看写了没有、文字几期没变、为什么没有交成。"""

    form: ProgressForm
    months: int = 0
    filled: Filled | None = None

    @property
    def number(self) -> str:
        return self.progress.assignment.measure.number

    @property
    def month(self) -> str:
        return self.progress.period.short_name

    @cached_property
    def is_written(self) -> bool:
        return is_written(self.progress, self.form, self.last)

    @property
    def is_wrong(self) -> bool:
        return self.form.is_bound and bool(self.form.errors)

    @property
    def state(self) -> str:
        """err 有误，chg 写了，no 没有动。"""
        return "err" if self.is_wrong else "chg" if self.is_written else "no"

    @property
    def list_name(self) -> str:
        """报送处列在哪一行：没有动又不能按无变化报的（stuck），另列。"""
        return "stuck" if self.state == "no" and not self.can_be_unchanged else self.state

    @property
    def mark(self) -> tuple[str, str]:
        """（颜色类, 文字）。"""
        return {"err": ("tag-r", "有误"), "chg": ("tag-b", "已改"), "no": ("", "未动")}[self.state]

    @property
    def chip(self) -> str:
        return {"err": "bad", "chg": "ok", "no": ""}[self.state]

    @property
    def can_be_unchanged(self) -> bool:
        """没有写的，可以按“本期无变化”报：以前报过，也没有退回。"""
        return bool(self.no_change_label)

    @property
    def repeats(self) -> str:
        """文字已经几期没变：到了审核要单独看的前一期就先说。"""
        if not self.last or self.months < LONG - 1:
            return ""
        return f"文字已 {self.months} 期未变，再不变审核时会单独看一看。"

    @property
    def placeholder(self) -> str:
        return "没有变化就空着" if self.can_be_unchanged else "写一下目前的情况"

    @property
    def figures(self) -> str:
        """上次的数与序时进度；常态推进的说不填数。"""
        if "percent" in self.form.fields:
            return self.percent_note
        return "" if self.form.targets else "常态推进，不填数"

    @property
    def summary(self) -> str:
        """收着的一栏里有什么。"""
        return "节点、问题、协调、下步打算" if "ticks" in self.form.fields else "问题、协调、下步打算"

    @property
    def is_more_open(self) -> bool:
        names = ("problems", "coordination", "next_steps", "coordinate_with", "ticks")
        found = [self.form[name] for name in names if name in self.form.fields]
        return any(f.errors or f.value() for f in found)


@dataclass
class Month:
    """一页要的全部。"""

    department: Department
    period: ReportingPeriod | None
    today: dt.date
    rows: list[MonthRow]
    owed: int
    done: list[Progress]
    form: MonthForm
    sent: "Sent"

    @property
    def days_left(self) -> int:
        return (self.period.due_on - self.today).days if self.period else 0

    @property
    def overdue_days(self) -> int:
        return -self.days_left

    @property
    def over(self) -> str:
        """截止日后面说的，与首页一样。"""
        return over_words(self.period, self.today, self.owed, bool(self.done)) if self.period else ""

    @property
    def heading(self) -> str:
        """标题就是欠账。"""
        if not self.period:
            return "还没有开放报送"
        if self.are_several and self.owed:
            return f"还有 {self.owed} 项要报：{'、'.join(dict.fromkeys(row.month for row in self.rows))}"
        if not self.owed:
            return f"{self.period.short_name}已全部报完" if self.done else f"{self.period.short_name}没有要报的"
        return f"{self.period.short_name}{'还有' if self.done else '要报'} {self.owed} 项{'要报' if self.done else ''}"

    @property
    def are_several(self) -> bool:
        """几期同时要报：每一行都写明是哪一期的。"""
        return len({row.progress.period_id for row in self.rows} | {row.period_id for row in self.done}) > 1

    @property
    def is_paste_open(self) -> bool:
        return any(name in self.form.errors for name in ("block", "sheet"))

    @property
    def more(self) -> int:
        """这一页没有列出来的还有几项。"""
        return max(0, self.owed - len(self.rows))

    def _numbers(self, *marks: str) -> str:
        return "、".join(row.number for row in self.rows if row.list_name in marks)

    @property
    def changed(self) -> str:
        return self._numbers("chg")

    @property
    def wrong(self) -> str:
        return self._numbers("err")

    @property
    def untouched(self) -> str:
        """没有动的，勾了“其余均无变化”就按无变化报。"""
        return self._numbers("no")

    @property
    def stuck(self) -> str:
        """没有动、又不能按“无变化”报的：第一次报的、退回的。"""
        return self._numbers("stuck")

    @property
    def ready(self) -> int:
        """此刻点“报送”会报几项。"""
        going = {"chg", "no"} if self.form["rest"].value() else {"chg"}
        return sum(row.list_name in going for row in self.rows)

    @property
    def mistakes(self) -> list[tuple[str, str]]:
        """页首的错误：（链接到哪一栏, 话）。"""
        return [found for row in self.rows if row.is_wrong for found in mistakes(row.number, row.form)]


@dataclass
class Sent:
    """一次提交的结果。`failed` 是没有成的（报送编号 → 表单与原因），`bound` 是照写的放回、没有交的；

    `notes` 说表格填到了哪里，`left` 是表格里没有填进去的（是什么, 写的话）。
    """

    filed: list[Progress] = field(default_factory=list)
    unchanged: list[Progress] = field(default_factory=list)
    saved: list[Progress] = field(default_factory=list)
    failed: dict[int, Filled] = field(default_factory=dict)
    bound: dict[int, ProgressForm] = field(default_factory=dict)
    late: list[Progress] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)
    form: MonthForm | None = None
    is_empty: bool = False

    @property
    def status(self) -> int:
        """都成了 200；有一项别人先改了 409；其余 422。"""
        if not self.failed and not self.is_empty:
            return 200
        return max((filled.status for filled in self.failed.values()), default=422)

    @property
    def reasons(self) -> list[str]:
        found = [reason for filled in self.failed.values() for reason in reasons_of(filled.form)]
        return found + (reasons_of(self.form) if self.form and self.form.is_bound else [])

    @property
    def said(self) -> str:
        """办了什么，一句话。"""
        parts = (
            (self.filed, "已报送{}。"),
            (self.unchanged, "按“本期无变化”报送{}。"),
            (self.late, "{}过了截止日，记为补报。"),
            (self.saved, "{}已存为草稿，还没有报送。"),
        )
        return "".join(said.format(numbers_of(rows)) for rows, said in parts if rows)


def numbers_of(rows: Iterable[Progress]) -> str:
    """第几项；几期的分开说：9月第 2、4 项，10月第 3 项。"""
    by_period: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        by_period[row.period.short_name].append(row.assignment.measure.number)
    several = len(by_period) > 1
    return "，".join(f"{name if several else ''}第 {'、'.join(numbers)} 项" for name, numbers in by_period.items())


def mistakes(number: str, form: ProgressForm) -> list[tuple[str, str]]:
    """一项里的各处错：（那一栏的 id, 第几项哪一栏怎么了）。"""
    found = [(f"m{form.instance.pk}", f"第 {number} 项：{error}") for error in form.non_field_errors()]
    for bound in form:
        where = bound.id_for_label or bound.auto_id
        found += [(where, f"第 {number} 项{bound.label}：{error}") for error in bound.errors]
    return found


# ── 写了没有 ──────────────────────────────────────────────


def is_written(progress: Progress, form: ProgressForm, last: Progress | None) -> bool:
    """这一行写了东西没有（交上来的，没有交的看存着的草稿）。没有写的，才可以按“本期无变化”报。

    退回的要改过才算（这次改的，退回以后存过草稿的）：放着没动的，不会原样再报一遍。
    """
    if form.is_bound and form.errors:
        return True
    if progress.is_returned:
        return progress.is_mended or (form.is_bound and form.has_changed())
    if str(form["text"].value() or "").strip():
        return True
    if last is None:
        return any(form[name].value() for name in form.fields if name not in ("version", "stage", "text"))
    return bool(overwritten(progress, form, last))


def _as_was(row: MonthRow) -> None:
    """每一栏没有动过时是什么，写在控件上：脚本照此标“已改”，与 `is_written` 同样算。"""
    form = row.form
    was: dict[str, Any] = {} if row.is_returned or not row.last else carried(row.progress, row.last)
    for name, control in form.fields.items():
        value = was.get(name, form.get_initial_for_field(control, name) if row.is_returned else "")
        value = f"{value.normalize():f}" if hasattr(value, "normalize") else "" if value is None else value
        if name not in ("version", "ticks"):
            control.widget.attrs["data-was"] = value


def _dress(row: MonthRow) -> None:
    """一行里放得下的样子：状态用下拉，正文三行。"""
    stage = row.form.fields["stage"]
    stage.widget = forms.Select(choices=stage.choices)
    row.form.fields["text"].widget.attrs |= {"rows": 3, "placeholder": row.placeholder}
    _as_was(row)


# ── 一页 ──────────────────────────────────────────────────


def month(user: User, today: dt.date, sent: Sent | None = None) -> Month:
    """这个部室要报的各项（更正稿另在首页）。`sent` 是刚才那次提交：没有成的、照写的放回。"""
    plan, department = Plan.objects.current(), cast(Department, user.serving)
    sent = sent or Sent()
    periods = opened_periods(plan)
    period = home.period_to_report(periods, today)
    waiting = owed_by(department).filter(corrects=None)
    owed = list(waiting[:MOST])
    found = with_form_parts(owed + _no_longer_owed(owed, sent))
    light = home.lights_of(found, Ledger(plan, period, today, opened=periods))
    rows = _rows(found, plan, light, sent, today)
    form = sent.form or MonthForm()
    return Month(
        department,
        period,
        today,
        rows,
        waiting.count() if len(owed) >= MOST else len(owed),
        _done(department),
        form,
        sent,
    )


def _no_longer_owed(owed: Sequence[Progress], sent: Sent) -> list[Progress]:
    """没有交成、又已不欠的（同事刚报了、刚关闭）：也列出来，写的才不会丢。"""
    gone = sent.failed.keys() - {row.pk for row in owed}
    rows = Progress.objects.select_related("assignment__measure", "assignment__department", "period", "reviewed_by")
    return list(rows.filter(pk__in=gone).order_by("assignment__measure__position")) if gone else []


def _rows(
    found: Sequence[Progress],
    plan: Plan | None,
    light: Mapping[tuple[int, int], lights.Light],
    sent: Sent,
    today: dt.date,
) -> list[MonthRow]:
    last, others = last_reports(found), rooms() if found else []
    months = months_unchanged(found)
    rows = []
    for progress in found:
        progress.assignment.measure.plan = plan  # type: ignore[assignment]  # 有待报的，就有现行方案
        filled = sent.failed.get(progress.pk)
        before = last.get(progress.pk)
        form = (filled.form if filled else sent.bound.get(progress.pk)) or report_form(progress, before, others)
        row = MonthRow(
            progress,
            before,
            light.get((progress.assignment_id, progress.period_id)),
            form,
            True,
            today,
            months[progress.pk],
            filled,
        )
        _dress(row)
        rows.append(row)
    return rows


def _done(department: Department) -> list[Progress]:
    """这一期已报的：报了什么，当场看得到；没有审的可以撤回。"""
    rows = home.reported_by(department).select_related("assignment__measure", "period").with_corrections()
    return list(rows.prefetch_related("attachments").order_by("-submitted_at", "assignment__measure__position")[:MOST])


# ── 交上来的 ──────────────────────────────────────────────


def posted(data: QueryDict) -> list[int]:
    """交上来的是哪几条（编号）。"""
    names = (name.partition("-") for name in data if name.startswith("p"))
    found = [int(key[1:]) for key, _, rest in names if rest == "version" and key[1:].isdecimal() and len(key) < 11]
    return found[: MOST * 2]


def send(rows: Sequence[Progress], data: QueryDict, files: MultiValueDict, *, by: User, at: dt.datetime) -> Sent:
    """`do` 为 draft 存草稿，fill 把粘贴的填进各行，其余为报送：写了的报，勾了“其余均无变化”的，没有写的按无变化报。

    粘贴了还没有填的，先填给人看，不报：不看一眼就报上去、或丢了粘贴的，都不行。
    """
    form = MonthForm(data, files)
    tasks = _tasks(rows, data, files, at)
    if not form.is_valid() or form.has_table or data.get("do") == "fill":
        return _fill_in(tasks, form, data, at)
    sent = Sent(form=form)
    for row in tasks:
        if do := _what_to_do(row, data.get("do", ""), form.cleaned_data["rest"]):
            _do(sent, row, do, data, files, by, at)
    sent.late = [row for row in [*sent.filed, *sent.unchanged] if not row.would_be_on_time(at)]
    sent.is_empty = not (sent.filed or sent.unchanged or sent.saved or sent.failed)
    return sent


def keep(row: Progress, data: QueryDict, *, by: User, at: dt.datetime) -> Sent:
    """写着的时候自动存草稿：只这一项，不收材料。"""
    sent = Sent()
    for task in _tasks([row], data, MultiValueDict(), at):
        _do(sent, task, "draft", data, MultiValueDict(), by, at)
    return sent


def _tasks(rows: Sequence[Progress], data: QueryDict, files: MultiValueDict, at: dt.datetime) -> list[MonthRow]:
    """交上来的各行。表单核对时会把所写的填进它的那一条，所以给它另一份。"""
    last, others, found = last_reports(rows), rooms(), with_form_parts(list(rows))
    return [
        MonthRow(
            row,
            last.get(row.pk),
            None,
            report_form(copy.copy(row), last.get(row.pk), others, data, files, final=False),
            True,
            timezone.localdate(at),
        )
        for row in found
    ]


def _what_to_do(row: MonthRow, asked: str, rest: bool) -> str:
    """这一行怎么办；不动它的为空。"""
    if row.is_written:
        return "draft" if asked == "draft" else "submit"
    return "no_change" if rest and asked != "draft" and row.can_be_unchanged else ""


def _do(sent: Sent, row: MonthRow, do: str, data: QueryDict, files: MultiValueDict, by: User, at: dt.datetime) -> None:
    mine = data.copy()
    mine["do"] = do
    done = fill(copy.copy(row.progress), mine, files, by=by, at=at)
    if done.form is not None:
        sent.failed[row.progress.pk] = done
    else:
        {"submit": sent.filed, "no_change": sent.unchanged, "draft": sent.saved}[do].append(row.progress)


# ── 粘贴的、上传的表格 ────────────────────────────────────


def _fill_in(tasks: Sequence[MonthRow], form: MonthForm, data: QueryDict, at: dt.datetime) -> Sent:
    """把表格里的填进各行，给人看过再报；已经写着的不盖，没有填进去的连同写的话列出来。"""
    sent = Sent(form=form, bound={row.progress.pk: row.form for row in tasks})
    table = pasted.read(form, next((row.progress.period.starts_on.month for row in tasks), None))
    if table is None:
        sent.is_empty = True
        return sent
    written = pasted.Pasted(tasks, data.copy())
    for row in table.rows:
        written.take(row)
    sent.notes, sent.left = written.said(table), written.left
    again = _tasks([row.progress for row in tasks], written.data, MultiValueDict(), at)
    sent.bound = {row.progress.pk: row.form for row in again}
    sent.form = MonthForm(initial={"rest": form.cleaned_data["rest"]})
    return sent
