"""查毒：把收到的文件交给 clamd（ClamAV 的守护进程）看一遍，照它的 INSTREAM 协议。

设置 CLAMD 空着的不查；写 unix:/run/clamav/clamd.ctl 或 127.0.0.1:3310。协议只有几行，现成的客户端库多年没有人管，所以自己写。
"""

import logging
import socket
import struct
from contextlib import suppress

from django.conf import settings
from django.core.files.base import File

log = logging.getLogger(__name__)

CHUNK = 1 << 16
INFECTED, CLEAN = b" FOUND", b": OK"
OVER_LIMIT = b"INSTREAM size limit exceeded"


class Unavailable(Exception):
    """没有查成：连不上，或答得不对。"""


class TooLarge(Unavailable):
    """没有查成：比 clamd 收的（StreamMaxLength）大。"""


def is_on() -> bool:
    """接了查毒。"""
    return bool(settings.CLAMD)


def virus_in(file: File) -> str:
    """文件里的病毒叫什么，没有为空；没有接查毒的也为空。读过的文件回到开头，没有查成的也是。抛 Unavailable。"""
    if not is_on():
        return ""
    file.seek(0)
    try:
        answer = _ask(b"zINSTREAM\0", file)
    finally:
        file.seek(0)
    if answer.startswith(OVER_LIMIT):
        raise TooLarge(answer.decode(errors="replace"))
    if answer.endswith(INFECTED):
        return answer.removeprefix(b"stream: ").removesuffix(INFECTED).decode(errors="replace")
    if not answer.endswith(CLEAN):
        raise Unavailable(f"clamd 答：{answer.decode(errors='replace')[:200]}")
    return ""


def ping() -> None:
    """连得上、答得对。抛 Unavailable。"""
    if (answer := _ask(b"zPING\0")) != b"PONG":
        raise Unavailable(f"clamd 答：{answer.decode(errors='replace')[:200]}")


def _ask(command: bytes, file: File | None = None) -> bytes:
    """问一句，连同文件的内容（一段一段，前面是四个字节的长度，最后一段长度为零），返回答的一句。"""
    try:
        with _connected() as line:
            with suppress(BrokenPipeError, ConnectionResetError):  # 超过上限的，clamd 不等收完就答、就断：答的还读得到
                _send(line, command, file)
            answer = b""
            while not answer.endswith(b"\0") and (part := line.recv(CHUNK)):  # 答的一句以零字节收尾
                answer += part
    except (OSError, ValueError) as error:
        raise Unavailable(f"{type(error).__name__}：{error}") from error
    return answer.rstrip(b"\0\n")


def _send(line: socket.socket, command: bytes, file: File | None) -> None:
    line.sendall(command)
    if file is not None:
        for chunk in file.chunks(CHUNK):
            line.sendall(struct.pack("!L", len(chunk)) + chunk)
        line.sendall(struct.pack("!L", 0))


def _connected() -> socket.socket:
    where, seconds = settings.CLAMD, settings.CLAMD_SECONDS
    if where.startswith("unix:"):
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(seconds)
        try:
            line.connect(where.removeprefix("unix:"))
        except OSError:
            line.close()
            raise
        return line
    host, _, port = where.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=seconds)
