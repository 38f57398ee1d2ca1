"""需协调事项的页面：填报时选部室、首页上答复、清单、办公室的今天要办。"""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from departments.models import Department
from tasks.models import CoordinationRequest
from tests.markup import markup
from tests.world import form_data

pytestmark = pytest.mark.django_db
HALL, MONEY, LAND = "审批中心", "财务部", "规划建设部"


def page(response) -> str:
    return markup(response)


@pytest.fixture
def fill(sign_in, people, report):
    """财务部在页面上填第 15 项。"""

    def post(do="submit", to=HALL, **fields):
        row = report("15", MONEY)
        chosen = str(Department.objects.get(name=to).pk) if to else ""
        data = form_data(row, do, **{"coordination": "请出具证明。", "coordinate_with": chosen} | fields)
        return sign_in(people.reporter(MONEY)).post(reverse("progress_report", args=[row.pk]), data)

    return post


@pytest.fixture
def asked(fill):
    fill()
    return CoordinationRequest.objects.get()


def reply(client, asked, text="下周派人对接。", **extra):
    return client.post(
        reverse("coordination_answer", args=[asked.pk]), {f"c{asked.pk}-text": text} | extra, follow=True
    )


def test_the_report_form_offers_the_other_departments(sign_in, people, period, report):
    [task] = [
        t for t in sign_in(people.reporter(MONEY)).get("/").context["desk"].tasks if t.progress == report("15", MONEY)
    ]
    labels = [label for _, label in task.form.fields["coordinate_with"].choices]
    assert labels[:2] == ["请选择", "领导小组办公室"]
    assert HALL in labels
    assert MONEY not in labels


def test_choosing_a_department_and_reporting_asks_it(fill):
    assert fill().status_code == 302
    assert [(r.to_department.name, r.text) for r in CoordinationRequest.objects.all()] == [(HALL, "请出具证明。")]


def test_choosing_a_department_without_saying_what_is_not_accepted(fill):
    response = fill(coordination="")
    assert response.status_code == 422
    assert "请写明要请对方协调什么" in page(response)
    assert not CoordinationRequest.objects.exists()


@pytest.mark.parametrize("chosen", ["999999", "abc", "self"])
def test_a_department_that_is_not_offered_is_not_accepted(chosen, fill):
    own = str(Department.objects.get(name=MONEY).pk)
    response = fill(coordinate_with=own if chosen == "self" else chosen)
    assert response.status_code == 422
    assert "这个部室不能选" in page(response)


def test_a_draft_keeps_the_choice_and_sends_nothing(fill, sign_in, people, report):
    fill("draft")
    assert "请本部室协调" not in page(sign_in(people.reporter(HALL)).get("/"))
    [task] = [
        t for t in sign_in(people.reporter(MONEY)).get("/").context["desk"].tasks if t.progress == report("15", MONEY)
    ]
    assert task.form["coordinate_with"].value() == str(Department.objects.get(name=HALL).pk)


def test_the_department_asked_answers_from_its_home_page(asked, sign_in, people):
    client = sign_in(people.reporter(HALL))
    assert "请出具证明。" in page(client.get("/"))
    response = reply(client, asked, **{"from": "home"})
    assert response.redirect_chain == [("/", 302)]
    assert "已答复财务部。" in page(response)
    assert "请出具证明。" not in page(response)
    found = page(sign_in(people.reporter(MONEY)).get("/"))
    assert "我部室请人协调的" in found
    assert "下周派人对接。" in found


def test_the_answer_is_in_the_timeline_of_the_measure_for_the_one_who_asked(asked, sign_in, people):
    reply(sign_in(people.reporter(HALL)), asked)
    for user in (people.reporter(MONEY), people.office):
        found = page(sign_in(user).get("/measures/15/"))
        assert "审批中心答复" in found
        assert "下周派人对接。" in found
    assert "下周派人对接。" not in page(sign_in(people.reporter(LAND)).get("/measures/15/"))


def test_an_empty_answer_is_explained(asked, sign_in, people):
    response = reply(sign_in(people.reporter(HALL)), asked, "  ")
    assert response.status_code == 422
    assert "请写明怎么协调、何时办。" in page(response)


