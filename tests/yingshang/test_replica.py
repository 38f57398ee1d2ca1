"""只读副本：导出从它读，页面、写、事务里的读都在主库；连不上照旧读主库；慢一步的数不记在主库的记号名下。"""

import logging
from types import SimpleNamespace

import psycopg2
import pytest
from django.db import OperationalError, connection
from django.http import HttpResponse, StreamingHttpResponse

from tasks.models import Measure
from yingshang import replica, stamp
from yingshang.checks import read_replica

from ..processes import done, manage
from .databases import databases

LOOK = """
from django.test import Client
from django.urls import reverse
from departments.models import User
from tasks.models import Measure
User.objects.create_user("looker", "x", name="看的人", role="office", must_change_password=False)
client = Client(SERVER_NAME="127.0.0.1")
client.force_login(User.objects.get(username="looker"))
said = lambda answer: b"".join(answer) if answer.streaming else answer.content
for name, url in (("page", "/measures/"), ("export", "/measures/export/?format=csv"), ("page", "/measures/")):
    answer = client.get(url)
    print(name, answer.status_code, "副本里的名称" in said(answer).decode())
print("bundle", said(client.get(reverse("bundle_measure", args=["12"])))[:2])
"""


class Connections(dict):
    """主库在不在事务里、副本连不连得上，由测试说。"""

    def __init__(self, *, in_atomic=False, error=None):
        def connect():
            if error:
                raise error

        super().__init__(default=SimpleNamespace(in_atomic_block=in_atomic))
        self[replica.REPLICA] = SimpleNamespace(ensure_connection=connect)
        self.settings = {"default": {}, replica.REPLICA: {}}


@pytest.fixture
def has_replica(monkeypatch):
    return lambda **how: monkeypatch.setattr(replica, "connections", Connections(**how))


def asked():
    return replica.Router().db_for_read(Measure)


def test_without_a_replica_everything_is_read_from_the_primary():
    with replica.reading():
        assert asked() == "default"
        assert not replica.is_reading()


def test_only_what_is_said_to_be_read_apart_is(has_replica):
    has_replica()
    assert asked() == "default"
    with replica.reading():
        assert asked() == "replica"
        with replica.reading():
            assert asked() == "replica"
        assert asked() == "replica"
        assert replica.Router().db_for_write(Measure, instance=Measure()) == "default"
    assert asked() == "default"


def test_inside_a_transaction_the_primary_is_read(has_replica):
    has_replica(in_atomic=True)
    with replica.reading():
        assert asked() == "default"


def test_one_that_does_not_answer_is_passed_over_and_told(has_replica, caplog):
    has_replica(error=OperationalError("connection refused"))
    with caplog.at_level(logging.WARNING), replica.reading():
        assert asked() == "default"
    assert "只读副本连不上，这一次读主库：connection refused" in caplog.text


def test_what_is_sent_while_it_is_read_is_read_apart_to_the_end(has_replica):
    has_replica()
    seen = []

    def parts():
        for n in range(3):
            seen.append(asked())
            yield str(n).encode()

    sent = replica.from_replica(lambda: StreamingHttpResponse(parts()))()
    assert b"".join(sent) == b"012"
    assert seen == ["replica"] * 3
    assert asked() == "default"
    assert replica.from_replica(lambda: HttpResponse(asked()))().content == b"replica"


def test_what_was_read_there_is_not_kept_under_the_mark_of_the_primary(has_replica):
    has_replica()
    with replica.reading():
        assert stamp.once("test_replica", "1", lambda: "旧的") == "旧的"
    assert stamp.once("test_replica", "1", lambda: "新的") == "新的"
    with replica.reading():
        assert stamp.once("test_replica", "1", lambda: "旧的") == "旧的"


def test_nothing_is_migrated_there_and_rows_of_both_may_meet():
    router = replica.Router()
    assert router.allow_migrate("default", "tasks") and not router.allow_migrate("replica", "tasks")
    assert router.allow_relation(Measure(), Measure())


def test_without_one_the_check_has_nothing_to_say():
    assert read_replica(None) == []


def test_a_replica_of_sqlite_is_refused_in_words(tmp_path):
    refused = manage(tmp_path, "check", DATABASE_REPLICA_URL="postgres://a:b@127.0.0.1:5432/c")
    assert refused.returncode != 0
    assert "只读副本（DATABASE_REPLICA_URL）与主库（DATABASE_URL）都要是 PostgreSQL" in refused.stderr + refused.stdout


@pytest.mark.postgres
@pytest.mark.django_db
def test_exports_read_it_and_pages_do_not(tmp_path):
    """副本用另一个库代替，有一处与主库不同，看得出是从哪里读的。"""
    with databases("primary", "behind") as [primary, behind]:
        done(tmp_path, "migrate", "--verbosity", "0", DATABASE_URL=primary)
        done(tmp_path, "load_plan", DATABASE_URL=primary)
        name = {url: url.rpartition("/")[2] for url in (primary, behind)}
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{name[behind]}"')
            cursor.execute(f'CREATE DATABASE "{name[behind]}" TEMPLATE "{name[primary]}"')
        with psycopg2.connect(behind) as database:
            database.cursor().execute("UPDATE tasks_measure SET title = '副本里的名称' WHERE number = '12'")
        database.close()
        where = {"DATABASE_URL": primary, "DATABASE_REPLICA_URL": behind}
        said = done(tmp_path, "shell", "--verbosity", "0", "-c", LOOK, **where)
        assert said.split("\n")[:4] == ["page 200 False", "export 200 True", "page 200 False", "bundle b'PK'"]
        warned = manage(tmp_path, "check", "--deploy", "--tag", "site", **where)
        assert "DATABASE_REPLICA_URL 指的库不是备机" in warned.stderr
        gone = where | {"DATABASE_REPLICA_URL": behind.rsplit("/", 1)[0] + "/nowhere"}
        asked = LOOK.replace('create_user("looker"', 'create_user("again"')
        assert "export 200 False" in done(tmp_path, "shell", "--verbosity", "0", "-c", asked, **gone)
        assert "只读副本连不上，导出照旧读主库" in manage(tmp_path, "check", "--deploy", "--tag", "site", **gone).stderr
