"""造测试数据，用业务的话说。方案一律用真方案或用 `make_plan` 造的任意大小的方案。"""

import copy
import datetime as dt
import io
from functools import cache

from django.apps import apps
from django.conf import settings
from django.core import serializers
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection

from departments.models import Department, Leader, Role, User
from tasks.models import Assignment, Measure, MeasureLeader, Plan, PlanRevision

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
def _document_rows():
    """夹具里的对象，按模型分组；整个测试进程只解析一次。"""
    grouped = {}
    for name in ("departments", "leaders", "plan_2023"):
        text = (settings.BASE_DIR / "fixtures" / f"{name}.json").read_text("utf-8")
        for item in serializers.deserialize("json", text):
            grouped.setdefault(type(item.object), []).append(item.object)
    return grouped


def load_plan():
    """载入真方案。与 loaddata 同样的数据，但成批写入：上千个测试各要一份，快十倍。"""
    for model, rows in _document_rows().items():
        model.objects.bulk_create(copy.copy(row) for row in rows)
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(_document_rows())):
            cursor.execute(statement)
    return Plan.objects.get()


_DEMO = {}


def load_demo():
    """整套演示。第一次照真人的路走一遍（约十秒），以后各测试用它的副本。"""
    models = [
        m for name in ("departments", "tasks") for m in apps.get_app_config(name).get_models(include_auto_created=True)
    ]
    if not _DEMO:
        load_plan()
        call_command("demo", stdout=io.StringIO())
        _DEMO.update({model: list(model.objects.all()) for model in models})
        return Plan.objects.get()
    for model, rows in _DEMO.items():
        model.objects.bulk_create([copy.copy(row) for row in rows], batch_size=200)
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)
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

    def reporter(self, department, n=1):
        slug = Department.objects.get(name=department).slug
        return self._get(f"{slug}-{n}", Role.REPORTER, department=department)

    def leader(self, name):
        return self._get(f"leader-{Leader.objects.get(name=name).pk}", Role.LEADER, leader=name)

    def _get(self, username, role, **extra):
        return User.objects.filter(username=username).first() or make_user(username, role, **extra)


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
