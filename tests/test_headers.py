"""响应头、cookie、跨站校验、跳转：每一页（连同出错页）都一样严，出错页不露内部信息。"""

import os
import re
import subprocess
import sys
from html import unescape
from html.parser import HTMLParser

import pytest
from django.conf import settings as conf
from django.http import HttpResponse
from django.test import Client
from django.urls import path, reverse

from departments.models import User
from tasks.views import unchanged

from .access_table import ACCESS, ROLES
from .factories import PASSWORD
from .test_access import NAMES, address
from .world import arguments, finish, read_once, world  # noqa: F401

pytestmark = pytest.mark.django_db
LEAKS = (
    "Traceback",
    "DisallowedHost",
    "settings.py",
    "site-packages",
    "Django Version",
    "Exception Type",
    "MIDDLEWARE",
)


def policy(response) -> dict:
    return {part.split()[0]: part.split()[1:] for part in response["Content-Security-Policy"].split("; ")}


def check_headers(response, page=""):
    """每个响应都要有的头。"""
    said = policy(response)
    assert said["default-src"] == ["'none'"], page
    if "sandbox" not in said:
        assert said["frame-ancestors"] == ["'none'"], page
        assert said["base-uri"] == ["'none'"], page
        assert said["form-action"] == ["'self'"], page
    assert not re.search(r"unsafe|\*|data:|https?:", response["Content-Security-Policy"]), page
    assert response["X-Content-Type-Options"] == "nosniff", page
    assert response["X-Frame-Options"] == "DENY", page
    assert response["Referrer-Policy"] == "same-origin", page
    check_caching(response, page)
    assert response["Cross-Origin-Opener-Policy"] == "same-origin", page
    assert "Server" not in response.headers, page
    assert "X-Powered-By" not in response.headers, page


def check_caching(response, page=""):
    """谁都不许替别人留着（private）；浏览器自己也不留（no-store），只有名单里的各页可以留着、每次来问（no-cache）。"""
    said = set(re.split(r",\s*", response["Cache-Control"]))
    assert "private" in said, page
    assert "public" not in said, page
    if "no-store" in said:
        assert not response.has_header("ETag"), page
        return
    assert {"no-cache"} == said - {"private"}, page
    assert response.status_code in (200, 304), page
    assert response.resolver_match.view_name in unchanged.PAGES, page
    assert response["ETag"].startswith('W/"'), page
    assert "Cookie" in re.split(r",\s*", response["Vary"]), page


def test_the_caching_check_would_notice():
    for wrong in ("no-cache", "public, max-age=300", "private, max-age=60", "private, no-cache"):
        with pytest.raises((AssertionError, AttributeError)):
            check_caching(HttpResponse(headers={"Cache-Control": wrong}))


# ── 出错页（办得成的各页在 test_every_url） ──


@pytest.fixture
def broken(monkeypatch, client):
    """一个会出错的首页；测试客户端不把异常抛出来。"""
    from tasks.pages import home as home_pages

    def explode(*args, **kwargs):
        raise RuntimeError("秘密：数据库口令是 hunter2")

    monkeypatch.setattr(home_pages, "desk", explode)
    client.raise_request_exception = False
    return client


def test_error_400_of_a_forged_host_has_the_headers_and_no_details(client, db):
    response = client.get("/login/", headers={"host": "evil.example"})
    assert response.status_code == 400
    check_headers(response)
    page = response.content.decode()
    assert "这个网址不是本系统登记的网址" in page and "这次提交没有被接受" not in page and "evil.example" not in page
    assert not any(leak in response.content.decode() for leak in LEAKS)


def test_error_400_of_too_large_a_form_has_the_headers(client, world, settings):  # noqa: F811
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    client.force_login(world.own)
    response = client.post(
        reverse("progress_report", args=[world.rows.missing.pk]),
        "a=" + "字" * 2000,
        "application/x-www-form-urlencoded",
    )
    assert response.status_code == 400
    check_headers(response)


