"""要紧的账户由一个人建立、重设，另一个人确认：开了 TWO_PERSON_ACCOUNTS 才这样，没有开的一切照旧。"""

import pytest
from django.urls import reverse

from departments import roster
from departments.models import Role, User
from tasks import workflow

from ..factories import make_user

pytestmark = pytest.mark.django_db
FIRST = {"password1": "Birch-Forest-7", "password2": "Birch-Forest-7"}
LIST = "/admin/departments/user/"


@pytest.fixture(autouse=True)
def _on(settings):
    settings.TWO_PERSON_ACCOUNTS = True


@pytest.fixture
def other(plan):
    """另一位管理员，确认得了的。"""
    return make_user("admin2", Role.ADMIN, is_staff=True, is_superuser=True)


@pytest.fixture
def wang(client, plan, people, other):
    """管理员新建的办公室账户，还没有人确认。"""
    client.force_login(people.admin)
    data = {"username": "wang", "name": "王五", "role": "office"} | FIRST
    client.post(reverse("admin:departments_user_add"), data)
    return User.objects.get(username="wang")


def confirm(client, by, *users):
    """勾选“确认账户”，返回页面上说的话。"""
    client.force_login(by)
    data = {"action": "confirm_accounts", "_selected_action": [user.pk for user in users]}
    return client.post(LIST, data, follow=True).content.decode()


def sign_in(client, username):
    client.logout()
    return client.post("/login/", {"username": username, "password": FIRST["password1"]})


def test_an_office_account_made_by_one_opens_after_another_confirms(client, people, wang, other):
    assert wang.awaiting_by == people.admin
    assert "还要另一位管理员确认才能登录" in sign_in(client, "wang").content.decode()
    assert "自己办的要另一位管理员确认：wang" in confirm(client, people.admin, wang)
    assert "已确认：wang" in confirm(client, other, wang)
    assert sign_in(client, "wang").status_code == 302


def test_nobody_confirms_himself(client, people, other):
    User.objects.filter(pk=other.pk).update(awaiting_by=people.admin)
    client.force_login(other)
    assert client.get(LIST).status_code == 302, "等着确认的管理员自己也进不来"


def test_a_reset_ends_the_sessions_and_waits_again(client, people, other):
    leader = people.leader("李华斌")
    client.force_login(leader)
    admin = client.__class__()
    admin.force_login(people.admin)
    admin.post(reverse("admin:auth_user_password_change", args=[leader.pk]), FIRST)
    leader.refresh_from_db()
    assert leader.awaiting_by == people.admin and client.get(reverse("me")).status_code == 302


def test_a_reporter_made_an_office_user_waits_and_a_plain_reporter_does_not(client, people, other):
    reporter = people.reporter("财务部")
    client.force_login(people.admin)
    url = reverse("admin:departments_user_change", args=[reporter.pk])
    said = {"username": reporter.username, "name": "张三", "is_active": "on", "department": reporter.department_id}
    client.post(url, said | {"role": "reporter"})
    reporter.refresh_from_db()
    assert (reporter.name, reporter.awaiting_by) == ("张三", None)
    client.post(url, said | {"role": "office"})
    reporter.refresh_from_db()
    assert reporter.awaiting_by == people.admin


def test_an_office_account_in_use_again_waits(client, people, other):
    office = people.office
    User.objects.filter(pk=office.pk).update(is_active=False)
    client.force_login(people.admin)
    said = {"username": office.username, "name": office.name, "role": "office", "is_active": "on"}
    client.post(reverse("admin:departments_user_change", args=[office.pk]), said)
    office.refresh_from_db()
    assert (office.is_active, office.awaiting_by) == (True, people.admin)


def test_the_roster_and_its_first_passwords_are_no_way_round(people, other, at):
    who = {"by": people.admin, "at": at("2023-09-20 10:00")}
    entries = [
        roster.Entry(2, "审批中心", [], "周明", "", Role.REPORTER, username="zhouming"),
        roster.Entry(3, "", [], "吴为", "", Role.OFFICE, username="wuwei"),
    ]
    made = workflow.build_roster(entries, **who).users
    assert [user.awaiting_by for user in made] == [None, people.admin]
    User.objects.update(awaiting_by=None)
    workflow.hand_out_passwords(made, **who)
    assert list(User.objects.filter(awaiting_by=people.admin)) == [made[1]]


def test_with_nobody_to_confirm_nothing_waits(client, people, plan):
    """只有一位管理员时不等：否则第二位管理员永远建不成。"""
    client.force_login(people.admin)
    client.post(reverse("admin:departments_user_add"), {"username": "wang", "name": "王五", "role": "admin"} | FIRST)
    assert User.objects.get(username="wang").awaiting_by is None


def test_switched_off_nothing_waits(client, people, other, settings):
    settings.TWO_PERSON_ACCOUNTS = False
    client.force_login(people.admin)
    client.post(reverse("admin:departments_user_add"), {"username": "wang", "name": "王五", "role": "office"} | FIRST)
    assert User.objects.get(username="wang").awaiting_by is None
    assert sign_in(client, "wang").status_code == 302


def test_the_auditor_reads_the_logs_and_nothing_else(client, people, period):
    client.force_login(people.auditor)
    page = client.get(reverse("event_list")).content.decode()
    assert "开放报送" in page and "/measures/" not in page, "记录都看得到，点不进业务的页面"
    assert client.get("/", follow=True).redirect_chain[-1][0] == reverse("audit_list")
    for name in ("event_list", "audit_list", "audit_mine", "help"):
        assert client.get(reverse(name)).status_code == 200, name
    for name in ("board", "measure_list", "plan", "circular_list", "problem_list"):
        assert "审计员只看操作记录与安全日志" in client.get(reverse(name)).content.decode(), name
    assert client.get("/admin/").status_code == 403
