"""兼任与代理：换到那个部室才替它办，所办的都标“代”；到期、撤回即止，写的话留着；账户自己的部室一点不动。"""

import datetime as dt
import re

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from departments.models import Acting, Department, Former, User
from tasks import workflow
from tasks.models import Event, InstructionReply, Progress, Receipt, Reminder
from tasks.workflow.reminder import queue_mail
from tests import factories
from tests.markup import markup
from tests.world import form_data as fields

from .parts import TODAY

pytestmark = pytest.mark.django_db
OWN, OTHER = "党务办", "财务部"
TEXT = "已与三家银行对接，签约两笔。"


@pytest.fixture
def person(people):
    """党务办的王某。"""
    user = people.reporter(OWN)
    user.name = "王某"
    user.save()
    return user


@pytest.fixture
def row(person):
    """王某 9 月代理财务部。"""
    return Acting.objects.create(
        user=person,
        department=Department.objects.get(name=OTHER),
        from_on=dt.date(2023, 9, 1),
        until_on=dt.date(2023, 9, 30),
        reason="李某休假，临时代理",
    )


@pytest.fixture
def signed_in(person, row, client):
    client.force_login(person)
    return client


def row_of(room):
    return Department.objects.get(name=room)


def switch(client, room=OTHER):
    slug = Department.objects.get(name=room).slug if room else ""
    return client.post(reverse("me_acting"), {"department": slug}, follow=True)


def owed(period, room=OTHER):
    return Progress.objects.filter(period=period, assignment__department__name=room).order_by("pk").first()


def report(client, progress, text=TEXT):
    return client.post(reverse("progress_report", args=[progress.pk]), fields(progress, text=text))


# ── 换过去、换回来 ────────────────────────────────────────


def test_until_he_switches_the_other_department_is_not_his(signed_in, period):
    assert signed_in.get(reverse("progress_report", args=[owed(period).pk])).status_code == 404
    page = markup(signed_in.get("/"))
    assert f'value="{row_of(OTHER).slug}"' in page and "代到9月30日" in page
    assert signed_in.get("/").context["desk"].department.name == OWN


def test_after_switching_every_page_is_that_departments_and_he_can_switch_back(signed_in, person, period):
    page = switch(signed_in)
    assert page.context["desk"].department.name == OTHER
    assert "现在替财务部办，所办的都标“代”。" in page.content.decode()
    assert "财务部 · 填报人（代）" in page.content.decode()
    assert signed_in.get(reverse("progress_report", args=[owed(period).pk])).status_code == 302
    assert signed_in.get(reverse("progress_report", args=[owed(period, OWN).pk])).status_code == 404
    assert signed_in.get(reverse("my_department")).url.endswith(Department.objects.get(name=OTHER).slug + "/")
    assert switch(signed_in, "").context["desk"].department.name == OWN
    assert User.objects.get(pk=person.pk).department.name == OWN


def test_home_and_every_page_say_what_the_other_department_owes(signed_in, period):
    [other] = signed_in.get("/").context["desk"].rooms
    count = Progress.objects.filter(period=period, assignment__department__name=OTHER).count()
    assert (other.room.department.name, other.count) == (OTHER, count)
    own, there = signed_in.get(reverse("measure_list")).context["rooms"]
    assert (own.is_here, there.is_here, there.count) == (True, False, count)
    switch(signed_in)
    [other] = signed_in.get("/").context["desk"].rooms
    assert other.room.department.name == OWN and other.room.slug == ""


def test_somebody_without_such_a_row_sees_none_of_it_and_cannot_switch(people, period, client):
    client.force_login(people.reporter(OTHER))
    assert "me/acting" not in client.get("/").content.decode()
    answer = client.post(reverse("me_acting"), {"department": Department.objects.get(name=OWN).slug})
    assert answer.status_code == 403
    assert "acting" not in client.session


# ── 标“代” ────────────────────────────────────────────────


def test_what_he_does_carries_both_names_wherever_it_is_shown(signed_in, person, row, people, period):
    switch(signed_in)
    progress = owed(period)
    assert report(signed_in, progress).status_code == 302
    progress.refresh_from_db()
    assert progress.submitted_by == person
    event = Event.objects.get(progress=progress, action="progress_submit")
    assert (event.acting, event.department.name) == (row, OTHER)
    office = Client()
    office.force_login(people.office)
    timeline = office.get(progress.assignment.measure.url).content.decode()
    assert "财务部 王某（代）" in timeline
    assert "王某（代）" in office.get(reverse("review_detail", args=[progress.pk])).content.decode()
    assert "代财务部" in office.get(reverse("event_list")).content.decode()


