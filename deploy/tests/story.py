"""end_to_end.sh 里的人：经 nginx 登录、改密；--report：报送，附 15 MB 的材料；--load 秒数：不停地打开与登录；--look：看看还在不在。

只用标准库，证书是自己签的，所以不核对；主机名一律连到本机。
"""

import http.client
import http.cookiejar
import json
import re
import socket
import ssl
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

SITE = sys.argv[1]
HOST = urllib.parse.urlsplit(SITE).hostname
STATE = Path("/tmp/story.json")
NEW_PASSWORD = "Xin-De-Mi-Ma-2026!"
REAL = socket.getaddrinfo
socket.getaddrinfo = lambda host, *rest, **more: REAL("127.0.0.1" if host == HOST else host, *rest, **more)


class Browser:
    """一个浏览器：记着 cookie，交表单带令牌。"""

    def __init__(self):
        self.jar = http.cookiejar.CookieJar()
        trust = ssl._create_unverified_context()
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=trust), urllib.request.HTTPCookieProcessor(self.jar)
        )

    def open(self, path, data=None, headers=None):
        request = urllib.request.Request(SITE + path, data, headers or {})
        with self.opener.open(request, timeout=60) as answer:
            self.url = answer.geturl()
            return answer.read().decode("utf-8", "replace")

    def submit(self, path, fields, page=None, files=()):
        """照浏览器那样交一张表单；`files` 是（栏，文件名，内容）。"""
        page = page if page is not None else self.open(path)
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
        boundary = "----story"
        parts = [(f'form-data; name="{k}"', v.encode()) for k, v in {"csrfmiddlewaretoken": token, **fields}.items()]
        parts += [(f'form-data; name="{k}"; filename="{n}"\r\nContent-Type: application/pdf', c) for k, n, c in files]
        body = b"".join(
            f"--{boundary}\r\nContent-Disposition: {head}\r\n\r\n".encode() + content + b"\r\n"
            for head, content in parts
        )
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}", "Referer": SITE + path}
        return self.open(path, body + f"--{boundary}--\r\n".encode(), headers)

    def sign_in(self, name, password):
        self.submit("/login/", {"username": name, "password": password})
        assert "/login/" not in self.url, f"{name} 登录不了"
        return self


def first_day(password):
    """第一个管理员：登录、被要求改密码、改、进后台。"""
    admin = Browser().sign_in("admin1", password)
    assert "password" in admin.url, admin.url
    path = urllib.parse.urlsplit(admin.url).path
    admin.submit(path, {"old_password": password, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD})
    assert "后台" in admin.open("/") or "/admin/" in admin.open("/me/")
    assert "每天的几件事" in admin.open("/admin/")
    STATE.write_text(json.dumps({"password": NEW_PASSWORD}), "utf-8")


def report():
    """填报人：报一项，附一份 15 MB 的材料。哪一项缺完成值、量化目标的，换下一项。"""
    reporter = Browser().sign_in("reporter1", json.loads(STATE.read_text("utf-8"))["password"])
    material = b"%PDF-1.4\n" + b"0" * (15 * 1024 * 1024) + b"\n%%EOF\n"
    said = "一项也没有"
    for pk in dict.fromkeys(re.findall(r'action="/progress/(\d+)/"', reporter.open("/"))):
        page = reporter.open(f"/?open={pk}")
        fields = {"version": "0", "stage": "in_progress", "text": "经 nginx 报送，附 15 MB 的材料。", "percent": "10"}
        named = {f"p{pk}-{name}": value for name, value in fields.items() if f'name="p{pk}-{name}"' in page}
        try:
            said = reporter.submit(
                f"/progress/{pk}/", named | {"do": "submit"}, page, [(f"p{pk}-evidence", "材料.pdf", material)]
            )
        except urllib.error.HTTPError as error:
            assert error.code in (200, 409, 422), error.code
            continue
        if "已报送" in said:
            return
    raise AssertionError("没有报成：" + re.sub(r"<[^>]+>|\s+", " ", said)[:2000])


def look():
    admin = Browser().sign_in("admin1", json.loads(STATE.read_text("utf-8"))["password"])
    assert "营商环境" in admin.open("/") and "admin1" in admin.open("/admin/departments/user/")


def load(seconds):
    """一直在用：登录、打开、退出。有一个请求出错就失败。"""
    password, until, count = json.loads(STATE.read_text("utf-8"))["password"], time.monotonic() + seconds, 0
    while time.monotonic() < until:
        browser = Browser().sign_in("admin1", password)
        for path in ("/", "/board/", "/measures/", "/events/", "/me/"):
            try:
                browser.open(path)
            except urllib.error.HTTPError as error:
                assert error.code == 404, (path, error.code)
            count += 1
    print(f"{seconds} 秒里打开 {count} 页，没有出错")


if __name__ == "__main__":
    if sys.argv[2] == "--load":
        load(int(sys.argv[3]))
    elif sys.argv[2] == "--report":
        report()
    elif sys.argv[2] == "--look":
        look()
    else:
        first_day(sys.argv[2])
