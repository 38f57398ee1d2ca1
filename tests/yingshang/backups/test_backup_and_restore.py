"""备份与恢复，当真进程运行，两种库：写着的时候备份、恢复到空的安装、取回昨天、坏了的当场知道。"""

import json
import sqlite3
import subprocess
import tarfile
import threading
import time
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path

import psycopg2
import pytest

from tests.examples import also
from tests.processes import copied, done, manage
from tests.yingshang.databases import databases
from yingshang.backups import contents
from yingshang.backups.databases import GRANTS

SCRATCH = ("CREATE TABLE load_a (n int)", "CREATE TABLE load_b (n int)", "CREATE TABLE load_file (name text, sum text)")


class Load:
    """写个不停：先落盘一份材料，再在一个事务里往三张表各写一行。"""

    def __init__(self, connect, folder):
        self.connect, self.folder, self.count = connect, folder, 0
        self.stopped = threading.Event()

    def run(self):
        with closing(self.connect()) as database:
            while not self.stopped.is_set():
                self.write(database)
                time.sleep(0.002)

    def write(self, database):
        self.count += 1
        name, content = f"evidence/load/{self.count}", str(self.count).encode() * 500
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_bytes(content)
        cursor = database.cursor()
        cursor.execute(f"INSERT INTO load_a VALUES ({self.count})")
        cursor.execute(f"INSERT INTO load_file VALUES ('{name}', '{sha256(content).hexdigest()}')")
        cursor.execute(f"INSERT INTO load_b VALUES ({self.count})")
        database.commit()


@contextmanager
def under_load(connect, folder):
    with closing(connect()) as database:
        for statement in SCRATCH:
            database.cursor().execute(statement)
        database.commit()
    load = Load(connect, folder)
    thread = threading.Thread(target=load.run)
    thread.start()
    try:
        yield load
    finally:
        load.stopped.set()
        thread.join()


def one_backup(data, what="yingshang-*") -> Path:
    [path] = (data / "backups").glob(what)
    return path


def everything(connect) -> dict:
    """库里各表的内容，连同行数。"""
    with closing(connect()) as database:
        cursor = database.cursor()
        is_file = isinstance(database, sqlite3.Connection)
        cursor.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            if is_file
            else "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        )
        found = {}
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT * FROM "{table}"')
            found[table] = contents.digest(cursor.fetchall())
        found.pop("stamp")
        return found


def files(data) -> dict:
    root = data / "files"
    return {str(p.relative_to(root)): sha256(p.read_bytes()).hexdigest() for p in root.rglob("*") if p.is_file()}


def check_the_copy_is_of_one_moment(connect, data, load, started):
    """恢复出来的：三张表写到同一次，那一次以前的材料一份不缺；而且真的是写着的时候做的。"""
    with closing(connect()) as database:
        cursor = database.cursor()
        cursor.execute("SELECT (SELECT count(*) FROM load_a), (SELECT count(*) FROM load_b)")
        written, also = cursor.fetchone()
        cursor.execute("SELECT name, sum FROM load_file")
        named = dict(cursor.fetchall())
    assert started <= written == also == len(named) < load.count
    there = files(data)
    assert {name: there.get(name) for name in named} == named


# ── SQLite ──


@pytest.fixture(scope="module")
def home(tree, demonstrated, tmp_path_factory):
    """一份演示数据，写着的时候备份过：（数据目录，备份，那一刻以前写了几次，写的人）。加密的。"""
    data = copied(tree / "var" / "demo", tmp_path_factory.mktemp("home"))
    key = data / "key"
    key.write_text("q" * 44 + "\n", "utf-8")
    with under_load(lambda: sqlite3.connect(data / "db.sqlite3", timeout=20), data / "files") as load:
        time.sleep(0.2)
        started = load.count
        done(data, "backup", BACKUP_KEY_FILE=str(key), cwd=tree)
        time.sleep(0.2)
    return data, one_backup(data), started, load


def opened(data):
    return lambda: sqlite3.connect(data / "db.sqlite3")


def with_key(home, data, *arguments, **more):
    return manage(data, *arguments, BACKUP_KEY_FILE=str(home[0] / "key"), **more)


def test_a_backup_under_load_restores_into_an_empty_installation(tree, home, tmp_path):
    result = with_key(home, tmp_path / "new", "restore", home[1])
    assert result.returncode == 0, result.stderr
    assert "逐一核对相符" in result.stdout
    check_the_copy_is_of_one_moment(opened(tmp_path / "new"), tmp_path / "new", home[3], home[2])
    folders = [path for path in (tmp_path / "new/files").rglob("*") if path.is_dir()]
    assert folders and {path.stat().st_mode & 0o777 for path in [tmp_path / "new/files", *folders]} == {0o700}
    assert "处处相同" in done(tmp_path / "new", "rejudge", "--check")


