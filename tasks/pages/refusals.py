"""没做成的：原因写在表单上，所写的话一字不丢。

现在不能做的（`Refused`），`or_say` 把原因写在表单上，由视图连同所写内容放回原来那一页。
原来那一页已经给不了的（刚被撤回、刚换了人、表单收起来了），`typed` 认出所写的话，照抄在一页上。
"""

import re
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from django import forms
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from departments import organisation

from .. import forms as our_forms
from .. import workflow
from ..forms import FilterForm, ask_again
from ..models import Progress
from ..rules import evidence

# 手写的控件：一行的、多行的、日期、数字。隐藏的、勾选的、选文件的不在内。
TYPED = (forms.TextInput, forms.Textarea, forms.NumberInput)
# 表单造出来才有的字段，照交上来的名字认。
MADE_LATER = (
    (re.compile(r"heading_\w+"), "小标题"),
    (re.compile(r"text_\d+"), "给部室的话"),
    (re.compile(r"text_\w+"), "正文"),
    (re.compile(r"p\d+-target_\d+"), "完成值"),
    (re.compile(r"m\d+-number"), "由第几项接办"),
)
# 登录过期后取回时给人看的几样，各叫什么。
KEPT = tuple(name for name in Progress.CONTENT if name != "stage")
NO_ONE_NAME = "所写的"

T = TypeVar("T")

BLOCKED = "服务器的磁盘满了，或现在只许读、不许写，所以没有办成：不是您的问题，请告诉管理员，腾出地方以后再交。"
GONE = "这一条现在打不开了：可能刚刚被撤回、作废或改派，也可能不在您的查看范围内。"
OLD_PAGE = (
    "这一页打开得太久，或在另一个窗口重新登录、换过替谁办，没有交上。下面写的先复制，请返回上一页，刷新后再试一次。"
)
ALREADY = (
    "这张表单刚才已经交过、办成了；这一次写的与上次不同，没有再办。要另办一件，请打开新的表单，把下面写的复制过去。"
)
NOT_YOURS = "您现在不能做这件事了：可能同事刚刚已经办过，也可能这个账号不管这件事。"


def or_say(form: Any, act: Callable[[], T]) -> T | None:
    """表单合格就做，返回做成的结果；不合格、或现在不能做，原因写在表单上，返回 None。

    别人先改了的（`Conflict`），`form.conflict` 是库里现在的那一条，版本号换成它的，看过以后再交一次即可。
    """
    if form.is_valid():
        try:
            return act()
        except workflow.Refused as refused:
            _say(form, refused)
    ask_again(form)
    return None


def _say(form: Any, refused: workflow.Refused) -> None:
    form.add_error(None, str(refused))
    form.refused = refused
    form.is_late = isinstance(refused, workflow.TooLate)  # 让表单亮出“仍要这样定”
    if isinstance(refused, workflow.Conflict):
        form.conflict = refused.current
        form.data = form.data.copy()
        form.data[form.add_prefix("version")] = refused.current.version if refused.current else 0


def status_of(form: Any) -> int:
    """写得不对的 422，写对了而流程说不行的 409。"""
    return 409 if getattr(form, "refused", None) else 422


def reasons_of(form: Any) -> list[str]:
    """为什么没做成，一句一条。"""
    beside = [error for name, errors in form.errors.items() if name != "__all__" for error in errors]
    return [*form.non_field_errors(), *beside]


def typed(data: QueryDict) -> list[tuple[str, str]]:
    """交上来的表单里手写的：（叫什么，写了什么）。照写好的原文没有改过的（`was_…`）不算。"""
    found = []
    for name, values in data.lists():
        label = organisation.worded(_label(name))
        was = data.get(f"was_{name}", "")
        found += [(label, value) for value in values if label and value and value != was]
    return found


def shows(page: str, word: str) -> bool:
    """页面（HTML）的输入框里有没有这段话。`word` 已转义。"""
    return f"{word}</textarea>" in page or f'value="{word}"' in page


def unsent(files: MultiValueDict) -> list[str]:
    """一起选的文件的名字：留不住，要重新选。"""
    return [evidence.clean_name(upload.name) for _, uploads in files.lists() for upload in uploads]


def _label(name: str) -> str:
    """交上来的一栏叫什么；不是手写的为空。同页几张表单各有前缀，字段名是最后一段。"""
    for pattern, label in MADE_LATER:
        if pattern.fullmatch(name):
            return label
    labels = _labels().get(name.rpartition("-")[2], ())
    return labels[0] if len(labels) == 1 else NO_ONE_NAME if labels else ""


@cache
def _labels() -> dict:
    """手写的字段名 → 各张表单上叫什么。筛选用的不交，不算。"""
    found: dict[str, set[str]] = defaultdict(set)
    for form in vars(our_forms).values():
        if isinstance(form, type) and issubclass(form, forms.BaseForm) and not issubclass(form, FilterForm):
            for name, field in form.base_fields.items():  # type: ignore[attr-defined]  # 由表单的元类添上的
                if isinstance(field.widget, TYPED):
                    found[name].add(str(field.label or name))
    return {name: sorted(labels) for name, labels in found.items()}


def kept_parts(progress: Progress, fields: dict[str, list[str]]) -> list[tuple]:
    """登录过期时所写的，一样一样（叫什么，写了什么），给人认一认是哪一项、写了哪些。"""
    labels = {name: str(getattr(Progress._meta.get_field(name), "verbose_name", "")) for name in KEPT}
    labels |= {f"target_{t.pk}": t.name for t in progress.assignment.measure.targets.all()}
    found = [(label, "".join(fields.get(f"p{progress.pk}-{name}", [])).strip()) for name, label in labels.items()]
    return [(label, value) for label, value in found if value]


def kept_inputs(fields: dict[str, list[str]]) -> list[tuple]:
    """登录过期时交上来的各栏，原样再交一次：（名字, 值）；做哪一步另说。"""
    return [(name, value) for name, values in fields.items() if name != "do" for value in values]
