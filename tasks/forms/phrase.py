"""批示常用语的表单。"""

from django import forms

from ..models.phrase import LONGEST, MOST


class PhraseForm(forms.Form):
    """一行一句。"""

    texts = forms.CharField(
        label="常用语",
        required=False,
        max_length=LONGEST * MOST * 2,
        widget=forms.Textarea(attrs={"rows": MOST}),
        help_text=f"一行一句，至多 {MOST} 句，一句至多 {LONGEST} 个字。全删了就回到开头的几句。",
    )

    @property
    def lines(self) -> list[str]:
        """各句，交给 workflow。"""
        return self.cleaned_data["texts"].splitlines()
