"""一个人的浏览器，和几样量具：处理器、内存、查询。

不经网络，直接交给真的 WSGI 程序。处理器：Python 取本进程的用户态加内核态；PostgreSQL 取服务这个连接的后端进程的
（同一台机器上才量得到），连接是这一次新开的，连同开它的开销一并算上。SQLite 就在本进程里，只有一个数。
"""

import io
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.middleware.csrf import _mask_cipher_secret

HOST = "127.0.0.1"
MILLION = 1_000_000


@dataclass
class Answer:
    """一次回答，和为它花的处理器毫秒（没法量数据库的为 None）。"""

    status: int
    headers: dict[str, str]
    body: bytes
    python: float
    database: float | None
    wall: float

    @property
    def cpu(self) -> float:
        return self.python + (self.database or 0)


class Browser:
    """一个人的浏览器：记着 cookie，交表单带校验码（每次是新的一张表单）。不经网络，直接交给 WSGI 程序。"""

    def __init__(self, application: Callable[..., Any]) -> None:
        self.application, self.cookies = application, {}

    def login(self, username: str, password: str) -> "Browser":
        self.send("/login/")
        answer = self.send("/login/", {"username": username, "password": password})
        assert answer.status == 302, f"{username} 登录不了：{answer.status}"
        return self

    def send(self, url: str, data: dict[str, Any] | None = None, **headers: str) -> Answer:
        """取一页（`data` 为 None）或交一张表单。"""
        environ, started = self._environ(url, data, headers), {}

        def start(status: str, sent: list[tuple[str, str]], exc: Any = None) -> None:
            started.update(status=int(status[:3]), headers=sent)

        before, clock, work = backend_work(), time.perf_counter(), time.process_time()
        response = self.application(environ, start)
        body = b"".join(response)
        after = backend_work()  # 关上回答时连接可能随之断开，要在那以前看
        response.close()
        work, clock = time.process_time() - work, time.perf_counter() - clock
        self._keep(started["headers"])
        spent = None if after is None else after[1] - (before[1] if before and before[0] == after[0] else 0)
        return Answer(started["status"], dict(started["headers"]), body, work * 1000, spent, clock * 1000)

    def _environ(self, url: str, data: dict[str, Any] | None, headers: dict[str, str]) -> dict[str, Any]:
        path, _, query = url.partition("?")
        # 每交一次换一个写法：同一张表单只办一次（departments/once.py），不换的第二次起就没有真办。
        secret = self.cookies.get("csrftoken", "")
        token = _mask_cipher_secret(secret) if secret else ""
        body = b"" if data is None else urlencode({"csrfmiddlewaretoken": token} | data, doseq=True).encode()
        return {
            "REQUEST_METHOD": "GET" if data is None else "POST",
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "CONTENT_LENGTH": str(len(body)),
            "SERVER_NAME": HOST,
            "SERVER_PORT": "443",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": HOST,
            "HTTP_HOST": HOST,
            "HTTP_REFERER": f"https://{HOST}/",
            "HTTP_COOKIE": "; ".join(f"{k}={v}" for k, v in self.cookies.items()),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "https",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            **headers,
        }

    def _keep(self, headers: list[tuple[str, str]]) -> None:
        for name, value in headers:
            if name == "Set-Cookie":
                for key, morsel in SimpleCookie(value).items():
                    self.cookies[key] = morsel.value


# ── 量具 ──────────────────────────────────────────────────


def backend_work() -> tuple[int, float] | None:
    """服务当前连接的 PostgreSQL 后端进程：（进程号，已用的处理器毫秒）。没有连着、量不到的为 None。"""
    if connection.vendor != "postgresql" or connection.connection is None:
        return None
    pid = connection.connection.info.backend_pid
    try:
        return pid, int(Path(f"/proc/{pid}/schedstat").read_text("ascii").split()[0]) / MILLION
    except OSError:
        pass
    try:  # 没有 schedstat 的内核：以百分之一秒计
        fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return pid, (int(fields[11]) + int(fields[12])) * 10.0
    except OSError:
        return None


def memory() -> tuple[float, float]:
    """（现在占用，分出来以后的峰值），MB。没有 /proc 的只知道峰值。"""
    try:
        lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text("ascii").splitlines())
        return tuple(int(lines[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return peak, peak


def forget_peak() -> None:
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", "ascii")


@contextmanager
def counted() -> Iterator[dict[str, int]]:
    """数这一段的查询与其中的写入；保存点不算。"""
    found = {"queries": 0, "writes": 0}

    def count(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        verb = sql.lstrip("( ").split(None, 1)[0].upper()
        found["queries"] += verb not in ("SAVEPOINT", "RELEASE", "ROLLBACK")
        found["writes"] += verb in ("INSERT", "UPDATE", "DELETE")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        yield found
