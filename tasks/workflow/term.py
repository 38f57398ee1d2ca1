"""叫法：管理员认列时登记，下次直接认得；改回系统原来认的，就不再记。"""

import datetime as dt
from collections.abc import Mapping

from django.core.exceptions import PermissionDenied
from django.db import transaction

from departments.models import User

from ..models import Term
from ..rules import permissions
from .steps import record


def learn_terms(words: Mapping[str, str | None], *, by: User, at: dt.datetime) -> int:
    """记住这些叫法（叫法 → 当作什么，空的是不导入，None 是照系统原来认的）；返回改了几个。抛 PermissionDenied。"""
    if not permissions.can_import(by):
        raise PermissionDenied
    with transaction.atomic():
        had = dict(Term.objects.filter(word__in=words).values_list("word", "use"))
        changed = {word: use for word, use in words.items() if had.get(word) != use}
        Term.objects.filter(word__in=[word for word, use in changed.items() if use is None]).delete()
        for word, use in changed.items():
            if use is not None:
                Term.objects.update_or_create(word=word, defaults={"use": use, "by": by, "at": at})
        if changed:
            labels = dict(Term.Use.choices)
            named = "，".join(
                f"{word}→{'照原来的认' if use is None else labels.get(use, '不导入')}" for word, use in changed.items()
            )
            record("terms_learn", "记住叫法", by, at, note=named)
        return len(changed)
