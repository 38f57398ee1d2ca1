"""清理：过期的会话、过了时的登录失败计数、没有主的材料（传到一半断了的）。"""

import datetime as dt
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from departments.models import LoginAttempt
from yingshang import clock
from yingshang.moving import package

# 正在上传的材料先落盘、后记入库：两天还没有记入的才算没有主。
ORPHANED = dt.timedelta(days=2)


class Command(BaseCommand):
    help = "清理过期的会话、过时的登录失败计数、两天前传到一半断了的材料"

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.real_now()
        call_command("clearsessions")
        window = dt.timedelta(seconds=settings.LOGIN_WINDOW_SECONDS)
        attempts, _ = LoginAttempt.objects.filter(window_started_at__lt=now - window).delete()
        self.stdout.write(f"清理：过时的登录失败计数 {attempts} 条，没有主的材料 {self.orphans(now)} 份，过期的会话。")

    def orphans(self, now: dt.datetime) -> int:
        """删去盘上有、库里没有的，返回几份。先看盘、后看库：看库的时候已经记入的都在。"""
        before = (now - ORPHANED).timestamp()
        root = settings.MEDIA_ROOT
        old = [p for p in root.rglob("*") if p.is_file() and p.stat().st_mtime < before] if root.is_dir() else []
        recorded = set(package.recorded_files())
        found = [path for path in old if str(path.relative_to(root)) not in recorded]
        for path in found:
            path.unlink(missing_ok=True)
        return len(found)
