"""延期的页面：举措页上申请、撤回，待批清单，批复，首页“临近时限”，部室页的原定与次数。"""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tasks import workflow
from tasks.models import Extension
from tasks.pages import home as home_pages
from tests.markup import markup
from tests.tasks.parts import DUE, HALL, LATER, ask_extension, dated, part

pytestmark = pytest.mark.django_db
SOON = dt.date(2023, 10, 10)


@pytest.fixture
def twelve(period):
    return dated()


@pytest.fixture
def asked(twelve, people, at):
    return ask_extension(people, at, twelve)


def text_of(response) -> str:
    return markup(response)


def request_it(client, row, **fields):
    fields = {"new_due_on": "2023-12-20", "reason": "等上级文件出台。"} | fields
    url = f"/measures/{row.measure.number}/parts/{row.pk}/extension/"
    return client.post(url, {f"x{row.pk}-{k}": v for k, v in fields.items()}, follow=True)


def test_the_department_asks_on_the_page_of_the_measure(twelve, sign_in, people):
    client = sign_in(people.reporter(HALL))
    assert "提交延期申请" in text_of(client.get("/measures/12/"))
    html = text_of(request_it(client, twelve))
    assert "第 12 项已申请延期，等办公室批复；批复之前仍按原时限。" in html
    assert "已申请延至 2023年12月20日，等办公室批复。" in html
    assert "提交延期申请" not in html
    made = Extension.objects.get()
    assert (made.reason, made.new_due_on, made.requested_by) == ("等上级文件出台。", LATER, people.reporter(HALL))


def test_the_button_stands_out_when_the_date_is_near(people, sign_in, period):
    dated(due_on=SOON)
    html = text_of(sign_in(people.reporter(HALL)).get("/measures/12/"))
    assert '<span class="tag tag-y">还有 18 天</span>' in html
    assert '<summary class="btn">' in html


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"reason": " "}, "申请延期必须写明理由。"),
        ({"new_due_on": ""}, "请选申请延至哪一天。"),
        ({"new_due_on": "2023-12-01"}, "须晚于现行时限 2023年12月1日。"),
        ({"new_due_on": "0001-01-01"}, "须晚于现行时限"),
        ({"new_due_on": "9999-12-31"}, "日期不能晚于 2099年12月31日。"),
        ({"reason": "长" * 501}, "500"),
    ],
)
def test_mistakes_are_explained_and_what_was_typed_is_kept(twelve, sign_in, people, fields, said):
    typed = {"reason": "写了一大段理由。", "new_due_on": "2023-12-20"} | fields
    response = request_it(sign_in(people.reporter(HALL)), twelve, **typed)
    html = text_of(response)
    assert response.status_code == 422
    assert said in html
    assert typed["reason"].strip()[:20] in html
    assert not Extension.objects.exists()


def test_a_date_beyond_the_year_of_the_plan_is_asked_about(twelve, sign_in, people):
    client = sign_in(people.reporter(HALL))
    assert "延到方案年度之后" not in text_of(client.get("/measures/12/"))
    asked = request_it(client, twelve, new_due_on="2099-12-31", reason="太远")
    assert asked.status_code == 422
    assert "方案到 2023年12月31日 为止，请核对日期；确需跨年的，请勾选这一项。" in text_of(asked)
    assert not Extension.objects.exists()
    request_it(client, twelve, new_due_on="2024-03-31", reason="春节后竣工", beyond="on")
    assert Extension.objects.get().new_due_on == dt.date(2024, 3, 31)


def test_a_measure_without_a_date_offers_no_extension(period, sign_in, people):
    client = sign_in(people.reporter(HALL))
    assert "提交延期申请" not in text_of(client.get("/measures/11/"))
    assert "没有完成时限，不用申请延期" in text_of(request_it(client, part("11")))
    assert not Extension.objects.exists()


def test_a_stale_page_cannot_ask_twice(asked, sign_in, people):
    html = text_of(request_it(sign_in(people.reporter(HALL)), asked.assignment))
    assert "已有一份延期申请等待批复" in html
    assert Extension.objects.count() == 1


def test_the_number_in_the_address_must_be_that_of_the_assignment(twelve, sign_in, people):
    client = sign_in(people.reporter(HALL))
    assert client.post(f"/measures/11/parts/{twelve.pk}/extension/", {}).status_code == 404