def test_what_he_does_for_his_own_department_is_not_marked(signed_in, person, people, period):
    progress = owed(period, OWN)
    assert report(signed_in, progress).status_code == 302
    assert Event.objects.get(progress=progress, action="progress_submit").acting is None
    office = Client()
    office.force_login(people.office)
    assert "（代）" not in office.get(reverse("review_detail", args=[progress.pk])).content.decode()


def test_earlier_acts_stay_marked_after_he_moves_into_that_department(signed_in, person, row, people, period):
    switch(signed_in)
    progress = owed(period)
    report(signed_in, progress)
    person.department = row.department
    person.save()
    office = Client()
    office.force_login(people.office)
    assert Former.objects.filter(user=person).exists()
    assert "王某（代）" in office.get(reverse("review_detail", args=[progress.pk])).content.decode()
    assert "财务部 王某（代）" in office.get(progress.assignment.measure.url).content.decode()
    assert not Acting.objects.of(person, TODAY).exists()  # 已经是自己的部室，不用再换


def test_replies_and_receipts_are_the_acting_departments(signed_in, person, row, people, plan, at, period):
    said = workflow.issue_instruction(
        plan.measures.get(number="15"), by=people.leader("李华斌"), at=at("2023-09-10 09:00"), text="抓紧办。"
    )
    switch(signed_in)
    signed_in.post(
        reverse("instruction_reply", args=[said.pk]), {f"reply{said.pk}-text": "正在办。", "text": "正在办。"}
    )
    reply = InstructionReply.objects.get()
    assert (reply.department.name, reply.by) == (OTHER, person)
    assert "王某（代）" in signed_in.get(reverse("measure_detail", args=["15"])).content.decode()
    signed_in.post(reverse("revision_sign", args=[plan.revision.pk]))
    if Receipt.objects.exists():
        assert {receipt.department.name for receipt in Receipt.objects.all()} == {OTHER}


# ── 到期、撤回 ────────────────────────────────────────────


@pytest.mark.parametrize(
    ("change", "why"), [({"is_withdrawn": True}, "已撤回"), ({"until_on": dt.date(2023, 9, 21)}, "已到期")]
)
def test_when_it_ends_a_form_is_refused_with_its_words_and_nothing_is_done(signed_in, row, period, change, why):
    switch(signed_in)
    progress = owed(period)
    Acting.objects.filter(pk=row.pk).update(**change)
    answer = report(signed_in, progress)
    assert answer.status_code == 403
    assert f"您已不再替财务部办（{why}）。" in answer.content.decode()
    assert TEXT in answer.content.decode()
    assert Progress.objects.get(pk=progress.pk).status == Progress.Status.MISSING
    assert signed_in.get("/").context["desk"].department.name == OWN
    assert report(signed_in, progress).status_code == 404  # 已经换回本部室，别的部室的看不到


def test_when_it_ends_the_next_page_is_his_own_and_says_so(signed_in, row, period):
    switch(signed_in)
    row.is_withdrawn = True
    row.save()
    page = signed_in.get("/")
    assert page.context["desk"].department.name == OWN
    assert "您已不再替财务部办（已撤回）。现在办的是本部室的。" in page.content.decode()


def test_a_form_opened_before_switching_cannot_be_sent_for_the_other_department(person, row, period):
    client = Client(enforce_csrf_checks=True)
    client.force_login(person)
    token = client.get("/").context["csrf_token"]
    slug = row.department.slug
    assert client.post(reverse("me_acting"), {"department": slug, "csrfmiddlewaretoken": str(token)}).status_code == 302
    old = {"text": TEXT, "csrfmiddlewaretoken": str(token)}
    answer = client.post(reverse("progress_report", args=[owed(period).pk]), old)
    assert answer.status_code == 403
    assert TEXT in answer.content.decode()


# ── 账户不动 ──────────────────────────────────────────────


