"""建第一个管理员，密码随机、只显示一次，首次登录须改。"""

import secrets
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from departments import trail
from departments.models import User
from tasks import workflow
from yingshang import clock


class Command(BaseCommand):
    help = "建第一个管理员（已有可用的管理员时什么也不做）"

    def handle(self, *args: Any, **options: Any) -> None:
        if User.objects.administrators().filter(is_demo=False).exists():
            self.stdout.write("已有管理员，没有新建。")
            return
        password = secrets.token_urlsafe(9) + "a1A"
        with transaction.atomic():
            made = User.objects.create_superuser("admin1", email="", password=password, name="系统管理员")
            workflow.record("admin_first", "建第一个管理员", None, clock.now(), note=made.username)
            trail.trace("account_added", target=made, what=made.username, data={"role": made.role})
        self.stdout.write(f"第一个管理员：登录名 admin1，密码 {password}（只显示这一次，登录后须改）。")
