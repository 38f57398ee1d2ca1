"""筛选表单的底子：认不得的值当作没有选。"""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.functional import cached_property

from yingshang import dates


class FilterForm(forms.Form):
    """GET 筛选。所有 GET 参数都经过它；写错的、不认识的按没填处理，不报错。"""

    fields: dict[str, Any]  # 各栏的 choices、queryset 等，类型不一，照栏名取

    # 只管怎么排、看哪一页的，不算筛选条件。
    ARRANGING = {"sort", "page"}

    @cached_property
    def chosen(self) -> dict:
        """有效的筛选条件。"""
        self.is_valid()
        return {k: v for k, v in self.cleaned_data.items() if v not in (None, "")}

    @property
    def is_filtered(self) -> bool:
        """排序、翻页之外还有条件。"""
        return bool(set(self.chosen) - self.ARRANGING)

    @property
    def words(self) -> str:
        """筛选条件用话说：红灯、审批中心。"""
        named = [(name, value) for name, value in self.chosen.items() if name not in self.ARRANGING]
        return "、".join(self._word(name, value) for name, value in named)

    def counted(self, n: int, unit: str = "件") -> str:
        """筛选条件与条数，印在题头：审批中心，共 6 件；没有筛选的只写条数。"""
        return f"{self.words}，共 {n} {unit}" if self.words else f"共 {n} {unit}"

    def _word(self, name: str, value: Any) -> str:
        field = self.fields[name]
        if isinstance(field, forms.DateField):
            return f"{field.label} {dates.full(value)}"
        if type(field) is forms.ChoiceField:
            return str(dict(self.fields[name].choices).get(value, value))
        return str(value)

    def query_without(self, *names: str) -> str:
        """去掉某几个参数后的查询串，给翻页、排序链接用。"""
        data = QueryDict(mutable=True)
        for name, value in self.data.items():
            if name in self.fields and name not in names and value:
                data[name] = value
        return data.urlencode()


class PageForm(FilterForm):
    """只有翻页的清单。"""

    page = forms.IntegerField(required=False, min_value=1, max_value=100_000, widget=forms.HiddenInput)

    @property
    def number(self) -> int:
        """第几页。"""
        return self.chosen.get("page", 1)
