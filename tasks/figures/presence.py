"""有没有：一页要的几样不是样样都有，一次查询问清有哪几样，没有的就不去取；顺便问的一两个值也在这一次里。"""

from collections.abc import Callable, Hashable, Mapping
from itertools import repeat
from typing import Any, TypeVar

from django.db.models import Exists, Func, IntegerField, Model, QuerySet

from yingshang import prepared


class Size(Func):
    """有几行。不用聚合的 Count：它会按别的列分组，没有行时得空值而不是零。"""

    function = "COUNT"
    output_field = IntegerField()


Key = TypeVar("Key", bound=Hashable)
Rows = Callable[..., QuerySet]
Column = Callable[..., Any]  # 从编号到一列：有没有、子查询的一个值


def on(model: type[Model], path: str, which: int | None = None) -> Rows:
    """这张表里、从 `path` 走到那几行（只看第 `which` 个编号的那一行）的。"""
    return lambda *pks: model._default_manager.filter(**{f"{path}__in": pks if which is None else (pks[which],)})


def present(asking: Hashable, one: Rows, rows: Mapping[Key, Rows], *pks: int) -> set[Key]:
    """各样里有的。`one(*pks)` 是库里确有的一行（一项举措、一个方案），借它来问；`rows` 各是一样 → 怎样从编号取它。

    `asking` 说明是哪一处、照什么问（见 prepared.row 的 key）。
    """
    there = answers(asking, one, {key: there_is(found) for key, found in rows.items()}, *pks)
    return {key for key, is_there in there.items() if is_there}


def there_is(rows: Rows) -> Column:
    """有没有这样的行。"""
    return lambda *pks: Exists(rows(*pks))


def answers(asking: Hashable, one: Rows, columns: Mapping[Key, Column], *pks: int) -> dict[Key, Any]:
    """各样的值：余同 `present`。借来问的那一行刚被别人收走的，都答 None，由动词去说它不在了。"""

    def build(*pks: int) -> QuerySet:
        return one(*pks).order_by().values_list(*(column(*pks) for column in columns.values()))

    found = prepared.row((asking, *columns), build, *pks)
    return dict(zip(columns, found or repeat(None), strict=False))
