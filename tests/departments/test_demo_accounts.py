"""演示账户的密码是公开的：DEBUG 关闭时登录不了，以前登录的随即退出，部署检查逐个点名。"""

import pytest
from django.conf import settings as conf
from django.core import checks as django_checks

from departments import checks
from departments.models import LoginAttempt, User

from ..factories import PASSWORD, make_user
from ..processes import done, manage


@pytest.fixture
def demo_admin(plan):
    user = make_user("admin", "admin", is_demo=True, is_staff=True, is_superuser=True)
    user.set_password(conf.DEMO_PASSWORD)
    user.save()
    return user


def sign_in(client, password=conf.DEMO_PASSWORD):
    return client.post("/login/", {"username": "admin", "password": password})


def test_with_debug_on_the_demonstration_is_open(client, demo_admin, settings):
    settings.DEBUG = True
    assert sign_in(client).status_code == 302
    assert client.get("/admin/").status_code == 200


def test_with_debug_off_the_right_password_is_answered_as_a_wrong_one(client, demo_admin):
    wrong, right = sign_in(client, "wrong-one"), sign_in(client)
    assert (right.status_code, "_auth_user_id" in client.session) == (200, False)
    said = [list(response.context["form"].non_field_errors()) for response in (wrong, right)]
    assert said[0] == said[1] and "登录名或密码不对" in said[0][0]
    assert LoginAttempt.objects.order_by("-failures").first().failures == 2, "与输错密码一样计数"


def test_a_session_from_the_demonstration_ends_with_debug(client, demo_admin, settings):
    settings.DEBUG = True
    sign_in(client)
    settings.DEBUG = False
    for path in ("/", "/admin/", "/me/"):
        response = client.get(path)
        assert response.status_code == 302 and "/login/" in response["Location"], path


def test_other_accounts_in_the_same_database_sign_in(client, demo_admin):
    make_user("zhao", "office")
    assert client.post("/login/", {"username": "zhao", "password": PASSWORD}).status_code == 302


# ── 部署检查 ──


def test_the_deployment_check_names_every_usable_demo_account(demo_admin):
    make_user("office", "office", is_demo=True)
    make_user("left", "office", is_demo=True, is_active=False)
    make_user("zhao", "office")
    [found] = checks.no_demo_accounts(None)
    assert found.level == django_checks.ERROR and "2 个演示账户（密码公开）：admin、office。" in found.msg


def test_a_database_without_demo_accounts_has_nothing_to_say(plan):
    make_user("zhao", "office")
    assert checks.no_demo_accounts(None) == []


def deployed(data, **more):
    """正式环境里的 check --deploy。"""
    more = {"DEBUG": "0", "BUSINESS_DATE": "", "TRUSTED_PROXY": "127.0.0.1"} | more
    return manage(data, "check", "--deploy", **more)


def test_a_database_made_by_make_run_fails_the_deployment_check(demo_data):
    result = deployed(demo_data)
    assert result.returncode == 1 and "departments.E001" in result.stderr
    assert "admin" in result.stderr and "Traceback" not in result.stderr
    assert "departments.E001" not in done(demo_data, "check"), "演示自己运行时不说"


def test_without_tables_there_are_no_accounts_to_name(tmp_path):
    result = deployed(tmp_path / "empty")
    assert "departments" not in result.stderr and "Traceback" not in result.stderr
    assert "库没有改完" in result.stderr, "与机器有关的照说"


def test_an_unreachable_database_does_not_stop_the_other_checks(tmp_path):
    result = deployed(tmp_path, DATABASE_URL="postgres://nobody@127.0.0.1:1/none")
    assert "Traceback" not in result.stderr
    assert "没有核对库里有没有演示账户" in result.stdout + result.stderr


def test_the_demonstration_of_the_tests_has_ordinary_accounts(demo):
    """`demo` 借演示的数据、以一般账户登录；没有这一步，上面的规则会把各页的测试都关在门外。"""
    assert User.objects.exists() and not User.objects.filter(is_demo=True).exists()
