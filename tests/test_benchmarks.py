"""量页面的那条命令：小小的一份，从造库到印表走一遍。只看走得通、每一页都在，不计时。"""

import json
import subprocess
import sys

import pytest

from .processes import ROOT, environment, migrated

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("processes")]
# 照命令行上的走，只是建库那一步从走完迁移的底接着走（见 schema.py），省去从头走一遍。
STARTED = """
import shutil, sys
from pathlib import Path
sys.path.insert(0, "")
from benchmarks import pages
plain, empty = pages.call, sys.argv.pop(1)
def call(env, *command, **options):
    if command[:2] == ("manage.py", "migrate"):
        shutil.copytree(empty, env["DATA_DIR"])
    plain(env, *command, **options)
pages.call = call
sys.exit(pages.main())
"""


def bench(tmp_path_factory, *more):
    """五项举措的一份，各量一次。返回（印的话，写下的数字）。"""
    folder = tmp_path_factory.mktemp("bench")
    begun = [sys.executable, "-c", STARTED, str(migrated(folder / "empty"))]
    command = [*begun, "5", "--times", "1", "--json", str(folder / "found.json"), *more]
    env = environment(folder)
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, json.loads((folder / "found.json").read_text("utf-8"))["sizes"]["5"]


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    return bench(tmp_path_factory)


def test_one_page_is_seeded_measured_and_printed(tmp_path_factory):
    """平日只量一页；每一页都量的在下面。"""
    said, found = bench(tmp_path_factory, "--only", "审核清单")
    assert found["rows"]["方案"] == 1 and found["rows"]["举措"] == 5 and found["rows"]["报送"] > 30
    assert found["pages"]["审核清单"]["queries"] and "\n审核清单 " in said


@pytest.mark.thorough
def test_every_page_and_every_counterpart_is_measured_and_printed(measured):
    said, found = measured
    for name, page in [*found["pages"].items(), *found["stock"].items()]:
        assert "problem" not in page, (name, page)
        assert page["queries"] and page["cpu"] and page["ready"]["cpu"], name
        assert f"\n{name} " in said
    assert {"总览", "一项举措", "我的任务", "审核一条", "催办", "通报 Word", "对外公开页", "报送（提交）"} <= set(
        found["pages"]
    )


@pytest.mark.thorough
def test_the_seeded_plan_has_ten_months_of_reports(measured):
    _, found = measured
    assert found["rows"]["方案"] == 1 and found["rows"]["举措"] == 5
    assert found["rows"]["报送"] > 30


@pytest.mark.thorough
def test_a_worker_that_has_shown_every_page_is_weighed(measured):
    said, found = measured
    assert found["worker"]["peak"] >= found["worker"]["end"] > 0
    assert "一个进程看完各页" in said
