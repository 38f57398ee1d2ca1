"""生效到一半进程被 kill -9：旧版完整如初，一条也没有写进去；对照说明没有事务就会留下半份。"""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import psycopg2
import pytest
from django.db import connection

from tests.processes import copied, done, migrated

ROOT = Path(__file__).resolve().parents[3]
TIMES = 10
KILLED = ("-m", "tests.tasks.imports.killed")


def run(env, *args) -> str:
    """跑完一个进程，返回它打印的最后一行。"""
    found = subprocess.run([sys.executable, *args], env=env, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert found.returncode == 0, found.stderr[-2000:]
    return found.stdout.strip().rpartition("\n")[2]


def environment(**more) -> dict:
    return {**os.environ, "DEBUG": "1", "BUSINESS_DATE": "2023-09-22", "PYTHONWARNINGS": "ignore", **more}


def sqlite_contents(path) -> list:
    with sqlite3.connect(path) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type='table' ORDER BY 1")]
        return [(name, sorted(map(repr, database.execute(f'SELECT * FROM "{name}"')))) for name in tables]


def postgres_contents(url) -> list:
    database = psycopg2.connect(url)
    try:
        cursor = database.cursor()
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        found = []
        for (name,) in cursor.fetchall():
            cursor.execute(f'SELECT t::text FROM "{name}" t ORDER BY 1')
            found.append((name, cursor.fetchall()))
        return found
    finally:
        database.close()


def prepared(env) -> str:
    """建库、载入方案、备好草稿；返回草稿编号。"""
    if env["DATABASE_URL"]:
        run(env, "manage.py", "migrate", "--verbosity", "0")
        run(env, "manage.py", "load_plan")
    else:
        done(migrated(env["DATA_DIR"]), "load_plan")
    return run(env, *KILLED, "prepare")


def kill_ten_times(env, draft, contents) -> None:
    """停在第 1、2、……10 条写语句前各杀一次，每次都核对整个库；最后好好生效一次。"""
    before = contents()
    command = [sys.executable, *KILLED, "kill", draft, "1", str(TIMES)]
    with subprocess.Popen(
        command, env=env, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as killer:
        for write in range(1, TIMES + 1):
            assert killer.stdout.readline() == "杀了\n"
            assert contents() == before, f"停在第 {write} 条写语句时留下了东西"
            killer.stdin.write("\n")
            killer.stdin.flush()
    assert int(run(env, *KILLED, "apply", draft)) >= TIMES
    assert contents() != before


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """备好草稿的一份：（数据目录，草稿编号）。只备一次，各取一份副本。"""
    data = tmp_path_factory.mktemp("prepared")
    return data, prepared(environment(DATA_DIR=str(data), DATABASE_URL=""))


@pytest.fixture
def sqlite_env(home, tmp_path):
    copied(home[0], tmp_path)
    return environment(DATA_DIR=str(tmp_path), DATABASE_URL="")


@pytest.mark.xdist_group("kill")
def test_killed_in_the_middle_the_old_revision_stays_whole_on_sqlite(sqlite_env, home, tmp_path):
    kill_ten_times(sqlite_env, home[1], lambda: sqlite_contents(tmp_path / "db.sqlite3"))


@pytest.mark.thorough
@pytest.mark.xdist_group("kill")
def test_without_a_transaction_the_same_kill_would_leave_half_a_plan(sqlite_env, home, tmp_path):
    """对照：证明上面的测试真的杀在了半途。"""
    draft = home[1]
    before = sqlite_contents(tmp_path / "db.sqlite3")
    assert run(sqlite_env, *KILLED, "bare", draft, "6") == "杀了"
    after = dict(sqlite_contents(tmp_path / "db.sqlite3"))
    changed = {name for name, rows in before if after[name] != rows}
    assert "tasks_measure" in changed
    assert "tasks_planrevision" not in changed, "举措改了而版本没有：正是半份方案"


@pytest.mark.postgres
@pytest.mark.django_db
def test_killed_in_the_middle_the_old_revision_stays_whole_on_postgresql():
    """另建一个库（名字随这次测试的库），用完即删。"""
    where = connection.settings_dict
    name = f"{where['NAME']}_kill"
    login = where["USER"] + (f":{where['PASSWORD']}" if where["PASSWORD"] else "")
    url = f"postgres://{login}@{where['HOST'] or '127.0.0.1'}:{where['PORT'] or 5432}/{name}"
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        cursor.execute(f'CREATE DATABASE "{name}"')
    try:
        env = environment(DATABASE_URL=url)
        kill_ten_times(env, prepared(env), lambda: postgres_contents(url))
    finally:
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
