"""一万项举措：本系统的方案修订与 django-import-export 原样导入，同一次运行里比快慢与查询数。

    .venv/bin/python benchmarks/plan_import.py [项数，默认 10000]      或  make bench-import

在临时的 SQLite 文件库上跑；设了 DATABASE_URL（PostgreSQL）的，再在一个用完即删的库上跑一遍。
两边的内容、机器、库都相同：举措、两位以内的牵头领导、两个牵头部室。本系统另写版本快照、差异、原文件与每项一条
办理过程，原样导入没有这些，所以比值是保守的。
没有达到目标（用时不超过原样的十分之一，每行不超过 0.2 条查询）时退出码为 1。
"""

import csv
import datetime as dt
import io
import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET_RATIO, TARGET_QUERIES = 0.1, 0.2
AT = dt.datetime(2023, 9, 12, 9, tzinfo=dt.UTC)


def main() -> int:
    """每个库各开一个进程，互不影响。"""
    rows = sys.argv[1] if len(sys.argv) > 1 else "10000"
    urls = ["", *filter(None, [os.environ.get("DATABASE_URL")])]
    with tempfile.TemporaryDirectory() as folder:
        codes = []
        for url in urls:
            env = {**os.environ, "DATABASE_URL": url, "DATA_DIR": folder, "DEBUG": "0", "SECRET_KEY": "b" * 50}
            env |= {"PLAN_MAX_ROWS": rows, "PLAN_MAX_BYTES": str(2**28), "PLAN_MAX_UNPACKED_BYTES": str(2**30)}
            codes.append(subprocess.call([sys.executable, __file__, "--inner", rows], env=env, cwd=ROOT))
    return max(codes)


def inner(rows: int) -> int:
    """在已经指定的库上量一遍。"""
    sys.path.insert(0, str(ROOT))
    os.environ["DJANGO_SETTINGS_MODULE"] = "yingshang.settings"
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    import yingshang.wsgi  # noqa: F401  # 照真的服务进程：引入过的不再一遍遍回收

    is_postgres = connection.vendor == "postgresql"
    before = connection.settings_dict["NAME"]
    if is_postgres:
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    else:
        call_command("migrate", verbosity=0)
    try:
        return report(connection.vendor, rows, measure(rows))
    finally:
        if is_postgres:
            connection.creation.destroy_test_db(before, verbosity=0)


def measure(rows: int) -> dict:
    """名称 → （秒，处理器秒，查询数）。"""
    from departments.models import Department, Leader, Role, User
    from tasks.imports import applying
    from tasks.models import Measure, Plan

    admin = User.objects.create(username="bench", name="基准", role=Role.ADMIN)
    for i in range(10):
        Department.objects.create(name=f"部室{i}", slug=f"room{i}", order=i)
        Leader.objects.create(name=f"领导{i}", order=i)
    taken = {}

    def stock(name, table):
        with clocked(taken, f"原样 {name}·试导"):
            done = stock_resource().import_data(table, dry_run=True)
        assert not done.has_errors() and not done.has_validation_errors(), done.base_errors or done.row_errors()[:1]
        with clocked(taken, f"原样 {name}·导入"):
            stock_resource().import_data(table, dry_run=False, rollback_on_validation_errors=True)

    def own(name, plan, grid):
        data = as_csv(grid)
        with clocked(taken, f"本系统 {name}·试导"):
            draft = applying.draft(plan, data, "台账.csv", by=admin, at=AT)
        with clocked(taken, f"本系统 {name}·导入"):
            applying.apply_revision(draft, by=admin, at=AT, removals_checked=True)

    plan = Plan.objects.create(title="原样", year=2023, starts_on=dt.date(2023, 3, 1), ends_on=dt.date(2023, 12, 31))
    stock("新增", as_dataset(lines(rows), plan))
    stock("全部修改", as_dataset(lines(rows, "，抓紧落实"), plan))
    assert Measure.objects.filter(plan=plan, text__endswith="，抓紧落实").count() == rows

    plan = Plan.objects.create(title="本系统", year=2023, starts_on=dt.date(2023, 3, 1), ends_on=dt.date(2023, 12, 31))
    own("新增", plan, lines(rows))
    own("全部修改", plan, lines(rows, "，抓紧落实"))
    assert Measure.objects.filter(plan=plan, text__endswith="，抓紧落实").count() == rows
    return taken


