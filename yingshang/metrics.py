"""给监控程序的数（/metrics，Prometheus 的文本格式）：设置 METRICS 打开，默认没有。

各网址答了几次、答什么、用了多久，由中间件记；库、磁盘、每天的几件事、备份、改库、日志的末尾，问的时候现看。
标签只有网址的名称、状态的首位、几件事的名字，数目有限，没有人、没有地址里的参数。
gunicorn 的几个进程各记各的（库 prometheus-client 的多进程做法），问哪一个都答合起来的数；重新启动从零数起，Prometheus 认得。
"""

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import Error
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.crypto import constant_time_compare

from . import clock, health, nightly
from .backups import retention

FOLDER = settings.DATA_DIR / "metrics"
if settings.METRICS:
    # 库一载入就定下记在哪里。同一个主进程的几个工作进程（父进程相同）记在一处。
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(FOLDER / str(os.getppid()))

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest  # noqa: E402
from prometheus_client import multiprocess as multi  # noqa: E402
from prometheus_client.core import GaugeMetricFamily, Metric  # noqa: E402
from prometheus_client.registry import Collector  # noqa: E402

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
PATHS = ("/metrics", "/healthz")  # 监控程序自己问的不数
LEAST_TOKEN = 20

REGISTRY = CollectorRegistry()
REQUESTS = Counter("yingshang_requests", "各网址答了几次", ["view", "status"], registry=REGISTRY)
DURATION = Histogram("yingshang_request_seconds", "用了多久", ["view"], buckets=SECONDS, registry=REGISTRY)


class MetricsMiddleware:
    """每次请求：哪个网址（名称，不是地址）、答了几百几、用了多久。"""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        settle()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        response = self.get_response(request)
        if request.path not in PATHS:
            view = (request.resolver_match and request.resolver_match.view_name) or "unmatched"
            REQUESTS.labels(view, f"{response.status_code // 100}xx").inc()
            DURATION.labels(view).observe(time.perf_counter() - started)
        return response


def settle() -> None:
    """记数的目录建好；主进程已经不在的，去掉。"""
    if not (here := os.environ.get("PROMETHEUS_MULTIPROC_DIR")):
        return
    Path(here).mkdir(mode=0o700, parents=True, exist_ok=True)
    for folder in FOLDER.iterdir():
        if folder.name.isdecimal() and not _is_running(int(folder.name)):
            shutil.rmtree(folder, ignore_errors=True)


def may_read(request: HttpRequest) -> bool:
    """打开了，而且是本机来问的，或说得出 METRICS_TOKEN 的。"""
    if not settings.METRICS:
        return False
    token, said = settings.METRICS_TOKEN, request.headers.get("Authorization", "")
    has_token = len(token) >= LEAST_TOKEN and constant_time_compare(said, f"Bearer {token}")
    return has_token or health.is_local(request)


def text() -> bytes:
    """全部的数。"""
    seen = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        seen = CollectorRegistry()
        multi.MultiProcessCollector(seen)
    now = CollectorRegistry()
    now.register(Now())
    return generate_latest(seen) + generate_latest(now)


class Now(Collector):
    """问的时候现看的几样。库连不上的，靠库的几样不出。"""

    def collect(self) -> Iterator[Metric]:
        is_up = not health.database()
        yield _one("yingshang_info", "程序的版本", ["version"], {(settings.VERSION,): 1})
        yield _one("yingshang_database_up", "库连得上为 1", [], {(): is_up})
        folders = {"data": settings.DATA_DIR, "backup": settings.BACKUP_DIR}
        free = {(name,): shutil.disk_usage(at).free for name, at in folders.items() if at.exists()}
        yield _one("yingshang_disk_free_bytes", "盘上还剩多少字节", ["folder"], free)
        runs = nightly.runs().values()
        last = {(run.name,): run.made.timestamp() for run in runs}
        yield _one("yingshang_chore_last_run_timestamp_seconds", "每天的一件事最近一次何时做的", ["chore"], last)
        yield _one("yingshang_chore_ok", "最近一次做成了为 1", ["chore"], {(run.name,): run.is_ok for run in runs})
        if newest := retention.newest(settings.BACKUP_DIR):
            age = clock.real_now().replace(tzinfo=None) - newest[0]
            yield _one("yingshang_backup_age_seconds", "最近的备份多少秒以前做的", [], {(): age.total_seconds()})
        with suppress(Error):
            if is_up:
                yield _one("yingshang_migrations_pending", "还差几步改库", [], {(): health.waiting()})
                heads = {(name,): head() for name, head in health.HEADS.items()}
                yield _one("yingshang_log_head", "日志的末尾是第几条", ["log"], heads)


def _one(name: str, said: str, labels: list[str], values: Mapping[Any, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, said, labels=labels)
    for key, value in values.items():
        family.add_metric(key, value)
    return family


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
