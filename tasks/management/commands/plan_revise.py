"""命令行上的方案修订：与网页同一条路、同样的条件。"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from departments.models import User
from tasks import workflow
from tasks.imports import applying, drafts, remarks
from tasks.imports.comparing import Comparison, row_to_json
from tasks.imports.differing import FieldChange
from tasks.imports.rows import Fault, Reading
from tasks.imports.titles import body_of
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

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="文件：.xlsx、.csv、.docx 或 .txt")
        parser.add_argument("--new", type=int, metavar="年度", help="按新方案读，什么也不写：名单里没有的提为拟新增")
        parser.add_argument("--plan", type=int, help="方案编号，不写为现行方案")
        parser.add_argument("--apply", action="store_true", help="有差异时生效")
        parser.add_argument("--yes", action="store_true", help="已核对差异（含退出的举措）")
        parser.add_argument("--retire", type=int, metavar="N", help="退出的超过四分之一时，写出退出的项数")
        parser.add_argument("--by", help="以哪个管理员的名义（登录名），不写取第一个在用的管理员")
        parser.add_argument("--json", action="store_true", dest="as_json", help="改为印一份 JSON：读到的全部与差异")

    def handle(self, *args: Any, **options: Any) -> None:
        self.as_json, self.reading = options["as_json"], Reading(kind="")
        self.more: dict[str, Any] = {}
        try:
            code = self.read_new(options["file"], options["new"]) if options["new"] else self.revise(**options)
        except OSError as error:
            code = self.refuse(f"读不了文件“{options['file']}”：{_said(error)}")
        except applying.Faulty as error:
            self.reading = error.reading
            code = self.refuse(str(error), error.reading.errors)
            self.unread()
        except (Unreadable, workflow.Refused) as error:
            code = self.refuse(str(error))
        if self.as_json:
            self.stdout.write(json.dumps(self.whole(), ensure_ascii=False, indent=2))
        raise SystemExit(code)

    def revise(
        self, *, file: str, plan: int | None, apply: bool, yes: bool, retire: int | None, by: str | None, **options: Any
    ) -> int:
        found = Plan.objects.filter(pk=plan).first() if plan else Plan.objects.current()
        if found is None:
            raise workflow.Refused("没有这份方案。请用 --plan 指明编号，或先导入方案。")
        data, at = Path(file).read_bytes(), clock.now()
        self.reading, comparison = applying.preview(found, data, Path(file).name, today=clock.today())
        differing = remarks.head_differences(found, self.reading.head)
        self.more = comparison.to_json() | {"confirms": comparison.confirms, "differing": differing}
        self.show(found, comparison, differing)
        if comparison.is_empty:
            return 1 if differing else 0
        if not apply:
            return 1
        self.may_apply(comparison, yes, retire)
        user = self.administrator(by)
        draft = applying.draft(found, data, Path(file).name, by=user, at=at, note="命令行导入")
        done = applying.apply_revision(draft, by=user, at=at, removals_checked=True)
        self.more["applied"] = done.number
        self.say(f"{done}已生效。")
        return 0

    def read_new(self, file: str, year: int) -> int:
        """按新方案读一份文件：读到的全部，与上传新方案时预览的一样。"""
        self.reading = drafts.read_new(Path(file).read_bytes(), Path(file).name, year)
        self.more = new_plan_json(self.reading, year)
        if self.reading.errors:
            raise applying.Faulty(self.reading)
        for row in self.reading.rows:
            who = "、".join(row.departments) or row.collective
            self.say(f"第{row.number}项　{row.title}　{'、'.join(row.leaders)}　{who}　{row.deadline}")
        self.say(f"共 {self.reading.row_count} 项。")
        for said in self.more["warnings"]:
            self.say(f"需确认　{said['message']}")
        for text in self.reading.ignored:
            self.say(f"未导入　{text}")
        return 0

    def refuse(self, message: str, problems: Sequence[Fault] = ()) -> int:
        """拒绝：说明原因和逐条的错误，退出码 2。印 JSON 的，都在 `errors` 里（行号 0 指整份文件）。"""
        if not problems:
            self.reading.errors.append(Fault(0, "", "", message))
        if not self.as_json:
            self.stderr.write("\n".join([message, *(f"  {problem.message}" for problem in problems)]))
        return 2

    def whole(self) -> dict:
        """读到的全部：各项、文件头、没有导入的、须知道的、错误与差异，只含 JSON 基本类型。"""
        found = self.reading.to_json() | {"measures": [row_to_json(row) for row in self.reading.rows]} | self.more
        return found | {"errors": [vars(problem) for problem in self.reading.errors]}

    def may_apply(self, comparison: Comparison, yes: bool, retire: int | None) -> None:
        """与网页上确认时的条件相同。"""
        if not yes:
            raise workflow.Refused("生效前须核对差异：核对无误后加 --yes。")
        removed = comparison.counts["removed"]
        if comparison.many_removed and retire != removed:
            raise workflow.Refused(
                f"退出的 {removed} 项超过四分之一，没有生效。确实要退出的，请加 --retire {removed}；"
                "文件不完整的，请换完整的文件。"
            )

    def administrator(self, username: str | None) -> User:
        users = User.objects.administrators().order_by("pk")
        user = users.filter(username__iexact=username).first() if username else users.first()
        if user is None:
            raise workflow.Refused("没有可用的管理员账户，请先建一个（manage.py first_admin）。")
        return user

    def say(self, text: str) -> None:
        """给人看的一行；印 JSON 时不印。"""
        if not self.as_json:
            self.stdout.write(text)

    def show(self, plan: Plan, comparison: Comparison, differing: list[Any]) -> None:
        self.say(f"与《{plan.title}》{plan.revision or '（尚无版本）'}比较")
        if comparison.is_empty:
            same = comparison.counts["same"]
            self.say(f"具体举措 {same} 项没有变化，其余部分有不同。" if differing else "全部无变化。")
        for change in comparison.changes:
            if change.kind == "same":
                continue
            note = f"（{change.note}）" if change.note else ""
            self.say(f"{change.label}{note}　第{change.row.number}项　{change.row.title}")
            for item in change.fields:
                self.say(f"    {item.label}：{_marked(item)}")
        for item in differing:
            self.say(f"未导入　{item['label']}与现行方案不同：{item['old'][:40] or '—'} → {item['new'][:40] or '—'}")
        for text in comparison.confirms:
            self.say(f"需确认　{text}")
        self.unread()
        if signing := revision_pages.signing_words(plan, comparison.rooms):
            self.say(f"生效后{signing}。")
        counts = comparison.counts
        self.say(
            f"新增 {counts['added']}，修改 {counts['changed']}，改序号 {counts['renumbered']}，"
            f"恢复列入 {counts['revived']}，拟退出 {counts['removed']}，无变化 {counts['same']}"
        )

    def unread(self) -> None:
        """没有导入的、照常读了而应当知道的；文件有错时也说。"""
        for text in self.reading.ignored:
            self.say(f"未导入　{text}")
        for text in self.reading.notes:
            self.say(f"说明　　{text}")


def new_plan_json(reading: Reading, year: int) -> dict:
    """新方案的一份 JSON：各项（时限、目标都照原文另附推得的）、举措以外的部分、没有读入的、要人看的。"""
    measures = [
        {
            "number": row.number,
            "title": row.title,
            "text": row.text,
            "body": body_of(row.text, row.title),
            "leaders": list(row.leaders),
            "departments": list(row.departments) or [row.collective],
            "all_departments": row.all_departments,
            "cooperating": list(row.cooperating),
            "section": row.section,
            "deadline": row.deadline,
            "due_on": row.due_on.isoformat() if row.due_on else None,
            "targets": [vars(aim) for aim in row.aims],
        }
        for row in reading.rows
    ]
    stored = reading.to_json()
    span = remarks.head_span(reading.head)
    head = stored["head"] | {"year": span[0] if span else year, "years": list(span or (year, year))}
    notes = [vars(Fault(0, "", "", note)) for note in reading.notes]
    return {"measures": measures, "head": head, "warnings": stored["warnings"] + notes, "proposed": reading.proposed}


def _marked(item: FieldChange) -> str:
    """短的写出前后；长的只写变动之处：[-删去的-]{+新增的+}。"""
    if len(item.old) + len(item.new) <= LONGEST or not item.old or not item.new:
        return f"{item.old or '—'} → {item.new or '—'}"
    signs = {"del": "[-{}-]", "ins": "{{+{}+}}"}
    return "".join(signs[op].format(text) if op in signs else _short(text) for op, text in item.marked)


def _short(text: str) -> str:
    return text if len(text) <= 2 * AROUND + 1 else f"{text[:AROUND]}…{text[-AROUND:]}"


def _said(error: OSError) -> str:
    """系统的英文提示换成中文。"""
    said = {
        FileNotFoundError: "没有这个文件，请核对路径。",
        IsADirectoryError: "这是文件夹，请写文件的路径。",
        PermissionError: "没有读取它的权限。",
    }
    return said.get(type(error), "请核对路径与权限。")
