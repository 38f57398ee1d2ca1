"""方案修订的表单：上传、确认。"""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat

from yingshang.forms import SegRadioSelect
from yingshang.tables.converting import can_convert
from yingshang.tables.guards import refused_suffix

from ..models.plan import archived_at_hand
from .filters import PageForm


class PlanUploadForm(forms.Form):
    """上传方案修订，或用一份文件建新方案。"""

    fields: dict[str, Any]

    TARGETS = [("current", "修订现行方案"), ("new", "建立新方案")]

    target = forms.ChoiceField(label="导入为", choices=TARGETS, widget=SegRadioSelect, initial="current")
    file = forms.FileField(
        label="文件",
        help_text="台账表格（.xlsx、.csv）或印发的正文（.docx、.txt）。老式 .xls、WPS .et 请先另存为 .xlsx。",
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv,.docx,.txt"}),
        error_messages={"required": "请选择文件。", "empty": "这是空文件，请核对后重新选择。"},
    )
    note = forms.CharField(
        label="修订说明", max_length=300, required=False, help_text="如：根据 9 月 12 日主任办公会调整"
    )
    year = forms.IntegerField(
        label="新方案年度",
        required=False,
        min_value=2000,
        max_value=2099,
        help_text="建立新方案时填；正文写明年份的可以不填",
    )
    title = forms.CharField(
        label="新方案名称", required=False, max_length=200, help_text="建立新方案时填；正文里有名称的可以不填"
    )

    def __init__(self, *args: Any, has_plan: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not has_plan or (archived_at_hand() and not self.is_bound):  # 归档的不能修订，交上来的由动词说明
            self.fields["target"].choices = self.TARGETS[1:]
            self.fields["target"].initial = "new"

    def clean_file(self) -> UploadedFile:
        """太大的不读进内存；其余的核对在读取时做。"""
        file = self.cleaned_data["file"]
        if file.size > settings.PLAN_MAX_BYTES:
            size, most = filesizeformat(file.size), filesizeformat(settings.PLAN_MAX_BYTES)
            raise ValidationError(f"文件有 {size}，超过 {most} 的上限。请删去图片、空行和无关的工作表后重新上传。")
        if (said := refused_suffix(file.name)) and not (settings.PLAN_CONVERT and can_convert(file.name)):
            raise ValidationError(said)
        return file

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        # 表格里没有年份；正文里有，读出来再说。
        is_document = getattr(data.get("file"), "name", "").lower().endswith((".docx", ".txt"))
        refused = "file" in self.files and "file" not in data  # 文件本身读不了的，先说那个
        if data.get("target") == "new" and not refused and not data.get("year") and not is_document:
            self.add_error("year", "请写新方案是哪一年的。")
        return data


class RevisionFilterForm(PageForm):
    """一版的页面：与哪一版比较（版次）、第几页。"""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["with"] = forms.IntegerField(required=False, min_value=1, max_value=99_999)


class RevisionConfirmForm(forms.Form):
    """确认前的两个勾：已核对；有退出的另勾一个；退出过多的还要写出项数。"""

    checked = forms.BooleanField(label="核对", error_messages={"required": "请先勾选“已与印发文件核对一致”。"})
    removals_checked = forms.BooleanField(label="退出", required=False)
    removed_count = forms.IntegerField(label="退出的项数", required=False, min_value=0, max_value=100_000)

    def __init__(self, *args: Any, removed: int = 0, many: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.removed, self.many = removed, many

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        if self.removed and not data.get("removals_checked"):
            self.add_error("removals_checked", f"有 {self.removed} 项将退出现行方案，请单独勾选同意退出。")
        if self.many and data.get("removed_count") != self.removed:
            self.add_error("removed_count", f"退出的超过四分之一，请写出退出的项数（{self.removed}）再确认。")
        return data

    @property
    def agreed(self) -> dict:
        """交给 imports 的内容。"""
        return {"removals_checked": self.cleaned_data["removals_checked"]}
