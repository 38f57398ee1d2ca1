"""部署检查（manage.py check --deploy）：库里有没有演示账户，设置里的地址、角色写得对不对。"""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.db import Error, connection

from .addresses import UNIX, network
from .models import Role, User


@checks.register(checks.Tags.security)
def proxies_are_readable(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """TRUSTED_PROXY 里写错的逐个点名：认不出代理，所有人就算同一个地址。"""
    wrong = [entry for entry in settings.TRUSTED_PROXY if not _is_readable(entry)]
    hint = "每一项写一个地址、一个网段（主机位为 0），或 unix，逗号分隔。"
    return [checks.Error(f"TRUSTED_PROXY 里的“{entry}”读不懂。", hint=hint, id="departments.E002") for entry in wrong]


@checks.register(checks.Tags.security)
def roles_exist(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """SECOND_FACTOR_ROLES 里写错的逐个点名：写错了，那些人登录就没有第二步。"""
    hint = f"能写的：{'、'.join(f'{role.value}（{role.label}）' for role in Role)}，逗号分隔。"
    wrong = [name for name in settings.SECOND_FACTOR_ROLES if name not in Role.values]
    return [
        checks.Error(f"SECOND_FACTOR_ROLES 里的“{name}”不是一种角色。", hint=hint, id="departments.E003")
        for name in wrong
    ]


def _is_readable(entry: str) -> bool:
    try:
        return entry == UNIX or bool(network(entry))
    except ValueError:
        return False


@checks.register(checks.Tags.security, deploy=True)
def no_demo_accounts(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """在用的演示账户逐个点名，列为错误：密码是公开的，正式的库里不该有。

    还没有建表的库里没有账户；连不上库的只说明没有核对，不妨碍其余的检查。
    """
    try:
        if User._meta.db_table not in connection.introspection.table_names():
            return []
        names = list(User.objects.filter(is_demo=True, is_active=True).values_list("username", flat=True))
    except Error as error:
        return [checks.Info(f"没有核对库里有没有演示账户：{error}", id="departments.I001")]
    if not names:
        return []
    return [
        checks.Error(
            f"库里有 {len(names)} 个演示账户（密码公开）：{'、'.join(names)}。",
            hint="请换一个没有演示数据的库（DATA_DIR 或 DATABASE_URL）；确要用这个库的，先停用这些账户。",
            id="departments.E001",
        )
    ]
