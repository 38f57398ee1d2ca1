"""每天的几件事，当真进程运行：一天里几次都只做一次，没有做成的下次再做，一件出错不碍别的。"""

import json
import os
import sqlite3
import time

import pytest

from tests.processes import copied, done, manage


@pytest.fixture(scope="module")
def home(tree, demonstrated, tmp_path_factory):
    return copied(tree / "var" / "demo", tmp_path_factory.mktemp("home"))


def runs(data) -> dict:
    return json.loads((data / "nightly.json").read_text("utf-8"))


def test_each_is_done_once_a_day_and_one_that_failed_is_done_again(home):
    with sqlite3.connect(home / "db.sqlite3") as database:
        where = "WHERE period_id = (SELECT max(period_id) FROM tasks_judgement)"
        before = database.execute(f"SELECT id, judged FROM tasks_judgement {where}").fetchall()
        database.execute(f"UPDATE tasks_judgement SET judged = 'red' {where}")
    result = manage(home, "nightly")
    assert result.returncode == 1, "有一件没有做成"
    assert "核对判好的灯：没有做成" in result.stdout and "清理：做好了" in result.stdout
    assert "到期的接替：做好了。没有到期的接替。" in result.stdout
    assert [run["is_ok"] for run in runs(home).values()] == [True, True, True, True, False, True]
    with sqlite3.connect(home / "db.sqlite3") as database:
        database.executemany("UPDATE tasks_judgement SET judged = ? WHERE id = ?", [(j, i) for i, j in before])
    database.close()
    again = done(home, "nightly")
    assert "核对判好的灯：做好了" in again and "备份" not in again and "催办" not in again
    assert "今天的几件都做过了" in done(home, "nightly")
    assert len(list((home / "backups").iterdir())) == 1


def test_a_sweep_clears_what_nobody_owns_and_nothing_else(home):
    folder = home / "files" / "evidence"
    owned = {p for p in folder.rglob("*") if p.is_file()}
    old, fresh = folder / "断了的", folder / "正在传的"
    for path in (old, fresh):
        path.write_bytes(b"x")
    long_ago = time.time() - 3 * 86400
    for path in (old, *owned):
        os.utime(path, (long_ago, long_ago))
    with sqlite3.connect(home / "db.sqlite3") as database:
        rows = [("k1", "n", 3, "2020-01-01 00:00:00"), ("k2", "n", 3, "2999-01-01 00:00:00")]
        database.executemany(
            "INSERT INTO departments_loginattempt (key, name, failures, window_started_at) VALUES (?, ?, ?, ?)", rows
        )
    database.close()
    said = done(home, "sweep")
    assert "登录失败计数 1 条" in said and "没有主的材料 1 份" in said
    assert {p for p in folder.rglob("*") if p.is_file()} == owned | {fresh}
    with sqlite3.connect(home / "db.sqlite3") as database:
        assert database.execute("SELECT key FROM departments_loginattempt").fetchall() == [("k2",)]
    database.close()


def test_a_registered_succession_takes_effect_on_its_day_and_is_made_up_when_missed(home):
    """登记在先的接替：没有到日子的不动；错过几天的第一次运行补办，日期仍是它自己的；再运行不再办。"""
    with sqlite3.connect(home / "db.sqlite3") as database:
        find = "SELECT id FROM departments_{} WHERE name = ?"
        old, new = (database.execute(find.format("department"), [name]).fetchone()[0] for name in ("党务办", "综合办"))
        [admin] = database.execute("SELECT id FROM departments_user WHERE username = 'admin'").fetchone()
        database.execute(
            'INSERT INTO tasks_succession (old_department_id, new_department_id, "on", reason, parts, with_accounts,'
            " is_gone, seen, seen_parts, by_id, at, refused)"
            " VALUES (?, ?, '2023-09-25', '机构改革', '{}', 0, 1, '{}', '[]', ?, '2023-09-20 01:00:00', '')",
            [old, new, admin],
        )
    database.close()
    assert "没有到期的接替。" in done(home, "succeed")
    assert "自2023年9月25日起，党务办由综合办接替：已生效" in done(home, "succeed", BUSINESS_DATE="2023-09-28")
    assert "没有到期的接替。" in done(home, "succeed", BUSINESS_DATE="2023-09-29")
    with sqlite3.connect(home / "db.sqlite3") as database:
        notes = [note for [note] in database.execute("SELECT note FROM tasks_planrevision WHERE note LIKE '%党务办%'")]
    database.close()
    assert notes == ["自2023年9月25日起，党务办由综合办接替：机构改革"]
