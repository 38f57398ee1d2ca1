"""发催办邮件：一个邮箱一天至多一封汇总（几个人共用一个邮箱的，几份话合成一封）。发不出去的记下原因，下次再发；邮件服务器坏了，页面照常。

发之前再看一遍：其间已报送、已办结、批准延期的不再提；都办了的就不发。
"""

import datetime as dt
import logging
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from smtplib import SMTPException, SMTPServerDisconnected
from typing import TypeAlias

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import Exists, OuterRef
from django.utils import timezone

from departments.models import Acting, Department

from ..figures import owed as owed_figures
from ..figures.owed import OwedItem
from ..models import Delivery, Event, Plan, Reminder
from ..rules import permissions
from ..workflow import reminder as mail
from . import reminder as reminder_papers

log = logging.getLogger("yingshang.mailing")
NOTHING_LEFT = "不用再发：所催各项都已办了。"
# 邮件系统见了这两行不自动回信（RFC 3834），免得两台机器一来一往。
HEADERS = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
NO_ADDRESS = "没有发：收件人已停用，或没有邮箱。"


@dataclass
class DeliveryOutcome:
    """一次发送的结果：发出几封、没发出几封、不用再发几封。"""

    sent: int = 0
    failed: int = 0
    needless: int = 0

    def __str__(self) -> str:
        return f"邮件：发出 {self.sent} 封，没发出 {self.failed} 封，不用再发 {self.needless} 封。"


def deliver(*, at: dt.datetime) -> DeliveryOutcome:
    """发今天待发的和以前没发出的，几份方案的合成一封。任何失败都记在那一封上，不往外抛。"""
    outcome = DeliveryOutcome()
    if not settings.EMAIL_ENABLED:
        return outcome
    day = timezone.localdate(at)
    carry_over(day)
    waiting = Delivery.objects.sendable().filter(day=day).select_related("user__department").order_by("pk")
    waiting = waiting.prefetch_related("reminders")
    rooms = _rooms(waiting, day)
    owed = _owed(day, {room for mine in rooms.values() for room in mine})
    ready = [
        (delivery, text)
        for delivery in waiting
        if (text := _text(delivery, rooms[delivery.user_id], owed, day, outcome))
    ]
    if ready:
        _send_all(ready, at, outcome)
    return outcome


def _rooms(waiting: Iterable[Delivery], day: dt.date) -> dict[int, list[Department]]:
    """收信的人 → 他的部室，和那天他替着办的部室。"""
    found = {one.user_id: [one.user.department] if one.user.department else [] for one in waiting}
    for row in Acting.objects.in_force(day).filter(user__in=found).select_related("department").order_by("pk"):
        if row.department not in found[row.user_id]:
            found[row.user_id].append(row.department)
    return found


Owed: TypeAlias = dict[Department, list[tuple[Plan, list[OwedItem]]]]


def _owed(day: dt.date, rooms: Collection[Department]) -> Owed:
    """部室 → 各份在办（收尾）的方案里该催的。"""
    found: Owed = defaultdict(list)
    for plan in Plan.objects.running().order_by("-is_current", "pk") if rooms else ():
        for room, items in owed_figures.by_department(owed_figures.to_urge(plan, day, departments=rooms)):
            found[room].append((plan, items))
    return found


def carry_over(day: dt.date) -> None:
    """前几天没发出的，每人只看最近的一封，并入今天；已经不必发、发不了的不再带。"""
    later = Delivery.objects.filter(user=OuterRef("user"), day__gt=OuterRef("day"))
    left = Delivery.objects.sendable().filter(~Exists(later), day__lt=day).exclude(error__in=(NOTHING_LEFT, NO_ADDRESS))
    for delivery in left.select_related("user"):
        mail.carry_mail(delivery, day=day)


def _text(delivery: Delivery, rooms: Collection[Department], owed: Owed, day: dt.date, outcome: DeliveryOutcome) -> str:
    """这一封现在该说什么；不必发、发不了的为空，并记下为什么。"""
    user = delivery.user
    if not permissions.can_be_mailed(user):
        mail.shelve_mail(delivery, reason=NO_ADDRESS)
        outcome.needless += 1
        return ""
    wanted = _matters(delivery)
    mine = [each for room in rooms for each in owed.get(room, ())]
    left = [(plan, chosen) for plan, items in mine if (chosen := [i for i in items if i.matter in wanted])]
    if not left:
        mail.shelve_mail(delivery, reason=NOTHING_LEFT)
        outcome.needless += 1
        return ""
    if len({reminder.plan_id for reminder in delivery.reminders.all()}) == 1 and len(left[0][1]) == len(wanted):
        return delivery.text
    return "\n\n".join(reminder_papers.for_department(items[0].department, items, day, plan) for plan, items in left)


