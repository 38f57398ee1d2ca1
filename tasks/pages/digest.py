"""每周一页：一张 A4，打得出来；要不要发到邮箱。"""

import datetime as dt
from typing import Any

from django.conf import settings

from departments.models import User

from ..models import Digest, Plan
from ..papers import digest as digest_papers


def page(user: User, today: dt.date) -> dict[str, Any]:
    """一页要的全部。"""
    week = digest_papers.week_for(user, Plan.objects.current(), today)
    wanted = Digest.objects.filter(user=user, is_wanted=True).first()
    return {
        "week": week,
        "changed": [digest_papers.changed_words(each) for each in week.changed],
        "done": digest_papers.done_words(week),
        "warned": week.warned[: digest_papers.MOST],
        "more_warned": max(0, len(week.warned) - digest_papers.MOST),
        "due": week.due[: digest_papers.MOST],
        "more_due": max(0, len(week.due) - digest_papers.MOST),
        "wanted": wanted,
        "mail": user.email,
        "can_mail": settings.EMAIL_ENABLED,
    }
