"""认列：一份表格的各列，和照它读出来的前几项。"""

import datetime as dt
from typing import Any

from django.http import QueryDict

from departments import organisation
from departments.models import User

from .. import workflow
from ..forms.term import ColumnForm, column_forms, words_in
from ..imports import drafts
from ..imports.comparing import row_from_json
from ..imports.labels import Terms
from ..imports.rows import MeasureRow
from ..models import PlanRevision, RevisionChange

FIRST = 3


def forms_of(data: bytes, filename: str) -> list[ColumnForm]:
    """这份表格的各列；不是表格的没有。"""
    return column_forms(drafts.columns(data, filename))


def learn(data: QueryDict, *, by: User, at: dt.datetime) -> int:
    """记住改过的叫法：与系统自己认的一样的不记。返回改了几个。"""
    known, itself = drafts.known_terms().extra, Terms()
    changed: dict[str, str | None] = {}
    for word, use in words_in(data).items():
        if itself.column(word) == use:
            changed |= {word: None} if word in known else {}
        else:
            changed[word] = use
    return workflow.learn_terms(changed, by=by, at=at)


def columns_page(draft: PlanRevision) -> dict[str, Any]:
    """草稿里存着的那份表格：各列认作什么，前三项读出来什么样。"""
    changes = draft.changes.exclude(kind=RevisionChange.Kind.REMOVED).order_by("position")
    rows = [row_from_json(content["new"]) for content in changes.values_list("content", flat=True)[:FIRST]]
    columns = forms_of(bytes(draft.content or b""), draft.filename)
    return {
        "revision": draft,
        "columns": columns,
        "known": sum(bool(form.column and form.column.use) for form in columns),
        "rows": [(row, _facts(row)) for row in rows],
        "total": changes.count(),
    }


def _facts(row: MeasureRow) -> list[tuple[str, str]]:
    """一项读出来的各样；没有的不写。"""
    said = (
        ("牵头领导", "、".join(row.leaders)),
        (
            "牵头部室",
            row.collective
            or "、".join(row.departments)
            or (organisation.worded("各部室") if row.all_departments else ""),
        ),
        ("配合单位", "、".join(row.cooperating)),
        ("完成时限", row.deadline),
        ("量化目标", "；".join(aim.quote for aim in row.aims)),
    )
    return [(label, text) for label, text in said if text]
