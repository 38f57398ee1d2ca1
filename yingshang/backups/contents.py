"""库里有什么：每张表几行、内容的摘要。两边的摘要相同，就是一行不差、一格不差。

照库里现存的表与列来数，不照模型：旧版本的库、升级到一半的库都数得出。
"""

import datetime as dt
import hashlib
import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

# 表 → （行数，摘要）
Contents = dict[str, list]
# 记号每写一次就变，是随机数，不是内容。
LEFT_OUT = {"stamp"}


def of_sqlite(path: Path) -> Contents:
    """一个 SQLite 库文件里的全部表。文件坏了的抛 sqlite3.DatabaseError。"""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        tables = sorted(name for (name,) in names if name not in LEFT_OUT)
        return {table: digest(database.execute(f'SELECT * FROM "{table}"')) for table in tables}  # noqa: S608


def of_postgresql(connection: BaseDatabaseWrapper) -> Contents:
    """PostgreSQL 库里的全部表；须在一个事务里，各表才是同一刻的。"""
    found = {}
    for table in sorted(set(connection.introspection.table_names()) - LEFT_OUT):
        with connection.chunked_cursor() as cursor:
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
            found[table] = digest(cursor)
    return found


def digest(rows: Iterable) -> list:
    """[行数, 摘要]。各行的散列相加，与行的次序无关：换了库，次序就换了。"""
    count = total = 0
    for row in rows:
        said = json.dumps(list(row), ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_said)
        count += 1
        total += int.from_bytes(hashlib.sha256(said.encode()).digest())
    return [count, f"{total % (1 << 256):064x}"]


def differences(wanted: Contents, found: Contents) -> list[str]:
    """哪张表不同，一处一句；相同为空。"""
    said = []
    for table in sorted(wanted.keys() | found.keys()):
        ours, theirs = wanted.get(table), found.get(table)
        if ours != theirs:
            rows = [f"{side[0]} 行" if side else "没有这张表" for side in (ours, theirs)]
            said.append(f"{table}：应为 {rows[0]}，实为 {rows[1]}" + ("，内容不同" if ours and theirs else ""))
    return said


def _said(value: Any) -> str:
    """JSON 写不了的值，各有一种写法。"""
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).hex()
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat() if value.tzinfo else value.isoformat()
    return str(value)
