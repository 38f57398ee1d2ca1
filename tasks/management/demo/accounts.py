"""演示账户：都带标记，共用一个公开的密码，只在 DEBUG 下可用。"""

from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password

from departments import organisation
from departments.models import Department, Leader, Organisation, Role, User
from yingshang.clock import real_now

LEADERS = {
    "chenxiangdong": "陈向东",
    "lihuabin": "李华斌",
    "zhangfuping": "张富平",
    "zhengruilin": "郑瑞林",
    "wangweidong": "王卫东",
}


BANNER = "演示页：举措、牵头领导、牵头部室取自交开党工委发〔2023〕9号；进展、数据、意见均为虚构。"


def make() -> None:
    """9 个部室各一名填报员、一名负责人，办公室、管理员、审计员各一名，五位牵头领导。"""
    Organisation.objects.update(banner=BANNER)
    password = make_password(settings.DEMO_PASSWORD)
    hall = Department.objects.get(name="审批中心")
    wanted: list[tuple[str, str, Role, dict[str, Any]]] = [
        ("office", f"{organisation.current().office}（演示）", Role.OFFICE, {"department": hall})
    ]
    wanted.append(("admin", "系统管理员（演示）", Role.ADMIN, {"is_staff": True, "is_superuser": True}))
    wanted.append(("auditor", "审计员（演示）", Role.AUDITOR, {}))
    for department in Department.objects.all():
        for suffix, title in (("", "填报员"), ("-head", "负责人")):
            name = f"{department.name}{title}（演示）"
            wanted.append((f"{department.slug}{suffix}", name, Role.REPORTER, {"department": department}))
    for username, name in LEADERS.items():
        leader = Leader.objects.get(name=name)
        wanted.append((username, f"{name}（演示）", Role.LEADER, {"leader": leader}))
    for username, name, role, extra in wanted:
        defaults = {
            "name": name,
            "role": role,
            "is_demo": True,
            "must_change_password": False,
            "password": password,
            "password_changed_at": real_now(),
            **extra,
        }
        User.objects.get_or_create(username=username, defaults=defaults)
