"""真相：把各表的行读成字典，照方案的规矩一条一条数。不用 figures、papers、rules 里的任何东西（灯照 Recount 的笨办法）。"""

import datetime as dt
from functools import cached_property
from zoneinfo import ZoneInfo

from departments.models import Department, Leader
from tasks.models import (
    CoordinationRequest,
    Inspection,
    Instruction,
    InstructionReply,
    Problem,
    PublicItem,
    Reminder,
)
from tasks.models import Extension as ExtensionRow
from tests.tasks.figures.test_ledger import Recount

ZONE = ZoneInfo("Asia/Shanghai")
WARNING = ("red", "yellow")
ASKED = {"known", "part", "line", "standing", "is_done"}


def day(moment) -> dt.date:
    """当地的哪一天。"""
    return moment.astimezone(ZONE).date()


class Truth(Recount):
    """从 `first` 到 `period`（名字的“3月”）这一段，到 `today` 为止的真相。"""

    def __init__(self, plan, first, period, today):
        super().__init__(plan, today)
        self.name = {d.pk: d.name for d in Department.objects.all()}
        self.leader = {x.pk: x.name for x in Leader.objects.all()}
        self.number = {m["id"]: m["number"] for m in self.measures}
        self.now = next(p for p in self.periods if p["id"] == period.pk)
        self.first = next(p for p in self.periods if p["id"] == first.pk)
        self.is_span = self.first is not self.now
        self.end, self.as_of = self.until(self.now)
        # 本期关闭之后才开放的早一期，那时还没有。
        self.known_periods = [
            p for p in self.periods
            if p["starts_on"] <= self.now["starts_on"] and (not self.now["closed_at"] or p["opened_at"] <= self.end)
        ]  # fmt: skip
        self.spanned = [p for p in self.known_periods if p["starts_on"] >= self.first["starts_on"]]
        self.earlier = [p for p in self.known_periods if p["starts_on"] < self.first["starts_on"]]

    def __getattribute__(self, name):
        """反复问的几样记住答案：真相不会变。"""
        found = super().__getattribute__(name)
        if name not in ASKED:
            return found
        kept = self.__dict__.setdefault("kept", {})

        def once(*asked):
            key = name, *(x["id"] if isinstance(x, dict) and "id" in x else repr(x) for x in asked)
            if key not in kept:
                kept[key] = found(*asked)
            return kept[key]

        return once

    # ── 段 ──

    @cached_property
    def since(self):
        """这一段从哪一刻算起；没有更早的一期的不限。"""
        if not self.earlier:
            return None
        closed = self.earlier[-1]["closed_at"]
        if closed and closed <= self.end:
            return closed
        return dt.datetime.combine(self.first["starts_on"], dt.time.min, tzinfo=ZONE)

    def within(self, moment) -> bool:
        return moment is not None and moment <= self.end and (self.since is None or moment > self.since)

    @property
    def is_past_due(self) -> bool:
        return self.as_of > self.now["due_on"]

    @property
    def base(self):
        if self.earlier:
            return self.earlier[-1]
        return self.first if self.is_span else None

    @property
    def previous(self):
        return self.known_periods[-2] if len(self.known_periods) > 1 else None

    # ── 报送 ──

    def room(self, assignment) -> str:
        return self.name[assignment["department_id"]]

    def pair(self, assignment) -> tuple[str, str]:
        """一个项次：（部室，序号）。"""
        return self.room(assignment), self.number[assignment["measure_id"]]

    def standing(self, period) -> dict:
        """一期里应报的各项次 → 算数的那一行。更正通过了的是更正，没有通过的是原来那一行。"""
        found = {}
        for a in self.assignments:
            mine = [r for r in self.reports if r["assignment_id"] == a["id"] and r["period_id"] == period["id"]]
            alive = [r for r in mine if not r["superseded_at"] and (not r["corrects_id"] or r["status"] == "approved")]
            if alive:
                found[self.pair(a)] = alive[-1]
        return found

    def those(self, *statuses, period=None) -> set:
        """报送状态是这几种的项次。"""
        return {k for k, r in self.standing(period or self.now).items() if r["status"] in statuses}

    @property
    def owed(self) -> set:
        return set(self.standing(self.now))

    @property
    def reported(self) -> set:
        return self.those("submitted", "approved")

    @property
    def unreported(self) -> set:
        return self.those("missing", "draft")

    @property
    def returned(self) -> set:
        return self.those("returned")

    def sent(self, *, late, period=None) -> set:
        """交上来的（含退回的），首次报送晚于（不晚于）截止日的。"""
        period = period or self.now
        return {
            k for k, r in self.standing(period).items()
            if r["status"] in ("submitted", "approved", "returned") and (day(r["first_submitted_at"]) > period["due_on"]) == late
        }  # fmt: skip

    @property
    def pairs(self) -> set:
        """全部项次。"""
        return {self.pair(a) for a in self.assignments}

    @property
    def exempt(self) -> set:
        return self.pairs - self.owed

    def was(self, *statuses) -> set:
        """上期是这几种状态的项次。"""
        return self.those(*statuses, period=self.previous) if self.previous else set()

    def self_reviewed(self, period) -> set:
        return {k for k, r in self.standing(period).items() if r["status"] == "approved" and r["is_self_review"]}

    # ── 灯 ──

    def parts_of(self, measure) -> list:
        return [a for a in self.assignments if a["measure_id"] == measure["id"]]

    def measure(self, number):
        return next(m for m in self.measures if m["number"] == number)

    def level(self, number, period=None) -> str:
        return self.line(self.measure(number), period or self.now)[0]

    def lit(self, level, period=None) -> list[str]:
        """这种灯的各项的序号。"""
        return [m["number"] for m in self.measures if self.line(m, period or self.now)[0] == level]

    def turned(self) -> dict:
        """序号 → （从什么灯，到什么灯），灯有变化的。"""
        if self.base is None:
            return {}
        turns = {m["number"]: (self.level(m["number"], self.base), self.level(m["number"])) for m in self.measures}
        return {number: turn for number, turn in turns.items() if turn[0] != turn[1]}

    def level_of(self, room, number) -> str:
        """一个项次的灯（办公室定了的照定灯）。"""
        a = next(a for a in self.assignments if self.pair(a) == (room, number))
        return self.shown(a, self.now)[0]

    def approved(self, room, number, periods=None) -> list:
        """一个项次到这一段末了已通过的报送，由早到晚。"""
        a = next(a for a in self.assignments if self.pair(a) == (room, number))
        found = self.known(a, self.now)
        return [r for r in found if periods is None or r["period_id"] in {p["id"] for p in periods}]

    def rooms_of(self, measure) -> list:
        """一项的各个项次，照牵头的次序。"""
        return [(measure["number"], self.room(a)) for a in self.parts_of(measure)]

    def told(self, room, number) -> list:
        """一个项次说了什么（期、话），新的在前：几期的是各期，一期的只有最近一条；“本期无变化”不是进展。"""
        found = [r for r in reversed(self.approved(room, number)) if not r["is_no_change"]]
        if self.is_span:
            found = [r for r in found if r["period_id"] in {p["id"] for p in self.spanned}]
        when = {p["id"]: f"{p['starts_on'].month}月" for p in self.periods}
        return [(when[r["period_id"]], r["text"]) for r in (found if self.is_span else found[:1])]

    def undue(self) -> list[str]:
        """绿灯里一次也没有报过、首次报送还没有到截止日的。"""
        if self.is_past_due:
            return []
        sent = {
            r["assignment_id"] for r in self.reports
            if r["first_submitted_at"] and r["first_submitted_at"] <= self.end
            and r["period_id"] in {p["id"] for p in self.known_periods}
        }  # fmt: skip
        return [
            m["number"] for m in self.measures
            if self.line(m, self.now)[::2] == ("green", False) and not sent & {a["id"] for a in self.parts_of(m)}
        ]  # fmt: skip

    def newly_due(self) -> set[str]:
        """上一期的基准日到本期的基准日之间到期而没有办结的各项。"""
        if self.base is None:
            return set()
        start = self.until(self.base)[1]
        return {
            self.number[a["measure_id"]] for a in self.assignments
            if not self.is_done(a, self.now)
            and (due := self.due(a, self.measure(self.number[a["measure_id"]]), self.now))
            and start <= due < self.as_of
        }  # fmt: skip

    # ── 办结、延期 ──

    def completed(self) -> set:
        """此刻办结着的。"""
        return {self.pair(a) for a in self.assignments if self.is_done(a, self.now)}

    def by_id(self, pk) -> tuple[str, str]:
        return self.pair(next(a for a in self.assignments if a["id"] == pk))

    def completions_new(self) -> list:
        valid = [c for c in self.completions if c["reopened_at"] is None or c["reopened_at"] > self.end]
        return [self.by_id(c["assignment_id"]) for c in valid if self.within(c["granted_at"])]

    def reopened(self) -> list:
        return [self.by_id(c["assignment_id"]) for c in self.completions if self.within(c["reopened_at"])]

    def extended(self, status) -> list:
        """这一段里批准（未批准）的延期；待批的是到末了还没有批的。"""
        rows = [e for e in ExtensionRow.objects.values() if e["requested_at"] <= self.end]
        if status == "waiting":
            return [e for e in rows if not e["decided_at"] or e["decided_at"] > self.end]
        return [e for e in rows if e["status"] == status and self.within(e["decided_at"])]

    # ── 问题、批示、催办、督查、协调 ──

    @cached_property
    def problems(self) -> list:
        rows = Problem.objects.filter(plan=self.plan).values()
        return [
            p for p in rows if p["created_at"] <= self.end and not (p["dropped_at"] and p["dropped_at"] <= self.end)
        ]

    @property
    def unsettled(self) -> list:
        return [p for p in self.problems if not p["settled_at"] or p["settled_at"] > self.end]

    def applied(self) -> list:
        return [p for p in self.unsettled if p["applied_at"] and p["applied_at"] <= self.end]

    @property
    def settled(self) -> list:
        return [p for p in self.problems if self.within(p["settled_at"])]

    def overdue(self) -> list:
        return [p for p in self.unsettled if p["due_on"] < self.as_of]

    @cached_property
    def instructions(self) -> list:
        rows = [i for i in Instruction.objects.values() if i["at"] <= self.end]
        for i in rows:
            i["rooms"] = {
                self.name[pk] for pk in Instruction.objects.get(pk=i["id"]).departments.values_list("pk", flat=True)
            }
            replies = InstructionReply.objects.filter(instruction=i["id"]).values()
            i["owing"] = i["rooms"] - {self.name[r["department_id"]] for r in replies if r["at"] <= self.end}
            i["number"] = self.number[i["measure_id"]]
        return rows

    def waiting(self) -> list:
        return [i for i in self.instructions if not i["answered_at"] or i["answered_at"] > self.end]

    def reminders(self) -> list[str]:
        return [self.name[r["department_id"]] for r in Reminder.objects.values() if self.within(r["at"])]

    def inspections(self) -> list:
        start = day(self.since) if self.since else dt.date.min
        return [i for i in Inspection.objects.values() if start < i["held_on"] <= self.as_of]

    def coordination(self) -> list:
        sent = {r["id"]: r for r in self.reports}
        rows = [c for c in CoordinationRequest.objects.values() if c["created_at"] <= self.end]
        return [c for c in rows if sent[c["progress_id"]]["status"] in ("submitted", "approved", "returned")]

    def stories(self) -> list:
        mine, sent = {p["id"] for p in self.spanned}, {r["id"]: r for r in self.reports}
        return [
            s
            for s in PublicItem.objects.values()
            if sent[s["progress_id"]]["period_id"] in mine and s["released_at"] <= self.end
        ]

    # ── 目标 ──

    def value_of(self, target):
        """一个目标到这一段末了最近一次通过的完成值。"""
        owners = [a for a in self.assignments if a["measure_id"] == target["measure_id"]]
        if target["department_id"]:
            owners = [a for a in owners if a["department_id"] == target["department_id"]]
        best = None
        for a in owners:
            for r in self.known(a, self.now):
                for v in self.values:
                    if v["progress_id"] == r["id"] and v["target_id"] == target["id"]:
                        starts = next(p["starts_on"] for p in self.periods if p["id"] == r["period_id"])
                        if best is None or (starts, r["reviewed_at"]) > best[0]:
                            best = (starts, r["reviewed_at"]), v["value"]
        return int(best[1]) if best else None

    def is_met(self, target) -> bool:
        value, goal = self.value_of(target), int(target["value"])
        return value is not None and (value >= goal if target["operator"] == "ge" else value <= goal)
