"""考核材料：手算的例子、数与清单相符、排序、导出、共同牵头怎么计、只列数字。"""

import datetime as dt
import io
import re
from types import SimpleNamespace

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from departments.models import Department
from tasks import workflow
from tasks.figures import assessment
from tasks.figures.ledger import Ledger
from tasks.forms import AssessmentForm
from tasks.models import Extension, Measure, Problem
from tasks.papers import assessment as assessment_papers
from tasks.papers.sheet import CONTENT_TYPE
from tests import factories
from tests.tasks.lists import Lists

pytestmark = pytest.mark.django_db
TODAY = dt.date(2023, 9, 22)
HALL = "审批中心"


def assessed(plan, today=TODAY, **query):
    return assessment.assessment(
        plan, today, AssessmentForm(QueryDict("&".join(f"{k}={v}" for k, v in query.items())), plan=plan)
    )


def row_of(found, name):
    """一个部室的各列。"""
    row = next(row for row in found.rows if row.department.name == name)
    return {cell.key: cell.n for cell in row.cells}


def _story():
    """八月：第12项按时、第2项补报、第11项退回后按时重报、第15项办结、第13项没报；关闭。九月：第12项草稿，第2项按时。"""
    plan, people, at = factories.load_plan(), factories.People(), factories.at
    office, hall = people.office, people.reporter(HALL)
    first, second = workflow.plan_periods(
        plan, by=office, at=at("2023-08-01 08:00"), first_month=8, last_month=9, due_day=25
    )
    first = workflow.open_period(first, by=office, at=at("2023-08-01 08:00"))

    def send(period, number, department, when, **content):
        row = period.progress.get(
            assignment__measure__number=number, assignment__department__name=department, corrects=None
        )
        content = {"text": "做了。", "stage": "in_progress"} | content
        by = people.reporter(department)
        return workflow.submit_progress(row, by=by, at=at(when), version=row.version, content=content)

    def passed(row, when):
        return workflow.approve_progress(row, by=office, at=at(when))

    passed(send(first, "12", HALL, "2023-08-20 10:00"), "2023-08-21 10:00")
    passed(send(first, "2", HALL, "2023-08-26 10:00"), "2023-08-27 10:00")
    back = workflow.return_progress(
        send(first, "11", HALL, "2023-08-20 10:00"), by=office, at=at("2023-08-21 10:00"), reason="补"
    )
    back.refresh_from_db()
    passed(send(first, "11", HALL, "2023-08-28 10:00"), "2023-08-29 10:00")
    passed(send(first, "15", "财务部", "2023-08-20 10:00", stage="completed", percent=100), "2023-08-21 10:00")
    fields = {"text": "情况", "category": "policy", "level": "department"}
    problems = [
        workflow.open_problem(
            plan, by=office, at=at("2023-08-02 09:00"), title=title, department=Department.objects.get(name=HALL), due_on=due, **fields
        )
        for title, due in (
            ("按期的", dt.date(2023, 8, 20)), ("逾期的", dt.date(2023, 8, 10)), ("还没销的", dt.date(2023, 8, 15)), ("没到期的", dt.date(2023, 12, 1)),
        )
    ]  # fmt: skip
    for problem in problems[:2]:
        workflow.apply_problem(problem, by=hall, at=at("2023-08-18 09:00"), text="办完了。")
        workflow.settle_problem(problem, by=office, at=at("2023-08-20 17:00"))
    Measure.objects.filter(number="12").update(due_on=dt.date(2023, 8, 28))
    Measure.objects.filter(number="2").update(due_on=dt.date(2023, 8, 20))
    two = plan.measures.get(number="2").assignments.get()
    asked = workflow.request_extension(
        two, by=hall, at=at("2023-08-16 09:00"), new_due_on=dt.date(2023, 10, 1), reason="等文件"
    )
    workflow.approve_extension(asked, by=office, at=at("2023-08-17 09:00"))
    first = workflow.close_period(first, by=office, at=at("2023-08-30 17:00"))
    second = workflow.open_period(second, by=office, at=at("2023-09-01 08:00"))
    draft = second.progress.get(assignment__measure__number="12")
    workflow.save_progress(draft, by=hall, at=at("2023-09-10 09:00"), version=0, content={"text": "半"})
    passed(send(second, "2", HALL, "2023-09-20 10:00"), "2023-09-21 10:00")
    return SimpleNamespace(plan=plan, story=(first, second))


GROUNDS = {"story": _story}


@pytest.fixture
def story(ground):
    return ground.story


def test_the_figures_of_one_closed_period(plan, story):
    found = assessed(plan, first="2023-08", last="2023-08")
    assert row_of(found, HALL) == {
        "owed": 8, "on_time": 2, "late": 1, "missed": 5, "pending": 0, "returned": 1, "overdue": 1, "completed": 0,
        "extended": 1, "problems_on_time": 1, "problems_late": 1, "problems_overdue": 1,
    }  # fmt: skip
    assert row_of(found, "财务部")["completed"] == 1
    assert found.totals[0].n == 31
    assert found.words == "2023年8月"