def test_yesterday_is_taken_back_and_today_is_kept_aside(tree, home, tmp_path):
    data = copied(tree / "var" / "demo", tmp_path / "data")
    done(data, "backup")
    yesterday, before, stored = one_backup(data), everything(opened(data)), files(data)
    with sqlite3.connect(data / "db.sqlite3") as database:
        database.execute("UPDATE tasks_progress SET text = '写错了' WHERE id = (SELECT min(id) FROM tasks_progress)")
    database.close()
    (data / "files" / "evidence" / "今天的").write_bytes(b"today")
    refused = manage(data, "restore", yesterday)
    assert refused.returncode == 1 and "没有动它" in refused.stderr and everything(opened(data)) != before
    said = done(data, "restore", yesterday, "--replace")
    assert "1 份材料已移走" in said
    assert (everything(opened(data)), files(data)) == (before, stored)
    aside = one_backup(data, "*-before-restore*")
    assert "备份是好的" in done(data, "restore", "--check", aside)
    with tarfile.open(aside) as tar:
        assert "files/evidence/今天的" in tar.getnames()


def test_a_check_touches_nothing(home):
    data, backup, *_ = home
    before = (everything(opened(data)), files(data), backup.read_bytes())
    result = with_key(home, data, "restore", "--check", backup)
    assert result.returncode == 0 and "备份是好的" in result.stdout
    assert (everything(opened(data)), files(data), backup.read_bytes()) == before


@pytest.mark.parametrize("spoil", ["改一个字节", "没有钥匙", *also("少了末尾", "钥匙不对")])
def test_what_cannot_be_trusted_is_refused_before_anything_is_touched(tree, home, tmp_path, spoil):
    content, key = home[1].read_bytes(), home[0] / "key"
    if spoil == "改一个字节":
        middle = len(content) // 2
        content = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    elif spoil == "少了末尾":
        content = content[:-1000]
    elif spoil == "钥匙不对":
        key = tmp_path / "other"
        key.write_text("w" * 44, "utf-8")
    spoilt = tmp_path / home[1].name
    spoilt.write_bytes(content)
    result = manage(tmp_path / "new", "restore", spoilt, BACKUP_KEY_FILE="" if spoil == "没有钥匙" else str(key))
    assert result.returncode == 1 and "Traceback" not in result.stderr
    assert ("BACKUP_KEY_FILE" if spoil == "没有钥匙" else "打不开") in result.stderr
    assert not (tmp_path / "new" / "files").exists() and not (tmp_path / "new" / "db.sqlite3").exists()


def test_the_command_in_the_documentation_opens_an_encrypted_backup_without_the_program(home, tmp_path):
    from yingshang.backups import sealing

    line = next(line.strip() for line in sealing.__doc__.splitlines() if "openssl enc -d" in line)
    line = line.replace("备份.tar.gz.enc", str(home[1])).replace("钥匙", str(home[0] / "key"))
    subprocess.run(line, shell=True, cwd=tmp_path, check=True)
    manifest = json.loads((tmp_path / "manifest.json").read_text("utf-8"))
    assert contents.of_sqlite(tmp_path / "database.sqlite3") == manifest["tables"]
    assert {f"files/{name}" for name in files(tmp_path)} < set(manifest["members"])


def test_the_settings_come_back_on_request(tree, demonstrated, tmp_path):
    data = copied(tree / "var" / "demo", tmp_path / "data")
    (tree / ".env").write_text("SITE_URL=https://ledger.example.internal\n", "utf-8")
    try:
        done(data, "backup", cwd=tree)
    finally:
        (tree / ".env").unlink()
    for name, *more in (("only", "--check"), ("env",)):
        env = tmp_path / name
        said = done(tmp_path / "new", "restore", one_backup(data), *more, "--settings-to", env, cwd=tree)
        assert "设置已写到" in said and "ledger.example.internal" in env.read_text("utf-8")
        assert env.stat().st_mode & 0o777 == 0o600
    # 写不到那里：换库以前就停下。
    before = everything(opened(tmp_path / "new"))
    refused = manage(tmp_path / "new", "restore", one_backup(data), "--replace", "--settings-to", "/nowhere/env")
    assert refused.returncode == 1 and "没有动库。设置写不到 /nowhere/env" in refused.stderr
    assert everything(opened(tmp_path / "new")) == before and not list((tmp_path / "new").glob("backups/*"))


