"""日历订阅（RFC 5545）：一个部室的报送截止日、举措时限、问题整改期限、节点，都是全天的事。

只列日期与举措、节点的名称；问题只写编号，不带报送内容。日期是 DATE 值，与时区无关；到了前几天的上午九点提醒（VALARM）。
"""

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from departments import organisation
from departments.models import Department

from ..models import Assignment, CalendarLink, Measure, Milestone, Plan, Problem, Progress, ReportingPeriod

PRODUCT = "-//yingshang//ledger calendar//ZH"
DOMAIN = "ledger.yingshang"
# 哪一种提前几天提醒，都在上午九点；报完了的、过去了的不提醒。
REPORT_DAYS, TERM_DAYS = (3, 1), (7, 1)
HOUR = 9
LIMIT = 75  # 一行至多 75 个八位组，不含行尾
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class CalendarEntry:
    """日历上的一件事。`key` 在这个部室里唯一而不变，所以改了日期还是同一件事。"""

    key: str
    day: dt.date
    summary: str
    detail: str
    path: str
    remind: tuple[int, ...] = ()  # 提前几天提醒


def feed_url(link: CalendarLink, host: str = "") -> str:
    """订阅用的完整地址。`host` 是来访者所用的主机（http://…），没有设 SITE_URL 时用它。"""
    return f"{site(host)}{reverse('calendar_feed', args=[link.token])}"


def webcal(url: str) -> str:
    """同一个地址的 webcal: 写法：点开就进日历软件，不用粘贴。"""
    return f"webcal://{url.partition('://')[2]}"


def site(host: str) -> str:
    """链接的前缀：设了 SITE_URL 用它，没有设用来访者所用的主机，免得给出一个打不开的地址。"""
    return settings.SITE_URL if settings.SITE_URL_IS_SET or not host else host.rstrip("/")


# ── 有什么 ────────────────────────────────────────────────


def entries(plans: Iterable[Plan], department: Department) -> list[CalendarEntry]:
    """一个部室在这几份方案里的全部日期，按日子排；不是现行方案的写明是哪一份。查询数与条数、与几份方案都无关。"""
    by_pk, found = {plan.pk: plan for plan in plans}, []
    for part in (_periods, _duties, _milestones, _problems):
        for pk, entry in part(list(by_pk), department):
            plan = by_pk[pk]
            detail = entry.detail if plan.is_current else f"《{plan.title}》。{entry.detail}"
            found.append(replace(entry, detail=detail, path=plan.url_in(entry.path)))
    return sorted(found, key=lambda entry: (entry.day, entry.key))


# 下面四样各产生（方案的编号，一个日期）。
Dated: TypeAlias = Iterator[tuple[int, CalendarEntry]]


def _periods(plans: list[int], department: Department) -> Dated:
    """开放中与还没有开放的报送期的截止日。已关闭的不用再报。"""
    rows = ReportingPeriod.objects.filter(plan__in=plans).not_closed().order_by("starts_on")
    owed = Progress.objects.in_force().filter(assignment__department=department, period__in=rows).order_by()
    counts: dict[int, list[str]] = {}
    for pk, status in owed.values_list("period", "status"):
        counts.setdefault(pk, []).append(status)
    for period in rows:
        mine = counts.get(period.pk, [])
        left = sum(status in Progress.TO_ACT_ON for status in mine)
        detail = f"应报 {len(mine)} 项次，还有 {left} 项次要报。" if period.is_open else "到时开放。"
        title = f"{period.name}进展报送截止"
        remind = () if period.is_open and not left else REPORT_DAYS
        entry = CalendarEntry(f"period-{period.pk}", period.due_on, title, detail, reverse("home"), remind)
        yield period.plan_id, entry


def _duties(plans: list[int], department: Department) -> Dated:
    """还没有办结的举措的时限（批准延期的用新的）。"""
    rows = Assignment.objects.in_force().not_completed().filter(measure__plan__in=plans, department=department)
    for row in rows.select_related("measure"):
        if row.due_on:
            original = f"，原定 {row.measure.due_on:%Y-%m-%d}" if row.extended_due_on else ""
            title, said = (
                f"第{row.measure.number}项完成时限：{row.measure.title}",
                f"本{organisation.unit()}尚未办结{original}。",
            )
            entry = CalendarEntry(f"duty-{row.pk}", row.due_on, title, said, _measure(row.measure), TERM_DAYS)
            yield row.measure.plan_id, entry


