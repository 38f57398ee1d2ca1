"""密码：首次登录须改、到期须改、复杂度可开可关、重设后须改。"""

import datetime as dt
import importlib
import os
import subprocess
import sys

import pytest
from django.conf import settings as settings_module
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.urls import reverse

from departments.middleware import password_is_due
from departments.models import Department, User
from departments.passwords import CharacterClassValidator
from tests.markup import markup

from ..factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
NEW = "Another-Horse-10"
NOW = dt.datetime(2026, 3, 1, 9, 0, tzinfo=dt.UTC)


@pytest.fixture
def new_user(plan):
    return make_user("li", department="审批中心", must_change_password=True)


def change(client, old=PASSWORD, new=NEW, again=None):
    data = {"old_password": old, "new_password1": new, "new_password2": again or new}
    return client.post(reverse("password_change"), data)


# ── 首次登录 ──


def test_the_first_login_leads_to_changing_the_password_wherever_one_goes(client, new_user):
    client.force_login(new_user)
    for url in ("/", "/measures/", "/measures/8/", "/plan/", "/me/", "/help/", "/admin/"):
        assert client.get(url)["Location"] == reverse("password_change"), url
    assert client.post("/plan/revisions/1/sign/")["Location"] == reverse("password_change")
    page = client.get(reverse("password_change")).content.decode()
    assert "请先改密码" in page


def test_one_may_leave_without_changing_it(client, new_user):
    client.force_login(new_user)
    assert client.post("/logout/")["Location"] == "/login/"


def test_after_changing_it_everything_opens(client, new_user):
    client.force_login(new_user)
    assert change(client)["Location"] == reverse("password_change_done")
    new_user.refresh_from_db()
    assert new_user.must_change_password is False
    assert new_user.password_changed_at is not None
    assert client.get("/").status_code == 200


def test_the_same_password_again_is_not_a_change(client, new_user):
    client.force_login(new_user)
    response = change(client, new=PASSWORD)
    assert "新密码不能与原密码相同" in response.content.decode()
    new_user.refresh_from_db()
    assert new_user.must_change_password is True


def test_a_wrong_old_password_changes_nothing(client, new_user):
    client.force_login(new_user)
    assert change(client, old="wrong").status_code == 200
    new_user.refresh_from_db()
    assert new_user.check_password(PASSWORD)


def test_two_different_new_passwords_change_nothing(client, new_user):
    client.force_login(new_user)
    assert change(client, again="Another-Horse-11").status_code == 200
    new_user.refresh_from_db()
    assert new_user.check_password(PASSWORD)


# ── 到期 ──


@pytest.mark.parametrize(("days", "due"), [(179, False), (180, False), (181, True)])
def test_a_password_is_due_the_day_after_the_last_allowed_day(settings, monkeypatch, days, due):
    settings.PASSWORD_MAX_AGE_DAYS = 180
    monkeypatch.setattr("departments.middleware.real_now", lambda: NOW + dt.timedelta(days=days))
    assert password_is_due(User(must_change_password=False, password_changed_at=NOW)) is due


@pytest.mark.parametrize(
    ("user", "limit", "due"),
    [
        ({"must_change_password": True}, 0, True),
        ({"password_changed_at": NOW}, 0, False),
        ({"password_changed_at": None}, 180, False),
        ({"password_changed_at": NOW, "is_demo": True}, 180, False),
        ({"must_change_password": True, "is_demo": True}, 180, True),
    ],
)
def test_expiry_can_be_switched_off_and_demo_accounts_are_exempt(settings, monkeypatch, user, limit, due):
    settings.PASSWORD_MAX_AGE_DAYS = limit
    monkeypatch.setattr("departments.middleware.real_now", lambda: NOW + dt.timedelta(days=3650))
    assert password_is_due(User(**{"must_change_password": False} | user)) is due


def test_an_expired_password_leads_to_changing_it(client, plan, monkeypatch):
    user = make_user("li", department="审批中心", password_changed_at=NOW)
    client.force_login(user)
    monkeypatch.setattr("departments.middleware.real_now", lambda: NOW + dt.timedelta(days=181))
    client.get("/me/")
    client.force_login(user)
    assert client.get("/me/")["Location"] == reverse("password_change")