def test_error_403_has_the_headers_and_says_so_in_chinese(client, world):  # noqa: F811
    client.force_login(world.own)
    response = client.get(reverse("review_list"))
    assert response.status_code == 403
    check_headers(response)
    assert "您没有权限做这件事" in response.content.decode()


@pytest.mark.parametrize("who", [None, "own"])
@pytest.mark.parametrize(
    "url", ["/nosuch/", "/measures/999/", "/static/nosuch.css", "/nosuch.php", "/.env", "/.git/config", "/media/x"]
)
def test_error_404_has_the_headers_and_no_list_of_urls(client, world, who, url):  # noqa: F811
    if who:
        client.force_login(world.own)
    response = client.get(url)
    if not who and url.startswith("/measures/"):
        assert response.status_code == 302
        return
    assert response.status_code == 404
    check_headers(response)
    page = response.content.decode()
    assert "没有找到这一页" in page
    assert "urlpatterns" not in page
    assert not any(leak in page for leak in LEAKS)


def test_error_405_has_the_headers(client, world):  # noqa: F811
    client.force_login(world.own)
    response = client.post(reverse("help"))
    assert response.status_code == 405
    check_headers(response)


def test_error_500_has_the_headers_and_no_details(broken, world):  # noqa: F811
    broken.force_login(world.own)
    response = broken.get(reverse("home"))
    page = response.content.decode()
    assert response.status_code == 500
    check_headers(response)
    assert "系统出了问题，没有办成" in page
    assert "hunter2" not in page
    assert not any(leak in page for leak in LEAKS)


@pytest.mark.parametrize("template", ["400.html", "403.html", "404.html", "500.html"])
def test_error_pages_need_no_database(template, django_assert_num_queries):
    from django.template.loader import render_to_string

    with django_assert_num_queries(0):
        page = render_to_string(template)
    assert "回到首页" in page


def test_static_files_may_be_cached_but_carry_the_other_headers(client, db, settings):
    settings.WHITENOISE_USE_FINDERS = True
    response = client.get("/static/css/app.css")
    assert response.status_code == 200
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" not in response.get("Cache-Control", "")
    finish(response)


# ── 页面里没有行内样式与脚本，策略才不必放宽 ──


class Inline(HTMLParser):
    """找出行内的样式、脚本与事件属性。"""

    def __init__(self):
        super().__init__()
        self.found, self.open = [], ""

    def handle_starttag(self, tag, attrs):
        names = dict(attrs)
        self.found += [f"<{tag} {a}>" for a in names if a == "style" or a.startswith("on")]
        self.found += [
            f"{a}={v}" for a, v in names.items() if (v or "").strip().lower().startswith(("javascript:", "data:"))
        ]
        if tag == "style" or (tag == "script" and "src" not in names and names.get("type") != "application/json"):
            self.found.append(f"<{tag}>")
        for name in ("src", "href", "action"):
            if tag != "a" and (names.get(name) or "").startswith(("http:", "https:", "//")):
                self.found.append(f"外站 {names[name]}")


def inline_in(page) -> list[str]:
    parser = Inline()
    parser.feed(page)
    return parser.found


def test_the_inline_finder_finds():
    page = '<p style="x"><script>1</script><a href="javascript:1" onclick="x"><style></style><img src="//cdn/x">'
    assert len(inline_in(page)) == 6


# ── cookie ──


def test_cookies_are_narrow(settings):
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    client = Client()
    User.objects.create_superuser("boss", password=PASSWORD)
    client.get("/login/", secure=True)
    client.post("/login/", {"username": "boss", "password": PASSWORD}, secure=True)
    client.post("/text-size/", {"next": "/"}, secure=True)
    assert {"sessionid", "csrftoken", "big"} <= set(client.cookies)
    for cookie in client.cookies.values():
        assert cookie["httponly"], cookie.key
        assert cookie["secure"], cookie.key
        assert cookie["samesite"] == "Lax", cookie.key
        assert cookie["domain"] == "", cookie.key


# ── 跨站校验 ──


