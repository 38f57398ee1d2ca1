"""请示的表单：起草、记下领导小组的决定、更正决定。"""

from typing import Any

from django import forms

from departments.models import Leader
from yingshang.forms import DateInput, SegRadioSelect

from ..models import Decision
from ..models.fields import DATE_RANGE
from .filters import FilterForm

PHONE = "电话只写数字和短横线，连区号至少七位。"


class PetitionGivenForm(FilterForm):
    """从哪里来写请示（网址参数）：measure-7、problem-3……"""

    about = forms.CharField(required=False, max_length=30)


class PetitionAddForm(forms.Form):
    """起草：从哪里起的、什么事、联系人与电话。`choices` 是可以请示的各件事，分组列出。"""

    fields: dict[str, Any]

    about = forms.ChoiceField(label="就哪件事请示", required=False, help_text="选了的，情况先照台账写好，再由您改。")
    subject = forms.CharField(
        label="事由", required=False, max_length=60, help_text="标题“关于……的请示”中间的话；选了上面一件的可以空着。"
    )
    contact = forms.CharField(label="联系人", max_length=20, error_messages={"required": "请写联系人。"})
    phone = forms.RegexField(
        r"^(?=(?:-*[0-9]){7})[0-9\-]{7,20}\Z",
        label="电话",
        help_text="印在附注里，如 0358-1234567。",
        error_messages={"required": "请写联系电话。", "invalid": PHONE},
    )

    def __init__(self, *args: Any, choices: list, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["about"].choices = choices
        self.fields["about"].error_messages["invalid_choice"] = "这一件已经办完，或不在台账里，请重新选。"

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        if not data.get("about") and not data.get("subject") and "about" not in self.errors:
            self.add_error("subject", "请写事由，或在上面选一件。")
        return data


class DecisionForm(forms.Form):
    """领导小组的决定：怎样定的、谁定的、哪一天、内容。"""

    fields: dict[str, Any]

    verdict = forms.ChoiceField(
        label="决定",
        choices=Decision.Verdict.choices,
        widget=SegRadioSelect,
        error_messages={"required": "请选怎样定的。"},
    )
    leader = forms.ModelChoiceField(
        label="谁定的",
        queryset=Leader.objects.none(),
        required=False,
        empty_label="领导小组会议研究",
        help_text="会上定的不用选；领导批的选那一位。",
    )
    decided_on = forms.DateField(
        label="哪一天定的",
        widget=DateInput,
        validators=DATE_RANGE,
        error_messages={"required": "请写哪一天定的。", "invalid": "请写成日期。"},
    )
    text = forms.CharField(
        label="决定的内容",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="照会议纪要、批件写；缓议的写明什么时候再议。",
        error_messages={"required": "请写决定的内容。"},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("prefix", "decide")
        super().__init__(*args, **kwargs)
        self.fields["leader"].queryset = Leader.objects.filter(is_active=True)


class DecisionAmendForm(DecisionForm):
    """更正记错了的决定：另写理由。"""

    reason = forms.CharField(
        label="更正的理由",
        max_length=500,
        help_text="原来记的与理由都留着。",
        error_messages={"required": "更正决定须写明理由。"},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"prefix": "amend"} | kwargs)
        self.fields["leader"].queryset = Leader.objects.all()  # 定的时候在任的，离任了也还是他定的
