"""问题状态标签：逾期未销号、退回整改红，整改中黄，申请销号蓝，已销号绿，已撤账空心。"""

from django import template
from django.utils.html import format_html

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
def problem_tag(problem, today):
    """{% problem_tag problem today %}：显示的状态由 Problem.shown_status 算出。"""
    text = problem.shown_status(today)
    return format_html('<span class="tag {}">{}</span>', CSS[text], text)
