"""库的记号：页面上的东西一变就变，不变就不变；不添等锁；提交了才看得到。"""

import threading
from collections import Counter

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.utils import timezone

from departments.models import Department, LoginAttempt, User
from tasks.apps import UNSEEN_TABLES, shown_tables, watch
from tasks.models import Event, Plan
from yingshang import stamp

pytestmark = pytest.mark.django_db


def now() -> str:
    return stamp.read(connection)


def test_every_table_of_ours_is_watched():
    """新加一个模型，migrate 之后就在内。"""
    ours = {m._meta.db_table for name in ("departments", "tasks") for m in apps.get_app_config(name).get_models(True)}
    assert set(shown_tables()) == ours - UNSEEN_TABLES
    there = stamp.installed(connection)
    each = 1 if connection.vendor == "postgresql" else 3
    assert Counter(there.values()) == dict.fromkeys(shown_tables(), each)
    assert all(len(name) < 63 for name in there), "PostgreSQL 的名字最长 63"


def test_a_write_of_any_kind_changes_it(plan):
    seen = [now()]
    room = Department.objects.create(name="新的", slug="new")
    seen.append(now())
    Department.objects.filter(pk=room.pk).update(order=9)
    seen.append(now())
    with connection.cursor() as cursor:
        cursor.execute("UPDATE departments_department SET source_note = 'x' WHERE id = %s", [room.pk])
    seen.append(now())
    room.delete()
    seen.append(now())
    Department.objects.bulk_create([Department(name=f"{n}", slug=f"s{n}") for n in range(3)])
    seen.append(now())
    Event.objects.create(action="x", label="x", at=timezone.now())
    seen.append(now())
    User.objects.create(username="a", role="office").groups.add(Group.objects.create(name="g"))
    seen.append(now())
    assert len(set(seen)) == len(seen)


def test_reading_and_what_no_page_shows_leave_it_alone(plan, people):
    before, user = now(), people.office
    before = now()
    list(Plan.objects.all())
    Session.objects.create(session_key="k", session_data="x", expire_date=timezone.now())
    LoginAttempt.objects.create(key="k", window_started_at=timezone.now())
    user.last_login = timezone.now()
    user.save(update_fields=["last_login"])
    assert now() == before
    User.objects.filter(pk=user.pk).update(name="改了")
    assert now() != before


def test_what_was_rolled_back_gives_the_old_one_back(plan):
    before = now()
    with transaction.atomic():
        Plan.objects.update(year=2024)
        assert now() != before
        transaction.set_rollback(True)
    assert now() == before


def test_installing_it_again_changes_nothing():
    before = now()
    watch(using="default")
    assert now() == before


def test_a_trigger_written_in_an_old_way_is_replaced():
    """用户表多了一列：触发器列着的列跟着变，不会漏了新的。"""
    there = stamp.installed(connection)
    stamp.watch(connection, shown_tables(), {"departments_user": ("last_login", "name")})
    assert stamp.installed(connection) != there
    before = now()
    User.objects.create(username="a", role="office")
    assert now() != before
    before = now()
    User.objects.update(name="改了")
    assert now() == before
    watch(using="default")
    assert stamp.installed(connection) == there
    User.objects.update(name="又改了")
    assert now() != before


# ── 两个人同时写 ──


def in_a_thread(act):
    """在另一个连接上做。"""
    failed = []

    def run():
        try:
            act()
        except Exception as error:  # noqa: BLE001
            failed.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(timeout=20)
    assert not thread.is_alive()
    assert failed == []


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_writers_do_not_wait_for_each_other_and_each_commit_changes_it(plan):
    """先写的后提交：编号最大的没有变，记号仍要变。"""
    seen = [now()]
    with transaction.atomic():
        Plan.objects.update(year=2024)

        def other():
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '2s'")
            Department.objects.update(source_note="x")
            seen.append(now())

        in_a_thread(other)
    seen.append(now())
    assert len(set(seen)) == 3


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_table_stays_small(plan):
    for year in range(2000, 2040):
        Plan.objects.update(year=year)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM stamp")
        assert cursor.fetchone()[0] == 1
