"""旧格式的转换：装了 LibreOffice 才真跑；限时，不留下进程。"""

import subprocess
from pathlib import Path

import pytest

from tasks.imports import Limits, Unreadable
from tests.tasks.imports import shapes
from yingshang.tables import converting
from yingshang.tables.guards import OLE

office = pytest.mark.skipif(converting.program() is None, reason="没有装 LibreOffice")


def old(data, name, suffix, folder):
    """把新格式的一份另存为旧格式。"""
    (folder / name).write_bytes(data)
    place = (folder / "profile").as_uri()
    command = [converting.program(), f"-env:UserInstallation={place}", "--headless", "--convert-to", suffix]
    subprocess.run(
        [*command, "--outdir", str(folder), str(folder / name)], check=True, capture_output=True, timeout=120
    )
    return (folder / name).with_suffix(f".{suffix}").read_bytes()


@office
def test_an_old_word_file_is_converted_and_said_so(tmp_path):
    lines = shapes.paragraphs(shapes.with_more(), shapes.Shape())
    data = old(shapes.word_file(lines), "a.docx", "doc", tmp_path)
    reading = shapes.read_new(data, "方案.doc", limits=Limits(converts=True))
    assert shapes.found(reading) == list(shapes.with_more())
    assert any("转换后读入" in problem.message for problem in reading.warnings)


def test_without_the_setting_the_reason_comes_first():
    with pytest.raises(Unreadable, match="不能读取 .doc 文件"):
        shapes.read_new(OLE, "方案.doc")


def test_what_is_not_an_old_file_is_not_given_to_the_program():
    with pytest.raises(Unreadable, match="没有转换"):
        converting.converted(b"<html>", "方案.doc")


def test_a_program_that_hangs_is_stopped_with_all_it_started(tmp_path, monkeypatch):
    marker = tmp_path / "child"
    hanging = tmp_path / "soffice"
    hanging.write_text(f"#!/bin/sh\n(sleep 30; touch {marker}) &\nsleep 30\n")
    hanging.chmod(0o755)
    monkeypatch.setattr(converting, "program", lambda: str(hanging))
    with pytest.raises(Unreadable, match="转换超过 1 秒"):
        converting.converted(OLE + bytes(100), "方案.doc", seconds=1)
    running = [p for p in Path("/proc").glob("[0-9]*/cmdline") if str(marker).encode() in _read(p)]
    assert running == []


def _read(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""
