"""deploy/ 里的照做即可用：设置由 configure.py 写，gunicorn 照服务单元里的命令启动，收到的头就是 nginx 配置所传的。"""

import http.client
import re
import shlex
import subprocess
import sys
from urllib.parse import urlencode

import pytest
from django.conf import settings as conf

from tasks.forms.attachment import MAX_FILES

from .processes import ROOT, bare, copied, free_address, serving

PAGE = (ROOT / "docs/部署.md").read_text("utf-8")
NGINX = (ROOT / "deploy/nginx/yingshang.conf").read_text("utf-8")
UNIT = (ROOT / "deploy/systemd/yingshang.service").read_text("utf-8")
HOST = "ledger.example.internal"
# nginx 的变量 → 一位从外面来的访客。
VISITOR = {"$http_host": HOST, "$remote_addr": "10.0.0.7", "$scheme": "https"}
SENT = {name: VISITOR[value] for name, value in re.findall(r"proxy_set_header (\S+) +(\S+);", NGINX)}


@pytest.fixture(scope="module")
def site(tree, installed, tmp_path_factory):
    """照 deploy/ 部署好、正在服务的一台：（地址，first_admin 印的话）。"""
    where = tmp_path_factory.mktemp("deployed")
    data, address = copied(tree / "var", where / "data"), free_address()
    answers = {"HOST": HOST, "DATA_DIR": data, "BACKUP_DIR": where / "backups", "BACKUP_KEY_FILE": where / "key"}
    given = [word for name, value in answers.items() for word in ("--set", f"{name}={value}")]
    configure = [sys.executable, "deploy/configure.py", "--yes", *given]
    subprocess.run(configure, cwd=tree, env=bare(), check=True, capture_output=True)
    try:
        for command in ("collectstatic --noinput", "first_admin"):
            assert f"manage.py {command}\n" in PAGE
            said = in_tree(tree, command)
        written = re.search(r"^ExecStart=\S+/gunicorn (.+)$", UNIT, re.M)[1]
        assert "127.0.0.1:8001" in written and "server 127.0.0.1:8001 " in NGINX
        words = shlex.split(written.replace("127.0.0.1:8001", address).replace("--workers 4", "--workers 1"))
        with serving([sys.executable, "-m", "gunicorn", *words], address, where / "log", cwd=tree, env=bare()):
            yield address, said
    finally:
        (tree / ".env").unlink()


def in_tree(tree, command) -> str:
    """在那台机器上运行一条管理命令：环境里什么也没有，全凭 .env。"""
    words = [".venv/bin/python", "manage.py", *command.split()]
    return subprocess.run(words, cwd=tree, env=bare(), capture_output=True, text=True, check=True, timeout=120).stdout


def ask(site, method, path, headers=SENT, form=None):
    """以 nginx 转来的样子问一次，不跟着转向。"""
    connection = http.client.HTTPConnection(site[0], timeout=60)
    typed = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
    connection.request(method, path, urlencode(form or {}), headers | typed)
    response = connection.getresponse()
    response.text = response.read().decode("utf-8", "replace")
    connection.close()
    return response


def without(name):
    """nginx 没有配这一个头时，收到的是它自己的。"""
    own = {"Host": "127.0.0.1:8001"} if name == "Host" else {}
    return {key: value for key, value in SENT.items() if key != name} | own


def test_nothing_loops_and_the_first_administrator_signs_in(site):
    home = ask(site, "GET", "/")
    assert (home.status, home.headers["Location"]) == (302, "/login/?next=/")
    page = ask(site, "GET", "/login/")
    assert page.status == 200
    cookie = page.headers["Set-Cookie"].partition(";")[0]
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[1]
    name, password = re.search(r"登录名 (\w+)，密码 (\S+?)（", site[1]).groups()
    form = {"csrfmiddlewaretoken": token, "username": name, "password": password}
    browser = SENT | {"Cookie": cookie, "Origin": f"https://{HOST}", "Referer": f"https://{HOST}/login/"}
    answer = ask(site, "POST", "/login/", browser, form)
    assert (answer.status, answer.headers["Location"]) == (302, "/"), answer.text
    assert "Secure" in answer.headers["Set-Cookie"]
    style = re.search(r"/static/[\w./-]+\.css", page.text)[0]
    assert ask(site, "GET", style).status == 200, "静态文件由程序自己发送"


def test_the_web_server_and_the_service_can_read_the_static_files(site, tree):
    """collectstatic 由 root 来做，服务的用户与 nginx 都不是 root。"""
    files = [path for path in (tree / "staticfiles").rglob("*") if path.is_file()]
    assert files and all(path.stat().st_mode & 0o044 == 0o044 for path in files)


def test_a_header_that_nginx_does_not_set_shows_as_the_configuration_says(site):
    assert ask(site, "GET", "/login/", without("Host")).status == 400
    looping = ask(site, "GET", "/login/", without("X-Forwarded-Proto"))
    assert (looping.status, looping.headers["Location"]) == (301, f"https://{HOST}/login/")


def test_an_installed_machine_passes_its_own_checks(site, tree):
    said = in_tree(tree, "check --deploy --fail-level ERROR")
    assert "identified no issues" not in said, "还没有备份，要提醒"


def test_the_machine_asks_by_address_and_is_answered(site):
    assert ask(site, "GET", "/healthz", {"Host": "10.0.0.9"}).status == 200


def test_the_headers_named_are_those_the_program_reads():
    assert {"Host", conf.CLIENT_ADDRESS_HEADER, "X-Forwarded-Proto"} <= set(SENT)


def test_nginx_lets_through_as_much_as_one_report_may_carry():
    size = int(re.search(r"client_max_body_size (\d+)m;", NGINX)[1]) * 1024 * 1024
    assert size > MAX_FILES * conf.EVIDENCE_MAX_BYTES


def test_a_connection_is_kept_for_the_next_request_and_asked_whether_it_still_works():
    kept = conf.DATABASES["default"]
    assert (kept["CONN_MAX_AGE"], kept["CONN_HEALTH_CHECKS"]) == (600, True)
