"""意见建议的表单：提、答复。"""

from django import forms

from ..models.fields import TEXT_MAX


class SuggestionForm(forms.Form):
    """提一条。"""

    text = forms.CharField(
        label="意见建议",
        max_length=TEXT_MAX,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="哪一页、哪一步不好用，哪些重复填了，想怎么改。办公室答复以后，本部室在这里看得到。",
        error_messages={"required": "请写意见建议。"},
    )


class SuggestionAnswerForm(forms.Form):
    """答复一条。"""

    text = forms.CharField(
        label="答复",
        max_length=TEXT_MAX,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "请写明怎么办、何时办，不办的写明为什么。"},
    )