def test_the_figures_of_a_span_add_up_and_duties_are_as_of_its_end(plan, story):
    """两期相加；时限按九月：第2项延到 10 月 1 日，第12项已超。九月没到截止日的另列。"""
    found = assessed(plan)
    assert found.words == "2023年8月至2023年9月"
    assert row_of(found, HALL) == {
        "owed": 16, "on_time": 3, "late": 1, "missed": 5, "pending": 7, "returned": 1, "overdue": 1, "completed": 0,
        "extended": 1, "problems_on_time": 1, "problems_late": 1, "problems_overdue": 1,
    }  # fmt: skip
    later = assessed(plan, today=dt.date(2023, 10, 2))
    assert (row_of(later, HALL)["missed"], row_of(later, HALL)["pending"], row_of(later, HALL)["overdue"]) == (12, 0, 2)


def test_owed_is_on_time_late_missed_and_pending(plan, story):
    for query in ({}, {"first": "2023-08", "last": "2023-08"}, {"first": "2023-09"}):
        for row in assessed(plan, **query).rows:
            n = {cell.key: cell.n for cell in row.cells}
            assert n["owed"] == n["on_time"] + n["late"] + n["missed"] + n["pending"]


def test_one_period_agrees_with_its_board(plan, story):
    for period in story:
        found, ledger = assessed(plan, first=period.slug, last=period.slug), Ledger(plan, period, TODAY)
        for row in found.rows:
            r = ledger.reporting_by_room[row.department]
            n = {cell.key: cell.n for cell in row.cells}
            assert (n["owed"], n["on_time"], n["late"], n["missed"] + n["pending"]) == (
                r.owed,
                r.on_time,
                r.late,
                r.unreported,
            )


def test_every_figure_opens_a_list_of_exactly_that_many_rows(plan, story, client, people):
    client.force_login(people.office)
    lists = Lists(plan, TODAY)
    for query in ({}, {"first": "2023-08", "last": "2023-08"}):
        found = assessed(plan, **query)
        cells = [cell for row in found.rows for cell in row.cells] + found.totals
        assert [(c.url, c.n) for c in cells if lists.count(c.url) != c.n] == []
    shown = [c for c in found.totals if c.n]
    assert len(shown) >= 10
    for cell in shown:
        page = client.get(cell.url).content.decode()
        assert page.count("<tr>") - 1 == cell.n, cell.key


def test_a_list_says_what_each_row_is(plan, story, client, people):
    client.force_login(people.leader("李华斌"))
    for what, said in (
        ("late", "8月26日首次报送"), ("returned", "退回 1 次"), ("overdue", "已超 25 天"), ("completed", "8月21日办结"),
        ("extended", "8月20日延至10月1日：等文件"), ("problems_late", "政策落实，8月20日销号"), ("problems_overdue", "期限 8月15日"),
        ("missed", "逾期未报"), ("pending", "草稿"),
    ):  # fmt: skip
        page = client.get(f"/assessment/list/?what={what}").content.decode()
        assert said in page, what


def test_what_happens_later_does_not_change_a_closed_period(plan, story, people, at):
    """九月的延期、销号、办结、重新打开、更正，都不改八月的考核表。"""
    before = {r.department.name: [c.n for c in r.cells] for r in assessed(plan, first="2023-08", last="2023-08").rows}
    who, hall = {"by": people.office, "at": at("2023-09-21 09:00")}, people.reporter(HALL)
    twelve = plan.measures.get(number="12").assignments.get()
    asked = workflow.request_extension(
        twelve, by=hall, at=at("2023-09-20 09:00"), new_due_on=dt.date(2023, 12, 1), reason="等"
    )
    workflow.approve_extension(asked, **who)
    late = Problem.objects.get(title="还没销的")
    workflow.apply_problem(late, by=hall, at=at("2023-09-20 09:00"), text="办完了。")
    workflow.settle_problem(late, **who)
    fifteen = plan.measures.get(number="15").assignments.get()
    workflow.reopen_completion(fifteen, **who, reason="复查")
    row = story[0].progress.get(assignment=twelve)
    copy = workflow.correct_progress(row, by=hall, at=at("2023-09-20 09:00"))
    copy = workflow.submit_progress(
        copy, by=hall, at=at("2023-09-20 09:10"), version=0, content={"text": "更正", "stage": "in_progress"}
    )
    workflow.return_progress(copy, **who, reason="再核")
    after = {r.department.name: [c.n for c in r.cells] for r in assessed(plan, first="2023-08", last="2023-08").rows}
    assert after == before
    assert row_of(assessed(plan, first="2023-09"), HALL)["problems_late"] == 1
    assert row_of(assessed(plan), HALL)["overdue"] == 0


