from django.apps import AppConfig


class DepartmentsConfig(AppConfig):
    name = "departments"
    verbose_name = "部室与人员"

    def ready(self):
        from . import checks  # noqa: F401
