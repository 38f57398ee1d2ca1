"""全部数据出来、进去、换库：每一格都相同，时刻到微秒。核对用自己的眼睛看两边的库，不用搬的那一套。"""

import datetime as dt
import json
import sqlite3
import zipfile
from contextlib import closing
from decimal import Decimal
from hashlib import sha256
from io import BytesIO

import openpyxl
import psycopg2
import pytest

from tests import first_release, processes
from tests.examples import also
from tests.processes import copied, done, environment, manage
from tests.yingshang.databases import databases

# 不搬的：谁登录着、记号、迁移的记录（各库自己的）。
OWN = {"django_session", "stamp", "django_migrations", "sqlite_sequence"}
ODD = "=1+1\n“引号”'\\ 𠮷 _x0041_ " + "长" * 40_000


@pytest.fixture(scope="module")
def home(tree, demonstrated, tmp_path_factory):
    """一份演示数据，另有几样难搬的；连同它导出的 zip。"""
    data = copied(tree / "var" / "demo", tmp_path_factory.mktemp("home"))
    with sqlite3.connect(data / "db.sqlite3") as database:
        database.execute("UPDATE tasks_progress SET text = ? WHERE id = (SELECT min(id) FROM tasks_progress)", [ODD])
        database.execute(
            "UPDATE tasks_progress SET submitted_at = '2023-09-22 15:59:59.999999' "
            "WHERE id = (SELECT max(id) FROM tasks_progress WHERE submitted_at IS NOT NULL)"
        )
    database.close()
    done(data, "export_all", data / "all.zip")
    return data


@pytest.fixture(scope="module")
def migrated(tmp_path_factory):
    """只运行过 migrate 的空库所在的目录；只建一次，各取一份。"""
    return processes.migrated(tmp_path_factory.mktemp("empty"))


@pytest.fixture
def new(migrated, tmp_path):
    return copied(migrated, tmp_path / "new")


def place(row) -> str:
    """一行排在哪里：看编号；没有编号的（节假日）看那一天，两种库写成一样的字。"""
    return str(row.get("id") or row.get("day") or row)


def sqlite_rows(path) -> dict:
    with closing(sqlite3.connect(path)) as database:
        names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        found = {}
        for (table,) in names:
            cursor = database.execute(f'SELECT * FROM "{table}"')
            columns = [c[0] for c in cursor.description]
            found[table] = sorted(
                (dict(zip(columns, row, strict=True)) for row in cursor),
                key=place,
            )
        return {table: rows for table, rows in found.items() if table not in OWN}


def postgres_rows(url) -> dict:
    with closing(psycopg2.connect(url, options="-c timezone=UTC")) as database:
        cursor = database.cursor()
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        found = {}
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT * FROM "{table}"')
            columns = [c.name for c in cursor.description]
            found[table] = sorted(
                (dict(zip(columns, row, strict=True)) for row in cursor),
                key=place,
            )
        return {table: rows for table, rows in found.items() if table not in OWN}


def same(stored, value) -> bool:
    """SQLite 存的与 PostgreSQL 给的是不是同一个值。"""
    if isinstance(value, dt.datetime):
        return dt.datetime.fromisoformat(stored).replace(tzinfo=dt.UTC) == value
    if isinstance(value, dt.date):
        return stored == value.isoformat()
    if isinstance(value, (dict, list)):
        return json.loads(stored) == value
    if isinstance(value, Decimal):
        return abs(Decimal(str(stored)) - value) < Decimal("0.0001")
    if isinstance(value, memoryview):
        return stored == bytes(value)
    return stored == value


def test_exported_and_imported_every_field_is_the_same(home, new):
    assert "逐表核对相符" in done(new, "import_all", home / "all.zip")
    assert sqlite_rows(new / "db.sqlite3") == sqlite_rows(home / "db.sqlite3")
    [stored] = (p for p in (new / "files").rglob("*") if p.is_file())
    assert stored.read_bytes() == (home / "files" / stored.relative_to(new / "files")).read_bytes()
    folders = [new / "files", *(path for path in (new / "files").rglob("*") if path.is_dir())]
    assert {path.stat().st_mode & 0o777 for path in folders} == {0o700}
    assert "处处相同" in done(new, "rejudge", "--check")
    again = manage(new, "import_all", home / "all.zip")
    assert again.returncode == 1 and "要放进去的库不是空的" in again.stderr
    done(new, "first_admin")


