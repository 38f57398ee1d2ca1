"""网址表里的每一条 × 六种人，各打开一次、提交一次：状态码与写下的预期相符，响应头齐全，页面没有行内样式与脚本，看一眼不写业务表。

四件事看的是同一次响应，所以一遍走完；各件事的定义与它自己的测试在 test_access、test_headers、test_get_writes_nothing。
"""

from contextlib import contextmanager
from http.cookies import SimpleCookie

import pytest
from django.conf import settings as conf
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from .access_table import ACCESS, ROLES
from .examples import also
from .test_access import NAMES, NEEDS_NO_LOGIN, address, group, shows_login
from .test_get_writes_nothing import QUERIES, WRITES
from .test_headers import check_headers, inline_in
from .world import arguments, finish, posted, world  # noqa: F401

pytestmark = pytest.mark.django_db


@contextmanager
def undone(client):
    """里面写下的东西随即撤回（连同登录），下一次请求看到的仍是同一个世界。"""
    cookies = SimpleCookie(client.cookies.output(header="", sep=";"))
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    client.cookies = cookies


def opened(client, url):
    """打开一次：(响应, 写了哪些业务表)。"""
    with undone(client), CaptureQueriesContext(connection) as queries:
        response = client.get(url)
        finish(response)
    written = [q["sql"][:120] for q in queries if WRITES.match(q["sql"])]
    # 没有权限、带走文件，安全日志里各记一条：只许这一条，别的页面一条也不许。
    is_traced = response.status_code == 403 or response.get("Content-Disposition", "").startswith("attachment")
    traced = [sql for sql in written if "departments_securityevent" in sql] if is_traced else []
    return response, [sql for sql in written if sql not in traced[:1]]


def sent(client, url, data):
    """提交一次。"""
    for value in data.values():
        if hasattr(value, "seek"):
            value.seek(0)
    with undone(client):
        response = client.post(url, data)
        finish(response)
    return response


def ask(client, user, method, url, data):
    """以某人（None 为未登录）发一次请求，写下的东西随即撤回。接着还是这个人的，不再登录一遍。"""
    cookie = client.cookies.get(conf.SESSION_COOKIE_NAME)
    if user is None or cookie is None or (user.pk, cookie.value) != getattr(client, "signed_in", None):
        client.cookies.clear()
        if user is not None:
            client.force_login(user)
            client.signed_in = (user.pk, client.cookies[conf.SESSION_COOKIE_NAME].value)
    return opened(client, url)[0] if method == "GET" else sent(client, url, data)


def unlike_the_table(response, name, role, method) -> list[str]:
    """与 access_table 不符之处。"""
    expected, found = ACCESS[name].expected(role, method), []
    if response.status_code != expected:
        found.append(f"{method} {name} {role}：应为 {expected}，实为 {response.status_code}")
    if role == "anonymous" and name not in NEEDS_NO_LOGIN and not shows_login(response):
        found.append(f"{method} {name}：没有登录却没有转去登录页")
    return found


def faults_of_opening(client, url, name, role):
    """打开一次看到的毛病；带参数的打开方式（QUERIES）也在内，只是不核对状态码。"""
    found = []
    for target in (url, *(f"{url}?{query}" for query in QUERIES.get(name, ()))):
        response, written = opened(client, target)
        check_headers(response, target)
        found += [f"{role} {target} 写了：{sql}" for sql in written]
        if target == url:
            found += unlike_the_table(response, name, role, "GET")
        if response.get("Content-Type", "").startswith("text/html"):
            found += [f"{role} {target} 行内：{what}" for what in inline_in(response.content.decode())]
    return found


GROUPS = sorted({group(name) for name in NAMES})


# 平日每一条由一半的人打开、提交（轮着来；只有一条的组人人都走）；跑全部时每一条人人都走一遍。
TURNS = [(part, 0) for part in GROUPS] + also(*((part, 1) for part in GROUPS))


@pytest.mark.parametrize(("part", "turn"), TURNS)
def test_every_url_answers_each_role_as_written_with_all_headers_and_opening_it_leaves_no_trace(
    client,
    world,  # noqa: F811
    part,
    turn,
):
    """一次测一组网址；不符的逐条列出。后台（Django 自带的页面）也在内。"""
    known, data, wrong = arguments(world), posted(world), []
    names, first = [name for name in NAMES if group(name) == part], GROUPS.index(part)
    urls = {name: address(name, known, world) for name in names}
    for number, role in enumerate(ROLES):
        client.logout()
        if world.users[role] is not None:
            client.force_login(world.users[role])
        for name in names[(number + first + turn) % 2 :: 2] if len(names) > 1 else names:
            wrong += faults_of_opening(client, urls[name], name, role)
            response = sent(client, urls[name], data.get(name, {}))
            check_headers(response, name)
            wrong += unlike_the_table(response, name, role, "POST")
    assert wrong == []
