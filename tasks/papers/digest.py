"""每周一页的邮件：与页面同样的数、同样的次序，只有文字。随每天的催办一起，周五发；没发出的记下原因，次日再发。"""

import datetime as dt
import logging

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone

from departments.models import User
from yingshang import dates

from ..figures.digest import Week, friday_of
from ..models import Digest, Plan
from ..rules import lights, permissions
from ..workflow import digest as steps
from .mail import HEADERS, DeliveryOutcome

log = logging.getLogger("yingshang.mailing")
# 红黄灯、到期的各列几条，再多的写另有几条。
MOST = 15


def week_for(user: User, plan: Plan | None, today: dt.date) -> Week:
    """这个人的一周：领导看自己牵头的，组长与办公室看全部。"""
    return Week(plan, today, user.leader if permissions.can_only_see_led(user) else None)


def done_words(week: Week) -> list[str]:
    """这七天做了的，三句。"""
    n = week.done
    return [
        f"报送 {n['reported']} 项次，通过 {n['approved']} 项次，催办 {n['urged']} 件次。",
        f"批示 {n['said']} 条，回复 {n['replied']} 条；还没有回复完的 {n['waiting']} 条。",
        f"挂账 {n['held']} 件，销号 {n['settled']} 件；逾期没有销号的 {n['overdue']} 件。",
    ]


def subject(week: Week) -> str:
    """题目：谁的、到哪天。"""
    return f"{week.leader or '全部举措'}一周情况（截至 {dates.short(week.today)}）"


def text(week: Week) -> str:
    """邮件的正文。"""
    parts = ["　".join(f"{label} {n} 项" for _, label, n in week.totals) or "现行方案里没有举措。"]
    parts += _section("先看", [f"第 {line.measure.number} 项 {line.measure.title}：{why}" for line, why in week.first])
    parts += _section("比上一期变了灯的", [changed_words(each) for each in week.changed])
    warned = [
        f"第 {line.measure.number} 项 {line.measure.title}（{lights.LABELS[line.light.level]}）：{line.light.reason}"
        for line in week.warned
    ]
    parts += _section("红灯、黄灯", warned)
    parts += ["", "这七天", *done_words(week)]
    parts += _section("七天内到期", [f"{i.department}　{i.name}：{i.limit}，{i.timing}" for i in week.due])
    return "\n".join(
        [*parts, "", f"打开：{settings.SITE_URL}/week/", "不想再收，在那一页上关掉。（系统发送，请勿直接回复。）"]
    )


def changed_words(changed) -> str:  # type: ignore[no-untyped-def]  # figures.digest.Changed
    """第 7 项 推行线上线下联动服务：绿灯 → 黄灯。"""
    of, before, now = changed.measure, lights.LABELS[changed.before], lights.LABELS[changed.now]
    return f"第 {of.number} 项 {of.title}：{before} → {now}"


def _section(title: str, rows: list[str]) -> list[str]:
    more = [f"另有 {len(rows) - MOST} 条，请打开看。"] if len(rows) > MOST else []
    return ["", title, *rows[:MOST], *more] if rows else []


def deliver(*, at: dt.datetime) -> DeliveryOutcome:
    """发这一周的；不是周五到周日的、都发过了的什么也不做。任何失败都记在那一行上，不往外抛。"""
    outcome, friday, plan = DeliveryOutcome(), friday_of(at), Plan.objects.current()
    if not settings.EMAIL_ENABLED or friday is None or plan is None:
        return outcome
    for wanted in Digest.objects.filter(is_wanted=True).select_related("user__leader", "user__department"):
        if not permissions.can_read_digest(wanted.user) or not wanted.user.email or not wanted.user.is_active:
            continue
        if steps.claim_digest(wanted, friday=friday):
            _send(wanted, week_for(wanted.user, plan, timezone.localdate(at)), outcome)
    return outcome


def _send(wanted: Digest, week: Week, outcome: DeliveryOutcome) -> None:
    to = [wanted.user.email]
    try:
        EmailMessage(subject(week), text(week), settings.DEFAULT_FROM_EMAIL, to, headers=HEADERS).send()
        outcome.sent += 1
    except Exception as error:
        log.warning("每周一页没发出：%s", type(error).__name__)
        steps.return_digest(wanted, before=wanted.sent_for, error=f"没发出（{type(error).__name__}），明天再发。")
        outcome.failed += 1
