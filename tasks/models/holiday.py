"""放假与调休：哪一天放假、哪个周末上班。没有写到的，周六、周日休息，其余上班。"""

import datetime as dt
from collections.abc import Iterable

from django.db import models

from .fields import BoundedDateField, date_constraint


class HolidayQuerySet(models.QuerySet["Holiday"]):
    def marked(self, days: Iterable[dt.date] | None = None) -> dict[dt.date, tuple[str, bool]]:
        """日子 →（节日，上不上班）；不指明的是写到的全部。没有公布的年份一天也没有。"""
        rows = self if days is None else self.filter(day__in=set(days))
        return {day: (name, works) for day, name, works in rows.values_list("day", "name", "is_workday")}


class Holiday(models.Model):
    """国务院办公厅每年公布的一天：放假，或因调休上班。"""

    day = BoundedDateField("日期", primary_key=True)
    name = models.CharField("节日", max_length=20)
    is_workday = models.BooleanField("上班（调休）", default=False)

    objects = HolidayQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "放假与调休"
        ordering = ["day"]
        constraints = [date_constraint("holiday_dates", "day")]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {self.name}{'上班' if self.is_workday else '放假'}"
