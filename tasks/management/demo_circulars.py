"""演示：七月、八月的通报已印发（〔2023〕1号、2号），九月的留给您自己生成。"""

import datetime as dt

from django.utils import timezone

from tasks import workflow
from tasks.circular import pages

ISSUED = {"2023-07": "2023-08-01 09:30", "2023-08": "2023-09-01 10:00"}


def tell(story) -> None:
    """各期关闭以后印发；数字算到关闭的那一刻，所以放在最后造也与当时一样。"""
    for slug, when in ISSUED.items():
        period = story.plan.periods.get(slug=slug)
        at = timezone.make_aware(dt.datetime.strptime(when, "%Y-%m-%d %H:%M"))
        made = pages.start(story.plan, by=story.office, at=at, kind="circular", first_period=period, period=period)
        workflow.issue_circular(made, by=story.office, at=at, version=made.version)
