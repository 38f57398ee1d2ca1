"""批示的常用语：领导自己改；写批示时勾了“存为常用语”的添一句。全删了就回到开头的几句。"""

import datetime as dt
from collections.abc import Sequence

from django.core.exceptions import PermissionDenied
from django.db import transaction

from departments.models import Leader, User
from yingshang.refusals import Refused

from ..models import Phrases
from ..models.phrase import LONGEST, MOST, phrases_of
from ..rules import permissions
from .steps import record


def save_phrases(texts: Sequence[str], *, by: User, at: dt.datetime) -> list[str]:
    """换上这几句（去掉空行与重复的）。抛 PermissionDenied、Refused。"""
    if not permissions.can_lead(by) or by.leader is None:
        raise PermissionDenied
    wanted = list(dict.fromkeys(said for text in texts if (said := text.strip())))
    if len(wanted) > MOST:
        raise Refused(f"常用语至多 {MOST} 句，现在有 {len(wanted)} 句，请删去几句。")
    if long := next((said for said in wanted if len(said) > LONGEST), None):
        raise Refused(f"“{long[:20]}……”有 {len(long)} 个字；常用语一句至多 {LONGEST} 个字，长的请当场写。")
    with transaction.atomic():
        # 同一位领导的两处同时改，后来的等前一个写完；不挡别人引用这位领导。
        Leader.objects.select_for_update(no_key=True).get(pk=by.leader.pk)
        Phrases.objects.update_or_create(leader=by.leader, defaults={"text": "\n".join(wanted)})
        record("phrase_save", "改批示常用语", by, at, note="\n".join(wanted))
    return wanted


def keep_phrase(text: str, *, by: User, at: dt.datetime) -> list[str]:
    """把刚写的一条批示存为常用语；已经有的不重存。抛 PermissionDenied、Refused。"""
    if not permissions.can_lead(by) or by.leader is None:
        raise PermissionDenied
    kept, said = phrases_of(by.leader), " ".join(text.split())
    return kept if said in kept else save_phrases([*kept, said], by=by, at=at)
