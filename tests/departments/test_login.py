"""登录、退出、会话时限、身份变化，以及登录过期时所写内容的去处。"""

import datetime as dt
import re
from html import unescape

import pytest
from django.contrib.sessions.models import Session
from django.core import signing
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from departments import kept
from departments.models import Role, User
from tasks import workflow
from tasks.models import Assignment, Progress

from ..factories import PASSWORD, make_user
from ..world import form_data, upload, world  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture
def zhang(plan):
    return make_user("Zhang.San", department="审批中心", name="张三")


def log_in(client, username="Zhang.San", password=PASSWORD, **more):
    return client.post("/login/", {"username": username, "password": password, **more})


def is_signed_in(client) -> bool:
    return client.get("/me/").status_code == 200


def shows_login(response) -> bool:
    return response.status_code == 302 and response["Location"].startswith("/login/")


# ── 登录 ──


def test_logging_in_lands_on_the_home_page(client, zhang):
    response = log_in(client)
    assert response["Location"] == "/"
    assert is_signed_in(client)


def test_logging_in_returns_to_the_page_that_was_asked_for(client, zhang):
    asked = client.get("/measures/8/")
    assert asked["Location"] == "/login/?next=/measures/8/"
    assert log_in(client, next="/measures/8/")["Location"] == "/measures/8/"


@pytest.mark.parametrize("username", ["Zhang.San", "zhang.san", "ZHANG.SAN", " Zhang.San "])
def test_the_name_is_the_same_in_any_case(client, zhang, username):
    log_in(client, username)
    assert is_signed_in(client)


@pytest.mark.parametrize("username", ["zhang.sаn", "zhang.ſan", "zhang", "zhang.san\x00", "zhang_san", "", "z" * 5000])
def test_a_name_that_only_looks_the_same_is_not_the_same(client, zhang, username):
    """西里尔字母的 а、长 s、多一个 NUL，都不是这个人。"""
    response = log_in(client, username) if username != "zhang.ſan" else None
    # 表单按 NFKC 把 ſ 化成 s，所以只在后端一层核对它。
    if response is None:
        with pytest.raises(User.DoesNotExist):
            User.objects.get_by_natural_key(username)
        return
    assert response.status_code == 200
    assert not is_signed_in(client)


def test_a_dotless_i_is_not_an_i(plan):
    """PostgreSQL 的大写比较会把 ı 当成 I：那样换个写法就绕过了锁定计数。"""
    make_user("lihuabin", department="审批中心")
    with pytest.raises(User.DoesNotExist):
        User.objects.get_by_natural_key("l\u0131huab\u0131n")


def test_names_that_differ_only_in_case_cannot_both_exist(zhang):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_user("zhang.san", department="审批中心")


def test_a_wrong_password_says_what_to_do_and_not_which_part_was_wrong(client, zhang):
    wrong = log_in(client, password="wrong").content.decode()
    nobody = log_in(client, "nobody").content.decode()
    for page in (wrong, nobody):
        assert "登录名或密码不对，请核对后再试。忘了密码请联系管理员重设。" in page
    assert PASSWORD not in wrong


def test_a_deactivated_account_cannot_log_in(client, zhang):
    User.objects.filter(pk=zhang.pk).update(is_active=False)
    assert "登录名或密码不对" in log_in(client).content.decode()


def test_logging_in_changes_the_session_key(client, zhang):
    """防会话固定：登录前后的会话编号不同。"""
    session = client.session
    session["x"] = 1
    session.save()
    client.cookies["sessionid"] = session.session_key
    log_in(client)
    assert client.session.session_key != session.session_key


def test_migrating_an_empty_database_makes_no_account(db):
    """没有默认账户（ASVS 6.3.2）：测试库就是从空库迁移来的。"""
    assert not MigrationExecutor(connection).migration_plan(MigrationExecutor(connection).loader.graph.leaf_nodes())
    assert User.objects.count() == 0


def test_loading_the_plan_makes_no_account_either(plan):
    assert User.objects.count() == 0


def test_the_first_administrator_gets_a_random_password_to_be_changed(db, capsys):
    call_command("first_admin")
    printed = capsys.readouterr().out
    user = User.objects.get()
    password = re.search(r"密码 (\S+)（", printed)[1]
    assert user.check_password(password)
    assert (user.role, user.is_superuser, user.must_change_password) == (Role.ADMIN, True, True)
    call_command("first_admin")
    assert User.objects.count() == 1


# ── 退出与会话 ──


