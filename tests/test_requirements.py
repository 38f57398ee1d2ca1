"""依赖是锁定的：每一个（连带的也算）都钉死版本、带校验值，锁与 *.in 一致，不写任何下载地址。"""

import re
import subprocess

import pytest
from django.conf import settings

ROOT = settings.BASE_DIR
FILES = ["requirements", "tests/requirements"]


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def wanted(part):
    """*.in 里直接要的：名称 → 版本，连同它用 -r 引入的。"""
    found = {}
    for line in (ROOT / f"{part}.in").read_text("utf-8").splitlines():
        if line.startswith("-r "):
            found |= wanted("requirements")
        elif line and not line.startswith("#"):
            name, version = line.split("==")
            found[canonical(name)] = version
    return found


def entries(part):
    """锁里的每一段：一行“名称==版本 ; 条件”，接着各行校验值，注释里是谁要的。"""
    text = (ROOT / f"{part}.txt").read_text("utf-8")
    return re.findall(r"^(?=[^\s#])(.+(?:\n[ ].*)*)", text, re.M)


def locked(part):
    return dict(re.match(r"([\w-]+)==(\S+)", entry).groups() for entry in entries(part))


@pytest.mark.parametrize("part", FILES)
class TestLock:
    def test_every_entry_is_pinned_and_carries_hashes(self, part):
        assert entries(part)
        for entry in entries(part):
            head, *rest = entry.split(" \\\n")
            assert re.fullmatch(r"[a-z0-9-]+==[\w.]+( ; .+)?", head), head
            assert rest, head
            assert re.fullmatch(
                r"(    --hash=sha256:[0-9a-f]{64}\s*)+", re.sub(r"(?m)^    #.*", "", "\n".join(rest))
            ), head

    def test_everything_asked_for_is_locked_at_the_same_version(self, part):
        lock = locked(part)
        assert {name: lock.get(name) for name in wanted(part)} == wanted(part), "请运行 make lock"

    def test_nothing_stays_in_the_lock_that_nobody_asks_for_any_more(self, part):
        directly = {canonical(e.split("==")[0]) for e in entries(part) if re.search(r"# .*-r |#   -r ", e)}
        assert directly == set(wanted(part)), "请运行 make lock"

    def test_no_place_to_download_from_is_written(self, part):
        for suffix in (".in", ".txt"):
            assert not re.search(r"://|^-{1,2}(?!r )\w", (ROOT / f"{part}{suffix}").read_text("utf-8"), re.M)


def test_tests_run_on_the_very_versions_that_are_deployed():
    tested = locked("tests/requirements")
    assert {name: tested.get(name) for name in locked("requirements")} == locked("requirements")


@pytest.mark.parametrize(
    ("report", "code", "says"),
    [
        ("", 0, "没有已公布的漏洞"),
        ("django 5.2.0 PYSEC-0000-0", 1, "有已公布的漏洞，见上表"),
        (None, 1, "没有查成：漏洞库连不上"),
    ],
    ids=["无漏洞", "有漏洞", "没查成"],
)
def test_audit_never_takes_no_answer_for_no_vulnerability(tmp_path, report, code, says):
    tool = tmp_path / "bin/pip-audit"
    tool.parent.mkdir()
    # 假的 pip-audit：照真的那样，查完才把报告写到 --output 后面那个文件。
    write = "" if report is None else f'printf "{report}" > {tmp_path}/audit.txt; '
    tool.write_text(f'#!/bin/sh\ncase " $* " in *" --strict "*) {write}exit {code};; esac\n')
    tool.chmod(0o755)
    (tmp_path / ".installed").touch()
    command = ["make", "--no-print-directory", "audit", f"TOOLS={tmp_path}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert says in done.stdout
    assert (done.returncode == 0) == (code == 0)
    assert ("PYSEC" in done.stdout) == bool(report)
