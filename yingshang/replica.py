"""只读副本：导出这类读得久的一次从副本读，不与填报、审核争（`DATABASE_REPLICA_URL`，没有写的处处是主库）。

副本比主库慢一步，平常不到一秒。所以只用在“此刻的一份”上（导出、全部材料）；页面照旧读主库：刚报的马上看得见，没有变的答 304
也凭主库的记号。写、事务里的读都在主库：操作记录、安全日志一条接一条，不能接在旧的后面。副本连不上的，这一次读主库，记进日志。
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, cast

from django.db import DEFAULT_DB_ALIAS, OperationalError, connections
from django.db.models import Model
from django.http import HttpResponseBase, StreamingHttpResponse

REPLICA = "replica"
logger = logging.getLogger("yingshang.replica")
_READING: ContextVar[bool] = ContextVar("replica_reading", default=False)


def is_reading() -> bool:
    """现在的读是不是去副本。"""
    return _READING.get()


@contextmanager
def reading() -> Iterator[None]:
    """里面的读去副本；没有副本、副本连不上的，照旧读主库。"""
    before = _READING.get()
    _READING.set(_answers())
    try:
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


def _answers() -> bool:
    if REPLICA not in connections.settings:
        return False
    try:
        connections[REPLICA].ensure_connection()
    except OperationalError as error:
        logger.warning("只读副本连不上，这一次读主库：%s", error)
        return False
    return True


class Router:
    """哪一句去哪一个库。"""

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        """在 `reading` 里、又不在事务里的，去副本。"""
        is_apart = is_reading() and not connections[DEFAULT_DB_ALIAS].in_atomic_block
        return REPLICA if is_apart else DEFAULT_DB_ALIAS

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        """写总在主库，副本里读来的也是。"""
        return DEFAULT_DB_ALIAS

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool:
        """同样的两份，指得过去。"""
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        """副本自己跟着主库改，不在上面改。"""
        return db == DEFAULT_DB_ALIAS