def test_joint_and_shared_measures_count_once_for_each_department_and_the_page_says_so(plan, story, client, people):
    found = assessed(plan, first="2023-08", last="2023-08")
    assert sum(row.cells[0].n for row in found.rows) == 31
    assert "21 项举措合 31 项次" in "".join(found.notes)
    assert "第 4 项、第 8 项、第 14 项由几个部室共同牵头或各部室共担，每个部室各计一次" in "".join(found.notes)
    client.force_login(people.office)
    page = client.get("/assessment/").content.decode()
    assert "第 4 项、第 8 项、第 14 项" in page
    assert "项次·期" in page


def test_there_are_no_points_no_weights_and_no_ranking(plan, story, client, people):
    client.force_login(people.office)
    page = client.get("/assessment/").content.decode()
    assert not re.search("得分|积分|计分|评分|分值|权重|加权|排名|名次|末位|第一名|优秀|良好|较差|奖牌|星级", page)


@pytest.mark.parametrize("key", assessment.COLUMNS)
def test_it_sorts_by_every_column_both_ways_by_the_address(plan, story, key):
    place = assessment.COLUMNS.index(key)
    for sign, reverse_ in (("", False), ("-", True)):
        numbers = [row.cells[place].n for row in assessed(plan, sort=f"{sign}{key}").rows]
        assert numbers == sorted(numbers, reverse=reverse_)
    column = next(c for c in assessed(plan, sort=f"-{key}").columns if c[0] == key)
    assert column[2] == f"?sort={key}"
    assert column[3] == "down"


def test_without_sorting_it_keeps_the_order_of_the_departments(plan, story):
    names = [row.department.name for row in assessed(plan).rows]
    assert names == list(Department.objects.values_list("name", flat=True))


@pytest.mark.parametrize(
    "query",
    [
        "sort=password",
        "sort=-",
        "first=nosuch",
        "first=2023-09&last=2023-08",
        "what=x&dept=y&category=z",
        "page=999999",
        "first=%00",
    ],
)
def test_odd_addresses_never_break_the_pages(plan, story, client, people, query):
    client.force_login(people.office)
    for name in ("assessment", "assessment_list", "assessment_export"):
        assert client.get(f"{reverse(name)}?{query}").status_code == 200


def test_a_span_given_backwards_is_turned_round(plan, story):
    assert assessed(plan, first="2023-09", last="2023-08").words == "2023年8月至2023年9月"


def test_before_anything_was_opened_it_says_so(plan, client, people):
    client.force_login(people.office)
    assert "还没有开放过报送期" in client.get("/assessment/").content.decode()
    assert client.get("/assessment/list/").status_code == 404
    assert client.get("/assessment/export/").status_code == 302


def test_the_workbook_holds_the_same_numbers_as_the_page_and_no_formula(plan, story, client, people):
    """单元格里没有公式：数是数，部室名哪怕像公式也只是文字。"""
    Department.objects.filter(name="纪工委").update(name="=1+1")
    client.force_login(people.office)
    response = client.get("/assessment/export/?sort=-owed")
    assert response["Content-Type"] == CONTENT_TYPE
    assert "attachment" in response["Content-Disposition"]
    sheet = load_workbook(io.BytesIO(response.content)).active
    found = assessed(plan, sort="-owed")
    rows = list(
        sheet.iter_rows(
            min_row=assessment_papers.FIRST_ROW, max_row=assessment_papers.FIRST_ROW + len(found.rows), values_only=True
        )
    )
    assert rows[:-1] == [(row.department.name, *(c.n for c in row.cells)) for row in found.rows]
    assert rows[-1] == ("合计", *(c.n for c in found.totals))
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None} <= {"s", "n"}
    assert sheet.page_setup.orientation == "landscape"
    text = "\n".join(str(c.value) for row in sheet.iter_rows() for c in row if c.value)
    assert "31 项次" in text


def test_the_number_of_queries_does_not_grow(plan, story, client, people, at):
    client.force_login(people.office)

    def count():
        client.get("/assessment/")
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/assessment/").status_code == 200
        return len(queries)

    few = count()
    workflow.plan_periods(plan, by=people.office, at=at("2023-09-21 08:00"), first_month=10, last_month=11, due_day=25)
    for slug in ("2023-10", "2023-11"):
        workflow.open_period(plan.periods.get(slug=slug), by=people.office, at=at("2023-09-21 08:00"))
    for n in range(5):
        Department.objects.create(name=f"新部室{n}", slug=f"new{n}", order=90 + n)
    assert count() == few


def test_a_withdrawn_extension_is_not_counted(plan, story, people, at):
    twelve = plan.measures.get(number="12").assignments.get()
    hall = people.reporter(HALL)
    asked = workflow.request_extension(
        twelve, by=hall, at=at("2023-09-20 09:00"), new_due_on=dt.date(2023, 12, 1), reason="等"
    )
    workflow.withdraw_extension(asked, by=hall, at=at("2023-09-20 10:00"))
    assert Extension.objects.count() == 2
    assert row_of(assessed(plan), HALL)["extended"] == 1
