"""给 benchmarks/pages.py 造库：一份（或几份）任意大小的方案，十个月的报送，九期已关、一期在报。

成批写入，绕过了 workflow，所以状态在这里直接写；同样的大小每次造出同样的行（随机数固定）。
各项的分布照演示与常识定：一成九的举措两个部室共同牵头，约三成项次在途中办结（办结以后不再报），
所以二千项举措约二千四百项次、二万条报送。多数按时报、按时过，少数补报、退回、漏报、更正。
"""

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from benchmarks.around import Around
from benchmarks.ground import FIRST, LAST, TODAY, WORDS, People, moment, store
from departments.models import User
from tasks import workflow
from tasks.figures import basis, closed
from tasks.imports.inforce import snapshot
from tasks.imports.numbers import position
from tasks.models import (
    Assignment,
    Attachment,
    CalendarLink,
    Completion,
    CoordinationRequest,
    Event,
    Measure,
    MeasureLeader,
    Plan,
    PlanRevision,
    Progress,
    PublicItem,
    Receipt,
    ReportingPeriod,
    Target,
    TargetValue,
)

# 大小 → （几份方案，每份几项，几个部室，几位领导）。部室与领导全库共用：现在还没有“区”，几份方案也只能一份是现行的。
SIZES = {
    "M": (1, 2000, 30, 14),
    "L": (1, 20_000, 40, 20),
    "zones": (200, 100, 30, 14),
    "plans": (20, 100, 30, 14),
}
S = Progress.Status


def settle(plan: Plan) -> None:
    """补上成批写入绕过的两步：判灯，和关闭一期时记下的判灯依据（照那一期关闭那一刻的样子）。"""
    workflow.rejudge_plan(plan, plan.periods.opened())
    for period in plan.periods.closed().order_by("starts_on"):
        basis.keep(period)
        closed.keep(period)


def seed(size: str) -> None:
    """造这样大小的库。`size` 是 SIZES 里的，或一份方案的项数。"""
    plans, measures, rooms, leaders = SIZES[size] if size in SIZES else (1, int(size), 5, 3)
    people = People(rooms, leaders)
    for i in range(plans):
        settle(Seed(i, measures, people).plan)


def adopt_demo() -> None:
    """演示的账户只在 DEBUG 下登录得了；量的时候照正式环境跑，所以改成普通账户。"""
    User.objects.filter(is_demo=True).update(is_demo=False)
    people = User.objects.reporters().select_related("department")
    for user in people.filter(department__calendar_links=None, username__endswith="-head"):
        CalendarLink.objects.create(department=user.department, created_by=user, created_at=moment(9, 1))
    Plan.objects.filter(is_current=True).update(is_public=True)


