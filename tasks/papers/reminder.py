"""催办的话：给一个部室的、发在工作群里的一整段。写明部室、事项、还有几天或逾期几天，语气平和。

件数再多，一段话也有限度：写到够长为止，其余只说还有几件；全部的清单，部室在“我的任务”里看。
"""

import datetime as dt
from collections.abc import Iterable

from departments import organisation
from departments.models import Department
from yingshang import dates

from ..figures import owed as owed_figures
from ..figures.owed import OwedItem
from ..models import Plan, ReportingPeriod

ENDING = "没有新进展的也请如实报送；确有困难，请与办公室联系。感谢支持配合。"
HEADS = {
    owed_figures.INSTRUCTION: "领导批示，尚未回复：",
    owed_figures.REPORT: "尚未完成进展报送：",
    owed_figures.DUE: "临近或已过完成时限，尚未办结：",
    owed_figures.MILESTONE: "已过时限，尚未完成的节点：",
    owed_figures.PROBLEM: "已过整改期限，尚未销号的问题：",
    owed_figures.COORDINATION: "其他部室请协调，尚未答复：",
    owed_figures.COOPERATION: "办公室请报配合情况，尚未报：",
}
SUBJECTS = {
    owed_figures.INSTRUCTION: "批示回复",
    owed_figures.REPORT: "进展报送",
    owed_figures.DUE: "完成时限",
    owed_figures.MILESTONE: "节点",
    owed_figures.PROBLEM: "问题整改",
    owed_figures.COORDINATION: "协调答复",
    owed_figures.COOPERATION: "配合情况",
}
WEEKDAYS = "一二三四五六日"
# 各件合起来至多写这么多字：给一个部室的、发到群里的、群里一个部室的一行。
ROOM, GROUP_ROOM, GROUP_LINE = 1_500, 3_600, 480


def for_department(department: Department, items: list[OwedItem], today: dt.date, plan: Plan | None = None) -> str:
    """给一个部室的催办语。不是现行方案的写明是哪一份。"""
    unit = organisation.current().unit
    asked = f"截至{dates.full(today)}，{_of(plan)}贵{unit}以下 {len(items)} 件事需要抓紧办理。"
    lines, room = [f"{department}：", asked], ROOM
    for kind, head in HEADS.items():
        chosen = [i for i in items if i.kind == kind]
        if chosen:
            lines.append(_head(head, chosen))
            listed = _fitting((f"{n}. {_line(item)}" for n, item in enumerate(chosen, 1)), room)
            lines += [*listed[:-1], f"{listed[-1].removesuffix('；')}。"]
            room -= sum(map(len, listed))
            if left := len(chosen) - len(listed):
                lines.append(f"……另有 {left} 件，请登录系统，在“我的任务”里看全部。")
    return "\n".join([*lines, ENDING, f"{organisation.current().full_office}　{dates.full(today)}"])


def for_group(items: list[OwedItem], today: dt.date, plan: Plan | None = None) -> str:
    """发在工作群里的一整段：按部室分行。不是现行方案的写明是哪一份。"""
    worded = organisation.current().worded
    asked = f"截至{dates.full(today)}，{_of(plan)}" + worded("以下事项尚未完成，请有关部室抓紧办理。")
    lines = [worded("【督办提醒】各部室："), asked]
    room = GROUP_ROOM
    for kind, head in HEADS.items():
        chosen = [i for i in items if i.kind == kind]
        if chosen:
            lines.append("◆ " + _head(head, chosen))
            is_one_period = _only_period(chosen) is not None
            for department, mine in owed_figures.by_department(chosen):
                listed = _fitting((_short(item, is_one_period) for item in mine), min(room, GROUP_LINE))
                listed = listed if room > 0 else [mine[0].number]
                room -= sum(map(len, listed))
                lines.append(f"{department}：{'、'.join(listed)}" + _and_more(len(mine), len(listed)))
    return "\n".join([*lines, ENDING, f"{organisation.current().full_office}　{dates.full(today)}"])


def _of(plan: Plan | None) -> str:
    """《2023年方案》里，；现行方案的不写。"""
    return f"《{plan.title}》里，" if plan and not plan.is_current else ""


def subject(items: list[OwedItem]) -> str:
    """邮件主题。"""
    kinds = "、".join(name for kind, name in SUBJECTS.items() if any(i.kind == kind for i in items))
    return f"【营商环境督办】{kinds}提醒（{len(items)} 件）"


def _fitting(parts: Iterable[str], room: int) -> list[str]:
    """写得下的前几件（至少一件）。"""
    listed: list[str] = []
    for part in parts:
        if listed and len(part) > room:
            break
        listed.append(part)
        room -= len(part)
    return listed


def _and_more(total: int, listed: int) -> str:
    return f"等 {total} 件" if listed < total else ""


def _head(head: str, chosen: list[OwedItem]) -> str:
    """报送只有一期时，把截止日写在标题里，各行就不用重复。"""
    period = _only_period(chosen)
    if period is None:
        return organisation.current().worded(head)
    left = next((i for i in chosen if i.is_late), chosen[0]).timing
    return f"{period.short_name}进展报送（{dates.short(period.due_on)}周{WEEKDAYS[period.due_on.weekday()]}截止，{left}），尚未报送："


def _only_period(chosen: list[OwedItem]) -> ReportingPeriod | None:
    periods = {i.period for i in chosen}
    return periods.pop() if len(periods) == 1 else None


def _line(item: OwedItem) -> str:
    if item.kind == owed_figures.REPORT:
        return f"{item.name}：{_period_of(item)}{item.state}，{item.timing}；"
    return f"{item.name}：{item.limit}，{item.timing}；"


def _short(item: OwedItem, is_one_period: bool) -> str:
    """群里的一小段：只有一期时不写期名与天数（标题里有），退回的写明。"""
    if item.kind != owed_figures.REPORT:
        return f"{item.name}（{item.limit}，{item.timing}）"
    if is_one_period:
        return item.name if item.state == "未报" else f"{item.name}（{item.state}）"
    return f"{item.name}（{_period_of(item)}{item.state}，{item.timing}）"


def _period_of(item: OwedItem) -> str:
    return item.period.short_name if item.period else ""
