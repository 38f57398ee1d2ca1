"""探活：好的答 ok；各种毛病各答 503，说得出是哪一样；本机用什么主机名来问都答。"""

import datetime as dt
import shutil
from collections import namedtuple

import pytest
from django.db import OperationalError, connection
from django.test import Client

from yingshang import checks, clock, health, nightly

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path


def asked(**headers):
    return Client().get("/healthz", **headers)


def test_all_is_well(client):
    answer = asked()
    assert (answer.status_code, answer.content) == (200, b"ok")


def test_the_machine_itself_is_answered_whatever_host_name_it_uses(settings):
    settings.ALLOWED_HOSTS = ["ledger.example.internal"]
    settings.SECURE_SSL_REDIRECT = True
    assert asked(HTTP_HOST="10.0.0.9:8001").status_code == 200
    through_nginx = asked(HTTP_HOST="10.0.0.9", HTTP_X_FORWARDED_FOR="10.1.1.1")
    assert through_nginx.status_code == 400, "从外面来的照样核对主机名"


def test_a_database_that_does_not_answer(monkeypatch):
    def refuse(*args):
        raise OperationalError("connection refused\nsecond line")

    monkeypatch.setattr(connection, "cursor", refuse)
    answer = asked()
    assert answer.status_code == 503
    assert answer.content.decode() == "database: 数据库连不上：connection refused"


def test_a_full_disk(monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(100, 90, 10 * 1024 * 1024))
    answer = asked()
    assert answer.status_code == 503 and "disk: 磁盘快满了" in answer.content.decode()


def test_migrations_not_run(monkeypatch):
    monkeypatch.setattr(health, "_is_migrated", False)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
    assert "migrations: 库没有改完，还差 1 步" in asked().content.decode()


@pytest.mark.parametrize(("hours", "is_ok", "status"), [(1, True, 200), (40, True, 503), (1, False, 503)])
def test_chores_that_are_late_or_failed(hours, is_ok, status):
    nightly.record(nightly.Run("backup", (clock.real_now() - dt.timedelta(hours=hours)).isoformat(), is_ok))
    answer = asked()
    assert answer.status_code == status
    assert ("nightly: 每天的几件事没有做成或很久没有做：备份" in answer.content.decode()) == (status == 503)
    # 部署检查只提醒：修好它的那一版要升得上。
    found = [(said.id, said.is_serious()) for said in checks.machine(None)]
    assert found == ([("site.W1-nightly", False)] if status == 503 else [])


def test_the_administrator_sees_the_last_runs_in_the_back_office(people, sign_in):
    page = sign_in(people.admin).get("/admin/").content.decode()
    assert "还没有做过" in page
    nightly.record(nightly.Run("backup", "2023-09-22T06:30:00+08:00", False, "<磁盘满了>"))
    page = sign_in(people.admin).get("/admin/").content.decode()
    assert "备份：2023年9月22日 06:30，没有做成。&lt;磁盘满了&gt;" in page
