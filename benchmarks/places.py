"""量哪些页：谁看，网址，交什么，交以前先摆成什么样；原样的 Django 后台里相当于哪一页。"""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count

from departments.models import User
from tasks import workflow
from tasks.imports import applying
from tasks.models import Assignment, CalendarLink, Circular, Measure, Plan, Progress, ReportingPeriod, TargetValue

S = Progress.Status


class Facts:
    """库里有什么可看：现行方案、在报的一期、最忙的部室与领导。"""

    def __init__(self) -> None:
        self.plan = Plan.objects.current()
        opened = self.plan.periods.opened().order_by("starts_on")
        self.period = opened.last()
        self.closed = opened.exclude(pk=self.period.pk).last()
        parts = Assignment.objects.in_force().filter(measure__plan=self.plan)
        most = {"n": Count("pk")}
        room = parts.filter(department__users__role="reporter").values("department").annotate(**most)
        self.room = room.order_by("-n", "department").first()["department"]
        reporters = self._users("reporter").filter(department=self.room)
        led = self._users("leader").annotate(n=Count("leader__measures")).order_by("-n", "pk")
        self.who = {
            "office": "office",
            "admin": "admin",
            "reporter": reporters.order_by("pk").first().username,
            "leader": led.first().username,
        }
        self.slug = reporters.first().department.slug
        self.leader_id = led.first().leader_id
        measures = Measure.objects.in_force().filter(plan=self.plan)
        ranked = measures.annotate(n=Count("assignments", distinct=True), t=Count("targets", distinct=True))
        self.measure = ranked.filter(assignments__department=self.room).order_by("-n", "-t", "position").first()

    @staticmethod
    def _users(role: str) -> Any:
        return User.objects.filter(role=role, is_active=True).select_related("department")

    def row(self, *statuses: str) -> Progress:
        """本部室在报的一期里这样状态的一条；没有的随便一条不办结的。"""
        rows = Progress.objects.filter(period=self.period, assignment__department=self.room, corrects=None)
        rows = rows.filter(assignment__ended_in=None).exclude(stage="completed").order_by("pk")
        return rows.filter(status__in=statuses).first() or rows.first()

    def draft(self) -> Circular | None:
        """这一期的通报草稿（起草那一页量过以后才有）。"""
        return Circular.objects.drafts().filter(kind="circular", period=self.period, corrects=None).first()


@dataclass(frozen=True)
class Page:
    """一页：叫什么，谁看，网址，交的表单，交以前先摆成什么样，原样的后台里相当于哪一页。"""

    name: str
    who: str
    url: Callable[[Facts], str | None]
    data: Callable[[Facts], dict[str, Any]] | None = None
    prepare: Callable[[Facts], None] | None = None
    stock: str = ""


def unsent(facts: Facts) -> None:
    """回到还没有动手，好再报一次。"""
    row = facts.row(S.MISSING, S.SUBMITTED)
    TargetValue.objects.filter(progress=row).delete()
    none = dict.fromkeys(("submitted_by", "submitted_at", "first_submitted_at", "reviewed_by", "reviewed_at"))
    Progress.objects.filter(pk=row.pk).update(status=S.MISSING, version=0, text="", stage="in_progress", **none)


def report(facts: Facts) -> dict[str, Any]:
    row = facts.row(S.MISSING)
    said = {"version": row.version, "stage": "in_progress", "percent": 60, "decline_reason": "按最新口径核对后更正。"}
    said |= {"text": "完成了本月安排的各项工作，下月继续推进。", "next_steps": "按计划推进。"}
    return {"do": "submit"} | {f"p{row.pk}-{name}": value for name, value in said.items()}


def waiting(facts: Facts) -> None:
    """有一条待审核的（通过了的退回去）。"""
    row = facts.row(S.SUBMITTED, S.APPROVED)
    if row.status != S.SUBMITTED:
        who = {"submitted_by": row.submitted_by or row.written_by, "reviewed_by": None, "reviewed_at": None}
        at = facts.period.opened_at
        Progress.objects.filter(pk=row.pk).update(
            status=S.SUBMITTED, text=row.text or "按计划推进。", submitted_at=at, first_submitted_at=at, **who
        )


