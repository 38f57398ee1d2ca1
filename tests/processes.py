"""把程序当真进程运行：命令、服务器、make。各有自己的环境与数据，与外面的 .env、DATABASE_URL 无关。

真进程才走得到 Django 在 handle 之前做的事（参数、系统检查）；call_command 跳过它们。
"""

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from coverage.config import CoverageConfig

from . import schema, warm

ROOT = Path(__file__).resolve().parents[1]
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".env", ".*_cache", ".hypothesis", "var", "staticfiles")
SECRET = "k3-" + "Zq8!fV2#mX7" * 5


def bare(**more) -> dict[str, str]:
    """只有系统自己的变量，连 MAKEFLAGS 也不带：外面的 `make test DATABASE_URL=…` 不会传进来。"""
    return {name: os.environ[name] for name in INHERITED if name in os.environ} | measured() | more


def measured() -> dict[str, str]:
    """量覆盖时另起的进程也计在内，不带模板的插件：它要模板照调试的样子排，真进程多半关着 DEBUG。"""
    if "COVERAGE_PROCESS_CONFIG" not in os.environ:
        return {}
    how = CoverageConfig.deserialize(os.environ["COVERAGE_PROCESS_CONFIG"])
    how.plugins = []
    return {"COVERAGE_PROCESS_CONFIG": how.serialize()}


def environment(data, **more) -> dict[str, str]:
    """演示的日期，自己的数据目录；`more` 另改几个。"""
    fixed = {"DEBUG": "1", "SECRET_KEY": SECRET, "BUSINESS_DATE": "2023-09-22", "DATABASE_URL": "", "EMAIL_URL": ""}
    return bare(**fixed | {"DATA_DIR": str(data)} | more)


# root 什么都读得到：去掉这两样，才看得出权限不对时怎么说。
ORDINARY = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if os.geteuid() == 0 else []


def manage(data, *arguments, cwd=ROOT, without_privilege=False, **more) -> subprocess.CompletedProcess:
    """运行一条管理命令，等它结束；退出码与两路输出都在结果里。"""
    words, env = [str(argument) for argument in arguments], environment(data, **more)
    if warm.is_fit(words[0]) and not without_privilege:
        return warm.run(words, cwd=cwd, env=env)
    command = [*(ORDINARY if without_privilege else []), sys.executable, "manage.py", *words]
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=300, check=False)


def done(data, *arguments, **more) -> str:
    """运行一条应当成功的管理命令，返回它印的话。"""
    result = manage(data, *arguments, **more)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def free_address() -> str:
    """本机没有人用的一个地址，如 127.0.0.1:40123。"""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


@contextmanager
def serving(command, address, log, *, cwd=ROOT, env):
    """一台正在服务的服务器的网址；离开时连它的子进程一起结束。"""
    with Path(log).open("wb") as output:
        process = subprocess.Popen(command, cwd=cwd, env=env, stdout=output, stderr=output, start_new_session=True)
        try:
            _wait_for(f"http://{address}/healthz", process, log)
            yield f"http://{address}"
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=10)


def _wait_for(url, process, log):
    """等到 healthz 有回答（转去 https 也算：服务器起来了）。"""
    for _ in range(3000):  # 忙的机器上也等得到：造演示数据平时十来秒
        try:
            with _opener().open(url, timeout=1):
                return
        except urllib.request.HTTPError:
            return
        except OSError:
            assert process.poll() is None, Path(log).read_text("utf-8", "replace")
            time.sleep(0.1)
    raise AssertionError(f"服务器没有起来：{url}\n{Path(log).read_text('utf-8', 'replace')}")


def _opener():
    """不跟着转向，也不走代理。"""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *args):
            return None

    return urllib.request.build_opener(Stay, urllib.request.ProxyHandler({}))


def migrated(data) -> Path:
    """`data` 里一个运行过 migrate 的空库：测试库留的底就是它（见 schema.py），还没有留过才另走一遍。"""
    with schema.alone() as kept:
        if kept.exists():
            schema.put(kept, Path(data, "db.sqlite3"))
        else:
            done(data, "migrate", "--verbosity", "0")
    return data


