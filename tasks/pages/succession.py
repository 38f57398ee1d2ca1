"""换人、部室调整的一页：先看清要动哪些，再确认；定了将来某天的登记着，到那天以前看得到、撤得回。"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from django.urls import reverse

from departments.models import Department, Leader, User
from yingshang import clock, dates

from ..forms import DepartmentSuccessionForm, LeaderSuccessionForm
from ..imports import succession
from ..models import Assignment, Plan, Succession
from ..rules import permissions
from .chores import Chore, Due, Row

Form: TypeAlias = LeaderSuccessionForm | DepartmentSuccessionForm
DONE = 5  # 办过的、撤回的，列最近几件


@dataclass(frozen=True)
class PlanMoves:
    """一份方案里要动的：各项一行（项、由谁改为谁）。"""

    title: str
    lines: list[tuple[str, str]]


@dataclass
class Preview:
    """要动的全部。"""

    plans: list[PlanMoves] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    waits: str = ""

    @property
    def is_empty(self) -> bool:
        return not self.plans and not self.others

    @property
    def kept(self) -> dict[str, Any]:
        """存进登记的样子；`of_kept` 读回来。"""
        return {
            "plans": [[each.title, [list(line) for line in each.lines]] for each in self.plans],
            "others": self.others,
        }


def of_kept(kept: Mapping[str, Any]) -> Preview:
    """登记时看到的。"""
    plans = [PlanMoves(title, [(name, said) for name, said in lines]) for title, lines in kept.get("plans", ())]
    return Preview(plans, list(kept.get("others", ())))


def of_leader(form: LeaderSuccessionForm) -> Preview:
    """各份方案里这位领导牵头的各项。"""
    return _of_leader(form.cleaned_data["old"], form.cleaned_data["new"])


def of_department(form: DepartmentSuccessionForm) -> Preview:
    """没有办结的各项给谁；没有办完的问题、批示、协调、汇总各几件，账户几个。"""
    return _of_department(
        form.cleaned_data["old"], form.cleaned_data["new"], form.parts, form.given, form.accounts.count()
    )


def _of_leader(old: Leader, new: Leader) -> Preview:
    led = succession.led_by(old)
    return Preview(_by_plan([(m.plan, f"第{m.number}项 {m.title}", f"{old}→{new}") for m in led]))


def _of_department(
    old: Department, new: Department, parts: Sequence[Assignment], given: Mapping[int, Department], accounts: int
) -> Preview:
    held = succession.held_by(old)
    helped = [(m.plan, f"第{m.number}项 {m.title}", f"配合单位 {old}→{new}") for m in succession.helped_by(old)]
    lines = [
        (p.measure.plan, f"第{p.measure.number}项 {p.measure.title}", f"{old}→{given.get(p.pk, new)}") for p in parts
    ]
    counts = (
        (held.problems.count(), "件没有销号的问题"),
        (held.instructions.count(), "条没有回复的批示"),
        (held.coordination.count(), "件没有答复的协调事项"),
        (held.cooperation.count(), "份请它报的配合情况"),
        (held.summaries.count(), "项由它汇总"),
        (accounts, "个账户"),
    )
    return Preview(_by_plan([*lines, *helped]), [f"{n} {what}" for n, what in counts if n], succession.what_waits(held))


def _by_plan(lines: list[tuple[Plan, str, str]]) -> list[PlanMoves]:
    found: dict[Plan, list[tuple[str, str]]] = {}
    for plan, name, said in lines:
        found.setdefault(plan, []).append((name, said))
    return [PlanMoves(plan.title, mine) for plan, mine in found.items()]


# ── 登记着的 ──────────────────────────────────────────────


@dataclass(frozen=True)
class ScheduledRow:
    """登记的一件：哪天、谁换成谁、会怎样；到期没有生效成的，为什么、怎么办。"""

    row: Succession
    today: dt.date
    seen: Preview
    now: Preview | None = None

    @property
    def heading(self) -> str:
        return f"自{dates.full(self.row.on)}起，{self.row}"

    @property
    def timing(self) -> str:
        left = (self.row.on - self.today).days
        if self.row.done_at or self.row.withdrawn_at:
            return self.row.get_status_display()
        return (
            f"还有 {left} 天"
            if left > 0
            else "到了日子，下一次定时任务时生效"
            if not self.row.refused
            else "到期没有生效"
        )

    @property
    def css(self) -> str:
        return "tag-r" if self.row.refused and not self.row.done_at else "tag-y"

    @property
    def terms(self) -> list[str]:
        """根据、账户、原来的、谁登记的。"""
        found = [f"根据：{self.row.reason}"]
        if self.row.with_accounts:
            found.append("原来的账户一并转过去")
        if self.row.is_gone:
            found.append("原来的从那天起不再在任" if self.row.old_leader_id else "原来的从那天起不再使用")
        return [*found, f"{self.row.by.name}{dates.short(self.row.at)}登记"]

    @property
    def has_changed(self) -> bool:
        """登记以后情况变了：现在要动的与那时看到的不同。"""
        return self.now is not None and self.now.kept != self.seen.kept

    @property
    def waits(self) -> str:
        return self.now.waits if self.now else ""


def scheduled(today: dt.date) -> list[ScheduledRow]:
    """登记着、还没有生效的，先到的在前；各按现在的情况再看一遍。"""
    return [ScheduledRow(row, today, of_kept(row.seen), _as_now(row)) for row in _rows().pending()]


def _rows() -> Any:
    people = ("old_department", "new_department", "old_leader", "new_leader", "by")
    return Succession.objects.select_related(*people)


def _as_now(row: Succession) -> Preview:
    if row.old_leader and row.new_leader:
        return _of_leader(row.old_leader, row.new_leader)
    assert row.old_department
    assert row.new_department
    rooms = Department.objects.in_bulk([int(pk) for pk in row.parts.values()])
    given = {int(part): rooms[int(room)] for part, room in row.parts.items()}
    accounts = User.objects.filter(department=row.old_department).count() if row.with_accounts else 0
    parts = list(succession.held_by(row.old_department).parts)
    return _of_department(row.old_department, row.new_department, parts, given, accounts)


def notices(user: User, today: dt.date) -> list[ScheduledRow]:
    """方案页上给管理员、办公室看的：哪天会怎样，没有生效成的为什么。别人没有。"""
    if not (permissions.can_import(user) or permissions.can_review(user)):
        return []
    return [ScheduledRow(row, today, of_kept(row.seen)) for row in _rows().pending()]


def due() -> list[Due]:
    """办公室今天要办：到期没有生效成的接替。"""
    return [Due(Succession.objects.stuck(), ["on", "pk"], ["refused"], _stuck)]


def _stuck(rows: list[Row]) -> Chore:
    said = "；".join(refused for _, refused, _ in rows)
    return Chore(f"{len(rows)} 件换人与部室调整到期没有生效", said[:300], f"{reverse('plan')}#h-succ", "去看")


def said_of(made: list | Succession) -> str:
    """办成以后的一句话。"""
    if isinstance(made, Succession):
        return f"已登记：自{dates.full(made.on)}起，{made}。到那天生效，以前可以在这一页撤回。"
    return f"已生效：{len(made)} 份方案各有新的一版，以前的各期照旧。" if made else "已记下，没有要动的举措。"


def page(form: Form, kind: str, preview: Preview | None = None) -> dict:
    """一页要的全部。"""
    today = clock.today()
    over = _rows().exclude(pk__in=Succession.objects.pending()).order_by("-on", "-pk")[:DONE]
    on = form.cleaned_data.get("on") if preview else None
    return {
        "form": form,
        "kind": kind,
        "preview": preview,
        "is_future": bool(on and on > today),
        "scheduled": scheduled(today),
        "over": [ScheduledRow(row, today, of_kept(row.seen)) for row in over],
    }
