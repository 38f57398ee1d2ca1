"""每条管理命令都当真进程运行一次：退出码，说的话。"""

import json
import re
import sqlite3

import pytest
from django.core.management import load_command_class
from django.core.management.base import BaseCommand
from django.utils import timezone

from departments.lockout import name_digest
from tests.processes import ROOT, done, manage
from tests.tasks.imports import shapes
from tests.tasks.imports.samples import SEED, SEED_TEXT, docx
from tests.tasks.ledgers import edited, exported

COMMANDS = {path.stem: path.parts[-4] for path in ROOT.glob("*/management/commands/[a-z]*.py")}
# 命令类可以写的：说明、参数、做什么，以及 Django 文档列出的几个开关。
OWN = {"help", "add_arguments", "handle", "missing_args_message", "output_transaction", "stealth_options"}
OWN |= {"requires_migrations_checks", "requires_system_checks", "suppressed_base_arguments"}


def test_there_are_commands():
    assert {"plan_revise", "demo", "remind"} <= set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_hides_nothing_of_its_base(name):
    command = load_command_class(COMMANDS[name], name)
    taken = {*dir(BaseCommand), *vars(BaseCommand())} - OWN
    written = {key for cls in type(command).__mro__[:-2] for key in vars(cls) if not key.startswith("__")}
    assert not written & taken, "这些名字 Django 自己要用，盖住了命令就运行不了，请换一个"


def test_every_command_is_run_as_a_process():
    """在这里，或在它自己的测试里（备份、换库等）。"""
    text = "".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    run = set(re.findall(r'(?:manage|done)\([\w/" .]+, "(\w+)"', text))
    assert run >= set(COMMANDS), "新的管理命令，请当真进程运行一次"


# ── 建库之后的几条 ──


def test_what_was_left_open_to_others_is_closed(data):
    found = data / "db.sqlite3"
    found.chmod(0o644)
    assert "收紧" in done(data, "tighten")
    assert found.stat().st_mode & 0o777 == 0o600


def test_load_plan_leaves_an_existing_plan_alone(data):
    assert "库里已有方案，没有改动" in done(data, "load_plan")


def test_first_admin_is_made_once(data):
    assert re.search(r"登录名 admin1，密码 \S{12,}（", done(data, "first_admin"))
    assert "已有管理员，没有新建" in done(data, "first_admin")


def test_the_log_is_verified_sealed_and_not_purged_too_soon(data, tmp_path):
    done(data, "first_admin")
    assert "一条不差" in done(data, "verify_log", "--seal", "--head", str(tmp_path / "head"))
    assert "一条不差" in done(data, "verify_log", "--head", str(tmp_path / "head"))
    refused = manage(data, "purge_log", "--days", "30")
    assert refused.returncode == 1 and "至少留 180 天" in refused.stderr
    assert "清理了 0 条" in done(data, "purge_log", "--days", "180")


def test_the_demonstration_is_made_once_and_never_in_production(demo_data):
    before = counted(demo_data, "tasks_progress")
    assert "演示账户（密码都是" in done(demo_data, "demo") and counted(demo_data, "tasks_progress") == before > 0
    refused = manage(demo_data, "demo", DEBUG="0")
    assert refused.returncode == 1 and "正式环境里不得有公开密码的账户" in refused.stderr


def test_rejudge_names_what_differs_and_puts_it_right(demo_data):
    assert "处处相同" in done(demo_data, "rejudge", "--check")
    with sqlite3.connect(demo_data / "db.sqlite3") as connection:
        connection.execute(
            "UPDATE tasks_judgement SET judged = 'red' WHERE period_id = (SELECT max(period_id) FROM tasks_judgement)"
        )
    connection.close()
    wrong = manage(demo_data, "rejudge", "--check")
    assert wrong.returncode == 1 and "2023年9月第1项《" in wrong.stderr and "处存下的灯与从头判的不同" in wrong.stderr
    assert "项·期与存下的不同，已改正" in done(demo_data, "rejudge")
    assert "处处相同" in done(demo_data, "rejudge", "--check")


def test_remind_urges_once_a_day(demo_data):
    said = done(demo_data, "remind")
    assert "已催办" in said and "没有设置 EMAIL_URL，不发邮件" in said
    assert "已催办" not in done(demo_data, "remind")


