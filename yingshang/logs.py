"""日志：一行一个 JSON，不写报送正文与个人信息；同一次请求的各行有同一个编号，出错的页面也给人看这个编号。"""

import json
import logging
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.conf import settings

# 正在办的这一次请求的编号；不在请求里的为空。
REQUEST: ContextVar[str] = ContextVar("REQUEST", default="")
slow = logging.getLogger("yingshang.slow")


class JsonFormatter(logging.Formatter):
    """把一条日志写成一行 JSON：时间、级别、来源、内容，在请求里的带编号，有异常时带堆栈。"""

    def format(self, record: logging.LogRecord) -> str:
        row = {
            "at": self.formatTime(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if number := REQUEST.get():
            row["request"] = number
        row |= getattr(record, "event", {})  # 安全日志的各栏（departments/trail.py）
        if record.exc_info:
            row["trace"] = self.formatException(record.exc_info)
        return json.dumps(row, ensure_ascii=False)


def watch_slow(execute: Callable, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """执行一句 SQL，慢的记下来：用了多久、哪一句。参数不记：里面是人写的话。"""
    started = time.monotonic()
    try:
        return execute(sql, params, many, context)
    finally:
        took = time.monotonic() - started
        if took >= settings.SLOW_QUERY_SECONDS:
            slow.warning("查询用了 %.2f 秒：%s", took, sql[:2000])