def test_an_old_cookie_is_useless_after_logging_out(client, zhang):
    log_in(client)
    cookie = client.cookies["sessionid"].value
    client.post("/logout/")
    other = Client()
    other.cookies["sessionid"] = cookie
    assert shows_login(other.get("/me/"))
    assert not Session.objects.filter(session_key=cookie).exists()


def test_logging_out_needs_a_post(client, zhang):
    log_in(client)
    assert client.get("/logout/").status_code == 405
    assert is_signed_in(client)


def test_an_old_cookie_is_useless_after_deactivation(client, zhang):
    log_in(client)
    User.objects.filter(pk=zhang.pk).update(is_active=False)
    assert shows_login(client.get("/me/"))


def test_changing_the_password_ends_the_other_sessions_and_keeps_this_one(client, zhang):
    elsewhere = Client()
    log_in(elsewhere)
    log_in(client)
    new = {"old_password": PASSWORD, "new_password1": "Another-Horse-10", "new_password2": "Another-Horse-10"}
    assert client.post("/me/password/", new)["Location"] == "/me/password/done/"
    assert is_signed_in(client)
    assert shows_login(elsewhere.get("/me/"))


def test_half_an_hour_without_a_click_ends_the_session(client, zhang, settings):
    log_in(client)
    assert client.cookies["sessionid"]["max-age"] == settings.SESSION_COOKIE_AGE == 1800
    row = Session.objects.get()
    left = (row.expire_date - timezone.now()).total_seconds()
    assert 1790 < left <= 1800
    Session.objects.update(expire_date=timezone.now() - dt.timedelta(seconds=1))
    assert shows_login(client.get("/me/"))


def test_every_click_starts_the_half_hour_again(client, zhang):
    log_in(client)
    Session.objects.update(expire_date=timezone.now() + dt.timedelta(seconds=5))
    assert is_signed_in(client)
    assert Session.objects.get().expire_date > timezone.now() + dt.timedelta(seconds=1700)


@pytest.mark.parametrize(("seconds", "stays"), [(8 * 3600 - 1, True), (8 * 3600 + 1, False)])
def test_eight_hours_after_logging_in_one_must_log_in_again(client, zhang, monkeypatch, seconds, stays):
    log_in(client)
    assert is_signed_in(client)
    later = timezone.localtime() + dt.timedelta(seconds=seconds)
    monkeypatch.setattr("departments.middleware.real_now", lambda: later)
    assert is_signed_in(client) is stays
    assert ("sessionid" in client.cookies and client.cookies["sessionid"].value != "") is stays


def test_the_eight_hours_are_counted_from_login_not_from_the_last_click(client, zhang, monkeypatch):
    log_in(client)
    is_signed_in(client)
    start = timezone.localtime()
    for hours in (2, 4, 6, 7.9):
        monkeypatch.setattr("departments.middleware.real_now", lambda h=hours: start + dt.timedelta(hours=h))
        assert is_signed_in(client)
    monkeypatch.setattr("departments.middleware.real_now", lambda: start + dt.timedelta(hours=8.1))
    assert not is_signed_in(client)


# ── 登录过期时交上来的填报 ──

TYPED = "本月完成清单编制，\n征求了八个部门意见。"


def expired_post(client, world, **fields):  # noqa: F811
    """没有登录（会话过期，浏览器还记得是谁）时点“报送”。"""
    row = world.rows.missing
    client.cookies[kept.WRITER] = kept.mark(world.own)
    return client.post(reverse("progress_report", args=[row.pk]), form_data(row, text=TYPED, **fields))


def login_form(page) -> dict:
    """登录页上那张表单：提交到哪里、带着哪些隐藏内容。"""
    form = next(f for f in re.findall(r"<form.*?</form>", page, re.S) if 'name="password"' in f)
    action = re.search(r'<form[^>]*action="([^"]*)"', form)
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
    return {"action": unescape(action[1]) if action else None} | {k: unescape(v) for k, v in hidden.items()}


def test_a_report_posted_after_expiry_is_not_lost(client, world):  # noqa: F811
    """401 的登录页带着所写内容 → 登录 → 确认页 → 点一下存为草稿。"""
    response = expired_post(client, world)
    page = response.content.decode()
    assert response.status_code == 401
    assert "您刚才写的内容没有丢" in page
    assert Progress.objects.get(pk=world.rows.missing.pk).status == "missing"

    form = login_form(page)
    entered = client.post(
        "/login/", {"username": world.own.username, "password": PASSWORD, "kept": form["kept"], "next": "/"}
    )
    assert entered["Location"] == reverse("login_kept")
    shown = client.get(reverse("login_kept")).content.decode()
    assert "本月完成清单编制" in shown
    assert "第 2 项　全面放宽市场准入条件" in shown
    assert "<dt>本期进展</dt>" in shown
    assert "也还没有存" in shown

    action = re.search(r'<form method="post" action="(/progress/[^"]+)"', shown)[1]
    fields = {k: unescape(v) for k, v in re.findall(r'name="([^"]+)" value="([^"]*)"', shown.split(action)[1])}
    saved = client.post(action, fields)
    assert saved.status_code == 302
    after = Progress.objects.get(pk=world.rows.missing.pk)
    assert (after.status, after.text) == ("draft", TYPED)


