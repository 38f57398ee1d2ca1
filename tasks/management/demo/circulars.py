"""演示：七月、八月的通报已印发（〔2023〕1号、2号）；四至九月的汇报起草了一份；九月的通报留给您自己生成。"""

from tasks import workflow
from tasks.management.demo import Story
from tasks.models import Circular
from tasks.pages import circular as circular_pages

from . import moment

ISSUED = {"2023-07": "2023-08-01 09:30", "2023-08": "2023-09-01 10:00"}
HALF_YEAR = ("2023-04", "2023-09", "2023-09-22 09:00")


def tell(story: Story) -> None:
    """各期关闭以后印发；数字算到关闭的那一刻，所以放在最后造也与当时一样。"""
    for slug, when in ISSUED.items():
        made = start(story, "circular", slug, slug, when)
        workflow.issue_circular(made, by=story.office, at=made.created_at, version=made.version)
    start(story, "report", *HALF_YEAR)


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
