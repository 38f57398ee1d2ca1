"""install.sh、upgrade.sh 停在该停的地方：说明为什么，什么也没有动。装在临时的目录里，要 root 的几个程序换成会记下来的。"""

import os
import shutil
import socket
import subprocess

import pytest

from .examples import also
from .processes import ROOT, bare

PLACES = ("/srv/yingshang", "/etc/yingshang", "/var/lib/yingshang", "/var/backups/yingshang", "/var/log/yingshang")
UNITS = "/etc/systemd/system"
# 会动东西的：用到了就记一笔。
WATCHED = ("runuser", "psql", "useradd", "apt-get", "systemctl", "openssl", "nginx")


class Machine:
    """一台装好了的机器：各处都在 `root` 里，版本 1.0 用着。"""

    def __init__(self, root):
        self.root, self.log, self.programs = root, root / "used", root / "bin"
        self.home, self.config, self.data = (root / place.lstrip("/") for place in PLACES[:3])
        for folder in (self.programs, self.config, self.data, root / PLACES[3].lstrip("/")):
            folder.mkdir(parents=True)
        self.program("id", "echo 0")
        self.program("curl", "exit 7")
        for name in WATCHED:
            self.program(name, f'echo {name} "$@" >> "{self.log}"')
        self.source = root / "source"
        shutil.copytree(ROOT / "deploy", self.source / "deploy")
        common = self.source / "deploy/common.sh"
        text = common.read_text("utf-8").replace("/run/systemd/system", f"{root}/no-systemd")
        for place in (*PLACES, UNITS):
            assert f"={place}" in text
            text = text.replace(f"={place}", f"={root}{place}")
        self.ports = text.replace('"80 443"', '"1"')  # 1：没有人用
        assert self.ports.count('WEB_PORTS="1"') == 1
        common.write_text(self.ports, "utf-8")
        (self.source / "VERSION").write_text("2.0\n", "utf-8")
        (self.config / "env").write_text(f"BACKUP_DIR={root}{PLACES[3]}\n", "utf-8")
        self.release("1.0")
        (self.home / "current").symlink_to(self.home / "releases/1.0")

    def program(self, name, line):
        (self.programs / name).write_text(f"#!/bin/sh\n{line}\n", "utf-8")
        (self.programs / name).chmod(0o755)

    def release(self, version):
        """装好的一版，连同它的 Python。"""
        where = self.home / "releases" / version
        (where / ".venv/bin").mkdir(parents=True)
        (where / ".venv/bin/python").write_text("#!/bin/sh\n", "utf-8")
        (where / ".venv/bin/python").chmod(0o755)
        (where / ".complete").touch()
        return where

    def backup(self, name):
        path = self.root / PLACES[3].lstrip("/") / f"yingshang-{name}-before-upgrade.tar.gz"
        path.touch()
        return path

    def only(self, *missing):
        """只有这台机器的程序与系统平常的那些，缺了 `missing` 的一处（PATH）。"""
        folder = self.root / "only"
        folder.mkdir()
        for name in ("bash", "cat", "cut", "df", "dirname", "env", "find", "grep", "head", "python3", "readlink", "sed",
                     "sha256sum", "sort", "tail", "tr"):  # fmt: skip
            (folder / name).symlink_to(shutil.which(name))
        for program in self.programs.iterdir():
            if program.name not in missing:
                (folder / program.name).symlink_to(program)
        return folder

    def run(self, script, *arguments, PATH=""):  # noqa: N803 - 环境变量的名字
        command = [shutil.which("bash"), self.source / "deploy" / script, *arguments]
        env = bare(PATH=PATH or f"{self.programs}:{os.environ['PATH']}")
        done = subprocess.run(
            command, env=env, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        return done, self.log.read_text("utf-8") if self.log.exists() else ""

    def refuses(self, said, script, *arguments):
        """停下了，说了为什么，一样也没有动。"""
        done, used = self.run(script, *arguments)
        assert done.returncode == 1 and said in done.stderr and "什么也没有动" in done.stderr, done.stdout + done.stderr
        assert used == "" and (self.home / "current").resolve().name == "1.0"

    def refuses_to_go_on(self, script, *arguments):
        """服务还在答：没有备份，没有恢复。"""
        done, used = self.run(script, *arguments)
        assert done.returncode == 1 and "请先自己停下它" in done.stderr
        assert "manage.py backup" not in used and "manage.py restore" not in used


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_going_back_twice_or_without_an_upgrade_changes_nothing(machine):
    machine.backup("2026-11-01T000000")
    machine.refuses("没有可退的版本（没有升级过，或已经退过了）", "upgrade.sh", "--back")


def test_going_back_to_a_version_that_is_gone_changes_nothing(machine):
    machine.backup("2026-11-01T000000")
    (machine.home / "previous").symlink_to(machine.home / "releases/0.9")
    machine.refuses("0.9 已经不在了", "upgrade.sh", "--back")


def test_going_back_without_the_backup_of_that_upgrade_changes_nothing(machine):
    (machine.home / "previous").symlink_to(machine.release("0.9"))
    machine.refuses("一份也没有", "upgrade.sh", "--back")
    (machine.home / "previous.backup").write_text("/nowhere/yingshang.tar.gz\n", "utf-8")
    machine.backup("2026-11-01T000000")
    machine.refuses("/nowhere/yingshang.tar.gz", "upgrade.sh", "--back")


def test_going_back_restores_the_backup_of_that_upgrade_not_the_newest(machine):
    (machine.home / "previous").symlink_to(machine.release("0.9"))
    its_own = machine.backup("2026-11-01T000000")
    (machine.home / "previous.backup").write_text(f"{its_own}\n", "utf-8")
    later = machine.backup("2026-11-09T000000")  # 后来另一次没有升级成的
    done, used = machine.run("upgrade.sh", "--back")
    assert done.returncode == 0, done.stderr
    assert f"restore {its_own} --replace --no-backup" in used and later.name not in used
    assert (machine.home / "current").resolve().name == "0.9"
    done, _ = machine.run("upgrade.sh", "--back")
    assert done.returncode == 1 and "已经退过了" in done.stderr


def going_back(machine, said):
    """有 systemd 的机器上退回一次；healthz 答 `said`，不是 ok 的是 503，`curl -f` 就不算。"""
    (machine.root / "no-systemd").mkdir()
    (machine.home / "previous").symlink_to(machine.release("0.9"))
    machine.backup("2026-11-01T000000")
    machine.program("curl", f'[ "{said}" = ok ] || case "$*" in -f*) exit 22;; esac; echo "{said}"')
    machine.program("sleep", "")
    return machine.run("upgrade.sh", "--back")[0]


def test_chores_that_failed_before_are_said_but_do_not_make_an_upgrade_fail(machine):
    done = going_back(machine, "nightly: 每天的几件事没有做成或很久没有做：备份")
    assert done.returncode == 0 and "nightly: 每天的几件事没有做成" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("said", ["database: 数据库连不上", "<h1>502</h1>", ""])
def test_a_service_with_anything_else_wrong_has_not_come_up(machine, said):
    done = going_back(machine, said)
    assert done.returncode == 1 and "服务没有起来" in done.stderr


def test_a_service_that_answers_with_a_fault_is_running(machine):
    (machine.home / "previous").symlink_to(machine.release("0.9"))
    machine.backup("2026-11-01T000000")
    machine.program("curl", 'case "$*" in -f*) exit 22;; esac')
    machine.refuses_to_go_on("upgrade.sh", "--back")


def upgraded_with_backups_in(machine, folder, made):
    """备份设在 `folder`，`made` 是这一次做成的那一份；核对备份没有通过，升级停在那里。默认的目录里有从前的一份。"""
    machine.backup("2026-11-01T000000")
    machine.release("2.0")
    folder.mkdir(exist_ok=True)
    (machine.config / "env").write_text(f"BACKUP_DIR={folder}\n", "utf-8")
    line = f'echo "$@" >> "{machine.log}"; case "$*" in *before-upgrade) {made};; *--check*) exit 1;; esac'
    machine.program("runuser", line)
    return machine.run("upgrade.sh")


def test_an_upgrade_goes_by_the_backup_it_has_just_made_wherever_backups_are_kept(machine, tmp_path):
    mine = tmp_path / "nas/yingshang-2026-11-27T000000-before-upgrade.tar.gz.enc"
    done, used = upgraded_with_backups_in(machine, tmp_path / "nas", f"touch {mine}")
    assert f"restore --check {mine}\n" in used and "备份核对没有通过" in done.stderr
    assert (machine.home / "current").resolve().name == "1.0"


def test_an_older_backup_does_not_stand_in_for_the_one_that_is_not_there(machine, tmp_path):
    done, used = upgraded_with_backups_in(machine, tmp_path / "nas", ":")
    assert done.returncode == 1 and "刚做的备份找不到" in done.stderr and "restore" not in used


@pytest.mark.parametrize("arguments", [(), ("--back",)], ids=["升级", "退回"])
def test_without_systemd_a_service_that_still_answers_is_to_be_stopped_first(machine, arguments):
    (machine.home / "previous").symlink_to(machine.release("0.9"))
    machine.backup("2026-11-01T000000")
    machine.release("2.0")
    machine.program("curl", "exit 0")
    machine.refuses_to_go_on("upgrade.sh", *arguments)


def test_a_role_that_cannot_alter_the_database_stops_an_upgrade_before_the_service_is_stopped(machine):
    machine.release("2.0")
    machine.program("runuser", f'echo "$@" >> "{machine.log}"; case "$*" in *why_not_alter*) exit 1;; esac')
    done, used = machine.run("upgrade.sh")
    assert done.returncode == 1 and "也没有停服务" in done.stderr and "owner.env" in done.stderr
    assert "--why before-upgrade" not in used and (machine.home / "current").resolve().name == "1.0"


@pytest.mark.parametrize("host", ["https://a.internal/", *also("A.internal", "a_b", "营商台账")])
def test_a_wrong_host_is_said_before_anything_is_done(machine, host):
    machine.refuses("只写主机名或 IP", "install.sh", "--host", host)


@pytest.mark.parametrize("word", ["--host", "--set"])
def test_a_word_that_wants_another_says_so(machine, word):
    done, used = machine.run("install.sh", word)
    assert done.returncode == 1 and f"{word} 后面少了一样" in done.stderr and used == ""


def test_a_port_that_another_program_holds_is_said_before_anything_is_done(machine):
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        common = machine.source / "deploy/common.sh"
        common.write_text(machine.ports.replace('WEB_PORTS="1"', f'WEB_PORTS="1 {port}"'), "utf-8")
        machine.refuses(f"没有做成：{port} 端口被别的程序占着", "install.sh", "--host", "a.internal")
        # nginx 自己占着的不算；nginx 开着、这个端口是别人的，照样说
        path = {"PATH": f"{machine.programs}:{os.environ['PATH']}"}
        for holder, said in (("nginx", ""), ("apache2", f"{port} ")):
            machine.program("ss", f"""echo 'LISTEN 0 511 0.0.0.0:{port} 0.0.0.0:* users:(("{holder}",pid=1,fd=6))'""")
            line = f'. "{common}" && ports_taken'
            found = subprocess.run(["bash", "-c", line], env=bare(**path), capture_output=True, text=True, check=True)
            assert found.stdout == said


def test_a_port_is_looked_at_before_anything_is_fetched(machine):
    """缺 nginx 的机器：端口被占着的先说，不先装一半。"""
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        common = machine.source / "deploy/common.sh"
        common.write_text(machine.ports.replace('WEB_PORTS="1"', f'WEB_PORTS="{port}"'), "utf-8")
        done, used = machine.run("install.sh", "--host", "a_b", PATH=str(machine.only("nginx")))
        assert done.returncode == 1 and f"{port} 端口被别的程序占着" in done.stderr and "apt-get" not in used


def test_a_version_that_could_not_be_switched_to_is_not_said_to_be_in_use(machine):
    """升级在 `if` 里换版本，那里一步错了不会自己停：没有换成的要说得出，才会退回。"""
    there = machine.release("2.0")
    for broken in ("mv", "install"):
        (machine.root / UNITS.lstrip("/")).mkdir(parents=True, exist_ok=True)
        (there / "deploy/systemd").mkdir(parents=True, exist_ok=True)
        (there / "deploy/systemd/yingshang.service").touch()
        machine.program(broken, "exit 1")
        line = f'set -euo pipefail; . "{machine.source}/deploy/common.sh"; if ! switch_to "{there}"; then echo 没有换成; fi'
        path = {"PATH": f"{machine.programs}:{os.environ['PATH']}"}
        done = subprocess.run(["bash", "-c", line], env=bare(**path), capture_output=True, text=True, check=True)
        assert done.stdout == "没有换成\n"
        (machine.programs / broken).unlink()


@pytest.mark.parametrize("written", ["", "BACKUP_DIR={there}", 'BACKUP_DIR="{there}"', "BACKUP_DIR={link}"])
def test_the_newest_backup_is_looked_for_where_the_program_puts_it(machine, written):
    """没有写的在数据目录里；加了引号的、是个链接的，一样找得到。"""
    there, link = machine.root / "another disk", machine.root / "link"
    for folder in (there, machine.data / "backups"):
        folder.mkdir()
        (folder / "yingshang-2026-11-27-before-upgrade.tar.gz").touch()
    link.symlink_to(there)
    (machine.config / "env").write_text(f"DATA_DIR={machine.data}\n{written.format(there=there, link=link)}\n", "utf-8")
    text = (machine.source / "deploy/upgrade.sh").read_text("utf-8")
    function = text[text.index("newest_backup() {") : text.index("# 上一次升级")]
    line = f'. "{machine.source}/deploy/common.sh"; {function}\nnewest_backup'
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", line], env=bare(), capture_output=True, text=True, check=True
    )
    expected = {"": machine.data / "backups", "BACKUP_DIR={link}": link}.get(written, there)
    assert done.stdout == f"{expected}/yingshang-2026-11-27-before-upgrade.tar.gz\n"


