"""deploy/ 与 docs/部署.md 说的都有：命令、脚本、文件；脚本写得规矩；设置由一条命令问出来、核对过。"""

import os
import re
import shutil
import subprocess
import sys

import pytest
from django.core.management import get_commands

from .processes import ROOT, bare

PAGE = (ROOT / "docs/部署.md").read_text("utf-8")
SCRIPTS = sorted((ROOT / "deploy").rglob("*.sh"))
UNITS = sorted((ROOT / "deploy/systemd").iterdir())


def test_every_command_named_in_the_pages_exists():
    named = set(re.findall(r"manage\.py ([a-z_]+)", PAGE))
    assert {"backup", "restore", "migrate", "first_admin", "export_all", "import_all", "move_database"} <= named
    assert named <= set(get_commands())
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert all(re.search(rf"^{target}:", makefile, re.M) for target in re.findall(r"`make ([a-z-]+)", PAGE))


def test_every_file_named_in_the_pages_exists():
    named = set(re.findall(r"deploy/[\w./-]*\w", PAGE))
    assert {"deploy/install.sh", "deploy/upgrade.sh", "deploy/configure.py"} <= named
    assert [name for name in named if not (ROOT / name).exists()] == []
    for name in re.findall(r"yingshang-[a-z]+\.timer", PAGE):
        assert (ROOT / "deploy/systemd" / name).exists(), name


def test_the_command_that_opens_a_backup_by_hand_is_the_one_that_is_tested():
    from yingshang.backups import sealing

    [line] = [line.strip() for line in PAGE.splitlines() if "openssl enc -d" in line]
    assert line in sealing.__doc__


def test_every_unit_runs_something_that_exists():
    for unit in UNITS:
        text = unit.read_text("utf-8")
        for command in re.findall(r"manage\.py (\w+)$", text, re.M):
            assert command in get_commands(), unit.name
        if unit.suffix == ".timer":
            assert unit.with_suffix(".service") in UNITS
        if unit.suffix == ".service":
            assert "User=yingshang" in text and "NoNewPrivileges=yes" in text


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: p.name)
def test_a_script_is_whole_and_stops_at_the_first_error(script):
    subprocess.run(["bash", "-n", script], check=True)
    assert script.name == "common.sh" or re.search(r"^set -[eu]+o pipefail$", script.read_text("utf-8"), re.M)
    if shutil.which("shellcheck"):
        done = subprocess.run(["shellcheck", "-x", script], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.stdout == ""


# ── 写设置 ──


def configure(path, *arguments, typed=""):
    command = [sys.executable, ROOT / "deploy/configure.py", path, *arguments]
    return subprocess.run(command, input=typed, env=bare(), capture_output=True, text=True, check=False)


def written(path) -> dict:
    lines = path.read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


@pytest.fixture
def sure(tmp_path):
    return ["--set", f"BACKUP_KEY_FILE={tmp_path / 'key'}"]


def test_questions_are_asked_again_until_the_answer_fits(tmp_path, sure):
    env = tmp_path / "env"
    typed = "https://Wrong/\nledger.example.internal\nkingbase://x\npostgres://u:p%40@127.0.0.1:5432/y\nvar\n/var/d\n/var/b\n\n\n"
    done = configure(env, *sure, typed=typed)
    assert done.returncode == 0, done.stderr
    assert "只写主机名或 IP" in done.stderr and "空着用 SQLite" in done.stderr and "写完整的路径" in done.stderr
    found = written(env)
    assert (
        found["SITE_URL"] == "https://ledger.example.internal" and found["ALLOWED_HOSTS"] == "ledger.example.internal"
    )
    assert found["DATABASE_URL"] == "postgres://u:p%40@127.0.0.1:5432/y" and found["DATA_DIR"] == "/var/d"
    assert len(found["SECRET_KEY"]) > 50 and env.stat().st_mode & 0o777 == 0o640
    assert len((tmp_path / "key").read_text("utf-8").strip()) >= 32 and "另存一份" in done.stdout


def test_written_again_nothing_else_changes(tmp_path, sure):
    env = tmp_path / "env"
    assert configure(env, "--yes", *sure, "--set", "HOST=a.example.internal").returncode == 0
    env.write_text(env.read_text("utf-8") + "LOGIN_LIMIT=7\n", "utf-8")
    before = written(env)
    assert configure(env, "--yes", "--set", "HOST=b.example.internal").returncode == 0
    changed = {name for name in before if written(env)[name] != before[name]}
    assert changed == {"ALLOWED_HOSTS", "SITE_URL"} and written(env).keys() == before.keys()


def test_a_folder_that_moves_is_to_be_let_through_by_the_service(tmp_path, sure):
    env = tmp_path / "env"
    assert "再运行一次" not in configure(env, *sure, typed="\n" * 6).stdout  # 第一次写，install.sh 正在做
    assert "再运行一次" not in configure(env, typed="\n" * 7).stdout
    said = configure(env, typed="\n\n\n/mnt/b\n\n\n\n").stdout
    assert "再运行一次 bash /srv/yingshang/current/deploy/install.sh" in said


@pytest.mark.skipif(os.geteuid() != 0, reason="要 root 才换得了主人")
def test_written_again_by_root_the_service_can_still_read_it(tmp_path, sure):
    """装好以后是 root:yingshang 0640；root 再写一次，主人、组、权限照旧，新生成的钥匙也跟着。"""
    env = tmp_path / "env"
    assert configure(env, "--yes", *sure).returncode == 0
    os.chown(env, 0, 4242)
    env.chmod(0o440)
    (tmp_path / "link").symlink_to(env)
    key = tmp_path / "another"
    assert configure(tmp_path / "link", "--set", f"BACKUP_KEY_FILE={key}", typed="\n" * 6).returncode == 0
    for path in (env, key):
        found = path.stat()
        assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (0, 4242, 0o440), path
    assert (tmp_path / "link").is_symlink()
    assert written(env)["BACKUP_KEY_FILE"] == str(key), "链接指着的那一份换了"


@pytest.mark.parametrize(
    "pair", ["HOST=http://x", "HOST=x;rm", "DATABASE_URL=mysql://x/y", "DATA_DIR=data", "EMAIL_URL=mail", "NAME=1"]
)
def test_a_wrong_answer_given_on_the_command_line_stops(tmp_path, sure, pair):
    done = configure(tmp_path / "env", "--yes", *sure, "--set", pair)
    assert done.returncode == 2 and not (tmp_path / "env").exists()
