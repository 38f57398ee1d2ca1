"""库、材料、备份、设置只有服务的用户读得到（文件 0600、目录 0700），不论当初是什么 umask 造的：找出放宽了的，收紧。

不跟符号链接，不出数据目录与备份目录。SQLite 的库每次连上都看一眼；别的由 manage.py tighten 收紧，check --deploy 点名。
"""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

FILE, FOLDER, LINKED = 0o600, 0o700, 0o640  # LINKED：.env 是链接的，指着 /etc 里 root 的那一份，服务的组读得到
OPENING = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def roots() -> list[Path]:
    """要看的几处：数据目录、不在它里面的备份目录。"""
    data, backups = settings.DATA_DIR.resolve(), settings.BACKUP_DIR.resolve()
    return [folder for folder in (data, *([] if backups.is_relative_to(data) else [backups])) if folder.is_dir()]


def make(folder: Path) -> None:
    """建一个目录，上面没有的也建，都只有自己进得去：mkdir(parents=True) 建的上面几层照 umask。"""
    if not folder.is_dir():
        make(folder.parent)
        folder.mkdir(mode=FOLDER, exist_ok=True)


def wide() -> Iterator[tuple[Path, int]]:
    """放宽了的：（哪一个，现在的权限）。"""
    for root in roots():
        for folder, _, names, at in os.fwalk(root, follow_symlinks=False):
            if (mode := stat.S_IMODE(os.fstat(at).st_mode)) & ~FOLDER:
                yield Path(folder), mode
            for name in names:
                with suppress(FileNotFoundError):  # 刚去掉的
                    found = os.stat(name, dir_fd=at, follow_symlinks=False)
                    if stat.S_ISREG(found.st_mode) and stat.S_IMODE(found.st_mode) & ~FILE:
                        yield Path(folder, name), stat.S_IMODE(found.st_mode)
    env = settings.ENV_FILE
    if env.is_file() and (mode := stat.S_IMODE(env.stat().st_mode)) & ~(LINKED if env.is_symlink() else FILE):
        yield env, mode


def tighten(path: Path) -> str:
    """收紧一个，返回为什么没有成；成了为空。打开以后再改，打开的不会是链接。"""
    try:
        at = os.open(path, OPENING)
    except OSError as error:
        return os.strerror(error.errno or 0)
    try:
        kind = os.fstat(at).st_mode
        if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
            return "不是文件，也不是目录"
        os.fchmod(at, stat.S_IMODE(kind) & (FOLDER if stat.S_ISDIR(kind) else FILE))
    except OSError as error:
        return os.strerror(error.errno or 0)
    finally:
        os.close(at)
    return ""


def close_database(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """SQLite 照 umask 造库：刚连上就收紧，连同它的两个附属文件。不是自己的文件改不了，由 check 去说。"""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor != "sqlite" or name.startswith("file:"):
        return
    for path in (Path(name), Path(f"{name}-wal"), Path(f"{name}-shm")):
        with suppress(FileNotFoundError):
            if stat.S_IMODE(path.stat().st_mode) & ~FILE:
                tighten(path)


connection_created.connect(close_database)
