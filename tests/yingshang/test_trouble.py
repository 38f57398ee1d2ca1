"""装得不对、机器出了问题，网页与命令行都说一句话，不是一串英文，也不是光秃秃的 500。"""

import errno
import json
import logging

import pytest
from django.db import InterfaceError, NotSupportedError, OperationalError, ProgrammingError
from django.test import Client

from tests.processes import manage
from yingshang import logs, trouble, views

TROUBLES = {
    "磁盘满了": [OSError(errno.ENOSPC, "No space left on device"), OperationalError("database or disk is full")],
    "collectstatic": [ValueError("Missing staticfiles manifest entry for 'css/app.css'")],
    "数据库连不上": [OperationalError('connection to server at "127.0.0.1", port 1 failed: Connection refused')],
    "数据库不让进": [
        OperationalError('connection to server failed: FATAL:  password authentication failed for user "u"')
    ],
    "版本不支持": [NotSupportedError("PostgreSQL 14 or later is required (found 12.1).")],
    "数据库正忙": [OperationalError("database is locked")],
    "打不开、写不进": [OperationalError("attempt to write a readonly database")],
    "owner.env": [
        ProgrammingError("permission denied for schema public"),
        ProgrammingError("must be owner of table tasks_event"),
    ],
    "": [
        ProgrammingError("permission denied for table tasks_event"),
        ValueError("别的"),
        KeyError("x"),
        OperationalError("别的"),
        InterfaceError("别的"),
    ],
}


@pytest.mark.parametrize(("words", "error"), [(w, e) for w, errors in TROUBLES.items() for e in errors])
def test_what_is_wrong_is_said_in_one_sentence(words, error):
    said = trouble.said(error)
    assert words in said and bool(said) == bool(words)


def test_the_cause_is_looked_for_behind_the_error():
    try:
        try:
            raise OSError(errno.ENOSPC, "No space left on device")
        except OSError as full:
            raise RuntimeError("没有存下") from full
    except RuntimeError as error:
        assert "磁盘满了" in trouble.said(error)


def failing(monkeypatch, error):
    """打开一页，程序在里面出了这个错。"""

    def fail(path):
        raise error

    monkeypatch.setattr(views, "static", fail)
    return Client(raise_request_exception=False).get("/favicon.ico")


@pytest.mark.django_db
def test_the_error_page_says_why_and_carries_the_number_that_is_in_the_log(monkeypatch, caplog):
    answer = failing(monkeypatch, OperationalError("connection to server failed: Connection refused"))
    page = answer.content.decode()
    assert answer.status_code == 503 and "数据库连不上" in page
    number = answer.headers["X-Request-Number"]
    assert f"编号 {number}" in page and len(number) == 8
    token = logs.REQUEST.set(number)
    row = json.loads(logs.JsonFormatter().format(caplog.records[-1]))
    logs.REQUEST.reset(token)
    assert row["request"] == number and "Connection refused" in row["trace"]


@pytest.mark.django_db
def test_an_unknown_error_stays_a_500_with_a_number(monkeypatch):
    answer = failing(monkeypatch, RuntimeError("内部的话"))
    page = answer.content.decode()
    assert answer.status_code == 500 and "内部的话" not in page
    assert answer.headers["X-Request-Number"] in page


@pytest.mark.django_db
def test_without_collectstatic_the_page_comes_all_the_same(monkeypatch, settings):
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}
    }
    answer = Client(raise_request_exception=False).get("/login/")
    assert answer.status_code == 503 and "collectstatic" in answer.content.decode()


@pytest.mark.django_db
def test_a_slow_query_is_logged_without_what_people_wrote(settings, caplog):
    settings.SLOW_QUERY_SECONDS = 0.0
    with caplog.at_level(logging.WARNING, "yingshang.slow"):
        logging.getLogger("yingshang").propagate = True
        try:
            Client().post("/login/", {"username": "who-am-i", "password": "x"})
        finally:
            logging.getLogger("yingshang").propagate = False
    said = [r.getMessage() for r in caplog.records if r.name == "yingshang.slow"]
    assert said and "SELECT" in "".join(said) and "who-am-i" not in "".join(said)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("kingbase://u:p@127.0.0.1:54321/x", "只支持 SQLite"),
        ("postgres://127.0.0.1", "百分号转义"),
        ("postgres://u:p@127.0.0.1:1/x", "数据库连不上"),
    ],
    ids=["不支持", "写错", "连不上"],
)
def test_a_command_says_it_too(tmp_path, url, words):
    result = manage(tmp_path, "migrate", DATABASE_URL=url)
    assert result.returncode == 1 and words in result.stderr and "Traceback" not in result.stderr


def test_a_folder_that_is_no_database(tmp_path):
    (tmp_path / "db.sqlite3").mkdir()
    result = manage(tmp_path, "migrate")
    assert result.returncode == 1 and "打不开、写不进" in result.stderr and "Traceback" not in result.stderr
