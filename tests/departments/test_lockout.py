"""登录失败锁定：先计数、后核对密码，并发也超不过限额；不连累别人；能解除。"""

import datetime as dt
import threading

import pytest
from django.contrib.auth import authenticate
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test import RequestFactory
from django.utils import timezone

from departments import checks as checks_module
from departments import lockout
from departments.addresses import client_address
from departments.models import LoginAttempt, User

from ..factories import PASSWORD, make_user

LOCKED = "连续输错次数太多，为安全起见已暂停登录。请 15 分钟后再试，或联系管理员解除。"


@pytest.fixture
def li(plan):
    return make_user("li", department="审批中心")


@pytest.fixture
def checks(monkeypatch):
    """真正核对过密码的次数。"""
    done = []
    plain = User.check_password
    monkeypatch.setattr(User, "check_password", lambda self, raw: done.append(raw) or plain(self, raw))
    return done


def attempt(client, username="li", password="wrong", address="10.0.0.1", **headers):
    return client.post("/login/", {"username": username, "password": password}, REMOTE_ADDR=address, headers=headers)


@pytest.mark.django_db
class TestLimits:
    def test_five_wrong_passwords_from_one_place_lock_that_place(self, client, li, checks):
        for _ in range(5):
            assert LOCKED not in attempt(client).content.decode()
        assert LOCKED in attempt(client).content.decode()
        assert len(checks) == 5

    def test_the_right_password_after_that_is_refused_too_and_says_why(self, client, li, checks):
        for _ in range(5):
            attempt(client)
        response = attempt(client, password=PASSWORD)
        assert LOCKED in response.content.decode()
        assert len(checks) == 5

    def test_the_same_person_elsewhere_is_not_affected(self, client, li):
        for _ in range(30):
            attempt(client)
        assert attempt(client, password=PASSWORD, address="10.0.0.2").status_code == 302

    def test_other_people_in_the_same_place_are_not_affected(self, client, li):
        make_user("wang", department="审批中心")
        for _ in range(8):
            attempt(client)
        assert attempt(client, "wang", PASSWORD).status_code == 302

    def test_guessing_from_many_places_is_stopped_at_twenty(self, client, li, checks):
        for i in range(40):
            attempt(client, address=f"10.0.1.{i}")
        assert len(checks) == 20
        assert LOCKED in attempt(client, password=PASSWORD, address="10.0.2.1").content.decode()

    def test_writing_the_name_in_another_case_gives_no_more_attempts(self, client, li, checks):
        for name in ("li", "LI", "Li", "lI", " li ", "li", "LI"):
            attempt(client, name)
        assert len(checks) == 5

    def test_a_success_clears_the_count(self, client, li):
        for _ in range(4):
            attempt(client)
        assert attempt(client, password=PASSWORD).status_code == 302
        mine = [key for key, _ in lockout.attempt_keys("li", "10.0.0.1")][::2]
        assert not LoginAttempt.objects.filter(key__in=mine).exists()
        for _ in range(5):
            assert LOCKED not in attempt(client).content.decode()

    def test_names_that_do_not_exist_are_counted_just_the_same(self, client, db):
        """不存在的登录名同样锁，免得由此看出谁有账户。"""
        pages = [attempt(client, "nobody").content.decode() for _ in range(6)]
        assert [LOCKED in page for page in pages] == [False] * 5 + [True]

    def test_limits_are_settings(self, client, li, settings):
        settings.LOGIN_LIMIT = 2
        pages = [attempt(client).content.decode() for _ in range(3)]
        assert [LOCKED in page for page in pages] == [False, False, True]

    def test_the_table_holds_no_name_and_no_address(self, client, li):
        attempt(client)
        for row in LoginAttempt.objects.all():
            assert len(row.key) == 64
            assert row.key != "li"
            assert "10.0.0.1" not in row.key