def test_every_ticked_milestone_is_kept_not_only_the_last(client, world, at, people):  # noqa: F811
    """勾了几个节点，取回来还是几个。"""
    row = world.rows.missing
    part = Assignment.objects.get(pk=row.assignment_id)
    who = {"by": people.office, "at": at("2023-09-01 10:00"), "due_on": dt.date(2023, 10, 31)}
    names = ("勘察完成", "招标完成", "开工")
    made = [workflow.propose_milestone(part, name=name, **who) for name in names]
    client.cookies[kept.WRITER] = kept.mark(world.own)
    data = form_data(row, "draft", text=TYPED) | {f"p{row.pk}-ticks": [m.pk for m in made]}
    packed = login_form(client.post(reverse("progress_report", args=[row.pk]), data).content.decode())["kept"]
    log_in(client, world.own.username, kept=packed)
    shown = client.get(reverse("login_kept")).content.decode()
    action = re.search(r'<form method="post" action="(/progress/[^"]+)"', shown)[1]
    fields = {}
    for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', shown.split(action)[1]):
        fields.setdefault(name, []).append(unescape(value))
    client.post(action, fields)
    after = Progress.objects.get(pk=row.pk)
    assert after.text == TYPED
    assert sorted(tick.milestone.name for tick in after.ticks.all()) == sorted(names)


def test_files_chosen_before_the_expiry_are_named_to_be_chosen_again(client, world):  # noqa: F811
    packed = login_form(expired_post(client, world, evidence=upload("批复.pdf")).content.decode())["kept"]
    log_in(client, world.own.username, kept=packed)
    shown = client.get(reverse("login_kept")).content.decode()
    assert "选的文件没有留住，存为草稿后请重新选：批复.pdf。" in shown


def test_the_login_page_at_the_address_of_the_report_posts_to_the_login_address(client, world):  # noqa: F811
    """那张登录页的地址是 /progress/…/：表单不写 action，密码就会交到填报网址去，永远登录不上。"""
    form = login_form(expired_post(client, world).content.decode())
    assert form["action"] == reverse("login")


def test_the_kept_page_is_not_shown_twice(client, world):  # noqa: F811
    """存成草稿以后，再打开取回页就没有了，免得第二天又把旧内容盖上去。"""
    packed = login_form(expired_post(client, world).content.decode())["kept"]
    log_in(client, world.own.username, kept=packed)
    row = world.rows.missing
    client.post(reverse("progress_report", args=[row.pk]), form_data(row, "draft", text=TYPED))
    assert client.get(reverse("login_kept"))["Location"] == "/"


def test_the_kept_page_stays_until_it_is_posted_again(client, world):  # noqa: F811
    """走开了再回来，还在；交了别的表单也不动它。"""
    log_in(client, world.own.username, kept=login_form(expired_post(client, world).content.decode())["kept"])
    client.post(reverse("progress_withdraw", args=[world.rows.waiting.pk]))
    assert "本月完成清单编制" in client.get(reverse("login_kept")).content.decode()


def test_who_must_change_the_password_first_gets_the_words_after_that(client, world):  # noqa: F811
    packed = login_form(expired_post(client, world).content.decode())["kept"]
    User.objects.filter(pk=world.own.pk).update(must_change_password=True)
    log_in(client, world.own.username, kept=packed)
    new = {"old_password": PASSWORD, "new_password1": "Another-Horse-10", "new_password2": "Another-Horse-10"}
    assert client.post("/me/password/", new)["Location"] == reverse("login_kept")
    assert "本月完成清单编制" in client.get(reverse("login_kept")).content.decode()


def test_who_was_signed_in_here_is_remembered_signed_and_out_of_reach_of_scripts(client, world):  # noqa: F811
    log_in(client, world.own.username)
    cookie = client.cookies[kept.WRITER]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert kept.WRITER not in client.get("/me/").cookies, "记过的不再写"
    client.cookies[kept.WRITER] = f"{world.users['other'].pk}:made-up"
    assert client.get("/me/").cookies[kept.WRITER].value == kept.mark(world.own)


