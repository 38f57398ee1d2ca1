from django.apps import AppConfig
from django.contrib.admin import apps as admin
from django.utils.functional import lazy

from yingshang import sentences  # noqa: F401  # 字段、表单自带的话换成我们的：要在各模型、表单载入以前


def _name() -> str:
    """后台里这个应用的名称，照单位的统称。"""
    from . import organisation

    return organisation.worded("部室与人员")


class DepartmentsConfig(AppConfig):
    name = "departments"
    verbose_name = lazy(_name, str)()

    def ready(self) -> None:
        from yingshang import checks as site_checks  # noqa: F401
        from yingshang import health

        from . import checks  # noqa: F401
        from .trail import position

        health.HEADS["security"] = position


class BackOfficeConfig(admin.AdminConfig):
    """Django 的后台，登录口与改密码页用我们的。"""

    default = False  # 本模块的应用是上面那个
    default_site = "departments.backoffice.BackOffice"
