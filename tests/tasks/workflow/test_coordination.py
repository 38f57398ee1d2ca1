"""需协调事项：随报送请另一个部室协调，一条报送对一个部室只有一行；对方答复；草稿不送出，撤回即收回。"""

import datetime as dt
import threading

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection

from departments.models import Department
from tasks import workflow
from tasks.forms import CoordinationFilterForm
from tasks.models import CoordinationRequest, Event, Progress
from tasks.pages import coordination as coordination_pages
from tasks.pages import home as home_pages
from tasks.pages import navigation
from tests.tasks.expectations import nobody, outcome, read

pytestmark = pytest.mark.django_db
HALL, MONEY, LAND = "审批中心", "财务部", "规划建设部"
TODAY = dt.date(2023, 9, 22)
C = CoordinationRequest.Status

# 本部室是被请的部室，别部室是请人的部室。
TABLE = read("""
对象         动作                状态     本部室 别部室 办公室 领导 管理员 未登录
coordination answer_coordination draft    拒     禁     禁     禁   禁     禁
coordination answer_coordination waiting  可     禁     禁     禁   禁     禁
coordination answer_coordination answered 拒     禁     禁     禁   禁     禁
""")
EVENTS = {"answer_coordination": ["coordination_answer"]}
ANSWER = "下周派人对接。"


def room(name):
    return Department.objects.get(name=name)


@pytest.fixture
def say(report, people, at):
    """财务部第 15 项写一次：say("submit_progress", "请审批中心出证明", 审批中心)。"""

    def write(verb, text="请审批中心出具证明。", to=HALL, when="2023-09-10 10:00"):
        row = report("15", MONEY)
        content = {"text": "对接了 3 家银行。", "stage": "in_progress", "coordination": text}
        return getattr(workflow, verb)(
            row, by=people.reporter(MONEY), at=at(when), version=row.version, content=content,
            coordinate_with=room(to) if to else None,
        )  # fmt: skip

    return write


@pytest.fixture
def back(report, people, at):
    """办公室退回那条报送。"""

    def send_back(when="2023-09-11 10:00"):
        return workflow.return_progress(report("15", MONEY), by=people.office, at=at(when), reason="请补充。")

    return send_back


@pytest.fixture
def answer(people, at):
    def reply(text=ANSWER, when="2023-09-12 10:00", department=HALL):
        [row] = CoordinationRequest.objects.filter(to_department__name=department)
        return workflow.answer_coordination(row, by=people.reporter(department), at=at(when), text=text)

    return reply


def rows() -> list:
    """各行：请谁、说了什么、状态。"""
    found = CoordinationRequest.objects.select_related("progress", "to_department")
    return [(r.to_department.name, r.text, r.status) for r in found]


# ── 一、流程表 ────────────────────────────────────────────


@pytest.fixture
def request_in(say, answer):
    def make(status):
        say("save_progress" if status == C.DRAFT else "submit_progress")
        return answer() if status == C.ANSWERED else CoordinationRequest.objects.select_related("progress").get()

    return make


@pytest.fixture
def users(people):
    return {
        "本部室": people.reporter(HALL), "别部室": people.reporter(MONEY), "办公室": people.office,
        "领导": people.leader("李华斌"), "管理员": people.admin, "未登录": nobody(),
    }  # fmt: skip


@pytest.mark.parametrize("status", C.values)
def test_the_answer_is_done_refused_or_forbidden_as_written(status, request_in, users, at):
    row = request_in(status)
    assert row.status == status
    call = lambda item, **who: workflow.answer_coordination(item, **who, text=ANSWER)  # noqa: E731
    found = {role: outcome(call, row, user, at("2023-09-21 09:00")) for role, user in users.items()}
    assert found == TABLE["coordination", "answer_coordination", status]
    for role, user in users.items():
        assert workflow.allowed_actions(user, row) == (["answer_coordination"] if found[role] == "可" else [])


# ── 二、请 ────────────────────────────────────────────────


def test_what_is_drafted_after_a_return_stays_at_home_until_it_is_sent_again(say, back, people):
    """退回之后写的草稿，对方看不到；重新报送时才换成新的话。"""
    say("submit_progress", "请出证明。")
    back()
    seen = lambda: [r.text for r in CoordinationRequest.objects.visible_to(people.reporter(HALL))]  # noqa: E731
    say("save_progress", "草稿里的话，还没有定。", when="2023-09-12 10:00")
    assert seen() == ["请出证明。"]
    say("save_progress", "", when="2023-09-12 11:00")
    assert seen() == ["请出证明。"]
    say("submit_progress", "请出两份证明。", when="2023-09-12 12:00")
    assert seen() == ["请出两份证明。"]


def test_a_submitted_report_asks_the_other_department_and_says_so(say, people, at):
    report = say("submit_progress")
    row = CoordinationRequest.objects.get()
    assert (row.progress, row.to_department.name, row.text) == (report, HALL, "请审批中心出具证明。")
    assert (row.created_by, row.created_at) == (people.reporter(MONEY), at("2023-09-10 10:00"))
    event = Event.objects.get(action="coordination_ask")
    assert (event.department.name, event.progress, event.note, event.is_public) == (HALL, report, row.text, False)
    assert event in Event.objects.visible_to(people.reporter(HALL))
    assert event not in Event.objects.visible_to(people.reporter(LAND))


