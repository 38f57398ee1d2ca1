"""旧格式（.doc、.wps、.xls、.et）用 LibreOffice 转成读得了的；装了而且开了设置才转。

每次一个单独的用户目录、宏一律不执行、限时；到时或转完，它起的整组进程都结束，不留下。
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from .guards import OLE, suffix_of
from .limits import Unreadable

TARGETS = {"doc": "docx", "wps": "docx", "xls": "xlsx", "et": "xlsx"}
SECONDS = 60
_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="MacroSecurityLevel" oor:op="fuse">
<value>3</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableMacrosExecution" oor:op="fuse">
<value>true</value></prop></item>
</oor:items>
"""


def program() -> str | None:
    """装了的 LibreOffice；没有装的为 None。"""
    return shutil.which("soffice") or shutil.which("libreoffice")


def can_convert(filename: str) -> bool:
    return suffix_of(filename) in TARGETS and program() is not None


def converted(data: bytes, filename: str, *, seconds: int = SECONDS) -> tuple[bytes, str]:
    """转换：新的内容与名字。转不了、超时的抛出 Unreadable。"""
    suffix, office = suffix_of(filename), program()
    if not data.startswith(OLE) or office is None:
        raise Unreadable(f"文件内容不是 .{suffix}，没有转换。请用 Word、Excel 或 WPS 打开，另存为新格式后重新上传。")
    with tempfile.TemporaryDirectory(prefix="convert-") as folder:
        place = Path(folder)
        source = place / f"in.{suffix}"
        source.write_bytes(data)
        profile = place / "profile" / "user"
        profile.mkdir(parents=True)
        (profile / "registrymodifications.xcu").write_text(_PROFILE, encoding="utf-8")
        _run(
            [office, *_options(place), "--convert-to", TARGETS[suffix], "--outdir", folder, str(source)], place, seconds
        )
        made = place / f"in.{TARGETS[suffix]}"
        if not made.exists():
            raise Unreadable(
                f".{suffix} 文件转换不了（可能设了密码或已损坏）。请另存为 .{TARGETS[suffix]} 后重新上传。"
            )
        return made.read_bytes(), f"{filename.rpartition('.')[0]}.{TARGETS[suffix]}"


def _options(place: Path) -> list[str]:
    profile = f"-env:UserInstallation={(place / 'profile').as_uri()}"
    return [profile, "--headless", "--norestore", "--nolockcheck", "--nodefault", "--nologo"]


def _run(command: list[str], place: Path, seconds: int) -> None:
    """自成一组进程，限时；不论怎样结束，整组都结束。"""
    environment = {"PATH": os.environ.get("PATH", ""), "HOME": str(place), "TMPDIR": str(place), "LANG": "C.UTF-8"}
    process = subprocess.Popen(  # 命令是固定的，文件名由我们定
        command,
        cwd=place,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired as error:
        raise Unreadable(f"转换超过 {seconds} 秒，已停下。请另存为 .docx 或 .xlsx 后重新上传。") from error
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
