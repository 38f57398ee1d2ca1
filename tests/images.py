"""底子只造一次：第一次照业务的路走一遍，把库里的行、材料文件与造出的对象留个底，以后各测试装回一份。

每个测试仍有自己的一份：对象是重新取出来的，行铺在测试的事务底下（见 `lay`），回滚了仍是原样，谁改了什么别的测试都看不到。
造一遍要一秒到十秒；内存里的 SQLite 整库拷来，换一份约千分之几秒，PostgreSQL 一份底子一个库，换一份是换一个连接；不换就不必装。
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
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.management.color import no_style
from django.db import connection, transaction

from . import schema
from .judging import WATCH

_IMAGES = {}
_SHELVES: dict[str | None, Any] = {}  # 铺过的各留一份整库：在内存里的 SQLite，或 PostgreSQL 的库名；None 是空库
_OPEN: dict[str | None, Any] = {}  # PostgreSQL 各库开着的连接，手里的那个除外；至多留几个，进程多的机器上连接有限
SPARE = 2
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


def lay(name, is_transactional=False):
    """测试开事务以前铺好它要的那一份（None 是空库）：与上一个测试要的一样就已经在那里。还没有造过的，先铺空库，由 `once` 去造。

    真事务的测试结束时要清库：PostgreSQL 上它们只用空库，不动铺好的各库。
    """
    on_postgres = connection.vendor == "postgresql"
    if on_postgres and (is_transactional or "." in (name or "")):  # 一个文件自己的底子用得少，不值得另建一个库
        name = None
    name = name if name in _IMAGES else None
    if [name] == _BELOW or not (on_postgres or schema.is_wanted()):
        return
    connection.ensure_connection()
    (_turn_to if on_postgres else _copy)(name)
    _BELOW[:] = [name]


def _copy(name):
    if not _SHELVES:
        _shelve(None)
    _SHELVES[name if name in _SHELVES else None].backup(connection.connection)
    if name not in _SHELVES:
        _load_rows(_IMAGES[name])
        _shelve(name)


def _shelve(name):
    _SHELVES[name] = sqlite3.connect(":memory:", check_same_thread=False)
    connection.connection.backup(_SHELVES[name])


def _turn_to(name):
    """换到这份底子的库，没有的从干净的空库（`pristine`）建。换到一半出了错，下面铺着什么就不作数了。"""
    here = next(iter(_BELOW), None)
    if not _BELOW:
        ContentType.objects.clear_cache()  # 清过库的，内容类型另编过号
    forget()
    if not _SHELVES:
        _SHELVES[None] = connection.settings_dict["NAME"]
        connection.close()  # 有人连着的库拷不了
        _create("pristine", _SHELVES[None])
    is_new = name not in _SHELVES
    if is_new:
        _create(name, _SHELVES["pristine"])
    _OPEN[here] = connection.connection
    connection.settings_dict["NAME"] = _SHELVES[name]
    connection.connection = _OPEN.pop(name, None)
    connection.ensure_connection()
    while len(_OPEN) > SPARE:
        if oldest := _OPEN.pop(next(iter(_OPEN))):
            oldest.close()
    if is_new:
        try:
            _load_rows(_IMAGES[name])
        except BaseException:
            del _SHELVES[name]
            raise


def _create(name, original):
    made = f"{_SHELVES[None]}_{name}"
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{made}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{made}" TEMPLATE "{original}"')
    _SHELVES[name] = made


def drop():
    """跑完了：PostgreSQL 上另建的各库删掉，剩下测试库自己。"""
    if connection.vendor == "postgresql" and _SHELVES:
        for one in filter(None, [*_OPEN.values(), connection.connection]):
            one.close()
        connection.connection = None
        connection.settings_dict["NAME"] = _SHELVES.pop(None)
        with connection._nodb_cursor() as cursor:
            for made in _SHELVES.values():
                cursor.execute(f'DROP DATABASE IF EXISTS "{made}" WITH (FORCE)')


def forget():
    """库被清过：底下铺着什么不作数了。"""
    _BELOW.clear()


def once(name, build):
    """`build()` 造的底子。一次跑只造一遍，之后装回副本；库里须是空的，或者铺的就是它。"""
    if name not in _IMAGES:
        with _alone(name) as file:
            if not file.exists():
                made = build()
                WATCH.freshen()  # 底子里手写的事实先补判，装回去就是判好的
                _IMAGES[name] = _take(made)
                _analyze(_IMAGES[name])
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
    _analyze(image)


def _analyze(image):
    """PostgreSQL 数一遍各表：还没有数过的当是空的来规划，几千行的一问走几十秒。"""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE " + ", ".join(f'"{table}"' for table in image.rows))


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