def _matters(delivery: Delivery) -> set:
    """这一封所依据的各次催办，催的是哪几件。"""
    found: set[tuple] = set()
    for reminder in delivery.reminders.all():
        rows = owed_figures.matters(Event.objects.filter(department=reminder.department_id, at=reminder.at))
        found.update(rows.values_list(*owed_figures.MATTER))
    return found


def _send_all(ready: list[tuple[Delivery, str]], at: dt.datetime, outcome: DeliveryOutcome) -> None:
    """用一个连接发完。连不上就都记为没发出，不逐封去等。"""
    connection = get_connection()
    try:
        connection.open()
    except Exception as error:
        log.warning("邮件服务器连不上：%s", type(error).__name__)
        for delivery, text in ready:
            if mail.claim_mail(delivery, text=text):
                mail.finish_mail(delivery, at=at, error=_said("连不上邮件服务器", error))
                outcome.failed += 1
        return
    broken = None
    for letter in _by_mailbox(ready):
        taken = [(delivery, text) for delivery, text in letter if mail.claim_mail(delivery, text=text)]
        if not taken:
            continue  # 另一处正在发
        broken = broken or _send(connection, taken, at, outcome)
        if broken:
            _finish(taken, at, outcome, _said("没发出", broken))
    _close(connection)


def _by_mailbox(ready: list[tuple[Delivery, str]]) -> list[list[tuple[Delivery, str]]]:
    """同一个邮箱的放在一起，成一封。"""
    letters = defaultdict(list)
    for delivery, text in ready:
        letters[delivery.user.email.casefold()].append((delivery, text))
    return list(letters.values())


def _finish(letter: list[tuple[Delivery, str]], at: dt.datetime, outcome: DeliveryOutcome, error: str = "") -> None:
    """一封发完了：合在里面的各份都记下，只数一封。"""
    for delivery, _ in letter:
        mail.finish_mail(delivery, at=at, error=error)
    if error:
        outcome.failed += 1
    else:
        outcome.sent += 1


def _send(
    connection: BaseEmailBackend, letter: list[tuple[Delivery, str]], at: dt.datetime, outcome: DeliveryOutcome
) -> OSError | None:
    """发一封。连接断了返回那个错（后面的不再试），别的错只记在这一封上。"""
    first = letter[0][0]
    text = "\n\n".join(dict.fromkeys(text for _, text in letter))
    body = f"{text}\n\n登录填报：{settings.SITE_URL}/\n（系统发送，请勿直接回复。）"
    message = EmailMessage(
        first.subject, body, settings.DEFAULT_FROM_EMAIL, [first.user.email], connection=connection, headers=HEADERS
    )
    try:
        message.send()
    except Exception as error:
        if isinstance(error, OSError) and (
            not isinstance(error, SMTPException) or isinstance(error, SMTPServerDisconnected)
        ):
            return error
        _finish(letter, at, outcome, _said("没发出", error))
        return None
    _finish(letter, at, outcome)
    return None


def _close(connection: BaseEmailBackend) -> None:
    try:
        connection.close()
    except Exception as error:
        log.warning("邮件连接没有正常关闭：%s", type(error).__name__)


def _said(what: str, error: Exception) -> str:
    """失败原因，一行字，不带控制字符。"""
    text = f"{what}（{type(error).__name__}：{error}）"
    return "".join(c for c in text if unicodedata.category(c)[0] != "C")[:500]


def status_by_reminder(reminders: Iterable[Reminder]) -> dict:
    """催办 → 邮件发得怎样：[(状态, 收件人, 原因), …]。一次查询。"""
    found = defaultdict(list)
    rows = Delivery.objects.filter(reminders__in=reminders).values_list("reminders", "status", "user__name", "error")
    for reminder, status, name, error in rows:
        found[reminder].append((Delivery.Status(status), name, error))
    return found