def test_the_backup_says_which_bundle_made_it(tree, demonstrated, tmp_path):
    """恢复要同一箱：只说 0.1.0，不知道是哪一箱。"""
    data = copied(tree / "var" / "demo", tmp_path / "data")
    (tree / "VERSION").write_text("0.1.0+20261127.abcdef0\n", "utf-8")
    try:
        done(data, "backup", cwd=tree)
    finally:
        (tree / "VERSION").unlink()
    assert "版本 0.1.0+20261127.abcdef0" in done(data, "restore", "--check", one_backup(data))


def test_what_cannot_be_read_for_want_of_permission_is_said_to_be_that(tree, demonstrated, tmp_path):
    """root 带来的备份、换了组的设置：说是权限，不说“坏了”“没有设置 SECRET_KEY”。"""
    data = copied(tree / "var" / "demo", tmp_path / "data")
    done(data, "backup")
    backup = one_backup(data)
    backup.chmod(0)
    refused = manage(data, "restore", "--check", backup, without_privilege=True)
    assert refused.returncode == 1 and f"没有权限读 {backup}" in refused.stderr and "坏" not in refused.stderr
    key = tmp_path / "key"
    for why in ("没有这个文件", "没有权限，chown root:yingshang"):
        backup.chmod(0o644)
        refused = manage(data, "backup", BACKUP_KEY_FILE=str(key), without_privilege=True)
        assert refused.returncode == 1 and f"{key}：{why}" in refused.stderr, refused.stderr
        key.write_text("k" * 40, "utf-8")
        key.chmod(0)
    env = tree / ".env"
    env.write_text("SITE_URL=https://ledger.example.internal\n", "utf-8")
    env.chmod(0)
    try:
        refused = manage(data, "check", cwd=tree, without_privilege=True, SECRET_KEY="", DEBUG="")
    finally:
        env.unlink()
    assert (
        refused.returncode == 1 and f"设置的文件 {env} 读不了" in refused.stderr and "SECRET_KEY" not in refused.stderr
    )


def test_a_material_that_is_gone_is_told_and_the_backup_is_made_all_the_same(tree, demonstrated, tmp_path):
    data = copied(tree / "var" / "demo", tmp_path / "data")
    lost = next(p for p in (data / "files").rglob("*") if p.is_file())
    lost.unlink()
    result = manage(data, "backup")
    assert result.returncode == 1 and f"盘上没有：{lost.relative_to(data / 'files')}" in result.stderr
    assert "备份是好的" in done(data, "restore", "--check", one_backup(data))


def test_a_backup_of_a_newer_program_is_not_put_under_this_one(tree, demonstrated, tmp_path):
    data = copied(tree / "var" / "demo", tmp_path / "data")
    with sqlite3.connect(data / "db.sqlite3") as database:
        database.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('tasks', '9999_later', '2099-01-01')"
        )
    database.close()
    done(data, "backup")
    result = manage(tmp_path / "new", "restore", one_backup(data))
    assert result.returncode == 1 and "来自更新的程序" in result.stderr and "9999_later" in result.stderr


# ── PostgreSQL ──


@pytest.fixture
def two_databases(db):
    """两个自己的库的地址。"""
    with databases("backup_a", "backup_b") as urls:
        yield urls


@pytest.mark.postgres
def test_on_postgresql_too_under_load_into_an_empty_one_and_back_again(two_databases, tmp_path):
    first, second = two_databases
    home = tmp_path / "home"
    done(home, "migrate", "--verbosity", "0", DATABASE_URL=first)
    done(home, "load_plan", DATABASE_URL=first)
    done(home, "first_admin", DATABASE_URL=first)
    with under_load(lambda: psycopg2.connect(first), home / "files") as load:
        time.sleep(0.2)
        started = load.count
        done(home, "backup", DATABASE_URL=first)
        time.sleep(0.2)
    backup, new = one_backup(home), tmp_path / "new"
    assert "备份是好的" in done(new, "restore", "--check", backup, DATABASE_URL=second)
    assert "逐一核对相符" in done(new, "restore", backup, DATABASE_URL=second)
    check_the_copy_is_of_one_moment(lambda: psycopg2.connect(second), new, load, started)
    # 取回昨天：原来的库也换成这一份，多出来的表（以后的版本加的）一并没有了。
    with closing(psycopg2.connect(first)) as database:
        cursor = database.cursor()
        cursor.execute("CREATE TABLE later (plan bigint REFERENCES tasks_plan)")
        database.commit()
    done(home, "restore", backup, "--replace", DATABASE_URL=first)
    assert everything(lambda: psycopg2.connect(first)) == everything(lambda: psycopg2.connect(second))
    with closing(psycopg2.connect(first)) as database, pytest.raises(psycopg2.Error, match="只能新增"):
        database.cursor().execute("DELETE FROM tasks_event")


