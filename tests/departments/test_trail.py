"""安全日志：清单上的每一样都真做一遍，看写没写；只增不改；一条扣着一条；只有该看的人看得到；不够 180 天的不清。"""

import datetime as dt
import json
import logging
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from departments import lockout, single_sign_on, trail
from departments.models import Acting, Department, LoginAttempt, SecurityEvent, User
from tasks.management.commands.purge_log import purge
from tasks.models import Event
from yingshang import append_only
from yingshang.clock import real_now
from yingshang.logs import JsonFormatter

from ..factories import PASSWORD, make_user
from ..tasks.admin.test_resources import confirmation, send
from ..tasks.together import at_the_same_time
from ..world import finish, world  # noqa: F401
from .test_second_factor import bind
from .test_single_sign_on import switch_on

pytestmark = pytest.mark.django_db
NEW = "Birch-Forest-7"


def upload_list(client, model, rows) -> int:
    """上传、预览、确认一份名单（csv），返回确认得到的状态码。"""
    page = send(client, f"departments_{model}", rows.encode("utf-8-sig"), "csv")
    url = reverse(f"admin:departments_{model}_process_import")
    return client.post(url, confirmation(page.content.decode())).status_code


class Acts:
    """清单上的每一样，真做一遍。方法名就是 `trail.ACTIONS` 的键；返回该写下的（谁，对谁，对象）。"""

    def __init__(self, world, settings=None):
        self.settings, self.world, self.client = settings, world, Client(REMOTE_ADDR="10.0.0.9")
        self.li, self.admin = world.own, world.admin

    def as_(self, user):
        self.client.force_login(user)
        return self.client

    def sign_in(self, password=PASSWORD):
        return self.client.post("/login/", {"username": self.li.username, "password": password})

    def login(self):
        self.sign_in()
        return self.li, None, ""

    def login_failed(self):
        self.sign_in("wrong")
        return self.li, self.li, ""

    def single_refused(self):
        """统一认证开着，说是他，他的角色没有开。"""
        switch_on(self.settings, "http://127.0.0.1:1")
        address, why = self.client.post("/login/single/")["Location"], "角色没有开统一认证"
        refused = single_sign_on.SignOnRefused("不行", why, self.li)
        with patch.object(single_sign_on.SingleSignOnBackend, "authenticate", side_effect=refused):
            self.client.get(f"/login/single/back/?code=a&state={parse_qs(urlsplit(address).query)['state'][0]}")
        return self.li, self.li, why

    def locked(self):
        for _ in range(9):
            self.sign_in("wrong")
        return self.li, self.li, ""

    def unlocked(self):
        self.sign_in("wrong")
        url = reverse("admin:departments_user_changelist")
        self.as_(self.admin).post(url, {"action": "unlock_accounts", "_selected_action": [self.li.pk]})
        return self.admin, self.li, self.li.username

    def logout(self):
        self.as_(self.li).post("/logout/")
        return self.li, None, ""

    def change(self, old):
        data = {"old_password": old, "new_password1": NEW, "new_password2": NEW}
        return self.as_(self.li).post(reverse("password_change"), data)

    def password_changed(self):
        assert self.change(PASSWORD).status_code == 302
        return self.li, self.li, ""

    def password_refused(self):
        self.change("wrong")
        return self.li, self.li, ""

    def password_reset(self):
        url = reverse("admin:auth_user_password_change", args=[self.li.pk])
        self.as_(self.admin).post(url, {"password1": NEW, "password2": NEW})
        return self.admin, self.li, self.li.username

    def bound(self):
        """填报人绑好了手机，登录着。"""
        self.settings.SECOND_FACTOR_ROLES = ["reporter"]
        self.sign_in()
        self.secret, self.codes = bind(self.client)

    def code_bound(self):
        self.bound()
        return self.li, self.li, ""

    def code_refused(self):
        self.bound()
        self.client.post("/me/second/", {"code": "000000x"})
        return self.li, self.li, ""

    def code_spare(self):
        self.bound()
        self.client.logout()
        self.sign_in()
        self.client.post("/login/code/", {"code": self.codes[0]})
        return self.li, None, ""

    def code_renewed(self):
        self.bound()
        self.client.post("/me/second/", {"code": self.codes[0], "do": "renew"})
        return self.li, self.li, ""

    def code_reset(self):
        self.bound()
        url = reverse("admin:departments_user_changelist")
        self.as_(self.admin).post(url, {"action": "reset_codes", "_selected_action": [self.li.pk]})
        return self.admin, self.li, self.li.username

    def account_added(self):
        data = {"username": "wang", "name": "王五", "role": "office", "password1": NEW, "password2": NEW}
        self.as_(self.admin).post(reverse("admin:departments_user_add"), data)
        return self.admin, User.objects.get(username="wang"), "wang"

    def account_changed(self):
        data = {"username": self.li.username, "name": self.li.name, "role": "office", "is_active": "on"}
        url = reverse("admin:departments_user_change", args=[self.li.pk])
        assert self.as_(self.admin).post(url, data).status_code == 302
        return self.admin, self.li, self.li.username

    def account_confirmed(self):
        User.objects.filter(pk=self.li.pk).update(awaiting_by=self.world.office)
        url = reverse("admin:departments_user_changelist")
        self.as_(self.admin).post(url, {"action": "confirm_accounts", "_selected_action": [self.li.pk]})
        return self.admin, self.li, self.li.username

    def acting_changed(self):
        url, room = (
            reverse("admin:departments_acting_add"),
            Department.objects.exclude(pk=self.li.department_id).first(),
        )
        row = {
            "user": self.li.pk,
            "department": room.pk,
            "from_on": "2023-09-01",
            "until_on": "",
            "reason": "分工调整，兼任",
        }
        assert self.as_(self.admin).post(url, row).status_code == 302
        return self.admin, self.li, str(Acting.objects.latest("pk"))

    def acting_switched(self):
        self.acting_changed()
        room = Acting.objects.latest("pk").department
        assert self.as_(self.li).post(reverse("me_acting"), {"department": room.slug}).status_code == 302
        return self.li, None, str(room)

    def list_imported(self):
        assert upload_list(self.as_(self.admin), "department", "网址代号,简称\nxin,新部室\n") == 302
        return self.admin, None, "部室：1 行"

    def exported(self, url):
        return finish(self.client.get(url))

    def list_exported(self):
        url = reverse("admin:departments_department_export")
        assert self.as_(self.admin).post(url, {"format": "0", "resource": "0"}).status_code == 200
        return self.admin, None, url

    def ledger_exported(self):
        self.as_(self.li)
        self.exported(reverse("measure_export"))
        return self.li, None, reverse("measure_export")

    def paper_downloaded(self):
        self.as_(self.world.office)
        url = reverse("circular_word", args=[self.world.notices.issued.pk])
        self.exported(url)
        return self.world.office, None, url

    def evidence_downloaded(self):
        self.as_(self.li)
        url = reverse("attachment_download", args=[self.world.files.returned.pk])
        self.exported(url)
        return self.li, None, url

    def refused(self):
        self.as_(self.li).get(reverse("review_list"))
        return self.li, None, f"GET {reverse('review_list')}"

    def setting_changed(self):
        room = Department.objects.first()
        url = reverse("admin:departments_department_change", args=[room.pk])
        shown = self.as_(self.admin).get(url).context["adminform"].form
        data = {name: shown.initial.get(name) or "" for name in shown.fields} | {"is_active": "on", "order": "77"}
        data |= {f"aliases-{name}": 0 for name in ("TOTAL_FORMS", "INITIAL_FORMS")}
        assert self.client.post(url, data).status_code == 302
        return self.admin, None, f"修改部室：{room}"

    def log_exported(self):
        self.as_(self.admin)
        self.exported(reverse("audit_export"))
        return self.admin, None, reverse("audit_export")

    def log_sealed(self):
        call_command("verify_log", "--seal")
        return None, None, SecurityEvent.objects.first().what

    def log_purged(self):
        trail.trace("login", by=self.li)
        purge(real_now() + dt.timedelta(days=1))
        return None, None, SecurityEvent.objects.first().what


