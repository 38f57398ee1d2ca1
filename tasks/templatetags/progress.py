"""报送状态标签：未报黄、逾期红、待审核蓝、已通过绿、已退回红、草稿无色。"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join

from departments.models import Department, User
from departments.naming import Names

from ..figures import reporting
from ..figures.rows import Line
from ..models import Progress

register = template.Library()

CSS = {
    "未报": "tag-y",
    "逾期未报": "tag-r",
    "草稿": "",
    "待审核": "tag-b",
    "已通过": "tag-g",
    "已补报": "tag-y",
    "已退回": "tag-r",
    "已放弃": "",
}


@register.simple_tag
def report_tag(progress: Progress, today: dt.date) -> str:
    """{% report_tag progress today %}：显示的状态由 Progress.shown_status 算出；自审、更正待审核的另有一签。"""
    text = progress.shown_status(progress.period.as_of(today))
    tags = [(CSS[text], text)]
    if progress.is_self_review and progress.is_approved:
        tags.append(("tag-o", "自审"))
    if progress.correction_waiting is not None:
        tags.append(("tag-b", "更正待审核"))
    return format_html_join(" ", '<span class="tag {}">{}</span>', tags)


@register.simple_tag
def line_report(line: Line, today: dt.date) -> str:
    """一项举措本期的报送：一个部室的写状态；共同牵头的写已报几份与最需过问的状态。"""
    first, total = next((r for r in line.reports if r.status == line.report_status), None), len(line.reports)
    if first is None:
        words = "已办结，免报" if line.light.level == "done" else "本期不报"
        return format_html('<span class="small muted">{}</span>', words)
    if total == 1:
        return report_tag(first, today)
    spare = len(line.parts) - total
    count = '{} <span class="small muted nowrap">已报 {}／{}{}</span>'
    return format_html(count, report_tag(first, today), line.reported, total, f"，免报 {spare}" if spare else "")


@register.simple_tag
def counted_words(key: str) -> str:
    """{% counted_words "on_time" %}：报送情况的列名，与别的数并排看得懂（figures/reporting）。"""
    return {"on_time": reporting.ON_TIME, "late": reporting.LATE}[key]


@register.simple_tag(takes_context=True)
def signed(context: dict[str, Any], user: User, department: Department, at: dt.datetime) -> str:
    """{% signed user department at %}：这个部室的一件是谁办的，写姓名；别的部室的人替办的标“代”。"""
    return f"{user.name}（代）" if _names(context).is_acting(user, department, at) else user.name


@register.simple_tag(takes_context=True)
def done_by(context: dict[str, Any], user: User, department: Department, at: dt.datetime) -> str:
    """{% done_by user department at %}：写部室（办公室、领导）；别的部室的人替办的，写部室与姓名，标“代”。"""
    names = _names(context)
    if names.is_acting(user, department, at):
        return f"{names.department(department, at)} {user.name}（代）"
    return user.who


@register.simple_tag(takes_context=True)
def stand_in(context: dict[str, Any], user: User, department: Department, at: dt.datetime) -> str:
    """{% stand_in user department at %}：别的部室的人替办的，写姓名，标“代”；自己部室办的为空。"""
    return f"{user.name}（代）　" if _names(context).is_acting(user, department, at) else ""


def _names(context: dict[str, Any]) -> Names:
    """那一天的名字，一页只查一次。"""
    request = context.get("request")
    if not hasattr(request, "names"):
        request.names = Names()  # type: ignore[union-attr]
    return request.names  # type: ignore[union-attr]


@register.filter
def of(counts: Mapping[Any, int], key: Any) -> int:
    """{{ counts|of:pk }}：计数表里某一个的数，没有为 0。"""
    return counts.get(key, 0)
