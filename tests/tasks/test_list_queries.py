"""各张清单的查询数与行数无关：各有 1 行与各有 30 行，一样多。谁写的、哪个部室、哪一项，行行不同。"""

import datetime as dt

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from departments.models import Department, Leader, Role
from tasks import workflow
from tasks.models import (
    CalendarLink,
    Circular,
    Completion,
    CompletionRequest,
    Cooperation,
    CoordinationRequest,
    EffectNote,
    Event,
    Extension,
    Inspection,
    Instruction,
    InstructionReply,
    Milestone,
    MilestoneTick,
    Problem,
    ProblemNote,
    Progress,
    Receipt,
)
from tests.factories import at, make_plan, make_user
from tests.markup import markup

pytestmark = pytest.mark.django_db
WHEN, DAY = at("2023-09-10 09:00"), dt.date(2023, 9, 10)


class World:
    """三十个部室各有一个填报人，三十项各由一个部室牵头；每种清单各 `n` 行。"""

    def __init__(self, n):
        self.n, self.plan = n, make_plan(measures=30, departments=30)
        self.rooms = list(Department.objects.order_by("order"))
        self.writers = [make_user(room.slug, department=room) for room in self.rooms]
        self.office, self.admin = make_user("office", Role.OFFICE), make_user("admin", Role.ADMIN)
        [self.period] = workflow.plan_periods(
            self.plan, by=self.office, at=WHEN, first_month=9, last_month=9, due_day=25
        )
        self.period = workflow.open_period(self.period, by=self.office, at=WHEN)
        self.rows = list(self.period.progress.select_related("assignment__measure").order_by("assignment__measure"))
        self.sent()
        for fill in (
            self.asked,
            self.helped,
            self.troubles,
            self.said,
            self.steps,
            self.waits,
            self.ended,
            self.written,
        ):
            fill()

    def each(self):
        """第几行、那一项的项次、牵头部室的人、另一个人。"""
        for i in range(self.n):
            part = self.rows[i].assignment
            mine = next(u for u in self.writers if u.department_id == part.department_id)
            yield i, part, mine, self.writers[(i + 7) % 30]

    def sent(self):
        for i, _, mine, _ in self.each():
            done = {"submitted_by": mine, "submitted_at": WHEN, "first_submitted_at": WHEN, "problems": "缺人。"}
            Progress.objects.filter(pk=self.rows[i].pk).update(status="submitted", text="做了。", **done)

    def asked(self):
        for i, _, mine, other in self.each():
            same = {"progress": self.rows[i], "text": "请协调。", "created_by": mine, "created_at": WHEN}
            answer = {"answer": "好。", "answered_by": other, "answered_at": WHEN}
            CoordinationRequest.objects.create(**same, to_department=other.department, **answer)
            CoordinationRequest.objects.create(**same, to_department=self.writers[(i + 3) % 30].department)
            CoordinationRequest.objects.create(**same)

    def helped(self):
        for i, part, _, other in self.each():
            same = {"measure": part.measure, "period": self.period, "text": "配合了什么。", "due_on": DAY, "by": self.office,
                    "at": WHEN}  # fmt: skip
            answer = {"answer": "核对了。", "answered_by": other, "answered_at": WHEN}
            Cooperation.objects.create(**same, department=other.department, **answer)
            Cooperation.objects.create(**same, department=self.writers[(i + 3) % 30].department)

    def troubles(self):
        for i, part, mine, other in self.each():
            visit = Inspection.objects.create(
                plan=self.plan, held_on=DAY, inspectors="甲", place="大厅", findings="有序", created_by=other, created_at=WHEN
            )  # fmt: skip
            visit.measures.add(part.measure)
            same = {"plan": self.plan, "title": "设备", "text": "没到。", "due_on": DAY, "created_by": mine,
                    "created_at": WHEN, "department": mine.department, "measure": part.measure, "assignment": part}  # fmt: skip
            Problem.objects.create(number=2 * i + 1, progress=self.rows[i], **same)
            made = Problem.objects.create(number=2 * i + 2, inspection=visit, **same)
            ProblemNote.objects.create(problem=made, text="在办。", by=mine, at=WHEN)

    def said(self):
        for i, part, mine, other in self.each():
            leader = Leader.objects.create(name=f"领导{i}")
            of = {"plan": part.measure.plan, "measure": part.measure, "leader": leader}
            made = Instruction.objects.create(**of, text="抓紧。", is_urgent=bool(i % 2), by=other, at=WHEN)
            made.departments.set([mine.department, other.department])
            InstructionReply.objects.create(
                instruction=made, department=other.department, text="好。", by=other, at=WHEN
            )

    def steps(self):
        for i, part, mine, _ in self.each():
            same = {"assignment": part, "due_on": DAY, "proposed_by": mine, "proposed_at": WHEN}
            Milestone.objects.create(name="待认可", **same)
            agreed = Milestone.objects.create(name="认可的", agreed_by=self.office, agreed_at=WHEN, **same)
            MilestoneTick.objects.create(progress=self.rows[i], milestone=agreed)

    def waits(self):
        for _, part, mine, other in self.each():
            same = {"assignment": part, "old_due_on": DAY, "new_due_on": dt.date(2023, 12, 1), "reason": "等文件",
                    "requested_by": mine, "requested_at": WHEN}  # fmt: skip
            Extension.objects.create(**same)
            Extension.objects.create(**same, status="approved", decided_by=other, decided_at=WHEN)
            asks = {"assignment": part, "note": "做完了。", "requested_by": mine, "requested_at": WHEN}
            CompletionRequest.objects.create(**asks)
            back = {"status": "returned", "decided_by": other, "decided_at": WHEN, "return_reason": "补材料"}
            CompletionRequest.objects.create(**asks, **back)

    def ended(self):
        for _, part, mine, other in self.each():
            done = Completion.objects.create(assignment=part, granted_by=other, granted_at=WHEN)
            EffectNote.objects.create(completion=done, text="好。", follow_up_on=DAY, by=mine, at=WHEN)
            Receipt.objects.create(
                revision=self.plan.revision, department=mine.department, signed_by=mine, signed_at=WHEN
            )

    def written(self):
        for i, part, mine, other in self.each():
            about = {"plan": self.plan, "measure": part.measure, "assignment": part, "period": self.period}
            problem = Problem.objects.filter(measure=part.measure).first()
            Event.objects.create(
                action="problem_note", label="记一步", by=mine, at=WHEN, department=other.department, problem=problem, **about
            )  # fmt: skip
            same = {"plan": self.plan, "kind": "circular", "first_period": self.period, "period": self.period,
                    "created_by": self.office, "created_at": WHEN}  # fmt: skip
            issued = {
                "status": "issued",
                "year": 2023,
                "number": i + 1,
                "issued_on": DAY,
                "issued_at": WHEN,
                "issued_by": mine,
            }
            first = Circular.objects.create(title=f"通报{i}", **same, **issued)
            Circular.objects.create(title=f"更正{i}", corrects=first, **same)
        CalendarLink.objects.create(
            department=self.rooms[0], token="x" * 43, created_by=self.writers[0], created_at=WHEN
        )


