"""权限：从前放宽了的点得出名，一条命令收紧，做几次都一样；链接不跟，数据目录以外一样不动；库不论 umask 只有自己读得到。"""

import os
import sqlite3
import subprocess
import sys

import pytest
from django.core.management import call_command

from yingshang import checks, modes

from ..processes import ROOT, environment, migrated

pytestmark = pytest.mark.usefixtures("_places")


def mode(path) -> int:
    return path.stat().st_mode & 0o777


@pytest.fixture
def _places(settings, tmp_path):
    """0022 的 umask 造的一套：库、材料、备份、.env。"""
    settings.DATA_DIR, settings.BACKUP_DIR, settings.ENV_FILE = tmp_path / "data", tmp_path / "kept", tmp_path / ".env"
    for folder in (settings.DATA_DIR, settings.DATA_DIR / "files/2023", settings.BACKUP_DIR):
        folder.mkdir(parents=True)
    for path in wide_files(settings):
        path.write_text("x", "utf-8")
    for path in [tmp_path, *tmp_path.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)


def wide_files(settings):
    return [
        settings.DATA_DIR / "db.sqlite3", settings.DATA_DIR / "files/2023/a.pdf",
        settings.BACKUP_DIR / "b.tar.gz.enc", settings.ENV_FILE,
    ]  # fmt: skip


def test_all_of_it_is_mended_and_a_second_time_there_is_nothing_to_do(settings, tmp_path, capsys):
    folders = [settings.DATA_DIR, settings.DATA_DIR / "files", settings.DATA_DIR / "files/2023", settings.BACKUP_DIR]
    assert {path for path, _ in modes.wide()} == {*folders, *wide_files(settings)}
    [said] = checks.file_modes(None)
    assert "（0755）" in said.msg and "等 8 个" in said.msg and "manage.py tighten" in said.hint
    call_command("tighten")
    assert "收紧了 8 个" in capsys.readouterr().out
    assert {mode(p) for p in folders} == {0o700} and {mode(p) for p in wide_files(settings)} == {0o600}
    call_command("tighten")
    assert "没有要收紧的" in capsys.readouterr().out and checks.file_modes(None) == []


def test_it_takes_away_and_never_gives(settings):
    path = settings.DATA_DIR / "db.sqlite3"
    path.chmod(0o444)
    call_command("tighten")
    assert mode(path) == 0o400


def test_links_are_not_followed_and_nothing_outside_is_touched(settings, tmp_path):
    outside, inside = tmp_path / "outside", settings.DATA_DIR
    outside.mkdir(mode=0o755)
    (outside / "theirs").write_text("x", "utf-8")
    (inside / "link").symlink_to(outside / "theirs")
    (inside / "folder").symlink_to(outside)
    os.mkfifo(inside / "pipe", 0o644)
    call_command("tighten")
    assert (mode(outside), mode(outside / "theirs"), mode(tmp_path)) == (0o755, 0o644, 0o755)
    assert modes.tighten(inside / "link") and modes.tighten(inside / "pipe")
    assert mode(outside / "theirs") == 0o644


def test_a_configuration_kept_elsewhere_may_be_read_by_the_group_and_is_only_named(settings, tmp_path, capsys):
    kept = tmp_path / "env"
    kept.write_text("x", "utf-8")
    settings.ENV_FILE.unlink()
    settings.ENV_FILE.symlink_to(kept)
    kept.chmod(0o640)
    call_command("tighten")
    kept.chmod(0o644)
    with pytest.raises(SystemExit):
        call_command("tighten")
    assert f"chmod 640 {kept}" in capsys.readouterr().err and mode(kept) == 0o644


def test_what_cannot_be_changed_is_named_and_the_rest_is_done(settings, monkeypatch, capsys):
    def refuse(at, mode):
        if os.readlink(f"/proc/self/fd/{at}").endswith(".pdf"):
            raise PermissionError(1, "")
        os.chmod(at, mode)

    monkeypatch.setattr(modes.os, "fchmod", refuse)
    with pytest.raises(SystemExit):
        call_command("tighten")
    said = capsys.readouterr()
    assert "收紧了 7 个" in said.out and "a.pdf（0644）" in said.err


@pytest.mark.process
def test_a_database_made_with_any_umask_and_one_from_before_are_closed_by_the_first_connection(tmp_path):
    data = tmp_path / "new"
    command = [sys.executable, "manage.py", "migrate", "contenttypes", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=environment(data), check=True, umask=0)
    assert mode(data / "db.sqlite3") == 0o600
    old = migrated(tmp_path / "old")
    (old / "db.sqlite3").chmod(0o666)
    show = [sys.executable, "manage.py", "showmigrations", "contenttypes"]
    subprocess.run(show, cwd=ROOT, env=environment(old), check=True, capture_output=True, umask=0)
    assert mode(old / "db.sqlite3") == 0o600
    assert sqlite3.connect(old / "db.sqlite3").execute("PRAGMA integrity_check").fetchone() == ("ok",)
