"""动态验证码：没有开的一切照旧；开了的角色先绑手机，登录要第二步；猜不了、用不了第二次；丢了手机有备用码，有管理员。"""

import base64
import datetime as dt
import hmac
import re
import time

import pytest
from django.contrib.sessions.models import Session
from django.core import checks
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from departments import second_factor
from departments.models import Role, SecurityEvent
from yingshang import clock
from yingshang.moving import rows

from ..factories import PASSWORD, make_user
from ..tasks.together import at_the_same_time

pytestmark = pytest.mark.django_db
BIND, CODE = "/me/second/", "/login/code/"


def code_of(secret, shift=1) -> str:
    """照 RFC 6238 自己算的六位数（不用产品所用的库）。绑的时候用现在的，以后的用下一个半分钟的：正好跨过半分钟也认。"""
    counter = int(time.time()) // 30 + shift
    digest = hmac.digest(base64.b32decode(secret), counter.to_bytes(8, "big"), "sha1")
    at = digest[-1] & 15
    return f"{(int.from_bytes(digest[at : at + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06d}"


@pytest.fixture(autouse=True)
def _on(settings):
    settings.SECOND_FACTOR_ROLES = ["office"]


@pytest.fixture
def office(people):
    return people.office


def sign_in(client, user, **more):
    return client.post("/login/", {"username": user.username, "password": PASSWORD} | more)


def bind(client) -> tuple[str, list[str]]:
    """在绑手机的一页上照着做，返回密钥与备用码。"""
    secret = re.search(r'class="key">([A-Z2-7]+)<', client.get(BIND).content.decode())[1]
    page = client.post(BIND, {"code": code_of(secret, 0)}).content.decode()
    return secret, re.findall(r"<li>([0-9A-Z]{5}-[0-9A-Z]{5})</li>", page)


@pytest.fixture
def bound(client, office):
    """绑好了的办公室：（密钥，备用码），已退出。"""
    sign_in(client, office)
    found = bind(client)
    client.logout()
    return found


def actions():
    return list(SecurityEvent.objects.order_by("pk").values_list("action", flat=True))


class TestOff:
    def test_another_role_signs_in_as_ever_and_has_no_such_page(self, client, people):
        clerk = people.reporter("财务部")
        assert sign_in(client, clerk)["Location"] == "/"
        assert client.get(BIND)["Location"] == "/me/" and "动态验证码" not in client.get("/me/").content.decode()

    def test_with_the_setting_off_a_phone_that_is_bound_is_not_asked_for(self, client, office, bound, settings):
        settings.SECOND_FACTOR_ROLES = []
        assert sign_in(client, office)["Location"] == "/" and client.get("/board/").status_code == 200

    def test_it_costs_no_query(self, client, office, bound, settings):
        settings.SECOND_FACTOR_ROLES = []
        client.force_login(office)
        with CaptureQueriesContext(connection) as asked:
            client.get("/help/")
        assert len(asked) and not [q["sql"] for q in asked if "otp_" in q["sql"]]


class TestBinding:
    def test_the_role_that_needs_it_is_led_to_bind_before_anything_else(self, client, office):
        sign_in(client, office)
        for path in ("/", "/board/", "/review/", "/me/"):
            assert client.get(path)["Location"] == BIND, path
        page = client.get(BIND).content.decode()
        assert "<svg" in page and "请先绑好手机" in page

    def test_the_page_reloaded_shows_the_same_secret(self, client, office):
        sign_in(client, office)
        before = TOTPDevice.objects.count()
        shown = [re.search(r'class="key">(\w+)<', client.get(BIND).content.decode())[1] for _ in range(2)]
        assert shown[0] == shown[1] and TOTPDevice.objects.count() == before == 0, "看这一页什么也不写"

    def test_the_right_number_binds_and_shows_ten_spare_codes_once(self, client, office):
        sign_in(client, office)
        _, codes = bind(client)
        assert len(set(codes)) == 10
        assert client.get("/board/").status_code == 200
        assert "还剩 10 个" in client.get(BIND).content.decode()
        assert not any(code in client.get(BIND).content.decode() for code in codes)
        assert not StaticToken.objects.filter(token__in=[c.replace("-", "") for c in codes]).exists(), "库里只有散列值"
        assert "code_bound" in actions()

    def test_a_wrong_number_binds_nothing_and_says_so(self, client, office):
        sign_in(client, office)
        page = client.post(BIND, {"code": "12345x"})
        assert "验证码对不上" in page.content.decode() and not second_factor.is_on(office)
        assert client.get("/board/")["Location"] == BIND

    def test_a_password_that_is_due_comes_first(self, client, office):
        office.must_change_password = True
        office.save()
        sign_in(client, office)
        assert client.get("/")["Location"] == "/me/password/"


