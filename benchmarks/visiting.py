"""照真的样子看一遍各页：真的 WSGI 程序、全部中间件、登录得来的会话；量查询、处理器、字节与内存。

每一页在自己的子进程里量（从热好的进程分出来），所以内存各算各的，太慢的可以到时停下而不连累别页。
处理器：Python 取本进程的用户态加内核态；PostgreSQL 取服务这个连接的后端进程的（同一台机器上才量得到），
连接是这一次新开的，连同开它的开销一并算上。SQLite 就在本进程里，只有一个数。
"""

import csv
import gc
import io
import json
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode

from django.db import close_old_connections, connection, connections
from django.db.models import Count

from tasks import workflow
from tasks.models import Assignment, CalendarLink, Circular, Measure, Plan, Progress, ReportingPeriod, TargetValue

HOST = "127.0.0.1"
READY_TIMES = 20
MILLION = 1_000_000
S = Progress.Status


# ── 浏览器 ────────────────────────────────────────────────


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
    """一个人的浏览器：记着 cookie，交表单带校验码。不经网络，直接交给 WSGI 程序。"""

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
        token = self.cookies.get("csrftoken", "")
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


# ── 看哪些页 ──────────────────────────────────────────────


class Facts:
    """库里有什么可看：现行方案、在报的一期、最忙的部室与领导。"""

    def __init__(self) -> None:
        self.plan = Plan.objects.get(is_current=True)
        opened = self.plan.periods.opened().order_by("starts_on")
        self.period = opened.last()
        self.closed = opened.exclude(pk=self.period.pk).last()
        parts = Assignment.objects.in_force().filter(measure__plan=self.plan)
        most = {"n": Count("pk")}
        room = parts.filter(department__users__role="reporter").values("department").annotate(**most)
        self.room = room.order_by("-n", "department").first()["department"]
        reporters = self._users("reporter").filter(department=self.room)
        led = self._users("leader").annotate(n=Count("leader__measures")).order_by("-n", "pk")
        self.who = {
            "office": "office",
            "admin": "admin",
            "reporter": reporters.order_by("pk").first().username,
            "leader": led.first().username,
        }
        self.slug = reporters.first().department.slug
        self.leader_id = led.first().leader_id
        measures = Measure.objects.in_force().filter(plan=self.plan)
        ranked = measures.annotate(n=Count("assignments", distinct=True), t=Count("targets", distinct=True))
        self.measure = ranked.filter(assignments__department=self.room).order_by("-n", "-t", "position").first()

    @staticmethod
    def _users(role: str) -> Any:
        from departments.models import User

        return User.objects.filter(role=role, is_active=True).select_related("department")

    def row(self, *statuses: str) -> Progress:
        """本部室在报的一期里这样状态的一条；没有的随便一条不办结的。"""
        rows = Progress.objects.filter(period=self.period, assignment__department=self.room, corrects=None)
        rows = rows.filter(assignment__ended_in=None).exclude(stage="completed").order_by("pk")
        return rows.filter(status__in=statuses).first() or rows.first()

    def draft(self) -> Circular | None:
        """这一期的通报草稿（起草那一页量过以后才有）。"""
        return Circular.objects.drafts().filter(kind="circular", period=self.period, corrects=None).first()


@dataclass(frozen=True)
class Page:
    """一页：叫什么，谁看，网址，交的表单，交以前先摆成什么样，原样的后台里相当于哪一页。"""

    name: str
    who: str
    url: Callable[[Facts], str | None]
    data: Callable[[Facts], dict[str, Any]] | None = None
    prepare: Callable[[Facts], None] | None = None
    stock: str = ""


def unsent(facts: Facts) -> None:
    """回到还没有动手，好再报一次。"""
    row = facts.row(S.MISSING, S.SUBMITTED)
    TargetValue.objects.filter(progress=row).delete()
    none = dict.fromkeys(("submitted_by", "submitted_at", "first_submitted_at", "reviewed_by", "reviewed_at"))
    Progress.objects.filter(pk=row.pk).update(status=S.MISSING, version=0, text="", stage="in_progress", **none)


def report(facts: Facts) -> dict[str, Any]:
    row = facts.row(S.MISSING)
    said = {"version": row.version, "stage": "in_progress", "percent": 60, "decline_reason": "按最新口径核对后更正。"}
    said |= {"text": "完成了本月安排的各项工作，下月继续推进。", "next_steps": "按计划推进。"}
    return {"do": "submit"} | {f"p{row.pk}-{name}": value for name, value in said.items()}