def test_words_of_somebody_unknown_are_shown_at_once_and_not_kept(client, world):  # noqa: F811
    """浏览器里的记号没有了，认不出是谁：不带进登录，当场抄给他，别的人登录看不到。"""
    row = world.rows.missing
    page = client.post(reverse("progress_report", args=[row.pk]), form_data(row, text=TYPED)).content.decode()
    assert "kept" not in login_form(page)
    assert "没有交上。您写的都在下面，请先复制" in page
    assert "本月完成清单编制" in page


def test_an_absolute_timeout_keeps_the_report_too(client, world, monkeypatch):  # noqa: F811
    log_in(client, world.own.username)
    client.get("/me/")
    later = timezone.localtime() + dt.timedelta(hours=9)
    monkeypatch.setattr("departments.middleware.real_now", lambda: later)
    assert expired_post(client, world).status_code == 401


def test_a_wrong_password_in_between_still_keeps_the_report(client, world):  # noqa: F811
    packed = login_form(expired_post(client, world).content.decode())["kept"]
    again = log_in(client, world.own.username, "wrong", kept=packed).content.decode()
    assert login_form(again)["kept"] == packed


@pytest.mark.parametrize(
    "spoil",
    [
        lambda s: s[:-1] + ("A" if s[-1] != "A" else "B"),
        lambda s: "x" + s,
        lambda s: "",
        lambda s: "a:b:c",
        lambda s: "字" * 50,
    ],
)
def test_tampered_content_is_ignored(client, world, spoil):  # noqa: F811
    packed = login_form(expired_post(client, world).content.decode())["kept"]
    assert log_in(client, world.own.username, kept=spoil(packed))["Location"] == "/"
    assert client.get(reverse("login_kept"))["Location"] == "/"


def test_content_kept_too_long_is_ignored(client, world, monkeypatch):  # noqa: F811
    packed = login_form(expired_post(client, world).content.decode())["kept"]
    monkeypatch.setattr(kept, "MAX_AGE", -1)
    assert log_in(client, world.own.username, kept=packed)["Location"] == "/"


def test_a_token_signed_for_something_else_is_ignored(client, world):  # noqa: F811
    packed = signing.dumps({"path": "/admin/", "fields": {}}, salt="another", compress=True)
    assert log_in(client, world.own.username, kept=packed)["Location"] == "/"


def test_somebody_elses_login_neither_sees_nor_writes_it(client, world):  # noqa: F811
    """同一台电脑换了一个部室的人登录：看不到别人写的，也写不进去。"""
    packed = login_form(expired_post(client, world).content.decode())["kept"]
    log_in(client, world.users["other"].username, kept=packed)
    shown = client.get(reverse("login_kept"), follow=True).content.decode()
    assert "本月完成清单编制" not in shown
    assert "kept" not in client.session
    row = world.rows.missing
    assert (
        client.post(reverse("progress_report", args=[row.pk]), form_data(row, "draft", text=TYPED)).status_code == 404
    )
    assert Progress.objects.get(pk=row.pk).status == "missing"


def test_nothing_is_written_for_somebody_not_signed_in(client, world, django_assert_num_queries):  # noqa: F811
    before = Session.objects.count()
    expired_post(client, world)
    assert Session.objects.count() == before


def test_content_too_long_to_keep_still_gives_the_login_page(client, world, monkeypatch):  # noqa: F811
    monkeypatch.setattr(kept, "MAX_LENGTH", 10)
    response = expired_post(client, world)
    assert response.status_code == 401
    assert "kept" not in login_form(response.content.decode())
    assert "内容没有丢" not in response.content.decode()
    assert "本月完成清单编制" in response.content.decode(), "太长留不住的，当场抄给他"


def test_a_password_is_never_kept(client, world):  # noqa: F811
    """没有手写的话的，过期了只是转去登录：密码之类不能进隐藏字段；与别的话一起交来的也不留。"""
    client.cookies[kept.WRITER] = kept.mark(world.own)
    mixed = client.post(reverse("progress_return", args=[1]), {"reason": "请补充", "new_password1": "Old-Secret-1"})
    assert kept.unpack(login_form(mixed.content.decode())["kept"])["fields"] == {"reason": ["请补充"]}
    response = client.post(
        "/me/password/", {"old_password": "Old-Secret-1", "new_password1": "x", "new_password2": "x"}
    )
    assert response.status_code == 302
    assert "Old-Secret-1" not in response.content.decode() + response["Location"]