def test_a_second_answer_from_a_stale_page_is_refused_and_its_words_are_not_lost(asked, sign_in, people):
    client = sign_in(people.reporter(HALL))
    reply(client, asked)
    response = reply(client, asked, "另一个人写的答复")
    assert response.status_code == 422
    assert "目前是“已答复”" in page(response)
    assert "另一个人写的答复" in page(response)
    asked.refresh_from_db()
    assert asked.answer == "下周派人对接。"


def test_only_the_department_asked_may_answer(asked, sign_in, people):
    for user, status in (
        (people.reporter(MONEY), 403),
        (people.reporter(LAND), 404),
        (people.office, 403),
        (people.admin, 403),
    ):
        assert reply(sign_in(user), asked).status_code == status
    asked.refresh_from_db()
    assert asked.answer == ""


def test_the_list_is_for_everybody_but_shows_a_department_only_its_own(asked, sign_in, people):
    for user, is_shown in (
        (people.reporter(HALL), True),
        (people.reporter(MONEY), True),
        (people.reporter(LAND), False),
        (people.office, True),
    ):
        assert ("请出具证明。" in page(sign_in(user).get("/coordination/"))) == is_shown
    assert "没有需协调事项" in page(sign_in(people.reporter(LAND)).get("/coordination/"))


def test_the_review_page_says_who_was_asked(asked, sign_in, people):
    found = page(sign_in(people.office).get(reverse("review_detail", args=[asked.progress_id])))
    assert "请审批中心" in found
    assert "待答复" in found


def test_the_office_finds_what_was_not_answered_among_todays_chores(asked, sign_in, people, at):
    assert "件协调事项没有答复" not in page(sign_in(people.office).get("/board/"))
    CoordinationRequest.objects.update(created_at=at("2023-09-14 10:00"))
    assert "1 件协调事项没有答复" in page(sign_in(people.office).get("/board/"))


def test_the_home_page_costs_the_same_however_much_is_asked(asked, sign_in, people, at):
    client = sign_in(people.reporter(HALL))

    def cost():
        client.get("/")
        with CaptureQueriesContext(connection) as found:
            client.get("/")
        return len(found)

    before = cost()
    for department in ("规划建设部", "经济发展部"):
        for row in asked.progress.period.progress.filter(assignment__department__name=department):
            row.status, row.text = "submitted", "报了。"
            row.submitted_at = row.first_submitted_at = at("2023-09-20 10:00")
            row.save()
            CoordinationRequest.objects.create(
                progress=row,
                to_department=asked.to_department,
                text="请协调。",
                created_by=asked.created_by,
                created_at=asked.created_at,
            )
    assert cost() == before


# ── 办公室过问 ──


def test_the_office_filters_urges_and_lists_it_as_a_problem(sign_in, people, asked):
    client = sign_in(people.office)
    html = page(client.get("/coordination/"))
    add = f"/problems/add/?progress={asked.progress_id}"
    assert f'href="{add}"' in html
    assert 'href="/remind/"' in html
    assert "请出具证明。" in page(client.get("/coordination/?state=waiting"))
    for state in ("slow", "answered"):
        assert "没有符合条件的。" in page(client.get(f"/coordination/?state={state}"))
    form = client.get(add).context["form"]
    data = {k: v for k, v in form.initial.items() if isinstance(v, str)}
    department = Department.objects.get(name=HALL).pk
    client.post(add, data | {"category": "other", "due_on": "2023-10-10", "department": department})
    html = page(client.get("/coordination/"))
    assert add not in html
    assert "问题1号" in html


def test_departments_are_not_offered_the_ledger(sign_in, people, asked):
    for room in (HALL, MONEY):
        assert "/problems/add/" not in page(sign_in(people.reporter(room)).get("/coordination/"))


def test_the_chore_opens_to_the_rows_it_counted(sign_in, people, asked, settings):
    settings.BUSINESS_DATE = "2023-10-08"
    client = sign_in(people.office)
    assert re.search(r'/coordination/\?state=slow">\s*查看', page(client.get("/board/")))
    assert "请出具证明。" in page(client.get("/coordination/?state=slow"))