def test_unlock_clears_the_count_and_says_so(data):
    row = ("k" * 64, name_digest("li"), 9, timezone.now().isoformat(" "))
    with sqlite3.connect(data / "db.sqlite3") as connection:
        connection.execute(
            "INSERT INTO departments_loginattempt (key, name, failures, window_started_at) VALUES (?, ?, ?, ?)", row
        )
    connection.close()
    assert "已解除" in done(data, "unlock", "Li")
    nobody = manage(data, "unlock", "Li")
    assert nobody.returncode == 1 and "没有“Li”这个登录名" in nobody.stderr
    done(data, "first_admin")
    assert "没有被锁定" in done(data, "unlock", "ADMIN1")


def test_the_printed_diagram_is_checked_and_renewed(data, tree):
    printed = tree / "docs" / "workflow.md"
    fresh = printed.read_text("utf-8")
    printed.write_text(fresh + "多出的一行\n", "utf-8")
    stale = manage(data, "workflow_diagram", "--check", cwd=tree)
    assert stale.returncode == 1 and "请运行 manage.py workflow_diagram" in stale.stderr
    assert "已写 docs/workflow.md" in done(data, "workflow_diagram", cwd=tree)
    assert printed.read_text("utf-8") == fresh


# ── 方案修订 ──


@pytest.fixture
def ledger(plan, people):
    """导出的台账。进程里的库与测试里的载入同一份方案。"""
    return exported(plan, people.admin)


def saved(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("name", ["方案.txt", "方案.docx"])
def test_the_document_itself_is_all_unchanged(data, tmp_path, name):
    path = saved(tmp_path, name, docx(SEED_TEXT) if name.endswith("docx") else SEED.read_bytes())
    result = manage(data, "plan_revise", path)
    assert (result.returncode, result.stderr) == (0, "")
    assert "全部无变化。" in result.stdout and "无变化 21" in result.stdout


def test_an_exported_ledger_is_all_unchanged(data, tmp_path, ledger):
    result = manage(data, "plan_revise", saved(tmp_path, "台账.xlsx", ledger))
    assert result.returncode == 0 and "全部无变化。" in result.stdout and "未导入　状态列" in result.stdout


def test_one_change_is_told_then_applied(data, tmp_path, ledger):
    def change(rows):
        rows[2][2] += "每季度通报一次。"
        return rows

    path = saved(tmp_path, "修订.xlsx", edited(ledger, "xlsx", change))
    told = manage(data, "plan_revise", path)
    assert told.returncode == 1 and "{+每季度通报一次。+}" in told.stdout
    done(data, "first_admin")
    applied = manage(data, "plan_revise", path, "--apply", "--yes")
    assert applied.returncode == 0 and "第 2 版已生效。" in applied.stdout, applied.stderr


def test_a_refused_file_gives_exit_code_two(data, tmp_path):
    result = manage(data, "plan_revise", saved(tmp_path, "别的.pdf", b"%PDF-1.4"))
    assert (result.returncode, result.stdout) == (2, "") and "不能读取 .pdf 文件" in result.stderr


def test_a_new_plan_is_read_as_a_process(data, tmp_path):
    lines = shapes.paragraphs(shapes.with_more(), shapes.Shape(number="（一）", brackets=""))
    path = saved(tmp_path, "方案.docx", shapes.word_file(lines))
    result = manage(data, "plan_revise", path, "--new", "2024", "--json")
    assert result.returncode == 0, result.stderr
    assert [m["number"] for m in json.loads(result.stdout)["measures"]] == ["1", "2", "3", "4", "5", "6"]


def test_json_is_one_document_on_stdout_also_when_refused(data, tmp_path):
    read = manage(data, "plan_revise", SEED, "--json")
    assert (read.returncode, read.stderr) == (0, "")
    assert len(json.loads(read.stdout)["measures"]) == 21
    refused = manage(data, "plan_revise", saved(tmp_path, "别的.pdf", b"%PDF-1.4"), "--json")
    assert (refused.returncode, refused.stderr) == (2, "")
    found = json.loads(refused.stdout)
    assert found["measures"] == [] and "不能读取 .pdf 文件" in found["errors"][0]["message"]


def counted(data, table) -> int:
    connection = sqlite3.connect(data / "db.sqlite3")
    try:
        return connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]
    finally:
        connection.close()
