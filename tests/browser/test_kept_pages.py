"""浏览器留着的页面：没有变的答 304；退出以后按“后退”，什么也看不到，有没有脚本都一样。

开发时（DEBUG）不留页面，所以这里的服务器关了 DEBUG，只是静态文件仍从源目录取；演示账户改作一般账户才登录得了。
"""

import shutil
import socket
import subprocess
import sys

import pytest

from .conftest import ROOT, environment, manage, wait_for

pytestmark = pytest.mark.browser
SERVE = """
import sys
import django
from django.conf import settings
from django.core.management import execute_from_command_line
django.setup()
settings.DEBUG, settings.WHITENOISE_USE_FINDERS = False, True
execute_from_command_line(["manage.py", "runserver", sys.argv[1], "--noreload", "--nostatic"])
"""
ORDINARY = "from departments.models import User; User.objects.update(is_demo=False)"


@pytest.fixture(scope="module")
def log(template_data, tmp_path_factory):
    data = tmp_path_factory.mktemp("kept")
    shutil.copytree(template_data, data, dirs_exist_ok=True)
    manage(data, "shell", "--no-imports", "-c", ORDINARY)
    return data / "server.log"


@pytest.fixture(scope="module")
def server(log):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    env = environment(log.parent) | {"DJANGO_SETTINGS_MODULE": "yingshang.settings"}
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, "-c", SERVE, address], cwd=ROOT, env=env, stdout=out, stderr=out)
        try:
            wait_for(f"http://{address}/healthz")
            yield f"http://{address}"
        finally:
            process.terminate()
            process.wait(timeout=10)


def answers(log, path) -> list[str]:
    """服务器对这个网址的各次回答。"""
    lines = [line for line in log.read_text().splitlines() if f'"GET {path} HTTP' in line]
    return [line.split('HTTP/1.1" ')[1].split()[0] for line in lines]


@pytest.mark.parametrize("javascript", [True, False])
def test_an_unchanged_page_is_asked_about_and_gone_after_signing_out(visit, log, javascript):
    visitor = visit("office", javascript=javascript)
    page = visitor.go("/problems/")  # 第一次：跨站令牌的 cookie 从这里起有
    visitor.go("/problems/")
    visitor.go("/help/")
    visitor.go("/problems/")
    assert answers(log, "/problems/")[-1] == "304"
    assert page.locator("h1").count() == 1
    title = page.title()
    page.locator("[data-logout] button").click()
    page.wait_for_url("**/login/**")
    page.go_back()
    page.wait_for_load_state()
    page.wait_for_timeout(500)
    assert "/login/" in page.url
    assert page.title() != title
    assert page.locator("input[name=password]").count() == 1