def test_the_department_withdraws_what_waits(asked, sign_in, people):
    response = sign_in(people.reporter(HALL)).post(f"/extensions/{asked.pk}/withdraw/", follow=True)
    assert "已撤回延期申请。" in text_of(response)
    asked.refresh_from_db()
    assert asked.status == "withdrawn"


def test_another_department_cannot_touch_it(asked, sign_in, people):
    client = sign_in(people.reporter("财务部"))
    assert client.post(f"/extensions/{asked.pk}/withdraw/").status_code == 404
    assert client.post(f"/measures/12/parts/{asked.assignment_id}/extension/").status_code == 404


def test_the_office_finds_it_among_todays_chores_and_approves(asked, sign_in, people):
    client = sign_in(people.office)
    board = text_of(client.get("/board/"))
    assert "1 件延期待批" in board
    html = text_of(client.get("/extensions/"))
    assert "2023年12月1日" in html
    assert "2023年12月20日" in html
    assert "等上级文件出台。" in html
    response = client.post(f"/extensions/{asked.pk}/approve/", {f"a{asked.pk}-note": "同意。"}, follow=True)
    assert "已批准第 12 项（审批中心）延期。" in text_of(response)
    assert part("12").due_on == LATER
    assert "没有待批的延期申请。" in text_of(response)


def test_the_original_date_and_the_count_are_shown_everywhere(asked, sign_in, people, at):
    workflow.approve_extension(asked, by=people.office, at=at("2023-09-20 10:00"))
    measure = text_of(sign_in(people.reporter("财务部")).get("/measures/12/"))
    assert "2023年12月20日（延期 1 次）" in measure
    assert "原定 2023年12月1日" in measure
    department = text_of(sign_in(people.office).get(f"/departments/{asked.assignment.department.slug}/"))
    assert "时限 2023年12月20日，原定 12月1日，延期 1 次" in department


def test_a_refusal_needs_a_note_and_the_department_reads_it(asked, sign_in, people):
    client = sign_in(people.office)
    response = client.post(f"/extensions/{asked.pk}/refuse/", {f"x{asked.pk}-note": ""})
    assert response.status_code == 422
    assert "不批准延期必须写明意见" in text_of(response)
    client.post(f"/extensions/{asked.pk}/refuse/", {f"x{asked.pk}-note": "请倒排工期。"})
    html = text_of(sign_in(people.reporter(HALL)).get("/measures/12/"))
    assert "没有批准：</b>请倒排工期。" in html
    assert "提交延期申请" in html
    assert part("12").due_on == DUE


def test_what_was_withdrawn_in_the_meantime_cannot_be_approved_from_a_stale_page(asked, sign_in, people, at):
    workflow.withdraw_extension(asked, by=people.reporter(HALL), at=at("2023-09-21 09:00"))
    response = sign_in(people.office).post(
        f"/extensions/{asked.pk}/approve/", {}, HTTP_REFERER="http://testserver/extensions/", follow=True
    )
    assert "现在不能批准延期：这一条目前是“已撤回”" in text_of(response)
    assert part("12").due_on == DUE


def test_the_home_page_offers_extension_next_to_a_near_date(period, sign_in, people, at):
    row = dated(due_on=SOON)
    client = sign_in(people.reporter(HALL))
    html = text_of(client.get("/"))
    assert "临近时限" in html
    assert 'href="/measures/12/#extension"' in html
    ask_extension(people, at, row)
    html = text_of(client.get("/"))
    assert "延期待批" in html
    assert 'href="/measures/12/#extension"' not in html


def test_of_very_many_near_dates_the_home_page_shows_the_first_few(period, sign_in, people, monkeypatch):
    """列前几件，说还有几件、到哪里看：一个部室牵头几百项的，首页不因此长到几百行。"""
    monkeypatch.setattr(home_pages, "ASIDE", 1)
    for number in ("2", "11", "12"):
        dated(number, due_on=SOON)
    html = text_of(sign_in(people.reporter(HALL)).get("/"))
    listed = html[html.index("临近时限") :]
    assert listed.count("#extension") == 1
    assert "另有 2 项，见" in listed and f"/departments/{people.reporter(HALL).department.slug}/" in listed


def test_the_lists_cost_the_same_however_many_wait(plan, period, sign_in, people, at):
    client = sign_in(people.office)

    def cost(number):
        ask_extension(people, at, dated(number))
        with CaptureQueriesContext(connection) as found:
            client.get("/extensions/")
            client.get("/measures/12/")
        return len(found)

    cost("12")
    assert cost("11") == cost("7")
