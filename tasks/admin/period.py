"""后台的报送期：只看。"""

from django.contrib import admin

from departments.admin import ReadOnlyAdmin

from ..models import ReportingPeriod


@admin.register(ReportingPeriod)
class ReportingPeriodAdmin(ReadOnlyAdmin):
    list_display = ("name", "status", "starts_on", "ends_on", "due_on", "original_due_on")
    list_filter = ("status", "plan")