class TestSigningIn:
    def test_the_password_alone_opens_nothing(self, client, office, bound):
        assert sign_in(client, office)["Location"] == CODE
        for path in ("/", "/board/", "/admin/"):
            assert "/login/" in client.get(path)["Location"], path
        assert actions().count("login") == 1, "只有绑手机的那一次"

    def test_password_and_number_open_where_one_wanted_to_go(self, client, office, bound):
        sign_in(client, office, next="/review/")
        assert client.post(CODE, {"code": code_of(bound[0])})["Location"] == "/review/"
        assert client.get("/review/").status_code == 200 and actions()[-1] == "login"

    @pytest.mark.parametrize("typed", ["{0} {1}", "{0}-{1}", " {0}{1} "])
    def test_the_number_may_be_typed_with_gaps(self, client, office, bound, typed):
        sign_in(client, office)
        code = code_of(bound[0])
        assert client.post(CODE, {"code": typed.format(code[:3], code[3:])}).status_code == 302

    def test_full_width_figures_count(self, client, office, bound):
        sign_in(client, office)
        wide = code_of(bound[0]).translate({ord(str(n)): chr(0xFF10 + n) for n in range(10)})
        assert client.post(CODE, {"code": wide}).status_code == 302

    def test_a_number_counts_once(self, client, office, bound):
        code = code_of(bound[0])
        for expected in (302, 200):
            other = Client()
            sign_in(other, office)
            assert other.post(CODE, {"code": code}).status_code == expected

    def test_a_spare_code_counts_once_and_one_is_told_how_many_are_left(self, client, office, bound):
        sign_in(client, office)
        page = client.post(CODE, {"code": bound[1][0].lower()}, follow=True).content.decode()
        assert "用了一个备用码，还剩 9 个" in page and "code_spare" in actions()
        other = Client()
        sign_in(other, office)
        assert "验证码不对" in other.post(CODE, {"code": bound[1][0]}).content.decode()

    def test_guessing_has_the_brake_of_the_password(self, client, office, bound, settings):
        sign_in(client, office)
        for _ in range(settings.LOGIN_LIMIT):
            assert "验证码不对" in client.post(CODE, {"code": "000000x"}).content.decode()
        assert "已暂停登录" in client.post(CODE, {"code": code_of(bound[0])}).content.decode()
        assert actions().count("code_refused") == settings.LOGIN_LIMIT and "locked" in actions()

    def test_signing_in_again_with_the_password_does_not_wipe_out_the_wrong_guesses(
        self, client, office, bound, settings, people
    ):
        for _ in range(settings.LOGIN_LIMIT):
            sign_in(client, office)
            client.post(CODE, {"code": "000000x"})
        sign_in(client, office)
        assert "已暂停登录" in client.post(CODE, {"code": code_of(bound[0])}).content.decode()
        admin = Client()
        admin.force_login(people.admin)
        admin.post("/admin/departments/user/", {"action": "unlock_accounts", "_selected_action": [office.pk]})
        assert client.post(CODE, {"code": code_of(bound[0])}).status_code == 302, "管理员解除得了"

    def test_five_minutes_later_one_begins_again(self, client, office, bound, monkeypatch):
        sign_in(client, office)
        late = clock.real_now() + dt.timedelta(minutes=6)
        monkeypatch.setattr(second_factor, "real_now", lambda: late)
        assert client.post(CODE, {"code": code_of(bound[0])})["Location"] == "/login/"

    def test_an_account_stopped_or_with_a_new_password_meanwhile_begins_again(self, client, office, bound):
        for change in ({"is_active": False}, {"password": "!"}):
            sign_in(client, office)
            type(office).objects.filter(pk=office.pk).update(**change)
            assert client.post(CODE, {"code": code_of(bound[0])})["Location"] == "/login/", change
            type(office).objects.filter(pk=office.pk).update(is_active=True, password=office.password)

    def test_a_session_from_before_the_setting_signs_in_again(self, client, office, bound):
        client.force_login(office)
        assert client.get("/board/")["Location"] == "/login/"

    def test_words_that_came_too_late_are_kept_through_both_steps(self, client, office, bound, plan):
        sign_in(client, office)
        client.post(CODE, {"code": bound[1][0]})
        url = reverse("problem_add")
        client.get(url)
        Session.objects.all().delete()
        page = client.post(url, {"title": "样本没有更新", "text": "告知书样本还是旧的。"}).content.decode()
        packed = re.search(r'name="kept" value="([^"]+)"', page)[1]
        sign_in(client, office, kept=packed)
        back = client.post(CODE, {"code": code_of(bound[0])}, follow=True).content.decode()
        assert "告知书样本还是旧的。" in back


