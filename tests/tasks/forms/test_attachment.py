"""上传材料的一栏旁边说的：收哪些、一次几个、一个多大，照设置说。"""

import pytest

from tasks import forms
from tasks.forms.attachment import EvidenceField
from tasks.rules import evidence

FIELDS = [
    (name, field, made)
    for name in forms.__all__
    for field, made in getattr(getattr(forms, name), "base_fields", {}).items()
    if isinstance(made, EvidenceField)
]


@pytest.mark.parametrize(("form", "name", "field"), FIELDS, ids=[f"{form}.{name}" for form, name, _ in FIELDS])
def test_it_says_the_limits_that_are_set(settings, form, name, field):
    assert "一次至多 5 个，单个不超过 20 MB" in str(field.help_text)
    settings.EVIDENCE_MAX_BYTES = 5 * 1024**2
    assert "单个不超过 5 MB" in str(field.help_text)


def test_every_form_that_takes_files_is_looked_at():
    assert len(FIELDS) >= 6


def test_every_kind_it_names_is_taken_and_every_kind_that_is_taken_is_named():
    named = {"PDF": "pdf", "OFD": "ofd", "Word": "docx", "Excel": "xlsx", "PPT": "pptx", "WPS": "wps", "图片": "png"}
    assert set(evidence.KINDS.split("、")) == set(named)
    assert all(f".{ending}" in evidence.ACCEPT.split(",") for ending in named.values())
    known = {*named.values(), "jpg", "jpeg", "heic", "doc", "xls", "ppt", "et", "dps"}  # 同一种的别的扩展名
    assert {one.removeprefix(".") for one in evidence.ACCEPT.split(",")} == known


def test_only_the_report_says_that_nothing_is_scanned(settings):
    settings.CLAMD = ""
    warned = [form for form, _, field in FIELDS if "没有接查毒" in str(field.help_text)]
    assert "ProgressForm" in warned and "CompletionRequestForm" not in warned
