"""一页审完：与上次的并排，逐条通过、退回；没有标记的一并通过，有标记的绝不进；点错了随即撤销；用过的意见记得。"""

import datetime as dt

import pytest
from django.urls import reverse

from tasks import workflow
from tasks.models import Event, Progress
from tasks.pages import review as review_pages
from tests import factories
from tests.tasks.months import filed, first_of, months, row_of, statuses  # noqa: F401
from tests.world import form_on

pytestmark = pytest.mark.django_db
URL, PASS, UNDO = reverse("review_all"), reverse("review_pass"), reverse("review_undo")
WHEN = "2023-09-20 10:00"


@pytest.fixture
def office(sign_in, months):  # noqa: F811
    return sign_in(months.office)


@pytest.fixture
def waiting(months):  # noqa: F811
    """三条没有标记的，一条数字变差的，一条申请办结的。"""
    plain = [filed(row_of(number), f"九月写的第{number}项。", WHEN) for number in ("4", "6", "11")]
    worse = filed(row_of(first_of("milestone")), "到货推迟。", WHEN, percent=40, decline_reason="供货推迟。")
    asking = filed(row_of("12"), "做完了。", WHEN, stage="completed", percent=100)
    return plain, worse, asking


def page_of(client, query=""):
    response = client.get(URL + query)
    return response, response.content.decode()


def bulk(client):
    """“全部通过”那张表单会交上去的。"""
    page = client.get(URL).content.decode()
    form = page.split(f'action="{PASS}"')[1].split("</form>")[0]
    return [part.split('"')[0] for part in form.split('name="item" value="')[1:]]


def test_last_month_stands_beside_this_month(office, waiting):
    _, page = page_of(office)
    assert "5 项次待审核" in page and "<b>2 项次</b>须逐条看" in page and "<b>3 项次</b>可以一并通过" in page
    for text in ("八月写的第6项。", "九月写的第6项。", "数字变差", "申请办结", "供货推迟。", "通过并办结"):
        assert text in page


def test_all_without_a_flag_pass_at_once_and_the_flagged_never_do(office, waiting):
    plain, worse, asking = waiting
    keys = bulk(office)
    assert len(keys) == 3
    assert office.post(PASS, {"item": keys})["Location"] == URL
    found = statuses()
    assert [found[row.assignment.measure.number] for row in plain] == ["approved"] * 3
    assert [found[row.assignment.measure.number] for row in (worse, asking)] == ["submitted"] * 2


def test_a_flagged_one_slipped_into_the_form_is_left_and_named(office, waiting):
    _, worse, asking = waiting
    keys = [f"{row.pk}-{row.version}" for row in (worse, asking)]
    page = office.post(PASS, {"item": keys}, follow=True).content.decode()
    assert "没有一并通过：数字变差。" in page and "没有一并通过：申请办结。" in page
    assert {statuses()[row.assignment.measure.number] for row in (worse, asking)} == {"submitted"}


def test_one_that_was_rewritten_since_it_was_shown_is_left_and_named(office, waiting, months):  # noqa: F811
    keys = bulk(office)
    row = workflow.withdraw_progress(row_of("6"), by=months.own, at=factories.at("2023-09-20 11:00"))
    filed(row, "改过的话。", "2023-09-20 12:00")
    page = office.post(PASS, {"item": keys}, follow=True).content.decode()
    assert "第 6 项（审批中心）没有一并通过：刚才改过，请再看一眼。" in page
    assert (statuses()["6"], statuses()["4"]) == ("submitted", "approved")


@pytest.mark.parametrize("item", ["", "abc", "1", "-1", "99999999-1", "1-99999999999"])
def test_nonsense_in_the_form_passes_nothing(office, waiting, item):
    page = office.post(PASS, {"item": [item]}, follow=True).content.decode()
    assert "没有可以一并通过的" in page
    assert Event.objects.filter(action="progress_approve", period__slug="2023-09").count() == 0


def test_passing_one_in_the_list_stays_in_the_list_with_its_filters_at_the_next(office, waiting, months):  # noqa: F811
    plain, *_ = waiting
    sent = {"all": f"period={months.period.pk}", "next": str(plain[1].pk)}
    response = office.post(reverse("progress_approve", args=[plain[0].pk]), sent)
    assert response["Location"] == f"{URL}?period={months.period.pk}#i{plain[1].pk}"
    assert statuses()["4"] == "approved"


