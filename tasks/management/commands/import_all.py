"""把 export_all 导出的一个 zip 装进空的安装：每一格都与原来相同，不同就一行也不留下。"""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from yingshang.backups import databases
from yingshang.moving import package
from yingshang.refusals import Refused


class Command(BaseCommand):
    help = "把 export_all 导出的 zip 装进空的安装（刚运行过 migrate、还没有方案与账户的）"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="文件.zip")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        if why := databases.why_not_alter(connection):
            raise CommandError(f"没有放进任何内容。{why}")
        try:
            manifest = package.read(file)
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        rows = sum(rows for rows, _ in manifest["tables"].values())
        self.stdout.write(
            f"已装好：{len(manifest['tables'])} 张表 {rows} 行、{len(manifest['files'])} 份材料，逐表核对相符。"
        )
