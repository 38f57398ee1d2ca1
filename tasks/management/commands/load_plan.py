"""载入部室、领导与 2023 年方案（逐字的 21 项）。已经有方案的不动，所以可以反复运行。"""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import transaction

from tasks.models import Plan


class Command(BaseCommand):
    help = "载入部室、领导与 2023 年方案（库里已有方案时什么也不做）"

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        if Plan.objects.exists():
            self.stdout.write("库里已有方案，没有改动。")
            return
        call_command("loaddata", "organisation", "departments", "leaders", "plan_2023", verbosity=0)
        self.stdout.write("已载入 9 个部室、11 位领导、21 项举措（31 项次）。")
