"""要紧的账户由一个人建立、重设，另一个人确认：开了 TWO_PERSON_ACCOUNTS 才这样，没有开的一切照旧。"""

import pytest
from django.urls import reverse

from departments.models import Role, User

from ..factories import make_user

pytestmark = pytest.mark.django_db
FIRST = {"password1": "Birch-Forest-7", "password2": "Birch-Forest-7"}
LIST = "/admin/departments/user/"


@pytest.fixture(autouse=True)
def _on(settings):
    settings.TWO_PERSON_ACCOUNTS = True


@pytest.fixture
def wang(client, plan, people):
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


def test_an_office_account_made_by_one_opens_after_another_confirms(client, people, wang):
    assert wang.awaiting_by == people.admin
    assert "还要另一位管理员确认才能登录" in sign_in(client, "wang").content.decode()
    assert "自己办的要另一位管理员确认：wang" in confirm(client, people.admin, wang)
    other = make_user("admin2", Role.ADMIN, is_staff=True, is_superuser=True)
    assert "已确认：wang" in confirm(client, other, wang)
    assert sign_in(client, "wang").status_code == 302


def test_nobody_confirms_himself(client, people, wang):
    other = make_user("admin2", Role.ADMIN, is_staff=True, is_superuser=True)
    User.objects.filter(pk=other.pk).update(awaiting_by=people.admin)
    client.force_login(other)
    assert client.get(LIST).status_code == 302, "等着确认的管理员自己也进不来"


def test_a_reset_ends_the_sessions_and_waits_again(client, people, plan):
    leader = people.leader("李华斌")
    client.force_login(leader)
    other = client.__class__()
    other.force_login(people.admin)
    other.post(reverse("admin:auth_user_password_change", args=[leader.pk]), FIRST)
    leader.refresh_from_db()
    assert leader.awaiting_by == people.admin and client.get(reverse("me")).status_code == 302


def test_a_reporter_made_an_office_user_waits_and_a_plain_reporter_does_not(client, people, plan):
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


def test_switched_off_nothing_waits(client, people, plan, settings):
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
