"""只要写一条理由的表单。"""

from django import forms


class ReasonForm(forms.Form):
    """只有一个理由的表单：退回、重新开放。"""

    reason = forms.CharField(
        label="理由",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "必须写明理由。"},
    )
