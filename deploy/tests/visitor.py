"""soak.py、clamd.py 用：一个人的浏览器，照 nginx 转来的样子直接问 gunicorn。只用标准库。"""

import http.client
import os
import random
import re
import secrets
import time
import urllib.parse

BROKEN = (ConnectionResetError, BrokenPipeError, http.client.RemoteDisconnected, http.client.IncompleteRead)
BUSY = "现在登录的人太多，没有核对您的密码"


class Visitor:
    """cookie、令牌、ETag；一次一个请求，两次之间想 `think` 秒（平均）。断了的照“重新发送”再发一遍一模一样的。"""

    def __init__(self, port, name, address, think=0.0):
        self.port, self.name, self.address, self.think = port, name, address, think
        self.cookies, self.tags = {}, {}
        self.random = random.Random(name)

    def began(self, method):
        """正要发一个请求。"""

    def ended(self, method, path, began, status):
        """一个请求答了（`status` 是状态码），或断了（是错误的名字，断以外的前面有“!”）。"""

    def asked_to_wait(self):
        """登录的人多，请过一会儿。"""

    def fault(self, said):
        """不该这样的。"""
        raise AssertionError(said)

    def once(self, method, path, body=None, headers=()):
        """一次请求：（状态，头，内容）；没有成的返回 None。"""
        sent = {
            "Host": "127.0.0.1",
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": self.address,
            "Referer": "https://127.0.0.1" + path,
            "Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items()),
        }
        began, status = time.time(), ""
        self.began(method)
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            link.request(method, path, body, sent | dict(headers))
            answer = link.getresponse()
            content = answer.read()
            status = answer.status
        except BROKEN as error:
            status = type(error).__name__
        except OSError as error:
            status = f"!{type(error).__name__}"
        finally:
            link.close()
            self.ended(method, path, began, status)
        if not isinstance(status, int):
            return None
        for line in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return status, answer.headers, content

    def send(self, method, path, body=None, headers=()):
        if self.think:
            time.sleep(self.random.expovariate(1 / self.think))
        for _ in range(10):
            if found := self.once(method, path, body, headers):
                return found
            time.sleep(0.5)
        self.fault(f"{method} {path}：连着十次没有成")
        raise SystemExit

    def open(self, path, known=False):
        """打开一页，跟着转；`known` 为真的，看过的带上 ETag。"""
        for _ in range(5):
            tag = {"If-None-Match": self.tags[path]} if known and path in self.tags else {}
            status, headers, content = self.send("GET", path, None, tag)
            if status in (301, 302):
                path = _path(headers["Location"])
                continue
            if headers.get("ETag"):
                self.tags[path] = headers["ETag"]
            if status != 200 and not (status == 304 and tag):
                self.fault(f"GET {path}：{status}")
            return content.decode("utf-8", "replace")
        self.fault(f"GET {path}：转个不停")
        return ""

    def submit(self, path, fields, page, files=()):
        """交 `page` 上的一张表单：（状态，转到哪里，页上的话）。`files` 是（栏，文件名，内容）。"""
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        mark = "----" + secrets.token_hex(8)
        named = {"csrfmiddlewaretoken": token[1] if token else "", **fields}
        parts = [(f'form-data; name="{k}"', v.encode()) for k, v in named.items()]
        parts += [(f'form-data; name="{k}"; filename="{n}"\r\nContent-Type: application/pdf', c) for k, n, c in files]
        body = b"".join(f"--{mark}\r\nContent-Disposition: {h}\r\n\r\n".encode() + c + b"\r\n" for h, c in parts)
        kind = {"Content-Type": f"multipart/form-data; boundary={mark}"}
        status, headers, content = self.send("POST", path, body + f"--{mark}--\r\n".encode(), kind)
        said = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", content.decode("utf-8", "replace")))
        return status, _path(headers.get("Location") or ""), said

    def post(self, path, fields, page, files=()):
        """交一张该办得成的表单，返回转到哪里；没有办成的是毛病，返回空。"""
        status, where, said = self.submit(path, fields, page, files)
        if status != 302:
            self.fault(f"POST {path}：{status} {said[-600:]}")
            return ""
        return where

    def sign_in(self):
        """登录。人多时本系统不核对密码、请过一会儿再登录（LOGIN_WAIT_SECONDS）：照它说的，过几秒再来，至多二十次。"""
        self.cookies.clear()
        for _ in range(20):
            page = self.open("/login/")
            form = {"username": self.name, "password": os.environ["PASSWORD"]}
            status, where, said = self.submit("/login/", form, page)
            if status == 302:
                self.open(where)
                return
            if BUSY not in said:
                break
            self.asked_to_wait()
            time.sleep(5)
        self.fault(f"登录不了：{status} {said[-600:]}")
        raise SystemExit

    def report_form(self, pk, text):
        """第 `pk` 条的填报表单：（那一页，填好的各栏）；没有这张表单的各栏为空。"""
        page = self.open(f"/?open={pk}")
        version = re.search(rf'name="p{pk}-version" value="(\d+)"', page)
        if not version:
            return page, {}
        fields = {"do": "submit", f"p{pk}-version": version[1], f"p{pk}-stage": "in_progress", f"p{pk}-text": text}
        more = {"percent": "60", "decline_reason": "按最新口径核对后更正。", "next_steps": "按计划推进。"}
        return page, fields | {f"p{pk}-{k}": v for k, v in more.items() if f'name="p{pk}-{k}"' in page}


def _path(url):
    """网址里的路径与参数。"""
    parts = urllib.parse.urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")
