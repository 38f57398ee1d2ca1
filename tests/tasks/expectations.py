"""写下的预期：状态 × 动作 × 角色的表怎么读、一次动作怎么说结果。各名词的表在各自的 test_<名词>.py 里。

每个测试模块可以有 `TABLE`（由 `read` 读出）与 `EVENTS`（动词 → 记下的动作）；`gathered` 把它们收在一起，
`test_expectations.py` 核对：流程表里的每一步、每个动词都有人写了预期。
"""

import importlib
import pkgutil

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import transaction

import tests.tasks
from tasks import workflow

CELLS = {"可", "拒", "禁"}


def read(text) -> dict:
    """“对象 动作 状态 角色…”的表 → {(对象, 动作, 状态): {角色: 可/拒/禁}}。"""
    header, *rows = (line.split() for line in text.strip().splitlines())
    table = {tuple(row[:3]): dict(zip(header[3:], row[3:], strict=True)) for row in rows}
    assert len(table) == len(rows), "有重复的行"
    return table


def outcome(call, item, user, at) -> str:
    """做一次再退回去，说出结果。拒绝的话须是完整的中文句子。"""
    try:
        with transaction.atomic():
            call(item, by=user, at=at)
            transaction.set_rollback(True)
    except PermissionDenied:
        return "禁"
    except workflow.Refused as refusal:
        is_a_chinese_sentence(str(refusal))
        return "拒"
    return "可"


def is_a_chinese_sentence(text) -> None:
    """完整的中文句子：有句号，不夹英文。"""
    assert text.endswith(("。", "？")), text
    assert not any(c.isascii() and c.isalpha() for c in text), text


def nobody():
    """没有登录的人。"""
    return AnonymousUser()


def gathered(name) -> dict:
    """各测试模块的 `name`（TABLE、EVENTS）合在一起；同一条不得写两遍。"""
    found = {}
    for module in pkgutil.walk_packages(tests.tasks.__path__, "tests.tasks."):
        if not module.name.rpartition(".")[2].startswith("test_"):
            continue
        part = getattr(importlib.import_module(module.name), name, {})
        assert not set(found) & set(part), (module.name, set(found) & set(part))
        found |= part
    return found
