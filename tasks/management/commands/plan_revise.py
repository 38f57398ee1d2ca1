"""命令行上的方案修订：与网页同一条路。退出码 0 无差异或已生效，1 有差异而未生效，2 拒绝。"""

from pathlib import Path

from django.core.management.base import BaseCommand

from departments.models import Role, User
from tasks import editions, workflow
from tasks.imports import applying
from tasks.imports.rows import Unreadable
from tasks.models import Plan
from yingshang import clock


class Command(BaseCommand):
    help = "比较（并可生效）一份方案修订：plan_revise 文件 [--plan 编号] [--apply --yes]"

    def add_arguments(self, parser):
        parser.add_argument("file")
        parser.add_argument("--plan", type=int, help="方案编号，不写为现行方案")
        parser.add_argument("--apply", action="store_true", help="有差异时生效")
        parser.add_argument("--yes", action="store_true", help="已核对差异（含退出的举措）")
        parser.add_argument("--by", help="以哪个管理员的名义（登录名），不写取第一个在用的管理员")

    def handle(self, *args, **options):
        try:
            code = self.revise(**options)
        except (Unreadable, applying.Faulty, workflow.Refused, OSError) as error:
            self.stderr.write(str(error))
            for problem in getattr(getattr(error, "reading", None), "errors", ()):
                self.stderr.write(f"  {problem.message}")
            code = 2
        raise SystemExit(code)

    def revise(self, *, file, plan, apply, yes, by, **options) -> int:
        found = Plan.objects.filter(pk=plan).first() if plan else editions.current_plan()
        if found is None:
            raise workflow.Refused("没有这份方案。请用 --plan 指明编号，或先导入方案。")
        data = Path(file).read_bytes()
        reading, comparison = applying.preview(found, data, Path(file).name)
        self.show(reading, comparison)
        if comparison.is_empty:
            return 0
        if not apply:
            return 1
        if not yes:
            raise workflow.Refused("生效前须核对差异：核对无误后加 --yes。")
        user = self.administrator(by)
        draft = applying.draft(found, data, Path(file).name, by=user, at=clock.now(), note="命令行导入")
        done = applying.apply_revision(draft, by=user, at=clock.now(), removals_checked=True)
        self.stdout.write(f"{done}已生效。")
        return 0

    def administrator(self, username):
        users = User.objects.filter(role=Role.ADMIN, is_active=True).order_by("pk")
        user = users.filter(username__iexact=username).first() if username else users.first()
        if user is None:
            raise workflow.Refused("没有可用的管理员账户，请先建一个（manage.py first_admin）。")
        return user

    def show(self, reading, comparison):
        if comparison.is_empty:
            self.stdout.write("全部无变化。")
        for change in comparison.changes:
            if change.kind == "same":
                continue
            self.stdout.write(f"{change.label}　第{change.row.number}项　{change.row.title}")
            for item in change.fields:
                self.stdout.write(f"    {item.label}：{item.old or '—'} → {item.new or '—'}")
        for text in comparison.confirms:
            self.stdout.write(f"需确认　{text}")
        for text in reading.ignored:
            self.stdout.write(f"未导入　{text}")
        counts = comparison.counts
        self.stdout.write(
            f"新增 {counts['added']}，修改 {counts['changed']}，改序号 {counts['renumbered']}，"
            f"拟退出 {counts['removed']}，无变化 {counts['same']}"
        )
