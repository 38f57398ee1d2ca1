"""成批写：一批一句，不逐行造模型。"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import BooleanField, CharField, IntegerField, Model, TextField

BATCH = 500
_AS_IS = (BooleanField, CharField, IntegerField, TextField)
T = TypeVar("T")


def chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """SQLite 一条语句的变量有限，分批。"""
    return (items[i : i + BATCH] for i in range(0, len(items), BATCH))


def _prepares(field: Any) -> Callable[..., Any] | None:
    """这一栏的值怎样变成库里存的；文字、整数、真假、关联的编号照写，不必逐格问。"""
    return None if field.is_relation or isinstance(field, _AS_IS) else field.get_db_prep_save


def insert(model: type[Model], rows: Sequence[Mapping[str, Any]], **same: Any) -> None:
    """成批写新行：`rows` 是各行不同的（字段 → 值，关联的写编号），`same` 是各行相同的，没有说的照模型的默认值。

    一批一句，不逐行造模型、逐格问怎么存：万行时 bulk_create 的时间大半花在那上面。
    """
    if not rows:
        return
    db = connections[DEFAULT_DB_ALIAS]
    varying: list[Any] = [model._meta.get_field(name) for name in rows[0]]
    fixed = [f for f in model._meta.concrete_fields if f not in varying and not f.primary_key]
    base = model(**same)
    constants = [f.get_db_prep_save(getattr(base, f.attname), db) for f in fixed]
    stored = [(f.name, _prepares(f)) for f in varying]
    columns = ", ".join(db.ops.quote_name(f.column) for f in (*fixed, *varying))
    marks = f"({', '.join(['%s'] * (len(fixed) + len(varying)))})"
    head = f"INSERT INTO {db.ops.quote_name(model._meta.db_table)} ({columns}) VALUES "  # noqa: S608  # 表名、列名都取自模型
    with db.cursor() as cursor:
        for part in chunks(rows):
            values = []
            for row in part:
                values += constants
                values += [row[name] if prepare is None else prepare(row[name], db) for name, prepare in stored]
            cursor.execute(head + ", ".join([marks] * len(part)), values)


def update(model: type[Model], rows: Mapping[int, Mapping[str, Any]]) -> None:
    """成批改写已有的行：`rows` 是编号 → 要改的各栏（字段 → 值，关联的写编号），各行说的是同样的几栏。

    一批一句，只写说到的几栏；bulk_update 的 CASE WHEN 在万行时慢一个数量级，“有则更新”要把整行重写。
    """
    if not rows:
        return
    db = connections[DEFAULT_DB_ALIAS]
    key: Any = model._meta.pk
    fields: list[Any] = [key, *(model._meta.get_field(name) for name in next(iter(rows.values())))]
    quote = db.ops.quote_name
    # PostgreSQL 不从几行值里猜类型（全是空的一栏当是文字），写明，不带长度（带了就一声不响地截短）；SQLite 照存，写明反而会改。
    kinds = {f: f"::{f.db_type(db).partition('(')[0]}" if db.vendor == "postgresql" else "" for f in fields}
    columns = ", ".join(f"{quote(f.column)} = new.column{n}{kinds[f]}" for n, f in enumerate(fields[1:], start=2))
    table, marks = quote(model._meta.db_table), f"({', '.join(['%s'] * len(fields))})"
    head = f"UPDATE {table} SET {columns} FROM (VALUES "  # noqa: S608  # 表名、列名都取自模型
    tail = f") AS new WHERE {table}.{quote(key.column)} = new.column1"
    stored = [(f.name, _prepares(f)) for f in fields[1:]]
    with db.cursor() as cursor:
        for part in chunks(list(rows)):
            values: list[Any] = []
            for pk in part:
                row = rows[pk]
                values.append(pk)
                values += [row[name] if prepare is None else prepare(row[name], db) for name, prepare in stored]
            cursor.execute(head + ", ".join([marks] * len(part)) + tail, values)
