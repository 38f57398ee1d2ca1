"""日历订阅的链接：认不认得、部室页上的那一张卡片。"""

from departments.models import Department, User

from .. import workflow
from ..models import CalendarLink
from ..papers.calendar import feed_url, webcal
from ..rules import permissions


def find(token: str) -> CalendarLink | None:
    """在用的链接。认不认得都只查这一次；作废的与没有过的一样是 None。"""
    return (
        CalendarLink.objects.in_force()
        .select_related("department")
        .filter(token=token, department__is_active=True)
        .first()
    )


def card(department: Department, user: User, host: str = "") -> dict | None:
    """部室页上的“日历订阅”：只有本部室的填报人看得到。"""
    if not permissions.can_subscribe(user, department):
        return None
    link = CalendarLink.objects.visible_to(user).in_force().filter(department=department).first()
    url = feed_url(link, host) if link else ""
    return {
        "link": link,
        "url": url,
        "webcal": webcal(url) if url else "",
        "actions": workflow.allowed_actions(user, link) if link else ["create_calendar"],
    }
