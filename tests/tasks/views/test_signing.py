"""拟稿、核稿、签发、扫描：记的是哪一稿看得出；发文稿纸一张；签发件随公文留着，看得到公文的下载得到。"""

import pytest

from departments.models import Leader
from tasks import workflow
from tasks.models import Attachment, Circular, Event, Signing
from tests.markup import markup
from tests.tasks.notices import draft, edited, issue
from tests.world import finish, upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def paper(plan, period, people, at):
    return draft(plan, people, at)


@pytest.fixture
def office(client, people):
    client.force_login(people.office)
    return client


def signed(client, paper, **more):
    said = {"version": paper.version, "leader": Leader.objects.get(name="李华斌").pk, "signed_on": "2023-09-20"}
    return client.post(f"/circulars/{paper.pk}/sign/", said | {"opinion": "同意印发。"} | more, follow=True)


def change(paper, people, at):
    return workflow.save_circular(
        paper, by=people.office, at=at("2023-09-21 15:00"), version=paper.version, title="改过的标题",
        content=edited(paper),
    )  # fmt: skip


def test_the_three_names_are_on_the_page_and_on_the_sheet(office, paper):
    assert "这一稿还没有核稿、签发" in markup(office.get(f"/circulars/{paper.pk}/"))
    office.post(f"/circulars/{paper.pk}/check/", {"version": paper.version})
    page = markup(signed(office, paper))
    assert "已记下签发。" in page and "这一稿还没有" not in page
    sheet = markup(office.get(f"/circulars/{paper.pk}/sheet/"))
    for words in ("李华斌", "同意印发。　2023年9月20日", "与拟稿同一人", paper.title, "发文稿纸"):
        assert words in sheet, words


def test_a_text_changed_after_signing_shows_that_it_was(office, paper, people, at):
    signed(office, paper)
    change(paper, people, at)
    page = markup(office.get(f"/circulars/{paper.pk}/"))
    assert "之后又改过" in page and "这一稿还没有核稿、签发" in page


def test_what_was_not_the_text_on_the_screen_is_not_signed(office, paper, people, at):
    old = paper.version
    change(paper, people, at)
    response = signed(office, paper, version=old)
    assert response.status_code == 409
    assert "同意印发。" in response.content.decode()
    assert office.post(f"/circulars/{paper.pk}/check/", {"version": old}).status_code == 302
    assert not Signing.objects.exists()


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"signed_on": "2023-10-01"}, "不能晚于今天"),
        ({"leader": ""}, "请选签发的领导"),
        ({"signed_on": "1923-09-20"}, "不能早于"),
    ],
)
def test_a_signature_without_who_or_in_the_future_is_refused(office, paper, more, why):
    response = signed(office, paper, **more)
    assert response.status_code == 422
    assert why in response.content.decode()


def test_the_same_text_is_not_checked_or_signed_twice(office, paper):
    for _ in range(2):
        office.post(f"/circulars/{paper.pk}/check/", {"version": paper.version})
        signed(office, paper)
    assert Signing.objects.count() == 2
    assert Event.objects.filter(action__in=("circular_check", "circular_sign")).count() == 2


def test_signing_does_not_stand_in_the_way_of_issuing(paper, people, at):
    assert issue(paper, people, at).status == Circular.Status.ISSUED


def test_the_signed_copy_is_kept_with_the_paper_and_read_by_whoever_reads_it(client, paper, people, at):
    made = issue(paper, people, at)
    client.force_login(people.office)
    client.post(f"/circulars/{made.pk}/scan/", {"evidence": upload("盖章件.pdf")})
    kept = Attachment.objects.get()
    assert (kept.circular, kept.name) == (made, "盖章件.pdf")
    client.force_login(people.reporter("财务部"))
    assert "盖章件.pdf" in client.get(f"/circulars/{made.pk}/").content.decode()
    response = client.get(f"/attachments/{kept.pk}/")
    assert response.status_code == 200
    finish(response)
    assert "存签发件、盖章件的扫描" not in client.get(f"/circulars/{made.pk}/").content.decode()


def test_choosing_no_file_is_said(office, paper, people, at):
    made = issue(paper, people, at)
    response = office.post(f"/circulars/{made.pk}/scan/", {}, follow=True)
    assert "请选签发件或盖章件" in response.content.decode()


def test_after_issue_the_signing_still_counts_as_of_the_issued_text(office, paper, people, at):
    signed(office, paper)
    issue(paper, people, at)
    assert "之后又改过" not in markup(office.get(f"/circulars/{paper.pk}/"))


# ── 签发以后又改过的 ──


def tick(client, paper, **more):
    data = {"version": paper.version, "checked": "on"} | more
    return client.post(f"/circulars/{paper.pk}/issue/", data, follow=True)


def test_a_text_changed_after_signing_is_issued_only_with_a_tick(office, paper, people, at):
    signed(office, paper)
    assert "仍照现在这一稿印发" not in markup(office.get(f"/circulars/{paper.pk}/"))
    paper = change(paper, people, at)
    page = markup(office.get(f"/circulars/{paper.pk}/"))
    assert "李华斌9月20日签发以后，又改过（标题）" in page and "仍照现在这一稿印发" in page
    page = markup(tick(office, paper))
    assert "请把现在这一稿送签、记下签发；确需照这一稿印发的，请勾选" in page
    assert Circular.objects.get().is_draft
    tick(office, paper, accept_changed="on")
    assert Circular.objects.get().is_issued
    assert Event.objects.get(action="circular_issue").data["changed"] == "李华斌9月20日签发以后，又改过（标题）"


def test_signing_the_changed_text_again_needs_no_tick(office, paper, people, at):
    signed(office, paper)
    paper = change(paper, people, at)
    signed(office, paper)
    assert "仍照现在这一稿印发" not in markup(office.get(f"/circulars/{paper.pk}/"))
    tick(office, paper)
    assert Circular.objects.get().is_issued


def test_a_text_never_signed_or_only_checked_needs_no_tick(office, paper, people, at):
    """有的单位不用签发这一步。"""
    office.post(f"/circulars/{paper.pk}/check/", {"version": paper.version})
    paper = change(paper, people, at)
    assert "仍照现在这一稿印发" not in markup(office.get(f"/circulars/{paper.pk}/"))
    tick(office, paper)
    assert Circular.objects.get().is_issued
