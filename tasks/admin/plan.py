"""后台的方案：判灯阈值与序时起止可改。"""

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest

from departments.admin import KeepAdmin, SeenForm

from .. import workflow
from ..models import Plan
from .recorded import Recorded

SETTINGS = ("starts_on", "ends_on", "yellow_gap", "red_gap", "soon_days", "due_day")
TEXTS = ("title", "document_number", "issuer", "issued_on", "year", "is_current")


@admin.register(Plan)
class PlanAdmin(Recorded, KeepAdmin):
    """方案的文字只随修订而变，这里只改判灯与报送的几个数。"""

    form = SeenForm
    list_display = ("title", "document_number", "year", "is_current")
    readonly_fields = TEXTS
    fieldsets = (
        ("方案（只随修订而变，全文见前台“方案”页）", {"fields": (*TEXTS, "seen")}),
        (
            "设置",
            {
                "fields": SETTINGS,
                "description": "方案没有规定灯与截止日，由办公室定。改动后，未关闭的各期立即按新的判灯。",
            },
        ),
    )

    def save_model(self, request: HttpRequest, obj: Plan, form: Any, change: bool) -> None:
        """改了阈值、序时起止的，未关闭的各期立即照新的重判。"""
        with transaction.atomic():
            workflow.steps.lock_measures(workflow.steps.lock_plan(obj.pk))
            super().save_model(request, obj, form, change)
            workflow.rejudge_plan(obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