def placed(machine, data, backups):
    """照这样的设置摆好单元，返回备份的服务写得进的几处（另加的一段；没有的为 None）。"""
    units = machine.root / UNITS.lstrip("/")
    units.mkdir(parents=True, exist_ok=True)
    (machine.config / "env").write_text(f"DATA_DIR={data}\nBACKUP_DIR={backups}\n", "utf-8")
    line = f'. "{machine.source}/deploy/common.sh" && place_units "{machine.source}"'
    subprocess.run(["bash", "-euo", "pipefail", "-c", line], env=bare(), check=True)
    assert (units / "yingshang-backup.timer").exists()
    extra = [
        units / f"{name}.service.d/folders.conf" for name in ("yingshang", "yingshang-nightly", "yingshang-backup")
    ]
    texts = {path.read_text("utf-8") if path.exists() else None for path in extra}
    assert len(texts) == 1
    return texts.pop()


def test_the_service_may_write_where_the_settings_put_the_backups(machine):
    home = [machine.root / place.lstrip("/") for place in PLACES[2:4]]
    assert placed(machine, *home) is None
    assert placed(machine, home[0], "/mnt/网络 盘").endswith('[Service]\nReadWritePaths="-/mnt/网络 盘"\n')
    assert placed(machine, "/mnt/a", "/mnt/b%").endswith('ReadWritePaths="-/mnt/a" "-/mnt/b%%"\n')
    assert placed(machine, *home) is None  # 换回来，不留


