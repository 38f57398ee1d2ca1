"""后台的举措：只看，可以导出。"""

from __future__ import annotations

from functools import partial
from typing import Any, cast

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from departments import organisation
from departments.admin import ReadOnlyAdmin
from departments.models import User
from yingshang import clock
from yingshang.tables.lists import ExportResource, SafeExportMixin

from ..figures.ledger import Ledger, current_period
from ..models import Measure, Plan
from ..models.measure import MeasureQuerySet
from ..papers.columns import COLUMNS, LedgerColumn, LedgerEntry, entries
from ..rules import permissions


class MeasureResource(ExportResource):
    """后台举措清单的导出：与台账同样的列，另加方案与退出情况。各方案按其最近一期判灯。"""

    class Meta:
        model = Measure
        name = "举措"
        fields = ()

    def __init__(self, **kwargs: Any) -> None:
        found: dict[int, LedgerEntry] = {}
        self.entries = found
        self.columns = {
            "方案": lambda measure: measure.plan.title,
            **{organisation.worded(c.label): partial(_cell, found, c) for c in COLUMNS},
            "退出于": lambda measure: measure.retired_in,
        }
        super().__init__(**kwargs)

    def before_export(self, queryset: MeasureQuerySet, **kwargs: Any) -> None:
        """各方案一次取齐判灯的事实。"""
        today = clock.today()
        for plan in Plan.objects.filter(pk__in=queryset.order_by().values("plan")):
            measures = Measure.objects.filter(pk__in=queryset.order_by().filter(plan=plan).values("pk"))
            ledger = Ledger(plan, current_period(plan, today), today, measures=measures)
            self.entries.update(
                (entry.measure.pk, entry) for entry in entries(ledger, ledger.lines, cast(User, self.user))
            )

    def filter_export(self, queryset: MeasureQuerySet, **kwargs: Any) -> MeasureQuerySet:
        return queryset.select_related("plan", "retired_in")


def _cell(found: dict[int, LedgerEntry], column: LedgerColumn, measure: Measure) -> Any:
    return column.value(found[measure.pk])


@admin.register(Measure)
class MeasureAdmin(SafeExportMixin, ReadOnlyAdmin):
    """“导入”按钮去前台的导入修订页：举措的文字只随方案修订而变。"""

    resource_classes = [MeasureResource]
    import_export_change_list_template = "admin/tasks/measure/change_list.html"
    list_display = ("number", "title", "kind", "kind_is_confirmed", "due_on", "retired_in")
    list_display_links = ("title",)
    list_filter = ("kind", "kind_is_confirmed", "plan")
    list_select_related = ("retired_in",)
    search_fields = ("number", "title", "text")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        extra = {"can_import_plan": permissions.can_import(request.user)}
        return super().changelist_view(request, {**(extra_context or {}), **extra})
