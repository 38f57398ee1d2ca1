"""造测试数据，用业务的话说。方案一律用真方案或用 `make_plan` 造的任意大小的方案。"""

import copy
import datetime as dt
import io
from functools import cache
from types import SimpleNamespace

from django.conf import settings
from django.core import serializers
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from departments.models import Department, Leader, Role, User
from tasks import workflow
from tasks.models import Assignment, Measure, MeasureLeader, Plan, PlanRevision, Progress

PASSWORD = "Correct-Horse-9"


def make_user(username, role=Role.REPORTER, *, department=None, leader=None, **extra):
    """一个能登录、不必改密码的账户。"""
    department = Department.objects.get(name=department) if isinstance(department, str) else department
    leader = Leader.objects.get(name=leader) if isinstance(leader, str) else leader
    extra = {"name": username, "must_change_password": False} | extra
    user = User(username=username, role=role, department=department, leader=leader, **extra)
    user.set_password(PASSWORD)
    user.save()
    return user


@cache
def document_rows():
    """夹具里的对象，按模型分组；整个测试进程只解析一次。"""
    grouped = {}
    for name in ("organisation", "departments", "leaders", "plan_2023"):
        text = (settings.BASE_DIR / "fixtures" / f"{name}.json").read_text("utf-8")
        for item in serializers.deserialize("json", text):
            grouped.setdefault(type(item.object), []).append(item.object)
    return grouped


def load_plan():
    """载入真方案。与 loaddata 同样的数据，但成批写入：上千个测试各要一份，快十倍。"""
    for model, rows in document_rows().items():
        model.objects.bulk_create(copy.copy(row) for row in rows)
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(document_rows())):
            cursor.execute(statement)
    return Plan.objects.get()


def load_demo():
    """整套演示：照真人的路走一遍（约十秒）。只在 DEBUG 打开时造得了；账户随即改作一般账户。"""
    load_plan()
    with override_settings(DEBUG=True):
        call_command("demo", stdout=io.StringIO())
    User.objects.update(is_demo=False)
    return Plan.objects.get()


class People:
    """各角色的账户，用到才建。"""

    @property
    def office(self):
        return self._get("office", Role.OFFICE)

    @property
    def office_in_hall(self):
        """坐在审批中心的办公室人员（会出现自审）。"""
        return self._get("office-hall", Role.OFFICE, department="审批中心")

    @property
    def admin(self):
        return self._get("admin", Role.ADMIN, is_staff=True, is_superuser=True)

    @property
    def auditor(self):
        return self._get("auditor", Role.AUDITOR)

    def reporter(self, department, n=1):
        room = Department.objects.get(name=department)
        return self._get(f"{room.slug}-{n}", Role.REPORTER, department=room)

    def leader(self, name):
        leader = Leader.objects.get(name=name)
        return self._get(f"leader-{leader.pk}", Role.LEADER, leader=leader)

    def _get(self, username, role, **extra):
        return User.objects.filter(username=username).first() or make_user(username, role, **extra)


def at(text):
    """“2023-09-21 16:20” → 带时区的时刻。"""
    return timezone.make_aware(dt.datetime.strptime(text, "%Y-%m-%d %H:%M"))


def ground():
    """真方案，没有任何报送。"""
    return SimpleNamespace(plan=load_plan())


def september():
    """真方案，2023 年 9 月已开放，31 项次全部未报。"""
    plan = load_plan()
    return SimpleNamespace(plan=plan, period=open_september(plan))


def open_september(plan):
    """2023 年 9 月的报送期，已开放。"""
    office = People().office
    [made] = workflow.plan_periods(plan, by=office, at=at("2023-09-01 08:00"), first_month=9, last_month=9, due_day=25)
    return workflow.open_period(made, by=office, at=at("2023-09-01 08:30"))


def report(period, number, department):
    """某项某部室这一期的报送。"""
    return Progress.objects.get(
        period=period,
        assignment__measure__number=number,
        assignment__department__name=department,
        corrects=None,
    )


def submitted(period, number, department, when="2023-09-20 10:00", values=None, **content):
    """报送某项某部室这一期的进展。"""
    row, by = report(period, number, department), People().reporter(department)
    content = {"text": "完成了本月安排的工作。", "stage": "in_progress"} | content
    return workflow.submit_progress(row, by=by, at=at(when), version=row.version, content=content, values=values)


def make_plan(measures=1, departments=2, *, year=2023, kind="milestone", joint=1):
    """任意大小的方案：每项由 `joint` 个部室牵头、一位领导。"""
    plan = Plan.objects.create(
        title=f"{year}年测试方案",
        year=year,
        starts_on=dt.date(year, 3, 1),
        ends_on=dt.date(year, 12, 31),
        is_current=not Plan.objects.filter(is_current=True).exists(),
    )
    PlanRevision.objects.create(
        plan=plan,
        number=1,
        status="applied",
        created_at=dt.datetime(year, 3, 1, tzinfo=dt.UTC),
        applied_at=dt.datetime(year, 3, 1, tzinfo=dt.UTC),
    )
    leader, _ = Leader.objects.get_or_create(name="测试领导")
    rooms = [
        Department.objects.get_or_create(name=f"部室{i}", defaults={"slug": f"room{i}", "order": i})[0]
        for i in range(departments)
    ]
    made = Measure.objects.bulk_create(
        Measure(plan=plan, number=str(i), position=i * 1000, title=f"举措{i}", text=f"举措{i}。做好工作。", kind=kind)
        for i in range(1, measures + 1)
    )
    MeasureLeader.objects.bulk_create(MeasureLeader(measure=m, leader=leader) for m in made)
    Assignment.objects.bulk_create(
        Assignment(measure=m, department=rooms[(i + j) % departments], order=j)
        for i, m in enumerate(made)
        for j in range(joint)
    )
    return plan


def seen(form, data) -> dict:
    """换人、部室调整的预览看过了，照看到的确认。"""
    bound = form(data)
    assert bound.is_valid(), bound.errors
    return data | {"seen": bound.seal, "do": "confirm"}
