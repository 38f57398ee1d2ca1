"""备份的加密：设了钥匙文件就加密，用 openssl（各种系统都有），没有本程序也解得开：

    head -c -32 备份.tar.gz.enc | openssl enc -d -aes-256-cbc -pbkdf2 -iter 600000 -pass file:钥匙 | tar xz

末尾 32 字节是密文的 HMAC-SHA256：先核对、后解密，改动过一个字节、钥匙不对都当场知道。
"""

import errno
import hashlib
import hmac
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from yingshang.refusals import Refused

CIPHER = ("-aes-256-cbc", "-pbkdf2", "-iter", "600000")
MAC_BYTES = 32
SHORTEST_KEY = 32


@contextmanager
def writing(path: Path, key: Path | None) -> Iterator[IO[bytes]]:
    """写一份备份的口子；离开时已经落盘。"""
    if key is None:
        with path.open("xb") as plain:
            yield plain
    else:
        mac = _mac(key)
        command = ["openssl", "enc", *CIPHER, "-salt", "-pass", f"file:{key}", "-out", str(path)]
        with _running(command, stdin=subprocess.PIPE) as process:
            assert process.stdin
            yield process.stdin
            process.stdin.close()
            _finished(process)
        with path.open("r+b") as sealed:
            while block := sealed.read(1 << 20):
                mac.update(block)
            sealed.write(mac.digest())
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


@contextmanager
def reading(path: Path, key: Path | None) -> Iterator[IO[bytes]]:
    """读一份备份的口子。加密的先核对整个文件；没有钥匙、钥匙不对、改动过的抛 Refused。"""
    if path.suffix != ".enc":
        with path.open("rb") as plain:
            yield plain
        return
    if key is None:
        raise Refused(f"{path.name} 是加密的：请设 BACKUP_KEY_FILE，指到做备份时用的那个钥匙文件。")
    size = _checked(path, key)
    with (
        _running(["head", "-c", str(size), str(path)], stdout=subprocess.PIPE) as cut,
        _running(
            ["openssl", "enc", "-d", *CIPHER, "-pass", f"file:{key}"], stdin=cut.stdout, stdout=subprocess.PIPE
        ) as process,
    ):
        assert process.stdout
        yield process.stdout


def _checked(path: Path, key: Path) -> int:
    """核对末尾的 HMAC，返回密文的长度。"""
    mac, left = _mac(key), path.stat().st_size - MAC_BYTES
    size = left
    with path.open("rb") as sealed:
        while left > 0 and (block := sealed.read(min(1 << 20, left))):
            mac.update(block)
            left -= len(block)
        if size < 0 or not hmac.compare_digest(sealed.read(), mac.digest()):
            raise Refused(f"{path.name} 打不开：钥匙不是做备份时用的那个，或文件改动过、没有拷完整。")
    return size


def _mac(key: Path) -> hmac.HMAC:
    """由钥匙另推出一把，专用来核对。openssl 只取钥匙文件的第一行，这里也是。"""
    try:
        first = key.read_bytes().splitlines()[:1]
    except OSError as error:
        why = {
            errno.EACCES: f"没有权限，chown root:yingshang {key}、chmod 640 {key}",
            errno.ENOENT: "没有这个文件，把另存的那一份拷回来",
        }.get(error.errno or 0, error.strerror)
        raise Refused(f"读不了备份的钥匙文件 {key}：{why}。") from error
    secret = first[0] if first else b""
    if len(secret) < SHORTEST_KEY:
        raise Refused(
            f"备份的钥匙太短：{key} 的第一行须有 {SHORTEST_KEY} 个字符以上，可用 openssl rand -base64 48 | tr -d '\\n' 生成。"
        )
    derived = hmac.new(secret, b"yingshang backup: authentication", hashlib.sha256).digest()
    return hmac.new(derived, digestmod=hashlib.sha256)


@contextmanager
def _running(command: list[str], **pipes: object) -> Iterator[subprocess.Popen]:
    """开一个 openssl；离开时它一定已经结束。"""
    try:
        process = subprocess.Popen(command, stderr=subprocess.PIPE, **pipes)  # type: ignore[call-overload]
    except FileNotFoundError as error:
        raise Refused(f"没有 {command[0]} 这个程序，不能加密、解密备份。请先安装（apt install openssl）。") from error
    try:
        yield process
    finally:
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe and not pipe.closed:
                pipe.close()
        if process.poll() is None:
            process.terminate()
        process.wait()


def _finished(process: subprocess.Popen) -> None:
    said = process.stderr.read().decode("utf-8", "replace").strip() if process.stderr else ""
    if process.wait():
        raise Refused(f"备份没有加密成：{said[-300:]}")
