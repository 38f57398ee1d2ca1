"""登录着的各处：自己看得到，一下退出别处；只许一处的，后登录的算数。"""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from departments import sessions
from departments.models import OpenSession

from ..factories import PASSWORD

pytestmark = pytest.mark.django_db
PHONE = "Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 Chrome/116.0 Mobile Safari/537.36 MicroMessenger/8.0.42"
PC = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/116.0 Safari/537.36 Edg/116.0"


@pytest.fixture
def signed_in(people, plan):
    """同一个人在电脑上、手机上各登录一次：(电脑, 手机)。"""
    user = people.reporter("财务部")
    found = []
    for agent, address in ((PC, "10.0.0.8"), (PHONE, "10.0.0.9")):
        client = Client(REMOTE_ADDR=address, headers={"User-Agent": agent})
        assert client.post("/login/", {"username": user.username, "password": PASSWORD}).status_code == 302
        found.append(client)
    return found


def is_in(client) -> bool:
    return client.get(reverse("home")).status_code == 200


def test_one_sees_both_places_and_which_is_this(signed_in):
    page = signed_in[0].get(reverse("me")).content.decode()
    assert "电脑 · Edge，10.0.0.8" in page and "手机 · 微信，10.0.0.9" in page and page.count("现在用的") == 1


def test_the_others_end_and_this_one_goes_on(signed_in):
    pc, phone = signed_in
    assert "已退出别处 1 处。" in pc.post(reverse("me_elsewhere"), follow=True).content.decode()
    assert is_in(pc) and not is_in(phone)
    assert "没有别处登录着。" in pc.post(reverse("me_elsewhere"), follow=True).content.decode()


def test_another_person_signing_in_at_the_same_browser_takes_the_place(signed_in, people):
    pc = signed_in[0]
    pc.post("/login/", {"username": people.reporter("审批中心").username, "password": PASSWORD})
    assert OpenSession.objects.filter(address="10.0.0.8").get().user.department.name == "审批中心"
    assert is_in(pc) and is_in(signed_in[1])


def test_nobody_elses_sessions_are_touched(signed_in, people):
    other = Client()
    other.post("/login/", {"username": people.reporter("审批中心").username, "password": PASSWORD})
    signed_in[0].post(reverse("me_elsewhere"))
    assert is_in(other)


def test_where_one_place_is_allowed_the_later_login_counts(settings, people, plan):
    settings.ONE_SESSION = True
    said = {"username": people.reporter("财务部").username, "password": PASSWORD}
    first, second = Client(), Client()
    first.post("/login/", said)
    second.post("/login/", said)
    assert is_in(second) and not is_in(first)


def test_a_new_password_leaves_one_place(signed_in):
    data = {"old_password": PASSWORD, "new_password1": "Birch-Forest-7", "new_password2": "Birch-Forest-7"}
    assert signed_in[0].post(reverse("password_change"), data).status_code == 302
    page = signed_in[0].get(reverse("me")).content.decode()
    assert page.count("登录</span>") == 1 and "退出别处" not in page


def test_a_place_goes_with_its_session(signed_in):
    assert OpenSession.objects.count() == 2
    signed_in[1].post("/logout/")
    assert [row.address for row in OpenSession.objects.all()] == ["10.0.0.8"]


def test_the_page_costs_the_same_however_many_others_are_signed_in(signed_in, people):
    with CaptureQueriesContext(connection) as few:
        signed_in[0].get(reverse("me"))
    for department in ("审批中心", "纪工委", "党务办"):
        Client().post("/login/", {"username": people.reporter(department).username, "password": PASSWORD})
    with CaptureQueriesContext(connection) as many:
        signed_in[0].get(reverse("me"))
    assert len(many) <= len(few)


@pytest.mark.parametrize(
    ("said", "shown"),
    [(PC, "电脑 · Edge"), (PHONE, "手机 · 微信"), ("", "电脑 · 其他浏览器"), ("<script>", "电脑 · 其他浏览器")],
)
def test_a_browser_is_named_in_two_words(said, shown):
    assert sessions.device(said) == shown
