"""另一个进程里的方案修订，专供 test_kill 去杀。

python -m tests.tasks.imports.killed prepare          备好一份草稿，打印它的编号
python -m tests.tasks.imports.killed kill 编号 M N      第 M 至 N 次：开一个子进程去生效，写到第几条写语句前停住，
                                                      kill -9；每杀一次打印一行，等一个回车再杀下一次
python -m tests.tasks.imports.killed bare 编号 N        同上杀一次，但 atomic 是空的，作对照
python -m tests.tasks.imports.killed apply 编号         好好生效一次，打印写语句的条数
"""

import contextlib
import datetime as dt
import os
import signal
import sys
import time

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "yingshang.settings"
AT = dt.datetime(2023, 9, 12, 9, tzinfo=dt.UTC)


def prepare() -> None:
    """现行方案有一期报送；草稿是改序号、增、删、改、换人都有的一份。"""
    from tasks import workflow
    from tasks.imports import applying
    from tasks.models import Plan, Progress
    from tests import factories

    from .test_applying import table, the_great_edit

    plan, people = Plan.objects.get(), factories.People()
    [period] = workflow.plan_periods(plan, by=people.office, at=AT, first_month=9, last_month=9, due_day=25)
    workflow.open_period(period, by=people.office, at=AT)
    row = Progress.objects.get(assignment__measure__number="12")
    content = {"text": "完成了本月安排的工作。", "stage": "in_progress", "percent": 75}
    workflow.submit_progress(row, by=people.reporter("审批中心"), at=AT, version=row.version, content=content)
    print(applying.draft(plan, table(plan, the_great_edit), "修订.csv", by=people.admin, at=AT).pk)


def apply(pk: int, stop_at: int = 0, tell=None) -> int:
    """生效，返回写语句的条数；到第 `stop_at` 条前告诉一声，停在那里。"""
    from django.db import connection

    from departments.models import User
    from tasks.imports import applying
    from tasks.models import PlanRevision

    writes = 0

    def stopping(execute, sql, params, many, context):
        nonlocal writes
        writes += sql.startswith(("INSERT", "UPDATE", "DELETE"))
        if stop_at and writes == stop_at:
            os.write(tell, b"!")
            time.sleep(120)
        return execute(sql, params, many, context)

    admin = User.objects.get(username="admin")
    with connection.execute_wrapper(stopping):
        applying.apply_revision(PlanRevision.objects.get(pk=pk), by=admin, at=AT, removals_checked=True)
    return writes


def kill(pk: int, stop_at: int) -> None:
    """开一个子进程去生效，在第 `stop_at` 条写语句前杀掉它。"""
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(told)
        apply(pk, stop_at, tell)
        os._exit(1)
    os.close(tell)
    reached = os.read(told, 1)
    os.close(told)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    print("杀了" if reached and os.WTERMSIG(status) == signal.SIGKILL else "没有走到这里", flush=True)


def main(what, *numbers) -> None:
    django.setup()
    from django.db import connections, transaction

    numbers = list(map(int, numbers))
    if what == "prepare":
        prepare()
    elif what == "apply":
        print(apply(*numbers))
    elif what == "bare":
        transaction.atomic = lambda *args, **kwargs: contextlib.nullcontext()
        kill(*numbers)
    else:
        connections.close_all()
        for stop_at in range(numbers[1], numbers[2] + 1):
            kill(numbers[0], stop_at)
            sys.stdin.readline()


if __name__ == "__main__":
    main(*sys.argv[1:])