# ── 写得够不够好 ──


@pytest.mark.parametrize(
    ("password", "good"),
    [
        ("abcdefgh", False),
        ("ABCDEFGH", False),
        ("12345678", False),
        ("!!!!!!!!", False),
        ("abcdEFGH", False),
        ("abcd1234", False),
        ("abcd!!!!", False),
        ("AB12AB12", False),
        ("12!!12!!", False),
        ("abCD1234", True),
        ("abCD!!!!", True),
        ("ab12!!!!", True),
        ("AB12!!!!", True),
        ("aB1!aB1!", True),
        ("密码密码密码密码", False),
        ("abCD密码密码", True),
        ("ab 12 ab 12", True),
    ],
)
def test_three_of_four_classes_are_needed(password, good):
    try:
        CharacterClassValidator().validate(password)
    except ValidationError as refused:
        assert not good
        assert refused.messages == ["密码须含小写字母、大写字母、数字、符号四类中的三类。"]
    else:
        assert good


@pytest.mark.parametrize("password", ["Ab1!", "password123", "zhangsan", "20230922", "Zhang.San1", ""])
def test_short_common_numeric_and_similar_passwords_are_refused(password):
    with pytest.raises(ValidationError):
        validate_password(password, User(username="Zhang.San1", name="张三"))


def test_the_class_rule_can_be_switched_off(monkeypatch):
    """等保要求组成规则，ASVS 不主张：由 PASSWORD_COMPLEXITY 决定。"""
    from yingshang import settings as module

    names = lambda m: [v["NAME"] for v in m.AUTH_PASSWORD_VALIDATORS]  # noqa: E731
    try:
        monkeypatch.setenv("PASSWORD_COMPLEXITY", "1")
        assert "departments.passwords.CharacterClassValidator" in names(importlib.reload(module))
        monkeypatch.setenv("PASSWORD_COMPLEXITY", "0")
        assert "departments.passwords.CharacterClassValidator" not in names(importlib.reload(module))
    finally:
        monkeypatch.undo()
        importlib.reload(module)


def test_a_weak_new_password_is_refused_in_chinese(client, plan):
    client.force_login(make_user("li", department="审批中心"))
    page = change(client, new="abcdefgh1").content.decode()
    assert "密码须含小写字母、大写字母、数字、符号四类中的三类。" in page


def test_passwords_are_stored_with_the_slow_hash():
    from django.contrib.auth.hashers import PBKDF2PasswordHasher

    assert PBKDF2PasswordHasher.iterations >= 1_000_000


def test_a_password_is_never_in_a_page_or_a_log(client, plan, caplog):
    make_user("li", department="审批中心")
    secret = "Sesame-Open-77"
    page = client.post("/login/", {"username": "li", "password": secret}).content.decode()
    assert secret not in page
    assert secret not in caplog.text


# ── 说的话 ──


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ("aB3", "密码太短，至少要 8 位。"),
        ("li-Li-li-1", "密码与您的"),
        ("password", "这个密码太常见"),
        ("48151623", "密码不能全是数字。"),
    ],
)
def test_a_weak_new_password_is_told_in_chinese_at_the_new_password(client, plan, new, said):
    user = make_user("li-li-li", department="审批中心")
    client.force_login(user)
    response = change(client, new=new)
    form = response.context["form"]
    assert any(said in text for text in form.errors["new_password1"]) and "new_password2" not in form.errors
    shown = markup(response)
    assert "This password" not in shown and "你的" not in shown
    assert f"有 {shown.count('<li><a href')} 处需要修改" in shown, "几处就是几行"


def test_the_rules_are_one_line_and_the_administrator_resets(client, new_user):
    assert "联系管理员重设" in client.get("/login/").content.decode()
    client.force_login(new_user)
    shown = client.get(reverse("password_change")).content.decode()
    assert "至少 8 位；" in shown and "四类中的三类。" in shown
    assert "由管理员重设密码" in shown and "办公室重置" not in shown


