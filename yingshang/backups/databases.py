"""两种库各怎么取一份、怎么放回去。取的是同一刻的，写的人不用等；放回去要么全成，要么原样不动。"""

import os
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from yingshang.refusals import Refused

from . import contents
from .contents import Contents

# 备份里库的那一份叫什么。
MEMBERS = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
# 程序平时用的角色，和它能做什么。
APP_ROLE = "yingshang_app"
GRANTS = settings.BASE_DIR / "deploy" / "postgres" / "grants.sql"
# 先清空、再放回，与放回在同一个事务里。逐样删，不删 schema：那要库的主人。等不到锁就停下，原样不动。
EMPTY = """
SET lock_timeout = '30s';
DO $$ DECLARE item record; BEGIN
  FOR item IN SELECT oid::regclass AS name, relkind FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm') LOOP
    EXECUTE format('DROP %s IF EXISTS %s CASCADE',
      CASE item.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END, item.name);
  END LOOP;
  FOR item IN SELECT oid::regprocedure AS name FROM pg_proc p WHERE pronamespace = 'public'::regnamespace
    AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e') LOOP
    EXECUTE format('DROP FUNCTION %s CASCADE', item.name);
  END LOOP;
END $$;
"""


def dump(connection: BaseDatabaseWrapper, path: Path) -> Contents:
    """把库的一份写到 `path`，返回这一份里各表的行数与摘要。"""
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(_file(connection))) as source, closing(sqlite3.connect(path)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # 一个文件就是全部，不另有 -wal
        return contents.of_sqlite(path)
    with transaction.atomic(using=connection.alias):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SELECT pg_export_snapshot()")
            [snapshot] = cursor.fetchone()
        found = contents.of_postgresql(connection)
        options = ("-Fc", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", "-f", str(path))
        _run(connection, "pg_dump", *options)
    return found


def check(vendor: str, path: Path, wanted: Contents) -> list[str]:
    """不动任何库，看这一份读不读得出、是不是当时的内容；毛病一处一句。"""
    if vendor == "sqlite":
        try:
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
                said = [row for (row,) in database.execute("PRAGMA integrity_check") if row != "ok"]
            return said + contents.differences(wanted, contents.of_sqlite(path))
        except sqlite3.DatabaseError as error:
            return [f"库的文件坏了：{error}"]
    counted = _counted(path)
    told = {table: rows for table, (rows, _) in wanted.items()}
    return [f"{t}：应为 {told[t]} 行，备份里有 {counted.get(t, 0)} 行" for t in told if told[t] != counted.get(t, 0)]


def _counted(path: Path) -> dict[str, int]:
    """把 pg_dump 的一份整个展开，数各表的行。"""
    counted: dict[str, int] = {}
    table = None
    with subprocess.Popen(
        ["pg_restore", "-f", "-", str(path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout
        for line in process.stdout:
            if table is None and line.startswith(b"COPY "):
                found = re.match(rb'COPY \w+\."?(\w+)"? ', line)
                table = found[1].decode() if found else None
                counted |= {table: 0} if table else {}
            elif line == b"\\.\n":
                table = None
            elif table:
                counted[table] += 1
    if process.returncode:
        raise Refused("备份里的库展不开：文件坏了，或 pg_restore 比做备份的 pg_dump 旧。")
    return counted


def is_empty(connection: BaseDatabaseWrapper) -> bool:
    """库里还没有账户：没有建表，或刚建好表。"""
    if "departments_user" not in connection.introspection.table_names():
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM departments_user")
        return bool(cursor.fetchone()[0] == 0)


def why_not_alter(connection: BaseDatabaseWrapper) -> str:
    """现在用的角色为什么改不了库的结构（迁移、恢复都要）；改得了的为空。"""
    if connection.vendor == "sqlite":
        return ""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, has_schema_privilege('public', 'CREATE') AND NOT EXISTS "
            "(SELECT 1 FROM pg_tables WHERE schemaname = 'public' AND NOT pg_has_role(tableowner, 'USAGE'))"
        )
        role, is_able = cursor.fetchone()
    if is_able:
        return ""
    return (
        f"数据库的角色 {role} 改不了库：它是程序平时用的。改库、恢复要用库的主人的地址（/etc/yingshang/owner.env 里的 "
        "DATABASE_URL），怎么打见 docs/部署.md。"
    )


def grant(connection: BaseDatabaseWrapper) -> bool:
    """分了角色的，照 grants.sql 设程序用的角色的权限；没有分的什么也不做，返回假。"""
    if connection.vendor == "sqlite":
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s AND rolname <> current_user", [APP_ROLE])
        if not cursor.fetchone():
            return False
    _run(connection, "psql", "-X", "-q", "-o", "/dev/null", "-f", str(GRANTS))
    return True


def load(connection: BaseDatabaseWrapper, path: Path) -> None:
    """用 `path` 换掉整个库。正开着的连接随后看到的就是新的。"""
    connection.close()
    if connection.vendor == "sqlite":
        _load_sqlite(path, Path(_file(connection)))
        return
    plain = path.with_suffix(".sql")
    empty = path.with_name("empty.sql")
    empty.write_text(EMPTY, "utf-8")
    # 先整个展开：展到一半坏了，不会把半份放进去。
    _run(None, "pg_restore", "--no-owner", "--no-privileges", "-f", str(plain), str(path))
    _run(
        connection,
        "psql",
        "-X",
        "-q",
        "-1",
        "-v",
        "ON_ERROR_STOP=1",
        "-o",
        "/dev/null",
        "-f",
        str(empty),
        "-f",
        str(plain),
    )


def _load_sqlite(path: Path, where: Path) -> None:
    """照页拷进现有的库；现有的已经坏得打不开，先挪到一边。"""
    try:
        _copy_sqlite(path, where)
    except sqlite3.DatabaseError as error:
        if "locked" in str(error):
            raise Refused(
                "库正有人在写，等了二十秒也没有轮到：请先停下服务（systemctl stop yingshang），再恢复。"
            ) from error
        shutil.move(where, where.with_suffix(".damaged"))
        for rest in ("-wal", "-shm"):
            Path(f"{where}{rest}").unlink(missing_ok=True)
        _copy_sqlite(path, where)


def _copy_sqlite(path: Path, where: Path) -> None:
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(where, timeout=20)) as target:
        target.execute("PRAGMA busy_timeout = 20000")
        target.execute("SELECT count(*) FROM sqlite_master")
        source.backup(target)


def current(connection: BaseDatabaseWrapper) -> Contents:
    """库里现在的各表。"""
    if connection.vendor == "sqlite":
        return contents.of_sqlite(Path(_file(connection)))
    with transaction.atomic(using=connection.alias):
        return contents.of_postgresql(connection)


def _file(connection: BaseDatabaseWrapper) -> str:
    return str(connection.settings_dict["NAME"])


def _run(connection: BaseDatabaseWrapper | None, program: str, *options: str) -> None:
    """运行 PostgreSQL 自己的一个程序，密码经环境传去，不上命令行。出错抛 Refused，连同它说的最后几行。"""
    words = list(options)
    passed: dict[str, str] | None = None
    if connection:  # Django 给 psql 的那一套参数，三个程序都认
        [_, *words], passed = connection.client.settings_to_cmd_args_env(connection.settings_dict, words)
    env = os.environ | {"PGCONNECT_TIMEOUT": "10"} | (passed or {})
    try:
        done = subprocess.run([program, *words], env=env, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise Refused(
            f"没有 {program} 这个程序：请安装 PostgreSQL 的客户端（apt install postgresql-client）。"
        ) from error
    if done.returncode:
        raise Refused(f"{program} 没有做成：{done.stderr.strip()[-600:]}")
