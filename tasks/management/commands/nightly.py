"""每天的几件事：备份、到期的接替、催办、清理、核对判好的灯、核对并封存日志。一天里运行几次都只做一次；没有做成的下次再做。"""

import io
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from yingshang import clock, nightly

OPTIONS = {"rejudge": ["--check"], "verify_log": ["--seal"]}


class Command(BaseCommand):
    help = (
        "每天的几件事：备份、到期的接替、催办、清理、核对判好的灯、核对并封存日志；各一天一次，退出码 1 表示有没做成的"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--again", action="store_true", help="今天做过的也再做一次")

    def handle(self, *args: Any, again: bool, **options: Any) -> None:
        with nightly.alone() as is_alone:
            if not is_alone:
                self.stdout.write("另一处正在做，这里什么也不做。")
                return
            day = clock.real_now().date()
            results = [self.step(name) for name in nightly.LABELS if again or not nightly.done_today(name, day)]
        if not results:
            self.stdout.write("今天的几件都做过了。")
        if not all(results):
            raise SystemExit(1)

    def step(self, name: str) -> bool:
        """做一件，记下做得怎样。一件出错不碍别的几件。"""
        said, is_ok = io.StringIO(), True
        try:
            call_command(name, *OPTIONS.get(name, []), stdout=said, stderr=said)
        except SystemExit as stop:
            is_ok = not stop.code
        except Exception as error:
            is_ok = False
            said.write(f"{type(error).__name__}：{error}")
        text = said.getvalue().strip()
        nightly.record(nightly.Run(name, clock.real_now().isoformat(), is_ok, text[-1000:]))
        self.stdout.write(f"{nightly.LABELS[name]}：{'做好了' if is_ok else '没有做成'}。{text}")
        return is_ok
