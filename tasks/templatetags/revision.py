"""修订差异的样子：一种变化的颜色，一处改动前后的文字（删去的、新增的各有标记）。"""

from django import template
from django.utils.html import format_html, format_html_join

from ..imports.differing import FieldChange

register = template.Library()

CSS = {"added": "tag-g", "revived": "tag-g", "renumbered": "tag-b", "removed": "tag-r"}


@register.filter
def change_css(kind: str) -> str:
    """一种变化的颜色类：{{ change.kind|change_css }}。"""
    return CSS.get(kind, "tag-y")


@register.filter
def was(field: FieldChange, kind: str) -> str:
    """改动之前的文字，删去的划掉；新增的举措没有从前：{{ field|was:change.kind }}。"""
    return format_html('<span class="{}">—</span>', "muted") if kind == "added" else _marked(field, "del")


@register.filter
def becomes(field: FieldChange) -> str:
    """改动之后的文字，新增的标出：{{ field|becomes }}。"""
    return _marked(field, "ins")


def _marked(field: FieldChange, only: str) -> str:
    """一边的文字：两边都有的照写，只有这一边有的（`only` 为 del 或 ins）加标记。"""
    form = {only: format_html("<{0}>{{}}</{0}>", only), "eq": "{}"}
    return format_html_join("", "{}", ((format_html(form[op], text),) for op, text in field.marked if op in form))
