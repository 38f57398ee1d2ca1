"""0.1.0 的库（deploy/tests/data，由那一版的演示造出）升级到现在：一行不少、一格不变，灯与从头判的相同，操作记录照样改不了。"""

import json
import sqlite3
from contextlib import closing

import psycopg2
import pytest

from tests.yingshang.databases import databases

from . import first_release
from .processes import done

# 升级本身要记的、每次都变的。
CHANGES = {"django_migrations", "stamp", "sqlite_sequence", "django_content_type", "auth_permission"}


def rows(cursor, tables) -> dict:
    """表 → (各列, 各行)；`tables` 是表与要看的列（None 为全部）。"""
    found = {}
    for table, columns in tables.items():
        wanted = ", ".join(f'"{c}"' for c in columns) if columns else "*"
        cursor.execute(f'SELECT {wanted} FROM "{table}"')
        names = tuple(c[0] for c in cursor.description)
        found[table] = (
            names,
            sorted(repr([bytes(v) if isinstance(v, memoryview) else v for v in row]) for row in cursor),
        )
    return found


def basis(cursor, *columns) -> list:
    """各期关闭时记下的依据：几列 JSON，按期排。"""
    cursor.execute(f"SELECT {', '.join(columns)} FROM tasks_periodbasis ORDER BY period_id")
    return [[json.loads(v) if isinstance(v, str) else v for v in row] for row in cursor.fetchall()]


def upgrade(data, cursor_of, names, **more):
    """升级，比较升级前后：原有的表、原有的列。"""
    with cursor_of() as cursor:
        cursor.execute(names)
        before = rows(cursor, dict.fromkeys({name for (name,) in cursor.fetchall()} - CHANGES))
        held = basis(cursor, "facts")
    done(data, "migrate", "--verbosity", "0", **more)
    with cursor_of() as cursor:
        after = rows(cursor, {table: columns for table, (columns, _) in before.items()})
        kept = basis(cursor, "facts", "settings", "problems")
    # 关闭时记下的依据由一列分成三列（迁移 0003），内容不变；这张表另比。
    del before["tasks_periodbasis"], after["tasks_periodbasis"]
    assert [[whole["measures"], whole["settings"], whole["problems"]] for [whole] in held] == kept != []
    assert sum(len(found) for _, found in before.values()) > 1000
    assert {table: len(found) for table, (_, found) in after.items()} == {t: len(f) for t, (_, f) in before.items()}
    assert [table for table in before if after[table] != before[table]] == []
    assert "处处相同" in done(data, "rejudge", "--check", **more)


def test_a_database_of_the_first_release_comes_across_whole(tmp_path):
    path = tmp_path / "db.sqlite3"
    first_release.on_sqlite(path)
    upgrade(tmp_path, lambda: _sqlite(path), "SELECT name FROM sqlite_master WHERE type = 'table'")
    with closing(sqlite3.connect(path)) as database, pytest.raises(sqlite3.IntegrityError, match="只能新增"):
        database.execute("DELETE FROM tasks_event")


class _sqlite:
    def __init__(self, path):
        self.database = sqlite3.connect(path)

    def __enter__(self):
        return self.database.cursor()

    def __exit__(self, *error):
        self.database.close()


@pytest.mark.postgres
def test_so_does_one_on_postgresql(db, tmp_path):
    with databases("migrating") as [url]:
        first_release.on_postgresql(url)
        upgrade(
            tmp_path,
            lambda: _postgresql(url),
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
            DATABASE_URL=url,
        )
        with closing(psycopg2.connect(url)) as database, pytest.raises(psycopg2.Error, match="只能新增"):
            database.cursor().execute("DELETE FROM tasks_event")


class _postgresql(_sqlite):
    def __init__(self, url):
        self.database = psycopg2.connect(url)