def _milestones(plans: list[int], department: Department) -> Dated:
    """认可了、还没有完成的节点。"""
    mine = Assignment.objects.in_force().not_completed().filter(measure__plan__in=plans, department=department)
    for row in Milestone.objects.undone().filter(assignment__in=mine).select_related("assignment__measure"):
        measure = row.assignment.measure
        title = f"第{measure.number}项节点：{row.name}"
        entry = CalendarEntry(f"milestone-{row.pk}", row.due_on, title, measure.title, _measure(measure), TERM_DAYS)
        yield measure.plan_id, entry


def _problems(plans: list[int], department: Department) -> Dated:
    """没有销号的问题的整改期限。不写题目：题目常是“存在问题”的第一句，而日历不用登录就能看。"""
    for row in Problem.objects.unsettled().filter(plan__in=plans, department=department):
        title, url = f"问题{row.number}号整改期限", reverse("problem_detail", args=[row.pk])
        entry = CalendarEntry(f"problem-{row.pk}", row.due_on, title, row.get_status_display(), url, TERM_DAYS)
        yield row.plan_id, entry


def _measure(measure: Measure) -> str:
    return reverse("measure_detail", args=[measure.number])


# ── 怎么写 ────────────────────────────────────────────────


def to_ics(department: Department, found: Iterable[CalendarEntry], at: dt.datetime, host: str = "") -> bytes:
    """写成 .ics：行尾 CRLF，超过 75 个八位组的折行，折处不劈开汉字。"""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{PRODUCT}",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{escape(f'营商环境督办 {department}')}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT6H",
        "X-PUBLISHED-TTL:PT6H",
    ]
    stamp = f"{at.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}"
    for entry in found:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{entry.key}-{department.pk}@{DOMAIN}",
            f"DTSTAMP:{stamp}",
            f"DTSTART;VALUE=DATE:{entry.day:%Y%m%d}",
            f"DTEND;VALUE=DATE:{entry.day + dt.timedelta(days=1):%Y%m%d}",
            f"SUMMARY:{escape(entry.summary)}",
            f"DESCRIPTION:{escape(entry.detail)}",
            f"URL:{site(host)}{entry.path}",
            "TRANSP:TRANSPARENT",
        ]
        lines += _alarms(entry, timezone.localdate(at))
        lines.append("END:VEVENT")
    lines.append("END:VCALENDAR")
    return b"".join(fold(line) + b"\r\n" for line in lines)


def _alarms(entry: CalendarEntry, today: dt.date) -> list[str]:
    """提前几天的上午九点各提醒一次（从当天零点往回数，时区是看日历的人的）；已经过去的日子不提醒。"""
    lines = []
    for days in entry.remind if entry.day >= today else ():
        before = dt.timedelta(days=days) - dt.timedelta(hours=HOUR)
        whole, hours = before.days, before.seconds // 3600
        trigger = f"-P{f'{whole}D' if whole else ''}T{hours}H"
        said = f"{entry.summary}（还有 {days} 天）"
        lines += ["BEGIN:VALARM", "ACTION:DISPLAY", f"TRIGGER:{trigger}", f"DESCRIPTION:{escape(said)}", "END:VALARM"]
    return lines


def escape(text: str) -> str:
    """TEXT 值的转义；去掉控制字符，换行写成 \\n。"""
    text = _UNFIT.sub("", str(text).replace("\r\n", "\n").replace("\r", "\n"))
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def fold(line: str) -> bytes:
    """折行：每段至多 75 个八位组（续行开头的空格算在内），不从一个字中间折。"""
    data, parts, room = line.encode("utf-8"), [], LIMIT
    while len(data) > room:
        cut = room
        while data[cut] & 0xC0 == 0x80:  # 落在一个字的中间，往前退
            cut -= 1
        parts.append(data[:cut])
        data, room = data[cut:], LIMIT - 1
    return b"\r\n ".join([*parts, data])
