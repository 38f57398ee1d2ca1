"""乱填：页面上找得到的每一张表单、每一种筛选、每一个网址参数，填什么都不出 500；填完再把各页读一遍。

表单是从页面上找出来的，所以新页面自动在内。两种数据库都跑：有的值 SQLite 收下、PostgreSQL 报错，反之亦然。
"""

import string
from urllib.parse import unquote, urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import Resolver404, resolve
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from .access_table import ACCESS
from .examples import also, share
from .test_access import NAMES, address
from .world import arguments, every_url, finish, forms_in, read_once, the_world  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.engines]
NASTY = [
    "",
    " ",
    "\x00",
    "a\x00b",
    "\n",
    "\r\n",
    "\t",
    "\ufeff",
    "\u200b",
    "\u202e反转",
    "\ufffd",
    "😀" * 50,
    "e\u0301" * 100,
    "字" * 10_000,
    "a" * 10_000,
    "0",
    "-0",
    "-1",
    "1.5",
    "1e3",
    "1e999",
    "-1e-999",
    "NaN",
    "sNaN",
    "Infinity",
    "-inf",
    "0x10",
    "0b1",
    "1_000",
    "１２",
    "٣",
    "²",
    "½",
    "9" * 19,
    "9" * 40,
    "9" * 5000,
    "-9223372036854775809",
    "2147483648",
    "32768",
    "101",
    "0001-01-01",
    "9999-12-31",
    "10000-01-01",
    "2023-02-29",
    "2023-13-01",
    "2023-09-31",
    "0000-00-00",
    "2023-9-1",
    "-2023-09-01",
    "2023-W01-1",
    "2023年9月1日",
    "昨天",
    "2023-09-28",
    "2023-09-21T10:00",
    "24:00",
    "on",
    "true",
    "True",
    "None",
    "null",
    "undefined",
    "[]",
    "{}",
    "../../etc/passwd",
    "%00",
    "%s%n",
    "{0}",
    "{{7*7}}",
    "${7*7}",
    "'",
    '"',
    "\\",
    "';--",
    "' OR 1=1--",
    "(",
    "[",
    "*",
    ".*(",
    "%",
    "_",
    "\\x",
    "<b>",
    "&amp;",
    "=1+1",
    "+1",
    "@x",
    "-x",
    "|",
    "&&",
    "missing",
    "draft",
    "approved",
    "submitted",
    "returned",
    "planned",
    "open",
    "closed",
    "milestone",
    "routine",
    "indicator",
    "red",
    "green",
    "not_started",
    "completed",
    "no_change",
    "office",
    "admin",
    "1",
    "2",
    "2023",
    "25",
]
nasty = st.one_of(
    st.sampled_from(NASTY),
    st.text(max_size=60),
    st.text(string.printable, max_size=30),
    st.integers(-(10**25), 10**25).map(str),
    st.dates().map(str),
    st.floats().map(str),
)
quick = {
    "deadline": None,
    "derandomize": True,
    "database": None,
    "phases": (Phase.explicit, Phase.generate),
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
}
# 填了就改变登录身份的几张，不在这里填（各有自己的测试）。
LEFT_OUT = ("/logout/", "/admin/logout/", "/me/password/", "/login/")
ROLES = ("own", "office", "admin", "leader", "other")


@pytest.fixture
def clients(world):
    """各角色一个已登录的浏览器；出错时给 500 而不抛异常。"""
    made = {}
    for role in ROLES:
        made[role] = Client(raise_request_exception=False)
        made[role].force_login(world.users[role])
    return made


def pages(world, role):
    """这个角色打得开的各页。"""
    known = arguments(world)
    return [address(name, known, world) for name in NAMES if ACCESS[name].expected(role, "GET") == 200]


def collect(world, clients) -> list[tuple]:
    """页面上的全部表单：（角色，地址，方法，内容，文件框，按钮）。一样的只留一份。"""
    found = {}
    for role in ROLES:
        for url in pages(world, role):
            for form in forms_in(read_once(clients[role], role, url)):
                target = form["action"] or url
                if target not in LEFT_OUT and "?" not in target:
                    found.setdefault((role, target, form["method"]), (form["fields"], form["files"], form["buttons"]))
    return [(*key, *value) for key, value in found.items()]


