"""全部数据导出成一个 zip：xlsx、JSON、佐证材料。"""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from yingshang import clock
from yingshang.moving import package


class Command(BaseCommand):
    help = "全部数据导出成一个 zip（xlsx、JSON、佐证材料），可用 import_all 装进空的安装"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="文件.zip")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            if file.exists():
                raise CommandError(f"{file} 已经有了，没有动它：请换一个名字。")
            manifest = package.write(file, at=clock.real_now())
        except PermissionError as error:
            raise CommandError(f"没有导出成：没有权限写 {file}。写到 {settings.BACKUP_DIR} 里，再做一次。") from error
        except OSError as error:
            raise CommandError(f"没有导出成：{file}：{error.strerror}。") from error
        rows = sum(rows for rows, _ in manifest["tables"].values())
        self.stdout.write(
            f"已导出到 {file}：{len(manifest['tables'])} 张表 {rows} 行，{len(manifest['files'])} 份材料。"
        )
        if manifest["missing"]:
            raise CommandError(
                f"库里记着、盘上却没有的材料 {len(manifest['missing'])} 份：{'、'.join(manifest['missing'][:5])}。"
            )
