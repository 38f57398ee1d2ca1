"""同时动手：真线程、真连接、真事务。只能有一个人做成；去掉行锁就会出错（证明测试抓得住）。

行锁的测试只在 PostgreSQL 上跑：SQLite 一次只有一个写者（末尾两条用真的库文件测这一点），测试用的又是内存库。
"""

import json
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import IntegrityError, connection
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from departments.models import Department, Role
from tasks import workflow
from tasks.imports import applying
from tasks.models import Event, Measure, Plan, Progress
from tasks.workflow import measure as measure_verbs
from tasks.workflow import period as period_verbs
from tasks.workflow import progress as report_verbs
from tests.factories import People, make_plan, make_user
from tests.tasks.imports.samples import SEED_TEXT
from yingshang import prepared

S = Progress.Status
# 有锁时，先到的人在关口等这么久：后到的被数据库挡在门外，等不来，于是放行。
PATIENCE = 0.4


def moment(text):
    return timezone.make_aware(parse_datetime(text))


NOON = moment("2023-09-20 12:00")


class World:
    """一项举措、一个部室、两个填报人、两个办公室的人，九月已开放。"""

    def __init__(self):
        self.plan = make_plan(measures=1, departments=1)
        room = Department.objects.get()
        self.reporters = [make_user(f"r{i}", department=room) for i in range(2)]
        self.offices = [make_user(f"o{i}", Role.OFFICE) for i in range(2)]
        who = {"by": self.offices[0], "at": NOON}
        [period] = workflow.plan_periods(self.plan, **who, first_month=9, last_month=9, due_day=25)
        self.period = workflow.open_period(period, **who)
        self.measure = Measure.objects.get()

    def row(self):
        """每次从库里另取一份：两个人各自打开的页面。"""
        return Progress.objects.select_related("assignment__measure", "period").get(corrects=None)

    def submit(self, n=0, version=0, text="报送"):
        return workflow.submit_progress(
            self.row(), by=self.reporters[n], at=NOON, version=version, content={"text": text}
        )

    def submitted(self):
        return self.submit()

    def approved(self):
        return workflow.approve_progress(self.submit(), by=self.offices[0], at=NOON)


@pytest.fixture
def world(transactional_db):
    return World()


@pytest.fixture
def gate(monkeypatch):
    """关口：核对通过之后、动手写之前，两个线程在此等齐——最坏的次序。`gate(秒)` 装上。"""

    def put(patience):
        meeting = threading.Barrier(2)

        def waiting(check):
            def checked(*args):
                found = check(*args)
                with suppress(threading.BrokenBarrierError):  # 另一个人进不来，正是锁的作用
                    meeting.wait(patience)
                return found

            return checked

        for module, name in ((report_verbs, "check"), (period_verbs, "check"), (measure_verbs, "_open_for_light")):
            monkeypatch.setattr(module, name, waiting(getattr(module, name)))

    return put


@pytest.fixture
def without_row_locks(monkeypatch):
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, *args, **kwargs: self)
    monkeypatch.setattr(prepared, "_KNOWN", {})  # 备好的带着锁，没有锁的另编


def together(*calls):
    """各在自己的线程和连接里同时做，返回各自的结果（或拒绝、出错）。"""
    start = threading.Barrier(len(calls))

    def run(call):
        try:
            start.wait(10)
            return call()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def kinds(results) -> list[str]:
    return sorted("做成" if not isinstance(r, Exception) else type(r).__name__ for r in results)


# ── 场面：同时做的两件事 ──────────────────────────────────


def approve_and_return(world):
    """两位审核人：一个通过，一个退回。"""
    world.submitted()
    one, other = world.row(), world.row()
    return (
        lambda: workflow.approve_progress(one, by=world.offices[0], at=NOON),
        lambda: workflow.return_progress(other, by=world.offices[1], at=NOON, reason="补充"),
    )


def submit_and_close(world):
    """部室报送，办公室关闭。"""
    return lambda: world.submit(), lambda: workflow.close_period(world.period, by=world.offices[0], at=NOON)


def two_people_submit(world):
    """两个填报人打开同一版，各写各的。"""
    return lambda: world.submit(0, text="甲写的"), lambda: world.submit(1, text="乙写的")


def double_submit(world):
    """同一个人连点两下。"""
    return world.submit, world.submit


def submit_and_draft(world):
    """一个报送，一个存草稿。"""
    row = world.row()
    draft = {"by": world.reporters[1], "at": NOON, "version": 0, "content": {"text": "草稿"}}
    return lambda: world.submit(0, text="报送的"), lambda: workflow.save_progress(row, **draft)


def two_corrections(world):
    """两个填报人同时提出更正。"""
    world.approved()
    one, other = world.row(), world.row()
    return tuple(
        lambda row=row, by=by: workflow.correct_progress(row, by=by, at=NOON)
        for row, by in zip((one, other), world.reporters, strict=True)
    )


