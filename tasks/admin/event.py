"""后台的操作记录：只看。"""

from django.contrib import admin

from departments.admin import ReadOnlyAdmin

from ..models import Event


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ("at", "label", "by", "measure", "department", "period")
    list_display_links = ("label",)
    list_filter = ("label", "department")
    list_select_related = ("by", "measure", "department", "period")
    search_fields = ("label", "note", "by__name")
