"""领导页看哪些：自己牵头的，还是全区的；点开了哪一项的批示。只记在网址里。"""

from django import forms

from .filters import FilterForm

SCOPES = [("", "我的"), ("all", "全区")]


class DeskForm(FilterForm):
    """看哪些。"""

    scope = forms.ChoiceField(label="看哪些", required=False, choices=SCOPES)
    open = forms.CharField(required=False, max_length=10)

    @property
    def is_whole(self) -> bool:
        """全区的。"""
        return self.chosen.get("scope") == "all"
