"""报送状态标签：未报黄、逾期红、待审核蓝、已通过绿、已退回红、草稿无色。"""

from django import template

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


@register.inclusion_tag("tasks/progress/_tag.html")
def report_tag(progress, today):
    """{% report_tag progress today %}：显示的状态由 Progress.shown_status 算出。"""
    text = progress.shown_status(progress.period.as_of(today))
    return {
        "text": text,
        "css": CSS[text],
        "is_self_review": progress.is_self_review and progress.is_approved,
        "is_correcting": progress.correction_waiting is not None,
    }


@register.inclusion_tag("tasks/progress/_line_report.html")
def line_report(line, today):
    """一项举措本期的报送：一个部室的写状态；共同牵头的写已报几份与最需过问的状态。"""
    first = next((r for r in line.reports if r.status == line.report_status), None)
    return {"line": line, "first": first, "today": today, "total": len(line.reports)}


@register.filter
def of(counts, key):
    """{{ counts|of:pk }}：计数表里某一个的数，没有为 0。"""
    return counts.get(key, 0)
