"""演示的主线：建报送期、核定，按月报送、审核、退回、延期、关闭；其余各样由同一个包里的模块按月插进来。"""

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from departments.models import Department, User
from tasks import workflow
from tasks.models import Measure, Plan, Progress, ReportingPeriod

from . import circulars, instructions, moment, problems, publicity, supervision

# 文件没有规定时限；演示里由办公室核定的几项：序号 → （计划启动，完成时限）。
SETTLED = {
    "10": (None, dt.date(2023, 12, 31)),
    "18": (None, dt.date(2023, 10, 15)),
    "21": (dt.date(2023, 10, 1), dt.date(2023, 12, 31)),
}
DUE_DAY = 25
STORY = Path(__file__).with_name("story_2023.json")


class Story:
    """讲故事的人手里的：现行方案、办公室、各部室的填报员。"""

    def __init__(self) -> None:
        self.plan = Plan.objects.get(is_current=True)
        self.office = User.objects.get(username="office")
        reporters = User.objects.reporters().exclude(username__endswith="-head")
        self.people = {user.department.name: user for user in reporters if user.department}
        self.assignments = json.loads(STORY.read_text("utf-8"))["assignments"]

    def tell(self) -> None:
        """按月把报送、审核、退回、延期、关闭走一遍。"""
        start = moment("2023-03-08 09:00")
        workflow.plan_periods(self.plan, by=self.office, at=start, first_month=3, last_month=12, due_day=DUE_DAY)
        self.settle(start)
        for month in range(3, 10):
            self.month(month)
        self.correction()
        problems.tell(self)
        nine = self.plan.periods.get(slug="2023-09")
        workflow.set_light(
            Measure.objects.get(plan=self.plan, number="9"),
            nine,
            by=self.office,
            at=moment("2023-09-21 17:10"),
            level="yellow",
            reason="两宗储备地块的手续尚未办完，提醒关注。（演示数据）",
        )
        publicity.tell(self)
        circulars.tell(self)

    def settle(self, at: dt.datetime) -> None:
        for measure in Measure.objects.in_force().filter(plan=self.plan, number__in=SETTLED):
            start_on, due_on = SETTLED[measure.number]
            fields = {"kind": measure.kind, "start_on": start_on, "due_on": due_on, "summary_department": None}
            workflow.settle_measure(measure, by=self.office, at=at, fields=fields)
        eight = Measure.objects.get(plan=self.plan, number="8")
        owners = {"一般项目承诺制率": "审批中心", "“标准地”宗数占比": "规划建设部"}
        targets = {t: Department.objects.get(name=owners[t.name]) for t in eight.targets.all()}
        fields = {"kind": eight.kind, "start_on": None, "due_on": dt.date(2023, 12, 31), "summary_department": None}
        workflow.settle_measure(eight, by=self.office, at=at, fields=fields, target_owners=targets)

    def month(self, month: int) -> None:
        period = self.plan.periods.get(slug=f"2023-{month:02d}")
        workflow.open_period(
            period,
            by=self.office,
            at=moment(f"2023-{month:02d}-10 08:30" if month == 3 else f"2023-{month:02d}-01 08:30"),
        )
        instructions.opening(self, month)
        entries = [(e, e["months"][str(month)]) for e in self.assignments if str(month) in e["months"]]
        entries = [(e, m) for e, m in entries if m.get("outcome") != "missing"]
        with workflow.judged_together():
            for entry, said in sorted(entries, key=lambda pair: pair[1].get("submitted", "")):
                supervision.before_report(self, month, said.get("submitted", ""))
                self.report(period, entry, said)
        instructions.closing(self, month)
        supervision.closing(self, month)
        if month == 7:
            workflow.extend_period(
                period,
                by=self.office,
                at=moment("2023-07-24 16:00"),
                due_on=dt.date(2023, 7, 28),
                reason="部分部室参加防汛值守，统一延长三天。（演示数据）",
            )
        if month < 9:
            workflow.close_period(
                period, by=self.office, at=moment(f"2023-{month:02d}-{29 if month == 7 else 30} 17:30")
            )

    def report(self, period: ReportingPeriod, entry: dict[str, Any], said: dict[str, Any]) -> None:
        row = Progress.objects.select_related("assignment__measure").get(
            period=period,
            assignment__measure__number=entry["measure"],
            assignment__department__name=entry["department"],
            corrects=None,
        )
        by = self.people[entry["department"]]
        at = moment(said.get("submitted") or "2023-09-20 15:00")
        if said.get("outcome") == "draft":
            workflow.save_progress(row, by=by, at=at, version=0, **self.written(row, said))
            return
        row = workflow.submit_progress(
            row, by=by, at=at, version=0, is_no_change=said.get("no_change", False), **self.written(row, said)
        )
        if reason := said.get("return_first"):
            workflow.return_progress(row, by=self.office, at=at + dt.timedelta(hours=2), reason=reason)
            row.refresh_from_db()
            at += dt.timedelta(days=1)
            row = workflow.submit_progress(row, by=by, at=at, version=row.version, **self.written(row, said))
        if said["outcome"] == "approved":
            workflow.approve_progress(row, by=self.office, at=at + dt.timedelta(hours=3))
        elif said["outcome"] == "returned":
            workflow.return_progress(row, by=self.office, at=at + dt.timedelta(hours=3), reason=said["return_reason"])

    def written(self, row: Progress, said: dict[str, Any]) -> dict[str, Any]:
        targets = {t.name: t for t in row.assignment.measure.targets.all()}
        content = {
            name: said.get(name, "") for name in ("text", "problems", "coordination", "next_steps", "decline_reason")
        }
        content |= {"stage": said["stage"], "percent": said.get("percent")}
        values = {targets[name]: Decimal(str(value)) for name, value in said.get("values", {}).items()}
        return {
            "content": content,
            "values": values,
            "ticks": instructions.ticked(row),
            "coordinate_with": problems.asked(said),
        }

    def correction(self) -> None:
        """一条更正：八月的第15项，数字写错，更正后重新审核。"""
        row = Progress.objects.get(period__slug="2023-08", assignment__measure__number="15", corrects=None)
        by = self.people["财务部"]
        copy = workflow.correct_progress(row, by=by, at=moment("2023-09-04 10:10"))
        content = {name: getattr(copy, name) for name in Progress.CONTENT}
        content["text"] = "更正：" + content["text"]
        copy = workflow.submit_progress(
            copy, by=by, at=moment("2023-09-04 10:20"), version=copy.version, content=content
        )
        workflow.approve_progress(copy, by=self.office, at=moment("2023-09-04 15:00"))