class Forms(HTMLParser):
    """页面上的 POST 表单：提交到哪里、带没带令牌。"""

    def __init__(self):
        super().__init__()
        self.forms = []

    def handle_starttag(self, tag, attrs):
        names = dict(attrs)
        if tag == "form":
            self.forms.append(
                {"action": names.get("action", ""), "post": names.get("method") == "post", "token": False}
            )
        if tag == "input" and names.get("name") == "csrfmiddlewaretoken" and self.forms:
            self.forms[-1]["token"] = True


def forms_on(page):
    parser = Forms()
    parser.feed(page)
    return [form for form in parser.forms if form["post"]]


@pytest.mark.xdist_group("forms")
def test_every_form_has_a_token_and_is_refused_without_it(world):  # noqa: F811
    """把各角色各页上的每个 POST 表单找出来：带着令牌；去掉令牌提交得到中文的 403（浏览器里令牌的 cookie 是有的）。"""
    known, seen = arguments(world), set()
    for role in ROLES:
        client = Client(enforce_csrf_checks=True)
        if world.users[role] is not None:
            client.force_login(world.users[role])
        client.get(reverse("help" if world.users[role] else "login"))
        assert "csrftoken" in client.cookies
        for name in (n for n in NAMES if ACCESS[n].expected(role, "GET") == 200):
            url = address(name, known, world)
            for form in forms_on(read_once(client, role, url)):
                assert form["token"], (name, form)
                target = form["action"] or url
                if (role, target) not in seen:
                    seen.add((role, target))
                    refused = client.post(target, {"text": "x"})
                    assert refused.status_code == 403, target
                    check_headers(refused, target)
                    page = refused.content.decode()
                    assert "请返回上一页，刷新后再试一次" in page, target
                    assert "CSRF" not in page, target
    assert len(seen) > 40


def test_a_token_of_somebody_else_is_refused(world):  # noqa: F811
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.own)
    response = client.post(reverse("logout"), {"csrfmiddlewaretoken": "a" * 64})
    assert response.status_code == 403


# ── 跳转 ──

EVIL = [
    "https://evil.example/",
    "http://evil.example",
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "https:evil.example",
    "https:///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    " //evil.example",
    "\t//evil.example",
    "http://testserver@evil.example/",
    "https://testserver.evil.example/",
]
ODD = ["abc", "home", "", "?x=1", "#x", "/" + "长" * 3000, "/a\r\nSet-Cookie: x=1", "/a\x00b", "/\ud7ff", "mailto:a@b"]


def goes_outside(location) -> bool:
    return (
        not re.match(r"^(/(?![/\\])|[\w?#]|$)", location)
        or ":" in location.split("/")[0]
        or location.startswith(("\\", " "))
    )


@pytest.mark.parametrize("target", EVIL + ODD)
def test_login_never_sends_anybody_outside(client, target):
    User.objects.create_superuser("boss", password=PASSWORD, must_change_password=False)
    page = client.get("/login/", {"next": target})
    assert page.status_code == 200
    kept = re.findall(r'name="next" value="([^"]*)"', page.content.decode())
    assert len(kept) == 2
    assert not any(goes_outside(unescape(value)) for value in kept)
    response = client.post("/login/", {"username": "boss", "password": PASSWORD, "next": target})
    assert response.status_code in (302, 400)
    if response.status_code == 302:
        assert not goes_outside(response["Location"])
        assert "Set-Cookie" not in response["Location"] or "%0A" in response["Location"]


@pytest.mark.parametrize("target", EVIL + ODD)
def test_text_size_never_sends_anybody_outside(client, db, target):
    response = client.post("/text-size/", {"next": target})
    assert response.status_code in (302, 400)
    if response.status_code == 302:
        assert not goes_outside(response["Location"])
        assert "x=1" not in response.cookies


def test_a_refusal_never_sends_anybody_outside(client, people):
    client.force_login(people.office)
    for target in [*EVIL, "http://[::1", "http://testserver:99999999/", "http://testserver/" + "a" * 3000]:
        response = client.post(reverse("light_lift", args=["8"]), headers={"referer": target})
        assert response.status_code in (302, 400), target
        assert response.status_code == 400 or not goes_outside(response["Location"]), target