@pytest.mark.parametrize("action", trail.ACTIONS)
def test_everything_on_the_list_is_written_with_who_when_where_what_and_how_it_ended(world, action, settings):  # noqa: F811
    acts, before = Acts(world, settings), real_now()
    who, target, what = getattr(acts, action)()
    rows = list(SecurityEvent.objects.filter(action=action))
    assert len(rows) == (1 if action != "log_sealed" else len(rows) or 1)
    [row] = rows[:1]
    account = who.username if who else ""
    assert (row.account, row.target, row.what) == (account, target, what)
    assert before <= row.at <= real_now()
    assert row.address == ("command" if who is None else row.address) and row.address in ("10.0.0.9", "command")
    is_refusal = action in ("login_failed", "single_refused", "locked", "password_refused", "code_refused", "refused")
    assert row.result == ("refused" if is_refusal else "done")


def test_signing_out_of_the_back_office_is_the_same_signing_out(world):  # noqa: F811
    client = Acts(world).as_(world.admin)
    answer = client.post("/admin/logout/")
    assert (answer["Location"], answer["Clear-Site-Data"]) == ("/login/", '"cache"')
    last = SecurityEvent.objects.order_by("pk").last()
    assert (last.action, last.account) == ("logout", world.admin.username)
    assert client.get("/admin/").status_code == 302