def copied(data, where):
    """数据目录的一份副本（里面另有的演示不带）。"""
    return shutil.copytree(data, where, ignore=shutil.ignore_patterns("demo"), dirs_exist_ok=True)


@pytest.fixture(scope="session")
def tree(tmp_path_factory):
    """程序的一份副本，像刚取下来的一样：没有 .env、没有数据。虚拟环境已经“装好”，pip 一被调用就失败。"""
    where = shutil.copytree(ROOT, tmp_path_factory.mktemp("tree"), ignore=LEFT_OUT, dirs_exist_ok=True)
    programs = where / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name, line in (("python", f'exec "{sys.executable}" "$@"'), ("pip", "echo 不该联网安装 >&2; exit 9")):
        (programs / name).write_text(f"#!/bin/sh\n{line}\n", "utf-8")
        (programs / name).chmod(0o755)
    (where / ".venv/tools").mkdir()
    for stamp in (".installed", ".installed-tests", "tools/.installed"):
        (where / ".venv" / stamp).touch()
    return where


def make(tree, *arguments) -> subprocess.CompletedProcess:
    """在副本里运行 make，等它结束。"""
    command = ["make", "--no-print-directory", *arguments]
    return subprocess.run(command, cwd=tree, env=bare(), capture_output=True, text=True, timeout=300, check=False)


def run(tree, log, *arguments) -> str:
    """make run 到能答 healthz 为止，再停下；返回它印的话。"""
    address = free_address()
    command = ["make", "run", f"ADDRESS={address}", *arguments]
    with serving(command, address, log, cwd=tree, env=bare(PYTHONUNBUFFERED="1")):
        pass
    return log.read_text("utf-8")


@pytest.fixture(scope="session")
def installed(tree):
    """在副本里真的跑过 make setup：建好空的库。返回它印的话；一个会话只建一次，别处用它的副本。

    留着走完迁移的底（见 schema.py）的，从它接着建；没有留过的从头走，走完的留作底。从什么也没有建起的，test_make 里另有一条。
    """
    database = tree / "var" / "db.sqlite3"
    with schema.alone() as kept:
        if is_kept := kept.exists():
            schema.put(kept, database)
        result = make(tree, "setup")
        assert result.returncode == 0, result.stderr
        if not is_kept:
            with closing(sqlite3.connect(database)) as source:
                schema.keep(kept, source)
    return result.stdout


@pytest.fixture(scope="session")
def loaded(tree, installed, tmp_path_factory):
    """载入了方案的一份。"""
    where = copied(tree / "var", tmp_path_factory.mktemp("loaded") / "data")
    assert "已载入 9 个部室、11 位领导、21 项举措（31 项次）" in done(where, "load_plan", cwd=tree)
    return where


@pytest.fixture(scope="session")
def demonstrated(tree, installed, tmp_path_factory):
    """在副本里真的跑过 make run，`.env` 却指着正式的库。返回它印的话；库是建好的，省去再建一次。"""
    formal = tmp_path_factory.mktemp("formal") / "data"
    copied(tree / "var", tree / "var" / "demo")
    (tree / ".env").write_text(f"DATA_DIR={formal}\nDATABASE_URL=sqlite:///{formal}/formal.sqlite3\n", "utf-8")
    try:
        said = run(tree, tree / "demo.log")
    finally:
        (tree / ".env").unlink()
    assert not formal.exists(), "演示动了正式的库"
    return said


@pytest.fixture
def data(loaded, tmp_path):
    """这个测试自己的数据目录：有方案，没有账户与报送。"""
    return copied(loaded, tmp_path / "data")


@pytest.fixture
def demo_data(tree, demonstrated, tmp_path):
    """这个测试自己的一份演示数据。"""
    return copied(tree / "var" / "demo", tmp_path / "demo")
