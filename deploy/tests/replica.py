"""replica.sh 里的进程：导出写着哪一个名称，就是从哪里读的。在 manage.py shell 里运行。"""

import os
import subprocess

from django.test import Client

from departments.models import User
from tasks.models import Measure
from yingshang import replica

User.objects.create_user("looker", "x", name="看的人", role="office", must_change_password=False)
client = Client(SERVER_NAME="127.0.0.1")
client.force_login(User.objects.get(username="looker"))
READ = []
ask = replica.alias
replica.alias = lambda: READ.append(ask()) or READ[-1]


def called(title):
    Measure.objects.filter(number="12").update(title=title)


def standby(sql):
    subprocess.run(["psql", "-qAt", "-h", "127.0.0.1", "-p", "5562", "-U", "postgres", "-c", sql], check=True)


def look(what, title, *, apart):
    """导出与清单都写着 `title`；导出是不是从备机读的。"""
    READ.clear()
    exported = b"".join(client.get("/measures/export/?format=csv")).decode()
    was_apart = "replica" in READ
    listed = client.get("/measures/?q=12").content.decode()
    assert title in exported and title in listed, what
    assert was_apart == apart, f"{what}：从备机读 {was_apart}"
    print(f"{what}：{'备机' if apart else '主库'}")


called("一一")
look("跟着", "一一", apart=True)
standby("SELECT pg_wal_replay_pause()")
called("二二")
look("停住了", "二二", apart=False)
standby("SELECT pg_wal_replay_resume()")
called("三三")
look("又跟上", "三三", apart=True)
command = [f"{os.environ['TOOLS']}/pg_ctl", "-D", os.environ["STANDBY"], "-m", "fast"]
as_user = ["setpriv", f"--reuid={os.environ['AS']}", f"--regid={os.environ['AS']}", "--clear-groups"]
prefix = as_user if os.geteuid() == 0 else []
subprocess.run([*prefix, *command, "stop"], check=True, stdout=subprocess.DEVNULL)
called("四四")
look("断了，连接还留着", "四四", apart=False)
subprocess.run(
    [*prefix, *command, "-o", "-p 5562 -k /tmp", "-l", f"{os.environ['STANDBY']}/log", "-w", "start"],
    check=True,
    stdout=subprocess.DEVNULL,
)
look("又起来", "四四", apart=True)
subprocess.run([*prefix, *command, "-w", "promote"], check=True, stdout=subprocess.DEVNULL)
called("五五")
look("提成了主库", "五五", apart=False)
