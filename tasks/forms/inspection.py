"""督查检查的登记与更正。"""

import datetime as dt
from typing import Any

from django import forms

from yingshang.forms import CheckList, DateInput

from ..models import Inspection, Measure, Plan


class InspectionForm(forms.ModelForm):
    """登记、更正一次督查检查。"""

    fields: dict[str, Any]

    class Meta:
        model = Inspection
        fields = ["held_on", "inspectors", "place", "findings", "measures"]
        widgets = {"held_on": DateInput, "findings": forms.Textarea(attrs={"rows": 6}), "measures": CheckList}
        help_texts = {
            "inspectors": "几个人的用顿号隔开。",
            "place": "去了哪里、看了什么。",
            "findings": "看到的情况、存在的问题。问题要整改的，登记后再列入问题台账。",
            "measures": "勾了的，这次检查会写进那几项的办理过程，登录者都看得到。",
        }
        error_messages = {
            "held_on": {"required": "请填检查日期。"},
            "inspectors": {"required": "请写检查人员。"},
            "place": {"required": "请写地点或对象。"},
            "findings": {"required": "请写检查情况。"},
        }

    def __init__(self, *args: Any, plan: Plan | None, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        rows = Measure.objects.in_force().filter(plan=plan)
        if self.instance.pk:  # 更正时，后来退出了的仍可以留着
            rows |= Measure.objects.filter(pk__in=self.instance.measures.values("pk"))
        self.fields["measures"].queryset = rows

    def clean_held_on(self) -> dt.date:
        held_on = self.cleaned_data["held_on"]
        if held_on > self.today:
            raise forms.ValidationError("检查日期不能晚于今天：检查之后再登记。")
        return held_on