@pytest.fixture
def two_roles(two_databases):
    """第一个库分了角色，照 roles.sql 的样子：（主人的地址，程序用的地址）。角色是整台机器的，用完删去自己造的。"""
    owner = two_databases[0]
    name = owner.rpartition("/")[2]
    app = "postgres://yingshang_app:app@" + owner.rpartition("@")[2]
    with closing(psycopg2.connect(owner)) as database:
        database.autocommit = True
        cursor = database.cursor()
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = 'yingshang_app'")
        is_new = not cursor.fetchone()
        if is_new:
            cursor.execute("CREATE ROLE yingshang_app LOGIN PASSWORD 'app'")
        cursor.execute(f'GRANT CONNECT, TEMPORARY ON DATABASE "{name}" TO yingshang_app')
        cursor.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        cursor.execute("GRANT USAGE ON SCHEMA public TO yingshang_app")
        cursor.execute("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO yingshang_app")
        cursor.execute("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON SEQUENCES TO yingshang_app")
        try:
            yield owner, app
        finally:
            cursor.execute("DROP OWNED BY yingshang_app")
            if is_new:
                cursor.execute("DROP ROLE yingshang_app")


def refusal(url, sql):
    """这一句被库拒绝的话；没有拒绝为空。"""
    with closing(psycopg2.connect(url)) as database:
        try:
            database.cursor().execute(sql)
        except psycopg2.errors.InsufficientPrivilege as error:
            return str(error)
    return ""


def log_checks(data, url) -> set:
    said = manage(data, "check", "--deploy", "--tag", "site", DATABASE_URL=url)
    return {mark for mark in ("site.E021", "site.W007") if mark in said.stderr + said.stdout}


@pytest.mark.postgres
@pytest.mark.xdist_group("roles")
def test_with_two_roles_restoring_wants_the_owner_and_leaves_the_log_append_only(two_roles, tmp_path):
    owner, app = two_roles
    home = tmp_path / "home"
    done(home, "migrate", "--verbosity", "0", DATABASE_URL=owner)
    done(home, "first_admin", DATABASE_URL=app)
    # 建好了还没有设权限：触发器还拦着，权限却开着，谁也看不出来，部署检查要说。
    assert refusal(app, "DELETE FROM tasks_event WHERE false") == "" and log_checks(home, app) == {"site.E021"}
    assert log_checks(home, owner) == {"site.W007"}
    done(home, "backup", DATABASE_URL=app)
    refused = manage(home, "import_all", home / "all.zip", DATABASE_URL=app)
    assert refused.returncode == 1 and "没有放进任何内容" in refused.stderr and "库的主人的地址" in refused.stderr
    refused = manage(home, "migrate", DATABASE_URL=app)
    assert refused.returncode == 1 and "库的主人的地址" in refused.stderr and "Traceback" not in refused.stderr
    refused = manage(home, "restore", one_backup(home), "--replace", "--no-backup", DATABASE_URL=app)
    assert refused.returncode == 1 and "库的主人的地址" in refused.stderr and "must be owner" not in refused.stderr
    said = done(home, "restore", one_backup(home), "--replace", "--no-backup", DATABASE_URL=owner)
    assert "逐一核对相符" in said and "操作记录只能加" in said
    for table in ("tasks_event", "departments_securityevent"):
        for sql in ("DELETE FROM {}", "UPDATE {} SET id = id", "TRUNCATE {}"):
            assert "permission denied" in refusal(app, sql.format(table)), sql
    assert log_checks(home, app) == set()


@pytest.mark.postgres
@pytest.mark.xdist_group("roles")
def test_the_privileges_can_be_set_on_a_database_of_the_first_release_too(two_roles, tmp_path):
    """退回 0.1.0 的库：那时还没有安全日志，不能因为它停在半路。"""
    owner, app = two_roles
    with closing(psycopg2.connect(owner)) as database:
        database.cursor().execute("CREATE TABLE tasks_event (id int); CREATE TABLE django_migrations (id int)")
        database.commit()
    subprocess.run(["psql", "-X", "-q", owner, "-f", GRANTS], check=True)
    assert "permission denied" in refusal(app, "DELETE FROM tasks_event")
    assert refusal(app, "INSERT INTO tasks_event VALUES (1)") == ""
