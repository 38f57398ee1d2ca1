"""每周一页：要不要发到自己的邮箱，自己定；一周一封，两处同时发也只发一封。"""

import datetime as dt

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q

from departments.models import User
from yingshang.refusals import Refused

from ..models import Digest
from ..rules import permissions
from .steps import record


def wish_digest(*, by: User, at: dt.datetime, is_wanted: bool) -> Digest:
    """要，或不要。没有邮箱的要不了。抛 PermissionDenied、Refused。"""
    if not permissions.can_read_digest(by):
        raise PermissionDenied
    if is_wanted and not by.email:
        raise Refused("您的账户没有填邮箱，发不了。请管理员在后台把邮箱填上，再来打开。")
    with transaction.atomic():
        said = {"is_wanted": is_wanted, "error": ""}
        made, is_new = Digest.objects.get_or_create(user=by, defaults=said)
        if is_new or made.is_wanted != is_wanted:
            Digest.objects.filter(pk=made.pk).update(**said)
            record("digest_wish", f"每周一页{'发到邮箱' if is_wanted else '不再发到邮箱'}", by, at)
        made.refresh_from_db()
        return made


def claim_digest(wanted: Digest, *, friday: dt.date) -> bool:
    """把这一周的一封拿来发；只有一处拿得到。"""
    mine = Digest.objects.filter(pk=wanted.pk, is_wanted=True)
    return bool(mine.filter(Q(sent_for=None) | Q(sent_for__lt=friday)).update(sent_for=friday, error=""))


def return_digest(wanted: Digest, *, before: dt.date | None, error: str) -> None:
    """没有发出：记下原因，这一周还可以再发。"""
    Digest.objects.filter(pk=wanted.pk, is_wanted=True).update(sent_for=before, error=error[:500])
