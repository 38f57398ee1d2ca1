"""意见建议：部室提，办公室答复一次。国办函〔2026〕12号要求提供投诉建议的功能（见“减负”一页所附的说明）。"""

import datetime as dt

from django.core.exceptions import PermissionDenied
from django.db import transaction

from departments.models import User
from departments.requests import Anyone
from yingshang.refusals import Refused

from ..models import Suggestion
from ..rules import permissions
from .steps import Step, check, record, written

S = Suggestion.Status


def _office(user: Anyone, suggestion: Suggestion) -> bool:
    """办公室"""
    return permissions.can_review(user)


STEPS: dict[str, Step[Suggestion]] = {
    "answer_suggestion": Step("答复意见建议", (S.WAITING,), S.ANSWERED, _office),
}


def send_suggestion(*, by: User, at: dt.datetime, text: str) -> Suggestion:
    """提一条。同样的话还没有答复的，不用再提。抛 PermissionDenied、Refused。"""
    if not permissions.can_fill_in(by) or by.serving is None:
        raise PermissionDenied
    text = written(text, "请写意见建议。")
    with transaction.atomic():
        if Suggestion.objects.waiting().filter(department=by.serving, text=text).exists():
            raise Refused("同样的话已经提过，办公室还没有答复，不用再提一次。")
        made = Suggestion.objects.create(department=by.serving, text=text, by=by, at=at)
        record("suggestion_send", "提意见建议", by, at, department=by.serving, note=text)
        return made


def answer_suggestion(suggestion: Suggestion, *, by: User, at: dt.datetime, text: str) -> Suggestion:
    """答复。抛 PermissionDenied、Refused。"""
    text = written(text, "请写明怎么办、何时办，不办的写明为什么。")
    with transaction.atomic():
        current = Suggestion.objects.select_for_update().get(pk=suggestion.pk)
        check(STEPS["answer_suggestion"], current, by, at)
        current.answer, current.answered_by, current.answered_at = text, by, at
        current.save()
        record("suggestion_answer", "答复意见建议", by, at, department=current.department, note=text)
        return current
