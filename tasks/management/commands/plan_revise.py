"""命令行上的方案修订：与网页同一条路、同样的条件。"""

from pathlib import Path

from django.core.management.base import BaseCommand

from departments.models import User
from tasks import workflow
from tasks.imports import applying, remarks
from tasks.models import Plan
from tasks.pages import revision as revision_pages
from yingshang import clock
from yingshang.tables.limits import Unreadable

LONGEST = 60  # 长文字只列变动的几处，前后各留几个字
AROUND = 8


class Command(BaseCommand):
    help = (
        "比较（并可生效）一份方案修订。默认只比较，什么也不写。\n"
        "退出码：0 没有差异，或已生效；1 有差异而没有生效（含举措以外的不同）；2 拒绝，什么也没有写。"
    )

    def add_arguments(self, parser):
        parser.add_argument("file", help="文件：.xlsx、.csv、.docx 或 .txt")
        parser.add_argument("--plan", type=int, help="方案编号，不写为现行方案")
        parser.add_argument("--apply", action="store_true", help="有差异时生效")
        parser.add_argument("--yes", action="store_true", help="已核对差异（含退出的举措）")
        parser.add_argument("--retire", type=int, metavar="N", help="退出的超过四分之一时，写出退出的项数")
        parser.add_argument("--by", help="以哪个管理员的名义（登录名），不写取第一个在用的管理员")

    def handle(self, *args, **options):
        try:
            code = self.revise(**options)
        except OSError as error:
            self.stderr.write(f"读不了文件“{options['file']}”：{_said(error)}")
            code = 2
        except (Unreadable, applying.Faulty, workflow.Refused) as error:
            self.stderr.write(str(error))
            for problem in getattr(getattr(error, "reading", None), "errors", ()):
                self.stderr.write(f"  {problem.message}")
            code = 2
        raise SystemExit(code)

    def revise(self, *, file, plan, apply, yes, retire, by, **options) -> int:
        found = Plan.objects.filter(pk=plan).first() if plan else revision_pages.current_plan()
        if found is None:
            raise workflow.Refused("没有这份方案。请用 --plan 指明编号，或先导入方案。")
        data, at = Path(file).read_bytes(), clock.now()
        reading, comparison = applying.preview(found, data, Path(file).name, today=clock.today())
        differing = remarks.head_differences(found, reading.head)
        self.show(found, reading, comparison, differing)
        if comparison.is_empty:
            return 1 if differing else 0
        if not apply:
            return 1
        self.check(comparison, yes, retire)
        user = self.administrator(by)
        draft = applying.draft(found, data, Path(file).name, by=user, at=at, note="命令行导入")
        done = applying.apply_revision(draft, by=user, at=at, removals_checked=True)
        self.stdout.write(f"{done}已生效。")
        return 0

    def check(self, comparison, yes, retire):
        """与网页上确认时的条件相同。"""
        if not yes:
            raise workflow.Refused("生效前须核对差异：核对无误后加 --yes。")
        removed = comparison.counts["removed"]
        if comparison.many_removed and retire != removed:
            raise workflow.Refused(
                f"退出的 {removed} 项超过四分之一，没有生效。确实要退出的，请加 --retire {removed}；"
                "文件不完整的，请换完整的文件。"
            )

    def administrator(self, username):
        users = User.objects.administrators().order_by("pk")
        user = users.filter(username__iexact=username).first() if username else users.first()
        if user is None:
            raise workflow.Refused("没有可用的管理员账户，请先建一个（manage.py first_admin）。")
        return user

    def show(self, plan, reading, comparison, differing):
        self.stdout.write(f"与《{plan.title}》{plan.revision or '（尚无版本）'}比较")
        if comparison.is_empty:
            same = comparison.counts["same"]
            self.stdout.write(f"具体举措 {same} 项没有变化，其余部分有不同。" if differing else "全部无变化。")
        for change in comparison.changes:
            if change.kind == "same":
                continue
            note = f"（{change.note}）" if change.note else ""
            self.stdout.write(f"{change.label}{note}　第{change.row.number}项　{change.row.title}")
            for item in change.fields:
                self.stdout.write(f"    {item.label}：{_marked(item)}")
        for item in differing:
            self.stdout.write(
                f"未导入　{item['label']}与现行方案不同：{item['old'][:40] or '—'} → {item['new'][:40] or '—'}"
            )
        for text in comparison.confirms:
            self.stdout.write(f"需确认　{text}")
        for text in reading.ignored:
            self.stdout.write(f"未导入　{text}")
        counts = comparison.counts
        self.stdout.write(
            f"新增 {counts['added']}，修改 {counts['changed']}，改序号 {counts['renumbered']}，"
            f"恢复列入 {counts['revived']}，拟退出 {counts['removed']}，无变化 {counts['same']}"
        )


def _marked(item) -> str:
    """短的写出前后；长的只写变动之处：[-删去的-]{+新增的+}。"""
    if len(item.old) + len(item.new) <= LONGEST or not item.old or not item.new:
        return f"{item.old or '—'} → {item.new or '—'}"
    signs = {"del": "[-{}-]", "ins": "{{+{}+}}"}
    return "".join(signs[op].format(text) if op in signs else _short(text) for op, text in item.marked)


def _short(text) -> str:
    return text if len(text) <= 2 * AROUND + 1 else f"{text[:AROUND]}…{text[-AROUND:]}"


def _said(error) -> str:
    """系统的英文提示换成中文。"""
    said = {
        FileNotFoundError: "没有这个文件，请核对路径。",
        IsADirectoryError: "这是文件夹，请写文件的路径。",
        PermissionError: "没有读取它的权限。",
    }
    return said.get(type(error), "请核对路径与权限。")
