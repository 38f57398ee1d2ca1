"""一份备份：一个 tar.gz（设了钥匙的再加密），里面是库、佐证材料、设置，末尾一份清单写明每一样的摘要。

先取库、后收材料：材料先落盘、后记入库，记下的那一刻它一定已经在了；收的时候正在上传的，库的这一份里还没有它。
"""

import datetime as dt
import gzip
import hashlib
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from yingshang import modes
from yingshang.refusals import Refused

from . import databases, sealing

MANIFEST, SETTINGS, FILES = "manifest.json", "settings.env", "files/"
FORMAT = 1


@dataclass
class Manifest:
    """清单。"""

    made_at: str
    version: str
    engine: str
    migrations: list[list[str]]
    # 表 → [行数, 摘要]
    tables: dict[str, list]
    # 成员 → [字节数, sha256]
    members: dict[str, list] = field(default_factory=dict)
    # 库里记着、盘上却没有的材料
    missing: list[str] = field(default_factory=list)
    format: int = FORMAT

    @property
    def files(self) -> list[str]:
        """各份材料，相对于材料目录的路径。"""
        return [name.removeprefix(FILES) for name in self.members if name.startswith(FILES)]

    @property
    def said(self) -> str:
        rows = sum(rows for rows, _ in self.tables.values())
        size = sum(size for size, _ in self.members.values())
        return (
            f"{self.made_at[:19].replace('T', ' ')}，版本 {self.version}，{self.engine}，"
            f"{len(self.tables)} 张表 {rows} 行，{len(self.files)} 份材料，共 {size} 字节"
        )


def write(path: Path, key: Path | None, *, at: dt.datetime, wanted: Callable[[], list[str]]) -> Manifest:
    """做一份备份，写到 `path`；`wanted` 给出库里记着的各份材料。没有做成的不留下半份。"""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix=".making-", dir=path.parent) as room:
        copy = Path(room) / databases.MEMBERS[connection.vendor]
        recorded = set(wanted())  # 取库以前记着的：它们的文件一定都在
        tables = databases.dump(connection, copy)
        manifest = Manifest(at.isoformat(), settings.BUNDLE_VERSION, connection.vendor, _migrations(), tables)
        made = Path(room) / "archive"
        with (
            sealing.writing(made, key) as out,
            gzip.GzipFile("", "wb", 1, out) as packed,
            tarfile.open(fileobj=packed, mode="w|") as tar,
        ):
            _fill(tar, manifest, copy, recorded)
        made.chmod(0o600)
        made.rename(path)
    return manifest


def _fill(tar: tarfile.TarFile, manifest: Manifest, copy: Path, recorded: set[str]) -> None:
    """依次放进库、设置、各份材料，末尾是清单。"""
    _put(tar, manifest, copy.name, copy)
    if settings.ENV_FILE.is_file():
        _put(tar, manifest, SETTINGS, settings.ENV_FILE)
    for name in _on_disk(settings.MEDIA_ROOT):
        _put(tar, manifest, FILES + name, settings.MEDIA_ROOT / name)
    manifest.missing = sorted(recorded - set(manifest.files))
    content = json.dumps(asdict(manifest), ensure_ascii=False, indent=1).encode()
    member = tarfile.TarInfo(MANIFEST)
    member.size, member.mode = len(content), 0o600
    tar.addfile(member, io.BytesIO(content))


def _migrations() -> list[list[str]]:
    return sorted([list(key) for key in MigrationRecorder(connection).applied_migrations()])


def _on_disk(folder: Path) -> list[str]:
    """材料目录里的各份，相对路径，按名字排。"""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def _put(tar: tarfile.TarFile, manifest: Manifest, name: str, path: Path) -> None:
    """放进一个文件，记下摘要。刚刚被清走的不算。"""
    try:
        source = path.open("rb")
    except FileNotFoundError:
        return
    with source:
        member = tarfile.TarInfo(name)
        member.size, member.mode = os.fstat(source.fileno()).st_size, 0o600
        reader = _Hashing(source)
        tar.addfile(member, reader)
        manifest.members[name] = [member.size, reader.sha256.hexdigest()]


