"""后台：判灯阈值与序时起止可改；举措、报送、报送期、操作记录只看。"""

from django.contrib import admin

from departments.admin import KeepAdmin, ReadOnlyAdmin
from yingshang.tables.lists import SafeExportMixin

from .accounts import Recorded
from .models import Event, Measure, Plan, Progress, ReportingPeriod
from .resources import MeasureResource, ProgressResource
from .rules import permissions

SETTINGS = ("starts_on", "ends_on", "yellow_gap", "red_gap", "soon_days", "due_day")
TEXTS = ("title", "document_number", "issuer", "issued_on", "year", "is_current")


@admin.register(Plan)
class PlanAdmin(Recorded, KeepAdmin):
    """方案的文字只随修订而变，这里只改判灯与报送的几个数。"""

    list_display = ("title", "document_number", "year", "is_current")
    readonly_fields = TEXTS
    fieldsets = (
        ("方案（只随修订而变，全文见前台“方案”页）", {"fields": TEXTS}),
        (
            "设置",
            {
                "fields": SETTINGS,
                "description": "方案没有规定灯与截止日，由办公室定。改动后，未关闭的各期立即按新的判灯。",
            },
        ),
    )

    def has_add_permission(self, request):
        return False


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

    def changelist_view(self, request, extra_context=None):
        extra = {"can_import_plan": permissions.can_import(request.user)}
        return super().changelist_view(request, {**(extra_context or {}), **extra})


@admin.register(ReportingPeriod)
class ReportingPeriodAdmin(ReadOnlyAdmin):
    list_display = ("name", "status", "starts_on", "ends_on", "due_on", "original_due_on")
    list_filter = ("status", "plan")


@admin.register(Progress)
class ProgressAdmin(SafeExportMixin, ReadOnlyAdmin):
    resource_classes = [ProgressResource]
    list_display = ("measure", "department", "period", "status", "percent", "submitted_at", "reviewed_by")
    list_filter = ("status", "period", "assignment__department")
    list_select_related = ("assignment__measure", "assignment__department", "period", "reviewed_by")
    search_fields = ("assignment__measure__number", "assignment__measure__title")

    @admin.display(description="举措", ordering="assignment__measure__position")
    def measure(self, progress):
        return progress.assignment.measure

    @admin.display(description="部室", ordering="assignment__department__order")
    def department(self, progress):
        return progress.assignment.department

    def get_queryset(self, request):
        """部室的草稿不外传，后台也一样。"""
        return super().get_queryset(request).visible_to(request.user)


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ("at", "label", "by", "measure", "department", "period")
    list_display_links = ("label",)
    list_filter = ("label", "department")
    list_select_related = ("by", "measure", "department", "period")
    search_fields = ("label", "note", "by__name")
