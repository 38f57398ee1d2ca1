import json
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models.signals import post_migrate

from yingshang import health, stamp

# 凭记号答 304 的页面上看不到的：猜密码的计数、用过的密码、安全日志（整张表），上次登录的时间（用户表的一列）。别的表、别的列一律算，新加的也跑不掉。
UNSEEN_TABLES = {"departments_loginattempt", "departments_pastpassword", "departments_securityevent"}
UNSEEN_COLUMNS = {"departments_user": ("last_login",)}


def shown_tables() -> list[str]:
    """页面上的东西所在的各表：两个应用的全部，连同多对多的中间表。"""
    models = [m for name in ("departments", "tasks") for m in apps.get_app_config(name).get_models(True)]
    return sorted({m._meta.db_table for m in models if m._meta.managed} - UNSEEN_TABLES)


def watch(using: str, **kwargs: Any) -> None:
    """建库、改库之后，给各表装上记号的触发器。退到旧的迁移时还没有的表，跳过。"""
    there = set(connections[using].introspection.table_names())
    stamp.watch(connections[using], [t for t in shown_tables() if t in there], UNSEEN_COLUMNS)


def judge(using: str, **kwargs: Any) -> None:
    """升级之后：0.1.0 的库没有存着的灯，判一遍；0.2.0 的没有关闭时数好的数，数一遍。有了的期不动。"""
    from . import workflow
    from .figures import closed
    from .models import ClosedReports, MeasureJudgement, Plan, ReportingPeriod

    if using != DEFAULT_DB_ALIAS or ClosedReports._meta.db_table not in connections[using].introspection.table_names():
        return  # 换库时的新库（灯随别的一起搬来），或退到旧的迁移
    waiting = ReportingPeriod.objects.opened().exclude(pk__in=MeasureJudgement.objects.values("period"))
    for plan in Plan.objects.filter(periods__in=waiting).distinct():
        workflow.rejudge_plan(plan, waiting.filter(plan=plan))
    for period in ReportingPeriod.objects.closed().exclude(pk__in=ClosedReports.objects.values("period")):
        closed.keep(period)


def holidays(using: str, **kwargs: Any) -> None:
    """随程序带的放假与调休（fixtures/holidays.json）：库里还没有的年份补上；有了的年份（导入过、改过）不动。"""
    from .models import Holiday

    if Holiday._meta.db_table not in connections[using].introspection.table_names():
        return  # 退到旧的迁移
    have = {day.year for day in Holiday.objects.using(using).dates("day", "year")}
    shipped = json.loads((settings.FIXTURE_DIRS[0] / "holidays.json").read_text())
    new = [Holiday(pk=row["pk"], **row["fields"]) for row in shipped if int(row["pk"][:4]) not in have]
    Holiday.objects.using(using).bulk_create(new)


class TasksConfig(AppConfig):
    name = "tasks"
    verbose_name = "督办台账"

    def ready(self) -> None:
        from .models import Event

        health.HEADS["events"] = Event.objects.last_number
        post_migrate.connect(judge, sender=self)
        post_migrate.connect(holidays, sender=self)
        post_migrate.connect(watch, sender=self)
