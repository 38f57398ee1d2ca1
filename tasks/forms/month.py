"""“一次报完”里各项以外的几样：其余均无变化、粘贴的表格、部室自己的台账。"""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat

# 粘贴的一块：四十项、每项几格也放得下。
BLOCK_MAX = 60_000


class MonthForm(forms.Form):
    """各项的表单另有（`ProgressForm`），同在一张表单里交。"""

    fields: dict[str, Any]

    rest = forms.BooleanField(label="其余均无变化", required=False)
    block = forms.CharField(
        label="粘贴表格",
        required=False,
        max_length=BLOCK_MAX,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="连表头一起复制；按“序号、本月进展、完成进度、存在问题”等表头对列。",
    )
    sheet = forms.FileField(
        label="或者选择文件",
        required=False,
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
        help_text="本部室填好的台账，.xlsx 或 .csv。",
        error_messages={"empty": "这是空文件，请核对后重新选择。"},
    )

    def clean_sheet(self) -> UploadedFile | None:
        sheet = self.cleaned_data["sheet"]
        if sheet and sheet.size > settings.PLAN_MAX_BYTES:
            most = filesizeformat(settings.PLAN_MAX_BYTES)
            raise ValidationError(f"文件有 {filesizeformat(sheet.size)}，最大 {most}。请删去无关的工作表后再选。")
        return sheet

    @property
    def has_table(self) -> bool:
        """粘贴了、选了表格，还没有填进各行。"""
        return bool(self.cleaned_data["block"].strip() or self.cleaned_data["sheet"])
