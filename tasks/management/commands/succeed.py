"""到了日子的接替：登记在先的换人、部室调整，到那天（或错过以后的第一次）生效；情况变了、办不成的不办，说明为什么。"""

from typing import Any

from django.core.management.base import BaseCommand

from tasks.imports import scheduled
from yingshang import clock


class Command(BaseCommand):
    help = "登记的换人、部室调整到期的生效；每天一次，重复运行不重复办；有没办成的退出码 1"

    def handle(self, *args: Any, **options: Any) -> None:
        results = scheduled.apply_due(clock.now())
        for result in results:
            self.stdout.write(result.said)
        if not results:
            self.stdout.write("没有到期的接替。")
        if not all(result.is_done for result in results):
            raise SystemExit(1)
