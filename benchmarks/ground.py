"""造库的底子：时刻、成批写入，部室、领导与各角色的账户。"""

import datetime as dt
from collections.abc import Iterable

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from departments.models import Department, Leader, Role, User
from tasks.models import CalendarLink

FIRST, LAST = 3, 12
TODAY = dt.date(2023, 12, 20)
BATCH = 2000
WORDS = (
    "已会同有关部室逐项梳理材料清单，压减申报环节，同步更新办事指南并在大厅公示。",
    "组织专班上门服务企业，收集诉求并逐条建账，能当场解决的当场答复。",
    "完成系统接口联调，试运行期间办件平均用时较上月缩短，群众反映良好。",
    "召开推进会一次，明确了责任人、时间表，未完成的事项列入下月重点。",
    "与上级部门对接，相关批复文件已报送，正在按要求补充资料。",
)


def moment(month: int, day: int, hour: int = 10, minute: int = 0) -> dt.datetime:
    return timezone.make_aware(dt.datetime(2023, month, day, hour, minute))


def store(rows: Iterable) -> list:
    """成批写入一种行，返回带编号的。"""
    rows = list(rows)
    return type(rows[0]).objects.bulk_create(rows, batch_size=BATCH) if rows else []


class People:
    """部室、领导与各角色的账户，密码都是演示的那一个。"""

    def __init__(self, rooms: int, leaders: int) -> None:
        self.rooms = store(
            Department(name=f"第{i + 1}部", full_name=f"第{i + 1}工作部", slug=f"room{i + 1}", order=i)
            for i in range(rooms)
        )
        self.leaders = store(
            Leader(name=f"领导{i + 1}", called=f"领导{i + 1}", post="副主任", order=i) for i in range(leaders)
        )
        fixed = {
            "password": make_password(settings.DEMO_PASSWORD),
            "must_change_password": False,
            "password_changed_at": timezone.now(),
        }
        self.reporters = {
            user.department_id: user
            for user in store(
                User(username=room.slug, name=f"{room}填报员", role=Role.REPORTER, department=room, **fixed)
                for room in self.rooms
            )
        }
        self.bosses = store(
            User(username=f"leader{i + 1}", name=str(leader), role=Role.LEADER, leader=leader, **fixed)
            for i, leader in enumerate(self.leaders)
        )
        self.office = User.objects.create(username="office", name="办公室", role=Role.OFFICE, **fixed)
        admin = {"is_staff": True, "is_superuser": True}
        self.admin = User.objects.create(username="admin", name="管理员", role=Role.ADMIN, **admin, **fixed)
        store(
            CalendarLink(department=room, created_by=self.reporters[room.pk], created_at=moment(3, 10))
            for room in self.rooms
        )
