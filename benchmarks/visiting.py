"""照真的样子看一遍各页：真的 WSGI 程序、全部中间件、登录得来的会话；量查询、处理器、字节与内存。

每一页在自己的子进程里量（从热好的进程分出来），所以内存各算各的，太慢的可以到时停下而不连累别页。
"""

import gc
import json
import multiprocessing
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from django.db import close_old_connections, connection, connections

from benchmarks.browser import Answer, Browser, counted, forget_peak, memory
from benchmarks.places import PAGES, STOCK, Facts, Page
from tasks.models import Assignment, Measure, Plan, Progress

READY_TIMES = 20


@dataclass
class Visits:
    """在热好的进程里逐页分出子进程去量。`times` 为每页几次，`budget` 为一页至多量多久，`timeout` 为等一页多久。"""

    application: Callable[..., Any]
    times: int
    budget: float
    timeout: float
    browsers: dict[str, Browser] = field(default_factory=dict)

    def everyone(self, password: str) -> None:
        """各人登录一次，各页用这同一个会话。"""
        self.facts = Facts()
        self.browsers[""] = Browser(self.application)
        for role, username in self.facts.who.items():
            self.browsers[role] = Browser(self.application).login(username, password)
            self.browsers[role].send("/help/")  # 公用的模板在分出去以前读好，不算在哪一页头上

    def one(self, page: Page) -> dict[str, Any]:
        """量一页；太慢的停下，写明“超时”。要先有一份草稿的，另一个进程先造好：造它用的内存不算在看它的头上。"""
        self._apart(lambda: {"url": page.url(self.facts)})
        return self._apart(lambda: self._measure(page))

    def worker(self, pages: list[Page]) -> dict[str, Any]:
        """一个进程把这些页各看一遍以后有多大。"""

        def visit() -> dict[str, Any]:
            forget_peak()
            start = memory()[0]
            for page in pages:
                if url := page.url(self.facts):
                    self.browsers[page.who].send(url)
            end, peak = memory()
            return {"start": start, "end": end, "peak": peak}

        return self._apart(visit, self.timeout * 10)

    def _apart(self, work: Callable[[], dict[str, Any]], timeout: float = 0) -> dict[str, Any]:
        connections.close_all()
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe(duplex=False)
        child = context.Process(target=lambda: theirs.send(_settled(work)))
        child.start()
        theirs.close()
        found: dict[str, Any] = {"problem": f"超时（{timeout or self.timeout:.0f} 秒）"}
        try:
            if ours.poll(timeout or self.timeout):
                found = ours.recv()
        except EOFError:
            found = {"problem": "进程没有了（多半是内存不够）"}
        if child.is_alive() and "problem" in found:
            child.kill()
            _stop_backends()
        child.join()
        return found

    def _measure(self, page: Page) -> dict[str, Any]:
        browser, start = self.browsers[page.who], time.perf_counter()
        forget_peak()
        base, runs, found = memory()[0], [], {}
        while len(runs) < self.times and (not runs or time.perf_counter() - start < self.budget):
            if page.prepare:
                page.prepare(self.facts)
            url = page.url(self.facts)
            if url is None:
                return {"problem": "没有可看的（起草没有做成）"}
            data = page.data(self.facts) if page.data else None
            close_old_connections()  # 像两次请求之间那样：该断的断开，开连接的开销才算得到
            with counted() as asked:
                runs.append(browser.send(url, data))
            found = found or dict(asked)
            if runs[-1].status != (200 if data is None else 302):
                return {"problem": f"状态 {runs[-1].status}"}
        now, peak = memory()
        last = runs[-1]
        found |= {"bytes": len(last.body), "grown": now - base, "peak": peak - base, "runs": len(runs)}
        found |= {"first": runs[0].cpu, **_medians(runs)}
        found["ready"] = self._ready(browser if page.who else self.browsers["office"], page, last)
        if marks := {k: v for k, v in last.headers.items() if k in ("ETag", "Last-Modified")}:
            found["unchanged"] = self._unchanged(browser, url, marks)
        return found

    def _ready(self, browser: Browser, page: Page, last: Answer) -> dict[str, Any]:
        """同样多的字节，现成的。"""
        from benchmarks.urls import READY

        READY.content, READY.content_type = last.body, last.headers.get("Content-Type", "text/html")
        runs = [browser.send("/ready/", {} if page.data else None) for _ in range(min(READY_TIMES, self.times * 4))]
        assert page.data or runs[-1].body == last.body
        return _medians(runs)

    def _unchanged(self, browser: Browser, url: str, marks: dict[str, str]) -> dict[str, Any]:
        """带着上次的标记再要一次。"""
        names = {"ETag": "HTTP_IF_NONE_MATCH", "Last-Modified": "HTTP_IF_MODIFIED_SINCE"}
        asked = {names[name]: value for name, value in marks.items()}
        runs = [browser.send(url, **asked) for _ in range(min(self.times, 5))]
        return {"status": runs[-1].status, **_medians(runs)}


def _settled(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """做成了的结果；出错的说明原因，别页照量。先收一次垃圾：分出来以后头一次收要抄一遍内存，不算在哪一页头上。"""
    gc.collect()
    try:
        return work()
    except Exception as error:
        return {"problem": f"{type(error).__name__}：{error}"[:200]}


def _medians(runs: list[Answer]) -> dict[str, Any]:
    """去掉头一次（热身）后的中位数，毫秒。"""
    warm = runs[1:] or runs
    found: dict[str, Any] = {name: median(getattr(r, name) for r in warm) for name in ("python", "wall", "cpu")}
    seen = [r.database for r in warm if r.database is not None]
    return found | {"database": median(seen) if seen else None}


def _stop_backends() -> None:
    """停下的子进程的查询可能还在数据库里跑：一并停下，免得算到别页头上。"""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
    connections.close_all()


def visit(application: Callable[..., Any], password: str, out: Path, **options: Any) -> None:
    """把各页量一遍，写成 JSON。`only` 只量名字里有它的。"""
    only = options.pop("only", "")
    visits = Visits(application, **options)
    visits.everyone(password)
    chosen = [page for page in PAGES if only in page.name]
    counterparts = {page.stock for page in chosen}
    found: dict[str, Any] = {"rows": _rows(), "pages": {}, "stock": {}}
    for group, pages in (("stock", [p for p in STOCK if p.name in counterparts]), ("pages", chosen)):
        for page in pages:
            print(f"  {page.name} …", file=sys.stderr, flush=True)
            found[group][page.name] = visits.one(page) | {"who": page.who, "counterpart": page.stock}
    gets = [p for p in chosen if p.data is None and "problem" not in found["pages"][p.name]]
    found["worker"] = visits.worker(gets)
    out.write_text(json.dumps(found, ensure_ascii=False), "utf-8")


def _rows() -> dict[str, int]:
    wanted = {"方案": Plan, "举措": Measure, "项次": Assignment, "报送": Progress}
    return {name: model.objects.count() for name, model in wanted.items()}