PAGES = {
    "协调": lambda w: (w.office, "/coordination/"),
    "协调（已答复）": lambda w: (w.office, "/coordination/?state=answered"),
    "协调（请办公室的）": lambda w: (w.office, "/coordination/?state=office"),
    "协调（填报人）": lambda w: (next(w.each())[2], "/coordination/"),
    "配合": lambda w: (w.office, "/cooperation/"),
    "配合（填报人）": lambda w: (next(w.each())[2], "/cooperation/"),
    "问题": lambda w: (w.office, "/problems/"),
    "问题（搜索）": lambda w: (w.office, "/problems/?q=设备"),
    "办结": lambda w: (w.office, "/completions/"),
    "延期": lambda w: (w.office, "/extensions/"),
    "批示": lambda w: (w.office, "/instructions/"),
    "节点": lambda w: (w.office, "/milestones/"),
    "督查": lambda w: (w.office, "/inspections/"),
    "记录": lambda w: (w.office, "/log/"),
    "通报": lambda w: (w.office, "/circulars/"),
    "催办": lambda w: (w.office, "/remind/"),
    "对外宣传": lambda w: (w.office, "/publicity/"),
    "日历": lambda w: (None, f"/calendar/{'x' * 43}.ics"),
    "方案": lambda w: (w.admin, "/plan/"),
    "一版": lambda w: (w.admin, f"/plan/revisions/{w.plan.revision.pk}/"),
}


def queries(world, page) -> list:
    """看一次这个页面问了什么。先看一遍，免得数进只做一次的事。"""
    user, url = PAGES[page](world)
    client = Client()
    if user:
        client.force_login(user)
    response = client.get(url)
    assert response.status_code == 200, (page, url)
    with CaptureQueriesContext(connection) as captured:
        client.get(url)
    return [query["sql"] for query in captured]


def asked(n) -> dict:
    with transaction.atomic():
        world = World(n)
        found = {page: queries(world, page) for page in PAGES}
        transaction.set_rollback(True)
    return found


def test_no_list_asks_more_questions_for_thirty_rows_than_for_one():
    one, thirty = asked(1), asked(30)
    # 少问是可以的：库里没有的几种不去取。
    assert {page: len(found) for page, found in thirty.items() if len(found) > len(one[page])} == {}


def test_what_does_not_fit_on_one_page_is_reached_on_the_next(sign_in, monkeypatch):
    """办结的三张清单一起翻，延期翻页；数说的是全部。"""
    monkeypatch.setattr("tasks.pages.completion.PAGE_SIZE", 12)
    monkeypatch.setattr("tasks.pages.extension.PAGE_SIZE", 12)
    world = World(30)
    client = sign_in(world.office)
    for address, names in (("/completions/", ("waiting", "follow_ups", "completed")), ("/extensions/", ("waiting",))):
        pages = [client.get(f"{address}?page={n}").context for n in (1, 2, 3)]
        assert pages[0]["page_obj"].paginator.num_pages == 3
        for name in names:
            assert [len(page[name]) for page in pages] == [12, 12, 6], (address, name)
    assert "30 件办结待核实" in markup(client.get("/completions/?page=3"))
    assert "30 件延期待批" in markup(client.get("/extensions/?page=3"))


def test_a_decision_that_was_not_accepted_comes_back_on_the_page_it_is_on(sign_in, monkeypatch):
    monkeypatch.setattr("tasks.pages.extension.PAGE_SIZE", 12)
    world = World(30)
    last = Extension.objects.waiting().order_by("requested_at", "pk").last()
    response = sign_in(world.office).post(f"/extensions/{last.pk}/refuse/", {f"x{last.pk}-note": ""})
    assert response.status_code == 422
    assert last.pk in [row.extension.pk for row in response.context["waiting"]]
