"""发到工作群：随催办登记，提交以后再发；没发出的当天再试，过了当天不再发。同一天同样的话一个群只发一次。"""

import datetime as dt
import re
from collections.abc import Collection, Iterable

from django.db import transaction
from django.db.models import F

from departments.models import Department, User
from yingshang.refusals import Refused
from yingshang.robots import Robot

from ..models import Reminder, RobotPost
from ..models.reminder import SENDING
from .steps import record

R = RobotPost.Status
# 一眼认得出的个人信息：手机号、身份证号、邮箱。
PERSONAL = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)|(?<!\d)\d{17}[\dXx](?![\dXx])|[\w.+-]+@[\w-]+\.[\w.]+")


def check_no_persons(text: str, names: Collection[str] = ()) -> None:
    """群里的话不带个人信息：手机号、身份证号、邮箱，账户的姓名。抛 Refused。"""
    if found := PERSONAL.search(text):
        raise Refused(f"发到工作群的话里有“{found[0][:4]}……”，像是手机号、身份证号或邮箱，请去掉再发。")
    if name := next((name for name in names if len(name) > 1 and name in text), None):
        raise Refused(f"发到工作群的话里有账户的姓名“{name}”，请改写成单位再发。")


def queue_robot(
    reminders: Iterable[Reminder], robots: Iterable[Robot], *, by: User, at: dt.datetime, text: str
) -> list[RobotPost]:
    """登记要发的，一个群一条。已经用同样的话发过、正在发的群不再登记。抛 Refused。"""
    text, done = text.strip(), list(reminders)
    if not text:
        raise Refused("发到工作群的话是空的，请写好，或去掉“发到工作群”的勾。")
    check_no_persons(text, _names())
    plan, queued = done[0].plan, []
    with transaction.atomic():
        for robot in robots:
            same = RobotPost.objects.filter(plan=plan, robot=robot.name, day=at.date(), text=text)
            if same.exists():
                continue
            post = RobotPost.objects.create(plan=plan, robot=robot.name, day=at.date(), text=text)
            post.reminders.set(done)
            queued.append(post)
        if queued:
            groups = "、".join(post.robot for post in queued)
            record("remind_robot", "催办发到工作群", by, at, plan=plan, note=f"{groups}：{text}")
    return queued


def _names() -> list[str]:
    """办事的账户的姓名；领导的名字方案里写着，几个人合用、就叫部室名的账户，不算。"""
    rooms = [name for room in Department.objects.all() for name in (room.name, room.full_name)]
    users = User.objects.filter(is_active=True, leader=None).exclude(name__in=rooms)
    return list(users.values_list("name", flat=True))


def claim_post(post: RobotPost, at: dt.datetime) -> bool:
    """把一条拿来发；只有一处拿得到。"""
    mine = RobotPost.objects.sendable(at).filter(pk=post.pk)
    return bool(mine.update(status=R.FAILED, error=SENDING, attempts=F("attempts") + 1, tried_at=at))


def part_sent(post: RobotPost, count: int) -> None:
    """发出了前几段：断了再发的从下一段起，不重复。"""
    RobotPost.objects.filter(pk=post.pk).update(parts_sent=count)


def finish_post(post: RobotPost, *, at: dt.datetime, error: str = "") -> None:
    """发完了，或没发出的原因。"""
    said = {"status": R.FAILED, "error": error[:500]} if error else {"status": R.SENT, "error": "", "sent_at": at}
    RobotPost.objects.filter(pk=post.pk).update(**said)