def test_a_draft_asks_nobody_but_remembers_whom(say, people, report):
    say("save_progress")
    assert rows() == [(HALL, "请审批中心出具证明。", "draft")]
    assert not CoordinationRequest.objects.visible_to(people.office).exists()
    assert coordination_pages.asked_of(room(HALL), TODAY) == []
    assert not Event.objects.filter(action="coordination_ask").exists()
    [task] = [t for t in home_pages.desk(people.reporter(MONEY), TODAY).tasks if t.progress == report("15", MONEY)]
    assert task.form["coordinate_with"].value() == str(room(HALL).pk)


def test_what_was_chosen_in_a_draft_counts_from_the_day_it_is_sent(say, at):
    say("save_progress", when="2023-09-01 09:30")
    say("submit_progress", when="2023-09-20 10:00")
    assert CoordinationRequest.objects.get().created_at == at("2023-09-20 10:00")
    assert Event.objects.filter(action="coordination_ask").count() == 1


def test_a_report_with_text_but_no_department_asks_nobody(say):
    say("submit_progress", to=None)
    assert rows() == []


def test_a_department_chosen_without_a_word_asks_nobody(say):
    say("submit_progress", text=" ")
    assert rows() == []


def test_a_department_cannot_ask_itself(say):
    with pytest.raises(workflow.Refused, match="不能请本部室协调"):
        say("submit_progress", to=MONEY)
    assert rows() == []


def test_reporting_again_after_a_return_keeps_one_row_with_the_newest_words(say, back, at):
    say("submit_progress")
    back()
    say("save_progress", "请审批中心出两份证明。")
    back_again = say("submit_progress", "请审批中心出两份证明。", when="2023-09-12 10:00")
    assert back_again.status == Progress.Status.SUBMITTED
    assert rows() == [(HALL, "请审批中心出两份证明。", "waiting")]
    assert CoordinationRequest.objects.get().created_at == at("2023-09-10 10:00"), "从第一次送出算起"
    assert Event.objects.filter(action="coordination_ask").count() == 1


def test_while_returned_the_other_department_still_sees_what_was_sent_but_not_the_new_draft(say, back):
    say("submit_progress")
    back()
    say("save_progress", to=LAND, when="2023-09-12 10:00")
    assert [(name, status) for name, _, status in rows()] == [(HALL, "waiting"), (LAND, "draft")]
    assert [r.request.to_department.name for r in coordination_pages.asked_of(room(HALL), TODAY)] == [HALL]
    assert coordination_pages.asked_of(room(LAND), TODAY) == []


def test_asking_another_department_instead_lets_the_first_one_off(say, back):
    say("submit_progress")
    back()
    say("submit_progress", "请规划建设部出图。", to=LAND, when="2023-09-12 10:00")
    assert rows() == [(HALL, "请审批中心出具证明。", "answered"), (LAND, "请规划建设部出图。", "waiting")]
    assert CoordinationRequest.objects.get(to_department__name=HALL).answer == "（报送部室已不再请求协调。）"
    assert coordination_pages.asked_of(room(HALL), TODAY) == []
    assert Event.objects.get(action="coordination_drop").department.name == HALL


def test_a_change_of_mind_before_sending_leaves_no_trace(say):
    say("save_progress")
    say("save_progress", to=LAND)
    say("submit_progress", "请规划建设部出图。", to=LAND)
    assert rows() == [(LAND, "请规划建设部出图。", "waiting")]
    assert not Event.objects.filter(action="coordination_drop").exists()


def test_a_withdrawn_report_takes_the_request_back_until_it_is_sent_again(say, people, at, report):
    say("submit_progress")
    workflow.withdraw_progress(report("15", MONEY), by=people.reporter(MONEY), at=at("2023-09-10 11:00"))
    assert rows()[0][2] == "draft"
    assert coordination_pages.asked_of(room(HALL), TODAY) == []
    say("submit_progress", when="2023-09-11 10:00")
    assert rows() == [(HALL, "请审批中心出具证明。", "waiting")]


def test_an_answered_request_is_not_changed_by_reporting_again(say, back, answer):
    say("submit_progress")
    answer()
    back()
    say("submit_progress", "请再出一份。", when="2023-09-13 10:00")
    assert rows() == [(HALL, "请审批中心出具证明。", "answered")]


def test_no_change_this_period_asks_nobody(period, people, report, at):
    row = report("15", MONEY)
    workflow.submit_progress(
        row,
        by=people.reporter(MONEY),
        at=at("2023-09-10 10:00"),
        version=0,
        content={"text": "本期无变化。"},
        is_no_change=True,
    )
    assert rows() == []


# ── 三、答复 ──────────────────────────────────────────────


