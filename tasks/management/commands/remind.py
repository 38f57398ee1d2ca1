"""定时催办，供 cron 每天运行：截止之前几天、逾期之后各催一次，同一天重复运行不重复催；上次没发出的邮件再发。"""

import datetime as dt
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from departments.models import Department
from tasks import workflow
from tasks.figures import owed as owed_figures
from tasks.figures.owed import OwedItem
from tasks.models import Delivery, Plan
from tasks.pages import reminder as reminder_pages
from tasks.papers import digest as digest_papers
from tasks.papers import mail as mail_papers
from tasks.papers import robot as robot_papers
from tasks.workflow import reminder as mail
from yingshang import clock


class Command(BaseCommand):
    help = "催办：remind [--before 天数 …] [--after]。都不写时，截止前 3 天、1 天和逾期之后都催"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--before", type=int, nargs="+", metavar="N", help="截止前几天催，可写几个；不写为 3 1")
        parser.add_argument(
            "--resend", action="store_true", help="发到一半断了、结果未知的邮件再发一次（对方可能收到两封）"
        )
        parser.add_argument("--after", action="store_true", help="只催逾期的（与 --before 同写则两样都催）")

    def handle(self, *args: Any, before: list[int] | None, after: bool, resend: bool, **options: Any) -> None:
        at, days = clock.now(), () if after and before is None else before or reminder_pages.BEFORE
        plans = list(Plan.objects.running().order_by("-is_current", "pk"))
        if not plans:
            self.stdout.write("还没有在办的方案，没有要催的。")
            return
        asked: dict[str, Any] = {"before": days, "after": after or before is None, "is_default": before is None}
        done = [self.urge_all(plan, reminder_pages.due_now(plan, at.date(), **asked), at) for plan in plans]
        if not any(done):
            self.stdout.write("没有要催的。")
        self.unknown(resend)
        self.mail(at)

    def urge_all(self, plan: Plan, found: list[OwedItem], at: dt.datetime) -> bool:
        """催一份方案的各部室；不是现行方案的，先说是哪一份。"""
        if found and not plan.is_current:
            self.stdout.write(f"《{plan.title}》：")
        for department, items in owed_figures.by_department(found):
            self.stdout.write(self.urge(plan, department, items, at))
        return bool(found)

    def unknown(self, resend: bool) -> None:
        """发到一半断了的：说出来；要了的再发。"""
        for delivery in Delivery.objects.of_unknown_fate().select_related("user"):
            if resend:
                mail.requeue_mail(delivery)
            said = "再发一次" if resend else "发没发出不知道（发到一半断了）；要再发，运行 manage.py remind --resend"
            self.stdout.write(f"{delivery.day:%Y-%m-%d} 给{delivery.user}的邮件：{said}。")

    def urge(self, plan: Plan, department: Department, items: list[OwedItem], at: dt.datetime) -> str:
        """催一个部室，说出做了什么。"""
        try:
            reminder_pages.urge(plan, department, items, by=None, at=at)
        except workflow.Refused as refused:
            return f"没有催办{department}：{refused}"
        return f"已催办{department} {len(items)} 件：" + "；".join(f"{item.name}{item.timing}" for item in items)

    def mail(self, at: dt.datetime) -> None:
        """发今天的和上次没发出的邮件；今天没有发到工作群的再发。"""
        sent, failed = robot_papers.deliver(at=at)
        if sent or failed:
            self.stdout.write(f"发到工作群：发出 {sent} 条，没发出 {failed} 条。")
        if settings.EMAIL_ENABLED:
            self.stdout.write(str(mail_papers.deliver(at=at)))
            weekly = digest_papers.deliver(at=at)
            if weekly.sent or weekly.failed:
                self.stdout.write(f"每周一页：发出 {weekly.sent} 封，没发出 {weekly.failed} 封。")
        else:
            self.stdout.write("没有设置 EMAIL_URL，不发邮件；催办语可从催办页复制到工作群。")
