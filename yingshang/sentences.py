"""字段、表单、约束自带的话，换成我们的：哪里不对、怎么改。后台各表单用的就是这些；前台表单另有说法的照另说的。

Django 的翻译是“具有 简称 的 部室 已存在”“选择一个有效的选项”。模块一载入就换，应用登记时（departments/apps.py）载入。
"""

from typing import Any, cast

from django import forms
from django.core import validators
from django.db import models
from django.forms.formsets import BaseFormSet
from django.forms.models import BaseInlineFormSet

CHOICE = "“%(value)s”不在可选的里面，请从选项里选。"
GONE = "选的这一条现在没有了，请重新选。"
DAY = "这不是日期，请写成 2024-02-10 这样。"
MOMENT = "这不是时间，请写成 2024-02-10 09:30 这样。"
WHOLE, NUMBER, YES_OR_NO = "请填整数，如 12。", "请填数字，如 12 或 12.5。", "请选“是”或“否”。"
FILLED = "请填写这一栏。"
UNIQUE = "已有一个%(model_name)s用了同样的%(field_label)s，请换一个；要改的是那一个的，请到清单里打开它。"

MODELS: dict[type[models.Field], dict[str, str]] = {
    models.Field: {"invalid_choice": CHOICE, "null": FILLED, "blank": FILLED, "unique": UNIQUE},
    models.BooleanField: {"invalid": YES_OR_NO, "invalid_nullable": YES_OR_NO},
    models.IntegerField: {"invalid": WHOLE},
    models.DecimalField: {"invalid": NUMBER},
    models.DateField: {"invalid": DAY, "invalid_date": "没有“%(value)s”这一天，请核对。"},
    models.DateTimeField: {
        "invalid": MOMENT,
        "invalid_date": "没有“%(value)s”这一天，请核对。",
        "invalid_datetime": MOMENT,
    },
    models.JSONField: {"invalid": "这一栏的内容读不懂，请照原来的样子写。"},
    models.ForeignKey: {"invalid": GONE},
}
FORMS: dict[type[forms.Field], dict[str, str]] = {
    forms.Field: {"required": FILLED},
    forms.IntegerField: {"invalid": WHOLE},
    forms.FloatField: {"invalid": NUMBER},
    forms.DecimalField: {"invalid": NUMBER},
    forms.DateField: {"invalid": DAY},
    forms.DateTimeField: {"invalid": MOMENT},
    forms.SplitDateTimeField: {"invalid_date": DAY, "invalid_time": "这不是时间，请写成 09:30 这样。"},
    forms.TimeField: {"invalid": "这不是时间，请写成 09:30 这样。"},
    forms.ChoiceField: {"invalid_choice": CHOICE},
    forms.MultipleChoiceField: {"invalid_choice": CHOICE, "invalid_list": "请从选项里勾选。"},
    forms.ModelChoiceField: {"invalid_choice": GONE},
    forms.ModelMultipleChoiceField: {"invalid_choice": CHOICE, "invalid_pk_value": GONE, "invalid_list": "请从选项里勾选。"},
    forms.FileField: {
        "invalid": "没有收到文件，请重新选择文件再上传。",
        "missing": "没有收到文件，请重新选择文件再上传。",
        "empty": "这是空文件，请核对后重新选择。",
    },
    forms.JSONField: {"invalid": "这一栏的内容读不懂，请照原来的样子写。"},
}  # fmt: skip
BROKEN = "填的几栏合在一起不成立，请核对以后再保存。"


def _put(classes: Any) -> None:
    for cls, said in classes.items():
        cls.default_error_messages = {**vars(cls).get("default_error_messages", {}), **said}


class SaidInlineFormSet(BaseInlineFormSet):
    """附在同一页上的几行（别名）：两行写重了的，说哪一栏、怎么改。"""

    def get_unique_error_message(self, unique_check: Any) -> str:
        opts: Any = cast(type[models.Model], self.model)._meta
        labels = "、".join(str(opts.get_field(name).verbose_name) for name in unique_check)
        return f"有两行的{labels}写成一样的，请改掉或清空其中一行。"

    def get_form_error(self) -> str:
        return "与另一行写重了，请改掉或清空其中一行。"


_put(MODELS)
_put(FORMS)
models.BaseConstraint.default_violation_error_message = BROKEN
BaseFormSet.default_error_messages = {
    **BaseFormSet.default_error_messages,
    "missing_management_form": "这一页没有传全，请重新打开后再填。",
}
# 校验器：写在对象上的一句话。
validators.validate_slug.message = "只能用字母、数字、下划线和短横线，如 cwb。"
validators.validate_email.message = "请填写完整的邮箱，如 name@example.cn。"
validators.MaxLengthValidator.message = "写了 %(show_value)s 字，最多 %(limit_value)s 字，请删减后再提交。"
validators.MinLengthValidator.message = "写了 %(show_value)s 字，至少 %(limit_value)s 字，请补足后再提交。"
validators.MaxValueValidator.message = "不能大于 %(limit_value)s。"
validators.MinValueValidator.message = "不能小于 %(limit_value)s。"
validators.ProhibitNullCharactersValidator.message = "有看不见的字符，请删掉重新输入。"
