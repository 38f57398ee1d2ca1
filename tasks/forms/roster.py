"""一张表建名单的表单：上传；看过以后改代号、登录名，再确认。"""

from typing import Any

from django import forms
from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat

from departments import roster

SALT = "tasks.forms.roster"


class RosterUploadForm(forms.Form):
    """上传一张表。"""

    file = forms.FileField(
        label="名单",
        help_text=".xlsx 或 .csv，第一行是列名，照空表填。",
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv"}),
        error_messages={"required": "请选择文件。", "empty": "这是空文件，请核对后重新选择。"},
    )

    def clean_file(self) -> UploadedFile:
        """太大的不读进内存。"""
        file = self.cleaned_data["file"]
        if file.size > settings.PLAN_MAX_BYTES:
            size, most = filesizeformat(file.size), filesizeformat(settings.PLAN_MAX_BYTES)
            raise ValidationError(f"文件有 {size}，超过 {most} 的上限。请删去图片、空行和无关的工作表后重新上传。")
        return file


class EntryForm(forms.Form):
    """名单里的一行：代号、登录名可以改。"""

    code = forms.SlugField(label="部门代号", max_length=40, error_messages={"invalid": "代号只用字母、数字和短横线。"})
    username = forms.CharField(label="登录名", max_length=40)

    def __init__(self, entry: roster.Entry, data: Any = None) -> None:
        self.entry = entry
        initial = {"code": entry.code, "username": entry.username}
        super().__init__(data, prefix=f"r{entry.line}", initial=initial)
        if not entry.code:
            del self.fields["code"]
        if not entry.name or entry.is_known:
            del self.fields["username"]
        for name, field in self.fields.items():
            field.widget.attrs["aria-label"] = f"第{entry.line}行的{field.label}"
            field.error_messages["required"] = f"请写{field.label}。"
            self.initial[name] = initial[name]

    @property
    def why_no_login(self) -> str:
        """没有登录名可改的，为什么。"""
        return "已有账号" if self.entry.is_known else "不建账号"

    @property
    def changed(self) -> roster.Entry:
        """照所填的改好的一行。"""
        for name, value in self.cleaned_data.items():
            setattr(self.entry, name, value)
        return self.entry


class RosterForm(forms.Form):
    """确认：表里的各行签了名放在页上，不必再传一次文件。"""

    rows = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, entries: list[roster.Entry] | None = None) -> None:
        packed = signing.dumps([vars(entry) for entry in entries or ()], salt=SALT, compress=True)
        super().__init__(data, initial={"rows": packed})
        self.entries = [EntryForm(entry, data) for entry in (entries if entries is not None else self._entries())]

    def _entries(self) -> list[roster.Entry]:
        """页上带来的各行；签名不对、放了一天以上的当作没有。"""
        try:
            rows = signing.loads(self.data.get("rows", ""), salt=SALT, max_age=86400)
        except signing.BadSignature:
            return []
        return [roster.Entry(**row) for row in rows]

    def clean(self) -> dict[str, Any]:
        """页上带来的读不出的抛出 ValidationError。"""
        data = super().clean() or self.cleaned_data
        if not self.entries:
            raise ValidationError("这一页打开得太久，或内容不全。请重新上传名单。")
        return data

    def is_valid(self) -> bool:
        """各行都合格。"""
        return all([super().is_valid(), *(form.is_valid() for form in self.entries)])
