"""同一张表单同时交两次：真线程、真连接。PostgreSQL 上由测试直接调用，SQLite 上另开进程、用真的库文件。

python -m tests.twice 几回       用环境里的库（已建好表），备好账户，各张表单交这么多回，印出各做成了几行
"""

import json
import os
import re
import sys
import threading

import django

TIMES = 10
DAY = "2023-09-22"


def prepare():
    """办公室与填报人各一个，一件整改中的问题；库里没有方案的造一份小的。"""
    import datetime as dt

    from departments.models import Department, Role
    from tasks import workflow
    from tasks.models import Plan
    from tests.factories import at, make_plan, make_user

    plan = Plan.objects.current() or make_plan(measures=1, departments=1)
    room = Department.objects.first()
    office, reporter = make_user("office", Role.OFFICE), make_user("reporter", department=room)
    problem = workflow.open_problem(
        plan, by=office, at=at("2023-09-20 10:00"), title="标识不清", text="看不清。", category="other", level="department",
        department=room, due_on=dt.date(2023, 10, 10),
    )  # fmt: skip
    listed = {"title": "题", "text": "情况", "category": "other", "level": "department", "due_on": "2023-10-10"}
    seen = {"held_on": "2023-09-20", "inspectors": "办公室", "place": "大厅", "findings": "有序"}
    note = f"/problems/{problem.pk}/"
    return {
        "problem": (office, "/problems/add/", "/problems/add/", listed | {"department": room.pk}),
        "inspection": (office, "/inspections/add/", "/inspections/add/", seen),
        "problemnote": (reporter, note, f"{note}note/", {"text": "办了一步。"}),
    }


def token_on(client, url) -> str:
    """打开一页，取它的令牌。"""
    return re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get(url).content.decode())[1]


def filed_at_once(user, url, action, data, copies=2) -> list:
    """打开一次，同时交 `copies` 次：各次的（状态码，转到哪里）。"""
    from django.db import connection
    from django.test import Client

    first = Client(enforce_csrf_checks=True)
    first.force_login(user)
    data = data | {"csrfmiddlewaretoken": token_on(first, url)}
    start, answers = threading.Barrier(copies), []

    def send():
        client = Client(enforce_csrf_checks=True)
        client.cookies.load({name: morsel.value for name, morsel in first.cookies.items()})
        start.wait()
        response = client.post(action, data)
        answers.append((response.status_code, response.get("Location")))
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(copies)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def made_in(times=TIMES) -> dict:
    """各张表单交 `times` 回，每回同时两次：{模型: (多了几行, 答得不一样的几回)}。"""
    from django.apps import apps

    found = {}
    for name, (user, url, action, data) in prepare().items():
        model = apps.get_model("tasks", name)
        before, answers = model.objects.count(), [filed_at_once(user, url, action, data) for _ in range(times)]
        unlike = [each for each in answers if len(each) != 2 or each[0] != each[1] or each[0][0] != 302]
        found[name] = [model.objects.count() - before, unlike]
    return found


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "yingshang.settings"
    django.setup()
    json.dump(made_in(int(sys.argv[1])), sys.stdout)
