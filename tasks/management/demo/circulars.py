"""演示：七月、八月的通报已印发（〔2023〕1号、2号）；四至九月的汇报起草了一份；九月的通报留给您自己生成。

请示两份：区域评估的一份领导小组会上定了，变电站尾留地块的一份还没有定。
"""

import datetime as dt

from tasks import workflow
from tasks.management.demo import Story
from tasks.models import Circular, Problem
from tasks.pages import circular as circular_pages
from tasks.pages import petition as petition_pages

from . import MARK, moment

ISSUED = {"2023-07": "2023-08-01 09:30", "2023-08": "2023-09-01 10:00"}
HALF_YEAR = ("2023-04", "2023-09", "2023-09-22 09:00")


def tell(story: Story) -> None:
    """各期关闭以后印发；数字算到关闭的那一刻，所以放在最后造也与当时一样。"""
    for slug, when in ISSUED.items():
        made = start(story, "circular", slug, slug, when)
        workflow.issue_circular(made, by=story.office, at=made.created_at, version=made.version)
    start(story, "report", *HALF_YEAR)
    assess = ask(story, "区域评估成果更新慢，影响标准地挂牌", "2023-09-13 10:00")
    workflow.decide_petition(
        assess.petition,
        by=story.office,
        at=moment("2023-09-18 17:00"),
        verdict="agreed",
        decided_on=dt.date(2023, 9, 18),
        text=f"同意。由规划建设部牵头、审批中心配合，10月20日前补齐成果，经费从年度预算中调剂。{MARK}",
    )
    ask(story, "王村变电站尾留地块未签约", "2023-09-20 10:00")


def ask(story: Story, problem: str, when: str) -> Circular:
    """就一件问题请示，当天印发。"""
    at = moment(when)
    about = f"problem-{Problem.objects.get(title=problem).pk}"
    said = {"about": about, "subject": "", "contact": "领导小组办公室", "phone": "0358-3520000"}
    made = petition_pages.start(story.plan, by=story.office, today=at.date(), at=at, **said)
    return workflow.issue_circular(made, by=story.office, at=at, version=made.version)


def start(story: Story, kind: str, first: str, last: str, when: str) -> Circular:
    """起草一份。"""
    return circular_pages.start(
        story.plan,
        by=story.office,
        at=moment(when),
        kind=kind,
        first_period=story.plan.periods.get(slug=first),
        period=story.plan.periods.get(slug=last),
    )
