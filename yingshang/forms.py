"""表单的样子：渲染器与几个控件。各应用的 forms.py 只管字段与校验。"""

from typing import Any, TypeAlias

from django import forms
from django.forms.renderers import TemplatesSetting

Attrs: TypeAlias = dict[str, Any] | None


class FormRenderer(TemplatesSetting):
    """全站表单渲染器：{{ field.as_field_group }} 输出标签、错误、控件、帮助，错误排在控件之前。"""

    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"


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
