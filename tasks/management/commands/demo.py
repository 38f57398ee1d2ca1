"""演示：造带标记的演示账户和 2023 年 3–9 月的报送。只经 workflow 写状态，与真人操作同一条路。"""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from departments.models import User
from tasks.management.demo import accounts
from tasks.management.demo.story import Story
from tasks.models import Event


class Command(BaseCommand):
    help = "造演示账户与演示数据（只在 DEBUG 下可用；已造过的不重复造）"

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("演示数据只能在 DEBUG 下生成：正式环境里不得有公开密码的账户。")
        with transaction.atomic():
            accounts.make()
            if not Event.objects.filter(action="period_plan").exists():
                Story().tell()
        self.print_accounts()

    def print_accounts(self) -> None:
        self.stdout.write(f"\n演示账户（密码都是 {settings.DEMO_PASSWORD}）：")
        for user in User.objects.filter(is_demo=True):
            self.stdout.write(f"  {user.username:<16}{user.get_role_display()}　{user.name}")
        self.stdout.write(f"\n今天按 {settings.BUSINESS_DATE or '真实日期'} 计。\n")
