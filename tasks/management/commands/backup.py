"""备份：库、佐证材料、设置，一份文件；照规则清掉旧的。有人正在用也可以做，不用停。"""

import errno
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from tasks.models import Attachment
from yingshang import clock
from yingshang.backups import archive, retention
from yingshang.refusals import Refused


def recorded_files() -> list[str]:
    """库里记着的各份材料。还没有建表的为空。"""
    if Attachment._meta.db_table not in connection.introspection.table_names():
        return []
    return list(Attachment.objects.values_list("file", flat=True))


class Command(BaseCommand):
    help = "备份库、佐证材料与设置到 BACKUP_DIR；留最近 7 天、5 周、12 个月各一份，其余删去"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--why", default="", metavar="缘由", help="另存一份，名字里写明缘由（英文），不在轮换之内")

    def handle(self, *args: Any, why: str, **options: Any) -> None:
        at, key = clock.real_now(), settings.BACKUP_KEY_FILE
        path = settings.BACKUP_DIR / retention.name(at, is_sealed=bool(key), why=why)
        try:
            manifest = archive.write(path, key, at=at, wanted=recorded_files)
        except Refused as refused:
            raise CommandError(f"没有备份成：{refused}") from refused
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EPIPE)
            said = "磁盘满了，请腾出地方再做" if full else error.strerror
            raise CommandError(f"没有备份成：{path.parent}：{said}。") from error
        self.stdout.write(f"已备份到 {path}\n  {manifest.said}{'' if key else '；没有加密（没有设 BACKUP_KEY_FILE）'}")
        for old in retention.superseded(path.parent.iterdir()):
            old.unlink()
            self.stdout.write(f"  照规则删去 {old.name}")
        if manifest.missing:
            raise CommandError(
                f"备份做好了，但库里记着的 {len(manifest.missing)} 份材料盘上没有：{'、'.join(manifest.missing[:5])}。"
                "请从以前的备份里找回。"
            )