def reread(world, clients):
    """把各角色的各页再读一遍：存进去的值不能让任何一页打不开。平日每一页由一种人看（轮着来），跑足时看得到的都看。"""
    broken, readers = [], {}
    for role in ROLES:
        for url in pages(world, role):
            readers.setdefault(url, []).append(role)
    for number, (url, roles) in enumerate(readers.items()):
        turned = roles[number % len(roles) :] + roles[: number % len(roles)]
        for role in turned[: share(len(ROLES), least=1)]:
            response = clients[role].get(url)
            broken += [f"{role} {url}"] if response.status_code >= 500 else []
            finish(response)
    assert broken == []


def send(client, method, url, data):
    """发出去；会改变账户的，看过结果就撤回。"""
    if method == "get":
        return client.get(url, data)
    if not url.startswith("/admin/departments/user/"):
        return client.post(url, data)
    point = transaction.savepoint()
    response = client.post(url, data)
    transaction.savepoint_rollback(point)
    return response


@pytest.mark.xdist_group("forms")
def test_no_form_breaks_whatever_is_typed(world, clients):
    forms = collect(world, clients)
    assert len({target for _, target, _, *_ in forms}) > 40
    typed = []

    @settings(max_examples=share(450), **quick)
    @given(
        st.sampled_from(range(len(forms))),  # 各张轮得到：随便一个整数多半是小的，总是头几张
        st.lists(nasty, min_size=1, max_size=12),
        st.sets(st.integers(0, 12)),
        st.binary(max_size=50),
    )
    def fill(pick, values, kept, junk):
        role, url, method, fields, files, buttons = forms[pick]
        data = {}
        for i, (name, value) in enumerate(fields.items()):
            data[name] = value if i in kept else values[i % len(values)]
        if buttons:
            name, value = buttons[pick % len(buttons)]
            data[name] = value or values[0]
        for name in files:
            data[name] = SimpleUploadedFile((values[0] or "x")[:80] + ".pdf", b"%PDF-" + junk)
        typed.append(len(data))
        response = send(clients[role], method, url, data)
        assert response.status_code < 500, (role, method, url, data)
        finish(response)

    fill()
    assert sum(typed) > share(1200)
    reread(world, clients)


def test_no_filter_breaks_whatever_is_in_the_address(world, clients):
    """筛选、翻页、排序、展开；包括不成 UTF-8 的字节、重复的参数、不认识的参数。"""
    names = [
        "q",
        "lead",
        "dept",
        "kind",
        "light",
        "report",
        "sort",
        "page",
        "measure",
        "since",
        "until",
        "open",
        "events",
        "with",
        "next",
        "format",
        "paper",
        "o",
        "p",
        "e",
        "status",
    ]
    raw = ["%00", "%ED%A0%80", "%FF%FE", "%C0%80", "%", "%zz", "%u0041", "+", "&", "=", ";", "%F4%90%80%80", "a" * 3000]
    targets = [(role, url) for role in ("office", "own", "admin") for url in pages(world, role)]
    typed = []

    @settings(max_examples=share(220), **quick)
    @given(
        st.sampled_from(range(len(targets))),
        st.lists(st.tuples(st.sampled_from(names), nasty), min_size=6, max_size=14),
        st.sampled_from(raw),
    )
    def look(pick, pairs, junk):
        role, url = targets[pick]
        query = urlencode([(name, value[:1500]) for name, value in pairs]) + f"&{names[pick % len(names)]}={junk}"
        typed.append(len(pairs))
        response = clients[role].get(f"{url}?{query}")
        assert response.status_code < 500, (role, url, query)
        finish(response)

    look()
    assert sum(typed) >= share(220) * 6, "每次至少六个条件"


def leads_somewhere(url) -> bool:
    """网址表里有这一条（走得到视图）。"""
    try:
        resolve(unquote(url))
    except Resolver404:
        return False
    return True


