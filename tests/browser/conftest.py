"""真浏览器测试：每个模块一台自己的服务器，数据从同一份演示复制而来，互不影响。

被测的是另一个进程里的真程序；这里不碰 ORM。每页都收集控制台，出现 CSP 报告或脚本错误即失败。
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "Demo-2023"
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


@pytest.hookimpl(tryfirst=True)  # 在 xdist 读分组之前
def pytest_collection_modifyitems(items):
    """一个模块是一台服务器上接着讲的一个故事，归在同一个进程里：拆开了，后一条看不到前一条做的。

    各条只看、互不相干的模块写明 `STANDS_ALONE`，几个进程分着跑。
    """
    for item in items:
        if Path(__file__).parent in Path(item.fspath).parents:
            item.add_marker(pytest.mark.browser)
            if not getattr(item.module, "STANDS_ALONE", False):
                item.add_marker(pytest.mark.xdist_group(item.module.__name__))


def environment(data):
    """服务器进程的环境：演示的日期，自己的数据目录，与外面的 .env 和 DATABASE_URL 无关。"""
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.browser.settings",
        "DEBUG": "1",
        "BUSINESS_DATE": "2023-09-22",
        "DATA_DIR": str(data),
        "DATABASE_URL": "",
        "EMAIL_URL": "",
        "PYTHONWARNINGS": "default",
    }


def manage(data, *args):
    subprocess.run(
        [sys.executable, "manage.py", *args], cwd=ROOT, env=environment(data), check=True, capture_output=True
    )


@pytest.fixture(scope="session")
def template_data(tmp_path_factory):
    """做好一次的演示数据。"""
    data = tmp_path_factory.mktemp("demo")
    manage(data, "migrate", "--verbosity", "0")
    manage(data, "load_plan")
    manage(data, "demo")
    return data


@pytest.fixture(scope="module")
def server(template_data, tmp_path_factory):
    """一台服务器的地址，数据是演示的副本。"""
    data = tmp_path_factory.mktemp("data")
    shutil.copytree(template_data, data, dirs_exist_ok=True)
    with serving(data) as url:
        yield url


@contextmanager
def serving(data, **changed):
    """`data` 的一台服务器，用完停下。"""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "manage.py", "runserver", f"127.0.0.1:{port}", "--noreload"]
    with (data / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment(data) | changed, stdout=log, stderr=log)
        url = f"http://127.0.0.1:{port}"
        try:
            wait_for(f"{url}/healthz")
            yield url
        finally:
            process.terminate()
            process.wait(timeout=10)


def wait_for(url):
    for _ in range(300):  # 机器忙的时候起得慢
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"服务器没有起来：{url}")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert path, "没有找到 chromium，请先安装。"
    return browser_type_launch_args | {
        "executable_path": path,
        "args": ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
    }


def follow(pressed):
    """按下去，等到下一页真的来了：`click` 自己不等，紧接着看到的可能还是旧的一页。"""
    with pressed.page.expect_navigation():
        pressed.click()


def problems(page):
    """axe 找到的问题，写成一行一条。正在变的颜色等它变完再看：按钮的底色有八分之一秒在半路上，忙的机器上正好被量到。"""
    page.evaluate("Promise.allSettled(document.getAnimations().map((one) => one.finished))")
    found = Axe().run(page).response["violations"]
    return [f"{v['id']}：{node['html'][:160]}" for v in found for node in v["nodes"]]


class Visitor:
    """坐在浏览器前的一个人：自己的 cookie，控制台有报告就记下来。"""

    def __init__(self, browser, url, viewport, **context):
        self.url = url
        self.context = browser.new_context(viewport=viewport, locale="zh-CN", **context)
        self.page = self.context.new_page()
        self.complaints = []
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: dialog.accept())

    def _console(self, message):
        expected = re.search(r"status of (401|403|404|409|422)", message.text)
        if message.type in ("error", "warning") and not expected:
            self.complaints.append(message.text)

    def sign_in(self, username):
        self.go("/login/")
        self.page.fill("input[name=username]", username)
        self.page.fill("input[name=password]", PASSWORD)
        follow(self.page.locator("main form button"))
        return self

    def go(self, path):
        response = self.page.goto(self.url + path)
        assert response.status < 500, path
        return self.page


@pytest.fixture
def visit(browser, server):
    """visit("spzx")、visit("spzx", phone=True)、visit("spzx", javascript=False)。"""
    visitors = []

    def open_as(username=None, phone=False, javascript=True):
        visitor = Visitor(browser, server, PHONE if phone else DESKTOP, java_script_enabled=javascript)
        visitors.append(visitor)
        return visitor.sign_in(username) if username else visitor

    yield open_as
    complaints = [c for v in visitors for c in v.complaints]
    for visitor in visitors:
        visitor.context.close()
    assert complaints == []
