"""单位与产品的名称只在一处写。"""

import ast
from pathlib import Path

import pytest

from yingshang import organisation

ROOT = Path(__file__).parents[2]
# 不算的：设置与这个模块自己；迁移和模型的字段说明（改了就要迁移，写的是通称）；演示的故事（编的人和事）。
ELSEWHERE = ("yingshang/settings.py", "yingshang/organisation.py", "tasks/management/demo/")
NAMES = ("交城经济开发区", "领导小组办公室", "优化营商环境领导小组", "营商环境督办台账")


def literals(source) -> list[tuple[int, str]]:
    """代码里的文字（行号，内容），说明文字（docstring）与 help_text 不算。"""
    tree = ast.parse(source)
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    told |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "help_text"}
    return [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told
    ]


def test_names_are_put_together_from_their_parts():
    now = organisation.current()
    assert now.office == "领导小组办公室"
    assert now.full_group == "优化营商环境领导小组"
    assert now.full_office == "优化营商环境领导小组办公室"
    assert now.seated_office == "领导小组办公室（行政审批中心）"
    assert now.backoffice == "营商环境督办台账 · 后台"


def test_the_letterhead_is_that_of_the_leading_groups_office():
    now = organisation.letterhead()
    assert now["issuer"] == "交城经济开发区优化营商环境领导小组办公室"
    assert now["head"] == ["交城经济开发区", "优化营商环境领导小组办公室文件"]
    assert now["mast"] == "优化营商环境工作简报"
    assert now["to"] == {"circular": "各部室", "report": "交城经济开发区优化营商环境领导小组", "bulletin": ""}
    assert now["copies"] == {
        "circular": "交城经济开发区优化营商环境领导小组组长、副组长",
        "report": "",
        "bulletin": "报：交城经济开发区优化营商环境领导小组组长、副组长。\n送：各部室。",
    }


def test_a_name_is_read_when_it_is_needed(settings):
    settings.ORGANISATION = settings.ORGANISATION | {"zone": "某某开发区", "group": "工作专班"}
    assert organisation.current().zone == "某某开发区"
    assert organisation.current().full_office == "优化营商环境工作专班办公室"


def test_names_are_written_in_one_place():
    written = [
        f"{path.relative_to(ROOT)}:{line}"
        for app in ("yingshang", "departments", "tasks")
        for path in sorted((ROOT / app).rglob("*.py"))
        if not str(path.relative_to(ROOT)).startswith(ELSEWHERE) and "migrations" not in path.parts
        for line, text in literals(path.read_text("utf-8"))
        if any(name in text for name in NAMES)
    ]
    assert not written, "单位与产品的名称从 yingshang.organisation.current() 取，名称写在设置的 ORGANISATION"


@pytest.mark.parametrize("source", ['OFFICE = "领导小组办公室"', 'say(f"请联系领导小组办公室（{n}）")'])
def test_a_name_written_elsewhere_is_noticed(source):
    assert any(name in text for _, text in literals(source) for name in NAMES)


def test_what_explains_the_code_is_left_alone():
    assert literals('def f():\n    """领导小组办公室审核。"""\n') == []
    assert literals('Field(help_text="领导小组办公室")') == []
