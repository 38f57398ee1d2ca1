"""从备份恢复：先核对整份备份，再放回库与佐证材料，最后与备份里的清单逐表、逐份核对。"""

import os
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader

from yingshang.backups import archive, contents, databases
from yingshang.backups.archive import Manifest
from yingshang.refusals import Refused


class Command(BaseCommand):
    help = "从备份恢复库与佐证材料；--check 只核对备份好不好，什么也不动"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="备份文件")
        parser.add_argument("--check", action="store_true", help="只核对，什么也不动")
        parser.add_argument("--replace", action="store_true", help="库里已有东西，也照备份换掉（先自动另存一份现在的）")
        parser.add_argument("--no-backup", action="store_true", help="换掉以前不另存（现在的库已经坏了、读不出时用）")
        parser.add_argument("--settings-to", type=Path, metavar="文件", help="把备份里的设置（.env）写到这个文件")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        with tempfile.TemporaryDirectory(prefix="yingshang-restore-") as room:
            try:
                manifest = archive.unpack(file, settings.BACKUP_KEY_FILE, Path(room))
                copy = Path(room) / databases.MEMBERS[manifest.engine]
                self._check(file, manifest, copy)
                # 库还没有动：写不到那里，现在停下还来得及。
                self._settings(copy.parent / archive.SETTINGS, options["settings_to"])
                if not options["check"]:
                    self._restore(file, manifest, copy, options)
            except Refused as refused:
                raise CommandError(str(refused)) from refused

    def _check(self, file: Path, manifest: Manifest, copy: Path) -> None:
        """这份备份本身好不好。"""
        wrong = databases.check(manifest.engine, copy, manifest.tables)
        if wrong:
            raise Refused(f"{file.name} 里的库与清单不符：" + "；".join(wrong[:5]))
        self.stdout.write(f"备份是好的：{manifest.said}。")
        if manifest.missing:
            self.stdout.write(
                f"  做备份时盘上就没有的材料 {len(manifest.missing)} 份：{'、'.join(manifest.missing[:5])}"
            )

    def _restore(self, file: Path, manifest: Manifest, copy: Path, options: dict[str, Any]) -> None:
        """放回去。材料先放、库后换：在哪一步断了，再运行一次就是。"""
        older = self._compare(manifest, options["replace"])
        if options["replace"] and not options["no_backup"]:
            call_command("backup", why="before-restore", stdout=self.stdout)
        archive.place(file, settings.BACKUP_KEY_FILE, manifest)
        databases.load(connection, copy)
        is_granted = not older and databases.grant(connection)
        removed = archive.tidy(manifest)
        wrong = contents.differences(manifest.tables, databases.current(connection))
        wrong += [f"材料 {name}" for name in archive.wrong_files(manifest)]
        if wrong:
            raise Refused("恢复了，但与备份不符（恢复时是不是有人在用？请停下服务再恢复一次）：" + "；".join(wrong[:5]))
        self.stdout.write(f"已恢复，{len(manifest.tables)} 张表、{len(manifest.files)} 份材料逐一核对相符。")
        if removed:
            self.stdout.write(f"  备份之后才传的 {removed} 份材料已移走。")
        if is_granted:
            self.stdout.write(f"  {databases.APP_ROLE} 的权限已照 deploy/postgres/grants.sql 设好：操作记录只能加。")
        if not options["settings_to"]:
            self._compare_settings(copy.parent / archive.SETTINGS)
        if older:
            self.stdout.write("  备份来自较早的版本：请接着运行 manage.py migrate。")
            if connection.vendor == "postgresql":
                self.stdout.write("  分了角色的，migrate 之后再运行 deploy/postgres/grants.sql（见 docs/部署.md）。")

    def _compare(self, manifest: Manifest, replace: bool) -> bool:
        """能不能放进这里；返回备份是否比程序旧。"""
        if manifest.engine != connection.vendor:
            raise Refused(
                f"备份的是 {manifest.engine}，这里用的是 {connection.vendor}：请用同一种库恢复，再用 move_database 换库。"
            )
        if why := databases.why_not_alter(connection):
            raise Refused(f"没有动库。{why}")
        known = {(app, name) for app, name in MigrationLoader(None).disk_migrations}
        there = {(app, name) for app, name in manifest.migrations}
        if newer := sorted(there - known):
            raise Refused(
                f"备份来自更新的程序（版本 {manifest.version}，有 {len(newer)} 步改库这里没有，如 {newer[0][1]}）："
                "请先装那一版程序，再恢复。"
            )
        if not replace and not self._is_empty():
            raise Refused(
                "这里的库已有账户，没有动它。确要用备份换掉现在的全部内容，加 --replace（会先另存一份现在的）。"
            )
        return bool(known - there)

    def _is_empty(self) -> bool:
        try:
            return databases.is_empty(connection)
        except Error as error:
            raise Refused(f"现在的库读不出来（{error}）。确要换掉它，加 --replace --no-backup。") from error

    def _settings(self, source: Path, wanted: Path | None) -> None:
        """备份里的设置，要了的写出来：里面有密钥，只有自己读得到。"""
        if not wanted:
            return
        if not source.is_file():
            raise Refused("没有动库。备份里没有设置，不用 --settings-to。")
        try:
            wanted.unlink(missing_ok=True)
            with os.fdopen(os.open(wanted, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
                out.write(source.read_bytes())
        except OSError as error:
            raise Refused(
                f"没有动库。设置写不到 {wanted}（{error.strerror}）：写全路径，要运行服务的用户写得进，"
                f"如 {settings.DATA_DIR}/旧设置.env。"
            ) from error
        self.stdout.write(f"备份里的设置已写到 {wanted}：里面有密钥，看完删掉。")

    def _compare_settings(self, source: Path) -> None:
        """备份里的设置与现在的不同，说一声。"""
        if not source.is_file():
            return
        if not settings.ENV_FILE.is_file() or settings.ENV_FILE.read_bytes() != source.read_bytes():
            self.stdout.write("  备份里的设置（.env）与现在的不同，没有动现在的；要看它，加 --settings-to 文件。")
