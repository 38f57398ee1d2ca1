"""清理到期的安全日志。至少留 180 天（网络安全法第二十一条：不少于六个月），少于的拒绝。"""

import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction

from departments import trail
from departments.models import SecurityEvent
from yingshang import append_only
from yingshang.clock import real_now

LEAST_DAYS = 180


class Command(BaseCommand):
    help = "清理若干天以前的安全日志：purge_log --days 天数（至少 180）。操作记录不清理"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, required=True, help="留多少天")

    def handle(self, *args: Any, days: int, **options: Any) -> None:
        if days < LEAST_DAYS:
            raise CommandError(f"安全日志至少留 {LEAST_DAYS} 天，没有清理。")
        if bad := trail.broken(SecurityEvent.objects.order_by("pk").iterator(2000)):
            raise CommandError(f"安全日志从第 {bad.pk} 条起对不上，没有清理。请先运行 verify_log 查明。")
        self.stdout.write(f"清理了 {purge(real_now() - dt.timedelta(days=days))} 条。")


def purge(before: dt.datetime) -> int:
    """删去链头上早于 `before` 的一段，并把删到哪里、那一条的指纹记进链里。"""
    kept = SecurityEvent.objects.filter(at__gte=before).order_by("pk").first()
    old = SecurityEvent.objects.filter(pk__lt=kept.pk) if kept else SecurityEvent.objects.all()
    last = old.order_by("-pk").first()
    if last is None:
        return 0
    with transaction.atomic():
        append_only.unprotect(connection, trail.TABLE)
        done, _ = old.delete()
        append_only.protect(connection, trail.TABLE, trail.MESSAGE)
        data = {"digest": last.digest, "until": last.pk, "count": done}
        trail.trace("log_purged", what=f"第 {last.pk} 条及以前，共 {done} 条", data=data)
    return done
