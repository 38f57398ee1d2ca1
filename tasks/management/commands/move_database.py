"""换库：把现在的库（SQLite）整个搬到一个空的 PostgreSQL，逐表逐格核对。现在的库一个字也不改。"""

import os
import subprocess
import sys
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS, Error, connections, transaction

from yingshang.moving import rows
from yingshang.refusals import Refused
from yingshang.settings import database

TARGET = "target"


def _migrate(url: str) -> None:
    """在新库里建表，另起一个进程：迁移里补旧数据的几步读写的是“default”，在这里做就改到现在的库里去了。"""
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "migrate", "--verbosity", "0"]
    env = os.environ | {"DATABASE_URL": url}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refused(f"新库里没有建成表：{done.stderr.strip()[-600:]}")


class Command(BaseCommand):
    help = "把全部数据从现在的库搬到另一个空库，如 postgres://用户:密码@主机:5432/库；先停下服务"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("url", metavar="新库的地址", help="写法同 DATABASE_URL")

    def handle(self, *args: Any, url: str, **options: Any) -> None:
        try:
            connections.databases[TARGET] = {**settings.DATABASES[DEFAULT_DB_ALIAS], **database(url)}
            connections[TARGET].ensure_connection()
            _migrate(url)
            # 在一个写事务里读：SQLite 上别人这时写不进来，搬过去的就是最后的样子。
            with transaction.atomic():
                wanted = rows.count(DEFAULT_DB_ALIAS)
                rows.fill(TARGET, lambda model: rows.read(model, DEFAULT_DB_ALIAS), wanted)
        except (Refused, ImproperlyConfigured) as refused:
            raise CommandError(str(refused)) from refused
        except Error as error:
            raise CommandError(f"没有搬成，新库里没有留下一行：{error}") from error
        count = sum(rows for rows, _ in wanted.values())
        self.stdout.write(
            f"已搬过去：{len(wanted)} 张表 {count} 行，逐格核对相符。材料不用动。\n"
            "接着照 docs/部署.md“三”：以库的主人运行 deploy/postgres/grants.sql；"
            f"在 {settings.ENV_FILE.resolve()} 里把 DATABASE_URL 改成新库的地址（分了角色的写程序用的角色），再启动服务。"
            "旧库还在，核对无误后再删。"
        )
