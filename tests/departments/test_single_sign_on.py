"""统一认证：没有开的一切照旧；开了的，真的认证系统（另一个进程，见 tests/oidc_provider.py）说是谁，走与密码同样的几道门。"""

import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
from django.contrib.sessions.models import Session
from django.core import checks
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from departments import single_sign_on
from departments.models import OpenSession, SecurityEvent, User
from yingshang import settings as written

from ..oidc_provider import FAULTS
from ..processes import ROOT, bare, free_address, serving
from .test_second_factor import bind, code_of
from .test_second_factor import sign_in as with_password

pytestmark = pytest.mark.django_db
START, BACK = "/login/single/", "/login/single/back/"
ADDRESSES = {
    "OIDC_OP_AUTHORIZATION_ENDPOINT": "/oauth2/authorize",
    "OIDC_OP_TOKEN_ENDPOINT": "/oauth2/token",
    "OIDC_OP_USER_ENDPOINT": "/userinfo",
    "OIDC_OP_JWKS_ENDPOINT": "/jwks",
    "OIDC_ISSUER": "",
}


# 令牌怎样坏 → 日志里凭什么说它坏。
WRONG = {
    "signature": "InvalidSignatureError",
    "issuer": "InvalidIssuerError",
    "audience": "InvalidAudienceError",
    "azp": "给别的系统的",
    "expired": "ExpiredSignatureError",
    "nonce": "Nonce",
    "unsigned": "InvalidAlgorithmError",
    "stranger": "不是令牌里的那个人",
}


class Stay(urllib.request.HTTPRedirectHandler):
    """不跟着转向。"""

    def redirect_request(self, *args):
        return None


def ask(url, data=None, method=None):
    """问认证系统一次。"""
    sent = data if data is None or isinstance(data, bytes) else urlencode(data).encode()
    request = urllib.request.Request(url, sent, {"Content-Type": kind(data)}, method=method)
    opener = urllib.request.build_opener(Stay, urllib.request.ProxyHandler({}))
    try:
        return opener.open(request, timeout=20)
    except urllib.error.HTTPError as error:
        return error


def kind(data) -> str:
    return "application/json" if isinstance(data, bytes) else "application/x-www-form-urlencoded"


class Provider:
    """认证系统：里面有谁，令牌怎样坏。"""

    def __init__(self, url):
        self.url = url

    def knows(self, sub, **claims):
        ask(f"{self.url}/users/{sub}", json.dumps(claims).encode(), "PUT")

    def spoils(self, how):
        ask(f"{self.url}/fault/{how}", b"{}", "PUT")

    def says(self, address, sub, **form):
        """在认证系统的页上登录：回来的地址（只要路径）。"""
        found = urlsplit(ask(address, form or {"sub": sub}).headers["Location"])
        return f"{found.path}?{found.query}"


@pytest.fixture(scope="session")
def running(tmp_path_factory):
    """一个认证系统，在自己的进程里。"""
    address, log = free_address(), tmp_path_factory.mktemp("oidc") / "log"
    command = [sys.executable, "-m", "tests.oidc_provider", address.rpartition(":")[2]]
    with serving(command, address, log, cwd=ROOT, env=bare()) as url:
        yield url


@pytest.fixture
def provider(running):
    made = Provider(running)
    made.spoils("none")
    made.knows("n1", preferred_username="office", name="某某")
    return made


@pytest.fixture
def office(people):
    return people.office


@pytest.fixture
def on(settings, provider):
    """办公室可以用统一认证。"""
    switch_on(settings, provider.url)
    return provider


def switch_on(settings, url):
    settings.SINGLE_SIGN_ON_ROLES = ["office"]
    settings.AUTHENTICATION_BACKENDS = [*settings.AUTHENTICATION_BACKENDS, single_sign_on.BACKEND]
    settings.OIDC_RP_CLIENT_ID, settings.OIDC_RP_CLIENT_SECRET = "ledger", "s3cret"
    for name, path in ADDRESSES.items():
        setattr(settings, name, url + path)


def go(client, provider, sub="n1", **more):
    """从按钮到回来，一路走完。"""
    return client.get(provider.says(client.post(START, more)["Location"], sub))


def events():
    return list(SecurityEvent.objects.order_by("pk").values_list("action", "account", "what", "result"))


def said(response) -> str:
    return re.sub(r"\s+", "", response.content.decode())


