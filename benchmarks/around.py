"""造库：报送以外的各样——节点、延期、定灯、问题、批示、督查、催办、汇总、办结申请。"""

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Iterator

from benchmarks.ground import FIRST, LAST, TODAY, WORDS, People, moment, store
from tasks.models import (
    Assignment,
    CompletionRequest,
    Extension,
    Inspection,
    Instruction,
    InstructionReply,
    JointSummary,
    ManualLight,
    Measure,
    MeasureLeader,
    Milestone,
    Plan,
    Problem,
    ProblemNote,
    Reminder,
    ReportingPeriod,
)


class Around:
    """一份方案的另一半；方案、举措、项次、报送期由 seeding.Seed 备好。"""

    random: random.Random
    people: People
    plan: Plan
    measures: list[Measure]
    parts: list[Assignment]
    periods: list[ReportingPeriod]
    ends: dict[int, int | None]

    def surround(self) -> None:
        """节点、延期、定灯、问题、批示、督查、催办、汇总、办结申请。"""
        pick = lambda rows, share: [row for row in rows if self.random.random() < share]  # noqa: E731
        live = [a for a in self.parts if self.ends[a.pk] is None]
        nodes = [a for a in self.parts if a.measure.kind == Measure.Kind.MILESTONE]
        store(node for part in pick(nodes, 0.3) for node in self._nodes(part))
        self._extend(pick([a for a in live if a.measure.due_on], 0.05))
        store(
            ManualLight(
                measure=measure,
                period=self.periods[-1],
                level=self.random.choice(ManualLight.Level.values),
                reason="手续尚未办完，提醒关注。",
                set_by=self.people.office,
                set_at=moment(12, 15),
            )
            for measure in pick(self.measures, 0.01)
        )
        self._problems(pick(self.parts, 0.05))
        self._instruct(pick(self.measures, 0.02))
        joint = [m for m in self.measures if m.summary_department_id]
        store(
            JointSummary(
                measure=m,
                period=self.periods[-2],
                department=m.summary_department,
                text=WORDS[0],
                by=self.people.reporters[m.summary_department_id],
                at=moment(11, 28),
            )
            for m in pick(joint, 0.5)
        )
        store(
            CompletionRequest(
                assignment=a,
                note="各项任务已经完成，申请办结。",
                requested_by=self.people.reporters[a.department_id],
                requested_at=moment(12, 18),
            )
            for a in pick(live, 0.005)
        )
        store(
            Inspection(
                plan=self.plan,
                held_on=dt.date(2023, month, 15),
                inspectors="督查组",
                place="政务大厅",
                findings=WORDS[1],
                created_by=self.people.office,
                created_at=moment(month, 16),
            )
            for month in range(FIRST, LAST)
        )
        self._remind(live)

    def _nodes(self, part: Assignment) -> Iterator[Milestone]:
        who = self.people.reporters[part.department_id]
        for n in range(self.random.choice((2, 3, 4))):
            due = dt.date(2023, min(12, 4 + n * 3), 28)
            done = due < TODAY and self.random.random() < 0.85
            yield Milestone(
                assignment=part,
                name=f"第{n + 1}步：完成方案与联调",
                due_on=due,
                proposed_by=who,
                proposed_at=moment(3, 12),
                agreed_by=self.people.office,
                agreed_at=moment(3, 13),
                done_on=due if done else None,
                done_at=moment(due.month, 28, 16) if done else None,
            )

    def _extend(self, parts: list[Assignment]) -> None:
        made = []
        for part in parts:
            is_decided, old = self.random.random() < 0.8, part.measure.due_on
            new = old + dt.timedelta(days=60)
            fields = {"decided_by": self.people.office, "decided_at": moment(9, 12)} if is_decided else {}
            made.append(
                Extension(
                    assignment=part,
                    old_due_on=old,
                    new_due_on=new,
                    reason="上级批复尚未下达。",
                    status=Extension.Status.APPROVED if is_decided else Extension.Status.REQUESTED,
                    requested_by=self.people.reporters[part.department_id],
                    requested_at=moment(9, 11),
                    **fields,
                )
            )
            part.extended_due_on = new if is_decided else None
        Assignment.objects.bulk_update(parts, ["extended_due_on"], batch_size=500)
        store(made)

    def _problems(self, parts: list[Assignment]) -> None:
        made = []
        for n, part in enumerate(parts, 1):
            status = self.random.choices(
                (Problem.Status.OPEN, Problem.Status.APPLIED, Problem.Status.SETTLED), (5, 1, 4)
            )[0]
            opened = moment(self.random.randint(4, 11), 20)
            settled = {"settled_by": self.people.office, "settled_at": opened + dt.timedelta(days=20)}
            made.append(
                Problem(
                    plan=self.plan,
                    number=n,
                    title=f"第{part.measure.number}项材料环节偏多",
                    text=self.random.choice(WORDS),
                    category=self.random.choice(Problem.Category.values),
                    level=self.random.choice(Problem.Level.values),
                    department=part.department,
                    due_on=opened.date() + dt.timedelta(days=self.random.choice((20, 40, 90))),
                    status=status,
                    measure=part.measure,
                    assignment=part,
                    created_by=self.people.office,
                    created_at=opened,
                    applied_at=None if status == Problem.Status.OPEN else opened + dt.timedelta(days=15),
                    **(settled if status == Problem.Status.SETTLED else {}),
                )
            )
        store(
            ProblemNote(problem=p, text=WORDS[3], by=self.people.reporters[p.department_id], at=p.created_at)
            for p in store(made)
        )

    def _instruct(self, measures: list[Measure]) -> None:
        by_leader = {user.leader_id: user for user in self.people.bosses}
        rooms, leaders = defaultdict(list), {}
        for part in self.parts:
            rooms[part.measure_id].append(part.department)
        for link in MeasureLeader.objects.filter(measure__in=measures, order=0).select_related("leader"):
            leaders[link.measure_id] = link.leader
        made = [
            Instruction(
                plan_id=m.plan_id,
                measure=m,
                leader=leaders[m.pk],
                text="请加快推进，月底前报结果。",
                is_urgent=self.random.random() < 0.2,
                by=by_leader[leaders[m.pk].pk],
                at=moment(self.random.randint(4, 12), 5),
                answered_at=moment(12, 8) if self.random.random() < 0.6 else None,
            )
            for m in measures
        ]
        links, replies = [], []
        for row in store(made):
            for room in rooms[row.measure_id]:
                links.append(Instruction.departments.through(instruction=row, department=room))
                if row.answered_at:
                    who = {"by": self.people.reporters[room.pk], "at": row.answered_at}
                    replies.append(InstructionReply(instruction=row, department=room, text=WORDS[3], **who))
        store(links)
        store(replies)

    def _remind(self, live: list[Assignment]) -> None:
        of_room = defaultdict(list)
        for part in live:
            of_room[part.department_id].append(part)
        made = store(
            Reminder(
                plan=self.plan,
                period=self.periods[-1],
                department_id=room,
                text="本期报送截止日临近，请尽快报送。",
                by=self.people.office,
                at=moment(12, 18),
            )
            for room in of_room
        )
        through = Reminder.assignments.through
        store(through(reminder=r, assignment=a) for r in made for a in of_room[r.department_id][:5])
