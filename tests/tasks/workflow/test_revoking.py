"""撤销通过：回到待审核，通过时带来的一并撤销；做不到的说明为什么。"""

import datetime as dt

import pytest
from django.urls import reverse

from tasks import workflow
from tasks.figures.ledger import Ledger
from tasks.models import Completion, Event, Milestone, Progress
from tests.tasks.expectations import is_a_chinese_sentence

pytestmark = pytest.mark.django_db
HALL = "审批中心"
REASON = "看漏了附件。"


@pytest.fixture
def office(people):
    return people.office


@pytest.fixture
def approved(submitted, office, at):
    def approve(number="12", department=HALL, when="2023-09-20 15:00", **content):
        return workflow.approve_progress(submitted(number, department, **content), by=office, at=at(when))

    return approve


def revoke(row, office, at, when="2023-09-21 09:00", reason=REASON):
    return workflow.revoke_progress(row, by=office, at=at(when), reason=reason)


def test_a_revoked_approval_waits_for_review_again_and_the_event_says_why(approved, office, at):
    row = revoke(approved(percent=75), office, at)
    row.refresh_from_db()
    assert (row.status, row.reviewed_by, row.reviewed_at, row.is_self_review) == ("submitted", None, None, False)
    event = Event.objects.get(action="progress_revoke")
    assert (event.note, event.progress, event.by, event.is_public) == (REASON, row, office, True)
    assert workflow.approve_progress(row, by=office, at=at("2023-09-21 10:00")).status == "approved"


def test_the_light_goes_back_to_what_it_was(approved, plan, period, office, at):
    def percent():
        line = next(x for x in Ledger(plan, period, dt.date(2023, 9, 21)).lines if x.measure.number == "12")
        return line.parts[0].light.percent

    row = approved(percent=75)
    assert percent() == 75
    revoke(row, office, at)
    assert percent() is None


@pytest.mark.parametrize("reason", ["", "   "])
def test_a_reason_is_needed(approved, office, at, reason):
    row = approved(percent=75)
    with pytest.raises(workflow.Refused, match="必须写明理由"):
        revoke(row, office, at, reason=reason)
    row.refresh_from_db()
    assert row.status == "approved"


def test_milestones_it_finished_are_unfinished_and_its_ticks_count_when_approved_again(report, people, office, at):
    row = report("12", HALL)
    made = workflow.propose_milestone(
        row.assignment, by=office, at=at("2023-09-02 09:00"), name="招标", due_on=dt.date(2023, 12, 1)
    )
    row = workflow.submit_progress(
        row, by=people.reporter(HALL), at=at("2023-09-20 10:00"), version=0,
        content={"text": "完成了招标。", "stage": "in_progress", "percent": 75}, ticks=[made],
    )  # fmt: skip
    row = workflow.approve_progress(row, by=office, at=at("2023-09-20 15:00"))
    row = revoke(row, office, at)
    now = Milestone.objects.get(assignment=row.assignment, removed_at=None)
    assert (now.status, now.name) == ("agreed", "招标")
    assert [t.milestone for t in row.ticks.all()] == [now]
    workflow.approve_progress(row, by=office, at=at("2023-09-21 10:00"))
    now.refresh_from_db()
    assert now.status == "done"


@pytest.fixture
def completed(approved, period):
    """第 2 项审批中心报“已完成”，通过即办结。"""

    def make():
        return approved("2", HALL, stage="completed", percent=100)

    return make


def test_the_completion_it_made_is_taken_back_and_the_open_periods_owe_again(completed, plan, people, office, at):
    workflow.plan_periods(plan, by=office, at=at("2023-09-01 09:00"), first_month=10, last_month=10, due_day=25)
    october = workflow.open_period(plan.periods.get(slug="2023-10"), by=office, at=at("2023-09-02 09:00"))
    row = completed()
    owed = Progress.objects.filter(period=october, assignment=row.assignment)
    assert (row.assignment.completions.in_force().count(), owed.count()) == (1, 0)
    revoke(row, office, at)
    done = Completion.objects.get()
    assert (done.reopened_by, done.reopen_reason) == (office, REASON)
    assert owed.count() == 1
    workflow.approve_progress(Progress.objects.get(pk=row.pk), by=office, at=at("2023-09-21 10:00"))
    assert row.assignment.completions.in_force().count() == 1


