"""群机器人：把一段话发到企业微信、钉钉的工作群，照两家公布的格式。只发文字，不 @ 人。

设置 ROBOTS 空着的不发。一个群一个网址，前面写明是哪一家，钉钉加签的密钥写在 # 后面，几个群用逗号隔开：
wecom+https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…,dingtalk+https://oapi.dingtalk.com/robot/send?access_token=…#SEC…
政务微信等私有部署的，格式与哪一家相同就写哪一家。网址与密钥是凭证：不进日志、页面、数据库。
"""

import base64
import datetime as dt
import hashlib
import hmac
import http.client
import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, urlsplit

from django.conf import settings

WECOM, DINGTALK = "wecom", "dingtalk"
LABELS = {WECOM: "企业微信", DINGTALK: "钉钉"}
# 一条至多几个字节：企业微信公布的是 2048；钉钉的请求体不超过 20000，留一点给格式。
ROOM = {WECOM: 2048, DINGTALK: 18_000}
SECONDS = 5
LOCAL = {"127.0.0.1", "localhost", "::1"}


class Unsent(Exception):
    """没有发成，和为什么（不带网址与密钥）。"""


@dataclass(frozen=True)
class Robot:
    """一个群。`name` 是页面上的叫法。"""

    kind: str
    url: str
    secret: str
    name: str


def robots() -> list[Robot]:
    """设好的各个群；写错的抛 ValueError，说第几个、错在哪里。"""
    found = []
    for n, written in enumerate(filter(None, (each.strip() for each in settings.ROBOTS)), start=1):
        kind, plus, rest = written.partition("+")
        url, _, secret = rest.partition("#")
        at = urlsplit(url)
        if not plus or kind not in LABELS:
            raise ValueError(f"ROBOTS 第 {n} 个的开头不是 wecom+ 或 dingtalk+。")
        if at.scheme != "https" and at.hostname not in LOCAL:
            raise ValueError(f"ROBOTS 第 {n} 个不是 https 的网址。")
        if kind == WECOM and secret:
            raise ValueError(f"ROBOTS 第 {n} 个是企业微信的，没有加签，# 后面不用写。")
        found.append(Robot(kind, url, secret, f"{LABELS[kind]}群 {n}"))
    return found


def parts_of(robot: Robot, text: str) -> list[str]:
    """放得进一条的各段，在换行处断；一行就放不下的从字中间断。"""
    room, parts, now = ROOM[robot.kind], [], ""
    for line in text.splitlines():
        for piece in _pieces(line, room):
            joined = f"{now}\n{piece}" if now else piece
            if len(joined.encode()) > room:
                parts.append(now)
                joined = piece
            now = joined
    return [*parts, now] if now else parts


def _pieces(line: str, room: int) -> list[str]:
    found = [""]
    for letter in line:
        if len((found[-1] + letter).encode()) > room:
            found.append("")
        found[-1] += letter
    return found


def send(robot: Robot, text: str, *, at: dt.datetime) -> None:
    """发一条。`at` 是真实时刻（钉钉的签名一小时内有效）。抛 Unsent。"""
    body = json.dumps({"msgtype": "text", "text": {"content": text}} | _extra(robot), ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json; charset=utf-8"}
    request = urllib.request.Request(signed(robot, at), body, headers, method="POST")  # noqa: S310  # 上面核对过
    try:
        with _opener().open(request, timeout=SECONDS) as answer:
            said = json.loads(answer.read(65536))
    except urllib.error.HTTPError as error:
        error.close()
        raise Unsent(f"对方答 {error.code}") from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise Unsent(f"连不上，或答得不对（{type(error).__name__}）") from None
    if not isinstance(said, dict) or said.get("errcode") != 0:
        raise Unsent(_refusal(said))


def signed(robot: Robot, at: dt.datetime) -> str:
    """发到哪个网址：钉钉加签的带时间戳与签名（HmacSHA256，再 Base64，再 URL 编码）。"""
    if not robot.secret:
        return robot.url
    stamp = str(int(at.timestamp() * 1000))
    digest = hmac.new(robot.secret.encode(), f"{stamp}\n{robot.secret}".encode(), hashlib.sha256).digest()
    return f"{robot.url}&timestamp={stamp}&sign={quote_plus(base64.b64encode(digest))}"


def _extra(robot: Robot) -> dict[str, Any]:
    return {"at": {"isAtAll": False}} if robot.kind == DINGTALK else {}


def _refusal(said: object) -> str:
    """对方说不行：哪个错误码，什么话。"""
    found = said if isinstance(said, dict) else {}
    return f"对方没有收（{str(found.get('errcode', '没有错误码'))[:20]}：{str(found.get('errmsg', ''))[:120]}）"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """不跟着转：话与密钥只交给写明的那一处。"""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


def _opener() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))
