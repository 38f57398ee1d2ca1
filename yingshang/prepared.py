"""备好的查询：页页都要问的几句，怎样建、怎样编成 SQL 只做一次，以后换上编号直接问。

ORM 建一句、编一句要一到十几毫秒，库里答它不到一毫秒：一页的工夫有四成半花在这上面。
编的时候用占位的编号，记下它们在参数里的位置；取来的各行仍由 Django 自己排成对象（连同关联、标注）。
PostgreSQL 那一头也一样：读懂一句、定下怎样取，比取还费事，所以同一个连接上第二次起只交名字与编号（PREPARE、EXECUTE）。

键说明问的是什么：除了换上的各值，那句 SQL 里凡是会变的（哪天、哪份方案、什么角色）都要在内；`build` 自己不查库。
少写了一样，问的就是别人的：`tests/yingshang/test_prepared.py` 换着人、日子、方案看各页，逐句与现编的比。
"""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from itertools import count
from types import SimpleNamespace
from typing import Any
from weakref import WeakKeyDictionary

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import QuerySet, prefetch_related_objects
from django.db.models.sql import Query

from . import replica

# 占位的值从这里数起：库里不会有这么大的编号，也没有这样的文字，参数里认得出；整数列也还放得下。
FIRST = 2_000_000_000
MOST = 500  # 每天、每份方案各有几句，一句至多十来万字节；记满了从头记起
_KNOWN: dict[Hashable, "Known"] = {}
_NUMBERS = count(1)
# 一个连接（PostgreSQL）上问过哪几句：编号 → 在那一头备好了没有。连接断了，那一头的也没有了。
_ASKED: WeakKeyDictionary[Any, dict[int, bool]] = WeakKeyDictionary()
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
    number: int = field(default_factory=_NUMBERS.__next__, compare=False)

    def asked(self, values: tuple[Any, ...]) -> tuple[str, list[Any]]:
        """换上各值：（SQL，参数）。"""
        params = list(self.params)
        for place, which in self.places:
            params[place] = values[which]
        return self.sql, params


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
    alias = replica.alias()
    connection = connections[alias]
    asked = by_name(connection, known, values) if connection.vendor == "postgresql" else known.asked(values)
    # 记着的从不改动：每次另起一个编译器，装上编好的，用的是这个线程的连接。
    compiler: Any = connection.ops.compiler("SQLCompiler")(Query(None), connection, alias)
    vars(compiler).update(known.shape, as_sql=lambda: asked)
    # 各列取来以后怎样换算：列定了也就定了，不必问一次列一次。换算的函数认得连接，所以跟着连接存。
    kept = vars(connection).setdefault("known_converters", {})
    if known.number not in kept:
        if len(kept) >= MOST:
            kept.clear()
        kept[known.number] = compiler.get_converters([column[0] for column in compiler.select[: compiler.col_count]])
    compiler.get_converters = lambda columns: kept[known.number]
    query = SimpleNamespace(get_compiler=lambda using: compiler)
    found = list(known.maker(SimpleNamespace(db=alias, query=query, _known_related_objects={})))
    prefetch_related_objects(found, *known.along)
    return found


def by_name(connection: Any, known: Known, values: tuple[Any, ...]) -> tuple[str, list[Any]]:
    """PostgreSQL：这个连接上头一次问，照原样问（多半只问这一次）；第二次先备好，从此只交名字与各值。

    不变的参数写在句子里，规划时看得到它们；各值留着位置，整数一律当 bigint，与各种整数列都比得。
    """
    with connection.cursor() as cursor, connection.wrap_database_errors:  # 先问一声还通不通，断了的已经另开
        there = _ASKED.setdefault(connection.connection, {})
        if known.number not in there:
            if len(there) >= MOST:
                cursor.cursor.execute("DEALLOCATE ALL")
                there.clear()
            there[known.number] = False
            return known.asked(values)
        name = f"known_{known.number}"
        if not there[known.number]:
            kinds = ["text" if isinstance(value, str) else "bigint" for value in values]
            place = connection.Database.extensions.AsIs
            sql, params = known.asked(tuple(place(f"${n}") for n, _ in enumerate(values, 1)))
            cursor.cursor.execute(f"PREPARE {name}{_listed(kinds)} AS {sql}", params)
            there[known.number] = True
    return f"EXECUTE {name}{_listed(['%s'] * len(values))}", list(values)


def _listed(words: list[str]) -> str:
    """写在名字后面的括号里；一样也没有的不写括号。"""
    return f" ({', '.join(words)})" if words else ""


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
