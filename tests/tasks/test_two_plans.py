"""两份方案：换了之后，徽标、待办、清单、首页、公文只数现行的那一份，旧的不混进来。"""

import datetime as dt

import pytest
from django.urls import reverse

from departments.models import Department, Leader
from tasks import workflow
from tasks.figures import assessment
from tasks.figures.snapshot import collect
from tasks.forms import CoordinationFilterForm, InstructionFilterForm, ProblemFilterForm
from tasks.imports import applying
from tasks.models import CoordinationRequest, Event, Measure, Plan, Progress
from tasks.pages import assignment as assignment_pages
from tasks.pages import completion as completion_pages
from tasks.pages import coordination as coordination_pages
from tasks.pages import extension as extension_pages
from tasks.pages import home as home_pages
from tasks.pages import inspection as inspection_pages
from tasks.pages import instruction as instruction_pages
from tasks.pages import joint as joint_pages
from tasks.pages import milestone as milestone_pages
from tasks.pages import navigation
from tasks.pages import problem as problem_pages
from tasks.pages import review as review_pages
from tasks.papers import calendar as calendar_papers

from ..factories import make_plan
from .parts import HALL, TODAY, ask_completion, ask_extension, dated, part

pytestmark = pytest.mark.django_db
LATE = dt.date(2023, 9, 15)


@pytest.fixture
def other(plan):
    """下一年的方案，有生效的版本，还不是现行的。"""
    return make_plan(measures=1, departments=1, year=2024)


@pytest.fixture
def choose(other, people, at):
    def do():
        return applying.choose_plan(other, by=people.admin, at=at("2023-09-22 09:00"))

    return do


def list_problem(plan, people, at, room=HALL, level="department", **more):
    return workflow.open_problem(
        plan, by=people.office, at=at("2023-09-10 09:00"), title="缺资金", text="缺资金。", category="other",
        level=level, department=Department.objects.get(name=room), due_on=LATE, **more,
    )  # fmt: skip


@pytest.fixture
def busy(plan, people, at, period, submitted):
    """现行方案里样样都有：待审核、延期、办结、节点、逾期问题、急办批示、过久没答复的协调、督查检查。"""
    hall, who = people.reporter(HALL), {"by": people.office, "at": at("2023-09-10 09:00")}
    submitted("12", HALL, percent=50)
    ask_extension(people, at, dated("7", due_on=dt.date(2023, 10, 1)))
    ask_completion(people, at, part("11"))
    workflow.propose_milestone(part("12"), by=hall, at=who["at"], name="招标", due_on=dt.date(2023, 10, 1))
    list_problem(plan, people, at)
    list_problem(plan, people, at, "财务部", level="group")
    Measure.objects.filter(plan=plan, number="14").update(summary_department=Department.objects.get(name="党务办"))
    seven = Measure.objects.get(plan=plan, number="7")
    workflow.issue_instruction(seven, by=people.leader("李华斌"), at=who["at"], text="抓紧。", is_urgent=True)
    content = {"text": "对接。", "stage": "in_progress", "coordination": "请出证明。"}
    for number, room, asked in (
        ("15", "财务部", Department.objects.get(name=HALL)), ("13", "综合办", CoordinationRequest.OFFICE),
    ):  # fmt: skip
        row = Progress.objects.get(period=period, assignment=part(number, room))
        by = people.reporter(room)
        workflow.submit_progress(row, by=by, at=who["at"], version=0, coordinate_with=asked, content=content)
    workflow.add_inspection(
        plan, **who, held_on=dt.date(2023, 9, 8), inspectors="甲", place="大厅", findings="好", measures=[seven]
    )


# ── 换方案 ────────────────────────────────────────────────


def test_choosing_another_plan_says_what_is_left_and_leaves_it_where_it_was(busy, choose, plan, other, sign_in, people):
    """换之前说清还有什么没办完；换了以后一样不少，在那份方案自己的网址接着办。"""
    page = sign_in(people.admin).get(reverse("plan_choose", args=[other.pk])).content.decode()
    assert "2023年9月还没有关闭报送，还有 3 条报送待审核，还有 1 件延期待批，还有 1 件办结待核实" in page
    known = Event.objects.count()
    choose()
    assert Plan.objects.get(is_current=True) == other
    assert Event.objects.count() == known + 1
    assert workflow.revision.unfinished(plan) == [
        "2023年9月还没有关闭报送", "还有 3 条报送待审核", "还有 1 件延期待批", "还有 1 件办结待核实",
    ]  # fmt: skip


def test_when_all_is_done_the_plan_is_changed(period, people, at, choose, other):
    workflow.close_period(period, by=people.office, at=at("2023-09-21 09:00"))
    choose()
    assert Plan.objects.get(is_current=True) == other


def test_choosing_the_current_plan_again_is_not_refused(period, plan, people, at):
    assert applying.choose_plan(plan, by=people.admin, at=at("2023-09-22 09:00")).is_current


def test_the_administrator_is_told_on_the_page(busy, other, people, sign_in):
    page = sign_in(people.admin).post(reverse("plan_choose", args=[other.pk]), follow=True).content.decode()
    assert f"现行方案已改为《{other.title}》。" in page


def test_the_page_before_says_what_will_no_longer_be_listed(busy, other, people, sign_in):
    """换了以后在原来那份方案名下的：问题、批示、协调，先说清楚。"""
    page = sign_in(people.admin).get(reverse("plan_choose", args=[other.pk])).content.decode()
    assert "2 件问题没有销号，1 条批示没有回复，2 件协调事项没有答复。" in page