def test_a_data_folder_that_does_not_exist_yet_is_made(tmp_path):
    folder = tmp_path / "没有" / "这里"
    environment = {**os.environ, "DATA_DIR": str(folder), "DEBUG": "1", "DATABASE_URL": ""}
    command = [sys.executable, "manage.py", "check"]
    where = {"cwd": settings_module.BASE_DIR, "env": environment}
    done = subprocess.run(command, **where, capture_output=True, check=False, umask=0)
    assert done.returncode == 0 and folder.is_dir()
    assert folder.stat().st_mode & 0o777 == 0o700, "库与材料都在里面：不论 umask，别的用户进不去"


# ── 猜得到的、用过的 ──

ZHB = {"username": "zhb", "name": "张华斌", "email": "zhanghb@example.internal", "office_phone": "3521234"}


@pytest.mark.parametrize(
    "password",
    [
        "Zhb12345",  # 登录名＋连号
        "Admin@123", "Huawei@123", "P@ssw0rd123", "Qwer!1234", "1qaz@WSX", "Aa123456!", "Abcd@1234", "Woaini@1314",
        "Jckfq@2026", "JCJJKFQ#2023", "Jiaocheng2024!",  # 单位的首字母、拼音＋年份
        "Yingshang@2026", "Kaifaqu_123", "Root#2025", "Test@111111", "Zhongguo@1949",
        "Zhanghb#9Kq2m", "Spzx-77kQzv", "x9Q#3521234k",  # 里面有自己的邮箱、部室代号、电话
    ],
)  # fmt: skip
def test_what_everybody_would_guess_is_refused(plan, password):
    department = Department.objects.first()
    department.slug = "spzx"
    with pytest.raises(ValidationError):
        validate_password(password, User(**ZHB, department=department))


@pytest.mark.parametrize(
    "password", ["Kq7#mVw2z", "Correct-Horse-9", "tree7 River lamp", "Huawei-plum-tree7", "春风十里柳Ab7"]
)
def test_what_nobody_would_guess_is_accepted(plan, password):
    validate_password(password, User(**ZHB))


def test_the_words_of_the_place_are_a_setting(settings):
    validate_password("Fenyang@2026", User(**ZHB))
    settings.PASSWORD_WORDS = ["fenyang"]
    with pytest.raises(ValidationError, match="拼起来的"):
        validate_password("Fenyang@2026", User(**ZHB))


def test_the_last_five_are_not_used_again_and_the_sixth_is(client, plan):
    user = make_user("li", department="审批中心")
    old, names = PASSWORD, ["Birch", "Maple", "Cedar", "Aspen", "Hazel"]
    for name in names:
        client.force_login(user)
        assert change(client, old=old, new=(new := f"{name}-Forest-7")).status_code == 302
        old = new
        user.refresh_from_db()
    for name in names[:-1]:
        assert "最近用过的密码" in change(client, old=old, new=f"{name}-Forest-7").content.decode()
    assert change(client, old=old, new=PASSWORD).status_code == 302, "五次以前的可以再用"


def test_a_reset_counts_as_used(client, plan):
    admin, user = make_user("boss", "admin", is_staff=True, is_superuser=True), make_user("li", department="审批中心")
    client.force_login(admin)
    url = reverse("admin:auth_user_password_change", args=[user.pk])
    assert client.post(url, {"password1": "Larch-Forest-7", "password2": "Larch-Forest-7"}).status_code == 302
    client.force_login(User.objects.get(pk=user.pk))
    assert "最近用过" in change(client, old="Larch-Forest-7", new=PASSWORD).content.decode()


def test_only_the_hashes_of_the_last_five_are_kept(plan, settings):
    settings.PASSWORD_HISTORY = 2
    user = make_user("li", department="审批中心")
    for new in ("Birch-Forest-7", "Maple-Forest-7"):
        user.set_password(new)
        user.save()
    kept = list(user.past_passwords.all())
    assert len(kept) == 2 and not any("Forest" in row.password for row in kept)
    assert kept[0].password == user.password


def test_the_history_can_be_switched_off(plan, settings):
    settings.PASSWORD_HISTORY = 0
    user = make_user("li", department="审批中心")
    validate_password(PASSWORD, user)
    assert not user.past_passwords.exists()