@pytest.mark.django_db
class TestWindow:
    @pytest.mark.parametrize(("seconds", "locked"), [(899, True), (901, False), (-3600, False)])
    def test_the_lock_ends_with_the_window(self, client, li, monkeypatch, seconds, locked):
        """时间窗从第一次失败算起；时钟被拨回时也不会永远锁住。"""
        start = timezone.localtime()
        monkeypatch.setattr(lockout, "real_now", lambda: start)
        for _ in range(6):
            attempt(client)
        monkeypatch.setattr(lockout, "real_now", lambda: start + dt.timedelta(seconds=seconds))
        response = attempt(client, password=PASSWORD)
        assert (LOCKED in response.content.decode()) is locked

    def test_the_unlock_command_frees_the_name_everywhere(self, client, li, capsys):
        for i in range(25):
            attempt(client, address=f"10.0.1.{i}")
        call_command("unlock", "LI")
        assert "已解除" in capsys.readouterr().out
        assert attempt(client, password=PASSWORD, address="10.0.9.9").status_code == 302

    def test_the_unlock_command_frees_a_name_locked_at_its_own_address(self, client, li, capsys):
        """日常锁住人的是“用户+地址”这一个计数：解除以后，原来那台电脑上立即能登录。"""
        for _ in range(6):
            attempt(client)
        assert LOCKED in attempt(client, password=PASSWORD).content.decode()
        call_command("unlock", "Li")
        assert "已解除" in capsys.readouterr().out
        assert attempt(client, password=PASSWORD).status_code == 302

    def test_unlocking_one_name_leaves_the_others_locked(self, client, li):
        make_user("wang", department="审批中心")
        for name in ("li", "wang"):
            for _ in range(6):
                attempt(client, username=name)
        lockout.unlock("li")
        assert LOCKED in attempt(client, username="wang", password=PASSWORD).content.decode()

    def test_the_unlock_command_says_so_when_there_is_nothing_to_do(self, li, capsys):
        call_command("unlock", "LI")
        assert "没有被锁定" in capsys.readouterr().out
        with pytest.raises(CommandError, match="没有“nobody”这个登录名"):
            call_command("unlock", "nobody")


@pytest.mark.django_db
class TestAddress:
    """锁定认的是客户端地址：代理转来的地址只在确由代理转来时才信。"""

    def ask(self, remote, said=None, header="HTTP_X_FORWARDED_FOR"):
        headers = {header: said} if said else {}
        return client_address(RequestFactory().get("/", REMOTE_ADDR=remote, **headers))

    def test_a_forged_header_is_not_believed(self, settings):
        settings.TRUSTED_PROXY = ["127.0.0.1"]
        assert self.ask("10.0.0.1", "1.2.3.4") == "10.0.0.1"
        settings.TRUSTED_PROXY = []
        assert self.ask("127.0.0.1", "1.2.3.4") == "127.0.0.1"

    def test_the_proxy_is_believed(self, settings):
        settings.TRUSTED_PROXY = ["127.0.0.1"]
        assert self.ask("127.0.0.1", "10.0.0.7") == "10.0.0.7"
        assert self.ask("127.0.0.1") == "127.0.0.1"

    @pytest.mark.parametrize(
        ("said", "address"),
        [
            ("1.2.3.4, 10.0.0.7", "10.0.0.7"),  # 左边的是来访者自己写的
            ("1.2.3.4, 10.0.0.7, 172.16.0.9", "10.0.0.7"),  # 又经过一级自己的代理
            ("10.0.0.7, junk", "127.0.0.1"),
            ("172.16.0.9", "127.0.0.1"),
            (" 2001:db8::7 ", "2001:db8::7"),
        ],
    )
    def test_only_what_the_nearest_proxy_wrote_counts(self, settings, said, address):
        settings.TRUSTED_PROXY = ["127.0.0.1", "172.16.0.0/12"]
        assert self.ask("127.0.0.1", said) == address

    def test_only_the_named_header_is_read(self, settings):
        settings.TRUSTED_PROXY, settings.CLIENT_ADDRESS_HEADER = ["127.0.0.1"], "X-Real-IP"
        assert self.ask("127.0.0.1", "10.0.0.7") == "127.0.0.1"
        assert self.ask("127.0.0.1", "10.0.0.7", "HTTP_X_REAL_IP") == "10.0.0.7"

    def test_a_proxy_on_a_unix_socket_is_believed_when_named(self, settings):
        settings.TRUSTED_PROXY = ["unix"]
        assert self.ask("", "10.0.0.7") == "10.0.0.7"
        settings.TRUSTED_PROXY = ["127.0.0.1"]
        assert self.ask("", "10.0.0.7") == "unix"

    def test_a_proxy_that_cannot_be_read_is_an_error_of_the_check(self, settings):
        settings.TRUSTED_PROXY = ["127.0.0.1", "10.0.0.1/8", "unix", "nginx"]
        assert [found.msg for found in checks_module.proxies_are_readable(None)] == [
            "TRUSTED_PROXY 里的“10.0.0.1/8”读不懂。", "TRUSTED_PROXY 里的“nginx”读不懂。",
        ]  # fmt: skip

    def test_behind_the_usual_nginx_one_machine_gets_five_guesses(self, client, li, checks, settings):
        """nginx 常写 $proxy_add_x_forwarded_for：来访者自己写的在左边。换着写，既不多猜，也锁不住别处的本人。"""
        settings.TRUSTED_PROXY = ["127.0.0.1"]
        for i in range(30):
            forged = {"x-real-ip": f"1.2.3.{i}", "x-forwarded-for": f"1.2.3.{i}, 10.0.0.5"}
            attempt(client, address="127.0.0.1", **forged)
        assert len(checks) == 5
        mine = {"x-forwarded-for": "10.0.0.6"}
        assert attempt(client, password=PASSWORD, address="127.0.0.1", **mine).status_code == 302

    def test_changing_the_forged_header_gives_no_more_attempts(self, client, li, checks):
        for i in range(10):
            attempt(client, **{"x-real-ip": f"1.2.3.{i}", "x-forwarded-for": f"1.2.3.{i}"})
        assert len(checks) == 5


