"""建库的一步只走一遍：迁移从头走要七八秒（每加一条约束都要把模型的历史重排一遍），走完的空库留个底。

只管 SQLite（内存里的库）：底子放在系统的临时目录里，名字是全部迁移文件的摘要，几个测试进程、下一次跑都装回它。
装回之后照样运行 migrate：没有要走的就过去了，少了什么当场补上或出错，所以底子旧了也骗不过测试。
真进程用的文件库也从它复制；那里先从头走完的（make setup），它的库就作底。PostgreSQL 建库本来就快，照旧从头走。
"""

import fcntl
import hashlib
import os
import shutil
import sqlite3
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

import django
from django.apps import apps
from django.db import connection


def kept() -> Path:
    """留底的文件（还没有留过就不在）：迁移与各库的版本一变，就是另一份。"""
    digest = hashlib.sha256(f"{django.VERSION} {sqlite3.sqlite_version}".encode())
    for config in apps.get_app_configs():
        for path in sorted(Path(config.path, "migrations").glob("*.py")):
            digest.update(path.name.encode() + path.read_bytes())
    folder = Path(tempfile.gettempdir(), f"yingshang-schema-{os.getuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / f"{digest.hexdigest()[:20]}.sqlite3"


@contextmanager
def remembered(creation):
    """里面建测试库：有底就先装回来，没有就从头走、走完留底；同时只有一个进程在走。

    内存里的库随最后一个连接消失，所以自己的连接要一直开着（产生的值就是它）。
    """
    original = creation._create_test_db
    with alone() as file:

        def restored(*args, **more):
            name = original(*args, **more)
            held.append(sqlite3.connect(name, uri=True, check_same_thread=False))
            if file.exists():
                with sqlite3.connect(file) as source:
                    source.backup(held[0])
                source.close()
            return name

        held: list[sqlite3.Connection] = []
        creation._create_test_db = restored
        try:
            yield held
        finally:
            del creation._create_test_db
        if not file.exists():
            keep(file, held[0])


@contextmanager
def alone():
    """留底的文件；里面只有一个进程在建库，别的等着它，不各走一遍。"""
    file = kept()
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield file


def put(file, path):
    """把留的底放到 `path`，权限与自己建的一样。"""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copyfile(file, path)
    path.chmod(0o600)


def keep(file, source):
    """走完迁移的库（一个打开的连接）留作底。写全了再换上名字：中断的不算。"""
    made = file.with_suffix(f".{os.getpid()}")
    with suppress(FileNotFoundError):
        made.unlink()
    target = sqlite3.connect(made)
    source.backup(target)
    target.execute("PRAGMA journal_mode = DELETE")  # 文件库是 WAL 的，内存里的库装不回那种
    target.close()
    made.replace(file)


def is_wanted() -> bool:
    """测试库在内存里的 SQLite 才留底。"""
    return connection.vendor == "sqlite" and connection.creation.is_in_memory_db(
        connection.creation._get_test_db_name()
    )