def test_returning_one_in_the_list_without_a_reason_keeps_the_list_and_the_words(office, waiting):
    row = waiting[0][0]
    url = reverse("progress_return", args=[row.pk])
    for typed in ("", "字" * 501):
        response = office.post(url, {"all": "", f"r{row.pk}-reason": typed})
        assert response.status_code == 422
        assert form_on(response, url)["fields"][f"r{row.pk}-reason"] == typed
        assert "5 项次待审核" in response.content.decode()
    office.post(url, {"all": "", f"r{row.pk}-reason": "请写明办了几件。"})
    assert (row_of("4").status, row_of("4").return_reason) == ("returned", "请写明办了几件。")


def test_a_reason_used_before_is_offered_again(office, waiting):
    row = waiting[0][0]
    _, before = page_of(office)
    assert "请写明本期新增的数和办成的事。" in before and "请写明办了几件。" not in before
    office.post(reverse("progress_return", args=[row.pk]), {"all": "", f"r{row.pk}-reason": "请写明办了几件。"})
    _, page = page_of(office)
    assert "请写明办了几件。</button>" in page.replace("\n", "").replace(" ", "")


def test_what_has_just_been_passed_can_be_undone_at_once(office, waiting):
    page = office.post(PASS, {"item": bulk(office)}, follow=True).content.decode()
    assert "已通过 <b>第 4、6、11 项</b>" in page
    assert UNDO not in office.get(URL).content.decode(), "只在紧接着的一页上"
    pks = [row.pk for row in waiting[0]]
    page = office.post(UNDO, {"undo": pks}, follow=True).content.decode()
    assert "已撤销通过第 4、6、11 项，回到待审核。" in page
    assert {statuses()[n] for n in ("4", "6", "11")} == {"submitted"}
    assert Event.objects.filter(action="progress_revoke", note=workflow.UNDONE).count() == 3


def test_undoing_is_for_the_one_who_passed_it_and_for_two_minutes(months, waiting, at):  # noqa: F811
    row = waiting[0][0]
    other = factories.People().office_in_hall
    passed = workflow.approve_progress(row, by=months.office, at=at("2023-09-21 10:00"))
    with pytest.raises(workflow.Refused, match="不是您刚刚通过的"):
        workflow.undo_approval(passed, by=other, at=at("2023-09-21 10:01"))
    with pytest.raises(workflow.Refused, match="已过了两分钟"):
        workflow.undo_approval(passed, by=months.office, at=at("2023-09-21 10:02") + dt.timedelta(seconds=1))
    assert workflow.undo_approval(passed, by=months.office, at=at("2023-09-21 10:02")).status == "submitted"


def test_the_list_is_narrowed_by_department_and_by_period(office, waiting, months):  # noqa: F811
    other = Progress.objects.filter(period=months.period).exclude(assignment__department=months.own.department).first()
    number, room = other.assignment.measure.number, other.assignment.department
    factories.submitted(months.period, number, room.name)
    _, page = page_of(office, f"?department={room.pk}")
    assert "1 项次待审核" in page
    _, page = page_of(office, "?department=999999&period=x")
    assert "6 项次待审核" in page


def test_when_what_one_is_looking_at_is_done_the_rest_does_not_slip_in(office, waiting, months):  # noqa: F811
    """筛着看的审完了：说审完了、别处还有几项次；不悄悄换成全部，免得接着按就审了别的。"""
    other = Progress.objects.filter(period=months.period).exclude(assignment__department=months.own.department).first()
    room = other.assignment.department
    done = factories.submitted(months.period, other.assignment.measure.number, room.name)
    query = f"department={room.pk}"
    page = office.post(reverse("progress_approve", args=[done.pk]), {"all": query}, follow=True).content.decode()
    assert f"<h1>{room.name}的审完了</h1>" in page and "其余的期、部室还有 5 项次待审核。" in page
    assert "data-item" not in page and f'<option value="{room.pk}" selected>' in page


def test_one_measure_of_many_rooms_is_named_once(office, waiting):
    rows = [Progress(assignment=row.assignment) for row in (*waiting[0], waiting[0][0])]
    assert review_pages.numbers_of(rows) == "第 4、6、11 项（4 项次）"
    assert review_pages.numbers_of([]) == ""


def test_words_copied_from_last_time_are_pointed_out_though_not_flagged(office, months):  # noqa: F811
    """两期还不算标记，可是一并通过时眼睛看不出来，说一声；说了“本期无变化”的不说。"""
    filed(row_of("6"), "八月写的第6项。", WHEN)
    filed(row_of("4"), "九月写的第4项。", WHEN)
    _, page = page_of(office)
    assert page.count("一字不差") == 1 and "与8月一字不差" in page and "<b>2 项次</b>可以一并通过" in page


def test_an_empty_list_says_so(office):
    _, page = page_of(office)
    assert "没有待审核的报送。" in page


def test_the_queue_offers_it(office, waiting):
    assert f'href="{URL}"' in office.get(reverse("review_list")).content.decode()