def test_a_request_settled_by_it_waits_again(submitted, report, people, office, at):
    row = submitted("2", HALL, stage="completed", percent=100)
    asked = row.assignment.completion_requests.create(
        note="做完了。", requested_by=people.reporter(HALL), requested_at=at("2023-09-20 09:00")
    )
    row = workflow.approve_progress(row, by=office, at=at("2023-09-20 15:00"))
    revoke(row, office, at)
    asked.refresh_from_db()
    assert (asked.status, asked.decided_by, asked.decided_at) == ("requested", None, None)


def test_a_completion_with_an_effect_noted_must_be_reopened_first(completed, office, at):
    row = completed()
    workflow.note_effect(row.assignment, by=office, at=at("2023-09-20 16:00"), text="效果好。")
    with pytest.raises(workflow.Refused, match="记过实际效果") as caught:
        revoke(row, office, at)
    is_a_chinese_sentence(str(caught.value))


def test_the_original_is_in_force_again_when_its_correction_is_revoked(approved, people, office, at):
    row = approved(percent=75)
    reporter = people.reporter(HALL)
    copy = workflow.correct_progress(row, by=reporter, at=at("2023-09-20 16:00"))
    copy = workflow.submit_progress(
        copy, by=reporter, at=at("2023-09-20 16:10"), version=copy.version, content={"text": "改过了。"}
    )
    copy = workflow.approve_progress(copy, by=office, at=at("2023-09-20 17:00"))
    assert Progress.objects.in_force().get(assignment=row.assignment, period=row.period) == copy
    copy = revoke(copy, office, at)
    assert copy.status == "submitted"
    assert Progress.objects.in_force().get(assignment=row.assignment, period=row.period) == row


def test_what_a_correction_replaces_or_waits_for_is_not_revoked(approved, people, office, at):
    row = approved(percent=75)
    workflow.correct_progress(row, by=people.reporter(HALL), at=at("2023-09-20 16:00"))
    with pytest.raises(workflow.Refused, match="已提出更正"):
        revoke(Progress.objects.get(pk=row.pk), office, at)


def test_a_closed_period_keeps_what_was_approved(approved, period, office, at):
    row = approved(percent=75)
    workflow.close_period(period, by=office, at=at("2023-09-20 18:00"))
    with pytest.raises(workflow.Refused, match="已经关闭，数字以关闭日为准"):
        revoke(row, office, at)


def test_a_later_period_already_closed_on_it_keeps_it_too(approved, plan, office, at):
    row = approved(percent=75)
    workflow.plan_periods(plan, by=office, at=at("2023-09-20 16:00"), first_month=10, last_month=10, due_day=25)
    october = workflow.open_period(plan.periods.get(slug="2023-10"), by=office, at=at("2023-09-20 16:00"))
    workflow.close_period(october, by=office, at=at("2023-09-20 17:00"))
    with pytest.raises(workflow.Refused, match="2023年10月已经关闭"):
        revoke(row, office, at)


def test_what_is_published_must_be_withdrawn_first(approved, office, at):
    row = approved(percent=75)
    item = workflow.release_item(row, by=office, at=at("2023-09-20 16:00"), category="news", wording="更快了。")
    with pytest.raises(workflow.Refused, match="已对外发布"):
        revoke(row, office, at)
    workflow.withdraw_item(item, by=office, at=at("2023-09-20 17:00"))
    assert revoke(row, office, at).status == "submitted"


# ── 页面 ──


def test_the_office_finds_what_it_just_approved_and_revokes_it(sign_in, approved, office):
    row, client = approved(percent=75), sign_in(office)
    detail, url = reverse("review_detail", args=[row.pk]), reverse("progress_revoke", args=[row.pk])
    assert f'href="{detail}"' in client.get(reverse("review_list")).content.decode()
    assert f'action="{url}"' in client.get(detail).content.decode()
    response = client.post(url, {"revoke-reason": " "})
    assert response.status_code == 422
    assert "必须写明理由。" in response.content.decode()
    assert client.post(url, {"revoke-reason": REASON})["Location"] == detail
    assert Progress.objects.get(pk=row.pk).status == "submitted"
    assert f'action="{reverse("progress_approve", args=[row.pk])}"' in client.get(detail).content.decode()


def test_when_it_cannot_be_revoked_the_page_says_why_instead_of_a_button(sign_in, approved, period, office, at):
    row = approved(percent=75)
    workflow.close_period(period, by=office, at=at("2023-09-20 18:00"))
    client, url = sign_in(office), reverse("progress_revoke", args=[row.pk])
    page = client.get(reverse("review_detail", args=[row.pk])).content.decode()
    assert url not in page
    assert "已经关闭，数字以关闭日为准" in page
    response = client.post(url, {"revoke-reason": REASON})
    assert response.status_code == 422
    assert REASON in response.content.decode()
