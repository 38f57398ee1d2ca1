"""需协调事项：筛选与答复。"""

from django import forms

from departments import organisation

from ..figures.owed import SLOW_DAYS
from ..models.fields import TEXT_MAX
from .filters import PageForm


class CoordinationFilterForm(PageForm):
    """需协调事项的筛选。"""

    STATES = [
        ("", "全部"),
        ("waiting", "没有答复"),
        ("office", "请办公室答复"),
        ("slow", organisation.later(f"部室超过 {SLOW_DAYS} 天没有答复")),
        ("answered", "已答复"),
    ]

    state = forms.ChoiceField(label="答复", required=False, choices=STATES)


class CoordinationAnswerForm(forms.Form):
    """答复别的部室请协调的事。"""

    text = forms.CharField(
        label="答复",
        max_length=TEXT_MAX,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "请写明怎么协调、何时办。"},
    )
