"""后台的放假与调休：每年公布以后导入一张表（日期、节日、上班），也可以逐天改。"""

import datetime as dt
from typing import Any

from django.contrib import admin

from departments.admin import KeepAdmin
from yingshang.tables.lists import Row, StrictImportExportMixin, StrictMeta, StrictResource, Text, YesNo, column

from ..models import Holiday
from .recorded import Recorded


class Day(Text):
    """一天：2024-02-10。"""

    def clean(self, value: Any, row: Row | None = None, **kwargs: Any) -> dt.date:
        text = super().clean(value, row, **kwargs)
        try:
            return dt.date.fromisoformat(text[:10])
        except ValueError as error:
            raise ValueError(f"“{text}”不是日期，请写成 2024-02-10 这样。") from error


class HolidayResource(StrictResource):
    """放假与调休：一天一行，只增改、不删除。"""

    day = column("day", "日期", Day())
    name = column("name", "节日")
    is_workday = column("is_workday", "上班", YesNo())

    class Meta(StrictMeta):
        model = Holiday
        name = "放假与调休"
        import_id_fields = ["day"]
        fields = ["day", "name", "is_workday"]


@admin.register(Holiday)
class HolidayAdmin(StrictImportExportMixin, Recorded, KeepAdmin):
    resource_classes = [HolidayResource]
    list_display = ("day", "name", "is_workday")
    date_hierarchy = "day"