def test_the_sheets_say_the_same_and_a_formula_stays_text(home):
    with zipfile.ZipFile(home / "all.zip") as package:
        manifest = json.loads(package.read("清单.json"))
        book = openpyxl.load_workbook(BytesIO(package.read("全部数据.xlsx")))
        lines = package.read("data/tasks_progress.jsonl").decode().splitlines()
    assert len(book.sheetnames) == len(manifest["tables"])
    rows = list(book["进展报送"].iter_rows())
    assert len(rows) - 1 == len(lines) == manifest["tables"]["tasks_progress"][0] > 100
    odd = [cell for row in rows for cell in row if str(cell.value).startswith("=1+1")]
    assert [cell.data_type for cell in odd] == ["s"] and 32_000 < len(odd[0].value) < 32_768, "长过一格的在这里截断"
    assert ODD in [json.loads(line)["text"] for line in lines]


@pytest.mark.parametrize("spoil", ["一格改过", *also("一份材料改过", "不是它导出的")])
def test_a_spoilt_file_leaves_nothing_behind(home, new, tmp_path, spoil):
    spoilt = tmp_path / "all.zip"
    with zipfile.ZipFile(home / "all.zip") as old, zipfile.ZipFile(spoilt, "w") as made:
        for name in old.namelist():
            content = old.read(name)
            if spoil == "一格改过" and name == "data/tasks_progress.jsonl":
                content = content.replace(b'"percent": 5', b'"percent": 6', 1)
                assert content != old.read(name)
            if spoil == "一份材料改过" and name.startswith("files/"):
                content += b"."
            if spoil != "不是它导出的" or name != "清单.json":
                made.writestr(name, content)
    before = sqlite_rows(new / "db.sqlite3")
    result = manage(new, "import_all", spoilt)
    assert result.returncode == 1 and "Traceback" not in result.stderr
    assert sqlite_rows(new / "db.sqlite3") == before


def test_an_export_never_overwrites_and_names_a_database_it_does_not_support(home):
    before = sha256((home / "all.zip").read_bytes()).hexdigest()
    result = manage(home, "export_all", home / "all.zip")
    assert result.returncode == 1 and sha256((home / "all.zip").read_bytes()).hexdigest() == before
    refused = manage(home, "move_database", "opengauss://u:p@127.0.0.1/x")
    assert refused.returncode == 1 and "只支持 SQLite（空着就是）与 PostgreSQL" in refused.stderr


def test_a_place_the_service_may_not_touch_is_said_in_one_sentence(home, new, tmp_path):
    shut = tmp_path / "root"
    shut.mkdir()
    (shut / "all.zip").write_bytes((home / "all.zip").read_bytes())
    shut.chmod(0)
    for where, command in ((home, "export_all"), (new, "import_all")):
        refused = manage(where, command, shut / "all.zip", without_privilege=True)
        assert refused.returncode == 1 and "没有权限" in refused.stderr and "Traceback" not in refused.stderr
        assert str(shut / "all.zip") in refused.stderr


@pytest.mark.postgres
def test_sqlite_moves_to_postgresql_field_by_field(db, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    first_release.on_sqlite(home / "db.sqlite3")  # 0.1.0 的演示，比现造一份快
    done(home, "migrate", "--verbosity", "0")
    before = sqlite_rows(home / "db.sqlite3")
    with databases("moving") as [url]:
        assert "逐格核对相符" in done(home, "move_database", url)
        assert sqlite_rows(home / "db.sqlite3") == before, "现在的库一个字也不改，迁移补旧数据的几步也不"
        here, there = sqlite_rows(home / "db.sqlite3"), postgres_rows(url)
        assert here.keys() == there.keys()
        for table, rows in here.items():
            assert len(rows) == len(there[table]), table
            for ours, theirs in zip(rows, there[table], strict=True):
                assert [c for c in ours if not same(ours[c], theirs[c])] == [], table
        # 搬过去就能用：编号接着往下编，灯与从头判的相同。
        assert "处处相同" in done(home, "rejudge", "--check", DATABASE_URL=url)
        assert "已催办" in done(home, "remind", DATABASE_URL=url)
        again = manage(home, "move_database", url)
        assert again.returncode == 1 and "不是空的" in again.stderr
    assert environment(home)["DATABASE_URL"] == "", "现在的库没有换"