class TestChanging:
    @pytest.fixture
    def inside(self, client, office, bound):
        sign_in(client, office)
        client.post(CODE, {"code": bound[1][0]})
        return client

    def test_a_new_set_of_spare_codes_ends_the_old(self, inside, office, bound):
        page = inside.post(BIND, {"code": code_of(bound[0]), "do": "renew"}).content.decode()
        assert len(re.findall(r"<li>[0-9A-Z]{5}-", page)) == 10 and bound[1][1] not in page
        assert second_factor.check(office, bound[1][1]) == ""

    def test_a_new_phone_is_bound_after_the_old_one_is_given_up(self, inside, office, bound):
        assert inside.post(BIND, {"code": code_of(bound[0]), "do": "again"})["Location"] == BIND
        secret, codes = bind(inside)
        assert secret != bound[0] and len(codes) == 10
        assert TOTPDevice.objects.filter(user=office).count() == 1

    def test_without_a_number_nothing_changes(self, inside, office):
        assert "验证码不对" in inside.post(BIND, {"code": "1", "do": "again"}).content.decode()
        assert second_factor.is_on(office)

    def test_an_administrator_ends_it_for_one_who_lost_his_phone_and_he_is_told(self, client, office, bound, people):
        admin = Client()
        admin.force_login(people.admin)
        data = {"action": "reset_codes", "_selected_action": [office.pk]}
        assert (
            f"已解除：{office.username}" in admin.post("/admin/departments/user/", data, follow=True).content.decode()
        )
        sign_in(client, office)
        client.get("/", follow=True)
        bind(client)
        assert "解除。不是您要求的" in str(client.get("/me/password/").content.decode())

    def test_ending_it_for_an_account_of_weight_waits_for_a_second_administrator(
        self, client, office, bound, people, settings
    ):
        settings.TWO_PERSON_ACCOUNTS = True
        make_user("admin2", Role.ADMIN, is_staff=True, is_superuser=True)
        client.force_login(people.admin)
        data = {"action": "reset_codes", "_selected_action": [office.pk]}
        client.post("/admin/departments/user/", data)
        office.refresh_from_db()
        assert office.awaiting_by == people.admin

    def test_nobody_sees_a_secret_in_the_back_office(self, client, office, bound, people):
        client.force_login(people.admin)
        assert client.get("/admin/otp_totp/totpdevice/").status_code == 404


def test_a_role_that_does_not_exist_is_named_by_check(settings):
    settings.SECOND_FACTOR_ROLES = ["office", "leaders"]
    found = [m for m in checks.run_checks(tags=["security"]) if m.id == "departments.E003"]
    assert len(found) == 1 and "“leaders”" in found[0].msg and "leader（领导）" in found[0].hint


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_the_same_number_twice_at_the_same_moment_counts_once(people, settings):
    device = TOTPDevice(user=people.office, name="手机")
    secret = second_factor.secret(device)
    second_factor.confirm(device, code_of(secret, 0))
    code = code_of(secret)
    assert sorted(at_the_same_time([lambda: second_factor.check(people.office, code)] * 2)) == ["", "code"]


def test_a_secret_does_not_leave_with_the_data():
    """整库搬出去的（一个 zip、另一种库）里没有谁的密钥与备用码：换了库重新绑。"""
    assert not [model for model in rows.tables() if model._meta.app_label.startswith("otp_")]
