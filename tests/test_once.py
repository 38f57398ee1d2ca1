"""一张表单只办一次：凡是收提交的网址，同一张表单第二次交，看到第一次的结果，什么也不多。"""

import json
import subprocess
import sys

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse

from departments import once
from departments.models import FormTaken
from tasks import workflow
from tasks.models import Inspection, Problem
from yingshang.clock import real_now

from . import twice
from . import world as worlds
from .examples import QUARTERS, also, quarter
from .factories import PASSWORD
from .processes import ROOT, environment
from .test_every_url import undone
from .test_refusals import INSIDE, boxes, doers, taking_posts
from .world import arguments, posted, world  # noqa: F401

TOKEN = "甲" * 64
# 世界里的这几样，流程说现在不能（转回原来那一页）；名单头一次交只是看一看，什么也没有办。
REFUSED = {
    "roster_slips", "roster_upload",
    "calendar_create", "period_close", "period_unopen", "plan_archive", "revision_as_new", "revision_restore", "revision_revert",
}  # fmt: skip
SEEN = {"held_on": "2023-09-20", "inspectors": "办公室", "place": "大厅", "findings": "有序"}


def counted() -> dict:
    """两个应用各表的行数（占着的那一行、登录计数不算）。"""
    found = [m for label in ("tasks", "departments") for m in apps.get_app_config(label).get_models(True)]
    return {m._meta.db_table: m.objects.count() for m in found if m.__name__ not in ("FormTaken", "LoginAttempt")}


def rewound(data):
    for value in data.values():
        if hasattr(value, "seek"):
            value.seek(0)
    return data


@pytest.mark.django_db
@pytest.mark.xdist_group("forms")
def test_every_form_on_every_page_carries_the_token(client, world):  # noqa: F811
    from .access_table import ACCESS

    known, bare = arguments(world), []
    for role in INSIDE:
        client.force_login(world.users[role])
        for name, rule in ACCESS.items():
            if rule.expected(role, "GET") == 200 and not name.startswith("admin:admin/"):
                url = reverse(name, kwargs=known.get(name))
                forms = worlds.forms_in(worlds.read_once(client, role, url))
                posts = [f for f in forms if f["method"].lower() == "post"]
                bare += [f"{url} → {f['action']}" for f in posts if not f["fields"].get(once.TOKEN)]
    assert bare == []


@pytest.mark.django_db
@pytest.mark.parametrize("part", QUARTERS)
def test_whatever_is_posted_twice_is_done_once_and_shows_the_first_result(client, world, part):  # noqa: F811
    """每个办得成的网址：同一张表单交两次，第二次转到同一处，说已经交过，库里一行也不多。"""
    wrong, refused, names = [], [], quarter(taking_posts(), part)
    for name in names:
        if name == "text_size":
            continue
        user, data = world.users[doers(name)[0]], posted(world).get(name, {}) | {once.TOKEN: TOKEN}
        url = reverse(name, kwargs=arguments(world).get(name))
        with undone(client):
            client.force_login(user)
            first = client.post(url, rewound(data))
            if not FormTaken.objects.exists():  # 这个世界里现在不能做的，没有办成
                refused.append(name)
                continue
            after = counted()
            again = client.post(url, rewound(data))
            wrong += [f"{name}：第二次 {again.status_code}"] * (
                (again.status_code, again.get("Location")) != (302, first["Location"])
            )
            wrong += [f"{name}：又多了 {t} {after[t]}→{n}" for t, n in counted().items() if n != after[t]]
            wrong += [f"{name}：没有说交过了"] * (
                once.SAID not in client.get(again["Location"], follow=True).content.decode()
            )
    assert wrong == []
    assert set(refused) == REFUSED & set(names) and len(names) > 20


@pytest.mark.django_db
def test_what_was_refused_does_not_use_up_the_form(sign_in, people, plan):
    client = sign_in(people.office)
    assert client.post("/inspections/add/", SEEN | {"place": "", once.TOKEN: TOKEN}).status_code == 422
    assert client.post("/inspections/add/", SEEN | {once.TOKEN: TOKEN}).status_code == 302
    assert Inspection.objects.count() == 1