def test_a_changed_account_says_from_what_to_what(world):  # noqa: F811
    acts = Acts(world)
    acts.account_changed()
    changes = SecurityEvent.objects.get(action="account_changed").data
    assert changes == {"role": ["填报人", "办公室"], "department": [str(world.own.department), ""]}


def test_accounts_that_come_in_by_a_list_are_written_one_by_one(world):  # noqa: F811
    acts = Acts(world)
    rows = f"登录名,姓名,角色\nzhou,周六,办公室\n{world.own.username},改了名,填报人\n"
    assert upload_list(acts.as_(world.admin), "user", rows) == 302
    assert SecurityEvent.objects.get(action="account_added").data["role"] == ["", "办公室"]
    assert SecurityEvent.objects.get(action="account_changed").data == {"name": [world.own.name, "改了名"]}
    assert len(SecurityEvent.objects.get(action="list_imported").data["rows"]) == 2


def test_a_name_that_is_nobodys_is_not_written_down(client, plan):
    """人常把密码错输在登录名一格。"""
    client.post("/login/", {"username": "Secret-Word-9", "password": "x"})
    row = SecurityEvent.objects.get()
    assert (row.account, row.what) == ("", "没有这个账户")


def test_the_old_password_has_the_same_brake_as_the_login(client, plan):
    user = make_user("li", department="审批中心")
    client.force_login(user)
    data = {"old_password": "wrong", "new_password1": NEW, "new_password2": NEW}
    for _ in range(5):
        assert "原密码不对" in client.post("/me/password/", data).content.decode()
    page = client.post("/me/password/", data | {"old_password": PASSWORD}).content.decode()
    assert "连续输错次数太多" in page and User.objects.get().check_password(PASSWORD)
    assert SecurityEvent.objects.filter(action="locked", target=user).count() == 1
    lockout.unlock("li")
    assert client.post("/me/password/", data | {"old_password": PASSWORD}).status_code == 302
    assert not LoginAttempt.objects.filter(
        key__in=[key for key, _ in lockout.attempt_keys("li", "127.0.0.1")][::2]
    ).exists()


# ── 日志里的一行 ──


def test_the_line_in_the_log_carries_the_same_fields_and_no_personal_data(world, caplog):  # noqa: F811
    User.objects.filter(pk=world.own.pk).update(name="欧阳某某", office_phone="0358-1234567")
    with caplog.at_level(logging.INFO, "yingshang.security"):
        logging.getLogger("yingshang").propagate = True
        try:
            Acts(world).account_changed()
        finally:
            logging.getLogger("yingshang").propagate = False
    lines = {
        JsonFormatter().format(r) for r in caplog.records if r.name == "yingshang.security" and r.message == "改账户"
    }
    [line] = lines
    row, said = SecurityEvent.objects.get(action="account_changed"), json.loads(line)
    for name in ("action", "account", "address", "what", "result"):
        assert said[name] == getattr(row, name)
    assert said["target"] == world.own.username
    assert "欧阳" not in line and "1234567" not in line


# ── 只增不改 ──


