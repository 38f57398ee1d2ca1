"""把登记好的催办发到工作群；没发出的记下原因，当天再试。任何失败都记在那一条上，页面照常。"""

import datetime as dt
import logging

from yingshang import clock, robots
from yingshang.robots import Robot, Unsent

from ..models import RobotPost
from ..workflow import robot as steps

log = logging.getLogger("yingshang.robots")
NO_SUCH = "设置里已没有这个群。"


def known() -> list[Robot]:
    """设好的各个群；写错的当作没有（check --deploy 会说），页面照常。"""
    try:
        return robots.robots()
    except ValueError as error:
        log.error("%s", error)
        return []


def deliver(*, at: dt.datetime) -> tuple[int, int]:
    """发今天登记而没有发出的；返回（发出几条，没发出几条）。"""
    groups = {robot.name: robot for robot in known()}
    sent = failed = 0
    for post in RobotPost.objects.sendable(at).filter(day=at.date()).order_by("pk"):
        if not steps.claim_post(post, at):
            continue  # 另一处正在发
        robot = groups.get(post.robot)
        error = _send(robot, post) if robot else NO_SUCH
        steps.finish_post(post, at=at, error=error)
        sent, failed = sent + (not error), failed + bool(error)
    return sent, failed


def _send(robot: Robot, post: RobotPost) -> str:
    """一段一段发；没发成的说原因。"""
    parts = robots.parts_of(robot, post.text)
    for n, part in enumerate(parts, start=1):
        if n <= post.parts_sent:
            continue
        try:
            robots.send(robot, part, at=clock.real_now())
        except Unsent as error:
            log.warning("没有发到%s：%s", robot.name, error)
            return f"第 {n} 段没发出：{error}" if len(parts) > 1 else str(error)
        steps.part_sent(post, n)
    return ""
