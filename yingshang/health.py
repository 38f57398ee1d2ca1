"""探活：库连不连得上、写不写得进、盘满没满、库改完没有、每天的几件事做没做。一处毛病一句话。"""

import os
import shutil
from collections.abc import Callable

from django.conf import settings
from django.db import Error, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest

from . import clock, nightly

# 盘上剩下不到这么多，就写不了多久了。
LEAST_FREE = 300 * 1024 * 1024
_is_migrated = False
# 只增不改的几本日志 → 末尾是第几条；各应用自己登记（ready）。
HEADS: dict[str, Callable[[], int]] = {}


def is_local(request: HttpRequest) -> bool:
    """从本机来问的；经 nginx 转来的不算。"""
    is_near = request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1", "")
    return is_near and "HTTP_X_FORWARDED_FOR" not in request.META


def database() -> str:
    """库连得上。"""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error as error:
        return f"数据库连不上：{_said(error)}"
    return ""


def writes() -> str:
    """库写得进：拿得到写的锁，不是只读的。什么也不写。"""
    try:
        with transaction.atomic():  # SQLite 上是 BEGIN IMMEDIATE，只读的文件在这里就出错
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SELECT current_setting('transaction_read_only')")
                    if cursor.fetchone()[0] == "on":
                        return "数据库现在只读（在恢复中，或是备机）"
    except Error as error:
        return f"数据库写不进：{_said(error)}"
    if not os.access(settings.DATA_DIR, os.W_OK):
        return f"数据目录写不进：{settings.DATA_DIR}"
    return ""


def disk() -> str:
    """盘还有地方。"""
    for folder in (settings.DATA_DIR, settings.BACKUP_DIR):
        if folder.exists() and (free := shutil.disk_usage(folder).free) < LEAST_FREE:
            return f"磁盘快满了：{folder} 所在的盘只剩 {free // 1024 // 1024} MB"
    return ""


def waiting() -> int:
    """还差几步改库。改完的以后不再问：程序换了版本，进程也换了。"""
    global _is_migrated
    if _is_migrated:
        return 0
    executor = MigrationExecutor(connection)
    count = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    _is_migrated = not count
    return count


def migrations() -> str:
    """库改完了。"""
    return f"库没有改完，还差 {count} 步：请运行 manage.py migrate" if (count := waiting()) else ""


def chores() -> str:
    """每天的几件事都做了。"""
    late = nightly.late(clock.real_now())
    return "每天的几件事没有做成或很久没有做：" + "、".join(run.label for run in late) if late else ""


CHECKS: dict[str, Callable[[], str]] = {
    "database": database,
    "writes": writes,
    "disk": disk,
    "migrations": migrations,
    "nightly": chores,
}


def problems() -> dict[str, str]:
    """哪几样有毛病，各一句；都好为空。库连不上的，靠库的几样不再问。"""
    found: dict[str, str] = {}
    for name, check in CHECKS.items():
        if "database" in found and name in ("writes", "migrations"):
            continue
        if said := check():
            found[name] = said
    return found


def _said(error: Error) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
