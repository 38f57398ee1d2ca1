"""0.1.0 的库（deploy/tests/data，由那一版的演示造出）升级到现在：一行不少、一格不变，灯与从头判的相同，操作记录照样改不了。

一步步升上来的，与一步建成的新库（迁移 0001_squashed）是同样的表、列、约束、索引与触发器。
"""

import json
import re
import sqlite3
from contextlib import closing

import psycopg2
import pytest

from tests.yingshang.databases import databases

from . import first_release
from .processes import done, migrated

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


def parts(sql) -> list[str]:
    """一句 CREATE TABLE 的各部分（一列、一条约束各是一部分），不分先后：一步步加上去的列排在后面。"""
    name, _, body = " ".join(sql.replace('"', "").split()).partition("(")
    depth, found = 0, [""]
    for c in body.removesuffix(")"):
        depth += {"(": 1, ")": -1}.get(c, 0)
        if c == "," and not depth:
            found.append("")
        else:
            found[-1] += c
    return [name, *sorted(part.strip() for part in found)]


def test_a_database_of_the_first_release_comes_across_whole(tmp_path):
    path = tmp_path / "db.sqlite3"
    first_release.on_sqlite(path)
    upgrade(tmp_path, lambda: _sqlite(path), "SELECT name FROM sqlite_master WHERE type = 'table'")
    with closing(sqlite3.connect(path)) as database, pytest.raises(sqlite3.IntegrityError, match="只能新增"):
        database.execute("DELETE FROM tasks_event")
    new = migrated(tmp_path / "new") / "db.sqlite3"
    assert _shape_on_sqlite(path) == _shape_on_sqlite(new)


def _shape_on_sqlite(path) -> dict:
    """（表、索引还是触发器，名字，哪张表）→ 建它的一句。"""
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        return {row[:3]: parts(row[3]) if row[0] == "table" else row[3].split() for row in rows}


class _sqlite:
    def __init__(self, path):
        self.database = sqlite3.connect(path)

    def __enter__(self):
        return self.database.cursor()

    def __exit__(self, *error):
        self.database.close()


@pytest.mark.postgres
def test_so_does_one_on_postgresql(db, tmp_path):
    with databases("migrating", "made_new") as [url, new]:
        first_release.on_postgresql(url)
        upgrade(
            tmp_path,
            lambda: _postgresql(url),
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
            DATABASE_URL=url,
        )
        with closing(psycopg2.connect(url)) as database, pytest.raises(psycopg2.Error, match="只能新增"):
            database.cursor().execute("DELETE FROM tasks_event")
        done(tmp_path, "migrate", "--verbosity", "0", DATABASE_URL=new)
        assert _shape_on_postgresql(url) == _shape_on_postgresql(new)


# 名字是 Django 起的，先加列、后加唯一的与一次建成的不同；导出再装回的 IN 条件写法也不同。
SAME = (("departments_leader_called_2fd720d8_uniq", "departments_leader_called_key"),)


def _shape_on_postgresql(url) -> set:
    """列、约束、索引、触发器、函数，各是怎样写的。"""
    asked = (
        "SELECT table_name, column_name, data_type, is_nullable, column_default, character_maximum_length, is_identity"
        " FROM information_schema.columns WHERE table_schema = 'public'",
        "SELECT conname, conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace",
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
        "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
        "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    )
    found = []
    with _postgresql(url) as cursor:
        for question in asked:
            cursor.execute(question)
            found += ["|".join(map(str, row)) for row in cursor.fetchall()]
    for stepwise, at_once in SAME:
        found = [text.replace(stepwise, at_once) for text in found]
    return {re.sub(r"::[a-z ]+(\[\])?|[()\s]", "", text) for text in found}


class _postgresql(_sqlite):
    def __init__(self, url):
        self.database = psycopg2.connect(url)
