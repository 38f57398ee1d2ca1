"""写不进去：磁盘满了，或库、目录现在只许读。是我们这边的事，不是来访者的；写了一半的文件不留。"""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.middleware import SessionMiddleware as DjangoSessionMiddleware
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadhandler import SkipFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler as DjangoTemporaryFileUploadHandler
from django.http import HttpRequest, HttpResponse

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EIO, errno.EACCES, errno.EPERM}
# SQLite 的主错误码：只读、读写出错、磁盘满、打不开；PostgreSQL 的：磁盘满、只读的事务。
SQLITE = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN}
POSTGRESQL = {"53100", "25006"}

# 这一次请求里存下的文件；没有办成的一并去掉。
_saved: ContextVar[list[Path] | None] = ContextVar("saved", default=None)


def is_blocked(error: BaseException | None) -> bool:
    """这个错（或引起它的）是写不进去。"""
    while error is not None:
        if isinstance(error, OSError) and error.errno in FULL:
            return True
        if isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) & 0xFF in SQLITE:
            return True
        if getattr(error, "pgcode", None) in POSTGRESQL:  # psycopg2 的叫法
            return True
        error = error.__cause__ or error.__context__
    return False


class SessionMiddleware(DjangoSessionMiddleware):
    """“还在用”记不下来的，照常答：事情办成没有，不看它。Django 把它当作会话没有了，答 400。"""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        try:
            return super().process_response(request, response)
        except SessionInterrupted as error:
            if is_blocked(error):
                return response
            raise


class TemporaryFileUploadHandler(DjangoTemporaryFileUploadHandler):
    """上传的文件暂存不下：这一个跳过，同一张表单里写的话照样收，由视图那一层说明。"""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        try:
            super().receive_data_chunk(raw_data, start)
        except OSError as error:
            self.request.blocked = error  # type: ignore[union-attr]  # 读表单时总有请求
            raise SkipFile from error


class WholeFileStorage(FileSystemStorage):
    """存得全的才留下：写了一半的不留。"""

    def _save(self, name: str, content: File) -> str:
        path = Path(self.path(name))
        was_there = path.exists()
        try:
            name = super()._save(name, content)  # type: ignore[misc]  # 类型库没有写它
        except BaseException:
            if not was_there:
                path.unlink(missing_ok=True)
            raise
        if (saved := _saved.get()) is not None:
            saved.append(Path(self.path(name)))
        return name


@contextmanager
def together() -> Iterator[list[Any]]:
    """里面存下的文件，出错时（或叫 `discard` 时）一并去掉：库里撤回了，文件不单独留下。"""
    saved: list[Path] = []
    token = _saved.set(saved)
    try:
        yield saved
    except BaseException:
        discard(saved)
        raise
    finally:
        _saved.reset(token)


def discard(saved: list[Path]) -> None:
    """去掉这一次存下的文件。"""
    while saved:
        saved.pop().unlink(missing_ok=True)
