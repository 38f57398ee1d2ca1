"""视图的门：不合角色的一律 403。规则在 permissions，这里只把它接到视图上。"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeAlias

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from departments.requests import Anyone, SignedIn

from ..models.plan import archived_at_hand
from ..rules import permissions

View: TypeAlias = Callable[..., HttpResponseBase]


def allowed(rule: Callable[[Anyone], bool]) -> Callable[[View], View]:
    """只让 `rule(user)` 为真的人进。"""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: SignedIn, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not rule(request.user):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


# 审计员能开的几页：记录，与自己的账户。别的页面不因为他进得来就给他看。
FOR_AUDITORS = {
    "home", "event_list", "audit_list", "audit_export", "audit_mine", "me", "me_elsewhere", "password_change",
    "password_change_done", "second_factor", "help", "help_relief",
}  # fmt: skip


class EnterMiddleware:
    """登录以后的各页只让进得来的人进；角色没有规则提到的，除了退出，一律 403。"""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view_func: Callable[..., Any], args: Any, kwargs: Any) -> None:
        """不用登录的页面（`login_not_required`）谁都一样，不在内。"""
        if not request.user.is_authenticated or not getattr(view_func, "login_required", True):
            return
        name = getattr(request.resolver_match, "view_name", None)
        if name == "logout" or permissions.can_enter(request.user):
            return
        if not permissions.can_only_audit(request.user):
            raise PermissionDenied("这个账户的角色还没有任何权限，请联系管理员。")
        if name not in FOR_AUDITORS:
            raise PermissionDenied("审计员只看操作记录与安全日志，不看、不办业务。")


# 只为填写的几页：归档的方案里打开就说只看不改，不让人白写。
FORM_PAGES = {
    "circular_add", "circular_edit", "petition_add", "inspection_add", "inspection_revise", "instruction_add", "instruction_revise",
    "instruction_reply", "phrase_edit", "measure_settings", "problem_add", "publicity_edit", "target_list", "month", "review_all",
    "revision_columns", "period_open", "period_close", "period_unopen", "period_remove",
}  # fmt: skip


class ArchivedMiddleware:
    """归档的方案只看不改：填写的页面不打开。交上来的由动词拒绝，写的话留着（workflow.steps.check_not_archived）。"""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *args: Any) -> HttpResponse | None:
        """看的不管；打开填写的一页，转到方案页，说一句为什么。"""
        name = getattr(request.resolver_match, "view_name", None)
        if request.method != "GET" or name not in FORM_PAGES or not archived_at_hand():
            return None
        messages.info(request, "这份方案已归档，只看不改。确实要改的，请办公室先到方案页撤销归档。")
        return redirect("plan")


reporters_only = allowed(permissions.can_fill_in)
office_only = allowed(permissions.can_review)
board_only = allowed(permissions.can_see_board)
digest_only = allowed(permissions.can_read_digest)
leaders_only = allowed(permissions.can_lead)
log_only = allowed(permissions.can_see_log)
audit_only = allowed(permissions.can_audit)
import_only = allowed(permissions.can_import)
plans_only = allowed(permissions.can_close_plans)
circulars_only = allowed(permissions.can_issue_circulars)
instructions_only = allowed(permissions.can_see_instructions)
instructing_only = allowed(permissions.can_write_instructions)
milestones_only = allowed(permissions.can_see_milestones)
assessment_only = allowed(permissions.can_see_assessment)
publishing_only = allowed(permissions.can_publish)
public_switch_only = allowed(permissions.can_switch_public)
starting_only = allowed(permissions.can_start)
settings_only = allowed(permissions.can_settle)
