"""演示里的催办、延期、办结申请与跟踪问效：由 `demo` 按月调用，只经 workflow 写状态。文字都标“（演示数据）”。"""

import datetime as dt

from django.core.files.uploadedfile import SimpleUploadedFile

from departments.models import Department
from tasks import workflow
from tasks.figures import owed as owed_figures
from tasks.management.demo import Story
from tasks.models import Reminder
from tasks.papers import reminder as reminder_papers
from tasks.rules import evidence

from . import MARK, assignment, moment

JULY = "2023-07-24 15:00"
# 一页的 PDF，作演示佐证。
PAGE = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)


def before_report(story: Story, month: int, submitted: str) -> None:
    """报送按时间先后造；7月24日下午催办一次当时还没有报的。"""
    if month == 7 and submitted > JULY and not Reminder.objects.exists():
        _remind(story, JULY)


def closing(story: Story, month: int) -> None:
    """这一期报送之后、关闭之前：8 月有一份没有批准的延期、一次跟踪问效；9 月延期、催办、办结申请。"""
    if month == 8:
        _refused(story)
        _effect(story)
    if month == 9:
        _approved(story)
        _remind(story, "2023-09-20 16:30", department="审批中心")
        _waiting(story)


def _remind(story: Story, when: str, department: str | None = None) -> None:
    """催办当时欠着的报送，按部室各记一次。"""
    at = moment(when)
    room = Department.objects.get(name=department) if department else None
    found = [i for i in owed_figures.items(story.plan, at.date(), department=room) if i.kind == owed_figures.REPORT]
    for owing, items in owed_figures.by_department(found):
        text = reminder_papers.for_department(owing, items, at.date()) + MARK
        keys = [item.key for item in items]
        workflow.send_reminder(story.plan, by=story.office, at=at, department=owing, keys=keys, text=text)


def _refused(story: Story) -> None:
    asked = workflow.request_extension(
        assignment("10", "规划建设部"),
        by=story.people["规划建设部"],
        at=moment("2023-08-16 10:20"),
        new_due_on=dt.date(2024, 6, 30),
        reason="征地和送电手续耗时超出预期，申请延至明年上半年。（演示数据）",
    )
    workflow.refuse_extension(
        asked,
        by=story.office,
        at=moment("2023-08-18 16:40"),
        note="要素保障关系在建项目用能，年内送电的目标不变。请倒排征地和送电节点，需要协调的提请领导小组研究。（演示数据）",
    )


def _effect(story: Story) -> None:
    workflow.note_effect(
        assignment("5", "审批中心"),
        by=story.people["审批中心"],
        at=moment("2023-08-29 09:40"),
        text="回访8月新设企业19户，17户当天拿到执照和印章，2户因材料补正用时一天；企业普遍反映不用再跑刻章店。（演示数据）",
        follow_up_on=dt.date(2023, 9, 20),
    )


def _approved(story: Story) -> None:
    asked = workflow.request_extension(
        assignment("21", "科技创新部"),
        by=story.people["科技创新部"],
        at=moment("2023-09-07 15:30"),
        new_due_on=dt.date(2024, 1, 31),
        reason="省里的人才政策预计12月出台，拟衔接后再印发计划。（演示数据）",
    )
    workflow.approve_extension(
        asked, by=story.office, at=moment("2023-09-11 10:10"), note="同意，10月启动的安排不变。（演示数据）"
    )


def _waiting(story: Story) -> None:
    """等办公室办的：一份延期申请、一份办结申请。"""
    workflow.request_extension(
        assignment("18", "经济发展部"),
        by=story.people["经济发展部"],
        at=moment("2023-09-21 09:10"),
        new_due_on=dt.date(2023, 11, 30),
        reason="与晋阳海关的备忘录还要走双方审签程序，预计11月签订。（演示数据）",
    )
    upload = evidence.check(SimpleUploadedFile("承诺制项目履约核查表（演示数据）.pdf", PAGE))
    workflow.request_completion(
        assignment("8", "审批中心"),
        by=story.people["审批中心"],
        at=moment("2023-09-21 16:50"),
        uploads=[upload],
        note="一般项目承诺制率自4月起连续六个月保持100%，核查机制已经固定下来，本部室承担的部分申请办结。（演示数据）",
    )