def test_changing_the_password_while_acting_leaves_the_account_where_it_is(signed_in, person):
    switch(signed_in)
    new = "Birch-Forest-7"
    data = {"old_password": factories.PASSWORD, "new_password1": new, "new_password2": new}
    assert signed_in.post(reverse("password_change"), data).status_code == 302
    person.refresh_from_db()
    assert person.department.name == OWN
    assert not Former.objects.filter(user=person).exclude(of_department=person.department).exists()


def test_saving_an_acting_user_writes_only_his_own_department(person, row):
    person.acting = row
    assert (person.serving.name, person.department.name) == (OTHER, OWN)
    person.save()
    assert User.objects.get(pk=person.pk).department.name == OWN


# 问的就是账户自己的部室的几处：页头“本部室”、名单、自审、收信人、部室接替时转账户。
OF_THE_ACCOUNT = {
    "rules/permissions.py", "pages/acting.py", "pages/roster.py", "papers/mail.py", "imports/succession.py",
}  # fmt: skip


def test_nothing_else_asks_the_accounts_own_department(settings):
    root = settings.BASE_DIR / "tasks"
    files = [p for p in root.rglob("*.py") if not {"migrations", "management"} & set(p.parts)]
    asking = {
        str(p.relative_to(root)) for p in files if re.search(r"\b(user|by)\.department(_id)?\b", p.read_text("utf-8"))
    }
    assert asking == OF_THE_ACCOUNT, "替别的部室办的时候，问 user.serving"


# ── 谁可以办、怎么办 ──────────────────────────────────────


def test_only_a_reporter_of_another_department_can_be_given_one(people, person, row):
    room = row.department
    for user, said in ((people.office, "不是在用的填报人"), (people.reporter(OTHER), "本来就在财务部")):
        with pytest.raises(ValidationError, match=said):
            Acting(user=user, department=room, from_on=TODAY, reason="兼任").full_clean()
    with pytest.raises(ValidationError, match="不能早于"):
        Acting(user=person, department=room, from_on=TODAY, until_on=dt.date(2023, 9, 1), reason="代").full_clean()


def test_a_row_of_another_day_a_closed_department_or_another_role_is_not_in_force(person, row):
    for day, n in (
        (dt.date(2023, 8, 31), 0),
        (dt.date(2023, 9, 1), 1),
        (dt.date(2023, 9, 30), 1),
        (dt.date(2023, 10, 1), 0),
    ):
        assert Acting.objects.of(person, day).count() == n
    Department.objects.filter(pk=row.department_id).update(is_active=False)
    assert not Acting.objects.of(person, TODAY).exists()
    Department.objects.filter(pk=row.department_id).update(is_active=True)
    User.objects.filter(pk=person.pk).update(role="office")
    assert not Acting.objects.of(person, TODAY).exists()


def test_the_administrator_gives_and_withdraws_it_in_the_back_office(people, person, period, client):
    client.force_login(people.admin)
    room = Department.objects.get(name=OTHER)
    data = {
        "user": person.pk,
        "department": room.pk,
        "from_on": "2023-09-01",
        "until_on": "",
        "reason": "分工调整，兼任",
    }
    assert client.post(reverse("admin:departments_acting_add"), data).status_code == 302
    made = Acting.objects.get()
    page = client.get(reverse("admin:departments_acting_change", args=[made.pk]))
    seen = page.context["adminform"].form.initial["seen"]
    change = {"until_on": "", "reason": made.reason, "is_withdrawn": "on", "seen": seen}
    assert client.post(reverse("admin:departments_acting_change", args=[made.pk]), change).status_code == 302
    made.refresh_from_db()
    assert made.is_withdrawn and made.user == person
    said = Event.objects.filter(action="admin_change").values_list("label", flat=True)
    assert sorted(said) == ["修改兼任与代理", "新增兼任与代理"]


def test_the_urging_mail_also_reaches_him_who_acts_that_day(person, row, people, plan, period, at):
    User.objects.filter(pk=person.pk).update(email="wang@example.invalid")
    reminder = Reminder.objects.create(
        plan=plan, department=row.department, text="请报。", by=people.office, at=at("2023-09-22 09:00")
    )
    assert [delivery.user for delivery in queue_mail(reminder, day=TODAY, subject="催办")] == [person]
    assert queue_mail(reminder, day=dt.date(2023, 10, 8), subject="催办") == []