class Seed(Around):
    """一份方案与它名下的一切。"""

    def __init__(self, index: int, measures: int, people: People) -> None:
        self.people, self.index = people, index
        self.random = random.Random(2023 + index)  # noqa: S311 - 不是密钥，要的正是每次一样
        self.plan = self._plan()
        self.measures = store(self._measure(n) for n in range(1, measures + 1))
        self.parts = self._parts()
        self.targets = self._targets()
        self.revision = self._revision()
        self.periods = self._periods()
        # 项次（编号）→ 在第几期办结（没有办结的为 None）、进度落后多少。
        self.ends = {a.pk: self._end(a) for a in self.parts}
        self.gaps = {
            a.pk: self.random.choices((-5, 2, 20, 40), (35, 35, 18, 12))[0] + self.random.randint(-3, 3)
            for a in self.parts
        }
        self.surround()
        for order, period in enumerate(self.periods):
            self._report(order, period)

    # ── 方案 ──────────────────────────────────────────────

    def _plan(self) -> Plan:
        name = f"第{self.index + 1}区" if self.index else "本区"
        return Plan.objects.create(
            title=f"{name}2023年优化营商环境行动方案",
            document_number=f"开发〔2023〕{self.index + 1}号",
            issuer="党工委",
            issued_on=dt.date(2023, 3, 6),
            year=2023,
            notice="现将方案印发给你们，请结合实际，抓好贯彻落实。",
            goal="坚持问题导向、目标导向、结果导向。" * 6,
            safeguards=[{"heading": "（一）强化组织领导。", "text": "高位统筹推进。" * 20}],
            starts_on=dt.date(2023, 3, 1),
            ends_on=dt.date(2023, 12, 31),
            is_current=not self.index,
            is_public=not self.index,
        )

    def _measure(self, n: int) -> Measure:
        number = str(n) if n < 10_000 else f"{n // 100 - 99}-{n % 100 + 1}"
        kind = self.random.choices(Measure.Kind.values, (35, 40, 25))[0]
        due = self.random.choices(
            (None, dt.date(2023, 6, 30), dt.date(2023, 9, 30), dt.date(2024, 1, 10), dt.date(2023, 12, 31)),
            (30, 8, 12, 15, 35),
        )[0]
        return Measure(
            plan=self.plan,
            number=number,
            position=position(number),
            title=f"第{n}号举措：{self.random.choice(WORDS)[:14]}",
            text=f"第{n}号举措。" + "".join(self.random.sample(WORDS, 4)) + "力争新增 20 家。",
            kind=kind,
            kind_is_confirmed=True,
            deadline=f"{due.year}年{due.month}月底前" if due else "",
            due_on=due,
        )

    def _parts(self) -> list[Assignment]:
        rooms, links, parts = self.people.rooms, [], []
        for measure in self.measures:
            for order, leader in enumerate(self.random.sample(self.people.leaders, self.random.choice((1, 1, 2)))):
                links.append(MeasureLeader(measure=measure, leader=leader, order=order))
            leading = self.random.sample(rooms, 2 if self.random.random() < 0.19 else 1)
            if len(leading) == 2 and self.random.random() < 0.5:
                measure.summary_department = leading[0]
            parts += [Assignment(measure=measure, department=room, order=i) for i, room in enumerate(leading)]
        store(links)
        joint = [m for m in self.measures if m.summary_department_id]
        Measure.objects.bulk_update(joint, ["summary_department"], batch_size=500)
        return store(parts)

    def _targets(self) -> dict[int, list[Target]]:
        found = defaultdict(list)
        wanted = [m for m in self.measures if m.kind == Measure.Kind.INDICATOR]
        rows = [
            Target(
                measure=m,
                name=f"新增家数{n + 1}",
                operator="ge",
                value=20,
                unit="家",
                strength=self.random.choice(Target.Strength.values),
                quote="力争新增 20 家",
                order=n,
            )
            for m in wanted
            for n in range(self.random.choice((1, 1, 2)))
        ]
        for target in store(rows):
            found[target.measure_id].append(target)
        return found

    def _revision(self) -> PlanRevision:
        who, at = self.people.admin, moment(3, 8)
        made = PlanRevision.objects.create(
            plan=self.plan,
            number=1,
            status=PlanRevision.Status.APPLIED,
            filename="方案.xlsx",
            sha256="0" * 64,
            rows=snapshot(self.plan),
            created_by=who,
            created_at=at,
            applied_by=who,
            applied_at=at,
        )
        store(
            Receipt(revision=made, department=room, signed_by=self.people.reporters[room.pk], signed_at=moment(3, 9))
            for room in self.people.rooms[:-1]
        )
        return made

    def _periods(self) -> list[ReportingPeriod]:
        who = {"by": self.people.office, "at": moment(3, 8)}
        made = workflow.plan_periods(self.plan, **who, first_month=FIRST, last_month=LAST, due_day=25)
        for period in made:
            month = period.starts_on.month
            period.opened_at = moment(month, 10 if month == FIRST else 1, 8)
            period.closed_at = moment(month, 30, 17) if month < LAST else None
            period.status = ReportingPeriod.Status.CLOSED if month < LAST else ReportingPeriod.Status.OPEN
        ReportingPeriod.objects.bulk_update(made, ["opened_at", "closed_at", "status"])
        made = list(self.plan.periods.order_by("starts_on"))
        for action, label, name in (
            ("period_open", "开放报送", "opened_at"),
            ("period_close", "关闭报送", "closed_at"),
        ):
            for period in made:
                if at := getattr(period, name):
                    workflow.record(action, label, self.people.office, at, period=period, is_public=True)
        return made

    # ── 报送 ──────────────────────────────────────────────

    def _end(self, part: Assignment) -> int | None:
        """在第几期办结。时限已过的多半办结了。"""
        due = part.measure.due_on
        if due and due < TODAY and self.random.random() < 0.85:
            return self.random.randint(1, max(1, min(due.month - FIRST, len(self.periods) - 2)))
        return self.random.randint(1, len(self.periods) - 2) if self.random.random() < 0.22 else None

    def _report(self, order: int, period: ReportingPeriod) -> None:
        """一期：每个没有办结的项次一行，连同完成值、办理过程与由它而来的各样。"""
        owed = [a for a in self.parts if self.ends[a.pk] is None or order <= self.ends[a.pk]]
        rows = store(self._row(order, period, part) for part in owed)
        store(self._values(order, rows))
        store(self._events(rows))
        approved = [row for row in rows if row.is_approved]
        store(self._completion(row) for row in approved if row.stage == Progress.Stage.COMPLETED)
        store(self._attachment(row) for row in approved if self.random.random() < 0.05)
        asked = [row for row in rows if row.coordination and row.is_sent]
        store(self._coordination(row) for row in asked)
        if period.closed_at:
            self._correct([row for row in approved if self.random.random() < 0.005])
        if order >= len(self.periods) - 3:
            chosen = [row for row in approved if self.random.random() < 0.03]
            store(
                PublicItem(
                    progress=row,
                    category=self.random.choice(PublicItem.Category.values),
                    wording=row.text,
                    released_by=self.people.office,
                    released_at=row.reviewed_at,
                )
                for row in chosen
            )

    def _row(self, order: int, period: ReportingPeriod, part: Assignment) -> Progress:
        row, luck, month = Progress(assignment=part, period=period), self.random.random(), period.starts_on.month
        is_last = self.ends[part.pk] == order
        if is_last:
            row.status = S.APPROVED
        elif period.closed_at:
            row.status = S.APPROVED if luck < 0.93 else S.RETURNED if luck < 0.95 else S.MISSING
        else:
            steps = ((0.40, S.APPROVED), (0.60, S.SUBMITTED), (0.68, S.DRAFT), (0.72, S.RETURNED), (1, S.MISSING))
            row.status = next(status for limit, status in steps if luck < limit)
        if row.status == S.MISSING:
            return row
        self._write(row, order, is_last)
        if row.status == S.DRAFT:
            return row
        is_late = bool(period.closed_at) and self.random.random() < 0.05
        day = self.random.randint(26, 28) if is_late else self.random.randint(11, 25 if period.closed_at else 19)
        row.submitted_by = row.written_by
        row.first_submitted_at = row.submitted_at = moment(month, day, 9, self.random.randint(0, 59))
        if row.status in (S.APPROVED, S.RETURNED):
            row.reviewed_by, row.reviewed_at = self.people.office, row.submitted_at + dt.timedelta(hours=5)
        if row.status == S.RETURNED:
            row.return_reason, row.times_returned = "请补充具体数字与完成时间。", 1
        return row

    def _write(self, row: Progress, order: int, is_last: bool) -> None:
        part, chance = row.assignment, self.random.random
        row.version, row.text = 1, "".join(self.random.sample(WORDS, self.random.choice((2, 3, 4))))
        row.stage = Progress.Stage.COMPLETED if is_last else Progress.Stage.IN_PROGRESS
        row.problems = "个别环节材料仍需线下核验，进度偏慢。" if chance() < 0.1 else ""
        row.coordination = "请协助提供数据接口，本月底前。" if chance() < 0.03 else ""
        row.next_steps = self.random.choice(WORDS) if chance() < 0.7 else ""
        row.written_by = self.people.reporters[part.department_id]
        row.written_at = row.period.opened_at + dt.timedelta(days=3)
        if part.measure.kind == Measure.Kind.MILESTONE:
            row.percent = 100 if is_last else max(0, min(95, (order + 1) * 10 - self.gaps[part.pk]))

    def _values(self, order: int, rows: list[Progress]) -> Iterator[TargetValue]:
        for row in rows:
            if row.is_unsent:
                continue
            done = (
                20
                if row.stage == Progress.Stage.COMPLETED
                else max(0, 2 * (order + 1) - self.gaps[row.assignment_id] // 5)
            )
            for target in self.targets.get(row.assignment.measure_id, ()):
                yield TargetValue(progress=row, target=target, value=Decimal(done))

    def _events(self, rows: list[Progress]) -> Iterator[Event]:
        """一条报送一条：通过的记通过，交上来的记报送。"""
        for row in rows:
            if row.is_unsent:
                continue
            part, done = row.assignment, row.is_approved
            yield Event(
                action="progress_approve" if done else "progress_submit",
                label="审核通过" if done else "报送",
                by=row.reviewed_by if done else row.submitted_by,
                at=row.reviewed_at if done else row.submitted_at,
                note="" if done else row.text,
                is_public=done,
                department=part.department,
                plan=self.plan,
                measure=part.measure,
                assignment=part,
                period=row.period,
                progress=row,
            )

    def _completion(self, row: Progress) -> Completion:
        who = {"granted_by": self.people.office, "granted_at": row.reviewed_at}
        return Completion(assignment=row.assignment, progress=row, **who)

    def _attachment(self, row: Progress) -> Attachment:
        about = {"name": "现场照片.pdf", "content_type": "application/pdf", "size": 120_000, "sha256": "0" * 64}
        who = {"uploaded_by": row.written_by, "uploaded_at": row.written_at}
        return Attachment(progress=row, file="evidence/0", **about, **who)

    def _coordination(self, row: Progress) -> CoordinationRequest:
        others = [room for room in self.people.rooms if room.pk != row.assignment.department_id]
        answered = self.random.random() < 0.8
        return CoordinationRequest(
            progress=row,
            to_department=self.random.choice([None, *others[:5]]),
            text=row.coordination,
            created_by=row.written_by,
            created_at=row.submitted_at,
            answer="已安排专人对接。" if answered else "",
            answered_by=self.people.office if answered else None,
            answered_at=row.submitted_at + dt.timedelta(days=1) if answered else None,
        )

    def _correct(self, rows: list[Progress]) -> None:
        """关闭以后更正并通过：旧的一行记下被取代的时刻，新的一行接上。"""
        made = []
        for row in rows:
            at = row.period.closed_at + dt.timedelta(days=4)
            fields = {f.attname: getattr(row, f.attname) for f in Progress._meta.concrete_fields if not f.primary_key}
            made.append(Progress(**fields | {"corrects_id": row.pk, "reviewed_at": at, "text": "更正：" + row.text}))
            row.superseded_at = at
        Progress.objects.bulk_update(rows, ["superseded_at"], batch_size=500)
        store(made)
