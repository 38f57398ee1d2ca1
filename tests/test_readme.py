"""README 说的都是真的：两张表不过时，截图都在，命令都有。"""

import re

import pytest
from django.conf import settings

from tools import readme

TEXT = (settings.BASE_DIR / "README.md").read_text("utf-8")


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_the_house_and_the_tables_are_up_to_date(name):
    text = (settings.BASE_DIR / name).read_text("utf-8")
    assert "<!-- 格子 -->" in text
    assert readme.renew(text) == text, "请运行 python tools/readme.py"


def test_every_environment_variable_is_explained():
    for name in readme.MEANING:
        assert f"`{name}`" in TEXT


def test_screenshots_named_in_readme_exist():
    shots = re.findall(r"docs/screenshots/[\w.-]+\.png", TEXT)
    assert shots
    for shot in shots:
        assert (settings.BASE_DIR / shot).exists(), shot


def test_make_commands_named_in_readme_exist():
    makefile = (settings.BASE_DIR / "Makefile").read_text("utf-8")
    for target in set(re.findall(r"`make ([a-z]+)", TEXT)):
        assert re.search(rf"^{target}:", makefile, re.M), target


def test_management_commands_named_in_readme_exist():
    from django.core.management import get_commands

    for command in set(re.findall(r"manage\.py (\w+)", TEXT)):
        assert command in get_commands(), command


def test_version_comes_from_the_changelog():
    changelog = (settings.BASE_DIR / "CHANGELOG.md").read_text("utf-8")
    assert re.search(r"^## \[([\d.]+)\]", changelog, re.M)[1] == settings.VERSION