def test_a_refusal_returns_to_the_page_of_the_form_not_to_the_address_it_was_sent_to(client, world):  # noqa: F811
    """没交成的页面地址是提交用的网址；再被拒绝时回到上一级，而不是一张 405。"""
    client.force_login(world.office)
    pk = world.rows.approved.pk  # 已经通过了，不能再通过一次
    url = reverse("progress_approve", args=[pk])
    response = client.post(url, headers={"referer": f"http://testserver{url}"})
    assert response["Location"] == reverse("review_detail", args=[pk])
    response = client.post(url, headers={"referer": "http://testserver/review/?x=1"})
    assert response["Location"] == "/review/?x=1"


@pytest.mark.parametrize(
    ("url", "referer", "after"),
    [
        ("/review/5/approve/", "http://testserver/review/5/", "/review/5/"),
        ("/review/5/return/", "http://testserver/review/5/return/", "/review/5/"),
        ("/periods/2023-09/close/", "https://evil.example/periods/", "/"),
        ("/attachments/3/remove/", "", "/"),
    ],
)
def test_after_signing_in_again_one_lands_on_the_page_of_the_button(client, db, url, referer, after):
    """登录过期时点了按钮：登录后回到按钮所在的页，而不是只收提交的网址。"""
    from urllib.parse import parse_qs, urlsplit

    response = client.post(url, headers={"referer": referer})
    assert response.status_code == 302
    assert parse_qs(urlsplit(response["Location"]).query)["next"] == [after]


# ── 部署 ──


def production(**changes):
    """正式环境的环境变量。"""
    env = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG", "DATA_DIR")}
    return env | {
        "DEBUG": "0",
        "SECRET_KEY": "k3-" + "Zq8!fV2#mX7$" * 5,
        "ALLOWED_HOSTS": "ledger.example.internal",
        "BUSINESS_DATE": "",
        "CSRF_TRUSTED_ORIGINS": "https://ledger.example.internal",
        "TRUSTED_PROXY": "127.0.0.1",
        "DATABASE_URL": "",
        **changes,
    }


def manage(*arguments, **changes):
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=conf.BASE_DIR,
        env=production(**changes),
        capture_output=True,
        text=True,
        check=False,
    )


def test_check_deploy_has_nothing_to_say(tmp_path):
    """与机器有关的（库建好没有、备份、网址）另有测试，见 yingshang/test_checks。"""
    tags = [f"--tag={name}" for name in ("security", "database", "models", "staticfiles", "templates", "urls")]
    done = manage("check", "--deploy", "--fail-level", "WARNING", *tags, DATA_DIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout + done.stderr


def test_production_will_not_start_without_a_secret_key():
    done = manage("check", SECRET_KEY="")
    assert done.returncode != 0
    assert "没有设置 SECRET_KEY" in done.stderr


def test_production_settings_are_strict():
    code = (
        "from django.conf import settings as s;"
        "print(s.DEBUG, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_SSL_REDIRECT, s.SECURE_HSTS_SECONDS >= 31536000,"
        " s.SESSION_COOKIE_HTTPONLY, s.CSRF_COOKIE_HTTPONLY, s.SESSION_COOKIE_AGE, s.SESSION_ABSOLUTE_SECONDS, s.ALLOWED_HOSTS)"
    )
    done = manage("shell", "--no-imports", "-c", code)
    assert done.stdout.strip() == "False True True True True True True 1800 28800 ['ledger.example.internal']", (
        done.stderr
    )


def test_demo_accounts_cannot_be_made_in_production():
    done = manage("demo")
    assert done.returncode != 0
    assert "正式环境里不得有公开密码的账户" in done.stderr


def test_the_login_page_offers_no_demo_password_outside_debug(client, db):
    assert conf.DEMO_PASSWORD not in client.get("/login/").content.decode()


@pytest.mark.urls(__name__)
def test_a_view_may_not_loosen_the_policy_by_accident(client, db):
    response = client.get("/plain/")
    assert policy(response)["script-src"] == ["'self'"]


urlpatterns = [path("plain/", lambda request: HttpResponse("x"), name="plain")]
urlpatterns[0].callback.login_required = False