class _Hashing:
    """边读边算摘要。"""

    def __init__(self, source: IO[bytes]) -> None:
        self.source, self.sha256 = source, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        block = self.source.read(size)
        self.sha256.update(block)
        return block


@contextmanager
def members(path: Path, key: Path | None) -> Iterator[Iterator[tuple[str, IO[bytes]]]]:
    """一份备份里的各个成员：（名字，内容）。读不出的抛 Refused。"""
    with ExitStack() as stack:
        try:
            source = stack.enter_context(sealing.reading(path, key))
            tar = stack.enter_context(tarfile.open(fileobj=source, mode="r|gz"))
            yield ((member.name, content) for member in tar if (content := tar.extractfile(member)))
        except FileNotFoundError as error:
            raise Refused(f"没有这个文件：{path}（写全路径）") from error
        except PermissionError as error:
            raise Refused(f"没有权限读 {path}：放到 {settings.BACKUP_DIR}，chown yingshang: 它，再做一次。") from error
        except (tarfile.TarError, EOFError, OSError) as error:
            raise Refused(f"{path.name} 读不出来：文件坏了，或没有拷完整（{error}）。") from error


def unpack(path: Path, key: Path | None, room: Path) -> Manifest:
    """读一遍整份备份，核对每一样的摘要；库与设置放到 `room`。有一处不对就抛 Refused，逐处说明。"""
    found: dict[str, list] = {}
    manifest: dict[str, Any] = {}
    with members(path, key) as contents:
        for name, content in contents:
            if name == MANIFEST:
                manifest = json.loads(content.read())
            elif name.startswith(FILES):
                found[name] = _hashed(content, None)
            elif name in (SETTINGS, *databases.MEMBERS.values()):
                found[name] = _hashed(content, room / name)
    if manifest.get("format") != FORMAT:
        raise Refused(f"{path.name} 不是本程序的备份，或没有拷完整：里面没有清单。")
    wrong = [n for n in sorted(found.keys() | manifest["members"].keys()) if found.get(n) != manifest["members"].get(n)]
    if wrong:
        raise Refused(f"{path.name} 坏了，有 {len(wrong)} 样与清单不符：{'、'.join(wrong[:5])}。")
    return Manifest(**manifest)


def _hashed(content: IO[bytes], where: Path | None) -> list:
    """[字节数, sha256]；`where` 不空的同时写到那里。"""
    sha256, size = hashlib.sha256(), 0
    with where.open("xb") if where else open(os.devnull, "wb") as out:
        while block := content.read(1 << 20):
            sha256.update(block)
            size += len(block)
            out.write(block)
    return [size, sha256.hexdigest()]


def place(path: Path, key: Path | None, manifest: Manifest) -> None:
    """把各份材料放进材料目录：没有的、不一样的才写。名字是随机的，内容不变，所以先放、后换库，不碍现在的页面。"""
    root = settings.MEDIA_ROOT
    with members(path, key) as contents:
        for name, content in contents:
            if name not in manifest.members or not name.startswith(FILES):
                continue
            target = (root / name.removeprefix(FILES)).resolve()
            if not target.is_relative_to(root.resolve()):
                raise Refused(f"备份里有一份材料的路径不对：{name}")
            if not _same(target, manifest.members[name]):
                modes.make(target.parent)
                part = target.with_name(target.name + ".part")
                part.unlink(missing_ok=True)
                _hashed(content, part)
                part.chmod(0o600)
                part.rename(target)


def tidy(manifest: Manifest) -> int:
    """备份之后才有的材料移走，返回几份：库里已经没有它们。"""
    extra = set(_on_disk(settings.MEDIA_ROOT)) - set(manifest.files)
    for name in extra:
        (settings.MEDIA_ROOT / name).unlink()
    return len(extra)


def wrong_files(manifest: Manifest) -> list[str]:
    """盘上的材料与备份不符的。"""
    names = {name.removeprefix(FILES): said for name, said in manifest.members.items() if name.startswith(FILES)}
    return sorted(name for name, said in names.items() if not _same(settings.MEDIA_ROOT / name, said))


def _same(path: Path, said: list) -> bool:
    if not path.is_file() or path.stat().st_size != said[0]:
        return False
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest() == said[1]