def waiting(facts: Facts) -> None:
    """有一条待审核的（通过了的退回去）。"""
    row = facts.row(S.SUBMITTED, S.APPROVED)
    if row.status != S.SUBMITTED:
        who = {"submitted_by": row.submitted_by or row.written_by, "reviewed_by": None, "reviewed_at": None}
        at = facts.period.opened_at
        Progress.objects.filter(pk=row.pk).update(
            status=S.SUBMITTED, text=row.text or "按计划推进。", submitted_at=at, first_submitted_at=at, **who
        )


def no_draft(facts: Facts) -> None:
    Circular.objects.drafts().filter(kind="circular").update(status=Circular.Status.DISCARDED)


def all_reviewed(facts: Facts) -> None:
    """可以关闭了：关了的重新开放，待审核的都审过。"""
    from departments.models import User

    office, at = User.objects.get(username="office"), facts.period.opened_at
    period = ReportingPeriod.objects.get(pk=facts.period.pk)
    if period.is_closed:
        workflow.reopen_period(period, by=office, at=at, reason="再量一次。")
    period.progress.waiting().update(status=S.APPROVED, reviewed_by=office, reviewed_at=at)


def preview(facts: Facts) -> str:
    """一份导入修订的草稿：每十项改一项的名称。没有的先传一份。"""
    from departments.models import User
    from tasks.imports import applying

    draft = facts.plan.revisions.drafts().first()
    if draft is None:
        out = io.StringIO()
        rows = csv.writer(out)
        rows.writerow(["序号", "举措名称", "具体内容", "牵头领导", "牵头部室"])
        for n, row in enumerate(live.row for live in applying.live_rows(facts.plan)):
            rooms = "各部室" if row.all_departments else "、".join(row.departments)
            title = row.title if n % 10 else f"{row.title}（修订）"
            rows.writerow([row.number, title, row.text, "、".join(row.leaders), rooms])
        admin, at = User.objects.get(username="admin"), facts.period.opened_at
        draft = applying.draft(facts.plan, out.getvalue().encode("utf-8-sig"), "台账.csv", by=admin, at=at)
    return f"/plan/import/{draft.pk}/"


def of_draft(what: str) -> Callable[[Facts], str | None]:
    return lambda f: (d := f.draft()) and f"/circulars/{d.pk}/{what}"


PAGES = (
    Page("举措清单·一个部室", "reporter", lambda f: f"/measures/?dept={f.slug}", stock="举措清单·一个部室"),
    Page("举措清单·首页", "office", lambda f: "/measures/", stock="举措清单"),
    Page("举措清单·搜索", "office", lambda f: "/measures/?" + urlencode({"q": "群众"}), stock="举措清单·搜索"),
    Page("举措清单·红灯", "office", lambda f: "/measures/?light=red", stock="举措清单"),
    Page("一项举措", "office", lambda f: f.measure.url, stock="一项举措"),
    Page("一项举措·填报人", "reporter", lambda f: f.measure.url, stock="一项举措"),
    Page("总览", "office", lambda f: "/board/", stock="报送清单·一期"),
    Page("总览·黄灯", "office", lambda f: "/board/?light=yellow", stock="报送清单·一期"),
    Page("总览·往期", "office", lambda f: f"/board/{f.closed.slug}/", stock="报送清单·往期"),
    Page("项次清单", "office", lambda f: f"/board/{f.period.slug}/items/?report=owed", stock="报送清单·一期"),
    Page("分析", "office", lambda f: f"/board/{f.period.slug}/analysis/"),
    Page("考核材料", "office", lambda f: "/assessment/"),
    Page("部室页", "office", lambda f: f"/departments/{f.slug}/", stock="报送清单·一个部室"),
    Page("领导页", "leader", lambda f: "/lead/", stock="举措清单·一位领导"),
    Page("我的任务", "reporter", lambda f: "/", stock="报送清单·一个部室"),
    Page("审核清单", "office", lambda f: "/review/", stock="报送清单·待审核"),
    Page("审核一条", "office", lambda f: f"/review/{f.row(S.SUBMITTED).pk}/", prepare=waiting, stock="一条报送"),
    Page("催办", "office", lambda f: "/remind/", stock="报送清单·一期"),
    Page("问题台账", "office", lambda f: "/problems/", stock="问题清单"),
    Page("批示", "office", lambda f: "/instructions/"),
    Page("节点", "office", lambda f: "/milestones/"),
    Page("协调", "office", lambda f: "/coordination/"),
    Page("延期", "office", lambda f: "/extensions/"),
    Page("办结与问效", "office", lambda f: "/completions/"),
    Page("对外宣传", "office", lambda f: "/publicity/"),
    Page("报送期", "office", lambda f: "/periods/"),
    Page("操作记录", "office", lambda f: "/log/"),
    Page("方案", "office", lambda f: "/plan/", stock="举措清单"),
    Page("通报清单", "office", lambda f: "/circulars/"),
    Page(
        "起草通报（提交）",
        "office",
        lambda f: "/circulars/add/",
        lambda f: {"kind": "circular", "period": f.period.slug, "first_period": ""},
        no_draft,
    ),
    Page("通报草稿", "office", of_draft("")),
    Page("修改通报", "office", of_draft("edit/")),
    Page("通报 Word", "office", of_draft("word/")),
    Page("通报附表 xlsx", "office", of_draft("table/")),
    Page("通报数字一览", "office", of_draft("figures/")),
    Page("导出台账 xlsx", "office", lambda f: "/measures/export/", stock="导出举措 xlsx"),
    Page("对外公开页", "", lambda f: "/public/"),
    Page("日历订阅", "", lambda f: f"/calendar/{CalendarLink.objects.filter(department=f.room)[0].token}.ics"),
    Page("报送（提交）", "reporter", lambda f: f"/progress/{f.row(S.MISSING).pk}/", report, unsent, "保存一条报送"),
    Page(
        "通过（提交）",
        "office",
        lambda f: f"/review/{f.row(S.SUBMITTED).pk}/approve/",
        lambda f: {},
        waiting,
        "保存一条报送",
    ),
    Page("导入修订的预览", "admin", preview),
    Page(
        "关闭报送期（提交）",
        "office",
        lambda f: f"/periods/{f.period.slug}/close/",
        lambda f: {"sure": "on"},
        all_reviewed,
    ),
)