@pytest.mark.django_db
class TestFlood:
    """随便编名字来登录，也要核对密码（免得看出谁有账户），所以按地址、按全站限次，并且一次只核对一个。"""

    def test_one_address_with_ever_new_names_is_stopped(self, client, li, settings):
        settings.LOGIN_LIMIT_ADDRESS = 10
        pages = [attempt(client, f"nobody{n}").content.decode() for n in range(12)]
        assert [LOCKED in page for page in pages] == [False] * 10 + [True] * 2
        assert attempt(client, password=PASSWORD, address="10.0.0.2").status_code == 302, "别处照常"

    def test_all_addresses_together_are_stopped(self, client, li, settings):
        settings.LOGIN_LIMIT_ALL = 10
        pages = [attempt(client, f"nobody{n}", address=f"10.0.1.{n}").content.decode() for n in range(11)]
        assert LOCKED in pages[-1] and LOCKED not in pages[-2]

    def test_people_who_sign_in_rightly_use_nothing_up(self, client, li, settings):
        settings.LOGIN_LIMIT_ADDRESS = settings.LOGIN_LIMIT_ALL = 3
        for _ in range(9):
            assert attempt(client, password=PASSWORD).status_code == 302
        attempt(client)
        assert attempt(client, password=PASSWORD).status_code == 302

    def test_while_one_password_is_checked_another_is_asked_to_come_again(self, client, li, checks, settings):
        settings.LOGIN_WAIT_SECONDS = 0.01
        with lockout.HASHING:
            assert "现在登录的人太多" in attempt(client, password=PASSWORD).content.decode()
        assert checks == []
        assert attempt(client, password=PASSWORD).status_code == 302

    def test_counts_past_their_time_are_swept(self, client, li, monkeypatch):
        start = timezone.localtime()
        for n in range(9):
            attempt(client, f"nobody{n}")
        monkeypatch.setattr(lockout, "real_now", lambda: start + dt.timedelta(seconds=1000))
        attempt(client)
        assert LoginAttempt.objects.count() == 4, "只有这一次的四个键"


@pytest.mark.django_db
def test_a_thousand_wrong_logins_one_after_another_reach_five_checks(li, checks):
    for i in range(1000):
        authenticate(RequestFactory().post("/login/", REMOTE_ADDR="10.0.0.1"), username="li", password=f"wrong{i}")
    assert len(checks) == 5


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_parallel_wrong_logins_reach_at_most_five_checks(checks):
    """16 路同时猜 200 次：真正核对密码的不超过 5 次（django-axes 实测 11 次）。"""
    User.objects.create_superuser("li", password=PASSWORD)
    start, failed = threading.Barrier(16), []

    def guess(n):
        try:
            start.wait()
            for i in range(n, 200, 16):
                request = RequestFactory().post("/login/", REMOTE_ADDR="10.0.0.1")
                assert authenticate(request, username="li", password=f"wrong{i}") is None
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=guess, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert 1 <= len(checks) <= 5
