"""名称与版头的表单。"""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from departments.admin import SeenForm
from departments.models import Organisation
from yingshang.tables.normalising import squeeze

# 一页分成几组：标题，说明，哪几栏。
GROUPS = (
    ("名称", "全站只从这里取，改了各页马上换。", ("zone", "topic", "group", "seat", "unit", "product", "banner")),
    (
        "公文版头",
        "空着的照名称拼成，灰字就是；印发时随那一份公文冻结，以后再改不影响已印发的。",
        ("issuer", "head", "code_circular", "code_report", "code_petition", "mast", "has_seal"),
    ),
    (
        "主送、抄送",
        "空着的照名称拼成；写“无”的不印。",
        ("to_circular", "to_report", "to_petition", "copies_circular", "copies_report", "copies_bulletin"),
    ),
)


class OrganisationForm(SeenForm):
    """改名称与版头。打开以后另一位管理员改过的，不盖掉。"""

    class Meta:
        model = Organisation
        fields: ClassVar[list[str]] = [name for _, _, names in GROUPS for name in names]
        widgets: ClassVar[dict[str, Any]] = {
            name: forms.Textarea(attrs={"rows": 2})
            for name in ("head", "copies_circular", "copies_report", "copies_bulletin")
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["zone"].required = True
        self.fields["zone"].error_messages["required"] = "请写开发区的名称。"
        for name, said in self.instance.said().items():
            self.fields[name].widget.attrs["placeholder"] = said

    def clean_zone(self) -> str:
        """只有空白的也算没有写。"""
        if not (zone := squeeze(self.cleaned_data["zone"])):
            raise ValidationError("请写开发区的名称。")
        return zone

    def clean(self) -> dict[str, Any]:
        """头一次存时另一位管理员刚存过的抛出 ValidationError。"""
        data = super().clean()
        if not self.instance.pk and (now := Organisation.objects.first()):
            raise ValidationError(f"另一位管理员刚刚存过（{now}），请重新打开这一页再改。")
        return data

    @property
    def groups(self) -> list[tuple[str, str, list[forms.BoundField]]]:
        """排在页上的几组。"""
        return [(title, note, [self[name] for name in names]) for title, note, names in GROUPS]

    @property
    def changes(self) -> dict[str, list[str]]:
        """改了哪几栏：由什么改成什么，写进安全日志。"""
        names = [name for name in self.changed_data if name != "seen"]
        return {
            str(self.fields[name].label): [str(self[name].initial or ""), str(self.cleaned_data[name])]
            for name in names
        }
