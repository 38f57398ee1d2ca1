"""end_to_end.sh 用：经 manage.py shell 建办公室与填报人两个账户，开放一期。标准输入读密码。"""

import sys

from departments.models import Department, Role, User
from tasks import workflow
from tasks.models import Plan
from yingshang import clock

password = sys.stdin.readline().strip()
made = {}
for name, role, room in (("office1", Role.OFFICE, None), ("reporter1", Role.REPORTER, "审批中心")):
    department = Department.objects.get(name=room) if room else None
    made[name] = User.objects.create_user(
        name, password=password, name=name, role=role, department=department, must_change_password=False
    )
office, at = made["office1"], clock.now()
[period] = workflow.plan_periods(Plan.objects.current(), by=office, at=at, first_month=9, last_month=9, due_day=25)
workflow.open_period(period, by=office, at=at)
