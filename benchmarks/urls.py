"""量页面用的网址总表：正式的全部，另加两样对照：现成的一页，和原样的 Django 后台。只有 benchmarks/visiting.py 用它。"""

from types import SimpleNamespace
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.views.decorators.http import require_http_methods
from import_export import fields, resources, widgets
from import_export.admin import ImportExportModelAdmin
from import_export.formats.base_formats import XLSX

from departments.models import Department, Leader
from tasks.models import Assignment, Measure, MeasureLeader, Problem, Progress, Target
from tasks.pages import navigation
from yingshang.urls import urlpatterns as own

# 现成的那一页答什么：量完一页，把它答的放进来。
READY = SimpleNamespace(content=b"", content_type="text/html; charset=utf-8")
PAGE = 50


@require_http_methods(["GET", "POST"])
def ready(request: HttpRequest) -> HttpResponse:
    """登录了的人要的字节，一个也不用算；交表单的转走。"""
    if request.method == "POST":
        return HttpResponseRedirect("/")
    return HttpResponse(READY.content, content_type=READY.content_type)


def page(request: HttpRequest) -> dict[str, Any]:
    """本系统的上下文处理器；原样的后台不带我们的导航与徽标，免得算在它头上。"""
    return {} if request.path.startswith("/stock/") else navigation.page(request)


# ── 原样的后台：照说明书登记，每页同样多行 ──


class MeasureResource(resources.ModelResource):
    leaders = fields.Field("leaders", "牵头领导", widget=widgets.ManyToManyWidget(Leader, "、", "name"))
    departments = fields.Field("departments", "牵头部室")

    class Meta:
        model = Measure
        fields = ["number", "title", "text", "leaders", "departments", "deadline", "due_on", "kind"]

    def dehydrate_departments(self, measure: Measure) -> str:
        return "、".join(part.department.name for part in measure.assignments.all())

    def filter_export(self, queryset: Any, **kwargs: Any) -> Any:
        return queryset.prefetch_related("leaders", "assignments__department")


class Inline(admin.TabularInline):
    extra = 0


class AssignmentInline(Inline):
    model = Assignment
    raw_id_fields = ["ended_in"]


class TargetInline(Inline):
    model = Target
    raw_id_fields = ["department"]


class LeaderInline(Inline):
    model = MeasureLeader


class StockAdmin(ImportExportModelAdmin):
    list_per_page = PAGE
    skip_export_form = True
    formats = [XLSX]


class MeasureAdmin(StockAdmin):
    resource_classes = [MeasureResource]
    list_display = ["number", "title", "kind", "deadline", "due_on"]
    list_filter = ["kind", "leaders", "assignments__department"]
    search_fields = ["number", "title", "text"]
    raw_id_fields = ["plan", "retired_in"]
    inlines = [AssignmentInline, TargetInline, LeaderInline]


class ProgressAdmin(StockAdmin):
    list_display = ["assignment", "period", "status", "stage", "percent", "submitted_at", "reviewed_at"]
    list_filter = ["status", "period", "assignment__department"]
    list_select_related = ["assignment__measure", "assignment__department", "period"]
    search_fields = ["assignment__measure__title", "text"]
    raw_id_fields = ["assignment", "period"]


class ProblemAdmin(StockAdmin):
    list_display = ["number", "title", "category", "level", "department", "due_on", "status"]
    list_filter = ["status", "category", "level", "department"]
    list_select_related = ["department"]


stock = admin.AdminSite("stock")
stock.register(Measure, MeasureAdmin)
stock.register(Progress, ProgressAdmin)
stock.register(Problem, ProblemAdmin)
stock.register(Department)

urlpatterns = [path("ready/", ready), path("stock/", stock.urls), *own]
