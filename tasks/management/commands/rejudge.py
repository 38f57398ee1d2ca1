"""从事实重判全部的灯；--check 只比较，指出存下的与从头判的哪里不同。"""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from tasks import workflow
from tasks.models import Plan


class Command(BaseCommand):
    help = "从事实重判各方案各期的灯；--check 只比较，有不同的逐条列出，退出码 1"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="只比较，什么也不改")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["check"]:
            self._check()
            return
        for plan in Plan.objects.order_by("pk"):
            with transaction.atomic():
                workflow.steps.lock_measures(workflow.steps.lock_plan(plan.pk))
                changed = workflow.rejudge_plan(plan, plan.periods.opened().order_by("starts_on"))
            self.stdout.write(f"《{plan.title}》：{changed} 项·期与存下的不同，已改正。")

    def _check(self) -> None:
        with transaction.atomic():
            found = [said for plan in Plan.objects.order_by("pk") for said in workflow.differences(plan)]
            transaction.set_rollback(True)  # 比较时会记下举措当时的样子，一并退回
        for said in found:
            self.stderr.write(said)
        if found:
            self.stderr.write(f"{len(found)} 处存下的灯与从头判的不同：运行 manage.py rejudge 改正。")
            raise SystemExit(1)
        self.stdout.write("存下的灯与从头判的处处相同。")
