from django.apps import AppConfig
from django.contrib.admin import apps as admin


class DepartmentsConfig(AppConfig):
    name = "departments"
    verbose_name = "部室与人员"

    def ready(self) -> None:
        from yingshang import checks as site_checks  # noqa: F401

        from . import checks  # noqa: F401


class BackOfficeConfig(admin.AdminConfig):
    """Django 的后台，登录口与改密码页用我们的。"""

    default = False  # 本模块的应用是上面那个
    default_site = "departments.backoffice.BackOffice"