def approve_and_withdraw(world):
    """办公室通过，部室撤回。"""
    world.submitted()
    one, other = world.row(), world.row()
    return (
        lambda: workflow.approve_progress(one, by=world.offices[0], at=NOON),
        lambda: workflow.withdraw_progress(other, by=world.reporters[0], at=NOON),
    )


# 场面 → 只做成一件时另一件的结局，没有行锁时两件的结局。
SCENES = {
    approve_and_return: ({"Refused"}, ["做成", "做成"]),
    submit_and_close: ({"Refused"}, ["做成", "做成"]),
    two_people_submit: ({"Conflict"}, ["做成", "做成"]),
    double_submit: ({"Conflict"}, ["做成", "做成"]),
    submit_and_draft: ({"Conflict"}, ["做成", "做成"]),
    approve_and_withdraw: ({"Refused"}, ["做成", "做成"]),
    two_corrections: ({"Refused"}, ["IntegrityError", "做成"]),
}


def anomalies(world, before) -> list[str]:
    """不该出现的样子。"""
    found = []
    made = Event.objects.exclude(pk__in=before).values_list("action", flat=True)
    if len(made) > 1:
        found.append("一件事记了两次：" + "、".join(sorted(made)))
    if world.period.progress.waiting().filter(period__status="closed").exists():
        found.append("已关闭的期里有待审核的报送")
    if (
        Progress.objects.filter(corrects=None)
        .exclude(status__in=["approved", "returned"])
        .filter(reviewed_at__isnull=False)
    ):
        found.append("没审核却有审核时间")
    return found


def events():
    return list(Event.objects.values_list("pk", flat=True))


@pytest.mark.postgres
@pytest.mark.parametrize("scene", SCENES, ids=lambda f: f.__name__)
def test_only_one_of_two_people_succeeds(scene, world, gate):
    calls = scene(world)
    before = events()
    gate(PATIENCE)
    losing, _ = SCENES[scene]
    results = together(*calls)
    done, *lost = sorted(results, key=lambda r: isinstance(r, Exception))
    assert not isinstance(done, Exception), results
    assert {type(r).__name__ for r in lost} == losing
    assert anomalies(world, before) == []


@pytest.mark.postgres
@pytest.mark.parametrize("scene", SCENES, ids=lambda f: f.__name__)
def test_without_the_row_lock_both_succeed_or_the_database_breaks_off(scene, world, gate, without_row_locks):
    """去掉 select_for_update，同样的场面就出错：说明上面的测试抓得住没有加锁的代码。"""
    calls = scene(world)
    before = events()
    gate(10)
    _, expected = SCENES[scene]
    found = kinds(together(*calls))
    if scene is submit_and_close and "DatabaseError" in found:
        return  # 两边各写各的判定，后写的找不到要改的那一行：库自己断开了
    assert found == expected
    if scene is not two_corrections and scene is not submit_and_draft:
        assert anomalies(world, before) != []


@pytest.mark.postgres
def test_without_the_row_lock_a_text_is_lost_without_a_word(world, gate, without_row_locks):
    gate(10)
    one, other = together(*two_people_submit(world))
    assert {one.text, other.text} == {"甲写的", "乙写的"}
    assert Progress.objects.filter(text__in=["甲写的", "乙写的"]).count() == 1


@pytest.mark.postgres
def test_the_loser_of_two_submissions_is_shown_the_winner(world, gate):
    gate(PATIENCE)
    results = together(*two_people_submit(world))
    [conflict] = [r for r in results if isinstance(r, workflow.Conflict)]
    [winner] = [r for r in results if isinstance(r, Progress)]
    assert conflict.current.text == winner.text == world.row().text


@pytest.mark.postgres
def test_of_eight_people_reviewing_one_report_exactly_one_decides(world):
    world.submitted()
    rows = [world.row() for _ in range(8)]
    calls = [
        (lambda row=row: workflow.approve_progress(row, by=world.offices[0], at=NOON))
        if n % 2
        else (lambda row=row: workflow.return_progress(row, by=world.offices[1], at=NOON, reason="补充"))
        for n, row in enumerate(rows)
    ]
    assert kinds(together(*calls)) == ["Refused"] * 7 + ["做成"]
    assert Event.objects.filter(action__in=["progress_approve", "progress_return"]).count() == 1


@pytest.mark.postgres
def test_of_eight_submissions_and_a_close_the_period_never_keeps_a_waiting_report(world):
    calls = [world.submit] * 7 + [lambda: workflow.close_period(world.period, by=world.offices[0], at=NOON)]
    results = together(*calls)
    assert sum(not isinstance(r, Exception) for r in results) == 1
    assert {type(r) for r in results if isinstance(r, Exception)} <= {workflow.Refused, workflow.Conflict}
    assert not Progress.objects.waiting().filter(period__status="closed").exists()


