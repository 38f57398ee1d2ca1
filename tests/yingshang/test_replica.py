"""只读副本：导出从它读，页面、写、事务里的读都在主库；不是备机、没有跟上、连不上的照旧读主库；它那里的数不记在主库的记号名下。"""

import logging
from contextlib import nullcontext
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from django.db import OperationalError
from django.http import HttpResponse, StreamingHttpResponse

from tasks.models import Measure
from yingshang import replica, stamp
from yingshang.checks import read_replica

from ..processes import done, free_address, manage
from .databases import databases

LOOK = """
from django.test import Client
from departments.models import User
User.objects.create_user("looker", "x", name="看的人", role="office", must_change_password=False)
client = Client(SERVER_NAME="127.0.0.1")
client.force_login(User.objects.get(username="looker"))
answer = client.get("/measures/export/?format=csv")
print(answer.status_code, len(b"".join(answer)) > 1000)
"""


class Connections(dict):
    """主库在不在事务里，由测试说。"""

    def __init__(self, *, in_atomic=False):
        super().__init__(default=SimpleNamespace(in_atomic_block=in_atomic))
        self[replica.REPLICA] = SimpleNamespace(execute_wrapper=lambda wrapper: nullcontext())
        self.settings = {"default": {}, replica.REPLICA: {}}


@pytest.fixture
def has_replica(monkeypatch):
    """设了副本；`trouble` 是它用不得的原因。"""

    def there(*, trouble="", **how):
        monkeypatch.setattr(replica, "connections", Connections(**how))
        monkeypatch.setattr(replica, "trouble", lambda: trouble)

    return there


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


def test_one_that_cannot_be_used_is_passed_over_and_told(has_replica, caplog):
    has_replica(trouble="只读副本没有跟上主库")
    with caplog.at_level(logging.WARNING), replica.reading():
        assert asked() == "default"
    assert "只读副本没有跟上主库，这一次读主库" in caplog.text


@pytest.fixture
def standby(monkeypatch):
    """副本依次怎样答：（哪一套库，是不是备机，跟上没有）；主库是第 7 套。"""

    def answering(*answers):
        left, asked = list(answers), []

        def ask(database, what, *values):
            if database == "default":
                return 7, "0/10"
            asked.append(values)
            answer = left.pop(0) if len(left) > 1 else left[0]
            if isinstance(answer, Exception):
                raise answer
            return answer

        monkeypatch.setattr(replica, "_ask", ask)
        monkeypatch.setattr(replica, "connections", {replica.REPLICA: SimpleNamespace(close=lambda: None)})
        return asked

    return answering


def test_a_standby_that_follows_can_be_used_after_it_has_caught_up(standby):
    asked = standby((7, True, False), (7, True, False), (7, True, True))
    assert replica.trouble() == ""
    assert asked == [("0/10",)] * 3


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((8, True, True), "不是这个主库的备机"),
        ((7, False, True), "不是这个主库的备机"),
        ((7, True, False), "没有跟上主库"),
        (OperationalError("connection refused"), "只读副本连不上：connection refused"),
    ],
)
def test_one_that_is_not_ours_or_does_not_follow_is_said_to_be_so(standby, answer, said):
    standby(answer)
    assert said in replica.trouble(wait=0)


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


def test_a_replica_of_sqlite_or_of_another_database_is_refused_in_words(tmp_path):
    where = {"DATABASE_REPLICA_URL": "postgres://a:b@127.0.0.1:5432/c"}
    refused = manage(tmp_path, "check", **where)
    assert refused.returncode != 0
    assert "只读副本（DATABASE_REPLICA_URL）与主库（DATABASE_URL）都要是 PostgreSQL" in refused.stderr + refused.stdout
    refused = manage(tmp_path, "check", **where, DATABASE_URL="postgres://a:b@127.0.0.1:5432/d")
    assert refused.returncode != 0 and "库名要与主库（DATABASE_URL）的相同" in refused.stderr + refused.stdout


@pytest.mark.postgres
@pytest.mark.django_db
def test_one_that_is_no_standby_or_is_gone_does_not_stop_an_export(tmp_path):
    """真的流复制在 deploy/tests/replica.sh 里：跟着、停住、断了、换了。"""
    with databases("primary") as [primary]:
        done(tmp_path, "migrate", "--verbosity", "0", DATABASE_URL=primary)
        done(tmp_path, "load_plan", DATABASE_URL=primary)
        where = {"DATABASE_URL": primary, "DATABASE_REPLICA_URL": primary}
        asked = ("shell", "--verbosity", "0", "-c")
        assert done(tmp_path, *asked, LOOK, **where).splitlines()[0] == "200 True"
        assert "不是这个主库的备机" in manage(tmp_path, "check", "--deploy", "--tag", "site", **where).stderr
        gone = where | {
            "DATABASE_REPLICA_URL": primary.replace(
                f":{urlsplit(primary).port}/", f":{free_address().rpartition(':')[2]}/"
            )
        }
        again = LOOK.replace('create_user("looker"', 'create_user("again"')
        assert done(tmp_path, *asked, again, **gone).splitlines()[0] == "200 True"
        assert "只读副本连不上" in manage(tmp_path, "check", "--deploy", "--tag", "site", **gone).stderr