class TestOff:
    def test_there_is_no_such_address_and_nothing_is_asked(self, client, office):
        for method, url in ((client.get, START), (client.post, START), (client.get, f"{BACK}?code=a&state=b")):
            with CaptureQueriesContext(connection) as asked:
                assert method(url).status_code == 404
            assert not [q for q in asked if "session" in q["sql"]]

    def test_the_login_page_is_as_it_was(self, client, office):
        page = client.get("/login/").content.decode()
        assert "login/single" not in page and "统一认证" not in page

    def test_the_policy_names_nobody_else_and_only_the_password_opens(self):
        assert written.SECURE_CSP["form-action"] == ["'self'"]
        assert written.AUTHENTICATION_BACKENDS == ["departments.lockout.LockoutBackend"]

    def test_half_written_is_off(self, client, on, settings):
        settings.OIDC_RP_CLIENT_SECRET = ""
        assert client.post(START).status_code == 404 and "login/single" not in client.get("/login/").content.decode()


class TestSigningIn:
    def test_the_whole_way_with_state_nonce_and_proof(self, client, office, on):
        address = client.post(START, {"next": "/review/"})["Location"]
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code" and asked["client_id"] == "ledger"
        assert len(asked["state"]) >= 32 and len(asked["nonce"]) >= 32
        assert asked["code_challenge_method"] == "S256" and asked["redirect_uri"].endswith(BACK)
        back = client.get(on.says(address, "n1"))
        assert back["Location"] == "/review/" and client.get("/review/").status_code == 200
        assert events()[-1] == ("login", office.username, "统一认证", "done")
        assert "oidc_states" not in client.session and single_sign_on.KEPT not in client.session

    def test_it_is_seen_among_the_places_and_the_key_is_a_new_one(self, client, office, on):
        client.post(START)
        before = client.session.session_key
        go(client, on)
        assert client.session.session_key != before
        assert OpenSession.objects.filter(user=office, session_id=client.session.session_key).exists()

    def test_one_session_ends_the_other(self, client, office, on, settings):
        settings.ONE_SESSION = True
        other = Client()
        with_password(other, office)
        go(client, on)
        assert other.get("/board/").status_code == 302 and client.get("/board/").status_code == 200

    def test_the_name_may_differ_in_case(self, client, office, on):
        on.knows("n1", preferred_username="OFFICE")
        assert go(client, on)["Location"] == "/"

    def test_the_password_still_opens(self, client, office, on):
        assert with_password(client, office)["Location"] == "/" and events()[-1][2] == ""

    def test_another_claim_can_be_named_and_is_asked_for_when_the_token_has_it_not(self, client, office, on, settings):
        settings.OIDC_CLAIM = "employee"
        on.knows("n1", preferred_username="someone", employee="office")
        assert go(client, on)["Location"] == "/"
        on.spoils("nameless")
        settings.OIDC_CLAIM = "preferred_username"
        on.knows("n1", preferred_username="office")
        assert go(Client(), on)["Location"] == "/"

    def test_a_password_that_is_due_is_not_asked_to_be_changed(self, client, office, on):
        office.must_change_password = True
        office.save()
        go(client, on)
        assert client.get("/board/").status_code == 200
        other = Client()
        with_password(other, office)
        assert other.get("/board/")["Location"] == "/me/password/", "用密码登录的照旧"

    def test_it_never_sends_anybody_outside(self, client, office, on):
        assert go(client, on, next="https://evil.example/")["Location"] == "/"

    def test_nothing_of_the_account_is_changed_by_what_the_provider_says(self, client, office, on):
        on.knows("n1", preferred_username="office", name="改名", email="x@example.com", role="admin", is_superuser=True)
        before = {k: v for k, v in User.objects.filter(pk=office.pk).values()[0].items() if k != "last_login"}
        go(client, on)
        after = User.objects.filter(pk=office.pk).values()[0]
        assert before == {k: after[k] for k in before}


