"""长跑的判法（deploy/tests/soak.py）：断在杀的那一刻的才算被杀断的，别的一次也不放过；长了的说得出。"""

import importlib
import json
import sys
from types import SimpleNamespace

import pytest

from deploy.tests import soaked
from tasks.models import Event

from .processes import ROOT

FLAT = {"master": 26.0, "old": 180.0, "young": 160.0, "fds": 24, "master_fds": 12, "links": 4, "wal": 4.0}


@pytest.fixture
def soak(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "deploy/tests"))
    yield importlib.import_module("soak")
    for name in ("soak", "visitor", "applog"):
        sys.modules.pop(name, None)


def asked(begun, ended, status):
    return ("office", "GET", "/", begun, ended, status)


def judged(soak, *requests):
    killed, strange = soak.unexplained(SimpleNamespace(kills=[100.0], requests=list(requests)))
    return killed, len(strange)


@pytest.mark.parametrize(
    ("request_", "killed", "strange"),
    [
        (asked(99.9, 100.1, "RemoteDisconnected"), 1, 0),
        (asked(80.0, 100.0, "ConnectionResetError"), 1, 0),
        (asked(99.0, 99.2, 200), 0, 0),
        (asked(99.0, 99.2, 403), 0, 0),
        (asked(99.9, 100.1, 500), 0, 1),
        (asked(99.9, 100.1, 503), 0, 1),
        (asked(97.0, 98.5, "RemoteDisconnected"), 0, 1),
        (asked(100.3, 100.4, "RemoteDisconnected"), 0, 1),
        (asked(99.9, 101.5, "RemoteDisconnected"), 0, 1),
        (asked(99.9, 100.1, "!TimeoutError"), 1, 1),
        (asked(99.9, 100.1, "!ConnectionRefusedError"), 1, 1),
    ],
)
def test_only_what_was_in_flight_when_a_worker_was_killed_is_explained(soak, request_, killed, strange):
    assert judged(soak, request_) == (killed, strange)


def test_what_stays_the_same_is_even(soak):
    assert soak.uneven([FLAT] * 6) == []


@pytest.mark.parametrize(
    "last",
    [
        {"master": 31.0},
        {"old": 208.0},
        {"young": 185.0},
        {"young": None},
        {"fds": 29},
        {"master_fds": 17},
        {"links": 5},
        {"wal": 8.5},
    ],
)
def test_what_has_grown_is_named(soak, last):
    assert len(soak.uneven([FLAT] * 5 + [FLAT | last])) == 1


@pytest.mark.parametrize(
    ("line", "is_error"),
    [
        ('{"level": "ERROR", "message": "x"}', True),
        ('{"level": "WARNING", "message": "Forbidden", "trace": "Traceback (most recent call last)"}', False),
        ("Traceback (most recent call last):", True),
        ("[2026-11-27 15:00:00 +0800] [1] [CRITICAL] WORKER TIMEOUT (pid:2)", True),
        ("[2026-11-27 15:00:00 +0800] [1] [ERROR] Exception in worker process", True),
        ("[2026-11-27 15:00:00 +0800] [1] [INFO] Booting worker with pid: 2", False),
    ],
)
def test_a_line_of_the_log_is_an_error_by_its_level_or_is_a_bare_trace(soak, line, is_error):
    assert soak.is_error(line) is is_error


@pytest.mark.parametrize(
    ("told", "kills", "more", "code"),
    [(2, [1.0, 2.0], "", 0), (1, [1.0, 2.0], "", 1), (3, [1.0, 2.0], "", 1), (1, [1.0], '{"level": "ERROR"}\n', 1)],
)
def test_the_log_has_exactly_the_kills_and_nothing_else(soak, tmp_path, told, kills, more, code):
    (tmp_path / "kills.json").write_text(str(kills))
    (tmp_path / "app.log").write_text(
        "[1] [ERROR] Worker (pid:7) was sent SIGKILL! Perhaps out of memory?\n" * told + more
    )
    assert soak.look_in_log(tmp_path) == code


class TestCounting:
    """办成的一件一件与库里的对。"""

    @pytest.fixture
    def done(self, submitted, tmp_path):
        """真报过一条；`act` 改一改记下的，返回核对说的话（对的为空）。"""
        since = Event.objects.last_number()
        row = submitted("12", "审批中心", text="环评承诺制又办了三件。")
        acts = [{"what": "report", "pk": row.pk, "text": row.text}]
        rows = [{"pk": row.pk, "status": "submitted", "text": row.text}]

        def act(capsys, **changed):
            said = {"last": since, "acts": acts, "rows": rows, "files": []} | changed
            (tmp_path / "done.json").write_text(json.dumps(said), "utf-8")
            try:
                soaked.compare(tmp_path / "done.json")
            except SystemExit:
                return capsys.readouterr().out
            return ""

        act.acts, act.rows = acts, rows
        return act

    def test_what_agrees_is_content(self, done, capsys):
        assert done(capsys) == ""

    def test_a_report_that_was_lost_is_named(self, done, capsys):
        lost = {**done.acts[0], "text": "报成了却没有的一条。"}
        assert "操作记录里却少" in done(capsys, acts=[*done.acts, lost])

    def test_one_that_was_done_twice_is_named(self, done, capsys):
        assert "操作记录里多出" in done(capsys, acts=[])

    def test_words_that_are_not_the_last_ones_are_named(self, done, capsys):
        assert "现在是 submitted" in done(capsys, rows=[{**done.rows[0], "text": "后来的一句。"}])

    def test_a_file_that_was_lost_is_named(self, done, capsys):
        assert "传上的材料少了" in done(capsys, files=["0" * 64])