@pytest.mark.parametrize("statement", ["UPDATE {} SET account = 'x'", "DELETE FROM {}"])
def test_the_database_refuses_to_change_the_log(plan, statement):
    trail.trace("login", by=make_user("li", department="审批中心"))
    with pytest.raises(DatabaseError, match=trail.MESSAGE), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(trail.TABLE))
    assert SecurityEvent.objects.count() == 1


def test_the_database_refuses_to_empty_or_replace_the_log(plan):
    trail.trace("login", by=make_user("li", department="审批中心"))
    statement = (
        f"TRUNCATE {trail.TABLE}"
        if connection.vendor == "postgresql"
        else f"REPLACE INTO {trail.TABLE} SELECT * FROM {trail.TABLE}"
    )
    connection.check_constraints()  # PostgreSQL：外键还等着核对时，TRUNCATE 先因此不许
    with pytest.raises(DatabaseError, match=trail.MESSAGE), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


# ── 一条扣着一条 ──


@pytest.fixture
def chain(plan):
    """十条，和几条封了的操作记录。"""
    user = make_user("li", department="审批中心")
    for n in range(10):
        trail.trace("login", by=user, what=f"{n}", data={"n": [n, "一"]})
    Event.objects.create(action="progress_submit", label="报送", at=real_now(), note="原话", data={"a": 1.5})
    call_command("verify_log", "--seal")
    return list(SecurityEvent.objects.order_by("pk"))


def tamper(table, statement, *values):
    """有库的管理权限的人绕开触发器。"""
    message = "x"
    append_only.unprotect(connection, table)
    with connection.cursor() as cursor:
        cursor.execute(statement.format(table), values)
    append_only.protect(connection, table, message)


def test_an_untouched_chain_is_whole(chain, capsys):
    call_command("verify_log")
    assert "一条不差" in capsys.readouterr().out


@pytest.mark.parametrize("column", ["account", "what", "address", "action", "result", "previous"])
def test_the_first_row_that_was_changed_is_named(chain, column):
    tamper(trail.TABLE, f"UPDATE {{}} SET {column} = 'other' WHERE id = %s", chain[4].pk)
    with pytest.raises(CommandError, match=f"从第 {chain[4].pk} 条"):
        call_command("verify_log")


def test_a_row_that_was_taken_out_is_noticed_at_the_next(chain):
    tamper(trail.TABLE, "DELETE FROM {} WHERE id = %s", chain[4].pk)
    with pytest.raises(CommandError, match=f"从第 {chain[5].pk} 条"):
        call_command("verify_log")


def test_rows_taken_from_the_beginning_are_noticed(chain):
    tamper(trail.TABLE, "DELETE FROM {} WHERE id <= %s", chain[3].pk)
    with pytest.raises(CommandError, match=f"第 {chain[4].pk} 条以前的不见了"):
        call_command("verify_log")


def test_a_whole_new_end_is_noticed_by_the_head_kept_elsewhere(chain, tmp_path):
    head = tmp_path / "head"
    call_command("verify_log", "--head", str(head))
    assert head.stat().st_mode & 0o777 == 0o600
    tamper(trail.TABLE, "DELETE FROM {} WHERE id >= %s", chain[5].pk)
    trail.trace("login", what="补写的")
    call_command("verify_log")
    with pytest.raises(CommandError, match=f"第 {chain[-1].pk} 条）不在链上"):
        call_command("verify_log", "--head", str(head))


@pytest.mark.parametrize(
    ("statement", "said"),
    [("UPDATE {} SET note = 'x' WHERE id = %s", "改过"), ("DELETE FROM {} WHERE id = %s", "删了")],
)
def test_a_sealed_event_of_the_work_that_was_changed_is_named(chain, statement, said):
    event = Event.objects.get(note="原话")
    tamper("tasks_event", statement, event.pk)
    with pytest.raises(CommandError, match=f"操作记录第 {event.pk} 条{said}"):
        call_command("verify_log")


def test_an_event_is_sealed_once(chain):
    call_command("verify_log", "--seal")
    assert SecurityEvent.objects.filter(action="log_sealed").count() == 1
    Event.objects.create(action="progress_submit", label="报送", at=real_now())
    call_command("verify_log", "--seal")
    assert SecurityEvent.objects.filter(action="log_sealed").count() == 2