class TestDoors:
    def refused(self, client, on, words, why, account="office", sub="n1"):
        page = go(client, on, sub)
        assert page.status_code == 200 and words in said(page)
        assert events()[-1] == ("single_refused", account, why, "refused")
        assert client.get("/board/").status_code == 302

    def test_a_stranger_is_told_and_recorded_and_no_account_is_made(self, client, office, on):
        on.knows("n2", preferred_username="nobody-here")
        count = User.objects.count()
        self.refused(client, on, "“nobody-here”，本系统没有这样一个能用的账户", "没有这个账户", "", "n2")
        assert User.objects.count() == count
        assert not SecurityEvent.objects.filter(what__contains="nobody-here").exists()

    def test_one_whose_role_is_not_listed(self, client, people, on):
        on.knows("n3", preferred_username=people.admin.username)
        self.refused(client, on, "请用登录名和密码登录", "角色没有开统一认证", people.admin.username, "n3")

    def test_one_that_was_stopped(self, client, office, on):
        User.objects.filter(pk=office.pk).update(is_active=False)
        self.refused(client, on, "没有这样一个能用的账户", "账户停用了")

    def test_a_demonstration_account(self, client, office, on):
        User.objects.filter(pk=office.pk).update(is_demo=True)
        self.refused(client, on, "没有这样一个能用的账户", "账户停用了")

    def test_one_that_waits_for_another_administrator(self, client, office, people, on):
        User.objects.filter(pk=office.pk).update(awaiting_by=people.admin)
        self.refused(client, on, "还要另一位管理员确认", "等着另一位管理员确认")

    def test_the_provider_says_no(self, client, office, on):
        back = on.says(client.post(START)["Location"], "n1", action="deny")
        assert "error=access_denied" in back and "没有让您登录" in said(client.get(back))

    def test_a_link_with_an_error_signs_nobody_out(self, client, office, on):
        client.force_login(office)
        client.get(f"{BACK}?error=access_denied")
        assert client.get("/board/").status_code == 200

    def test_a_role_taken_off_the_list_ends_the_session(self, client, office, on, settings):
        go(client, on)
        settings.SINGLE_SIGN_ON_ROLES = ["leader"]
        assert client.get("/board/").status_code == 302

    def test_an_account_stopped_meanwhile_is_out_at_once(self, client, office, on):
        go(client, on)
        User.objects.filter(pk=office.pk).update(is_active=False)
        assert client.get("/board/").status_code == 302

    def test_too_many_beginnings_from_one_address_are_stopped_and_those_that_succeed_do_not_count(
        self, client, office, on, settings
    ):
        settings.LOGIN_LIMIT_ADDRESS = 2
        for _ in range(4):
            go(Client(), on)
        for _ in range(2):
            assert client.post(START).status_code == 302
        assert "已暂停登录" in said(client.post(START)) and events()[-1][0] == "locked"
        assert with_password(client, office).status_code == 302, "密码登录不受连累"


class TestTwoSteps:
    @pytest.fixture
    def bound(self, settings, client, office):
        settings.SECOND_FACTOR_ROLES = ["office"]
        with_password(client, office)
        found = bind(client)
        client.logout()
        return found

    def test_the_number_is_still_asked_for(self, client, office, on, bound):
        assert go(client, on, next="/review/")["Location"] == "/login/code/"
        assert client.get("/board/").status_code == 302
        assert client.post("/login/code/", {"code": code_of(bound[0])})["Location"] == "/review/"
        assert events()[-1][:3] == ("login", "office", "统一认证") and client.get("/review/").status_code == 200

    def test_one_without_a_phone_binds_it_first(self, client, office, on, settings):
        settings.SECOND_FACTOR_ROLES = ["office"]
        go(client, on)
        assert client.get("/board/")["Location"] == "/me/second/"


