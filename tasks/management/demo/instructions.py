"""演示里的批示、节点与共同汇总：由 `demo` 按月调用，只经 workflow 写状态。文字都标“（演示数据）”。"""

import datetime as dt
from typing import Any

from departments.models import Department
from tasks import workflow
from tasks.management.demo import Story
from tasks.models import Measure, Milestone, Progress

from . import MARK, assignment, leader, moment

# 月份 → 办公室下达的节点：（时间，序号，名称，时限）。
AGREED = {
    4: [
        ("2023-04-11 09:30", "7", "自助区土建和布线完工", dt.date(2023, 6, 30)),
        ("2023-04-11 09:32", "7", "智能辅助审批设备招标完成", dt.date(2023, 8, 31)),
        ("2023-04-11 09:34", "7", "设备到货安装", dt.date(2023, 10, 20)),
        ("2023-04-11 09:40", "19", "创新中心合作协议签订", dt.date(2023, 6, 30)),
        ("2023-04-11 09:42", "19", "实验室改造主体完工", dt.date(2023, 9, 30)),
        ("2023-04-11 09:44", "19", "首批仪器设备到货", dt.date(2023, 11, 15)),
    ],
    9: [
        ("2023-09-06 15:10", "10", "王村变电站征地签约八成", dt.date(2023, 9, 15)),
        ("2023-09-06 15:12", "10", "段村变电站主体结构完成", dt.date(2023, 9, 18)),
        ("2023-09-06 15:14", "10", "中水回用项目土建完成", dt.date(2023, 11, 30)),
    ],
}
# （序号，月份）→ 那一期报送里勾完成的节点。
TICKED = {
    ("7", 6): "自助区土建和布线完工",
    ("7", 8): "智能辅助审批设备招标完成",
    ("19", 6): "创新中心合作协议签订",
    ("19", 9): "实验室改造主体完工",
    ("10", 9): "王村变电站征地签约八成",
}


def opening(story: Story, month: int) -> None:
    """这一期开放之后、报送之前：下达节点，指定汇总部室。"""
    for when, number, name, due_on in AGREED.get(month, []):
        said: dict[str, Any] = {"name": name + MARK, "due_on": due_on}
        workflow.propose_milestone(assignment(number), by=story.office, at=moment(when), **said)
    if month == 8:
        measure = Measure.objects.get(plan=story.plan, number="14")
        room = Department.objects.get(name="党务办")
        fields = {"kind": measure.kind, "start_on": None, "due_on": None, "summary_department": room}
        workflow.settle_measure(measure, by=story.office, at=moment("2023-08-02 10:00"), fields=fields)


def ticked(progress: Progress) -> list[Milestone] | None:
    """这条报送里勾的节点。"""
    name = TICKED.get((progress.assignment.measure.number, progress.period.starts_on.month))
    return list(progress.assignment.milestones.undone().filter(name=name + MARK)) if name else None


def closing(story: Story, month: int) -> None:
    """这一期报送之后、关闭之前：共同汇总（8 月），批示与回复、部室提的节点（9 月）。"""
    if month == 8:
        _summary(story)
    if month == 9:
        _instructions(story)
        workflow.propose_milestone(
            assignment("19"),
            by=story.people["科技创新部"],
            at=moment("2023-09-21 15:20"),
            name="创新中心揭牌运行" + MARK,
            due_on=dt.date(2023, 12, 20),
        )


def _summary(story: Story) -> None:
    text = (
        "8月，两个部室合力推进企业家培训交流和激励：党务办完成荣誉激励办法修改稿送审，刊发民营企业宣传报道累计5篇，"
        "组织现场观摩1次；经济发展部办结座谈会事项7项，向区内企业推介数字化车间做法，3家企业有改造意向。（演示数据）"
    )
    workflow.write_joint_summary(
        Measure.objects.get(plan=story.plan, number="14"),
        story.plan.periods.get(slug="2023-08"),
        by=story.people["党务办"],
        at=moment("2023-08-28 10:30"),
        version=0,
        text=text,
    )


def _instructions(story: Story) -> None:
    three, ten = (Measure.objects.get(plan=story.plan, number=number) for number in ("3", "10"))
    asked = workflow.issue_instruction(
        three,
        by=leader("陈向东"),
        at=moment("2023-09-11 09:20"),
        text="扶持政策送审前，请再征求一次重点企业的意见，兑现流程要让企业看得懂、办得快。（演示数据）",
    )
    workflow.reply_instruction(
        asked,
        by=story.people["经济发展部"],
        at=moment("2023-09-13 16:40"),
        text="已于9月12日召集9家重点企业座谈，兑现流程由7步减为4步，意见采纳情况随送审稿一并上报。（演示数据）",
    )
    workflow.issue_instruction(
        ten,
        by=leader("李华斌"),
        at=moment("2023-09-21 10:05"),
        is_urgent=True,
        text="段村变电站主体结构已过节点，请规划建设部本周内拿出赶工计划，逐项写明责任人和完成日期。（演示数据）",
    )
