"""总览一侧清单的筛选：总览（项）、项次清单。"""

from typing import Any

from django import forms

from departments import organisation
from departments.models import Leader

from ..figures.changes import LINE_CHANGES, PART_CHANGES
from ..figures.reporting import LATE, WITH_RETURNED
from .measure import MeasureFilterForm


class BoardFilterForm(MeasureFilterForm):
    """总览的筛选：举措清单的之外，还能看较上期有哪种变化的。"""

    change = forms.ChoiceField(label="较上期", required=False, choices=[("", "不论变化"), *LINE_CHANGES.items()])
    wide = forms.ChoiceField(label="大屏", required=False, choices=[("", "平常"), ("on", "大屏")])
    ARRANGING = {"sort", "page", "wide"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["lead"].queryset = Leader.objects.all()  # 看以往的期，当时的牵头领导也能选


class LedgerExportForm(BoardFilterForm):
    """导出台账：清单与总览上的筛选，加上哪一期、什么格式、什么纸。"""

    OUTPUT = {"format", "paper", "period", "sort", "page"}

    format = forms.ChoiceField(required=False, choices=[("xlsx", "xlsx"), ("csv", "csv")])
    paper = forms.ChoiceField(required=False, choices=[("a3", "A3"), ("a4", "A4")])
    period = forms.SlugField(required=False, max_length=20)

    @property
    def words(self) -> str:
        """缩小了范围的条件；格式、纸张、哪一期、排序不算。"""
        narrowed = {name: value for name, value in self.chosen.items() if name not in self.OUTPUT}
        return "、".join(self._word(name, value) for name, value in narrowed.items())


class ItemFilterForm(BoardFilterForm):
    """项次清单的筛选。"""

    REPORTS = [
        ("", "全部报送"),
        ("owed", "应报"),
        ("reported", "已报"),
        ("approved", "已通过"),
        ("submitted", "待审核"),
        ("unreported", "未报（含草稿）"),
        ("missing", "未报（还没有动手）"),
        ("draft", "草稿"),
        ("returned", "已退回"),
        ("on_time", f"按时报送{WITH_RETURNED}"),
        ("late", LATE),
        ("overdue", "逾期未报"),
        ("self_reviewed", "自审通过"),
        ("exempt", "本期不用报"),
    ]
    SORTS = [("number", "按序号"), ("light", "红黄在前"), ("department", organisation.later("按部室"))]

    report = forms.ChoiceField(label="报送", required=False, choices=REPORTS)
    change = forms.ChoiceField(label="较上期", required=False, choices=[("", "不论变化"), *PART_CHANGES.items()])
    sort = forms.ChoiceField(label="排序", required=False, choices=SORTS)