@pytest.mark.postgres
def test_a_period_opened_twice_at_once_owes_each_report_once(world):
    [october] = workflow.plan_periods(
        world.plan, by=world.offices[0], at=NOON, first_month=10, last_month=10, due_day=25
    )
    results = together(*[lambda: workflow.open_period(october, by=world.offices[0], at=NOON)] * 4)
    assert kinds(results) == ["Refused"] * 3 + ["做成"]
    assert october.progress.count() == 1


@pytest.mark.postgres
def test_two_lights_set_at_once_leave_one_in_force(world, gate):
    gate(PATIENCE)
    results = together(
        *[
            lambda level=level: workflow.set_light(
                world.measure, world.period, by=world.offices[0], at=NOON, level=level, reason="手续"
            )
            for level in ("red", "yellow")
        ]
    )
    assert kinds(results) == ["做成", "做成"]
    assert world.measure.manual_lights.filter(lifted_at=None).count() == 1
    assert world.measure.manual_lights.count() == 2


@pytest.mark.postgres
def test_without_the_row_lock_two_lights_collide(world, gate, without_row_locks):
    gate(10)
    results = together(
        *[
            lambda level=level: workflow.set_light(
                world.measure, world.period, by=world.offices[0], at=NOON, level=level, reason="手续"
            )
            for level in ("red", "yellow")
        ]
    )
    assert kinds(results) == ["IntegrityError", "做成"]
    assert any(isinstance(r, IntegrityError) for r in results)


@pytest.mark.postgres
def test_a_report_and_a_plan_revision_at_once_do_not_deadlock(transactional_db, gate, monkeypatch):
    """报送锁着举措、要记在方案名下；修订锁着方案、要改举措。方案行须用不挡外键的锁（no_key），否则互相等死。"""
    call_command("loaddata", "departments", "leaders", "plan_2023", verbosity=0)
    people, plan = People(), Plan.objects.get()
    office, admin, reporter = people.office, people.admin, people.reporter("审批中心")
    [period] = workflow.plan_periods(plan, by=office, at=NOON, first_month=9, last_month=9, due_day=25)
    workflow.open_period(period, by=office, at=NOON)
    text = SEED_TEXT.replace("优化环评流程", "简化环评流程")
    draft = applying.draft(plan, text.encode(), "修订.txt", by=admin, at=NOON)
    row = Progress.objects.select_related("assignment__measure").get(assignment__measure__number="12")
    gate(10)
    monkeypatch.setattr(workflow, "check", report_verbs.check)
    results = together(
        lambda: workflow.submit_progress(row, by=reporter, at=NOON, version=0, content={"text": "报送"}),
        lambda: applying.apply_revision(draft, by=admin, at=NOON),
    )
    assert kinds(results) == ["做成", "做成"], results
    row.refresh_from_db()
    assert (row.status, Measure.objects.in_force().get(number="12").title) == ("submitted", "简化环评流程")


# ── SQLite：八个写者 ──────────────────────────────────────

WRITERS, TIMES = 8, 25
SCRIPT = f"""
import json, os, sys, time
import django
django.setup()
from django.db import OperationalError, connection, connections, transaction
if sys.argv[1] == "default":
    connections.settings["default"]["OPTIONS"] = {{}}
with connection.cursor() as cursor:
    cursor.execute("CREATE TABLE counter (n integer)")
    cursor.execute("INSERT INTO counter VALUES (0)")
connection.close()


def write():
    locked = 0
    for _ in range({TIMES}):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                n = cursor.execute("SELECT n FROM counter").fetchone()[0]
                time.sleep(0.002)
                cursor.execute("UPDATE counter SET n = %s", [n + 1])
        except OperationalError as error:
            assert "locked" in str(error), error
            locked += 1
    return locked


writers = []
for _ in range({WRITERS}):
    pid = os.fork()
    if not pid:
        os._exit(write())
    writers.append(pid)
locked = sum(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in writers)
with connection.cursor() as cursor:
    n = cursor.execute("SELECT n FROM counter").fetchone()[0]
    mode = cursor.execute("PRAGMA journal_mode").fetchone()[0]
print(json.dumps({{"locked": locked, "n": n, "mode": mode}}))
"""


def eight_writers(options, tmp_path) -> dict:
    """八个进程各读—改—写二十五次，用全新的库文件。"""
    env = os.environ | {
        "DATABASE_URL": "", "DATA_DIR": str(tmp_path), "DEBUG": "1", "DJANGO_SETTINGS_MODULE": "yingshang.settings",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, options],
        env=env,
        cwd=django_settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_eight_writers_on_sqlite_with_our_options_never_meet_a_lock(tmp_path):
    assert eight_writers("ours", tmp_path) == {"locked": 0, "n": WRITERS * TIMES, "mode": "wal"}


@pytest.mark.thorough
def test_with_the_default_options_the_same_eight_writers_do(tmp_path):
    """Django 默认选项下大半写入失败：说明上面的测试抓得住。"""
    found = eight_writers("default", tmp_path)
    assert found["locked"] > 0
    assert found["n"] == WRITERS * TIMES - found["locked"]