def no_draft(facts: Facts) -> None:
    Circular.objects.drafts().filter(kind="circular").update(status=Circular.Status.DISCARDED)


def all_reviewed(facts: Facts) -> None:
    """可以关闭了：关了的重新开放，待审核的都审过。"""
    office, at = User.objects.get(username="office"), facts.period.opened_at
    period = ReportingPeriod.objects.get(pk=facts.period.pk)
    if period.is_closed:
        workflow.reopen_period(period, by=office, at=at, reason="再量一次。")
    period.progress.waiting().update(status=S.APPROVED, reviewed_by=office, reviewed_at=at)


def preview(facts: Facts) -> str:
    """一份导入修订的草稿：每十项改一项的名称。没有的先传一份。"""
    draft = facts.plan.revisions.drafts().only("pk").first()
    if draft is None:
        out = io.StringIO()
        rows = csv.writer(out)
        rows.writerow(["序号", "举措名称", "具体内容", "牵头领导", "牵头部室"])
        for n, row in enumerate(live.row for live in applying.live_rows(facts.plan)):
            rooms = "各部室" if row.all_departments else "、".join(row.departments)
            title = row.title if n % 10 else f"{row.title}（修订）"
            rows.writerow([row.number, title, row.text, "、".join(row.leaders), rooms])
        admin, at = User.objects.get(username="admin"), facts.period.opened_at
        draft = applying.draft(facts.plan, out.getvalue().encode("utf-8-sig"), "台账.csv", by=admin, at=at)
    return f"/plan/import/{draft.pk}/"


def of_draft(what: str) -> Callable[[Facts], str | None]:
    return lambda f: (d := f.draft()) and f"/circulars/{d.pk}/{what}"


PAGES = (
    Page("举措清单·一个部室", "reporter", lambda f: f"/measures/?dept={f.slug}", stock="举措清单·一个部室"),
    Page("举措清单·首页", "office", lambda f: "/measures/", stock="举措清单"),
    Page("举措清单·搜索", "office", lambda f: "/measures/?" + urlencode({"q": "群众"}), stock="举措清单·搜索"),
    Page("举措清单·红灯", "office", lambda f: "/measures/?light=red", stock="举措清单"),
    Page("一项举措", "office", lambda f: f.measure.url, stock="一项举措"),
    Page("一项举措·填报人", "reporter", lambda f: f.measure.url, stock="一项举措"),
    Page("总览", "office", lambda f: "/board/", stock="报送清单·一期"),
    Page("总览·黄灯", "office", lambda f: "/board/?light=yellow", stock="报送清单·一期"),
    Page("总览·往期", "office", lambda f: f"/board/{f.closed.slug}/", stock="报送清单·往期"),
    Page("项次清单", "office", lambda f: f"/board/{f.period.slug}/items/?report=owed", stock="报送清单·一期"),
    Page("分析", "office", lambda f: f"/board/{f.period.slug}/analysis/"),
    Page("考核材料", "office", lambda f: "/assessment/"),
    Page("部室页", "office", lambda f: f"/departments/{f.slug}/", stock="报送清单·一个部室"),
    Page("领导页", "leader", lambda f: "/lead/", stock="举措清单·一位领导"),
    Page("我的任务", "reporter", lambda f: "/", stock="报送清单·一个部室"),
    Page("审核清单", "office", lambda f: "/review/", stock="报送清单·待审核"),
    Page("审核一条", "office", lambda f: f"/review/{f.row(S.SUBMITTED).pk}/", prepare=waiting, stock="一条报送"),
    Page("催办", "office", lambda f: "/remind/", stock="报送清单·一期"),
    Page("问题台账", "office", lambda f: "/problems/", stock="问题清单"),
    Page("批示", "office", lambda f: "/instructions/"),
    Page("节点", "office", lambda f: "/milestones/"),
    Page("协调", "office", lambda f: "/coordination/"),
    Page("配合报送", "office", lambda f: "/cooperation/"),
    Page("延期", "office", lambda f: "/extensions/"),
    Page("办结与问效", "office", lambda f: "/completions/"),
    Page("对外宣传", "office", lambda f: "/publicity/"),
    Page("报送期", "office", lambda f: "/periods/"),
    Page("操作记录", "office", lambda f: "/log/"),
    Page("方案", "office", lambda f: "/plan/", stock="举措清单"),
    Page("通报清单", "office", lambda f: "/circulars/"),
    Page(
        "起草通报（提交）",
        "office",
        lambda f: "/circulars/add/",
        lambda f: {"kind": "circular", "period": f.period.slug, "first_period": ""},
        no_draft,
    ),
    Page("通报草稿", "office", of_draft("")),
    Page("修改通报", "office", of_draft("edit/")),
    Page("通报 Word", "office", of_draft("word/")),
    Page("通报附表 xlsx", "office", of_draft("table/")),
    Page("通报数字一览", "office", of_draft("figures/")),
    Page("导出台账 xlsx", "office", lambda f: "/measures/export/", stock="导出举措 xlsx"),
    Page("对外公开页", "", lambda f: "/public/"),
    Page("日历订阅", "", lambda f: f"/calendar/{CalendarLink.objects.filter(department=f.room)[0].token}.ics"),
    Page("报送（提交）", "reporter", lambda f: f"/progress/{f.row(S.MISSING).pk}/", report, unsent, "保存一条报送"),
    Page(
        "通过（提交）",
        "office",
        lambda f: f"/review/{f.row(S.SUBMITTED).pk}/approve/",
        lambda f: {},
        waiting,
        "保存一条报送",
    ),
    Page("导入修订的预览", "admin", preview),
    Page(
        "关闭报送期（提交）",
        "office",
        lambda f: f"/periods/{f.period.slug}/close/",
        lambda f: {"sure": "on"},
        all_reviewed,
    ),
)