class TestSigningOut:
    """写了 OIDC_LOGOUT_URL 的，退出时转去认证系统也退出。"""

    @pytest.fixture
    def both(self, settings, on):
        settings.OIDC_OP_LOGOUT_ENDPOINT = f"{on.url}/oauth2/end_session"
        return on

    def asked(self, answer, url):
        where, _, query = answer["Location"].partition("?")
        assert where == f"{url}/oauth2/end_session"
        return {name: values for name, [*values] in parse_qs(query).items()}

    def test_without_it_the_provider_is_left_alone_and_its_token_is_not_kept(self, client, office, on):
        go(client, on)
        assert single_sign_on.ID_TOKEN not in client.session
        assert client.post("/logout/")["Location"] == "/login/" and events()[-1][:3] == ("logout", "office", "")

    def test_ours_is_over_first_then_the_provider_is_asked_and_sends_back_to_the_login_page(self, client, office, both):
        go(client, both)
        token, key = client.session[single_sign_on.ID_TOKEN], client.session.session_key
        answer = client.post("/logout/")
        asked = self.asked(answer, both.url)
        back = "http://testserver/login/"
        assert asked == {"client_id": ["ledger"], "post_logout_redirect_uri": [back], "id_token_hint": [token]}
        assert events()[-1] == ("logout", "office", "转去统一认证退出", "done")
        assert not Session.objects.filter(pk=key).exists() and client.get("/board/").status_code == 302
        assert answer["Clear-Site-Data"] == '"cache"'
        page = ask(answer["Location"]).read().decode()
        assert "id_token_hint</code> not set" not in page
        [confirm, where] = re.search(r'action="([^"]+)".*?name="redirect_uri" value="([^"]+)"', page, re.S).groups()
        assert ask(both.url + confirm, {"redirect_uri": where}).headers["Location"] == back

    def test_the_hint_is_a_token_the_provider_signed_for_us(self, client, office, both):
        go(client, both)
        claims = jwt.decode(client.session[single_sign_on.ID_TOKEN], options={"verify_signature": False})
        assert (claims["iss"], claims["aud"], claims["sub"]) == (both.url, ["ledger"], "n1")

    def test_an_address_with_a_question_in_it_is_gone_on_with(self, client, office, both, settings):
        settings.OIDC_OP_LOGOUT_ENDPOINT += "?tenant=a"
        go(client, both)
        assert self.asked(client.post("/logout/"), both.url)["tenant"] == ["a"]

    def test_the_back_office_signs_out_the_same_way(self, client, people, both, settings):
        settings.SINGLE_SIGN_ON_ROLES = ["admin"]
        both.knows("n3", preferred_username=people.admin.username)
        go(client, both, "n3")
        assert "id_token_hint" in self.asked(client.post("/admin/logout/"), both.url)

    def test_a_number_asked_for_in_between_changes_nothing(self, client, office, both, settings):
        settings.SECOND_FACTOR_ROLES = ["office"]
        with_password(client, office)
        secret = bind(client)[0]
        client.logout()
        go(client, both)
        client.post("/login/code/", {"code": code_of(secret)})
        assert "id_token_hint" in self.asked(client.post("/logout/"), both.url)

    def test_one_who_came_with_a_password_is_not_sent_there(self, client, office, both):
        with_password(client, office)
        assert client.post("/logout/")["Location"] == "/login/" and events()[-1][2] == ""

    def test_one_who_turned_to_the_password_halfway_is_not_either_and_leaves_no_token(
        self, client, office, both, settings
    ):
        settings.SECOND_FACTOR_ROLES = ["office"]
        with_password(client, office)
        bind(client)
        client.logout()
        go(client, both)
        settings.SECOND_FACTOR_ROLES = []
        with_password(client, office)
        assert single_sign_on.ID_TOKEN not in client.session and client.post("/logout/")["Location"] == "/login/"

    def test_one_who_was_refused_leaves_no_token(self, client, office, both):
        User.objects.filter(pk=office.pk).update(is_active=False)
        go(client, both)
        assert single_sign_on.ID_TOKEN not in client.session and events()[-1][0] == "single_refused"


class TestWords:
    @pytest.fixture
    def packed(self, client, office, on, plan):
        """登录过期以后交上来的，登录页带着。"""
        go(client, on)
        url = reverse("problem_add")
        client.get(url)
        Session.objects.all().delete()
        page = client.post(url, {"title": "样本没有更新", "text": "告知书样本还是旧的。"}).content.decode()
        form = page[page.index(START) :]
        return re.search(r'name="kept" value="([^"]+)"', form)[1]

    def test_words_that_came_too_late_are_kept(self, client, on, packed):
        assert "告知书样本还是旧的。" in client.get(go(client, on, kept=packed)["Location"]).content.decode()

    def test_they_are_still_there_after_a_refusal(self, client, on, packed):
        on.spoils("signature")
        assert packed in go(client, on, kept=packed).content.decode()

    def test_they_are_still_there_when_there_were_too_many_beginnings(self, client, on, packed, monkeypatch):
        monkeypatch.setattr("departments.lockout.within_limits", lambda *args: False)
        assert packed in client.post(START, {"kept": packed}).content.decode()

    def test_what_we_did_not_sign_is_not_kept(self, client, on):
        client.post(START, {"kept": "x" * 1000})
        assert client.session[single_sign_on.KEPT]["kept"] == ""


