"""把流程表印成 docs/workflow.md。"""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from tasks.management import diagram


class Command(BaseCommand):
    help = "把流程表印成 docs/workflow.md（状态图与表）；--check 只核对，过时则退出码为 1"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="只核对，不写")

    def handle(self, *args: Any, **options: Any) -> None:
        path = settings.BASE_DIR / "docs" / "workflow.md"
        text = diagram.text()
        if options["check"]:
            if not path.exists() or path.read_text("utf-8") != text:
                raise CommandError(
                    "docs/workflow.md 与流程表不一致，请运行 manage.py workflow_diagram 重新生成。", returncode=1
                )
            return
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
        self.stdout.write(f"已写 {path.relative_to(settings.BASE_DIR)}。")
