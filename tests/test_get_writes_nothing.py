"""看一眼不留痕迹：任何人打开任何网址都不写业务表（只许写会话）；只收提交的网址不许直接打开。

逐个网址打开、看写了没有的那一遍在 test_every_url。
"""

import re

import pytest
from django.urls import reverse

from tasks.models import Event

from .access_table import ACCESS, ROLES
from .world import arguments, finish, world  # noqa: F401

pytestmark = pytest.mark.django_db
WRITES = re.compile(
    r'^\s*(INSERT INTO|UPDATE|DELETE FROM|REPLACE INTO|ALTER|DROP|CREATE|TRUNCATE)\s+(?!"?django_session)', re.I
)
# 带参数的打开方式：筛选、展开、翻页、比较。
QUERIES = {
    "home": ["open=1", "open=999999"],
    "board": ["light=red", "sort=leader"],
    "board_period": ["report=missing", "change=worse", "change=red-yellow&lead=李华斌"],
    "board_items": ["report=unreported", "change=still_missed&light=red", "q=营商&sort=department"],
    "assessment": ["first=2023-08&last=2023-09&sort=-owed"],
    "assessment_list": ["what=problems_open&category=other", "what=overdue"],
    "publicity_list": ["q=工作&state=none"],
    "measure_list": ["q=营商", "light=green&sort=department&page=2"],
    "measure_detail": ["events=progress"],
    "event_list": ["q=报送&since=2023-09-01&until=2023-09-30"],
    "revision_detail": ["with=1"],
    "login": ["next=/board/"],
    "admin:departments_user_changelist": ["role__exact=reporter&q=a"],
}
# 只收提交的网址：打开（GET）一律 405。
POST_ONLY = [name for name, rule in ACCESS.items() if "405" in rule.get.split() and not name.startswith("admin:")]


def test_the_sweep_would_notice_a_write():
    assert WRITES.match('UPDATE "tasks_progress" SET "version" = 1')
    assert WRITES.match('INSERT INTO "tasks_event" ("action") VALUES (1)')
    assert not WRITES.match('UPDATE "django_session" SET "session_data" = 1')
    assert not WRITES.match('SELECT "tasks_event"."id" FROM "tasks_event" FOR UPDATE')


def test_urls_that_do_things_cannot_be_opened(client, world):  # noqa: F811
    known, before = arguments(world), Event.objects.count()
    for name in POST_ONLY:
        role = next(role for role in ROLES if ACCESS[name].expected(role, "GET") == 405)
        client.logout()
        if world.users[role] is not None:
            client.force_login(world.users[role])
        for method in (client.get, client.head, client.put, client.delete, client.patch):
            assert method(reverse(name, kwargs=known.get(name))).status_code == 405, name
    assert Event.objects.count() == before


def test_opening_a_post_only_url_gives_a_page_that_says_what_to_do(client, world):  # noqa: F811
    """刷新一张没交成的页面就会走到这里：不能给一张白纸。"""
    client.force_login(world.office)
    response = client.get(reverse("progress_approve", args=[world.rows.waiting.pk]))
    assert response["Allow"] == "POST"
    assert "回到首页" in response.content.decode()


def test_every_action_on_the_table_is_post_only():
    """凡是办事的网址（POST 得 302、GET 不能用）都在名单里，新增的也跑不掉。"""
    assert {"progress_approve", "progress_return", "period_year", "light_set", "attachment_remove", "logout"} <= set(
        POST_ONLY
    )
