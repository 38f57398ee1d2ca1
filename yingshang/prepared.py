"""备好的查询：页页都要问的几句（徽标、有没有），SQL 只编一次，以后换上编号直接问。

ORM 编一句带十来个子查询的 SQL 要十几毫秒，库里答它不到一毫秒。编的时候用占位的编号，记下它们在参数里的位置。
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet

# 占位的编号从这里数起：库里不会有这么大的，参数里认得出。
FIRST = 9_000_000_000_000
MOST = 1000  # 每天、每个部室各有几句；记满了从头记起
_KNOWN: dict[Hashable, "Known"] = {}


@dataclass(frozen=True)
class Known:
    """编好的一句：SQL，参数，占位的各在参数的第几个（→ 第几个编号）。"""

    sql: str
    params: tuple[Any, ...]
    places: tuple[tuple[int, int], ...]


def row(key: Hashable, build: Callable[..., QuerySet], *pks: int) -> tuple[Any, ...] | None:
    """`build(*pks)` 那句查询（只有 `values_list` 标注的几列）的头一行；没有为 None。

    `key` 说明问的是什么：除了各编号，那句 SQL 里凡是会变的（哪天、哪份方案、哪个部室）都要在内，`build` 自己不查库。
    """
    known = _KNOWN.get(key)
    if known is None:
        if len(_KNOWN) >= MOST:
            _KNOWN.clear()
        known = _KNOWN[key] = compiled(build, len(pks))
    params = list(known.params)
    for place, which in known.places:
        params[place] = pks[which]
    with connection.cursor() as cursor:
        cursor.execute(known.sql, params)
        return cursor.fetchone()


def compiled(build: Callable[..., QuerySet], many: int) -> Known:
    """编出这一句。"""
    stand_ins = range(FIRST, FIRST + many)
    sql, params = build(*stand_ins).query.sql_with_params()
    places = [(n, value - FIRST) for n, value in enumerate(params) if isinstance(value, int) and value in stand_ins]
    return Known(sql, tuple(params), tuple(places))
