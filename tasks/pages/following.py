"""我关注的：各项现在什么灯，最近七天有什么变化；首页上只说变化。"""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from departments.models import User
from yingshang import clock, dates

from ..figures.ledger import Ledger, current_of, opened_periods
from ..models import Event, Following, Measure, Plan

SPAN = 7
# 一项列几件变化；首页上列几项。
MOST, ON_HOME = 3, 6


@dataclass(frozen=True)
class Followed:
    """关注的一项，和它最近的变化（操作记录里他看得到的），新的在前。"""

    measure: Measure
    events: list[Event]

    @property
    def words(self) -> str:
        """9月20日 通过；9月19日 报送。"""
        return "；".join(dict.fromkeys(f"{dates.short(e.at)} {e.label}" for e in self.events[:MOST]))


def followed(user: User, today: dt.date) -> list[Followed]:
    """自己关注的各项（手边的方案里在册的），有变化的在前。"""
    rows = Following.objects.of_current_plan().filter(user=user, measure__retired_in=None)
    measures = [row.measure for row in rows.select_related("measure__plan")]
    since = clock.end_of(today - dt.timedelta(days=SPAN))
    events = Event.objects.visible_to(user).filter(measure__in=measures, at__gt=since).exclude(by=user)
    of: dict[int | None, list[Event]] = defaultdict(list)
    for event in events.order_by("-at", "-pk") if measures else ():
        of[event.measure_id].append(event)
    found = [Followed(measure, of[measure.pk]) for measure in measures]
    return sorted(found, key=lambda each: not each.events)


def on_home(user: User, today: dt.date) -> list[Followed]:
    """首页上说的：七天里有变化的。"""
    return [each for each in followed(user, today) if each.events][:ON_HOME]


def listing(user: User, today: dt.date) -> dict[str, Any]:
    """我关注的一页。"""
    found, plan = followed(user, today), Plan.objects.current()
    opened = opened_periods(plan)
    period = current_of(opened, today)
    these = [each.measure.pk for each in found]
    ledger = Ledger(plan, period, today, these=these, with_trails=True, opened=opened)
    return {"followed": found, "lines": ledger.lines if found else [], "period": period, "today": today}