# ── 留多久 ──


def test_fewer_than_180_days_are_refused(chain):
    with pytest.raises(CommandError, match="至少留 180 天"):
        call_command("purge_log", "--days", "179")
    assert SecurityEvent.objects.count() == len(chain)


def test_the_old_ones_go_and_the_chain_is_still_whole(chain, monkeypatch, capsys):
    now = real_now()
    monkeypatch.setattr(trail, "real_now", lambda: now + dt.timedelta(days=100))
    trail.trace("login", what="后来的")
    monkeypatch.setattr("tasks.management.commands.purge_log.real_now", lambda: now + dt.timedelta(days=181))
    call_command("purge_log", "--days", "180")
    assert f"清理了 {len(chain)} 条" in capsys.readouterr().out
    assert [row.action for row in SecurityEvent.objects.order_by("pk")] == ["login", "log_purged"]
    call_command("verify_log", "--seal")
    assert SecurityEvent.objects.filter(action="log_sealed").exists(), "清掉的封条重新封上"
    with pytest.raises(DatabaseError), transaction.atomic():
        SecurityEvent.objects.all()._raw_delete("default")


def test_a_broken_chain_is_not_purged(chain):
    tamper(trail.TABLE, "UPDATE {} SET what = 'x' WHERE id = %s", chain[2].pk)
    with pytest.raises(CommandError, match="没有清理"):
        call_command("purge_log", "--days", "180")


# ── 给谁看 ──


def test_the_owner_sees_the_last_login_and_his_own_record(client, plan):
    make_user("li", department="审批中心")
    make_user("wang", department="财务部")
    for name in ("wang", "li"):
        client.post("/login/", {"username": name, "password": PASSWORD}, REMOTE_ADDR="10.0.0.3")
    assert "上次登录" not in client.get("/me/").content.decode(), "头一次登录"
    client.post("/login/", {"username": "li", "password": "wrong"})
    client.post("/login/", {"username": "li", "password": PASSWORD}, REMOTE_ADDR="10.0.0.4")
    page = client.get("/me/").content.decode()
    assert "从 10.0.0.3；其后输错密码 1 次" in page
    shown = client.get("/me/log/").content.decode()
    assert "10.0.0.4" in shown and "登录失败" in shown and "wang" not in shown


def test_a_reset_is_told_to_its_owner_at_the_next_login(world):  # noqa: F811
    acts = Acts(world)
    acts.password_reset()
    acts.client.post("/login/", {"username": world.own.username, "password": NEW})
    page = acts.client.get(reverse("password_change")).content.decode()
    assert f"您的密码由{world.admin}于" in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", "login logout refused"),
        ("?action=logout", "logout"),
        ("?who=WANG", "refused"),
        ("?address=10.0.0.", "login"),
        ("?result=refused", "refused"),
        ("?since=2090-01-01", ""),
    ],
)
def test_the_administrator_finds_by_action_account_address_result_and_day(client, plan, query, shown):
    li, wang = make_user("li", department="审批中心"), make_user("wang", department="财务部")
    trail.trace("logout", by=li)
    request = type("Request", (), {"user": li, "META": {"REMOTE_ADDR": "10.0.0.7"}})()
    trail.trace("login", request)
    trail.trace("refused", by=wang, result="refused")
    client.force_login(make_user("boss", "admin"))
    found = client.get(reverse("audit_list") + query).context["page"]["rows"]
    assert sorted(row["event"].action for row in found) == shown.split()
    csv = b"".join(client.get(reverse("audit_export") + query)).decode("utf-8-sig")
    lines = [line for line in csv.strip().split("\r\n")[1:] if "导出安全日志" not in line]
    assert len(lines) == len(shown.split())


def test_nobody_else_reads_the_log(client, plan, people):
    for user in (people.office, people.leader("李华斌"), people.reporter("审批中心")):
        client.force_login(user)
        assert client.get(reverse("audit_list")).status_code == 403


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_many_at_once_make_one_chain():
    at_the_same_time([lambda n=n: [trail.trace("login", what=f"{n}") for _ in range(10)] for n in range(8)])
    assert SecurityEvent.objects.count() == 80 and trail.broken(SecurityEvent.objects.order_by("pk")) is None
