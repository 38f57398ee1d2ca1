"""各页要多少：一条命令造库、逐页量、印成表。

    .venv/bin/python benchmarks/pages.py [S] [M] [L] [zones] [plans] [项数]      或  make bench SIZES="S M"

S 是演示（21 项举措），M 是 2,000 项约 20,000 条报送，L 是 20,000 项约 200,000 条，zones 是 200 份各 100 项的方案
（一库只有一份现行方案，其余的只是同在一张表里），plans 是 20 份同时在办的、各 100 项，写一个数就是那么多项。造库见 benchmarks/seeding.py，怎么量见 visiting.py。
库是临时的 SQLite 文件；设了 DATABASE_URL（PostgreSQL）的，在它旁边建一个，用完即删。

每页：查询数与其中的写入、处理器毫秒（Python、数据库、合计，去掉头一次后的中位数；“首次”是头一次的合计）、字节、
内存（看完以后多了多少、当中的峰值，MB），以及三个比值：÷现成 = 登录了的人要同样多现成的字节；÷后台 = 原样的 Django
后台与 django-import-export 在同样的行上相当的一页；÷S = 本页自己在 S 上。“304”是没有变时再要一次的毫秒数。
只量，不判：机器忙时数字会高，比值还在。
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)

from benchmarks import printing  # noqa: E402

TIMES = {"S": 20, "M": 7, "L": 3, "zones": 7, "plans": 7}
DEMO_DAY, SEED_DAY = "2023-09-22", "2023-12-20"


def main() -> int:
    options = arguments()
    against = json.loads(Path(options.against).read_text("utf-8")) if options.against else {}
    found: dict[str, Any] = {"load": os.getloadavg(), "sizes": {}}
    with tempfile.TemporaryDirectory() as folder:
        for size in options.sizes:
            with database(size, Path(folder), keep=options.keep) as (env, store):
                run = found["sizes"][size] = one_size(size, env, Path(folder) / f"{size}.json", store, options)
            if not run["pages"]:
                print(f"没有名字里有“{options.only}”的页。", file=sys.stderr)
                return 2
            found["database"] = run["database"]
            printing.table(size, run, found["sizes"].get("S") if size != "S" else None)
            if before := against.get("sizes", {}).get(size):
                printing.compared(size, before, run)
    found["load"] = [found["load"], os.getloadavg()]
    if options.json:
        Path(options.json).write_text(json.dumps(found, ensure_ascii=False, indent=1), "utf-8")
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="造库、逐页量、印成表")
    parser.add_argument("sizes", nargs="*", default=["S", "M"], help="S、M、L、zones、plans，或一个项数")
    parser.add_argument("--json", help="全部数字写到这个文件")
    parser.add_argument("--against", help="与以前写下的文件比")
    parser.add_argument("--only", default="", help="只量名字里有这几个字的页")
    parser.add_argument("--times", type=int, default=0, help="每页量几次（默认看大小）")
    parser.add_argument("--budget", type=float, default=30, help="一页至多反复量多少秒")
    parser.add_argument("--timeout", type=float, default=180, help="一页至多等多少秒，超过的写“超时”")
    parser.add_argument("--keep", action="store_true", help="造好的 PostgreSQL 库留着，下次接着用")
    return parser.parse_args()


def one_size(
    size: str, env: dict[str, str], out: Path, store: Callable[[], object] | None, options: argparse.Namespace
) -> dict[str, Any]:
    """造库、量，各开一个进程。`store` 在造好以后叫一次，没有的是已经造好的。返回写下的数字。"""
    start = time.monotonic()
    call(env, "manage.py", "migrate", "--verbosity", "0")
    if store:
        seed(size, env)
        store()
    seeded = time.monotonic() - start
    times = options.times or TIMES.get(size, 5)
    wanted = {"times": times, "budget": options.budget, "timeout": options.timeout, "only": options.only}
    call(env, __file__, "--visit", str(out), json.dumps(wanted))
    return json.loads(out.read_text("utf-8")) | {"seeding_seconds": round(seeded, 1)}


def seed(size: str, env: dict[str, str]) -> None:
    """S 照演示（只在 DEBUG 下造得出）；其余成批写入。"""
    if size == "S":
        call(env | {"DEBUG": "1"}, "manage.py", "load_plan", stdout=subprocess.DEVNULL)
        call(env | {"DEBUG": "1"}, "manage.py", "demo", stdout=subprocess.DEVNULL)
    call(env, __file__, "--seed", size)


def call(env: dict[str, str], *command: str, **options: Any) -> None:
    subprocess.run([sys.executable, *command], env=env, cwd=ROOT, check=True, **options)


@contextmanager
def database(size: str, folder: Path, *, keep: bool) -> Iterator[tuple[dict[str, str], Callable[[], object] | None]]:
    """（环境，造好以后要做的；已经造好的没有）。照正式环境跑：没有 DEBUG，会话够长。

    `keep`：造好的另存一份，每次量的是照它新复制的：量到的“关闭报送期”“通过”改了库，不带到下一次。
    """
    env = os.environ | {"DEBUG": "0", "SECRET_KEY": "b" * 50, "EMAIL_URL": "", "SESSION_IDLE_SECONDS": "28800"}
    env |= {"DATA_DIR": str(folder / size), "BUSINESS_DATE": DEMO_DAY if size == "S" else SEED_DAY}
    env |= {"PLAN_MAX_ROWS": "50000", "PLAN_MAX_BYTES": str(2**28), "PLAN_MAX_UNPACKED_BYTES": str(2**30)}
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        yield env | {"DATABASE_URL": ""}, lambda: None
        return
    parts = urlsplit(url)
    kept = f"{parts.path.strip('/')}_bench_{size.lower()}"
    name = f"{kept}_{os.getpid()}"
    is_seeded = keep and (kept,) in ask(url, "SELECT datname FROM pg_database")
    ask(url, f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{kept}"' if is_seeded else ""))
    # 并行的查询另有进程替它算，后端自己的处理器时间就不是全部了。
    ask(url, f'ALTER DATABASE "{name}" SET max_parallel_workers_per_gather = 0')
    store = lambda: keep and ask(url, f'CREATE DATABASE "{kept}" TEMPLATE "{name}"')  # noqa: E731
    try:
        yield env | {"DATABASE_URL": parts._replace(path=f"/{name}").geturl()}, None if is_seeded else store
    finally:
        ask(url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def ask(url: str, sql: str) -> list[tuple]:
    import psycopg2

    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


# ── 里面的两步：在已经指定的库上 ──


def ready_to_go(folder: Path | None = None) -> Any:
    """设置改成量用的：网址总表另加对照，静态文件收在临时目录。返回 WSGI 程序。"""
    os.environ["DJANGO_SETTINGS_MODULE"] = "yingshang.settings"
    from django.conf import settings

    if folder is not None:
        processors = settings.TEMPLATES[0]["OPTIONS"]["context_processors"]
        processors[processors.index("tasks.pages.navigation.page")] = "benchmarks.urls.page"
        settings.ROOT_URLCONF, settings.STATIC_ROOT = "benchmarks.urls", folder / "static"
    import django
    from django.core.management import call_command

    django.setup()
    if folder is None:
        return None
    call_command("collectstatic", interactive=False, verbosity=0)
    from yingshang.wsgi import application

    return application


def inner_seed(size: str) -> int:
    ready_to_go()
    from django.db import connection

    from benchmarks import seeding

    seeding.adopt_demo() if size == "S" else seeding.seed(size)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")  # 自动清理过些时候也会做；不等它
    return 0


def inner_visit(out: str, wanted: str) -> int:
    with tempfile.TemporaryDirectory() as folder:
        application = ready_to_go(Path(folder))
        from django.conf import settings
        from django.db import connection

        from benchmarks import visiting

        visiting.visit(application, settings.DEMO_PASSWORD, Path(out), **json.loads(wanted))
    found = json.loads(Path(out).read_text("utf-8")) | {"database": connection.vendor}
    Path(out).write_text(json.dumps(found, ensure_ascii=False), "utf-8")
    return 0


INNER = {"--seed": inner_seed, "--visit": inner_visit}

if __name__ == "__main__":
    step = INNER.get(sys.argv[1]) if len(sys.argv) > 1 else None
    sys.exit(step(*sys.argv[2:]) if step else main())