# ── 只数现行的 ────────────────────────────────────────────


def counted(people) -> dict:
    """各处数到几件。"""
    office, hall, leader = people.office, people.reporter(HALL), people.leader("李华斌")
    head = Leader.objects.filter(group_role="head").first()
    room, plan = hall.department, Plan.objects.current()
    found = {
        f"徽标 {user.role} {item.label}": item.count
        for user in (office, hall)
        for item in navigation.navigation(user, "/", TODAY)
    }
    extensions = extension_pages.extension_page(plan, office)
    completions = completion_pages.completion_page(plan, office, TODAY)
    rows = {
        "审核": review_pages.review_queue(),
        "待报": home_pages.desk(hall, TODAY).tasks,
        "已报": home_pages.reported_by(room),
        "节点": milestone_pages.waiting(),
        "急办批示": instruction_pages.unanswered_urgent(),
        "部室的批示": instruction_pages.for_department(hall),
        "领导的批示": instruction_pages.for_leader(leader),
        "批示清单": instruction_pages.listing(office, InstructionFilterForm({}))["items"],
        "延期": extensions["waiting"],
        "办结": completions["waiting"],
        "协调清单": coordination_pages.listing(office, TODAY, CoordinationFilterForm({}))["page_obj"].object_list,
        "请本部室协调": coordination_pages.asked_of(room, TODAY),
        "问题清单": problem_pages.listing(office, TODAY, ProblemFilterForm({}))["page_obj"].object_list,
        "部室的问题": problem_pages.of_department(room, TODAY),
        "提请研究": problem_pages.for_leader(head, [], TODAY)[1],
        "要写的汇总": joint_pages.awaited(Department.objects.get(name="党务办")),
        "请办公室协调": coordination_pages.for_office(),
        "督查检查": inspection_pages.listing(office)["page_obj"].object_list,
        "今天要办": [
            *assignment_pages.chores(plan, TODAY), *instruction_pages.chores(), *problem_pages.chores(TODAY), *milestone_pages.chores(),
            *coordination_pages.chores(TODAY),
        ],
        "日历里的问题": [e for e in calendar_papers.entries([plan] if plan else [], room) if e.key.startswith("problem")],
    }  # fmt: skip
    return found | {name: len(list(found_rows)) for name, found_rows in rows.items()}


def test_everything_counts_the_current_plan_only(busy, other, plan, people):
    """旧数据库里已经换过方案、旧方案还有没办完的：哪里也不混进来；换回去样样还在。"""
    before = counted(people)
    assert all(before[name] for name in before if not name.startswith("徽标")), before
    Plan.objects.filter(pk=plan.pk).update(is_current=False)
    Plan.objects.filter(pk=other.pk).update(is_current=True)
    assert set(counted(people).values()) == {0}
    Plan.objects.filter(pk=other.pk).update(is_current=False)
    assert set(counted(people).values()) == {0}, "没有现行方案"
    Plan.objects.filter(pk=plan.pk).update(is_current=True)
    assert counted(people) == before


def test_the_badge_the_board_the_list_and_the_circular_count_the_same_problems(
    other, plan, people, at, period, sign_in
):
    """另一份方案名下也有问题时，总览、徽标、清单、考核、公文还是同一个数。"""
    for room in (HALL, "财务部"):
        list_problem(plan, people, at, room)
    list_problem(other, people, at)
    client = sign_in(people.office)
    board = client.get(reverse("board")).context["board"]
    badge = {item.label: item.count for item in navigation.navigation(people.office, "/", TODAY)}["问题台账"]
    listed = client.get(reverse("problem_list"), {"due": "overdue"}).context["total"]
    papers = collect(plan, period, TODAY, taken_at=at("2023-09-22 10:00"))["counts"]["problems_overdue"]["n"]
    span = assessment.Span(plan, period, period, TODAY)
    counted_for = assessment.FIGURES["problems_overdue"].rows(span).count()
    assert {board.troubles.overdue, badge, listed, papers, counted_for} == {2}
    assert board.troubles.unsettled == 2


@pytest.mark.parametrize("what", ["extension_request", "progress_report", "review_detail", "milestone_agree"])
def test_what_belongs_to_the_old_plan_is_not_acted_on_by_its_address(
    what, busy, other, plan, people, sign_in, submitted
):
    """从旧页面、旧书签点来的：要办的找不到，什么都没有改；要看的转到那份方案的网址去。"""
    twelve, sent = part("12"), Progress.objects.waiting().filter(assignment__department__name=HALL).get()
    users = {"review_detail": people.office, "milestone_agree": people.office}
    args = {
        "extension_request": [twelve.measure.number, twelve.pk],
        "milestone_agree": [milestone_pages.waiting().get().pk],
    }.get(what, [sent.pk])
    client, known = sign_in(users.get(what, people.reporter(HALL))), Event.objects.count()
    Plan.objects.filter(pk=plan.pk).update(is_current=False)
    Plan.objects.filter(pk=other.pk).update(is_current=True)
    if what == "review_detail":
        assert client.get(reverse(what, args=args))["Location"] == f"/2023{reverse(what, args=args)}"
    else:
        assert client.post(reverse(what, args=args)).status_code == 404
    assert Event.objects.count() == known