class TestForged:
    def test_every_way_to_be_wrong_is_tried(self):
        assert set(FAULTS) - {"none", "nameless"} == set(WRONG)

    @pytest.mark.parametrize(("how", "why"), WRONG.items())
    def test_a_token_that_is_wrong_in_one_way_opens_nothing(self, client, office, on, caplog, how, why):
        on.spoils(how)
        page = go(client, on)
        assert "答复核对不上" in said(page) and client.get("/board/").status_code == 302
        assert events()[-1] == ("single_refused", "", "统一认证的答复核对不上", "refused")
        assert why in caplog.text, "日志里说得出是哪里不对"

    def test_a_state_counts_once(self, client, office, on):
        back = on.says(client.post(START)["Location"], "n1")
        assert client.get(back).status_code == 302
        client.logout()
        assert "没有接上" in said(client.get(back)) and client.get("/board/").status_code == 302

    def test_a_code_counts_once_even_with_a_state_of_ones_own(self, client, office, on):
        code = parse_qs(urlsplit(on.says(client.post(START)["Location"], "n1")).query)["code"][0]
        other = Client()
        state = parse_qs(urlsplit(other.post(START)["Location"]).query)["state"][0]
        assert "答复核对不上" in said(other.get(f"{BACK}?code={code}&state={state}")), "PKCE：别人的授权码用不了"

    @pytest.mark.parametrize("query", ["", "?code=a", "?state=b", "?code=a&state=b", "?error=x", "?code=&state="])
    def test_an_address_made_up_opens_nothing(self, client, office, on, query):
        assert client.get(BACK + query).status_code == 200
        client.post(START)
        assert client.get(BACK + query).status_code == 200 and client.get("/board/").status_code == 302

    def test_the_password_form_does_not_talk_to_the_provider(self, client, office, on, settings):
        settings.OIDC_OP_TOKEN_ENDPOINT = "http://127.0.0.1:1/"
        page = client.post("/login/?code=a&state=b", {"username": "office", "password": "wrong"})
        assert "登录名或密码不对" in page.content.decode() and events()[-1][0] == "login_failed"

    def test_a_provider_that_is_down_is_said_in_one_sentence(self, client, office, on, settings):
        back = on.says(client.post(START)["Location"], "n1")
        for name in ("OIDC_OP_TOKEN_ENDPOINT", "OIDC_OP_JWKS_ENDPOINT"):
            setattr(settings, name, "http://127.0.0.1:1/")
        page = client.get(back)
        assert "统一认证现在连不上" in said(page) and events()[-1][2] == "统一认证连不上"


class TestSettings:
    def checked(self):
        return {m.id: m.msg for m in checks.run_checks(tags=["security"]) if m.id.startswith("departments.E00")}

    def test_check_names_what_is_missing(self, settings):
        settings.SINGLE_SIGN_ON_ROLES = ["office"]
        found = [m.msg for m in checks.run_checks(tags=["security"]) if m.id == "departments.E004"]
        assert len(found) == 7 and "要用统一认证（SINGLE_SIGN_ON_ROLES），还没有写 OIDC_ISSUER。" in found

    def test_check_wants_https_and_a_public_key(self, settings, on):
        settings.HTTPS, settings.OIDC_RP_SIGN_ALGO = True, "HS256"
        found = self.checked()
        settings.OIDC_OP_LOGOUT_ENDPOINT = "http://sso.example.internal/logout"
        assert any("OIDC_LOGOUT_URL 不是 https" in m.msg for m in checks.run_checks(tags=["security"]))
        assert "不是 https" in found["departments.E005"] and "“HS256”不收" in found["departments.E006"]

    def test_check_names_a_role_that_does_not_exist(self, settings):
        settings.SINGLE_SIGN_ON_ROLES = ["boss"]
        assert "SINGLE_SIGN_ON_ROLES 里的“boss”" in self.checked()["departments.E003"]

    def test_check_is_content_when_all_is_written_or_it_is_off(self, settings, on):
        assert self.checked() == {}
        settings.SINGLE_SIGN_ON_ROLES = []
        assert self.checked() == {}

    @pytest.mark.parametrize(
        "logout", ["", "https://sso.example.internal:8443/realms/a/logout", "https://out.example.internal/logout"]
    )
    def test_only_when_it_is_on_may_the_form_go_to_the_provider_and_to_it_alone(self, logout):
        show = "from yingshang import settings as s; print(*s.SECURE_CSP['form-action'], s.AUTHENTICATION_BACKENDS[-1])"
        one, other = "https://sso.example.internal:8443", "https://out.example.internal"
        more = {"OIDC_AUTHORIZATION_URL": f"{one}/realms/a/auth", "SECRET_KEY": "x" * 60, "OIDC_LOGOUT_URL": logout}
        env = {**os.environ, "DATABASE_URL": "", **more}
        said = [
            subprocess.run(
                [sys.executable, "-c", show], cwd=ROOT, env=env | {"SINGLE_SIGN_ON_ROLES": roles}, text=True,
                capture_output=True, check=True,
            ).stdout.split()
            for roles in ("", "office")
        ]  # fmt: skip
        assert said[0] == ["'self'", "departments.lockout.LockoutBackend"]
        places = {"": [one], f"{one}/realms/a/logout": [one], f"{other}/logout": [one, other]}[logout]
        assert said[1] == ["'self'", *places, single_sign_on.BACKEND]
