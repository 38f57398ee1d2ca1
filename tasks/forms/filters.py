"""清单的筛选：所有 GET 参数都经过这里。"""

from django import forms
from django.http import QueryDict
from django.utils.functional import cached_property

from departments.models import Department, Leader, User
from yingshang.forms import DateInput

from ..log import CATEGORIES
from ..models import Measure
from ..models.fields import DATE_RANGE


class FilterForm(forms.Form):
    """GET 筛选。所有 GET 参数都经过它；写错的、不认识的按没填处理，不报错。"""

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

    def _word(self, name, value) -> str:
        field = self.fields[name]
        if isinstance(field, forms.DateField):
            return f"{field.label} {value.year}年{value.month}月{value.day}日"
        return str(dict(field.choices).get(value, value)) if type(field) is forms.ChoiceField else str(value)

    def query_without(self, *names) -> str:
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


class MeasureFilterForm(FilterForm):
    """举措清单与总览的筛选。"""

    SORTS = [("number", "按序号"), ("light", "红黄在前"), ("leader", "按领导"), ("department", "按部室")]
    LIGHTS = [
        ("", "全部灯"),
        ("red", "红灯"),
        ("yellow", "黄灯"),
        ("green", "绿灯"),
        ("done", "已完成"),
        ("not_started", "未启动"),
    ]
    REPORTS = [
        ("", "全部报送"),
        ("missing", "未报"),
        ("draft", "草稿"),
        ("returned", "已退回"),
        ("submitted", "待审核"),
        ("approved", "已通过"),
    ]

    q = forms.CharField(label="搜索", required=False, max_length=50)
    lead = forms.ModelChoiceField(
        label="牵头领导", queryset=None, required=False, empty_label="全部领导", to_field_name="name"
    )
    dept = forms.ModelChoiceField(
        label="牵头部室", queryset=None, required=False, empty_label="全部部室", to_field_name="slug"
    )
    kind = forms.ChoiceField(label="类型", required=False, choices=[("", "全部类型"), *Measure.Kind.choices])
    light = forms.ChoiceField(label="灯", required=False, choices=LIGHTS)
    report = forms.ChoiceField(label="报送", required=False, choices=REPORTS)
    sort = forms.ChoiceField(label="排序", required=False, choices=SORTS)
    page = forms.IntegerField(required=False, min_value=1, max_value=100_000, widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["lead"].queryset = Leader.objects.filter(measure_links__isnull=False).distinct()
        self.fields["dept"].queryset = Department.objects.all()


class EventFilterForm(FilterForm):
    """操作记录的筛选。"""

    q = forms.CharField(label="搜索", required=False, max_length=50)
    kind = forms.ChoiceField(
        label="动作类别",
        required=False,
        choices=[("", "全部动作"), *((key, name) for key, (name, _) in CATEGORIES.items())],
    )
    dept = forms.ModelChoiceField(
        label="部室", queryset=None, required=False, empty_label="全部部室", to_field_name="slug"
    )
    who = forms.ModelChoiceField(
        label="谁", queryset=None, required=False, empty_label="所有人", to_field_name="username"
    )
    measure = forms.CharField(label="举措序号", required=False, max_length=10)
    since = forms.DateField(label="从", required=False, widget=DateInput, validators=DATE_RANGE)
    until = forms.DateField(label="到", required=False, widget=DateInput, validators=DATE_RANGE)
    page = forms.IntegerField(required=False, min_value=1, max_value=100_000, widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["dept"].queryset = Department.objects.all()
        self.fields["who"].queryset = User.objects.order_by("name", "pk")

    def clean(self):
        """从、到写反了的说出来，两个都不算。"""
        data = super().clean()
        since, until = data.get("since"), data.get("until")
        if since and until and since > until:
            self.add_error("until", "“到”早于“从”，没有按日期筛选。")
            data.pop("since")
        return data

    def _word(self, name, value) -> str:
        return f"第 {value} 项" if name == "measure" else super()._word(name, value)
