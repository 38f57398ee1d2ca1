"""取现行方案的项次与它名下的申请：填报人只取得到本部室的，别部室的一律 404；不合角色的 403。"""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from departments.models import User
from departments.requests import SignedIn

from ..models import Assignment, CompletionRequest, Extension
from ..rules import permissions


def find_part(
    request: SignedIn, number: str, pk: int, rule: Callable[[User, Assignment], bool] = permissions.can_report
) -> Assignment:
    """第几项的一个现行的项次，这个人按 `rule` 可以动它。"""
    rows = Assignment.objects.of_current_plan().visible_to(request.user).in_force().filter(measure__number=number)
    rows = rows.select_related("measure__plan", "measure__retired_in", "measure__summary_department", "department")
    found = get_object_or_404(_mine(request, rows, "department"), pk=pk)
    if not rule(request.user, found):
        raise PermissionDenied
    return found


def find_mine(request: SignedIn, model: type[Extension] | type[CompletionRequest], pk: int) -> Any:
    """项次名下的一份申请（延期、办结）。"""
    rows = (
        model.objects.of_current_plan()
        .visible_to(request.user)
        .select_related("assignment__measure", "assignment__department")
    )
    return get_object_or_404(_mine(request, rows, "assignment__department"), pk=pk)


def _mine(request: SignedIn, rows: QuerySet, path: str) -> QuerySet:
    return rows.filter(**{path: request.user.serving_id}) if permissions.can_fill_in(request.user) else rows
