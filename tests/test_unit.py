"""统称设为“部门”，各种角色的每一页都不再说“部室”：页面、表单的错误、后台、判灯的理由、选项。

方案原文、人写的话照录，所以先把库里的这些换掉，剩下的“部室”都是程序说的。
"""

import re
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db.models import CharField, JSONField, TextField

from departments import organisation
from departments.models import Organisation

from . import world as worlds
from .access_table import ROLES
from .examples import also
from .test_access import NAMES, address
from .test_every_url import opened, sent
from .world import arguments, posted

pytestmark = pytest.mark.django_db
SAID = re.compile(r".{0,40}部室.{0,30}", re.S)
# 不是我们说的：设置里可选的几个词，上传的文件自己的列名。
THEIRS = ("organisation_edit", "revision_columns")
# 原文与人写的话所在的各表；程序写进库里的（操作记录、判灯的依据、催办的话）不在内。
WRITTEN = (
    "plan planrevision measure measureedition target department departmentalias leader progress problem instruction"
)


def build():
    """整个小世界，样样在“部门”之下写成；原文里的“部室”换掉。"""
    with organisation.asked_by(SimpleNamespace(organisation=Organisation(unit="部门"))):
        ground = worlds.build()
    Organisation.objects.update(unit="部门")
    for model in apps.get_models():
        if model._meta.model_name in WRITTEN.split():
            for row in model._base_manager.all():
                _rewrite(row)
    return ground


def _rewrite(row):
    changed = {}
    for field in row._meta.concrete_fields:
        value = getattr(row, field.attname)
        if isinstance(field, CharField | TextField) and isinstance(value, str) and "部室" in value:
            changed[field.attname] = value.replace("部室", "科组")
        elif isinstance(field, JSONField) and "部室" in repr(value):
            changed[field.attname] = _within(value)
    if changed:
        type(row)._base_manager.filter(pk=row.pk).update(**changed)


def _within(value):
    if isinstance(value, dict):
        return {key: _within(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_within(one) for one in value]
    return value.replace("部室", "科组") if isinstance(value, str) else value


GROUNDS = {"renamed": build}


@pytest.fixture
def renamed(ground):
    return ground


def words(response):
    if response.streaming or not response.get("Content-Type", "").startswith(("text/", "application/json")):
        return []
    return [" ".join(found.split()) for found in SAID.findall(response.content.decode())]


# 平日办公室看一半的网址（隔一个看一个）；跑全部时人人都看、各网址都看。
TURNS = [("office", 0), *also(("office", 1), *((role, turn) for role in ROLES if role != "office" for turn in (0, 1)))]


@pytest.mark.parametrize(("role", "turn"), TURNS)
def test_no_page_of_any_role_says_the_other_word(client, renamed, role, turn):
    known, data, found = arguments(renamed), posted(renamed), set()
    if renamed.users[role] is not None:
        client.force_login(renamed.users[role])
    for name in list(NAMES)[turn::2]:
        if name in THEIRS or name.startswith("admin:") and role != "admin":  # 后台只有管理员进得去
            continue
        url = address(name, known, renamed)
        found |= {f"{name}：{said}" for said in words(opened(client, url)[0])}
        asked = data.get(name, {})
        for typed in (asked, {}) if asked else ({},):
            found |= {f"{name} POST：{said}" for said in words(sent(client, url, typed))}
    assert sorted(found) == []