def lines(rows: int, more: str = "") -> list[list[str]]:
    """每项一位领导或两位、两个部室、二百字原文。"""
    body = "围绕企业全生命周期，压减材料、环节、时限与成本，推进一件事一次办，" * 6
    return [
        [
            str(i) if i < 10_000 else f"{i - 9999}-1",
            f"第{i}号举措",
            f"第{i}号举措。{body}{more}",
            f"领导{i % 10}" if i % 2 else f"领导{i % 10}、领导{(i + 3) % 10}",
            f"部室{i % 10}、部室{(i + 1) % 10}",
            "2023年12月底前",
            "节点类",
        ]
        for i in range(1, rows + 1)
    ]


HEADER = ["序号", "举措名称", "具体内容", "牵头领导", "牵头部室", "完成时限", "类型"]


def as_csv(grid) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([HEADER, *grid])
    return out.getvalue().encode("utf-8-sig")


def as_dataset(grid, plan):
    """原样导入要的表：另有方案编号，类型写代码。"""
    import tablib

    table = tablib.Dataset(headers=["plan", *HEADER[:-1], "kind"])
    for row in grid:
        table.append([plan.pk, *row[:-1], "milestone"])
    return table


def stock_resource():
    """照说明书写的资源：外键、多对多用自带控件，按方案与序号认；部室在存好之后逐个建。"""
    from import_export import fields, resources, widgets

    from departments.models import Department, Leader
    from tasks.models import Assignment, Measure, Plan

    class StockResource(resources.ModelResource):
        plan = fields.Field("plan", "plan", widget=widgets.ForeignKeyWidget(Plan))
        number = fields.Field("number", "序号", widget=widgets.CharWidget())
        title = fields.Field("title", "举措名称", widget=widgets.CharWidget())
        text = fields.Field("text", "具体内容", widget=widgets.CharWidget())
        leaders = fields.Field("leaders", "牵头领导", widget=widgets.ManyToManyWidget(Leader, "、", "name"))
        deadline = fields.Field("deadline", "完成时限", widget=widgets.CharWidget())
        kind = fields.Field("kind", "kind", widget=widgets.CharWidget())

        class Meta:
            model = Measure
            fields = ["plan", "number", "title", "text", "leaders", "deadline", "kind"]
            import_id_fields = ["plan", "number"]

        def after_save_instance(self, instance, row, **kwargs):
            wanted = Department.objects.filter(name__in=row["牵头部室"].split("、"))
            instance.assignments.exclude(department__in=wanted).delete()
            for order, department in enumerate(wanted):
                Assignment.objects.get_or_create(measure=instance, department=department, defaults={"order": order})

    return StockResource()


@contextmanager
def clocked(taken: dict, name: str):
    """记下一段的秒数、处理器秒数与查询数。"""
    from django.db import connection

    count = 0

    def counting(execute, sql, params, many, context):
        nonlocal count
        count += 1
        return execute(sql, params, many, context)

    start, work = time.perf_counter(), time.process_time()
    with connection.execute_wrapper(counting):
        yield
    taken[name] = (time.perf_counter() - start, time.process_time() - work, count)


def report(vendor: str, rows: int, taken: dict) -> int:
    """一张表；返回退出码。机器忙时看处理器比值：用时会被别的进程拉长。"""
    print(
        f"\n{vendor}，{rows} 项\n{'':<12}{'原样':>9}{'本系统':>9}{'比值':>7}{'处理器比值':>8}{'查询/行：原样':>11}{'本系统':>8}"
    )
    missed = False
    for name in (f"{what}·{step}" for what in ("新增", "全部修改") for step in ("试导", "导入")):
        (slow, slow_work, many), (fast, fast_work, few) = taken[f"原样 {name}"], taken[f"本系统 {name}"]
        missed |= fast / slow > TARGET_RATIO or few / rows > TARGET_QUERIES
        times = f"{slow:>10.2f}s{fast:>11.2f}s{fast / slow:>9.3f}{fast_work / slow_work:>11.3f}"
        print(f"{name:<10}{times}{many / rows:>14.2f}{few / rows:>11.3f}")
    print(f"目标：比值 ≤ {TARGET_RATIO}，查询 ≤ {TARGET_QUERIES}/行 —— {'没有达到' if missed else '达到'}", flush=True)
    return int(missed)


if __name__ == "__main__":
    sys.exit(inner(int(sys.argv[2])) if sys.argv[1:2] == ["--inner"] else main())
