"""成批写：一批一句，不逐行造模型。"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model

BATCH = 500
T = TypeVar("T")


def chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """SQLite 一条语句的变量有限，分批。"""
    return (items[i : i + BATCH] for i in range(0, len(items), BATCH))


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
    stored = [(f.name, None if f.is_relation else f.get_db_prep_save) for f in varying]
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
