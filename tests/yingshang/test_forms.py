"""控件不走模板的，写出来的与 Django 自己的模板一字不差。"""

import datetime as dt
from decimal import Decimal

import pytest
from django import forms
from django.forms.renderers import TemplatesSetting
from django.template import Context, Template
from django.template.loader import get_template
from django.utils.safestring import mark_safe

from yingshang.forms import PLAIN, DateInput, FormRenderer

TRICKY = ["", None, 0, "字", "<b>\"&'</b>", mark_safe("&amp;"), 1234, Decimal("0.50"), dt.date(2023, 9, 22), True]
ATTRS = [{}, {"id": "id_a", "class": "b", "disabled": True, "hidden": False, "data-x": '"<', "min": 0, "rows": None}]
CHOICES = [
    [],
    [("", "请选择"), (1, "<一>"), ("2", mark_safe("<i>二</i>"))],
    [("组<1>", [("a", "甲"), ("b", "乙&")]), ("c", "丙"), (None, "没有")],
]
WIDGETS = [
    *(forms.TextInput, forms.HiddenInput, forms.NumberInput, forms.CheckboxInput, forms.PasswordInput),
    *(forms.EmailInput, forms.URLInput, forms.FileInput, DateInput, forms.Textarea),
]


def both(widget, value, attrs):
    """用我们的、用 Django 自己的模板各写一遍。"""
    return [widget.render("n<1>", value, attrs, renderer) for renderer in (FormRenderer(), TemplatesSetting())]


@pytest.mark.parametrize("attrs", ATTRS)
@pytest.mark.parametrize("kind", WIDGETS)
def test_a_plain_widget_is_written_as_its_template_would(kind, attrs):
    for value in TRICKY:
        ours, theirs = both(kind(), value, attrs)
        assert ours == theirs
    assert kind.template_name.removeprefix("django/forms/widgets/") in PLAIN


@pytest.mark.parametrize("attrs", ATTRS)
@pytest.mark.parametrize("choices", CHOICES)
def test_a_select_is_written_as_its_template_would(choices, attrs):
    for kind in (forms.Select, forms.SelectMultiple):
        for value in ("", "1", ["2", "c"], None):
            ours, theirs = both(kind(choices=choices), value, attrs)
            assert ours == theirs


def test_what_is_not_plain_is_still_a_template():
    ours, theirs = both(forms.ClearableFileInput(), None, {"id": "f"})
    assert ours == theirs and "file" in ours


@pytest.mark.parametrize("attrs", ATTRS)
@pytest.mark.parametrize("value", TRICKY)
def test_an_input_within_another_widget_is_what_its_template_would_write(attrs, value):
    """分段单选、勾选、带单位的数：框由 as_input 写，框与字之间的换行也在。"""
    for kind in ("radio", "checkbox", "number"):
        widget = {"name": "n<1>", "type": kind, "value": None if value is None else str(value), "attrs": attrs}
        ours = Template("{% load ledger %}{{ option|as_input }}").render(Context({"option": widget}))
        theirs = get_template("django/forms/widgets/input.html").render({"widget": widget})
        assert ours == theirs
