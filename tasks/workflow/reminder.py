"""催办：记下催了谁、哪几件、说了什么；邮件一人一天至多一封，先登记，事务提交以后再发。"""

import datetime as dt
from collections.abc import Collection

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from departments.models import Acting, Department, User
from yingshang import dates
from yingshang.refusals import Refused

from ..figures import owed as owed_figures
from ..models import Delivery, Event, Measure, Plan, Reminder
from ..models.reminder import SENDING, DeliveryQuerySet
from ..rules import permissions
from .steps import check_not_archived

D = Delivery.Status
BATCH = 500


def send_reminder(
    plan: Plan,
    *,
    by: User | None,
    at: dt.datetime,
    department: Department,
    keys: Collection[str],
    text: str,
    group_text: str = "",
) -> Reminder:
    """催办一个部室：`keys` 是所催各件（owed.OwedItem.key），`text` 是给它的话，`group_text` 是发到工作群的话。

    其间已报送、已办结的不催；同一天同样的话不重复记。`by` 为空表示定时任务。抛 PermissionDenied、Refused。
    """
    if not permissions.can_remind(by):
        raise PermissionDenied
    text, group_text = text.strip(), group_text.strip()
    if not text:
        raise Refused(f"给{department}的催办语是空的，请写好再记录。")
    today = timezone.localdate(at)
    with transaction.atomic():
        # 锁是为了不重复催、不催刚报的；FOR NO KEY UPDATE，不挡别人往这份方案、这一项里记别的，也就不会互锁。
        plan = Plan.objects.select_for_update(no_key=True).get(pk=plan.pk)
        check_not_archived(plan)
        found = _locked(plan, today, department, set(keys))
        if len(found) < len(set(keys)):
            raise Refused(f"{department}有几件刚刚已经报送或办结，不用再催。请按最新情况重新生成催办语。")
        if Reminder.objects.filter(plan=plan, department=department, text=text, at__date=today).exists():
            raise Refused(f"今天已经用同样的话催办过{department}，没有重复记录。")
        periods = [item.period for item in found if item.period]
        reminder = Reminder.objects.create(
            plan=plan,
            period=periods[-1] if periods else None,
            department=department,
            text=text,
            group_text=group_text,
            by=by,
            at=at,
        )
        reminder.assignments.set([item.assignment for item in found if item.assignment])
        events = [_event(item, plan, department, by, at) for item in found]
        Event.objects.bulk_create(events, batch_size=BATCH)
        return reminder


def _event(item: owed_figures.OwedItem, plan: Plan, department: Department, by: User | None, at: dt.datetime) -> Event:
    """所催的一件，写进它的办理过程。一个部室可以有上百件，所以成批写。"""
    return Event(
        action=owed_figures.ACTION,
        label=f"{'' if by else '自动'}催办{department}"[:40],
        by=by,
        at=at,
        plan=plan,
        measure=item.measure,
        assignment=item.assignment,
        period=item.period,
        problem=item.problem,
        department=department,
        note=item.sentence,
        data={"item": item.tag} if item.tag else {},
    )


def _locked(plan: Plan, today: dt.date, department: Department, keys: Collection[str]) -> list:
    """锁住所催各件的举措行（按编号，不会互锁），再看一遍还欠不欠。"""
    chosen = [i for i in owed_figures.to_urge(plan, today, department=department) if i.key in keys]
    measures = {i.measure.pk for i in chosen if i.measure}
    list(Measure.objects.select_for_update(no_key=True).filter(pk__in=measures).order_by("pk"))
    return [i for i in owed_figures.to_urge(plan, today, department=department) if i.key in keys]


def queue_mail(reminder: Reminder, *, day: dt.date, subject: str) -> list[Delivery]:
    """给这个部室（和那天替它办的）有邮箱的填报人各登记一封。当天已经发过、正在发的不再登记；没发出的换成新的话再发。"""
    queued = []
    standing_in = Acting.objects.in_force(day).filter(department=reminder.department).values("user")
    mine = Q(department=reminder.department) | Q(pk__in=standing_in)
    users = User.objects.reporters().filter(mine).exclude(email="")
    with transaction.atomic():
        for user in users.order_by("pk"):
            delivery, _ = Delivery.objects.get_or_create(
                user=user, day=day, defaults={"subject": subject, "text": reminder.text}
            )
            if _sendable(delivery).update(subject=subject, text=reminder.text, status=D.WAITING, error=""):
                delivery.reminders.add(reminder)
                queued.append(delivery)
    return queued


def carry_mail(delivery: Delivery, *, day: dt.date) -> Delivery | None:
    """前一天没发出的并入当天；当天已另有一封的，旧的就不再发。"""
    with transaction.atomic():
        made, is_new = Delivery.objects.get_or_create(
            user=delivery.user, day=day, defaults={"subject": delivery.subject, "text": delivery.text}
        )
        if is_new:
            made.reminders.set(delivery.reminders.all())
        _sendable(delivery).update(status=D.FAILED, error=f"当天没有发出，并入{dates.short(day)}的汇总。")
        return made if is_new else None


def claim_mail(delivery: Delivery, *, text: str) -> bool:
    """把一封拿来发。只有一个人拿得到：两处同时发，也不会发两封。"""
    taken = _sendable(delivery).update(status=D.FAILED, error=SENDING, attempts=F("attempts") + 1, text=text)
    return bool(taken)


def finish_mail(delivery: Delivery, *, at: dt.datetime, error: str = "") -> None:
    """发完了：记下发出时间，或没发出的原因。"""
    status = D.FAILED if error else D.SENT
    Delivery.objects.filter(pk=delivery.pk).update(status=status, error=error[:500], sent_at=None if error else at)


def requeue_mail(delivery: Delivery) -> bool:
    """发到一半断了的一封，由人定了再发：回到待发。"""
    return bool(Delivery.objects.of_unknown_fate().filter(pk=delivery.pk).update(status=D.WAITING, error=""))


def shelve_mail(delivery: Delivery, *, reason: str) -> None:
    """不必发、现在发不了的：记下原因，下次再看。"""
    _sendable(delivery).update(status=D.FAILED, error=reason[:500])


def _sendable(delivery: Delivery) -> DeliveryQuerySet:
    return Delivery.objects.sendable().filter(pk=delivery.pk)
