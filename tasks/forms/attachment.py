"""佐证材料的上传。"""

import logging
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.forms import BaseForm
from django.templatetags.static import static
from django.utils.functional import lazy

from yingshang import scanning

from ..rules import evidence
from ..rules.evidence import Checked

log = logging.getLogger(__name__)

MAX_FILES = 5


USUAL = "{}。平时不必上传，办结时再附即可。"


def _what_to_choose(hint: str, kinds: str) -> str:
    """可以选什么：`hint` 里的 {} 换成收哪些、一次几个、一个多大。"""
    said = hint.format(f"{kinds}，一次至多 {MAX_FILES} 个，单个不超过 {evidence.most()}")
    return f"{said}本站没有接查毒，打开别人的材料前请先查。" if hint == USUAL and not scanning.is_on() else said


class EvidenceInput(forms.FileInput):
    """可选几份；照片由 photos.js 缩小了再传（没有脚本的照原样传）。"""

    allow_multiple_selected = True

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        told = {"data-photos": static("js/photos.js"), "data-most": settings.EVIDENCE_MAX_BYTES}
        return super().get_context(name, value, (attrs or {}) | told)


class EvidenceField(forms.FileField):
    """一次可选几份材料；每份都核对，问题一起说。`hint` 是旁边的话，{} 处写收哪些（`kinds`）、几个、多大。"""

    def __init__(self, *, hint: str = USUAL, kinds: str = evidence.KINDS, label: str = "佐证材料") -> None:
        widget = EvidenceInput(attrs={"multiple": True, "accept": evidence.ACCEPT})
        super().__init__(required=False, widget=widget, label=label)
        self.help_text = lazy(_what_to_choose, str)(hint, kinds)

    def clean(self, data: Any, initial: Any = None) -> list[Checked]:
        uploads = [u for u in (data if isinstance(data, (list, tuple)) else [data]) if u]
        if len(uploads) > MAX_FILES:
            raise ValidationError(f"一次最多传 {MAX_FILES} 个文件，这次选了 {len(uploads)} 个。")
        checked, errors = [], []
        for upload in uploads:
            try:
                checked.append(_take(upload))
            except ValidationError as error:
                errors.extend(error.messages)
        if errors:
            raise ValidationError(errors)
        return checked

    def has_changed(self, initial: Any, data: Any) -> bool:
        """选了文件才算动过（一份也没选时，浏览器交来的是空的一串）。"""
        return bool(data)

    def good(self, uploads: list[UploadedFile]) -> list:
        """核对过的几份；不合格的不在内（错误由表单照常说明），份数超了的一份也不收。"""
        checked = []
        for upload in uploads if len(uploads) <= MAX_FILES else ():
            try:
                checked.append(_take(upload))
            except ValidationError:
                continue
        return checked


def _take(upload: UploadedFile) -> Checked:
    """核对过、查过毒的一份。填报要问两遍（收不收、收哪几份），同一份只核对、只查一次毒。"""
    found: Checked | ValidationError | None = vars(upload).get("taken")
    if found is None:
        try:
            found = _examined(upload)
        except ValidationError as error:
            found = error
        vars(upload)["taken"] = found
    if isinstance(found, ValidationError):
        raise found
    return found


def _examined(upload: UploadedFile) -> Checked:
    """不合格的、有毒的、没有查成的抛出 ValidationError：没有查过的不收，写的话都在。"""
    checked = evidence.check(upload)
    name = checked.name
    try:
        virus = scanning.virus_in(checked.file)
    except scanning.TooLarge as error:
        log.error("没有查成毒，clamd 的 StreamMaxLength 比 EVIDENCE_MAX_BYTES 小：%s", error)
        said = f"“{name}”没有查成毒（查毒的服务收不了这么大的），没有收下。请压缩、拆开后再传，并告诉管理员。"
        raise ValidationError(said) from error
    except scanning.Unavailable as error:
        log.error("没有查成毒：%s", error)
        said = f"“{name}”没有查成毒（查毒的服务现在连不上），没有收下。请过一会儿再选，或先不附它；连着不行的请告诉管理员。"
        raise ValidationError(said) from error
    if virus:
        log.warning("有毒的材料没有收：%s", virus)
        raise ValidationError(f"“{name}”里查出病毒（{virus}），没有收下。请先在自己的电脑上杀毒，换一份干净的。")
    return checked


def ask_again(form: BaseForm, name: str = "evidence") -> None:
    """没有交成时，选过的文件浏览器不会留着：逐个写明要重新选，免得以为已经传上。

    不收的那几个已经说了不能传、怎么办，不再叫人重新选它；只说一同选的、本来可以收的。
    """
    uploads = form.files.getlist(form.add_prefix(name)) if name in form.fields and form.files else []
    said = f"选的 {len(uploads)} 个文件都没有传上"
    if form.has_error(name):
        uploads = [checked.file for checked in form.fields[name].good(uploads)]  # type: ignore[attr-defined]
        said = f"一同选的 {len(uploads)} 个文件也没有传上"
    if uploads:
        names = "、".join(f"“{evidence.clean_name(upload.name)}”" for upload in uploads)
        form.add_error(name, f"{said}，请重新选：{names}。")