def of_stock(model: str, query: Callable[[Facts], dict[str, Any]] = lambda f: {}) -> Callable[[Facts], str]:
    return lambda f: f"/stock/tasks/{model}/?{urlencode(query(f))}"


STOCK = (
    Page("举措清单", "admin", of_stock("measure")),
    Page("举措清单·一个部室", "admin", of_stock("measure", lambda f: {"assignments__department__id__exact": f.room})),
    Page("举措清单·一位领导", "admin", of_stock("measure", lambda f: {"leaders__id__exact": f.leader_id})),
    Page("举措清单·搜索", "admin", of_stock("measure", lambda f: {"q": "群众"})),
    Page("一项举措", "admin", lambda f: f"/stock/tasks/measure/{f.measure.pk}/change/"),
    Page("报送清单·一期", "admin", of_stock("progress", lambda f: {"period__id__exact": f.period.pk})),
    Page("报送清单·往期", "admin", of_stock("progress", lambda f: {"period__id__exact": f.closed.pk})),
    Page("报送清单·待审核", "admin", of_stock("progress", lambda f: {"status__exact": S.SUBMITTED})),
    Page(
        "报送清单·一个部室",
        "admin",
        of_stock("progress", lambda f: {"assignment__department__id__exact": f.room, "period__id__exact": f.period.pk}),
    ),
    Page("一条报送", "admin", lambda f: f"/stock/tasks/progress/{f.row(S.SUBMITTED).pk}/change/"),
    Page(
        "保存一条报送",
        "admin",
        lambda f: f"/stock/tasks/progress/{f.row(S.SUBMITTED).pk}/change/",
        lambda f: {
            "assignment": f.row(S.SUBMITTED).assignment_id,
            "period": f.period.pk,
            "stage": "in_progress",
            "percent": "60",
            "text": "完成了本月安排的各项工作，下月继续推进。",
        },
    ),
    Page("问题清单", "admin", of_stock("problem")),
    Page("导出举措 xlsx", "admin", lambda f: "/stock/tasks/measure/export/"),
)
