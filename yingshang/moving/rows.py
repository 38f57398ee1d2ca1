"""全部的表、全部的行，取出来、原样放进另一个库：编号、时刻（到微秒）、每一格都不变，两种库之间也一样。"""

from collections.abc import Iterable, Iterator
from itertools import islice
from types import SimpleNamespace
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.management.color import no_style
from django.db import connections, models, transaction
from django.db.models import Field, Model
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from yingshang.backups import contents
from yingshang.backups.contents import Contents
from yingshang.refusals import Refused

# 谁登录着、谁的手机上是哪个密钥，连同指着它们的：不是事实，换了库重新登录、重新绑就是；密钥不出库。
LEFT_OUT: set[type[Model]] = {Session, StaticDevice, TOTPDevice}
# migrate 自己会写的几张表：照搬以前先清掉，编号才与别处引用的相符。
MADE_BY_MIGRATE = {"django_content_type", "auth_permission", "tasks_holiday"}


def tables() -> list[type[Model]]:
    """要搬的各张表，连同多对多的中间表；按表名排。"""
    found = [m for m in apps.get_models(include_auto_created=True) if m._meta.managed and not m._meta.proxy]
    return sorted((m for m in found if not _is_left_out(m)), key=lambda model: model._meta.db_table)


def _is_left_out(model: type[Model]) -> bool:
    return model in LEFT_OUT or any(field.related_model in LEFT_OUT for field in fields(model))


def fields(model: type[Model]) -> list[Field]:
    """一张表的各列。"""
    return [field for field in model._meta.local_concrete_fields if not field.generated]


def read(model: type[Model], using: str) -> Iterator[tuple]:
    """一张表的各行，按编号；一列一值，是 Python 的值。"""
    names = [field.attname for field in fields(model)]
    rows = model._base_manager.using(using).order_by("pk").values_list(*names)
    return rows.iterator(chunk_size=500)


def write(model: type[Model], rows: Iterable[tuple], using: str) -> None:
    """照原样写进一张表：编号不变，不另取时间，不重存文件。"""
    columns, waiting = fields(model), iter(rows)
    names = [field.attname for field in columns]
    size = min(500, connections[using].ops.bulk_batch_size(columns, [None] * 500))
    while batch := list(islice(waiting, size)):
        made = [model(**dict(zip(names, row, strict=True))) for row in batch]
        model._base_manager._insert(made, fields=columns, using=using, raw=True)  # type: ignore[attr-defined]


def filled(using: str) -> list[str]:
    """库里已经有行的表：空的安装里没有。"""
    return [
        str(model._meta.verbose_name)
        for model in tables()
        if model._meta.db_table not in MADE_BY_MIGRATE and model._base_manager.using(using).exists()
    ]


def count(using: str) -> Contents:
    """各表的行数与摘要；两种库里同样的内容，摘要相同。"""
    return {model._meta.db_table: contents.digest(read(model, using)) for model in tables()}


def fill(using: str, rows_of: Any, wanted: Contents) -> None:
    """把各表的行放进一个空的库，与 `wanted` 逐表核对；一处不同就抛 Refused，一行也不留下。

    `rows_of(model)` 给出一张表的各行。
    """
    if there := filled(using):
        raise Refused(
            f"要放进去的库不是空的，已有：{'、'.join(there[:6])}。请另建一个空库，只运行 migrate，不要载入方案、建账户。"
        )
    with transaction.atomic(using=using):
        for model in reversed(tables()):
            if model._meta.db_table in MADE_BY_MIGRATE:
                model._base_manager.using(using).all()._raw_delete(using)
        for model in tables():
            write(model, rows_of(model), using)
        _restart_numbers(using)
        connections[using].check_constraints()
        if wrong := contents.differences(wanted, count(using)):
            raise Refused("放进去的与原来的不同，已全部退回：" + "；".join(wrong[:5]))
    ContentType.objects.clear_cache()


def _restart_numbers(using: str) -> None:
    """以后新的编号接着最大的往下编。"""
    statements = connections[using].ops.sequence_reset_sql(no_style(), tables())
    with connections[using].cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def to_json(value: Any, field: Field) -> Any:
    """一格写成 JSON。"""
    if value is None or isinstance(value, (bool, int, str)) or isinstance(field, models.JSONField):
        return value
    holder = SimpleNamespace(**{field.attname: value})  # `value_to_string` 要的是一个带着这一格的对象
    return field.value_to_string(holder)  # type: ignore[arg-type]


def from_json(value: Any, field: Field) -> Any:
    """JSON 的一格读回来。"""
    return value if value is None or isinstance(field, models.JSONField) else field.to_python(value)
