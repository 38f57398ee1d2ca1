"""问题状态标签：逾期未销号、退回整改红，整改中黄，申请销号蓝，已销号绿，已撤账空心。"""

import datetime as dt

from django import template
from django.utils.html import format_html

from ..figures.problem import ProblemRow
from ..models import Problem
from .ledger import cn_date, cn_date_short

register = template.Library()

CSS = {
    "逾期未销号": "tag-r",
    "退回整改": "tag-r",
    "整改中": "tag-y",
    "申请销号": "tag-b",
    "已销号": "tag-g",
    "已撤账": "tag-o",
}


@register.simple_tag
def problem_due(row: ProblemRow) -> str:
    """{% problem_due row %}：整改期限 9月27日，还有 5 天；逾期的标红。"""
    words = '整改期限 {}，<b class="red">{}</b>' if row.is_overdue else "整改期限 {}，{}"
    return format_html(words, cn_date_short(row.problem.due_on), row.days)


@register.simple_tag
def problem_state(row: ProblemRow) -> str:
    """{% problem_state row %}：了结了的，9月3日销号；挂着账的，整改期限与还有几天。"""
    return f"{cn_date(row.ended_on)}{row.ending}" if row.ending else problem_due(row)


@register.simple_tag
def problem_wait(row: ProblemRow) -> str:
    """{% problem_wait row %}：部室自己的清单上，哪一项；申请了销号的说等谁，其余的说期限。"""
    words = "已申请销号，等办公室核验" if row.problem.is_waiting else problem_due(row)
    measure = row.problem.measure
    return format_html('第 {} 项<i class="sep"></i>{}', measure.number, words) if measure else words


@register.simple_tag
def problem_tag(problem: Problem, today: dt.date) -> str:
    """{% problem_tag problem today %}：显示的状态由 Problem.shown_status 算出。"""
    text = problem.shown_status(today)
    return format_html('<span class="tag {}">{}</span>', CSS[text], text)
