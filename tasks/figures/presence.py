"""有没有：一页要的几样不是样样都有，一次查询问清有哪几样，没有的就不去取。"""

from collections.abc import Hashable, Mapping
from typing import Any, TypeVar

from django.db.models import Exists, QuerySet

Key = TypeVar("Key", bound=Hashable)


def present(one: QuerySet, rows: Mapping[Key, QuerySet]) -> set[Key]:
    """各样里有的。`one` 是库里确有的一行（一项举措、一个方案），借它来问。"""
    asked: dict[str, Any] = {f"has_{n}": Exists(found) for n, found in enumerate(rows.values())}
    found = one.order_by().values(**asked).get()
    return {key for n, key in enumerate(rows) if found[f"has_{n}"]}
