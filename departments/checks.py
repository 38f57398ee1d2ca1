"""部署检查（manage.py check --deploy）：库里有没有演示账户，设置里的地址、角色写得对不对。"""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.db import Error, connection

from . import single_sign_on
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
    """SECOND_FACTOR_ROLES、SINGLE_SIGN_ON_ROLES 里写错的逐个点名：写错了，那些人登录就没有第二步、没有那道门。"""
    hint = f"能写的：{'、'.join(f'{role.value}（{role.label}）' for role in Role)}，逗号分隔。"
    return [
        checks.Error(f"{setting} 里的“{name}”不是一种角色。", hint=hint, id="departments.E003")
        for setting in ("SECOND_FACTOR_ROLES", "SINGLE_SIGN_ON_ROLES")
        for name in getattr(settings, setting)
        if name not in Role.values
    ]


@checks.register(checks.Tags.security)
def single_sign_on_is_whole(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """开了统一认证的，要写的都写了；没有写全的当没有开，登录页上没有那个按钮。"""
    if not settings.SINGLE_SIGN_ON_ROLES:
        return []
    hint = "照认证系统的 <签发者>/.well-known/openid-configuration 里写的填，见 docs/部署.md。"
    found: list[checks.CheckMessage] = [
        checks.Error(f"要用统一认证（SINGLE_SIGN_ON_ROLES），还没有写 {name}。", hint=hint, id="departments.E004")
        for name in single_sign_on.missing()
    ]
    for name, known in (single_sign_on.NEEDED | single_sign_on.OPTIONAL).items():
        if settings.HTTPS and name.endswith(("_URL", "_ISSUER")) and getattr(settings, known).startswith("http://"):
            said = f"{name} 不是 https：路上的人能改认证系统的答复。"
            found.append(checks.Error(said, hint="写 https 的网址。", id="departments.E005"))
    if settings.OIDC_RP_SIGN_ALGO not in single_sign_on.ALGORITHMS:
        said = f"OIDC_ALGORITHM 写的“{settings.OIDC_RP_SIGN_ALGO}”不收。"
        found.append(
            checks.Error(said, hint=f"写 {'、'.join(single_sign_on.ALGORITHMS)} 之一。", id="departments.E006")
        )
    return found


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
