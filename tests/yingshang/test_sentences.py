"""后台每一张表单，每一栏、每一条约束都弄错一遍：说的都是我们的话，说得出哪一栏、怎么改。"""

import re

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse

from departments.models import Department, DepartmentAlias, Leader, User
from tasks.models import Holiday, Plan
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
# Django 自己的译文里才有的说法，和没有译的英文。
THEIRS = re.compile(
    r"字段|有效的|已存在|已经存在|确保|此值|该值|必填项|不能为空|约束|唯一|重复数据|不在可用|[A-Za-z]{4,} [a-z]+ "
)
# 告诉人怎么办，或说清了什么样才行。
MENDS = re.compile(r"请|须|必须|不能|只能|只写|只有|最多|至少|已有")
EDITED = [Department, Leader, User, Plan, Holiday]
# 每种栏能写的错：空的、太长的、不是数、不是日子、没有的选项。
WRONG = {
    forms.CharField: ["", "长" * 5000, "a\x00b", "有 空 白!"],
    forms.IntegerField: ["", "多", "-5", "99999999999"],
    forms.DateField: ["", "某日", "2023-02-30", "1800-01-01"],
    forms.ChoiceField: ["", "nosuch"],
    forms.ModelChoiceField: ["", "987654", "nosuch"],
}


def errors(response) -> list[tuple[str, str]]:
    """一页上的错误：（栏，话）；附在同一页上的各行也在内。"""
    form, found = response.context["adminform"].form, []
    found += [(name, said) for name, list_ in form.errors.items() for said in list_]
    for inline in response.context.get("inline_admin_formsets") or ():
        found += [("", said) for said in inline.formset.non_form_errors()]
        found += [(n, said) for one in inline.formset.errors for n, list_ in one.items() for said in list_]
    return found


def ours(said) -> bool:
    return bool(MENDS.search(said)) and not THEIRS.search(said) and said.endswith("。")


def add_form(model, client):
    """后台新增（不能新增的，修改第一条）的网址，和表单各栏。"""
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    pks = [model._base_manager.first().pk] if model is Plan else []  # 方案不在后台新增
    url = reverse(f"{name}_change" if pks else f"{name}_add", args=pks)
    return url, client.get(url).context["adminform"].form


INLINE = {"aliases-TOTAL_FORMS": "0", "aliases-INITIAL_FORMS": "0"}


def filled(form) -> dict:
    """照原样的一张表。"""
    found = {name: form[name].value() for name in form.fields}
    return INLINE | {name: value for name, value in found.items() if value not in (None, False)}


@pytest.mark.parametrize("model", EDITED, ids=lambda model: model._meta.model_name)
def test_every_field_of_every_form_says_what_is_wrong_in_our_words(plan, people, sign_in, model):
    client = sign_in(people.admin)
    url, form = add_form(model, client)
    kept = filled(form)
    for name, field in form.fields.items():
        kinds = [kind for kind in WRONG if isinstance(field, kind)]
        for value in dict.fromkeys(value for kind in kinds for value in WRONG[kind]):
            response = client.post(url, kept | {name: value})
            if response.status_code == 302:
                continue
            bad = [(where, said) for where, said in errors(response) if not ours(said)]
            assert bad == [], (name, value)


@pytest.mark.parametrize("model", [*EDITED, DepartmentAlias], ids=lambda model: model._meta.model_name)
def test_every_constraint_has_its_own_sentence(db, model):
    for constraint in model._meta.constraints:
        fields = getattr(constraint, "fields", ())
        if fields and not any(model._meta.get_field(name).editable for name in fields):
            continue  # 不由人填（网址代号由年度给出）
        said = str(constraint.get_violation_error_message())
        assert ours(said), constraint.name


def doubled(model):
    """每一个只许一个的栏，与现有的一条相同：（栏，照抄的值）。"""
    first = model._base_manager.first()
    return [
        (field.name, getattr(first, field.attname))
        for field in model._meta.concrete_fields
        if (field.unique and not isinstance(field, models.AutoField)) and field.editable
    ]


@pytest.mark.parametrize("model", [Department, User, Holiday], ids=lambda model: model._meta.model_name)
def test_what_is_there_already_is_said_with_what_to_do(plan, people, sign_in, model):
    if model is Holiday:
        Holiday.objects.update_or_create(day="2023-10-01", defaults={"name": "国庆节"})
    client = sign_in(people.admin)
    url, form = add_form(model, client)
    kept = filled(form) | {"username": "xin", "name": "新的", "role": "office", "slug": "xin", "day": "2023-12-31"}
    kept |= {"password1": PASSWORD, "password2": PASSWORD}
    assert doubled(model)
    for name, value in doubled(model):
        response = client.post(url, kept | {name: value})
        assert response.status_code == 200, name
        found = dict(errors(response))
        assert "已有" in found[name] and "请" in found[name] and ours(found[name]), (name, found)


def test_two_aliases_written_alike_say_which_column_and_what_to_do(plan, people, sign_in):
    client = sign_in(people.admin)
    url, form = add_form(Department, client)
    rows = {"aliases-TOTAL_FORMS": "2", "aliases-0-name": "同名", "aliases-1-name": "同名"}
    response = client.post(url, filled(form) | {"name": "新的", "slug": "xin"} | rows)
    said = [said for _, said in errors(response)]
    assert "有两行的别名写成一样的，请改掉或清空其中一行。" in said and all(ours(one) for one in said)


def test_what_django_says_by_itself_is_noticed():
    said = "具有 简称 的 部室 已存在。"
    assert not ours(said) and not ours("Enter a valid email address.") and ours("请填写这一栏。")


def test_a_value_not_among_the_choices_is_said_by_the_model_too(plan):
    user = User(username="a1", name="甲", role="nosuch")
    with pytest.raises(ValidationError) as refused:
        user.full_clean()
    assert all(ours(said) for said in refused.value.messages)