def test_no_address_breaks_whatever_stands_in_it(world, clients):
    """网址里的编号、代号：极大的、负的、别的数字、不成字的字节。网址表里没有的都是同一页 404，平日轮着看；走得到视图的，平日看四分之一。"""
    routes = [route for name, route in every_url() if "<" in route and "(?P" not in route]
    odd = [
        "0",
        "9" * 18,
        "9" * 19,
        "9" * 40,
        "9" * 3000,
        "-1",
        "１",
        "x",
        "%00",
        "%2F",
        "..",
        "a" * 300,
        "%ED%A0%80",
        "2023-13",
        "8-1",
        "9999-999",
        "'",
        "%0d%0a",
    ]
    found, turns = [], len(odd) // share(len(odd))
    for number, route in enumerate(dict.fromkeys(routes)):
        parts = route.replace("<", "\n<").replace(">", ">\n").split("\n")
        for place, value in enumerate(odd):
            url = "/" + "".join(value if part.startswith("<") else part for part in parts)
            if (number + place) % (turns if not leads_somewhere(url) else min(turns, 4)):
                continue
            role = "admin" if route.startswith(("admin", "plan")) else ("office", "own")[number % 2]
            for method in ("get", "post"):
                response = getattr(clients[role], method)(url)
                found += [f"{role} {method} {url}"] if response.status_code >= 500 else []
                finish(response)
    assert found == []


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"a=%ED%A0%80&b=%00&c=%FF", "application/x-www-form-urlencoded"),
        (b"a=1&" * 3000, "application/x-www-form-urlencoded"),
        (b"a=1", "application/x-www-form-urlencoded; charset=nosuch"),
        (b"a=1", "application/x-www-form-urlencoded; charset=utf-16"),
        (b"\xff\xfe{", "application/json"),
        (b"--x\r\n", "multipart/form-data; boundary=x"),
        (b"", "multipart/form-data"),
        (b"x", "multipart/form-data; boundary=" + "b" * 300),
        (
            b'--x\r\nContent-Disposition: form-data; name="p1-evidence"; filename="a\x00.pdf"\r\n\r\n%PDF-\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
        (
            b'--x\r\nContent-Disposition: form-data; name="\xff\xfe"\r\n\r\n\xed\xa0\x80\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
        (
            b'--x\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\n!!!\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
        (b"x", "\x00"),
    ],
)
def test_no_body_breaks_a_form(world, clients, body, kind):
    for role, url in (
        ("own", f"/progress/{world.rows.missing.pk}/"),
        ("office", "/periods/year/"),
        ("admin", "/admin/departments/leader/add/"),
    ):
        response = clients[role].generic("POST", url, body, content_type=kind)
        assert response.status_code < 500, url
    anonymous = Client(raise_request_exception=False)
    assert anonymous.generic("POST", f"/progress/{world.rows.missing.pk}/", body, content_type=kind).status_code in (
        302,  # 读不出写了什么的，照常请他登录
        400,
        401,
    )
    assert anonymous.generic("POST", "/login/", body, content_type=kind).status_code < 500


@pytest.mark.parametrize("value", ["x", "\\x00", "a" * 4000, *also("", '"; drop', "é", "1:2:3", "[]")])
def test_no_cookie_breaks_a_page(world, value):
    for name in ("sessionid", "csrftoken", "messages", "big", "nosuch"):
        client = Client(raise_request_exception=False)
        client.force_login(world.own)
        client.cookies[name] = value
        assert client.get("/").status_code < 500, name
        assert client.post("/text-size/", {"next": "/"}).status_code < 500, name


def test_no_header_breaks_a_page(world, clients):
    for name in (
        "referer",
        "accept-language",
        "accept",
        "user-agent",
        "origin",
        "x-forwarded-for",
        "x-forwarded-proto",
        "x-real-ip",
        "if-modified-since",
        "range",
    ):
        for value in ("", "x" * 5000, "\xff", "http://[", "bytes=-1", "zh;q=x", "*", "%00"):
            assert clients["own"].get("/help/", headers={name: value}).status_code < 500, (name, value)
            assert clients["office"].post("/measures/8/light/lift/", headers={name: value}).status_code < 500, (
                name,
                value,
            )
