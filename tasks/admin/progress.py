"""后台的进展报送：只看，可以导出。"""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from departments import organisation
from departments.admin import ReadOnlyAdmin
from departments.models import Department, User
from yingshang.tables.lists import ExportResource, SafeExportMixin

from ..models import Measure, Progress
from ..models.progress import ProgressQuerySet
from ..papers.columns import _percent


class ProgressResource(ExportResource):
    """进展报送的导出：只有导出的人看得到的那些。"""

    columns = {
        "报送期": lambda p: p.period.name,
        "序号": lambda p: p.assignment.measure.number,
        "举措名称": lambda p: p.assignment.measure.title,
        "部室": lambda p: p.assignment.department.name,
        "报送状态": lambda p: p.get_status_display(),
        "目前状态": lambda p: p.get_stage_display() if not p.is_untouched else "",
        "完成进度": lambda p: _percent(p.percent),
        "完成值": lambda p: "；".join(map(str, p.values.all())),
        "本期进展": lambda p: p.text,
        "存在问题": lambda p: p.problems,
        "需协调事项": lambda p: p.coordination,
        "下步打算": lambda p: p.next_steps,
        "报送人": lambda p: p.submitted_by,
        "首次报送时间": lambda p: _moment(p.first_submitted_at),
        "审核人": lambda p: p.reviewed_by,
        "审核时间": lambda p: _moment(p.reviewed_at),
        "退回意见": lambda p: p.return_reason,
        "退回次数": lambda p: p.times_returned,
        "自审": lambda p: "是" if p.is_self_review else "",
    }

    class Meta:
        model = Progress
        name = "进展报送"
        fields = ()

    def __init__(self, **kwargs: Any) -> None:
        self.columns = {organisation.worded(label): value for label, value in type(self).columns.items()}
        super().__init__(**kwargs)

    def filter_export(self, queryset: ProgressQuerySet, **kwargs: Any) -> ProgressQuerySet:
        related = ("period", "assignment__measure", "assignment__department", "submitted_by", "reviewed_by")
        return queryset.visible_to(cast(User, self.user)).select_related(*related).prefetch_related("values__target")


@admin.register(Progress)
class ProgressAdmin(SafeExportMixin, ReadOnlyAdmin):
    resource_classes = [ProgressResource]
    list_display = ("measure", "department", "period", "status", "percent", "submitted_at", "reviewed_by")
    list_filter = ("status", "period", "assignment__department")
    list_select_related = ("assignment__measure", "assignment__department", "period", "reviewed_by")
    search_fields = ("assignment__measure__number", "assignment__measure__title")

    @admin.display(description="举措", ordering="assignment__measure__position")
    def measure(self, progress: Progress) -> Measure:
        return progress.assignment.measure

    @admin.display(description=organisation.later("部室"), ordering="assignment__department__order")
    def department(self, progress: Progress) -> Department:
        return progress.assignment.department

    def get_queryset(self, request: HttpRequest) -> ProgressQuerySet:
        """部室的草稿不外传，后台也一样。"""
        return cast(ProgressQuerySet, super().get_queryset(request)).visible_to(request.user)


def _moment(moment: dt.datetime | None) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}" if moment else ""