@pytest.mark.django_db
def test_a_button_that_was_refused_does_not_use_up_the_form(sign_in, people, submitted, at):
    """退回原来那一页说“现在不能”的，不算办成：后来可以了，照样办。"""
    row = submitted("12", "审批中心", percent=75)
    client, url = sign_in(people.reporter("审批中心")), reverse("progress_withdraw", args=[row.pk])
    workflow.return_progress(row, by=people.office, at=at("2023-09-20 11:00"), reason="不实。")
    assert client.post(url, {once.TOKEN: TOKEN}).status_code == 302
    submitted("12", "审批中心", "2023-09-20 12:00", percent=75)
    client.post(url, {once.TOKEN: TOKEN})
    row.refresh_from_db()
    assert row.status == "draft"


@pytest.mark.django_db
def test_going_back_and_changing_the_words_loses_none_of_them(sign_in, people, plan):
    client = sign_in(people.office)
    client.post("/inspections/add/", SEEN | {once.TOKEN: TOKEN})
    response = client.post("/inspections/add/", SEEN | {"findings": "另一处很乱", once.TOKEN: TOKEN})
    assert response.status_code == 409
    assert "另一处很乱" in boxes(response) and "没有再办" in response.content.decode()
    assert Inspection.objects.count() == 1


@pytest.mark.django_db
def test_two_people_and_two_pages_are_two_forms(sign_in, people, plan):
    for user, token in ((people.office, TOKEN), (people.office_in_hall, TOKEN), (people.office, "乙" * 64)):
        sign_in(user).post("/inspections/add/", SEEN | {once.TOKEN: token})
    assert Inspection.objects.count() == 3


@pytest.mark.django_db
def test_what_breaks_in_the_middle_is_all_undone_and_can_be_sent_again(people, plan, monkeypatch):
    client = Client(raise_request_exception=False)
    client.force_login(people.office)
    with monkeypatch.context() as patch:
        patch.setattr(workflow.inspection, "record", lambda *args, **kwargs: 1 / 0)
        assert client.post("/inspections/add/", SEEN | {once.TOKEN: TOKEN}).status_code == 500
    assert not Inspection.objects.exists()
    assert client.post("/inspections/add/", SEEN | {once.TOKEN: TOKEN}).status_code == 302


@pytest.mark.django_db
def test_used_tokens_are_swept_when_somebody_signs_in(client, people, plan, settings):
    import datetime as dt

    age = dt.timedelta(seconds=settings.SESSION_ABSOLUTE_SECONDS)
    for key, at in (("old", real_now() - age - dt.timedelta(minutes=1)), ("new", real_now() - age / 2)):
        FormTaken.objects.create(key=key, content="", at=at)
    client.post(reverse("login"), {"username": people.office.username, "password": PASSWORD})
    assert list(FormTaken.objects.values_list("key", flat=True)) == ["new"]


# ── 同时到的 ──


def one_each(times) -> dict:
    return {name: [times, []] for name in ("problem", "inspection", "problemnote")}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_posted_twice_at_the_same_moment_one_row_ten_times_of_ten(transactional_db):
    assert twice.made_in() == one_each(twice.TIMES)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_without_the_token_two_at_once_make_two(transactional_db, monkeypatch):
    """证明上面的测试抓得住：不认令牌时，同时交的就有两件。"""
    monkeypatch.setattr(once, "_counts", lambda request: False)
    user, url, action, data = twice.prepare()["problem"]
    before = Problem.objects.count()
    for _ in range(3):
        twice.filed_at_once(user, url, action, data)
    assert Problem.objects.count() - before > 3


@pytest.mark.parametrize("times", [4, *also(twice.TIMES)])
def test_posted_twice_at_the_same_moment_one_row_on_a_sqlite_file_too(data, times):
    command, env = [sys.executable, "-m", "tests.twice", str(times)], environment(data, ALLOWED_HOSTS="testserver")
    found = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=300, check=False)
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout) == one_each(times)