def test_the_answer_is_kept_and_told_to_the_one_who_asked(say, answer, people, at):
    say("submit_progress")
    row = answer(" 下周派人对接。 ")
    row.refresh_from_db()
    assert (row.answer, row.answered_by, row.answered_at) == (ANSWER, people.reporter(HALL), at("2023-09-12 10:00"))
    event = Event.objects.get(action="coordination_answer")
    assert (event.department.name, event.note, event.by) == (MONEY, ANSWER, people.reporter(HALL))
    assert event in Event.objects.visible_to(people.reporter(MONEY))


@pytest.mark.parametrize("text", ["", "  "])
def test_an_empty_answer_is_refused(say, answer, text):
    say("submit_progress")
    with pytest.raises(workflow.Refused, match="请写明怎么协调"):
        answer(text)
    assert rows()[0][2] == "waiting"


def test_only_the_department_asked_may_answer(say, people, at):
    say("submit_progress")
    row = CoordinationRequest.objects.get()
    for user in (people.reporter(MONEY), people.reporter(LAND), people.office):
        with pytest.raises(PermissionDenied):
            workflow.answer_coordination(row, by=user, at=at("2023-09-12 10:00"), text=ANSWER)


# ── 四、谁看得到、各处的清单 ──────────────────────────────


def test_the_two_departments_and_those_who_see_everything_see_it(say, people):
    say("submit_progress")
    seen = lambda user: CoordinationRequest.objects.visible_to(user).count()  # noqa: E731
    for user in (people.reporter(HALL), people.reporter(MONEY), people.office, people.admin, people.leader("李华斌")):
        assert seen(user) == 1
    assert seen(people.reporter(LAND)) == seen(nobody()) == 0


def test_the_desk_shows_it_to_both_until_it_is_answered(say, answer, people):
    say("submit_progress")
    hall, money = people.reporter(HALL), people.reporter(MONEY)
    assert [row.request.text for row in home_pages.desk(hall, TODAY).asked] == ["请审批中心出具证明。"]
    assert [row.request.answer for row in home_pages.desk(money, TODAY).asking] == [""]
    assert home_pages.desk(money, TODAY).asked == home_pages.desk(hall, TODAY).asking == []
    answer()
    assert home_pages.desk(hall, TODAY).asked == []
    assert [row.request.answer for row in home_pages.desk(money, TODAY).asking] == [ANSWER]


def test_the_badge_of_the_desk_counts_what_is_asked_of_it(say, people):
    count = lambda: navigation.navigation(people.reporter(HALL), "/", TODAY)[0].count  # noqa: E731
    before = count()
    say("submit_progress")
    assert count() == before + 1


@pytest.mark.parametrize(("sent", "is_slow"), [("2023-09-15", False), ("2023-09-14", True), ("2023-09-01", True)])
def test_the_office_is_told_of_what_was_not_answered_for_more_than_seven_days(sent, is_slow, say):
    say("submit_progress", when=f"{sent} 23:50")
    assert [chore.title for chore in coordination_pages.chores(TODAY)] == (["1 件协调事项没有答复"] if is_slow else [])
    [row] = coordination_pages.asked_of(room(HALL), TODAY)
    assert row.is_slow == is_slow


def test_an_answered_one_is_not_slow(say, answer):
    say("submit_progress", when="2023-09-01 10:00")
    answer()
    assert coordination_pages.chores(TODAY) == []


def test_the_list_puts_the_unanswered_first(say, answer, submitted, people, at):
    say("submit_progress")
    answer()
    submitted("16", MONEY, when="2023-09-20 10:00")
    row = Progress.objects.get(assignment__measure__number="16", assignment__department__name=MONEY)
    CoordinationRequest.objects.create(
        progress=row,
        to_department=room(LAND),
        text="请出图。",
        created_by=people.reporter(MONEY),
        created_at=at("2023-09-20 10:00"),
    )
    page = coordination_pages.listing(people.office, TODAY, CoordinationFilterForm({}))
    assert [r.request.to_department.name for r in page["page_obj"].object_list] == [LAND, HALL]
    assert page["waiting"] == 1


# ── 五、并发（只在 PostgreSQL 上有意义）───────────────────


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_people_answering_at_once_only_one_answer_is_kept(say, people, at):
    say("submit_progress")
    row = CoordinationRequest.objects.select_related("progress__assignment").get()
    barrier, found = threading.Barrier(2), []
    by = [people.reporter(HALL, 1), people.reporter(HALL, 2)]

    def reply(user):
        try:
            barrier.wait(timeout=10)
            found.append(
                workflow.answer_coordination(row, by=user, at=at("2023-09-12 10:00"), text=f"{user.username}答复")
            )
        except (workflow.Refused, IntegrityError) as error:
            found.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=reply, args=[user]) for user in by]
    [t.start() for t in threads]
    [t.join(timeout=20) for t in threads]
    assert sorted(isinstance(f, workflow.Refused) for f in found) == [False, True]
    assert Event.objects.filter(action="coordination_answer").count() == 1