def of_stock(model: str, query: Callable[[Facts], dict[str, Any]] = lambda f: {}) -> Callable[[Facts], str]:
    return lambda f: f"/stock/tasks/{model}/?{urlencode(query(f))}"


STOCK = (
    Page("举措清单", "admin", of_stock("measure")),
    Page("举措清单·一个部室", "admin", of_stock("measure", lambda f: {"assignments__department__id__exact": f.room})),
    Page("举措清单·一位领导", "admin", of_stock("measure", lambda f: {"leaders__id__exact": f.leader_id})),
    Page("举措清单·搜索", "admin", of_stock("measure", lambda f: {"q": "群众"})),
    Page("一项举措", "admin", lambda f: f"/stock/tasks/measure/{f.measure.pk}/change/"),
    Page("报送清单·一期", "admin", of_stock("progress", lambda f: {"period__id__exact": f.period.pk})),
    Page("报送清单·往期", "admin", of_stock("progress", lambda f: {"period__id__exact": f.closed.pk})),
    Page("报送清单·待审核", "admin", of_stock("progress", lambda f: {"status__exact": S.SUBMITTED})),
    Page(
        "报送清单·一个部室",
        "admin",
        of_stock("progress", lambda f: {"assignment__department__id__exact": f.room, "period__id__exact": f.period.pk}),
    ),
    Page("一条报送", "admin", lambda f: f"/stock/tasks/progress/{f.row(S.SUBMITTED).pk}/change/"),
    Page(
        "保存一条报送",
        "admin",
        lambda f: f"/stock/tasks/progress/{f.row(S.SUBMITTED).pk}/change/",
        lambda f: {
            "assignment": f.row(S.SUBMITTED).assignment_id,
            "period": f.period.pk,
            "stage": "in_progress",
            "percent": "60",
            "text": "完成了本月安排的各项工作，下月继续推进。",
        },
    ),
    Page("问题清单", "admin", of_stock("problem")),
    Page("导出举措 xlsx", "admin", lambda f: "/stock/tasks/measure/export/"),
)


# ── 量 ────────────────────────────────────────────────────


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
        """量一页；太慢的停下，写明“超时”。"""
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
        gc.collect()
        gc.freeze()
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe(duplex=False)
        child = context.Process(target=lambda: theirs.send(_or_why(work)))
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
        runs = [browser.send("/ready/", {} if page.data else None) for _ in range(READY_TIMES)]
        assert page.data or runs[-1].body == last.body
        return _medians(runs)

    def _unchanged(self, browser: Browser, url: str, marks: dict[str, str]) -> dict[str, Any]:
        """带着上次的标记再要一次。"""
        names = {"ETag": "HTTP_IF_NONE_MATCH", "Last-Modified": "HTTP_IF_MODIFIED_SINCE"}
        asked = {names[name]: value for name, value in marks.items()}
        runs = [browser.send(url, **asked) for _ in range(min(self.times, 5))]
        return {"status": runs[-1].status, **_medians(runs)}


def _or_why(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """做成了的结果；出错的说明原因，别页照量。"""
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
