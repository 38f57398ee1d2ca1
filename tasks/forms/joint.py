"""共同汇总的表单。"""

from django import forms

from ..models import JointSummary


class JointSummaryForm(forms.ModelForm):
    """写汇总。`version` 是写的人看到的那一版。"""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2_000_000_000)

    class Meta:
        model = JointSummary
        fields = ["text"]
        widgets = {"text": forms.Textarea(attrs={"rows": 5})}
        help_texts = {"text": "框里先排好了看得到的各部室部分，改成一段即可。这一期关闭之前可以改。"}
        error_messages = {"text": {"required": "请写汇总内容。"}}
