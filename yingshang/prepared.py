"""备好的查询：页页都要问的几句，怎样建、怎样编成 SQL 只做一次，以后换上编号直接问。

ORM 建一句、编一句要一到十几毫秒，库里答它不到一毫秒：一页的工夫有四成半花在这上面。
编的时候用占位的编号，记下它们在参数里的位置；取来的各行仍由 Django 自己排成对象（连同关联、标注）。

键说明问的是什么：除了换上的各值，那句 SQL 里凡是会变的（哪天、哪份方案、什么角色）都要在内；`build` 自己不查库。
少写了一样，问的就是别人的：`tests/yingshang/test_prepared.py` 换着人、日子、方案看各页，逐句与现编的比。
"""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import QuerySet, prefetch_related_objects
from django.db.models.sql import Query

# 占位的值从这里数起：库里不会有这么大的编号，也没有这样的文字，参数里认得出；整数列也还放得下。
FIRST = 2_000_000_000
MOST = 500  # 每天、每份方案各有几句，一句至多十来万字节；记满了从头记起
_KNOWN: dict[Hashable, "Known"] = {}
# 编的时候排好、取行的时候要看的：哪几列、哪几列是哪个对象的。
SHAPE = ("select", "klass_info", "annotation_col_map", "col_count", "has_extra_select")


@dataclass(frozen=True)
class Known:
    """编好的一句：SQL（一行也不会有的为空），参数，占位的各在参数的第几个（→ 第几个值）；取来的行怎样成对象。"""

    sql: str
    params: tuple[Any, ...] = ()
    places: tuple[tuple[int, int], ...] = ()
    shape: dict[str, Any] = field(default_factory=dict, compare=False)
    maker: Callable[[Any], Iterable[Any]] = field(default=iter, compare=False)
    along: tuple[Any, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Asked:
    """要问的一句，还没有建：可以接着说（排次序、连同什么），接着说的也记在键里。"""

    key: Hashable
    build: Callable[..., QuerySet]
    values: tuple[Any, ...] = ()

    def then(self, key: Hashable, more: Callable[[Any], QuerySet]) -> "Asked":
        return Asked((self.key, key), lambda *values: more(self.build(*values)), self.values)

    def rows(self) -> list[Any]:
        return rows(self.key, self.build, *self.values)


def row(key: Hashable, build: Callable[..., QuerySet], *values: int | str) -> Any | None:
    """头一行；没有为 None。"""
    return next(iter(rows(key, build, *values)), None)


def rows(key: Hashable, build: Callable[..., QuerySet], *values: int | str) -> list[Any]:
    """`build(*values)` 那句查询的各行：对象，或 `values_list` 的元组。`values` 是编号，或一段文字。"""
    known = find(key, build, values)
    if not known.sql or any(isinstance(value, int) and value >= FIRST for value in values):
        return []  # 网址里写的，再大也交不到库里：库里没有这样的编号
    params = list(known.params)
    for place, which in known.places:
        params[place] = values[which]
    connection = connections[DEFAULT_DB_ALIAS]
    # 记着的从不改动：每次另起一个编译器，装上编好的，用的是这个线程的连接。
    compiler: Any = connection.ops.compiler("SQLCompiler")(Query(None), connection, DEFAULT_DB_ALIAS)
    vars(compiler).update(known.shape, as_sql=lambda: (known.sql, params))
    query = SimpleNamespace(get_compiler=lambda using: compiler)
    found = list(known.maker(SimpleNamespace(db=DEFAULT_DB_ALIAS, query=query, _known_related_objects={})))
    prefetch_related_objects(found, *known.along)
    return found


def padded(pks: Iterable[int]) -> tuple[int, ...]:
    """一组编号，补足到 1、2、4、8……个（重复末一个）：几个编号就有几句，不补的话，多一行就要另编一句。"""
    found = tuple(pks)
    return found + found[-1:] * ((1 << (len(found) - 1).bit_length()) - len(found) if found else 0)


def find(key: Hashable, build: Callable[..., QuerySet], values: tuple[Any, ...]) -> Known:
    """记着的那一句；没有就编。"""
    key = (key, len(values))
    known = _KNOWN.get(key)
    if known is None:
        if len(_KNOWN) >= MOST:
            _KNOWN.clear()
        known = _KNOWN[key] = compiled(build, values)
    return known


def compiled(build: Callable[..., QuerySet], values: tuple[Any, ...]) -> Known:
    """编出这一句。"""
    stand_ins = [str(FIRST + n) if isinstance(value, str) else FIRST + n for n, value in enumerate(values)]
    asked: Any = build(*stand_ins)
    compiler = asked.query.get_compiler(using=DEFAULT_DB_ALIAS)
    try:
        sql, params = compiler.as_sql()
    except EmptyResultSet:
        return Known("")
    places = [(n, stand_ins.index(p)) for n, p in enumerate(params) if isinstance(p, int | str) and p in stand_ins]
    shape = {name: getattr(compiler, name) for name in SHAPE}
    return Known(sql, tuple(params), tuple(places), shape, asked._iterable_class, asked._prefetch_related_lookups)
