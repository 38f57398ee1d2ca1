"""认列的表单：一列一个下拉，改了的记成叫法。"""

from typing import Any

from django import forms

from ..imports.mapping import SeenColumn
from ..models import Term

SKIP = "skip"  # 不导入


class ColumnForm(forms.Form):
    """一列认作什么。`word` 随表单带着，换了文件再传也认得是哪个叫法。"""

    word = forms.CharField(max_length=60, widget=forms.HiddenInput)
    use = forms.ChoiceField(label="认作", choices=[*Term.Use.choices, (SKIP, "不导入")])

    def __init__(self, data: Any = None, *, n: int, column: SeenColumn | None = None) -> None:
        self.column = column
        initial = {"word": column.word, "use": column.use or SKIP} if column else {}
        super().__init__(data, prefix=f"c{n}", initial=initial)
        if column:
            self.fields["use"].widget.attrs["aria-label"] = f"{column.letter} 列“{column.header}”认作"

    @property
    def evidence(self) -> tuple[str, str, str]:
        """凭什么认的：（颜色，标签，一句话）。"""
        column = self.column
        if column is None:
            return "", "", ""
        if column.is_learned:
            return "tag-b", "记住的", "以前认过的叫法"
        if column.use:
            return "tag-g", "认得", "照列名认的"
        return "", "没认出", f"最接近“{column.nearest}”" if column.nearest else "没有相近的叫法"


def column_forms(columns: list[SeenColumn]) -> list[ColumnForm]:
    """各列的表单。"""
    return [ColumnForm(n=n, column=column) for n, column in enumerate(columns)]


def words_in(data: Any) -> dict[str, str]:
    """交上来的各列：叫法 → 当作什么（空的是不导入）。写得不对的不算。"""
    found = {}
    for n in range(200):
        if f"c{n}-word" not in data:
            break
        form = ColumnForm(data, n=n)
        if form.is_valid():
            use = form.cleaned_data["use"]
            found[form.cleaned_data["word"]] = "" if use == SKIP else use
    return found
