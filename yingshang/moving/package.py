"""全部数据，一个 zip：给人看的 xlsx、给程序读的 JSON、佐证材料，末尾一份清单写明每一样的摘要。"""

import datetime as dt
import hashlib
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DEFAULT_DB_ALIAS, connection, models, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Model
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from yingshang import modes
from yingshang.backups import contents
from yingshang.refusals import Refused
from yingshang.tables import cells

from . import rows

MANIFEST, SHEETS, README, DATA, FILES = "清单.json", "全部数据.xlsx", "说明.txt", "data/", "files/"
FORMAT = 1
SAID = """督办台账的全部数据，{at} 导出，版本 {version}。

全部数据.xlsx   每张表一页，给人看；超过一格上限（32,767 字）的文字在这里截断，全文在 JSON 里
data/           每张表一个文件，一行一条，UTF-8 的 JSON；时间是 UTC，到微秒
files/          佐证材料，文件名见 data/tasks_attachment.jsonl 的 file
清单.json       各表的行数与摘要、各份材料的大小与 SHA-256

装回去：另建一个空库，装同一版本的程序，运行 manage.py migrate，再运行 manage.py import_all 本文件。
里面有账户的密码（散列）与没有公开的内容，请妥善保管。
"""


def write(path: Path, *, at: dt.datetime) -> dict[str, Any]:
    """把全部数据写成一个 zip，返回清单。各表是同一刻的。没有写成的不留下半份。"""
    part = path.with_name(path.name + ".partial")
    manifest: dict[str, Any] = {"format": FORMAT, "made_at": at.isoformat(), "version": settings.VERSION}
    try:
        with zipfile.ZipFile(part, "x", zipfile.ZIP_DEFLATED) as package, transaction.atomic():
            part.chmod(0o600)
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            manifest["migrations"] = _migrations()
            manifest["tables"] = {m._meta.db_table: _table(package, m) for m in rows.tables()}
            _sheets(package)
            manifest["files"], manifest["missing"] = _files(package)
            package.writestr(README, SAID.format(at=f"{at:%Y-%m-%d %H:%M}", version=settings.VERSION))
            package.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1))
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)
    return manifest


def _migrations() -> list[list[str]]:
    return sorted([list(key) for key in MigrationRecorder(connection).applied_migrations()])


def _table(package: zipfile.ZipFile, model: type[Model]) -> list:
    """一张表写成一个 .jsonl，返回 [行数, 摘要]。"""
    columns = rows.fields(model)
    with package.open(f"{DATA}{model._meta.db_table}.jsonl", "w", force_zip64=True) as out:

        def told() -> Iterator[tuple]:
            for row in rows.read(model, DEFAULT_DB_ALIAS):
                said = {f.attname: rows.to_json(v, f) for f, v in zip(columns, row, strict=True)}
                out.write(json.dumps(said, ensure_ascii=False, cls=DjangoJSONEncoder).encode() + b"\n")
                yield row

        return contents.digest(told())


def _sheets(package: zipfile.ZipFile) -> None:
    """给人看的：每张表一页，首行是各列的名称。文字永远是文字，“=1+1”不成公式。"""
    book = Workbook(write_only=True)
    for model in rows.tables():
        columns = rows.fields(model)
        names = {sheet.title for sheet in book.worksheets}
        title = cells.writable(model._meta.verbose_name).replace("/", "、")[:31]
        sheet = book.create_sheet(title if title not in names else model._meta.db_table[:31])
        sheet.append([WriteOnlyCell(sheet, str(field.verbose_name)) for field in columns])
        for row in rows.read(model, DEFAULT_DB_ALIAS):
            sheet.append([_cell(sheet, rows.to_json(v, f)) for f, v in zip(columns, row, strict=True)])
    with TemporaryFile() as made, package.open(SHEETS, "w", force_zip64=True) as out:
        book.save(made)
        made.seek(0)
        while block := made.read(1 << 20):
            out.write(block)


def _cell(sheet: Any, value: Any) -> Any:
    if value is None or isinstance(value, (bool, int)):
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, cls=DjangoJSONEncoder)
    cell = WriteOnlyCell(sheet)
    cells.put(cell, text)
    return cell


def recorded_files() -> list[str]:
    """库里记着的各份文件，相对于材料目录的路径。"""
    found: set[str] = set()
    for model in rows.tables():
        for field in rows.fields(model):
            if isinstance(field, models.FileField):
                found.update(name for name in model._base_manager.values_list(field.attname, flat=True) if name)
    return sorted(found)


def _files(package: zipfile.ZipFile) -> tuple[dict[str, list], list[str]]:
    """放进各份材料：（名字 → [大小, 摘要]，盘上没有的）。"""
    found, missing = {}, []
    for name in recorded_files():
        path = settings.MEDIA_ROOT / name
        if not path.is_file():
            missing.append(name)
            continue
        package.write(path, FILES + name, zipfile.ZIP_STORED)
        with path.open("rb") as source:
            found[name] = [path.stat().st_size, hashlib.file_digest(source, "sha256").hexdigest()]
    return found, missing


def read(path: Path) -> dict[str, Any]:
    """放进空的安装：先材料、后库，库在一个事务里，逐表核对摘要。返回清单。"""
    try:
        with zipfile.ZipFile(path) as package:
            manifest = _manifest(package, path)
            _place(package, manifest["files"])
            rows.fill(DEFAULT_DB_ALIAS, lambda model: _rows(package, model), manifest["tables"])
    except FileNotFoundError as error:
        raise Refused(f"没有这个文件：{path}（写全路径）") from error
    except PermissionError as error:
        raise Refused(
            f"没有权限读写 {error.filename}：{path.name} 要放在 {settings.BACKUP_DIR}，chown yingshang: 它。"
        ) from error
    except (zipfile.BadZipFile, KeyError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise Refused(f"{path.name} 读不出来：文件坏了，或没有拷完整（{error}）。没有放进任何内容。") from error
    return manifest


def _manifest(package: zipfile.ZipFile, path: Path) -> dict[str, Any]:
    """清单；不是本程序导出的、与这里的版本不同的抛 Refused。"""
    if MANIFEST not in package.namelist():
        raise Refused(f"{path.name} 不是 export_all 导出的：里面没有 {MANIFEST}。")
    manifest: dict[str, Any] = json.loads(package.read(MANIFEST))
    if manifest["migrations"] != _migrations():
        raise Refused(
            f"表的样子不同：文件是版本 {manifest['version']} 导出的，这里是 {settings.VERSION}，或还没有运行 migrate。"
            "请装同一个版本，运行 migrate，再导入。"
        )
    return manifest


def _rows(package: zipfile.ZipFile, model: type[Model]) -> Iterator[tuple]:
    columns = rows.fields(model)
    with package.open(f"{DATA}{model._meta.db_table}.jsonl") as lines:
        for line in lines:
            row = json.loads(line)
            yield tuple(rows.from_json(row[field.attname], field) for field in columns)


def _place(package: zipfile.ZipFile, files: dict[str, list]) -> None:
    """各份材料放进材料目录，核对摘要。"""
    root = settings.MEDIA_ROOT
    for name, (_, said) in files.items():
        content = package.read(FILES + name)
        target = (root / name).resolve()
        if not target.is_relative_to(root.resolve()) or hashlib.sha256(content).hexdigest() != said:
            raise Refused(f"材料 {name} 与清单不符：文件坏了。没有放进任何内容。")
        modes.make(target.parent)
        target.write_bytes(content)
        target.chmod(0o600)
