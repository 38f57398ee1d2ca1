"""每个 make 目标都真的运行一次；要很久的只展开（make -n），看它要运行的都在。不联网：虚拟环境是“装好”的。"""

import re
import sqlite3

import pytest

from .processes import ROOT, copied, make, run

MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
TARGETS = re.search(r"^\.PHONY: (.+)$", MAKEFILE, re.M)[1].split()


def test_every_target_is_explained_by_help_and_help_explains_nothing_else(tree):
    result = make(tree)
    assert result.returncode == 0
    assert re.findall(r"^  make (\S+)", result.stdout, re.M) == re.findall(r"^([a-z-]+):.*##", MAKEFILE, re.M)
    assert {"help", *re.findall(r"^  make (\S+)", result.stdout, re.M)} == set(TARGETS)


@pytest.mark.parametrize("target", TARGETS)
def test_what_a_target_would_run_is_there(tree, target):
    result = make(tree, "-n", target)
    assert result.returncode == 0 and result.stdout.strip(), result.stderr
    assert "Nothing to be done" not in result.stdout
    assert "pip install" not in result.stdout, "已经装好的不再装"
    for path in re.findall(r"\bpython (\S+\.py)\b", result.stdout):
        assert (tree / path).exists(), path


def test_changed_requirements_are_installed_again(tree):
    result = make(tree, "-n", "-W", "requirements.txt", "test")
    assert result.stdout.count("pip install") == 2, "运行所需的变了，测试所需的也跟着重装"


def test_setup_makes_a_database_with_nothing_of_any_zone_in_it(tree, installed):
    assert accounts(tree / "var") == 0 and counted(tree / "var", "departments_department") == 0


@pytest.mark.thorough
def test_setup_from_nothing_goes_the_whole_way(tree, installed, tmp_path):
    """平日从走完迁移的底接着建（见 processes.installed）；这里从什么也没有建起，走到的是同一处。"""
    result = make(tree, "setup", f"DATA_DIR={tmp_path}")
    assert result.returncode == 0, result.stderr
    for table in ("django_migrations", "django_content_type", "auth_permission", "tasks_holiday"):
        assert counted(tmp_path, table) == counted(tree / "var", table) > 0, table
    assert accounts(tmp_path) == 0 and counted(tmp_path, "departments_department") == 0


def test_an_installation_has_a_first_administrator_and_no_demonstration(tree, installed, tmp_path):
    said = run(tree, tmp_path / "run.log", "DEMO=0", f"DATA_DIR={copied(tree / 'var', tmp_path / 'data')}")
    assert "第一个管理员：登录名 admin1" in said and "演示账户" not in said


def test_the_demonstration_lives_apart_even_when_an_installation_is_configured(tree, demonstrated):
    assert "演示账户（密码都是 Demo-2023）" in demonstrated and "今天按 2023-09-22 计" in demonstrated
    assert accounts(tree / "var" / "demo") > 20 and accounts(tree / "var") == 0


def accounts(data) -> int:
    return counted(data, "departments_user")


def counted(data, table) -> int:
    connection = sqlite3.connect(data / "db.sqlite3")
    try:
        return connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]
    finally:
        connection.close()
