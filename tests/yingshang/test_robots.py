"""群机器人：发到本机的一个收信处，它照企业微信、钉钉公布的格式核对，不合就照它们的样子拒收。"""

import base64
import datetime as dt
import hashlib
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from yingshang import checks, robots

SECRET = "SEC0123456789abcdef"


class Receiver(BaseHTTPRequestHandler):
    """照公布的格式收：企业微信 /cgi-bin/webhook/send?key=，钉钉 /robot/send?access_token=&timestamp=&sign=。"""

    def do_POST(self):
        at = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(at.query, strict_parsing=True).items()}
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.status != 200:
            self.send_response(self.server.status)
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/elsewhere")
            self.end_headers()
            return
        said = self.wecom(query, body) if at.path == "/cgi-bin/webhook/send" else self.dingtalk(at.path, query, body)
        if not said["errcode"]:
            self.server.got.append(json.loads(body)["text"]["content"])
        answer = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def text_of(self, body, known):
        """正文；不是公布的样子的说为什么。"""
        if not self.headers["Content-Type"].startswith("application/json"):
            return "", {"errcode": 40035, "errmsg": "not json"}
        found = json.loads(body.decode("utf-8"))
        if found.get("msgtype") != "text" or set(found) - known or not found["text"].get("content"):
            return "", {"errcode": 40008, "errmsg": "invalid message type"}
        return found["text"]["content"], None

    def wecom(self, query, body):
        if query != {"key": "693a91f6"}:
            return {"errcode": 93000, "errmsg": "invalid webhook url"}
        text, wrong = self.text_of(body, {"msgtype", "text"})
        if wrong is None and len(text.encode()) > 2048:
            return {"errcode": 45002, "errmsg": "content exceed max length"}
        return wrong or {"errcode": 0, "errmsg": "ok"}

    def dingtalk(self, path, query, body):
        if path != "/robot/send" or query.get("access_token") != "abc":
            return {"errcode": 300001, "errmsg": "token is not exist"}
        stamp = query.get("timestamp", "0")
        if abs(time.time() * 1000 - int(stamp)) > 3_600_000:
            return {"errcode": 310000, "errmsg": "invalid timestamp"}
        signature = hmac.new(SECRET.encode(), f"{stamp}\n{SECRET}".encode(), hashlib.sha256).digest()
        if query.get("sign") != base64.b64encode(signature).decode():
            return {"errcode": 310000, "errmsg": "sign not match"}
        _, wrong = self.text_of(body, {"msgtype", "text", "at"})
        return wrong or {"errcode": 0, "errmsg": "ok"}

    def log_message(self, *args):
        """不印。"""


@pytest.fixture
def receiver():
    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        server.got, server.status = [], 200
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def groups(receiver, settings):
    here = f"http://127.0.0.1:{receiver.server_port}"
    settings.ROBOTS = [
        f"wecom+{here}/cgi-bin/webhook/send?key=693a91f6",
        f"dingtalk+{here}/robot/send?access_token=abc#{SECRET}",
    ]
    return robots.robots()


def now():
    return dt.datetime.now(dt.UTC)


def test_both_take_what_is_sent_with_the_signature_of_dingtalk(groups, receiver):
    for robot in groups:
        robots.send(robot, "【督办提醒】财务部：第15项", at=now())
    assert receiver.got == ["【督办提醒】财务部：第15项"] * 2
    assert [robot.name for robot in groups] == ["企业微信群 1", "钉钉群 2"]


def test_an_old_clock_or_a_wrong_secret_is_refused_and_said_without_the_secret(groups):
    ding = groups[1]
    with pytest.raises(robots.Unsent, match="invalid timestamp") as refused:
        robots.send(ding, "话", at=now() - dt.timedelta(hours=2))
    assert SECRET not in str(refused.value) and "access_token" not in str(refused.value)
    wrong = robots.Robot(ding.kind, ding.url, "SECwrong", ding.name)
    with pytest.raises(robots.Unsent, match="sign not match"):
        robots.send(wrong, "话", at=now())


def test_a_long_text_goes_in_parts_that_fit_and_loses_nothing(groups, receiver):
    wecom = groups[0]
    text = "\n".join(f"第{n}项《{'推行线上线下联动服务' * 3}》未报" for n in range(60)) + "\n" + "长" * 1500
    parts = robots.parts_of(wecom, text)
    assert len(parts) > 1 and all(0 < len(part.encode()) <= 2048 for part in parts)
    assert "".join(parts).replace("\n", "") == text.replace("\n", "")
    for part in parts:
        robots.send(wecom, part, at=now())
    assert receiver.got == parts
    with pytest.raises(robots.Unsent, match="45002"):
        robots.send(wecom, text, at=now())


@pytest.mark.parametrize("status", [302, 404, 500])
def test_another_answer_than_two_hundred_is_unsent_and_never_followed(groups, receiver, status):
    receiver.status = status
    with pytest.raises(robots.Unsent, match=str(status)):
        robots.send(groups[0], "话", at=now())
    assert receiver.got == []


def test_nobody_there_is_unsent_in_words(settings):
    settings.ROBOTS = ["wecom+http://127.0.0.1:9/cgi-bin/webhook/send?key=x"]
    with pytest.raises(robots.Unsent, match="连不上"):
        robots.send(robots.robots()[0], "话", at=now())


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("https://qyapi.weixin.qq.com/x", "开头不是"),
        ("feishu+https://x", "开头不是"),
        ("wecom+http://example.com/x", "不是 https"),
        ("wecom+https://example.com/x#SEC", "没有加签"),
    ],
)
def test_what_is_written_wrong_is_said_by_the_deploy_check(settings, written, why):
    settings.ROBOTS = [written]
    [found] = checks.group_robots(None)
    assert why in found.msg and "第 1 个" in found.msg


def test_it_is_off_unless_it_is_set(settings):
    settings.ROBOTS = []
    assert robots.robots() == [] and checks.group_robots(None) == []
