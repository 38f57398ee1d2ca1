"""解除某个登录名的锁定。"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from departments.lockout import unlock
from departments.models import User
from tasks import workflow
from yingshang import clock


class Command(BaseCommand):
    help = "解除某个登录名因连续输错密码而来的锁定"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, username: str, **options: Any) -> None:
        with transaction.atomic():
            done = unlock(username)
            if done:
                workflow.record("admin_unlock", "解除登录锁定", None, clock.now(), note=f"{username}（命令行）")
        if not done and not User.objects.filter(username__iexact=username).exists():
            raise CommandError(f"没有“{username}”这个登录名。")
        self.stdout.write("已解除。" if done else "这个登录名没有被锁定。")