def test_the_units_are_those_of_the_version_that_is_switched_to(machine):
    """换上新的、退回旧的，服务起来时用的都是那一版的单元；旧的一版没有单元的，不动现有的。"""
    units = machine.root / UNITS.lstrip("/")
    units.mkdir(parents=True)
    for version in ("2.0", "3.0"):
        made = machine.release(version) / "deploy/systemd"
        made.mkdir(parents=True)
        (made / "yingshang.service").write_text(version, "utf-8")
    for version, unit in (("2.0", "2.0"), ("3.0", "3.0"), ("2.0", "2.0"), ("1.0", "2.0")):
        line = f'. "{machine.source}/deploy/common.sh" && switch_to "{machine.home}/releases/{version}"'
        subprocess.run(["bash", "-euo", "pipefail", "-c", line], env=bare(), check=True)
        assert (machine.home / "current").resolve().name == version
        assert (units / "yingshang.service").read_text("utf-8") == unit


def test_an_installed_version_is_not_compared_with_the_bundle_it_came_in(machine):
    (machine.source / "SHA256SUMS").write_text(f"{'0' * 64}  wheels/gone.whl\n", "utf-8")
    line = f'. "{machine.source}/deploy/common.sh" && verify_bundle'
    assert subprocess.run(["bash", "-c", line], env=bare(), capture_output=True, check=False).returncode == 1
    (machine.source / ".complete").touch()
    subprocess.run(["bash", "-c", line], env=bare(), check=True)


@pytest.mark.parametrize(
    ("url", "said"), [("", "现在用的是 SQLite"), ("postgres://u:p@10.0.0.8:5432/ledger", "现在用的是别的库")]
)
def test_an_installation_on_another_database_is_not_switched_to_an_empty_one(machine, url, said):
    (machine.config / "env").write_text(f"ALLOWED_HOSTS=a.internal\nDATABASE_URL={url}\nDATA_DIR={machine.data}\n")
    (machine.data / "db.sqlite3").write_bytes(b"accounts")
    machine.refuses(said, "install.sh", "--host", "a.internal", "--postgres")
