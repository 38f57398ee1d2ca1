"""每个 make 目标都真的运行一次；要很久的只展开（make -n），看它要运行的都在。不联网：虚拟环境是“装好”的。"""

import re
import subprocess
import time

import pytest

from .processes import ROOT, bare, copied, free_address, serving

MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
TARGETS = re.search(r"^\.PHONY: (.+)$", MAKEFILE, re.M)[1].split()


def make(tree, *arguments):
    command = ["make", "--no-print-directory", *arguments]
    return subprocess.run(command, cwd=tree, env=bare(), capture_output=True, text=True, timeout=120, check=False)


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


@pytest.fixture(scope="module")
def installed(tree):
    """make setup 真的跑过的副本，返回它印的话。"""
    result = make(tree, "setup")
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_setup_makes_the_database_and_loads_the_plan(tree, installed):
    assert "已载入 9 个部室、11 位领导、21 项举措（31 项次）" in installed
    assert (tree / "var" / "db.sqlite3").exists() and not (tree / "var" / "demo").exists()


def run(tree, tmp_path, *arguments) -> str:
    """make run 到能答 healthz 为止，再停下；返回它印的话。"""
    address, log = free_address(), tmp_path / "run.log"
    command = ["make", "run", f"ADDRESS={address}", *arguments]
    with serving(command, address, log, cwd=tree, env=bare(PYTHONUNBUFFERED="1")):
        pass
    return log.read_text("utf-8")


def test_an_installation_keeps_its_own_data_and_has_a_first_administrator(tree, installed, tmp_path):
    before = time.time()
    said = run(tree, tmp_path, "DEMO=0")
    assert "第一个管理员：登录名 admin1" in said and "演示账户" not in said
    assert not (tree / "var" / "demo").exists()
    assert (tree / "var" / "db.sqlite3").stat().st_mtime > before - 60


def test_the_demonstration_lives_apart_even_when_an_installation_is_configured(tree, installed, demo_data, tmp_path):
    """`.env` 指着正式的库与目录，make run 也不碰它们。"""
    copied(demo_data, tree / "var" / "demo")
    kept = (tree / "var" / "db.sqlite3").read_bytes()
    elsewhere = tmp_path / "formal"
    (tree / ".env").write_text(f"DATA_DIR={elsewhere}\nDATABASE_URL=sqlite:///{elsewhere}/formal.sqlite3\n", "utf-8")
    try:
        said = run(tree, tmp_path)
    finally:
        (tree / ".env").unlink()
    assert "演示账户（密码都是 Demo-2023）" in said and "今天按 2023-09-22 计" in said
    assert not elsewhere.exists()
    assert (tree / "var" / "db.sqlite3").read_bytes() == kept
