"""先请领导过问的：连续两期红灯，批示、催办过了日子没有回音；每一件写明为什么。照规则排，不由人挑。"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from ..models import Plan
from ..rules import lights
from . import owed as owed_figures
from .owed import COOPERATION, COORDINATION, DUE, INSTRUCTION, MILESTONE, PROBLEM, REPORT, OwedItem
from .rows import Line

# 连续几期红灯才算（方案没有规定，这是我们定的）。
RED_PERIODS = 2
# 没有写期限的批示，几天没有回复算过了日子：急办的三天，平常的与办公室过问的天数一样。
URGENT_DAYS = 3
RED, UNANSWERED, URGED = "red", "unanswered", "urged"
# 催了还没有做成的，各怎样说。
UNDONE = {
    REPORT: "没有报",
    DUE: "没有办结",
    MILESTONE: "没有完成",
    PROBLEM: "没有销号",
    COORDINATION: "没有答复",
    COOPERATION: "没有报",
}


@dataclass(frozen=True)
class Reason:
    """为什么先看：哪一条规则，一句话。"""

    kind: str
    words: str


def together(lines: Iterable[Line], silent: Iterable[tuple[int, Reason]]) -> dict[int, list[Reason]]:
    """举措（编号）→ 先看它的理由；没有的不在内。`silent` 是过了日子没有回音的（`unanswered`）。"""
    found: dict[int, list[Reason]] = defaultdict(list)
    for line in lines:
        if (n := reds(line)) >= RED_PERIODS:
            found[line.measure.pk].append(Reason(RED, f"连续 {n} 期红灯"))
    for pk, reason in silent:
        found[pk].append(reason)
    return found


def reds(line: Line) -> int:
    """到这一期为止，连续几期是红灯；现在不是红灯的为零。"""
    if line.light.level != lights.RED:
        return 0
    n = 0
    for _, level in reversed(line.trail_points):
        if level != lights.RED:
            break
        n += 1
    return n


def unanswered(plan: Plan | None, today: dt.date, measures: Collection[int]) -> list[tuple[int, Reason]]:
    """（举措，理由）：批示过了日子没有回复的，催过而过了日子没有办的。没有要看的举措不查。"""
    if not measures:
        return []
    owed = owed_figures.to_urge_on(plan, today, measures)
    return [(item.measure.pk, told) for item in owed if item.measure and (told := _told(item))]


def _told(item: OwedItem) -> Reason | None:
    """这一件算不算过了日子没有回音；算的写一句。"""
    if item.kind == INSTRUCTION:
        late = f"没有回复批示，{item.timing}" if item.has_term else f" {-item.days_left} 天没有回复批示"
        return Reason(UNANSWERED, f"{item.department}{late}") if _is_overdue(item) else None
    if not item.urged or not (item.is_late or (item.is_undated and _is_overdue(item))):
        return None
    what = {REPORT: f"{item.period.short_name if item.period else ''}进展", MILESTONE: item.state, PROBLEM: item.number}
    what[COOPERATION] = "配合情况"
    said = f"{item.department}{what.get(item.kind, '')}催过 {item.urged} 次{UNDONE[item.kind]}"
    return Reason(URGED, f"{said}，{item.timing}")


def _is_overdue(item: OwedItem) -> bool:
    """过了日子：写了期限的看期限，没有写的看提出了几天。"""
    limit = 0 if item.has_term else URGENT_DAYS if item.is_urgent else owed_figures.SLOW_DAYS
    return -item.days_left > limit
