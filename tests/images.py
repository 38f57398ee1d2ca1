"""底子只造一次：第一次照业务的路走一遍，把库里的行、材料文件与造出的对象留个底，以后各测试装回一份。

每个测试仍有自己的一份：对象是重新取出来的，行铺在测试的事务底下（见 `lay`），回滚了仍是原样，谁改了什么别的测试都看不到。
内存里的 SQLite 才这样铺；PostgreSQL 上写在测试自己的事务里。造一遍要一秒到十秒，换一份约千分之几秒，不换就不必装。
几个测试进程一起跑时（xdist），一份底子也只造一遍：先到的造好放进这一次跑的目录（`SHARED`），别的装回它。
"""

import fcntl
import io
import pickle
import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.management.color import no_style
from django.db import connection, transaction

from . import schema
from .judging import WATCH

_IMAGES = {}
_SHELVES: dict[str | None, sqlite3.Connection] = {}  # 铺过的各留一份整库，在内存里；None 是空库
_BELOW: list[str | None] = []  # 库里现在铺着的是哪一份；不知道（清过库）就空着
SHARED: list[Path] = []  # 这一次跑的各进程共有的目录，conftest 在开头放进来


@dataclass(frozen=True)
class Image:
    """一份底子：表名 → 行（PostgreSQL 是 COPY 的字节），相对路径 → 文件内容，腌好的对象。"""

    rows: dict
    files: dict
    made: bytes


@cache
def _models():
    """两个应用自己的表，连同多对多的中间表；其余的（内容类型、权限、放假与调休）建库时就有。"""
    return [
        m
        for name in ("departments", "tasks")
        for m in apps.get_app_config(name).get_models(include_auto_created=True)
        if not m._meta.proxy and m._meta.model_name != "holiday"
    ]


def lay(name):
    """测试开事务以前铺好它要的那一份（None 是空库）：与上一个测试要的一样就已经在那里。还没有造过的，先铺空库，由 `once` 去造。"""
    name = name if name in _IMAGES else None
    if not schema.is_wanted() or [name] == _BELOW:
        return
    connection.ensure_connection()
    if not _SHELVES:
        _shelve(None)
    _SHELVES[name if name in _SHELVES else None].backup(connection.connection)
    if name not in _SHELVES:
        _load_rows(_IMAGES[name])
        _shelve(name)
    _BELOW[:] = [name]


def forget():
    """库被清过：底下铺着什么不作数了。"""
    _BELOW.clear()


def _shelve(name):
    _SHELVES[name] = sqlite3.connect(":memory:", check_same_thread=False)
    connection.connection.backup(_SHELVES[name])


def once(name, build):
    """`build()` 造的底子。一次跑只造一遍，之后装回副本；库里须是空的，或者铺的就是它。"""
    if name not in _IMAGES:
        with _alone(name) as file:
            if not file.exists():
                made = build()
                WATCH.freshen()  # 底子里手写的事实先补判，装回去就是判好的
                _IMAGES[name] = _take(made)
                file.write_bytes(pickle.dumps(_IMAGES[name]))
                return made
            _IMAGES[name] = pickle.loads(file.read_bytes())
    return _restore(name)


@contextmanager
def _alone(name):
    """放这份底子的文件；别的进程正在造它时等着。"""
    [folder] = SHARED
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder / f"{name}.image"


def _take(made) -> Image:
    root = Path(settings.MEDIA_ROOT)
    files = {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    with connection.cursor() as cursor:
        rows = {m._meta.db_table: _dump(cursor, m._meta.db_table) for m in _models()}
    return Image({table: found for table, found in rows.items() if found}, files, pickle.dumps(made))


def _restore(name):
    image = _IMAGES[name]
    if [name] != _BELOW:
        assert _BELOW in ([], [None]), f"要的是 {name}，铺的是 {_BELOW}：请在 conftest 的 `_base_of` 里写明。"
        _load_rows(image)
    for path, content in image.files.items():
        target = Path(settings.MEDIA_ROOT) / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return pickle.loads(image.made)


def _load_rows(image):
    # 一个事务里写：外键到提交时才核对，表的先后就无所谓。
    with transaction.atomic(), connection.cursor() as cursor:
        for table, rows in image.rows.items():
            _load(cursor, table, rows)
        if resets := connection.ops.sequence_reset_sql(no_style(), _models()):
            cursor.execute("\n".join(resets))


def _dump(cursor, table):
    if connection.vendor == "postgresql":
        out = io.BytesIO()
        cursor.copy_expert(f'COPY "{table}" TO STDOUT', out)
        return out.getvalue()
    return cursor.execute(f'SELECT * FROM "{table}"').fetchall()


def _load(cursor, table, rows):
    if connection.vendor == "postgresql":
        cursor.copy_expert(f'COPY "{table}" FROM STDIN', io.BytesIO(rows))
    else:
        cursor.executemany(f'INSERT INTO "{table}" VALUES ({", ".join(["%s"] * len(rows[0]))})', rows)
