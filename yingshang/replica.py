"""只读副本：导出这类读得久的一次从副本读，不与填报、审核争（`DATABASE_REPLICA_URL`，没有写的处处是主库）。

只用在“此刻的一份”上（导出、全部材料）；页面照旧读主库，没有变的答 304 也凭主库的记号。写、事务里的读都在主库：操作记录、安全日志
一条接一条，不能接在旧的后面。每一次都先核对：副本真是这个主库的备机，主库这时写下的它已经跟上（等一秒）；连不上、不是、跟不上的，
这一次读主库，记进日志。
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from functools import wraps
from typing import Any, cast

from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.db.models import Model
from django.http import HttpResponseBase, StreamingHttpResponse

from . import logs

REPLICA = "replica"
# 等副本跟上主库至多几秒。
WAIT = 1.0
# 哪一套库（initdb 时定的编号，备机与主库相同），主库写到哪里；副本是不是备机，那里跟上了没有。
PRIMARY = "SELECT system_identifier, pg_current_wal_lsn() FROM pg_control_system()"
STANDBY = (
    "SELECT system_identifier, pg_is_in_recovery(), COALESCE(pg_last_wal_replay_lsn() >= %s::pg_lsn, false)"
    " FROM pg_control_system()"
)
logger = logging.getLogger("yingshang.replica")
_READING: ContextVar[bool] = ContextVar("replica_reading", default=False)


def is_reading() -> bool:
    """现在的读是不是去副本。"""
    return _READING.get()


@contextmanager
def reading() -> Iterator[None]:
    """里面的读去副本；没有副本、副本连不上的，照旧读主库。"""
    before = _READING.get()
    _READING.set(before or _answers())
    try:
        with connections[REPLICA].execute_wrapper(logs.watch_slow) if _READING.get() else nullcontext():
            yield
    finally:
        _READING.set(before)


def from_replica(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """这一页从副本读；边读边发的，发的时候也是。"""

    @wraps(view)
    def read(*args: Any, **kwargs: Any) -> HttpResponseBase:
        with reading():
            response = view(*args, **kwargs)
        if type(response) is StreamingHttpResponse:
            response.streaming_content = _within(cast(Iterator[bytes], response.streaming_content))
        return response

    return read


def _within(parts: Iterator[bytes]) -> Iterator[bytes]:
    with reading():
        yield from parts


def alias() -> str:
    """现在的读去哪一个库：在 `reading` 里、又不在事务里的，去副本。"""
    is_apart = is_reading() and not connections[DEFAULT_DB_ALIAS].in_atomic_block
    return REPLICA if is_apart else DEFAULT_DB_ALIAS


def trouble(wait: float = WAIT) -> str:
    """副本现在用不得的原因，一句话；用得的为空。"""
    try:
        whose, written = _ask(DEFAULT_DB_ALIAS, PRIMARY)
        deadline = time.monotonic() + wait
        while True:
            followed, is_standby, has_caught_up = _ask(REPLICA, STANDBY, written)
            if followed != whose or not is_standby:
                return "DATABASE_REPLICA_URL 指的库不是这个主库的备机，不会跟着它变"
            if has_caught_up:
                return ""
            if time.monotonic() > deadline:
                return "只读副本没有跟上主库"
            time.sleep(0.05)
    except Error as error:
        connections[REPLICA].close()  # 断了的不留着，下一次另开
        return f"只读副本连不上：{error}"


def _ask(database: str, question: str, *values: str) -> tuple[Any, ...]:
    connection = connections[database]
    connection.close_if_health_check_failed()  # 留着的连接断了的，先另开
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        return tuple(cursor.fetchone())


def _answers() -> bool:
    if REPLICA not in connections.settings:
        return False
    if said := trouble():
        logger.warning("%s，这一次读主库", said)
    return not said


class Router:
    """哪一句去哪一个库。"""

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        """见 `alias`。"""
        return alias()

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        """写总在主库，副本里读来的也是。"""
        return DEFAULT_DB_ALIAS

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool:
        """同样的两份，指得过去。"""
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        """副本自己跟着主库改，不在上面改。"""
        return db == DEFAULT_DB_ALIAS
