"""表单的样子：渲染器与几个控件。各应用的 forms.py 只管字段与校验。"""

from collections.abc import Callable
from typing import Any, TypeAlias

from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils.html import format_html, format_html_join

Attrs: TypeAlias = dict[str, Any] | None
Widget: TypeAlias = dict[str, Any]


class FormRenderer(TemplatesSetting):
    """全站表单渲染器：{{ field.as_field_group }} 输出标签、错误、控件、帮助，错误排在控件之前。

    最常用的几样控件不走模板，写出来的与 Django 自己的模板一字不差：一页几十个控件，各由好几个小模板拼成，要占半页的工夫。
    """

    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> str:
        write = PLAIN.get(template_name.removeprefix("django/forms/widgets/"))
        return write(context["widget"]) if write else super().render(template_name, context, request)


def _attrs(widget: Widget) -> str:
    """一个控件的各属性，值都转义。"""
    shown = [(name, value) for name, value in widget["attrs"].items() if value is not False]
    one = lambda name, value: format_html(" {}", name) if value is True else format_html(' {}="{}"', name, value)  # noqa: E731
    return format_html_join("", "{}", ((one(name, value),) for name, value in shown))


def input_html(widget: Widget) -> str:
    """一个 <input>。"""
    value = "" if widget["value"] is None else format_html(' value="{}"', widget["value"])
    return format_html('<input type="{}" name="{}"{}{}>', widget["type"], widget["name"], value, _attrs(widget))


def _textarea(widget: Widget) -> str:
    said = widget["value"] or ""
    return format_html('<textarea name="{}"{}>\n{}</textarea>', widget["name"], _attrs(widget), said)


def _group(group: str | None, options: list[Widget]) -> str:
    """下拉框里的一组选项；没有组名的就是各选项。"""
    rows = ((one["value"], _attrs(one), one["label"]) for one in options)
    shown = format_html_join("", '\n  <option value="{}"{}>{}</option>\n', rows)
    return format_html('\n  <optgroup label="{}">{}\n  </optgroup>', group, shown) if group else shown


def _select(widget: Widget) -> str:
    groups = format_html_join("", "{}", ((_group(group, options),) for group, options, _ in widget["optgroups"]))
    return format_html('<select name="{}"{}>{}\n</select>', widget["name"], _attrs(widget), groups)


INPUTS = ("text", "hidden", "number", "date", "checkbox", "password", "email", "url", "file")
PLAIN: dict[str, Callable[[Widget], str]] = {f"{kind}.html": input_html for kind in INPUTS}
PLAIN |= {"textarea.html": _textarea, "select.html": _select}


class SegRadioSelect(forms.RadioSelect):
    """分段单选：选项不超过四个、文字短时用。"""

    template_name = "forms/widgets/seg.html"


class CheckList(forms.CheckboxSelectMultiple):
    """竖排多选：每行一个大号勾选框。"""

    template_name = "forms/widgets/checks.html"


class UnitInput(forms.NumberInput):
    """带单位的数字；adds 为快捷加数按钮（有脚本时才显示）。"""

    template_name = "forms/widgets/unit.html"

    def __init__(self, unit: str = "", adds: tuple[int, ...] = (), attrs: Attrs = None) -> None:
        super().__init__({"inputmode": "decimal", "step": "any", **(attrs or {})})
        self.unit, self.adds = unit, adds

    def get_context(self, name: str, value: Any, attrs: Attrs) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"].update(unit=self.unit, adds=self.adds)
        return context


class PercentInput(UnitInput):
    """百分比：0–100 的整数，带＋5、＋10。"""

    def __init__(self, attrs: Attrs = None) -> None:
        super().__init__("%", (5, 10), {"inputmode": "numeric", "min": 0, "max": 100, "step": 1, **(attrs or {})})


class DateInput(forms.DateInput):
    """日期：用浏览器自带的日期控件，限 2000 至 2099 年，免得把年份敲成五位。"""

    input_type = "date"

    def __init__(self, attrs: Attrs = None) -> None:
        super().__init__({"min": "2000-01-01", "max": "2099-12-31", **(attrs or {})}, format="%Y-%m-%d")
